//! What vectors are for, in each provider's words.

use crate::models::embedding::Purpose;

/// A purpose, and the words for it: Cohere's and Voyage's, Jina's, Gemini's.
///
/// Where a provider has no word of its own the nearest is taken; `""` where there is none.
const WORDS: [(Purpose, &str, &str, &str, &str); 9] = [
    (
        Purpose::Query,
        "search_query",
        "query",
        "retrieval.query",
        "RETRIEVAL_QUERY",
    ),
    (
        Purpose::Document,
        "search_document",
        "document",
        "retrieval.passage",
        "RETRIEVAL_DOCUMENT",
    ),
    (
        Purpose::Classification,
        "classification",
        "",
        "classification",
        "CLASSIFICATION",
    ),
    (
        Purpose::Clustering,
        "clustering",
        "",
        "separation",
        "CLUSTERING",
    ),
    (
        Purpose::Similarity,
        "clustering",
        "",
        "text-matching",
        "SEMANTIC_SIMILARITY",
    ),
    (
        Purpose::Question,
        "search_query",
        "query",
        "retrieval.query",
        "QUESTION_ANSWERING",
    ),
    (
        Purpose::Claim,
        "search_query",
        "query",
        "retrieval.query",
        "FACT_VERIFICATION",
    ),
    (
        Purpose::CodeQuery,
        "search_query",
        "query",
        "code.query",
        "CODE_RETRIEVAL_QUERY",
    ),
    (
        Purpose::Code,
        "search_document",
        "document",
        "code.passage",
        "RETRIEVAL_DOCUMENT",
    ),
];

/// The purpose that a word means to any provider; the first that has it.
pub(super) fn read(word: &str) -> Option<Purpose> {
    let found = WORDS.iter().find(|(_, cohere, voyage, jina, gemini)| {
        !word.is_empty() && [cohere, voyage, jina, gemini].contains(&&word)
    });
    found.map(|(purpose, ..)| *purpose)
}

/// In Cohere's words.
pub(super) fn cohere(purpose: Purpose) -> &'static str {
    words(purpose).0
}

/// In Voyage's words.
pub(super) fn voyage(purpose: Purpose) -> Option<&'static str> {
    Some(words(purpose).1).filter(|word| !word.is_empty())
}

/// In Jina's words.
pub(super) fn jina(purpose: Purpose) -> &'static str {
    words(purpose).2
}

/// In Gemini's words.
pub(super) fn gemini(purpose: Purpose) -> &'static str {
    words(purpose).3
}

fn words(wanted: Purpose) -> (&'static str, &'static str, &'static str, &'static str) {
    let found = WORDS.iter().find(|(purpose, ..)| *purpose == wanted);
    found.map_or(("", "", "", ""), |(_, cohere, voyage, jina, gemini)| {
        (*cohere, *voyage, *jina, *gemini)
    })
}
