//! Where settings come from, which of them win, and what they mean.

use std::path::PathBuf;
use std::time::Duration;

use super::*;

#[test]
fn with_nothing_set_there_is_a_whole_configuration_with_demo() {
    let config = Config::defaults("/srv/manti");
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:8080");
    assert_eq!(config.server.request_body_limit, 32 << 20);
    assert_eq!(config.server.drain_timeout, Duration::from_secs(30));
    assert_eq!(config.database.url.expose(), "sqlite://manti.db");
    assert_eq!(config.database.grace, Duration::from_mins(10));
    assert_eq!(config.journal.max_size, 1 << 30);
    assert_eq!(config.upstream.total_timeout, Duration::from_mins(15));
    assert_eq!(config.stream.heartbeat, Duration::from_secs(15));
    assert_eq!(config.billing.unknown_price, UnknownPrice::Flag);
    assert_eq!(config.log.level, "info");
    assert_eq!(config.providers.keys().collect::<Vec<_>>(), ["demo"]);
    assert_eq!(config.providers["demo"].kind, Kind::Demo);
}

#[test]
fn later_sources_win_file_environment_flags() {
    let toml =
        "[server]\nlisten = \"127.0.0.1:1\"\ndrain_timeout = \"7s\"\n[log]\nlevel = \"warn\"\n";
    let mut case = case(
        toml,
        &[
            ("MANTI_SERVER_LISTEN", "127.0.0.1:2"),
            ("MANTI_LOG_LEVEL", "debug"),
        ],
    );
    case.sources.flags.listen = Some("127.0.0.1:3".to_owned());
    let second = case.folder.path().join("second.toml");
    std::fs::write(
        &second,
        "[server]\ndrain_delay = \"3s\"\ndrain_timeout = \"8s\"",
    )
    .unwrap();
    case.sources.asked = Some(second);
    let loaded = load(&case.sources).unwrap();
    assert_eq!(loaded.config.server.listen.to_string(), "127.0.0.1:3");
    assert_eq!(loaded.config.server.drain_timeout, Duration::from_secs(8));
    assert_eq!(loaded.config.server.drain_delay, Duration::from_secs(3));
    assert_eq!(loaded.config.log.level, "debug");
    let origin = |key: &str| {
        let found = loaded.settings.iter().find(|setting| setting.key() == key);
        found.unwrap().origin.to_string()
    };
    assert_eq!(origin("server.listen"), "--listen");
    assert_eq!(origin("log.level"), "MANTI_LOG_LEVEL");
    assert!(origin("server.drain_timeout").ends_with("second.toml:3"));
    assert_eq!(origin("stream.heartbeat"), "default");
}

#[test]
fn a_file_asked_for_must_exist_and_others_need_not() {
    let mut sources = Sources {
        files: vec![PathBuf::from("/nonexistent/manti.toml")],
        ..Sources::default()
    };
    assert!(load(&sources).is_ok());
    sources.asked = Some(PathBuf::from("/nonexistent/other.toml"));
    let told = load(&sources).unwrap_err().to_string();
    assert!(
        told.starts_with("/nonexistent/other.toml:1: cannot be read"),
        "{told}"
    );
}

#[test]
fn a_key_in_the_environment_alone_is_a_complete_provider() {
    let config = load_ok("", &[("MANTI_PROVIDERS_OPENAI_API_KEY", "sk-one")]);
    assert_eq!(config.providers.len(), 1, "demo gives way");
    let openai = &config.providers["openai"];
    assert_eq!(openai.kind, Kind::OpenAi);
    assert_eq!(openai.api_keys[0].expose(), "sk-one");

    let config = load_ok(
        "[providers.demo]\n",
        &[
            ("MANTI_PROVIDERS_MY_LAB_KIND", "openai-compatible"),
            ("MANTI_PROVIDERS_MY_LAB_BASE_URL", "http://127.0.0.1:9/v1/"),
            ("MANTI_PROVIDERS_MY_LAB_MODELS", "a, b/c ,"),
        ],
    );
    let lab = &config.providers["my-lab"];
    assert_eq!(lab.base_url.as_deref(), Some("http://127.0.0.1:9/v1"));
    assert_eq!(lab.models, ["a", "b/c"]);
    assert!(config.providers.contains_key("demo"), "it was asked for");
}

#[test]
fn a_key_in_the_environment_replaces_the_pool_in_the_file() {
    let toml = "[providers.openai]\napi_keys = [\"a\", \"b\"]\n";
    let config = load_ok(toml, &[("MANTI_PROVIDERS_OPENAI_API_KEY", "c")]);
    let keys = &config.providers["openai"].api_keys;
    assert_eq!(keys.iter().map(Secret::expose).collect::<Vec<_>>(), ["c"]);
}

#[test]
fn texts_may_stand_in_the_environment_or_in_a_file() {
    let toml = "[providers.openai]\napi_keys = [\"env:MY_KEY\", \"file:key.txt\"]\n\
                [server]\nlisten = \"env:ADDRESS\"\n";
    let case = case(toml, &[("MY_KEY", "one"), ("ADDRESS", "127.0.0.1:5")]);
    std::fs::write(case.folder.path().join("key.txt"), "two\n").unwrap();
    let config = load(&case.sources).unwrap().config;
    let keys = &config.providers["openai"].api_keys;
    assert_eq!(keys[0].expose(), "one");
    assert_eq!(keys[1].expose(), "two");
    assert_eq!(config.server.listen.port(), 5);

    let told = complaints(toml, &[("ADDRESS", "nowhere")]);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0]
            .starts_with("manti.toml:2: providers.openai.api_keys: names the variable \"MY_KEY\"")
    );
    assert!(told[1].contains("key.txt"));
    assert!(told[2].starts_with("manti.toml:4: server.listen: must be an address"));
}

