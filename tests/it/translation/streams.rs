//! Streams: cut, read, put together, written.

use std::collections::BTreeMap;

use bytes::Bytes;
use manti::dialects::sse::{self, Splitter};
use manti::dialects::{
    Client, Dialect, Reply, Upstream, anthropic_messages, gemini, openai_chat, openai_responses,
};
use manti::models::chat::{Block, Choice, Content, Response, Thinking};
use manti::models::streaming::{Delta, Event, Opening};

/// A dialect that clients and providers speak.
pub(crate) trait Both: Client + Upstream {}

impl<T: Client + Upstream> Both for T {}

/// The dialects that clients and providers speak.
pub(crate) const BOTH: [Dialect; 4] = [
    Dialect::Chat,
    Dialect::Messages,
    Dialect::Responses,
    Dialect::Gemini,
];

/// What reads and writes a dialect that both sides speak.
pub(crate) fn both(dialect: Dialect) -> &'static dyn Both {
    match dialect {
        Dialect::Chat => &openai_chat::Chat,
        Dialect::Messages => &anthropic_messages::Messages,
        Dialect::Responses => &openai_responses::Responses,
        Dialect::Gemini => &gemini::Gemini,
        other => panic!("{other:?} has one side"),
    }
}

/// Reads a stream that comes in pieces of these lengths, over and over.
pub(crate) fn read(dialect: Dialect, stream: &[u8], pieces: &[usize]) -> Vec<Event> {
    let mut splitter = Splitter::new();
    let upstream = dialect.upstream().unwrap();
    let mut reader = upstream.event_reader(dialect.family(), "");
    let mut out = Vec::new();
    let mut rest = stream;
    let mut lengths = pieces.iter().cycle();
    while !rest.is_empty() {
        let length = (*lengths.next().unwrap()).clamp(1, rest.len());
        let (piece, after) = rest.split_at(length);
        rest = after;
        splitter.push(Bytes::copy_from_slice(piece));
        while let Some(raw) = splitter.next_event().unwrap() {
            if let Some(event) = sse::Event::parse(&raw) {
                reader.read(&event, &mut out);
            }
        }
    }
    let left = splitter.rest();
    if let Some(event) = sse::Event::parse(&left) {
        reader.read(&event, &mut out);
    }
    reader.finish(&mut out);
    out
}

/// Writes a stream.
pub(crate) fn write(dialect: Dialect, events: &[Event], reply: Reply) -> Vec<u8> {
    let mut writer = both(dialect).event_writer(reply);
    let mut out = Vec::new();
    for event in events {
        writer.write(event, &mut out);
    }
    out
}

/// Puts the pieces of an answer together; panics on pieces that cannot be.
pub(crate) fn assemble(events: &[Event]) -> Result<Response, String> {
    let mut response = Response::default();
    let mut choices: BTreeMap<u32, (Choice, BTreeMap<u32, bool>)> = BTreeMap::new();
    let mut ended = false;
    for event in events {
        assert!(!ended, "{event:?} after the end");
        match event {
            Event::Start(start) => {
                response.id.clone_from(&start.id);
                response.model.clone_from(&start.model);
            }
            Event::Open {
                choice,
                block,
                opening,
            } => {
                let (choice, open) = choices.entry(*choice).or_default();
                assert_eq!(
                    usize::try_from(*block).unwrap(),
                    open.len(),
                    "blocks are numbered without gaps"
                );
                open.insert(*block, true);
                choice.blocks.push(opened(opening));
            }
            Event::Delta {
                choice,
                block,
                delta,
            } => {
                let (choice, open) = choices.get_mut(choice).unwrap();
                assert_eq!(open.get(block), Some(&true), "{delta:?} for a closed block");
                let block = &mut choice.blocks[usize::try_from(*block).unwrap()];
                add(&mut block.content, delta);
            }
            Event::Close { choice, block } => {
                let (_, open) = choices.get_mut(choice).unwrap();
                assert_eq!(open.insert(*block, false), Some(true), "closed twice");
            }
            Event::Stop { choice, stop } => {
                let (choice, open) = choices.entry(*choice).or_default();
                assert!(
                    open.values().all(|open| !open),
                    "a block is open at the stop"
                );
                assert!(choice.stop.is_none(), "stopped twice");
                choice.stop = Some(stop.clone());
            }
            Event::Usage(tokens) => response.usage = Some(tokens.clone()),
            Event::Tier(tier) => response.tier = Some(tier.clone()),
            Event::Logprobs { .. } | Event::Ping => {}
            Event::End => ended = true,
            Event::Error(failure) => return Err(failure.message.clone()),
        }
    }
    assert!(ended, "no end");
    response.choices = choices
        .into_iter()
        .map(|(index, (mut choice, _))| {
            choice.index = index;
            choice
        })
        .collect();
    Ok(response)
}

fn opened(opening: &Opening) -> Block {
    let content = match opening {
        Opening::Text => Content::text(""),
        Opening::Refusal => Content::Refusal(String::new()),
        Opening::Thinking(family) => Content::Thinking(Thinking {
            family: *family,
            ..Thinking::default()
        }),
        Opening::Redacted(secret) => Content::Thinking(Thinking {
            secret: Some(secret.clone()),
            redacted: true,
            ..Thinking::default()
        }),
        Opening::Call(call) => Content::Call(call.clone()),
        Opening::Media(content) => (**content).clone(),
        Opening::Server { family, raw } => Content::Server {
            family: *family,
            raw: raw.clone(),
        },
    };
    Block::new(content, "")
}

fn add(content: &mut Content, delta: &Delta) {
    match (content, delta) {
        (
            Content::Text { text, .. }
            | Content::Refusal(text)
            | Content::Thinking(Thinking { text, .. }),
            Delta::Text(piece),
        ) => text.push_str(piece),
        (Content::Text { citations, .. }, Delta::Citation(citation)) => {
            citations.push(citation.clone());
        }
        (Content::Thinking(thought), Delta::Secret(secret)) => {
            assert!(thought.secret.is_none(), "two secrets in one thought");
            thought.secret = Some(secret.clone());
        }
        (Content::Call(call), Delta::Arguments(piece)) => call.arguments.push_str(piece),
        (content, delta) => panic!("{delta:?} in {content:?}"),
    }
}
