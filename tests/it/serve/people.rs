//! Who may see and change what.

use std::fmt::Write;

use manti::models::api_key::Rules;
use manti::models::user::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::manti::Manti;

/// An admin and two members, signed in.
pub(super) struct Cast {
    pub(super) manti: Manti,
    pub(super) admin: String,
    pub(super) ann: String,
    ben: String,
    ann_id: String,
    ben_id: String,
}

impl Cast {
    pub(super) async fn start() -> Self {
        let manti = Manti::start().await;
        manti.user("admin@example.com", Role::Admin).await;
        let ann_id = manti.user("ann@example.com", Role::Member).await.id;
        let ben_id = manti.user("ben@example.com", Role::Member).await.id;
        Self {
            admin: manti.login("admin@example.com").await,
            ann: manti.login("ann@example.com").await,
            ben: manti.login("ben@example.com").await,
            manti,
            ann_id,
            ben_id,
        }
    }
}

/// Waits the second that a change may take to be seen everywhere.
pub(super) async fn refused_soon(manti: &Manti, credential: &str) {
    for _ in 0..20 {
        if manti.get("/v1/models", credential).await.status == 401 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the credential still works after a second");
}

pub(super) fn param(body: &Value) -> &str {
    body["error"]["param"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn anothers_objects_are_not_there_for_a_member() {
    let cast = Cast::start().await;
    let manti = &cast.manti;
    let created = manti
        .post("/api/v1/keys", &cast.ben, json!({"name": "ben's"}))
        .await;
    assert_eq!(created.status, 201);
    let key = created.json()["id"].as_str().unwrap().to_owned();
    let secret = created.json()["secret"].as_str().unwrap().to_owned();
    let asked = json!({"model": "demo", "messages": [{"role": "user", "content": "x"}]});
    let call = manti.post("/v1/chat/completions", &secret, asked).await;
    let request = call.header("x-request-id").to_owned();
    let recorded = async {
        for _ in 0..100 {
            let reply = manti
                .get(&format!("/api/v1/usage/{request}"), &cast.ben)
                .await;
            if reply.status == 200 {
                return reply.json();
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{request} was not recorded");
    };
    assert_eq!(recorded.await["key_id"], key.as_str());

    for (method, path) in [
        (Method::GET, format!("/api/v1/users/{}", cast.ben_id)),
        (Method::GET, "/api/v1/users/ben@example.com".to_owned()),
        (Method::PATCH, format!("/api/v1/users/{}", cast.ben_id)),
        (Method::DELETE, format!("/api/v1/users/{}", cast.ben_id)),
        (Method::GET, format!("/api/v1/keys/{key}")),
        (Method::PATCH, format!("/api/v1/keys/{key}")),
        (Method::DELETE, format!("/api/v1/keys/{key}")),
        (Method::POST, format!("/api/v1/keys/{key}/rotate")),
        (Method::GET, format!("/api/v1/usage/{request}")),
        (Method::GET, format!("/api/v1/usage?user={}", cast.ben_id)),
        (
            Method::GET,
            "/api/v1/usage/report?user=ben@example.com".to_owned(),
        ),
        (Method::GET, format!("/api/v1/keys?user={}", cast.ben_id)),
    ] {
        let body = (method != Method::GET).then(|| json!({}));
        let reply = manti.call(method.clone(), &path, &cast.ann, body).await;
        assert_eq!(reply.status, 404, "{method} {path}: {reply:?}");
        assert_eq!(reply.json()["error"]["code"], "not_found", "{path}");
        // The same as for what is not there at all.
        let none = path
            .replace(&cast.ben_id, "usr_none")
            .replace(&key, "key_none");
        let none = none
            .replace(&request, "req_none")
            .replace("ben@", "nobody@");
        let body = (method != Method::GET).then(|| json!({}));
        let unknown = manti.call(method, &none, &cast.ann, body).await;
        assert_eq!(
            (unknown.status, unknown.body),
            (reply.status, reply.body),
            "{none}"
        );
    }
    for path in [
        "/api/v1/usage",
        "/api/v1/usage?key=",
        "/api/v1/keys",
        "/api/v1/usage/report",
    ] {
        let path = if path.ends_with('=') {
            format!("{path}{key}")
        } else {
            path.to_owned()
        };
        let reply = manti.get(&path, &cast.ann).await;
        assert_eq!(reply.json()["data"], json!([]), "{path}");
    }
    let users = manti.get("/api/v1/users", &cast.ann).await.json();
    assert_eq!(users["data"].as_array().unwrap().len(), 1);
    assert_eq!(users["data"][0]["id"], cast.ann_id.as_str());
    let all = manti.get("/api/v1/users", &cast.admin).await.json();
    assert_eq!(all["data"].as_array().unwrap().len(), 3);
    assert_eq!(
        manti
            .get(&format!("/api/v1/keys/{key}"), &cast.admin)
            .await
            .status,
        200
    );
    cast.manti.stop().await;
}

#[tokio::test]
async fn nobody_raises_themselves() {
    let cast = Cast::start().await;
    let manti = &cast.manti;
    let own = format!("/api/v1/users/{}", cast.ann_id);
    for (path, body, status) in [
        ("/api/v1/me", json!({"role": "admin"}), 403),
        ("/api/v1/me", json!({"status": "active"}), 403),
        ("/api/v1/me", json!({"account_id": "acc_1"}), 403),
        ("/api/v1/me", json!({"email": "admin2@example.com"}), 403),
        ("/api/v1/me", json!({"id": "usr_1"}), 400),
        ("/api/v1/me", json!({"balance": "1"}), 400),
        (&own, json!({"role": "admin"}), 403),
        (&own, json!({"password": "another long password"}), 403),
        (&own, json!({"account_id": "acc_1"}), 400),
        (&own, json!({"created_at": "2020-01-01"}), 400),
    ] {
        let reply = manti
            .call(Method::PATCH, path, &cast.ann, Some(body.clone()))
            .await;
        assert_eq!(reply.status, status, "{path} {body}: {reply:?}");
        if status == 400 {
            assert!(body.get(param(&reply.json())).is_some(), "{reply:?}");
        }
    }
    // All of a change is made, or nothing.
    let half = json!({"role": "admin", "email": "half@example.com", "password": "short"});
    let reply = manti
        .call(Method::PATCH, &own, &cast.admin, Some(half))
        .await;
    assert_eq!(reply.status, 400);
    assert_eq!(param(&reply.json()), "password");
    let reply = manti.get(&own, &cast.admin).await.json();
    assert_eq!(reply["role"], "member", "{reply}");
    let reply = manti
        .call(
            Method::PATCH,
            "/api/v1/me",
            &cast.ann,
            Some(json!({"name": "Ann"})),
        )
        .await;
    assert_eq!(reply.json()["name"], "Ann");
    assert_eq!(reply.json()["role"], "member");
    let new = json!({"email": "x@example.com"});
    assert_eq!(
        manti.post("/api/v1/users", &cast.ann, new).await.status,
        403
    );
    let foreign = json!({"name": "x", "user_id": cast.ben_id});
    assert_eq!(
        manti.post("/api/v1/keys", &cast.ann, foreign).await.status,
        403
    );
    assert_eq!(
        manti
            .call(Method::DELETE, &own, &cast.ann, None)
            .await
            .status,
        403
    );
    cast.manti.stop().await;
}

#[tokio::test]
async fn a_members_key_does_not_open_the_admin_api_and_an_admins_key_does() {
    let cast = Cast::start().await;
    let manti = &cast.manti;
    let (_, members) = manti.key_with("ann@example.com", Rules::default()).await;
    let (_, admins) = manti.key_with("admin@example.com", Rules::default()).await;
    for path in [
        "/api/v1/me",
        "/api/v1/users",
        "/api/v1/keys",
        "/api/v1/usage",
        "/metrics",
    ] {
        assert_eq!(manti.get(path, &members).await.status, 403, "{path}");
        assert_eq!(manti.get(path, &admins).await.status, 200, "{path}");
    }
    assert_eq!(manti.get("/metrics", &cast.ann).await.status, 403);
    assert_eq!(manti.get("/metrics", &cast.admin).await.status, 200);
    cast.manti.stop().await;
}

#[tokio::test]
async fn a_key_is_made_changed_rotated_and_revoked() {
    let cast = Cast::start().await;
    let manti = &cast.manti;
    let new = json!({
        "name": "ci", "models": ["demo*"], "rpm": 100, "tpm": null, "max_parallel": 4,
        "allowed_ips": ["127.0.0.0/8", "::1"], "expires_at": "2030-01-01T00:00:00Z",
    });
    let created = manti.post("/api/v1/keys", &cast.ann, new).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(created.header("cache-control"), "no-store");
    let key = created.json();
    let secret = key["secret"].as_str().unwrap().to_owned();
    assert_eq!(key["user"], "ann@example.com");
    assert_eq!(key["rpm"], 100);
    assert_eq!(key["expires_at"], "2030-01-01T00:00:00Z");
    assert_eq!(key["spent_usd"], "0.000000000");
    let path = format!("/api/v1/keys/{}", key["id"].as_str().unwrap());
    let shown = manti.get(&path, &cast.ann).await.json();
    assert!(shown.get("secret").is_none(), "{shown}");
    assert!(!shown.to_string().contains(&secret[9..20]));
    assert_eq!(manti.get("/v1/models", &secret).await.status, 200);

    let change = json!({"rpm": null, "name": "nightly", "models": []});
    let changed = manti
        .call(Method::PATCH, &path, &cast.ann, Some(change))
        .await
        .json();
    assert_eq!(
        (&changed["rpm"], &changed["name"]),
        (&Value::Null, &json!("nightly"))
    );
    assert_eq!(changed["max_parallel"], 4, "what is not named stays");
    for (odd, field) in [
        (json!({"rpm": -1}), "rpm"),
        (json!({"tpm": 1.5}), "tpm"),
        (json!({"max_parallel": "4"}), "max_parallel"),
        (json!({"allowed_ips": ["everywhere"]}), "allowed_ips"),
        (json!({"expires_at": "soon"}), "expires_at"),
        (json!({"models": "demo"}), "models"),
        (json!({"name": null}), "name"),
        (json!({"budget": {"amount_usd": "5"}}), "budget"),
        (json!({"user_id": "usr_1"}), "user_id"),
    ] {
        let reply = manti
            .call(Method::PATCH, &path, &cast.ann, Some(odd.clone()))
            .await;
        assert_eq!(reply.status, 400, "{odd}");
        assert_eq!(param(&reply.json()), field, "{odd}: {reply:?}");
    }
    let rotated = manti
        .post(&format!("{path}/rotate"), &cast.ann, json!({}))
        .await
        .json();
    let fresh = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(fresh, secret);
    assert_eq!(manti.get("/v1/models", &fresh).await.status, 200);
    refused_soon(manti, &secret).await;
    let revoked = manti.call(Method::DELETE, &path, &cast.ann, None).await;
    assert_eq!(revoked.json()["status"], "revoked");
    refused_soon(manti, &fresh).await;
    cast.manti.stop().await;
}

#[tokio::test]
async fn lists_come_in_pages() {
    let cast = Cast::start().await;
    let manti = &cast.manti;
    let mut seen = Vec::new();
    let mut path = "/api/v1/users?limit=2".to_owned();
    loop {
        let page = manti.get(&path, &cast.admin).await.json();
        seen.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["email"].clone()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/v1/users?limit=2&cursor={cursor}");
    }
    assert_eq!(
        seen,
        ["admin@example.com", "ann@example.com", "ben@example.com"]
    );
    for odd in ["limit=0", "limit=1001", "limit=x", "limit=-1"] {
        let reply = manti
            .get(&format!("/api/v1/users?{odd}"), &cast.admin)
            .await;
        assert_eq!(
            (reply.status.as_u16(), param(&reply.json())),
            (400, "limit"),
            "{odd}"
        );
    }
    for odd in ["from=yesterday", "to=x", "by=colour"] {
        let reply = manti
            .get(&format!("/api/v1/usage/report?{odd}"), &cast.admin)
            .await;
        let field = odd.split_once('=').unwrap().0;
        assert_eq!(
            (reply.status.as_u16(), param(&reply.json())),
            (400, field),
            "{odd}"
        );
    }
    cast.manti.stop().await;
}

#[tokio::test]
async fn a_keys_own_sums_count_the_last_day_as_every_report_does() {
    let cast = Cast::start().await;
    let manti = &cast.manti;
    let (key, secret) = manti.key_with("ann@example.com", Rules::default()).await;
    let asked = json!({"model": "demo", "messages": [{"role": "user", "content": "x"}]});
    for _ in 0..2 {
        let call = manti.post("/v1/chat/completions", &secret, asked.clone());
        assert_eq!(call.await.status, 200);
    }
    let mut own = Value::Null;
    for _ in 0..100 {
        let path = format!("/v1/usage?to={}", today());
        own = manti.get(&path, &secret).await.json()["total"].take();
        if own["requests"] == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(own["requests"], 2, "{own}");
    let path = format!("/api/v1/usage/report?to={}&key={}", today(), key.id);
    let all = manti.get(&path, &cast.ann).await.json();
    assert_eq!(all["total"], own);
    // The list of keys tells the same sum, and nothing for a key that was not used.
    let (unused, _) = manti.key_with("ann@example.com", Rules::default()).await;
    let keys = manti.get("/api/v1/keys", &cast.ann).await.json();
    let spent = |id: &str| {
        let mut keys = keys["data"].as_array().unwrap().iter();
        keys.find(|key| key["id"] == id).unwrap()["spent_usd"].clone()
    };
    assert_ne!(own["price_usd"], "0.000000000");
    assert_eq!(spent(&key.id), own["price_usd"]);
    assert_eq!(spent(&unused.id), "0.000000000");
    cast.manti.stop().await;
}

/// Today, in UTC.
fn today() -> String {
    let now = manti::models::clock::Clock::system().now();
    now.format("%Y-%m-%d").to_string()
}

#[tokio::test]
async fn injected_text_finds_nothing_and_breaks_nothing() {
    let cast = Cast::start().await;
    let manti = &cast.manti;
    for text in [
        "' OR '1'='1",
        "%' --",
        "\" OR 1=1",
        "'; DROP TABLE users; --",
        "\\",
        "%00",
        "_%",
    ] {
        let text = text.bytes().fold(String::new(), |mut text, byte| {
            write!(text, "%{byte:02X}").unwrap();
            text
        });
        for path in [
            format!("/api/v1/users/{text}"),
            format!("/api/v1/keys/{text}"),
            format!("/api/v1/usage/{text}"),
            format!("/v1/models/{text}"),
        ] {
            let reply = manti.get(&path, &cast.admin).await;
            assert_eq!(reply.status, 404, "{path}: {reply:?}");
        }
        for query in ["user", "key", "model", "request", "cursor"] {
            let reply = manti
                .get(&format!("/api/v1/usage?{query}={text}"), &cast.admin)
                .await;
            assert!(
                [200, 400, 404].contains(&reply.status.as_u16()),
                "{query}: {reply:?}"
            );
        }
    }
    assert_eq!(manti.get("/api/v1/users", &cast.admin).await.status, 200);
    cast.manti.stop().await;
}
