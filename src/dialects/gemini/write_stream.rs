//! Streams, written: each piece of text is a chunk, each call one part, the end is in the last.

use std::collections::BTreeMap;
use std::ops::Range;

use super::citations::{Grounding, Ruler, Searched};
use super::signatures::{self, Place};
use super::write_response::{
    call_part, id, is_google, model, proof_part, served, thought_part, usage,
};
use super::{arguments, logprobs, write_media};
use crate::dialects::json::{Fields, Json};
use crate::dialects::recall::Recall;
use crate::dialects::{EventWriter, Reply, Shown, media, stops};
use crate::models::chat::{Call, Citation, Content, Family, Raw, Secret, Stop};
use crate::models::streaming::{Delta, Event, Opening, Start};
use crate::models::usage::Tokens;

/// The most text that is kept to find in it what is cited.
const MOST_TEXT: usize = 256 * 1024;

/// Writes events.
pub(super) struct Writer {
    recall: Recall,
    chunks: Chunks,
}

/// What is known of the answer while it is written.
struct Chunks {
    reply: Reply,
    id: String,
    model: String,
    usage: Option<Tokens>,
    tier: Option<String>,
    answers: BTreeMap<u32, Answer>,
    /// Why the answer cannot be told to its end.
    unsayable: Option<String>,
}

#[derive(Default)]
struct Answer {
    blocks: BTreeMap<u32, Shape>,
    /// A secret that stands on the call or the words that follow, or on a part of its own.
    pending: Option<(Secret, String)>,
    /// What was said so far, and how long that is where it is too long to be kept.
    text: String,
    length: usize,
    /// What supports the texts that are complete, and from where to where they stand.
    cited: Vec<(Range<usize>, Vec<Citation>)>,
    /// What was searched for, and found.
    searched: Searched,
    stop: Option<Stop>,
    /// A call whose arguments are no object: why is told with the end.
    broken: Option<Call>,
    kept: usize,
}

enum Shape {
    /// Words, the byte of the answer they begin with, what supports them, and a secret for their
    /// first piece.
    Text {
        from: usize,
        citations: Vec<Citation>,
        proof: Option<(Secret, String)>,
    },
    Thinking {
        text: String,
        proof: Option<Secret>,
    },
    Call {
        call: Call,
        proof: Option<(Secret, String)>,
    },
}

impl Writer {
    pub(super) fn new(reply: Reply) -> Self {
        Self {
            recall: Recall::new(reply.memory.clone()),
            chunks: Chunks {
                id: id(&reply, None),
                model: reply.model.clone(),
                reply,
                usage: None,
                tier: None,
                answers: BTreeMap::new(),
                unsayable: None,
            },
        }
    }
}

impl EventWriter for Writer {
    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        let chunks = &mut self.chunks;
        self.recall
            .pass(event, &mut |event| chunks.write(event, out));
    }

    fn unsayable(&self) -> Option<&str> {
        self.chunks.unsayable.as_deref()
    }

    fn kept(&self) -> usize {
        let answers = self.chunks.answers.values();
        self.recall.kept() + answers.map(|answer| answer.kept).sum::<usize>()
    }
}

