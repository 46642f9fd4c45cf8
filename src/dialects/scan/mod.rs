//! A strict reader of JSON that builds nothing: it says where values are, and refuses what is not JSON.
//!
//! It accepts what `serde_json` accepts in text of valid UTF-8, up to [`DEEPEST`] levels. Strings
//! are skipped sixty-four bytes at a time, so that a long prompt costs little more than reading it.

mod fields;
mod strings;
mod values;

pub(super) use self::fields::{Field, Fields, Items, field};
pub(super) use self::values::{is_json, is_named, is_null, text, unescape};

/// The deepest nesting that is taken.
pub(in crate::dialects) const DEEPEST: u32 = 128;

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialects) enum Fault {
    /// Not JSON where reading stands.
    Syntax,
    /// It ends too early.
    End,
    /// Nested deeper than [`DEEPEST`].
    Depth,
}

/// Where reading stands in a text.
#[derive(Debug)]
pub(in crate::dialects) struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// Bytes of long strings without anything but base64's letters: images and files.
    pub(in crate::dialects) opaque: usize,
    /// How many such strings there were.
    pub(in crate::dialects) opaque_strings: u64,
    /// Whether a string began as a wrapped secret does.
    pub(in crate::dialects) marked: bool,
    /// All bytes of strings, one over the other, and perhaps some that follow them.
    overlaid: u64,
}

impl<'a> Scan<'a> {
    /// At the start of a text.
    pub(in crate::dialects) const fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            opaque: 0,
            opaque_strings: 0,
            marked: false,
            overlaid: 0,
        }
    }

    /// Whether all that was gone past is ASCII; what is no string cannot be anything else. May say
    /// no for a few bytes that are still ahead, and never yes wrongly.
    pub(in crate::dialects) const fn is_ascii(&self) -> bool {
        self.overlaid & 0x8080_8080_8080_8080 == 0
    }

    /// Where reading stands.
    pub(in crate::dialects) const fn at(&self) -> usize {
        self.at
    }

    /// The text from a place to where reading stands.
    pub(in crate::dialects) fn since(&self, start: usize) -> &'a [u8] {
        &self.text[start..self.at]
    }

    /// The next byte that is not white space, without going past it.
    #[inline]
    pub(in crate::dialects) fn peek(&mut self) -> Result<u8, Fault> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Ok(byte);
            }
            self.at += 1;
        }
        Err(Fault::End)
    }

    /// Goes past one byte that was peeked at.
    #[inline]
    pub(in crate::dialects) fn pass(&mut self) {
        self.at += 1;
    }

    /// Goes past white space and this byte.
    #[inline]
    fn expect(&mut self, wanted: u8) -> Result<(), Fault> {
        if self.peek()? == wanted {
            self.at += 1;
            Ok(())
        } else {
            Err(Fault::Syntax)
        }
    }

    /// Nothing but white space may be left.
    pub(in crate::dialects) fn end(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Err(Fault::End) => Ok(()),
            Ok(_) => Err(Fault::Syntax),
            Err(fault) => Err(fault),
        }
    }

    /// Goes past digits, at least one.
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        match (self.at > start, self.at < self.text.len()) {
            (true, _) => Ok(()),
            (false, true) => Err(Fault::Syntax),
            (false, false) => Err(Fault::End),
        }
    }

    /// Goes past a number.
    fn number(&mut self) -> Result<(), Fault> {
        if self.text.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if self.text.get(self.at) == Some(&b'0') {
            self.at += 1;
            if self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
                return Err(Fault::Syntax);
            }
        } else {
            self.digits()?;
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.text.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Goes past `true`, `false` or `null`.
    fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        let rest = &self.text[self.at..];
        if rest.starts_with(word) {
            self.at += word.len();
            Ok(())
        } else if word.starts_with(rest) {
            Err(Fault::End)
        } else {
            Err(Fault::Syntax)
        }
    }

    /// Goes past one value of any kind that stands `depth` levels deep.
    pub(in crate::dialects) fn value(&mut self, depth: u32) -> Result<(), Fault> {
        // One bit a level: 1 for an object, 0 for an array.
        let mut kinds: u128 = 0;
        let mut level = depth;
        'value: loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'-' | b'0'..=b'9' => self.number()?,
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                opening @ (b'{' | b'[') => {
                    level += 1;
                    if level > DEEPEST {
                        return Err(Fault::Depth);
                    }
                    self.at += 1;
                    let object = opening == b'{';
                    kinds = kinds << 1 | u128::from(object);
                    if self.peek()? == if object { b'}' } else { b']' } {
                        // The loop below goes past it.
                    } else {
                        if object {
                            self.string()?;
                            self.expect(b':')?;
                        }
                        continue 'value;
                    }
                }
                _ => return Err(Fault::Syntax),
            }
            loop {
                if level == depth {
                    return Ok(());
                }
                let object = kinds & 1 == 1;
                match (self.peek()?, object) {
                    (b',', true) => {
                        self.at += 1;
                        self.string()?;
                        self.expect(b':')?;
                        continue 'value;
                    }
                    (b',', false) => {
                        self.at += 1;
                        continue 'value;
                    }
                    (b'}', true) | (b']', false) => {
                        self.at += 1;
                        level -= 1;
                        kinds >>= 1;
                    }
                    _ => return Err(Fault::Syntax),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
