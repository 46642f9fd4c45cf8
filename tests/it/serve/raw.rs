//! Bytes as no client would send them: ambiguous, malformed, too large.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::manti::{Manti, read_for};

/// The statuses of the answers in what a connection gave.
fn statuses(text: &str) -> Vec<u16> {
    text.split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| answer[..3].parse().unwrap())
        .collect()
}

/// A request that is fine, to follow another one.
const NEXT: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_read() {
    let manti = Manti::start().await;
    let key = manti.key().await;
    let body = r#"{"model":"demo","messages":[{"role":"user","content":"x"}]}"#;
    let length = body.len();
    let chunked = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    let forms = [
        (
            format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
            &chunked,
        ),
        (
            format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"),
            &chunked,
        ),
        (
            format!("Content-Length: {length}\r\nContent-Length: {length}"),
            &body.to_owned(),
        ),
        (
            format!("Content-Length: {length}\r\nContent-Length: 0"),
            &body.to_owned(),
        ),
        (
            format!("Content-Length: {length}, {length}"),
            &body.to_owned(),
        ),
        (format!("Content-Length: +{length}"), &body.to_owned()),
        ("Transfer-Encoding: identity".to_owned(), &chunked),
        ("Transfer-Encoding: chunked, identity".to_owned(), &chunked),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: x".to_owned(),
            &chunked,
        ),
        ("Transfer-Encoding : chunked".to_owned(), &chunked),
        ("Transfer-Encoding:\r\n chunked".to_owned(), &chunked),
        (
            format!("X: y\r\n Content-Length: 0\r\nContent-Length: {length}"),
            &body.to_owned(),
        ),
        (
            format!("X: y\rContent-Length: 0\r\nContent-Length: {length}"),
            &body.to_owned(),
        ),
        (format!("X: y\nContent-Length: {length}"), &body.to_owned()),
        (
            format!("X: y\0\r\nContent-Length: {length}"),
            &body.to_owned(),
        ),
    ];
    for (fields, body) in forms {
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
             {fields}\r\n\r\n{body}{NEXT}"
        );
        let answer = manti.raw(request.as_bytes()).await;
        assert_eq!(statuses(&answer), [400], "{fields:?}: {answer}");
        assert!(answer.contains("connection: close"), "{fields:?}: {answer}");
        assert!(answer.contains("\"error\""), "{fields:?}: {answer}");
    }
    let filter = manti::store::usage::Filter::default();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let total = manti.store.usage_total(&filter).await.unwrap();
    assert_eq!(total.requests, 0, "a refused request reached the gateway");
    manti.stop().await;
}

#[tokio::test]
async fn malformed_chunks_are_refused_and_the_connection_closed() {
    let manti = Manti::start().await;
    let key = manti.key().await;
    for chunks in [
        "zz\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}x\r\n0\r\n\r\n",
        "2\n{}\r\n0\r\n\r\n",
        "-1\r\n\r\n",
    ] {
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
             Transfer-Encoding: chunked\r\n\r\n{chunks}{NEXT}"
        );
        let answer = manti.raw(request.as_bytes()).await;
        assert_eq!(statuses(&answer), [400], "{chunks:?}: {answer}");
        assert!(answer.contains("connection: close"), "{chunks:?}: {answer}");
    }
    manti.stop().await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_up_to_the_bad_one() {
    let manti = Manti::start().await;
    let request = format!(
        "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n{NEXT}GET /none HTTP/1.1\r\nHost: x\r\n\r\n\
         GET / HTTP/1.1\r\nBad Header: x\r\n\r\n{NEXT}"
    );
    let answer = manti.raw(request.as_bytes()).await;
    assert_eq!(statuses(&answer), [401, 200, 404, 400], "{answer}");
    manti.stop().await;
}

#[tokio::test]
async fn heads_beyond_the_limits_are_refused_by_their_own_statuses() {
    let manti = Manti::start().await;
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(9000));
    let many = format!(
        "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "a: b\r\n".repeat(101)
    );
    let large = format!(
        "GET / HTTP/1.1\r\nHost: x\r\na: {}\r\n\r\n",
        "b".repeat(70_000)
    );
    let endless = format!("GET /{}", "a".repeat(70_000));
    for (request, status) in [(long, 414), (many, 431), (large, 431), (endless, 414)] {
        let answer = manti.raw(request.as_bytes()).await;
        assert_eq!(statuses(&answer), [status], "{answer}");
        assert!(answer.contains("\"invalid_request_error\""), "{answer}");
    }
    let fine = format!(
        "GET /healthz HTTP/1.1\r\nHost: x\r\na: {}\r\n\r\n",
        "b".repeat(60_000)
    );
    assert_eq!(statuses(&manti.raw(fine.as_bytes()).await), [200]);
    manti.stop().await;
}

