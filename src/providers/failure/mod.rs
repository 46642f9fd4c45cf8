//! What a provider's failure means for the client and for another try.

mod wordings;

use std::borrow::Cow;
use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

use super::headers;
use super::scrub::Scrub;
use crate::dialects::{Dialect, ProviderError, peek};
use crate::models::chat::Family;
use crate::models::clock::{Clock, Timestamp};
use crate::models::refusal::{Refusal, Situation};

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The request is at fault; another try fails the same way.
    Request,
    /// The request is longer than the model can read.
    ContextWindow,
    /// The provider does not want to answer what the request says.
    ContentPolicy,
    /// The provider does not have the model.
    NoModel,
    /// The provider does not take our credential, or its account is out of money.
    Credentials,
    /// The provider takes our credential, but not for this.
    Forbidden,
    /// The provider limits us.
    RateLimited,
    /// The provider has no room now.
    Overloaded,
    /// It took too long.
    Timeout,
    /// The connection could not be made.
    Connect,
    /// The credential could not be had from whoever gives it; nothing was sent.
    NoCredential,
    /// The provider failed or answered unreadably.
    Broken,
    /// The settings for the provider cannot work.
    Misconfigured,
}

impl Class {
    /// A word for metrics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::ContextWindow => "context_window",
            Self::ContentPolicy => "content_policy",
            Self::NoModel => "no_model",
            Self::Forbidden => "forbidden",
            Self::Credentials => "credentials",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::NoCredential => "no_credential",
            Self::Broken => "broken",
            Self::Misconfigured => "misconfigured",
        }
    }

    /// Whether it is the request's sender who has to mend something.
    pub const fn is_of_request(self) -> bool {
        matches!(
            self,
            Self::Request | Self::ContextWindow | Self::ContentPolicy | Self::NoModel
        )
    }
}

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the client is told when nothing else helps.
    pub refusal: Refusal,
    /// What kind of failure it was.
    pub class: Class,
    /// How long the provider asks to wait.
    pub wait: Option<Duration>,
}

impl Failure {
    /// One that nobody asks to wait after.
    pub const fn new(class: Class, refusal: Refusal) -> Self {
        Self {
            refusal,
            class,
            wait: None,
        }
    }
}

/// The longest wait that a provider can ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// The wait where an overloaded provider names none.
const USUAL_WAIT: Duration = Duration::from_secs(1);

/// What classifies one provider's failures.
#[derive(Debug)]
pub(super) struct Failures {
    provider: String,
    dialect: Dialect,
    scrub: Scrub,
}

impl Failures {
    pub(super) const fn new(provider: String, dialect: Dialect, scrub: Scrub) -> Self {
        Self {
            provider,
            dialect,
            scrub,
        }
    }

    /// A text of the provider's without its credentials.
    pub(super) fn clean(&self, text: &str) -> String {
        self.scrub.clean(text)
    }

    /// What an answer with a status other than 200 to 299 means.
    pub(super) fn read(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
        let mut stated = self.dialect.wire().read_error(body);
        stated.code = stated.code.or_else(|| headers::error_type(headers));
        let class = classify(status, &stated, body);
        let wait = wait(headers, &Clock::system());
        // A client is told a 404 in any case.
        let mut refusal = if class.is_of_request() || status == StatusCode::NOT_FOUND {
            self.told(status, stated, body)
        } else {
            Refusal::new(situation(class), self.message(class, status))
        };
        if matches!(class, Class::RateLimited | Class::Overloaded) {
            refusal.retry_after = Some(wait.unwrap_or(USUAL_WAIT));
        }
        let id = headers::request_id(headers).map(Cow::Borrowed);
        let id = id.or_else(|| {
            // Cohere's is the answer's own.
            let value = peek::field(body, "request_id").or_else(|| peek::field(body, "id"))?;
            serde_json::from_slice::<String>(value).ok().map(Cow::Owned)
        });
        refusal.provider_request_id = id
            .filter(|id| id.bytes().all(|byte| byte.is_ascii_graphic()) && id.len() <= 200)
            .map(|id| self.scrub.clean(&id));
        Failure {
            refusal,
            class,
            wait,
        }
    }

