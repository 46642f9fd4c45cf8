//! What comes into force when settings and the rows of the database change, together and apart.

use manti::auth::{Actor, Vault};
use manti::config::{self, Config, Fields, Offer, Secret, Sources};
use manti::models::clock::Clock;
use manti::offers::Offers;
use manti::providers;
use serde_json::{Value, json};

use crate::support::engines::{Engine, both};

const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The settings of a file.
fn settings(engine: &Engine, text: &str) -> Config {
    let file = engine.data_dir().join("manti.toml");
    std::fs::write(&file, text).unwrap();
    let sources = Sources {
        asked: Some(file),
        ..Sources::default()
    };
    config::load(&sources).unwrap().config
}

/// One process's view of what is declared.
async fn offers(engine: &Engine, text: &str) -> Offers {
    let config = settings(engine, text);
    let key = Secret::new(MASTER_KEY);
    let vault = Vault::new(Some(&key), &engine.store, engine.data_dir());
    let built = providers::build(&config).unwrap();
    let parts = (engine.store.clone(), Clock::system(), vault);
    let offers = Offers::new(parts, config, built, None);
    offers.reload().await.unwrap();
    offers
}

/// A provider in a file.
fn declared(name: &str, port: u16) -> String {
    format!(
        "[providers.{name}]\nkind = \"openai-compatible\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n\
         api_key = \"k{port}\"\nmodels = [\"m{port}\"]\n"
    )
}

fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

async fn create(offers: &Offers, offer: Offer, name: &str, value: Value) {
    let by = Actor::operator();
    let made = offers.create(&by, offer, name, fields(value));
    made.await.unwrap();
    offers.reload().await.unwrap();
}

async fn model(offers: &Offers, name: &str, provider: &str) {
    let targets = json!({"targets": [{"provider": provider, "model": "x"}]});
    create(offers, Offer::Model, name, targets).await;
}

async fn remove(offers: &Offers, offer: Offer, name: &str) {
    let by = Actor::operator();
    let gone = offers.remove(&by, offer, name);
    gone.await.unwrap();
    offers.reload().await.unwrap();
}

/// Where a provider in force is.
fn address(offers: &Offers, name: &str) -> Option<String> {
    let state = offers.state();
    Some(state.providers.get(name)?.base_url().to_owned())
}

fn has_model(offers: &Offers, name: &str) -> bool {
    offers.state().config.models.contains_key(name)
}

/// Whether there is a problem with the settings, and with the rows.
fn problems(offers: &Offers) -> (bool, bool) {
    let problems = offers.state().problems.clone();
    (problems.settings.is_some(), problems.rows.is_some())
}

