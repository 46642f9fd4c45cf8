//! The providers that speak OpenAI's chat completions: one row each, all they are in data.
//!
//! A row says where a provider is, how it is signed, what it wants otherwise than OpenAI and where
//! that stands written. Whoever knows a provider by its kind or by its host reads the same row, so
//! a further one is one row in `makers`, `resellers` or `local` and no code. Start at
//! [`named`] and [`at`]; `docs/providers.md` shows the whole table.

mod local;
mod makers;
mod quirk;
mod resellers;

pub use quirk::Quirk;

/// A provider that speaks OpenAI's chat completions.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the provider"
)]
pub struct Preset {
    /// The kind's name.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// Other names the kind may be given under.
    pub aliases: &'static [&'static str],
    /// Where it is; `None` where each customer has an address of their own.
    pub base_url: Option<&'static str>,
    /// Hosts at which it is recognised, each with all below it.
    pub hosts: &'static [&'static str],
    /// Whether it wants a key, as bearer.
    pub key: Key,
    /// Where it speaks Anthropic's messages, without the `/v1`.
    pub messages: Option<&'static str>,
    /// Whether it holds conversations at all.
    pub converses: bool,
    /// What it has besides conversations.
    pub more: &'static [More],
    /// Whether clients of other dialects are translated to its responses, which carry reasoning
    /// from turn to turn.
    pub prefers_responses: bool,
    /// In whose words it takes embeddings and rerankings.
    pub words: Words,
    /// Whether streams tell usage unasked, or refuse to be asked.
    pub tells_usage: bool,
    /// Whether the models it serves are its own.
    pub makes_models: bool,
    /// Whose list prices hold, where they are not under its own name.
    pub priced_as: Option<&'static str>,
    /// What it wants otherwise than OpenAI.
    pub quirks: &'static [Quirk],
    /// And of models with this in their names: one takes the place of its like above.
    pub model_quirks: &'static [(&'static str, &'static [Quirk])],
    /// The provider's own page on it.
    pub page: &'static str,
    /// The day that page was read.
    pub read: &'static str,
}

/// Whether a provider wants a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// It answers nobody without one.
    Needed,
    /// It may have been started with one.
    Optional,
}

/// In whose words embeddings and rerankings are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// OpenAI's, and for rerankings Jina's, which most others took over.
    OpenAi,
    /// Voyage's.
    Voyage,
    /// Jina's.
    Jina,
}

/// What a provider has besides conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// OpenAI's responses.
    Responses,
    /// Texts that go on.
    Completions,
    /// Vectors.
    Embeddings,
    /// Documents put in order for a question.
    Rerank,
    /// Pictures.
    Images,
    /// Text spoken.
    Speech,
    /// Speech written down.
    Transcription,
    /// Texts judged.
    Moderation,
}

impl More {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Responses => "responses",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Rerank => "rerank",
            Self::Images => "images",
            Self::Speech => "speech",
            Self::Transcription => "transcription",
            Self::Moderation => "moderation",
        }
    }
}

impl Preset {
    /// What most are like; rows name the rest.
    const PLAIN: Self = Self {
        name: "",
        title: "",
        aliases: &[],
        base_url: None,
        hosts: &[],
        key: Key::Needed,
        messages: None,
        converses: true,
        more: &[],
        prefers_responses: false,
        words: Words::OpenAi,
        tells_usage: false,
        makes_models: false,
        priced_as: None,
        quirks: &[],
        model_quirks: &[],
        page: "",
        read: "",
    };

    /// Whether it has something besides conversations.
    pub fn has(&self, more: More) -> bool {
        self.more.contains(&more)
    }

    /// Whose list prices hold.
    pub const fn origin(&self) -> &'static str {
        match self.priced_as {
            Some(origin) => origin,
            None => self.name,
        }
    }

    /// What it wants otherwise than OpenAI, for a model of this name.
    pub fn quirks(&self, model: &str) -> impl Iterator<Item = &'static Quirk> {
        let own = self
            .model_quirks
            .iter()
            .find(|(part, _)| model.contains(part));
        let own = own.map_or(&[][..], |(_, quirks)| *quirks);
        self.quirks.iter().chain(own)
    }

    /// Whether a host, in any letters, is one of its own.
    fn is_at(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| {
            let Some(cut) = host.len().checked_sub(own.len()) else {
                return false;
            };
            let (above, end) = (host.as_bytes().get(..cut), host.as_bytes().get(cut..));
            end.is_some_and(|end| end.eq_ignore_ascii_case(own.as_bytes()))
                && above.is_some_and(|above| above.is_empty() || above.ends_with(b"."))
        })
    }
}

