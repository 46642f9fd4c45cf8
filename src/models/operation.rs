//! What a call asks for.

use std::fmt;

/// An operation of the data plane: what a provider is asked to do, in whatever dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A turn of a conversation.
    Converse,
    /// The number of tokens a conversation would send.
    CountTokens,
    /// A conversation made shorter, to go on with.
    Compact,
}

/// The route a call came in by, as usage records name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `POST /v1/chat/completions`
    ChatCompletions,
    /// `POST /v1/messages`
    Messages,
    /// `POST /v1/responses`
    Responses,
    /// `POST /v1/responses/compact`
    Compact,
    /// `POST /v1/messages/count_tokens`
    CountTokens,
}

impl Endpoint {
    /// The name in usage records and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat.completions",
            Self::Messages => "messages",
            Self::Responses => "responses",
            Self::Compact => "responses.compact",
            Self::CountTokens => "messages.count_tokens",
        }
    }

    /// What the route asks for.
    pub const fn operation(self) -> Operation {
        match self {
            Self::ChatCompletions | Self::Messages | Self::Responses => Operation::Converse,
            Self::Compact => Operation::Compact,
            Self::CountTokens => Operation::CountTokens,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
