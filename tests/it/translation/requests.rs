//! Recorded requests, read, written in the other dialect and read again: what is not reported
//! lost means the same.

use std::collections::BTreeMap;

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Written};
use manti::models::abilities::{Abilities, CacheMarks};
use manti::models::chat::{
    Block, Content, Format, Raw, Request, Role, Source, ToolChoice, ToolKind,
};
use serde_json::{Value, json};

use super::exceptions::Exceptions;
use super::plain::arguments;
use super::recordings;
use super::streams::both;

/// A target that can be told as much as its dialect can say, secrets of the client's included.
fn target(from: Dialect, dialect: Dialect) -> (Abilities, &'static str) {
    let (mut abilities, model) = able(dialect);
    if from == Dialect::Responses && dialect == Dialect::Chat {
        abilities.family = from.family();
    }
    (abilities, model)
}

fn able(dialect: Dialect) -> (Abilities, &'static str) {
    match dialect {
        Dialect::Completions
        | Dialect::Service(_)
        | Dialect::Gemini
        | Dialect::Ollama
        | Dialect::Cohere
        | Dialect::Converse => unreachable!("not asked so"),
        Dialect::Chat => {
            let mut abilities = abilities::of(
                Kind::OpenAiCompatible,
                "https://openrouter.ai/api/v1",
                "anthropic/claude-opus-4.6",
            );
            abilities.max_output = None;
            (abilities, "anthropic/claude-opus-4.6")
        }
        Dialect::Messages => {
            let mut abilities = abilities::of(Kind::Anthropic, "", "claude-opus-4-6");
            abilities.max_output = None;
            abilities.prefill = true;
            (abilities, "claude-opus-4-6")
        }
        Dialect::Responses => {
            let mut abilities = abilities::of(Kind::OpenAiCompatible, "", "any");
            abilities.family = dialect.family();
            abilities.max_output = None;
            abilities.cache_marks = CacheMarks::Breakpoint;
            abilities.efforts = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
            (abilities, "any")
        }
    }
}

/// What a request means, part by part. The parts are named as the paths in a report are.
fn meaning(request: &Request) -> BTreeMap<&'static str, Value> {
    let mut said = Conversation::default();
    for block in &request.system {
        said.block(Role::System, block);
    }
    for turn in &request.turns {
        for block in &turn.blocks {
            said.block(turn.role, block);
        }
    }
    let tools: Vec<Value> = request
        .tools
        .iter()
        .map(|tool| {
            let schema = match &tool.kind {
                ToolKind::Function { schema, .. } => schema.as_ref().map(typed),
                _ => None,
            };
            json!([tool.name, tool.description, schema])
        })
        .collect();
    let format = match &request.format {
        Some(Format::Schema {
            schema,
            description,
            ..
        }) => described(value(schema), description.as_deref()),
        Some(Format::Json) => json!("json"),
        Some(Format::Text) | None => Value::Null,
    };
    // Without tools there is no choice, and what is not said is "auto".
    let choice = request.choice.clone().filter(|choice| {
        !matches!(choice, ToolChoice::Auto)
            && request
                .tools
                .iter()
                .any(|tool| !matches!(tool.kind, ToolKind::Server(_)))
    });
    let number = |raw: &Option<Raw>| raw.as_ref().map(value);
    BTreeMap::from([
        ("system", json!(said.system)),
        ("user text", json!(said.user)),
        ("assistant text", json!(said.assistant)),
        ("calls", json!(said.calls)),
        ("results", json!(said.results)),
        ("media", json!(said.media)),
        ("thinking", json!(said.thinking)),
        ("marks", json!(said.marks)),
        ("tools", json!(tools)),
        ("tool_choice", json!(format!("{choice:?}"))),
        ("parallel", json!(request.parallel == Some(false))),
        ("format", format),
        ("max_tokens", json!(request.max_output)),
        ("stop", json!(request.stop)),
        ("temperature", json!(number(&request.sampling.temperature))),
        ("top_p", json!(number(&request.sampling.top_p))),
        ("top_k", json!(number(&request.sampling.top_k))),
        ("user", json!(request.end_user)),
        ("stream", json!(request.stream)),
        ("effort", json!(effort(request))),
        ("off", json!(request.reasoning.off)),
    ])
}

/// The effort in words, also where a budget says it.
fn effort(request: &Request) -> Option<String> {
    request.reasoning.effort.clone().or_else(|| {
        Some(match request.reasoning.budget? {
            0..=1024 => "low".to_owned(),
            1025..=8192 => "medium".to_owned(),
            8193..=24_576 => "high".to_owned(),
            _ => "xhigh".to_owned(),
        })
    })
}

fn value(raw: &Raw) -> Value {
    serde_json::from_str(raw.text()).unwrap()
}

fn typed(raw: &Raw) -> Value {
    let mut schema = value(raw);
    if let Some(fields) = schema.as_object_mut() {
        fields.entry("type").or_insert_with(|| json!("object"));
        fields.sort_keys();
    }
    schema
}

#[derive(Default)]
struct Conversation {
    system: Vec<String>,
    user: String,
    assistant: String,
    calls: Vec<Value>,
    results: Vec<Value>,
    media: Vec<String>,
    thinking: Vec<Value>,
    marks: usize,
    ids: Vec<String>,
}

