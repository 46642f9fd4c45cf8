//! Token counts where no provider gives any: rough ones to admit by, counted ones to settle by.

use std::borrow::Cow;

use tiktoken_rs::CoreBPE;
use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};

use super::Dialect;
use super::scan::{self, Fields, Items, Scan};

/// The tokens of an image or a file whose size is not looked at.
pub const IMAGE: u64 = 1_000;
/// The tokens around one message: who speaks, and that it ends.
const AROUND_MESSAGE: u64 = 4;

/// The input tokens of a request, roughly, at the speed of memory.
///
/// [`super::peek::Head::rough_input`] is the same, read on the way.
pub fn rough(body: &[u8]) -> u64 {
    let mut scan = Scan::new(body);
    // What is not JSON is counted as far as it goes; the rest by its bytes.
    let _ = scan.value(0);
    of_bytes(body.len(), &scan)
}

/// Four bytes a token, and images by the piece.
pub(super) fn of_bytes(length: usize, scan: &Scan<'_>) -> u64 {
    let text = length.saturating_sub(scan.opaque) as u64;
    text / 4 + scan.opaque_strings * IMAGE
}

/// The tokens of a text as a model would count them, or near it.
///
/// Slow on first use: call it where blocking is allowed.
pub fn tokens(text: &str, model: &str) -> u64 {
    let name = model.rsplit('/').next().unwrap_or(model);
    let vocabulary = vocabulary(name);
    let counted: u64 = windows(text)
        .map(|window| vocabulary.encode_ordinary(window).len() as u64)
        .sum();
    if name.starts_with("claude") {
        // Anthropic's tokens are smaller; how much so depends on the text.
        counted.saturating_mul(6) / 5
    } else {
        counted
    }
}

/// The text of a request that its model reads, except images and files.
pub fn prompt_text(dialect: Dialect, body: &[u8]) -> String {
    gather(dialect, body).text
}

/// The input tokens of a request, counted: its text, its messages and its images.
///
/// Slow on first use: call it where blocking is allowed.
pub fn prompt_tokens(dialect: Dialect, body: &[u8], model: &str) -> u64 {
    let prompt = gather(dialect, body);
    tokens(&prompt.text, model)
        .saturating_add(prompt.messages * AROUND_MESSAGE)
        .saturating_add(prompt.tokens)
        .saturating_add(prompt.files * IMAGE)
}

fn vocabulary(model: &str) -> &'static CoreBPE {
    match get_tokenizer(model) {
        Some(Tokenizer::Cl100kBase) => tiktoken_rs::cl100k_base_singleton(),
        _ => tiktoken_rs::o200k_base_singleton(),
    }
}

/// A text in windows that the tokeniser's pattern cannot choke on, cut at spaces where it has any.
fn windows(text: &str) -> impl Iterator<Item = &str> {
    const WINDOW: usize = 4096;
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut cut = rest.floor_char_boundary(WINDOW);
        if cut < rest.len() {
            // A space belongs to the word behind it.
            cut = rest[..cut]
                .rfind(' ')
                .filter(|space| *space > 0)
                .unwrap_or(cut);
        }
        let (window, behind) = rest.split_at(cut);
        rest = behind;
        Some(window)
    })
}

/// What a model reads of a request.
#[derive(Debug, Default)]
struct Prompt {
    text: String,
    messages: u64,
    files: u64,
    /// Tokens that the client has counted out itself.
    tokens: u64,
}

