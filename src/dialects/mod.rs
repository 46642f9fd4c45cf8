//! Wire formats: how a conversation is spelled.
//!
//! Each format is one folder that implements [`Wire`] and, for the sides that speak it, [`Client`]
//! and [`Upstream`]: requests, whole answers and streams, read into [`crate::models::chat`] and [`crate::models::streaming`] and written from them. Nothing
//! here does I/O or knows a provider's address. A call whose client and provider speak the same
//! dialect is not translated: for it there are only the scanner, the splitter and the meter.

pub mod anthropic_messages;
pub mod bedrock_converse;
mod choices;
pub mod cohere;
mod defaults;
mod effort;
pub mod embeddings;
pub mod errors;
pub mod estimate;
mod exchange;
mod foreign;
pub mod framing;
mod functions;
pub mod gemini;
mod ids;
pub mod json;
mod media;
pub mod meter;
mod names;
pub mod ollama;
pub mod openai_chat;
pub mod openai_completions;
pub mod openai_responses;
mod paths;
pub mod peek;
mod recall;
mod report;
pub mod rerankings;
mod scan;
mod schema;
mod secrets;
mod server_text;
pub mod services;
pub mod sse;
mod steps;
mod stops;
mod stored;
mod tier;
mod unread;
mod unsaid;
pub mod usage;

use std::fmt;

use crate::models::abilities::Abilities;
use crate::models::chat::{Citation, Content, Extra, Family, Request, Response};
use crate::models::refusal::{Refusal, Situation};
use crate::models::streaming::Event;

pub use errors::ProviderError;
pub use services::Service;

/// The most tools of a request that is translated: an answer's calls are looked for among them.
const MOST_TOOLS: usize = 1024;

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI's chat completions.
    Chat,
    /// Anthropic's messages.
    Messages,
    /// OpenAI's responses.
    Responses,
    /// Google's `generateContent`.
    Gemini,
    /// OpenAI's legacy completions.
    Completions,
    /// What is no conversation.
    Service(Service),
    /// Ollama's own chat, which only providers speak.
    Ollama,
    /// Cohere's chat, which only providers speak.
    Cohere,
    /// Bedrock's Converse, which only providers speak.
    Converse,
}

impl Dialect {
    /// Those that hold conversations.
    pub const ALL: [Self; 5] = [
        Self::Chat,
        Self::Messages,
        Self::Responses,
        Self::Gemini,
        Self::Completions,
    ];

    /// What is the same for whoever speaks it.
    pub fn wire(self) -> &'static dyn Wire {
        match self {
            Self::Chat => &openai_chat::Chat,
            Self::Messages => &anthropic_messages::Messages,
            Self::Responses => &openai_responses::Responses,
            Self::Gemini => &gemini::Gemini,
            Self::Completions => &openai_completions::Completions,
            Self::Service(service) => service.wire(),
            Self::Ollama => &ollama::Ollama,
            Self::Cohere => &cohere::Cohere,
            Self::Converse => &bedrock_converse::Converse,
        }
    }

    /// What reads clients' requests and writes their answers; `None` where no client speaks it.
    pub fn client(self) -> Option<&'static dyn Client> {
        match self {
            Self::Chat => Some(&openai_chat::Chat),
            Self::Messages => Some(&anthropic_messages::Messages),
            Self::Responses => Some(&openai_responses::Responses),
            Self::Gemini => Some(&gemini::Gemini),
            Self::Completions => Some(&openai_completions::Completions),
            Self::Ollama | Self::Cohere | Self::Converse | Self::Service(_) => None,
        }
    }

    /// What writes requests for providers and reads their answers; `None` where none is
    /// translated to it.
    pub fn upstream(self) -> Option<&'static dyn Upstream> {
        match self {
            Self::Chat => Some(&openai_chat::Chat),
            Self::Messages => Some(&anthropic_messages::Messages),
            Self::Responses => Some(&openai_responses::Responses),
            Self::Gemini => Some(&gemini::Gemini),
            Self::Completions | Self::Service(_) => None,
            Self::Ollama => Some(&ollama::Ollama),
            Self::Cohere => Some(&cohere::Cohere),
            Self::Converse => Some(&bedrock_converse::Converse),
        }
    }

    /// How its bytes are read where they are not translated.
    fn format(self) -> &'static dyn Format {
        match self {
            Self::Chat => &openai_chat::Chat,
            Self::Messages => &anthropic_messages::Messages,
            Self::Responses => &openai_responses::Responses,
            Self::Gemini => &gemini::Gemini,
            Self::Completions => &openai_completions::Completions,
            Self::Service(service) => service.format(),
            Self::Ollama => &ollama::Ollama,
            Self::Cohere => &cohere::Cohere,
            Self::Converse => &bedrock_converse::Converse,
        }
    }

    /// In whose words its errors are told.
    pub const fn family(self) -> Family {
        match self {
            Self::Chat | Self::Responses | Self::Completions | Self::Service(_) => Family::OpenAi,
            Self::Messages => Family::Anthropic,
            Self::Gemini => Family::Google,
            Self::Ollama | Self::Cohere | Self::Converse => Family::Other,
        }
    }

    /// A name for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Messages => "messages",
            Self::Responses => "responses",
            Self::Gemini => "gemini",
            Self::Completions => "completions",
            Self::Service(service) => service.as_str(),
            Self::Ollama => "ollama",
            Self::Cohere => "cohere",
            Self::Converse => "converse",
        }
    }
}

