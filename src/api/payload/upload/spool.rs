//! What waits until it is known where it goes: in memory, and on disk when that is too much.

use std::io::{self, SeekFrom};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

/// The most that waits in memory.
pub(super) const MEMORY: usize = 1 << 20;

/// How much is read from disk at once.
const PIECE: usize = 64 * 1024;

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Spool {
    memory: BytesMut,
    /// A file without a name: it is gone when nobody holds it.
    disk: Option<File>,
    on_disk: u64,
}

impl Spool {
    /// Adds to it.
    pub(super) async fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.disk.is_none() {
            if self.memory.len() + bytes.len() <= MEMORY {
                self.memory.extend_from_slice(bytes);
                return Ok(());
            }
            let file = tokio::task::spawn_blocking(tempfile::tempfile);
            let file = file.await.map_err(io::Error::other)??;
            self.disk = Some(File::from_std(file));
        }
        if let Some(disk) = &mut self.disk {
            disk.write_all(bytes).await?;
            self.on_disk += bytes.len() as u64;
        }
        Ok(())
    }

    /// How much waits on disk.
    pub(super) const fn on_disk(&self) -> u64 {
        self.on_disk
    }

    /// What waits in memory, and what follows it from disk.
    pub(super) async fn finish(
        self,
    ) -> io::Result<(
        Bytes,
        Option<impl Stream<Item = io::Result<Bytes>> + Send + 'static>,
    )> {
        let disk = match self.disk {
            None => None,
            Some(mut disk) => {
                disk.flush().await?;
                disk.seek(SeekFrom::Start(0)).await?;
                Some(stream::try_unfold(disk, |mut disk| async move {
                    let mut piece = BytesMut::with_capacity(PIECE);
                    let read = disk.read_buf(&mut piece).await?;
                    Ok((read > 0).then(|| (piece.freeze(), disk)))
                }))
            }
        };
        Ok((self.memory.freeze(), disk))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    #[tokio::test]
    async fn what_is_too_much_for_memory_waits_on_disk_in_its_order() {
        for (pieces, on_disk) in [(3, 0), (16, 0), (17, 1), (40, 24)] {
            let mut spool = Spool::default();
            let mut wanted = Vec::new();
            for place in 0..pieces {
                let piece = vec![u8::try_from(place).unwrap(); 64 * 1024];
                spool.push(&piece).await.unwrap();
                wanted.extend(piece);
            }
            assert_eq!(spool.on_disk(), on_disk * 64 * 1024);
            let (memory, disk) = spool.finish().await.unwrap();
            assert!(memory.len() <= MEMORY);
            let mut all = memory.to_vec();
            if let Some(disk) = disk {
                all.extend(disk.try_collect::<Vec<_>>().await.unwrap().concat());
            }
            assert!(all == wanted, "{pieces}");
        }
    }
}
