//! Names of tools that a target does not take: spelt otherwise, with a digest, and found again.

use std::borrow::Cow;

use super::ids;
use crate::models::chat::Tool;

/// How much of a name is its digest.
const DIGEST: usize = 9;

/// A name as a target takes it: letters, digits, `_` and `-`, at most so many.
pub(super) fn fitting(name: &str, most: usize) -> Cow<'_, str> {
    spelt(name, most, |c| {
        c.is_ascii_alphanumeric() || "_-".contains(c)
    })
}

/// A name as Google takes it, whose names may have dots and colons too.
pub(super) fn fitting_google(name: &str, most: usize) -> Cow<'_, str> {
    spelt(name, most, |c| {
        c.is_ascii_alphanumeric() || "_-.:".contains(c)
    })
}

fn spelt(name: &str, most: usize, fits: impl Fn(char) -> bool) -> Cow<'_, str> {
    if name.len() <= most && name.chars().all(&fits) {
        return Cow::Borrowed(name);
    }
    let kept: String = name
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .take(most.saturating_sub(DIGEST))
        .collect();
    let digest = ids::minted("_", name);
    Cow::Owned(format!("{kept}{}", &digest[..DIGEST]))
}

/// The names that a target does not take: as sent, as the client wrote them.
pub(super) fn changed(tools: &[Tool], most: usize) -> Vec<(String, String)> {
    let changed = |tool: &Tool| match fitting(&tool.name, most) {
        Cow::Owned(sent) => Some((sent, tool.name.clone())),
        Cow::Borrowed(_) => None,
    };
    tools.iter().filter_map(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_so_that_others_stay_apart() {
        let (one, two) = (
            format!("{}a", "x".repeat(80)),
            format!("{}b", "x".repeat(80)),
        );
        let (one, two) = (fitting(&one, 64), fitting(&two, 64));
        assert_eq!((one.len(), two.len()), (64, 64));
        assert_ne!(one, two);
        assert_eq!(fitting("short", 64), "short");
    }

    #[test]
    fn a_name_in_other_letters_is_spelt_so_that_others_stay_apart() {
        let (one, two) = (fitting("files.read", 64), fitting("files:read", 64));
        assert!(one.starts_with("files_read_") && two.starts_with("files_read_"));
        assert_ne!(one, two);
        assert_eq!(fitting_google("files.read:all", 64), "files.read:all");
        for name in ["größe", "a b", "a/b", "\u{1f527}", &"ä".repeat(60)] {
            for sent in [fitting(name, 64), fitting_google(name, 64)] {
                let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                assert!(sent.len() <= 64 && sent.bytes().all(word), "{sent}");
            }
        }
    }
}
