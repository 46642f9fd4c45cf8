//! Wire formats that are no conversations: one question, one answer.
//!
//! They are scanned, spliced and metered like conversations. Only embeddings and rerankings are
//! translated, see [`super::embeddings`] and [`super::rerankings`]; the others go to whoever has
//! them in OpenAI's format.

mod counts;
mod meter;

use super::peek::{Layout, Metadata, Name};
use super::scan;
use super::usage::{self, Kind, Reading};
use super::{
    Dialect, Format, Malformed, Reply, Unsupported, Wire, Written, embeddings, gemini, openai_chat,
    rerankings,
};
use crate::models::refusal::Refusal;

/// A wire format that is no conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Embeddings as OpenAI has them, and most others.
    Embeddings,
    /// The same with Voyage's words, which Mistral shares.
    VoyageEmbeddings,
    /// The same with Jina's words.
    JinaEmbeddings,
    /// Cohere's embeddings, version 2.
    CohereEmbeddings,
    /// Gemini's `batchEmbedContents`.
    GeminiEmbeddings,
    /// Gemini's `embedContent`.
    GeminiEmbedding,
    /// Vertex AI's `predict`.
    VertexEmbeddings,
    /// Ollama's embeddings.
    OllamaEmbeddings,
    /// Rerankings as Jina has them, and most others.
    Rerank,
    /// Cohere's rerankings, version 2.
    CohereRerank,
    /// Voyage's rerankings.
    VoyageRerank,
    /// OpenAI's moderations.
    Moderations,
    /// OpenAI's images.
    Images,
    /// OpenAI's speech.
    Speech,
    /// OpenAI's transcriptions and translations.
    Transcriptions,
}

/// How an answer gets back to the client's format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Back {
    /// Vectors.
    Embeddings(embeddings::Back),
    /// Documents in order.
    Rerankings(rerankings::Back),
}

/// Why a request cannot be said in another format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untranslatable {
    /// It cannot be read.
    Malformed(Malformed),
    /// It cannot be said.
    Unsupported(Unsupported),
}

impl From<Malformed> for Untranslatable {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

impl From<Unsupported> for Untranslatable {
    fn from(error: Unsupported) -> Self {
        Self::Unsupported(error)
    }
}

/// What a text to be spoken is billed by: its characters.
pub fn characters(body: &[u8]) -> Reading {
    let text = scan::field(body, "input").and_then(scan::text);
    let count = text.map_or(0, |text| text.chars().count()) as u64;
    usage::of(Service::Speech.dialect(), |found| {
        found.count(Kind::Characters, count);
    })
}

/// Translates a request to another format of the same service.
pub fn translate(
    client: Service,
    upstream: Service,
    body: &[u8],
    model: &str,
) -> Result<(Written, Back), Untranslatable> {
    if client.is_reranking() {
        let (written, back) = rerankings::translate(upstream, body, model)?;
        return Ok((written, Back::Rerankings(back)));
    }
    let (written, back) = embeddings::translate(client, upstream, body, model)?;
    Ok((written, Back::Embeddings(back)))
}

impl Back {
    /// An answer in the client's format.
    pub fn answer(&self, body: &[u8], reply: &Reply) -> Result<Vec<u8>, Malformed> {
        match self {
            Self::Embeddings(back) => back.answer(body, reply),
            Self::Rerankings(back) => back.answer(body, reply),
        }
    }
}

/// All there are, in their order.
static ALL: [Service; 15] = [
    Service::Embeddings,
    Service::VoyageEmbeddings,
    Service::JinaEmbeddings,
    Service::CohereEmbeddings,
    Service::GeminiEmbeddings,
    Service::GeminiEmbedding,
    Service::VertexEmbeddings,
    Service::OllamaEmbeddings,
    Service::Rerank,
    Service::CohereRerank,
    Service::VoyageRerank,
    Service::Moderations,
    Service::Images,
    Service::Speech,
    Service::Transcriptions,
];

impl Service {
    /// The same as what all formats are.
    pub(super) fn wire(self) -> &'static dyn Wire {
        &ALL[self as usize]
    }

    /// How its bytes are read where they are not translated.
    pub(super) fn format(self) -> &'static dyn Format {
        &ALL[self as usize]
    }

    /// A name for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Embeddings => "embeddings",
            Self::VoyageEmbeddings => "voyage-embeddings",
            Self::JinaEmbeddings => "jina-embeddings",
            Self::CohereEmbeddings => "cohere-embeddings",
            Self::GeminiEmbeddings | Self::GeminiEmbedding => "gemini-embeddings",
            Self::VertexEmbeddings => "vertex-embeddings",
            Self::OllamaEmbeddings => "ollama-embeddings",
            Self::Rerank => "rerank",
            Self::CohereRerank => "cohere-rerank",
            Self::VoyageRerank => "voyage-rerank",
            Self::Moderations => "moderations",
            Self::Images => "images",
            Self::Speech => "speech",
            Self::Transcriptions => "transcriptions",
        }
    }

    const fn is_reranking(self) -> bool {
        matches!(self, Self::Rerank | Self::CohereRerank | Self::VoyageRerank)
    }

    /// The same as one of all dialects.
    const fn dialect(self) -> Dialect {
        Dialect::Service(self)
    }
}

impl Wire for Service {
    fn dialect(&self) -> Dialect {
        Self::dialect(*self)
    }

    fn error_body(&self, refusal: &Refusal, request_id: &str) -> Vec<u8> {
        match self {
            Self::GeminiEmbeddings | Self::GeminiEmbedding => {
                gemini::Gemini.error_body(refusal, request_id)
            }
            _ => openai_chat::error_body(refusal),
        }
    }
}

impl Format for Service {
    fn layout(&self) -> &'static Layout {
        const PLAIN: Layout = Layout {
            names: &[Name::Model, Name::User],
            metadata: Metadata::Tags,
            asks_usage: false,
            turns: "",
            words: &["input"],
            shown: &[],
        };
        match self {
            Self::Embeddings
            | Self::VoyageEmbeddings
            | Self::JinaEmbeddings
            | Self::OllamaEmbeddings
            | Self::Moderations => &PLAIN,
            Self::CohereEmbeddings => &Layout {
                words: &["texts"],
                ..PLAIN
            },
            Self::GeminiEmbeddings => &Layout {
                names: &[],
                words: &["requests"],
                ..PLAIN
            },
            Self::GeminiEmbedding => &Layout {
                names: &[],
                words: &["content"],
                ..PLAIN
            },
            Self::VertexEmbeddings => &Layout {
                names: &[],
                words: &["instances"],
                ..PLAIN
            },
            Self::Rerank | Self::CohereRerank | Self::VoyageRerank => &Layout {
                words: &["query", "documents"],
                ..PLAIN
            },
            Self::Images => &Layout {
                names: &[Name::Model, Name::Stream, Name::N, Name::User],
                words: &["prompt"],
                ..PLAIN
            },
            Self::Speech => &Layout {
                words: &["input", "instructions"],
                ..PLAIN
            },
            Self::Transcriptions => &Layout {
                words: &["prompt"],
                ..PLAIN
            },
        }
    }
}

#[cfg(test)]
mod tests;
