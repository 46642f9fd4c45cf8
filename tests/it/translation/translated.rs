//! What must hold of any bytes that are translated: shared with the fuzz targets.

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Reply};
use manti::models::abilities::Abilities;
use manti::models::chat::Family;

use super::streams::{self, DIALECTS};

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
    for (_, dialect) in DIALECTS {
        check(What::Request, dialect, bytes);
        if let Some(own) = dialect.wire().own(bytes, &Abilities::default()) {
            serde_json::from_slice::<serde::de::IgnoredAny>(&own.body).unwrap();
        }
    }
}

/// Bytes taken for a whole answer in each dialect.
pub(crate) fn answer(bytes: &[u8]) {
    for (_, dialect) in DIALECTS {
        check(What::Answer, dialect, bytes);
    }
}

/// Bytes taken for a stream in each dialect.
pub(crate) fn events(bytes: &[u8]) {
    for (_, dialect) in DIALECTS {
        check(What::Stream, dialect, bytes);
    }
}

/// Bytes taken for a provider's error: whatever they are, it is short.
pub(crate) fn error(bytes: &[u8]) {
    for (_, dialect) in DIALECTS {
        let read = dialect.wire().read_error(bytes);
        assert!(read.message.chars().count() <= 2000);
    }
}

/// Translates bytes, or has them refused. What is written is JSON and can be read again; a stream
/// is blocks that open, grow and close, and is whole in both dialects or in neither.
pub(crate) fn check(what: What, dialect: Dialect, bytes: &[u8]) {
    let wire = dialect.wire();
    let others = || DIALECTS.into_iter().filter(|(_, other)| *other != dialect);
    match what {
        What::Request => {
            let Ok(request) = wire.read_request(bytes) else {
                return;
            };
            for (to, kind, model) in [
                (
                    Dialect::Messages,
                    Kind::OpenAiCompatible,
                    "anthropic/claude-opus-4.5",
                ),
                (Dialect::Chat, Kind::OpenAi, "gpt-5"),
                (
                    Dialect::Messages,
                    Kind::Anthropic,
                    "claude-3-5-haiku-20241022",
                ),
                (Dialect::Gemini, Kind::OpenAiCompatible, "gemini-2.5-pro"),
                (
                    Dialect::Gemini,
                    Kind::OpenAiCompatible,
                    "gemini-3-flash-preview",
                ),
                (Dialect::Gemini, Kind::OpenAiCompatible, "gemini-1.5-pro"),
                (
                    Dialect::Chat,
                    Kind::OpenAiCompatible,
                    "google/gemini-2.5-pro",
                ),
                (dialect, Kind::OpenAiCompatible, "any"),
            ] {
                let abilities = abilities::of(kind, "", model);
                if let Ok(written) = to.wire().write_request(&request, &abilities, model) {
                    serde_json::from_slice::<serde::de::IgnoredAny>(&written.body).unwrap();
                }
            }
        }
        What::Answer => {
            if let Ok(response) = wire.read_response(bytes, Family::Anthropic) {
                for (_, target) in others() {
                    let body = target.wire().write_response(&response, &Reply::default());
                    target
                        .wire()
                        .read_response(&body, Family::Anthropic)
                        .unwrap();
                }
            }
        }
        What::Stream => {
            let events = streams::read(dialect, bytes, &[7, 1, 300]);
            let whole = streams::assemble(&events);
            for (_, target) in others() {
                let written = streams::write(target, &events, Reply::default());
                let again = streams::read(target, &written, &[usize::MAX]);
                assert_eq!(whole.is_ok(), streams::assemble(&again).is_ok());
            }
        }
    }
}
