//! The fields of a JSON object, taken one by one so that every fault names its field.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::api::problem::Problem;
use crate::config::network;
use crate::models::clock::Timestamp;
use crate::models::refusal::Situation;

/// What is left of an object after the known fields have been taken.
#[derive(Debug)]
pub(crate) struct Fields(Vec<(String, Box<RawValue>)>);

#[expect(
    clippy::option_option,
    reason = "a field that is not there leaves a value, null clears it"
)]
impl Fields {
    /// Reads an object; `{}` stands for an empty body.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Problem> {
        if body.trim_ascii().is_empty() {
            return Ok(Self(Vec::new()));
        }
        let mut json = serde_json::Deserializer::from_slice(body);
        let fields = json
            .deserialize_map(Members)
            .and_then(|fields| json.end().map(|()| fields))
            .map_err(|error| malformed(body, &error))?;
        for (index, (name, _)) in fields.iter().enumerate() {
            if fields[..index].iter().any(|(other, _)| other == name) {
                return Err(Problem::invalid(name, "is given twice"));
            }
        }
        Ok(Self(fields))
    }

    fn take(&mut self, name: &str) -> Option<Box<RawValue>> {
        let index = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.swap_remove(index).1)
    }

    /// A field that may be left out but not be null.
    fn plain<T: DeserializeOwned>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, Problem> {
        self.take(name)
            .map(|raw| {
                serde_json::from_str(raw.get())
                    .map_err(|_| Problem::invalid(name, format_args!("must be {expected}")))
            })
            .transpose()
    }

    /// A field that null clears.
    fn nullable<T: DeserializeOwned>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Result<Option<Option<T>>, Problem> {
        self.plain::<Option<T>>(name, expected)
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        self.plain(name, "a text")
    }

    /// A text that must be there.
    pub(crate) fn required(&mut self, name: &str) -> Result<String, Problem> {
        self.text(name)?
            .ok_or_else(|| Problem::invalid(name, "is missing"))
    }

    /// True or false.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        self.plain(name, "true or false")
    }

    /// A count that null clears.
    pub(crate) fn count(&mut self, name: &str) -> Result<Option<Option<u64>>, Problem> {
        const EXPECTED: &str = "a whole number from 0 to 9223372036854775807, or null";
        let count = self.nullable::<u64>(name, EXPECTED)?;
        if let Some(Some(count)) = count
            && i64::try_from(count).is_err()
        {
            return Err(Problem::invalid(name, format_args!("must be {EXPECTED}")));
        }
        Ok(count)
    }

    /// A table of texts.
    pub(crate) fn pairs(
        &mut self,
        name: &str,
    ) -> Result<Option<BTreeMap<String, String>>, Problem> {
        self.plain(name, "a table of texts")
    }

    /// A table of objects, each to be taken field by field.
    pub(crate) fn objects(&mut self, name: &str) -> Result<Option<Vec<(String, Self)>>, Problem> {
        let Some(raw) = self.take(name) else {
            return Ok(None);
        };
        let wrong = || Problem::invalid(name, "must be a table of objects");
        let Self(entries) = Self::read(raw.get().as_bytes()).map_err(|_| wrong())?;
        let read = |(key, raw): (String, Box<RawValue>)| {
            let fields = Self::read(raw.get().as_bytes()).map_err(|_| wrong())?;
            Ok((key, fields))
        };
        entries
            .into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Whatever it is.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<serde_json::Value>, Problem> {
        self.take(name)
            .map(|raw| {
                serde_json::from_str(raw.get())
                    .map_err(|_| Problem::invalid(name, "is nested too deeply"))
            })
            .transpose()
    }

    /// A text that null clears.
    pub(crate) fn choice(&mut self, name: &str) -> Result<Option<Option<String>>, Problem> {
        self.nullable(name, "a text or null")
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Problem> {
        self.plain(name, "a list of texts")
    }

    /// A list of networks; a single address is a network of one.
    pub(crate) fn networks(&mut self, name: &str) -> Result<Option<Vec<ipnet::IpNet>>, Problem> {
        let Some(texts) = self.texts(name)? else {
            return Ok(None);
        };
        let read = |text: &String| {
            network(text).map_err(|_| {
                Problem::invalid(name, "must be a list of networks such as \"192.0.2.0/24\"")
            })
        };
        texts.iter().map(read).collect::<Result<_, _>>().map(Some)
    }

    /// A moment that null clears.
    pub(crate) fn moment(&mut self, name: &str) -> Result<Option<Option<Timestamp>>, Problem> {
        let text = self.nullable::<String>(name, "a moment (2026-11-21T10:00:00Z) or null")?;
        text.map(|text| {
            text.map(|text| crate::api::extract::moment(name, &text))
                .transpose()
        })
        .transpose()
    }

    /// A duration such as `24h`.
    pub(crate) fn duration(&mut self, name: &str) -> Result<Option<std::time::Duration>, Problem> {
        self.text(name)?
            .map(|text| {
                crate::config::units::duration(&text).map_err(|why| Problem::invalid(name, why))
            })
            .transpose()
    }

    /// Whether a field was given at all; takes it.
    pub(crate) fn forbid(&mut self, name: &str, message: &str) -> Result<(), Problem> {
        match self.take(name) {
            None => Ok(()),
            Some(_) => Err(Problem::new(Situation::Forbidden, message)),
        }
    }

    /// Refuses what nobody has taken.
    pub(crate) fn end(self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(Problem::invalid(name, "is not a field here")),
        }
    }
}

