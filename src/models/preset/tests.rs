use std::collections::HashSet;

use chrono::NaiveDate;

use super::*;
use crate::models::abilities::{Abilities, Thinking};

#[test]
fn every_name_and_host_is_one_rows_alone() {
    let mut names = HashSet::from(["openai-compatible", "demo"]);
    let mut hosts = HashSet::new();
    for row in NATIVE.iter().chain(all()) {
        for name in row.aliases.iter().chain([&row.name]) {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            assert!(name.bytes().all(plain), "{name}");
            assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
            assert!(names.insert(name), "{name} stands twice");
        }
        for host in row.hosts {
            assert!(hosts.insert(host), "{host} stands twice");
        }
    }
    assert!(all().count() >= 35, "{}", all().count());
}

#[test]
fn every_row_says_where_it_is_and_where_that_was_read() {
    for row in all() {
        let name = row.name;
        assert!(!row.title.is_empty(), "{name}");
        let page = url::Url::parse(row.page).expect(name);
        assert_eq!(page.scheme(), "https", "{name}");
        let read: NaiveDate = row.read.parse().expect(name);
        assert!(
            read >= NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day"),
            "{name}"
        );
        for address in row.base_url.iter().chain(&row.messages) {
            let parsed = url::Url::parse(address).expect(name);
            let local = parsed.host_str() == Some("127.0.0.1");
            assert_eq!(parsed.scheme(), if local { "http" } else { "https" });
            assert!(!address.ends_with('/'), "{name}: {address}");
            assert_eq!(row.key == Key::Optional, local || name == "ovhcloud");
            let there = at(address);
            assert_eq!(there, (!local).then_some(row), "{name}: {address}");
        }
        if let Some(messages) = row.messages {
            assert!(!messages.ends_with("/v1"), "{name}: {messages}");
        }
        assert!(row.converses || !row.more.is_empty(), "{name}");
    }
}

#[test]
fn a_row_is_found_by_its_names_and_by_its_host_alone() {
    let name = |url| at(url).map(|row| row.name);
    assert_eq!(named("kimi").map(|row| row.name), Some("moonshot"));
    assert!(named("openai").is_none(), "it has a kind of its own");
    assert_eq!(name("https://API.GROQ.com/openai/v1"), Some("groq"));
    assert_eq!(name("https://api.z.ai:443/api/paas/v4"), Some("zai"));
    assert_eq!(name("https://eu.api.openai.com/v1"), Some("openai"));
    assert_eq!(name("https://us-east-1.api.x.ai/v1"), Some("xai"));
    for other in [
        "https://notapi.mistral.ai.example/v1",
        "https://xapi.mistral.ai/v1",
        "https://api.groq.com@evil.example/v1",
        "https://evil.example/api.groq.com",
        "http://127.0.0.1:8000/v1",
        "https://groq.com",
        "nonsense",
        "",
        "https://ünïapi.groq.com.",
    ] {
        assert_eq!(name(other), None, "{other}");
    }
}

#[test]
fn what_holds_for_some_models_replaces_what_holds_for_all() {
    let told = |kind: &str, model: &str| {
        let mut abilities = Abilities::default();
        for quirk in named(kind).unwrap().quirks(model) {
            quirk.apply(&mut abilities);
        }
        abilities
    };
    assert!(told("xai", "grok-4-1").refuses.contains(&"stop"));
    assert!(!told("xai", "grok-3").refuses.contains(&"stop"));
    assert!(
        told("kimi", "kimi-k2-thinking")
            .refuses
            .contains(&"temperature")
    );
    assert!(!told("kimi", "kimi-k2").forced_tool);
    assert_eq!(told("zai", "glm-5").thinking, Thinking::Switch);
    assert_eq!(told("baseten", "any"), Abilities::default());
}
