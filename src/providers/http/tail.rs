//! What follows the pieces of a request body: passed on while it comes in, and read again from
//! disk where it has to go somewhere else.

use std::fmt;
use std::io::{self, SeekFrom};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use sync_wrapper::SyncWrapper;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::sync::Mutex;

use super::segments::Unsent;

/// How much is read from disk at once.
const PIECE: u64 = 64 * 1024;

/// What follows the pieces of a request body, as often as it is asked for.
pub struct Tail {
    source: Arc<Mutex<Source>>,
    /// How long it is, where that is known.
    length: Option<u64>,
}

/// A tail on its way.
pub struct Following {
    pub(super) rest: SyncWrapper<BoxStream<'static, Result<Bytes, Unsent>>>,
    /// How much is left, where that is known.
    pub(super) length: Option<u64>,
}

/// Where it comes from: what has come in is kept.
struct Source {
    coming: BoxStream<'static, Result<Bytes, Unsent>>,
    /// A file without a name, and how much is in it.
    kept: Option<File>,
    length: u64,
    /// What has come in and may not be kept yet: whoever asked for it may have gone meanwhile.
    fresh: Option<Bytes>,
    end: Option<Result<(), Unsent>>,
}

impl Tail {
    /// A tail of this length, if that is known.
    pub fn new(
        coming: impl Stream<Item = Result<Bytes, Unsent>> + Send + 'static,
        length: Option<u64>,
    ) -> Self {
        let source = Source {
            coming: coming.boxed(),
            kept: None,
            length: 0,
            fresh: None,
            end: None,
        };
        Self {
            source: Arc::new(Mutex::new(source)),
            length,
        }
    }

    /// All of it, from the beginning.
    pub fn follow(&self) -> Following {
        let source = Arc::clone(&self.source);
        let rest = stream::try_unfold((source, 0), |(source, from)| async move {
            let piece = source.lock().await.piece(from).await?;
            Ok(piece.map(|piece| {
                let next = from + piece.len() as u64;
                (piece, (source, next))
            }))
        });
        Following {
            rest: SyncWrapper::new(rest.boxed()),
            length: self.length,
        }
    }
}

impl Source {
    /// What stands from there on: as much of it as is at hand.
    async fn piece(&mut self, from: u64) -> Result<Option<Bytes>, Unsent> {
        self.keep().await.map_err(|_| Unsent)?;
        if from < self.length {
            return self.read(from).await.map(Some).map_err(|_| Unsent);
        }
        if let Some(end) = self.end {
            return end.map(|()| None);
        }
        match self.coming.next().await {
            Some(Ok(piece)) => {
                self.fresh = Some(piece.clone());
                self.keep().await.map_err(|_| Unsent)?;
                Ok(Some(piece))
            }
            Some(Err(error)) => {
                self.end = Some(Err(error));
                Err(error)
            }
            None => {
                self.end = Some(Ok(()));
                Ok(None)
            }
        }
    }

    /// Puts what has come in behind what is kept.
    async fn keep(&mut self) -> io::Result<()> {
        let Some(fresh) = &self.fresh else {
            return Ok(());
        };
        if self.kept.is_none() {
            let file = tokio::task::spawn_blocking(tempfile::tempfile);
            self.kept = Some(File::from_std(file.await.map_err(io::Error::other)??));
        }
        if let Some(kept) = &mut self.kept {
            kept.seek(SeekFrom::Start(self.length)).await?;
            kept.write_all(fresh).await?;
            kept.flush().await?;
        }
        self.length += fresh.len() as u64;
        self.fresh = None;
        Ok(())
    }

    /// Reads some of what is kept.
    async fn read(&mut self, from: u64) -> io::Result<Bytes> {
        let Some(kept) = &mut self.kept else {
            return Err(io::ErrorKind::NotFound.into());
        };
        kept.seek(SeekFrom::Start(from)).await?;
        let most = PIECE.min(self.length - from);
        let mut piece = BytesMut::with_capacity(usize::try_from(most).unwrap_or_default());
        let read = kept.take(most).read_buf(&mut piece).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(piece.freeze())
    }
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    fn pieces(count: u8) -> impl Stream<Item = Result<Bytes, Unsent>> {
        stream::iter((0..count).map(|at| Ok(Bytes::from(vec![at; 50_000]))))
    }

    async fn all(following: Following) -> Result<Vec<u8>, Unsent> {
        let rest = following.rest.into_inner();
        Ok(rest.try_collect::<Vec<_>>().await?.concat())
    }

    #[tokio::test]
    async fn it_follows_again_however_much_of_it_was_taken_before() {
        for taken in [0, 1, 3, 5, 6] {
            let tail = Tail::new(pieces(5), None);
            let mut first = tail.follow().rest.into_inner();
            for _ in 0..taken {
                let _ = first.next().await;
            }
            drop(first);
            let wanted = all(Following {
                rest: SyncWrapper::new(pieces(5).boxed()),
                length: None,
            });
            let wanted = wanted.await.unwrap();
            for _ in 0..2 {
                assert!(all(tail.follow()).await.unwrap() == wanted, "{taken}");
            }
        }
    }

    #[tokio::test]
    async fn what_does_not_come_does_not_come_again() {
        let cut = pieces(2).chain(stream::iter([Err(Unsent)]));
        let tail = Tail::new(cut, None);
        for _ in 0..2 {
            assert_eq!(all(tail.follow()).await, Err(Unsent));
        }
    }
}
