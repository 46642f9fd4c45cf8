//! Streams, written: one block open at a time, numbered without gaps.
//!
//! A block that begins while another is open waits, with all that is added to it. A proof without
//! a thought waits for what comes behind it, and is left out behind the last words for clients that
//! take the last block for the answer.

use std::collections::VecDeque;

use super::tools_made::{Made, Tools};
use super::write_response::{citation, id, model, signature, usage};
use crate::dialects::json::{Fields, Json};
use crate::dialects::recall::Recall;
use crate::dialects::{EventWriter, Reply, Shown, ids, secrets, stops, told_roughly};
use crate::models::chat::{Call, Family, Secret, Stop, Thinking};
use crate::models::streaming::{Delta, Event, Opening, Start};
use crate::models::usage::Tokens;

/// A message is one answer: of several the first.
const SHOWN: u32 = 0;

/// Writes events.
pub(super) struct Writer {
    recall: Recall,
    message: Message,
}

struct Message {
    reply: Reply,
    provider: Option<String>,
    started: bool,
    pinged: bool,
    /// The number of the next block.
    next: u32,
    /// The first is open; the others wait.
    blocks: VecDeque<Block>,
    /// Proofs that wait for what comes behind them, and the bytes of each.
    proofs: Vec<(Thinking, usize)>,
    called: bool,
    tools: Tools,
    stop: Option<Stop>,
    usage: Tokens,
    /// The bytes of what the model wrote, until the provider says what was used.
    uncounted: Option<usize>,
    tier: Option<String>,
    /// The bytes of what waits in `blocks`.
    kept: usize,
}

#[expect(
    clippy::struct_field_names,
    reason = "the event's own word for its number"
)]
struct Block {
    block: u32,
    opening: Opening,
    /// The blocks it is, where each is complete.
    whole: Vec<Json<'static>>,
    /// What waits to be written.
    waiting: Vec<Delta>,
    closed: bool,
    /// Whether its start is written.
    begun: bool,
    /// What is kept of a thought until its end.
    thought: Thinking,
    kept: usize,
}

impl Writer {
    pub(super) fn new(reply: Reply) -> Self {
        Self {
            recall: Recall::new(reply.memory.clone()),
            message: Message {
                usage: Tokens {
                    input: reply.estimated_input,
                    ..Tokens::default()
                },
                tools: Tools::new(&id(&reply, None)),
                reply,
                provider: None,
                started: false,
                pinged: false,
                next: 0,
                blocks: VecDeque::new(),
                proofs: Vec::new(),
                called: false,
                stop: None,
                tier: None,
                uncounted: Some(0),
                kept: 0,
            },
        }
    }
}

impl EventWriter for Writer {
    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        let message = &mut self.message;
        self.recall
            .pass(event, &mut |event| message.write(event, out));
    }

    fn kept(&self) -> usize {
        self.recall.kept() + self.message.kept
    }
}

