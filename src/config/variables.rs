//! What the environment says: which variable sets what.

use config::{Value, ValueKind};

use super::complaint::{Complaints, Place};
use super::environment::Environment;
use super::layer::{Layer, Places};
use super::schema::{self, SECTIONS, suggestion};
use super::values::Shape;
use super::{indirect, names};

/// Read by the program itself rather than into a section.
const RESERVED: &[&str] = &[
    "MANTI_DATA_DIR",
    "MANTI_CONFIG",
    "MANTI_MASTER_KEY",
    "MANTI_ADMIN_EMAIL",
    "MANTI_ADMIN_PASSWORD",
];

/// What a variable is to the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// None of ours, or one that Kubernetes injects for a service of our name, or one for tests.
    None,
    /// Read where it is needed.
    Reserved,
    /// A setting of a section with a fixed name.
    Setting(&'static str, &'static str),
    /// A setting of a provider.
    Provider(String, &'static str),
    /// It begins like one of ours and is not.
    Unknown,
}

/// Says what a variable sets.
pub(super) fn meaning(name: &str) -> Meaning {
    if name == "DATABASE_URL" {
        return Meaning::Setting("database", "url");
    }
    if name == "JWT_SECRET" || RESERVED.contains(&name) {
        return Meaning::Reserved;
    }
    let Some(rest) = name.strip_prefix("MANTI_") else {
        return Meaning::None;
    };
    if rest.starts_with("SERVICE_") || rest.starts_with("PORT") || rest.starts_with("TEST_") {
        return Meaning::None;
    }
    if let Some(rest) = rest.strip_prefix("PROVIDERS_") {
        return provider(rest).unwrap_or(Meaning::Unknown);
    }
    for section in SECTIONS {
        for key in section.keys {
            if name == setting_name(section.name, key.name) {
                return Meaning::Setting(section.name, key.name);
            }
        }
    }
    Meaning::Unknown
}

/// The variable that sets a setting of a section with a fixed name.
pub(super) fn setting_name(section: &str, key: &str) -> String {
    format!("MANTI_{section}_{key}").to_uppercase()
}

/// The variable that sets a provider's field.
pub(super) fn provider_name(provider: &str, field: &str) -> String {
    format!("MANTI_PROVIDERS_{}_{field}", provider.replace('-', "_")).to_uppercase()
}

/// `<NAME>_<FIELD>`, the longest known field first, so that a name may hold any of them.
fn provider(rest: &str) -> Option<Meaning> {
    let mut fields = schema::PROVIDER_VARIABLES.to_vec();
    fields.sort_by_key(|field| std::cmp::Reverse(field.len()));
    fields.into_iter().find_map(|field| {
        let name = rest
            .strip_suffix(&field.to_uppercase())?
            .strip_suffix('_')?;
        let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        let name = (!name.is_empty() && name.bytes().all(plain))
            .then(|| name.to_lowercase().replace('_', "-"))?;
        Some(Meaning::Provider(name, field))
    })
}

/// Reads the environment into a layer.
pub(super) fn read(
    environment: &Environment,
    places: &mut Places,
    complaints: &mut Complaints,
) -> Layer {
    let found = environment.complaints();
    complaints.errors.extend(found.errors.iter().cloned());
    let mut layer = Layer::default();
    // In the order of names DATABASE_URL comes before MANTI_DATABASE_URL, which is more exact.
    for (name, text) in environment.iter() {
        let place = environment.place(name);
        match meaning(name) {
            Meaning::None | Meaning::Reserved => {}
            Meaning::Unknown => complaints.warning(place, unknown(name)),
            Meaning::Setting(section, key) => {
                let path = format!("{section}.{key}");
                let Some(found) = schema::setting(&path) else {
                    continue;
                };
                if let Some(value) = value(&path, found.shape, place, text, places, complaints) {
                    layer.set(&[section, key], value);
                }
            }
            Meaning::Provider(provider, field) => {
                let path = format!("providers.{provider}");
                places.note_head(&path, place.clone());
                if let Err(message) = names::provider(&provider) {
                    complaints.error(place, &path, format!("the provider's name {message}"));
                    continue;
                }
                let Some(found) = schema::find(schema::PROVIDER, field) else {
                    continue;
                };
                let path = format!("{path}.{field}");
                let read = value(&path, found.shape, place.clone(), text, places, complaints);
                let Some(value) = read else { continue };
                if field == "api_key" {
                    let list = places.value(place, ValueKind::Array(vec![value]));
                    layer.set(&["providers", &provider, "api_keys"], list);
                } else {
                    layer.set(&["providers", &provider, field], value);
                }
            }
        }
    }
    layer
}

