//! The stop: nothing that runs is broken, nothing new begins.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::manti::{Manti, read_for};

/// A stream that takes a moment to begin.
fn slow(key: &str) -> String {
    let body = json!({
        "model": "demo/slow-first-token",
        "stream": true,
        "messages": [{"role": "user", "content": "x"}],
    })
    .to_string();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_running_stream_finishes_and_its_usage_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let mut manti = Manti::of(Manti::settings(folder.path())).await;
    let key = manti.key().await;
    let mut socket = manti.connect().await;
    socket.write_all(slow(&key).as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let ended = manti.begin_stop();
    let answer = read_for(&mut socket, Duration::from_secs(15)).await;
    assert!(answer.contains("data: [DONE]"), "{answer}");
    ended.await.unwrap().unwrap();
    let again = Manti::of(Manti::settings(folder.path())).await;
    let filter = manti::store::usage::Filter::default();
    let total = again.store.usage_total(&filter).await.unwrap();
    assert_eq!((total.requests, total.errors), (1, 0));
    again.stop().await;
}

#[tokio::test]
async fn during_the_delay_everything_is_accepted_but_nothing_is_ready() {
    let mut manti = Manti::with(|config| {
        config.server.drain_delay = Duration::from_millis(700);
    })
    .await;
    let key = manti.key().await;
    let ended = manti.begin_stop();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let ready = manti.get("/readyz", "").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["draining"], true);
    assert_eq!(manti.get("/healthz", "").await.status, 200);
    assert_eq!(manti.get("/v1/models", &key).await.status, 200);
    assert!(TcpStream::connect(manti.address).await.is_ok());
    ended.await.unwrap().unwrap();
    assert!(TcpStream::connect(manti.address).await.is_err());
}

#[tokio::test]
async fn an_idle_connection_is_told_in_words_or_closed_and_does_not_hold_the_stop() {
    let mut manti = Manti::start().await;
    let request = "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut late = manti.connect().await;
    let mut idle = manti.connect().await;
    for socket in [&mut late, &mut idle] {
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        socket.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 401");
        read_for(socket, Duration::from_millis(50)).await;
    }
    let silent = manti.connect().await;
    let began = Instant::now();
    let ended = manti.begin_stop();
    tokio::time::sleep(Duration::from_millis(50)).await;
    late.write_all(request.as_bytes()).await.unwrap();
    let answer = read_for(&mut late, Duration::from_secs(2)).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(
        answer.contains("shutting_down") && answer.contains("connection: close"),
        "{answer}"
    );
    assert!(answer.contains("retry-after"), "{answer}");
    ended.await.unwrap().unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(read_for(&mut idle, Duration::from_secs(1)).await, "");
    drop(silent);
}

#[tokio::test]
async fn what_outlasts_the_drain_timeout_is_cut_off_visibly() {
    let mut manti = Manti::with(|config| {
        config.server.drain_timeout = Duration::from_millis(200);
    })
    .await;
    let key = manti.key().await;
    let mut socket = manti.connect().await;
    socket.write_all(slow(&key).as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    manti.begin_stop().await.unwrap().unwrap();
    let answer = read_for(&mut socket, Duration::from_secs(1)).await;
    assert!(
        !answer.contains("[DONE]"),
        "the demo was not slow: {answer}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_second_server_on_the_same_directory_names_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let manti = Manti::of(Manti::settings(folder.path())).await;
    let second = manti::server::Server::build(Manti::settings(folder.path())).await;
    let Err(trouble) = second else {
        panic!("two servers in one directory")
    };
    assert!(
        trouble
            .to_string()
            .contains(&std::process::id().to_string()),
        "{trouble}"
    );
    manti.stop().await;
}
