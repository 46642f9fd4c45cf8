//! What a setting takes: each shape has one reader, used to check files and to read the result.
//!
//! A reader's complaint says what would be right and never repeats what was found, which may be
//! a secret.

use std::net::SocketAddr;
use std::time::Duration;

use super::network::network;
use super::schema::Key;
use super::{Kind, address, units};
use crate::models::money::UnitPrice;

/// What a setting takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// An address and port to listen on.
    Address,
    /// An `http` or `https` address for people.
    Web,
    /// A provider's `http` or `https` address.
    Base,
    /// Bytes within bounds.
    Size {
        least: &'static str,
        most: &'static str,
    },
    /// A duration within bounds.
    Duration {
        least: &'static str,
        most: &'static str,
    },
    /// One of some words.
    Word(&'static [&'static str]),
    /// A kind of provider.
    Kind,
    /// A level of the log, or directives.
    Level,
    /// A credential.
    Secret,
    /// The address of a database.
    Database,
    /// The address of a Redis.
    Redis,
    /// True or false.
    Claim,
    /// Browser origins.
    Origins,
    /// Networks in CIDR form.
    Networks,
    /// A name of a model or of whatever else has one.
    Name,
    /// Names of models.
    Names,
    /// Credentials.
    Secrets,
    /// A file of credentials, as JSON.
    Document,
    /// An id or a name at a provider.
    Label,
    /// A region of a cloud, which becomes a part of its hosts' names.
    Region,
    /// Unit prices by their name.
    Price,
    /// A whole number within bounds.
    Count { least: u64, most: u64 },
    /// A share of the whole, from 0 to 1.
    Share,
    /// A table of settings of its own.
    Table(&'static [Key]),
    /// A list of such tables.
    Tables(&'static [Key]),
    /// Patterns of texts by a name, one or several of each.
    Tags,
}

impl Shape {
    /// Whether it takes a list.
    pub(super) fn is_list(self) -> bool {
        matches!(
            self,
            Self::Origins | Self::Networks | Self::Names | Self::Secrets | Self::Tables(_)
        )
    }

    /// Whether it must never be shown.
    pub(super) fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::Secrets | Self::Document)
    }

    /// What is wrong with a text, or with one entry of a list.
    pub(super) fn check(self, text: &str) -> Result<(), String> {
        match self {
            Self::Address => listen(text).map(drop),
            Self::Web => address::web(text).map(drop),
            Self::Base => address::base(text).map(drop),
            Self::Size { least, most } => size(text, least, most).map(drop),
            Self::Duration { least, most } => duration(text, least, most).map(drop),
            Self::Word(words) => word(text, words),
            Self::Kind => text.parse::<Kind>().map(drop),
            Self::Level => level(text),
            Self::Secret | Self::Secrets => credential(text),
            Self::Document => document(text),
            Self::Database => database(text),
            Self::Redis => redis(text),
            Self::Origins => address::origin(text).map(drop),
            Self::Networks => network(text).map(drop),
            Self::Name | Self::Names => name(text),
            Self::Label => label(text),
            Self::Region => region(text),
            Self::Claim => claim(text).map(drop),
            Self::Count { least, most } => count(text, least, most).map(drop),
            Self::Share => share(text).map(drop),
            Self::Tags => pattern(text),
            Self::Price | Self::Table(_) | Self::Tables(_) => Ok(()),
        }
    }

    /// What a value of another type is told.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Claim => "must be true or false",
            Self::Price => "must be a table such as { input = \"2.50\", output = \"10.00\" }",
            Self::Tables(_) => "must be a list such as [{ provider = \"openai\" }]",
            Self::Table(_) => "must be a table such as { rpm = 60 }",
            Self::Tags => "must be a table such as { region = \"eu\" }",
            Self::Count { .. } => "must be a whole number",
            Self::Share => "must be a number from 0 to 1",
            shape if shape.is_list() => "must be a list of texts",
            Self::Size { .. } => "must be a text such as \"32MiB\"",
            Self::Duration { .. } => "must be a text such as \"30s\"",
            Self::Address => "must be a text such as \"0.0.0.0:8080\"",
            _ => "must be a text in quotes",
        }
    }
}

/// An address and port.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "must be an address and a port such as \"0.0.0.0:8080\" or \"[::]:8080\"".to_owned()
    })
}

/// Where a Redis is.
fn redis(text: &str) -> Result<(), String> {
    let found = url::Url::parse(text).ok();
    match found {
        Some(url) if matches!(url.scheme(), "redis" | "rediss") && url.has_host() => Ok(()),
        _ => Err("must be an address such as \"redis://cache:6379\"".to_owned()),
    }
}

