//! Tests of the flow.

use super::*;
use crate::dialects::{Client as _, Reply, Upstream as _, anthropic_messages, openai_chat};
use crate::models::chat::Family;

fn same(hide_usage: bool) -> Flow {
    Flow::new(Dialect::Chat, 1, Path::Same { hide_usage })
}

fn taken(flow: &mut Flow) -> String {
    String::from_utf8(flow.take().unwrap_or_default().to_vec()).unwrap()
}

const HELLO: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n";
const FINISH: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

#[test]
fn the_end_is_held_until_it_is_released() {
    let mut flow = same(false);
    let whole = [HELLO, FINISH, USAGE, DONE].concat();
    flow.push(Bytes::from(whole.clone())).unwrap();
    assert_eq!(taken(&mut flow), HELLO);
    assert!(flow.finished() && flow.whole() && flow.ended());
    flow.release(None);
    assert_eq!(taken(&mut flow), [FINISH, USAGE, DONE].concat());
}

#[test]
fn usage_that_nobody_asked_for_is_read_and_left_out() {
    let mut flow = same(true);
    flow.push(Bytes::from([HELLO, FINISH, USAGE, DONE].concat()))
        .unwrap();
    flow.release(None);
    assert_eq!(taken(&mut flow), [HELLO, FINISH, DONE].concat());
    assert_eq!(flow.meter().reading().unwrap().tokens.input, 3);
}

#[test]
fn any_cut_of_the_stream_gives_the_same_bytes() {
    let whole = [": hello\n\n", HELLO, HELLO, FINISH, USAGE, DONE].concat();
    let wanted = [": hello\n\n", HELLO, HELLO, FINISH, DONE].concat();
    for size in 1..whole.len() {
        let mut flow = same(true);
        let mut seen = String::new();
        for piece in whole.as_bytes().chunks(size) {
            flow.push(Bytes::copy_from_slice(piece)).unwrap();
            seen.push_str(&taken(&mut flow));
            assert!(
                !seen.contains("\"stop\""),
                "the finish came before its settlement"
            );
        }
        flow.release(None);
        seen.push_str(&taken(&mut flow));
        assert_eq!(seen, wanted, "in pieces of {size}");
    }
}

#[test]
fn a_broken_stream_ends_with_the_event_that_says_so_and_never_with_its_finish() {
    let mut flow = Flow::new(Dialect::Chat, 2, Path::Same { hide_usage: true });
    flow.push(Bytes::from([HELLO, FINISH].concat())).unwrap();
    assert!(!flow.finished(), "the second answer is still open");
    flow.break_off(Bytes::from_static(b"data: {\"error\":{}}\n\n"));
    flow.release(None);
    assert!(taken(&mut flow).ends_with("data: {\"error\":{}}\n\n"));
}

fn failed(dialect: Dialect, stream: &str) -> (Flow, String) {
    let mut flow = Flow::new(dialect, 1, Path::Same { hide_usage: true });
    flow.push(Bytes::from(stream.to_owned())).unwrap();
    assert!(flow.failed().is_some(), "{stream}");
    let seen = taken(&mut flow);
    (flow, seen)
}

#[test]
fn only_an_error_that_libraries_take_for_one_is_told_in_the_providers_words() {
    for (dialect, event, told) in [
        (
            Dialect::Chat,
            "data: {\"error\":{\"message\":\"m\"}}\n\n",
            true,
        ),
        (Dialect::Chat, "data: {\"error\":\"m\"}\n\n", true),
        (Dialect::Chat, "data: <html>\n\n", false),
        (
            Dialect::Chat,
            "event: error\ndata: {\"message\":\"m\"}\n\n",
            false,
        ),
        (
            Dialect::Chat,
            "data: {\"object\":\"error\",\"message\":\"m\"}\n\n",
            false,
        ),
        (
            Dialect::Messages,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"m\"}}\n\n",
            true,
        ),
        (
            Dialect::Messages,
            "data: {\"type\":\"error\",\"error\":{\"message\":\"m\"}}\n\n",
            false,
        ),
        (
            Dialect::Messages,
            "data: {\"error\":{\"message\":\"m\"}}\n\n",
            false,
        ),
        (
            Dialect::Messages,
            "event: error\ndata: {\"type\":\"error\"}\n\n",
            false,
        ),
        (
            Dialect::Messages,
            "event: message_stop\ndata: {\"ty\n\n",
            false,
        ),
    ] {
        // Whatever follows in the same piece must not look like an end.
        let (flow, seen) = failed(dialect, &[event, DONE].concat());
        assert_eq!(flow.told(), told, "{event}");
        assert_eq!(seen, if told { event } else { "" });
    }
}

#[test]
fn an_event_without_data_is_no_error() {
    for dialect in Dialect::ALL {
        let mut flow = Flow::new(dialect, 1, Path::Same { hide_usage: true });
        flow.push(Bytes::from_static(b"data:\n\ndata: \n\ndata: {}\n\n"))
            .unwrap();
        assert!(flow.failed().is_none(), "{dialect:?}");
    }
}

