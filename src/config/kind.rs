//! What a provider is.

use std::fmt;
use std::str::FromStr;

use super::schema::nearest;
use crate::models::preset::{self, Preset};

/// What a provider is, which decides how calls to it are addressed and signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// OpenAI itself.
    OpenAi,
    /// Anthropic itself.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// OpenAI's models at Azure.
    AzureOpenAi,
    /// Models of many makers at Amazon Bedrock.
    Bedrock,
    /// Google's, Anthropic's and open models at Google Cloud.
    Vertex,
    /// Cohere, by its own API.
    Cohere,
    /// Ollama, by its own API.
    Ollama,
    /// Anything that speaks OpenAI's chat completions, known by its address alone.
    OpenAiCompatible,
    /// One of those that speak OpenAI's chat completions and have a row of their own.
    Preset(&'static Preset),
    /// The built-in model that needs no network.
    Demo,
}

/// The kinds without a row.
const PLAIN: [Kind; 10] = [
    Kind::OpenAi,
    Kind::Anthropic,
    Kind::Gemini,
    Kind::AzureOpenAi,
    Kind::Bedrock,
    Kind::Vertex,
    Kind::Cohere,
    Kind::Ollama,
    Kind::OpenAiCompatible,
    Kind::Demo,
];

impl Kind {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        PLAIN.into_iter().chain(preset::all().map(Self::Preset))
    }

    /// The word used in settings, in JSON and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::AzureOpenAi => "azure-openai",
            Self::Bedrock => "bedrock",
            Self::Vertex => "vertex",
            Self::Cohere => "cohere",
            Self::Ollama => "ollama",
            Self::OpenAiCompatible => "openai-compatible",
            Self::Preset(row) => row.name,
            Self::Demo => "demo",
        }
    }

    /// What is known of a provider of this kind at an address.
    pub fn row(self, base_url: &str) -> Option<&'static Preset> {
        match self {
            Self::OpenAi => Some(preset::openai()),
            Self::Anthropic => Some(preset::anthropic()),
            Self::Gemini => Some(preset::gemini()),
            Self::AzureOpenAi => Some(preset::azure_openai()),
            Self::Bedrock => Some(preset::bedrock()),
            Self::Vertex => Some(preset::vertex()),
            Self::Cohere => Some(preset::cohere()),
            Self::Ollama => Some(preset::ollama()),
            Self::OpenAiCompatible => preset::at(base_url),
            Self::Preset(row) => Some(row),
            Self::Demo => None,
        }
    }

    /// Where a provider of this kind is when its address is not set.
    pub const fn base_url(self) -> Option<&'static str> {
        match self {
            Self::OpenAi => preset::openai().base_url,
            Self::Anthropic => preset::anthropic().base_url,
            Self::Gemini => preset::gemini().base_url,
            Self::Cohere => preset::cohere().base_url,
            Self::Ollama => preset::ollama().base_url,
            Self::Preset(row) => row.base_url,
            Self::AzureOpenAi
            | Self::Bedrock
            | Self::Vertex
            | Self::OpenAiCompatible
            | Self::Demo => None,
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let plain = PLAIN.into_iter().find(|kind| kind.as_str() == word);
        plain
            .or_else(|| preset::named(word).map(Self::Preset))
            .ok_or_else(|| match nearest(word, Self::all().map(Self::as_str)) {
                Some(near) => format!("is not a known kind; did you mean \"{near}\"?"),
                None => "is not a known kind; see: manti provider kinds".to_owned(),
            })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
