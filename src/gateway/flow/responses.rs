//! Tests of the flow where clients number events and count them.

use super::*;
use crate::dialects::{Client as _, Reply, Upstream as _, openai_chat, openai_responses};
use crate::models::chat::Family;
use crate::models::refusal::Situation;

const CREATED: &str = "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"model\":\"m\",\"status\":\"in_progress\",\"error\":null,\"output\":[]}}\n\n";
const AT_WORK: &str = "event: response.in_progress\ndata: {\"type\":\"response.in_progress\",\"sequence_number\":1,\"response\":{\"id\":\"resp_1\",\"model\":\"m\",\"status\":\"in_progress\",\"error\":null,\"output\":[]}}\n\n";
const DELTA: &str = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":2,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\",\"logprobs\":[]}\n\n";
const DONE: &str = "event: response.output_text.done\ndata: {\"type\":\"response.output_text.done\",\"sequence_number\":3,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"text\":\"Hi\",\"logprobs\":[]}\n\n";
const COMPLETED: &str = "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":4,\"response\":{\"id\":\"resp_1\",\"model\":\"m\",\"status\":\"completed\",\"error\":null,\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\"}]}],\"usage\":{\"input_tokens\":3,\"output_tokens\":2,\"total_tokens\":5}}}\n\n";

fn same() -> Flow {
    Flow::new(Dialect::Responses, 1, Path::Same { hide_usage: true })
}

fn from_chat() -> Flow {
    let reply = Reply {
        id: "1".into(),
        ..Reply::default()
    };
    Flow::new(
        Dialect::Chat,
        1,
        Path::Translated {
            reader: openai_chat::Chat.event_reader(Family::Other, ""),
            writer: openai_responses::Responses.event_writer(reply),
            listener: None,
        },
    )
}

fn taken(flow: &mut Flow) -> String {
    String::from_utf8(flow.take().unwrap_or_default().to_vec()).unwrap()
}

/// The types and numbers of events.
fn numbered(events: &str) -> Vec<(String, u64)> {
    let lines = events
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    lines
        .map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            let kind = event["type"].as_str().unwrap().to_owned();
            (kind, event["sequence_number"].as_u64().unwrap())
        })
        .collect()
}

#[test]
fn an_answer_passes_and_its_end_is_held() {
    let mut flow = same();
    let open = [CREATED, AT_WORK, DELTA, DONE].concat();
    flow.push(Bytes::from([&open, COMPLETED].concat())).unwrap();
    assert_eq!(taken(&mut flow), open);
    assert!(flow.started() && flow.finished() && flow.ended());
    assert_eq!(flow.meter().reading().unwrap().tokens.output, 2);
    flow.release(None);
    assert_eq!(taken(&mut flow), COMPLETED);
}

#[test]
fn text_is_counted_once_where_nobody_tells_how_much_it_was() {
    let mut flow = same();
    flow.push(Bytes::from([CREATED, AT_WORK, DELTA, DELTA, DONE].concat()))
        .unwrap();
    assert_eq!(flow.meter().delivered_text(), "HiHi");
}

#[test]
fn a_silent_stream_is_kept_open_by_an_event_that_clients_count() {
    let mut flow = same();
    flow.stay(&openai_responses::Responses);
    assert_eq!(
        taken(&mut flow),
        ": keep-alive\n\n",
        "nothing may come before the start"
    );
    flow.push(Bytes::from([CREATED, AT_WORK].concat())).unwrap();
    taken(&mut flow);
    flow.stay(&openai_responses::Responses);
    assert_eq!(taken(&mut flow), AT_WORK);
}

#[test]
fn a_silent_translated_stream_begins_and_goes_on_without_a_gap_in_its_numbers() {
    let mut flow = from_chat();
    flow.stay(&openai_responses::Responses);
    flow.push(Bytes::from_static(
        b"data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n",
    ))
    .unwrap();
    flow.stay(&openai_responses::Responses);
    flow.push(Bytes::from_static(
        b"data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    ))
    .unwrap();
    flow.release(None);
    let events = numbered(&taken(&mut flow));
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.in_progress",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    assert!(events.iter().map(|(_, number)| *number).eq(0..10));
}

#[test]
fn a_stream_that_breaks_says_so_in_both_events_with_the_next_numbers() {
    let refusal = Refusal::new(Situation::StreamInterrupted, "cut");
    let mut translated = from_chat();
    translated
        .push(Bytes::from_static(
            b"data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n",
        ))
        .unwrap();
    let mut passed = same();
    passed
        .push(Bytes::from([CREATED, AT_WORK, DELTA, DONE, DELTA].concat()))
        .unwrap();
    for mut flow in [translated, passed] {
        let event = flow.broken(&openai_responses::Responses, &refusal, "req_1");
        let event = String::from_utf8(event.to_vec()).unwrap();
        let wanted = [("error".to_owned(), 5), ("response.failed".to_owned(), 6)];
        assert_eq!(numbered(&event), wanted);
        let failed: serde_json::Value =
            serde_json::from_str(event.trim_end().rsplit("data: ").next().unwrap()).unwrap();
        assert_eq!(failed["response"]["id"], "resp_1");
        assert_eq!(failed["response"]["status"], "failed");
        assert_eq!(failed["response"]["error"]["code"], "stream_interrupted");
        let told: serde_json::Value = serde_json::from_str(
            event
                .lines()
                .nth(1)
                .unwrap()
                .strip_prefix("data: ")
                .unwrap(),
        )
        .unwrap();
        assert_eq!(told["message"], "cut");
        assert_eq!(told["error"]["message"], "cut");
    }
}

#[test]
fn an_answer_that_failed_is_told_with_the_providers_code() {
    let failed = "event: response.failed\ndata: {\"type\":\"response.failed\",\"sequence_number\":2,\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"try again in 3s\"},\"output\":[],\"usage\":null}}\n\n";
    let flat = "event: error\ndata: {\"type\":\"error\",\"sequence_number\":2,\"code\":\"rate_limit_exceeded\",\"message\":\"try again in 3s\",\"param\":null}\n\n";
    for event in [failed, flat] {
        let mut flow = same();
        flow.push(Bytes::from([CREATED, AT_WORK, event].concat()))
            .unwrap();
        assert_eq!(taken(&mut flow), [CREATED, AT_WORK].concat());
        let refusal = flow.failed().unwrap().clone();
        assert!(!flow.told());
        assert_eq!(refusal.message, "try again in 3s");
        assert_eq!(refusal.told_code(), Some("rate_limit_exceeded"));
        let told = flow.broken(&openai_responses::Responses, &refusal, "req_1");
        let told = String::from_utf8(told.to_vec()).unwrap();
        assert_eq!(numbered(&told)[0], ("error".to_owned(), 2));
    }
}
