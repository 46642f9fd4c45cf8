use std::fs;

use super::prices::Purpose;
use super::*;
use crate::config::{self, Sources};
use crate::models::api_key::Rules;
use crate::models::principal::KeyGrant;
use crate::models::user::Role;
use crate::providers;

fn catalog(settings: &str) -> Catalog {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("manti.toml");
    fs::write(&file, settings).expect("a file");
    let sources = Sources {
        asked: Some(file),
        ..Sources::default()
    };
    let config = config::load(&sources).expect("settings").config;
    let providers = providers::build(&config).expect("providers");
    Catalog::build(&config, &providers)
}

/// A caller whose key allows these patterns; all models without any.
fn caller(models: &[&str]) -> Principal {
    let rules = Rules {
        models: models.iter().map(|pattern| (*pattern).to_owned()).collect(),
        ..Rules::default()
    };
    Principal {
        user_id: "usr_1".into(),
        account_id: "acc_1".into(),
        email: "a@example.com".into(),
        role: Role::Member,
        rules: Arc::default(),
        team: None,
        key: Some(Arc::new(KeyGrant {
            id: "key_1".into(),
            name: "test".into(),
            rules,
            expires_at: None,
        })),
    }
}

fn anyone() -> Principal {
    caller(&[])
}

/// Where a name leads: `provider:upstream name`, or the refusal's situation.
fn leads(catalog: &Catalog, name: &str) -> String {
    match catalog.route(&anyone(), name) {
        Ok(route) => format!(
            "{}:{}",
            route.first().target.provider_name,
            route.first().target.model
        ),
        Err(refusal) => format!("{:?}", refusal.situation),
    }
}

/// What prices a route: the source, and the input's price.
fn priced(catalog: &Catalog, name: &str) -> (String, String) {
    let route = catalog.route(&anyone(), name).expect("a route");
    let applied = route.first().pricing.card(None);
    applied.map_or(("none".into(), String::new()), |applied| {
        let input = applied.card.standard().input.expect("a price");
        let source = applied.source.split(':').next().expect("a word").to_owned();
        (source, input.to_string())
    })
}

const EVERYTHING: &str = r#"
[providers.openai]
api_key = "k"
[providers.anthropic]
api_key = "k"
[providers.local]
kind = "openai-compatible"
base_url = "http://127.0.0.1:8000/v1"
models = ["llama-3.3-70b", "meta-llama/Llama-3.3", "openai/gpt-oss-120b"]
price = { input = "0.10", output = "0.20" }
[models."smart"]
targets = [{ provider = "anthropic", model = "claude-opus-5" }]
aliases = ["default"]
strict = true
[models."gpt-4.1"]
price = { input = "7", output = "8" }
[models."claude-haiku-4-5"]
aliases = ["quick"]
[models."gone"]
[models."lost"]
targets = [{ provider = "local", model = "lost-7b" }]
"#;

#[test]
fn names_resolve_in_the_contracts_order() {
    let catalog = catalog(EVERYTHING);
    for (name, expected) in [
        // Exact names and aliases.
        ("smart", "anthropic:claude-opus-5"),
        ("default", "anthropic:claude-opus-5"),
        ("quick", "anthropic:claude-haiku-4-5"),
        ("gpt-4o", "openai:gpt-4o"),
        ("gpt-4o-2024-08-06", "openai:gpt-4o-2024-08-06"),
        ("gpt-4o-2031-12-31", "openai:gpt-4o-2031-12-31"),
        (
            "ft:gpt-4o-2024-08-06:acme::x",
            "openai:ft:gpt-4o-2024-08-06:acme::x",
        ),
        ("claude-sonnet-4-6", "anthropic:claude-sonnet-4-6"),
        ("llama-3.3-70b", "local:llama-3.3-70b"),
        ("lost", "local:lost-7b"),
        // A listed name with a slash before a provider's name before the slash.
        ("meta-llama/Llama-3.3", "local:meta-llama/Llama-3.3"),
        ("openai/gpt-oss-120b", "local:openai/gpt-oss-120b"),
        ("openai/gpt-4o", "openai:gpt-4o"),
        ("openai/gpt-next", "openai:gpt-next"),
        ("local/anything/at all", "local:anything/at all"),
        ("anthropic/smart", "anthropic:smart"),
        // Nobody's.
        ("gpt-next", "ModelNotFound"),
        ("nowhere/gpt-4o", "ModelNotFound"),
        ("openai/", "ModelNotFound"),
        ("/gpt-4o", "ModelNotFound"),
        ("gone", "ModelNotFound"),
        ("GPT-4o", "ModelNotFound"),
        ("", "ModelNotFound"),
        ("openai/with\nbreak", "ModelNotFound"),
    ] {
        assert_eq!(leads(&catalog, name), expected, "{name:?}");
    }
    let long = format!("openai/{}", "x".repeat(300));
    assert_eq!(leads(&catalog, &long), "ModelNotFound");
}

