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
    /// Vectors of texts.
    Embed,
    /// Documents by how well they answer a question.
    Rerank,
    /// Whether something may be said.
    Moderate,
    /// Images of a description.
    Imagine,
    /// Images of images and a description.
    EditImage,
    /// A text, spoken.
    Speak,
    /// What is said in a recording.
    Transcribe,
    /// The same in English.
    Translate,
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
    /// `POST /v1beta/models/{model}:generateContent`
    GenerateContent,
    /// `POST /v1beta/models/{model}:streamGenerateContent`
    StreamGenerateContent,
    /// `POST /v1beta/models/{model}:countTokens`
    GeminiCountTokens,
    /// `POST /v1beta/models/{model}:embedContent`
    EmbedContent,
    /// `POST /v1beta/models/{model}:batchEmbedContents`
    BatchEmbedContents,
    /// `POST /v1/completions`
    Completions,
    /// `POST /v1/embeddings`
    Embeddings,
    /// `POST /v1/rerank`
    Rerank,
    /// `POST /v1/moderations`
    Moderations,
    /// `POST /v1/images/generations`
    ImageGenerations,
    /// `POST /v1/images/edits`
    ImageEdits,
    /// `POST /v1/audio/speech`
    Speech,
    /// `POST /v1/audio/transcriptions`
    Transcriptions,
    /// `POST /v1/audio/translations`
    Translations,
}

impl Endpoint {
    /// All there are.
    pub const ALL: [Self; 19] = [
        Self::ChatCompletions,
        Self::Messages,
        Self::Responses,
        Self::Compact,
        Self::CountTokens,
        Self::GenerateContent,
        Self::StreamGenerateContent,
        Self::GeminiCountTokens,
        Self::EmbedContent,
        Self::BatchEmbedContents,
        Self::Completions,
        Self::Embeddings,
        Self::Rerank,
        Self::Moderations,
        Self::ImageGenerations,
        Self::ImageEdits,
        Self::Speech,
        Self::Transcriptions,
        Self::Translations,
    ];

    /// The name in usage records and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat.completions",
            Self::Messages => "messages",
            Self::Responses => "responses",
            Self::Compact => "responses.compact",
            Self::CountTokens => "messages.count_tokens",
            Self::GenerateContent => "generateContent",
            Self::StreamGenerateContent => "streamGenerateContent",
            Self::GeminiCountTokens => "countTokens",
            Self::EmbedContent => "embedContent",
            Self::BatchEmbedContents => "batchEmbedContents",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Rerank => "rerank",
            Self::Moderations => "moderations",
            Self::ImageGenerations => "images.generations",
            Self::ImageEdits => "images.edits",
            Self::Speech => "audio.speech",
            Self::Transcriptions => "audio.transcriptions",
            Self::Translations => "audio.translations",
        }
    }

    /// What the route asks for.
    pub const fn operation(self) -> Operation {
        match self {
            Self::ChatCompletions
            | Self::Messages
            | Self::Responses
            | Self::Completions
            | Self::GenerateContent
            | Self::StreamGenerateContent => Operation::Converse,
            Self::Compact => Operation::Compact,
            Self::CountTokens | Self::GeminiCountTokens => Operation::CountTokens,
            Self::Embeddings | Self::EmbedContent | Self::BatchEmbedContents => Operation::Embed,
            Self::Rerank => Operation::Rerank,
            Self::Moderations => Operation::Moderate,
            Self::ImageGenerations => Operation::Imagine,
            Self::ImageEdits => Operation::EditImage,
            Self::Speech => Operation::Speak,
            Self::Transcriptions => Operation::Transcribe,
            Self::Translations => Operation::Translate,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
