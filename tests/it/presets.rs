//! Kinds of provider that are rows of a table: configuration alone makes one, and calls it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt;
use manti::catalog::Catalog;
use manti::config::{self, Complaints, Config, Environment, Kind, Sources};
use manti::dialects::{Dialect, peek};
use manti::models::operation::Operation;
use manti::models::preset::{self, Key};
use manti::models::principal::Principal;
use manti::models::user::Role;
use manti::providers::{self, Client, Made, Outbound, Request, Target};

use serde_json::{Value, json};

use crate::support::gateway::Gateway;
use crate::support::upstream::{self, Upstream};
use crate::support::{socket, spoken};

const BODY: &[u8] = br#"{"model":"old","messages":[{"role":"user","content":"hi"}],"stream":true}"#;

/// Settings from a file's text and variables.
fn settings(file: &str, variables: &[(String, String)]) -> Result<Config, Complaints> {
    let home = tempfile::tempdir().unwrap();
    let asked = home.path().join("manti.toml");
    std::fs::write(&asked, file).unwrap();
    let variables = variables
        .iter()
        .map(|(name, value)| (name.into(), value.into()));
    let sources = Sources {
        asked: Some(asked),
        environment: Environment::of(variables, Path::new("/nowhere")),
        ..Sources::default()
    };
    config::load(&sources).map(|loaded| loaded.config)
}

fn variable(provider: &str, field: &str) -> String {
    format!("MANTI_PROVIDERS_{}_{field}", provider.replace('-', "_")).to_uppercase()
}

fn anyone() -> Principal {
    Principal {
        user_id: "usr_1".into(),
        account_id: "acc_1".into(),
        email: "a@example.com".into(),
        role: Role::Member,
        rules: Arc::default(),
        team: None,
        key: None,
    }
}

/// Where a name leads under some settings.
fn target(config: &Config, name: &str) -> Target {
    let providers = providers::build(config).unwrap();
    let catalog = Catalog::build(config, &providers);
    catalog
        .route(&anyone(), name)
        .unwrap()
        .first()
        .target
        .clone()
}

fn request(target: &Target, dialect: Dialect) -> Request {
    let body = Bytes::from_static(BODY);
    let head = peek::head(&body, dialect).unwrap();
    let asked = target.provider.wants_usage_asked();
    let made = target.provider.request(Outbound {
        target,
        operation: Operation::Converse,
        dialect,
        body: peek::rewrite(&body, &head, dialect, Some(&target.model), asked),
        client_headers: &HeaderMap::new(),
        query: None,
        stream: true,
        credential: 0,
        caller: "key_1",
        upload: None,
    });
    match made {
        Made::Ready(Ok(request)) => request,
        _ => panic!("not ready at once"),
    }
}

#[test]
fn a_key_alone_is_a_complete_provider_of_every_kind() {
    for row in preset::all() {
        let mut variables = vec![(variable(row.name, "API_KEY"), "sk-upstream".to_owned())];
        if row.base_url.is_none() {
            let complaints = settings("", &variables).unwrap_err().to_string();
            assert!(complaints.contains("BASE_URL"), "{complaints}");
            variables.push((
                variable(row.name, "BASE_URL"),
                "https://h.example/v1".into(),
            ));
        }
        let config = settings("", &variables).unwrap();
        assert_eq!(config.providers[row.name].kind, Kind::Preset(row));
        let target = target(&config, &format!("{}/some/model", row.name));
        assert_eq!(&*target.model, "some/model");
        let Request::Send(request) = request(&target, Dialect::Chat) else {
            panic!("{} is not in this process", row.name);
        };
        let base = row.base_url.unwrap_or("https://h.example/v1");
        assert_eq!(
            request.uri().to_string(),
            format!("{base}/chat/completions")
        );
        assert_eq!(request.headers()["authorization"], "Bearer sk-upstream");
        let spoken = target
            .provider
            .speaks(Operation::Converse, Dialect::Messages, "m");
        assert_eq!(
            spoken,
            row.converses.then_some(if row.prefers_responses {
                Dialect::Responses
            } else {
                Dialect::Chat
            }),
            "{}",
            row.name
        );
    }
}