#[test]
fn a_route_says_what_was_asked_for_and_on_which_terms() {
    let catalog = catalog(EVERYTHING);
    let route = catalog.route(&anyone(), "default").expect("a route");
    assert_eq!((&*route.requested, &*route.known_as), ("default", "smart"));
    assert!(route.strict);
    let plain = catalog.route(&anyone(), "gpt-4o").expect("a route");
    assert!(!plain.strict);
    assert_eq!(&*plain.requested, "gpt-4o");
}

#[test]
fn a_retired_model_is_refused_with_its_successor_unless_it_is_served() {
    let known = catalog(EVERYTHING);
    for (name, successor) in [
        ("gpt-4", "gpt-5.6-sol"),
        ("gpt-4-0613", "gpt-5.6-sol"),
        ("gpt-4-turbo", "gpt-5.6-sol"),
        ("gpt-3.5-turbo", "gpt-5.6-terra"),
        ("claude-3-5-sonnet-20241022", "claude-sonnet-4-6"),
        ("claude-3-5-haiku-20241022", "claude-haiku-4-5"),
        ("claude-3-opus-20240229", "claude-opus-4-8"),
        ("claude-3-sonnet-20240229", "claude-sonnet-4-6"),
        ("claude-3-haiku-20240307", "claude-haiku-4-5"),
    ] {
        let refusal = known.route(&anyone(), name).err().expect("a refusal");
        assert_eq!(refusal.situation, Situation::ModelNotFound, "{name}");
        assert!(refusal.message.contains(successor), "{}", refusal.message);
        assert_eq!(refusal.param.as_deref(), Some("model"));
    }
    // Asked for at the provider itself it goes there as it is.
    assert_eq!(leads(&known, "openai/gpt-4"), "openai:gpt-4");
    let listed = catalog(
        r#"
        [providers.openai]
        api_key = "k"
        models = ["gpt-4", "gpt-3.5-turbo"]
        [providers.old]
        kind = "openai-compatible"
        base_url = "http://127.0.0.1:1/v1"
        models = ["*"]
        "#,
    );
    assert_eq!(leads(&listed, "gpt-4"), "openai:gpt-4");
    assert_eq!(priced(&listed, "gpt-4"), ("book".into(), "30.00".into()));
    assert_eq!(leads(&listed, "gpt-4-turbo"), "old:gpt-4-turbo");
}

#[test]
fn a_list_of_models_is_all_that_a_provider_serves_by_their_names() {
    let catalog = catalog(
        r#"
        [providers.openai]
        api_key = "k"
        models = ["gpt-4o"]
        "#,
    );
    assert_eq!(leads(&catalog, "gpt-4o"), "openai:gpt-4o");
    assert_eq!(leads(&catalog, "gpt-4o-mini"), "ModelNotFound");
    assert_eq!(leads(&catalog, "openai/gpt-4o-mini"), "openai:gpt-4o-mini");
}

#[test]
fn of_several_providers_the_models_maker_serves_it_then_the_first_by_name() {
    let catalog = catalog(
        r#"
        [providers.aaa]
        kind = "openai-compatible"
        base_url = "http://127.0.0.1:1/v1"
        models = ["gpt-4o", "llama", "claude-opus-5"]
        [providers.bbb]
        kind = "openai-compatible"
        base_url = "http://127.0.0.1:2/v1"
        models = ["llama", "*"]
        [providers.openai]
        api_key = "k"
        [providers.zzz]
        kind = "openai"
        api_key = "k"
        "#,
    );
    assert_eq!(leads(&catalog, "gpt-4o"), "openai:gpt-4o");
    assert_eq!(leads(&catalog, "llama"), "aaa:llama");
    assert_eq!(leads(&catalog, "claude-opus-5"), "aaa:claude-opus-5");
    assert_eq!(leads(&catalog, "anything"), "bbb:anything");
    assert_eq!(leads(&catalog, "zzz/anything"), "zzz:anything");
}

