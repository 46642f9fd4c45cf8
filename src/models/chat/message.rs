//! Turns and the blocks they are made of.

use super::raw::Raw;
use super::response::Citation;

/// Whose format, and whose secrets, something is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Anthropic.
    Anthropic,
    /// OpenAI.
    OpenAi,
    /// Google.
    Google,
    /// xAI.
    XAi,
    /// Anyone else.
    Other,
}

crate::models::user::words!(Family {
    Anthropic = "anthropic",
    OpenAi = "openai",
    Google = "google",
    XAi = "xai",
    Other = "other",
});

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The operator, in the middle of a conversation.
    System,
    /// The person, and the results of tools.
    User,
    /// The model.
    Assistant,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub blocks: Vec<Block>,
    /// The speaker's name.
    pub name: Option<String>,
    /// Where the client wrote it: `messages[3]`.
    pub at: String,
    /// Whether the answer is to continue this turn (`prefix`).
    pub prefix: bool,
}

/// A piece of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub content: Content,
    /// A mark that the prompt may be cached up to here.
    pub cache: Option<Cache>,
    /// Where the client wrote it: `messages[3].content[1]`.
    pub at: String,
}

impl Block {
    /// A block without a mark.
    pub fn new(content: Content, at: impl Into<String>) -> Self {
        Self {
            content,
            cache: None,
            at: at.into(),
        }
    }
}

/// A mark that the prompt may be cached up to here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cache {
    /// How long, in the client's words: `5m`, `1h`.
    pub ttl: Option<String>,
    /// Whether it is spelt as OpenAI does, `prompt_cache_breakpoint`.
    pub breakpoint: bool,
    /// What else it says, which nobody knows.
    pub others: Vec<String>,
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text, with what supports it.
    Text {
        /// The text.
        text: String,
        /// What supports it.
        citations: Vec<Citation>,
    },
    /// A picture, and how closely to look at it.
    Image {
        /// Where its bytes are.
        source: Source,
        /// How closely to look: `low`, `high`, `auto`.
        detail: Option<String>,
    },
    /// A document.
    File {
        /// Where its bytes are.
        source: Source,
        /// Its name or title.
        name: Option<String>,
        /// What the reader should know of it.
        context: Option<String>,
        /// Whether the answer should cite it.
        citations: bool,
    },
    /// Sound.
    Audio(Media),
    /// A film.
    Video(Source),
    /// What the model thought.
    Thinking(Thinking),
    /// A call of a tool.
    Call(Call),
    /// What a tool answered.
    Result(ToolResult),
    /// Something only its own family understands, as it was written.
    Server {
        /// Whose it is.
        family: Family,
        /// The block.
        raw: Raw,
    },
    /// A refusal in words.
    Refusal(String),
}

impl Content {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            citations: Vec::new(),
        }
    }
}

/// Bytes with their type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// `image/png`, `wav`, …
    pub kind: String,
    /// Base64, as it was written.
    pub data: String,
}

/// Where the bytes of a picture or document are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In the request.
    Inline(Media),
    /// At an address, which is passed on and never fetched.
    Url(String),
    /// Stored with a provider.
    Stored {
        /// Whose store.
        family: Family,
        /// Its id there.
        id: String,
    },
    /// Plain text.
    Text(String),
    /// Something only its own family understands.
    Other {
        /// Whose it is.
        family: Family,
        /// The source as it was written.
        raw: Raw,
    },
}

/// What the model thought, with the proof that it did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Thinking {
    /// The text, empty when hidden.
    pub text: String,
    /// Whose thinking it is.
    pub family: Option<Family>,
    /// What only its family can read, to be sent back unchanged.
    pub secret: Option<Secret>,
    /// Whether there is nothing but the secret.
    pub redacted: bool,
}

/// An opaque value that only its own family can verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Whose it is.
    pub family: Family,
    /// The model it came from, where known.
    pub model: Option<String>,
    /// What it is in its family's words: `signature`, `redacted`, `encrypted`.
    pub kind: String,
    /// The id it belongs to, where its family gives it one.
    pub id: Option<String>,
    /// The value as it was spelled.
    pub data: String,
}

/// How a tool is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallKind {
    /// With JSON.
    #[default]
    Function,
    /// With free text.
    Custom,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its id, which the result repeats.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The text of the arguments, as it was written: JSON, unless it was cut off.
    pub arguments: String,
    /// How the tool is called.
    pub kind: CallKind,
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult {
    /// The id of the call.
    pub call: String,
    /// The tool's name, where known.
    pub name: Option<String>,
    /// The answer.
    pub blocks: Vec<Block>,
    /// Whether the tool failed.
    pub is_error: bool,
}