/// What the scanner and the meter must know of a wire format.
trait Format: meter::Reads + usage::Counts {
    /// Where a request has what its head is read from.
    fn layout(&self) -> &'static peek::Layout;
}

/// What every wire format has, whoever speaks it; pure, and tolerant of everything except what
/// cannot be meant.
pub trait Wire: fmt::Debug + Send + Sync {
    /// Which one it is.
    fn dialect(&self) -> Dialect;

    /// The body of an error answer; in OpenAI's words where a format has none of its own.
    fn error_body(&self, refusal: &Refusal, request_id: &str) -> Vec<u8> {
        let _ = request_id;
        openai_chat::error_body(refusal)
    }

    /// The complete event that tells a client its stream broke; nothing follows it.
    ///
    /// `after`: how many events the client got before it, for formats that number them.
    fn error_event(&self, refusal: &Refusal, request_id: &str, after: u64) -> Vec<u8> {
        let _ = after;
        let mut event = b"data: ".to_vec();
        event.extend(self.error_body(refusal, request_id));
        event.extend_from_slice(b"\n\n");
        event
    }

    /// What keeps a silent stream open, whatever was sent in it.
    fn keep_alive(&self) -> &'static [u8] {
        b": keep-alive\n\n"
    }

    /// The field of the answer to a client that asks how many tokens a request has.
    fn counted(&self) -> &'static str {
        "input_tokens"
    }

    /// The status that a client is told in a situation.
    fn status(&self, situation: Situation) -> u16 {
        situation.words().status
    }

    /// Whether a client's library takes an event for an error.
    fn is_error(&self, event: &sse::Event<'_>) -> bool {
        says_error(event)
    }

    /// A request of this format without what only other families can read; `None` when it may
    /// stay as it is. It is parsed for that, so only to be asked where
    /// [`Head::may_hold_wrapped`](peek::Head::may_hold_wrapped) says so.
    fn own(&self, _body: &[u8], _target: &Abilities) -> Option<Own> {
        None
    }

    /// What a provider's error answer says, in whichever envelope it came.
    fn read_error(&self, body: &[u8]) -> ProviderError {
        errors::read(body)
    }
}

/// A wire format that clients speak.
pub trait Client: Wire {
    /// Reads what a client asks for.
    fn read_request(&self, body: &[u8]) -> Result<Request, Malformed>;

    /// Whether an answer has a place for something; what has none is told in words, if at all.
    fn has_place(&self, content: &Content) -> bool;

    /// Whether an answer can tell what supports it.
    fn cites(&self, citation: &Citation) -> bool {
        matches!(citation, Citation::Url { .. })
    }

    /// Why an answer cannot be told in this format, where leaving something out would make it
    /// another one.
    fn unsayable(&self, _response: &Response, _reply: &Reply) -> Option<String> {
        None
    }

    /// Writes a whole answer.
    fn write_response(&self, response: &Response, reply: &Reply) -> Vec<u8>;

    /// What writes a stream.
    fn event_writer(&self, reply: Reply) -> Box<dyn EventWriter>;
}

/// A wire format that providers speak.
pub trait Upstream: Wire {
    /// Writes a request for a model, and says in the client's words what had to be left out.
    ///
    /// The gateway passes on a request that came in this dialect. Written, it still has what only
    /// this dialect knows (fields, tools, items and secrets of its own): so a request that is read
    /// and written without the gateway says what it said, which is how tests see that nothing is
    /// lost on the way.
    fn write_request(
        &self,
        request: &Request,
        target: &Abilities,
        model: &str,
    ) -> Result<Written, Unsupported> {
        let written = self.spell_request(request, target, model)?;
        Ok(paths::in_clients_words(request, written))
    }

    /// A request as this dialect has it; losses under the names that most dialects have.
    fn spell_request(
        &self,
        request: &Request,
        target: &Abilities,
        model: &str,
    ) -> Result<Written, Unsupported>;

    /// A written request as it is sent to have its tokens counted.
    fn to_be_counted(&self, body: Vec<u8>, _model: &str) -> Vec<u8> {
        body
    }

    /// Reads a whole answer. An error inside a 200 is [`Malformed`] too.
    ///
    /// `family`: who verifies the secrets in it, where the format itself does not say.
    /// `call`: names this call; ids are made of it where a provider gives neither its answer nor
    /// its calls any.
    fn read_response(&self, body: &[u8], family: Family, call: &str)
    -> Result<Response, Malformed>;

    /// Where an answer tells what supports a text, which stands at `text`.
    fn supports_at(&self, text: &str) -> String {
        format!("{text}.citations")
    }

