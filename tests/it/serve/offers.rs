//! Providers and models of the database: served within a second or two, checked as a file is, and
//! never ahead of one.

use std::time::Duration;

use manti::config::{Config, Secret};
use manti::models::api_key::Rules;
use manti::models::user::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::engines::{Engine, both};
use crate::support::manti::{Manti, Reply};
use crate::support::recorded::Wire;
use crate::support::socket::Upstream;
use crate::support::spoken;

const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const SECRET: &str = "sk-very-secret-of-upstream";

/// A gateway over an engine, with an admin's key.
struct Stage {
    manti: Manti,
    key: String,
}

fn settings(engine: &Engine) -> Config {
    let mut config = Manti::settings(engine.data_dir());
    config.database.url = Secret::new(&*engine.url);
    config.master_key = Some(Secret::new(MASTER_KEY));
    config
}

impl Stage {
    async fn start(config: Config) -> Self {
        let manti = Manti::of(config).await;
        let name = manti::models::id::mint("root").to_lowercase();
        let admin = manti
            .user(&format!("{name}@example.com"), Role::Admin)
            .await;
        let key = manti.key_with(&admin.id, Rules::default()).await.1;
        Self { manti, key }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Reply {
        let body = (method != Method::GET && method != Method::DELETE).then_some(body);
        self.manti.call(method, path, &self.key, body).await
    }

    async fn get(&self, path: &str) -> Value {
        let reply = self.ask(Method::GET, path, json!(null)).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.json()
    }

    /// The status of a call of a model, once it is the expected one or it takes too long.
    async fn answers(&self, model: &str, expected: u16) {
        let asked = json!({"model": model, "messages": [{"role": "user", "content": "x"}]});
        let mut last = None;
        for _ in 0..40 {
            let reply = self
                .manti
                .post("/v1/chat/completions", &self.key, asked.clone())
                .await;
            if reply.status == expected {
                return;
            }
            last = Some(reply);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{model} is not {expected} after two seconds: {last:?}");
    }
}

async fn upstream() -> Upstream {
    Upstream::start(|asked| async move {
        let body = spoken::plain(Wire::Chat, "yes").to_string();
        let kind = [("content-type", "application/json")];
        asked.answer(200, &kind, body).await
    })
    .await
}

fn local(upstream: &Upstream) -> Value {
    json!({
        "name": "local", "kind": "openai-compatible",
        "base_url": format!("http://{}/v1", upstream.address),
        "api_keys": [SECRET], "models": ["tiny"],
    })
}

fn refused(reply: &Reply) -> (u16, String) {
    let param = reply.json()["error"]["param"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (reply.status.as_u16(), param)
}

both! {
    async fn a_provider_serves_as_soon_as_it_is_added_and_no_longer_than_it_is_there(engine: &Engine) {
        let upstream = upstream().await;
        let stage = Stage::start(settings(engine)).await;
        let other = Stage::start({
            let mut config = settings(engine);
            if engine.url.starts_with("postgres") {
                config.data_dir = engine.data_dir().join("other");
            } else {
                // One process at a time has the file: the second has one of its own.
                config.database.url = Secret::new("sqlite://other.db");
                config.data_dir = engine.data_dir().join("other");
            }
            config
        }).await;
        stage.answers("tiny", 404).await;
        for (name, ok) in [("demo", Some(true)), ("local", None)] {
            let path = format!("/api/v1/providers/{name}/test");
            let tested = stage.ask(Method::POST, &path, json!({})).await;
            assert_eq!(tested.json()["ok"].as_bool(), ok, "{tested:?}");
        }
        let made = stage.ask(Method::POST, "/api/v1/providers", local(&upstream)).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert!(!made.body.contains(SECRET), "{made:?}");
        let made = made.json();
        assert_eq!((&made["name"], &made["credentials"]), (&json!("local"), &json!(1)));
        assert_eq!((&made["origin"], &made["shadowed"]), (&json!("database"), &json!(false)));
        stage.answers("tiny", 200).await;
        assert_eq!(upstream.last().await.header("authorization"), Some(&*format!("Bearer {SECRET}")));
        // The built-in one is there as long as there is no other.
        stage.answers("demo", 404).await;
        let listed = stage.get("/api/v1/providers").await;
        let names: Vec<_> = listed["data"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
        assert_eq!(names, ["local"]);
        if engine.url.starts_with("postgres") {
            other.answers("tiny", 200).await;
        }
        let taken = stage.ask(Method::POST, "/api/v1/providers", local(&upstream)).await;
        assert_eq!(taken.status, 409, "{taken:?}");
        let removed = stage.ask(Method::DELETE, "/api/v1/providers/local", json!(null)).await;
        assert_eq!(removed.status, 200, "{removed:?}");
        stage.answers("tiny", 404).await;
        stage.answers("demo", 200).await;
        if engine.url.starts_with("postgres") {
            other.answers("tiny", 404).await;
        }
        other.manti.stop().await;
        stage.manti.stop().await;
    }

    async fn a_model_is_declared_changed_and_removed(engine: &Engine) {
        let upstream = upstream().await;
        let stage = Stage::start(settings(engine)).await;
        stage.ask(Method::POST, "/api/v1/providers", local(&upstream)).await;
        let model = json!({
            "name": "fast", "aliases": ["default"],
            "targets": [{"provider": "local", "model": "tiny"}],
            "price": {"input": "1", "output": "2"},
        });
        let made = stage.ask(Method::POST, "/api/v1/models", model).await;
        assert_eq!(made.status, 201, "{made:?}");
        stage.answers("default", 200).await;
        let sent: Value = serde_json::from_slice(&upstream.last().await.body).unwrap();
        assert_eq!(sent["model"], "tiny");
        let change = json!({"aliases": ["quick"], "price": null});
        let changed = stage.ask(Method::PATCH, "/api/v1/models/fast", change).await.json();
        assert_eq!((&changed["aliases"], &changed["price"]), (&json!(["quick"]), &Value::Null));
        stage.answers("quick", 200).await;
        stage.answers("default", 404).await;
        for (body, field) in [
            (json!({"name": "slow", "targets": [{"provider": "nobody"}]}), "targets.provider"),
            (json!({"name": "slow", "targets": []}), "targets"),
            (json!({"name": "slow", "aliases": ["fast"]}), "aliases"),
            (json!({"name": "slow", "price": {"input": "-1", "output": "1"}}), "price.input"),
            (json!({"name": "slow", "colour": "red"}), "colour"),
            (json!({"name": "", "aliases": []}), "name"),
            (json!({"aliases": []}), "name"),
        ] {
            let reply = stage.ask(Method::POST, "/api/v1/models", body.clone()).await;
            assert_eq!(refused(&reply), (400, field.to_owned()), "{body}: {reply:?}");
        }
        // A name with a slash is one name.
        let slashed = json!({"name": "meta/llama", "targets": [{"provider": "local", "model": "tiny"}]});
        assert_eq!(stage.ask(Method::POST, "/api/v1/models", slashed).await.status, 201);
        stage.answers("meta/llama", 200).await;
        let path = "/api/v1/models/meta%2Fllama";
        assert_eq!(stage.get(path).await["name"], "meta/llama");
        assert_eq!(stage.ask(Method::DELETE, path, json!(null)).await.status, 200);
        // What a model needs is not taken away.
        let needed = stage.ask(Method::DELETE, "/api/v1/providers/local", json!(null)).await;
        assert_eq!(needed.status, 409, "{needed:?}");
        assert!(needed.body.contains("models.fast"), "{needed:?}");
        assert_eq!(stage.get("/api/v1/models").await["data"][0]["name"], "fast");
        let removed = stage.ask(Method::DELETE, "/api/v1/models/fast", json!(null)).await;
        assert_eq!(removed.status, 200, "{removed:?}");
        stage.answers("quick", 404).await;
        let gone = stage.ask(Method::DELETE, "/api/v1/models/fast", json!(null)).await;
        assert_eq!(gone.status, 404);
        stage.manti.stop().await;
    }

    async fn what_a_file_would_be_refused_for_is_refused_by_its_field(engine: &Engine) {
        let stage = Stage::start(settings(engine)).await;
        for (body, field) in [
            (json!({"name": "x", "kind": "nothing"}), "kind"),
            (json!({"name": "x"}), "kind"),
            (json!({"name": "X y", "kind": "openai", "api_keys": ["k"]}), "name"),
            (json!({"name": "openai"}), "api_key"),
            (json!({"name": "openai", "api_keys": "k"}), "api_keys"),
            (json!({"name": "openai", "api_keys": ["a b"]}), "api_keys"),
            (json!({"name": "openai", "api_keys": ["env:HOME"]}), "api_keys"),
            (json!({"name": "openai", "api_key": "file:/etc/passwd"}), "api_key"),
            (json!({"name": "x", "kind": "openai-compatible", "base_url": "http://169.254.169.254/"}), "base_url"),
            (json!({"name": "vertex", "project": "p", "credentials": json!({"type": "authorized_user", "client_id": "c",
                "client_secret": "s", "refresh_token": "r", "token_uri": "http://169.254.169.254/"}).to_string()}), "credentials"),
            (json!({"name": "x", "kind": "openai-compatible", "base_url": "ftp://x/"}), "base_url"),
            (json!({"name": "x", "kind": "openai-compatible", "base_url": 7}), "base_url"),
            (json!({"name": "x", "kind": "openai-compatible"}), "base_url"),
            (json!({"name": "openai", "api_keys": ["k"], "total_timeout": "0s"}), "total_timeout"),
            (json!({"name": "openai", "api_keys": ["k"], "region": "eu"}), "region"),
            (json!({"name": "bedrock", "api_keys": ["k"], "region": "evil.example/x"}), "region"),
            (json!({"name": "bedrock", "api_keys": ["k"], "region": "eu.x"}), "region"),
            (json!({"name": "vertex", "api_keys": ["k"], "project": "p", "location": "evil.example/"}), "location"),
            (json!({"name": "x", "kind": "openai-compatible", "base_url": "http://u:p@x/"}), "base_url"),
            (json!({"name": "x", "kind": "openai-compatible", "base_url": "http://[::ffff:169.254.169.254]/"}), "base_url"),
            (json!({"name": "openai", "api_keys": ["k"], "created_at": "x"}), "created_at"),
        ] {
            let reply = stage.ask(Method::POST, "/api/v1/providers", body.clone()).await;
            assert_eq!(refused(&reply), (400, field.to_owned()), "{body}: {reply:?}");
        }
        assert_eq!(stage.get("/api/v1/status").await["declared"], 0);
        stage.manti.stop().await;
    }

    async fn fallbacks_lead_somewhere_and_whoever_they_lead_to_stays(engine: &Engine) {
        let upstream = upstream().await;
        let stage = Stage::start(settings(engine)).await;
        let reply = stage.ask(Method::POST, "/api/v1/providers", local(&upstream)).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let model = |name: &str, more: Value| {
            let mut model = json!({"name": name, "targets": [{"provider": "local"}]});
            model.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            model
        };
        for (more, field) in [
            (json!({"fallbacks": ["ghost"]}), "fallbacks"),
            (json!({"context_window_fallbacks": ["ghost"]}), "context_window_fallbacks"),
            (json!({"content_policy_fallbacks": ["ghost"]}), "content_policy_fallbacks"),
        ] {
            let reply = stage.ask(Method::POST, "/api/v1/models", model("a", more)).await;
            assert_eq!(refused(&reply), (400, field.to_owned()), "{reply:?}");
        }
        let reply = stage.ask(Method::POST, "/api/v1/models", model("b", json!({}))).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let leading = model("a", json!({"fallbacks": ["b"]}));
        let reply = stage.ask(Method::POST, "/api/v1/models", leading).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let reply = stage.ask(Method::DELETE, "/api/v1/models/b", json!(null)).await;
        assert_eq!(reply.status, 409, "{reply:?}");
        for name in ["a", "b"] {
            let path = format!("/api/v1/models/{name}");
            let reply = stage.ask(Method::DELETE, &path, json!(null)).await;
            assert_eq!(reply.status, 200, "{name}: {reply:?}");
        }
        stage.manti.stop().await;
    }

    async fn credentials_are_sealed_and_go_nowhere_else(engine: &Engine) {
        let upstream = upstream().await;
        let stage = Stage::start(settings(engine)).await;
        stage.ask(Method::POST, "/api/v1/providers", local(&upstream)).await;
        let path = "/api/v1/providers/local";
        // Another path and another list of models keep the credential, another host does not.
        let base = |host: &str| format!("http://{host}/v2");
        let same = json!({"base_url": base(&upstream.address.to_string()), "models": ["tiny", "big"]});
        assert_eq!(stage.ask(Method::PATCH, path, same).await.status, 200);
        stage.answers("big", 200).await;
        let away = json!({"base_url": base("127.0.0.1:9")});
        let reply = stage.ask(Method::PATCH, path, away.clone()).await;
        assert_eq!(refused(&reply), (400, "api_keys".to_owned()), "{reply:?}");
        let anthropic = stage.ask(Method::PATCH, path, json!({"kind": "anthropic"})).await;
        assert_eq!(refused(&anthropic), (400, "api_keys".to_owned()), "{anthropic:?}");
        stage.answers("big", 200).await;
        let mut given = away;
        given["api_key"] = json!("sk-another-secret");
        assert_eq!(stage.ask(Method::PATCH, path, given).await.status, 200);
        let mut told = String::new();
        for path in ["/api/v1/providers", path, "/api/v1/audit", "/api/v1/status"] {
            told.push_str(&stage.get(path).await.to_string());
        }
        told.push_str(&crate::auth::dump(engine).await);
        for secret in [SECRET, "sk-another-secret"] {
            assert!(!told.contains(secret), "{secret}");
        }
        let mut open = local(&upstream);
        open["name"] = "open".into();
        open["models"] = json!(["wide"]);
        open.as_object_mut().unwrap().remove("api_keys");
        let reply = stage.ask(Method::POST, "/api/v1/providers", open).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        stage.manti.stop().await;
        // With another master key nothing is opened.
        let mut config = settings(engine);
        config.master_key = Some(Secret::new("HwEdHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA="));
        let stage = Stage::start(config).await;
        let status = stage.get("/api/v1/status").await;
        assert_eq!(status["configuration"]["valid"], false);
        let problem = status["configuration"]["problem"].as_str().unwrap();
        assert!(problem.contains("providers.local") && problem.contains("MANTI_MASTER_KEY"), "{problem}");
        // What is not at fault serves.
        stage.answers("wide", 200).await;
        stage.answers("tiny", 404).await;
        stage.manti.stop().await;
    }

    async fn a_secret_goes_nowhere_that_whoever_changes_the_address_says(engine: &Engine) {
        let stage = Stage::start(settings(engine)).await;
        let compatible = |url: &str| json!({"kind": "openai-compatible", "base_url": url, "api_keys": ["k"]});
        let azure = json!({
            "kind": "azure-openai", "base_url": "https://one.openai.azure.com",
            "tenant_id": "t", "client_id": "c", "client_secret": "s",
        });
        let bedrock = json!({"kind": "bedrock", "region": "us-east-1", "api_keys": ["k"]});
        let signed = json!({
            "kind": "bedrock", "region": "us-east-1", "access_key_id": "a", "secret_access_key": "s",
        });
        let vertex = json!({"kind": "vertex", "project": "p", "location": "us-central1", "api_keys": ["k"]});
        let plain = "http://127.0.0.1:9/v1";
        for (number, (settings, change, field)) in [
            // What leads elsewhere, and which secret is wanted for it.
            (bedrock.clone(), json!({"region": "eu-west-1"}), Some("api_keys")),
            (bedrock.clone(), json!({"base_url": "https://evil.example"}), Some("api_keys")),
            (signed.clone(), json!({"base_url": "https://evil.example"}), Some("secret_access_key")),
            (vertex.clone(), json!({"location": "europe-west1"}), Some("api_keys")),
            (vertex.clone(), json!({"location": null}), Some("api_keys")),
            (vertex.clone(), json!({"base_url": "https://evil.example"}), Some("api_keys")),
            (azure.clone(), json!({"base_url": "https://two.openai.azure.com"}), Some("client_secret")),
            (azure.clone(), json!({"authority": "https://evil.example"}), Some("client_secret")),
            (compatible(plain), json!({"base_url": "http://127.0.0.1:10/v1"}), Some("api_keys")),
            (compatible(plain), json!({"base_url": "https://127.0.0.1:9/v1"}), Some("api_keys")),
            (compatible(plain), json!({"base_url": "http://[::1]:9/v1"}), Some("api_keys")),
            (compatible(plain), json!({"kind": "anthropic"}), Some("api_keys")),
            (json!({"kind": "openai", "api_keys": ["k"]}), json!({"base_url": plain}), Some("api_keys")),
            (json!({"kind": "deepseek", "api_keys": ["k"]}), json!({"base_url": plain}), Some("api_keys")),
            // What does not, however it is spelled.
            (vertex, json!({"project": "q"}), None),
            (azure, json!({"api_version": "2024-10-21"}), None),
            (bedrock, json!({"total_timeout": "30s"}), None),
            (signed, json!({"role_arn": "arn:aws:iam::1:role/x"}), None),
            (compatible(plain), json!({"base_url": "http://127.0.0.1:9/v2/"}), None),
            (compatible("https://h/v1"), json!({"base_url": "https://H:443/v1"}), None),
            (compatible("http://[::1]:9/v1"), json!({"base_url": "http://@[0:0::1]:9/v1"}), None),
            (json!({"kind": "openai", "api_keys": ["k"]}), json!({"base_url": "https://api.openai.com/v1"}), None),
        ].into_iter().enumerate() {
            let mut made = settings.clone();
            made["name"] = json!(format!("p{number}"));
            let reply = stage.ask(Method::POST, "/api/v1/providers", made).await;
            assert_eq!(reply.status, 201, "{settings}: {reply:?}");
            let path = format!("/api/v1/providers/p{number}");
            let reply = stage.ask(Method::PATCH, &path, change.clone()).await;
            match field {
                Some(field) => assert_eq!(refused(&reply), (400, field.to_owned()), "{settings} {change}: {reply:?}"),
                None => assert_eq!(reply.status, 200, "{settings} {change}: {reply:?}"),
            }
        }
        // What the machine has is lent to nobody by a row.
        let lent = json!({"name": "lent", "kind": "vertex", "project": "p", "base_url": "https://evil.example"});
        let reply = stage.ask(Method::POST, "/api/v1/providers", lent).await;
        assert_eq!(refused(&reply), (400, "base_url".to_owned()), "{reply:?}");
        stage.manti.stop().await;
    }

    async fn what_the_settings_declare_wins_and_is_changed_there(engine: &Engine) {
        let (here, there) = (upstream().await, upstream().await);
        let stage = Stage::start(settings(engine)).await;
        stage.ask(Method::POST, "/api/v1/providers", local(&here)).await;
        stage.manti.stop().await;
        let declared = |config: &mut Config| {
            let text = format!(
                "[providers.local]\nkind = \"openai-compatible\"\nbase_url = \"http://{}/v1\"\nmodels = [\"tiny\"]\n",
                there.address
            );
            let file = engine.data_dir().join("manti.toml");
            std::fs::write(&file, text).unwrap();
            let sources = manti::config::Sources {
                asked: Some(file),
                ..manti::config::Sources::default()
            };
            let loaded = manti::config::load(&sources).unwrap().config;
            config.providers = loaded.providers;
            config.declared = loaded.declared;
        };
        let mut config = settings(engine);
        declared(&mut config);
        let stage = Stage::start(config).await;
        stage.answers("tiny", 200).await;
        assert_eq!((there.seen().await.len(), here.seen().await.len()), (1, 0));
        let status = stage.get("/api/v1/status").await;
        assert_eq!(status["shadowed"], json!([{"kind": "provider", "name": "local"}]));
        let listed = stage.get("/api/v1/providers").await;
        let told: Vec<_> = listed["data"].as_array().unwrap().iter()
            .map(|one| (one["origin"].clone(), one["shadowed"].clone())).collect();
        assert_eq!(told, [(json!("settings"), json!(false)), (json!("database"), json!(true))]);
        let again = stage.ask(Method::POST, "/api/v1/providers", local(&here)).await;
        assert_eq!(again.status, 409, "{again:?}");
        // The row behind it can be tidied away, and then there is nothing to change.
        let path = "/api/v1/providers/local";
        assert_eq!(stage.ask(Method::DELETE, path, json!(null)).await.status, 200);
        for method in [Method::DELETE, Method::PATCH] {
            let reply = stage.ask(method, path, json!({"models": ["x"]})).await;
            assert_eq!(reply.status, 409, "{reply:?}");
            assert!(reply.body.contains("settings file"), "{reply:?}");
        }
        stage.answers("tiny", 200).await;
        stage.manti.stop().await;
    }

    async fn without_a_master_key_credentials_are_kept_where_one_can_be_made(engine: &Engine) {
        let upstream = upstream().await;
        let mut config = settings(engine);
        config.master_key = None;
        let stage = Stage::start(config).await;
        let reply = stage.ask(Method::POST, "/api/v1/providers", local(&upstream)).await;
        if engine.url.starts_with("postgres") {
            assert_eq!(refused(&reply), (400, "api_keys".to_owned()));
            assert!(reply.body.contains("MANTI_MASTER_KEY"), "{reply:?}");
            let mut open = local(&upstream);
            open.as_object_mut().unwrap().remove("api_keys");
            let reply = stage.ask(Method::POST, "/api/v1/providers", open).await;
            assert_eq!(reply.status, 201, "{reply:?}");
        } else {
            use std::os::unix::fs::PermissionsExt;

            assert_eq!(reply.status, 201, "{reply:?}");
            let file = std::fs::metadata(engine.data_dir().join("master_key")).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
        stage.answers("tiny", 200).await;
        stage.manti.stop().await;
    }
}