#[test]
fn no_more_is_held_than_an_event_may_be_long() {
    let comment = Bytes::from(format!(": {}\n\n", "x".repeat(1024 * 1024)));
    let mut flow = same(true);
    flow.push(Bytes::from([HELLO, FINISH].concat())).unwrap();
    for _ in 0..15 {
        flow.push(comment.clone()).unwrap();
    }
    assert!((0..2).any(|_| flow.push(comment.clone()).is_err()));
}

#[test]
fn no_more_waits_for_its_turn_than_an_event_may_be_long() {
    let mut flow = Flow::new(
        Dialect::Chat,
        1,
        Path::Translated {
            reader: openai_chat::Chat.event_reader(Family::Other, ""),
            writer: anthropic_messages::Messages.event_writer(Reply::default()),
            listener: None,
        },
    );
    let call = |index: u32, arguments: &str| {
        Bytes::from(format!(
            "data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[\
             {{\"index\":{index},\"id\":\"t{index}\",\"function\":{{\"name\":\"f\",\
             \"arguments\":\"{arguments}\"}}}}]}}}}]}}\n\n"
        ))
    };
    // The first call stays open, so the second waits.
    flow.push(call(0, "{")).unwrap();
    let long = "x".repeat(1024 * 1024);
    for _ in 0..15 {
        flow.push(call(1, &long)).unwrap();
    }
    assert!((0..2).any(|_| flow.push(call(1, &long)).is_err()));
}

#[test]
fn a_last_event_without_its_blank_line_still_counts() {
    let mut flow = same(false);
    flow.push(Bytes::from([HELLO, FINISH, DONE.trim_end()].concat()))
        .unwrap();
    flow.close();
    assert!(flow.ended());
    flow.release(None);
    assert_eq!(taken(&mut flow), [HELLO, FINISH, DONE].concat());
}

#[test]
fn what_was_cut_inside_an_event_is_left_out() {
    for cut in [
        "data: {\"choices\":[{\"ind",
        "data: [DON",
        "data: \"\u{fc}",
        "da",
    ] {
        let mut flow = same(false);
        flow.push(Bytes::from([HELLO, cut].concat())).unwrap();
        flow.close();
        assert!(!flow.ended());
        assert_eq!(taken(&mut flow), HELLO, "{cut}");
    }
}

#[test]
fn what_comes_after_the_release_goes_on_at_once() {
    let mut flow = same(false);
    flow.push(Bytes::from([HELLO, FINISH].concat())).unwrap();
    flow.release(None);
    taken(&mut flow);
    flow.push(Bytes::from_static(DONE.as_bytes())).unwrap();
    assert_eq!(taken(&mut flow), DONE);
}

const SAID: &str = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}],\"role\":\"model\"},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":3,\"totalTokenCount\":3}}\r\n\r\n";
const STOPPED: &str = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"!\"}],\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":2,\"totalTokenCount\":5}}\r\n\r\n";

#[test]
fn the_end_of_a_stream_without_a_terminator_is_held_until_the_connection_ends() {
    let whole = [SAID, STOPPED].concat();
    for size in 1..whole.len() {
        let mut flow = Flow::new(Dialect::Gemini, 1, Path::Same { hide_usage: true });
        let mut seen = String::new();
        for piece in whole.as_bytes().chunks(size) {
            flow.push(Bytes::copy_from_slice(piece)).unwrap();
            seen.push_str(&taken(&mut flow));
        }
        assert_eq!(seen, SAID, "in pieces of {size}");
        assert!(flow.finished() && !flow.ended());
        flow.close();
        assert!(flow.whole() && flow.meter().complete());
        flow.release(None);
        assert_eq!(taken(&mut flow), STOPPED);
    }
}

#[test]
fn an_answer_that_goes_on_after_its_finish_is_waited_for_anew() {
    let mut flow = Flow::new(Dialect::Gemini, 1, Path::Same { hide_usage: true });
    flow.push(Bytes::from_static(STOPPED.as_bytes())).unwrap();
    assert!(flow.finished() && !flow.resumed());
    flow.push(Bytes::from_static(SAID.as_bytes())).unwrap();
    assert!(flow.resumed() && !flow.resumed());
    flow.push(Bytes::from_static(b"\r\n")).unwrap();
    assert!(!flow.resumed(), "nothing was said");
}

#[test]
fn a_stream_without_a_terminator_or_a_finish_is_broken() {
    let mut flow = Flow::new(Dialect::Gemini, 1, Path::Same { hide_usage: true });
    flow.push(Bytes::from_static(SAID.as_bytes())).unwrap();
    flow.close();
    assert!(!flow.whole() && !flow.complete());

    let mut flow = Flow::new(
        Dialect::Gemini,
        1,
        Path::Translated {
            reader: crate::dialects::gemini::Gemini.event_reader(Family::Google, ""),
            writer: openai_chat::Chat.event_writer(Reply::default()),
            listener: None,
        },
    );
    flow.push(Bytes::from_static(SAID.as_bytes())).unwrap();
    flow.close();
    assert!(flow.failed().is_some());
    assert!(!taken(&mut flow).contains("[DONE]"));
}
