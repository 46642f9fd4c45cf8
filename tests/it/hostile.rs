//! Clients and providers that mean harm: nothing breaks, grows, leaks or goes astray.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::gateway::Gateway;
use crate::support::process::{PASSWORD, Process};
use crate::support::recorded::Wire;
use crate::support::scene::{CHAT_KEY, MESSAGES_KEY, Scene, settings_for};
use crate::support::socket::Upstream;
use crate::support::spoken::{self, End, PAIRS};

/// A megabyte.
const MB: u64 = 1 << 20;

async fn agreeable() -> Scene {
    Scene::new(|asked| async move {
        let answer = spoken::plain(asked.wire(), "yes");
        asked.json_answer(200, &answer).await
    })
    .await
}

/// Posts a body to a client's route and gives status, code and parameter.
async fn refused(scene: &Scene, client: Wire, body: impl Into<bytes::Bytes>) -> (u16, Value) {
    let path = match client {
        Wire::Chat => "/v1/chat/completions",
        Wire::Messages => "/v1/messages",
    };
    let answer = scene.client.post(path, &[], body).await;
    let status = answer.status;
    let body = answer.json().await;
    let error = body["error"].clone();
    assert!(error["message"].is_string(), "{status} {body}");
    if client == Wire::Messages {
        assert_eq!(body["type"], "error");
    }
    (status, error)
}

#[tokio::test]
async fn json_of_a_million_levels_is_refused() {
    let scene = agreeable().await;
    let million = 1_000_000;
    let start = "{\"model\":\"chat/tiny\",\"messages\":";
    for body in [
        start.to_owned() + &"[".repeat(million),
        start.to_owned() + &"[".repeat(million) + &"]".repeat(million) + "}",
        start.to_owned() + &"{\"a\":".repeat(million) + "1" + &"}".repeat(million) + "}",
        "[".repeat(million),
        start.to_owned() + &"[".repeat(200) + &"]".repeat(200) + "}",
    ] {
        for client in [Wire::Chat, Wire::Messages] {
            let (status, error) = refused(&scene, client, body.clone()).await;
            assert_eq!(status, 400, "{error}");
        }
    }
    assert!(scene.upstream.seen().await.is_empty());
    // Deep, but not too deep.
    let mut request = spoken::request(Wire::Chat, "chat/tiny", false);
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    request["deep"] = deep;
    assert_eq!(scene.client.chat(&request).await.status, 200);
}

