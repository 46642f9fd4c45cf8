//! Providers and models as they are declared from the command line.

use serde_json::json;

use super::with_user;

#[test]
fn a_provider_and_a_model_are_added_shown_and_removed() {
    let place = with_user();
    let add = [
        "provider",
        "add",
        "local",
        "--kind",
        "openai-compatible",
        "--base-url",
        "http://127.0.0.1:9/v1",
        "--models",
        "tiny,big",
        "--api-key-stdin",
        "--set",
        "total_timeout=30s",
    ];
    let ran = place.run_with(&add, "sk-secret-of-upstream\n");
    assert!(!format!("{ran:?}").contains("sk-secret-of-upstream"));
    let made = ran.json();
    assert_eq!(
        (&made["name"], &made["credentials"]),
        (&json!("local"), &json!(1))
    );
    assert_eq!(made["total_timeout"], "30s");
    place
        .run_with(&add, "sk-other\n")
        .refused(4, "manti provider show local");
    let listed = place.run(&["provider", "list"]).json();
    assert_eq!(listed[0]["name"], "local");
    let shown = place.run(&["provider", "show", "local"]).json();
    assert_eq!(
        (&shown["credentials"], &shown["models"]),
        (&json!(1), &json!(["tiny", "big"]))
    );
    let model = [
        "model",
        "add",
        "fast",
        "--target",
        "local/tiny",
        "--aliases",
        "quick",
    ];
    let model = place.run(&model).json();
    assert_eq!(
        model["targets"],
        json!([{"provider": "local", "model": "tiny"}])
    );
    let shown = place.run(&["model", "show", "quick"]).json();
    assert_eq!(
        (&shown["id"], &shown["upstream_model"]),
        (&json!("fast"), &json!("tiny"))
    );
    place
        .run(&["provider", "remove", "local"])
        .refused(4, "models.fast");
    assert_eq!(place.run(&["model", "remove", "fast"]).code, 0);
    assert_eq!(place.run(&["provider", "remove", "local"]).code, 0);
    place
        .run(&["provider", "remove", "local"])
        .refused(3, "manti provider list");
}

#[test]
fn what_a_file_would_be_refused_for_is_refused_here() {
    let place = with_user();
    for (options, named) in [
        (&["x"][..], "providers.x.kind"),
        (&["openai"], "providers.openai.api_key"),
        (
            &[
                "x",
                "--kind",
                "ollama",
                "--base-url",
                "http://169.254.169.254",
            ],
            "providers.x.base_url",
        ),
        (
            &["x", "--kind", "ollama", "--set", "colour=red"],
            "providers.x.colour",
        ),
    ] {
        let ran = place.run(&[&["provider", "add"], options].concat());
        ran.refused(2, named);
    }
    let secret = place.run(&["provider", "add", "openai", "--set", "api_key=sk-1"]);
    assert_eq!(secret.code, 2);
    assert!(secret.stderr.contains("--api-key-stdin"), "{secret:?}");
}
