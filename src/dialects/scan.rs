//! A strict reader of JSON that builds nothing: it says where values are, and refuses what is not JSON.
//!
//! It accepts what `serde_json` accepts in text of valid UTF-8, up to [`DEEPEST`] levels. Strings
//! are skipped sixteen bytes at a time, so that a long prompt costs little more than reading it.

use std::borrow::Cow;

/// The deepest nesting that is taken.
pub(super) const DEEPEST: u32 = 128;

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not JSON where reading stands.
    Syntax,
    /// It ends too early.
    End,
    /// Nested deeper than [`DEEPEST`].
    Depth,
}

/// Where reading stands in a text.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// Bytes of long strings without anything but base64's letters: images and files.
    pub(super) opaque: usize,
    /// How many such strings there were.
    pub(super) opaque_strings: u64,
}

/// Strings of at least this many bytes are looked at for being base64.
const LONG: usize = 2048;
/// So many words of a string are looked at one by one before it is taken for a long one.
const SHORT: usize = 3;

impl<'a> Scan<'a> {
    /// At the start of a text.
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            opaque: 0,
            opaque_strings: 0,
        }
    }

    /// Where reading stands.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// The text from a place to where reading stands.
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        &self.text[start..self.at]
    }

    /// The next byte that is not white space, without going past it.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8, Fault> {
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
    pub(super) fn pass(&mut self) {
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
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Err(Fault::End) => Ok(()),
            Ok(_) => Err(Fault::Syntax),
            Err(fault) => Err(fault),
        }
    }

    /// Goes past a string, white space before it and its quotes; gives what is between them.
    #[inline]
    pub(super) fn string(&mut self) -> Result<&'a [u8], Fault> {
        self.expect(b'"')?;
        let start = self.at;
        // Names and short values end within a word or two.
        let (words, _) = self.text[start..].as_chunks::<8>();
        for word in words.iter().take(SHORT) {
            let found = special(u64::from_le_bytes(*word));
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
        while let Some(block) = self.text[self.at..].first_chunk::<64>() {
            if plain
                && !block
                    .iter()
                    .fold(false, |any, &byte| any | is_special(byte))
            {
                self.at += 64;
                continue;
            }
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

    /// As [`Scan::long_string`], a byte at a time.
    fn tail(&mut self, start: usize) -> Result<&'a [u8], Fault> {
        loop {
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(self.inside(start, self.at - 1));
                }
                Some(b'\\') => self.at = self.escape(self.at)?,
                Some(0x20..) => self.at += 1,
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
    pub(super) fn value(&mut self, depth: u32) -> Result<(), Fault> {
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

/// A field of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// Its name as written between the quotes, escapes and all.
    pub(super) name: &'a [u8],
    /// Its value as written.
    pub(super) value: &'a [u8],
    /// Where the value begins in the text.
    pub(super) start: usize,
}

/// The fields of an object, one after the other.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    scan: Scan<'a>,
    open: usize,
    first: bool,
}

impl<'a> Fields<'a> {
    /// The fields of the object that a text is; `None` when it is something else.
    pub(super) fn of(text: &'a [u8]) -> Result<Option<Self>, Fault> {
        let mut scan = Scan::new(text);
        if scan.peek()? != b'{' {
            return Ok(None);
        }
        scan.pass();
        Ok(Some(Self {
            open: scan.at(),
            scan,
            first: true,
        }))
    }

    /// Where the first field would begin.
    pub(super) const fn open(&self) -> usize {
        self.open
    }

    /// The scanner, for what it noticed on its way.
    pub(super) const fn scan(&self) -> &Scan<'a> {
        &self.scan
    }

    /// The next field; `None` at the end of the object, after which nothing may follow.
    pub(super) fn next(&mut self) -> Result<Option<Field<'a>>, Fault> {
        let byte = self.scan.peek()?;
        if byte == b'}' {
            self.scan.pass();
            self.scan.end()?;
            return Ok(None);
        }
        if !self.first {
            if byte != b',' {
                return Err(Fault::Syntax);
            }
            self.scan.pass();
        }
        self.first = false;
        let name = self.scan.string()?;
        self.scan.expect(b':')?;
        self.scan.peek()?;
        let start = self.scan.at();
        self.scan.value(1)?;
        Ok(Some(Field {
            name,
            value: self.scan.since(start),
            start,
        }))
    }
}