fn value(
    path: &str,
    shape: Shape,
    place: Place,
    text: &str,
    places: &mut Places,
    complaints: &mut Complaints,
) -> Option<Value> {
    let check = |text: &str, complaints: &mut Complaints| {
        if indirect::is(text) {
            return true;
        }
        match shape.check(text) {
            Ok(()) => true,
            Err(message) => {
                complaints.error(place.clone(), path, message);
                false
            }
        }
    };
    if !shape.is_list() {
        return check(text, complaints).then(|| places.value(place, text));
    }
    let mut entries = Vec::new();
    for entry in text.split(',').map(str::trim).filter(|e| !e.is_empty()) {
        if check(entry, complaints) {
            entries.push(places.value(place.clone(), entry));
        }
    }
    Some(places.value(place, ValueKind::Array(entries)))
}

fn unknown(name: &str) -> String {
    let settings = SECTIONS.iter().flat_map(|section| {
        let keys = section.keys.iter();
        keys.map(|key| setting_name(section.name, key.name))
    });
    let mut known: Vec<String> = settings.collect();
    known.extend(RESERVED.iter().map(|&name| name.to_owned()));
    if let Some(rest) = name.strip_prefix("MANTI_PROVIDERS_") {
        let provider = rest.split('_').next().unwrap_or_default();
        let fields = schema::PROVIDER_VARIABLES.iter();
        known = fields.map(|field| provider_name(provider, field)).collect();
    }
    let near = suggestion(name, known.iter().map(String::as_str));
    if near.starts_with("did") || name.starts_with("MANTI_PROVIDERS_") {
        format!("is not known; {near}")
    } else {
        "is not known".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn variables_for_kubernetes_and_for_tests_mean_nothing() {
        for name in [
            "MANTI_TEST_POSTGRES",
            "MANTI_SERVICE_HOST",
            "MANTI_SERVICE_PORT_HTTP",
            "MANTI_PORT",
            "MANTI_PORT_8080_TCP_ADDR",
            "PATH",
        ] {
            assert_eq!(meaning(name), Meaning::None, "{name}");
        }
    }

    #[test]
    fn a_providers_name_may_hold_the_name_of_a_field() {
        assert_eq!(
            meaning("MANTI_PROVIDERS_MY_MODELS_API_KEY"),
            Meaning::Provider("my-models".to_owned(), "api_key")
        );
        assert_eq!(
            meaning("MANTI_PROVIDERS_KIND_KIND"),
            Meaning::Provider("kind".to_owned(), "kind")
        );
        for name in [
            "MANTI_PROVIDERS_API_KEY",
            "MANTI_PROVIDERS__API_KEY_X",
            "MANTI_PROVIDERS_OPENAI",
            "MANTI_PROVIDERS_OPENAI_API_VERSIO",
            "MANTI_PROVIDERS_openai_API_KEY",
            "MANTI_SERVER",
            "MANTI_CACHE_SIZE",
            "MANTI_",
        ] {
            assert_eq!(meaning(name), Meaning::Unknown, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_setting_is_found_under_its_own_variable(
            section in 0..SECTIONS.len(), key in 0_usize..100,
        ) {
            let section = &SECTIONS[section];
            let key = section.keys[key % section.keys.len()].name;
            let name = setting_name(section.name, key);
            prop_assert_eq!(meaning(&name), Meaning::Setting(section.name, key));
        }

        #[test]
        fn every_provider_is_found_under_its_own_variable(
            name in "[a-z][a-z0-9-]{0,20}", field in 0..schema::PROVIDER_VARIABLES.len(),
        ) {
            let field = schema::PROVIDER_VARIABLES[field];
            prop_assert_eq!(
                meaning(&provider_name(&name, field)),
                Meaning::Provider(name, field)
            );
        }

        #[test]
        fn no_variable_makes_it_panic(name in "(MANTI_)?(PROVIDERS_)?\\PC*") {
            let _ = (meaning(&name), unknown(&name));
        }
    }
}
