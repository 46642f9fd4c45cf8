//! Whole answers, written.

use super::citations::{Grounding, Ruler, Searched};
use super::fields::as_came;
use super::signatures::{self, Place};
use super::{arguments, logprobs, write_media};
use crate::dialects::json::{Fields, Json};
use crate::dialects::steps::{self, Step};
use crate::dialects::{Reply, Shown, media, recall, stops};
use crate::models::chat::{Call, Choice, Content, Family, Raw, Response, Secret, Thinking};
use crate::models::usage::Tokens;

pub(super) fn write(response: &Response, reply: &Reply) -> Vec<u8> {
    let response = recall::response(response, &reply.memory);
    let candidates: Vec<Json<'_>> = response
        .choices
        .iter()
        .map(|choice| write_choice(choice, reply))
        .collect();
    let mut answer = Fields::new().with("candidates", candidates);
    if let Some(tokens) = &response.usage {
        answer.put("usageMetadata", usage(tokens, response.tier.as_deref()));
    }
    answer
        .with("modelVersion", model(reply, response.model.as_deref()))
        .with("responseId", id(reply, response.id.as_deref()))
        .bytes()
}

/// The answer's id, which has no prefix here.
pub(super) fn id(reply: &Reply, provider: Option<&str>) -> String {
    if reply.id.is_empty() {
        provider.unwrap_or("0").to_owned()
    } else {
        reply.id.clone()
    }
}

/// The model that is shown.
pub(super) fn model<'a>(reply: &'a Reply, provider: Option<&'a str>) -> &'a str {
    if reply.model.is_empty() {
        provider.unwrap_or_default()
    } else {
        &reply.model
    }
}

fn write_choice<'a>(choice: &'a Choice, reply: &Reply) -> Json<'a> {
    let mut turn = Turn {
        whole: reply.memory.thinking == Shown::Whole,
        ..Turn::default()
    };
    let mut grounding = Grounding::default();
    for block in &choice.blocks {
        match &block.content {
            Content::Text { text, citations } => {
                turn.text(text);
                let part = turn.parts.len().saturating_sub(1);
                if !citations.is_empty() {
                    let ruler = Ruler::new(text);
                    for citation in citations {
                        grounding.add(citation, part, &ruler, 0);
                    }
                }
            }
            Content::Refusal(text) => turn.text(text),
            Content::Thinking(thought) => turn.thought(thought),
            Content::Call(call) => turn.call(call),
            Content::Server { family, raw } => {
                turn.flush();
                let served = served(*family, raw);
                turn.parts.extend(served.parts);
                grounding.searched.join(served.searched);
            }
            Content::Result(_) => {}
            media => turn.media(media),
        }
    }
    turn.flush();
    let content = Fields::new()
        .with("parts", turn.written())
        .with("role", "model");
    let mut candidate = Fields::new()
        .with("content", content)
        .with("finishReason", stops::to_gemini(choice.stop.as_ref()))
        .with("index", choice.index);
    if let Some(grounding) = grounding.written() {
        candidate.put("groundingMetadata", grounding);
    }
    if let Some(result) = choice.logprobs.as_ref().and_then(logprobs::write) {
        candidate.put("logprobsResult", result);
    }
    candidate.into()
}

/// What a model said, on its way into parts.
#[derive(Default)]
struct Turn<'a> {
    /// Whether thoughts are shown with their text.
    whole: bool,
    parts: Vec<Fields<'a>>,
    /// A secret that stands on the part that follows, or on one of its own.
    pending: Option<(&'a Secret, &'a str)>,
}

impl<'a> Turn<'a> {
    fn text(&mut self, text: &'a str) {
        // Some clients leave out thoughts, and none leaves out words.
        let here = self.pending.take_if(|(secret, _)| {
            secret.family != Family::Google || is_google(secret, Place::Text)
        });
        self.flush();
        let proof = here.map(|(secret, text)| signatures::shown(secret, text));
        self.parts.push(
            Fields::new()
                .with("text", text)
                .maybe("thoughtSignature", proof),
        );
    }

    fn media(&mut self, content: &'a Content) {
        let here = self
            .pending
            .take_if(|(secret, _)| is_google(secret, Place::Media));
        self.flush();
        let proof = here.map(|(secret, text)| signatures::shown(secret, text));
        if let Some(part) = write_media::made(content) {
            self.parts.push(part.maybe("thoughtSignature", proof));
        } else if let Some(words) = media::in_words(content) {
            self.parts.push(Fields::new().with("text", words));
        }
    }

    fn thought(&mut self, thought: &'a Thinking) {
        self.flush();
        let secret = thought.secret.as_ref();
        if self.whole && !thought.text.is_empty() && !thought.redacted {
            self.parts.push(thought_part(&thought.text));
        }
        let Some(secret) = secret else { return };
        match self.parts.last_mut() {
            Some(last) if is_google(secret, Place::Text) && is_text(last) => {
                last.put("thoughtSignature", signatures::shown(secret, ""));
            }
            _ => self.pending = Some((secret, &thought.text)),
        }
        if is_google(secret, Place::Thought) {
            self.flush();
        }
    }