#[tokio::test]
async fn a_field_that_comes_twice_is_refused_however_it_is_spelled() {
    let scene = agreeable().await;
    let rest = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":5";
    for (first, second) in [
        ("\"model\":\"chat/tiny\"", "\"model\":\"chat/huge\""),
        ("\"model\":\"chat/tiny\"", "\"mod\\u0065l\":\"chat/huge\""),
        ("\"\\u006dodel\":\"chat/tiny\"", "\"model\":\"chat/huge\""),
        (
            "\"model\":\"chat/tiny\"",
            "\"\\u006D\\u006Fdel\":\"chat/huge\"",
        ),
        (
            "\"model\":\"chat/tiny\",\"stream\":false",
            "\"stream\":true",
        ),
        (
            "\"model\":\"chat/tiny\",\"stream\":false",
            "\"str\\u0065am\":true",
        ),
    ] {
        for body in [
            format!("{{{first},{second},{rest}}}"),
            format!("{{{first},{rest},{second}}}"),
        ] {
            for client in [Wire::Chat, Wire::Messages] {
                let (status, error) = refused(&scene, client, body.clone()).await;
                assert_eq!(status, 400, "{body}: {error}");
            }
        }
    }
    assert!(scene.upstream.seen().await.is_empty(), "none was sent");
    // Spelled oddly but once, it is the model.
    let body = format!("{{\"mod\\u0065l\":\"chat/tin\\u0079\",{rest}}}");
    let answer = scene.client.post("/v1/chat/completions", &[], body).await;
    assert_eq!(answer.status, 200);
    let sent = scene.upstream.last().await.json();
    assert_eq!(sent["model"], "tiny");
    // A field of the same name further inside is not the model.
    let body = format!("{{\"model\":\"chat/tiny\",{rest},\"metadata\":{{\"model\":\"x\"}}}}");
    let answer = scene.client.post("/v1/chat/completions", &[], body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(scene.upstream.last().await.json()["metadata"]["model"], "x");
}

#[tokio::test]
async fn bodies_that_are_not_requests_are_refused() {
    let scene = agreeable().await;
    let text = |body: &str| body.as_bytes().to_vec();
    let mut bodies = vec![
        text(""),
        text(" "),
        text("null"),
        text("1"),
        text("\"model\""),
        text("[]"),
        text("[{\"model\":\"chat/tiny\"}]"),
        text("{}"),
        text("{\"model\":\"chat/tiny\",}"),
        text("{\"model\":\"chat/tiny\"} {}"),
        text("{\"model\":\"chat/tiny\"}x"),
        text("{'model':'chat/tiny'}"),
        text("{\"model\":\"chat/tiny\",\"messages\":[{\"role\":\"user\"}"),
        text("{\"model\":\"chat/tiny\",\"messages\":NaN}"),
        text("{\"model\":5,\"messages\":[]}"),
        text("{\"model\":null,\"messages\":[]}"),
        text("{\"model\":\"\",\"messages\":[]}"),
        text("{\"model\":\"chat/tiny\",\"stream\":\"yes\",\"messages\":[]}"),
        text("{\"model\":\"chat/tiny\",\"stream\":1,\"messages\":[]}"),
        text("{\"model\":\"chat/tiny\\u0000\",\"messages\":[],\"stream\":7}"),
        text("{\"model\":\"chat/\\ud800\",\"messages\":[]}"),
        // Bytes that are not UTF-8, in a text, in a name and outside.
        b"{\"model\":\"chat/t\xff\",\"messages\":[]}".to_vec(),
        b"{\"model\":\"chat/tiny\",\"x\xc3\":1,\"messages\":[]}".to_vec(),
        b"{\"model\":\"chat/tiny\",\"messages\":[\"\xed\xa0\x80\"]}".to_vec(),
        b"{\"model\":\"chat/tiny\",\"messages\":[\"\xc0\xaf\"]}".to_vec(),
        b"\xff\xfe{\0}\0".to_vec(),
        // A bare NUL or line end inside a text.
        b"{\"model\":\"chat/tiny\",\"messages\":[\"a\0b\"]}".to_vec(),
        b"{\"model\":\"chat/tiny\",\"messages\":[\"a\nb\"]}".to_vec(),
        b"{\"model\":\"chat/tiny\"\0,\"messages\":[]}".to_vec(),
    ];
    bodies.push(
        [
            b"{\"model\":\"chat/tiny\",\"messages\":[\"".as_slice(),
            &vec![b'a'; 1 << 20],
        ]
        .concat(),
    );
    for body in bodies {
        for client in [Wire::Chat, Wire::Messages] {
            let at = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            let (status, error) = refused(&scene, client, body.clone()).await;
            assert_eq!(status, 400, "{at}: {error}");
        }
    }
    assert!(scene.upstream.seen().await.is_empty(), "none was sent");
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let scene = agreeable().await;
    for (client, field, value) in [
        (Wire::Chat, "model", json!(5)),
        (Wire::Chat, "stream", json!("yes")),
        (Wire::Chat, "n", json!(0)),
        (Wire::Chat, "n", json!(-1)),
        (Wire::Chat, "n", json!(1_000_000)),
        (Wire::Chat, "n", json!(1.5)),
        (Wire::Chat, "max_tokens", json!(-5)),
        (Wire::Chat, "max_completion_tokens", json!("all")),
        (Wire::Messages, "max_tokens", json!(-5)),
        (Wire::Messages, "model", json!({})),
    ] {
        let mut request = spoken::request(client, "chat/tiny", false);
        request[field] = value.clone();
        let (status, error) = refused(&scene, client, request.to_string()).await;
        assert_eq!(status, 400, "{field} {value}: {error}");
        let named = match client {
            Wire::Chat => error["param"] == field,
            Wire::Messages => error["message"].as_str().unwrap().contains(field),
        };
        assert!(named, "{field} {value}: {error}");
    }
    assert!(scene.upstream.seen().await.is_empty(), "none was sent");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let scene = Scene::with(
        "[server]\nrequest_body_limit = \"1MiB\"",
        |asked| async move {
            asked
                .json_answer(200, &spoken::plain(Wire::Chat, "yes"))
                .await
        },
    )
    .await;
    let mut request = spoken::request(Wire::Chat, "chat/tiny", false);
    request["messages"][0]["content"] = "a".repeat(2 << 20).into();
    for client in [Wire::Chat, Wire::Messages] {
        let (status, error) = refused(&scene, client, request.to_string()).await;
        assert_eq!(status, 413, "{error}");
    }
    request["messages"][0]["content"] = "a".repeat(900 << 10).into();
    assert_eq!(scene.client.chat(&request).await.status, 200);
}

/// What a provider may be told in headers.
const ALLOWED: [&str; 12] = [
    "host",
    "authorization",
    "x-api-key",
    "content-type",
    "content-length",
    "accept",
    "accept-encoding",
    "user-agent",
    "anthropic-version",
    "anthropic-beta",
    "openai-beta",
    "idempotency-key",
];

#[tokio::test]
async fn no_header_or_field_changes_where_a_call_goes_or_what_it_is_signed_with() {
    let scene = agreeable().await;
    let evil = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-for", "10.0.0.1"),
        ("forwarded", "host=evil.example"),
        ("x-original-url", "/admin"),
        ("x-rewrite-url", "/admin"),
        ("x-http-method-override", "DELETE"),
        ("x-goog-user-project", "evil"),
        ("x-base-url", "http://evil.example"),
        ("x-upstream-url", "http://evil.example"),
        ("openai-organization", "org-evil"),
        ("openai-project", "proj-evil"),
        ("proxy-authorization", "Basic ZXZpbA=="),
        ("api-key", "evil"),
        ("cookie", "session=evil"),
        ("te", "trailers"),
        ("x-manti-provider", "messages"),
        ("x-stainless-lang", "python"),
        ("referer", "http://inside.example/secret"),
        ("anthropic-beta", "tools-2024-05-16"),
    ];
    for (client, provider) in PAIRS {
        let model = if provider == Wire::Chat {
            "chat/tiny"
        } else {
            "messages/tiny"
        };
        let mut request = spoken::request(client, model, false);
        for field in [
            "base_url",
            "api_base",
            "api_key",
            "url",
            "provider",
            "headers",
            "extra_headers",
        ] {
            request[field] = json!("http://evil.example");
        }
        let path = match client {
            Wire::Chat => "/v1/chat/completions?base_url=http://evil.example&key=evil",
            Wire::Messages => "/v1/messages?beta=true&base_url=http://evil.example",
        };
        let answer = scene.client.post(path, &evil, request.to_string()).await;
        let status = answer.status;
        let text = answer.text().await;
        assert_eq!(status, 200, "{text}");
        let seen = scene.upstream.last().await;
        for (name, value) in &seen.headers {
            assert!(ALLOWED.contains(&name.as_str()), "{name}: {value}");
            assert!(
                name == "anthropic-beta" || !value.contains("evil"),
                "{name}: {value}"
            );
        }
        assert_eq!(
            seen.header("host"),
            Some(scene.upstream.address.to_string().as_str())
        );
        assert!(!seen.path.contains("evil"), "{}", seen.path);
        let (own, none) = match provider {
            Wire::Chat => ("authorization", "x-api-key"),
            Wire::Messages => ("x-api-key", "authorization"),
        };
        let key = match provider {
            Wire::Chat => format!("Bearer {CHAT_KEY}"),
            Wire::Messages => MESSAGES_KEY.to_owned(),
        };
        assert_eq!(seen.header(own), Some(key.as_str()));
        assert_eq!(seen.header(none), None);
        let beta = (client == provider && client == Wire::Messages).then_some("tools-2024-05-16");
        if provider == Wire::Messages {
            assert!(seen.header("anthropic-version").is_some());
            assert!(beta.is_none() || seen.header("anthropic-beta") == beta);
        }
    }
}

