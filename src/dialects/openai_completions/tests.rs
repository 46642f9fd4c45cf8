use serde_json::{Value, json};

use super::*;
use crate::models::chat::{Block, Choice, Content, Stop};
use crate::models::streaming::{Delta, Event as Piece, Opening, Start};

fn read(body: &Value) -> Result<Request, Malformed> {
    Completions.read_request(body.to_string().as_bytes())
}

#[test]
fn a_prompt_is_one_turn_and_what_chat_cannot_be_told_is_reported() {
    let request = read(
        &json!({"model": "m", "prompt": ["once"], "max_tokens": 5, "n": 2,
        "temperature": 0.50, "stop": "x", "suffix": "s", "echo": true, "best_of": 3,
        "logprobs": 2, "logit_bias": {"1": 2}, "user": "u", "seed": 7}),
    )
    .unwrap();
    assert_eq!(request.turns.len(), 1);
    assert_eq!(request.turns[0].blocks[0].content, Content::text("once"));
    assert_eq!((request.max_output, request.answers), (Some(5), Some(2)));
    assert_eq!(request.stop, ["x"]);
    let lost = ["suffix", "echo", "best_of", "logprobs", "logit_bias"];
    assert_eq!(request.unsaid, lost);
    assert!(request.extras.is_empty());
    let nothing = json!({"prompt": "a", "suffix": "", "echo": false, "best_of": 1,
        "logprobs": null, "logit_bias": {}});
    assert!(read(&nothing).unwrap().unsaid.is_empty());
}

#[test]
fn several_prompts_and_tokens_are_refused() {
    for prompt in [
        json!(["a", "b"]),
        json!([1, 2]),
        json!([[1, 2]]),
        json!([]),
        json!(7),
        Value::Null,
    ] {
        let error = read(&json!({"prompt": prompt})).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("prompt"), "{prompt}");
    }
}

#[test]
fn each_prompt_has_its_own_answers() {
    for (body, count) in [
        (r#"{"prompt":"a"}"#, 2),
        (r#"{"prompt":["a","b","c"]}"#, 6),
        (r#"{"prompt":[1,2,3]}"#, 2),
        (r#"{"prompt":[[1],[2]]}"#, 4),
        ("{}", 2),
    ] {
        assert_eq!(answers(body.as_bytes(), 2), count, "{body}");
    }
}

#[test]
fn what_is_said_is_the_text() {
    let reply = Reply {
        model: "m".into(),
        id: "1".into(),
        created: 9,
        include_usage: true,
        ..Reply::default()
    };
    let response = Response {
        choices: vec![Choice {
            blocks: vec![Block::new(Content::text("upon a time"), "")],
            stop: Some(Stop::Length),
            ..Choice::default()
        }],
        ..Response::default()
    };
    let whole = Completions.write_response(&response, &reply);
    assert_eq!(
        String::from_utf8(whole).unwrap(),
        r#"{"id":"cmpl-1","object":"text_completion","created":9,"model":"m","choices":[{"text":"upon a time","index":0,"logprobs":null,"finish_reason":"length"}]}"#
    );
    let mut writer = Completions.event_writer(reply);
    let mut out = Vec::new();
    let open = |block, opening| Piece::Open {
        choice: 0,
        block,
        opening,
    };
    let delta = |block, text: &str| Piece::Delta {
        choice: 0,
        block,
        delta: Delta::Text(text.into()),
    };
    for event in [
        Piece::Start(Start::default()),
        open(0, Opening::Thinking(None)),
        delta(0, "hidden"),
        open(1, Opening::Text),
        delta(1, "upon"),
        Piece::Stop {
            choice: 0,
            stop: Stop::End,
        },
        Piece::End,
    ] {
        writer.write(&event, &mut out);
    }
    let text = String::from_utf8(out).unwrap();
    let data: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .collect();
    assert_eq!(data.len(), 4, "{text}");
    let first: Value = serde_json::from_str(data[0]).unwrap();
    assert_eq!(first["choices"][0]["text"], "upon");
    let second: Value = serde_json::from_str(data[1]).unwrap();
    assert_eq!(second["choices"][0]["finish_reason"], "stop");
    assert_eq!(data[3], "[DONE]");
}
