//! Speech, transcriptions, translations, and images that are sent to be changed.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{limited, plain, recorded, refused, scene};
use crate::support::scene::Scene;

const SPEECH: &str = "/v1/audio/speech";
const TRANSCRIPTIONS: &str = "/v1/audio/transcriptions";
const PRICED: &str = r#"
[models."voice"]
targets = [{ provider = "chat", model = "tts-1" }]
price = { input = "0", output = "0", characters = "15", seconds = "100" }
"#;

fn part(head: &str, content: &str) -> String {
    format!("--X\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
}

fn model(name: &str) -> String {
    part("name=\"model\"", name)
}

fn file(content: &str) -> String {
    let head = "name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav";
    part(head, content)
}

#[tokio::test]
async fn speech_comes_in_pieces_and_is_paid_by_the_character() {
    let (go, gone) = tokio::sync::watch::channel(false);
    let scene = Scene::with(PRICED, move |mut asked| {
        let mut gone = gone.clone();
        async move {
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n";
            asked.raw(head).await?;
            asked.piece([0xFF, 0xFB, 0, 1]).await?;
            gone.wait_for(|go| *go).await.unwrap();
            asked.piece(vec![7; 100_000]).await?;
            asked.end().await
        }
    })
    .await;
    let body = json!({"model": "voice", "input": "Grüße, Welt", "voice": "alloy"});
    let mut answer = scene.client.post(SPEECH, &[], body.to_string()).await;
    let id = answer.id();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "audio/mpeg");
    assert_eq!(&answer.piece().await.unwrap()[..], [0xFF, 0xFB, 0, 1]);
    go.send(true).unwrap();
    assert_eq!(answer.bytes().await.len(), 100_004);
    // A body whose end was seen is settled.
    assert_eq!(scene.manti.journalled(&id).unwrap()["status"], "ok");
    let seen = scene.upstream.last().await;
    assert_eq!(seen.path, SPEECH);
    assert_eq!(seen.header("accept"), Some("*/*"));
    assert_eq!(seen.json()["model"], "tts-1");
    let expected = json!({"endpoint": "audio.speech", "units": {"characters": 11},
        "price_usd": "0.000165000", "usage_source": "estimated", "flags": []});
    recorded(&scene, &id, expected).await;
    limited(&scene, SPEECH, &body).await;
}

