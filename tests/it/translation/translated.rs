//! What must hold of any bytes that are translated: shared with the fuzz targets.

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Reply};
use manti::models::abilities::Abilities;
use manti::models::chat::Family;

use super::streams::{self, BOTH, both};

/// What bytes are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// A client's request.
    Request,
    /// A provider's whole answer.
    Answer,
    /// A provider's stream.
    Stream,
}

/// What only providers speak.
const ALONE: [Dialect; 3] = [Dialect::Ollama, Dialect::Cohere, Dialect::Converse];

/// Bytes taken for a request in each dialect.
pub(crate) fn request(bytes: &[u8]) {
    for dialect in BOTH {
        check(What::Request, dialect, bytes);
        if let Some(own) = dialect.wire().own(bytes, &Abilities::default()) {
            serde_json::from_slice::<serde::de::IgnoredAny>(&own.body).unwrap();
        }
    }
}

/// Bytes taken for a whole answer in each dialect.
pub(crate) fn answer(bytes: &[u8]) {
    for dialect in BOTH.into_iter().chain(ALONE) {
        check(What::Answer, dialect, bytes);
    }
}

/// Bytes taken for a stream in each dialect.
pub(crate) fn events(bytes: &[u8]) {
    for dialect in BOTH.into_iter().chain(ALONE) {
        check(What::Stream, dialect, bytes);
    }
}

/// Bytes taken for a provider's error: whatever they are, it is short.
pub(crate) fn error(bytes: &[u8]) {
    for dialect in BOTH.into_iter().chain(ALONE) {
        let read = dialect.wire().read_error(bytes);
        assert!(read.message.chars().count() <= 2000);
    }
}

/// Translates bytes, or has them refused. What is written is JSON and can be read again; a stream
/// is blocks that open, grow and close, and is whole in all dialects or in none.
pub(crate) fn check(what: What, dialect: Dialect, bytes: &[u8]) {
    let upstream = dialect.upstream().unwrap();
    match what {
        What::Request => {
            let Ok(request) = both(dialect).read_request(bytes) else {
                return;
            };
            for (kind, model) in [
                (Kind::OpenAiCompatible, "anthropic/claude-opus-4.5"),
                (Kind::OpenAi, "gpt-5"),
                (Kind::Anthropic, "claude-3-5-haiku-20241022"),
                (Kind::OpenAiCompatible, "gemini-2.5-pro"),
                (Kind::OpenAiCompatible, "gemini-3-flash-preview"),
                (Kind::OpenAiCompatible, "any"),
                (Kind::Cohere, "command-a-reasoning-08-2025"),
                (Kind::Ollama, "gpt-oss:20b"),
                (Kind::Bedrock, "amazon.nova-2-lite-v1:0"),
            ] {
                let abilities = abilities::of(kind, "", model);
                for to in BOTH.into_iter().chain(ALONE) {
                    let to = to.upstream().unwrap();
                    if let Ok(written) = to.write_request(&request, &abilities, model) {
                        serde_json::from_slice::<serde::de::IgnoredAny>(&written.body).unwrap();
                    }
                }
            }
        }
        What::Answer => {
            if let Ok(response) = upstream.read_response(bytes, Family::Anthropic, "") {
                for target in BOTH.map(both) {
                    let body = target.write_response(&response, &Reply::default());
                    target.read_response(&body, Family::Anthropic, "").unwrap();
                }
            }
        }
        What::Stream => {
            let events = streams::read(dialect, bytes, &[7, 1, 300]);
            let whole = streams::assemble(&events);
            for target in BOTH {
                let written = streams::write(target, &events, Reply::default());
                let again = streams::read(target, &written, &[usize::MAX]);
                let again = streams::assemble(&again);
                // At Google's an answer without any words or end is not told from a broken one.
                let empty = whole.as_ref().is_ok_and(|whole| whole.choices.is_empty());
                let alike = whole.is_ok() == again.is_ok();
                assert!(
                    alike || (empty && target == Dialect::Gemini),
                    "{dialect:?} to {target:?}: {whole:?}, {again:?}"
                );
            }
        }
    }
}