fn gather(dialect: Dialect, body: &[u8]) -> Prompt {
    let mut prompt = Prompt::default();
    // Google's count of tokens may have the request as a whole.
    let within = (dialect == Dialect::Gemini)
        .then(|| scan::field(body, "generateContentRequest"))
        .flatten();
    let Ok(Some(mut fields)) = Fields::of(within.unwrap_or(body)) else {
        return prompt;
    };
    let layout = dialect.format().layout();
    let is_one = |name: &[u8], names: &[&str]| names.iter().any(|one| one.as_bytes() == name);
    while let Ok(Some(field)) = fields.next() {
        if field.name == layout.turns.as_bytes() {
            if field.value.first() == Some(&b'"') {
                prompt.messages += 1;
                prompt.read(field.value);
            }
            for turn in Items::of(field.value) {
                prompt.messages += 1;
                prompt.read(turn);
            }
        } else if is_one(field.name, layout.words) {
            prompt.read(field.value);
        } else if is_one(field.name, layout.shown) {
            // Models are shown a schema much as it is written.
            prompt.text.push_str(&String::from_utf8_lossy(field.value));
            prompt.text.push('\n');
        }
    }
    prompt
}

impl Prompt {
    /// Takes the texts of a value of the wire format's own.
    fn read(&mut self, value: &[u8]) {
        match value.first() {
            Some(b'"') => self.take(value),
            Some(b'[') => Items::of(value).for_each(|item| {
                self.tokens += u64::from(item.first().is_some_and(u8::is_ascii_digit));
                self.read(item);
            }),
            Some(b'{') => {
                let Ok(Some(mut fields)) = Fields::of(value) else {
                    return;
                };
                while let Ok(Some(field)) = fields.next() {
                    let simple = !matches!(field.value.first(), Some(b'{' | b'['));
                    if is_label(field.name) {
                        continue;
                    }
                    if simple || is_outer(field.name) {
                        self.read(field.value);
                    } else {
                        // What a client made up itself, such as a call's input, is shown as it
                        // is written: no name in it is a label.
                        self.text.push_str(&String::from_utf8_lossy(field.value));
                        self.text.push('\n');
                    }
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, value: &[u8]) {
        let mut scan = Scan::new(value);
        let text = scan::text(value).unwrap_or(Cow::Borrowed(""));
        // Base64 has no spaces: what has any is words behind something that looks like it.
        let opaque = scan.string().is_ok() && scan.opaque > 0 && !text.contains(' ');
        if opaque || is_file(&text) {
            self.files += 1;
        } else {
            self.text.push_str(&text);
            self.text.push('\n');
        }
    }
}

/// Whether a text is the bytes of a file in a data URL, and nothing else.
fn is_file(text: &str) -> bool {
    /// Longer than any type with its parameters.
    const LONGEST_TYPE: usize = 128;
    let Some((kind, data)) = text
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"))
    else {
        return false;
    };
    kind.len() <= LONGEST_TYPE
        && !kind.contains(char::is_whitespace)
        && data
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=\r\n".contains(&byte))
}

/// Whether the wire formats themselves nest under a name.
fn is_outer(name: &[u8]) -> bool {
    matches!(
        name,
        b"content"
            | b"source"
            | b"image_url"
            | b"input_audio"
            | b"document_url"
            | b"video_url"
            | b"file"
            | b"tool_calls"
            | b"function"
            | b"function_call"
            | b"custom"
            | b"audio"
            | b"thinking"
            | b"thinking_blocks"
            | b"reasoning_details"
            | b"summary"
            | b"output"
            | b"parts"
            | b"inlineData"
            | b"inline_data"
            | b"fileData"
            | b"file_data"
            | b"functionCall"
            | b"functionResponse"
    )
}

/// Whether a field's text is not shown to the model.
fn is_label(name: &[u8]) -> bool {
    matches!(
        name,
        b"type"
            | b"role"
            | b"id"
            | b"tool_call_id"
            | b"tool_use_id"
            | b"call_id"
            | b"encrypted_content"
            | b"status"
            | b"cache_control"
            | b"media_type"
            | b"detail"
            | b"format"
            | b"signature"
            | b"file_id"
            | b"mimeType"
            | b"mime_type"
            | b"fileUri"
            | b"file_uri"
            | b"thought"
            | b"thoughtSignature"
            | b"thought_signature"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_its_texts() {
        let body = r#"{"model":"m","system":"not here","messages":[
            {"role":"user","content":"one"},
            {"role":"user","content":[{"type":"text","text":"t\u0077o"},
              {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]},
            {"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}],
            "tools":[{"x":1}]}"#;
        assert_eq!(
            prompt_text(Dialect::Chat, body.as_bytes()),
            "one\ntwo\nf\n{}\n[{\"x\":1}]\n"
        );
        let prompt = gather(Dialect::Chat, body.as_bytes());
        assert_eq!((prompt.messages, prompt.files), (3, 1));
        let body = br#"{"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"u"}]}"#;
        assert_eq!(prompt_text(Dialect::Messages, body), "s\nu\n");
        let body = br#"{"instructions":"s","input":[{"type":"message","role":"user","content":"u"},
            {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
            {"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"r"}]}]}"#;
        assert_eq!(prompt_text(Dialect::Responses, body), "s\nu\nf\n{}\nr\n");
        let prompt = gather(Dialect::Responses, br#"{"input":"one"}"#);
        assert_eq!((prompt.text.as_str(), prompt.messages), ("one\n", 1));
        assert_eq!(prompt_text(Dialect::Chat, b"not json"), "");
    }

    #[test]
    fn a_prompt_cannot_hide_behind_a_label_or_as_a_file() {
        for (dialect, message, hidden) in [
            (
                Dialect::Messages,
                r#"{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f",
                    "input":{"id":"SECRET","type":{"format":"SECRET"},"detail":["SECRET"]}}]}"#,
                3,
            ),
            (
                Dialect::Chat,
                r#"{"role":"user","content":"data:SECRET"}"#,
                1,
            ),
            (
                Dialect::Chat,
                r#"{"role":"user","content":"data:text/plain;base64,SECRET SECRET"}"#,
                2,
            ),
            (
                Dialect::Chat,
                r#"{"role":"user","content":"data: SECRET;base64,AAAA"}"#,
                1,
            ),
        ] {
            let body = format!(r#"{{"messages":[{message}]}}"#);
            let prompt = gather(dialect, body.as_bytes());
            assert_eq!(prompt.text.matches("SECRET").count(), hidden, "{message}");
            assert_eq!(prompt.files, 0, "{message}");
        }
    }

    #[test]
    fn long_base64_is_a_file_in_both_estimates() {
        let data = "iVBORw0KGgo".repeat(1000);
        let body = format!(r#"{{"messages":[{{"content":[{{"source":{{"data":"{data}"}}}}]}}]}}"#);
        assert_eq!(gather(Dialect::Messages, body.as_bytes()).files, 1);
        assert!(rough(body.as_bytes()) < IMAGE + 50);
        assert_eq!(rough(&[b'x'; 400]), 100);
    }

    #[test]
    fn words_are_counted_as_the_models_count_them() {
        assert_eq!(tokens("Hello, world! How are you today?", "gpt-4o"), 9);
        assert_eq!(
            tokens("Hello, world! How are you today?", "openai/gpt-4"),
            9
        );
        assert_eq!(
            tokens("Hello, world! How are you today?", "anthropic/claude-x"),
            10
        );
        assert_eq!(tokens("", "gpt-4o"), 0);
        let body =
            br#"{"messages":[{"role":"user","content":"Hello, world! How are you today?"}]}"#;
        assert_eq!(prompt_tokens(Dialect::Chat, body, "gpt-4o"), 13);
    }

    #[test]
    fn no_text_makes_the_tokeniser_fail() {
        for letter in [" ", "a", "\n", "^", "é", "日", "\u{0}", "🦀", "'", "\t x"] {
            let text = letter.repeat(30_000 / letter.len());
            assert!(tokens(&text, "gpt-4o") > 0, "{letter:?}");
        }
        let mixed: String = windows(&"word ".repeat(5000)).collect();
        assert_eq!(mixed.len(), 25_000);
    }
}