#[tokio::test]
async fn speech_that_breaks_off_does_not_end_as_if_it_were_whole() {
    let scene = Scene::with(PRICED, |mut asked| async move {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n";
        asked.raw(head).await?;
        asked.piece("some").await?;
        if asked.json()["input"] == "leave" {
            asked.left().await;
        }
        asked.close()
    })
    .await;
    let body = json!({"model": "voice", "input": "cut", "voice": "a"}).to_string();
    let address = scene.client.address();
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {SPEECH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
        scene.client.key(),
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    let _ = socket.read_to_end(&mut text).await;
    let text = String::from_utf8_lossy(&text);
    assert!(
        text.contains("some") && !text.ends_with("0\r\n\r\n"),
        "{text}"
    );
    let record = scene.only_record().await;
    assert_eq!(record["status"], "error", "{record}");
    assert_eq!(record["error_code"], "stream_interrupted", "{record}");

    let body = json!({"model": "voice", "input": "leave", "voice": "a"});
    let mut answer = scene.client.post(SPEECH, &[], body.to_string()).await;
    let id = answer.id();
    answer.piece().await.unwrap();
    drop(answer);
    let expected = json!({"status": "cancelled", "http_status": 499,
        "units": {"characters": 5}, "price_usd": "0.000075000"});
    recorded(&scene, &id, expected).await;
}

#[tokio::test]
async fn streamed_speech_tells_its_tokens_and_an_error_is_an_error() {
    let scene = Scene::with(PRICED, |asked| async move {
        match asked.json()["input"].as_str().unwrap() {
            "sse" => {
                let delta = "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AAAA\"}\n\n";
                let done = "data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":14,\"output_tokens\":101,\"total_tokens\":115}}\n\n";
                asked.stream([delta, done]).await
            }
            _ => plain(asked, r#"{"error":{"message":"no voice","code":"c"}}"#).await,
        }
    })
    .await;
    let mut body = json!({"model": "voice", "input": "sse", "voice": "a", "stream_format": "sse"});
    let answer = scene.client.post(SPEECH, &[], body.to_string()).await;
    let id = answer.id();
    let text = answer.text().await;
    assert!(text.contains("speech.audio.done"), "{text}");
    let expected = json!({"status": "ok", "input_tokens": 14, "output_tokens": 101,
        "usage_source": "provider"});
    recorded(&scene, &id, expected).await;
    body["input"] = "wrong".into();
    let answer = scene.client.post(SPEECH, &[], body.to_string()).await;
    let (status, id) = (answer.status, answer.id());
    assert_eq!(status, 502);
    let told = answer.json().await;
    assert_eq!(told["error"]["code"], "upstream_error", "{told}");
    recorded(&scene, &id, json!({"status": "error"})).await;
}

#[tokio::test]
async fn a_recording_is_passed_on_in_either_order_and_paid_as_told() {
    for (answer, kind, expected) in [
        (
            r#"{"text":"hello","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":4,"audio_tokens":10},"output_tokens":45,"total_tokens":59}}"#,
            "application/json",
            json!({"input_tokens": 14, "output_tokens": 45, "units": {"audio_input_tokens": 10},
                "usage_source": "provider"}),
        ),
        (
            r#"{"text":"hello","usage":{"type":"duration","seconds":3}}"#,
            "application/json",
            json!({"units": {"seconds": 3}, "price_usd": "0.000300000",
                "usage_source": "provider"}),
        ),
        (
            r#"{"task":"transcribe","language":"en","duration":8.470000267028809,"text":"hello"}"#,
            "application/json",
            json!({"units": {"seconds": 9}, "price_usd": "0.000900000"}),
        ),
        (
            r#"{"text":"hello"}"#,
            "application/json",
            json!({"units": {}, "cost_usd": null, "price_usd": "0.000000000",
                "usage_source": "unknown"}),
        ),
        (
            "1\n00:00:00,000 --> 00:00:01,000\nhello\n",
            "text/plain; charset=utf-8",
            json!({"units": {}, "cost_usd": null, "usage_source": "unknown"}),
        ),
    ] {
        let scene = Scene::with(PRICED, move |asked| async move {
            asked.answer(200, &[("content-type", kind)], answer).await
        })
        .await;
        let more = part("name=\"language\"", "en");
        for (path, endpoint, body) in [
            (
                TRANSCRIPTIONS,
                "audio.transcriptions",
                model("voice") + &more + &file("RIFF\0\r\n--Y"),
            ),
            (
                "/v1/audio/translations",
                "audio.translations",
                file("RIFF\0\r\n--Y") + &model("voice") + &more,
            ),
        ] {
            let told = scene.client.parts(path, body + "--X--\r\n").await;
            let id = told.id();
            assert_eq!(told.status, 200);
            assert_eq!(told.header("content-type"), kind);
            assert_eq!(told.text().await, answer);
            let seen = scene.upstream.last().await;
            assert_eq!(seen.path, path);
            let kind = seen.header("content-type").unwrap().to_owned();
            let boundary = kind.split("boundary=").nth(1).unwrap();
            let sent = String::from_utf8_lossy(&seen.body).replace(boundary, "X");
            for piece in [
                "name=\"model\"\r\n\r\ntts-1\r\n",
                "form-data; name=\"language\"\r\n\r\nen\r\n",
                "name=\"file\"; filename=\"a.wav\"\r\ncontent-type: audio/wav\r\n\r\nRIFF\0\r\n--Y\r\n--X",
            ] {
                assert!(sent.contains(piece), "{piece} in {sent}");
            }
            assert!(sent.ends_with("\r\n--X--\r\n"), "{sent}");
            assert!(!sent.contains("voice"), "{sent}");
            let mut wanted = expected.clone();
            wanted["endpoint"] = endpoint.into();
            wanted["status"] = "ok".into();
            recorded(&scene, &id, wanted).await;
        }
    }
}

#[tokio::test]
async fn a_streamed_transcription_comes_event_by_event() {
    let scene = Scene::with(PRICED, |asked| async move {
        let delta = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"hel\"}\n\n";
        let done = "data: {\"type\":\"transcript.text.done\",\"text\":\"hello\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":14,\"output_tokens\":45,\"total_tokens\":59}}\n\n";
        asked.stream([delta, done]).await
    })
    .await;
    let body = model("voice") + &part("name=\"stream\"", "true") + &file("RIFF") + "--X--\r\n";
    let answer = scene.client.parts(TRANSCRIPTIONS, body).await;
    let id = answer.id();
    assert!(
        answer
            .header("content-type")
            .starts_with("text/event-stream")
    );
    assert!(answer.text().await.contains("transcript.text.done"));
    let expected = json!({"status": "ok", "stream": true, "input_tokens": 14,
        "output_tokens": 45, "usage_source": "provider"});
    recorded(&scene, &id, expected).await;
}

#[tokio::test]
async fn images_to_be_changed_are_passed_on() {
    let answer = r#"{"created":1,"data":[{"b64_json":"aGk="}]}"#;
    let scene = scene(answer).await;
    let image = |name: &str| part(&format!("name=\"image[]\"; filename=\"{name}\""), "PNG");
    let body = model("chat/p") + &part("name=\"prompt\"", "sea") + &image("a") + &image("b");
    let told = scene
        .client
        .parts("/v1/images/edits", body + "--X--\r\n")
        .await;
    let id = told.id();
    assert_eq!(told.text().await, answer);
    let seen = scene.upstream.last().await;
    assert_eq!(seen.path, "/v1/images/edits");
    let sent = String::from_utf8_lossy(&seen.body).into_owned();
    assert!(
        sent.contains("filename=\"a\"") && sent.contains("filename=\"b\""),
        "{sent}"
    );
    let expected = json!({"endpoint": "images.edits", "units": {"images": 1}});
    recorded(&scene, &id, expected).await;
}

#[tokio::test]
async fn a_picture_that_is_missing_is_named_as_the_client_names_it() {
    let scene = scene("{}").await;
    for (fields, param) in [
        (String::new(), "image"),
        (part("name=\"image\"", "PNG"), "image"),
        (part("name=\"image[]\"", "PNG"), "image[]"),
    ] {
        let body = model("chat/p") + &part("name=\"prompt\"", "sea") + &fields + "--X--\r\n";
        let answer = scene.client.parts("/v1/images/edits", body).await;
        assert_eq!(answer.status, 400);
        let told = answer.json().await;
        assert_eq!(told["error"]["param"], param, "{told}");
    }
}

#[tokio::test]
async fn a_stream_of_two_changed_images_ends_with_the_second() {
    let scene = Scene::new(|mut asked| async move {
        let done = "data: {\"type\":\"image_edit.completed\",\"b64_json\":\"aA==\"}\n\n";
        asked.begin().await?;
        asked.piece(done).await?;
        tokio::time::sleep(Duration::from_millis(1300)).await;
        asked.piece(done).await?;
        asked.end().await
    })
    .await;
    let fields = part("name=\"n\"", "2") + &part("name=\"stream\"", "true");
    let image = part("name=\"image\"; filename=\"a\"", "PNG");
    let body = model("chat/p") + &fields + &image + "--X--\r\n";
    let told = scene.client.parts("/v1/images/edits", body).await;
    let id = told.id();
    let text = told.text().await;
    assert_eq!(text.matches("image_edit.completed").count(), 2, "{text}");
    let expected = json!({"status": "ok", "stream": true, "units": {"images": 2}});
    recorded(&scene, &id, expected).await;
}

#[tokio::test]
async fn parts_that_cannot_be_meant_are_refused_and_nothing_is_asked() {
    let scene = scene(r#"{"text":""}"#).await;
    for (body, status, param) in [
        (model("chat/w") + "--X--\r\n", 400, "file"),
        (file("a") + "--X--\r\n", 400, "model"),
        (
            model("chat/w") + &model("chat/v") + &file("a") + "--X--\r\n",
            400,
            "model",
        ),
        (model("chat/w") + &file("a"), 400, ""),
        (String::new(), 400, ""),
        (
            model("chat/w") + &file(&"x".repeat(40 << 20)) + "--X--\r\n",
            413,
            "",
        ),
    ] {
        let answer = scene.client.parts(TRANSCRIPTIONS, body).await;
        let got = answer.status;
        let told = answer.json().await;
        assert_eq!(got, status, "{told}");
        assert_eq!(
            told["error"]["param"].as_str().unwrap_or(""),
            param,
            "{told}"
        );
    }
    let answer = scene.client.post(TRANSCRIPTIONS, &[], "{}").await;
    assert_eq!(answer.status, 415);
    answer.text().await;
    assert!(scene.upstream.seen().await.is_empty());
    let body = model("messages/w") + &file("a") + "--X--\r\n";
    let answer = scene.client.parts(TRANSCRIPTIONS, body).await;
    refused(&scene, answer, 400, "").await;
}

#[tokio::test]
async fn a_recording_passes_the_same_limits_as_a_conversation() {
    let scene = scene(r#"{"text":""}"#).await;
    let client = scene.manti.limited(&json!({"rpm": 1})).await;
    let body = model("chat/w") + &file(&"x".repeat(3 << 20)) + "--X--\r\n";
    let answer = client.parts(TRANSCRIPTIONS, body.clone()).await;
    assert_eq!(answer.status, 200);
    answer.text().await;
    let answer = client.parts(TRANSCRIPTIONS, body).await;
    let (status, id) = (answer.status, answer.id());
    assert_eq!(status, 429);
    let told = answer.json().await;
    assert_eq!(told["error"]["code"], "rate_limit_exceeded", "{told}");
    assert_eq!(scene.upstream.seen().await.len(), 1);
    recorded(&scene, &id, json!({"status": "rejected"})).await;
}

/// Sends the head of a transcription and gives the connection.
async fn begun(scene: &Scene, length: usize) -> TcpStream {
    let mut socket = TcpStream::connect(scene.client.address()).await.unwrap();
    let head = format!(
        "POST {TRANSCRIPTIONS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: multipart/form-data; boundary=X\r\ncontent-length: {length}\r\n\r\n",
        scene.client.key()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket
}

#[tokio::test]
async fn a_long_recording_is_passed_on_while_it_comes_in() {
    const SIZE: usize = 20 << 20;
    let scene = Scene::new(|asked| async move { plain(asked, r#"{"text":"long"}"#).await }).await;
    let start = model("chat/w") + &file("");
    let start = start.trim_end_matches("\r\n").to_owned() + "\r\n\r\n";
    let end = "\r\n--X--\r\n";
    let mut socket = begun(&scene, start.len() + SIZE + end.len()).await;
    socket.write_all(start.as_bytes()).await.unwrap();
    let piece = vec![b'a'; 1 << 20];
    for _ in 0..SIZE >> 20 {
        socket.write_all(&piece).await.unwrap();
    }
    socket.write_all(end.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = socket.read(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    let seen = scene.upstream.last().await;
    assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
    assert!(seen.body.len() > SIZE);
    let wanted = memchr::memchr_iter(b'a', &seen.body).count();
    assert!(wanted >= SIZE, "{wanted}");

    // The other way round it waits on disk, and its length is known.
    let body = file(&"b".repeat(5 << 20)) + &model("chat/w") + "--X--\r\n";
    let answer = scene.client.parts(TRANSCRIPTIONS, body).await;
    assert_eq!(answer.status, 200);
    let seen = scene.upstream.last().await;
    assert!(seen.header("content-length").is_some());
    assert!(memchr::memchr_iter(b'b', &seen.body).count() >= 5 << 20);
}

#[tokio::test]
async fn a_recording_that_ends_early_is_the_clients_fault_and_costs_nothing() {
    let scene = Scene::new(|asked| async move { plain(asked, r#"{"text":""}"#).await }).await;
    let body = model("chat/w") + &file(&"a".repeat(2 << 20)) + &model("chat/v") + "--X--\r\n";
    let answer = scene.client.parts(TRANSCRIPTIONS, body).await;
    let (status, id) = (answer.status, answer.id());
    let told: Value = answer.json().await;
    assert_eq!(status, 400, "{told}");
    assert_eq!(told["error"]["param"], "model", "{told}");
    recorded(
        &scene,
        &id,
        json!({"status": "error", "price_usd": "0.000000000"}),
    )
    .await;

    let mut socket = begun(&scene, 4 << 20).await;
    let start = model("chat/w") + &file(&"a".repeat(2 << 20));
    socket.write_all(start.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(socket);
    let records = scene.manti.usage(2).await;
    let cut = records.iter().find(|record| record["request_id"] != *id);
    let cut = cut.unwrap();
    assert_eq!(cut["price_usd"], "0.000000000", "{cut}");
    assert_ne!(cut["status"], "ok", "{cut}");
    assert!(
        scene.upstream.seen().await.is_empty(),
        "nothing whole was sent"
    );
}
