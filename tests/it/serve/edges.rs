//! What stands around the calls: figures, proxies, both protocols, a database that is away.

use std::time::Duration;

use manti::config::{Model, Secret, Target};
use manti::models::api_key::Rules;
use manti::models::caps::Caps;
use manti::models::user::Role;
use reqwest::{Method, Version};
use serde_json::{Value, json};

use crate::support::manti::Manti;

fn question(stream: bool) -> Value {
    json!({
        "model": "demo",
        "stream": stream,
        "max_tokens": 32,
        "messages": [{"role": "user", "content": "x"}],
    })
}

#[tokio::test]
async fn figures_are_for_the_token_or_an_admin_only() {
    let manti = Manti::with(|config| {
        config.server.metrics_token = Some(Secret::new("a-scrapers-token"));
    })
    .await;
    let key = manti.key().await;
    assert_eq!(manti.get("/metrics", "").await.status, 401);
    assert_eq!(manti.get("/metrics", "a-scrapers-toke").await.status, 401);
    assert_eq!(manti.get("/metrics", &key).await.status, 403);
    let asked = manti
        .post("/v1/chat/completions", &key, question(false))
        .await;
    assert_eq!(asked.status, 200);
    for junk in 0..5 {
        let body = json!({"model": format!("junk-{junk}"), "messages": []});
        manti.post("/v1/chat/completions", &key, body).await;
        manti.get(&format!("/junk-{junk}"), &key).await;
    }
    let page = manti.get("/metrics", "a-scrapers-token").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/plain"));
    for name in [
        "manti_build_info{version=",
        "manti_http_requests_total{route=\"chat_completions\",method=\"POST\",status=\"2xx\"}",
        "manti_calls_total{endpoint=\"chat.completions\",provider=\"demo\",model=\"demo\",status=\"ok\"}",
        "manti_tokens_total{",
        "manti_cost_usd_total{",
        "manti_call_duration_seconds_bucket{",
        "manti_journal_pending_records",
        "manti_database_connections{",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
    ] {
        assert!(
            page.body.contains(name),
            "{name} is missing in {}",
            page.body
        );
    }
    assert!(!page.body.contains("junk"), "a label came from a request");
    for line in page.body.lines() {
        assert!(!line.contains("usr_") && !line.contains("key_"), "{line}");
    }
    manti.stop().await;
}

#[tokio::test]
async fn figures_have_an_address_of_their_own_when_asked_for() {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let own = probe.local_addr().unwrap();
    drop(probe);
    let manti = Manti::with(|config| config.server.metrics_listen = Some(own)).await;
    let get = |path: &str| Manti::send(manti.http().get(format!("http://{own}{path}")));
    assert!(get("/metrics").await.body.contains("manti_build_info"));
    assert_eq!(get("/v1/models").await.status, 404);
    manti.stop().await;
}

#[tokio::test]
async fn a_key_for_one_network_works_behind_the_trusted_proxy_only() {
    let manti = Manti::with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let user = manti.user("a@example.com", Role::Member).await;
    let rules = Rules {
        allowed_ips: vec!["192.0.2.0/24".parse().unwrap()],
        ..Rules::default()
    };
    let (_, key) = manti.key_with(&user.id, rules).await;
    let from = |chain: &'static str| {
        let request = manti.http().get(manti.url("/v1/models")).bearer_auth(&key);
        Manti::send(request.header("x-forwarded-for", chain))
    };
    assert_eq!(from("192.0.2.7").await.status, 200);
    assert_eq!(from("192.0.2.7, 198.51.100.1").await.status, 403);
    assert_eq!(from("198.51.100.1, 192.0.2.7").await.status, 200);
    let direct = manti.get("/v1/models", &key).await;
    assert_eq!(direct.status, 403);
    assert_eq!(direct.json()["error"]["code"], "ip_not_allowed");
    manti.stop().await;
}

