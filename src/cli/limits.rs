//! Options that say what keys, users and teams may use.

use std::collections::BTreeMap;

use clap::Args;
use ipnet::IpNet;
use serde::Serialize;
use serde_json::{Value, json};

use super::when::{self, Setting};
use crate::auth::RulesChange;
use crate::models::caps::Caps;

/// What may be used, and how much of it.
#[derive(Debug, Args)]
#[group(id = "limits", multiple = true)]
pub(super) struct Limits {
    /// The models that may be used, with * for any characters; * alone for all
    #[arg(long, value_name = "PATTERN,…", value_delimiter = ',')]
    models: Option<Vec<String>>,
    /// Requests a minute, or none
    #[arg(long, value_name = "N", value_parser = when::limit, allow_negative_numbers = true)]
    rpm: Option<Setting<u64>>,
    /// Tokens a minute, input and output together, or none
    #[arg(long, value_name = "N", value_parser = when::limit, allow_negative_numbers = true)]
    tpm: Option<Setting<u64>>,
    /// Requests a day, or none
    #[arg(long, value_name = "N", value_parser = when::limit, allow_negative_numbers = true)]
    rpd: Option<Setting<u64>>,
    /// Tokens a day, input and output together, or none
    #[arg(long, value_name = "N", value_parser = when::limit, allow_negative_numbers = true)]
    tpd: Option<Setting<u64>>,
    /// Calls that may run at once, or none
    #[arg(long, value_name = "N", value_parser = when::limit, allow_negative_numbers = true)]
    max_parallel: Option<Setting<u64>>,
    #[arg(
        long,
        value_name = "PATTERN:LIMIT=N,…",
        value_parser = model_limit,
        help = "Limits of some models together, such as 'gpt-*:rpm=10,tpm=1000'; again for more, none for none"
    )]
    model_limit: Option<Vec<Setting<Named<Caps>>>>,
    /// Only report what is beyond the limits, do not refuse it
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    observe: Option<bool>,
    #[arg(
        long,
        value_name = "NAME=MODEL",
        value_parser = route,
        help = "Which model a name stands for, such as default=gpt-4o; again for more, none for none"
    )]
    route: Option<Vec<Setting<Named<String>>>>,
    /// Only report the routes, do not follow them
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    observe_routes: Option<bool>,
    #[arg(
        long,
        value_name = "CIDR,…",
        value_delimiter = ',',
        value_parser = when::network,
        help = "The networks that calls may come from; 0.0.0.0/0,::/0 for anywhere"
    )]
    allow_ip: Option<Vec<IpNet>>,
}

/// Something of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named<T> {
    name: String,
    of: T,
}

impl Limits {
    /// What they change.
    pub(super) fn change(self) -> RulesChange {
        let limit = |given: Option<Setting<u64>>| given.map(|Setting(limit)| limit);
        RulesChange {
            models: self.models,
            rpm: limit(self.rpm),
            tpm: limit(self.tpm),
            rpd: limit(self.rpd),
            tpd: limit(self.tpd),
            max_parallel: limit(self.max_parallel),
            observe: self.observe,
            model_limits: self.model_limit.map(table),
            routes: self.route.map(table),
            observe_routes: self.observe_routes,
            allowed_ips: self.allow_ip,
        }
    }
}

fn table<T>(given: Vec<Setting<Named<T>>>) -> BTreeMap<String, T> {
    let named = given.into_iter().filter_map(|Setting(named)| named);
    named.map(|named| (named.name, named.of)).collect()
}

/// Something with rules as it is printed: with all of them, also those that nobody set.
pub(super) fn spelled(thing: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(thing).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        for (name, unset) in [
            ("rpd", Value::Null),
            ("tpd", Value::Null),
            ("observe", json!(false)),
            ("model_limits", json!({})),
            ("routes", json!({})),
            ("observe_routes", json!(false)),
        ] {
            fields.entry(name).or_insert(unset);
        }
    }
    value
}

/// Limits of a pattern, or `none`, for clap.
fn model_limit(text: &str) -> Result<Setting<Named<Caps>>, String> {
    const EXPECTED: &str = "give a pattern and its limits, such as gpt-*:rpm=10,tpm=1000";
    if text == "none" {
        return Ok(Setting(None));
    }
    // Names of models may hold colons.
    let (name, limits) = text.rsplit_once(':').ok_or(EXPECTED)?;
    let mut caps = Caps::default();
    for limit in limits.split(',') {
        let (limit, count) = limit.split_once('=').ok_or(EXPECTED)?;
        let place = match limit.trim() {
            "rpm" => &mut caps.rpm,
            "tpm" => &mut caps.tpm,
            "rpd" => &mut caps.rpd,
            "tpd" => &mut caps.tpd,
            "max_parallel" | "max-parallel" => &mut caps.max_parallel,
            other => {
                return Err(format!(
                    "\"{other}\" is not one of rpm tpm rpd tpd max_parallel"
                ));
            }
        };
        let Setting(count) = when::limit(count.trim())?;
        *place = count;
    }
    Ok(Setting(Some(Named {
        name: name.to_owned(),
        of: caps,
    })))
}

/// A name and the model it stands for, or `none`, for clap.
fn route(text: &str) -> Result<Setting<Named<String>>, String> {
    if text == "none" {
        return Ok(Setting(None));
    }
    let (name, model) = text
        .split_once('=')
        .ok_or("give a name and a model, such as default=gpt-4o")?;
    Ok(Setting(Some(Named {
        name: name.trim().to_owned(),
        of: model.trim().to_owned(),
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_models_are_read_and_wrong_ones_are_told() {
        let read = model_limit("llama3:8b*:rpm=10, max-parallel=2").unwrap();
        let named = read.0.unwrap();
        assert_eq!(named.name, "llama3:8b*");
        assert_eq!((named.of.rpm, named.of.max_parallel), (Some(10), Some(2)));
        assert_eq!(model_limit("none"), Ok(Setting(None)));
        for wrong in [
            "",
            "gpt-*",
            "gpt-*:",
            "gpt-*:rpm",
            "gpt-*:rpm=0",
            "gpt-*:rpm=-1",
            "gpt-*:rps=1",
        ] {
            assert!(model_limit(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn routes_are_pairs() {
        let named = route("default=gpt-4o").unwrap().0.unwrap();
        assert_eq!((&*named.name, &*named.of), ("default", "gpt-4o"));
        assert!(route("default").is_err());
    }
}
