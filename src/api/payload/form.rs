//! The fields of a plain HTML form.

use std::collections::BTreeMap;

/// Reads `a=b&c=d` as browsers write it; of a name that comes twice the first counts.
pub(crate) fn form(text: &[u8]) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for pair in text
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
    {
        let (name, value) = match memchr::memchr(b'=', pair) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        fields
            .entry(decoded(name))
            .or_insert_with(|| decoded(value));
    }
    fields
}

fn decoded(text: &[u8]) -> String {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let byte = match (text[at], digit(at + 1), digit(at + 2)) {
            (b'+', ..) => b' ',
            (b'%', Some(high), Some(low)) => {
                at += 2;
                u8::try_from(high * 16 + low).unwrap_or(b'?')
            }
            (byte, ..) => byte,
        };
        bytes.push(byte);
        at += 1;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let fields = form(b"email=a%40b.c&password=x+y%26%3D%C3%A9%&token=&email=z");
        assert_eq!(fields["email"], "a@b.c");
        assert_eq!(fields["password"], "x y&=é%");
        assert_eq!(fields["token"], "");
        assert!(form(b"").is_empty());
    }
}
