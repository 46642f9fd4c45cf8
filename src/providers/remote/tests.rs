use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;

use super::*;
use crate::config::{OnDisconnect, Secret, Share, Upstream, UpstreamOverrides};
use crate::dialects::Service;
use crate::providers::Target;

fn settings(kind: Kind, base_url: Option<&str>) -> config::Provider {
    config::Provider {
        kind,
        base_url: base_url.map(str::to_owned),
        api_keys: vec![Secret::new("sk-test-1"), Secret::new("sk-test-2")],
        models: vec!["*".to_owned()],
        dialect: None,
        price: None,
        cloud: config::Cloud::default(),
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
    request_in(Dialect::Chat, remote, operation, query, headers)
}

fn request_in(
    dialect: Dialect,
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
            max_attempts: 3,
            retry_budget: Share::new(0.2),
            breaker: true,
            on_disconnect: OnDisconnect::Cancel,
            drain_limit: time,
        },
    };
    let call = Outbound {
        target: &target,
        operation,
        dialect,
        body: smallvec::smallvec![Bytes::from_static(b"{}")],
        upload: None,
        client_headers: headers,
        query,
        stream: true,
        credential: 0,
        caller: "key_1",
    };
    sent(remote.request(call))
}

fn sent(made: Made) -> http::Request<SegmentsBody> {
    match made {
        Made::Ready(Ok(Request::Send(request))) => request,
        _ => panic!("not sent at once"),
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
    assert_eq!(openai.credentials(), 2);
    let second = sent(openai.probe(1).unwrap());
    assert_eq!(second.headers()["authorization"], "Bearer sk-test-2");
    assert_eq!(
        openai.speaks(Operation::Converse, Dialect::Messages, "m"),
        Some(Dialect::Responses)
    );
    for spoken in [Dialect::Chat, Dialect::Responses] {
        assert_eq!(
            openai.speaks(Operation::Converse, spoken, "m"),
            Some(spoken)
        );
    }
    let mut chat = settings(Kind::OpenAi, None);
    chat.dialect = Some(Speaks::Chat);
    let chat = Remote::new("acme", &chat).unwrap();
    assert_eq!(
        chat.speaks(Operation::Converse, Dialect::Messages, "m"),
        Some(Dialect::Chat)
    );
    assert_eq!(
        openai.speaks(Operation::CountTokens, Dialect::Messages, "m"),
        None
    );
    assert_eq!(
        sent(openai.probe(0).unwrap()).uri(),
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
        anthropic.speaks(Operation::Converse, Dialect::Chat, "m"),
        Some(Dialect::Messages)
    );
    let counts = anthropic.speaks(Operation::CountTokens, Dialect::Messages, "m");
    assert_eq!(counts, Some(Dialect::Messages));
    assert_eq!(
        sent(anthropic.probe(0).unwrap()).uri(),
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
        messages.speaks(Operation::Converse, Dialect::Chat, "m"),
        Some(Dialect::Messages)
    );
    assert_eq!(
        messages.speaks(Operation::CountTokens, Dialect::Messages, "m"),
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

#[test]
fn azure_is_addressed_by_deployment_or_without_a_version() {
    let mut azure = settings(Kind::AzureOpenAi, Some("https://acme.openai.azure.com/"));
    azure.cloud.api_version = Some("2024-10-21".to_owned());
    let versioned = Arc::new(Remote::new("acme", &azure).unwrap());
    let call = request(&versioned, Operation::Converse, None, &hostile());
    assert_eq!(
        call.uri(),
        "https://acme.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21"
    );
    assert_eq!(call.headers()["api-key"], "sk-test-1");
    assert!(!call.headers().contains_key("authorization"));
    for base in [
        "https://acme.openai.azure.com",
        "https://acme.openai.azure.com/openai",
        "https://acme.openai.azure.com/openai/v1/",
    ] {
        let plain = settings(Kind::AzureOpenAi, Some(base));
        let plain = Arc::new(Remote::new("acme", &plain).unwrap());
        let call = request(&plain, Operation::Converse, None, &hostile());
        assert_eq!(
            call.uri(),
            "https://acme.openai.azure.com/openai/v1/chat/completions"
        );
    }
    let speech = Dialect::Service(Service::Speech);
    let call = request_in(speech, &versioned, Operation::Speak, None, &hostile());
    assert_eq!(
        call.uri(),
        "https://acme.openai.azure.com/openai/deployments/m/audio/speech?api-version=2024-10-21"
    );
    assert_eq!(versioned.speaks(Operation::Moderate, speech, "m"), None);
}

#[tokio::test]
async fn azure_takes_the_token_of_an_application() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in [
            r#"{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ.entra"}"#,
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: s3cret"}"#,
        ] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !String::from_utf8_lossy(&request).contains("default") {
                let mut piece = [0; 4096];
                let read = socket.read(&mut piece).await.unwrap();
                request.extend_from_slice(&piece[..read]);
            }
            asked.push(String::from_utf8(request).unwrap());
            let status = if answer.contains("error") { 401 } else { 200 };
            let length = answer.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}"
            );
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    let mut azure = settings(Kind::AzureOpenAi, Some("https://acme.openai.azure.com"));
    azure.api_keys.clear();
    azure.cloud = config::Cloud {
        tenant_id: Some("tenant".to_owned()),
        client_id: Some("app".to_owned()),
        client_secret: Some(Secret::new("s3cret")),
        authority: Some(format!("http://{address}")),
        ..config::Cloud::default()
    };
    let application = Remote::new("acme", &azure).unwrap();
    let probe = || application.probe(0).unwrap().request();
    let Ok(Request::Send(first)) = probe().await else {
        panic!("not sent")
    };
    assert_eq!(first.headers()["authorization"], "Bearer eyJ.entra");
    assert!(first.headers()["authorization"].is_sensitive());
    let Ok(Request::Send(second)) = probe().await else {
        panic!("not sent")
    };
    assert_eq!(second.headers()["authorization"], "Bearer eyJ.entra");
    let refused = Remote::new("acme", &azure).unwrap();
    let error = refused.probe(0).unwrap().request().await.err().unwrap();
    assert!(error.message().contains("invalid_client"), "{error}");
    assert!(!error.message().contains("s3cret"));
    let asked = served.await.unwrap();
    assert!(asked[0].starts_with("POST /tenant/oauth2/v2.0/token"));
    assert!(asked[0].contains("client_secret=s3cret"));
}

