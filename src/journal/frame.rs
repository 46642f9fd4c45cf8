//! One frame: a header with checksum, then a usage record as MessagePack with named fields, so that
//! later versions may add some.
//!
//! ```text
//! 0  magic     4 bytes, of which the first occurs in no text
//! 4  length    of the payload
//! 8  checksum  of the payload, then of all that follows here
//! 12 kind      1 hold, 2 settlement
//! 16 number    of the hold that the frame makes or ends
//! 24 sequence  of a settlement: how many there were up to it
//! 32 payload
//! ```
//!
//! All numbers are little-endian.

use crate::models::money::Money;
use crate::models::usage::{Record, Status};

/// How every frame begins.
pub(super) const MAGIC: [u8; 4] = [0xFF, b'M', b'J', 1];
/// Bytes before the payload.
pub(super) const HEADER: usize = 32;
/// The longest payload that is written; longer records are trimmed.
pub(super) const LONGEST: usize = 24 * 1024;
/// How much longer than its hold a settlement may be: what [`trim`] leaves of all that a
/// settlement adds fits into it.
pub(super) const GROWTH: usize = 4 * 1024;

/// The most attempts that a trimmed record tells: the last ones.
const MOST_ATTEMPTS: usize = 6;

/// What a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A call is about to be made.
    Hold = 1,
    /// A call has ended.
    Settlement = 2,
}

/// A frame's header, read and verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) number: u64,
    pub(super) sequence: u64,
    /// Of the payload.
    pub(super) length: usize,
}

/// Writes a frame into a buffer, but for what [`seal`] adds. Slow enough to be done unlocked.
pub(super) fn write(buffer: &mut Vec<u8>, kind: Kind, number: u64, record: &Record) {
    fill(buffer, record);
    if buffer.len() > HEADER + LONGEST {
        fill(buffer, &trim(record));
    }
    let length = u32::try_from(buffer.len() - HEADER).unwrap_or(u32::MAX);
    let checksum = crc32fast::hash(&buffer[HEADER..]);
    buffer[0..4].copy_from_slice(&MAGIC);
    buffer[4..8].copy_from_slice(&length.to_le_bytes());
    buffer[8..12].copy_from_slice(&checksum.to_le_bytes());
    buffer[12..16].copy_from_slice(&(kind as u32).to_le_bytes());
    buffer[16..24].copy_from_slice(&number.to_le_bytes());
}

/// Gives a written frame its sequence and the final checksum.
pub(super) fn seal(buffer: &mut [u8], sequence: u64) {
    buffer[24..32].copy_from_slice(&sequence.to_le_bytes());
    let payload = number32(buffer, 8);
    let checksum = checksum(payload, &buffer[..HEADER]);
    buffer[8..12].copy_from_slice(&checksum.to_le_bytes());
}

/// The record in a frame; `None` when it is not one that this version can read.
pub(super) fn record(payload: &[u8]) -> Option<Record> {
    rmp_serde::from_slice(payload).ok()
}

/// Reads the frame at the start of `bytes`; `None` when there is none, or not all of it.
pub(super) fn read(bytes: &[u8]) -> Option<(Head, &[u8])> {
    let length = length(bytes)?;
    let payload = bytes.get(HEADER..HEADER + length)?;
    let kind = match number32(bytes, 12) {
        1 => Kind::Hold,
        2 => Kind::Settlement,
        _ => return None,
    };
    let expected = checksum(crc32fast::hash(payload), &bytes[..HEADER]);
    let head = Head {
        kind,
        number: number64(bytes, 16),
        sequence: number64(bytes, 24),
        length,
    };
    (number32(bytes, 8) == expected).then_some((head, payload))
}

/// The length of the payload that a frame at the start of `bytes` claims to have.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    if bytes.len() < HEADER || bytes[..4] != MAGIC {
        return None;
    }
    let length = usize::try_from(number32(bytes, 4)).ok()?;
    (length <= LONGEST).then_some(length)
}

/// A record without what could make it longer than its room: what a client sent is cut, and of
/// what an answer added only the well-known remains.
pub(super) fn trim(record: &Record) -> Record {
    let mut record = record.clone();
    for text in [
        &mut record.endpoint,
        &mut record.requested_model,
        &mut record.provider,
        &mut record.model,
        &mut record.price_source,
    ] {
        *text = cut(text, 128).into();
    }
    record.end_user = record.end_user.map(|text| cut(&text, 128));
    record.error_code = record.error_code.map(|text| cut(&text, 48).into());
    record.tags = record
        .tags
        .into_iter()
        .take(10)
        .map(|(name, value)| (cut(&name, 64), cut(&value, 128)))
        .collect();
    let earlier = record.trace.len().saturating_sub(MOST_ATTEMPTS);
    record.trace.drain(..earlier);
    for attempt in &mut record.trace {
        for text in [&mut attempt.provider, &mut attempt.model] {
            *text = cut(text, 48).into();
        }
        attempt.outcome = cut(&attempt.outcome, 24).into();
    }
    record.flags.retain(|flag| flag.len() <= 48);
    record.flags.truncate(7);
    record.flags.push("record_trimmed".into());
    let short = |name: &str| name.len() <= 24;
    record.tokens.units.retain(|name, _| short(name));
    while record.tokens.units.len() > 6 {
        record.tokens.units.pop_last();
    }
    record.prices.retain(|name, _| short(name));
    while record.prices.len() > 10 {
        record.prices.pop_last();
    }
    record
}

/// A held record as it is recorded when its end was never written.
pub(super) fn interrupted(mut record: Record) -> Record {
    record.status = Status::Interrupted;
    record.cost = None;
    record.price = Some(Money::ZERO);
    record
}

fn fill(buffer: &mut Vec<u8>, record: &Record) {
    buffer.clear();
    buffer.resize(HEADER, 0);
    rmp_serde::encode::write_named(buffer, record)
        .expect("a record is plain data, and a buffer grows");
}

fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

fn checksum(payload: u32, header: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(payload);
    hasher.update(&header[12..HEADER]);
    hasher.finalize()
}

fn number32(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

fn number64(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}
