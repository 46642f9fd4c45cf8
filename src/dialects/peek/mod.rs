//! The head of a request: what routing and admission need to know, read without parsing the rest.
//!
//! The whole body is checked to be JSON on the way, so that nothing is sent on that another
//! reader would understand differently: a field that is read here must not be repeated, and not
//! be spelt in another case, which some servers take for the same field.

mod fit;
mod generation;
mod names;
mod reshape;
mod splice;
mod thread;
mod within;

use std::borrow::Cow;

use bytes::Bytes;
use smallvec::SmallVec;

pub(super) use self::names::Name;
use super::scan::{self, Fault, Field, Fields};
use super::{Dialect, Malformed, estimate};

pub use self::fit::{Fit, fitted};
pub use self::reshape::reshape;
pub use self::splice::{rewrite, with_model};
pub use self::thread::{Thread, proof, thread, verifies};

/// A body in pieces, so that a prompt is never copied.
pub type Segments = SmallVec<[Bytes; 5]>;

/// What of a request decides where it goes and what it may cost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The model asked for; empty where the format names it elsewhere.
    pub model: String,
    /// Whether the answer is to come in pieces.
    pub stream: bool,
    /// Whether the client asked for usage in its stream.
    pub include_usage: bool,
    /// How many answers are asked for, 1 to 128.
    pub n: u32,
    /// The most output tokens the client allows, for each answer.
    pub max_output: Option<u64>,
    /// The end user the client names.
    pub end_user: Option<String>,
    /// At most ten pairs of texts.
    pub metadata_tags: Vec<(String, String)>,
    /// The input tokens, roughly: images and files do not count by their bytes.
    pub rough_input: u64,
    /// Whether there may be a wrapped secret among the texts: one whose mark is escaped, which no
    /// client does, is not seen.
    pub may_hold_wrapped: bool,
    spans: Spans,
}

impl Head {
    /// The head of a request whose body is not JSON.
    pub fn of(model: String, stream: bool, end_user: Option<String>) -> Self {
        Self {
            model,
            stream,
            end_user,
            n: 1,
            ..Self::default()
        }
    }
}

/// Where a wire format has what the head is read from.
#[derive(Debug)]
pub(super) struct Layout {
    /// The top-level fields that decide where a request goes or what it costs.
    pub(super) names: &'static [Name],
    /// What `metadata` tells.
    pub(super) metadata: Metadata,
    /// Whether a stream tells usage only when `stream_options` asks for it.
    pub(super) asks_usage: bool,
    /// The list of turns, which a model reads.
    pub(super) turns: &'static str,
    /// The other fields whose texts a model reads.
    pub(super) words: &'static [&'static str],
    /// The fields that a model is shown much as they are written.
    pub(super) shown: &'static [&'static str],
}

impl Layout {
    /// For formats that no client speaks: nobody asks.
    pub(super) const UNASKED: Self = Self {
        names: &[],
        metadata: Metadata::Tags,
        asks_usage: false,
        turns: "messages",
        words: &[],
        shown: &[],
    };
}

/// What a request's `metadata` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metadata {
    /// Pairs of texts, which become tags.
    Tags,
    /// The end user, as `user_id`.
    UserId,
}

/// Where the values are that may be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Spans {
    /// Behind the body's opening brace.
    open: usize,
    /// The value of `model`, where the format has it in the body.
    model: Option<(usize, usize)>,
    /// What there is of `stream_options`.
    options: Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Options {
    /// No such field.
    #[default]
    Absent,
    /// A value to be replaced as a whole: `null`.
    Null(usize, usize),
    /// An object without `include_usage`: behind its opening brace, and whether it is empty.
    Object { open: usize, empty: bool },
    /// The value of `include_usage`.
    Asked(usize, usize),
}

/// The most answers of one request.
const MOST_CHOICES: u64 = 128;
/// The longest name of a model, in bytes.
const LONGEST_MODEL: usize = 512;
/// The longest text that is kept of what the client says about its users, in bytes.
const LONGEST_TEXT: usize = 512;
/// The longest name of a tag, in bytes.
const LONGEST_TAG: usize = 64;
/// The most tags.
const MOST_TAGS: usize = 10;
/// Counts beyond this are no counts: what a double holds exactly.
const LARGEST_COUNT: u64 = 1 << 53;

