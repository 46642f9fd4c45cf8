//! Loading as a whole: what wins, what is complained of, and where.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;

/// A folder with a `manti.toml`, and an environment.
struct Case {
    folder: tempfile::TempDir,
    sources: Sources,
}

fn case(toml: &str, variables: &[(&str, &str)]) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manti.toml");
    std::fs::write(&file, toml).unwrap();
    let environment = environment(variables, Path::new("/nonexistent/.env"));
    let sources = Sources {
        files: vec![file],
        environment,
        ..Sources::default()
    };
    Case { folder, sources }
}

fn environment(variables: &[(&str, &str)], file: &Path) -> Environment {
    let pairs = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Environment::of(pairs, file)
}

fn load_ok(toml: &str, variables: &[(&str, &str)]) -> Config {
    load(&case(toml, variables).sources)
        .unwrap_or_else(|complaints| panic!("{complaints}"))
        .config
}

/// The complaints with the folder's name taken off.
fn complaints(toml: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let case = case(toml, variables);
    let folder = format!("{}/", case.folder.path().display());
    match load(&case.sources) {
        Ok(loaded) => panic!("nothing was wrong: {:?}", loaded.config),
        Err(found) => found
            .errors
            .iter()
            .map(|complaint| complaint.to_string().replace(&folder, ""))
            .collect(),
    }
}

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
fn every_fault_is_told_with_its_line_and_key() {
    let toml = r#"
[server]
lisen = "0.0.0.0:1"
listen = 8080
request_body_limit = "0"
drain_timeout = "0s"
drain_delay = "-1s"
trusted_proxies = ["10.0.0.0/8", "ten"]

[redis]
url = "redis://cache"

[upstream]
max_attempts = 3
connect_timeout = "5 seconds"

[journal]
fsync = "sometimes"

[providers.openai]
api_keys = ["sk-a", 5]
weight = 2

[providers."Bad Name"]
kind = "openai"
api_key = "x"

[providers.azure]
api_key = "x"

[models."gpt-4o"]
strategy = "weighted"
strict = "yes"
targets = [{ provider = "openai", weight = 3 }, { provider = "openai" }]
fallbacks = ["x"]
price = { input = 2.5, outptu = "1" }

[models.gpt-4.1]
strict = true
"#;
    let told = complaints(toml, &[("MANTI_STREAM_HEARTBEAT", "0s")]);
    let expected = [
        "MANTI_STREAM_HEARTBEAT: must be more than zero",
        "manti.toml:3: server.lisen: is not known; did you mean \"listen\"?",
        "manti.toml:4: server.listen: must be a text such as \"0.0.0.0:8080\"",
        "manti.toml:5: server.request_body_limit: must be at least 1KiB",
        "manti.toml:6: server.drain_timeout: must be more than zero",
        "manti.toml:7: server.drain_delay: must be a duration such as \"200ms\", \"30s\", \"15m\", \"24h\" or \"90d\"",
        "manti.toml:8: server.trusted_proxies: must be a network such as \"10.0.0.0/8\" or \"fd00::/8\"",
        "manti.toml:10: redis: is not known; known are server, database, journal, upstream, stream, billing, log, providers, models",
        "manti.toml:14: upstream.max_attempts: is not known",
        "manti.toml:15: upstream.connect_timeout: must be a duration",
        "manti.toml:18: journal.fsync: must be one of interval, always, never",
        "manti.toml:21: providers.openai.api_keys: must be a list of texts",
        "manti.toml:22: providers.openai.weight: is not known",
        "manti.toml:24: providers.\"Bad Name\": must be a name of lower-case letters",
        "manti.toml:28: providers.azure.kind: is missing; set it, or MANTI_PROVIDERS_AZURE_KIND, to one of openai, anthropic, openai-compatible, demo",
        "manti.toml:32: models.gpt-4o.strategy: is not known",
        "manti.toml:33: models.gpt-4o.strict: must be true or false",
        "manti.toml:34: models.gpt-4o.targets: takes exactly one target; several are not known",
        "manti.toml:34: models.gpt-4o.targets.weight: is not known; known are provider, model",
        "manti.toml:35: models.gpt-4o.fallbacks: is not known",
        "manti.toml:36: models.gpt-4o.price.input: must be a decimal number in quotes",
        "manti.toml:36: models.gpt-4o.price.outptu: is not known; did you mean \"output\"?",
        "manti.toml:38: models.gpt-4.1: is not known; a model's name with dots stands in quotes",
    ];
    for line in expected {
        assert!(
            told.iter().any(|found| found.starts_with(line)),
            "missing: {line}\n{}",
            told.join("\n")
        );
    }
    assert_eq!(told.len(), expected.len(), "{}", told.join("\n"));
}