#[tokio::test]
async fn the_models_come_in_the_clients_shape_and_only_those_the_key_may_use() {
    let manti = Manti::with(|config| {
        let second = Model {
            targets: vec![Target {
                provider: "demo".to_owned(),
                model: None,
                weight: 1,
                when: std::collections::BTreeMap::new(),
                observe: false,
            }],
            ..Model::default()
        };
        config.models.insert("second".to_owned(), second);
    })
    .await;
    let user = manti.user("a@example.com", Role::Member).await;
    let rules = Rules {
        models: vec!["demo".to_owned()],
        ..Rules::default()
    };
    let (_, narrow) = manti.key_with(&user.id, rules).await;
    let wide = manti.key().await;
    let all = manti.get("/v1/models", &wide).await.json();
    assert_eq!(all["object"], "list");
    assert!(all["data"].as_array().unwrap().len() > 1, "{all}");
    let some = manti.get("/v1/models", &narrow).await.json();
    let ids: Vec<_> = some["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| &model["id"])
        .collect();
    assert_eq!(ids, ["demo"]);
    assert_eq!(some["data"][0]["owned_by"], "demo");
    let get = |path: &str| {
        let request = manti.http().get(manti.url(path)).header("x-api-key", &wide);
        Manti::send(request.header("anthropic-version", "2023-06-01"))
    };
    let page = get("/v1/models?limit=1").await.json();
    assert_eq!(
        (&page["has_more"], page["data"].as_array().unwrap().len()),
        (&json!(true), 1)
    );
    assert_eq!(page["data"][0]["type"], "model");
    assert_eq!(page["first_id"], page["data"][0]["id"]);
    let next = get(&format!(
        "/v1/models?after_id={}",
        page["last_id"].as_str().unwrap()
    ))
    .await;
    assert_ne!(next.json()["first_id"], page["first_id"]);
    assert!(get("/v1/models/demo").await.json()["display_name"].is_string());
    assert_eq!(
        manti.get("/v1/models/demo%2F429", &narrow).await.status,
        403
    );
    manti.stop().await;
}

#[tokio::test]
async fn a_key_sees_its_own_usage_and_limits() {
    let manti = Manti::start().await;
    let user = manti.user("a@example.com", Role::Member).await;
    let rules = Rules {
        caps: Caps {
            rpm: Some(50),
            max_parallel: Some(3),
            ..Caps::default()
        },
        ..Rules::default()
    };
    let (key, secret) = manti.key_with(&user.id, rules).await;
    let (_, other) = manti.key_with(&user.id, Rules::default()).await;
    let reply = manti
        .post("/v1/chat/completions", &secret, question(false))
        .await;
    assert_eq!(reply.header("x-ratelimit-limit-requests"), "50");
    assert_eq!(reply.header("x-ratelimit-remaining-requests"), "49");
    let usage = async {
        for _ in 0..60 {
            let usage = manti.get("/v1/usage", &secret).await.json();
            if usage["total"]["requests"] == 1 {
                return usage;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the call was not recorded");
    };
    let usage = usage.await;
    assert_eq!(usage["key_id"], key.id.as_str());
    assert_eq!(usage["limits"]["requests"]["limit"], 50);
    assert_eq!(usage["limits"]["requests"]["remaining"], 49);
    assert_eq!(usage["limits"]["max_parallel"], 3);
    let others = manti.get("/v1/usage", &other).await.json();
    assert_eq!(
        others["total"]["requests"], 0,
        "another key of the same user"
    );
    manti.stop().await;
}

#[tokio::test]
async fn http2_is_spoken_to_whoever_speaks_it() {
    let manti = Manti::start().await;
    let key = manti.key().await;
    let http2 = reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let post = |body: Value| {
        let request = http2
            .post(manti.url("/v1/chat/completions"))
            .bearer_auth(&key);
        request.json(&body).send()
    };
    let streams = (0..20).map(|_| post(question(true)));
    for response in futures_util::future::join_all(streams).await {
        let response = response.unwrap();
        assert_eq!(response.version(), Version::HTTP_2);
        assert!(response.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    }
    let mut request = http2.get(manti.url("/healthz"));
    for number in 0..101 {
        request = request.header(format!("x-{number}"), "y");
    }
    assert_eq!(request.send().await.unwrap().status(), 431);
    manti.stop().await;
}

#[tokio::test]
async fn with_its_database_away_the_server_runs_and_is_not_ready() {
    let manti = Manti::with(|config| {
        config.database.url = Secret::new("postgres://nobody@127.0.0.1:1/none");
    })
    .await;
    assert_eq!(manti.get("/healthz", "").await.status, 200);
    let ready = manti.get("/readyz", "").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["prepared"], false);
    let key = manti::auth::api_key::generate();
    let reply = manti.get("/v1/models", &key).await;
    assert_eq!(
        reply.status, 503,
        "an unknown key is not refused for good: {reply:?}"
    );
    assert_eq!(reply.json()["error"]["code"], "database_unavailable");
    assert!(!reply.header("retry-after").is_empty());
    let login = json!({"email": "a@example.com", "password": "x"});
    let reply = manti
        .call(Method::POST, "/api/v1/auth/login", "", Some(login))
        .await;
    assert_eq!(reply.status, 503, "{reply:?}");
    manti.stop().await;
}
