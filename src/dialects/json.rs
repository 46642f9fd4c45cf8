//! JSON as the dialects read and write it: lazily, borrowed, and with numbers as they were spelled.
//!
//! Reading never builds a tree: an [`Object`] is its fields with their values unread. Writing
//! builds a [`Json`] that borrows the long texts until they are copied into the body once.

mod halves;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::models::chat::Raw;

pub use halves::Halves;

/// A value that is not read yet.
#[derive(Debug, Clone, Copy)]
pub struct Value<'a>(&'a RawValue);

impl<'a> Value<'a> {
    /// Checks that a text is one JSON value.
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map(Self)
    }

    /// The text of the value.
    pub fn source(self) -> &'a str {
        self.0.get()
    }

    /// A copy of its own.
    pub fn raw(self) -> Raw {
        self.0.into()
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.source() == "null"
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.source().starts_with('{')
    }

    /// Whether it is a list.
    pub fn is_list(self) -> bool {
        self.source().starts_with('[')
    }

    /// Whether it is a text or a list, as what is said in a conversation is.
    pub fn is_content(self) -> bool {
        self.source().starts_with(['"', '['])
    }

    /// Whether it says anything: not `null`, not `false`, not empty.
    pub fn says_something(self) -> bool {
        match self.source().as_bytes() {
            b"null" | b"\"\"" | b"false" | b"" => false,
            [b'[' | b'{', inside @ .., _] => !inside.iter().all(u8::is_ascii_whitespace),
            _ => true,
        }
    }

    /// A string; a broken surrogate becomes the replacement character.
    pub fn text(self) -> Option<Cow<'a, str>> {
        if !self.source().starts_with('"') {
            return None;
        }
        if let Ok(text) = serde_json::from_str::<Text<'a>>(self.source()) {
            return Some(text.0);
        }
        let mut halves = Halves::default();
        let mut text = halves.text(self)?;
        text.extend(halves.rest());
        Some(Cow::Owned(text))
    }

    /// A whole number, also when it is spelled `3.0`.
    pub fn count(self) -> Option<u64> {
        let text = self.source();
        text.parse().ok().or_else(|| {
            let whole = text.split_once('.')?;
            (!whole.1.is_empty() && whole.1.bytes().all(|digit| digit == b'0'))
                .then(|| whole.0.parse().ok())?
        })
    }

    /// A number.
    pub fn number(self) -> Option<f64> {
        let text = self.source();
        text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
            .then(|| text.parse().ok())?
    }

    /// A truth value.
    pub fn truth(self) -> Option<bool> {
        match self.source() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// A list.
    pub fn list(self) -> Option<Vec<Value<'a>>> {
        if !self.source().starts_with('[') {
            return None;
        }
        let items: Vec<&'a RawValue> = serde_json::from_str(self.source()).ok()?;
        Some(items.into_iter().map(Value).collect())
    }

    /// An object.
    pub fn object(self) -> Option<Object<'a>> {
        if !self.source().starts_with('{') {
            return None;
        }
        serde_json::from_str(self.source()).ok()
    }
}

/// An object whose values are not read yet. Of a repeated field the last counts.
#[derive(Debug, Default)]
pub struct Object<'a>(Vec<Field<'a>>);

#[derive(Debug)]
struct Field<'a> {
    name: Cow<'a, str>,
    value: &'a RawValue,
    /// Whether anybody asked for it.
    asked: Cell<bool>,
}