/// The items of an array that is known to be JSON, one after the other.
#[derive(Debug)]
pub(super) struct Items<'a> {
    scan: Scan<'a>,
}

impl<'a> Items<'a> {
    /// The items of the array that a text is; none when it is something else.
    pub(super) fn of(text: &'a [u8]) -> Self {
        let mut scan = Scan::new(text);
        if scan.peek() == Ok(b'[') {
            scan.pass();
        } else {
            scan = Scan::new(&[]);
        }
        Self { scan }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match self.scan.peek().ok()? {
            b']' => return None,
            b',' => self.scan.pass(),
            _ => {}
        }
        self.scan.peek().ok()?;
        let start = self.scan.at();
        self.scan.value(1).ok()?;
        Some(self.scan.since(start))
    }
}

/// The field of an object by its name, the last one where it is repeated.
pub(super) fn field<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut fields = Fields::of(object).ok()??;
    let mut found = None;
    while let Some(field) = fields.next().ok()? {
        if is_named(field.name, name) {
            found = Some(field.value);
        }
    }
    found
}

/// Whether a name as written is this one.
pub(super) fn is_named(written: &[u8], name: &str) -> bool {
    written == name.as_bytes()
        || (memchr::memchr(b'\\', written).is_some()
            && unescape(written).is_some_and(|text| text == name))
}

/// The text of a string value; `None` when it is something else.
pub(super) fn text(value: &[u8]) -> Option<Cow<'_, str>> {
    let inside = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    unescape(inside)
}

/// What stands between quotes, without its escapes; `None` for half a surrogate pair.
pub(super) fn unescape(inside: &[u8]) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'\\', inside).is_none() {
        return std::str::from_utf8(inside).ok().map(Cow::Borrowed);
    }
    let mut quoted = Vec::with_capacity(inside.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(inside);
    quoted.push(b'"');
    serde_json::from_slice::<String>(&quoted)
        .ok()
        .map(Cow::Owned)
}

/// Whether a text is one JSON value and nothing else.
pub(super) fn is_json(text: &[u8]) -> bool {
    let mut scan = Scan::new(text);
    simdutf8::basic::from_utf8(text).is_ok() && scan.value(0).is_ok() && scan.end().is_ok()
}

