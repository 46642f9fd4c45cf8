//! Teams and limits as they are typed.

use serde_json::json;

use super::with_user;

#[test]
fn a_team_lives_from_create_to_delete() {
    let place = with_user();
    let team = place
        .run(&[
            "team",
            "create",
            "red",
            "--rpm",
            "10",
            "--tpd",
            "100000",
            "--model-limit",
            "gpt-*:rpm=5,tpm=1000",
            "--route",
            "default=gpt-4o",
        ])
        .json();
    assert_eq!(team["name"], "red");
    assert_eq!((&team["rpm"], &team["tpd"]), (&json!(10), &json!(100_000)));
    assert_eq!(team["model_limits"]["gpt-*"]["rpm"], 5);
    assert_eq!(team["routes"], json!({"default": "gpt-4o"}));
    place
        .run(&["team", "create", "red"])
        .refused(4, "manti team show red");
    let member = place
        .run(&[
            "team",
            "add",
            "red",
            "ada@example.com",
            "--role",
            "team-admin",
        ])
        .json();
    assert_eq!(
        (&member["user"], &member["role"]),
        (&json!("ada@example.com"), &json!("team-admin"))
    );
    let members = place.run(&["team", "members", "red"]).json();
    assert_eq!(members.as_array().unwrap().len(), 1);
    let key = ["key", "create", "--user", "ada@example.com", "--name", "ci"];
    let made = place.run(&key).json();
    assert_eq!(made["team_id"], team["id"]);
    let free = place.run(&[&key[..], &["--team", "none", "--observe"]].concat());
    assert_eq!(free.json()["team_id"], json!(null));
    assert_eq!(free.json()["observe"], true);
    place
        .run(&[&key[..], &["--team", "blue"]].concat())
        .refused(3, "manti team list");
    let listed = place.run(&["key", "list", "--team", "red"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let changed = place
        .run(&["team", "update", "red", "--rpm", "none", "--route", "none"])
        .json();
    assert_eq!(
        (&changed["rpm"], &changed["routes"]),
        (&json!(null), &json!({}))
    );
    place
        .run(&["team", "remove", "red", "ada@example.com"])
        .json();
    let shown = place.run(&["key", "show", made["id"].as_str().unwrap()]);
    assert_eq!(shown.json()["status"], "revoked");
    place
        .run(&["team", "remove", "red", "ada@example.com"])
        .refused(3, "does not belong");
    place
        .run(&["team", "delete", "red"])
        .refused(2, "add --yes");
    assert_eq!(place.run(&["--yes", "team", "delete", "red"]).code, 0);
    place
        .run(&["team", "show", "red"])
        .refused(3, "manti team list");
}

#[test]
fn limits_that_make_no_sense_are_refused_by_their_option() {
    let place = with_user();
    for (limits, named) in [
        (&["--rpm", "0"][..], "--rpm"),
        (&["--tpd", "-1"], "--tpd"),
        (&["--rpd", "1e309"], "--rpd"),
        (&["--max-parallel", "99999999999"], "--max-parallel"),
        (&["--model-limit", "gpt-*:rpm=0"], "--model-limit"),
        (&["--model-limit", "a b:rpm=1"], "--model-limit"),
        (&["--route", "default"], "--route"),
        (&["--route", "default=gpt-*"], "--route"),
    ] {
        for command in [
            &["user", "update", "ada@example.com"][..],
            &["team", "create", "red"],
            &["key", "create", "--user", "ada@example.com", "--name", "x"],
        ] {
            let ran = place.run(&[command, limits].concat());
            assert_eq!(ran.code, 2, "{command:?} {limits:?}: {ran:?}");
            assert!(
                ran.stderr.contains(named),
                "{command:?} {limits:?}: {ran:?}"
            );
        }
    }
    let user = place
        .run(&[
            "user",
            "update",
            "ada@example.com",
            "--rpd",
            "50",
            "--models",
            "gpt-*",
        ])
        .json();
    assert_eq!(
        (&user["rpd"], &user["models"]),
        (&json!(50), &json!(["gpt-*"]))
    );
}
