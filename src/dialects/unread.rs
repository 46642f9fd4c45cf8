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

    /// Notes something that has no place as a whole.
    pub(super) fn note(&mut self, path: String) {
        report::note(&mut self.0, path);
    }

    /// Notes what another noted.
    pub(super) fn also(&mut self, more: Self) {
        for path in more.0 {
            self.note(path);
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

    #[test]
    fn nothing_below_the_top_of_a_messages_request_vanishes() {
        let body = r#"{"max_tokens":9,"system":[{"type":"text","text":"s","a":1}],"messages":[
            {"role":"user","b":1,"content":[
                {"type":"image","c":1,"source":{"type":"url","url":"https://x/y.png","d":1}},
                {"type":"document","source":{"type":"text","data":"t"},
                    "citations":{"enabled":true,"e":1}}]},
            {"role":"assistant","content":[
                {"type":"thinking","thinking":"t","signature":"s","f":1},
                {"type":"tool_use","id":"t","name":"n","input":{},"g":1,
                    "caller":{"type":"code_execution_20250825","tool_id":"srv"}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","h":1,
                "content":[{"type":"text","text":"r","i":1}]}]}],
            "thinking":{"type":"adaptive","j":1},"tool_choice":{"type":"auto","k":1}}"#;
        let mut paths = unsaid(Dialect::Messages, body);
        paths.sort();
        assert_eq!(
            paths,
            [
                "messages[0].b",
                "messages[0].content[0].c",
                "messages[0].content[0].source.d",
                "messages[0].content[1].citations.e",
                "messages[1].content[0].f",
                "messages[1].content[1].caller",
                "messages[1].content[1].g",
                "messages[2].content[0].content[0].i",
                "messages[2].content[0].h",
                "system[0].a",
                "thinking.j",
                "tool_choice.k",
            ]
        );
    }

    #[test]
    fn what_messages_clients_send_back_of_an_answer_is_no_loss() {
        let body = r#"{"max_tokens":9,"messages":[{"role":"user","content":"x"},
            {"role":"assistant","content":[
                {"type":"text","text":"a","citations":null,"cache_control":null},
                {"type":"tool_use","id":"t","name":"n","input":{},"caller":{"type":"direct"}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","is_error":false,
                "content":"r","cache_control":{"type":"ephemeral"}}]}]}"#;
        assert_eq!(unsaid(Dialect::Messages, body), [""; 0]);
    }

    #[test]
    fn nothing_in_the_items_of_a_responses_request_vanishes() {
        let body = r#"{"input":[
            {"role":"user","a":1,"name":"n","content":[{"type":"input_text","text":"x","b":1}]},
            {"type":"function_call","call_id":"t","name":"f","arguments":"{}","c":1},
            {"type":"function_call_output","call_id":"t","d":1,
                "output":[{"type":"input_text","text":"r","e":1}]}],
            "text":{"format":{"type":"json_schema","name":"n","schema":{},"f":1}}}"#;
        let mut paths = unsaid(Dialect::Responses, body);
        paths.sort();
        assert_eq!(
            paths,
            [
                "input[0].a",
                "input[0].content[0].b",
                "input[0].name",
                "input[1].c",
                "input[2].d",
                "input[2].output[0].e",
                "text.format.f",
            ]
        );
    }

    #[test]
    fn what_responses_clients_send_back_of_an_answer_is_no_loss() {
        let body = r#"{"input":[{"role":"user","content":"x"},
            {"type":"reasoning","id":"rs","summary":[],"encrypted_content":"g","status":null},
            {"type":"message","id":"msg","role":"assistant","status":"completed",
                "phase":"final_answer","content":[{"type":"output_text","text":"y",
                    "annotations":[],"logprobs":[{"token":"y"}],"parsed":{"a":1}}]},
            {"type":"function_call","id":"fc","status":"completed","call_id":"t","name":"f",
                "arguments":"{}","parsed_arguments":{}},
            {"type":"function_call_output","id":"o","status":"completed","call_id":"t",
                "output":"r"}]}"#;
        assert_eq!(unsaid(Dialect::Responses, body), [""; 0]);
    }

    #[test]
    fn nothing_below_the_top_of_a_gemini_request_vanishes() {
        let body = r#"{"systemInstruction":{"parts":[{"text":"s"}],"a":1},"contents":[
            {"role":"user","b":1,"parts":[{"text":"x","c":1},
                {"inlineData":{"mimeType":"image/png","data":"AA==","d":1},
                    "videoMetadata":{"fps":1}}]},
            {"role":"model","parts":[
                {"functionCall":{"name":"f","args":{},"willContinue":true,"e":1}}]},
            {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"result":"r"},
                "willContinue":false,"scheduling":"SILENT",
                "parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="},"f":1}]}}]}],
            "generationConfig":{"thinkingConfig":{"thinkingBudget":1024,"g":1}},
            "toolConfig":{"functionCallingConfig":{"mode":"AUTO","h":1}}}"#;
        let mut paths = unsaid(Dialect::Gemini, body);
        paths.sort();
        assert_eq!(
            paths,
            [
                "contents[0].b",
                "contents[0].parts[0].c",
                "contents[0].parts[1].inlineData.d",
                "contents[0].parts[1].videoMetadata",
                "contents[1].parts[0].functionCall.e",
                "contents[1].parts[0].functionCall.willContinue",
                "contents[2].parts[0].functionResponse.parts[0].f",
                "contents[2].parts[0].functionResponse.scheduling",
                "generationConfig.thinkingConfig.g",
                "systemInstruction.a",
                "toolConfig.functionCallingConfig.h",
            ]
        );
    }

    #[test]
    fn what_gemini_clients_send_back_of_an_answer_is_no_loss() {
        let body = r#"{"contents":[{"role":"user","parts":[{"text":"x"}]},
            {"role":"model","parts":[{"text":"t","thought":true},
                {"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"AA==",
                    "thought":true}]},
            {"role":"user","parts":[{"functionResponse":{"id":"1","name":"f","response":{}}}]}]}"#;
        assert_eq!(unsaid(Dialect::Gemini, body), [""; 0]);
    }

    #[test]
    fn nothing_in_a_search_of_the_web_vanishes() {
        for (dialect, body, paths) in [
            (
                Dialect::Messages,
                r#"{"messages":[{"role":"user","content":"x"}],"tools":[
                    {"type":"web_search_20250305","name":"web_search","max_uses":1,"a":1}]}"#,
                &["tools[0].a"][..],
            ),
            (
                Dialect::Responses,
                r#"{"input":"x","tools":[
                    {"type":"web_search","external_web_access":true,"filters":{"a":1}},
                    {"type":"web_search","external_web_access":false,"b":1}]}"#,
                &[
                    "tools[0].filters.a",
                    "tools[1].external_web_access",
                    "tools[1].b",
                ],
            ),
            (
                Dialect::Gemini,
                r#"{"contents":[{"parts":[{"text":"x"}]}],"tools":[
                    {"googleSearch":{"excludeDomains":["x.com"],"a":1}}]}"#,
                &["tools[0].googleSearch.a"],
            ),
        ] {
            assert_eq!(unsaid(dialect, body), paths, "{body}");
        }
    }
}
