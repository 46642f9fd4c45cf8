use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn chat(body: &str) -> Result<Head, Malformed> {
    head(body.as_bytes(), Dialect::Chat)
}

fn refused(body: &str) -> Option<String> {
    chat(body).unwrap_err().param
}

fn joined(body: &str, dialect: Dialect, model: Option<&str>, ask: bool) -> String {
    let bytes = Bytes::copy_from_slice(body.as_bytes());
    let head = head(&bytes, dialect).unwrap();
    let pieces = rewrite(&bytes, &head, dialect, model, ask);
    assert!(pieces.iter().all(|piece| !piece.is_empty()));
    String::from_utf8(pieces.concat()).unwrap()
}

#[test]
fn the_head_of_a_chat_is_read() {
    let head = chat(
        r#"{"messages":[{"role":"user","content":"\"model\":\"x\""}],"model":"gpt-4o","stream":true,
        "stream_options":{"include_usage":true},"n":2,"max_tokens":5,"max_completion_tokens":7,
        "user":"u","safety_identifier":"s","metadata":{"a":"b","n":1,"c":"d"}}"#,
    )
    .unwrap();
    assert_eq!(head.model, "gpt-4o");
    assert!(head.stream && head.include_usage);
    assert_eq!((head.n, head.max_output), (2, Some(7)));
    assert_eq!(head.end_user.as_deref(), Some("s"));
    let tags = [("a", "b"), ("c", "d")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(head.metadata_tags, tags);
}

#[test]
fn the_head_of_a_response_is_read() {
    let body = r#"{"input":"x","model":"gpt-5","stream":true,"max_output_tokens":7,"user":"u",
        "metadata":{"a":"b"}}"#;
    let head = head(body.as_bytes(), Dialect::Responses).unwrap();
    assert_eq!((head.model.as_str(), head.max_output), ("gpt-5", Some(7)));
    assert!(head.stream && !head.include_usage);
    assert_eq!(head.end_user.as_deref(), Some("u"));
    assert_eq!(head.metadata_tags, [("a".to_owned(), "b".to_owned())]);
    // Its usage comes unasked, so only the model is rewritten.
    let written = joined(body, Dialect::Responses, Some("m"), true);
    assert_eq!(written, body.replace("gpt-5", "m"));
}

#[test]
fn the_head_of_a_message_is_read() {
    let body =
        br#"{"model":"claude","max_tokens":9,"metadata":{"user_id":"u"},"n":"mine","stream":null}"#;
    let head = head(body, Dialect::Messages).unwrap();
    assert_eq!(
        (head.model.as_str(), head.max_output, head.n),
        ("claude", Some(9), 1)
    );
    assert_eq!(head.end_user.as_deref(), Some("u"));
    assert!(!head.stream && head.metadata_tags.is_empty());
}

#[test]
fn the_head_of_a_request_to_gemini_is_read_in_either_spelling() {
    for body in [
        r#"{"contents":[],"generationConfig":{"candidateCount":2,"maxOutputTokens":9},"labels":{"team":"a"}}"#,
        r#"{"contents":[],"generation_config":{"candidate_count":"2","max_output_tokens":"9"},"labels":{"team":"a"}}"#,
    ] {
        let head = head(body.as_bytes(), Dialect::Gemini).unwrap();
        assert_eq!((head.n, head.max_output), (2, Some(9)), "{body}");
        assert_eq!(head.model, "");
        assert_eq!(head.metadata_tags, [("team".to_owned(), "a".to_owned())]);
    }
}

