//! Names of tools that are too long for a target: cut, with a digest, and found again.

use std::borrow::Cow;

use super::ids;
use crate::models::chat::Tool;

/// A name as a target takes it.
pub(super) fn shortened(name: &str, most: usize) -> Cow<'_, str> {
    if name.chars().count() <= most {
        return Cow::Borrowed(name);
    }
    let kept: String = name.chars().take(most.saturating_sub(9)).collect();
    let digest = ids::minted("_", name);
    Cow::Owned(format!("{kept}{}", &digest[..9]))
}

/// The names that are too long for a target: as sent, as the client wrote them.
pub(super) fn changed(tools: &[Tool], most: usize) -> Vec<(String, String)> {
    let changed = |tool: &Tool| match shortened(&tool.name, most) {
        Cow::Owned(short) => Some((short, tool.name.clone())),
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
        let (one, two) = (shortened(&one, 64), shortened(&two, 64));
        assert_eq!((one.len(), two.len()), (64, 64));
        assert_ne!(one, two);
        assert_eq!(shortened("short", 64), "short");
    }
}
