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
    for dialect in BOTH {
        check(What::Answer, dialect, bytes);
    }
}

/// Bytes taken for a stream in each dialect.
pub(crate) fn events(bytes: &[u8]) {
    for dialect in BOTH {
        check(What::Stream, dialect, bytes);
    }
}

/// Bytes taken for a provider's error: whatever they are, it is short.
pub(crate) fn error(bytes: &[u8]) {
    for dialect in BOTH {
        let read = dialect.wire().read_error(bytes);
        assert!(read.message.chars().count() <= 2000);
    }
}

/// Translates bytes, or has them refused. What is written is JSON and can be read again; a stream
/// is blocks that open, grow and close, and is whole in all dialects or in none.
pub(crate) fn check(what: What, dialect: Dialect, bytes: &[u8]) {
    let wire = both(dialect);
    match what {
        What::Request => {
            let Ok(request) = wire.read_request(bytes) else {
                return;
            };
            for (kind, model) in [
                (Kind::OpenAiCompatible, "anthropic/claude-opus-4.5"),
                (Kind::OpenAi, "gpt-5"),
                (Kind::Anthropic, "claude-3-5-haiku-20241022"),
                (Kind::OpenAiCompatible, "gemini-2.5-pro"),
                (Kind::OpenAiCompatible, "gemini-3-flash-preview"),
                (Kind::OpenAiCompatible, "any"),
            ] {
                let abilities = abilities::of(kind, "", model);
                for to in BOTH {
                    if let Ok(written) = both(to).write_request(&request, &abilities, model) {
                        serde_json::from_slice::<serde::de::IgnoredAny>(&written.body).unwrap();
                    }
                }
            }
        }
        What::Answer => {
            if let Ok(response) = wire.read_response(bytes, Family::Anthropic) {
                for target in BOTH.map(both) {
                    let body = target.write_response(&response, &Reply::default());
                    target.read_response(&body, Family::Anthropic).unwrap();
                }
            }
        }
        What::Stream => {
            let events = streams::read(dialect, bytes, &[7, 1, 300]);
            let whole = streams::assemble(&events);
            for target in BOTH {
                let written = streams::write(target, &events, Reply::default());
                let again = streams::read(target, &written, &[usize::MAX]);
                assert_eq!(whole.is_ok(), streams::assemble(&again).is_ok());
            }
        }
    }
}