/// A duration between two others.
pub(super) fn duration(text: &str, least: &str, most: &str) -> Result<Duration, String> {
    let bound = |text| units::duration(text).expect("bounds are written in the schema");
    let found = units::duration(text)?;
    if found < bound(least) {
        Err(if found.is_zero() {
            "must be more than zero".to_owned()
        } else {
            format!("must be at least {least}")
        })
    } else if found > bound(most) {
        Err(format!("must be at most {most}"))
    } else {
        Ok(found)
    }
}

/// A number of bytes between two others.
pub(super) fn size(text: &str, least: &str, most: &str) -> Result<u64, String> {
    let bound = |text| units::size(text).expect("bounds are written in the schema");
    let found = units::size(text)?;
    if found < bound(least) {
        Err(format!("must be at least {least}"))
    } else if found > bound(most) {
        Err(format!("must be at most {most}"))
    } else {
        Ok(found)
    }
}

/// True or false.
pub(super) fn claim(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "must be true or false".to_owned())
}

/// A whole number between two others.
pub(super) fn count(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let wrong = || format!("must be a whole number from {least} to {most}");
    let found: u64 = text.parse().map_err(|_| wrong())?;
    if (least..=most).contains(&found) {
        Ok(found)
    } else {
        Err(wrong())
    }
}

/// A share of the whole.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let found: Option<f64> = text.parse().ok();
    found
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "must be a number from 0 to 1".to_owned())
}

/// A pattern in which `*` stands for any characters.
pub(super) fn pattern(text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > 256 || text.chars().any(char::is_control) {
        Err("must be a text of 1 to 256 characters, in which * stands for any".to_owned())
    } else if text.matches('*').count() > 8 {
        Err("must have at most 8 stars".to_owned())
    } else {
        Ok(())
    }
}

/// A credential that can stand in a header.
pub(super) fn credential(text: &str) -> Result<(), String> {
    if text.is_empty() {
        Err("is empty".to_owned())
    } else if text.bytes().any(|b| !b.is_ascii_graphic()) {
        Err("holds a space, a line break or a character outside ASCII".to_owned())
    } else {
        Ok(())
    }
}

/// A file of credentials: one JSON object.
pub(super) fn document(text: &str) -> Result<(), String> {
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(
            "must be a file of credentials, such as \"file:/run/secrets/account.json\", or its JSON"
                .to_owned(),
        ),
    }
}

/// An id or a name that may stand in an address.
pub(super) fn label(text: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    if (1..=256).contains(&text.len()) && text.bytes().all(plain) && !text.contains("..") {
        Ok(())
    } else {
        Err("must be 1 to 256 letters, digits, \"-\", \"_\", \".\", \":\" and \"/\"".to_owned())
    }
}

/// A region of a cloud: nothing that could end the name of a host that it is a part of.
pub(super) fn region(text: &str) -> Result<(), String> {
    if address::is_region(text) {
        Ok(())
    } else {
        Err("must be lower-case letters, digits and \"-\", such as us-east-1".to_owned())
    }
}

/// A model's name, or `*`.
pub(super) fn name(text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > 256 {
        Err("must be a name of 1 to 256 characters".to_owned())
    } else if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Err("holds a space or a control character".to_owned())
    } else {
        Ok(())
    }
}

/// A price per million units.
pub(super) fn price(text: &str) -> Result<UnitPrice, String> {
    const MOST: i64 = 1_000_000 * 1_000_000_000;
    let price: UnitPrice = text
        .parse()
        .map_err(|error: crate::models::money::BadAmount| error.to_string())?;
    if price.nanos_per_million() > MOST {
        Err("is more than 1000000 USD per million".to_owned())
    } else {
        Ok(price)
    }
}

fn word(text: &str, words: &[&str]) -> Result<(), String> {
    if words.contains(&text) {
        Ok(())
    } else {
        Err(format!("must be one of {}", words.join(", ")))
    }
}

fn level(text: &str) -> Result<(), String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let lower = text.to_ascii_lowercase();
    let directives = lower.split(',').all(|part| match part.split_once('=') {
        None => LEVELS.contains(&part),
        Some((target, level)) => !target.is_empty() && LEVELS.contains(&level),
    });
    if directives {
        Ok(())
    } else {
        Err(
            "must be one of off, error, warn, info, debug, trace, or directives such as \
             \"info,manti::gateway=debug\""
                .to_owned(),
        )
    }
}

fn database(text: &str) -> Result<(), String> {
    let memory = |path: &str| path.is_empty() || path.starts_with('?') || path.contains(":memory:");
    if let Some(path) = text.strip_prefix("sqlite://") {
        if memory(path) || path.contains("mode=memory") {
            return Err("must name a file: sqlite://manti.db".to_owned());
        }
        return Ok(());
    }
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return match url::Url::parse(text) {
            Ok(found) if found.path().len() > 1 || found.query().is_some() => Ok(()),
            _ => Err("must be postgres://USER:PASSWORD@HOST:PORT/DATABASE".to_owned()),
        };
    }
    Err("must begin with sqlite:// or postgres://".to_owned())
}
