//! What is wrong is told, all of it, with its place, and without a secret.

use std::path::Path;

use super::*;

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

[cache]
url = "redis://cache"

[upstream]
max_attempts = 0
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
strategy = "fastest"
strict = "yes"
targets = [{ provider = "openai", weight = 0 }, { provider = "openai" }]
fallbacks = "x"
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
        "manti.toml:8: server.trusted_proxies: must be a network such as \"10.0.0.0/8\", or an address",
        "manti.toml:10: cache: is not known; known are server, database, redis, journal, upstream, stream, limits, billing, log, providers, models",
        "manti.toml:14: upstream.max_attempts: must be a whole number from 1 to 20",
        "manti.toml:15: upstream.connect_timeout: must be a duration",
        "manti.toml:18: journal.fsync: must be one of interval, always, never",
        "manti.toml:21: providers.openai.api_keys: must be a list of texts",
        "manti.toml:22: providers.openai.weight: is not known",
        "manti.toml:24: providers.\"Bad Name\": must be a name of lower-case letters",
        "manti.toml:28: providers.azure.kind: is missing; set it, or MANTI_PROVIDERS_AZURE_KIND, to one of: manti provider kinds",
        "manti.toml:32: models.gpt-4o.strategy: must be one of weighted, priority, least-latency, least-busy, least-cost",
        "manti.toml:33: models.gpt-4o.strict: must be true or false",
        "manti.toml:34: models.gpt-4o.targets.weight: must be a whole number from 1 to 1000000",
        "manti.toml:34: models.gpt-4o.targets.provider: stands here twice with the same model",
        "manti.toml:35: models.gpt-4o.fallbacks: must be a list of texts",
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
fn an_unknown_variable_is_a_warning() {
    let case = case(
        "",
        &[
            ("MANTI_SERVER_LISEN", "x"),
            ("MANTI_SERVICE_HOST", "x"),
            ("MANTI_PORT_80_TCP", "x"),
            (
                "MANTI_MASTER_KEY",
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            ),
            ("MANTI_PROVIDERS_OPENAI_API_VERSIO", "x"),
        ],
    );
    let warnings = load(&case.sources).unwrap().warnings;
    let told: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("MANTI_PROVIDERS_OPENAI_API_VERSIO: is not known"));
    assert_eq!(
        told[1],
        "MANTI_SERVER_LISEN: is not known; did you mean \"MANTI_SERVER_LISTEN\"?"
    );
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
            "[providers.azure-openai]\nbase_url = \"https://a.openai.azure.com\"\napi_key = \"k\"\nauthority = \"http://login.example\"\n",
            "manti.toml:4: providers.azure-openai.authority: must begin with https://",
        ),
        (
            "[providers.azure-openai]\nbase_url = \"https://a.openai.azure.com\"\napi_key = \"k\"\nauthority = \"https://metadata.google.internal\"\n",
            "manti.toml:4: providers.azure-openai.authority: must not be a link-local",
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

#[test]
fn a_key_of_aws_is_whole_and_stands_alone() {
    let of = |keys: &str| complaints(&format!("[providers.bedrock]\n{keys}"), &[]);
    for (keys, told) in [
        (
            "access_key_id = \"AKIA\"",
            "secret_access_key: is missing: a key of AWS has both",
        ),
        (
            "session_token = \"x\"",
            "session_token: has no effect without access_key_id",
        ),
        (
            "api_key = \"x\"\nrole_arn = \"arn:aws:iam::1:role/x\"",
            "api_key: cannot stand beside role_arn",
        ),
        (
            "access_key_id = \"A\"\nsecret_access_key = \"b\"\nprofile = \"p\"",
            "profile: cannot stand beside access_key_id",
        ),
        (
            "dialect = \"chat\"",
            "dialect: is not known for the kind bedrock",
        ),
        (
            "api_version = \"1\"",
            "api_version: is known for the kind azure-openai only",
        ),
    ] {
        let found = of(keys);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(told), "{found:?}");
    }
    let found = complaints("[providers.openai]\napi_key = \"x\"\nregion = \"eu\"", &[]);
    assert!(found[0].contains("region: is known for the kind bedrock only"));
    let config = load_ok("[providers.bedrock]\nregion = \"us-east-1\"", &[]);
    let region = config.providers["bedrock"].cloud.region.as_deref();
    assert_eq!(region, Some("us-east-1"));
}

