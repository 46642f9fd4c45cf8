//! The names of the fields that are read.

use crate::dialects::scan;

/// A field of a request that decides where it goes or what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialects) enum Name {
    Model,
    Stream,
    StreamOptions,
    N,
    MaxTokens,
    MaxCompletionTokens,
    MaxOutputTokens,
    User,
    SafetyIdentifier,
    Metadata,
    GenerationConfig,
    Labels,
}

impl Name {
    /// How many there are.
    pub(super) const COUNT: usize = 12;

    /// As it is written.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Stream => "stream",
            Self::StreamOptions => "stream_options",
            Self::N => "n",
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxOutputTokens => "max_output_tokens",
            Self::User => "user",
            Self::SafetyIdentifier => "safety_identifier",
            Self::Metadata => "metadata",
            Self::GenerationConfig => "generationConfig",
            Self::Labels => "labels",
        }
    }

    /// The other spelling that the server takes, where it takes two.
    const fn also(self) -> &'static str {
        match self {
            Self::GenerationConfig => "generation_config",
            other => other.as_str(),
        }
    }

    /// Whether a name as it is written is this one.
    fn is(self, written: &[u8]) -> bool {
        scan::is_named(written, self.as_str()) || scan::is_named(written, self.also())
    }
}

/// The field that a name as written means to any server, and whether it is spelt as it should be.
///
/// An escaped name (`"\u006dodel"`) is the field itself. A name in other letters (`"Model"`) is
/// the field to servers that fold cases, Go's among them, and to others it is not.
pub(super) fn find(written: &[u8], names: &[Name]) -> Option<(Name, bool)> {
    for &name in names {
        if written == name.as_str().as_bytes() || written == name.also().as_bytes() {
            return Some((name, true));
        }
    }
    let folded = fold(written)?;
    let name = names.iter().find(|name| {
        [name.as_str(), name.also()]
            .into_iter()
            .any(|name| name.eq_ignore_ascii_case(&folded))
    })?;
    let exact = name.is(written);
    Some((*name, exact))
}

/// Whether a name as written is `include_usage`, and whether it is spelt as it should be.
pub(super) fn is_include_usage(written: &[u8]) -> Option<bool> {
    let exact = scan::is_named(written, "include_usage");
    (exact || fold(written)? == "include_usage").then_some(exact)
}

/// A name in small letters; `None` when it is no short name with something to fold.
fn fold(written: &[u8]) -> Option<String> {
    /// All letters of the longest name, each written as `\uXXXX`.
    const LONGEST: usize = 6 * "max_completion_tokens".len();
    let plain = written
        .iter()
        .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'0'..=b'9'));
    if plain || written.len() > LONGEST {
        return None;
    }
    let text = scan::unescape(written)?;
    Some(
        text.chars()
            .map(|letter| match letter {
                // The two letters beyond ASCII that Unicode folds into it.
                'ſ' => 's',
                '\u{212a}' => 'k',
                other => other.to_ascii_lowercase(),
            })
            .collect(),
    )
}
