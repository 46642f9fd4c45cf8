//! The one list of what can be set: names, shapes, bounds, defaults.
//!
//! Files, the environment, `config show` and the check for unknown names all read it here, so a
//! new setting is one line in this file and one in [`super::read`].

use super::values::Shape;

/// A setting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// Its name inside its section.
    pub(super) name: &'static str,
    /// What it takes.
    pub(super) shape: Shape,
    /// What it is when nobody sets it, in the words of a file.
    pub(super) default: Option<&'static str>,
}

/// A table of settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section {
    /// Its name in square brackets.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) keys: &'static [Key],
}

const fn key(name: &'static str, shape: Shape, default: &'static str) -> Key {
    Key {
        name,
        shape,
        default: Some(default),
    }
}

const fn optional(name: &'static str, shape: Shape) -> Key {
    Key {
        name,
        shape,
        default: None,
    }
}

/// A duration that is not zero.
const fn wait(most: &'static str) -> Shape {
    Shape::Duration { least: "1ms", most }
}

/// A duration that may be zero.
const fn span(most: &'static str) -> Shape {
    Shape::Duration { least: "0s", most }
}

const CONNECT: Shape = wait("10m");
const CALL: Shape = wait("7d");
const ATTEMPTS: Shape = Shape::Count { least: 1, most: 20 };
const ON_DISCONNECT: Shape = Shape::Word(&["cancel", "drain"]);

/// The sections with fixed names. `[providers.NAME]` and `[models."NAME"]` follow below.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "server",
        keys: &[
            key("listen", Shape::Address, "0.0.0.0:8080"),
            optional("public_url", Shape::Web),
            key(
                "request_body_limit",
                Shape::Size {
                    least: "1KiB",
                    most: "4GiB",
                },
                "32MiB",
            ),
            key("drain_delay", span("1h"), "0s"),
            key("drain_timeout", wait("24h"), "30s"),
            optional("cors_origins", Shape::Origins),
            optional("trusted_proxies", Shape::Networks),
            optional("metrics_token", Shape::Secret),
            optional("metrics_listen", Shape::Address),
        ],
    },
    Section {
        name: "database",
        keys: &[
            key("url", Shape::Database, "sqlite://manti.db"),
            key("grace", span("30d"), "10m"),
        ],
    },
    Section {
        name: "redis",
        keys: &[optional("url", Shape::Redis)],
    },
    Section {
        name: "journal",
        keys: &[
            key(
                "fsync",
                Shape::Word(&["interval", "always", "never"]),
                "interval",
            ),
            key(
                "max_size",
                Shape::Size {
                    least: "128KiB",
                    most: "1024TiB",
                },
                "1GiB",
            ),
            key("keep", span("30d"), "10m"),
        ],
    },
    Section {
        name: "upstream",
        keys: &[
            key("connect_timeout", CONNECT, "5s"),
            key("first_token_timeout", CALL, "120s"),
            key("idle_timeout", CALL, "60s"),
            key("total_timeout", CALL, "15m"),
            key("max_attempts", ATTEMPTS, "3"),
            key("retry_budget", Shape::Share, "0.2"),
            key("breaker", Shape::Claim, "true"),
            key("on_disconnect", ON_DISCONNECT, "cancel"),
            key("drain_limit", CALL, "30s"),
        ],
    },
    Section {
        name: "stream",
        keys: &[
            key("heartbeat", wait("1h"), "15s"),
            key("usage_wait", wait("10m"), "5s"),
        ],
    },
    Section {
        name: "limits",
        keys: &[key("wait", span("10s"), "500ms")],
    },
    Section {
        name: "billing",
        keys: &[key(
            "unknown_price",
            Shape::Word(&["flag", "block"]),
            "flag",
        )],
    },
    Section {
        name: "log",
        keys: &[
            key("level", Shape::Level, "info"),
            key("format", Shape::Word(&["text", "json"]), "text"),
        ],
    },
];

/// What a provider or a model may set of `[upstream]` for itself.
macro_rules! own_and_upstream {
    ($($own:expr),+ $(,)?) => {
        &[
            $($own,)+
            optional("connect_timeout", CONNECT),
            optional("first_token_timeout", CALL),
            optional("idle_timeout", CALL),
            optional("total_timeout", CALL),
            optional("max_attempts", ATTEMPTS),
            optional("retry_budget", Shape::Share),
            optional("breaker", Shape::Claim),
            optional("on_disconnect", ON_DISCONNECT),
            optional("drain_limit", CALL),
        ]
    };
}