#[test]
fn routes_that_cannot_work_are_told() {
    let of = |model: &str| {
        let toml = format!(
            "[providers.openai]\napi_key = \"x\"\n[models.b]\nfallbacks = [\"c\"]\n\
             [models.c]\naliases = [\"see\"]\n[models.a]\n{model}"
        );
        complaints(&toml, &[])
    };
    let targets = |target: &str| format!("targets = [{{ provider = \"openai\" }}, {target}]");
    for (model, told) in [
        (
            "fallbacks = [\"a\"]".to_owned(),
            "fallbacks: lead back to where they began: a",
        ),
        (
            "content_policy_fallbacks = [\"b\"]\naliases = [\"d\"]\n[models.e]\n\
             fallbacks = [\"f\"]\n[models.f]\ncontext_window_fallbacks = [\"see\", \"e\"]"
                .to_owned(),
            "models.e.fallbacks: lead back to where they began: f, e",
        ),
        (
            targets("{ provider = \"azure\" }"),
            "targets.provider: no provider of this name is configured",
        ),
        (targets("{ model = \"m\" }"), "targets.provider: is missing"),
        (
            targets("{ provider = \"openai\", weight = -1, model = \"m\" }"),
            "targets.weight: must be a whole number from 1",
        ),
        (
            targets("{ provider = \"openai\", weight = 1.5, model = \"m\" }"),
            "targets.weight: must be a whole number",
        ),
        (
            targets("{ provider = \"openai\", weigth = 1, model = \"m\" }"),
            "targets.weigth: is not known; did you mean \"weight\"?",
        ),
        (
            targets("{ provider = \"openai\", when = { region = 1 }, model = \"m\" }"),
            "targets.when.region: must be a text in quotes, or a list of such",
        ),
        (
            targets("{ provider = \"openai\", when = \"eu\", model = \"m\" }"),
            "targets.when: must be a table such as { region = \"eu\" }",
        ),
        ("targets = []".to_owned(), "targets: must name at least one"),
        (
            "targets = [{ provider = \"openai\", observe = true }]".to_owned(),
            "targets.observe: leaves no target that is used",
        ),
        (
            "strategy = \"priority\"".to_owned(),
            "strategy: has no effect without several targets",
        ),
        (
            "limits = { rpm = 0 }".to_owned(),
            "limits.rpm: must be a whole number from 1",
        ),
        (
            "limits = { tpd = -5 }".to_owned(),
            "limits.tpd: must be a whole number from 1",
        ),
        (
            "limits = { tpm = 1000000000001 }".to_owned(),
            "limits.tpm: must be a whole number from 1 to 1000000000000",
        ),
        (
            "limits = { rps = 1 }".to_owned(),
            "limits.rps: is not known; did you mean \"rpd\"?",
        ),
        (
            "retry_budget = 1.5".to_owned(),
            "retry_budget: must be a number from 0 to 1",
        ),
        (
            "retry_budget = nan".to_owned(),
            "retry_budget: must be a number from 0 to 1",
        ),
        (
            "max_attempts = 1000".to_owned(),
            "max_attempts: must be a whole number from 1 to 20",
        ),
        (
            "breaker = \"no\"".to_owned(),
            "breaker: must be true or false",
        ),
    ] {
        let found = of(&model);
        // A circle is told of each model in it.
        let count = if told.ends_with("f, e") { 2 } else { 1 };
        assert_eq!(found.len(), count, "{model}: {found:#?}");
        assert!(found[0].contains(told), "{model}: {found:?}");
    }
}

#[test]
fn a_route_is_read_with_all_it_says() {
    let config = load_ok(
        "[providers.openai]\napi_key = \"x\"\nmax_attempts = 5\nretry_budget = 0\n\
         [models.a]\nstrategy = \"least-cost\"\naffinity = true\nbreaker = false\n\
         fallbacks = [\"gpt-4o\"]\nlimits = { rpm = 5, observe = true }\n\
         [[models.a.targets]]\nprovider = \"openai\"\nweight = 7\n\
         [[models.a.targets]]\nprovider = \"openai\"\nmodel = \"gpt-4o\"\nobserve = true\n\
         [models.a.targets.when]\nregion = \"eu\"\ntier = [\"gold\", \"plat*\"]\n",
        &[
            ("MANTI_UPSTREAM_RETRY_BUDGET", "0.5"),
            ("MANTI_UPSTREAM_BREAKER", "false"),
        ],
    );
    let model = &config.models["a"];
    assert_eq!(model.strategy, Strategy::LeastCost);
    assert_eq!(model.fallbacks.any, ["gpt-4o"]);
    assert_eq!((model.limits.rpm, model.limits.observe), (Some(5), true));
    assert_eq!((model.targets[0].weight, model.targets[1].weight), (7, 1));
    assert!(model.affinity && model.targets[1].observe);
    assert_eq!(model.targets[1].when["tier"], ["gold", "plat*"]);
    assert_eq!(model.targets[1].when["region"], ["eu"]);
    assert_eq!(config.upstream.retry_budget, Share::new(0.5));
    assert!(!config.upstream.breaker);
    let provider = &config.providers["openai"].upstream;
    assert_eq!(provider.max_attempts, Some(5));
    assert_eq!(provider.retry_budget, Some(Share::new(0.0)));
}