impl Message {
    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start(start) => self.start(start, out),
            Event::Open {
                choice,
                block,
                opening,
            } if *choice == SHOWN => self.opened(*block, opening, out),
            Event::Delta {
                choice,
                block,
                delta,
            } if *choice == SHOWN => self.delta(*block, delta, out),
            Event::Close { choice, block } if *choice == SHOWN => self.close(*block, out),
            Event::Stop { choice, stop } if *choice == SHOWN => {
                self.stop.get_or_insert_with(|| stop.clone());
            }
            Event::Usage(tokens) => {
                self.usage = tokens.clone();
                self.uncounted = None;
            }
            Event::Tier(tier) => self.tier = Some(tier.clone()),
            Event::Ping if self.started => ping(out),
            Event::End => self.end(out),
            _ => {}
        }
    }

    fn start(&mut self, start: &Start, out: &mut Vec<u8>) {
        if self.started {
            return;
        }
        self.started = true;
        self.provider.clone_from(&start.model);
        if let Some(tokens) = &start.usage {
            self.usage = tokens.clone();
        }
        let used = Tokens {
            output: self.usage.output.min(1),
            reasoning: 0,
            ..self.usage.clone()
        };
        let message = Fields::new()
            .with("id", id(&self.reply, start.id.as_deref()))
            .with("type", "message")
            .with("role", "assistant")
            .with("model", model(&self.reply, start.model.as_deref()))
            .with("content", Json::List(Vec::new()))
            .with("stop_reason", Json::Null)
            .with("stop_sequence", Json::Null)
            .with("usage", usage(&used, None));
        let fields = Fields::new()
            .with("type", "message_start")
            .with("message", message);
        send("message_start", fields, out);
    }

    /// Opens a block; what has no place here is words, or nothing.
    fn opened(&mut self, block: u32, opening: &Opening, out: &mut Vec<u8>) {
        let made = match opening {
            Opening::Server { family, raw } => self.tools.served(*family, raw),
            Opening::Media(content) => self.tools.media(content),
            opening => return self.open(block, opening, Vec::new(), out),
        };
        match made {
            Made::Blocks(blocks) if blocks.is_empty() => {}
            Made::Blocks(blocks) => self.open(block, opening, blocks, out),
            Made::Words(words) => {
                self.open(block, &Opening::Text, Vec::new(), out);
                self.delta(block, &Delta::Text(words), out);
            }
        }
    }

    /// `whole`: the blocks it is, where each is complete.
    fn open(
        &mut self,
        block: u32,
        opening: &Opening,
        whole: Vec<Json<'static>>,
        out: &mut Vec<u8>,
    ) {
        if !self.started {
            self.start(&Start::default(), out);
        }
        let kept = match opening {
            Opening::Text | Opening::Refusal | Opening::Thinking(_) | Opening::Media(_) => 0,
            Opening::Redacted(secret) => secret.data.len(),
            Opening::Call(call) => call.id.len() + call.name.len(),
            Opening::Server { raw, .. } => raw.text().len(),
        };
        self.kept += kept;
        self.blocks.push_back(Block {
            block,
            opening: opening.clone(),
            whole,
            waiting: Vec::new(),
            closed: false,
            begun: false,
            thought: Thinking::default(),
            kept,
        });
        if self.blocks.len() == 1 {
            self.begin(out);
        }
    }

    /// Writes the start of the first block; of a thought behind other blocks when it has a text.
    fn begin(&mut self, out: &mut Vec<u8>) {
        let waits = |block: &Block| self.next > 0 && matches!(block.opening, Opening::Thinking(_));
        if self.blocks.front().is_some_and(|block| !waits(block)) {
            self.prove(out);
            self.start_first(out);
        }
    }

    fn start_first(&mut self, out: &mut Vec<u8>) {
        let Some(block) = self.blocks.front_mut() else {
            return;
        };
        block.begun = true;
        let call = matches!(block.opening, Opening::Call(_));
        let content: Json<'_> = match &block.opening {
            Opening::Text | Opening::Refusal => empty_text().into(),
            Opening::Thinking(_) => empty_thought().into(),
            Opening::Redacted(secret) => Fields::new()
                .with("type", "redacted_thinking")
                .with("data", proof(secret))
                .into(),
            Opening::Call(call) => {
                self.called = true;
                start_of(call).into()
            }
            Opening::Server { .. } | Opening::Media(_) => {
                let mut whole = std::mem::take(&mut block.whole);
                let last = whole.pop().unwrap_or_else(|| empty_text().into());
                for earlier in whole {
                    send("content_block_start", start(self.next, earlier), out);
                    self.stop(out);
                }
                last
            }
        };
        send("content_block_start", start(self.next, content), out);
        if call {
            self.piece(input(""), out);
        }
        if !self.pinged {
            self.pinged = true;
            ping(out);
        }
    }

    fn start_thought(&self, out: &mut Vec<u8>) {
        let fields = start(self.next, empty_thought().into());
        send("content_block_start", fields, out);
    }

    fn delta(&mut self, block: u32, delta: &Delta, out: &mut Vec<u8>) {
        let Some(place) = self.blocks.iter().position(|known| known.block == block) else {
            return;
        };
        if let (Delta::Text(text) | Delta::Arguments(text), Some(written)) =
            (delta, &mut self.uncounted)
        {
            *written += text.len();
        }
        let waits = place > 0;
        let block = &mut self.blocks[place];
        if waits || matches!(block.opening, Opening::Thinking(_)) {
            let size = delta.size();
            block.kept += size;
            self.kept += size;
        }
        if waits {
            block.waiting.push(delta.clone());
            return;
        }
        self.add(delta, out);
    }

    /// Adds to the block that is open.
    fn add(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        let shows = self.reply.memory.thinking == Shown::Whole;
        let thinks = shows && matches!(delta, Delta::Text(text) if !text.is_empty());
        if thinks && self.blocks.front().is_some_and(|block| !block.begun) {
            self.prove(out);
            self.start_first(out);
        }
        let Some(block) = self.blocks.front_mut() else {
            return;
        };
        let fields = match (&block.opening, delta) {
            (Opening::Text | Opening::Refusal, Delta::Text(text)) => {
                Fields::new().with("type", "text_delta").with("text", text)
            }
            (Opening::Text, Delta::Citation(found)) => match citation(found) {
                Some(found) => Fields::new()
                    .with("type", "citations_delta")
                    .with("citation", found),
                None => return,
            },
            (Opening::Thinking(_), Delta::Text(text)) => {
                block.thought.text.push_str(text);
                if !shows || !block.begun {
                    return;
                }
                Fields::new()
                    .with("type", "thinking_delta")
                    .with("thinking", text)
            }
            (Opening::Thinking(_), Delta::Secret(secret)) => {
                block.thought.secret = Some(secret.clone());
                return;
            }
            (Opening::Call(_), Delta::Arguments(text)) => input(text),
            _ => return,
        };
        self.piece(fields, out);
    }

    fn close(&mut self, block: u32, out: &mut Vec<u8>) {
        let Some(place) = self.blocks.iter().position(|known| known.block == block) else {
            return;
        };
        self.blocks[place].closed = true;
        // The end of the first lets the next ones go, as far as they are.
        while self.blocks.front().is_some_and(|first| first.closed) {
            self.stop_first(out);
            if self.blocks.is_empty() {
                return;
            }
            self.begin(out);
            let waiting = self
                .blocks
                .front_mut()
                .map(|first| std::mem::take(&mut first.waiting))
                .unwrap_or_default();
            for delta in &waiting {
                self.add(delta, out);
            }
        }
    }

    fn stop_first(&mut self, out: &mut Vec<u8>) {
        let Some(mut block) = self.blocks.pop_front() else {
            return;
        };
        if let Opening::Thinking(family) = block.opening {
            block.thought.family = family;
            if !block.begun && block.thought.text.is_empty() {
                self.proofs.push((block.thought, block.kept));
                return;
            }
            if !block.begun {
                self.prove(out);
                self.start_thought(out);
            }
            self.sign(&block.thought, out);
        }
        self.kept -= block.kept;
        self.stop(out);
    }

    /// Writes the proofs that waited.
    fn prove(&mut self, out: &mut Vec<u8>) {
        for (thought, kept) in std::mem::take(&mut self.proofs) {
            self.kept -= kept;
            self.start_thought(out);
            self.sign(&thought, out);
            self.stop(out);
        }
    }

    fn sign(&self, thought: &Thinking, out: &mut Vec<u8>) {
        let shown = self.reply.memory.thinking == Shown::Whole;
        let proof = signature(thought, self.provider.as_deref(), shown);
        let fields = Fields::new()
            .with("type", "signature_delta")
            .with("signature", proof);
        self.piece(fields, out);
    }

    fn stop(&mut self, out: &mut Vec<u8>) {
        let fields = Fields::new()
            .with("type", "content_block_stop")
            .with("index", self.next);
        send("content_block_stop", fields, out);
        self.next = self.next.saturating_add(1);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !self.started {
            self.start(&Start::default(), out);
        }
        for block in &mut self.blocks {
            block.closed = true;
        }
        if let Some(first) = self.blocks.front().map(|first| first.block) {
            self.close(first, out);
        }
        if self.called || !self.reply.ends_in_words {
            self.prove(out);
        }
        if let Some(written) = self.uncounted {
            self.usage.output = self.usage.output.max(told_roughly(written));
        }
        let (reason, sequence) = stops::to_messages(self.stop.as_ref(), self.called);
        let fields = Fields::new()
            .with("type", "message_delta")
            .with(
                "delta",
                Fields::new()
                    .with("stop_reason", reason)
                    .with("stop_sequence", sequence),
            )
            .with("usage", usage(&self.usage, self.tier.as_deref()));
        send("message_delta", fields, out);
        send(
            "message_stop",
            Fields::new().with("type", "message_stop"),
            out,
        );
    }

    fn piece(&self, delta: Fields<'_>, out: &mut Vec<u8>) {
        let fields = Fields::new()
            .with("type", "content_block_delta")
            .with("index", self.next)
            .with("delta", delta);
        send("content_block_delta", fields, out);
    }
}

