//! Whole answers, read.

use std::collections::BTreeMap;

use super::citations::Ruler;
use super::fields::Google;
use super::read_parts::{Blocks, Part, called, read as read_part};
use super::{citations, logprobs};
use crate::dialects::json::Value;
use crate::dialects::usage::{self, Reading};
use crate::dialects::{Dialect, Malformed, ProviderError, errors, ids, stops};
use crate::models::chat::{Block, Choice, Content, Family, Raw, Response, Stop};

pub(super) fn read(body: &[u8], call: &str) -> Result<Response, Malformed> {
    let text = String::from_utf8_lossy(body);
    let unreadable = |what: &str| Malformed::new(format!("the provider's answer {what}"));
    let root = Value::parse(&text).map_err(|_| unreadable("is not JSON"))?;
    let root = Google::of(root).ok_or_else(|| unreadable("is not a JSON object"))?;
    let candidates = root.list("candidates");
    if candidates.is_empty() && root.get("error").is_some_and(Value::says_something) {
        let error = errors::read(body);
        return Err(failed(error.message.clone(), error));
    }
    let id = root.word("responseId");
    let model = root.word("modelVersion");
    let mut choices = Vec::with_capacity(candidates.len());
    for (place, candidate) in candidates.into_iter().enumerate() {
        let fields = Google::of(candidate)
            .filter(|candidate| candidate.get("content").is_none_or(Value::is_object))
            .ok_or_else(|| unreadable("has a candidate that is none"))?;
        let answer = id.as_deref().unwrap_or(call);
        choices.push(read_choice(&fields, place, answer, model.as_deref())?);
    }
    if choices.is_empty() {
        if blocked(&root).is_none() {
            return Err(unreadable("has no candidates"));
        }
        choices.push(Choice {
            stop: Some(Stop::Filter),
            ..Choice::default()
        });
    }
    let used = reading(&root);
    Ok(Response {
        id,
        model,
        created: None,
        choices,
        tier: used.as_ref().and_then(|used| used.service_tier.clone()),
        usage: used.map(|used| used.tokens),
    })
}

/// Why a prompt was not answered.
pub(super) fn blocked(root: &Google<'_>) -> Option<String> {
    let feedback = root.object("promptFeedback")?;
    word(&feedback, "blockReason")
}

/// What was used, with the searches that are told beside it.
pub(super) fn reading(root: &Google<'_>) -> Option<Reading> {
    let stated = root.get("usageMetadata")?;
    stated.object()?;
    let mut reading = usage::read(Dialect::Gemini, stated.source().as_bytes());
    let searches: usize = root
        .objects("candidates")
        .filter_map(|candidate| candidate.object("groundingMetadata"))
        .map(|grounding| grounding.list("webSearchQueries").len())
        .sum();
    if searches > 0 {
        reading.replace(usage::grounded(Dialect::Gemini, searches as u64));
    }
    Some(reading)
}

/// The place of a candidate among the others.
pub(super) fn index(candidate: &Google<'_>, place: usize) -> u32 {
    candidate
        .count("index")
        .and_then(|index| u32::try_from(index).ok())
        .or_else(|| u32::try_from(place).ok())
        .unwrap_or(u32::MAX)
}

/// A word, or the number that stands for it; nothing said is none.
pub(super) fn word(fields: &Google<'_>, name: &str) -> Option<String> {
    let value = fields.get(name)?;
    let word = match value.text() {
        Some(text) => text.into_owned(),
        None => value.count()?.to_string(),
    };
    let said = !word.is_empty() && word != "0" && !word.ends_with("_UNSPECIFIED");
    said.then_some(word)
}

/// The id of a call that came without one: always the same for the same answer.
pub(super) fn minted(answer: &str, choice: u32, call: usize) -> String {
    ids::minted("call_", &format!("{answer}/{choice}/{call}"))
}

fn failed(message: String, error: ProviderError) -> Malformed {
    Malformed {
        message,
        param: None,
        error: Some(Box::new(error)),
    }
}

/// What a model is said to have failed at, where it said nothing else.
pub(super) fn failure(candidate: &Google<'_>, word: &str) -> ProviderError {
    ProviderError {
        message: candidate
            .word("finishMessage")
            .unwrap_or_else(|| format!("the model failed while it answered ({word})")),
        kind: None,
        code: Some(word.to_owned()),
        param: None,
    }
}

