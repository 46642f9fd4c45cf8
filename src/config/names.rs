//! Names of providers, and how names are written in a path.

/// Checks a provider's name: `[a-z][a-z0-9-]*`.
pub(super) fn provider(name: &str) -> Result<(), String> {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let rest = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if first && rest && name.len() <= 64 {
        Ok(())
    } else {
        Err(
            "must be a name of lower-case letters, digits and \"-\" that begins with a letter"
                .to_owned(),
        )
    }
}

/// A name as it stands in a path: in quotes when it would otherwise be misread.
pub(super) fn quoted(name: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !name.is_empty() && name.bytes().all(bare) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}
