//! A body without what its server would refuse.

use bytes::Bytes;

use super::within;
use crate::dialects::defaults;
use crate::dialects::report::Report;
use crate::dialects::scan::{self, Field, Fields};

/// A body as its server takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The body.
    pub body: Bytes,
    /// Which fields were lost with what they said; refused when strict.
    pub dropped: Vec<String>,
    /// Hints that were left out: named beside `dropped`, never refused.
    pub hints: Vec<String>,
}

/// A body that is known to be JSON without the fields that its server refuses, and with those it
/// knows under another name renamed. `None` where there is nothing to change.
///
/// `refused`: fields at the top, and `list[].field` or `list[other!=word].field` for those of a
/// list's items. What stays, stays byte for byte. A field whose other name is there already is left
/// out.
pub fn fitted(
    body: &[u8],
    refused: &[&'static str],
    renamed: &[(&'static str, &'static str)],
) -> Option<Fit> {
    let all = fields(body)?;
    let has = |name: &str| all.iter().any(|field| scan::is_named(field.name, name));
    let mut report = Report::default();
    let mut changed = false;
    let mut fit = Vec::with_capacity(body.len());
    for field in &all {
        if let Some(name) = refused.iter().find(|name| scan::is_named(field.name, name)) {
            changed = true;
            let value = std::str::from_utf8(field.value).ok()?;
            defaults::lost(name, name, value, &mut report);
            continue;
        }
        let other = renamed
            .iter()
            .find(|(name, _)| scan::is_named(field.name, name));
        changed |= other.is_some();
        let name = match other {
            Some((_, to)) if has(to) => continue,
            Some((_, to)) => to.as_bytes(),
            None => field.name,
        };
        let inner = within::without(field, refused, &mut report);
        changed |= inner.is_some();
        fit.push(if fit.is_empty() { b'{' } else { b',' });
        fit.push(b'"');
        fit.extend_from_slice(name);
        fit.extend_from_slice(b"\":");
        fit.extend_from_slice(inner.as_deref().unwrap_or(field.value));
    }
    if fit.is_empty() {
        return None;
    }
    fit.push(b'}');
    changed.then(|| Fit {
        body: fit.into(),
        dropped: report.dropped,
        hints: report.hints,
    })
}

fn fields(body: &[u8]) -> Option<Vec<Field<'_>>> {
    let mut fields = Fields::of(body).ok()??;
    let mut all = Vec::new();
    while let Some(field) = fields.next().ok()? {
        all.push(field);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RENAMED: &[(&str, &str)] = &[("max_completion_tokens", "max_tokens")];

    const REFUSED: &[&str] = &["user", "stream_options", "logprobs", "seed", "store"];

    fn fit(body: &str) -> Option<(String, Fit)> {
        let fit = fitted(body.as_bytes(), REFUSED, RENAMED)?;
        Some((String::from_utf8(fit.body.to_vec()).expect("text"), fit))
    }

    #[test]
    fn what_is_refused_is_left_out_and_the_rest_stays_as_it_was() {
        let body =
            r#"{"model": "m", "seed":5,"user":"u","n" : 1.50,"messages":[{"user":"\u00e4"}]}"#;
        let (text, found) = fit(body).expect("a change");
        assert_eq!(
            text,
            r#"{"model":"m","n":1.50,"messages":[{"user":"\u00e4"}]}"#
        );
        assert_eq!(
            (found.dropped, found.hints),
            (vec!["seed".to_owned()], vec!["user".to_owned()])
        );
    }

    #[test]
    fn what_says_nothing_goes_without_a_loss() {
        let body = r#"{"\u0075ser":null,"model":"m","store":false,"logprobs": false,"stream_options":{"include_usage":true}}"#;
        let (text, found) = fit(body).expect("a change");
        assert_eq!(text, r#"{"model":"m"}"#);
        assert!(found.dropped.is_empty() && found.hints.is_empty());
    }

    #[test]
    fn a_field_gets_the_name_its_server_knows() {
        let fit = |body| fit(body).map(|(text, _)| text);
        assert_eq!(
            fit(r#"{"max_completion_tokens":5,"model":"m"}"#).as_deref(),
            Some(r#"{"max_tokens":5,"model":"m"}"#)
        );
        assert_eq!(
            fit(r#"{"max_tokens":7,"max_completion_tokens":5}"#).as_deref(),
            Some(r#"{"max_tokens":7}"#)
        );
    }

    #[test]
    fn fields_of_a_lists_items_are_left_out_too() {
        let body = br#"{"messages":[{"role":"system","name":"op","content":"s"}, {"name":"ann","role":"user","content":"name"},"x",{"role":"tool", "content":"r"}],"name":"m"}"#;
        for (refused, text, dropped) in [
            (
                "messages[].name",
                r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"name"},"x",{"role":"tool", "content":"r"}],"name":"m"}"#,
                &["messages[0].name", "messages[1].name"][..],
            ),
            (
                "messages[role!=user].name",
                r#"{"messages":[{"role":"system","content":"s"},{"name":"ann","role":"user","content":"name"},"x",{"role":"tool", "content":"r"}],"name":"m"}"#,
                &["messages[0].name"],
            ),
        ] {
            let fit = fitted(body, &[refused], &[]).expect("a change");
            assert_eq!(String::from_utf8_lossy(&fit.body), text);
            assert_eq!(fit.dropped, dropped);
        }
        let unnamed = br#"{"messages":[{"role":"user","content":"name"}],"name":"m"}"#;
        assert_eq!(fitted(unnamed, &["messages[].name"], &[]), None);
    }

    #[test]
    fn where_nothing_is_to_change_the_body_is_left_alone() {
        for body in [r#"{"model":"m","max_tokens":1}"#, "{}", "[]", "", "{"] {
            assert_eq!(fit(body), None, "{body}");
        }
    }
}