#[test]
fn what_gemini_may_cost_cannot_be_said_twice_or_hidden() {
    for (body, param) in [
        (
            r#"{"generationConfig":{},"generation_config":{"maxOutputTokens":9}}"#,
            "generationConfig",
        ),
        (r#"{"GenerationConfig":{}}"#, "generationConfig"),
        (
            r#"{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":9}}"#,
            "generationConfig.maxOutputTokens",
        ),
        (
            r#"{"generationConfig":{"maxOutputTokens":1e9}}"#,
            "generationConfig.maxOutputTokens",
        ),
        (
            r#"{"generationConfig":{"candidateCount":0}}"#,
            "generationConfig.candidateCount",
        ),
        (r#"{"generationConfig":[]}"#, "generationConfig"),
    ] {
        let refused = head(body.as_bytes(), Dialect::Gemini).unwrap_err();
        assert_eq!(refused.param.as_deref(), Some(param), "{body}");
    }
}

#[test]
fn what_is_null_is_as_if_it_were_absent() {
    let head = chat(
        r#"{"model":"m","stream":null,"stream_options":null,"n":null,"max_tokens":null,
        "max_completion_tokens":null,"user":null,"safety_identifier":null,"metadata":null}"#,
    )
    .unwrap();
    assert_eq!((head.n, head.max_output, head.stream), (1, None, false));
}

#[test]
fn a_missing_or_odd_model_is_named() {
    for body in [
        "{}",
        r#"{"model":null}"#,
        r#"{"model":1}"#,
        r#"{"model":""}"#,
        r#"{"model":["m"]}"#,
        r#"{"model":"a\u0000b"}"#,
        r#"{"model":"\ud800"}"#,
    ] {
        assert_eq!(refused(body).as_deref(), Some("model"), "{body}");
    }
    let long = json!({ "model": "m".repeat(513) }).to_string();
    assert_eq!(refused(&long).as_deref(), Some("model"));
}

#[test]
fn a_wrong_value_names_its_field() {
    for (field, param) in [
        (r#""stream":1"#, "stream"),
        (r#""stream":"true""#, "stream"),
        (r#""n":0"#, "n"),
        (r#""n":129"#, "n"),
        (r#""n":1.0"#, "n"),
        (r#""n":-1"#, "n"),
        (r#""n":99999999999999999999"#, "n"),
        (r#""max_tokens":-1"#, "max_tokens"),
        (r#""max_tokens":1e9"#, "max_tokens"),
        (r#""max_tokens":18446744073709551616"#, "max_tokens"),
        (r#""max_tokens":9007199254740993"#, "max_tokens"),
        (r#""max_completion_tokens":"5""#, "max_completion_tokens"),
        (r#""stream_options":true"#, "stream_options"),
        (
            r#""stream_options":{"include_usage":1}"#,
            "stream_options.include_usage",
        ),
        (
            r#""stream_options":{"include_usage":true,"include_usage":false}"#,
            "stream_options.include_usage",
        ),
        (r#""user":5"#, "user"),
        (r#""metadata":[]"#, "metadata"),
    ] {
        let body = format!(r#"{{"model":"m",{field}}}"#);
        assert_eq!(refused(&body).as_deref(), Some(param), "{body}");
    }
}

#[test]
fn a_repeated_field_is_refused_however_it_is_spelt() {
    for body in [
        r#"{"model":"a","model":"b"}"#,
        r#"{"model":"a","\u006dodel":"b"}"#,
        r#"{"model":"a","Model":"b"}"#,
        r#"{"MODEL":"b"}"#,
        r#"{"model":"a","\u004dodel":"b"}"#,
        r#"{"model":"a","model":null}"#,
    ] {
        assert_eq!(refused(body).as_deref(), Some("model"), "{body}");
    }
    let body = "{\"model\":\"a\",\"\u{17f}tream\":true}";
    assert_eq!(refused(body).as_deref(), Some("stream"));
    let body = "{\"model\":\"a\",\"max_to\u{212a}ens\":1}";
    assert_eq!(refused(body).as_deref(), Some("max_tokens"));
    let unread = r#"{"model":"a","other":1,"other":2,"messages":[{"model":1,"model":2}]}"#;
    assert!(chat(unread).is_ok());
}

#[test]
fn an_escaped_name_is_the_field() {
    let head = chat(r#"{"\u006d\u006Fdel":"a","s\u0074ream":true}"#).unwrap();
    assert_eq!((head.model.as_str(), head.stream), ("a", true));
}

#[test]
fn what_is_not_json_has_no_param() {
    for body in [
        "",
        "[]",
        "{",
        "{\"model\":\"m\"}x",
        "{\"model\":\"m\",}",
        "null",
        "{\"model\":\"m\nn\"}",
    ] {
        assert_eq!(refused(body), None, "{body}");
    }
    assert_eq!(
        head(b"{\"model\":\"\xff\"}", Dialect::Chat)
            .unwrap_err()
            .param,
        None
    );
    assert_eq!(
        head(b"{\"model\":\"m\",\"x\":\"\xc3\"}", Dialect::Chat)
            .unwrap_err()
            .param,
        None
    );
    let deep = format!(
        "{{\"model\":\"m\",\"x\":{}1{}}}",
        "[".repeat(128),
        "]".repeat(128)
    );
    assert_eq!(refused(&deep), None);
}

#[test]
fn what_is_kept_of_a_client_fits_a_record() {
    let many: serde_json::Map<String, Value> =
        (0..20).map(|i| (format!("k{i}"), "v".into())).collect();
    let body = json!({"model":"m","user":format!("a\0{}", "é".repeat(600)),"metadata":many});
    let head = chat(&body.to_string()).unwrap();
    assert_eq!(head.metadata_tags.len(), 10);
    let user = head.end_user.unwrap();
    assert!(user.len() <= 514 && user.starts_with("a\u{fffd}é"));
}

#[test]
fn images_do_not_count_by_their_bytes() {
    let image = format!("data:image/png;base64,{}", "iVBORw0KGgo".repeat(100_000));
    let body = json!({"model":"m","messages":[{"image_url":{"url":image}}]}).to_string();
    assert!(chat(&body).unwrap().rough_input < 3000);
    let prose = json!({"model":"m","messages":["a word ".repeat(10_000)]}).to_string();
    assert!(chat(&prose).unwrap().rough_input > 15_000);
}

#[test]
fn only_the_model_is_replaced() {
    let body = "{ \"a\":1.0,\t\"model\" : \"old\" ,\"z\":[1e5,\"é\\u00e9\"]}";
    assert_eq!(
        joined(body, Dialect::Chat, Some("n\"ew"), false),
        body.replace("\"old\"", "\"n\\\"ew\"")
    );
    assert_eq!(
        joined(body, Dialect::Chat, None, true),
        body,
        "no stream, nothing to ask"
    );
    assert_eq!(joined(body, Dialect::Messages, Some("old"), true), body);
}

#[test]
fn usage_is_asked_for_once_wherever_the_options_stand() {
    for (options, wanted) in [
        (
            "",
            r#"{"stream_options":{"include_usage":true},"stream":true,"model":"m"}"#,
        ),
        (
            r#","stream_options":null"#,
            r#"{"stream":true,"model":"m","stream_options":{"include_usage":true}}"#,
        ),
        (
            r#","stream_options":{}"#,
            r#"{"stream":true,"model":"m","stream_options":{"include_usage":true}}"#,
        ),
        (
            r#","stream_options":{"x":1}"#,
            r#"{"stream":true,"model":"m","stream_options":{"include_usage":true,"x":1}}"#,
        ),
        (
            r#","stream_options":{"x":1, "include_usage" : false }"#,
            r#"{"stream":true,"model":"m","stream_options":{"x":1, "include_usage" : true }}"#,
        ),
        (
            r#","stream_options":{"include_usage":true}"#,
            r#"{"stream":true,"model":"m","stream_options":{"include_usage":true}}"#,
        ),
    ] {
        let body = format!(r#"{{"stream":true,"model":"m"{options}}}"#);
        assert_eq!(joined(&body, Dialect::Chat, None, true), wanted);
        assert_eq!(
            joined(&body, Dialect::Chat, Some("other"), true),
            wanted.replace("\"m\"", "\"other\"")
        );
    }
}

proptest! {
    #[test]
    fn a_rewritten_body_says_the_same_otherwise(
        before in prop::collection::vec(("[a-l]{1,3}", any::<i32>()), 0..4),
        after in prop::collection::vec(("[o-r]{1,3}", ".{0,8}"), 0..4),
        options in prop_oneof![
            Just(None), Just(Some(json!(null))), Just(Some(json!({}))),
            Just(Some(json!({"include_usage":false}))), Just(Some(json!({"x":[{}]}))),
        ],
        options_first: bool,
    ) {
        let mut body = serde_json::Map::new();
        let options: Vec<(String, Value)> = options
            .map(|value| ("stream_options".to_owned(), value)).into_iter().collect();
        for (name, value) in before { body.insert(name, value.into()); }
        if options_first { body.extend(options.clone()); }
        body.insert("model".into(), "old".into());
        body.insert("stream".into(), true.into());
        if !options_first { body.extend(options); }
        for (name, value) in after { body.insert(name, value.into()); }
        let text = serde_json::to_string_pretty(&body).unwrap();
        let new = joined(&text, Dialect::Chat, Some("new"), true);
        let new: Value = serde_json::from_str(&new).unwrap();
        body["model"] = "new".into();
        let asked = body.entry("stream_options").or_insert(json!({}));
        if asked.is_null() { *asked = json!({}); }
        asked["include_usage"] = true.into();
        prop_assert_eq!(new, Value::Object(body));
    }
}

#[test]
fn a_model_is_named_where_there_is_none() {
    for (body, named) in [
        (r#"{"input":1}"#, r#"{"model":"m","input":1}"#),
        (" { }", r#" {"model":"m" }"#),
        (r#"{"input":1,"model":null}"#, r#"{"input":1,"model":null}"#),
        (r#"{"\u006dodel":"x"}"#, r#"{"\u006dodel":"x"}"#),
        ("[]", "[]"),
        ("", ""),
    ] {
        assert_eq!(with_model(Bytes::from(body), "m"), named);
    }
}
