//! Reading a request's body: as much as is allowed, as long as it comes.

use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use tokio::time::{Instant, timeout_at};

use crate::api::problem::Problem;
use crate::models::refusal::Situation;

/// How long bodies are waited for.
pub(super) const PATIENCE: Patience = Patience {
    pause: Duration::from_secs(30),
    whole: Duration::from_mins(1),
};

/// How many bytes buy another second of patience.
const PACE: u64 = 8 * 1024;

/// Room that is made before anything has come, however much is announced.
const FIRST_ROOM: usize = 256 * 1024;

/// How long a body is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Between two pieces.
    pause: Duration,
    /// For all of a small body.
    whole: Duration,
}

impl Patience {
    /// How long the next piece is waited for, of a body that began then and of which so much came.
    pub(super) fn until(&self, began: Instant, read: usize) -> Instant {
        let whole = self.whole + Duration::from_secs(read as u64 / PACE);
        (Instant::now() + self.pause).min(began + whole)
    }
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(
    body: poem::Body,
    headers: &HeaderMap,
    limit: usize,
) -> Result<Bytes, Problem> {
    read_within(body, headers, limit, PATIENCE).await
}

async fn read_within(
    body: poem::Body,
    headers: &HeaderMap,
    limit: usize,
    patience: Patience,
) -> Result<Bytes, Problem> {
    let announced = announced(headers, limit)?;
    let mut body = pin!(BoxBody::<Bytes, io::Error>::from(body));
    // The body of most calls is there when its head is: no timer, no copy.
    let first = match body.frame().now_or_never() {
        Some(None) => return Ok(Bytes::new()),
        Some(Some(frame)) => {
            let data = frame.map_err(broken)?.into_data().unwrap_or_default();
            if announced == Some(data.len()) {
                return Ok(data);
            }
            data
        }
        None => Bytes::new(),
    };
    let room = announced.unwrap_or(0).min(FIRST_ROOM);
    let mut gathered = BytesMut::with_capacity(room.max(first.len()));
    gathered.extend_from_slice(&first);
    let began = Instant::now();
    loop {
        if gathered.len() > limit {
            return Err(too_large(limit));
        }
        let until = patience.until(began, gathered.len());
        let Ok(frame) = timeout_at(until, body.frame()).await else {
            return Err(late());
        };
        match frame {
            None => return Ok(gathered.freeze()),
            Some(frame) => {
                if let Ok(data) = frame.map_err(broken)?.into_data() {
                    gathered.extend_from_slice(&data);
                }
            }
        }
    }
}

/// How long a body is said to be, if that may be taken.
pub(super) fn announced(headers: &HeaderMap, limit: usize) -> Result<Option<usize>, Problem> {
    if let Some(coding) = headers.get(CONTENT_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(Problem::new(
            Situation::UnsupportedMediaType,
            "Compressed request bodies are not taken: send the body without content-encoding.",
        )
        .closing());
    }
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    Ok(announced)
}

pub(super) fn late() -> Problem {
    Problem::new(Situation::RequestTimeout, "The body did not come in time.").closing()
}

pub(super) fn too_large(limit: usize) -> Problem {
    Problem::new(
        Situation::TooLarge,
        format!("The body is larger than {limit} bytes, the most that is taken here."),
    )
    .closing()
}

pub(super) fn broken(_: io::Error) -> Problem {
    Problem::new(
        Situation::InvalidJson,
        "The body ended early or its chunks are malformed.",
    )
    .closing()
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use poem::Body;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    http::HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[tokio::test]
    async fn a_body_within_the_limit_is_read_whole() {
        let pieces = stream::iter([Ok::<_, io::Error>("ab"), Ok("c"), Ok("de")]);
        let body = Body::from_bytes_stream(pieces);
        assert_eq!(read(body, &HeaderMap::new(), 5).await.unwrap(), "abcde");
        let known = headers(&[("content-length", "5")]);
        let body = Body::from("abcde");
        assert_eq!(read(body, &known, 5).await.unwrap(), "abcde");
        let body = Body::empty();
        assert!(read(body, &HeaderMap::new(), 5).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_refused_and_the_connection_closed() {
        let announced = headers(&[("content-length", "6")]);
        for (body, headers) in [
            (Body::from("abcdef"), announced),
            (
                Body::from_bytes_stream(stream::iter([Ok::<_, io::Error>("abc"), Ok("def")])),
                HeaderMap::new(),
            ),
        ] {
            let problem = read(body, &headers, 5).await.unwrap_err();
            assert_eq!(problem.refusal.situation, Situation::TooLarge);
            assert!(problem.close);
        }
    }

    #[tokio::test]
    async fn a_compressed_body_is_refused_unread() {
        let gzip = headers(&[("content-encoding", "gzip")]);
        let problem = read(Body::from("x"), &gzip, 5).await.unwrap_err();
        assert_eq!(problem.refusal.situation, Situation::UnsupportedMediaType);
        let identity = headers(&[("content-encoding", "identity")]);
        assert!(read(Body::from("x"), &identity, 5).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_that_pauses_or_crawls_is_refused() {
        let patience = Patience {
            pause: Duration::from_millis(40),
            whole: Duration::from_millis(100),
        };
        let silent = stream::pending::<Result<Bytes, io::Error>>();
        let crawling = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Some((Ok::<_, io::Error>(Bytes::from_static(b"x")), ()))
        });
        for body in [
            Body::from_bytes_stream(silent),
            Body::from_bytes_stream(Box::pin(crawling)),
        ] {
            let problem = read_within(body, &HeaderMap::new(), 1000, patience)
                .await
                .unwrap_err();
            assert_eq!(problem.refusal.situation, Situation::RequestTimeout);
            assert!(problem.close);
        }
    }
}