#[test]
fn what_only_begins_the_names_of_models_is_not_listed() {
    let catalog = catalog("[providers.openai]\napi_key = \"k\"");
    let listed = catalog.models(&anyone());
    assert!(listed.iter().any(|model| &*model.id == "gpt-4o"));
    let family = listed.iter().find(|model| model.id.starts_with("ft:"));
    assert_eq!(family, None);
}

#[test]
fn what_is_no_conversation_is_served_where_the_provider_can() {
    let catalog = catalog(
        r#"
        [providers.openai]
        api_key = "k"
        [providers.gemini]
        api_key = "k"
        "#,
    );
    for (name, purpose) in [
        ("text-embedding-3-small", Purpose::Embedding),
        ("omni-moderation-latest", Purpose::Moderation),
        ("gpt-image-1", Purpose::Image),
        ("tts-1", Purpose::Speech),
        ("whisper-1", Purpose::Transcription),
        ("babbage-002", Purpose::Completion),
    ] {
        assert_eq!(leads(&catalog, name), format!("openai:{name}"));
        let model = catalog.model(&anyone(), name).expect("a model");
        assert_eq!((model.purpose, model.converses()), (Some(purpose), false));
    }
    assert_eq!(
        leads(&catalog, "gemini-embedding-001"),
        "gemini:gemini-embedding-001"
    );
    // Priced, and made where Gemini has no words for it here.
    assert_eq!(leads(&catalog, "imagen-3.0-generate-001"), "ModelNotFound");
}

#[test]
fn the_demo_is_served_when_nothing_is_configured() {
    let catalog = catalog("");
    assert_eq!(leads(&catalog, "demo"), "demo:demo");
    assert_eq!(leads(&catalog, "demo/flaky-3"), "demo:flaky-3");
    assert_eq!(
        priced(&catalog, "demo/slow-first-token"),
        ("book".into(), "1.00".into())
    );
    assert_eq!(leads(&catalog, "gpt-4o"), "ModelNotFound");
    let ids: Vec<_> = catalog
        .models(&anyone())
        .iter()
        .map(|m| m.id.to_string())
        .collect();
    assert_eq!(ids, ["demo"]);
}

#[test]
fn a_key_uses_what_its_patterns_allow_by_the_name_asked_for_or_its_model() {
    let catalog = catalog(EVERYTHING);
    let situation = |models: &[&str], name| {
        let refused = catalog.route(&caller(models), name).err();
        refused.map(|refusal| (refusal.situation, refusal.told_code().map(str::to_owned)))
    };
    let denied = Some((
        Situation::ModelNotAllowed,
        Some("model_not_allowed".to_owned()),
    ));
    assert_eq!(situation(&["gpt-*"], "gpt-4o"), None);
    assert_eq!(situation(&["gpt-*"], "claude-opus-5"), denied);
    assert_eq!(
        situation(&["smart"], "default"),
        None,
        "an alias of what is allowed"
    );
    assert_eq!(situation(&["default"], "default"), None);
    assert_eq!(situation(&["default"], "smart"), denied);
    assert_eq!(
        situation(&["claude-opus-5"], "smart"),
        denied,
        "another model of the operator's"
    );
    assert_eq!(situation(&["gpt-4o"], "openai/gpt-4o"), denied);
    assert_eq!(situation(&["openai/*"], "openai/gpt-4o"), None);
    let missing = catalog.route(&caller(&["gpt-4o"]), "nothing").err();
    assert_eq!(
        missing.map(|refusal| refusal.situation),
        Some(Situation::ModelNotFound)
    );
}

#[test]
fn prices_come_from_the_model_then_the_book_then_the_provider() {
    let catalog = catalog(EVERYTHING);
    let expect = |name, source: &str, input: &str| {
        assert_eq!(
            priced(&catalog, name),
            (source.into(), input.into()),
            "{name}"
        );
    };
    expect("gpt-4.1", "config", "7.00");
    expect("openai/gpt-4.1", "config", "7.00");
    expect("gpt-4.1-mini", "book", "0.40");
    expect("default", "book", "5.00");
    expect("llama-3.3-70b", "config", "0.10");
    // The same name at another provider is another thing.
    expect("local/gpt-4.1", "config", "0.10");
    expect("openai/gpt-next", "none", "");
}

