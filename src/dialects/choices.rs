//! The choice among tools, which must be among them.

use std::collections::HashSet;

use super::Malformed;
use super::report::Report;
use crate::models::chat::{Request, ServerTool, Spelling, Tool, ToolChoice, ToolKind};

/// The tools to write: all of them where the choice itself is written (`told`), else those that it
/// leaves.
pub(super) fn callable(request: &Request, told: bool) -> impl Iterator<Item = &Tool> {
    let allowed: Option<HashSet<&str>> = match &request.choice {
        Some(ToolChoice::Allowed { names, .. }) if !told => {
            Some(names.iter().map(String::as_str).collect())
        }
        _ => None,
    };
    // Only clients of responses can name a provider's own tools in a choice.
    let all = request.spelling == Spelling::Responses;
    let is_allowed = move |tool: &&Tool| {
        let named = all || !matches!(tool.kind, ToolKind::Server(_));
        let mut some = allowed.iter().filter(|_| named);
        some.all(|names| names.contains(tool.name.as_str()))
    };
    request.tools.iter().filter(is_allowed)
}

/// Reports a call that has to be made where no tool can be told to the model.
pub(super) fn impossible(request: &Request, report: &mut Report) {
    if request.choice.as_ref().is_some_and(ToolChoice::forces) {
        report.dropped("tool_choice");
    }
}

/// Refuses a choice that names a tool nobody declared, as each client's own provider would.
///
/// `at`: where the client names it.
pub(super) fn check(
    choice: Option<&ToolChoice>,
    tools: &[Tool],
    at: &str,
) -> Result<(), Malformed> {
    let named = match choice {
        Some(ToolChoice::Tool(name)) => std::slice::from_ref(name),
        Some(ToolChoice::Allowed { names, .. }) => names,
        _ => return Ok(()),
    };
    // Some tools of a provider's own bring others along, whose names stand nowhere here.
    let brings = |tool: &Tool| matches!(tool.kind, ToolKind::Server(ServerTool::Other { .. }));
    if tools.iter().any(brings) {
        return Ok(());
    }
    let declared: HashSet<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    match named.iter().find(|name| !declared.contains(name.as_str())) {
        Some(name) => Err(Malformed::at(
            at,
            format!("{at} names \"{name}\", which is none of the tools"),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::dialects::Dialect;

    fn refused(dialect: Dialect, body: &str) -> Option<String> {
        let read = dialect.client().unwrap().read_request(body.as_bytes());
        read.err().and_then(|error| error.param)
    }

    #[test]
    fn a_choice_of_a_tool_that_nobody_declared_is_refused_by_its_own_name() {
        for (dialect, at, body) in [
            (
                Dialect::Chat,
                "tool_choice",
                r#"{"messages":[{"role":"user","content":"x"}],
                    "tools":[{"type":"function","function":{"name":"f"}}],
                    "tool_choice":{"type":"function","function":{"name":"NAME"}}}"#,
            ),
            (
                Dialect::Chat,
                "function_call",
                r#"{"messages":[{"role":"user","content":"x"}],
                    "functions":[{"name":"f"}],"function_call":{"name":"NAME"}}"#,
            ),
            (
                Dialect::Messages,
                "tool_choice.name",
                r#"{"max_tokens":9,"messages":[{"role":"user","content":"x"}],
                    "tools":[{"name":"f","input_schema":{"type":"object"}}],
                    "tool_choice":{"type":"tool","name":"NAME"}}"#,
            ),
            (
                Dialect::Responses,
                "tool_choice",
                r#"{"input":"x","tools":[{"type":"function","name":"f"}],
                    "tool_choice":{"type":"allowed_tools","mode":"auto",
                        "tools":[{"type":"function","name":"NAME"}]}}"#,
            ),
            (
                Dialect::Gemini,
                "toolConfig.functionCallingConfig.allowedFunctionNames",
                r#"{"contents":[{"parts":[{"text":"x"}]}],
                    "tools":[{"functionDeclarations":[{"name":"f"}]}],
                    "toolConfig":{"functionCallingConfig":
                        {"mode":"ANY","allowedFunctionNames":["NAME"]}}}"#,
            ),
        ] {
            let asked = |name| refused(dialect, &body.replace("NAME", name));
            assert_eq!(asked("f"), None, "{body}");
            assert_eq!(asked("g").as_deref(), Some(at), "{body}");
        }
    }

    #[test]
    fn tools_of_a_providers_own_may_bring_others_along() {
        let body = r#"{"input":"x","tools":[{"type":"mcp","server_label":"s"}],
            "tool_choice":{"type":"function","name":"theirs"}}"#;
        assert_eq!(refused(Dialect::Responses, body), None);
    }
}
