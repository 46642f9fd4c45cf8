//! Google's `generationConfig`, of which two fields decide what a call may cost.

use super::{Head, Malformed, choices, count, wrong};
use crate::dialects::scan::{self, Fields};

/// What the configuration is called in refusals.
const CONFIG: &str = "generationConfig";

/// Reads the limit on output and the number of answers, in either spelling Google takes.
pub(super) fn read(value: &[u8], head: &mut Head) -> Result<(), Malformed> {
    let refused = || wrong(CONFIG, "an object");
    let mut fields = Fields::of(value)
        .map_err(|_| refused())?
        .ok_or_else(refused)?;
    let (mut limit, mut answers) = (None, None);
    while let Some(field) = fields.next().map_err(|_| refused())? {
        let is = |name: &str| scan::is_named(field.name, name);
        if is("maxOutputTokens") || is("max_output_tokens") {
            once(&mut limit, field.value, "maxOutputTokens")?;
        } else if is("candidateCount") || is("candidate_count") {
            once(&mut answers, field.value, "candidateCount")?;
        }
    }
    if let Some(value) = limit.filter(|value| !scan::is_null(value)) {
        head.max_output = Some(count(digits(value), &path("maxOutputTokens"))?);
    }
    if let Some(value) = answers.filter(|value| !scan::is_null(value)) {
        head.n = choices(digits(value), &path("candidateCount"))?;
    }
    Ok(())
}

fn path(name: &str) -> String {
    format!("{CONFIG}.{name}")
}

fn once<'a>(place: &mut Option<&'a [u8]>, value: &'a [u8], name: &str) -> Result<(), Malformed> {
    if place.replace(value).is_some() {
        let path = path(name);
        let message = format!("`{path}` is given twice");
        return Err(Malformed::at(path, message));
    }
    Ok(())
}

/// Google takes a whole number in quotes too.
fn digits(value: &[u8]) -> &[u8] {
    value
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
        .unwrap_or(value)
}