#[test]
fn what_is_no_conversation_has_addresses_of_its_own() {
    let openai = remote(Kind::OpenAi, None);
    let own = Dialect::Service(Service::Embeddings);
    for (operation, path) in [
        (Operation::Embed, "embeddings"),
        (Operation::Moderate, "moderations"),
        (Operation::Imagine, "images/generations"),
        (Operation::EditImage, "images/edits"),
        (Operation::Speak, "audio/speech"),
        (Operation::Transcribe, "audio/transcriptions"),
        (Operation::Translate, "audio/translations"),
    ] {
        assert!(openai.speaks(operation, own, "m").is_some(), "{path}");
        let call = request_in(own, &openai, operation, None, &hostile());
        assert_eq!(call.uri(), &*format!("https://api.openai.com/v1/{path}"));
    }
    assert_eq!(openai.speaks(Operation::Rerank, own, "m"), None);
    let local = remote(Kind::OpenAiCompatible, Some("http://h/v1"));
    let reranks = local.speaks(Operation::Rerank, own, "m");
    assert_eq!(reranks, Some(Dialect::Service(Service::Rerank)));
    let anthropic = remote(Kind::Anthropic, None);
    assert_eq!(anthropic.speaks(Operation::Embed, own, "m"), None);
}

#[test]
fn texts_are_continued_by_the_models_that_can() {
    let openai = remote(Kind::OpenAi, None);
    let spoken = |remote: &Arc<Remote>, model| {
        let spoken = remote.speaks(Operation::Converse, Dialect::Completions, model);
        spoken.unwrap()
    };
    for (model, dialect) in [
        ("gpt-3.5-turbo-instruct", Dialect::Completions),
        ("gpt-3.5-turbo-instruct-0914", Dialect::Completions),
        ("davinci-002", Dialect::Completions),
        ("gpt-3.5-turbo", Dialect::Chat),
        ("gpt-4o", Dialect::Chat),
    ] {
        assert_eq!(spoken(&openai, model), dialect, "{model}");
    }
    let local = remote(Kind::OpenAiCompatible, Some("http://h/v1"));
    assert_eq!(spoken(&local, "any"), Dialect::Completions);
    let call = request_in(
        Dialect::Completions,
        &local,
        Operation::Converse,
        None,
        &hostile(),
    );
    assert_eq!(call.uri(), "http://h/v1/completions");
    let anthropic = remote(Kind::Anthropic, None);
    assert_eq!(spoken(&anthropic, "any"), Dialect::Messages);
}