impl Chunks {
    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start(start) => self.start(start),
            Event::Open {
                choice,
                block,
                opening,
            } => self.open(*choice, *block, opening, out),
            Event::Delta {
                choice,
                block,
                delta,
            } => self.delta(*choice, *block, delta, out),
            Event::Close { choice, block } => self.close(*choice, *block, out),
            Event::Logprobs { choice, raw } => {
                if let Some(result) = logprobs::write(raw) {
                    let candidate = Fields::new()
                        .with("index", *choice)
                        .with("logprobsResult", result);
                    self.chunk(vec![candidate.into()], false, out);
                }
            }
            Event::Stop { choice, stop } => {
                let answer = self.answers.entry(*choice).or_default();
                let stop = answer.stop.get_or_insert_with(|| stop.clone());
                if let Some(call) = answer.broken.take() {
                    self.unsayable = arguments::unsayable(&call, Some(stop));
                }
            }
            Event::Usage(tokens) => self.usage = Some(tokens.clone()),
            Event::Tier(tier) => self.tier = Some(tier.clone()),
            Event::End => self.end(out),
            Event::Ping | Event::Error(_) => {}
        }
    }

    fn start(&mut self, start: &Start) {
        self.id = id(&self.reply, start.id.as_deref());
        self.model = model(&self.reply, start.model.as_deref()).to_owned();
        self.usage.clone_from(&start.usage);
    }

    fn open(&mut self, choice: u32, block: u32, opening: &Opening, out: &mut Vec<u8>) {
        let answer = self.answers.entry(choice).or_default();
        let pending = answer.pending.take();
        let shape = match opening {
            Opening::Call(call) => {
                answer.kept += call.arguments.len();
                Some(Shape::Call {
                    call: call.clone(),
                    proof: pending,
                })
            }
            Opening::Text | Opening::Refusal => Some(Shape::Text {
                from: answer.length,
                citations: Vec::new(),
                proof: pending,
            }),
            Opening::Media(content) => {
                if let Some((secret, _)) = &pending {
                    answer.kept -= secret.data.len();
                }
                self.media(choice, content, pending, out);
                None
            }
            other => {
                if let Some((secret, _)) = &pending {
                    answer.kept -= secret.data.len();
                }
                self.prove(choice, pending, out);
                match other {
                    Opening::Thinking(_) => Some(Shape::Thinking {
                        text: String::new(),
                        proof: None,
                    }),
                    Opening::Redacted(secret) => {
                        self.keep(choice, secret.clone(), String::new(), out);
                        None
                    }
                    Opening::Server { family, raw } => {
                        self.server(choice, *family, raw, out);
                        None
                    }
                    _ => None,
                }
            }
        };
        if let Some(shape) = shape {
            let answer = self.answers.entry(choice).or_default();
            answer.blocks.insert(block, shape);
        }
    }

    fn server(&mut self, choice: u32, family: Family, raw: &Raw, out: &mut Vec<u8>) {
        let served = served(family, raw);
        for part in served.parts {
            self.part(choice, part.into(), out);
        }
        let answer = self.answers.entry(choice).or_default();
        answer.kept += served.searched.length();
        answer.searched.join(served.searched);
    }

    /// A picture, or other bytes, with the secret that stood on it.
    fn media(
        &mut self,
        choice: u32,
        content: &Content,
        mut pending: Option<(Secret, String)>,
        out: &mut Vec<u8>,
    ) {
        let here = pending.take_if(|(secret, _)| is_google(secret, Place::Media));
        self.prove(choice, pending, out);
        let proof = here
            .as_ref()
            .map(|(secret, exact)| signatures::shown(secret, exact));
        if let Some(part) = write_media::made(content) {
            let part = part.maybe("thoughtSignature", proof);
            self.part(choice, part.into(), out);
        } else if let Some(words) = media::in_words(content) {
            self.answers.entry(choice).or_default().says(&words);
            self.part(choice, Fields::new().with("text", words).into(), out);
        }
    }

    fn delta(&mut self, choice: u32, block: u32, delta: &Delta, out: &mut Vec<u8>) {
        let shown = self.reply.memory.thinking == Shown::Whole;
        let answer = self.answers.entry(choice).or_default();
        let part: Json<'_> = match (answer.blocks.get_mut(&block), delta) {
            (Some(Shape::Text { proof, .. }), Delta::Text(text)) => {
                let proof = proof.take();
                if let Some((secret, _)) = &proof {
                    answer.kept -= secret.data.len();
                }
                answer.says(text);
                let proof =
                    proof.map(|(secret, exact)| signatures::shown(&secret, &exact).into_owned());
                Fields::new()
                    .with("text", text)
                    .maybe("thoughtSignature", proof)
                    .into()
            }
            (Some(Shape::Text { citations, .. }), Delta::Citation(citation)) => {
                answer.kept += delta.size();
                citations.push(citation.clone());
                return;
            }
            (Some(Shape::Thinking { text: whole, .. }), Delta::Text(text)) => {
                whole.push_str(text);
                answer.kept += text.len();
                if !shown {
                    return;
                }
                thought_part(text).into()
            }
            (Some(Shape::Thinking { proof, .. }), Delta::Secret(secret)) => {
                *proof = Some(secret.clone());
                return;
            }
            (Some(Shape::Call { call, .. }), Delta::Arguments(text)) => {
                call.arguments.push_str(text);
                answer.kept += text.len();
                return;
            }
            _ => return,
        };
        self.part(choice, part, out);
    }

    fn close(&mut self, choice: u32, block: u32, out: &mut Vec<u8>) {
        let answer = self.answers.entry(choice).or_default();
        match answer.blocks.remove(&block) {
            Some(Shape::Thinking { text, proof }) => {
                answer.kept -= text.len();
                if let Some(secret) = proof {
                    self.keep(choice, secret, text, out);
                }
            }
            Some(Shape::Call { call, proof }) => {
                answer.kept -= call.arguments.len();
                if let Some((secret, _)) = &proof {
                    answer.kept -= secret.data.len();
                }
                self.call(choice, call, proof.as_ref(), out);
            }
            Some(Shape::Text {
                from,
                citations,
                proof,
            }) => {
                if !citations.is_empty() {
                    answer.cited.push((from..answer.length, citations));
                }
                if let Some((secret, _)) = &proof {
                    answer.kept -= secret.data.len();
                }
                self.prove(choice, proof, out);
            }
            None => {}
        }
    }

    /// Keeps a secret until it is known what follows it; one that is kept already stands alone.
    fn keep(&mut self, choice: u32, secret: Secret, text: String, out: &mut Vec<u8>) {
        let answer = self.answers.entry(choice).or_default();
        let before = answer.pending.take();
        if let Some((secret, _)) = &before {
            answer.kept -= secret.data.len();
        }
        self.prove(choice, before, out);
        let answer = self.answers.entry(choice).or_default();
        answer.kept += secret.data.len();
        answer.pending = Some((secret, text));
    }

    fn call(
        &mut self,
        choice: u32,
        call: Call,
        proof: Option<&(Secret, String)>,
        out: &mut Vec<u8>,
    ) {
        let proof = proof.map(|(secret, text)| signatures::shown(secret, text));
        let args = match arguments::object(&call) {
            (Some(args), _) => args,
            // No arguments come as no text.
            (None, _) if call.arguments.trim().is_empty() => Fields::new().into(),
            // What was cut off cannot be written as an object.
            (None, _) => {
                let answer = self.answers.entry(choice).or_default();
                answer.broken.get_or_insert(call);
                return;
            }
        };
        let part = call_part(&call, args).maybe("thoughtSignature", proof);
        self.part(choice, part.into(), out);
    }

    /// A secret that stands on no call stands on a part without words.
    fn prove(&self, choice: u32, pending: Option<(Secret, String)>, out: &mut Vec<u8>) {
        if let Some((secret, text)) = pending {
            let part = proof_part(&secret, &text).into();
            self.part(choice, part, out);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        let open: Vec<(u32, u32)> = self
            .answers
            .iter()
            .flat_map(|(choice, answer)| answer.blocks.keys().map(|block| (*choice, *block)))
            .collect();
        for (choice, block) in open {
            self.close(choice, block, out);
        }
        self.answers.entry(0).or_default();
        let answers = std::mem::take(&mut self.answers);
        let candidates = answers
            .into_iter()
            .filter(|(choice, answer)| *choice > 0 || answer.said() || answer.stop.is_some())
            .map(|(choice, answer)| last(choice, &answer))
            .collect();
        self.chunk(candidates, true, out);
    }

    fn part(&self, choice: u32, part: Json<'_>, out: &mut Vec<u8>) {
        let content = Fields::new()
            .with("parts", vec![part])
            .with("role", "model");
        let candidate = Fields::new().with("content", content).with("index", choice);
        self.chunk(vec![candidate.into()], false, out);
    }

    fn chunk(&self, candidates: Vec<Json<'_>>, last: bool, out: &mut Vec<u8>) {
        let used = self.usage.as_ref().filter(|_| last);
        let chunk = Fields::new()
            .with("candidates", candidates)
            .maybe(
                "usageMetadata",
                used.map(|tokens| usage(tokens, self.tier.as_deref())),
            )
            .with("modelVersion", &self.model)
            .with("responseId", &self.id);
        out.extend_from_slice(b"data: ");
        Json::Object(chunk).write(out);
        out.extend_from_slice(b"\r\n\r\n");
    }
}

