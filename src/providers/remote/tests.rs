use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;

use super::*;
use crate::config::{OnDisconnect, Secret, Upstream, UpstreamOverrides};
use crate::providers::Target;

fn settings(kind: Kind, base_url: Option<&str>) -> config::Provider {
    config::Provider {
        kind,
        base_url: base_url.map(str::to_owned),
        api_keys: vec![Secret::new("sk-test-1"), Secret::new("sk-test-2")],
        models: vec!["*".to_owned()],
        dialect: None,
        price: None,
        upstream: UpstreamOverrides::default(),
    }
}

fn remote(kind: Kind, base_url: Option<&str>) -> Arc<Remote> {
    Arc::new(Remote::new("acme", &settings(kind, base_url)).unwrap())
}

/// The request that a provider makes of a call with these headers and this query.
fn request(
    remote: &Arc<Remote>,
    operation: Operation,
    query: Option<&str>,
    headers: &HeaderMap,
) -> http::Request<SegmentsBody> {
    let time = Duration::from_secs(1);
    let target = Target {
        provider: Arc::clone(remote) as Arc<dyn Provider>,
        provider_name: "acme".into(),
        model: "m".into(),
        timeouts: Upstream {
            connect_timeout: time,
            first_token_timeout: time,
            idle_timeout: time,
            total_timeout: time,
            on_disconnect: OnDisconnect::Cancel,
            drain_limit: time,
        },
    };
    let call = Outbound {
        target: &target,
        operation,
        dialect: Dialect::Chat,
        body: smallvec::smallvec![Bytes::from_static(b"{}")],
        client_headers: headers,
        query,
        stream: true,
        caller: "key_1",
    };
    match remote.request(call).unwrap() {
        Request::Send(request) => request,
        Request::Answered(_) => panic!("not answered here"),
    }
}

/// Everything a client might send to steer where its call goes or how it is signed.
fn hostile() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in [
        "authorization",
        "x-api-key",
        "host",
        "cookie",
        "x-forwarded-host",
        "openai-organization",
        "openai-project",
        "proxy-authorization",
        "connection",
        "transfer-encoding",
        "x-stainless-lang",
    ] {
        headers.insert(name, HeaderValue::from_static("client"));
    }
    headers
}

#[test]
fn openai_is_addressed_and_signed_its_way() {
    let openai = remote(Kind::OpenAi, None);
    let first = request(&openai, Operation::Converse, Some("x=1"), &hostile());
    assert_eq!(first.method(), http::Method::POST);
    assert_eq!(first.uri(), "https://api.openai.com/v1/chat/completions");
    assert_eq!(first.headers()["authorization"], "Bearer sk-test-1");
    assert!(first.headers()["authorization"].is_sensitive());
    assert_eq!(first.headers().len(), 5);
    assert!(first.headers().values().all(|value| value != "client"));
    let second = request(&openai, Operation::Converse, None, &hostile());
    assert_eq!(second.headers()["authorization"], "Bearer sk-test-2");
    assert_eq!(
        openai.speaks(Operation::Converse, Dialect::Messages),
        Some(Dialect::Chat)
    );
    assert_eq!(
        openai.speaks(Operation::CountTokens, Dialect::Messages),
        None
    );
    assert_eq!(
        openai.probe().unwrap().uri(),
        "https://api.openai.com/v1/models"
    );
}

#[test]
fn anthropic_is_addressed_and_signed_its_way() {
    let anthropic = remote(Kind::Anthropic, Some("https://api.anthropic.com/v1/"));
    let mut headers = hostile();
    headers.insert("anthropic-beta", HeaderValue::from_static("b"));
    let first = request(
        &anthropic,
        Operation::Converse,
        Some("key=1&beta=true"),
        &headers,
    );
    assert_eq!(
        first.uri(),
        "https://api.anthropic.com/v1/messages?beta=true"
    );
    assert_eq!(first.headers()["x-api-key"], "sk-test-1");
    assert_eq!(first.headers()["anthropic-version"], "2023-06-01");
    assert_eq!(first.headers()["anthropic-beta"], "b");
    assert!(first.headers().values().all(|value| value != "client"));
    let counted = request(&anthropic, Operation::CountTokens, Some("beta=1"), &headers);
    assert_eq!(
        counted.uri(),
        "https://api.anthropic.com/v1/messages/count_tokens"
    );
    assert_eq!(
        anthropic.speaks(Operation::Converse, Dialect::Chat),
        Some(Dialect::Messages)
    );
    let counts = anthropic.speaks(Operation::CountTokens, Dialect::Messages);
    assert_eq!(counts, Some(Dialect::Messages));
    assert_eq!(
        anthropic.probe().unwrap().uri(),
        "https://api.anthropic.com/v1/models"
    );
}

#[test]
fn a_compatible_one_needs_an_address_and_no_key() {
    let mut bare = settings(Kind::OpenAiCompatible, None);
    assert!(Remote::new("acme", &bare).is_err());
    bare.base_url = Some("http://127.0.0.1:8000/v1".to_owned());
    bare.api_keys.clear();
    let chat = Arc::new(Remote::new("acme", &bare).unwrap());
    let call = request(&chat, Operation::Converse, None, &hostile());
    assert_eq!(call.uri(), "http://127.0.0.1:8000/v1/chat/completions");
    assert!(!call.headers().contains_key("authorization"));
    assert!(chat.wants_usage_asked());
    bare.dialect = Some(Speaks::Messages);
    let messages = Arc::new(Remote::new("acme", &bare).unwrap());
    let call = request(&messages, Operation::Converse, None, &hostile());
    assert_eq!(call.uri(), "http://127.0.0.1:8000/v1/messages");
    assert_eq!(
        messages.speaks(Operation::Converse, Dialect::Chat),
        Some(Dialect::Messages)
    );
    assert_eq!(
        messages.speaks(Operation::CountTokens, Dialect::Messages),
        None
    );
}

#[test]
fn who_tells_usage_unasked_is_not_asked() {
    let mistral = remote(Kind::OpenAiCompatible, Some("https://api.mistral.ai/v1"));
    assert!(!mistral.wants_usage_asked());
}

#[test]
fn what_cannot_work_is_said_at_the_start() {
    let mut openai = settings(Kind::OpenAi, Some("http://169.254.169.254/v1"));
    assert!(Remote::new("acme", &openai).is_err());
    openai.base_url = None;
    openai.dialect = Some(Speaks::Messages);
    assert!(Remote::new("acme", &openai).is_err());
    openai.dialect = None;
    openai.api_keys = vec![Secret::new("line\nbreak")];
    let error = Remote::new("acme", &openai).unwrap_err();
    assert!(!error.contains("line"));
}
