//! Limits and routes of keys, users and teams, as the API reads and shows them.

use std::collections::BTreeMap;

use poem_openapi::Object;

use crate::api::payload::Fields;
use crate::api::problem::Problem;
use crate::auth::RulesChange;
use crate::models::api_key::Rules;
use crate::models::caps::Caps;

/// Takes the fields of [`RulesInput`].
pub(super) fn change(fields: &mut Fields) -> Result<RulesChange, Problem> {
    Ok(RulesChange {
        models: fields.texts("models")?,
        rpm: fields.count("rpm")?,
        tpm: fields.count("tpm")?,
        rpd: fields.count("rpd")?,
        tpd: fields.count("tpd")?,
        max_parallel: fields.count("max_parallel")?,
        observe: fields.flag("observe")?,
        model_limits: model_limits(fields)?,
        routes: fields.pairs("routes")?,
        observe_routes: fields.flag("observe_routes")?,
        allowed_ips: fields.networks("allowed_ips")?,
    })
}

fn model_limits(fields: &mut Fields) -> Result<Option<BTreeMap<String, Caps>>, Problem> {
    const NAME: &str = "model_limits";
    let Some(entries) = fields.objects(NAME)? else {
        return Ok(None);
    };
    let mut limits = BTreeMap::new();
    for (pattern, mut fields) in entries {
        let path = format!("{NAME}.{pattern}");
        let read = caps(&mut fields).and_then(|caps| fields.end().map(|()| caps));
        let caps = read.map_err(|problem| problem.within(&path))?;
        if limits.insert(pattern, caps).is_some() {
            return Err(Problem::invalid(&path, "is given twice"));
        }
    }
    Ok(Some(limits))
}

fn caps(fields: &mut Fields) -> Result<Caps, Problem> {
    Ok(Caps {
        rpm: fields.count("rpm")?.flatten(),
        tpm: fields.count("tpm")?.flatten(),
        rpd: fields.count("rpd")?.flatten(),
        tpd: fields.count("tpd")?.flatten(),
        max_parallel: fields.count("max_parallel")?.flatten(),
        observe: fields.flag("observe")?.unwrap_or_default(),
    })
}

/// What is set of limits and routes; null lifts a limit, lists and tables are replaced whole.
#[derive(Object)]
#[oai(rename = "RulesInput")]
pub(super) struct RulesInput {
    /// Patterns (`*` stands for any characters) of the models that may be used; empty: all.
    models: Option<Vec<String>>,
    /// Requests a minute; null: not limited.
    #[oai(nullable)]
    rpm: Option<u64>,
    /// Tokens a minute; null: not limited.
    #[oai(nullable)]
    tpm: Option<u64>,
    /// Requests a day; null: not limited.
    #[oai(nullable)]
    rpd: Option<u64>,
    /// Tokens a day; null: not limited.
    #[oai(nullable)]
    tpd: Option<u64>,
    /// Calls that may run at once; null: not limited.
    #[oai(nullable)]
    max_parallel: Option<u64>,
    /// Whether what is beyond the limits is only reported, not refused.
    observe: Option<bool>,
    /// Limits of the models that a pattern names, together: `{"gpt-*": {"rpm": 10}}`.
    model_limits: Option<BTreeMap<String, CapsView>>,
    /// Which model a name, or names of a pattern, stand for: `{"default": "gpt-4o"}`.
    routes: Option<BTreeMap<String, String>>,
    /// Whether the routes are only reported, not followed.
    observe_routes: Option<bool>,
    /// Networks that calls may come from, such as `192.0.2.0/24`; empty: anywhere.
    allowed_ips: Option<Vec<String>>,
}

/// Limits and routes.
#[derive(Debug, Object)]
#[oai(rename = "Rules")]
pub(super) struct RulesView {
    /// Patterns of the models that may be used; empty: all.
    models: Vec<String>,
    /// Requests a minute; null: not limited.
    #[oai(nullable)]
    rpm: Option<u64>,
    /// Tokens a minute; null: not limited.
    #[oai(nullable)]
    tpm: Option<u64>,
    /// Requests a day; null: not limited.
    #[oai(nullable)]
    rpd: Option<u64>,
    /// Tokens a day; null: not limited.
    #[oai(nullable)]
    tpd: Option<u64>,
    /// Calls that may run at once; null: not limited.
    #[oai(nullable)]
    max_parallel: Option<u64>,
    /// Whether what is beyond the limits is only reported, not refused.
    observe: bool,
    /// Limits of the models that a pattern names, together.
    model_limits: BTreeMap<String, CapsView>,
    /// Which model a name, or names of a pattern, stand for.
    routes: BTreeMap<String, String>,
    /// Whether the routes are only reported, not followed.
    observe_routes: bool,
    /// Networks that calls may come from; empty: anywhere.
    allowed_ips: Vec<String>,
}

/// Limits of some models together.
#[derive(Debug, Object)]
#[oai(rename = "ModelLimits")]
struct CapsView {
    /// Requests a minute.
    #[oai(nullable)]
    rpm: Option<u64>,
    /// Tokens a minute.
    #[oai(nullable)]
    tpm: Option<u64>,
    /// Requests a day.
    #[oai(nullable)]
    rpd: Option<u64>,
    /// Tokens a day.
    #[oai(nullable)]
    tpd: Option<u64>,
    /// Calls that may run at once.
    #[oai(nullable)]
    max_parallel: Option<u64>,
    /// Whether what is beyond them is only reported, not refused.
    #[oai(default)]
    observe: bool,
}

impl From<Caps> for CapsView {
    fn from(caps: Caps) -> Self {
        Self {
            rpm: caps.rpm,
            tpm: caps.tpm,
            rpd: caps.rpd,
            tpd: caps.tpd,
            max_parallel: caps.max_parallel,
            observe: caps.observe,
        }
    }
}

impl From<Rules> for RulesView {
    fn from(rules: Rules) -> Self {
        let limits = rules.model_limits.into_iter();
        let networks = rules.allowed_ips.iter();
        Self {
            models: rules.models,
            rpm: rules.caps.rpm,
            tpm: rules.caps.tpm,
            rpd: rules.caps.rpd,
            tpd: rules.caps.tpd,
            max_parallel: rules.caps.max_parallel,
            observe: rules.caps.observe,
            model_limits: limits.map(|(name, caps)| (name, caps.into())).collect(),
            routes: rules.routes,
            observe_routes: rules.observe_routes,
            allowed_ips: networks.map(ToString::to_string).collect(),
        }
    }
}