#[test]
fn a_dotenv_file_never_overrides_the_environment_and_keeps_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".env");
    let text = "# keys\nMANTI_LOG_LEVEL=debug\nexport MANTI_SERVER_LISTEN='x'\nMANTI_LOG_FORMAT=\n";
    std::fs::write(&file, text).unwrap();
    let sources = Sources {
        environment: environment(&[("MANTI_LOG_LEVEL", "warn")], &file),
        ..Sources::default()
    };
    let told = load(&sources).unwrap_err().to_string();
    assert!(
        told.ends_with(".env:3: MANTI_SERVER_LISTEN: must be an address and a port such as \"0.0.0.0:8080\" or \"[::]:8080\""),
        "{told}"
    );

    std::fs::write(&file, "MANTI_LOG_LEVEL=debug\nA B C\nJWT_SECRET=s\n").unwrap();
    let sources = Sources {
        environment: environment(&[("MANTI_LOG_LEVEL", "warn")], &file),
        ..Sources::default()
    };
    let errors = load(&sources).unwrap_err().errors;
    assert_eq!(errors[0].line(), Some(2));
    assert_eq!(errors.len(), 2, "{errors:?}");

    std::fs::write(&file, "MANTI_LOG_LEVEL=debug\n").unwrap();
    let sources = Sources {
        environment: environment(&[("MANTI_LOG_LEVEL", "warn")], &file),
        ..Sources::default()
    };
    assert_eq!(load(&sources).unwrap().config.log.level, "warn");
    let sources = Sources {
        environment: environment(&[("MANTI_LOG_LEVEL", "")], &file),
        ..Sources::default()
    };
    assert_eq!(load(&sources).unwrap().config.log.level, "info");
}

#[test]
fn the_database_is_sqlite_or_postgres() {
    let url = |url: &str| {
        let config = load_ok("", &[("DATABASE_URL", url)]);
        config.database.url.expose().to_owned()
    };
    for right in ["sqlite://x/y.db", "sqlite:///y.db", "postgres://u:p@db/m"] {
        assert_eq!(url(right), right);
    }
    for wrong in [
        "mysql://x",
        "sqlite://",
        "sqlite://:memory:",
        "postgres://",
        "x.db",
    ] {
        let told = complaints("", &[("DATABASE_URL", wrong)]);
        assert!(
            told[0].starts_with("DATABASE_URL: must "),
            "{wrong}: {told:?}"
        );
    }
    let both = [
        ("DATABASE_URL", "sqlite:///a"),
        ("MANTI_DATABASE_URL", "sqlite:///b"),
    ];
    assert_eq!(load_ok("", &both).database.url.expose(), "sqlite:///b");
}

#[test]
fn base_addresses_are_tidied() {
    for (kind, given, kept) in [
        ("openai", "https://x.example/v1/", "https://x.example/v1"),
        ("openai", "https://x.example/v1/v1", "https://x.example/v1"),
        (
            "openai-compatible",
            "https://x.example/api/v3//",
            "https://x.example/api/v3",
        ),
        ("anthropic", "https://x.example/v1/", "https://x.example"),
        ("anthropic", "https://x.example/", "https://x.example"),
    ] {
        let toml =
            format!("[providers.p]\nkind = \"{kind}\"\nbase_url = \"{given}\"\napi_key = \"k\"\n");
        let config = load_ok(&toml, &[]);
        assert_eq!(
            config.providers["p"].base_url.as_deref(),
            Some(kept),
            "{kind} {given}"
        );
    }
}

#[test]
fn models_keep_dots_in_their_names_and_set_their_own_timeouts() {
    let toml = r#"
[providers.openai]
api_key = "x"
total_timeout = "1m"
[models."gpt-4.1"]
aliases = ["default", "a/b"]
targets = [{ provider = "openai", model = "gpt-4.1-2025-04-14" }]
price = { input = "2.50", output = "10", cached_input = "1.25", cache_write = "3" }
strict = true
idle_timeout = "9s"
on_disconnect = "drain"
[[models.other.targets]]
provider = "openai"
"#;
    let config = load_ok(toml, &[]);
    let model = &config.models["gpt-4.1"];
    assert_eq!(model.aliases, ["default", "a/b"]);
    assert_eq!(
        model.targets[0].model.as_deref(),
        Some("gpt-4.1-2025-04-14")
    );
    assert!(model.strict);
    assert!(model.price.as_ref().unwrap().contains_key("cache_write_5m"));
    assert_eq!(model.upstream.idle_timeout, Some(Duration::from_secs(9)));
    assert_eq!(model.upstream.on_disconnect, Some(OnDisconnect::Drain));
    assert_eq!(config.models["other"].targets[0].provider, "openai");
    let provider = &config.providers["openai"];
    assert_eq!(
        provider.upstream.total_timeout,
        Some(Duration::from_mins(1))
    );
}