impl Answer {
    /// Notes what is said.
    fn says(&mut self, text: &str) {
        self.length += text.len();
        if self.length <= MOST_TEXT {
            self.text.push_str(text);
            self.kept += text.len();
        }
    }

    fn said(&self) -> bool {
        self.length > 0 || self.pending.is_some()
    }
}

/// The last of a candidate: the secret that is left, why it ended, and what it cites.
fn last(choice: u32, answer: &Answer) -> Json<'static> {
    let part = match &answer.pending {
        Some((secret, text)) => {
            let whole = Json::Object(proof_part(secret, text)).to_text();
            Json::Raw(whole.into())
        }
        None => Fields::new().with("text", "").into(),
    };
    let content = Fields::new()
        .with("parts", vec![part])
        .with("role", "model");
    let mut grounding = Grounding::default();
    grounding.searched.clone_from(&answer.searched);
    for (place, citations) in &answer.cited {
        let text = answer.text.get(place.clone()).unwrap_or_default();
        let ruler = Ruler::new(text);
        for citation in citations {
            grounding.add(citation, 0, &ruler, place.start);
        }
    }
    Fields::new()
        .with("content", content)
        .with("finishReason", stops::to_gemini(answer.stop.as_ref()))
        .with("index", choice)
        .maybe("groundingMetadata", grounding.written())
        .into()
}
