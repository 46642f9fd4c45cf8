//! A file of credentials, as Google's tools write it.

use serde_json::{Map, Value};

use crate::config::{Secret, token_giver};

/// The only one of Google's clouds that is known here.
const UNIVERSE: &str = "googleapis.com";

/// A file of credentials. Its errors name the field and say what to do, and nothing of what is in it.
pub(super) struct File(Map<String, Value>);

impl File {
    pub(super) fn read(file: &Secret) -> Result<Self, String> {
        let fields = serde_json::from_str(file.expose())
            .map_err(|_| "credentials are no JSON object: get the file anew")?;
        let file = Self(fields);
        let universe = file.maybe("universe_domain");
        if universe.is_some_and(|universe| universe != UNIVERSE) {
            return Err(format!(
                "universe_domain of the credentials must be {UNIVERSE}: no other is known here"
            ));
        }
        Ok(file)
    }

    /// The text of a field.
    pub(super) fn text(&self, field: &str) -> Result<&str, String> {
        self.maybe(field)
            .ok_or_else(|| format!("credentials hold no {field}: get the file anew"))
    }

    /// The text of a field that may be missing.
    pub(super) fn maybe(&self, field: &str) -> Option<&str> {
        let text = self.0.get(field)?.as_str()?;
        Some(text).filter(|text| !text.is_empty())
    }

    /// Where its tokens come from; `usual` where it does not say. `base` is where the provider is.
    pub(super) fn token_uri(
        &self,
        usual: Option<&str>,
        base: Option<&str>,
    ) -> Result<String, String> {
        let address = match (self.0.contains_key("token_uri"), usual) {
            (false, Some(usual)) => usual,
            _ => self.text("token_uri")?,
        };
        token_giver(address, base)
            .map(|_| address.to_owned())
            .map_err(|why| format!("token_uri of the credentials {why}"))
    }
}