    /// The provider's own words about a request that the client has to mend.
    fn told(&self, status: StatusCode, stated: ProviderError, body: &[u8]) -> Refusal {
        let readable = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
        let long = wordings::class(&stated) == Some(Class::ContextWindow);
        let message = Some(self.scrub.clean(stated.message.trim()))
            .filter(|message| !message.trim().is_empty())
            .unwrap_or_else(|| {
                format!(
                    "{} refused the request with status {}",
                    self.provider,
                    status.as_u16()
                )
            });
        let mut refusal = Refusal::new(Situation::Provider(status.as_u16()), message);
        let word = |word: Option<String>| {
            word.filter(|word| readable && !word.is_empty() && word.len() <= 200)
                .map(|word| self.scrub.clean(&word))
        };
        refusal.param = word(stated.param);
        refusal.code = word(stated.code).map(Cow::Owned);
        // In the words that programs look for.
        let nameless = matches!(refusal.code.as_deref(), None | Some("NOT_FOUND"));
        if long {
            refusal.code = Some(Cow::Borrowed("context_length_exceeded"));
        } else if status == StatusCode::NOT_FOUND && nameless && refusal.message.contains("model") {
            refusal.code = Some(Cow::Borrowed("model_not_found"));
        }
        if self.dialect.family() == Family::OpenAi {
            // The others' types are told by the status, in every dialect.
            refusal.kind = word(stated.kind).map(Cow::Owned);
        }
        refusal
    }

    /// What the client is told about what it cannot mend: never the provider's words, which may
    /// name the operator's account.
    fn message(&self, class: Class, status: StatusCode) -> String {
        let provider = &self.provider;
        match class {
            Class::Credentials | Class::Forbidden => {
                format!("{provider} does not accept this gateway's credential")
            }
            Class::RateLimited => format!("{provider} limits this gateway; try again later"),
            Class::Overloaded => format!("{provider} is overloaded; try again later"),
            Class::Timeout => format!("{provider} did not answer in time"),
            Class::Connect
            | Class::NoCredential
            | Class::Broken
            | Class::Misconfigured
            | Class::Request
            | Class::ContextWindow
            | Class::ContentPolicy
            | Class::NoModel => {
                format!("{provider} failed with status {}", status.as_u16())
            }
        }
    }
}

fn situation(class: Class) -> Situation {
    match class {
        Class::RateLimited | Class::Overloaded => Situation::UpstreamOverloaded,
        Class::Timeout => Situation::UpstreamTimeout,
        _ => Situation::UpstreamError,
    }
}

fn classify(status: StatusCode, stated: &ProviderError, body: &[u8]) -> Class {
    match status.as_u16() {
        400 if is_about_credentials(stated, body) => Class::Credentials,
        403 | 412 | 429 if is_out_of_money(stated, body) => Class::Credentials,
        400 if is_one_of(stated.code.as_deref(), &AWS_LIMITS) => Class::RateLimited,
        400 | 404 | 409 | 413 | 415 | 422 => at_fault(status, stated, body),
        403 if wordings::class(stated) == Some(Class::ContentPolicy) => Class::ContentPolicy,
        403 => Class::Forbidden,
        401 | 402 => Class::Credentials,
        408 | 504 => Class::Timeout,
        429 if stated.code.as_deref() == Some("ModelNotReadyException") => Class::Overloaded,
        429 => Class::RateLimited,
        503 | 529 => Class::Overloaded,
        // Every other refusal is of what this gateway sent, not of what the client asked.
        300..=423 | 425..=499 => Class::Misconfigured,
        _ => Class::Broken,
    }
}

/// What about a request its provider does not take.
fn at_fault(status: StatusCode, stated: &ProviderError, body: &[u8]) -> Class {
    let missing = status == StatusCode::NOT_FOUND;
    match wordings::class(stated) {
        Some(class) => class,
        None if missing && stated.message.to_ascii_lowercase().contains("model") => Class::NoModel,
        None if missing && wordings::is_about_address(stated, body) => Class::Misconfigured,
        None => Class::Request,
    }
}