impl PartialEq for Preset {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Preset {}

impl std::hash::Hash for Preset {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// Every row that is a kind of provider.
pub fn all() -> impl Iterator<Item = &'static Preset> {
    makers::ROWS
        .iter()
        .chain(resellers::ROWS)
        .chain(local::ROWS)
}

/// The row of a kind's name.
pub fn named(name: &str) -> Option<&'static Preset> {
    all().find(|row| row.name == name || row.aliases.contains(&name))
}

/// The row of the provider at an address.
pub fn at(base_url: &str) -> Option<&'static Preset> {
    let host = host(base_url)?;
    NATIVE.iter().chain(all()).find(|row| row.is_at(host))
}

/// OpenAI itself.
pub const fn openai() -> &'static Preset {
    &NATIVE[0]
}

/// Anthropic itself.
pub const fn anthropic() -> &'static Preset {
    &NATIVE[1]
}

/// OpenAI's models at Azure.
pub const fn azure_openai() -> &'static Preset {
    &NATIVE[2]
}

/// Google's Gemini API.
pub const fn gemini() -> &'static Preset {
    &NATIVE[3]
}

/// Models of many makers at Amazon Bedrock.
pub const fn bedrock() -> &'static Preset {
    &NATIVE[4]
}

/// Cohere, by its own API.
pub const fn cohere() -> &'static Preset {
    &NATIVE[5]
}

/// Ollama, by its own API.
pub const fn ollama() -> &'static Preset {
    &NATIVE[6]
}

/// Google's, Anthropic's and open models at Google Cloud.
pub const fn vertex() -> &'static Preset {
    &NATIVE[7]
}

/// The host of an address as its text has it.
fn host(base_url: &str) -> Option<&str> {
    let (_, rest) = base_url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    host.split(':').next().filter(|host| !host.is_empty())
}

/// Providers that have kinds of their own, and are recognised at their hosts all the same.
const NATIVE: &[Preset] = &[
    Preset {
        name: "openai",
        title: "OpenAI",
        base_url: Some("https://api.openai.com/v1"),
        hosts: &["api.openai.com"],
        more: &[
            More::Responses,
            More::Completions,
            More::Embeddings,
            More::Images,
            More::Speech,
            More::Transcription,
            More::Moderation,
        ],
        prefers_responses: true,
        makes_models: true,
        quirks: quirk::OPENAI,
        page: "https://platform.openai.com/docs/api-reference",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "anthropic",
        title: "Anthropic",
        base_url: Some("https://api.anthropic.com"),
        hosts: &["api.anthropic.com"],
        makes_models: true,
        page: "https://docs.anthropic.com/en/api",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "azure-openai",
        title: "Azure OpenAI",
        hosts: &["openai.azure.com"],
        more: &[
            More::Responses,
            More::Completions,
            More::Embeddings,
            More::Images,
            More::Speech,
            More::Transcription,
        ],
        prefers_responses: true,
        priced_as: Some("azure"),
        quirks: quirk::OPENAI,
        page: "https://learn.microsoft.com/azure/ai-foundry/openai/reference",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "gemini",
        title: "Google Gemini",
        base_url: Some("https://generativelanguage.googleapis.com"),
        hosts: &["generativelanguage.googleapis.com"],
        more: &[More::Embeddings],
        makes_models: true,
        page: "https://ai.google.dev/api",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "bedrock",
        title: "Amazon Bedrock",
        key: Key::Optional,
        page: "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "cohere",
        title: "Cohere",
        base_url: Some("https://api.cohere.com"),
        hosts: &["api.cohere.com", "api.cohere.ai"],
        more: &[More::Embeddings, More::Rerank],
        makes_models: true,
        page: "https://docs.cohere.com/reference/chat",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "ollama",
        title: "Ollama",
        base_url: Some("http://127.0.0.1:11434"),
        key: Key::Optional,
        more: &[More::Embeddings],
        page: "https://docs.ollama.com/api/chat",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
    Preset {
        name: "vertex",
        title: "Google Vertex AI",
        key: Key::Optional,
        page: "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
        read: "2026-11-22",
        ..Preset::PLAIN
    },
];

#[cfg(test)]
mod tests;
