//! The sections with fixed names: what each holds, and what is checked together.

use std::str::FromStr;

use super::network::network;
use super::read::{Reader, secret, share, word};
use super::settings::{
    Billing, Database, Fsync, Journal, Limits, Log, LogFormat, OnDisconnect, Redis, Server, Stream,
    UnknownPrice, Upstream,
};
use super::values::Shape;
use super::{Secret, address, values};

impl Reader<'_> {
    pub(super) fn server(mut self) -> Server {
        let server = Server {
            listen: self.value("listen", values::listen),
            public_url: self.get("public_url", |text| {
                address::web(text).map(|_| text.trim_end_matches('/').to_owned())
            }),
            request_body_limit: usize::try_from(self.size("request_body_limit"))
                .unwrap_or(usize::MAX),
            drain_delay: self.duration("drain_delay"),
            drain_timeout: self.duration("drain_timeout"),
            cors_origins: self.list("cors_origins", address::origin),
            trusted_proxies: self.list("trusted_proxies", network),
            metrics_token: self.get("metrics_token", secret),
            metrics_listen: self.get("metrics_listen", values::listen),
        };
        if server.metrics_listen == Some(server.listen) && server.listen.port() != 0 {
            self.complain(
                "metrics_listen",
                "is the address of server.listen; name another",
            );
        }
        server
    }

    pub(super) fn database(mut self) -> Database {
        Database {
            url: self.value("url", |text| {
                Shape::Database.check(text).map(|()| Secret::new(text))
            }),
            grace: self.duration("grace"),
        }
    }

    pub(super) fn journal(mut self) -> Journal {
        Journal {
            fsync: self.value("fsync", word),
            max_size: self.size("max_size"),
            keep: self.duration("keep"),
        }
    }

    pub(super) fn upstream(mut self) -> Upstream {
        Upstream {
            connect_timeout: self.duration("connect_timeout"),
            first_token_timeout: self.duration("first_token_timeout"),
            idle_timeout: self.duration("idle_timeout"),
            total_timeout: self.duration("total_timeout"),
            max_attempts: self.value("max_attempts", |text| {
                text.parse()
                    .map_err(|_| "must be a whole number".to_owned())
            }),
            retry_budget: self.value("retry_budget", share),
            breaker: self.value("breaker", values::claim),
            on_disconnect: self.value("on_disconnect", word),
            drain_limit: self.duration("drain_limit"),
        }
    }

    pub(super) fn stream(mut self) -> Stream {
        Stream {
            heartbeat: self.duration("heartbeat"),
            usage_wait: self.duration("usage_wait"),
        }
    }

    pub(super) fn redis(mut self) -> Redis {
        let url = |text: &str| Shape::Redis.check(text).map(|()| Secret::new(text));
        Redis {
            url: self.get("url", url),
        }
    }

    pub(super) fn limits(mut self) -> Limits {
        Limits {
            wait: self.duration("wait"),
        }
    }

    pub(super) fn billing(mut self) -> Billing {
        Billing {
            unknown_price: self.value("unknown_price", word),
        }
    }

    pub(super) fn log(mut self) -> Log {
        Log {
            level: self.value("level", |text| {
                Shape::Level.check(text).map(|()| text.to_owned())
            }),
            format: self.value("format", word),
        }
    }
}

macro_rules! settings_words {
    ($($type:ty { $($variant:ident = $word:literal),+ })+) => {$(
        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(concat!("must be one of" $(, " ", $word)+).to_owned()),
                }
            }
        }
    )+};
}

settings_words! {
    Fsync { Interval = "interval", Always = "always", Never = "never" }
    OnDisconnect { Cancel = "cancel", Drain = "drain" }
    UnknownPrice { Flag = "flag", Block = "block" }
    LogFormat { Text = "text", Json = "json" }
}
