//! Each operation of the admin API, by each role, on things of one's own and of others; and what
//! each write leaves in the audit log.

use std::collections::BTreeSet;

use manti::auth::{NewKey, NewTeam, NewUser};
use manti::config::Secret;
use manti::models::api_key::Rules;
use manti::models::id;
use manti::models::team::Role as TeamRole;
use manti::models::user::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::engines::{Engine, both};
use crate::support::manti::{Manti, PASSWORD, Reply};

/// Who asks, in the order of the columns below.
const ROLES: [&str; 7] = [
    "admin",
    "lead",
    "owner",
    "colleague",
    "foreign",
    "stranger",
    "nobody",
];

/// A gateway with two teams: `red` with a team-admin, the owner of what is asked for and a
/// colleague, and `blue` with a team-admin.
struct Stage {
    manti: Manti,
    tokens: Vec<String>,
    /// The owner's own key.
    key: String,
    owner: String,
}

/// A gateway over an engine.
async fn serve(engine: &Engine) -> Manti {
    let mut config = Manti::settings(engine.data_dir());
    config.database.url = Secret::new(&*engine.url);
    config.master_key = Some(Secret::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="));
    Manti::of(config).await
}

impl Stage {
    async fn start(engine: &Engine) -> Self {
        let manti = serve(engine).await;
        let accounts = &manti.accounts;
        for name in ["red", "blue"] {
            let new = NewTeam {
                name: name.to_owned(),
                ..NewTeam::default()
            };
            accounts.create_team(new).await.unwrap();
        }
        let mut tokens = Vec::new();
        let mut owner = String::new();
        for name in &ROLES[..6] {
            let role = if *name == "admin" {
                Role::Admin
            } else {
                Role::Member
            };
            let email = format!("{name}@example.com");
            let user = manti.user(&email, role).await;
            let team = match *name {
                "lead" => Some(("red", TeamRole::Admin)),
                "owner" | "colleague" => Some(("red", TeamRole::Member)),
                "foreign" => Some(("blue", TeamRole::Admin)),
                _ => None,
            };
            if let Some((team, role)) = team {
                accounts.put_member(team, &user.id, role).await.unwrap();
            }
            if *name == "owner" {
                owner = user.id;
            }
            tokens.push(manti.login(&email).await);
        }
        tokens.push(String::new());
        let (_, key) = manti.key_with(&owner, Rules::default()).await;
        Self {
            manti,
            tokens,
            key,
            owner,
        }
    }

    /// The address of an operation, with fresh things to do it to.
    async fn filled(&self, path: &str) -> String {
        let accounts = &self.manti.accounts;
        let mut path = path.to_owned();
        if path.contains("/keys/{id}") {
            let new = NewKey {
                user: self.owner.clone(),
                name: "fresh".to_owned(),
                team: Some(Some("red".to_owned())),
                rules: Rules::default(),
                expires_at: None,
            };
            path = path.replace("{id}", &accounts.create_key(new).await.unwrap().0.id);
        }
        if path.contains("/members/{user}") {
            let new = NewUser {
                email: format!("{}@example.com", id::mint("m").to_lowercase()),
                name: String::new(),
                role: Role::Member,
                password: None,
                rules: Rules::default(),
            };
            let user = accounts.create_user(new).await.unwrap();
            let member = accounts.put_member("red", &user.id, TeamRole::Member);
            path = path.replace("{user}", &member.await.unwrap().user_id);
        }
        path.replace("/users/{id}", &format!("/users/{}", self.owner))
            .replace("/teams/{id}", "/teams/red")
            .replace("/usage/{id}", "/usage/req_none")
            .replace("{name}", "none")
    }

    async fn ask(&self, method: &Method, path: &str, token: &str, body: &Value) -> Reply {
        let body = (*method != Method::GET && *method != Method::DELETE).then(|| body.clone());
        self.manti.call(method.clone(), path, token, body).await
    }
}

/// Every operation of the admin API but for signing in: its id, method and path.
fn operations() -> Vec<(String, Method, String)> {
    let document: Value = serde_json::from_str(&manti::api::document()).unwrap();
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/api/v1/") || path.starts_with("/api/v1/auth/") {
            continue;
        }
        for (method, operation) in operations.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            found.push((id, method.to_uppercase().parse().unwrap(), path.clone()));
        }
    }
    found
}

