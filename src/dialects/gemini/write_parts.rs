//! Parts of a request, written.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use super::arguments;
use super::fields::as_came;
use super::signatures::{self, Place, SKIP};
use super::write_media;
use super::write_results;
use super::write_tools::named;
use crate::dialects::exchange::{Exchange, Piece};
use crate::dialects::json::{Fields, Json};
use crate::dialects::report::Report;
use crate::dialects::{Unsupported, ids, media, secrets, server_text};
use crate::models::abilities::{Abilities, Ids};
use crate::models::chat::{Block, Call, Content, Family, Secret, Spelling, Thinking};

/// What parts are written with.
pub(super) struct Parts<'a, 'r> {
    pub(super) target: &'a Abilities,
    pub(super) model: &'a str,
    /// The client's, for paths.
    pub(super) spelling: Spelling,
    pub(super) report: &'r mut Report,
    pub(super) ids: ids::Written,
    /// The names of the calls of the last turn by their ids, and their order.
    pub(super) called: HashMap<&'a str, (&'a str, usize)>,
}

impl<'a> Parts<'a, '_> {
    /// The operator's words.
    pub(super) fn operator(&mut self, blocks: &'a [Block]) -> Vec<Json<'a>> {
        let mut parts = Vec::new();
        for block in blocks {
            media::unmarked(block, self.report);
            match &block.content {
                Content::Text { text, .. } | Content::Refusal(text) => {
                    media::unsupported(block, self.report);
                    if !text.is_empty() {
                        parts.push(Fields::new().with("text", text).into());
                    }
                }
                _ => self.report.dropped(&block.at),
            }
        }
        parts
    }

    /// What a user says, the results of tools first and in the order of their calls.
    pub(super) fn heard(&mut self, group: &Exchange<'a>) -> Result<Vec<Json<'a>>, Unsupported> {
        let mut results: Vec<(usize, Json<'a>)> = Vec::new();
        let mut moved = Vec::new();
        let mut parts = Vec::new();
        let (mut lost, mut silent) = (false, false);
        for Piece { block, reminder } in &group.blocks {
            media::unmarked(block, self.report);
            match &block.content {
                Content::Result(result) => {
                    let place = self.called.get(result.call.as_str());
                    let place = place.map_or(usize::MAX, |(_, place)| *place);
                    let written = write_results::write(self, result, &mut moved)?;
                    results.push((place, written));
                }
                Content::Text { text, .. } if text.is_empty() => silent = true,
                Content::Text { text, .. } | Content::Refusal(text) => {
                    media::unsupported(block, self.report);
                    let text = if *reminder {
                        Cow::Owned(format!("<system-reminder>\n{text}\n</system-reminder>"))
                    } else {
                        Cow::Borrowed(text.as_str())
                    };
                    parts.push(Fields::new().with("text", text).into());
                }
                Content::Server { .. } => parts.extend(self.server(block).map(Json::from)),
                _ => match write_media::write(self.report, self.spelling, block)? {
                    Some(part) => parts.push(part.into()),
                    None => lost = true,
                },
            }
        }
        results.sort_by_key(|(place, _)| *place);
        let mut all: Vec<Json<'a>> = results.into_iter().map(|(_, part)| part).collect();
        all.extend(moved);
        all.extend(parts);
        if all.is_empty() && lost {
            return Err(Unsupported {
                message: "nothing of this message can be told to the model".into(),
                param: group.at.to_owned(),
            });
        }
        if all.is_empty() && silent {
            all.push(Fields::new().with("text", "").into());
        }
        Ok(all)
    }

    /// What the model said; `current`: in the turn that is being answered.
    pub(super) fn spoken(&mut self, group: &Exchange<'a>, current: bool) -> Vec<Json<'a>> {
        self.called.clear();
        let mut turn = Spoken::default();
        let calls: Vec<&str> = group
            .blocks
            .iter()
            .filter_map(|piece| match &piece.block.content {
                Content::Call(call) => Some(call.id.as_str()),
                _ => None,
            })
            .collect();
        for Piece { block, .. } in &group.blocks {
            media::unmarked(block, self.report);
            match &block.content {
                Content::Text { text, .. } | Content::Refusal(text) => {
                    media::unsupported(block, self.report);
                    turn.text(text);
                }
                Content::Thinking(thought) => self.thinking(thought, &block.at, &mut turn),
                Content::Call(call) => {
                    let unsigned = current && self.target.signed_calls && self.called.is_empty();
                    let secret = turn.proof_of(call, &calls).map(secrets::respelt);
                    let secret = secret.or(unsigned.then_some(Cow::Borrowed(SKIP)));
                    let part = self.call(call, &block.at);
                    turn.parts.push(part.maybe("thoughtSignature", secret));
                }
                Content::Server { raw, .. } => match media::generated(raw) {
                    Some(media) => turn.picture(write_media::inline_owned(media)),
                    None => turn.parts.extend(self.server(block)),
                },
                Content::Image { .. } | Content::File { .. } => {
                    match write_media::write(self.report, self.spelling, block) {
                        Ok(Some(part)) => turn.picture(part),
                        _ => self.report.dropped(&block.at),
                    }
                }
                _ => self.report.dropped(&block.at),
            }
        }
        turn.finish()
    }

    /// Thinking goes back only with a proof the target can verify.
    fn thinking(&mut self, thought: &'a Thinking, at: &str, turn: &mut Spoken<'a>) {
        let secret = thought
            .secret
            .as_ref()
            .filter(|secret| secrets::verifies(self.target, self.model, secret));
        let own = secret.is_some() || thought.family == Some(Family::Google);
        if !own
            || self.target.family != Family::Google
            || (secret.is_none() && thought.secret.is_some())
        {
            self.report.hint(at);
            return;
        }
        let place = secret.map(signatures::place);
        let shown = !thought.text.is_empty() && !thought.redacted;
        if shown || place == Some(Place::Thought) {
            let part = Fields::new()
                .with("text", &thought.text)
                .with("thought", true);
            let proof = secret.filter(|_| place == Some(Place::Thought));
            turn.parts
                .push(part.maybe("thoughtSignature", proof.map(secrets::respelt)));
        }
        match (secret, place) {
            (Some(secret), Some(Place::Call)) => turn.calls.push_back(secret),
            (Some(secret), Some(Place::Media)) => turn.pictures.push_back(secret),
            (Some(secret), Some(Place::Text)) => turn.sign_text(secret),
            (Some(secret), Some(Place::End)) => turn.ends.push(secret),
            _ => {}
        }
    }

    fn call(&mut self, call: &'a Call, at: &str) -> Fields<'a> {
        let place = self.called.len();
        self.called
            .insert(call.id.as_str(), (call.name.as_str(), place));
        let (object, whole) = arguments::object(call);
        if !whole {
            // Arguments that are no object can be shown to the model, not replayed to it.
            self.report.dropped(format!("{at}.function.arguments"));
        }
        let args =
            object.unwrap_or_else(|| Fields::new().with("input", call.arguments.as_str()).into());
        let id = (self.target.ids != Ids::None).then(|| self.ids.call(&call.id));
        let inner = Fields::new()
            .maybe("id", id)
            .with("name", named(&call.name, self.target))
            .with("args", args);
        Fields::new().with("functionCall", inner)
    }

    /// What a provider's own tool did: Google's as it was, others' in words.
    fn server(&mut self, block: &'a Block) -> Option<Fields<'a>> {
        let Content::Server { family, raw } = &block.content else {
            return None;
        };
        if *family != Family::Google {
            self.report.dropped(&block.at);
            return Some(Fields::new().with("text", server_text::of(raw)?));
        }
        Some(as_came(raw))
    }
}

/// A turn of the model's on its way, with the secrets that still look for their place.
#[derive(Default)]
struct Spoken<'a> {
    parts: Vec<Fields<'a>>,
    calls: VecDeque<&'a Secret>,
    pictures: VecDeque<&'a Secret>,
    text: Option<&'a Secret>,
    ends: Vec<&'a Secret>,
}

impl<'a> Spoken<'a> {
    fn text(&mut self, text: &'a str) {
        if text.is_empty() {
            return;
        }
        let proof = self.text.take().map(secrets::respelt);
        self.parts.push(
            Fields::new()
                .with("text", text)
                .maybe("thoughtSignature", proof),
        );
    }

    /// A picture, with the next secret that stood on one.
    fn picture(&mut self, part: Fields<'a>) {
        let proof = self.pictures.pop_front().map(secrets::respelt);
        self.parts.push(part.maybe("thoughtSignature", proof));
    }

    /// A secret of a text: it stood on the one before it.
    fn sign_text(&mut self, secret: &'a Secret) {
        match self.parts.last_mut() {
            Some(part) if part.0.len() == 1 && part.0[0].0 == "text" => {
                part.put("thoughtSignature", secrets::respelt(secret));
            }
            _ => self.text = Some(secret),
        }
    }

    /// The secret of a call: the one with its id, else the next that is no other call's.
    fn proof_of(&mut self, call: &Call, calls: &[&str]) -> Option<&'a Secret> {
        let named = |secret: &&Secret| secret.id.as_deref() == Some(call.id.as_str());
        let free = |secret: &&Secret| secret.id.as_deref().is_none_or(|id| !calls.contains(&id));
        let place = self
            .calls
            .iter()
            .position(named)
            .or_else(|| self.calls.iter().position(free))?;
        self.calls.remove(place)
    }

    fn finish(mut self) -> Vec<Json<'a>> {
        // What found no place of its own stands behind all, on a part without words.
        let rest = self.text.into_iter().chain(self.calls);
        let rest = rest.chain(self.pictures).chain(self.ends);
        for secret in rest {
            self.parts.push(
                Fields::new()
                    .with("text", "")
                    .with("thoughtSignature", secrets::respelt(secret)),
            );
        }
        self.parts.into_iter().map(Json::Object).collect()
    }
}
