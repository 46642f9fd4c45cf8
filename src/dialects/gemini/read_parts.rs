//! Parts of a conversation and of an answer, read.

use super::fields::Google;
use super::signatures;
use crate::dialects::json::{Value, compact};
use crate::dialects::unread::Unread;
use crate::dialects::{media, secrets};
use crate::models::chat::{
    Block, Call, CallKind, Content, Family, Media, Raw, Secret, Source, Thinking,
};

/// What a part is.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// Words, thought or said, and as they came.
    Text {
        text: String,
        came: Option<Value<'a>>,
        thought: bool,
    },
    /// A call of a tool, whose id may be missing.
    Call {
        id: Option<String>,
        name: String,
        arguments: String,
    },
    /// What a tool answered.
    Result(Google<'a>),
    /// A picture, a document, sound or a film.
    Media(Content),
    /// Something only Google understands.
    Server(Raw),
}

/// What a part is, and the secret on it; `None` when it says nothing.
pub(super) fn read(value: Value<'_>) -> Option<(Part<'_>, Option<String>)> {
    read_noted(value, "", &mut Unread::default())
}

/// The same, noting what is left unread.
pub(super) fn read_noted<'a>(
    value: Value<'a>,
    at: &str,
    unread: &mut Unread,
) -> Option<(Part<'a>, Option<String>)> {
    let fields = Google::of(value)?;
    let signature = fields.word("thoughtSignature");
    let part = if let Some(call) = fields.object("functionCall") {
        let part = Part::Call {
            id: call.word("id"),
            name: call.string("name").unwrap_or_default(),
            arguments: compact(call.get("args").map_or("{}", Value::source)).into_owned(),
        };
        unread.rest(&call.0, format_args!("{at}.functionCall"), &[]);
        part
    } else if let Some(result) = fields.object("functionResponse") {
        Part::Result(result)
    } else if let Some(data) = fields.object("inlineData") {
        let content = inline(&data);
        unread.rest(&data.0, format_args!("{at}.inlineData"), &[]);
        Part::Media(content)
    } else if let Some(file) = fields.object("fileData") {
        if is_sound(&file) {
            // Others are told sound as bytes alone.
            Part::Server(value.raw())
        } else {
            let content = stored(&file)?;
            unread.rest(&file.0, format_args!("{at}.fileData"), &[]);
            Part::Media(content)
        }
    } else if let Some(text) = fields.string("text") {
        Part::Text {
            text,
            came: fields.get("text"),
            thought: fields.truth("thought").unwrap_or(false),
        }
    } else if signature.is_some() && fields.said().all(|(name, _)| is_aside(&name)) {
        Part::Text {
            text: String::new(),
            came: None,
            thought: fields.truth("thought").unwrap_or(false),
        }
    } else if fields.said().next().is_some() {
        Part::Server(value.raw())
    } else {
        return None;
    };
    if !matches!(part, Part::Server(_)) {
        unread.rest(&fields.0, at, &["thought"]);
    }
    Some((part, signature))
}

/// Whether a field says nothing by itself.
fn is_aside(name: &str) -> bool {
    matches!(name, "thought" | "thoughtSignature")
}

/// Bytes, as the kind of block their type says.
fn inline(data: &Google<'_>) -> Content {
    let media = Media {
        kind: data
            .string("mimeType")
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        // Google's own libraries write the URL-safe alphabet, which nobody else reads.
        data: media::standard(data.string("data").unwrap_or_default()),
    };
    match media.kind.split_once('/') {
        Some(("image", _)) => Content::Image {
            source: Source::Inline(media),
            detail: None,
        },
        Some(("audio", kind)) => Content::Audio(Media {
            kind: match kind {
                "mpeg" => "mp3".to_owned(),
                "x-wav" | "wave" => "wav".to_owned(),
                other => other.to_owned(),
            },
            data: media.data,
        }),
        Some(("video", _)) => Content::Video(Source::Inline(media)),
        _ => Content::File {
            source: Source::Inline(media),
            name: data.word("displayName"),
            context: None,
            citations: false,
        },
    }
}

fn is_sound(file: &Google<'_>) -> bool {
    let kind = file.word("mimeType");
    kind.is_some_and(|kind| kind.starts_with("audio/"))
}

/// A file at an address: anyone's, or one that only Google can open.
fn stored(file: &Google<'_>) -> Option<Content> {
    let uri = file.word("fileUri")?;
    let kind = file.string("mimeType").unwrap_or_default();
    let moving = kind.starts_with("video/") || is_film(&uri);
    let public = uri.starts_with("https://") || uri.starts_with("http://");
    let source = if public && !uri.contains("generativelanguage.googleapis.com/") {
        Source::Url(uri)
    } else {
        Source::Stored {
            family: Family::Google,
            id: uri,
        }
    };
    if moving {
        return Some(Content::Video(source));
    }
    Some(if kind.starts_with("image/") {
        Content::Image {
            source,
            detail: None,
        }
    } else {
        Content::File {
            source,
            name: file.word("displayName"),
            context: None,
            citations: false,
        }
    })
}

