//! A gateway between a client and a provider of our own.

use std::future::Future;

use serde_json::Value;

use super::client::{Answer, Client};
use super::gateway::Gateway;
use super::recorded::Wire;
use super::socket::{After, Asked, Upstream};
use super::spoken;

/// The credentials of the providers; nobody but them may ever see these.
pub(crate) const CHAT_KEY: &str = "sk-provider-chat-0123456789abcdef";
pub(crate) const MESSAGES_KEY: &str = "sk-ant-provider-0123456789abcdef";
pub(crate) const RESPONSES_KEY: &str = "sk-provider-responses-0123456789ab";
pub(crate) const GEMINI_KEY: &str = "AIza-provider-gemini-0123456789abcdef";

/// The header in which a provider gets its credential, and what stands in it.
pub(crate) fn credential(provider: Wire) -> (&'static str, String) {
    match provider {
        Wire::Chat => ("authorization", format!("Bearer {CHAT_KEY}")),
        Wire::Messages => ("x-api-key", MESSAGES_KEY.to_owned()),
        Wire::Responses => ("authorization", format!("Bearer {RESPONSES_KEY}")),
        Wire::Gemini => ("x-goog-api-key", GEMINI_KEY.to_owned()),
    }
}

/// A gateway, its client, and the provider behind it in each wire format.
pub(crate) struct Scene {
    pub(crate) upstream: Upstream,
    pub(crate) manti: Gateway,
    pub(crate) client: Client,
}

impl Scene {
    /// With a provider that answers everything whole.
    pub(crate) async fn agreeable() -> Self {
        Self::new(|asked| async move {
            let answer = spoken::plain(asked.wire(), "yes");
            asked.json_answer(200, &answer).await
        })
        .await
    }

    /// With default settings.
    pub(crate) async fn new<A, F>(answer: A) -> Self
    where
        A: Fn(Asked) -> F + Send + Sync + 'static,
        F: Future<Output = std::io::Result<After>> + Send + 'static,
    {
        Self::with("", answer).await
    }

    /// With more settings.
    pub(crate) async fn with<A, F>(settings: &str, answer: A) -> Self
    where
        A: Fn(Asked) -> F + Send + Sync + 'static,
        F: Future<Output = std::io::Result<After>> + Send + 'static,
    {
        let upstream = Upstream::start(answer).await;
        let manti = Gateway::start(&settings_for(&upstream, settings)).await;
        let client = manti.client().await;
        Self {
            upstream,
            manti,
            client,
        }
    }

    /// Asks for any model of the provider that speaks a wire format.
    pub(crate) async fn ask(&self, client: Wire, provider: Wire, stream: bool) -> Answer {
        ask(&self.client, client, provider, stream).await
    }

    /// The one record of a call, once it is there.
    pub(crate) async fn record(&self, request_id: &str) -> Value {
        self.manti.record(request_id).await
    }

    /// The only record there is.
    pub(crate) async fn only_record(&self) -> Value {
        let records = self.manti.usage(1).await;
        assert_eq!(records.len(), 1, "{records:?}");
        records[0].clone()
    }
}

/// Asks for any model of the provider that speaks a wire format.
pub(crate) async fn ask(client: &Client, wire: Wire, provider: Wire, stream: bool) -> Answer {
    let model = format!("{}/tiny", provider.name());
    let request = spoken::request(wire, &model, stream);
    client.ask(wire, &request).await
}

/// Settings with a provider of each wire format; a million tokens cost 1 dollar read and 2 written.
pub(crate) fn settings_for(upstream: &Upstream, more: &str) -> String {
    let address = upstream.address;
    format!(
        r#"
{more}

[providers.chat]
kind = "openai-compatible"
base_url = "http://{address}/v1"
api_key = "{CHAT_KEY}"
models = ["*"]
max_attempts = 1
price = {{ input = "1", output = "2" }}

[providers.messages]
kind = "anthropic"
base_url = "http://{address}"
api_key = "{MESSAGES_KEY}"
models = ["*"]
max_attempts = 1
price = {{ input = "1", output = "2" }}

[providers.responses]
kind = "openai-compatible"
dialect = "responses"
base_url = "http://{address}/v1"
api_key = "{RESPONSES_KEY}"
models = ["*"]
max_attempts = 1
price = {{ input = "1", output = "2" }}

[providers.gemini]
base_url = "http://{address}"
api_key = "{GEMINI_KEY}"
models = ["*"]
max_attempts = 1
price = {{ input = "1", output = "2" }}
"#
    )
}
