//! What servers of chat completions want otherwise than OpenAI, by their host.

use crate::models::abilities::{Abilities, CacheMarks, Carriage, Ids, Thinking};

/// Applies what the server at an address wants, for a model of this name.
pub(super) fn apply(base_url: &str, name: &str, abilities: &mut Abilities) {
    let Some(host) = host(base_url) else { return };
    let known = HOSTS
        .iter()
        .find(|(end, _)| host == *end || host.ends_with(&format!(".{end}")));
    if let Some((_, change)) = known {
        change(abilities, name);
    }
}

fn host(base_url: &str) -> Option<&str> {
    let rest = base_url
        .split_once("://")
        .map_or(base_url, |(_, rest)| rest);
    rest.split(['/', ':', '?']).next()
}

type Change = fn(&mut Abilities, &str);

/// What servers want otherwise than OpenAI.
const HOSTS: &[(&str, Change)] = &[
    ("api.openai.com", |abilities, _| {
        abilities.carriage = Carriage::None;
        abilities.ids = Ids::AtMost(40);
        abilities.tool_name = 64;
    }),
    ("openai.azure.com", |abilities, _| {
        abilities.carriage = Carriage::None;
        abilities.ids = Ids::AtMost(40);
        abilities.tool_name = 64;
    }),
    ("api.groq.com", |abilities, _| {
        abilities.carriage = Carriage::None;
        abilities.refuses = &[
            "logprobs",
            "top_logprobs",
            "logit_bias",
            "name",
            "n",
            "top_k",
        ];
    }),
    ("api.mistral.ai", |abilities, _| {
        abilities.carriage = Carriage::None;
        abilities.ids = Ids::Nine;
        abilities.prefix = true;
        abilities.refuses = &[
            "stream_options",
            "user",
            "logit_bias",
            "store",
            "service_tier",
            "top_k",
            "logprobs",
            "top_logprobs",
            "tool_choice=required",
        ];
    }),
    ("api.x.ai", |abilities, name| {
        abilities.refuses = if name.starts_with("grok-4") {
            &[
                "strict",
                "name",
                "frequency_penalty",
                "presence_penalty",
                "stop",
                "reasoning_effort",
            ]
        } else {
            &["strict", "name"]
        };
    }),
    ("api.deepseek.com", |abilities, _| {
        abilities.thinking = Thinking::Switch;
        abilities.forced_tool = false;
        abilities.structured_output = false;
        abilities.images = false;
        abilities.refuses = &["top_k", "n"];
    }),
    ("openrouter.ai", |abilities, _| {
        abilities.carriage = Carriage::Details;
        abilities.cache_marks = CacheMarks::CacheControl;
        abilities.web_search = true;
        if abilities.thinking == Thinking::Switch {
            abilities.thinking = Thinking::Effort;
        }
    }),
    ("ai-gateway.vercel.sh", |abilities, _| {
        abilities.carriage = Carriage::Details;
    }),
    ("api.fireworks.ai", |abilities, _| {
        abilities.refuses = &["strict", "response_format=alone"];
    }),
    ("api.sambanova.ai", |abilities, _| {
        abilities.refuses = &["content=list"];
    }),
    ("api.deepinfra.com", |abilities, _| {
        abilities.refuses = &["content=list"];
    }),
    ("dashscope.aliyuncs.com", dashscope),
    ("dashscope-intl.aliyuncs.com", dashscope),
    // Without it thinking stands in the text, between tags.
    ("api.minimax.io", |abilities, _| {
        abilities.always = &["reasoning_split"];
    }),
    ("api.minimaxi.com", |abilities, _| {
        abilities.always = &["reasoning_split"];
    }),
    ("api.perplexity.ai", |abilities, _| {
        abilities.tools = false;
        abilities.web_search = true;
    }),
    ("api.moonshot.ai", moonshot),
    ("api.moonshot.cn", moonshot),
    ("api.z.ai", |abilities, _| {
        abilities.thinking = Thinking::Switch;
    }),
    ("bigmodel.cn", |abilities, _| {
        abilities.thinking = Thinking::Switch;
    }),
];

fn moonshot(abilities: &mut Abilities, name: &str) {
    abilities.forced_tool = false;
    abilities.refuses = if name.contains("thinking") {
        &["top_k", "temperature"]
    } else {
        &["top_k"]
    };
}

fn dashscope(abilities: &mut Abilities, _: &str) {
    abilities.cache_marks = CacheMarks::CacheControl;
    abilities.thinking = Thinking::Switch;
    abilities.refuses = &["thinking=enable_thinking"];
}
