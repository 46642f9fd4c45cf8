//! The wire formats: those that clients speak, and those that providers answer in.

use serde_json::Value;

/// A wire format that clients speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Wire {
    /// OpenAI's chat completions, by whichever provider.
    Chat,
    /// Anthropic's messages.
    Messages,
    /// OpenAI's responses, by whichever provider.
    Responses,
    /// Google's `generateContent`.
    Gemini,
}

/// A wire format in which a provider is asked, and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Served {
    Chat,
    Messages,
    Responses,
    Gemini,
    /// Bedrock's Converse.
    Converse,
    /// Anthropic's messages at Bedrock, streamed in frames of AWS.
    Claude,
    /// Cohere's chat.
    Cohere,
    /// Ollama's chat.
    Ollama,
}

impl Wire {
    pub(crate) const ALL: [Self; 4] = [Self::Chat, Self::Messages, Self::Responses, Self::Gemini];

    pub(crate) fn name(self) -> &'static str {
        Served::from(self).name()
    }

    /// The field of a request with the turns of a conversation.
    pub(crate) fn turns(self) -> &'static str {
        match self {
            Self::Chat | Self::Messages => "messages",
            Self::Responses => "input",
            Self::Gemini => "contents",
        }
    }
}

impl From<Wire> for Served {
    fn from(wire: Wire) -> Self {
        match wire {
            Wire::Chat => Self::Chat,
            Wire::Messages => Self::Messages,
            Wire::Responses => Self::Responses,
            Wire::Gemini => Self::Gemini,
        }
    }
}

impl Served {
    pub(crate) const ALL: [Self; 8] = [
        Self::Chat,
        Self::Messages,
        Self::Responses,
        Self::Gemini,
        Self::Converse,
        Self::Claude,
        Self::Cohere,
        Self::Ollama,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Messages => "messages",
            Self::Responses => "responses",
            Self::Gemini => "gemini",
            Self::Converse => "converse",
            Self::Claude => "claude",
            Self::Cohere => "cohere",
            Self::Ollama => "ollama",
        }
    }

    /// The wire format of the clients whose calls are passed on as they come.
    pub(crate) fn own(self) -> Option<Wire> {
        match self {
            Self::Chat => Some(Wire::Chat),
            Self::Messages | Self::Claude => Some(Wire::Messages),
            Self::Responses => Some(Wire::Responses),
            Self::Gemini => Some(Wire::Gemini),
            Self::Converse | Self::Cohere | Self::Ollama => None,
        }
    }

    /// The name of its provider in [`settings`].
    pub(crate) fn provider(self) -> &'static str {
        match self {
            Self::Converse | Self::Claude => "bedrock",
            other => other.name(),
        }
    }

    /// Whether the model and the wish for a stream stand in the address.
    pub(crate) fn addressed(self) -> bool {
        matches!(self, Self::Gemini | Self::Converse | Self::Claude)
    }

    /// What the provider calls its streams.
    pub(crate) fn streams_as(self) -> &'static str {
        match self {
            Self::Converse | Self::Claude => "application/vnd.amazon.eventstream",
            Self::Ollama => "application/x-ndjson",
            _ => "text/event-stream",
        }
    }
}

/// A provider of each wire format, by its name, at one address.
pub(crate) fn settings(address: std::net::SocketAddr) -> String {
    format!(
        r#"
[providers.chat]
kind = "openai-compatible"
base_url = "http://{address}/v1"
api_key = "sk-upstream"
models = ["*"]
max_attempts = 1

[providers.responses]
kind = "openai-compatible"
dialect = "responses"
base_url = "http://{address}/v1"
api_key = "sk-upstream"
models = ["*"]
max_attempts = 1

[providers.messages]
kind = "anthropic"
base_url = "http://{address}"
api_key = "sk-upstream"
models = ["*"]
max_attempts = 1

[providers.gemini]
base_url = "http://{address}"
api_key = "upstream"
models = ["*"]
max_attempts = 1

[providers.bedrock]
base_url = "http://{address}"
region = "eu-central-1"
api_key = "upstream"
models = ["*"]
max_attempts = 1

[providers.cohere]
base_url = "http://{address}"
api_key = "upstream"
models = ["*"]
max_attempts = 1

[providers.ollama]
base_url = "http://{address}"
models = ["*"]
max_attempts = 1
"#
    )
}

/// The model that a provider is asked for: in the address or in the body.
pub(crate) fn model(path: &str, body: &Value) -> String {
    if let Some(model) = body["model"].as_str() {
        return model.to_owned();
    }
    let path = path.split('?').next().unwrap_or_default();
    let named = path.split_once("/models/").or(path.split_once("/model/"));
    let named = named.map_or("", |(_, rest)| rest);
    let end = named.rfind([':', '/']).unwrap_or(named.len());
    decoded(&named[..end])
}

/// Whether a provider is asked for a stream: in the address or in the body.
pub(crate) fn streams(path: &str, body: &Value) -> bool {
    path.contains(":stream") || path.ends_with("-stream") || body["stream"] == true
}

/// A part of an address as it was meant.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let byte = after.get(..2).map(|two| u8::from_str_radix(two, 16));
        bytes.push(byte.expect("two digits follow").expect("they are digits"));
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).expect("a model's name is text")
}

#[test]
fn a_model_is_found_in_an_address_or_in_a_body() {
    let none = Value::Null;
    for (path, model_of_it) in [
        (
            "/v1beta/models/3%2Fgemini-2.5-flash:streamGenerateContent?alt=sse",
            "3/gemini-2.5-flash",
        ),
        ("/model/3%2Fnova%3A0/converse-stream", "3/nova:0"),
    ] {
        assert_eq!(model(path, &none), model_of_it);
    }
    assert_eq!(
        model("/v1/messages", &serde_json::json!({"model": "m"})),
        "m"
    );
}