#[tokio::test]
async fn a_malformed_head_is_refused_in_the_words_of_its_address() {
    let manti = Manti::start().await;
    let long = format!("POST /v1/messages?{} HTTP/1.1\r\n\r\n", "a".repeat(9000));
    for (request, status) in [
        ("POST /v1/messages HTTP/1.1\r\nBad Header: x\r\n\r\n", 400),
        ("POST /v1/messages/count_tokens HTTP/9.9\r\n\r\n", 400),
        (long.as_str(), 414),
    ] {
        let answer = manti.raw(request.as_bytes()).await;
        assert_eq!(statuses(&answer), [status], "{answer}");
        assert!(answer.contains("\r\nrequest-id: req_"), "{answer}");
        assert!(answer.contains("{\"type\":\"error\""), "{answer}");
    }
    let chat = "POST /v1/chat/completions HTTP/1.1\r\nBad Header: x\r\n\r\n";
    let answer = manti.raw(chat.as_bytes()).await;
    assert!(!answer.contains("\r\nrequest-id:"), "{answer}");
    assert!(answer.contains("{\"error\":{"), "{answer}");
    manti.stop().await;
}

#[tokio::test]
async fn garbage_gives_no_server_error_and_no_hang() {
    let manti = Manti::start().await;
    let garbage: [&[u8]; 8] = [
        b"\r\n\r\n\r\n\r\nx\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\ngarbage that is no frame at all",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    for bytes in garbage {
        let answer = manti.raw(bytes).await;
        assert!(
            statuses(&answer.replace("HTTP/1.0 ", "HTTP/1.1 "))
                .iter()
                .all(|status| *status < 500),
            "{bytes:?}: {answer}"
        );
    }
    let answer = manti.raw(NEXT.as_bytes()).await;
    assert_eq!(statuses(&answer), [200]);
    manti.stop().await;
}

#[tokio::test]
async fn without_a_credential_the_body_is_not_waited_for() {
    let manti = Manti::start().await;
    let mut socket = manti.connect().await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n";
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::time::timeout(Duration::from_secs(2), socket.read_exact(&mut answer))
        .await
        .expect("the answer comes before the body")
        .unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
    let rest = read_for(&mut socket, Duration::from_secs(3)).await;
    assert!(rest.contains("connection: close"), "{rest}");
    manti.stop().await;
}

#[tokio::test]
async fn of_a_body_without_a_credential_little_is_read_and_its_sender_sees_the_answer() {
    let manti = Manti::start().await;
    let mut socket = manti.connect().await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n";
    socket.write_all(head.as_bytes()).await.unwrap();
    let piece = vec![b' '; 64 * 1024];
    let mut sent = 0;
    // What the kernels of both sides buffer is not ours to limit; what is read is.
    while sent < 90_000_000 {
        match tokio::time::timeout(Duration::from_secs(2), socket.write(&piece)).await {
            Ok(Ok(count)) => sent += count,
            _ => break,
        }
    }
    assert!(sent < 20_000_000, "{sent} bytes were taken");
    let answer = read_for(&mut socket, Duration::from_secs(2)).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer:?}");
    manti.stop().await;
}

#[tokio::test]
async fn expect_continue_is_answered_only_after_the_credential() {
    let manti = Manti::start().await;
    let key = manti.key().await;
    let body = r#"{"model":"demo","messages":[{"role":"user","content":"x"}]}"#;
    for (credential, first) in [(key.as_str(), "100"), ("sk-manti-wrong", "401")] {
        let mut socket = manti.connect().await;
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {credential}\r\n\
             Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut status = [0; 12];
        socket.read_exact(&mut status).await.unwrap();
        assert_eq!(
            std::str::from_utf8(&status).unwrap(),
            format!("HTTP/1.1 {first}")
        );
    }
    manti.stop().await;
}

#[tokio::test]
async fn an_address_over_http2_is_no_longer_than_over_http1() {
    use http_body_util::{BodyExt as _, Empty};
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let manti = Manti::start().await;
    let socket = tokio::net::TcpStream::connect(manti.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket))
            .await
            .unwrap();
    tokio::spawn(connection);
    for (length, status) in [(10, 200), (9000, 414)] {
        let uri = format!("http://manti/healthz?{}", "x".repeat(length));
        let request = hyper::Request::get(uri)
            .body(Empty::<bytes::Bytes>::new())
            .unwrap();
        let answer = client.send_request(request).await.unwrap();
        assert_eq!(answer.status(), status, "{length}");
        answer.into_body().collect().await.unwrap();
    }
    manti.stop().await;
}
