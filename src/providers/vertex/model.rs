//! The models of Vertex by their names.

use crate::dialects::{Dialect, Service};
use crate::providers::gemini::ONE_VECTOR;

/// A model, by the name that Vertex has for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Model<'a> {
    /// One of Google's that converses.
    Gemini(&'a str),
    /// One of Google's that somebody tuned: the endpoint where it runs.
    Tuned(&'a str),
    /// One of Google's that makes vectors.
    Embedding(&'a str),
    /// One of Anthropic's.
    Claude(&'a str),
    /// An open one that Google runs.
    Open {
        /// Its maker, in Google's words.
        maker: &'a str,
        /// Its name, which ends in `-maas`.
        name: &'a str,
    },
}

/// Who made the open models, by how their names begin.
///
/// See <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/open-models/use-maas>.
const MAKERS: [(&str, &str); 8] = [
    ("deepseek-", "deepseek-ai"),
    ("gemma-", "google"),
    ("glm-", "zai-org"),
    ("gpt-oss-", "openai"),
    ("kimi-", "moonshotai"),
    ("llama-", "meta"),
    ("minimax-", "minimaxai"),
    ("qwen", "qwen"),
];

impl<'a> Model<'a> {
    /// Whose model a name is; `None` for what is not known here.
    pub(super) fn of(name: &'a str) -> Option<Self> {
        if let Some(rest) = name.strip_prefix("publishers/") {
            return match rest.split_once("/models/")? {
                ("google", model) => Some(Self::googles(model)),
                ("anthropic", model) => Some(Self::Claude(model)),
                _ => None,
            };
        }
        if let Some(endpoint) = name.strip_prefix("endpoints/") {
            return Some(Self::Tuned(endpoint));
        }
        if name.starts_with("claude-") {
            return Some(Self::Claude(name));
        }
        if name.ends_with("-maas") {
            return Self::open(name);
        }
        let known = ["gemini-", "text-embedding-", "text-multilingual-embedding-"];
        let googles = known.iter().any(|start| name.starts_with(start));
        googles.then(|| Self::googles(name))
    }

    fn open(name: &'a str) -> Option<Self> {
        let known = || {
            let mut makers = MAKERS.iter();
            let (_, maker) = makers.find(|(start, _)| name.starts_with(start))?;
            Some((*maker, name))
        };
        let (maker, name) = name.split_once('/').or_else(known)?;
        Some(Self::Open { maker, name })
    }

    fn googles(name: &'a str) -> Self {
        if name.contains("embedding") {
            Self::Embedding(name)
        } else {
            Self::Gemini(name)
        }
    }

    /// In which dialect it is spoken to.
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Gemini(_) | Self::Tuned(_) => Dialect::Gemini,
            Self::Claude(_) => Dialect::Messages,
            Self::Open { .. } => Dialect::Chat,
            // As Google's own client has it: the first of Gemini's, and all before it, are asked
            // for several vectors by `:predict`, and those after it for one by `:embedContent`.
            Self::Embedding(name) => {
                if name.starts_with("gemini-") && *name != "gemini-embedding-001" {
                    ONE_VECTOR
                } else {
                    Dialect::Service(Service::VertexEmbeddings)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_its_name_its_publisher_and_its_endpoint() {
        for (name, model) in [
            ("gemini-2.5-pro", Model::Gemini("gemini-2.5-pro")),
            ("publishers/google/models/g-1", Model::Gemini("g-1")),
            ("endpoints/123", Model::Tuned("123")),
            (
                "claude-opus-4-1@20250805",
                Model::Claude("claude-opus-4-1@20250805"),
            ),
            ("publishers/anthropic/models/c", Model::Claude("c")),
            ("text-embedding-005", Model::Embedding("text-embedding-005")),
            (
                "publishers/google/models/gemini-embedding-2",
                Model::Embedding("gemini-embedding-2"),
            ),
            (
                "gpt-oss-120b-maas",
                Model::Open {
                    maker: "openai",
                    name: "gpt-oss-120b-maas",
                },
            ),
            (
                "ada/engine-maas",
                Model::Open {
                    maker: "ada",
                    name: "engine-maas",
                },
            ),
        ] {
            assert_eq!(Model::of(name), Some(model), "{name}");
        }
        for other in [
            "engine-maas",
            "publishers/meta/models/llama",
            "publishers/google",
            "notclaude-1",
            "",
        ] {
            assert_eq!(Model::of(other), None, "{other}");
        }
    }
}
