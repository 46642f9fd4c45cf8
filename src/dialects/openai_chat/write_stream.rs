//! Streams, written: blocks become the deltas of chunks.

use std::collections::HashMap;

use super::write_response::{finish, id, model, served, usage};
use super::{annotations, attached, details};
use crate::dialects::json::{Fields, Json};
use crate::dialects::recall::Recall;
use crate::dialects::{EventWriter, Reply, Shown, secrets};
use crate::models::chat::{CallKind, Citation, Content, Family, Secret, Stop};
use crate::models::streaming::{Delta, Event, Opening, Start};
use crate::models::usage::Tokens;

/// Writes chunks.
pub(super) struct Writer {
    recall: Recall,
    chunks: Chunks,
}

/// What is known of the answer while it is written.
struct Chunks {
    reply: Reply,
    id: String,
    created: i64,
    model: String,
    tier: Option<String>,
    usage: Option<Tokens>,
    /// Answers in order of their first appearance, as clients number them.
    order: Vec<u32>,
    answers: HashMap<u32, Answer>,
}

#[derive(Default)]
struct Answer {
    blocks: HashMap<u32, Block>,
    calls: u32,
    old: bool,
    thoughts: u32,
    pictures: u64,
    /// How many pieces of sound it has: the first tells what they are known by.
    sounds: u64,
    /// The last secret, which may belong to the call that follows.
    proof: Option<Secret>,
    characters: u64,
    stopped: bool,
    /// Whether it says in words that it refuses.
    refused: bool,
    /// The bytes of thoughts and citations, which are told whole when their block ends.
    kept: usize,
}

struct Block {
    shape: Shape,
    from: u64,
    citations: Vec<Citation>,
    kept: usize,
}

enum Shape {
    Text,
    Refusal,
    Thinking {
        number: u32,
        family: Option<Family>,
        text: String,
    },
    Call {
        number: u32,
        kind: CallKind,
        old: bool,
        empty: bool,
    },
    Unseen,
}

impl Writer {
    pub(super) fn new(reply: Reply) -> Self {
        Self {
            recall: Recall::new(reply.memory.clone()),
            chunks: Chunks {
                id: id(&reply, None),
                created: reply.created,
                model: reply.model.clone(),
                reply,
                tier: None,
                usage: None,
                order: Vec::new(),
                answers: HashMap::new(),
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

    fn kept(&self) -> usize {
        let answers = self.chunks.answers.values();
        self.recall.kept() + answers.map(|answer| answer.kept).sum::<usize>()
    }
}

impl Chunks {
    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start(start) => self.start(start, out),
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
                let number = self.number(*choice, out);
                let chunk = Fields::new()
                    .with("index", number)
                    .with("delta", Fields::new())
                    .with("logprobs", raw)
                    .with("finish_reason", Json::Null);
                self.chunk(vec![chunk.into()], false, out);
            }
            Event::Stop { choice, stop } => self.stop(*choice, stop, out),
            Event::Usage(tokens) => self.usage = Some(tokens.clone()),
            Event::Tier(tier) => self.tier = Some(served(tier).to_owned()),
            Event::End => self.end(out),
            Event::Ping | Event::Error(_) => {}
        }
    }

    fn start(&mut self, start: &Start, out: &mut Vec<u8>) {
        self.id = id(&self.reply, start.id.as_deref());
        self.model = model(&self.reply, start.model.as_deref()).to_owned();
        self.created = start.created.unwrap_or(self.reply.created);
        self.usage.clone_from(&start.usage);
        self.number(0, out);
    }