/// Reads the head of a request and checks that the whole of it is JSON.
///
/// A [`Malformed`] without a `param` is not JSON; one with a `param` is a field that is wrong.
pub fn head(body: &[u8], dialect: Dialect) -> Result<Head, Malformed> {
    let mut fields = Fields::of(body)
        .map_err(|fault| not_json(body, fault, 0))?
        .ok_or_else(|| {
            if is_utf8(body) {
                Malformed::new("the body must be a JSON object")
            } else {
                not_utf8()
            }
        })?;
    let layout = dialect.format().layout();
    let mut found = [None; Name::COUNT];
    let mut misspelt = None;
    loop {
        let next = fields.next();
        let Some(field) = next.map_err(|fault| not_json(body, fault, fields.scan().at()))? else {
            break;
        };
        let Some((name, exact)) = names::find(field.name, layout.names) else {
            continue;
        };
        if !exact || found[name as usize].is_some() {
            misspelt = misspelt.or(Some((name, exact)));
        }
        found[name as usize] = Some(field);
    }
    if !fields.scan().is_ascii() && !is_utf8(body) {
        return Err(not_utf8());
    }
    // Said last, so that what is not JSON at all is always said first.
    if let Some((name, exact)) = misspelt {
        return Err(if exact {
            Malformed::at(name.as_str(), format!("`{}` is given twice", name.as_str()))
        } else {
            Malformed::at(
                name.as_str(),
                format!("`{}` must be spelt exactly so", name.as_str()),
            )
        });
    }
    read(&fields, &found, layout)
}

/// The raw value of a top-level field of an answer; the last one where it is repeated.
pub fn field<'a>(body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    scan::field(body, name)
}

