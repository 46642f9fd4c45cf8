//! Most events of a stream differ only in the text they carry.
//!
//! What is the same is learnt from one event that was looked at and found to say nothing but text;
//! events of the same pattern then need no more than a comparison.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::dialects::scan::Scan;

/// The other text that varies: OpenAI's padding, which hides how long a piece is.
static PADDING: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"obfuscation\":\""));

/// The longest pattern that is kept.
const LONGEST: usize = 1024;

/// After so many events that fit no pattern none is learnt any more: they all differ.
const PATIENCE: u32 = 16;

/// What events of plain text have in common: everything but the texts.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    /// From the event's start to its text, both quotes of which are in the parts.
    head: Vec<u8>,
    /// From behind the text to the end, or to the padding.
    middle: Vec<u8>,
    /// From behind the padding to the end.
    tail: Option<Vec<u8>>,
    misses: u32,
}

impl Pattern {
    /// The text of an event of this pattern, as written.
    pub(super) fn text<'a>(&self, raw: &'a [u8]) -> Option<&'a [u8]> {
        if self.head.is_empty() || !raw.starts_with(&self.head) {
            return None;
        }
        let (text, rest) = string(raw, self.head.len() - 1)?;
        let rest = match &self.tail {
            None => return (rest == self.middle).then_some(text),
            Some(_) => rest.strip_prefix(&*self.middle)?,
        };
        let padding = raw.len() - rest.len() - 1;
        let (_, rest) = string(raw, padding)?;
        (Some(rest) == self.tail.as_deref()).then_some(text)
    }

    /// Learns from an event of which only the text from `start` to `end` matters.
    pub(super) fn learn(&mut self, raw: &[u8], start: usize, end: usize) {
        self.misses += 1;
        if self.misses > PATIENCE || raw.len() - (end - start) > LONGEST {
            return;
        }
        let rest = &raw[end..];
        let mut parts = (rest, None);
        if let Some(found) = PADDING.find(rest) {
            let padding = found + PADDING.needle().len();
            if let Some((_, tail)) = string(rest, padding - 1) {
                parts = (&rest[..padding], Some(tail));
            }
        }
        self.head = raw[..start].to_vec();
        self.middle = parts.0.to_vec();
        self.tail = parts.1.map(<[u8]>::to_vec);
    }
}

/// The string whose opening quote stands at a place, and what begins with its closing quote.
fn string(raw: &[u8], quote: usize) -> Option<(&[u8], &[u8])> {
    let mut scan = Scan::new(raw.get(quote..)?);
    let text = scan.string().ok()?;
    Some((text, &raw[quote + scan.at() - 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(event: &str, text: &str) -> Pattern {
        let start = event.find(text).unwrap();
        let mut pattern = Pattern::default();
        pattern.learn(event.as_bytes(), start, start + text.len());
        pattern
    }

    #[test]
    fn events_that_differ_in_their_text_fit() {
        let pattern = learnt(
            "data: {\"delta\":{\"content\":\"one\"},\"finish_reason\":null}\n\n",
            "one",
        );
        let fits = |event: &str| pattern.text(event.as_bytes()).map(<[u8]>::to_vec);
        let other = "data: {\"delta\":{\"content\":\"a \\\"b\\\" ü\"},\"finish_reason\":null}\n\n";
        assert_eq!(fits(other).unwrap(), "a \\\"b\\\" ü".as_bytes());
        for odd in [
            "data: {\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}\n\n",
            "data: {\"delta\":{\"content\":\"x\",\"y\":1},\"finish_reason\":null}\n\n",
            "data: {\"delta\":{\"content\":\"x},\"finish_reason\":null}\n\n",
            "data: {\"delta\":{\"content\":null},\"finish_reason\":null}\n\n",
            "data: {\"delta\":{\"content\":\"x\"},\"finish_reason\":null}\n",
            "data: [DONE]\n\n",
            "",
        ] {
            assert_eq!(fits(odd), None, "{odd}");
        }
    }

    #[test]
    fn padding_may_differ_too() {
        let event = |text: &str, padding: &str| {
            format!(
                "data: {{\"content\":\"{text}\",\"usage\":null,\"obfuscation\":\"{padding}\"}}\n\n"
            )
        };
        let pattern = learnt(&event("one", "xyz"), "one");
        let fits = |event: &str| pattern.text(event.as_bytes()).is_some();
        assert!(fits(&event("two", "")));
        assert!(!fits(&event("two", "x\",\"error\":\"")));
        assert!(!fits(&event("two", "x").replace("null", "{}")));
    }

    #[test]
    fn a_stream_without_a_pattern_is_given_up() {
        let mut pattern = Pattern::default();
        for n in 0..100 {
            let event = format!("{{\"id\":{n},\"content\":\"x\"}}");
            let start = event.len() - 3;
            assert_eq!(pattern.text(event.as_bytes()), None);
            pattern.learn(event.as_bytes(), start, start + 1);
        }
        assert!(pattern.head.starts_with(b"{\"id\":15,"));
    }
}