    /// The client's number of an answer, which its first chunk introduces.
    fn number(&mut self, choice: u32, out: &mut Vec<u8>) -> u32 {
        let place = match self.order.iter().position(|known| *known == choice) {
            Some(place) => place,
            // The start opens the first answer before it is known which of several comes first.
            None if self.order == [0] && !self.answers.contains_key(&0) => {
                self.order[0] = choice;
                0
            }
            None => {
                self.order.push(choice);
                let number = u32::try_from(self.order.len() - 1).unwrap_or(u32::MAX);
                let delta = Fields::new().with("role", "assistant").with("content", "");
                self.piece(number, delta, out);
                self.order.len() - 1
            }
        };
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn answer(&mut self, choice: u32, out: &mut Vec<u8>) -> (u32, &mut Answer) {
        let number = self.number(choice, out);
        (number, self.answers.entry(choice).or_default())
    }

    fn open(&mut self, choice: u32, block: u32, opening: &Opening, out: &mut Vec<u8>) {
        let shown = self.reply.memory.thinking == Shown::Whole;
        let legacy = self.reply.memory.legacy_functions;
        let sound = attached::id(&self.reply);
        let (number, answer) = self.answer(choice, out);
        let from = answer.characters;
        let proof = answer.proof.take();
        let mut first = None;
        let shape = match opening {
            Opening::Text => Shape::Text,
            Opening::Refusal => Shape::Refusal,
            Opening::Thinking(_) | Opening::Redacted(_) if !shown => Shape::Unseen,
            Opening::Thinking(family) => {
                answer.thoughts += 1;
                Shape::Thinking {
                    number: answer.thoughts - 1,
                    family: *family,
                    text: String::new(),
                }
            }
            Opening::Redacted(secret) => {
                let wrapped = secrets::wrap(secret, "");
                let entry = details::secret_entry(secret, wrapped.into(), answer.thoughts);
                answer.thoughts += 1;
                first = Some(Fields::new().with("reasoning_details", vec![entry]));
                Shape::Unseen
            }
            Opening::Call(call) if legacy && call.kind == CallKind::Function => {
                let again = std::mem::replace(&mut answer.old, true);
                if again {
                    Shape::Unseen
                } else {
                    let function = Fields::new()
                        .with("name", &call.name)
                        .with("arguments", &call.arguments);
                    first = Some(Fields::new().with("function_call", function));
                    Shape::Call {
                        number: 0,
                        kind: call.kind,
                        old: true,
                        empty: call.arguments.is_empty(),
                    }
                }
            }
            Opening::Call(call) => {
                let place = answer.calls;
                answer.calls += 1;
                let (kind, inner) = match call.kind {
                    CallKind::Function => ("function", "arguments"),
                    CallKind::Custom => ("custom", "input"),
                };
                let begun = Fields::new()
                    .with("index", place)
                    .with("id", &call.id)
                    .with("type", kind)
                    .with(
                        kind,
                        Fields::new()
                            .with("name", &call.name)
                            .with(inner, &call.arguments),
                    )
                    .maybe(
                        "extra_content",
                        proof
                            .as_ref()
                            .filter(|proof| details::is_of_call(proof, &call.id))
                            .map(details::extra_content),
                    );
                first = Some(Fields::new().with("tool_calls", vec![begun.into()]));
                Shape::Call {
                    number: place,
                    kind: call.kind,
                    old: false,
                    empty: call.arguments.is_empty(),
                }
            }
            Opening::Server { .. } => Shape::Unseen,
            Opening::Media(content) => {
                first = answer.media(content, &sound);
                Shape::Unseen
            }
        };
        answer.blocks.insert(
            block,
            Block {
                shape,
                from,
                citations: Vec::new(),
                kept: 0,
            },
        );
        if let Some(delta) = first {
            self.piece(number, delta, out);
        }
    }

    fn delta(&mut self, choice: u32, block: u32, delta: &Delta, out: &mut Vec<u8>) {
        let (number, answer) = self.answer(choice, out);
        let characters = &mut answer.characters;
        let Some(block) = answer.blocks.get_mut(&block) else {
            return;
        };
        if matches!(
            (&block.shape, delta),
            (Shape::Thinking { .. }, Delta::Text(_)) | (_, Delta::Citation(_))
        ) {
            block.kept += delta.size();
            answer.kept += delta.size();
        }
        let fields = match (&mut block.shape, delta) {
            (Shape::Text, Delta::Text(text)) => {
                *characters += text.chars().count() as u64;
                Fields::new().with("content", text)
            }
            (Shape::Text, Delta::Citation(citation)) => {
                block.citations.push(citation.clone());
                return;
            }
            (Shape::Refusal, Delta::Text(text)) => {
                answer.refused = true;
                Fields::new().with("refusal", text)
            }
            (
                Shape::Thinking {
                    number,
                    family,
                    text: so_far,
                },
                Delta::Text(text),
            ) => {
                so_far.push_str(text);
                let entry = details::text_entry(text, *family, *number);
                Fields::new()
                    .with("reasoning_content", text)
                    .with("reasoning_details", vec![entry])
            }
            (Shape::Thinking { number, text, .. }, Delta::Secret(secret)) => {
                answer.proof = Some(secret.clone());
                let wrapped = secrets::wrap(secret, text);
                let entry = details::secret_entry(secret, wrapped.into(), *number);
                Fields::new().with("reasoning_details", vec![entry])
            }
            (
                Shape::Call {
                    number,
                    kind,
                    old,
                    empty,
                },
                Delta::Arguments(text),
            ) if !text.is_empty() => {
                *empty = false;
                arguments(*number, *kind, *old, text)
            }
            _ => return,
        };
        self.piece(number, fields, out);
    }

    fn close(&mut self, choice: u32, block: u32, out: &mut Vec<u8>) {
        let (number, answer) = self.answer(choice, out);
        let characters = answer.characters;
        let Some(block) = answer.blocks.remove(&block) else {
            return;
        };
        answer.kept -= block.kept;
        let notes: Vec<Json<'_>> = block
            .citations
            .iter()
            .filter_map(|citation| annotations::write(citation, block.from, characters))
            .collect();
        if !notes.is_empty() {
            self.piece(number, Fields::new().with("annotations", notes), out);
        }
        if let Shape::Call {
            number: place,
            kind: CallKind::Function,
            old,
            empty: true,
        } = block.shape
        {
            self.piece(number, arguments(place, CallKind::Function, old, "{}"), out);
        }
    }

    fn stop(&mut self, choice: u32, stop: &Stop, out: &mut Vec<u8>) {
        let (number, answer) = self.answer(choice, out);
        if std::mem::replace(&mut answer.stopped, true) {
            return;
        }
        // A refusal after words that were shown already, or without any, must not look like a
        // complete answer.
        let word = match stop {
            Stop::Refusal if answer.characters > 0 || !answer.refused => "content_filter",
            stop => finish(Some(stop), answer.calls > 0, answer.old),
        };
        let chunk = Fields::new()
            .with("index", number)
            .with("delta", Fields::new())
            .with("logprobs", Json::Null)
            .with("finish_reason", word);
        self.chunk(vec![chunk.into()], false, out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if self.reply.include_usage {
            self.chunk(Vec::new(), true, out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn piece(&self, number: u32, delta: Fields<'_>, out: &mut Vec<u8>) {
        let chunk = Fields::new()
            .with("index", number)
            .with("delta", delta)
            .with("logprobs", Json::Null)
            .with("finish_reason", Json::Null);
        self.chunk(vec![chunk.into()], false, out);
    }

    fn chunk(&self, choices: Vec<Json<'_>>, last: bool, out: &mut Vec<u8>) {
        let mut chunk = Fields::new()
            .with("id", &self.id)
            .with("object", "chat.completion.chunk")
            .with("created", self.created)
            .with("model", &self.model)
            .maybe("service_tier", self.tier.as_deref())
            .with("choices", choices);
        if self.reply.include_usage {
            let tokens = self.usage.as_ref().filter(|_| last).map(usage);
            chunk.put("usage", tokens);
        }
        out.extend_from_slice(b"data: ");
        Json::Object(chunk).write(out);
        out.extend_from_slice(b"\n\n");
    }
}

impl Answer {
    /// `known`: what its sound is known by.
    fn media(&mut self, content: &Content, known: &str) -> Option<Fields<'static>> {
        if let Content::Audio(sound) = content
            && attached::has_place(content)
        {
            let first = self.sounds == 0;
            self.sounds += 1;
            let piece = Fields::new()
                .maybe("id", first.then(|| known.to_owned()))
                .with("data", sound.data.clone());
            return Some(Fields::new().with("audio", piece));
        }
        if let Some(picture) = attached::picture(content, self.pictures) {
            self.pictures += 1;
            return Some(Fields::new().with("images", vec![picture]));
        }
        let words = attached::otherwise(content)?;
        self.characters += words.chars().count() as u64;
        Some(Fields::new().with("content", words))
    }
}

fn arguments(number: u32, kind: CallKind, old: bool, text: &str) -> Fields<'_> {
    let (outer, inner) = match kind {
        CallKind::Function => ("function", "arguments"),
        CallKind::Custom => ("custom", "input"),
    };
    let piece = Fields::new().with(inner, text);
    if old {
        return Fields::new().with("function_call", piece);
    }
    let call = Fields::new().with("index", number).with(outer, piece);
    Fields::new().with("tool_calls", vec![call.into()])
}
