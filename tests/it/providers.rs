//! The client that asks providers: what it sends, what it bears, and how it tells what went wrong.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::BodyExt;
use manti::config::{
    Kind, OnDisconnect, Provider as Settings, Secret, Share, Upstream as Timeouts,
    UpstreamOverrides,
};
use manti::dialects::Dialect;
use manti::dialects::peek;
use manti::models::operation::Operation;
use manti::providers::{Body, BodyError, Client, Obstacle, Outbound, SendError, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::upstream::{Act, Upstream, answer, chunk, end, events, head, json, stream};

const BODY: &[u8] = br#"{"model":"old","messages":[{"role":"user","content":"hi"}],"stream":true}"#;
const LIMIT: usize = 16 << 20;

fn timeouts() -> Timeouts {
    Timeouts {
        connect_timeout: Duration::from_secs(2),
        first_token_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(5),
        max_attempts: 3,
        retry_budget: Share::new(0.2),
        breaker: true,
        on_disconnect: OnDisconnect::Cancel,
        drain_limit: Duration::from_secs(1),
    }
}

fn target(url: &str) -> Target {
    let settings = Settings {
        kind: Kind::OpenAiCompatible,
        base_url: Some(url.to_owned()),
        api_keys: vec![Secret::new("sk-upstream")],
        models: vec!["*".to_owned()],
        dialect: None,
        price: None,
        cloud: manti::config::Cloud::default(),
        upstream: UpstreamOverrides::default(),
    };
    let provider = manti::providers::one("acme", &settings).unwrap();
    Target {
        provider,
        provider_name: "acme".into(),
        model: "new".into(),
        timeouts: timeouts(),
    }
}

async fn ask(client: &Client, target: &Target) -> Result<Response<Body>, SendError> {
    let body = Bytes::from_static(BODY);
    let parsed = peek::head(&body, Dialect::Chat).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("cookie", HeaderValue::from_static("a=b"));
    let request = target.provider.request(Outbound {
        target,
        operation: Operation::Converse,
        dialect: Dialect::Chat,
        body: peek::rewrite(&body, &parsed, Dialect::Chat, Some(&target.model), true),
        upload: None,
        client_headers: &headers,
        query: None,
        stream: true,
        credential: 0,
        caller: "key_1",
    });
    client
        .send(request.request().await.unwrap(), &target.timeouts)
        .await
}

async fn ask_once(upstream: &Upstream) -> Result<Response<Body>, SendError> {
    ask(&Client::new(&timeouts()), &target(&upstream.url())).await
}

async fn read_once(upstream: &Upstream) -> Result<Bytes, BodyError> {
    ask_once(upstream)
        .await
        .unwrap()
        .into_body()
        .read(LIMIT)
        .await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_provider_sees_its_own_credential_and_nothing_of_the_clients() {
    let upstream = Upstream::always(json(200, "{}")).await;
    assert_eq!(read_once(&upstream).await.unwrap(), "{}");
    let seen = upstream.seen().remove(0);
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("POST", "/v1/chat/completions")
    );
    let mut names: Vec<&str> = seen.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let wanted = [
        "accept",
        "accept-encoding",
        "authorization",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    ];
    assert_eq!(names, wanted);
    assert_eq!(seen.header("authorization"), Some("Bearer sk-upstream"));
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
    assert!(seen.header("user-agent").unwrap().starts_with("manti/"));
    assert_eq!(seen.json()["model"], "new");
    assert_eq!(seen.json()["stream_options"]["include_usage"], true);
}

#[tokio::test]
async fn connections_are_used_again() {
    let upstream = Upstream::always(json(200, "{}")).await;
    let (client, target) = (Client::new(&timeouts()), target(&upstream.url()));
    for _ in 0..5 {
        ask(&client, &target)
            .await
            .unwrap()
            .into_body()
            .read(LIMIT)
            .await
            .unwrap();
    }
    assert!(upstream.seen().iter().all(|seen| seen.connection == 0));
}

#[tokio::test]
async fn a_connection_that_died_unused_costs_nothing() {
    let mut acts = json(200, "{}");
    acts.push(Act::Close);
    let upstream = Upstream::always(acts).await;
    let (client, target) = (Client::new(&timeouts()), target(&upstream.url()));
    for _ in 0..20 {
        let answer = ask(&client, &target)
            .await
            .expect("a dead connection is replaced");
        answer.into_body().read(LIMIT).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(upstream.seen().len(), 20, "no request goes out twice");
}

#[tokio::test]
async fn a_request_that_was_taken_is_never_sent_again() {
    let calls = AtomicUsize::new(0);
    let upstream = Upstream::start(move |_| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => json(200, "{}"),
        _ => vec![Act::Reset],
    })
    .await;
    let (client, target) = (Client::new(&timeouts()), target(&upstream.url()));
    let first = ask(&client, &target).await.unwrap();
    first.into_body().read(LIMIT).await.unwrap();
    assert_eq!(ask(&client, &target).await.unwrap_err(), SendError::Reset);
    let seen: Vec<usize> = upstream.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(
        seen,
        [0, 0],
        "it went out once, on the connection kept open"
    );
    let upstream = Upstream::always(vec![Act::Close]).await;
    assert_eq!(ask_once(&upstream).await.unwrap_err(), SendError::Reset);
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn nobody_listening_is_told_from_somebody_slow() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let nobody = target(&format!("http://{address}/v1"));
    let client = Client::new(&timeouts());
    let refused = SendError::Connect(Obstacle::Refused);
    assert_eq!(ask(&client, &nobody).await.unwrap_err(), refused);
    let nowhere = target("http://nowhere.invalid/v1");
    let unresolved = SendError::Connect(Obstacle::Unresolved);
    assert_eq!(ask(&client, &nowhere).await.unwrap_err(), unresolved);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = target(&format!("https://{}/v1", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        socket.shutdown().await.unwrap();
        let _ = socket.read_to_end(&mut Vec::new()).await;
    });
    let untrusted = SendError::Connect(Obstacle::Untrusted);
    assert_eq!(ask(&client, &plain).await.unwrap_err(), untrusted);
    let mut slow = target("http://127.0.0.1:9/v1");
    let upstream = Upstream::always(vec![Act::Hang]).await;
    slow.provider = target(&upstream.url()).provider;
    slow.timeouts.first_token_timeout = Duration::from_millis(100);
    assert_eq!(ask(&client, &slow).await.unwrap_err(), SendError::Timeout);
    upstream.wait_gone(1).await;
}

#[tokio::test]
async fn a_connection_has_its_own_time() {
    // An address of a network for documentation: packets to it are lost, or refused at once.
    let mut lost = target("http://192.0.2.1:81/v1");
    lost.timeouts.connect_timeout = Duration::from_millis(150);
    let begun = Instant::now();
    let error = ask(&Client::new(&timeouts()), &lost).await.unwrap_err();
    assert!(
        matches!(error, SendError::ConnectTimeout | SendError::Connect(_)),
        "{error:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_client_that_leaves_closes_the_exchange() {
    for acts in [
        vec![Act::Hang],
        vec![events(), Act::Hang],
        vec![events(), chunk("data: 1\n\n"), Act::Hang],
        answer(200, &[], b"half")
            .into_iter()
            .take(1)
            .chain([Act::Hang])
            .collect(),
    ] {
        let upstream = Upstream::always(acts).await;
        let (client, target) = (Client::new(&timeouts()), target(&upstream.url()));
        let call = async {
            let mut body = ask(&client, &target).await.unwrap().into_body();
            while let Some(Ok(_)) = body.frame().await {}
        };
        let left = tokio::time::timeout(Duration::from_millis(100), call).await;
        assert!(left.is_err(), "it was still waiting");
        upstream.wait_gone(1).await;
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let evil = Upstream::always(json(200, "{}")).await;
    let location = evil.url();
    let upstream = Upstream::start(move |_| answer(307, &[("location", &location)], b"")).await;
    let response = ask_once(&upstream).await.unwrap();
    assert_eq!(response.status(), 307);
    let failure =
        target(&upstream.url())
            .provider
            .failure(response.status(), response.headers(), b"");
    assert_eq!(failure.refusal.situation.words().status, 502);
    assert!(evil.seen().is_empty());
}

#[tokio::test]
async fn a_stream_arrives_piece_by_piece() {
    let pause = Duration::from_millis(100);
    let acts = vec![
        events(),
        chunk("data: 1\n\n"),
        Act::Wait(pause),
        chunk("data: 2\n\n"),
        end(),
    ];
    let upstream = Upstream::always(acts).await;
    let mut body = ask_once(&upstream).await.unwrap().into_body();
    let begun = Instant::now();
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "data: 1\n\n"
    );
    assert!(
        begun.elapsed() < pause,
        "the first does not wait for the second"
    );
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "data: 2\n\n"
    );
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn an_answer_that_breaks_off_never_looks_whole() {
    for acts in [
        vec![events(), chunk("data: 1\n\n"), Act::Reset],
        vec![events(), chunk("data: 1\n\n"), Act::Close],
        vec![events(), chunk("data: 1\n\n"), Act::Send("zz\r\n".into())],
        vec![
            head(200, &[("content-length", "100")]),
            Act::Send("half".into()),
            Act::Close,
        ],
    ] {
        let upstream = Upstream::always(acts.clone()).await;
        assert_eq!(
            read_once(&upstream).await,
            Err(BodyError::Broken),
            "{acts:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_answer_is_unreadable() {
    for garbage in [
        "not http at all\r\n\r\n",
        "HTTP/1.1 abc Bad\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: nine\r\n\r\n",
    ] {
        let upstream = Upstream::always(vec![Act::Send(garbage.into()), Act::Close]).await;
        let error = ask_once(&upstream).await.unwrap_err();
        assert_eq!(error, SendError::BadResponse, "{garbage:?}");
        assert_eq!(error.failure().refusal.situation.words().status, 502);
    }
}

#[tokio::test]
async fn endless_headers_and_bodies_are_given_up() {
    let acts = vec![
        Act::Send("HTTP/1.1 200 OK\r\n".into()),
        Act::Endless(format!("x-filler: {}\r\n", "x".repeat(4000)).into()),
    ];
    let upstream = Upstream::always(acts).await;
    assert_eq!(
        ask_once(&upstream).await.unwrap_err(),
        SendError::BadResponse
    );
    let many: Vec<String> = (0..300).map(|i| format!("x-{i}: 1\r\n")).collect();
    let many = many.concat();
    let acts = vec![Act::Send(format!("HTTP/1.1 200 OK\r\n{many}\r\n").into())];
    let upstream = Upstream::always(acts).await;
    assert_eq!(
        ask_once(&upstream).await.unwrap_err(),
        SendError::BadResponse
    );
    let acts = vec![head(200, &[]), Act::Endless(Bytes::from(vec![b'x'; 65536]))];
    let upstream = Upstream::always(acts).await;
    let response = ask_once(&upstream).await.unwrap();
    assert_eq!(
        response.into_body().read(1 << 20).await,
        Err(BodyError::TooLarge)
    );
}

#[tokio::test]
async fn a_compressed_answer_is_read_as_it_comes() {
    let text = "data: {\"é\":\"日本\"}\n\n".repeat(1000);
    let packed = gzip(text.as_bytes());
    let headers = [
        ("content-encoding", "gzip"),
        ("content-type", "text/event-stream"),
    ];
    let upstream = Upstream::always(answer(200, &headers, &packed)).await;
    let response = ask_once(&upstream).await.unwrap();
    assert!(!response.headers().contains_key("content-encoding"));
    assert!(!response.headers().contains_key("content-length"));
    assert_eq!(response.into_body().read(LIMIT).await.unwrap(), text);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"data: 1\n\n").unwrap();
    encoder.flush().unwrap();
    let first = encoder.get_ref().clone();
    let acts = vec![
        head(
            200,
            &[
                ("content-encoding", "gzip"),
                ("transfer-encoding", "chunked"),
            ],
        ),
        chunk(first),
        Act::Hang,
    ];
    let upstream = Upstream::always(acts).await;
    let mut body = ask_once(&upstream).await.unwrap().into_body();
    let frame = tokio::time::timeout(Duration::from_secs(1), body.frame()).await;
    assert_eq!(
        frame.unwrap().unwrap().unwrap().into_data().unwrap(),
        "data: 1\n\n"
    );
}

#[tokio::test]
async fn a_gzip_bomb_is_given_up_early() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let block = vec![0; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&block).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let upstream = Upstream::always(answer(200, &[("content-encoding", "gzip")], &bomb)).await;
    let mut body = ask_once(&upstream).await.unwrap().into_body();
    let mut most = 0;
    let mut total = 0;
    let error = loop {
        match body.frame().await.unwrap() {
            Ok(frame) => {
                let length = frame.into_data().unwrap().len();
                most = most.max(length);
                total += length;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(error, BodyError::Undecodable);
    assert!(most <= 2 << 20 && total <= 8 << 20, "{most} {total}");
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn a_compressed_answer_that_is_cut_or_odd_is_unreadable() {
    let packed = gzip(&b"data: {}\n\n".repeat(100));
    for (coding, bytes) in [
        ("gzip", &packed[..packed.len() - 9]),
        ("gzip", &b"not gzip at all"[..]),
        ("deflate", &b"\xff\xff\xff\xff"[..]),
    ] {
        let upstream = Upstream::always(answer(200, &[("content-encoding", coding)], bytes)).await;
        assert_eq!(
            read_once(&upstream).await,
            Err(BodyError::Undecodable),
            "{coding}"
        );
    }
    let upstream = Upstream::always(answer(200, &[("content-encoding", "br")], b"x")).await;
    assert_eq!(
        ask_once(&upstream).await.unwrap_err(),
        SendError::BadResponse
    );
}

#[tokio::test]
async fn a_large_prompt_goes_out_whole_and_a_large_answer_comes_in_whole() {
    let large = "x".repeat(3 << 20);
    let reply = large.clone();
    let upstream = Upstream::start(move |_| stream([&reply])).await;
    let target = target(&upstream.url());
    let body = Bytes::from(format!(r#"{{"model":"old","x":"{large}","stream":true}}"#));
    let parsed = peek::head(&body, Dialect::Chat).unwrap();
    let request = target.provider.request(Outbound {
        target: &target,
        operation: Operation::Converse,
        dialect: Dialect::Chat,
        body: peek::rewrite(&body, &parsed, Dialect::Chat, Some("new"), true),
        upload: None,
        client_headers: &HeaderMap::new(),
        query: None,
        stream: true,
        credential: 0,
        caller: "key_1",
    });
    let client = Client::new(&timeouts());
    let response = client
        .send(request.request().await.unwrap(), &target.timeouts)
        .await
        .unwrap();
    assert_eq!(
        response.into_body().read(LIMIT).await.unwrap().len(),
        large.len()
    );
    let seen = upstream.seen().remove(0);
    assert_eq!(seen.json()["x"].as_str().map(str::len), Some(large.len()));
    assert_eq!(seen.json()["model"], "new");
}

#[tokio::test]
async fn many_at_once_are_all_served() {
    let upstream = Arc::new(Upstream::always(json(200, "{}")).await);
    let client = Client::new(&timeouts());
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let (client, target) = (client.clone(), target(&upstream.url()));
            tokio::spawn(async move {
                let response = ask(&client, &target).await.unwrap();
                response.into_body().read(LIMIT).await.unwrap()
            })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "{}");
    }
    assert_eq!(upstream.seen().len(), 100);
}
