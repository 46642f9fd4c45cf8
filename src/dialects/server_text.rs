//! What a provider's own tools did, in words for another family.

use super::json::{Object, Value, compact};
use crate::models::chat::Raw;

/// A text in the place of a block; `None` when nothing in it can be told.
pub(super) fn of(raw: &Raw) -> Option<String> {
    let value = Value::parse(raw.text()).ok()?;
    let fields = value.object()?;
    let Some(kind) = fields.text("type") else {
        return part(&fields);
    };
    if kind == "server_tool_use" || kind == "mcp_tool_use" {
        let name = fields.string("name")?;
        let input = compact(fields.get("input").map_or("{}", Value::source));
        return Some(format!("[{name} {input}]\n"));
    }
    if kind.ends_with("_call") {
        return called(&kind, &fields);
    }
    if kind.ends_with("_output") || kind.ends_with("_response") {
        return Some(answered(&kind, &fields));
    }
    if kind == "search_result" {
        let title = fields.string("title").unwrap_or_default();
        let source = fields.string("source").unwrap_or_default();
        let text: Vec<String> = texts(&fields);
        return Some(format!("{title} {source}\n{}", text.join("\n")));
    }
    if !kind.ends_with("_result") {
        return None;
    }
    let inner = fields.get("content")?;
    let mut lines: Vec<String> = Vec::new();
    for item in inner.list().unwrap_or_default() {
        if let Some(found) = item.object() {
            lines.extend(line(&found));
        }
    }
    if let Some(found) = inner.object() {
        lines.extend(line(&found));
    }
    (!lines.is_empty()).then(|| format!("[{kind}]\n{}\n", lines.join("\n")))
}

/// A part of Google's, which says by its only field what it is.
fn part(fields: &Object<'_>) -> Option<String> {
    let either = |camel: &str, snake: &str| fields.object(camel).or_else(|| fields.object(snake));
    if let Some(code) = either("executableCode", "executable_code") {
        return Some(format!("[code_execution]\n{}\n", code.word("code")?));
    }
    if let Some(result) = either("codeExecutionResult", "code_execution_result") {
        let output = result.string("output").unwrap_or_default();
        let outcome = result.word("outcome").filter(|word| word != "OUTCOME_OK");
        let failed = outcome.map(|word| format!(" {word}")).unwrap_or_default();
        return Some(format!(
            "[code_execution_result{failed}]\n{}\n",
            output.trim_end()
        ));
    }
    let call = either("toolCall", "tool_call")?;
    let name = call.word("toolType").or_else(|| call.word("tool_type"))?;
    let asked = compact(call.get("args").map_or("{}", Value::source));
    Some(format!("[{} {asked}]\n", name.to_lowercase()))
}

/// An item of responses: what was asked, and what was found.
fn called(kind: &str, fields: &Object<'_>) -> Option<String> {
    let asked = ["action", "operation", "queries", "code", "arguments"]
        .into_iter()
        .find_map(|name| fields.get(name));
    let mut lines = vec![format!(
        "[{} {}]",
        kind.trim_end_matches("_call"),
        compact(asked?.source())
    )];
    let outputs = ["results", "outputs", "output"];
    for found in outputs.into_iter().flat_map(|name| fields.list(name)) {
        if let Some(found) = found.object() {
            lines.extend(line(&found));
        }
    }
    lines.extend(fields.word("output"));
    Some(lines.join("\n") + "\n")
}

/// An item of responses in which a client answers a call of a provider's own tool.
fn answered(kind: &str, fields: &Object<'_>) -> String {
    let mut lines = vec![format!("[{kind}]")];
    if let Some(approved) = fields.get("approve").and_then(Value::truth) {
        lines.push(format!("approve: {approved}"));
        lines.extend(fields.word("reason"));
    }
    for found in fields.list("output").into_iter().filter_map(Value::object) {
        lines.extend(line(&found));
        let code = found.object("outcome");
        let code = code.and_then(|outcome| outcome.get("exit_code")?.count());
        lines.extend(code.map(|code| format!("exit code {code}")));
    }
    lines.extend(fields.word("output"));
    lines.join("\n") + "\n"
}

fn line(found: &Object<'_>) -> Option<String> {
    if let Some(url) = found.word("url") {
        let title = found.string("title").unwrap_or_default();
        return Some(format!("{title} {url}").trim().to_owned());
    }
    let said = ["text", "logs", "stdout", "stderr", "error_code"];
    let said: Vec<String> = said.iter().filter_map(|name| found.word(name)).collect();
    (!said.is_empty()).then(|| said.join("\n"))
}

fn texts(fields: &Object<'_>) -> Vec<String> {
    fields
        .list("content")
        .into_iter()
        .filter_map(Value::object)
        .filter_map(|part| part.string("text"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_answers_to_openais_tools_is_told_in_words() {
        for (item, told) in [
            (
                r#"{"type":"shell_call_output","call_id":"c","output":[{"stdout":"a","stderr":"b","outcome":{"type":"exit","exit_code":2}}]}"#,
                "[shell_call_output]\na\nb\nexit code 2\n",
            ),
            (
                r#"{"type":"local_shell_call_output","id":"c","output":"{\"a\":1}"}"#,
                "[local_shell_call_output]\n{\"a\":1}\n",
            ),
            (
                r#"{"type":"computer_call_output","call_id":"c","output":{"type":"computer_screenshot","file_id":"f"}}"#,
                "[computer_call_output]\n",
            ),
            (
                r#"{"type":"mcp_approval_response","approve":false,"reason":"no","approval_request_id":"a"}"#,
                "[mcp_approval_response]\napprove: false\nno\n",
            ),
            (
                r#"{"type":"apply_patch_call","operation":{"type": "delete_file"}}"#,
                "[apply_patch {\"type\":\"delete_file\"}]\n",
            ),
        ] {
            assert_eq!(of(&Raw::parse(item).unwrap()).as_deref(), Some(told));
        }
    }

    #[test]
    fn what_googles_tools_did_is_told_in_words() {
        for (part, told) in [
            (
                r#"{"executableCode":{"language":"PYTHON","code":"print(1)"}}"#,
                "[code_execution]\nprint(1)\n",
            ),
            (
                r#"{"code_execution_result":{"outcome":"OUTCOME_OK","output":"1"}}"#,
                "[code_execution_result]\n1\n",
            ),
            (
                r#"{"codeExecutionResult":{"outcome":"OUTCOME_FAILED","output":"no"}}"#,
                "[code_execution_result OUTCOME_FAILED]\nno\n",
            ),
            (
                r#"{"toolCall":{"toolType":"GOOGLE_SEARCH_WEB","args":{"q": "x"}}}"#,
                "[google_search_web {\"q\":\"x\"}]\n",
            ),
        ] {
            assert_eq!(of(&Raw::parse(part).unwrap()).as_deref(), Some(told));
        }
        assert_eq!(of(&Raw::parse(r#"{"new":{"a":1}}"#).unwrap()), None);
    }
}
