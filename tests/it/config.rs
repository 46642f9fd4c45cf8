//! `manti config`, and what every command does with settings that are wrong.

use serde_json::json;

use crate::support::command::Place;

#[test]
fn valid_settings_pass_the_check() {
    let place = Place::new();
    let ran = place.run(&["config", "check", "-o", "table"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    assert_eq!(place.run(&["config", "check"]).json()["valid"], true);
}

#[test]
fn the_check_tells_all_faults_with_file_line_and_key() {
    let mut place = Place::new();
    place.write(
        "manti.toml",
        "[server]\nlisten = 5\ndrain_timeot = \"5s\"\n\n[cache]\nurl = \"redis://cache\"\n",
    );
    place.write(".env", "\nMANTI_LOG_LEVEL=loud\nMANTI_SERVER_LISENT=x\n");
    place.set("MANTI_STREAM_HEARTBEAT", "0s");
    let ran = place.run(&["config", "check"]);
    assert_eq!(ran.code, 2);
    for line in [
        "error: manti.toml:2: server.listen: must be a text",
        "error: manti.toml:3: server.drain_timeot: is not known; did you mean \"drain_timeout\"?",
        "error: manti.toml:5: cache: is not known",
        "error: .env:2: MANTI_LOG_LEVEL: must be one of",
        "error: .env:3: MANTI_SERVER_LISENT: is not known; did you mean \"MANTI_SERVER_LISTEN\"?",
        "error: MANTI_STREAM_HEARTBEAT: must be more than zero",
    ] {
        assert!(ran.stderr.contains(line), "{line}\n{}", ran.stderr);
    }
    assert_eq!(ran.stderr.lines().count(), 6, "{}", ran.stderr);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let first = told["complaints"]
        .as_array()
        .unwrap()
        .iter()
        .find(|complaint| complaint["key"] == "server.listen")
        .unwrap();
    assert_eq!(first["file"], "manti.toml");
    assert_eq!(first["line"], 2);
}

#[test]
fn every_command_refuses_invalid_settings_with_code_2() {
    let place = Place::new();
    place.write("manti.toml", "[server]\nlisten = \"nowhere\"\n");
    for command in [
        &["serve"][..],
        &[],
        &["user", "list"],
        &["migrate"],
        &["health"],
        &["model", "list"],
        &["config", "show"],
    ] {
        place
            .run(command)
            .refused(2, "manti.toml:2: server.listen: must be an address");
    }
}

#[test]
fn a_named_file_takes_the_place_of_the_usual_one() {
    let mut place = Place::new();
    place.write("manti.toml", "[log]\nlevel = \"warn\"\nformat = \"json\"\n");
    place.write("other.toml", "[log]\nlevel = \"debug\"\n");
    let shown = place.run(&["config", "show"]).json();
    assert_eq!(shown["log"]["level"], "warn");
    let shown = place
        .run(&["config", "show", "--config", "other.toml"])
        .json();
    assert_eq!(shown["log"]["level"], "debug");
    assert_eq!(shown["log"]["format"], "text");
    place.set("MANTI_CONFIG", "missing.toml");
    place
        .run(&["config", "show"])
        .refused(2, "missing.toml:1: cannot be read");
}

#[test]
fn an_empty_name_of_a_file_names_none() {
    for variable in ["", "MANTI_CONFIG=\n"] {
        let mut place = Place::new();
        place.write("manti.toml", "[log]\nlevel = \"warn\"\n");
        place.write(".env", variable);
        if variable.is_empty() {
            place.set("MANTI_CONFIG", "");
        }
        let shown = place.run(&["config", "show"]).json();
        assert_eq!(shown["log"]["level"], "warn");
    }
    let place = Place::new();
    place.write("other.toml", "[log]\nlevel = \"debug\"\n");
    place.write(".env", "MANTI_CONFIG=other.toml\n");
    let shown = place.run(&["config", "show"]).json();
    assert_eq!(shown["log"]["level"], "debug");
}

#[test]
fn variables_for_tests_pass_the_check() {
    let mut place = Place::new();
    place.set("MANTI_TEST_POSTGRES", "postgres://localhost/x");
    let ran = place.run(&["config", "check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn what_is_in_force_is_shown_with_its_origin_and_without_secrets() {
    let mut place = Place::new();
    place.write(
        "manti.toml",
        "[providers.openai]\napi_key = \"env:KEY\"\n[models.\"gpt-4.1\"]\nstrict = true\n",
    );
    place
        .set("KEY", "hush")
        .set("MANTI_SERVER_LISTEN", "127.0.0.1:9")
        .set("DATABASE_URL", "postgres://manti:hush@db/manti");
    let ran = place.run(&["config", "show", "--origin"]);
    assert!(!ran.stdout.contains("hush"), "{}", ran.stdout);
    let shown = ran.json();
    assert_eq!(shown["server"]["listen"]["value"], "127.0.0.1:9");
    assert_eq!(shown["server"]["listen"]["origin"], "MANTI_SERVER_LISTEN");
    assert_eq!(shown["stream"]["heartbeat"]["origin"], "default");
    let strict = &shown["models"]["gpt-4.1"]["strict"];
    assert_eq!(strict["value"], true);
    assert_eq!(strict["origin"], "manti.toml:4");
    assert_eq!(shown["providers"]["openai"]["kind"]["value"], "openai");
    let table = place
        .run(&["config", "show", "--origin", "-o", "table"])
        .stdout;
    assert!(table.contains("models.\"gpt-4.1\".strict"), "{table}");
    let csv = place
        .run(&["config", "show", "--origin", "-o", "csv"])
        .stdout;
    assert!(csv.starts_with("key,value,origin\n"), "{csv}");
}

#[test]
fn an_unknown_variable_does_not_stop_commands() {
    let mut place = Place::new();
    place
        .set("MANTI_CACHE_SIZE", "1s")
        .set("MANTI_SERVICE_HOST", "10.0.0.1")
        .set("MANTI_PORT_8080_TCP", "tcp://10.0.0.1:8080");
    let ran = place.run(&["config", "show"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr
            .contains("warning: MANTI_CACHE_SIZE: is not known")
    );
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert_eq!(place.run(&["config", "check"]).code, 2);
}

#[test]
fn the_sample_configuration_passes_the_check() {
    let place = Place::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/manti.toml");
    let ran = place.run(&["config", "check", "--config", sample]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for sample in [".env.example", ".env.prod.example"] {
        let place = Place::new();
        let text =
            std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(sample));
        place.write(".env", &text.unwrap());
        let ran = place.run(&["config", "check"]);
        assert_eq!(ran.code, 0, "{sample}: {}", ran.stderr);
    }
}

#[test]
fn a_declared_model_that_nobody_serves_fails_the_check() {
    let place = Place::new();
    place.write("manti.toml", "[log]\n\n[models.\"no-such.model\"]\n");
    let ran = place.run(&["config", "check"]);
    assert_eq!(ran.code, 2);
    let line = "error: manti.toml:3: models.\"no-such.model\": ";
    assert!(ran.stderr.starts_with(line), "{}", ran.stderr);
}

#[test]
fn what_is_within_lists_is_shown_whole() {
    let mut place = Place::new();
    place.set("KEY", "hush").write(
        "manti.toml",
        "[providers.openai]\napi_keys = [\"env:KEY\", \"env:KEY\"]\nmax_attempts = 2\n\
         [models.m]\nlimits = { rpm = 60, observe = true }\naliases = [\"n\"]\n\
         targets = [{ provider = \"openai\", model = \"a\", weight = 3 }, \
         { provider = \"openai\", when = { tier = [\"gold\", \"pl*\"], region = \"eu\" }, observe = true }]\n",
    );
    let shown = place.run(&["config", "show"]).json();
    let model = &shown["models"]["m"];
    assert_eq!(
        model["targets"],
        json!([
            {"provider": "openai", "model": "a", "weight": 3},
            {"provider": "openai", "when": {"region": ["eu"], "tier": ["gold", "pl*"]}, "observe": true},
        ])
    );
    assert_eq!(model["limits"], json!({"rpm": 60, "observe": true}));
    assert_eq!(shown["providers"]["openai"]["max_attempts"], 2);
    assert!(!shown.to_string().contains("hush"));
    let table = place.run(&["config", "show", "-o", "table"]).stdout;
    let told = "{ provider = \"openai\", model = \"a\", weight = 3 }, \
                { provider = \"openai\", when = { region = [\"eu\"], tier = [\"gold\", \"pl*\"] }, observe = true }";
    assert!(table.contains(told), "{table}");
    assert!(!table.contains("hush"), "{table}");
}
