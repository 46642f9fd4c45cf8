//! The bytes of a body, within its bounds, handed over one piece at a time.
//!
//! The parser takes whatever is there before it gives anything back, so each piece is followed by
//! a pause: what a fast client sends then waits in its connection and not in memory.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream;
use http::HeaderMap;
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use tokio::time::{Instant, timeout_at};

use crate::api::payload::body::{self, PATIENCE};
use crate::api::problem::Problem;
use crate::models::refusal::Refusal;

/// The longest piece that is handed over.
const PIECE: usize = 64 * 1024;

/// The most that is read to find the next part's head.
const LONGEST_HEAD: usize = 2 * PIECE;

/// What is wrong with a body.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.message)]
pub(super) struct Wrong(pub(super) Refusal);

/// How much may still be read before something is found in it. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    /// A part's head is looked for.
    pub(super) fn head(&self) {
        self.0.store(LONGEST_HEAD, Ordering::Relaxed);
    }

    /// A part's content is read, and nothing of it is kept.
    pub(super) fn content(&self) {
        self.0.store(usize::MAX, Ordering::Relaxed);
    }

    fn spend(&self, bytes: usize) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(bytes), Ordering::Relaxed);
        left >= bytes
    }
}

/// A body that comes in.
pub(super) struct Source {
    body: BoxBody<Bytes, io::Error>,
    /// How long it is said to be.
    pub(super) announced: Option<usize>,
    limit: usize,
    read: usize,
    began: Instant,
    held: Bytes,
    gave: bool,
    pub(super) allowance: Allowance,
}

impl Source {
    pub(super) fn new(
        body: poem::Body,
        headers: &HeaderMap,
        limit: usize,
    ) -> Result<Self, Problem> {
        Ok(Self {
            body: body.into(),
            announced: body::announced(headers, limit)?,
            limit,
            read: 0,
            began: Instant::now(),
            held: Bytes::new(),
            gave: false,
            allowance: Allowance::default(),
        })
    }

    /// Its pieces.
    pub(super) fn pieces(self) -> impl Stream<Item = Result<Bytes, Wrong>> + Send + 'static {
        stream::try_unfold(self, |mut source| async move {
            let piece = source.next().await?;
            Ok(piece.map(|piece| (piece, source)))
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Wrong> {
        if std::mem::replace(&mut self.gave, true) {
            tokio::task::yield_now().await;
        }
        while self.held.is_empty() {
            let until = PATIENCE.until(self.began, self.read);
            let frame = timeout_at(until, self.body.frame());
            let frame = frame.await.map_err(|_| wrong(&body::late()))?;
            let Some(frame) = frame else {
                return Ok(None);
            };
            let frame = frame.map_err(|error| wrong(&body::broken(error)))?;
            self.held = frame.into_data().unwrap_or_default();
            self.read += self.held.len();
            if self.read > self.limit {
                return Err(wrong(&body::too_large(self.limit)));
            }
        }
        let piece = self.held.split_to(self.held.len().min(PIECE));
        if !self.allowance.spend(piece.len()) {
            let message = "A part's head is longer than 128 KiB, or there is no part.";
            return Err(Wrong(super::wrong("", message)));
        }
        Ok(Some(piece))
    }
}

fn wrong(problem: &Problem) -> Wrong {
    Wrong(problem.refusal.clone())
}
