use std::io;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;

use super::*;
use crate::providers::{SegmentsBody, Tail};

fn part(head: &str, content: &str) -> String {
    format!("--X\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
}

fn model(name: &str) -> String {
    part("name=\"model\"", name)
}

fn file(content: &str) -> String {
    let head = "name=\"file\"; filename=\"a \u{fc}.wav\"\r\nContent-Type: audio/wav";
    part(head, content)
}

async fn read(body: impl Into<Vec<u8>>, piece: usize) -> Result<gateway::Upload, Refusal> {
    let body: Vec<u8> = body.into();
    let pieces: Vec<io::Result<Bytes>> = body
        .chunks(piece)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let body = poem::Body::from_bytes_stream(stream::iter(pieces));
    let source = Source::new(body, &HeaderMap::new(), 8 << 20).unwrap();
    parts::read(source, "X", "file").await
}

/// All of an upload as a provider gets it, with the boundary spelled X.
async fn sent(upload: gateway::Upload) -> Result<String, Option<Refusal>> {
    let boundary = upload.boundary.clone();
    let fault = upload.fault.clone();
    let body =
        SegmentsBody::from(upload.segments("m-1")).followed(upload.tail.as_ref().map(Tail::follow));
    match body.collect().await {
        Ok(body) => {
            let text = String::from_utf8(body.to_bytes().to_vec()).unwrap();
            Ok(text.replace(&boundary, "X"))
        }
        Err(_) => Err(fault.told().cloned()),
    }
}

#[tokio::test]
async fn parts_pass_as_they_came_whatever_their_order_and_pieces() {
    let more = part("name=\"language\"", "de");
    let list = part("name=\"include[]\"", "a") + &part("name=\"include[]\"", "b");
    let content = "RIFF\r\n--\r\n-X\r\n\0".repeat(50);
    let head = "name=\"file\"; filename=\"a \u{fc}.wav\"\r\ncontent-type: audio/wav";
    let file_sent = part(head, &content);
    let small = |text: String| text.replace("Content-D", "content-d");
    for (body, rest) in [
        (
            model("a") + &more + &list + &file(&content),
            more.clone() + &list + &file_sent,
        ),
        (
            file(&content) + &more + &model("a") + &list,
            file_sent.clone() + &more + &list,
        ),
        (
            more.clone() + &model(" a ") + &file(&content) + &list,
            more.clone() + &file_sent + &list,
        ),
    ] {
        for piece in [1, 7, 100, 100_000] {
            let upload = read(format!("{body}--X--\r\n"), piece).await.unwrap();
            assert_eq!(upload.model, "a");
            let got = sent(upload).await.unwrap();
            let first = model("m-1");
            let wanted = format!("{first}{}--X--\r\n", small(rest.clone()));
            assert_eq!(got, wanted, "in pieces of {piece}");
        }
    }
}

#[tokio::test]
async fn a_file_before_the_model_waits_on_disk() {
    let content = "0123456789abcdef".repeat(200_000);
    let body = file(&content) + &model("a") + "--X--\r\n";
    let upload = read(body, 50_000).await.unwrap();
    assert!(upload.kept.len() <= 1 << 20);
    let got = sent(upload).await.unwrap();
    assert!(got.contains(&content) && got.ends_with("\r\n--X--\r\n"));
}

#[tokio::test]
async fn what_is_wrong_is_told_and_names_its_part() {
    let long = "x".repeat(2 << 20);
    let many = part(&format!("name=\"a\"\r\nX-Y: {}", "y".repeat(200_000)), "b");
    for (body, param) in [
        (file("a") + "--X--\r\n", "model"),
        (model("a") + "--X--\r\n", "file"),
        (model("a") + &model("b") + &file("c") + "--X--\r\n", "model"),
        (model("") + &file("c") + "--X--\r\n", "model"),
        (
            part("name=\"model\"; filename=\"m\"", "a") + "--X--\r\n",
            "model",
        ),
        (
            part("name=\"stream\"", "yes") + &model("a") + "--X--\r\n",
            "stream",
        ),
        (part("name=\"n\"", "0") + &model("a") + "--X--\r\n", "n"),
        (part("x=\"y\"", "a") + "--X--\r\n", ""),
        (part("name=\"prompt\"", &long) + "--X--\r\n", ""),
        (many + "--X--\r\n", ""),
        (model("a"), ""),
        ("--X\r\nContent-Dispo".to_owned(), ""),
        (String::new(), ""),
        ("nothing of the kind".to_owned(), ""),
        ("x".repeat(1 << 20), ""),
        ("--X--\r\n".to_owned(), "model"),
    ] {
        for piece in [11, 100_000] {
            let error = read(body.clone(), piece).await.unwrap_err();
            assert_eq!(error.param.as_deref().unwrap_or(""), param, "{body:.60}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_behind_the_file_breaks_it_off() {
    for (rest, param) in [
        (model("b") + "--X--\r\n", "model"),
        (file("again") + "--X--\r\n", "file"),
        (String::new(), ""),
        ("x".repeat(9 << 20), ""),
    ] {
        let body = model("a") + &file("one") + &rest;
        let upload = read(body, 70_000).await.unwrap();
        let fault = sent(upload).await.unwrap_err().unwrap();
        assert_eq!(fault.param.as_deref().unwrap_or(""), param, "{rest:.40}");
    }
}

#[tokio::test]
async fn a_garbled_body_is_read_or_refused_and_never_more() {
    let whole = model("a") + &part("name=\"n\"", "1") + &file("RIFF\r\n--X") + "--X--\r\n";
    let whole = whole.into_bytes();
    for seed in 0..2000_usize {
        let mut body = whole.clone();
        let at = seed * 7919 % body.len();
        match seed % 4 {
            0 => body[at] = u8::try_from(seed * 31 % 256).unwrap(),
            1 => body.truncate(at),
            2 => drop(body.remove(at)),
            _ => body.splice(at..at, *b"\r\n--X\r\n").for_each(drop),
        }
        if let Ok(upload) = read(body, 1 + seed % 50).await {
            let body = SegmentsBody::from(upload.segments("m"))
                .followed(upload.tail.as_ref().map(Tail::follow));
            // It ends, well or not.
            let _ = body.collect().await;
        }
    }
}

#[tokio::test]
async fn a_fast_client_is_not_read_ahead_of() {
    let taken = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&taken);
    let first = Bytes::from(model("a") + &file("").replace("\r\n\r\n\r\n", "\r\n\r\n"));
    let endless = stream::repeat_with(move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok::<_, io::Error>(Bytes::from_static(&[b'x'; 10_000]))
    });
    let pieces = stream::iter([Ok(first)]).chain(endless);
    let body = poem::Body::from_bytes_stream(pieces);
    let source = Source::new(body, &HeaderMap::new(), 1 << 30).unwrap();
    let upload = parts::read(source, "X", "file").await.unwrap();
    let mut body =
        SegmentsBody::from(upload.segments("m")).followed(upload.tail.as_ref().map(Tail::follow));
    for _ in 0..50 {
        body.frame().await.unwrap().unwrap();
    }
    let ahead = taken.load(std::sync::atomic::Ordering::Relaxed);
    assert!(ahead < 60, "{ahead}");
}

#[test]
fn only_parts_with_a_boundary_are_taken() {
    let of = |kind: &'static str| {
        let kind = http::HeaderValue::from_static(kind);
        boundary(&HeaderMap::from_iter([(CONTENT_TYPE, kind)]))
    };
    assert_eq!(of("multipart/form-data; boundary=abc").unwrap(), "abc");
    assert_eq!(of("Multipart/Form-Data; boundary=\"a b\"").unwrap(), "a b");
    for odd in [
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=a",
        "multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        let problem = of(odd).unwrap_err();
        assert_eq!(
            problem.refusal.situation,
            Situation::UnsupportedMediaType,
            "{odd}"
        );
    }
    assert!(boundary(&HeaderMap::new()).is_err());
}
