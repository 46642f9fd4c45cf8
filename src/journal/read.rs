//! Reads settlements back from disk.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::frame::{self, Kind};
use super::scan::{Found, Scan};
use super::segment;
use super::{Batch, Settled, Unreadable};
use crate::models::usage::Cursor;

/// Settlements of a folder's segments, of each of which the written length is given.
pub(super) fn read(
    folder: &Path,
    segments: &[(u64, u64)],
    after: Cursor,
    most: usize,
) -> io::Result<Batch> {
    let mut batch = Batch {
        next: after,
        ..Batch::default()
    };
    for (number, limit) in segments
        .iter()
        .filter(|(number, _)| *number >= after.segment)
    {
        let from = if *number == after.segment {
            after.offset
        } else {
            0
        };
        if from >= *limit {
            continue;
        }
        let file = match File::open(segment::path(folder, *number)) {
            Ok(file) => file,
            // Removed since the list was made, so all of it is recorded.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let mut scan = Scan::new(&file, from, *limit);
        while let Some(found) = scan.next()? {
            let (head, payload, end) = match found {
                Found::Frame {
                    head, payload, end, ..
                } => (head, payload, end),
                Found::Gap(gap) => {
                    let bytes = gap.end - gap.start;
                    tracing::error!(
                        segment = number,
                        at = gap.start,
                        bytes,
                        "the journal is damaged"
                    );
                    continue;
                }
            };
            let end = Cursor {
                segment: *number,
                offset: end,
            };
            batch.next = end;
            if head.kind != Kind::Settlement {
                continue;
            }
            match frame::record(payload) {
                Some(record) => {
                    batch.count = Some(head.sequence);
                    batch.settled.push(Settled {
                        end,
                        sequence: head.sequence,
                        record: Arc::new(record),
                    });
                }
                None => batch.unreadable.push(Unreadable {
                    end,
                    payload: payload.to_vec(),
                }),
            }
            if batch.settled.len() + batch.unreadable.len() == most {
                return Ok(batch);
            }
        }
        batch.next = Cursor {
            segment: *number,
            offset: *limit,
        };
    }
    Ok(batch)
}