/// What each operation says to each role about the owner's things in team `red`. Without a line
/// here a new operation fails the test.
fn expected(operation: &str) -> ([u16; 7], Value) {
    const ALL: [u16; 7] = [200, 200, 200, 200, 200, 200, 401];
    const OWN: [u16; 7] = [200, 404, 200, 404, 404, 404, 401];
    const TEAM_ADMIN: [u16; 7] = [200, 200, 403, 403, 404, 404, 401];
    const ADMIN: [u16; 7] = [200, 403, 403, 403, 403, 403, 401];
    const KEY: [u16; 7] = [200, 200, 200, 404, 404, 404, 401];

    let none = json!({});
    match operation {
        "me_show" | "users_list" | "keys_list" | "teams_list" | "usage_list" | "usage_report" => {
            (ALL, none)
        }
        "routes_explain" => (ALL, json!({"model": "demo"})),
        "me_update" => (ALL, json!({"name": "x"})),
        "me_password" => ([400, 400, 400, 400, 400, 400, 401], none),
        "users_create" => (
            [201, 403, 403, 403, 403, 403, 401],
            json!({"email": "new@example.com"}),
        ),
        "users_show" => (OWN, none),
        "users_update" => (
            [200, 404, 403, 404, 404, 404, 401],
            json!({"rpm": 100_000, "status": "active"}),
        ),
        "keys_create" => (
            [201, 201, 201, 403, 404, 404, 401],
            json!({"name": "k", "user_id": "owner@example.com", "team_id": "red"}),
        ),
        "keys_show" | "keys_revoke" | "keys_rotate" => (KEY, none),
        "keys_update" => (KEY, json!({"rpm": 100_000})),
        "teams_create" => (
            [201, 403, 403, 403, 403, 403, 401],
            json!({"name": "green"}),
        ),
        "teams_show" => ([200, 200, 200, 200, 404, 404, 401], none),
        "teams_update" => ([200, 403, 403, 403, 404, 404, 401], json!({"rpm": 100_000})),
        "teams_members_list" | "teams_members_remove" => (TEAM_ADMIN, none),
        "teams_members_add" => (
            [201, 201, 403, 403, 404, 404, 401],
            json!({"user_id": "colleague@example.com"}),
        ),
        "usage_show" => ([404, 404, 404, 404, 404, 404, 401], none),
        "audit_list" | "providers_list" | "declared_models_list" | "status_show" => (ADMIN, none),
        "providers_create" => (
            [400, 403, 403, 403, 403, 403, 401],
            json!({"name": "openai", "api_keys": []}),
        ),
        "declared_models_create" => (
            [400, 403, 403, 403, 403, 403, 401],
            json!({"name": "m", "targets": [{"provider": "nobody"}]}),
        ),
        "providers_show"
        | "declared_models_show"
        | "providers_update"
        | "providers_delete"
        | "providers_test"
        | "declared_models_update"
        | "declared_models_delete" => ([404, 403, 403, 403, 403, 403, 401], none),
        // These end the owner and the team: asked last.
        "teams_delete" => ([200, 403, 403, 403, 404, 404, 401], none),
        "users_delete" => ([200, 404, 403, 404, 404, 404, 401], none),
        other => panic!("{other} has no line in the table of roles"),
    }
}

