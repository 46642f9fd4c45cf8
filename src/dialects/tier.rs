//! How urgent a call is: what each family's words mean to the others.

use super::report::Report;
use crate::models::abilities::Abilities;
use crate::models::chat::{Family, Request};

/// What a word for the urgency of a call means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    /// As the account is set up.
    Auto,
    /// As every call is that pays no more and no less.
    Standard,
    /// Cheaper and later.
    Flex,
    /// Dearer and sooner.
    Priority,
}

impl Tier {
    /// What a client's word means; `None` where only one provider knows it.
    pub(super) fn meant(word: &str) -> Option<Self> {
        Some(match word {
            "auto" | "unspecified" => Self::Auto,
            "default" | "standard" | "standard_only" => Self::Standard,
            "flex" => Self::Flex,
            "priority" => Self::Priority,
            _ => return None,
        })
    }

    /// Whether nothing is lost where it is not told.
    pub(super) fn is_usual(self) -> bool {
        matches!(self, Self::Auto | Self::Standard)
    }

    const fn in_openais_words(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Standard => "default",
            Self::Flex => "flex",
            Self::Priority => "priority",
        }
    }
}

/// The word for a server of OpenAI's formats; what it cannot be told is reported.
pub(super) fn for_openai<'a>(
    request: &'a Request,
    target: &Abilities,
    report: &mut Report,
) -> Option<&'a str> {
    let word = request.tier.as_deref()?;
    let tier = Tier::meant(word);
    let usual = tier.is_some_and(Tier::is_usual);
    if target.refuses.contains(&"service_tier") {
        if !usual {
            report.dropped("service_tier");
        }
        return None;
    }
    match tier {
        // Compatible servers have words of their own.
        _ if request.family == Family::OpenAi => Some(word),
        // OpenAI's word for what is done anyway is nothing to others.
        _ if usual && target.family != Family::OpenAi => None,
        Some(tier) => Some(tier.in_openais_words()),
        None => {
            report.dropped("service_tier");
            None
        }
    }
}

/// The word for Anthropic, which has none for calls that may wait.
pub(super) fn for_anthropic(request: &Request, report: &mut Report) -> Option<&'static str> {
    match Tier::meant(request.tier.as_deref()?) {
        Some(Tier::Auto | Tier::Priority) => Some("auto"),
        Some(Tier::Standard) => Some("standard_only"),
        Some(Tier::Flex) | None => {
            report.dropped("service_tier");
            None
        }
    }
}

/// The word for Google, which needs none for what is done without one.
pub(super) fn for_google<'a>(request: &'a Request, report: &mut Report) -> Option<&'a str> {
    let word = request.tier.as_deref()?;
    match Tier::meant(word) {
        _ if request.family == Family::Google => Some(word),
        Some(Tier::Auto) => None,
        Some(Tier::Standard) => Some("standard"),
        Some(Tier::Flex) => Some("flex"),
        Some(Tier::Priority) => Some("priority"),
        None => {
            report.dropped("service_tier");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::Dialect;

    fn asked(dialect: Dialect, field: &str, word: &str) -> Request {
        let body = format!(
            r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"a"}}],"contents":[{{"parts":[{{"text":"a"}}]}}],"{field}":"{word}"}}"#
        );
        dialect
            .client()
            .unwrap()
            .read_request(body.as_bytes())
            .unwrap()
    }

    fn told(request: &Request, family: Family) -> [Option<&str>; 3] {
        let target = Abilities {
            family,
            ..Abilities::default()
        };
        let report = &mut Report::default();
        [
            for_openai(request, &target, report),
            for_anthropic(request, report),
            for_google(request, report),
        ]
    }

    #[test]
    fn what_is_usual_is_one_meaning_under_all_its_names() {
        for (dialect, field, word) in [
            (Dialect::Chat, "service_tier", "default"),
            (Dialect::Messages, "service_tier", "standard_only"),
            (Dialect::Gemini, "serviceTier", "STANDARD"),
        ] {
            let request = asked(dialect, field, word);
            let words = [Some("default"), Some("standard_only"), Some("standard")];
            assert_eq!(told(&request, Family::OpenAi), words, "{word}");
            let mut report = Report::default();
            let refuses = Abilities {
                refuses: &["service_tier"],
                ..Abilities::default()
            };
            assert_eq!(for_openai(&request, &refuses, &mut report), None);
            assert!(report.dropped.is_empty(), "{word}");
        }
        let google = asked(Dialect::Gemini, "serviceTier", "standard");
        assert_eq!(told(&google, Family::Other)[0], None);
    }

    #[test]
    fn what_is_dearer_or_later_is_never_left_out_in_silence() {
        let flex = asked(Dialect::Gemini, "serviceTier", "FLEX");
        let mut report = Report::default();
        assert_eq!(for_anthropic(&flex, &mut report), None);
        assert_eq!(report.dropped, ["service_tier"]);
        assert_eq!(told(&flex, Family::OpenAi)[0], Some("flex"));
        let priority = asked(Dialect::Chat, "service_tier", "priority");
        let words = [Some("priority"), Some("auto"), Some("priority")];
        assert_eq!(told(&priority, Family::Other), words);
    }

    #[test]
    fn a_word_of_one_server_alone_goes_to_servers_of_its_format_alone() {
        let own = asked(Dialect::Chat, "service_tier", "performance");
        assert_eq!(told(&own, Family::Other), [Some("performance"), None, None]);
    }
}
