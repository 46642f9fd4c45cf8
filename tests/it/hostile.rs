//! Clients that mean harm: what they send is refused, or is only text.

use serde_json::{Value, json};

use crate::support::gateway::Gateway;
use crate::support::recorded::Wire;
use crate::support::scene::Scene;
use crate::support::spoken;

/// Posts a body to a client's route and gives status, code and parameter.
async fn refused(scene: &Scene, client: Wire, body: impl Into<bytes::Bytes>) -> (u16, Value) {
    let path = match client {
        Wire::Chat => "/v1/chat/completions",
        Wire::Messages => "/v1/messages",
        Wire::Responses => "/v1/responses",
        Wire::Gemini => "/v1beta/models/chat/tiny:generateContent",
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
    let scene = Scene::agreeable().await;
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
    let scene = Scene::agreeable().await;
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
    let scene = Scene::agreeable().await;
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
    let scene = Scene::agreeable().await;
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
            Wire::Chat | Wire::Responses => error["param"] == field,
            Wire::Messages | Wire::Gemini => error["message"].as_str().unwrap().contains(field),
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

#[tokio::test]
async fn names_and_tags_that_look_like_sql_or_headers_are_only_text() {
    let scene = Scene::agreeable().await;
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
            let answer = client.ask(wire, &request).await;
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
