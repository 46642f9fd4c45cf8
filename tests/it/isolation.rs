//! What one side sends stays away from the other: headers, credentials, cookies, addresses.

use serde_json::json;

use crate::support::recorded::Wire;
use crate::support::scene::{Scene, credential};
use crate::support::socket::Upstream;
use crate::support::spoken::{self, PAIRS};

/// What a provider may be told in headers.
const ALLOWED: [&str; 13] = [
    "host",
    "authorization",
    "x-api-key",
    "x-goog-api-key",
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
    let scene = Scene::agreeable().await;
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
        let model = format!("{}/tiny", provider.name());
        let mut request = spoken::request(client, &model, false);
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
        let contents = format!("/v1beta/models/{model}:generateContent?base_url=evil&key=evil");
        let path = match client {
            Wire::Chat => "/v1/chat/completions?base_url=http://evil.example&key=evil",
            Wire::Messages => "/v1/messages?beta=true&base_url=http://evil.example",
            Wire::Responses => "/v1/responses?base_url=http://evil.example&key=evil",
            Wire::Gemini => &contents,
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
        let (own, key) = credential(provider);
        assert_eq!(seen.header(own), Some(key.as_str()));
        for other in ["authorization", "x-api-key", "x-goog-api-key"] {
            assert!(other == own || seen.header(other).is_none(), "{other}");
        }
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
async fn urls_in_bodies_are_passed_on_and_never_fetched() {
    let trap = Upstream::start(|asked| async move { asked.answer(200, &[], "caught").await }).await;
    let scene = Scene::agreeable().await;
    let url = format!("http://{}/image.png", trap.address);
    for (client, provider) in PAIRS {
        let model = format!("{}/tiny", provider.name());
        let mut request = spoken::request(client, &model, false);
        let part = match client {
            Wire::Chat => json!({"type": "image_url", "image_url": {"url": url}}),
            Wire::Messages => json!({"type": "image", "source": {"type": "url", "url": url}}),
            Wire::Responses => json!({"type": "input_image", "image_url": url}),
            Wire::Gemini => json!({"fileData": {"mimeType": "image/png", "fileUri": url}}),
        };
        let (content, words) = match client {
            Wire::Gemini => ("parts", json!({"text": "Look."})),
            Wire::Responses => ("content", json!({"type": "input_text", "text": "Look."})),
            _ => ("content", json!({"type": "text", "text": "Look."})),
        };
        request[client.turns()][0][content] = json!([words, part]);
        let answer = scene.client.ask(client, &request).await;
        assert_eq!(answer.status, 200, "{client:?} at {provider:?}");
        let sent = String::from_utf8(scene.upstream.last().await.body.to_vec()).unwrap();
        assert!(sent.contains(&url), "{sent}");
    }
    assert!(trap.seen().await.is_empty(), "the image was fetched");
}
