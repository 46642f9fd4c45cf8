//! What a client asks for.

use super::message::{Block, Family, Turn};
use super::raw::Raw;
use super::tool::{Tool, ToolChoice};

/// A conversation to be continued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whose dialect it was read from; paths in loss reports are in its words.
    pub family: Family,
    /// Which of the family's dialects.
    pub spelling: Spelling,
    /// The model, as the client names it.
    pub model: String,
    /// The operator's words before the first turn.
    pub system: Vec<Block>,
    /// The conversation.
    pub turns: Vec<Turn>,
    /// What may be called.
    pub tools: Vec<Tool>,
    /// Which of them may or must be called.
    pub choice: Option<ToolChoice>,
    /// Whether several calls may be made at once.
    pub parallel: Option<bool>,
    /// The form of the answer.
    pub format: Option<Format>,
    /// The most output tokens, thinking included.
    pub max_output: Option<u64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// How many answers.
    pub answers: Option<u64>,
    /// How words are drawn.
    pub sampling: Sampling,
    /// How much to think.
    pub reasoning: Reasoning,
    /// How urgent it is, in the client's words.
    pub tier: Option<String>,
    /// The person behind the client.
    pub end_user: Option<String>,
    /// Whether the answer is to come in pieces.
    pub stream: bool,
    /// Whether the client asked for usage in the stream.
    pub include_usage: bool,
    /// A mark on the whole request that the prompt may be cached.
    pub cache: Option<super::message::Cache>,
    /// Fields only the client's own dialect knows.
    pub extras: Vec<Extra>,
    /// The paths of what this form has no place for.
    pub unsaid: Vec<String>,
    /// Where the client wrote what dialects call by different names.
    pub paths: Paths,
    /// Fields that an answer in the client's dialect repeats, as they were written.
    pub echo: Vec<Extra>,
}

impl Request {
    /// Where the client wrote [`Request::end_user`].
    pub fn end_user_at(&self) -> &'static str {
        match self.family {
            Family::Anthropic => "metadata.user_id",
            _ => "user",
        }
    }
}

/// A wire format, as far as one family has several: what only one of them knows is not said in
/// another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// OpenAI's chat completions.
    Chat,
    /// OpenAI's responses.
    Responses,
    /// The family's only one.
    Own,
}

/// Where the client wrote what dialects call by different names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paths {
    /// [`Request::max_output`]
    pub max_output: &'static str,
    /// [`Request::reasoning`]
    pub reasoning: &'static str,
    /// [`Request::format`], and the schema in it.
    pub format: (&'static str, &'static str),
    /// [`Request::stop`]
    pub stop: &'static str,
    /// [`Request::parallel`]
    pub parallel: &'static str,
    /// [`Sampling::logprobs`]
    pub logprobs: &'static str,
    /// [`Request::end_user`]
    pub end_user: &'static str,
}

/// A field only its own dialect knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// Its path in the client's request.
    pub name: String,
    /// Its value.
    pub value: Raw,
}

/// How words are drawn. Numbers are kept as they were written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sampling {
    /// Temperature.
    pub temperature: Option<Raw>,
    /// Nucleus.
    pub top_p: Option<Raw>,
    /// The most likely so many.
    pub top_k: Option<Raw>,
    /// Where the dice start.
    pub seed: Option<Raw>,
    /// Against frequent words.
    pub frequency_penalty: Option<Raw>,
    /// Against words already said.
    pub presence_penalty: Option<Raw>,
    /// Whether probabilities are wanted.
    pub logprobs: Option<Raw>,
    /// How many alternatives a word.
    pub top_logprobs: Option<Raw>,
}

/// The form of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Any JSON object.
    Json,
    /// Plain text, said explicitly.
    Text,
    /// JSON after a schema.
    Schema {
        /// A name for it.
        name: Option<String>,
        /// What it is for.
        description: Option<String>,
        /// Whether it binds the model.
        strict: Option<bool>,
        /// The schema as it was written.
        schema: Raw,
    },
}

/// How much to think, in whatever words the client said it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reasoning {
    /// Explicitly not at all.
    pub off: bool,
    /// `minimal`, `low`, `medium`, `high`, `xhigh` or `max`.
    pub effort: Option<String>,
    /// Tokens.
    pub budget: Option<u64>,
    /// As the model sees fit.
    pub adaptive: bool,
    /// Whether the thinking should be shown, where the client says so.
    pub visible: Option<bool>,
    /// Whether the client asks for its secrets, to give them back itself.
    pub sealed: bool,
}

impl Reasoning {
    /// Whether thinking is asked for.
    pub fn wanted(&self) -> bool {
        !self.off && (self.effort.is_some() || self.budget.is_some() || self.adaptive)
    }
}
