//! Texts that stand elsewhere: `"env:NAME"` and `"file:PATH"`, so that secrets stay out of files.

use std::path::Path;

use super::environment::Environment;
use super::seen::Seen;

/// More than any setting needs; a device or a log is not read whole.
const MOST: u64 = 64 << 10;

/// Whether a text says where the real one stands.
pub(super) fn is(text: &str) -> bool {
    text.starts_with("env:") || text.starts_with("file:")
}

/// The text that another one stands for. Paths are relative to `folder`.
pub(super) fn resolve(
    text: &str,
    environment: &Environment,
    folder: &Path,
    seen: &mut Seen,
) -> Result<String, String> {
    if let Some(name) = text.strip_prefix("env:") {
        return match environment.get(name) {
            Some(value) => Ok(value.to_owned()),
            None => Err(format!("names the variable {name:?}, which is not set")),
        };
    }
    let Some(path) = text.strip_prefix("file:") else {
        return Ok(text.to_owned());
    };
    let path = folder.join(path);
    let told = |what: String| {
        format!(
            "names the file {:?}, which {what}",
            path.display().to_string()
        )
    };
    let content = seen
        .read(&path, MOST + 1)
        .map_err(|error| told(format!("cannot be read: {error}")))?;
    if content.len() as u64 > MOST {
        return Err(told("is too large".to_owned()));
    }
    let content = String::from_utf8(content).map_err(|_| told("is not UTF-8".to_owned()))?;
    let content = content.trim_end_matches(['\n', '\r']);
    if content.is_empty() {
        return Err(told("is empty".to_owned()));
    }
    Ok(content.to_owned())
}