fn read_choice(
    fields: &Google<'_>,
    place: usize,
    answer: &str,
    model: Option<&str>,
) -> Result<Choice, Malformed> {
    let index = index(fields, place);
    let parts_at = format!("candidates[{place}].content.parts");
    let content = fields.object("content").unwrap_or_default();
    let mut blocks = Blocks::default();
    // Where each part stands: its block, and the byte of the block's text it begins with.
    let mut places = Vec::new();
    for (place, item) in content.list("parts").into_iter().enumerate() {
        let at = format!("{parts_at}[{place}]");
        let before = ends(&blocks);
        let Some((part, signature)) = read_part(item) else {
            places.push(before);
            continue;
        };
        let signature = signature.as_deref();
        match part {
            Part::Text { text, thought, .. } => {
                blocks.text(&text, thought, signature, &at);
                places.push(begins(&blocks, before, text.len()));
                continue;
            }
            Part::Call {
                id: own,
                name,
                arguments,
            } => {
                let id = own.unwrap_or_else(|| minted(answer, index, blocks.calls));
                blocks.call(called(id, name, arguments), signature, &at);
            }
            Part::Media(content) => blocks.media(content, signature, &at),
            Part::Server(raw) => blocks.push(server(raw), &at),
            Part::Result(_) => {}
        }
        places.push(before);
    }
    cite(fields, &mut blocks.all, &places);
    sign(&mut blocks.all, model);
    let (called, _) = stops::said(&blocks.all);
    let word = word(fields, "finishReason");
    let stop = word.as_deref().map(|word| stops::from_gemini(word, called));
    if stops::failed(stop.as_ref(), &blocks.all) {
        let error = failure(fields, word.as_deref().unwrap_or_default());
        return Err(failed(error.message.clone(), error));
    }
    Ok(Choice {
        index,
        blocks: blocks.all,
        stop,
        logprobs: logprobs::read(fields),
    })
}

pub(super) fn server(raw: Raw) -> Content {
    Content::Server {
        family: Family::Google,
        raw,
    }
}

/// The last text there is, and where it ends.
fn ends(blocks: &Blocks) -> (usize, usize) {
    match blocks.all.last().map(|block| &block.content) {
        Some(Content::Text { text, .. }) => (blocks.all.len() - 1, text.len()),
        _ => (blocks.all.len(), 0),
    }
}

/// Where a text begins that was just added: in the block before it, or in one of its own.
fn begins(blocks: &Blocks, before: (usize, usize), length: usize) -> (usize, usize) {
    let found = blocks
        .all
        .iter()
        .enumerate()
        .skip(before.0)
        .rev()
        .find_map(|(place, block)| match &block.content {
            Content::Text { text, .. } => Some((place, text.len().saturating_sub(length))),
            _ => None,
        });
    found.unwrap_or(before)
}

fn cite(candidate: &Google<'_>, blocks: &mut [Block], places: &[(usize, usize)]) {
    let mut rulers: BTreeMap<usize, Ruler<'_>> = BTreeMap::new();
    let mut cited = Vec::new();
    for found in citations::read(candidate) {
        let stated = places.get(found.part).copied();
        let first = blocks
            .iter()
            .position(|block| matches!(block.content, Content::Text { .. }));
        let is_text = |place: usize| {
            matches!(
                blocks.get(place).map(|block| &block.content),
                Some(Content::Text { .. })
            )
        };
        let place = stated
            .filter(|(place, _)| is_text(*place))
            .or_else(|| first.map(|place| (place, 0)));
        if let Some((place, begins)) = place
            && let Content::Text { text, .. } = &blocks[place].content
        {
            let ruler = rulers.entry(place).or_insert_with(|| Ruler::new(text));
            cited.push((place, found.within(ruler, begins)));
        }
    }
    for (place, citation) in cited {
        if let Content::Text { citations, .. } = &mut blocks[place].content {
            citations.push(citation);
        }
    }
}

/// Notes the model in the secrets it made.
fn sign(blocks: &mut [Block], model: Option<&str>) {
    for block in blocks {
        if let Content::Thinking(thought) = &mut block.content
            && let Some(secret) = &mut thought.secret
            && secret.family == Family::Google
        {
            secret.model = secret.model.take().or_else(|| model.map(str::to_owned));
        }
    }
}
