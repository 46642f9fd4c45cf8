//! Users and keys, and the codes that commands leave with.

use serde_json::Value;

use super::{keys, with_user};

#[test]
fn a_user_lives_from_create_to_delete() {
    let place = with_user();
    let user = place.run(&["user", "show", "ada@example.com"]).json();
    assert_eq!(
        keys(&user)[..7],
        [
            "id",
            "email",
            "name",
            "role",
            "status",
            "account_id",
            "created_at"
        ]
    );
    assert_eq!(
        keys(&user)[7..],
        [
            "models",
            "rpm",
            "tpm",
            "max_parallel",
            "allowed_ips",
            "rpd",
            "tpd",
            "observe",
            "model_limits",
            "routes",
            "observe_routes"
        ]
    );
    assert_eq!(user["email"], "ada@example.com");
    assert_eq!(user["role"], "admin");
    assert_eq!(user["status"], "active");
    let id = user["id"].as_str().unwrap();
    assert!(id.starts_with("usr_"));

    for last in [
        &["user", "disable", id][..],
        &["user", "update", id, "--role", "member"],
        &["user", "delete", id, "--yes"],
    ] {
        place.run(last).refused(4, "the last active admin");
    }
    let root = place.run(&["user", "create", "root@example.com", "--role", "admin"]);
    assert_eq!(root.code, 0, "{}", root.stderr);

    let changed = place
        .run(&["user", "update", id, "--name", "Ada L.", "--role", "member"])
        .json();
    assert_eq!(changed["name"], "Ada L.");
    assert_eq!(changed["role"], "member");
    assert_eq!(
        place.run(&["user", "disable", id]).json()["status"],
        "disabled"
    );
    assert_eq!(
        place.run(&["user", "enable", id]).json()["status"],
        "active"
    );
    let list = place.run(&["user", "list"]).json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0], changed);

    place
        .run(&["user", "delete", id])
        .refused(2, "cannot be undone: add --yes");
    assert_eq!(place.run(&["user", "delete", id, "--yes"]).code, 0);
    let list = place.run(&["user", "list"]).json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    place
        .run(&["user", "show", "ada@example.com"])
        .refused(3, "no user \"ada@example.com\"");
}

#[test]
fn a_key_lives_from_create_to_revoke() {
    let place = with_user();
    let made = place
        .run(&[
            "key",
            "create",
            "--user",
            "ada@example.com",
            "--name",
            "laptop",
            "--models",
            "gpt-*,claude-*",
            "--rpm",
            "60",
            "--tpm",
            "1000",
            "--max-parallel",
            "4",
            "--expires",
            "90d",
            "--allow-ip",
            "10.0.0.0/8,::1",
        ])
        .json();
    assert_eq!(keys(&made)[..5], ["id", "name", "user", "prefix", "secret"]);
    let secret = made["secret"].as_str().unwrap();
    assert!(
        secret.starts_with("sk-manti-") && secret.len() == 49,
        "{secret}"
    );
    assert!(secret.starts_with(made["prefix"].as_str().unwrap()));
    assert_eq!(made["user"], "ada@example.com");
    assert_eq!(made["models"], serde_json::json!(["gpt-*", "claude-*"]));
    assert_eq!(made["rpm"], 60);
    assert_eq!(made["max_parallel"], 4);
    assert_eq!(
        made["allowed_ips"],
        serde_json::json!(["10.0.0.0/8", "::1/128"])
    );
    assert!(made["expires_at"].is_string());

    let id = made["id"].as_str().unwrap();
    let shown = place.run(&["key", "show", id]).json();
    assert!(shown.get("secret").is_none(), "it is shown once");
    assert_eq!(shown["status"], "active");
    let changed = place
        .run(&[
            "key",
            "update",
            id,
            "--rpm",
            "none",
            "--expires",
            "never",
            "--name",
            "desk",
        ])
        .json();
    assert_eq!(changed["rpm"], Value::Null);
    assert_eq!(changed["expires_at"], Value::Null);
    assert_eq!(changed["name"], "desk");
    assert_eq!(changed["tpm"], 1000, "what was not named stays");

    let rotated = place.run(&["key", "rotate", id, "--grace", "24h"]).json();
    assert_eq!(rotated["id"], id);
    assert_ne!(rotated["secret"], made["secret"]);
    assert_eq!(
        place.run(&["key", "revoke", id]).json()["status"],
        "revoked"
    );
    assert_eq!(place.run(&["key", "revoke", id]).code, 0, "again is fine");
    assert_eq!(place.run(&["key", "rotate", id]).code, 4, "a revoked key");
    let list = place
        .run(&["key", "list", "--user", "ada@example.com"])
        .json();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[test]
fn a_new_secret_stands_alone_when_asked_for() {
    let place = with_user();
    let ran = place.run(&[
        "key",
        "create",
        "-q",
        "--user",
        "ada@example.com",
        "--name",
        "ci",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.len(), 50, "{:?}", ran.stdout);
    assert!(ran.stdout.starts_with("sk-manti-"));
    assert_eq!(ran.stderr, "");
}

#[test]
fn exit_codes_tell_wrong_usage_missing_things_and_conflicts_apart() {
    let place = with_user();
    place
        .run(&["user", "create", "ada@example.com"])
        .refused(4, "ada@example.com");
    place
        .run(&["user", "create", "no address"])
        .refused(2, "email");
    for missing in [
        &["user", "show", "bob@example.com"][..],
        &["user", "disable", "usr_0"],
        &["key", "show", "key_0"],
        &["key", "create", "--user", "bob@example.com", "--name", "x"],
        &["usage", "show", "req_0"],
        &["provider", "show", "nobody"],
        &["model", "show", "no-such-model"],
        &["price", "show", "no-such-model"],
    ] {
        place.run(missing).refused(3, "see: manti");
    }
    for wrong in [
        &["nonsense"][..],
        &["user"],
        &["user", "create"],
        &["user", "update", "ada@example.com"],
        &["key", "create", "--user", "ada@example.com"],
        &[
            "key", "create", "--user", "a", "--name", "b", "--budget", "5/month",
        ],
        &["key", "create", "--user", "a", "--name", "b", "--rpm", "0"],
        &[
            "key",
            "create",
            "--user",
            "a",
            "--name",
            "b",
            "--allow-ip",
            "home",
        ],
        &[
            "key",
            "create",
            "--user",
            "a",
            "--name",
            "b",
            "--expires",
            "2020-01-01",
        ],
        &["usage", "report", "--by", "colour"],
        &["usage", "list", "--from", "yesterday"],
        &["user", "list", "-o", "xml"],
        &["migrate", "--status", "--dry-run"],
    ] {
        let ran = place.run(wrong);
        assert_eq!(ran.code, 2, "{wrong:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{wrong:?}");
        assert!(!ran.stderr.is_empty(), "{wrong:?}");
    }
}
