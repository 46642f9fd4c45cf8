//! Objects whose names may be spelt in either way that Google takes.

use crate::dialects::Malformed;
use crate::dialects::json::{Fields, Object, Value};
use crate::models::chat::Raw;

pub(super) fn wrong(param: impl Into<String>, what: &str) -> Malformed {
    let param = param.into();
    let message = format!("{param} must be {what}");
    Malformed::at(param, message)
}

/// An object of Google's: fields are asked for as `camelCase` and found as `snake_case` too.
#[derive(Debug, Default)]
pub(super) struct Google<'a>(pub(super) Object<'a>);

impl<'a> Google<'a> {
    /// What a value is as an object.
    pub(super) fn of(value: Value<'a>) -> Option<Self> {
        value.object().map(Self)
    }

    /// A field; `null` is as good as none.
    pub(super) fn get(&self, name: &str) -> Option<Value<'a>> {
        self.0.get(name).or_else(|| {
            let snake = snake(name);
            (snake != name).then(|| self.0.get(&snake)).flatten()
        })
    }

    pub(super) fn string(&self, name: &str) -> Option<String> {
        self.get(name)?.text().map(std::borrow::Cow::into_owned)
    }

    /// A string that says something.
    pub(super) fn word(&self, name: &str) -> Option<String> {
        self.string(name).filter(|text| !text.is_empty())
    }

    pub(super) fn object(&self, name: &str) -> Option<Self> {
        self.get(name).and_then(Self::of)
    }

    pub(super) fn list(&self, name: &str) -> Vec<Value<'a>> {
        self.get(name).and_then(Value::list).unwrap_or_default()
    }

    /// The objects of a list.
    pub(super) fn objects(&self, name: &str) -> impl Iterator<Item = Self> {
        self.list(name).into_iter().filter_map(Self::of)
    }

    /// The strings of a list.
    pub(super) fn strings(&self, name: &str) -> Vec<String> {
        self.list(name)
            .into_iter()
            .filter_map(Value::text)
            .map(std::borrow::Cow::into_owned)
            .collect()
    }

    /// A whole number, which may stand in quotes.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        let value = self.get(name)?;
        value.count().or_else(|| value.text()?.parse().ok())
    }

    pub(super) fn truth(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(Value::truth)
    }

    /// The fields that are not `null`, by the names they are asked for.
    pub(super) fn said(&self) -> impl Iterator<Item = (String, Raw)> {
        self.0
            .fields()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (camel(name), value.raw()))
    }
}

/// The fields of an object that is written as it came; none where it is something else.
pub(super) fn as_came(raw: &Raw) -> Fields<'static> {
    let whole = Value::parse(raw.text()).ok().and_then(Value::object);
    let fields = whole.unwrap_or_default();
    let fields = fields
        .fields()
        .map(|(name, value)| (name.to_owned().into(), value.raw().into()));
    Fields(fields.collect())
}

/// `maxOutputTokens` as `max_output_tokens`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// `max_output_tokens` as `maxOutputTokens`.
pub(in crate::dialects) fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut raised = false;
    for letter in name.chars() {
        if letter == '_' && !out.is_empty() {
            raised = true;
        } else if std::mem::take(&mut raised) {
            out.push(letter.to_ascii_uppercase());
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_in_either_spelling() {
        for body in [r#"{"maxOutputTokens":"7"}"#, r#"{"max_output_tokens":7}"#] {
            let fields = Google::of(Value::parse(body).unwrap()).unwrap();
            assert_eq!(fields.count("maxOutputTokens"), Some(7), "{body}");
            assert_eq!(fields.said().next().unwrap().0, "maxOutputTokens");
        }
    }
}
