//! The demo model's own tokens: words, long ones in parts, and every other character by itself.

/// The most letters of one token.
const LONGEST: usize = 8;

/// A text in tokens; joined they are the text again. A space belongs to the word behind it.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let start = usize::from(rest.starts_with(' ') && rest.len() > 1);
        let letters: usize = rest[start..]
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(LONGEST)
            .count();
        let end = if letters > 0 {
            start + letters
        } else {
            let first = rest[start..].chars().next();
            start + first.map_or(0, char::len_utf8)
        };
        let (token, behind) = rest.split_at(end);
        tokens.push(token);
        rest = behind;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_signs_and_foreign_letters_are_tokens() {
        assert_eq!(
            tokens("Hello, you 你好!"),
            ["Hello", ",", " you", " 你", "好", "!"]
        );
        assert_eq!(tokens("international  "), ["internat", "ional", "  "]);
        assert_eq!(tokens(""), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in ".*") {
            prop_assert_eq!(tokens(&text).concat(), text);
        }
    }
}
