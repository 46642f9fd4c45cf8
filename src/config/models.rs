//! `[models."NAME"]`: who serves a name, in which order, and what it may use.

use std::collections::BTreeMap;

use super::names;
use super::read::{Merged, Reader, name, word};
use super::schema::{self, suggestion};
use super::settings::{Fallbacks, Model, Provider, Target};
use crate::models::caps::Caps;

/// The keys of the fallbacks.
const FALLBACKS: [&str; 3] = [
    "fallbacks",
    "context_window_fallbacks",
    "content_policy_fallbacks",
];

/// Reads the models.
pub(super) fn models(
    merged: &mut Merged<'_>,
    providers: &BTreeMap<String, Provider>,
) -> BTreeMap<String, Model> {
    let mut models = BTreeMap::new();
    let tables = merged.named("models");
    // One with faults of its own was complained of already.
    let mut known: Vec<String> = merged.named("providers").into_keys().collect();
    known.extend(providers.keys().cloned());
    let own = |name: &String| (name.clone(), name.clone());
    let mut owners: BTreeMap<String, String> = tables.keys().map(own).collect();
    for (name, table) in &tables {
        let mut reader = merged.table(path(name), table.clone(), schema::MODEL);
        let model = model(&mut reader, &known);
        for alias in &model.aliases {
            if let Some(owner) = owners.insert(alias.clone(), name.clone()) {
                let message = format!("\"{alias}\" is already a name of \"{owner}\"");
                reader.complain("aliases", message);
            }
        }
        models.insert(name.clone(), model);
    }
    for (name, table) in tables {
        if let Some((key, round)) = circle(&name, &models, &owners) {
            let mut reader = merged.table(path(&name), table, schema::MODEL);
            let message = format!("lead back to where they began: {}", round.join(", "));
            reader.complain(key, message);
        }
    }
    models
}

fn path(name: &str) -> String {
    format!("models.{}", names::quoted(name))
}

fn model(reader: &mut Reader<'_>, known: &[String]) -> Model {
    let names = |reader: &mut Reader<'_>, key| reader.list(key, name);
    let model = Model {
        strategy: reader.get("strategy", word).unwrap_or_default(),
        targets: targets(reader, known),
        fallbacks: Fallbacks {
            any: names(reader, FALLBACKS[0]),
            context_window: names(reader, FALLBACKS[1]),
            content_policy: names(reader, FALLBACKS[2]),
        },
        affinity: reader.claim("affinity"),
        observe: reader.claim("observe"),
        limits: limits(reader),
        aliases: names(reader, "aliases"),
        price: reader.price(),
        strict: reader.claim("strict"),
        upstream: reader.overrides(),
    };
    let many = "has no effect without several targets";
    for key in ["strategy", "affinity"] {
        if model.targets.len() < 2 && reader.table.contains_key(key) {
            reader.complain(key, many);
        }
    }
    if model.targets.iter().any(|target| target.observe)
        && model.targets.iter().all(|target| target.observe)
    {
        reader.complain("targets.observe", "leaves no target that is used");
    }
    model
}

fn targets(reader: &mut Reader<'_>, known: &[String]) -> Vec<Target> {
    if reader.is_empty_list("targets") {
        reader.complain("targets", "must name at least one target, or be left out");
    }
    let mut targets: Vec<Target> = Vec::new();
    reader.tables("targets", schema::TARGET, |mut reader| {
        let Some(provider) = reader.get("provider", name) else {
            if !reader.table.contains_key("provider") {
                reader.complain("provider", "is missing; name a provider");
            }
            return;
        };
        if !known.contains(&provider) {
            let known = suggestion(&provider, known.iter().map(String::as_str));
            let message = format!("no provider of this name is configured; {known}");
            reader.complain("provider", message);
        }
        let target = Target {
            provider,
            model: reader.get("model", name),
            weight: reader.count("weight").unwrap_or(1),
            when: reader.tags("when"),
            observe: reader.claim("observe"),
        };
        let same = |other: &Target| {
            (&other.provider, &other.model, &other.when)
                == (&target.provider, &target.model, &target.when)
        };
        if targets.iter().any(same) {
            reader.complain("provider", "stands here twice with the same model");
        }
        targets.push(target);
    });
    targets
}

fn limits(reader: &mut Reader<'_>) -> Caps {
    let mut caps = Caps::default();
    reader.within("limits", schema::LIMITS, |mut reader| {
        caps = Caps {
            rpm: reader.count("rpm"),
            tpm: reader.count("tpm"),
            rpd: reader.count("rpd"),
            tpd: reader.count("tpd"),
            max_parallel: reader.count("max_parallel"),
            observe: reader.claim("observe"),
        };
    });
    caps
}

/// The way on which a model's fallbacks lead back to it, and the first one's key.
///
/// Only its own: one that leads into another's circle is not at fault.
fn circle(
    name: &str,
    models: &BTreeMap<String, Model>,
    owners: &BTreeMap<String, String>,
) -> Option<(&'static str, Vec<String>)> {
    let fallbacks = &models.get(name)?.fallbacks;
    let lists = [
        &fallbacks.any,
        &fallbacks.context_window,
        &fallbacks.content_policy,
    ];
    FALLBACKS.into_iter().zip(lists).find_map(|(key, list)| {
        let mut seen = vec![name.to_owned()];
        let way = list
            .iter()
            .find_map(|next| back(name, next, models, owners, &mut seen));
        way.map(|way| (key, way))
    })
}

/// The way from one model to another, by fallbacks.
fn back(
    to: &str,
    from: &str,
    models: &BTreeMap<String, Model>,
    owners: &BTreeMap<String, String>,
    seen: &mut Vec<String>,
) -> Option<Vec<String>> {
    let owner = owners.get(from)?;
    if owner == to {
        return Some(vec![from.to_owned()]);
    }
    if seen.contains(owner) {
        return None;
    }
    seen.push(owner.clone());
    let further = models.get(owner)?.fallbacks.all();
    let way = further
        .into_iter()
        .find_map(|next| back(to, next, models, owners, seen));
    way.map(|way| [vec![from.to_owned()], way].concat())
}