/// What each write of the admin API does, in an order in which all of them can be done.
const ACTS: [(&str, &str, &str); 20] = [
    ("users_create", "/api/v1/users", "user.create"),
    ("teams_create", "/api/v1/teams", "team.create"),
    ("teams_update", "/api/v1/teams/{team}", "team.update"),
    (
        "teams_members_add",
        "/api/v1/teams/{team}/members",
        "team.add_member",
    ),
    ("keys_create", "/api/v1/keys", "key.create"),
    ("keys_update", "/api/v1/keys/{key}", "key.update"),
    ("keys_rotate", "/api/v1/keys/{key}/rotate", "key.rotate"),
    ("keys_revoke", "/api/v1/keys/{key}", "key.revoke"),
    ("me_update", "/api/v1/me", "user.update"),
    ("users_update", "/api/v1/users/{user}", "user.update"),
    (
        "teams_members_remove",
        "/api/v1/teams/{team}/members/{user}",
        "team.remove_member",
    ),
    ("teams_delete", "/api/v1/teams/{team}", "team.delete"),
    ("users_delete", "/api/v1/users/{user}", "user.delete"),
    ("providers_create", "/api/v1/providers", "provider.create"),
    (
        "providers_update",
        "/api/v1/providers/local",
        "provider.update",
    ),
    ("declared_models_create", "/api/v1/models", "model.create"),
    (
        "declared_models_update",
        "/api/v1/models/fast",
        "model.update",
    ),
    (
        "declared_models_delete",
        "/api/v1/models/fast",
        "model.delete",
    ),
    (
        "providers_delete",
        "/api/v1/providers/local",
        "provider.delete",
    ),
    // Ends the session.
    ("me_password", "/api/v1/me/password", "user.password"),
];

/// Writes that change nothing.
const IDLE: [&str; 2] = ["providers_test", "routes_explain"];

async fn the_log_tells_all_and_no_secret(manti: &Manti, key: &str) {
    let all = manti.get("/api/v1/audit", key).await;
    for secret in [
        PASSWORD,
        "another long",
        "sk-manti-",
        "lovelace",
        "argon2",
        "sk-of-the-upstream",
    ] {
        let shown = all.body.contains(secret);
        // The first characters of a key tell which it is.
        assert!(!shown || secret == "sk-manti-", "{secret}");
    }
    let all = all.json();
    assert_eq!(
        all["data"].as_array().unwrap().len(),
        ACTS.len() + 2,
        "{all}"
    );
    let by_cli = manti.get("/api/v1/audit?actor=cli", key).await.json();
    assert_eq!(by_cli["data"].as_array().unwrap().len(), 2, "{by_cli}");
    // In pages, and only what lies in a time.
    let first = manti.get("/api/v1/audit?limit=1", key).await.json();
    let cursor = text(&first["next_cursor"]);
    let second = manti
        .get(&format!("/api/v1/audit?limit=1&cursor={cursor}"), key)
        .await;
    assert_eq!(second.json()["data"][0], all["data"][1]);
    let none = manti.get("/api/v1/audit?to=2020-01-01", key).await.json();
    assert_eq!(none["data"], json!([]));
    for odd in ["cursor=x", "from=x", "limit=0"] {
        assert_eq!(
            manti.get(&format!("/api/v1/audit?{odd}"), key).await.status,
            400,
            "{odd}"
        );
    }
}

