//! What a provider's own tools did in an answer, where more than one family has a form for it.

use super::json::{Object, Value};
use crate::models::chat::Raw;

/// One thing that a tool did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// It searched the web.
    Search {
        /// For what.
        query: String,
        /// The addresses and titles of what it found, where they are told with it.
        found: Vec<(String, String)>,
    },
    /// It ran code.
    Code(String),
    /// What the code printed, and whether it failed.
    Output(String, bool),
}

/// What a block tells, in order; nothing where only its own family has a form for it.
pub(super) fn of(raw: &Raw) -> Vec<Step> {
    let fields = Value::parse(raw.text()).ok().and_then(Value::object);
    let Some(fields) = fields else {
        return Vec::new();
    };
    match fields.text("type").as_deref() {
        None => part(&fields).into_iter().collect(),
        Some("server_tool_use") => used(&fields).into_iter().collect(),
        Some("code_execution_tool_result") => printed(&fields).into_iter().collect(),
        Some("web_search_call") => searched(&fields).into_iter().collect(),
        Some("code_interpreter_call") => interpreted(&fields),
        Some(_) => Vec::new(),
    }
}

/// A part of Google's.
fn part(fields: &Object<'_>) -> Option<Step> {
    let either = |camel: &str, snake: &str| fields.object(camel).or_else(|| fields.object(snake));
    if let Some(code) = either("executableCode", "executable_code") {
        return Some(Step::Code(code.word("code")?));
    }
    let result = either("codeExecutionResult", "code_execution_result")?;
    let failed = result.word("outcome");
    Some(Step::Output(
        result.string("output").unwrap_or_default(),
        failed.is_some_and(|word| word != "OUTCOME_OK"),
    ))
}

/// A block of Anthropic's before its result.
fn used(fields: &Object<'_>) -> Option<Step> {
    let input = fields.object("input").unwrap_or_default();
    match fields.text("name").as_deref()? {
        "web_search" => Some(Step::Search {
            query: input.string("query").unwrap_or_default(),
            found: Vec::new(),
        }),
        "code_execution" => Some(Step::Code(input.word("code")?)),
        _ => None,
    }
}

fn printed(fields: &Object<'_>) -> Option<Step> {
    let result = fields.object("content")?;
    let code = result.get("return_code").and_then(Value::count);
    let texts = ["stdout", "stderr", "error_code"];
    let texts: String = texts.iter().filter_map(|name| result.word(name)).collect();
    Some(Step::Output(texts, code != Some(0)))
}

/// An item of responses; it may also open a page, which nobody else tells.
fn searched(fields: &Object<'_>) -> Option<Step> {
    let action = fields.object("action")?;
    if action.text("type").is_some_and(|kind| kind != "search") {
        return None;
    }
    let first = || action.list("queries").into_iter().find_map(Value::text);
    let query = action
        .word("query")
        .or_else(|| first().map(std::borrow::Cow::into_owned))?;
    let found = action
        .list("sources")
        .into_iter()
        .filter_map(Value::object)
        .filter_map(|source| {
            let title = source.string("title").unwrap_or_default();
            Some((source.word("url")?, title))
        })
        .collect();
    Some(Step::Search { query, found })
}

fn interpreted(fields: &Object<'_>) -> Vec<Step> {
    let Some(code) = fields.word("code") else {
        return Vec::new();
    };
    let outputs = fields.list("outputs").into_iter();
    let logs: Vec<String> = outputs
        .filter_map(|output| output.object()?.word("logs"))
        .collect();
    let failed = fields.text("status").is_some_and(|word| word == "failed");
    vec![Step::Code(code), Step::Output(logs.concat(), failed)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(block: &str) -> Vec<Step> {
        of(&Raw::parse(block).unwrap())
    }

    fn search(query: &str, found: &[(&str, &str)]) -> Step {
        let own = |(url, title): &(&str, &str)| ((*url).to_owned(), (*title).to_owned());
        Step::Search {
            query: query.into(),
            found: found.iter().map(own).collect(),
        }
    }

    #[test]
    fn the_same_thing_is_read_from_each_familys_words() {
        let printed = |text: &str, failed| Step::Output(text.into(), failed);
        for (block, told) in [
            (
                r#"{"executableCode":{"language":"PYTHON","code":"print(1)"}}"#,
                vec![Step::Code("print(1)".into())],
            ),
            (
                r#"{"codeExecutionResult":{"outcome":"OUTCOME_FAILED","output":"no"}}"#,
                vec![printed("no", true)],
            ),
            (
                r#"{"type":"server_tool_use","id":"s","name":"code_execution","input":{"code":"x"}}"#,
                vec![Step::Code("x".into())],
            ),
            (
                r#"{"type":"code_execution_tool_result","tool_use_id":"s","content":{"type":"code_execution_result","stdout":"1","stderr":"","return_code":0}}"#,
                vec![printed("1", false)],
            ),
            (
                r#"{"type":"code_interpreter_call","id":"ci","code":"x","outputs":[{"type":"logs","logs":"1"}]}"#,
                vec![Step::Code("x".into()), printed("1", false)],
            ),
            (
                r#"{"type":"web_search_call","action":{"type":"search","queries":["a","b"],"sources":[{"type":"url","url":"https://x.y"}]}}"#,
                vec![search("a", &[("https://x.y", "")])],
            ),
            (
                r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"a"}}"#,
                vec![search("a", &[])],
            ),
            (
                r#"{"type":"web_search_call","action":{"type":"open_page","url":"https://x.y"}}"#,
                vec![],
            ),
        ] {
            assert_eq!(steps(block), told, "{block}");
        }
    }
}