/// Whether a value is `null`.
pub(super) fn is_null(value: &[u8]) -> bool {
    value == b"null"
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;

    fn taken(text: &[u8]) -> Result<(), Fault> {
        let mut scan = Scan::new(text);
        scan.value(0)?;
        scan.end()
    }

    #[test]
    fn strings_end_and_break_at_the_same_byte_whatever_their_length() {
        for length in 0..150 {
            for special in [
                "", "\"", "\\", "\0", "\u{1f}", "\n", "\\n", "\\\"", "\\u00e4", "\\x",
            ] {
                for place in 0..=length {
                    let text = format!(
                        "\"{}{special}{}\"",
                        "ä".repeat(place),
                        " ".repeat(length - place)
                    );
                    assert_eq!(
                        taken(text.as_bytes()).is_ok(),
                        serde_json::from_str::<IgnoredAny>(&text).is_ok(),
                        "{text:?}"
                    );
                }
            }
        }
        let odd = b"\" \x7f\x80\xff!#[]\"";
        assert_eq!(Scan::new(odd).string(), Ok(&odd[1..odd.len() - 1]));
    }

    #[test]
    fn nesting_is_taken_to_128_levels_and_refused_beyond() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = |levels: usize| {
                let core = if open == "[" { "" } else { "1" };
                format!("{}{core}{}", open.repeat(levels), close.repeat(levels))
            };
            assert_eq!(taken(nested(128).as_bytes()), Ok(()));
            assert_eq!(taken(nested(129).as_bytes()), Err(Fault::Depth));
            assert_eq!(taken(nested(1_000_000).as_bytes()), Err(Fault::Depth));
        }
    }

    #[test]
    fn what_is_not_json_is_refused_where_serde_json_refuses_it() {
        for text in [
            "",
            " ",
            "nul",
            "nulll",
            "truE",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "1e+",
            "+1",
            "0x1",
            "1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\" 1}",
            "{\"a\":}",
            "{\"a\":1 \"b\":2}",
            "{'a':1}",
            "\"\n\"",
            "\"\t\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u123\"",
            "\"",
            "[",
            "{",
            "{\"a\"",
            "[1}",
            "{\"a\":1]",
            "[]]",
            "{}{}",
            "\u{feff}{}",
            "NaN",
            "Infinity",
            "// c\n1",
            "\"\u{0}\"",
            "[1\u{a0}]",
            "-01",
            "00",
            "1e5.5",
            "--1",
        ] {
            assert!(
                serde_json::from_str::<IgnoredAny>(text).is_err(),
                "{text:?}"
            );
            assert!(taken(text.as_bytes()).is_err(), "{text:?}");
        }
        for text in [
            "0",
            "-0",
            "1e400",
            "-1.5E-10",
            " [ ] ",
            "{ }",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "[[],{},\"\",0,null,true,false]",
            "\r\n\t{\"\":{\"\":[]}}\n",
            "\"\u{7f}é日🦀\"",
        ] {
            assert_eq!(
                taken(text.as_bytes()).is_ok(),
                serde_json::from_str::<IgnoredAny>(text).is_ok(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn fields_and_items_are_found_as_written() {
        let text = br#" {"a" : [1, "x", {"b":2} ] ,"\u0061":null,"c":"\"q\"" } "#;
        let mut fields = Fields::of(text).unwrap().unwrap();
        let first = fields.next().unwrap().unwrap();
        assert_eq!(first.name, b"a");
        assert_eq!(
            &text[first.start..first.start + first.value.len()],
            first.value
        );
        let items: Vec<&[u8]> = Items::of(first.value).collect();
        assert_eq!(items, [b"1".as_slice(), b"\"x\"", b"{\"b\":2}"]);
        assert_eq!(field(text, "a"), Some(b"null".as_slice()));
        assert_eq!(text_of(field(text, "c")), "\"q\"");
        assert_eq!(field(text, "d"), None);
        assert_eq!(field(b"[1]", "d"), None);
        assert_eq!(field(b"{\"d\":1", "d"), None);
    }

    fn text_of(value: Option<&[u8]>) -> String {
        text(value.unwrap()).unwrap().into_owned()
    }

    /// JSON of any shape, spelled in any way.
    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?",
            any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
            "\"(\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}|[ a-zé日])*\"",
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6)
                    .prop_map(|items| format!("[ {}\n]", items.join(" ,"))),
                prop::collection::vec(("\"[a-z\\\\n]?\"", inner), 0..6).prop_map(|fields| {
                    let fields: Vec<String> =
                        fields.iter().map(|(k, v)| format!("{k}\t: {v}")).collect();
                    format!("{{{}\r}}", fields.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_json_is_taken_as_serde_json_takes_it(text in json()) {
            prop_assert_eq!(
                taken(text.as_bytes()).is_ok(),
                serde_json::from_str::<IgnoredAny>(&text).is_ok()
            );
        }

        #[test]
        fn every_broken_json_is_refused_as_serde_json_refuses_it(
            text in json(),
            place in any::<prop::sample::Index>(),
            with in prop_oneof![Just(None), "[\\x00-\\x7f]".prop_map(|c| Some(c.as_bytes()[0]))],
        ) {
            let mut bytes = text.into_bytes();
            let place = place.index(bytes.len());
            match with {
                Some(byte) => bytes[place] = byte,
                None => { bytes.remove(place); }
            }
            if let Ok(text) = std::str::from_utf8(&bytes) {
                prop_assert_eq!(
                    taken(&bytes).is_ok(),
                    serde_json::from_str::<IgnoredAny>(text).is_ok(),
                    "{:?}", text
                );
            }
        }

        #[test]
        fn any_bytes_are_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = taken(&bytes);
            let _ = field(&bytes, "model");
            let _ = Items::of(&bytes).count();
        }

        #[test]
        fn json_letters_at_random_are_judged_as_serde_json_judges_them(
            text in "[\\[\\]{}:,\"\\\\u0e+.tfn1-9 a-z-]{0,24}"
        ) {
            prop_assert_eq!(
                taken(text.as_bytes()).is_ok(),
                serde_json::from_str::<IgnoredAny>(&text).is_ok(),
                "{:?}", text
            );
        }
    }
}