impl<'a> Object<'a> {
    /// A field; `null` is as good as none.
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        let field = self.0.iter().rev().find(|field| field.name == name)?;
        field.asked.set(true);
        Some(Value(field.value)).filter(|value| !value.is_null())
    }

    /// The fields in order, `null` ones too.
    pub fn fields(&self) -> impl Iterator<Item = (&str, Value<'a>)> {
        self.0
            .iter()
            .map(|field| (&*field.name, Value(field.value)))
    }

    /// The names of the fields that say something and were never asked for by [`Object::get`] and
    /// its kin.
    pub fn unasked(&self) -> impl Iterator<Item = &str> {
        let left = |field: &&Field<'_>| !field.asked.get() && Value(field.value).says_something();
        self.0.iter().filter(left).map(|field| &*field.name)
    }

    /// A string field; of any other type as good as none.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name)?.text()
    }

    /// A string field as its own.
    pub fn string(&self, name: &str) -> Option<String> {
        self.text(name).map(Cow::into_owned)
    }

    /// A string field that says something.
    pub fn word(&self, name: &str) -> Option<String> {
        self.string(name).filter(|text| !text.is_empty())
    }

    /// An object field.
    pub fn object(&self, name: &str) -> Option<Object<'a>> {
        self.get(name)?.object()
    }

    /// The items of a list field; none when it is something else.
    pub fn list(&self, name: &str) -> Vec<Value<'a>> {
        self.get(name).and_then(Value::list).unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    fields.push(Field {
                        name: key.0,
                        value: map.next_value()?,
                        asked: Cell::new(false),
                    });
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A string, borrowed where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Chars;
        impl<'de> Visitor<'de> for Chars {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Chars)
    }
}

/// JSON without the white space between its tokens.
pub fn compact(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut out: Option<String> = None;
    let mut kept = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            byte if byte.is_ascii_whitespace() => {
                let out = out.get_or_insert_with(|| String::with_capacity(json.len()));
                out.push_str(json.get(kept..at).unwrap_or_default());
                at += 1;
                kept = at;
            }
            _ => at += 1,
        }
    }
    match out {
        None => Cow::Borrowed(json),
        Some(mut out) => {
            out.push_str(json.get(kept..).unwrap_or_default());
            Cow::Owned(out)
        }
    }
}

/// A value to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A string.
    Text(Cow<'a, str>),
    /// Something that is JSON already.
    Raw(Cow<'a, str>),
    /// A list.
    List(Vec<Json<'a>>),
    /// An object.
    Object(Fields<'a>),
}

/// The fields of an object to be written, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields<'a>(pub Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Fields<'a> {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    pub fn with(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Json<'a>>) -> Self {
        self.put(name, value);
        self
    }

    /// Adds a field that has a value.
    pub fn maybe(self, name: &'a str, value: Option<impl Into<Json<'a>>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a field.
    pub fn put(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Json<'a>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes of the object.
    pub fn bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        Json::Object(self).write(&mut out);
        out
    }
}

impl Json<'_> {
    /// Appends its bytes, which never contain a line break.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Text(text) => string(text, out),
            Self::Raw(text) => {
                // Between the tokens of JSON a line break is a space; within them there is none.
                let start = out.len();
                out.extend_from_slice(text.as_bytes());
                for byte in &mut out[start..] {
                    if matches!(byte, b'\n' | b'\r') {
                        *byte = b' ';
                    }
                }
            }
            Self::List(items) => {
                out.push(b'[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Object(fields) => {
                out.push(b'{');
                for (place, (name, value)) in fields.0.iter().enumerate() {
                    if place > 0 {
                        out.push(b',');
                    }
                    string(name, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }

    /// Its bytes as text.
    pub fn to_text(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

fn string(text: &str, out: &mut Vec<u8>) {
    // Writing a string into memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

impl<'a> From<Fields<'a>> for Json<'a> {
    fn from(fields: Fields<'a>) -> Self {
        Self::Object(fields)
    }
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Json<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Json<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Raw> for Json<'a> {
    fn from(raw: &'a Raw) -> Self {
        Self::Raw(Cow::Borrowed(raw.text()))
    }
}

impl From<Raw> for Json<'_> {
    fn from(raw: Raw) -> Self {
        Self::Raw(Cow::Owned(raw.text().to_owned()))
    }
}

impl From<bool> for Json<'_> {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<u64> for Json<'_> {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<i64> for Json<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Json<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl<'a> From<Vec<Json<'a>>> for Json<'a> {
    fn from(items: Vec<Json<'a>>) -> Self {
        Self::List(items)
    }
}

impl<'a, T: Into<Json<'a>>> From<Option<T>> for Json<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests;