#[tokio::test]
async fn what_a_provider_puts_in_headers_stays_with_the_gateway() {
    for (client, provider) in PAIRS {
        for stream in [false, true] {
            let scene = Scene::new(move |asked| async move {
                let body = if stream {
                    spoken::stream(provider, &["yes"]).all().concat()
                } else {
                    spoken::plain(provider, "yes").to_string()
                };
                let kind = if stream {
                    "text/event-stream"
                } else {
                    "application/json"
                };
                let headers = [
                    ("content-type", kind),
                    ("set-cookie", "session=theirs; Path=/"),
                    ("keep-alive", "timeout=99"),
                    ("server", "theirs/1.0"),
                    ("x-secret", "theirs"),
                    ("access-control-allow-origin", "*"),
                    ("openai-organization", "org-theirs"),
                    ("x-manti-provider", "theirs"),
                    ("x-request-id", "theirs"),
                    ("location", "http://theirs.example"),
                    ("strict-transport-security", "max-age=1"),
                    ("alt-svc", "h3=\":443\""),
                ];
                asked.answer(200, &headers, body).await
            })
            .await;
            let answer = scene.ask(client, provider, stream).await;
            assert_eq!(answer.status, 200);
            let headers = format!("{:?}", answer.headers);
            assert!(!headers.contains("theirs"), "{headers}");
            for name in [
                "set-cookie",
                "access-control-allow-origin",
                "alt-svc",
                "location",
            ] {
                assert_eq!(answer.header(name), "", "{headers}");
            }
            answer.text().await;
        }
    }
}