impl Conversation {
    /// Ids by their first appearance: they may be spelt otherwise, not mixed up.
    fn id(&mut self, id: &str) -> usize {
        if let Some(place) = self.ids.iter().position(|known| known == id) {
            place
        } else {
            self.ids.push(id.to_owned());
            self.ids.len() - 1
        }
    }

    fn block(&mut self, role: Role, block: &Block) {
        self.marks += usize::from(block.cache.is_some());
        match &block.content {
            Content::Text { text, .. } | Content::Refusal(text) => match role {
                Role::System => self.system.push(text.clone()),
                Role::User if text.starts_with("From the result of tool call") => {}
                Role::User => self.user.push_str(text),
                Role::Assistant => self.assistant.push_str(text),
            },
            Content::File {
                source: Source::Text(text),
                ..
            } => self.user.push_str(text),
            Content::Image { source, .. } | Content::File { source, .. } => {
                self.media.push(match source {
                    Source::Inline(media) => media.data.chars().take(80).collect(),
                    other => format!("{other:?}"),
                });
            }
            Content::Thinking(thought) => {
                let secret = thought.secret.as_ref().map(|secret| secret.data.clone());
                self.thinking.push(json!([thought.text, secret]));
            }
            Content::Call(call) => {
                let id = self.id(&call.id);
                self.calls
                    .push(json!([id, call.name, arguments(&call.arguments)]));
            }
            Content::Result(result) => {
                let mut text = String::new();
                for inner in &result.blocks {
                    self.marks += usize::from(inner.cache.is_some());
                    match &inner.content {
                        Content::Text { text: piece, .. } => text.push_str(piece),
                        _ => self.block(Role::User, inner),
                    }
                }
                let text = text.strip_prefix("Error: ").unwrap_or(&text);
                let id = self.id(&result.call);
                self.results.push(json!([id, text]));
            }
            _ => {}
        }
    }
}

/// A schema that says what it is for, as formats have it that know no other place for that.
fn described(mut schema: Value, words: Option<&str>) -> Value {
    if let (Some(fields), Some(words)) = (schema.as_object_mut(), words) {
        fields.entry("description").or_insert(words.into());
    }
    schema
}

/// Whether the report says that a part did not come through whole.
fn reported(written: &Written, part: &str) -> bool {
    let told = |words: &[&str]| {
        written
            .dropped
            .iter()
            .chain(&written.clamped)
            .chain(&written.hints)
            .any(|path| words.iter().any(|word| path.contains(word)))
    };
    match part {
        "marks" => told(&["cache_control"]),
        "tools" => told(&["tools[", "functions[", "web_search_options"]),
        "format" => told(&[
            "response_format",
            "output_config.format",
            "output_format",
            "text.format",
        ]),
        "stop" => told(&["stop"]),
        "user" => told(&["user"]),
        "effort" | "off" => told(&["reasoning", "thinking", "effort"]),
        "thinking" => told(&["reasoning", "thinking", "messages[", "input["]),
        "max_tokens" => told(&["max_"]),
        "tool_choice" | "parallel" => told(&["tool_choice", "parallel", "function_call"]),
        "temperature" | "top_p" | "top_k" => told(&[part]),
        _ => told(&["messages[", "input["]),
    }
}

#[test]
fn a_recorded_request_means_the_same_in_the_other_dialect_but_for_what_is_reported() {
    let Some(recordings) = recordings::all() else {
        return;
    };
    let mut exceptions = Exceptions::of("requests");
    let pairs = recordings.iter().flat_map(|recording| {
        recordings::targets(recording.dialect).map(move |other| (recording, other))
    });
    for (recording, other) in pairs {
        exceptions.looked_at += 1;
        let own = both(recording.dialect);
        let mut check = |part: &str, equal: bool, told: String| {
            let pair = (recording.dialect, other);
            exceptions.check(&recording.id, pair, part, equal, || told);
        };
        let request = match own.read_request(&recording.request) {
            Ok(request) => request,
            Err(error) => {
                // What the provider refused may be refused here too.
                let refused = recording.status >= 400;
                check("reading", refused, format!("{error} {:?}", error.param));
                continue;
            }
        };
        let (abilities, model) = target(recording.dialect, other);
        let written = match both(other).write_request(&request, &abilities, model) {
            Ok(written) => written,
            Err(error) => {
                // A conversation that is stored elsewhere is another's.
                let stored = error.param == "previous_response_id";
                check("writing", stored, format!("{error} {}", error.param));
                continue;
            }
        };
        let again = both(other)
            .read_request(&written.body)
            .unwrap_or_else(|error| panic!("{}: {error}", recording.id));
        let (mut one, two) = (meaning(&request), meaning(&again));
        if request.max_output.is_none() {
            // What is left to the provider in one dialect must be said in the other.
            one.insert("max_tokens", two["max_tokens"].clone());
        }
        for (part, meant) in &one {
            let equal = *meant == two[part] || reported(&written, part);
            check(part, equal, format!("{meant} became {}", two[part]));
        }
    }
    exceptions.finish();
}
