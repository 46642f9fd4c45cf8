//! Characters whose halves come in two strings: JSON's grammar allows half a surrogate pair, which
//! no text can hold.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use super::Value;

/// Half a character that has no other half.
const BROKEN: char = char::REPLACEMENT_CHARACTER;

/// Joins the strings of a stream, piece by piece.
#[derive(Debug, Default)]
pub struct Halves {
    /// The first half of a character, where the last piece ended with one.
    first: Option<u16>,
}

impl Halves {
    /// The text of the next piece, without the half that waits for the piece after it.
    pub fn text(&mut self, piece: Value<'_>) -> Option<String> {
        if !piece.source().starts_with('"') {
            return None;
        }
        if self.first.is_none()
            && let Ok(text) = serde_json::from_str::<String>(piece.source())
        {
            return Some(text);
        }
        let bytes: Bytes = serde_json::from_str(piece.source()).ok()?;
        let mut text = String::with_capacity(bytes.0.len());
        let mut rest = bytes.0.as_slice();
        while !rest.is_empty() {
            let Some(half) = half(rest) else {
                text.extend(self.rest());
                let whole = (1..rest.len()).find(|at| self::half(&rest[*at..]).is_some());
                let (whole, after) = rest.split_at(whole.unwrap_or(rest.len()));
                text.push_str(&String::from_utf8_lossy(whole));
                rest = after;
                continue;
            };
            rest = &rest[3..];
            match self.first.take() {
                Some(first) if half >= 0xdc00 => text.push(joined(first, half)),
                before => {
                    text.extend(before.map(|_| BROKEN));
                    if half < 0xdc00 {
                        self.first = Some(half);
                    } else {
                        text.push(BROKEN);
                    }
                }
            }
        }
        Some(text)
    }

    /// The same for a piece that says something.
    pub fn word(&mut self, piece: Option<Value<'_>>) -> Option<String> {
        self.text(piece?).filter(|text| !text.is_empty())
    }

    /// What stands for a half that nothing followed.
    pub fn rest(&mut self) -> Option<char> {
        self.first.take().map(|_| BROKEN)
    }
}

/// The half of a surrogate pair that bytes begin with, as it is spelled in them.
fn half(bytes: &[u8]) -> Option<u16> {
    match bytes {
        [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf, ..] => {
            Some(0xd000 | (u16::from(second & 0x3f) << 6) | u16::from(third & 0x3f))
        }
        _ => None,
    }
}

fn joined(first: u16, second: u16) -> char {
    let mut both = char::decode_utf16([first, second]);
    both.next().and_then(Result::ok).unwrap_or(BROKEN)
}

/// A string as its bytes, in which halves are spelled as if they were characters.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&str]) -> String {
        let mut halves = Halves::default();
        let mut text = String::new();
        for piece in pieces {
            text.push_str(&halves.text(Value::parse(piece).unwrap()).unwrap());
        }
        text.extend(halves.rest());
        text
    }

    #[test]
    fn halves_are_joined_over_pieces_and_a_lone_one_is_replaced() {
        for (pieces, text) in [
            (&[r#""a\ud83d""#, r#""\ude00b""#][..], "a😀b"),
            (&[r#""a\ud83d""#, r#""""#, r#""\ude00""#], "a😀"),
            (&[r#""\ud83d\ude00""#], "😀"),
            (&[r#""a\ud83d""#, r#""b""#], "a\u{fffd}b"),
            (&[r#""a\ud83d""#], "a\u{fffd}"),
            (&[r#""\ude00a""#], "\u{fffd}a"),
            (&[r#""ü\ud83dé\ude00""#], "ü\u{fffd}é\u{fffd}"),
            (&[r#""\ud83d""#, r#""\ud83d""#, r#""\ude00""#], "\u{fffd}😀"),
        ] {
            assert_eq!(read(pieces), text, "{pieces:?}");
        }
    }
}