#[test]
fn broken_toml_is_told_with_its_line() {
    let told = complaints("[server]\nlisten = \"0.0.0.0:1\n", &[]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("manti.toml:2: "), "{told:?}");
    let told = complaints("[log]\nlevel = \"info\"\n\nlevel = \"warn\"\n", &[]);
    assert!(told[0].starts_with("manti.toml:4: "), "{told:?}");
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
}

#[test]
fn an_unknown_variable_is_a_warning() {
    let case = case(
        "",
        &[
            ("MANTI_SERVER_LISEN", "x"),
            ("MANTI_SERVICE_HOST", "x"),
            ("MANTI_PORT_80_TCP", "x"),
            ("MANTI_MASTER_KEY", "x"),
            ("MANTI_PROVIDERS_OPENAI_API_VERSION", "x"),
        ],
    );
    let warnings = load(&case.sources).unwrap().warnings;
    let told: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("MANTI_PROVIDERS_OPENAI_API_VERSION: is not known"));
    assert_eq!(
        told[1],
        "MANTI_SERVER_LISEN: is not known; did you mean \"MANTI_SERVER_LISTEN\"?"
    );
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
fn a_short_or_sample_signing_secret_is_refused() {
    for secret in [
        "brief-one",
        "0123456789012345678901234567890",
        "change-me-change-me-change-me-change-me",
        "your-super-secret-jwt-token-with-at-least-32-characters-long",
        "a-string-secret-at-least-256-bits-long",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        let told = complaints("", &[("JWT_SECRET", secret)]);
        assert!(told[0].starts_with("JWT_SECRET: is "), "{told:?}");
        assert!(!told[0].contains(secret));
    }
    let good = "kX9vT2mQ8rB5nW7yL4cZ1hJ6pD3fG0sA";
    let config = load_ok("", &[("JWT_SECRET", good)]);
    assert_eq!(config.jwt_secret.unwrap().expose(), good);
}

#[test]
fn the_first_admin_needs_both_halves() {
    let told = complaints("", &[("MANTI_ADMIN_EMAIL", "a@example.com")]);
    assert_eq!(
        told,
        ["MANTI_ADMIN_EMAIL: is set without MANTI_ADMIN_PASSWORD; set both or neither"]
    );
    let both = [
        ("MANTI_ADMIN_EMAIL", "a@example.com"),
        ("MANTI_ADMIN_PASSWORD", "correct horse"),
    ];
    assert!(load_ok("", &both).first_admin.is_some());
}

