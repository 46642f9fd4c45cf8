//! Documents by how well they answer a question, in no provider's words.

use super::chat::Raw;

/// Documents to be put in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// The question.
    pub query: String,
    /// The documents' texts.
    pub documents: Vec<String>,
    /// How many of the best are wanted.
    pub top: Option<u64>,
    /// Whether the documents are wanted back.
    pub returns_documents: bool,
    /// The paths of what this form has no place for.
    pub unsaid: Vec<String>,
}

/// Documents in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The provider's id.
    pub id: Option<String>,
    /// The best first.
    pub results: Vec<Ranked>,
    /// What is billed as searches, where stated.
    pub searches: Option<u64>,
    /// All tokens, where stated.
    pub tokens: Option<u64>,
}

/// A document's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Its place in the request.
    pub index: u64,
    /// How well it answers, as it was written.
    pub score: Raw,
}
