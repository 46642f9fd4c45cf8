//! Nothing that a client can say vanishes in silence: each thing changes what the provider gets,
//! is told as lost, or is refused.

mod samples;

use std::collections::BTreeSet;

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Unsupported, Written};
use manti::models::abilities::{Abilities, Attachments, Thinking};
use manti::models::chat::{Family, Request};

use self::samples::Sample;

const CLIENTS: [Dialect; 4] = [
    Dialect::Chat,
    Dialect::Responses,
    Dialect::Messages,
    Dialect::Gemini,
];

/// Providers and models of each format, and of each way of thinking.
const TARGETS: &[(Dialect, &str, &str)] = &[
    (Dialect::Chat, "openai", "gpt-4o"),
    (Dialect::Chat, "openai", "gpt-5.2"),
    (Dialect::Chat, "openai-compatible", "my-own-model"),
    (Dialect::Chat, "openrouter", "anthropic/claude-sonnet-4.5"),
    (Dialect::Chat, "deepseek", "deepseek-v4-flash"),
    (Dialect::Chat, "mistral", "mistral-large-latest"),
    (Dialect::Chat, "groq", "openai/gpt-oss-120b"),
    (Dialect::Chat, "perplexity", "sonar-pro"),
    (Dialect::Chat, "fireworks", "llama-v3p3-70b-instruct"),
    (Dialect::Chat, "xai", "grok-4"),
    (Dialect::Responses, "openai", "gpt-4o"),
    (Dialect::Responses, "openai", "gpt-5.2"),
    (Dialect::Responses, "xai", "grok-4"),
    (Dialect::Messages, "anthropic", "claude-3-haiku-20240307"),
    (Dialect::Messages, "anthropic", "claude-sonnet-4-5"),
    (Dialect::Messages, "anthropic", "claude-opus-4-7"),
    (Dialect::Gemini, "gemini", "gemini-2.0-flash"),
    (Dialect::Gemini, "gemini", "gemini-2.5-flash"),
    (Dialect::Gemini, "gemini", "gemini-3-pro-preview"),
    (Dialect::Converse, "bedrock", "amazon.nova-lite-v1:0"),
    (
        Dialect::Converse,
        "bedrock",
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
    ),
    (Dialect::Converse, "bedrock", "openai.gpt-oss-120b-1:0"),
    (Dialect::Cohere, "cohere", "command-a-03-2025"),
    (Dialect::Cohere, "cohere", "command-a-reasoning-08-2025"),
    (Dialect::Ollama, "ollama", "llama3.2"),
    (Dialect::Ollama, "ollama", "gpt-oss:20b"),
];

/// Whether something says nothing to a pair.
type Applies = fn(&Pair) -> bool;

/// What says nothing more to a format, and why.
const MEANINGLESS: &[(&str, Applies, &str)] = &[
    (
        "Request.stream",
        |pair| matches!(pair.dialect, Dialect::Gemini | Dialect::Converse),
        "the address says it",
    ),
    (
        "Request.parallel",
        |pair| !pair.target.tools,
        "there is nothing to be called",
    ),
    (
        "Reasoning.off",
        |pair| pair.target.thinking == Thinking::None,
        "it does not think",
    ),
    (
        "Reasoning.off",
        |pair| pair.dialect == Dialect::Chat && pair.target.family == Family::Anthropic,
        "it does not think unless it is asked to",
    ),
    (
        "Reasoning.adaptive",
        |pair| {
            let by_effort = pair.target.thinking == Thinking::Effort;
            let switched = matches!(pair.target.thinking, Thinking::None | Thinking::Switch);
            by_effort || pair.dialect == Dialect::Chat && !switched
        },
        "as the model sees fit is what it does unless it is told otherwise",
    ),
    (
        "Format::Schema.name",
        |pair| !pair.is_openais(),
        "a label, which no answer shows",
    ),
    (
        "Format::Schema.description",
        |pair| pair.client == Dialect::Gemini && pair.dialect == Dialect::Gemini,
        "its clients say it in the schema, which is written as it came",
    ),
    (
        "Format::Schema.strict",
        |pair| !pair.is_openais(),
        "a schema binds always there",
    ),
    (
        "ServerTool::WebSearch.",
        |pair| pair.client == Dialect::Responses && pair.dialect == Dialect::Responses,
        "the tool is written as it came",
    ),
    (
        "Content::Server(openai) Block.cache",
        |pair| pair.is_openais(),
        "its own family gets it as it came",
    ),
    (
        "Content::Server(anthropic) Block.cache",
        |pair| pair.dialect == Dialect::Messages,
        "its own family gets it as it came",
    ),
    (
        "Thinking.secret",
        |pair| {
            matches!(
                pair.dialect,
                Dialect::Chat | Dialect::Cohere | Dialect::Ollama
            )
        },
        "a proof says nothing to whom it was not made for",
    ),
    (
        "Turn.prefix",
        Pair::goes_on,
        "a last turn of the model's own is gone on with, marked or not",
    ),
    (
        "Media.kind",
        |pair| pair.target.attachments == Attachments::Mistral,
        "the bytes show what they are",
    ),
];

/// A client, and whom it asks.
struct Pair {
    client: Dialect,
    dialect: Dialect,
    target: Abilities,
    model: &'static str,
}

impl Pair {
    fn is_openais(&self) -> bool {
        matches!(self.dialect, Dialect::Chat | Dialect::Responses)
    }

    /// Whether a last turn of the model's own is gone on with.
    fn goes_on(&self) -> bool {
        match self.dialect {
            Dialect::Chat => self.target.prefix,
            Dialect::Responses => self.client == Dialect::Responses,
            _ => self.target.prefill,
        }
    }

    fn finds_meaningless(&self, name: &str) -> bool {
        let mut known = MEANINGLESS.iter();
        known.any(|(part, applies, reason)| {
            assert!(!reason.is_empty());
            name.contains(part) && applies(self)
        })
    }

    /// Whether something is said, told or refused.
    fn hears(&self, sample: &Sample) -> bool {
        let Ok(with) = self.written(&sample.with) else {
            return true;
        };
        with.1.iter().any(|path| sample.of.contains(path))
            || self.written(&sample.without) != Ok(with)
    }

    /// What becomes of a request: the body and all that is told of it, or why it is refused.
    fn written(&self, request: &Request) -> Result<(String, Vec<String>), Unsupported> {
        let writer = self.dialect.upstream().unwrap();
        let Written {
            body,
            dropped,
            clamped,
            hints,
            memory: _,
        } = writer.write_request(request, &self.target, self.model)?;
        let told = [dropped, clamped, hints].concat();
        Ok((String::from_utf8(body).unwrap(), told))
    }
}

#[test]
fn nothing_a_client_can_say_is_lost_in_silence() {
    let mut lost = BTreeSet::new();
    let mut looked_at = 0;
    for client in CLIENTS {
        let samples = samples::all(client);
        for (dialect, kind, model) in TARGETS {
            let kind: Kind = kind.parse().unwrap();
            let pair = Pair {
                client,
                dialect: *dialect,
                target: abilities::of(kind, "", model),
                model,
            };
            looked_at += samples.len();
            for sample in &samples {
                if !pair.hears(sample) && !pair.finds_meaningless(&sample.name) {
                    let (client, dialect) = (client.as_str(), dialect.as_str());
                    lost.insert(format!("{client} > {dialect} {model}: {}", sample.name));
                }
            }
        }
    }
    assert!(looked_at > 10_000, "{looked_at}");
    let lost: Vec<String> = lost.into_iter().collect();
    assert!(lost.is_empty(), "{}\n{}", lost.join("\n"), lost.len());
}