#[test]
fn a_kind_is_known_by_its_other_names_and_a_slip_is_mended() {
    for row in preset::all() {
        for name in row.aliases {
            let file = format!("[providers.{name}]\napi_key = \"k\"\nbase_url = \"https://h/v1\"");
            let config = settings(&file, &[]).unwrap();
            assert_eq!(config.providers[*name].kind, Kind::Preset(row), "{name}");
        }
    }
    let slip = settings("[providers.x]\nkind = \"openruter\"\napi_key = \"k\"", &[]);
    let told = slip.unwrap_err().to_string();
    assert!(told.contains("did you mean \"openrouter\"?"), "{told}");
    let unheard = settings("[providers.x]\nkind = \"zzz\"\napi_key = \"k\"", &[]);
    let told = unheard.unwrap_err().to_string();
    assert!(told.contains("manti provider kinds"), "{told}");
}

#[test]
fn who_needs_a_key_is_told_so_and_a_server_of_ones_own_is_not() {
    for row in preset::all().filter(|row| row.base_url.is_some()) {
        let bare = settings(&format!("[providers.{}]", row.name), &[]);
        let free = row.key == Key::Optional;
        assert_eq!(bare.is_ok(), free, "{}", row.name);
        let elsewhere = format!(
            "[providers.{}]\nbase_url = \"http://10.0.0.7/v1\"",
            row.name
        );
        assert!(settings(&elsewhere, &[]).is_ok(), "{}", row.name);
    }
}

#[test]
fn messages_are_spoken_where_the_row_says() {
    let file = |kind: &str| format!("[providers.{kind}]\napi_key = \"k\"\ndialect = \"messages\"");
    let config = settings(&file("deepseek"), &[]).unwrap();
    let target = target(&config, "deepseek/deepseek-chat");
    let Request::Send(request) = request(&target, Dialect::Messages) else {
        panic!("deepseek is not in this process");
    };
    assert_eq!(
        request.uri(),
        "https://api.deepseek.com/anthropic/v1/messages"
    );
    assert_eq!(request.headers()["x-api-key"], "k");
    let told = settings(&file("groq"), &[]).unwrap_err().to_string();
    assert!(
        told.contains("must be chat or responses for the kind groq"),
        "{told}"
    );
}