fn start(index: u32, block: Json<'_>) -> Fields<'_> {
    Fields::new()
        .with("type", "content_block_start")
        .with("index", index)
        .with("content_block", block)
}

fn empty_text() -> Fields<'static> {
    Fields::new().with("type", "text").with("text", "")
}

fn empty_thought() -> Fields<'static> {
    Fields::new()
        .with("type", "thinking")
        .with("thinking", "")
        .with("signature", "")
}

fn start_of(call: &Call) -> Fields<'_> {
    Fields::new()
        .with("type", "tool_use")
        .with("id", ids::spelled(&call.id))
        .with("name", &call.name)
        .with("input", Fields::new())
}

fn input(text: &str) -> Fields<'_> {
    Fields::new()
        .with("type", "input_json_delta")
        .with("partial_json", text)
}

/// A secret that is all there is of a thought.
fn proof(secret: &Secret) -> String {
    if secret.family == Family::Anthropic && secret.kind == "redacted" {
        secret.data.clone()
    } else {
        secrets::wrap(secret, "")
    }
}

fn ping(out: &mut Vec<u8>) {
    send("ping", Fields::new().with("type", "ping"), out);
}

fn send(name: &str, fields: Fields<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    Json::Object(fields).write(out);
    out.extend_from_slice(b"\n\n");
}