/// A body that is not an object; names the field in which it stops being JSON.
fn malformed(body: &[u8], error: &serde_json::Error) -> Problem {
    let problem = Problem::new(
        Situation::InvalidJson,
        format!("The body is not a JSON object: {error}."),
    );
    match field_before(body, error) {
        Some(name) => problem.param(name),
        None => problem,
    }
}

fn field_before(body: &[u8], error: &serde_json::Error) -> Option<String> {
    let line = body
        .split(|byte| *byte == b'\n')
        .nth(error.line().checked_sub(1)?)?;
    let before = &line[..error.column().min(line.len())];
    let colon = memchr::memrchr(b':', before)?;
    let name = before[..colon].trim_ascii_end().strip_suffix(b"\"")?;
    let start = memchr::memrchr(b'"', name)? + 1;
    std::str::from_utf8(&name[start..]).ok().map(str::to_owned)
}

/// Reads an object's members in order, their values unread.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Box<RawValue>)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        const MOST: usize = 100;
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            if members.len() == MOST {
                return Err(serde::de::Error::custom("more than 100 fields"));
            }
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(problem: &Problem) -> (Situation, Option<&str>) {
        (problem.refusal.situation, problem.refusal.param.as_deref())
    }

    #[test]
    fn fields_are_taken_and_the_rest_is_refused_by_name() {
        let mut fields =
            Fields::read(br#"{"name":"x","rpm":null,"models":["a"],"owner":"me"}"#).unwrap();
        assert_eq!(fields.text("name").unwrap().as_deref(), Some("x"));
        assert_eq!(fields.count("rpm").unwrap(), Some(None));
        assert_eq!(fields.count("tpm").unwrap(), None);
        assert_eq!(fields.texts("models").unwrap().unwrap(), ["a"]);
        let problem = fields.end().unwrap_err();
        assert_eq!(fault(&problem), (Situation::InvalidValue, Some("owner")));
    }

    #[test]
    fn odd_amounts_name_their_field() {
        let digits = "9".repeat(10_000);
        for odd in [
            "-1",
            "1.5",
            "1e309",
            "18446744073709551616",
            "9223372036854775808",
            "\"7\"",
            "[]",
            "true",
            &digits,
        ] {
            let body = format!("{{\"rpm\":{odd}}}");
            let problem = Fields::read(body.as_bytes())
                .and_then(|mut fields| fields.count("rpm"))
                .unwrap_err();
            assert_eq!(fault(&problem).1, Some("rpm"), "{odd:.20}");
        }
        for odd in ["NaN", "-Infinity", "+1", "01"] {
            let body = format!("{{\"name\": \"x:y\", \"rpm\": {odd}}}");
            let problem = Fields::read(body.as_bytes()).unwrap_err();
            assert_eq!(
                fault(&problem),
                (Situation::InvalidJson, Some("rpm")),
                "{odd}"
            );
        }
    }

    #[test]
    fn what_is_no_object_or_repeats_itself_is_refused() {
        for body in ["[]", "1", "{", "{}x", "{\"a\":1}{}", "\u{0}", "nul"] {
            let problem = Fields::read(body.as_bytes()).unwrap_err();
            assert_eq!(fault(&problem).0, Situation::InvalidJson, "{body}");
        }
        let problem = Fields::read(br#"{"a":1,"a":2}"#).unwrap_err();
        assert_eq!(fault(&problem), (Situation::InvalidValue, Some("a")));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let mut fields = Fields::read(deep.as_bytes()).unwrap();
        assert!(fields.texts("a").is_err());
    }
}
