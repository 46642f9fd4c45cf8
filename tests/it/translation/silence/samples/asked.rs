//! What is asked for beside the conversation.

use manti::models::chat::{
    Cache, Family, Format, Reasoning, Sampling, ServerTool, Tool, ToolChoice, ToolKind,
};

use super::{Kinds, TOOL, complete, raw, word};

pub(super) fn sampling() -> Vec<(String, Sampling, Sampling)> {
    let mut all = each_field!(
        Sampling::default(),
        Sampling {
            temperature: [Some(raw("0.5")), Some(raw("1.5"))],
            top_p: [Some(raw("0.5"))],
            top_k: [Some(raw("5"))],
            seed: [Some(raw("5"))],
            frequency_penalty: [Some(raw("0.5"))],
            presence_penalty: [Some(raw("0.5"))],
            logprobs: [Some(raw("true"))],
            // Beside `logprobs` alone.
            top_logprobs: [],
        }
    );
    let likely = Sampling {
        logprobs: Some(raw("true")),
        ..Sampling::default()
    };
    let more = Sampling {
        top_logprobs: Some(raw("3")),
        ..likely.clone()
    };
    all.push(("Sampling.top_logprobs".to_owned(), likely, more));
    all
}

pub(super) fn reasoning() -> Vec<(String, Reasoning, Reasoning)> {
    each_field!(
        Reasoning::default(),
        Reasoning {
            off: [true],
            effort: [word("minimal"), word("low"), word("high"), word("max")],
            budget: [Some(1024), Some(9000)],
            adaptive: [true],
            // Of the answer alone: what is shown of it.
            visible: [],
            sealed: [],
        }
    )
}

pub(super) fn formats() -> Vec<(String, Option<Format>, Option<Format>)> {
    let schema = Format::Schema {
        name: None,
        description: None,
        strict: None,
        schema: raw(r#"{"type":"object","properties":{"a":{"type":"string"}}}"#),
    };
    let fields = each_field!(
        schema.clone(),
        Format::Schema {
            name: [word("n")],
            description: [word("d")],
            strict: [Some(true)],
            schema: [
                raw(r#"{"type":"object","properties":{"b":{"type":"string"}}}"#),
                raw(r#"{"type":"object","properties":{"a":{"type":"string","pattern":"x"}}}"#),
            ],
        }
    );
    let kinds = [Format::Text, Format::Json, schema];
    complete(kinds.iter());
    let [_, json, schema] = kinds.map(Some);
    // `Text` is what there is without one.
    let none = || Some(Format::Text);
    let mut all: Vec<_> = fields
        .into_iter()
        .map(|(name, without, with)| (name, Some(without), Some(with)))
        .collect();
    all.push(("Format::Json".to_owned(), none(), json));
    all.push(("Format::Schema".to_owned(), none(), schema));
    all
}

pub(super) fn choices() -> Vec<(String, Option<ToolChoice>, Option<ToolChoice>)> {
    let allowed = ToolChoice::Allowed {
        names: vec!["f".to_owned()],
        required: false,
    };
    let fields = each_field!(
        allowed.clone(),
        ToolChoice::Allowed {
            names: [Vec::new()],
            required: [true],
        }
    );
    let kinds = [
        ToolChoice::Auto,
        ToolChoice::None,
        ToolChoice::Required,
        ToolChoice::Tool("f".to_owned()),
        allowed,
    ];
    complete(kinds.iter());
    let mut all: Vec<_> = fields
        .into_iter()
        .map(|(name, without, with)| (name, Some(without), Some(with)))
        .collect();
    // `Auto` is what there is without one, and so is a choice among all tools.
    for kind in &kinds[1..4] {
        let name = format!("ToolChoice::{}", kind.name());
        all.push((name, None, Some(kind.clone())));
    }
    all
}

pub(super) fn tools() -> Vec<(String, Vec<Tool>, Vec<Tool>)> {
    let schema = raw(r#"{"type":"object","properties":{"y":{}}}"#);
    let kind = |kind| Tool {
        name: "g".to_owned(),
        description: None,
        kind,
        cache: None,
        at: TOOL.to_owned(),
        extras: Vec::new(),
    };
    let function = ToolKind::Function {
        schema: Some(schema),
        strict: None,
    };
    let custom = ToolKind::Custom { format: None };
    let search = ServerTool::WebSearch {
        family: Family::OpenAi,
        allowed: Vec::new(),
        blocked: Vec::new(),
        location: None,
        context: None,
        max_uses: None,
        raw: raw(r#"{"type":"web_search"}"#),
    };
    let mut kinds = vec![function.clone(), custom.clone()];
    let servers = [
        search.clone(),
        other_tool(Family::OpenAi),
        other_tool(Family::Google),
    ];
    complete(servers.iter());
    kinds.extend(servers.map(ToolKind::Server));
    complete(kinds.iter());
    let mut all = Vec::new();
    for each in kinds {
        let name = format!("ToolKind::{}", each.name());
        all.push((name, Vec::new(), vec![kind(each)]));
    }
    let mut varied = each_field!(
        function.clone(),
        ToolKind::Function {
            schema: [
                None,
                Some(raw(r#"{"type":"object","properties":{"z":{}}}"#))
            ],
            strict: [Some(true)],
        }
    );
    varied.extend(each_field!(
        custom,
        ToolKind::Custom {
            format: [Some(raw(
                r#"{"type":"grammar","syntax":"lark","definition":"x"}"#
            ))],
        }
    ));
    varied.extend(
        each_field!(
            search,
            ServerTool::WebSearch {
                // Whose spelling it is in, and that spelling.
                family: [],
                raw: [],
                allowed: [vec!["x.com".to_owned()]],
                blocked: [vec!["x.com".to_owned()]],
                location: [Some(raw(r#"{"city":"Bonn"}"#))],
                context: [word("high")],
                max_uses: [Some(3)],
            }
        )
        .into_iter()
        .map(|(name, without, with)| (name, ToolKind::Server(without), ToolKind::Server(with))),
    );
    for (name, without, with) in varied {
        all.push((name, vec![kind(without)], vec![kind(with)]));
    }
    let fields = each_field!(
        kind(function),
        Tool {
            name: ["h".to_owned()],
            description: [word("d")],
            // By its kinds, above.
            kind: [],
            cache: [Some(Cache::default())],
            // Where it stood.
            at: [],
            extras: [vec![("tools[1].zork".to_owned(), raw("1"))]],
        }
    );
    all.extend(
        fields
            .into_iter()
            .map(|(name, without, with)| (name, vec![without], vec![with])),
    );
    all
}

fn other_tool(family: Family) -> ServerTool {
    ServerTool::Other {
        family,
        raw: raw(r#"{"type":"zork"}"#),
    }
}
