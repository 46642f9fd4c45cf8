//! Strings, sixty-four bytes at a time.

use super::{Fault, Scan};
use crate::dialects::secrets;

/// How a wrapped secret begins.
const MARK: &[u8] = secrets::MARK.as_bytes();
/// And how it does where only base64 may stand.
const IN_BASE64: &[u8] = secrets::MARK_IN_BASE64.as_bytes();

/// Strings of at least this many bytes are looked at for being base64.
const LONG: usize = 2048;
/// So many words of a string are looked at one by one before it is taken for a long one.
const SHORT: usize = 3;

impl<'a> Scan<'a> {
    /// Goes past a string, white space before it and its quotes; gives what is between them.
    #[inline]
    pub(in crate::dialects) fn string(&mut self) -> Result<&'a [u8], Fault> {
        self.expect(b'"')?;
        let start = self.at;
        // Names and short values end within a word or two.
        let (words, _) = self.text[start..].as_chunks::<8>();
        self.marked |= words
            .first()
            .is_some_and(|word| word.starts_with(MARK) || word.starts_with(IN_BASE64));
        for word in words.iter().take(SHORT) {
            let word = u64::from_le_bytes(*word);
            self.overlaid |= word;
            let found = special(word);
            if found != 0 {
                self.at += found.trailing_zeros() as usize / 8;
                if self.text[self.at] == b'"' {
                    let inside = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(inside);
                }
                break;
            }
            self.at += 8;
        }
        self.long_string(start)
    }

    /// Goes on with a string that begins at `start` and is not short.
    fn long_string(&mut self, start: usize) -> Result<&'a [u8], Fault> {
        // Whether the last block had none: then most likely this one neither, and to ask that is
        // cheaper than to ask where.
        let mut plain = true;
        loop {
            if plain {
                self.plain_blocks();
            }
            let Some(block) = self.text[self.at..].first_chunk::<64>() else {
                break;
            };
            self.overlaid |= u64::from(block.iter().fold(0, |bits, &byte| bits | byte));
            let mut specials = specials(block);
            plain = specials == 0;
            let from = self.at;
            self.at += 64;
            while specials != 0 {
                let offset = specials.trailing_zeros();
                let place = from + offset as usize;
                match self.text[place] {
                    b'"' => {
                        self.at = place + 1;
                        return Ok(self.inside(start, place));
                    }
                    b'\\' => {
                        let after = self.escape(place)?;
                        // An escaped quote or backslash is none; it may be the next block's first.
                        specials &= !(3 << offset);
                        self.at = self.at.max(after);
                    }
                    _ => {
                        self.at = place;
                        return Err(Fault::Syntax);
                    }
                }
            }
        }
        self.tail(start)
    }

    /// Goes past blocks without anything special.
    fn plain_blocks(&mut self) {
        let mut bits = [0; 16];
        while let Some(block) = self.text[self.at..].first_chunk::<64>() {
            if block
                .iter()
                .fold(false, |any, &byte| any | is_special(byte))
            {
                break;
            }
            let (lines, _) = block.as_chunks::<16>();
            for line in lines {
                for (bits, byte) in bits.iter_mut().zip(line) {
                    *bits |= byte;
                }
            }
            self.at += 64;
        }
        self.overlaid |= u64::from(bits.iter().fold(0, |bits, &byte| bits | byte));
    }

    /// As [`Scan::long_string`], a byte at a time.
    fn tail(&mut self, start: usize) -> Result<&'a [u8], Fault> {
        loop {
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(self.inside(start, self.at - 1));
                }
                Some(b'\\') => self.at = self.escape(self.at)?,
                Some(&byte @ 0x20..) => {
                    self.overlaid |= u64::from(byte);
                    self.at += 1;
                }
                Some(_) => return Err(Fault::Syntax),
                None => return Err(Fault::End),
            }
        }
    }

    /// What is between the quotes of a long string.
    fn inside(&mut self, start: usize, end: usize) -> &'a [u8] {
        let inside = &self.text[start..end];
        if inside.len() >= LONG && is_opaque(inside) {
            self.opaque += inside.len();
            self.opaque_strings += 1;
        }
        inside
    }

    /// Checks a backslash and what belongs to it; gives the place behind.
    #[inline]
    fn escape(&self, place: usize) -> Result<usize, Fault> {
        let letter = self.text.get(place + 1).ok_or(Fault::End)?;
        match ESCAPES[*letter as usize] {
            0 => Err(Fault::Syntax),
            1 => Ok(place + 2),
            _ => {
                let digits = self.text.get(place + 2..place + 6).ok_or(Fault::End)?;
                if digits.iter().all(u8::is_ascii_hexdigit) {
                    Ok(place + 6)
                } else {
                    Err(Fault::Syntax)
                }
            }
        }
    }
}

/// Whether the letters at the start of a long string are base64's, as no prose is.
fn is_opaque(inside: &[u8]) -> bool {
    let tail = memchr::memchr(b',', &inside[..128]).map_or(0, |comma| comma + 1);
    inside[tail..tail + 512]
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'))
}

/// What may follow a backslash: 1 stands alone, 2 has four digits behind it.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let letters = b"\"\\/bfnrt";
    let mut place = 0;
    while place < letters.len() {
        table[letters[place] as usize] = 1;
        place += 1;
    }
    table[b'u' as usize] = 2;
    table
};

/// Whether a byte cannot stand in a string as it is, or ends it.
#[inline]
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches it compiles to vector instructions"
)]
const fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20)
}

/// One bit for each byte of a block that is a quote, a backslash or a control character.
///
/// Compiles to vector comparisons and one multiplication for eight bytes.
#[inline]
fn specials(block: &[u8; 64]) -> u64 {
    /// Moves the lowest bits of eight bytes together.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let found = block.map(|byte| u8::from(is_special(byte)));
    let (words, _) = found.as_chunks::<8>();
    let mut bits = 0;
    for (place, word) in words.iter().enumerate() {
        bits |= (u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56) << (8 * place);
    }
    bits
}

/// Which bytes of a word are a quote, a backslash or a control character: the lowest bit set is
/// that of the first one; those above it may be wrong.
#[inline]
const fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let quotes = word ^ (ONES * b'"' as u64);
    let backslashes = word ^ (ONES * b'\\' as u64);
    let found = (quotes.wrapping_sub(ONES) & !quotes)
        | (backslashes.wrapping_sub(ONES) & !backslashes)
        | (word.wrapping_sub(ONES * 0x20) & !word);
    found & (ONES * 0x80)
}
