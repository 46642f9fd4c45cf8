//! What of a request nobody asked for, noted by the client's own paths.
//!
//! Below its top level a request's fields are known by being asked for: a reader that is done with
//! an object notes the rest, which no other dialect will be told, and every writer reports it.

use std::fmt::Display;

use super::json::Object;
use super::report;

/// What was left so far.
#[derive(Debug, Default)]
pub(super) struct Unread(Vec<String>);

impl Unread {
    /// Notes what is left of an object.
    ///
    /// `aside`: names that mean nothing to anybody else, such as an item's own id.
    pub(super) fn rest(&mut self, fields: &Object<'_>, at: impl Display, aside: &[&str]) {
        for name in fields.unasked() {
            if self.0.len() == report::MOST {
                return;
            }
            if !aside.contains(&name) {
                report::note(&mut self.0, format!("{at}.{name}"));
            }
        }
    }

    /// The paths, for [`Request::unsaid`](crate::models::chat::Request::unsaid).
    pub(super) fn into_paths(self) -> Vec<String> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::Dialect;
    use crate::dialects::json::Value;

    fn left(body: &str, asked: &[&str], aside: &[&str]) -> Vec<String> {
        let fields = Value::parse(body).unwrap().object().unwrap();
        for name in asked {
            fields.get(name);
        }
        let mut unread = Unread::default();
        unread.rest(&fields, "messages[0]", aside);
        unread.into_paths()
    }

    #[test]
    fn what_nobody_asked_for_is_left() {
        let body = r#"{"role":"user","id":"m1","yyy":1,"content":"x","z":{"a":0}}"#;
        assert_eq!(
            left(body, &["role", "content", "absent"], &["id"]),
            ["messages[0].yyy", "messages[0].z"]
        );
    }

    #[test]
    fn what_says_nothing_is_not_missed() {
        let body = r#"{"a":null,"b":false,"c":"","d":[],"e":{ },"f":0}"#;
        assert_eq!(left(body, &[], &[]), ["messages[0].f"]);
    }

    #[test]
    fn a_flood_of_fields_is_cut_off() {
        let fields: Vec<String> = (0..5000).map(|n| format!("\"k{n}\":1")).collect();
        let all = left(&format!("{{{}}}", fields.join(",")), &[], &[]);
        assert_eq!(all.len(), report::MOST);
    }

    fn unsaid(dialect: Dialect, body: &str) -> Vec<String> {
        let request = dialect.client().unwrap().read_request(body.as_bytes());
        request.unwrap().unsaid
    }

    #[test]
    fn nothing_below_the_top_of_a_chat_request_vanishes() {
        let body = r#"{"messages":[
            {"role":"system","name":"op","content":"s"},
            {"role":"user","a":1,"content":[
                {"type":"text","text":"hi","b":1},
                {"type":"image_url","image_url":{"url":"https://x/y.png","detail":"low","c":1}}]},
            {"role":"assistant","content":null,"tool_calls":[
                {"id":"t","type":"function","d":1,"function":{"name":"f","arguments":"{}","e":1}}]},
            {"role":"tool","tool_call_id":"t","content":"r","f":1}],
            "tools":[{"type":"function","g":1,"function":{"name":"f"}},
                {"type":"custom","custom":{"name":"c","h":1}}],
            "tool_choice":{"type":"function","function":{"name":"f"},"i":1},
            "response_format":{"type":"text","j":1},"reasoning":{"effort":"low","k":1}}"#;
        let mut paths = unsaid(Dialect::Chat, body);
        paths.sort();
        assert_eq!(
            paths,
            [
                "messages[0].name",
                "messages[1].a",
                "messages[1].content[0].b",
                "messages[1].content[1].image_url.c",
                "messages[2].tool_calls[0].d",
                "messages[2].tool_calls[0].function.e",
                "messages[3].f",
                "reasoning.k",
                "response_format.j",
                "tool_choice.i",
                "tools[0].g",
                "tools[1].custom.h",
            ]
        );
    }

    #[test]
    fn what_chat_clients_send_back_of_an_answer_is_no_loss() {
        let body = r#"{"messages":[{"role":"user","content":"x"},
            {"role":"assistant","content":"y","refusal":null,"annotations":[],"audio":null,
                "function_call":null,"parsed":{"a":1},"reasoning":"t","reasoning_content":"t",
                "reasoning_details":[{"type":"reasoning.text","text":"t"}],
                "tool_calls":[{"index":1,"id":"t","type":"function",
                    "function":{"name":"f","arguments":"{}","parsed_arguments":{"a":1}}}]},
            {"role":"tool","tool_call_id":"t","name":"f","content":"r"}]}"#;
        assert_eq!(unsaid(Dialect::Chat, body), [""; 0]);
    }
}