#[tokio::test]
async fn names_and_tags_that_look_like_sql_or_headers_are_only_text() {
    let scene = agreeable().await;
    let long = "x".repeat(4000);
    for name in [
        "'; DROP TABLE usage_records; --",
        "\" OR \"\"=\"",
        "1) UNION SELECT secret FROM api_keys --",
        "%' AND 1=1 --",
        "\\'; SELECT pg_sleep(10); --",
        "a\r\nset-cookie: evil=1",
        "a\nb\tc\u{7f}",
        "../../etc/passwd",
        "{{7*7}} ${jndi:ldap://evil} <script>",
        "\u{202e}\u{0}x",
        &long,
    ] {
        let mut request = spoken::request(Wire::Chat, &format!("chat/{name}"), false);
        request["user"] = name.into();
        request["metadata"] = json!({"team": name});
        let answer = scene.client.chat(&request).await;
        let headers = format!("{:?}", answer.headers);
        assert!(answer.headers.get("set-cookie").is_none(), "{headers}");
        let (id, status) = (answer.id(), answer.status);
        let text = answer.text().await;
        if (name.contains(char::is_control) || name.len() > 1000) && status == 400 {
            continue;
        }
        assert_eq!(status, 200, "{name:?}: {text}");
        assert_eq!(scene.upstream.last().await.json()["model"], name);
        let record = scene.record(&id).await;
        assert_eq!(record["status"], "ok");
        let kept = record["requested_model"].as_str().unwrap();
        assert!(
            format!("chat/{name}").starts_with(kept.trim_end_matches('…')),
            "{kept:?}"
        );
    }
    let tags = [(
        "x-manti-tags",
        "a=' OR 1=1 --,b=\"); DROP TABLE users; --, =, ==, c",
    )];
    let request = spoken::request(Wire::Chat, "chat/tiny", false).to_string();
    let answer = scene
        .client
        .post("/v1/chat/completions", &tags, request)
        .await;
    assert!(
        answer.status == 200 || answer.status == 400,
        "{}",
        answer.status
    );
    // Everything still stands.
    assert_eq!(scene.ask(Wire::Chat, Wire::Chat, false).await.status, 200);
}

#[tokio::test]
async fn odd_names_of_models_that_nobody_has_are_not_found() {
    let manti = Gateway::start(
        "[providers.chat]\nkind = \"openai-compatible\"\nmodels = [\"tiny\"]\n\
         base_url = \"http://127.0.0.1:9/v1\"",
    )
    .await;
    let client = manti.client().await;
    let long = "x".repeat(4000);
    for name in [
        "' OR 1=1 --",
        "chat/",
        "/tiny",
        "nobody/tiny",
        "TINY",
        "tiny ",
        "ti*",
        "*",
        "a\r\nx: y",
        "\u{0}",
        &long,
    ] {
        for wire in [Wire::Chat, Wire::Messages] {
            let request = spoken::request(wire, name, false);
            let answer = match wire {
                Wire::Chat => client.chat(&request).await,
                Wire::Messages => client.messages(&request).await,
            };
            let status = answer.status;
            let body = answer.json().await;
            let clean = !name.contains(char::is_control) && name.len() < 1000;
            let fits = status == 404 || (status == 400 && !clean);
            assert!(fits, "{name:?}: {status} {body}");
            if status == 404 && wire == Wire::Chat {
                assert_eq!(body["error"]["code"], "model_not_found");
            }
            assert!(
                body.to_string().len() < 2000,
                "the name is not told at length"
            );
        }
    }
}