#[test]
fn providers_are_checked_as_a_whole() {
    for (toml, told) in [
        (
            "[providers.openai]\n",
            "manti.toml:1: providers.openai.api_key: is missing",
        ),
        (
            "[providers.local]\nkind = \"openai-compatible\"\n",
            "manti.toml:1: providers.local.base_url: is missing",
        ),
        (
            "[providers.demo]\napi_key = \"x\"\n",
            "manti.toml:2: providers.demo.api_keys: is not known for the kind demo",
        ),
        (
            "[providers.demo]\nkind = \"openai\"\napi_key = \"x\"\n",
            "manti.toml:2: providers.demo.kind: must be demo",
        ),
        (
            "[providers.anthropic]\napi_key = \"x\"\ndialect = \"chat\"\n",
            "manti.toml:3: providers.anthropic.dialect: must be messages",
        ),
        (
            "[providers.openai]\napi_key = \"x\"\napi_keys = [\"y\"]\n",
            "manti.toml:2: providers.openai.api_key: stands beside api_keys",
        ),
        (
            "[providers.openai]\napi_key = \"x y\"\n",
            "manti.toml:2: providers.openai.api_key: holds a space",
        ),
        (
            "[providers.openai]\nbase_url = \"http://169.254.169.254\"\n",
            "manti.toml:2: providers.openai.base_url: must not be a link-local",
        ),
        (
            "[models.a]\ntargets = [{ provider = \"opnai\" }]\n[providers.openai]\napi_key = \"x\"",
            "manti.toml:2: models.a.targets.provider: no provider of this name is configured; did you mean \"openai\"?",
        ),
        (
            "[models.a]\naliases = [\"b\"]\n[models.b]\n",
            "manti.toml:2: models.a.aliases: \"b\" is already a name of \"b\"",
        ),
        (
            "[models.a]\nprice = { input = \"1\" }\n",
            "manti.toml:2: models.a.price.output: is missing",
        ),
        (
            "[models.a]\nprice = { input = \"-1\", output = \"1e3\" }\n",
            "manti.toml:2: models.a.price.input: must not be negative",
        ),
        (
            "[models.a]\nprice = { input = \"1000001\", output = \"1\" }\n",
            "manti.toml:2: models.a.price.input: is more than",
        ),
        (
            "[server]\nmetrics_listen = \"0.0.0.0:8080\"\n",
            "manti.toml:2: server.metrics_listen: is the address of server.listen",
        ),
        ("server = 5\n", "manti.toml:1: server: must be a table"),
        (
            "providers = []\n",
            "manti.toml:1: providers: must be a table",
        ),
    ] {
        let found = complaints(toml, &[]);
        assert!(
            found.iter().any(|line| line.starts_with(told)),
            "{toml}\n{found:#?}"
        );
    }
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
        model.target.as_ref().unwrap().model.as_deref(),
        Some("gpt-4.1-2025-04-14")
    );
    assert!(model.strict);
    assert!(model.price.as_ref().unwrap().contains_key("cache_write_5m"));
    assert_eq!(model.upstream.idle_timeout, Some(Duration::from_secs(9)));
    assert_eq!(model.upstream.on_disconnect, Some(OnDisconnect::Drain));
    assert_eq!(
        config.models["other"].target.as_ref().unwrap().provider,
        "openai"
    );
    let provider = &config.providers["openai"];
    assert_eq!(
        provider.upstream.total_timeout,
        Some(Duration::from_mins(1))
    );
}

#[test]
fn secrets_are_never_shown() {
    let toml = "[server]\nmetrics_token = \"hush-1\"\n[providers.openai]\napi_keys = [\"hush-2\"]\n\
                [database]\nurl = \"postgres://u:hush-3@db/m\"\n";
    let loaded = load(
        &case(
            toml,
            &[("JWT_SECRET", "hush-kX9vT2mQ8rB5nW7yL4cZ1hJ6pD3fG0sA")],
        )
        .sources,
    )
    .unwrap();
    let shown = format!("{:?} {:?}", loaded.settings, loaded.config);
    assert!(!shown.contains("hush"), "{shown}");
    assert!(shown.contains("u:***@db"), "{shown}");
}