/// Whether an address is one of the films that Google takes without their type.
fn is_film(uri: &str) -> bool {
    let rest = uri
        .strip_prefix("https://")
        .or_else(|| uri.strip_prefix("http://"));
    let host = rest
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default();
    matches!(
        host,
        "youtu.be" | "youtube.com" | "www.youtube.com" | "m.youtube.com"
    )
}

/// Blocks of what a model said, with its secrets as thoughts among them.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    pub(super) all: Vec<Block>,
    /// How many calls there are.
    pub(super) calls: usize,
}

impl Blocks {
    /// Adds words; pieces of a stream that a client kept apart become one text again.
    pub(super) fn text(&mut self, text: &str, thought: bool, signature: Option<&str>, at: &str) {
        if thought {
            return self.thought(text, signature, at);
        }
        let read = signature.and_then(|data| {
            let kind = if text.is_empty() {
                signatures::END
            } else {
                signatures::TEXT
            };
            signatures::read(data, Family::Google, kind)
        });
        let foreign = read.as_ref().is_some_and(|(_, exact)| exact.is_some());
        if foreign {
            self.attach(read, at);
            return self.say(text, false, at);
        }
        self.say(text, read.is_some(), at);
        self.proven(read, at);
    }

    /// `alone`: the words stand under a secret of their own.
    fn say(&mut self, text: &str, alone: bool, at: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Content::Text { text: before, .. }) = self.last()
            && !alone
        {
            before.push_str(text);
            return;
        }
        self.push(Content::text(text), at);
    }

    fn thought(&mut self, text: &str, signature: Option<&str>, at: &str) {
        let open = match self.last() {
            Some(Content::Thinking(thought)) if thought.secret.is_none() => {
                thought.text.push_str(text);
                true
            }
            _ => false,
        };
        if !open && !text.is_empty() {
            let thinking = Thinking {
                text: text.to_owned(),
                family: Some(Family::Google),
                ..Thinking::default()
            };
            self.push(Content::Thinking(thinking), at);
        }
        let read =
            signature.and_then(|data| signatures::read(data, Family::Google, signatures::THOUGHT));
        self.attach(read, at);
    }

    /// Adds a call and the secret on it.
    pub(super) fn call(&mut self, call: Call, signature: Option<&str>, at: &str) {
        let read = signature
            .and_then(|data| signatures::read(data, Family::Google, signatures::CALL))
            .map(|(mut secret, exact)| {
                if exact.is_none() {
                    secret.id = Some(call.id.clone());
                }
                (secret, exact)
            });
        self.attach(read, at);
        self.calls += 1;
        self.push(Content::Call(call), at);
    }

    /// Adds a picture, or other bytes, and the secret on it.
    pub(super) fn media(&mut self, content: Content, signature: Option<&str>, at: &str) {
        let read =
            signature.and_then(|data| signatures::read(data, Family::Google, signatures::MEDIA));
        self.attach(read, at);
        self.push(content, at);
    }

    /// Adds any other block.
    pub(super) fn push(&mut self, content: Content, at: &str) {
        self.all.push(Block::new(content, at));
    }

    /// A secret goes to the thought before it, where that has none.
    fn attach(&mut self, read: Option<(Secret, Option<String>)>, at: &str) {
        let Some((secret, exact)) = read else { return };
        match self.last() {
            Some(Content::Thinking(thought)) if thought.secret.is_none() => {
                if let Some(exact) = exact.filter(|exact| !exact.is_empty()) {
                    thought.text = exact;
                }
                thought.family = Some(secret.family);
                thought.redacted = secret.kind == "redacted";
                if secret.kind != secrets::NOTHING {
                    thought.secret = Some(secret);
                }
            }
            _ => self.proven(Some((secret, exact)), at),
        }
    }

    /// A secret as a thought of its own.
    fn proven(&mut self, read: Option<(Secret, Option<String>)>, at: &str) {
        if let Some((secret, exact)) = read {
            self.push(Content::Thinking(signatures::thought(secret, exact)), at);
        }
    }

    fn last(&mut self) -> Option<&mut Content> {
        self.all.last_mut().map(|block| &mut block.content)
    }
}

/// A call with an id.
pub(super) fn called(id: String, name: String, arguments: String) -> Call {
    Call {
        id,
        name,
        arguments,
        kind: CallKind::Function,
    }
}