/// A body that each write takes.
fn written(operation: &str, ids: &[(&str, String)]) -> Value {
    let user = ids.iter().find(|(name, _)| *name == "{user}");
    match operation {
        "users_create" => json!({"email": "ann.lovelace@example.com", "name": "Ann"}),
        "teams_create" => json!({"name": "red", "rpm": 10}),
        "teams_members_add" => json!({"user_id": user.unwrap().1}),
        "keys_create" => json!({"name": "ann's", "user_id": user.unwrap().1}),
        "me_update" => json!({"name": "Root"}),
        "users_update" => json!({"rpm": 5}),
        "teams_update" => json!({"rpm": 20}),
        "keys_update" => json!({"models": ["demo"]}),
        "providers_create" => json!({
            "name": "local", "kind": "openai-compatible", "base_url": "http://127.0.0.1:9/v1",
            "api_keys": ["sk-of-the-upstream"], "models": ["tiny"],
        }),
        "providers_update" => json!({"models": ["tiny", "big"]}),
        "declared_models_create" => json!({"name": "fast", "targets": [{"provider": "local"}]}),
        "declared_models_update" => json!({"aliases": ["quick"]}),
        "me_password" => {
            json!({"old_password": PASSWORD, "new_password": "another long one 7"})
        }
        _ => json!({}),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

both! {
    async fn each_operation_answers_each_role_as_the_policy_says(engine: &Engine) {
        let stage = Stage::start(engine).await;
        let mut operations = operations();
        operations.sort_by_key(|(id, method, _)| (*method == Method::DELETE, id.starts_with("users")));
        operations.sort_by_key(|(id, method, _)| {
            (
                ["users_delete", "teams_delete"].contains(&id.as_str()),
                *method == Method::DELETE,
            )
        });
        for (id, method, path) in &operations {
            let (expected, body) = expected(id);
            // The admin last: whatever may be done only once is done by them.
            for (column, role) in ROLES.iter().enumerate().rev() {
                let path = stage.filled(path).await;
                let reply = stage.ask(method, &path, &stage.tokens[column], &body).await;
                assert_eq!(reply.status, expected[column], "{id} by {role}: {reply:?}");
            }
            if ["users_delete", "teams_delete"].contains(&id.as_str()) {
                continue;
            }
            let path = stage.filled(path).await;
            let reply = stage.ask(method, &path, &stage.key, &body).await;
            assert_eq!(reply.status, 403, "{id} by the owner's key: {reply:?}");
        }
        stage.manti.stop().await;
    }

    async fn a_key_for_a_team_opens_the_admin_api_for_nobody(engine: &Engine) {
        let stage = Stage::start(engine).await;
        let manti = &stage.manti;
        let lead = &stage.tokens[1];
        // A team-admin who makes a key for an admin is no admin by it.
        let member = json!({"user_id": "admin@example.com"});
        let members = "/api/v1/teams/red/members";
        let refused = manti.post(members, lead, member.clone()).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        let added = manti.post(members, &stage.tokens[0], member).await;
        assert_eq!(added.status, 201, "{added:?}");
        let new = json!({"name": "k", "user_id": "admin@example.com", "team_id": "red"});
        let made = manti.post("/api/v1/keys", lead, new).await;
        assert_eq!(made.status, 201, "{made:?}");
        let secret = made.json()["secret"].as_str().unwrap().to_owned();
        assert_eq!(manti.get("/v1/models", &secret).await.status, 200);
        for path in ["/api/v1/users", "/api/v1/me", "/api/v1/audit", "/metrics"] {
            assert_eq!(manti.get(path, &secret).await.status, 403, "{path}");
        }
        stage.manti.stop().await;
    }

    async fn what_a_team_admin_lists_is_their_teams_and_what_a_member_lists_is_theirs(engine: &Engine) {
        let stage = Stage::start(engine).await;
        let manti = &stage.manti;
        let listed = |path: &'static str, column: usize| {
            let token = &stage.tokens[column];
            async move {
                let reply = manti.get(path, token).await;
                reply.json()["data"].as_array().map(Vec::len)
            }
        };
        for (path, expected) in [
            ("/api/v1/teams", [2, 1, 1, 1, 1, 0]),
            ("/api/v1/keys", [1, 1, 1, 0, 0, 0]),
            ("/api/v1/users", [6, 1, 1, 1, 1, 1]),
        ] {
            for (column, expected) in expected.into_iter().enumerate() {
                assert_eq!(
                    listed(path, column).await,
                    Some(expected),
                    "{path} by {}",
                    ROLES[column]
                );
            }
        }
        for path in [
            "/api/v1/keys?team=red",
            "/api/v1/usage?team=red",
            "/api/v1/usage/report?team=red&by=user",
        ] {
            for (column, status) in [200, 200, 200, 200, 404, 404].into_iter().enumerate() {
                let reply = manti.get(path, &stage.tokens[column]).await;
                assert_eq!(reply.status, status, "{path} by {}", ROLES[column]);
            }
        }
        stage.manti.stop().await;
    }

    async fn the_usage_of_a_team_is_its_admins_to_see(engine: &Engine) {
        let stage = Stage::start(engine).await;
        let manti = &stage.manti;
        let asked = json!({"model": "demo", "messages": [{"role": "user", "content": "x"}]});
        let call = manti.post("/v1/chat/completions", &stage.key, asked).await;
        assert_eq!(call.status, 200, "{call:?}");
        let path = format!("/api/v1/usage/{}", call.header("x-request-id"));
        for _ in 0..100 {
            if manti.get(&path, &stage.tokens[0]).await.status == 200 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        for (column, status) in [200, 200, 200, 404, 404, 404].into_iter().enumerate() {
            let reply = manti.get(&path, &stage.tokens[column]).await;
            assert_eq!(reply.status, status, "by {}", ROLES[column]);
            if status == 200 {
                assert_eq!(reply.json()["team"], "red");
            }
        }
        for (column, calls) in [1, 1, 1, 0].into_iter().enumerate() {
            for path in [
                "/api/v1/usage?team=red",
                "/api/v1/usage/report?team=red&by=team",
            ] {
                let reply = manti.get(path, &stage.tokens[column]).await.json();
                let lines = reply["data"].as_array().unwrap();
                assert_eq!(lines.len(), calls, "{path} by {}: {reply}", ROLES[column]);
            }
        }
        let all = manti
            .get("/api/v1/usage/report?by=team", &stage.tokens[0])
            .await;
        assert_eq!(all.json()["data"][0]["group"], "red");
        stage.manti.stop().await;
    }

    async fn every_write_of_the_admin_api_is_in_the_audit_log(engine: &Engine) {
        let writes: BTreeSet<String> = operations()
            .into_iter()
            .filter(|(id, method, _)| *method != Method::GET && !IDLE.contains(&&**id))
            .map(|(id, ..)| id)
            .collect();
        let told: BTreeSet<String> = ACTS.iter().map(|(id, ..)| (*id).to_owned()).collect();
        assert_eq!(told, writes, "a write without a line in ACTS");

        let manti = serve(engine).await;
        let admin = manti.user("admin@example.com", Role::Admin).await;
        let token = manti.login("admin@example.com").await;
        let (_, key) = manti.key_with(&admin.id, Rules::default()).await;
        let mut ids: Vec<(&str, String)> = Vec::new();
        for (operation, path, action) in ACTS {
            let path = ids
                .iter()
                .fold(path.to_owned(), |path, (name, id)| path.replace(name, id));
            let body = written(operation, &ids);
            let (_, method, _) = operations()
                .into_iter()
                .find(|(id, ..)| id == operation)
                .unwrap();
            let body = (method != Method::DELETE).then_some(body);
            let reply = manti.call(method, &path, &token, body).await;
            assert!(reply.status.is_success(), "{operation}: {reply:?}");
            match operation {
                "users_create" => ids.push(("{user}", text(&reply.json()["id"]))),
                "teams_create" => ids.push(("{team}", text(&reply.json()["id"]))),
                "keys_create" => ids.push(("{key}", text(&reply.json()["id"]))),
                _ => {}
            }
            let log = format!("/api/v1/audit?action={action}&actor=admin@example.com&limit=1");
            let log = manti.get(&log, &key).await.json();
            let entry = &log["data"][0];
            assert_eq!(entry["action"], action, "{operation}: {log}");
            assert_eq!(
                entry["request_id"],
                reply.header("x-request-id"),
                "{operation}"
            );
            assert_eq!(entry["actor_id"], admin.id.as_str(), "{operation}");
            assert_eq!(entry["via"], "api");
            assert_eq!(entry["address"], "127.0.0.1");
            assert_eq!(
                entry["before"].is_null(),
                action.ends_with("create") || operation == "teams_members_add"
            );
            assert_eq!(
                entry["after"].is_null(),
                ["delete", "remove_member"]
                    .iter()
                    .any(|end| action.ends_with(end))
            );
        }
        the_log_tells_all_and_no_secret(&manti, &key).await;
        manti.stop().await;
    }
}
