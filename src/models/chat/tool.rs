//! Tools and the choice among them.

use super::message::{Cache, Family};
use super::raw::Raw;

/// A tool the model may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// How it is called.
    pub kind: ToolKind,
    /// A mark that the prompt may be cached up to here.
    pub cache: Option<Cache>,
    /// Where the client wrote it: `tools[0]`.
    pub at: String,
    /// Fields only the client's own dialect knows.
    pub extras: Vec<(String, Raw)>,
}

/// How a tool is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolKind {
    /// With JSON after a schema.
    Function {
        /// The schema as it was written.
        schema: Option<Raw>,
        /// Whether the schema binds the model.
        strict: Option<bool>,
    },
    /// With free text.
    Custom {
        /// The grammar.
        format: Option<Raw>,
    },
    /// By the provider itself.
    Server(ServerTool),
}

/// A tool that the provider runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerTool {
    /// A search of the web.
    WebSearch {
        /// Whose spelling `raw` is in.
        family: Family,
        /// Only these domains.
        allowed: Vec<String>,
        /// Not these domains.
        blocked: Vec<String>,
        /// Roughly where the user is: an object of `city`, `region`, `country`, `timezone`.
        location: Option<Raw>,
        /// How much to read: `low`, `medium`, `high`.
        context: Option<String>,
        /// How often at most.
        max_uses: Option<u64>,
        /// The tool as it was written.
        raw: Raw,
    },
    /// Anything else.
    Other {
        /// Whose it is.
        family: Family,
        /// The tool as it was written.
        raw: Raw,
    },
}

/// Which tools the model may or must call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    /// None.
    None,
    /// As it likes.
    Auto,
    /// At least one.
    Required,
    /// This one.
    Tool(String),
    /// Only these; at least one when `required`.
    Allowed {
        /// The names.
        names: Vec<String>,
        /// Whether one must be called.
        required: bool,
    },
}

impl ToolChoice {
    /// Whether a tool has to be called.
    pub fn forces(&self) -> bool {
        match self {
            Self::Required | Self::Tool(_) => true,
            Self::Allowed { required, .. } => *required,
            Self::None | Self::Auto => false,
        }
    }
}
