//! Streams cut anywhere give the same events, and what is no stream gives one that says so.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::dialects::sse;

fn frame(headers: &[(&'static str, &'static str)], payload: &str) -> Vec<u8> {
    let mut message = Message::new(payload.as_bytes().to_vec());
    for (name, value) in headers {
        message = message.add_header(Header::new(*name, HeaderValue::String((*value).into())));
    }
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

fn said(kind: &'static str, payload: &str) -> Vec<u8> {
    frame(
        &[(":message-type", "event"), (":event-type", kind)],
        payload,
    )
}

fn aws() -> Box<dyn Framing> {
    let kind = "application/vnd.amazon.eventstream";
    of(Dialect::Messages, kind).unwrap()
}

fn lines() -> Box<dyn Framing> {
    of(Dialect::Ollama, "application/x-ndjson").unwrap()
}

/// All events of a stream that comes in these pieces.
fn read(mut framing: Box<dyn Framing>, stream: &[u8], cuts: &[usize]) -> String {
    let mut out = Vec::new();
    let mut from = 0;
    for &cut in cuts.iter().chain([&stream.len()]) {
        out.extend(framing.events(&stream[from..cut]));
        from = cut;
    }
    out.extend(framing.rest());
    String::from_utf8(out).unwrap()
}

fn stream() -> Vec<u8> {
    let inner = "{\"type\":\"message_stop\",\n\"x\":1}";
    let chunk = format!("{{\"bytes\":\"{}\",\"p\":\"ab\"}}", STANDARD.encode(inner));
    [
        said("messageStart", "{\"role\":\"assistant\"}"),
        said("contentBlockDelta", "{\"delta\":{\"text\":\"\u{e9}\"}}"),
        said("chunk", &chunk),
    ]
    .concat()
}

#[test]
fn frames_cut_at_any_byte_or_two_give_the_same_events() {
    let stream = stream();
    let whole = read(aws(), &stream, &[]);
    assert_eq!(
        whole,
        "event: messageStart\ndata: {\"role\":\"assistant\"}\n\n\
         event: contentBlockDelta\ndata: {\"delta\":{\"text\":\"\u{e9}\"}}\n\n\
         event: message_stop\ndata: {\"type\":\"message_stop\", \"x\":1}\n\n"
    );
    for one in 0..=stream.len() {
        for two in (one..=stream.len()).step_by(7) {
            assert_eq!(read(aws(), &stream, &[one, two]), whole);
        }
    }
    let each: Vec<usize> = (1..stream.len()).collect();
    assert_eq!(read(aws(), &stream, &each), whole);
}

#[test]
fn an_exception_is_an_error_with_its_name_and_nothing_follows_it() {
    let exception = [
        (":message-type", "exception"),
        (":exception-type", "throttlingException"),
    ];
    let mut stream = frame(&exception, "{\"message\":\"Too many\"}");
    stream.extend(said("messageStop", "{}"));
    assert_eq!(
        read(aws(), &stream, &[]),
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\
         \"code\":\"throttlingException\",\"message\":\"Too many\"}}\n\n"
    );
    let error = [
        (":message-type", "error"),
        (":error-code", "Internal"),
        (":error-message", "gone"),
    ];
    let told = read(aws(), &frame(&error, ""), &[]);
    assert!(told.contains("\"code\":\"Internal\",\"message\":\"gone\""));
}

#[test]
fn what_is_no_frame_is_a_broken_stream() {
    let good = said("messageStart", "{}");
    let mut flipped = good.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    for garbage in [
        b"<html>Bad gateway</html>".to_vec(),
        vec![0; 64],
        vec![0xff; 64],
        flipped,
        said("messageStart", "{\"cut"),
        said("a\nb", "{}"),
        said("chunk", "{\"bytes\":\"***\"}"),
        said("chunk", "{\"p\":\"\"}"),
        frame(&[], "{}"),
    ] {
        let mut stream = garbage;
        stream.extend(&good);
        let told = read(aws(), &stream, &[]);
        assert_eq!(told.matches("event: error\n").count(), 1, "{told}");
        assert!(told.ends_with("is no event\"}}\n\n"), "{told}");
    }
    assert_eq!(read(aws(), &good[..good.len() - 1], &[]), "", "cut");
}

#[test]
fn a_frame_that_says_it_is_endless_is_not_waited_for() {
    let mut framing = aws();
    let length = u32::try_from(sse::LARGEST + 1).unwrap();
    let told = framing.events(&length.to_be_bytes());
    assert!(told.starts_with(b"event: error"));
    assert!(framing.events(&[0; 1024]).is_empty());
}

#[test]
fn lines_cut_anywhere_give_the_same_events() {
    let stream = "{\"a\":1}\r\n\n {\"b\":\"\u{65e5}\"} \n{\"c\":\r3}\n{\"d\":4}";
    let whole = read(lines(), stream.as_bytes(), &[]);
    assert_eq!(
        whole,
        "data: {\"a\":1}\n\ndata: {\"b\":\"\u{65e5}\"}\n\ndata: {\"c\": 3}\n\ndata: {\"d\":4}\n\n"
    );
    for one in 0..=stream.len() {
        for two in one..=stream.len() {
            assert_eq!(read(lines(), stream.as_bytes(), &[one, two]), whole);
        }
    }
    assert_eq!(read(lines(), b"{\"a\":1", &[]), "", "a cut line is none");
}

#[test]
fn a_line_without_an_end_is_a_broken_stream() {
    let mut framing = lines();
    let piece = vec![b'x'; 1 << 20];
    let told: Vec<Bytes> = (0..20).map(|_| framing.events(&piece)).collect();
    let told = told.concat();
    assert!(told.starts_with(b"event: error"));
    assert_eq!(memchr::memmem::find_iter(&told, b"event: error").count(), 1);
    assert!(framing.events(b"\n{}\n").is_empty());
}

#[test]
fn server_sent_events_need_no_framing() {
    for (dialect, kind) in [
        (Dialect::Chat, "application/octet-stream"),
        (Dialect::Messages, "text/event-stream"),
        (Dialect::Ollama, "text/event-stream; charset=utf-8"),
        (Dialect::Converse, "text/event-stream"),
        (Dialect::Cohere, ""),
    ] {
        assert!(of(dialect, kind).is_none());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_broken(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        headers in 0_u32..64,
        kept in 0_usize..80,
    ) {
        read(aws(), &bytes, &[]);
        let _ = lines().events(&bytes);
        // A prelude that is right, and anything behind it.
        let length = u32::try_from(16 + bytes.len()).unwrap();
        let mut forged = [length.to_be_bytes(), headers.to_be_bytes()].concat();
        let sum = crc32fast::hash(&forged);
        forged.extend(sum.to_be_bytes());
        forged.extend(&bytes);
        forged.extend([0; 4]);
        read(aws(), &forged, &[]);
        // A good frame with some of it changed.
        let mut stream = stream();
        for (place, byte) in bytes.iter().enumerate() {
            let at = (place * 37 + kept) % stream.len();
            if byte % 16 == 0 {
                stream[at] ^= byte;
            }
        }
        read(aws(), &stream, &[]);
    }
}
