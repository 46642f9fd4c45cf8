//! Thinking in chat completions: `reasoning_content`, `reasoning_details` and what else is in use.

use std::borrow::Cow;

use crate::dialects::json::{Fields, Json, Object, Value};
use crate::dialects::secrets;
use crate::models::chat::{Block, Content, Family, Secret, Thinking};

/// What a secret that is all there is of a thought is called.
const REDACTED: &str = "redacted";
/// What a secret of a thought without its text is called.
const ENCRYPTED: &str = "encrypted";
/// What the proof of a text is called.
const SIGNATURE: &str = "signature";
/// What the proof of a call is called.
const ON_CALL: &str = "call";

/// The format of a family's details.
pub(super) fn format_of(family: Option<Family>) -> &'static str {
    match family {
        Some(Family::Anthropic) => "anthropic-claude-v1",
        Some(Family::OpenAi) => "openai-responses-v1",
        Some(Family::Google) => "google-gemini-v1",
        Some(Family::XAi) => "xai-responses-v1",
        Some(Family::Other) | None => "unknown",
    }
}

fn family_of(format: Option<&str>) -> Option<Family> {
    let format = format?;
    [
        ("anthropic", Family::Anthropic),
        ("openai", Family::OpenAi),
        ("google", Family::Google),
        ("xai", Family::XAi),
    ]
    .into_iter()
    .find(|(prefix, _)| format.starts_with(prefix))
    .map(|(_, family)| family)
}

/// One entry of `reasoning_details`, or a piece of one.
#[derive(Debug)]
pub(super) struct Detail {
    pub(super) index: Option<u64>,
    pub(super) family: Option<Family>,
    pub(super) text: String,
    pub(super) secret: Option<(String, &'static str)>,
    pub(super) id: Option<String>,
}

impl Detail {
    pub(super) fn read(value: Value<'_>) -> Option<Self> {
        let fields = value.object()?;
        let family = family_of(fields.text("format").as_deref());
        let text = ["text", "summary"]
            .into_iter()
            .find_map(|name| fields.string(name))
            .unwrap_or_default();
        let secret = match (fields.word("data"), fields.word("signature")) {
            (Some(data), _) if family == Some(Family::Anthropic) => Some((data, REDACTED)),
            (Some(data), _) => Some((data, ENCRYPTED)),
            (None, Some(signature)) => Some((signature, SIGNATURE)),
            (None, None) => None,
        };
        Some(Self {
            index: fields.get("index").and_then(Value::count),
            family,
            text,
            secret,
            id: fields.word("id"),
        })
    }

    /// Its secret, unless it is a wrapper.
    pub(super) fn own_secret(&self) -> Option<Secret> {
        let (data, kind) = self.secret.as_ref()?;
        Some(Secret {
            // Only Anthropic signs text.
            family: self.family.unwrap_or(if *kind == SIGNATURE {
                Family::Anthropic
            } else {
                Family::Other
            }),
            model: None,
            kind: (*kind).to_owned(),
            id: self.id.clone(),
            data: data.clone(),
        })
    }

    /// Its secret with what a wrapper says.
    pub(super) fn unwrapped(&self) -> Option<(Secret, Option<String>)> {
        let (data, _) = self.secret.as_ref()?;
        match secrets::unwrap(data) {
            Some((secret, text)) => Some((secret, Some(text))),
            None => Some((self.own_secret()?, None)),
        }
    }
}

/// The thinking of a message, in whichever fields it came.
pub(super) fn read(message: &Object<'_>, at: &str) -> Vec<Block> {
    let own = blocks(message);
    if !own.is_empty() {
        let at = format!("{at}.thinking_blocks");
        return placed(own, &at);
    }
    let visible = ["reasoning_content", "reasoning"]
        .into_iter()
        .find_map(|name| Some((name, message.word(name)?)));
    let (mut thoughts, name) = (detailed(message), "reasoning_details");
    if let Some((name, text)) = visible
        && thoughts.iter().all(|thought| thought.text.is_empty())
    {
        match thoughts.first_mut().filter(|thought| {
            thought
                .secret
                .as_ref()
                .is_some_and(|secret| secret.kind != REDACTED)
        }) {
            // The text a secret stands for is shown beside it.
            Some(first) => {
                first.text = text;
                first.redacted = false;
            }
            None => thoughts.insert(
                0,
                Thinking {
                    text,
                    ..Thinking::default()
                },
            ),
        }
        if thoughts.len() == 1 {
            return placed(thoughts, &format!("{at}.{name}"));
        }
    }
    placed(thoughts, &format!("{at}.{name}"))
}

fn placed(thoughts: Vec<Thinking>, at: &str) -> Vec<Block> {
    thoughts
        .into_iter()
        .map(|thought| Block::new(Content::Thinking(thought), at))
        .collect()
}

/// The secret on a call, where Google's own layer and some libraries carry it.
pub(super) fn on_call(call: &Object<'_>, id: &str) -> Option<Secret> {
    let google = call.object("extra_content")?.object("google")?;
    Some(Secret {
        family: Family::Google,
        model: None,
        kind: ON_CALL.to_owned(),
        id: Some(id.to_owned()),
        data: google.word("thought_signature")?,
    })
}

/// Adds the secret on a call as a thought, unless it is among the details already.
pub(super) fn sign(call: &Object<'_>, id: &str, at: &str, blocks: &mut Vec<Block>) {
    let Some(secret) = on_call(call, id) else {
        return;
    };
    let known = blocks.iter().any(|block| {
        matches!(&block.content, Content::Thinking(thought)
            if thought.secret.as_ref().is_some_and(|known| is_of_call(known, id)))
    });
    if !known {
        let thought = Thinking {
            family: Some(Family::Google),
            secret: Some(secret),
            ..Thinking::default()
        };
        blocks.push(Block::new(Content::Thinking(thought), at));
    }
}

/// The same, written.
pub(super) fn extra_content(secret: &Secret) -> Fields<'_> {
    let google = Fields::new().with("thought_signature", secrets::respelt(secret));
    Fields::new().with("google", google)
}

