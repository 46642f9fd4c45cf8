//! One segment: a file whose room is taken from the disk before it is needed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

/// Bytes before the first frame.
pub(super) const HEADER: u64 = 32;
/// The smallest segment.
pub(super) const LEAST: u64 = 64 * 1024;
/// The size of a segment where nothing asks for a smaller one.
const MOST: u64 = 64 * 1024 * 1024;
const MAGIC: &[u8; 8] = b"MANTIJRN";
const VERSION: u32 = 1;

/// A segment that is written to, or will be.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u64,
    pub(super) file: Arc<File>,
    pub(super) capacity: u64,
    /// Where the next frame goes.
    pub(super) position: u64,
}

impl Segment {
    /// Takes a segment's room from the disk.
    pub(super) fn create(folder: &Path, number: u64, capacity: u64) -> io::Result<Self> {
        let path = path(folder, number);
        let file = OpenOptions::new()
            .create_new(true)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&path)?;
        let prepared = reserve(&file, capacity)
            .and_then(|()| file.write_all_at(&header(number), 0))
            .and_then(|()| File::open(folder)?.sync_all());
        if let Err(error) = prepared {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        Ok(Self {
            number,
            file: Arc::new(file),
            capacity,
            position: HEADER,
        })
    }

    pub(super) fn left(&self) -> u64 {
        self.capacity - self.position
    }
}

/// Where a segment lies.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:012}.seg"))
}

/// The segments of a folder in their order, with their files' sizes.
pub(super) fn list(folder: &Path) -> io::Result<Vec<(u64, u64)>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".seg"));
        if let Some(number) = number.and_then(|digits| digits.parse().ok()) {
            segments.push((number, entry.metadata()?.len()));
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

/// The size of the next segment: small when little may be taken, and never so much that the
/// database beside it has no room left. `None` when there is no room for the smallest.
pub(super) fn size(folder: &Path, max_size: u64, taken: u64) -> io::Result<Option<u64>> {
    let wanted = (max_size / 16).clamp(LEAST, MOST);
    let allowed = max_size.max(2 * LEAST).saturating_sub(taken);
    let disk = statvfs(folder)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let total = disk.f_blocks.saturating_mul(disk.f_frsize);
    let spare = (total / 16).min(32 * 1024 * 1024);
    let affordable = (free / 4).min(free.saturating_sub(spare));
    let size = wanted.min(allowed).min(affordable) & !4095;
    Ok((size >= LEAST).then_some(size))
}

/// Whether a segment was written by a newer version of the program.
pub(super) fn is_newer(file: &File) -> io::Result<bool> {
    let mut start = [0; 12];
    match file.read_exact_at(&mut start, 0) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        Err(error) => return Err(error),
    }
    let mut version = [0; 4];
    version.copy_from_slice(&start[8..12]);
    Ok(start[..8] == *MAGIC && u32::from_le_bytes(version) > VERSION)
}

fn header(number: u64) -> [u8; 32] {
    let mut header = [0; 32];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[16..24].copy_from_slice(&number.to_le_bytes());
    header
}

/// Allocates blocks, so that writing into them later cannot fail for want of room.
fn reserve(file: &File, capacity: u64) -> io::Result<()> {
    loop {
        match fallocate(file, FallocateFlags::empty(), 0, capacity) {
            Ok(()) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => break,
            Err(error) => return Err(error.into()),
        }
    }
    // A file system without preallocation: zeros take the room just as well.
    let zeros = vec![0; 1024 * 1024];
    let mut written = 0;
    while written < capacity {
        let chunk = usize::try_from(capacity - written)
            .unwrap_or(usize::MAX)
            .min(zeros.len());
        file.write_all_at(&zeros[..chunk], written)?;
        written += chunk as u64;
    }
    Ok(())
}
