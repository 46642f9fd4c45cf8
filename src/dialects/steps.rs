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

/// What a block tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Steps {
    /// In order; nothing where only its own family has a form for it.
    pub(super) taken: Vec<Step>,
    /// Whether the block tells nothing else.
    pub(super) whole: bool,
}

impl From<Option<Step>> for Steps {
    fn from(step: Option<Step>) -> Self {
        Self {
            whole: step.is_some(),
            taken: step.into_iter().collect(),
        }
    }
}

/// What a block tells.
pub(super) fn of(raw: &Raw) -> Steps {
    let fields = Value::parse(raw.text()).ok().and_then(Value::object);
    let Some(fields) = fields else {
        return Steps::default();
    };
    match fields.text("type").as_deref() {
        None => part(&fields).into(),
        Some("server_tool_use") => used(&fields).into(),
        Some("code_execution_tool_result") => printed(&fields),
        Some("web_search_call") => searched(&fields),
        Some("code_interpreter_call") => interpreted(&fields),
        Some(_) => Steps::default(),
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

/// What code of Anthropic's printed; the files it made have no form elsewhere.
fn printed(fields: &Object<'_>) -> Steps {
    let Some(result) = fields.object("content") else {
        return Steps::default();
    };
    let code = result.get("return_code").and_then(Value::count);
    let texts = ["stdout", "stderr", "error_code"];
    let texts: String = texts.iter().filter_map(|name| result.word(name)).collect();
    Steps {
        taken: vec![Step::Output(texts, code != Some(0))],
        whole: result.list("content").is_empty() && result.word("encrypted_stdout").is_none(),
    }
}

/// An item of responses; it may also open a page, which nobody else tells.
fn searched(fields: &Object<'_>) -> Steps {
    let action = fields.object("action").unwrap_or_default();
    if action.text("type").is_some_and(|kind| kind != "search") {
        return Steps::default();
    }
    let queries = action.list("queries").into_iter().filter_map(Value::text);
    let mut queries: Vec<String> = queries.map(std::borrow::Cow::into_owned).collect();
    if let Some(query) = action
        .word("query")
        .filter(|query| !queries.contains(query))
    {
        queries.insert(0, query);
    }
    let sources = action.list("sources");
    let told = sources.len();
    let found: Vec<(String, String)> = sources
        .into_iter()
        .filter_map(Value::object)
        .filter_map(|source| {
            let title = source.string("title").unwrap_or_default();
            Some((source.word("url")?, title))
        })
        .collect();
    Steps {
        whole: !queries.is_empty() && found.len() == told,
        taken: searches(queries, found),
    }
}

/// One search for each query; which of them found what is not told, so the last found it all.
fn searches(mut queries: Vec<String>, found: Vec<(String, String)>) -> Vec<Step> {
    let last = queries.pop().map(|query| Step::Search { query, found });
    let before = queries.into_iter().map(|query| Step::Search {
        query,
        found: Vec::new(),
    });
    before.chain(last).collect()
}

/// Code and its logs; the pictures it drew have no form elsewhere.
fn interpreted(fields: &Object<'_>) -> Steps {
    let Some(code) = fields.word("code") else {
        return Steps::default();
    };
    let outputs = fields.list("outputs");
    let told = outputs.len();
    let logs: Vec<String> = outputs
        .into_iter()
        .filter_map(|output| output.object()?.string("logs"))
        .collect();
    let failed = fields.text("status").is_some_and(|word| word == "failed");
    Steps {
        whole: logs.len() == told,
        taken: vec![Step::Code(code), Step::Output(logs.concat(), failed)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(block: &str) -> Steps {
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
                vec![search("a", &[]), search("b", &[("https://x.y", "")])],
            ),
            (
                r#"{"type":"web_search_call","action":{"type":"search","query":"a","queries":["a"]}}"#,
                vec![search("a", &[])],
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
            let whole = !told.is_empty();
            let told = Steps { taken: told, whole };
            assert_eq!(steps(block), told, "{block}");
        }
    }

    #[test]
    fn what_only_its_own_family_has_a_form_for_is_not_read_as_the_whole() {
        for block in [
            r#"{"type":"code_interpreter_call","id":"ci","code":"x","outputs":[{"type":"image","url":"https://x.y"}]}"#,
            r#"{"type":"code_execution_tool_result","tool_use_id":"s","content":{"type":"code_execution_result","stdout":"1","stderr":"","return_code":0,"content":[{"type":"code_execution_output","file_id":"f"}]}}"#,
            r#"{"type":"web_search_call","action":{"type":"search","query":"a","sources":[{"type":"api","name":"oai-weather"}]}}"#,
        ] {
            let read = steps(block);
            assert!(!read.taken.is_empty() && !read.whole, "{block}");
        }
    }
}
