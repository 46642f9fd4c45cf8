use proptest::prelude::*;

use super::chunk::MOST_CHUNK_LINE;
use super::head::{MOST_ADDRESS, MOST_FIELDS, MOST_HEAD};
use super::*;

/// What becomes of a stream that comes in pieces of `size` bytes.
fn screen(stream: &[u8], size: usize) -> (Vec<u8>, Option<Refused>) {
    let mut framing = Framing::new();
    let (mut passed, mut held) = (Vec::new(), Vec::new());
    for piece in stream.chunks(size) {
        held.extend_from_slice(piece);
        let screened = framing.screen(&held);
        passed.extend(held.drain(..screened.pass));
        if screened.refused.is_some() {
            return (passed, screened.refused);
        }
    }
    (passed, None)
}

fn verdict(head: &str) -> Option<Refused> {
    let whole = screen(head.as_bytes(), head.len());
    assert_eq!(whole, screen(head.as_bytes(), 1), "cut anywhere: {head:?}");
    whole.1
}

#[test]
fn requests_in_a_row_pass_as_they_came() {
    let stream = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\
        GET /b HTTP/1.1\r\nHost: x\r\n\r\n\
        \r\nPOST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
        3\r\nabc\r\n1;x=y\r\nz\r\n0\r\nTrailer: 1\r\n\r\n\
        GET /d HTTP/1.0\r\n\r\n";
    for size in 1..stream.len() {
        assert_eq!(screen(stream, size), (stream.to_vec(), None), "{size}");
    }
}

#[test]
fn a_head_is_held_back_until_it_is_whole() {
    let mut framing = Framing::new();
    let partial = b"GET / HTTP/1.1\r\nHost: x\r\n";
    assert_eq!(
        framing.screen(partial),
        Screened {
            pass: 0,
            refused: None
        }
    );
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    for fields in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: -3\r\n",
        "Content-Length: 0x3\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\n , identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        " Transfer-Encoding: chunked\r\n",
        "X: a\r\n folded\r\n",
        "X: a\rb\r\n",
        "X: a\0b\r\n",
        "X: a\nContent-Length: 3\r\n",
        "X\r\n",
        ": x\r\n",
        "X Y: z\r\n",
        "Host: a\r\nHost: b\r\n",
    ] {
        let head = format!("POST / HTTP/1.1\r\n{fields}\r\n");
        assert_eq!(
            verdict(&head),
            Some(Refused::Head(Malformed::Head)),
            "{fields:?}"
        );
    }
}

#[test]
fn request_lines_are_read_strictly() {
    for line in [
        "GET /",
        "GET  HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET / HTTP/2.0",
        "GET /a b HTTP/1.1",
        "G(T / HTTP/1.1",
        " GET / HTTP/1.1",
    ] {
        assert_eq!(
            verdict(&format!("{line}\r\n\r\n")),
            Some(Refused::Head(Malformed::Head)),
            "{line:?}"
        );
    }
    assert_eq!(
        verdict("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Some(Refused::Head(Malformed::Head))
    );
    assert_eq!(
        verdict("GET / HTTP/1.1\nHost: x\n\n"),
        Some(Refused::Head(Malformed::Head))
    );
}

#[test]
fn the_path_of_a_refused_head_is_told_where_it_is_plain() {
    for (head, told) in [
        (
            "POST /v1/messages HTTP/1.1\r\nBad Header: x\r\n\r\n",
            Some("/v1/messages"),
        ),
        (
            "\r\nPOST /v1/messages?beta=true HTTP/9\r\n",
            Some("/v1/messages"),
        ),
        ("POST /v1/messages?aaaaaaa", Some("/v1/messages")),
        ("POST /v1/mess", Some("/v1/mess")),
        ("POST", None),
        ("POST  /x", None),
        ("GET /\u{ff} HTTP/1.1", None),
        ("GET http://x/v1/messages HTTP/1.1", None),
        ("", None),
    ] {
        assert_eq!(path(head.as_bytes()), told, "{head:?}");
    }
    assert_eq!(path(format!("GET /{}", "a".repeat(9000)).as_bytes()), None);
}

#[test]
fn heads_are_bounded() {
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(MOST_ADDRESS));
    let endless = format!("GET /{}", "a".repeat(MOST_ADDRESS + 100));
    for head in [long, endless] {
        assert_eq!(
            screen(head.as_bytes(), 4096).1,
            Some(Refused::Head(Malformed::AddressTooLong))
        );
    }
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(MOST_FIELDS));
    assert_eq!(screen(many.as_bytes(), 4096).1, None);
    let too_many = format!(
        "GET / HTTP/1.1\r\n{}\r\n",
        "A: b\r\n".repeat(MOST_FIELDS + 1)
    );
    let large = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "b".repeat(MOST_HEAD));
    for head in [too_many, large] {
        assert_eq!(
            screen(head.as_bytes(), 4096).1,
            Some(Refused::Head(Malformed::HeadersTooLarge))
        );
    }
}

#[test]
fn a_chunked_body_is_read_strictly() {
    let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in [
        "\r\n",
        "x\r\n",
        "3\nabc",
        "3\r\nabcd\r\n",
        "3;a\nb\r\nabc\r\n",
        "ffffffffffffffffff\r\n",
        "0\r\nA: b\n\r\n",
        " 3\r\nabc\r\n",
        "3 \r\nabc\r\n",
    ] {
        let stream = format!("{head}{body}");
        assert_eq!(verdict(&stream), Some(Refused::Body), "{body:?}");
    }
    let endless = format!("{head}3;{}", "x".repeat(MOST_CHUNK_LINE));
    assert_eq!(screen(endless.as_bytes(), 64).1, Some(Refused::Body));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_cuts_make_no_difference(
        stream in prop::collection::vec(any::<u8>(), 0..400), size in 1_usize..40
    ) {
        prop_assert_eq!(screen(&stream, size), screen(&stream, stream.len().max(1)));
    }

    #[test]
    fn mutated_requests_are_cut_the_same_way(
        at in 0_usize..120, byte in any::<u8>(), size in 1_usize..40
    ) {
        let mut stream = b"POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
            5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab".to_vec();
        let at = at % stream.len();
        stream[at] = byte;
        prop_assert_eq!(screen(&stream, size), screen(&stream, stream.len()));
    }
}