fn read(
    fields: &Fields<'_>,
    found: &[Option<Field<'_>>; Name::COUNT],
    layout: &Layout,
) -> Result<Head, Malformed> {
    let get = |name: Name| found[name as usize].filter(|field| !scan::is_null(field.value));
    let model = found[Name::Model as usize];
    if model.is_none() && layout.names.contains(&Name::Model) {
        let message = "you must name a model: `model` is missing";
        return Err(Malformed::at("model", message));
    }
    let mut head = Head {
        model: model.map_or(Ok(String::new()), |field| read_model(field.value))?,
        stream: get(Name::Stream).map_or(Ok(false), |field| flag(field.value, "stream"))?,
        n: get(Name::N).map_or(Ok(1), |field| choices(field.value, "n"))?,
        rough_input: estimate::of_bytes(fields.scan().at(), fields.scan()),
        may_hold_wrapped: fields.scan().marked,
        spans: Spans {
            open: fields.open(),
            model: model.map(|field| (field.start, field.start + field.value.len())),
            options: Options::Absent,
        },
        ..Head::default()
    };
    for name in [
        Name::MaxTokens,
        Name::MaxCompletionTokens,
        Name::MaxOutputTokens,
    ] {
        if let Some(field) = get(name) {
            let limit = count(field.value, name.as_str())?;
            head.max_output = Some(head.max_output.map_or(limit, |other| other.max(limit)));
        }
    }
    if let Some(options) = found[Name::StreamOptions as usize] {
        (head.include_usage, head.spans.options) = stream_options(options)?;
    }
    for name in [Name::SafetyIdentifier, Name::User] {
        if let Some(field) = get(name) {
            let user = scan::text(field.value).ok_or_else(|| wrong(name.as_str(), "a string"))?;
            head.end_user = head.end_user.or_else(|| kept(&user, LONGEST_TEXT));
        }
    }
    if let Some(metadata) = get(Name::Metadata) {
        match layout.metadata {
            Metadata::Tags => head.metadata_tags = tags("metadata", metadata.value)?,
            Metadata::UserId => head.end_user = user_id(metadata.value)?,
        }
    }
    if let Some(labels) = get(Name::Labels) {
        head.metadata_tags = tags("labels", labels.value)?;
    }
    if let Some(config) = get(Name::GenerationConfig) {
        generation::read(config.value, &mut head)?;
    }
    Ok(head)
}

fn is_utf8(body: &[u8]) -> bool {
    simdutf8::basic::from_utf8(body).is_ok()
}

fn not_utf8() -> Malformed {
    Malformed::new("the body is not JSON: it is not UTF-8")
}

fn not_json(body: &[u8], fault: Fault, at: usize) -> Malformed {
    if !is_utf8(body) {
        return not_utf8();
    }
    Malformed::new(match fault {
        Fault::Syntax => format!("the body is not JSON: unexpected character at byte {at}"),
        Fault::End => format!("the body is not JSON: it ends too early, at byte {at}"),
        Fault::Depth => format!("the body is nested more than {} levels deep", scan::DEEPEST),
    })
}

fn wrong(param: &str, kind: &str) -> Malformed {
    Malformed::at(param, format!("`{param}` must be {kind}"))
}

fn read_model(value: &[u8]) -> Result<String, Malformed> {
    let model = scan::text(value).ok_or_else(|| wrong("model", "a string"))?;
    if model.is_empty() || model.len() > LONGEST_MODEL || model.contains(char::is_control) {
        return Err(wrong("model", "the name of a model"));
    }
    Ok(model.into_owned())
}

fn flag(value: &[u8], param: &str) -> Result<bool, Malformed> {
    match value {
        b"true" => Ok(true),
        b"false" => Ok(false),
        _ => Err(wrong(param, "a boolean")),
    }
}

fn count(value: &[u8], param: &str) -> Result<u64, Malformed> {
    std::str::from_utf8(value)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .filter(|number| *number <= LARGEST_COUNT)
        .ok_or_else(|| wrong(param, "a whole number, not negative"))
}

fn choices(value: &[u8], param: &str) -> Result<u32, Malformed> {
    let number = count(value, param)?;
    u32::try_from(number)
        .ok()
        .filter(|_| (1..=MOST_CHOICES).contains(&number))
        .ok_or_else(|| wrong(param, "between 1 and 128"))
}

fn stream_options(field: Field<'_>) -> Result<(bool, Options), Malformed> {
    const ASKED: &str = "stream_options.include_usage";
    let (start, end) = (field.start, field.start + field.value.len());
    if scan::is_null(field.value) {
        return Ok((false, Options::Null(start, end)));
    }
    let refused = || wrong("stream_options", "an object");
    let mut fields = Fields::of(field.value)
        .map_err(|_| refused())?
        .ok_or_else(refused)?;
    let open = start + fields.open();
    let mut empty = true;
    let mut asked = None;
    while let Some(option) = fields.next().map_err(|_| refused())? {
        empty = false;
        match names::is_include_usage(option.name) {
            None => {}
            Some(true) if asked.is_none() => asked = Some(option),
            Some(_) => {
                return Err(Malformed::at(ASKED, format!("`{ASKED}` is given twice")));
            }
        }
    }
    Ok(match asked {
        None => (false, Options::Object { open, empty }),
        Some(option) => {
            let from = start + option.start;
            let wanted = !scan::is_null(option.value) && flag(option.value, ASKED)?;
            (wanted, Options::Asked(from, from + option.value.len()))
        }
    })
}

/// The pairs of texts of OpenAI's `metadata`, or of Google's `labels`.
fn tags(param: &str, value: &[u8]) -> Result<Vec<(String, String)>, Malformed> {
    let refused = || wrong(param, "an object");
    let mut fields = Fields::of(value)
        .map_err(|_| refused())?
        .ok_or_else(refused)?;
    let mut tags = Vec::new();
    while let Some(field) = fields.next().map_err(|_| refused())? {
        let name = scan::unescape(field.name).and_then(|name| kept(&name, LONGEST_TAG));
        let text = scan::text(field.value).and_then(|text| kept(&text, LONGEST_TEXT));
        if let (Some(name), Some(text)) = (name, text)
            && tags.len() < MOST_TAGS
        {
            tags.push((name, text));
        }
    }
    Ok(tags)
}

/// The `user_id` of Anthropic's `metadata`.
fn user_id(value: &[u8]) -> Result<Option<String>, Malformed> {
    let refused = || wrong("metadata", "an object");
    let mut fields = Fields::of(value)
        .map_err(|_| refused())?
        .ok_or_else(refused)?;
    let mut user = None;
    while let Some(field) = fields.next().map_err(|_| refused())? {
        if scan::is_named(field.name, "user_id") && !scan::is_null(field.value) {
            let text =
                scan::text(field.value).ok_or_else(|| wrong("metadata.user_id", "a string"))?;
            user = kept(&text, LONGEST_TEXT);
        }
    }
    Ok(user)
}

/// A client's text as it is kept in records: no NUL, which databases refuse, and not endless.
fn kept(text: &str, longest: usize) -> Option<String> {
    let text = &text[..text.floor_char_boundary(longest)];
    let text = if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    };
    (!text.is_empty()).then(|| text.into_owned())
}

#[cfg(test)]
mod tests;