    /// What reads a stream; `family` and `call` as in [`Upstream::read_response`].
    fn event_reader(&self, family: Family, call: &str) -> Box<dyn EventReader>;
}

/// Reads a stream, event by event.
pub trait EventReader: Send {
    /// Reads one event; what it means is appended.
    ///
    /// After [`Event::End`] or [`Event::Error`] nothing more is appended.
    fn read(&mut self, event: &sse::Event<'_>, out: &mut Vec<Event>);

    /// The provider's stream is over. Without a finish this appends [`Event::Error`].
    fn finish(&mut self, out: &mut Vec<Event>);

    /// How many bytes are kept until they can be told: the caller bounds them.
    fn kept(&self) -> usize {
        0
    }
}

/// Writes a stream, event by event.
pub trait EventWriter: Send {
    /// Appends the bytes that say this event; often none, never another event's.
    ///
    /// What ends an answer is written at [`Event::Stop`], [`Event::Usage`] and [`Event::End`]
    /// only, so that the end can be held back by looking at the event's kind.
    fn write(&mut self, event: &Event, out: &mut Vec<u8>);

    /// How many bytes are kept until they can be written: the caller bounds them.
    fn kept(&self) -> usize {
        0
    }

    /// Appends what shows that the answer is still being made, in formats whose clients look for
    /// more than [`Wire::keep_alive`].
    fn keep_alive(&mut self, _out: &mut Vec<u8>) {}

    /// Why the answer cannot be told to its end, once that shows; the stream breaks off then.
    fn unsayable(&self) -> Option<&str> {
        None
    }

    /// The event that tells a client its stream broke, where it must fit what was written before;
    /// `None` where [`Wire::error_event`] says it.
    fn error_event(&mut self, _refusal: &Refusal) -> Option<Vec<u8>> {
        None
    }
}

/// A request that holds only what its own family can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The body.
    pub body: Vec<u8>,
    /// What had to go with that, by the client's own paths; refused when strict.
    pub dropped: Vec<String>,
    /// What was taken out: named beside `dropped`, never refused.
    pub hints: Vec<String>,
}

/// Whether an event's data has an `error` that says something.
fn says_error(event: &sse::Event<'_>) -> bool {
    let text = String::from_utf8_lossy(&event.data);
    let root = json::Value::parse(text.trim()).ok();
    root.and_then(json::Value::object)
        .and_then(|root| root.get("error"))
        .is_some_and(json::Value::says_something)
}

/// A body that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Malformed {
    /// What is wrong, for a person.
    pub message: String,
    /// The field that is wrong.
    pub param: Option<String>,
    /// An error the provider put in the place of an answer.
    pub error: Option<Box<ProviderError>>,
}

impl Malformed {
    /// A body that cannot be read as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            param: None,
            error: None,
        }
    }

    /// A field that is wrong.
    pub fn at(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            param: Some(param.into()),
            error: None,
        }
    }
}

/// A request that cannot be said in a dialect without changing its meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unsupported {
    /// What cannot be said, for a person.
    pub message: String,
    /// The field, in the client's own words.
    pub param: String,
}

/// A written request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// The body.
    pub body: Vec<u8>,
    /// What the target cannot be told, by the client's own paths; refused when strict.
    pub dropped: Vec<String>,
    /// What was moved into the target's range.
    pub clamped: Vec<String>,
    /// Hints that were left out: named beside `dropped`, never refused.
    pub hints: Vec<String>,
    /// What the writer of the answer must know; goes into [`Reply::memory`].
    pub memory: Memory,
}

/// What of a request must be remembered to write its answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// Tools of free text that were sent as functions with one property `input`.
    pub custom_tools: Vec<String>,
    /// The hidden tool whose input is the answer.
    pub answer_tool: Option<String>,
    /// Names that the target does not take: as sent, as the client wrote them.
    pub tool_names: Vec<(String, String)>,
    /// Whether thinking is shown.
    pub thinking: Shown,
    /// Whether the client asks for the secrets of thoughts.
    pub sealed: bool,
    /// Whether the client wants calls as `function_call`.
    pub legacy_functions: bool,
    /// Fields of the request that its answer repeats.
    pub echo: Vec<Extra>,
}

/// Whether thinking is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// Text and proof.
    #[default]
    Whole,
    /// The proof alone.
    Proof,
    /// Nothing.
    Nothing,
}

/// The output tokens of so many bytes of text where the provider told none: four bytes a token.
fn told_roughly(bytes: usize) -> u64 {
    bytes.div_ceil(4) as u64
}

/// What the writer of an answer must know beside the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The model to be shown.
    pub model: String,
    /// When, in seconds since 1970, for answers that do not say.
    pub created: i64,
    /// The answer's id in the client's dialect, without its prefix.
    pub id: String,
    /// Whether the client of a stream asked for usage.
    pub include_usage: bool,
    /// The input tokens as estimated, for streams whose first event must say them.
    pub estimated_input: u64,
    /// Whether the client takes the last block for the answer, so that no proof may stand behind it.
    pub ends_in_words: bool,
    /// What of the request must be remembered.
    pub memory: Memory,
}
