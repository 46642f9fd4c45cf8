//! The providers of the conversations, and what they are given.

use std::net::SocketAddr;

use serde_json::Value;

use super::scripted::{TURNS, Turn};
use crate::support::wire::{Served, Wire};

/// A provider, as the settings have it.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) name: &'static str,
    pub(super) served: Served,
    pub(super) model: &'static str,
    /// Whether its answers show what the model thought.
    pub(super) thinks: bool,
    /// Whether it proves its thoughts, and wants the proofs back.
    pub(super) signs: bool,
    settings: &'static str,
}

const fn provider(name: &'static str, served: Served, model: &'static str) -> Provider {
    Provider {
        name,
        served,
        model,
        thinks: true,
        signs: true,
        settings: "",
    }
}

/// All of them.
pub(super) const PROVIDERS: [Provider; 10] = [
    Provider {
        thinks: false,
        signs: false,
        settings: "kind = \"openai-compatible\"\ndialect = \"chat\"",
        ..provider("openai-chat", Served::Chat, "gpt-5.2")
    },
    Provider {
        signs: false,
        ..provider("deepseek", Served::Chat, "deepseek-v4-flash")
    },
    Provider {
        settings: "kind = \"openai-compatible\"\ndialect = \"responses\"",
        ..provider("openai-responses", Served::Responses, "gpt-5.2")
    },
    provider("anthropic", Served::Messages, "claude-sonnet-4-5"),
    provider("gemini", Served::Gemini, "gemini-3.1-pro-preview"),
    Provider {
        settings: "kind = \"bedrock\"\nregion = \"eu-central-1\"",
        // A name that is none of Anthropic's at Bedrock: so it is asked by Converse.
        ..provider(
            "bedrock-converse",
            Served::Converse,
            "claude-sonnet-4-5-20250929",
        )
    },
    Provider {
        settings: "kind = \"bedrock\"\nregion = \"eu-central-1\"",
        ..provider(
            "bedrock-nova",
            Served::Converse,
            "eu.amazon.nova-2-lite-v1:0",
        )
    },
    Provider {
        settings: "kind = \"bedrock\"\nregion = \"eu-central-1\"",
        ..provider(
            "bedrock-claude",
            Served::Claude,
            "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        )
    },
    Provider {
        signs: false,
        ..provider("cohere", Served::Cohere, "command-a-reasoning-08-2025")
    },
    Provider {
        signs: false,
        ..provider("ollama", Served::Ollama, "qwen3:4b")
    },
];

/// Settings with all of them at one address, each under its own path.
pub(super) fn settings(address: SocketAddr) -> String {
    let each = PROVIDERS.iter().map(|provider| {
        let Provider { name, settings, .. } = provider;
        let base = format!("base_url = \"http://{address}/{name}\"");
        let key = match provider.served {
            Served::Ollama => "",
            _ => "api_key = \"upstream\"",
        };
        format!("[providers.{name}]\n{settings}\n{base}\n{key}\nmodels = [\"*\"]\n")
    });
    each.collect()
}

impl Provider {
    /// The one that is asked at a path.
    pub(super) fn at(path: &str) -> &'static Self {
        let name = path.split('/').nth(1);
        let mut all = PROVIDERS.iter();
        all.find(|one| Some(one.name) == name)
            .expect("each has a path of its own")
    }

    /// What the model says in each turn, as far as it is shown.
    pub(super) fn turns(&self) -> [Turn; 3] {
        TURNS.map(|turn| Turn {
            thought: if self.thinks { turn.thought } else { "" },
            ..turn
        })
    }

    /// Whether a client's words are passed on as they come.
    pub(super) fn passes(&self, client: Wire) -> bool {
        self.served.own() == Some(client)
    }

    /// Whether it refuses results of calls without the thought that led to them.
    pub(super) fn insists(&self) -> bool {
        self.model.contains("claude")
    }

    /// Whether a request asks the model to think.
    pub(super) fn asked_to_think(&self, request: &Value) -> bool {
        let thinking = &request["thinking"]["type"];
        match self.served {
            Served::Chat if self.thinks => thinking == "enabled",
            Served::Chat => request["reasoning_effort"].is_string(),
            Served::Messages | Served::Claude => thinking == "enabled" || thinking == "adaptive",
            Served::Responses => {
                let include = request["include"].as_array();
                let include = include.is_some_and(|names| {
                    names
                        .iter()
                        .any(|name| name == "reasoning.encrypted_content")
                });
                include && request["reasoning"]["effort"].is_string()
            }
            Served::Gemini => {
                let config = &request["generationConfig"]["thinkingConfig"];
                config.is_object() && config["thinkingBudget"] != 0
            }
            Served::Converse => {
                let more = &request["additionalModelRequestFields"];
                more["thinking"]["type"] == "enabled" || more["reasoningConfig"].is_object()
            }
            Served::Cohere => thinking == "enabled",
            Served::Ollama => request["think"] == true || request["think"].is_string(),
        }
    }
}