both! {
    async fn a_row_that_is_no_longer_shadowed_serves_by_its_own_settings(engine: &Engine) {
        let one = offers(engine, "").await;
        let row = json!({
            "kind": "openai-compatible", "base_url": "http://127.0.0.1:2/v1", "models": ["m"],
        });
        create(&one, Offer::Provider, "x", row).await;
        assert!(one.rebase(settings(engine, &declared("x", 1))).await);
        assert_eq!(address(&one, "x").unwrap(), "http://127.0.0.1:1/v1");
        assert_eq!(one.state().shadowed.len(), 1);
        assert!(one.rebase(settings(engine, "")).await);
        assert_eq!(address(&one, "x").unwrap(), "http://127.0.0.1:2/v1");
        assert_eq!(problems(&one), (false, false));
    }

    async fn a_provider_whose_settings_stay_the_same_goes_on(engine: &Engine) {
        let one = offers(engine, &declared("x", 1)).await;
        let before = one.state();
        let both = format!("{}{}", declared("x", 1), declared("y", 2));
        assert!(one.rebase(settings(engine, &both)).await);
        let after = one.state();
        assert!(std::sync::Arc::ptr_eq(&before.providers["x"], &after.providers["x"]));
        assert!(one.rebase(settings(engine, &declared("x", 3))).await);
        assert_eq!(address(&one, "x").unwrap(), "http://127.0.0.1:3/v1");
        assert_eq!(address(&one, "y"), None);
    }

    async fn rows_that_wait_for_settings_come_into_force_with_them(engine: &Engine) {
        let one = offers(engine, "").await;
        // Another process has the next file already.
        let other = offers(engine, &declared("q", 1)).await;
        model(&other, "m", "q").await;
        one.reload().await.unwrap();
        assert_eq!((has_model(&one, "m"), problems(&one)), (false, (false, true)));
        assert!(one.rebase(settings(engine, &declared("q", 1))).await);
        assert_eq!((has_model(&one, "m"), problems(&one)), (true, (false, false)));
    }

    async fn settings_that_wait_for_rows_come_into_force_with_them(engine: &Engine) {
        let both = format!("{}{}", declared("p", 1), declared("keep", 2));
        let one = offers(engine, &both).await;
        model(&one, "m", "p").await;
        assert!(!one.rebase(settings(engine, &declared("keep", 3))).await);
        assert_eq!(problems(&one), (true, false));
        let why = one.state().problems.settings.clone().unwrap();
        assert!(why.contains("models.m"), "{why}");
        assert_eq!(address(&one, "keep").unwrap(), "http://127.0.0.1:2/v1");
        // Rows that change nothing about it leave the settings waiting, and are in force.
        model(&one, "other", "keep").await;
        assert_eq!((has_model(&one, "other"), problems(&one)), (true, (true, false)));
        remove(&one, Offer::Model, "m").await;
        assert_eq!(problems(&one), (false, false));
        assert_eq!(address(&one, "keep").unwrap(), "http://127.0.0.1:3/v1");
        assert_eq!(address(&one, "p"), None);
        assert!(has_model(&one, "other"));
    }

    async fn a_problem_of_the_rows_and_one_of_the_settings_are_two(engine: &Engine) {
        let one = offers(engine, &declared("p", 1)).await;
        one.refuse("manti.toml:1: is broken".to_owned()).await;
        assert_eq!(problems(&one), (true, false));
        // Good rows do not mend the settings.
        model(&one, "m", "p").await;
        assert_eq!((has_model(&one, "m"), problems(&one)), (true, (true, false)));
        // Nor do good settings mend rows.
        let other = offers(engine, &format!("{}{}", declared("p", 1), declared("q", 2))).await;
        model(&other, "of-q", "q").await;
        one.reload().await.unwrap();
        assert_eq!(problems(&one), (true, true));
        let told = one.state().problems.told().unwrap();
        assert!(told.contains("is broken") && told.contains("models.of-q"), "{told}");
        assert!(one.rebase(settings(engine, &declared("p", 4))).await);
        assert_eq!(problems(&one), (false, true));
        assert_eq!(address(&one, "p").unwrap(), "http://127.0.0.1:4/v1");
        remove(&other, Offer::Model, "of-q").await;
        one.reload().await.unwrap();
        assert_eq!(problems(&one), (false, false));
    }

    async fn settings_and_rows_that_are_both_refused_are_told_of_both(engine: &Engine) {
        let text = format!("{}{}", declared("p", 1), declared("q", 2));
        let one = offers(engine, &declared("p", 1)).await;
        let other = offers(engine, &text).await;
        model(&other, "of-p", "p").await;
        one.reload().await.unwrap();
        model(&other, "of-q", "q").await;
        assert!(!one.rebase(settings(engine, "")).await);
        assert_eq!(problems(&one), (true, true));
        assert_eq!(address(&one, "p").unwrap(), "http://127.0.0.1:1/v1");
        assert!(has_model(&one, "of-p"));
        remove(&other, Offer::Model, "of-p").await;
        remove(&other, Offer::Model, "of-q").await;
        one.reload().await.unwrap();
        assert_eq!((address(&one, "p"), problems(&one)), (None, (false, false)));
    }
}