#[tokio::test]
async fn urls_in_bodies_are_passed_on_and_never_fetched() {
    let trap = Upstream::start(|asked| async move { asked.answer(200, &[], "caught").await }).await;
    let scene = agreeable().await;
    let url = format!("http://{}/image.png", trap.address);
    for (client, provider) in PAIRS {
        let model = if provider == Wire::Chat {
            "chat/tiny"
        } else {
            "messages/tiny"
        };
        let mut request = spoken::request(client, model, false);
        let part = match client {
            Wire::Chat => json!({"type": "image_url", "image_url": {"url": url}}),
            Wire::Messages => json!({"type": "image", "source": {"type": "url", "url": url}}),
        };
        request["messages"][0]["content"] = json!([{"type": "text", "text": "Look."}, part]);
        let answer = match client {
            Wire::Chat => scene.client.chat(&request).await,
            Wire::Messages => scene.client.messages(&request).await,
        };
        assert_eq!(answer.status, 200, "{client:?} at {provider:?}");
        let sent = String::from_utf8(scene.upstream.last().await.body.to_vec()).unwrap();
        assert!(sent.contains(&url), "{sent}");
    }
    assert!(trap.seen().await.is_empty(), "the image was fetched");
}

fn gzip(bytes: u64) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..bytes / MB {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_without_end_does_not_fill_the_memory() {
    let bomb = bytes::Bytes::from(gzip(1024 * MB));
    let upstream = Upstream::start(move |mut asked| {
        let bomb = bomb.clone();
        async move {
            let model = asked.model();
            let piece = vec![b' '; 1 << 16];
            match model.as_str() {
                "bomb" | "bomb-stream" => {
                    let kind = match model.as_str() {
                        "bomb" => "application/json",
                        _ => "text/event-stream",
                    };
                    let headers = [("content-type", kind), ("content-encoding", "gzip")];
                    return asked.answer(200, &headers, bomb).await;
                }
                "body" => {
                    asked
                        .raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
                        .await?;
                    loop {
                        asked.raw(&piece).await?;
                    }
                }
                "error" => {
                    asked
                        .raw("HTTP/1.1 400 .\r\ncontent-type: application/json\r\n\r\n")
                        .await?;
                    loop {
                        asked.raw(&piece).await?;
                    }
                }
                "event" => {
                    asked.begin().await?;
                    asked.piece("data: ").await?;
                    loop {
                        asked.piece(&piece).await?;
                    }
                }
                "headers" => {
                    asked.raw("HTTP/1.1 200 OK\r\n").await?;
                    loop {
                        asked.raw("x-more: and more and more and more\r\n").await?;
                    }
                }
                "header" => {
                    asked.raw("HTTP/1.1 200 OK\r\nx-more: ").await?;
                    loop {
                        asked.raw([b'a'; 4096]).await?;
                    }
                }
                _ => {
                    asked
                        .json_answer(200, &spoken::plain(Wire::Chat, "yes"))
                        .await
                }
            }
        }
    })
    .await;
    let process = tokio::task::spawn_blocking({
        let settings = settings_for(&upstream, "");
        move || Process::start(&settings)
    })
    .await
    .unwrap();
    let ask = |model: &'static str, stream: bool| {
        let client = process.client.clone();
        async move {
            let request = spoken::request(Wire::Chat, &format!("chat/{model}"), stream);
            let answer = client.chat(&request).await;
            let status = answer.status;
            (status, answer.text().await)
        }
    };
    assert_eq!(ask("fine", false).await.0, 200);
    let before = process.most_memory();
    for (model, stream, status) in [
        ("bomb", false, 502),
        ("body", false, 502),
        ("error", false, 400),
        ("headers", false, 502),
        ("header", false, 502),
        ("headers", true, 502),
        ("event", true, 200),
        ("bomb-stream", true, 200),
    ] {
        let (got, text) = ask(model, stream).await;
        let shown: String = text.chars().take(500).collect();
        assert_eq!(got, status, "{model}: {shown}");
        if status == 200 {
            assert!(
                matches!(spoken::end(Wire::Chat, &text), End::Error(..)),
                "{model}: {shown}"
            );
        }
        let grown = process.most_memory().saturating_sub(before) / MB;
        assert!(grown < 100, "{model} took {grown} MB");
    }
    assert_eq!(ask("fine", false).await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::too_many_lines,
    reason = "one scene, every level and every outcome"
)]
async fn no_secret_stands_in_the_log_at_any_level() {
    const PROMPT: &str = "a-prompt-that-nobody-may-read";
    let upstream = Upstream::start(|asked| async move {
        let model = asked.model();
        match model.as_str() {
            "reset" => asked.reset(),
            "html" => {
                asked
                    .answer(200, &[("content-type", "text/html")], PROMPT)
                    .await
            }
            "401" => {
                let body = json!({"error": {"message": format!("{CHAT_KEY} is wrong")}});
                asked.json_answer(401, &body).await
            }
            "400" => {
                let body = json!({"error": {"message": format!("cannot do {PROMPT}")}});
                asked.json_answer(400, &body).await
            }
            "cut" => {
                let spoken = spoken::stream(Wire::Chat, &[PROMPT]);
                asked.stream(spoken.open()).await
            }
            _ => {
                asked
                    .json_answer(200, &spoken::plain(Wire::Chat, PROMPT))
                    .await
            }
        }
    })
    .await;
    for format in ["text", "json"] {
        let settings = settings_for(
            &upstream,
            &format!("[log]\nlevel = \"trace\"\nformat = \"{format}\""),
        );
        let process = tokio::task::spawn_blocking(move || Process::start(&settings))
            .await
            .unwrap();
        for model in ["fine", "reset", "html", "401", "400", "cut"] {
            for stream in [false, true] {
                for client in [Wire::Chat, Wire::Messages] {
                    let mut request = spoken::request(client, &format!("chat/{model}"), stream);
                    request["messages"][0]["content"] = PROMPT.into();
                    let answer = match client {
                        Wire::Chat => process.client.chat(&request).await,
                        Wire::Messages => process.client.messages(&request).await,
                    };
                    answer.text().await;
                }
            }
        }
        let wrong = process.key.replace("sk-manti-", "sk-manti-0");
        let stranger = process.client.with_key(&wrong);
        for path in [
            "/v1/models",
            &format!("/v1/models?key={wrong}"),
            "/api/v1/me",
        ] {
            stranger.get(path).await.text().await;
        }
        let login = json!({"email": "ada@example.com", "password": PASSWORD}).to_string();
        let answer = process
            .client
            .with_key("")
            .post("/api/v1/auth/login", &[], login)
            .await;
        assert!(answer.status < 500, "{}", answer.status);
        let tokens = answer.text().await;
        let tokens: Value = serde_json::from_str(&tokens).unwrap_or_default();
        let log = process.log();
        assert!(
            log.contains("chat/fine") || log.contains("req_"),
            "nothing was logged: {log}"
        );
        let mut secrets = vec![&process.key, &wrong]
            .into_iter()
            .map(|key| key["sk-manti-".len()..].to_owned())
            .collect::<Vec<_>>();
        secrets.extend([CHAT_KEY, MESSAGES_KEY, PROMPT, PASSWORD].map(str::to_owned));
        for token in ["access_token", "refresh_token"] {
            secrets.extend(tokens[token].as_str().map(str::to_owned));
        }
        for secret in secrets {
            if let Some(at) = log.find(&secret) {
                let from = log[..at].rfind('\n').map_or(0, |line| line + 1);
                let to = log[at..].find('\n').map_or(log.len(), |end| at + end);
                panic!("{secret} stands in the log: {}", &log[from..to]);
            }
        }
        // Nor in the database or the journal.
        let mut folders = vec![process.place.path().join("data")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                for secret in [&process.key, CHAT_KEY, PROMPT, PASSWORD] {
                    let found = memchr::memmem::find(&bytes, secret.as_bytes());
                    assert!(found.is_none(), "{secret} is in {}", entry.path().display());
                }
            }
        }
    }
}