/// What AWS calls limits on an account, whatever the status.
const AWS_LIMITS: [&str; 2] = ["ThrottlingException", "ServiceQuotaExceededException"];

fn is_one_of(word: Option<&str>, words: &[&str]) -> bool {
    word.is_some_and(|word| words.contains(&word))
}

/// What providers call an account that has no money left.
const NO_MONEY: [&str; 8] = [
    "insufficient_quota",
    "exceeded_current_quota_error",
    "billing_hard_limit_reached",
    "billing_not_active",
    "billing_error",
    "insufficient_balance",
    "insufficient_credits",
    "Arrearage",
];

/// Whether it is the account's money that is used up, and not what it may use in a while: `OpenAI`,
/// Anthropic, Moonshot, `DeepSeek`, xAI, `OpenRouter`, Zhipu, Fireworks and Alibaba say it so.
fn is_out_of_money(stated: &ProviderError, body: &[u8]) -> bool {
    const PHRASES: [&str; 11] = [
        "exceeded your current quota",
        "credit balance is too low",
        "insufficient balance",
        "insufficient credit",
        "insufficient funds",
        "used all available credits",
        "have any credits",
        "monthly spending limit",
        "billing hard limit",
        "check your billing",
        "\u{4f59}\u{989d}\u{4e0d}\u{8db3}",
    ];
    // Google says that a quota is exceeded of every limit, those of a minute among them:
    // <https://ai.google.dev/gemini-api/docs/rate-limits>.
    if memchr::memmem::find(body, b"RESOURCE_EXHAUSTED").is_some() {
        return false;
    }
    let message = stated.message.to_lowercase();
    is_one_of(stated.code.as_deref(), &NO_MONEY)
        || is_one_of(stated.kind.as_deref(), &NO_MONEY)
        || PHRASES.iter().any(|phrase| message.contains(phrase))
}

/// Whether a 400 means our credential or our account: Google, xAI and Anthropic say it so.
fn is_about_credentials(stated: &ProviderError, body: &[u8]) -> bool {
    const PHRASES: [&str; 6] = [
        "api key not valid",
        "incorrect api key",
        "invalid api key",
        "api key expired",
        "api key not found",
        "credit balance is too low",
    ];
    const CODES: [&str; 7] = [
        "invalid_api_key",
        "API_KEY_INVALID",
        "authentication_error",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "UnrecognizedClientException",
    ];
    let message = stated.message.to_ascii_lowercase();
    let says = |word: &Option<String>| {
        is_one_of(word.as_deref(), &CODES) || is_one_of(word.as_deref(), &NO_MONEY)
    };
    PHRASES.iter().any(|phrase| message.contains(phrase))
        || says(&stated.code)
        || says(&stated.kind)
        || memchr::memmem::find(body, b"\"API_KEY_INVALID\"").is_some()
}

/// How long a provider asks to wait: milliseconds, seconds or a date, never longer than a minute.
pub(super) fn wait(headers: &HeaderMap, clock: &Clock) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str, unit: Duration| {
        let number: f64 = text.parse().ok()?;
        let seconds = number * unit.as_secs_f64();
        // What is beyond all measure is not nothing.
        let longest = LONGEST_WAIT.as_secs_f64();
        Duration::try_from_secs_f64(seconds.clamp(f64::NEG_INFINITY, longest)).ok()
    };
    let asked = text("retry-after-ms")
        .and_then(|text| number(text, Duration::from_millis(1)))
        .or_else(|| {
            let text = text(RETRY_AFTER.as_str())?;
            number(text, Duration::from_secs(1)).or_else(|| {
                let until = date(text)?;
                let now = headers.get(DATE).and_then(|now| date(now.to_str().ok()?));
                let left = until - now.unwrap_or_else(|| clock.now());
                Some(left.to_std().unwrap_or_default())
            })
        })?;
    Some(asked.min(LONGEST_WAIT))
}

fn date(text: &str) -> Option<Timestamp> {
    let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    Some(date.to_utc())
}

#[cfg(test)]
mod tests;