#[test]
fn every_default_is_taken_by_its_own_reader_and_spelled_as_shown() {
    for section in schema::SECTIONS {
        for key in section.keys {
            if let Some(text) = key.default {
                assert_eq!(
                    key.shape.check(text),
                    Ok(()),
                    "{}.{}",
                    section.name,
                    key.name
                );
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_file_makes_it_panic(text in "(\\[(server|providers|models)(\\.[a-z\"]{1,3})?\\]\n)?\\PC{0,40}") {
        let mut places = Places::default();
        let mut complaints = Complaints::default();
        file::parse(Path::new("x.toml"), &text, &mut places, &mut complaints);
    }
}

/// A file of the repository.
fn sample(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A sample with every setting taken in: `#name = …` without its `#`.
fn taken_in(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_alphabetic() || c == '[') => {
            format!("{setting}\n")
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn the_sample_file_is_valid_as_it_is_and_with_everything_taken_in() {
    let text = sample("examples/manti.toml");
    let config = load_ok(&text, &[]);
    assert_eq!(config.providers.keys().collect::<Vec<_>>(), ["local"]);

    let variables = [
        ("OPENAI_API_KEY", "a"),
        ("ANTHROPIC_API_KEY", "b"),
        ("ANTHROPIC_API_KEY_2", "c"),
        ("METRICS_TOKEN", "d"),
    ];
    let whole = case(&taken_in(&text), &variables);
    let loaded = load(&whole.sources).unwrap_or_else(|told| panic!("{told}"));
    for section in schema::SECTIONS {
        for key in section.keys {
            let name = format!("{}.{}", section.name, key.name);
            let found = loaded
                .settings
                .iter()
                .find(|setting| setting.key() == name)
                .unwrap_or_else(|| panic!("{name} is not in the sample"));
            assert_ne!(found.origin, Place::Default, "{name} is not in the sample");
            if let (Some(text), Shown::Text(shown)) = (key.default, &found.value) {
                let default = read::spell(key.shape, text);
                assert_eq!(shown, &default, "{name} is not at its default");
            }
        }
    }
    for key in schema::PROVIDER.iter().chain(schema::MODEL) {
        assert!(text.contains(&format!("{} = ", key.name)), "{}", key.name);
    }
}

#[test]
fn the_environment_samples_name_only_what_is_known_and_are_valid() {
    const OTHERS: [&str; 3] = ["POSTGRES_PASSWORD", "HTTPS_PROXY", "NO_PROXY"];
    for file in [".env.example", ".env.prod.example"] {
        let text = sample(file);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, &text).unwrap();
        let sources = Sources {
            environment: environment(&[], &path),
            ..Sources::default()
        };
        load(&sources).unwrap_or_else(|told| panic!("{file} as it is: {told}"));

        let secret = folder.path().join("secret");
        std::fs::write(&secret, "s3cret\n").unwrap();
        let whole = taken_in(&text)
            .replace("/run/secrets/local_key", &secret.display().to_string())
            .replace("/run/secrets/metrics_token", &secret.display().to_string());
        std::fs::write(&path, whole).unwrap();
        let sources = Sources {
            environment: environment(&[], &path),
            ..Sources::default()
        };
        let loaded = load(&sources).unwrap_or_else(|told| panic!("{file} taken in: {told}"));
        assert_eq!(loaded.warnings, [], "{file}");

        for line in taken_in(&text).lines() {
            let Some((name, _)) = line.split_once('=') else {
                continue;
            };
            if line.starts_with('#') || OTHERS.contains(&name) {
                continue;
            }
            let meaning = variables::meaning(name);
            let known = !matches!(
                meaning,
                variables::Meaning::None | variables::Meaning::Unknown
            );
            assert!(known, "{file}: {name} is {meaning:?}");
        }
    }
}

#[test]
fn the_environment_sample_is_complete() {
    let text = taken_in(&sample(".env.example"));
    let has = |name: &str| {
        text.lines()
            .any(|line| line.starts_with(&format!("{name}=")))
    };
    for section in schema::SECTIONS {
        for key in section.keys {
            let name = variables::setting_name(section.name, key.name);
            assert!(has(&name), "{name} is missing");
        }
    }
    for field in schema::PROVIDER_VARIABLES {
        let name = variables::provider_name("local", field);
        assert!(has(&name), "{name} is missing");
    }
    for name in [
        "DATABASE_URL",
        "JWT_SECRET",
        "MANTI_DATA_DIR",
        "MANTI_CONFIG",
    ] {
        assert!(has(name), "{name} is missing");
    }
}
