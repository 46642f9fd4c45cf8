//! A whole answer.

use super::message::Block;
use super::raw::Raw;
use crate::models::usage::Tokens;

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The provider's id.
    pub id: Option<String>,
    /// The model that answered, in the provider's words.
    pub model: Option<String>,
    /// When, in seconds since 1970.
    pub created: Option<i64>,
    /// One for each answer asked for.
    pub choices: Vec<Choice>,
    /// What was used, where stated.
    pub usage: Option<Tokens>,
    /// How it was served, in the provider's words.
    pub tier: Option<String>,
}

/// One of the answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// Its place.
    pub index: u32,
    /// What is said, in order.
    pub blocks: Vec<Block>,
    /// Why it ended; `None` when the provider did not say.
    pub stop: Option<Stop>,
    /// Probabilities as they were written.
    pub logprobs: Option<Raw>,
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It was complete.
    End,
    /// A stop sequence came; which one, where known.
    Sequence(Option<String>),
    /// A limit on length was reached.
    Length,
    /// Tools are to be called.
    Calls,
    /// A filter stepped in.
    Filter,
    /// The model refused.
    Refusal,
    /// A provider's tool takes long; the client is to ask again.
    Pause,
    /// The provider failed.
    Failure,
    /// A word not known yet.
    Other(String),
}

/// What supports a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Citation {
    /// A page of the web.
    Url {
        /// Its address.
        url: String,
        /// Its title.
        title: Option<String>,
        /// What it says.
        cited: Option<String>,
        /// From where in the block's text it supports, in characters.
        start: Option<u64>,
        /// To where, exclusive.
        end: Option<u64>,
        /// The citation as it was written, for its own family.
        raw: Option<Raw>,
    },
    /// Anything else, as it was written.
    Other(Raw),
}