/// Whether a secret of Google's belongs to a call.
pub(super) fn is_of_call(secret: &Secret, id: &str) -> bool {
    secret.family == Family::Google && secret.id.as_deref() == Some(id)
}

/// Anthropic's own blocks, as some libraries hand them to chat clients.
fn blocks(message: &Object<'_>) -> Vec<Thinking> {
    let mut thoughts = Vec::new();
    for item in message.list("thinking_blocks") {
        let Some(fields) = item.object() else {
            continue;
        };
        let text = fields.string("thinking").unwrap_or_default();
        if let Some(data) = fields.word("data") {
            thoughts.push(secrets::restore(text, &data, Family::Anthropic, REDACTED));
        } else {
            let signature = fields.string("signature").unwrap_or_default();
            thoughts.push(secrets::restore(
                text,
                &signature,
                Family::Anthropic,
                SIGNATURE,
            ));
        }
    }
    thoughts
}

/// The details joined: pieces of one index are one thought, a secret goes to the text before it.
fn detailed(message: &Object<'_>) -> Vec<Thinking> {
    let mut thoughts: Vec<(Option<u64>, Thinking)> = Vec::new();
    let details = message.list("reasoning_details");
    for detail in details.into_iter().filter_map(Detail::read) {
        let continues = thoughts.last().is_some_and(|(index, thought)| {
            thought.secret.is_none()
                && (*index == detail.index || detail.text.is_empty())
                && detail
                    .secret
                    .as_ref()
                    .is_none_or(|(_, kind)| *kind != REDACTED)
        });
        if !continues {
            if detail.text.is_empty() && detail.secret.is_none() {
                continue;
            }
            thoughts.push((detail.index, Thinking::default()));
        }
        let Some((_, thought)) = thoughts.last_mut() else {
            continue;
        };
        thought.text.push_str(&detail.text);
        thought.family = thought.family.or(detail.family);
        if let Some((secret, exact)) = detail.unwrapped() {
            thought.family = Some(secret.family);
            if let Some(exact) = exact.filter(|exact| !exact.is_empty()) {
                thought.text = exact;
            }
            thought.redacted =
                secret.kind == REDACTED || (secret.kind == ENCRYPTED && thought.text.is_empty());
            if secret.kind != secrets::NOTHING {
                thought.secret = Some(secret);
            }
        }
    }
    thoughts.into_iter().map(|(_, thought)| thought).collect()
}

/// A part of a content list that is thinking (Mistral).
pub(super) fn thinking_part(part: &Object<'_>) -> Content {
    let text = match part.get("thinking") {
        Some(value) => match value.text() {
            Some(text) => text.into_owned(),
            None => value
                .list()
                .unwrap_or_default()
                .into_iter()
                .filter_map(Value::object)
                .filter_map(|piece| piece.string("text"))
                .collect(),
        },
        None => String::new(),
    };
    Content::Thinking(Thinking {
        text,
        ..Thinking::default()
    })
}

/// The entries of one thought; a client gets secrets wrapped, their own family as they are.
pub(super) fn write<'a>(thought: &'a Thinking, index: u32, own: bool, out: &mut Vec<Json<'a>>) {
    let family = thought
        .secret
        .as_ref()
        .map(|secret| secret.family)
        .or(thought.family);
    let secret = thought.secret.as_ref().map(|secret| {
        let data = if own {
            Cow::Borrowed(secret.data.as_str())
        } else {
            Cow::Owned(secrets::wrap(secret, &thought.text))
        };
        (secret, data)
    });
    let summary = secret
        .as_ref()
        .is_some_and(|(secret, _)| secret.kind == ENCRYPTED);
    if !thought.text.is_empty() && !thought.redacted {
        let (kind, name) = if summary {
            ("reasoning.summary", "summary")
        } else {
            ("reasoning.text", "text")
        };
        let entry = Fields::new()
            .with("type", kind)
            .with(name, &thought.text)
            .maybe(
                "signature",
                secret
                    .as_ref()
                    .filter(|_| !summary)
                    .map(|(_, data)| data.clone()),
            );
        out.push(tail(entry, family, index));
        if !summary {
            return;
        }
    }
    if let Some((secret, data)) = secret {
        out.push(secret_entry(secret, data, index));
    }
}

/// The entry of a secret alone.
pub(super) fn secret_entry<'a>(secret: &'a Secret, data: Cow<'a, str>, index: u32) -> Json<'a> {
    let entry = if secret.kind == SIGNATURE {
        Fields::new()
            .with("type", "reasoning.text")
            .with("signature", data)
    } else {
        Fields::new()
            .with("type", "reasoning.encrypted")
            .with("data", data)
            .maybe("id", secret.id.as_deref())
    };
    tail(entry, Some(secret.family), index)
}

/// The entry of a piece of text.
pub(super) fn text_entry(text: &str, family: Option<Family>, index: u32) -> Json<'_> {
    let entry = Fields::new()
        .with("type", "reasoning.text")
        .with("text", text);
    tail(entry, family, index)
}

fn tail(entry: Fields<'_>, family: Option<Family>, index: u32) -> Json<'_> {
    entry
        .with("format", format_of(family))
        .with("index", index)
        .into()
}