#[tokio::test]
async fn a_provider_in_no_row_is_added_by_configuration_alone_and_called() {
    let upstream = Upstream::always(upstream::json(200, r#"{"object":"chat.completion"}"#)).await;
    for (name, kind, asked) in [
        ("acme", "openai-compatible", true),
        ("my-groq", "groq", true),
        ("my-mistral", "mistral", false),
    ] {
        let variables = [
            (variable(name, "KIND"), kind.to_owned()),
            (variable(name, "BASE_URL"), upstream.url()),
            (variable(name, "API_KEY"), "sk-upstream".to_owned()),
            (variable(name, "MODELS"), "acme-large".to_owned()),
        ];
        let config = settings("", &variables).unwrap();
        let target = target(&config, "acme-large");
        let client = Client::new(&config.upstream);
        let sent = client.send(request(&target, Dialect::Chat), &target.timeouts);
        let answer = sent.await.unwrap().into_body().collect().await.unwrap();
        assert_eq!(answer.to_bytes(), r#"{"object":"chat.completion"}"#);
        let seen = upstream.seen().pop().unwrap();
        assert_eq!(seen.target, "/v1/chat/completions");
        assert_eq!(seen.header("authorization"), Some("Bearer sk-upstream"));
        assert_eq!(seen.json()["model"], "acme-large");
        let usage = seen.json()["stream_options"]["include_usage"] == true;
        assert_eq!(usage, asked, "{name}");
    }
}

#[tokio::test]
async fn what_a_provider_refuses_is_left_out_of_its_own_dialect_too() {
    let seen: Arc<Mutex<Vec<Value>>> = Arc::default();
    let log = Arc::clone(&seen);
    let upstream = socket::Upstream::start(move |asked| {
        log.lock().unwrap().push(asked.json());
        async move {
            let answer = spoken::plain(asked.wire(), "yes");
            asked.json_answer(200, &answer).await
        }
    })
    .await;
    let settings = format!(
        "[providers.mistral]\nbase_url = \"http://{}/v1\"\nmodels = [\"*\"]\n\
         [models.strict]\ntargets = [{{ provider = \"mistral\", model = \"m\" }}]\nstrict = true",
        upstream.address
    );
    let manti = Gateway::start(&settings).await;
    let client = manti.client().await;
    let mut body = json!({
        "model": "mistral/m", "messages": [{ "role": "user", "content": "hi" }],
        "max_completion_tokens": 7, "user": "ada", "logit_bias": { "9": 1 }, "temperature": 0.5,
        "store": false, "logprobs": false, "stream_options": null, "seed": 7,
    });
    let answer = client.chat(&body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-manti-dropped"), "logit_bias, user");
    let sent = seen.lock().unwrap().remove(0);
    let wanted = json!({
        "model": "m", "messages": [{ "role": "user", "content": "hi" }],
        "max_tokens": 7, "temperature": 0.5, "random_seed": 7,
    });
    assert_eq!(sent, wanted);
    body["model"] = "strict".into();
    let refused = client.chat(&body).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json().await["error"]["param"], "logit_bias");
    assert!(seen.lock().unwrap().is_empty(), "it was not sent");
    // Hints and what holds anyway are no loss.
    body["logit_bias"] = json!({});
    let answer = client.chat(&body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-manti-dropped"), "user");
}

#[tokio::test]
async fn names_of_messages_are_left_out_where_they_are_refused() {
    let upstream = socket::Upstream::start(|asked| async move {
        let answer = spoken::plain(asked.wire(), "yes");
        asked.json_answer(200, &answer).await
    })
    .await;
    let provider = |name: &str| {
        format!(
            "[providers.{name}]\nbase_url = \"http://{}/v1\"\nmodels = [\"*\"]\n",
            upstream.address
        )
    };
    let manti =
        Gateway::start(&(provider("groq") + &provider("xai") + &provider("together"))).await;
    let client = manti.client().await;
    let names = |body: &Value| -> Vec<Value> {
        let messages = body["messages"].as_array().unwrap().iter();
        messages.map(|message| message["name"].clone()).collect()
    };
    for (provider, dropped, sent) in [
        (
            "groq",
            "messages[0].name, messages[1].name",
            [Value::Null, Value::Null],
        ),
        ("xai", "messages[0].name", [Value::Null, json!("ann")]),
        ("together", "", [json!("op"), json!("ann")]),
    ] {
        let body = json!({ "model": format!("{provider}/m"), "messages": [
            { "role": "system", "name": "op", "content": "s" },
            { "role": "user", "name": "ann", "content": "hi" } ] });
        let answer = client.chat(&body).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-manti-dropped"), dropped, "{provider}");
        assert_eq!(names(&upstream.last().await.json()), sent, "{provider}");
    }
}

#[tokio::test]
async fn what_mistral_spells_otherwise_is_spelled_so_for_other_clients() {
    let upstream = socket::Upstream::start(|asked| async move {
        let answer = spoken::plain(asked.wire(), "yes");
        asked.json_answer(200, &answer).await
    })
    .await;
    let settings = format!(
        "[providers.mistral]\nbase_url = \"http://{}/v1\"\nmodels = [\"*\"]",
        upstream.address
    );
    let manti = Gateway::start(&settings).await;
    let parts = json!([
        { "inlineData": { "mimeType": "application/pdf", "data": "JVBERi0=", "displayName": "a.pdf" } },
        { "fileData": { "mimeType": "application/pdf", "fileUri": "https://h.example/b.pdf" } },
        { "inlineData": { "mimeType": "audio/mp3", "data": "//NkxA==" } },
    ]);
    let body = json!({ "contents": [{ "parts": parts }], "generationConfig": { "seed": 7 } });
    let path = "/v1beta/models/mistral/m:generateContent";
    let client = manti.client().await;
    let answer = client.post(path, &[], body.to_string()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-manti-dropped"), "");
    let sent = upstream.last().await.json();
    assert_eq!(sent["random_seed"], 7, "{sent}");
    let wanted = json!([
        { "type": "document_url", "document_url": "data:application/pdf;base64,JVBERi0=",
            "document_name": "a.pdf" },
        { "type": "document_url", "document_url": "https://h.example/b.pdf" },
        { "type": "input_audio", "input_audio": "//NkxA==" },
    ]);
    assert_eq!(sent["messages"][0]["content"], wanted);
}
