//! Reads the frames of one segment in order, over whatever a crash left between them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::frame::{self, Head};
use super::segment;

/// How much is read at once; more than two of the longest frames.
const WINDOW: usize = 512 * 1024;

/// What lies at a place of a segment.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// A frame from `start` to `end`.
    Frame {
        head: Head,
        payload: &'a [u8],
        start: u64,
        end: u64,
    },
    /// Bytes that are no frame.
    Gap(Gap),
}

/// Bytes that are no frame, up to the next frame or the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) start: u64,
    pub(super) end: u64,
    /// Nothing but zeros: room that was never written to.
    pub(super) blank: bool,
    /// Whether a frame follows.
    pub(super) inner: bool,
}

/// Goes through a segment from a place on.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    file: &'a File,
    /// The place of the next frame.
    offset: u64,
    /// Where the segment ends.
    limit: u64,
    window: Vec<u8>,
    /// The place of the window's first byte.
    base: u64,
}

impl<'a> Scan<'a> {
    pub(super) fn new(file: &'a File, offset: u64, limit: u64) -> Self {
        let offset = offset.max(segment::HEADER);
        Self {
            file,
            offset,
            limit,
            window: Vec::new(),
            base: offset,
        }
    }

    /// What comes next; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Found<'_>>> {
        if self.offset >= self.limit {
            return Ok(None);
        }
        let start = self.offset;
        if let Some(head) = self.frame_at(start)? {
            let from = self.index(start) + frame::HEADER;
            let payload = &self.window[from..from + head.length];
            let end = start + (frame::HEADER + head.length) as u64;
            self.offset = end;
            return Ok(Some(Found::Frame {
                head,
                payload,
                start,
                end,
            }));
        }
        self.skip().map(|gap| Some(Found::Gap(gap)))
    }

    /// Goes on to the next frame.
    fn skip(&mut self) -> io::Result<Gap> {
        let start = self.offset;
        let mut blank = true;
        let mut at = start;
        while at < self.limit {
            self.load(at, 1)?;
            let rest = &self.window[self.index(at)..];
            if rest.is_empty() {
                break;
            }
            // The frame that failed begins with the byte that is looked for.
            let from = usize::from(at == start);
            let jump = memchr::memchr(frame::MAGIC[0], &rest[from..]).map(|found| found + from);
            let passed = jump.unwrap_or(rest.len());
            blank = blank && rest[..passed].iter().all(|byte| *byte == 0);
            at += passed as u64;
            if jump.is_some() {
                if self.frame_at(at)?.is_some() {
                    self.offset = at;
                    return Ok(Gap {
                        start,
                        end: at,
                        blank,
                        inner: true,
                    });
                }
                blank = false;
                at += 1;
            }
        }
        self.offset = self.limit;
        Ok(Gap {
            start,
            end: self.limit,
            blank,
            inner: false,
        })
    }

    /// The whole, valid frame at a place.
    fn frame_at(&mut self, at: u64) -> io::Result<Option<Head>> {
        self.load(at, frame::HEADER)?;
        let Some(length) = frame::length(&self.window[self.index(at)..]) else {
            return Ok(None);
        };
        let whole = frame::HEADER + length;
        self.load(at, whole)?;
        let bytes = &self.window[self.index(at)..];
        Ok(frame::read(bytes).map(|(head, _)| head))
    }

    /// Brings at least `least` bytes from a place into the window, if the segment has them.
    fn load(&mut self, at: u64, least: usize) -> io::Result<()> {
        let end = self.base + self.window.len() as u64;
        if at >= self.base && at + least as u64 <= end {
            return Ok(());
        }
        let room = usize::try_from(self.limit - at)
            .unwrap_or(usize::MAX)
            .min(WINDOW);
        if at == self.base && self.window.len() >= room {
            return Ok(());
        }
        self.window.resize(room, 0);
        self.base = at;
        let mut read = 0;
        while read < room {
            match self
                .file
                .read_at(&mut self.window[read..], at + read as u64)
            {
                Ok(0) => break,
                Ok(count) => read += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if read < room {
            // Shorter than it claims to be: what is missing was never written.
            self.limit = at + read as u64;
        }
        self.window.truncate(read);
        Ok(())
    }

    fn index(&self, at: u64) -> usize {
        usize::try_from(at - self.base)
            .unwrap_or(usize::MAX)
            .min(self.window.len())
    }
}