#[test]
fn a_price_set_for_a_model_of_one_provider_is_not_another_providers() {
    let catalog = catalog(
        r#"
        [providers.openai]
        api_key = "k"
        [providers.local]
        kind = "openai-compatible"
        base_url = "http://127.0.0.1:8000/v1"
        models = ["*"]
        [models."gpt-4o"]
        targets = [{ provider = "local" }]
        price = { input = "0.01", output = "0.02" }
        "#,
    );
    assert_eq!(priced(&catalog, "gpt-4o"), ("config".into(), "0.01".into()));
    assert_eq!(
        priced(&catalog, "local/gpt-4o"),
        ("config".into(), "0.01".into())
    );
    assert_eq!(
        priced(&catalog, "openai/gpt-4o"),
        ("book".into(), "2.50".into())
    );
}

#[test]
fn unknown_prices_are_refused_where_they_are_blocked() {
    let catalog = catalog(
        r#"
        [billing]
        unknown_price = "block"
        [providers.openai]
        api_key = "k"
        "#,
    );
    assert_eq!(leads(&catalog, "gpt-4o"), "openai:gpt-4o");
    let refusal = catalog
        .route(&anyone(), "openai/gpt-next")
        .err()
        .expect("a refusal");
    assert_eq!(refusal.situation, Situation::PriceUnknown);
    assert_eq!(refusal.told_code(), Some("price_unknown"));
}

#[test]
fn what_a_caller_may_use_is_listed_with_who_serves_it() {
    let catalog = catalog(EVERYTHING);
    let all = catalog.models(&anyone());
    let ids: Vec<&str> = all.iter().map(|model| &*model.id).collect();
    assert!(ids.is_sorted());
    for name in [
        "smart",
        "default",
        "quick",
        "gpt-4o",
        "llama-3.3-70b",
        "claude-opus-5",
        "lost",
    ] {
        assert!(ids.contains(&name), "{name}");
    }
    for name in ["gone", "gpt-4", "gpt-4-0613", "claude-3-haiku-20240307"] {
        assert!(!ids.contains(&name), "{name}");
    }
    let few = catalog.models(&caller(&["smart", "llama*"]));
    let few: Vec<_> = few.iter().map(|m| (&*m.id, &*m.provider)).collect();
    assert_eq!(
        few,
        [
            ("default", "anthropic"),
            ("llama-3.3-70b", "local"),
            ("smart", "anthropic")
        ]
    );
    let one = catalog.model(&anyone(), "gpt-4o").expect("a model");
    assert_eq!((&*one.display_name, one.context), ("GPT-4o", Some(128_000)));
    assert_eq!(one.created, 1_715_558_400, "2024-05-13");
    assert!(catalog.model(&caller(&["smart"]), "gpt-4o").is_err());
}

#[test]
fn operators_see_what_is_declared_known_and_missing() {
    let catalog = catalog(EVERYTHING);
    let offers = catalog.offers();
    let offer = |name: &str| offers.iter().find(|offer| &*offer.listed.id == name);
    let smart = offer("smart").expect("declared");
    assert!(smart.declared && smart.route.is_ok());
    assert_eq!(smart.aliases, ["default"]);
    assert_eq!(
        smart.entry.as_ref().map(|entry| &*entry.id),
        Some("claude-opus-5")
    );
    assert!(offer("default").is_none(), "an alias is not a model");
    let gone = offer("gone").expect("declared");
    assert!(gone.route.is_err());
    assert!(offer("gpt-4o").is_some_and(|offer| !offer.declared));
    assert_eq!(
        &*catalog.offer("default").expect("an offer").listed.id,
        "smart"
    );
    assert_eq!(
        &*catalog.offer("openai/x").expect("an offer").listed.id,
        "openai/x"
    );
}

#[test]
fn another_configuration_takes_the_place_of_the_first() {
    let catalog = catalog("");
    assert_eq!(leads(&catalog, "demo"), "demo:demo");
    let mut config = Config::defaults("data");
    config.providers.clear();
    config.providers.insert(
        "openai".into(),
        config::Provider {
            kind: config::Kind::OpenAi,
            base_url: None,
            api_keys: vec![config::Secret::new("k")],
            models: Vec::new(),
            dialect: None,
            price: None,
            cloud: config::Cloud::default(),
            upstream: config::UpstreamOverrides::default(),
        },
    );
    catalog.replace(&config, &providers::build(&config).expect("providers"));
    assert_eq!(leads(&catalog, "demo"), "ModelNotFound");
    assert_eq!(leads(&catalog, "gpt-4o"), "openai:gpt-4o");
}