    fn call(&mut self, call: &'a Call) {
        let args = match arguments::object(call) {
            (Some(args), _) => args,
            (None, _) if call.arguments.trim().is_empty() => Fields::new().into(),
            // What was cut off cannot be written as an object.
            (None, _) => return,
        };
        let proof = self.pending.take();
        let proof = proof.map(|(secret, text)| signatures::shown(secret, text));
        let part = call_part(call, args);
        self.parts.push(part.maybe("thoughtSignature", proof));
    }

    /// A secret that stands on no call stands on the thought, or on a part without words.
    fn flush(&mut self) {
        let Some((secret, text)) = self.pending.take() else {
            return;
        };
        match self.parts.last_mut() {
            Some(last) if is_thought(last) => {
                last.put("thoughtSignature", signatures::shown(secret, text));
            }
            _ => self.parts.push(proof_part(secret, text)),
        }
    }

    fn written(self) -> Vec<Json<'a>> {
        self.parts.into_iter().map(Json::Object).collect()
    }
}

/// What a provider's own tool did.
#[derive(Default)]
pub(super) struct Served {
    pub(super) parts: Vec<Fields<'static>>,
    /// What it searched for, and found.
    pub(super) searched: Searched,
}

/// What a provider's own tool did, in parts and beside them.
pub(super) fn served(family: Family, raw: &Raw) -> Served {
    let mut served = Served::default();
    if family == Family::Google {
        served.parts.push(as_came(raw));
        return served;
    }
    let parts = &mut served.parts;
    for step in steps::of(raw).taken {
        match step {
            Step::Search { query, found } => {
                served.searched.queries.push(query);
                served.searched.found.extend(found);
            }
            Step::Code(code) => {
                let inner = Fields::new().with("language", "PYTHON").with("code", code);
                parts.push(Fields::new().with("executableCode", inner));
            }
            Step::Output(output, failed) => {
                let outcome = if failed {
                    "OUTCOME_FAILED"
                } else {
                    "OUTCOME_OK"
                };
                let inner = Fields::new()
                    .with("outcome", outcome)
                    .with("output", output);
                parts.push(Fields::new().with("codeExecutionResult", inner));
            }
        }
    }
    served
}

/// Whether an answer has a place for something.
pub(super) fn has_place(content: &Content) -> bool {
    match content {
        Content::Server { family, raw } => *family == Family::Google || steps::of(raw).whole,
        Content::Image { .. } | Content::File { .. } | Content::Video(_) | Content::Audio(_) => {
            write_media::made(content).is_some()
        }
        _ => true,
    }
}

pub(super) fn is_google(secret: &Secret, place: Place) -> bool {
    secret.family == Family::Google && signatures::place(secret) == place
}

fn is_text(part: &Fields<'_>) -> bool {
    matches!(part.0.as_slice(), [(name, _)] if name == "text")
}

fn is_thought(part: &Fields<'_>) -> bool {
    matches!(part.0.as_slice(), [_, (name, _)] if name == "thought")
}

/// A piece of a thought.
pub(super) fn thought_part(text: &str) -> Fields<'_> {
    Fields::new().with("text", text).with("thought", true)
}

/// A secret on a part of its own: a thought's, unless Google itself put it behind words.
pub(super) fn proof_part<'a>(secret: &'a Secret, text: &str) -> Fields<'a> {
    let part = Fields::new().with("text", "");
    let part = if secret.family == Family::Google && signatures::place(secret) != Place::Thought {
        part
    } else {
        part.with("thought", true)
    };
    part.with("thoughtSignature", signatures::shown(secret, text))
}

/// A call.
pub(super) fn call_part<'a>(call: &'a Call, args: Json<'a>) -> Fields<'a> {
    let inner = Fields::new()
        .with("id", &call.id)
        .with("name", &call.name)
        .with("args", args);
    Fields::new().with("functionCall", inner)
}

/// What was used, in Google's convention.
pub(super) fn usage(tokens: &Tokens, tier: Option<&str>) -> Fields<'static> {
    let some = |count: u64| (count > 0).then_some(count);
    let unit = |name: &str| tokens.units.get(name).copied().unwrap_or(0);
    let mut fields = Fields::new()
        .with("promptTokenCount", tokens.input)
        .maybe("cachedContentTokenCount", some(tokens.cached_input))
        .with(
            "candidatesTokenCount",
            tokens.output.saturating_sub(tokens.reasoning),
        )
        .maybe("thoughtsTokenCount", some(tokens.reasoning))
        .with("totalTokenCount", tokens.total());
    for (name, audio, image, all) in [
        (
            "promptTokensDetails",
            unit("audio_input_tokens"),
            unit("image_input_tokens"),
            tokens.input,
        ),
        (
            "candidatesTokensDetails",
            unit("audio_output_tokens"),
            unit("image_output_tokens"),
            tokens.output.saturating_sub(tokens.reasoning),
        ),
    ] {
        let rest = all.saturating_sub(audio).saturating_sub(image);
        let details: Vec<Json<'static>> = [("TEXT", rest), ("AUDIO", audio), ("IMAGE", image)]
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(kind, count)| {
                Fields::new()
                    .with("modality", kind)
                    .with("tokenCount", count)
                    .into()
            })
            .collect();
        if audio + image > 0 {
            fields.put(name, details);
        }
    }
    fields.maybe("serviceTier", tier.map(|tier| tier_of(tier).to_owned()))
}

/// A tier in Google's words.
fn tier_of(tier: &str) -> &str {
    match tier {
        "default" | "auto" => "standard",
        "batch" => "flex",
        other => other,
    }
}