/// `[providers.NAME]`
pub(super) const PROVIDER: &[Key] = own_and_upstream![
    optional("kind", Shape::Kind),
    optional("base_url", Shape::Base),
    optional("api_key", Shape::Secret),
    optional("api_keys", Shape::Secrets),
    optional("models", Shape::Names),
    optional("dialect", Shape::Word(DIALECTS)),
    optional("price", Shape::Price),
    optional("api_version", Shape::Label),
    optional("tenant_id", Shape::Label),
    optional("client_id", Shape::Label),
    optional("client_secret", Shape::Secret),
    optional("authority", Shape::Base),
    optional("region", Shape::Region),
    optional("access_key_id", Shape::Label),
    optional("secret_access_key", Shape::Secret),
    optional("session_token", Shape::Secret),
    optional("profile", Shape::Label),
    optional("role_arn", Shape::Label),
    optional("project", Shape::Label),
    optional("location", Shape::Region),
    optional("credentials", Shape::Document),
];

/// `[models."NAME"]`
pub(super) const MODEL: &[Key] = own_and_upstream![
    optional("strategy", Shape::Word(STRATEGIES)),
    optional("targets", Shape::Tables(TARGET)),
    optional("fallbacks", Shape::Names),
    optional("context_window_fallbacks", Shape::Names),
    optional("content_policy_fallbacks", Shape::Names),
    optional("affinity", Shape::Claim),
    optional("observe", Shape::Claim),
    optional("limits", Shape::Table(LIMITS)),
    optional("aliases", Shape::Names),
    optional("price", Shape::Price),
    optional("strict", Shape::Claim),
];

/// One of a model's `targets`.
pub(super) const TARGET: &[Key] = &[
    optional("provider", Shape::Name),
    optional("model", Shape::Name),
    optional(
        "weight",
        Shape::Count {
            least: 1,
            most: 1_000_000,
        },
    ),
    optional("when", Shape::Tags),
    optional("observe", Shape::Claim),
];

/// A rate: more is a slip of the hand.
const RATE: Shape = Shape::Count {
    least: 1,
    most: 1_000_000_000_000,
};

/// A model's `limits`.
pub(super) const LIMITS: &[Key] = &[
    optional("rpm", RATE),
    optional("tpm", RATE),
    optional("rpd", RATE),
    optional("tpd", RATE),
    optional(
        "max_parallel",
        Shape::Count {
            least: 1,
            most: 1_000_000,
        },
    ),
    optional("observe", Shape::Claim),
];

/// How one of several targets is chosen.
pub(super) const STRATEGIES: &[&str] = &[
    "weighted",
    "priority",
    "least-latency",
    "least-busy",
    "least-cost",
];

/// The wire formats that clients of another one may be translated to.
pub(super) const DIALECTS: &[&str] = &["chat", "messages", "responses", "gemini"];

/// What the environment may set of a provider: `MANTI_PROVIDERS_<NAME>_<FIELD>`.
pub(super) const PROVIDER_VARIABLES: &[&str] =
    &["api_key", "api_version", "base_url", "kind", "models"];

/// What `price = { … }` may hold: US dollars per million of each.
pub(super) const PRICES: &[&str] = &[
    "input",
    "output",
    "cached_input",
    "cache_write",
    "cache_write_5m",
    "cache_write_1h",
    "reasoning",
    "audio_input_tokens",
    "audio_output_tokens",
    "cached_audio_input_tokens",
    "image_input_tokens",
    "image_output_tokens",
    "images",
    "grounded_prompts",
    "searches",
    "seconds",
    "characters",
];

/// The section of a name.
pub(super) fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// A setting of a section with a fixed name, by `section.key`.
pub(super) fn setting(path: &str) -> Option<&'static Key> {
    let (section_name, name) = path.split_once('.')?;
    find(section(section_name)?.keys, name)
}

/// A setting of a table by its name.
pub(super) fn find(keys: &'static [Key], name: &str) -> Option<&'static Key> {
    keys.iter().find(|key| key.name == name)
}

/// The end of a complaint about a name that is not known: the nearest one that is, or all.
pub(super) fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match nearest(name, known.iter().copied()) {
        Some(word) => format!("did you mean \"{word}\"?"),
        None => format!("known are {}", known.join(", ")),
    }
}

/// The word that somebody who wrote another one may have meant.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|word| (strsim::jaro_winkler(name, word), word))
        .filter(|(score, _)| *score > 0.82)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}
