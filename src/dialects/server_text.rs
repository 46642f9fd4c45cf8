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
    let asked = ["action", "queries", "code", "arguments"]
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

fn line(found: &Object<'_>) -> Option<String> {
    if let Some(url) = found.word("url") {
        let title = found.string("title").unwrap_or_default();
        return Some(format!("{title} {url}").trim().to_owned());
    }
    ["text", "logs", "stdout", "error_code"]
        .into_iter()
        .find_map(|name| found.word(name))
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
