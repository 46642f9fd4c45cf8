//! What each model can be told, as tables: by the name, and by the server that is asked.
//!
//! The first row whose beginning fits counts, so the more exact rows come first. A model that is
//! in no table may be told everything.

use crate::config::Kind;
use crate::models::abilities::{Abilities, CacheMarks, Carriage, Ids, Thinking, ThinkingOff};
use crate::models::chat::Family;

/// What a model can be told; permissive for models not known.
pub fn of(kind: Kind, base_url: &str, model: &str) -> Abilities {
    let model = model.to_ascii_lowercase();
    let slug = model.contains('/');
    let name = model.rsplit('/').next().unwrap_or(&model).replace('.', "-");
    let mut abilities = Abilities {
        family: family(kind, &name),
        ..Abilities::default()
    };
    let claude = name.find("claude").map(|at| &name[at..]);
    if let Some(row) = claude.and_then(|name| find(CLAUDE, name)) {
        row.apply(&mut abilities);
    } else if let Some(row) = find(OPENAI, &name) {
        row.apply(&mut abilities);
    } else if let Some((_, thinking)) = THINKING.iter().find(|(start, _)| name.starts_with(start)) {
        abilities.thinking = *thinking;
    }
    match kind {
        Kind::Anthropic => abilities.ids = Ids::Word,
        Kind::OpenAi => {
            abilities.carriage = Carriage::None;
            abilities.ids = Ids::AtMost(40);
            abilities.tool_name = 64;
        }
        Kind::OpenAiCompatible if slug => abilities.carriage = Carriage::Details,
        Kind::OpenAiCompatible | Kind::Demo => {}
    }
    if kind == Kind::OpenAiCompatible
        && let Some(host) = host(base_url)
        && let Some((_, change)) = HOSTS
            .iter()
            .find(|(end, _)| host == *end || host.ends_with(&format!(".{end}")))
    {
        change(&mut abilities, &name);
    }
    abilities
}

fn host(base_url: &str) -> Option<&str> {
    let rest = base_url
        .split_once("://")
        .map_or(base_url, |(_, rest)| rest);
    rest.split(['/', ':', '?']).next()
}

/// Whose secrets a model verifies.
fn family(kind: Kind, name: &str) -> Family {
    // Whoever speaks as Anthropic does takes its own signatures back, whatever the model's name.
    if kind == Kind::Anthropic || name.contains("claude") {
        Family::Anthropic
    } else if name.starts_with("gemini") {
        Family::Google
    } else if name.starts_with("grok") {
        Family::XAi
    } else if kind == Kind::OpenAi || find(OPENAI, name).is_some() {
        Family::OpenAi
    } else {
        Family::Other
    }
}

fn find<T>(rows: &'static [(&'static str, T)], name: &str) -> Option<&'static T> {
    rows.iter()
        .find(|(start, _)| name.starts_with(start))
        .map(|(_, row)| row)
}

/// A generation of Claude.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a model"
)]
struct Claude {
    context: u64,
    output: u64,
    thinking: Thinking,
    off: ThinkingOff,
    sampling: bool,
    forced_tool: bool,
    efforts: &'static [&'static str],
    /// From Claude 4.5 on: schemas bind, temperature and `top_p` exclude each other.
    late: bool,
    prefill: bool,
    web_search: bool,
}

impl Claude {
    const OLD: Self = Self {
        context: 200_000,
        output: 4_096,
        thinking: Thinking::None,
        off: ThinkingOff::Yes,
        sampling: true,
        forced_tool: true,
        efforts: &[],
        late: false,
        prefill: true,
        web_search: false,
    };
    const SEARCHING: Self = Self {
        output: 8_192,
        web_search: true,
        ..Self::OLD
    };
    const BUDGETED: Self = Self {
        output: 64_000,
        thinking: Thinking::Manual,
        ..Self::SEARCHING
    };
    const BOUND: Self = Self {
        late: true,
        ..Self::BUDGETED
    };
    const ADAPTING: Self = Self {
        context: 1_000_000,
        output: 128_000,
        thinking: Thinking::Either,
        efforts: &["low", "medium", "high", "max"],
        prefill: false,
        ..Self::BOUND
    };
    const ADAPTIVE: Self = Self {
        thinking: Thinking::Adaptive,
        sampling: false,
        efforts: &["low", "medium", "high", "xhigh", "max"],
        ..Self::ADAPTING
    };
    const ALWAYS: Self = Self {
        off: ThinkingOff::No,
        ..Self::ADAPTIVE
    };
    const UNFORCED: Self = Self {
        forced_tool: false,
        ..Self::ALWAYS
    };
    const SOMETIMES: Self = Self {
        off: ThinkingOff::UnlessHighEffort,
        ..Self::ADAPTIVE
    };

    fn apply(&self, abilities: &mut Abilities) {
        abilities.context = Some(self.context);
        abilities.max_output = Some(self.output);
        abilities.thinking = self.thinking;
        abilities.thinking_off = self.off;
        abilities.sampling = self.sampling;
        abilities.temperature_with_top_p = !self.late;
        abilities.forced_tool = self.forced_tool;
        abilities.structured_output = self.late;
        abilities.prefill = self.prefill;
        abilities.efforts = self.efforts;
        abilities.web_search = self.web_search;
    }
}

const CLAUDE: &[(&str, Claude)] = &[
    ("claude-sonnet-5-5", Claude::UNFORCED),
    ("claude-opus-5-5", Claude::UNFORCED),
    ("claude-haiku-5-5", Claude::SOMETIMES),
    ("claude-fable-5-1", Claude::UNFORCED),
    ("claude-fable", Claude::ALWAYS),
    ("claude-mythos", Claude::ALWAYS),
    ("claude-opus-5", Claude::SOMETIMES),
    ("claude-sonnet-5", Claude::ADAPTIVE),
    ("claude-haiku-5", Claude::ADAPTIVE),
    ("claude-opus-4-8", Claude::ADAPTIVE),
    ("claude-opus-4-7", Claude::ADAPTIVE),
    ("claude-opus-4-6", Claude::ADAPTING),
    ("claude-sonnet-4-6", Claude::ADAPTING),
    ("claude-opus-4-5", Claude::BOUND),
    ("claude-sonnet-4-5", Claude::BOUND),
    ("claude-haiku-4-5", Claude::BOUND),
    (
        "claude-opus-4",
        Claude {
            output: 32_000,
            ..Claude::BUDGETED
        },
    ),
    ("claude-sonnet-4", Claude::BUDGETED),
    ("claude-3-7", Claude::BUDGETED),
    ("claude-3-5", Claude::SEARCHING),
    ("claude-3", Claude::OLD),
    ("claude-2", Claude::OLD),
    ("claude-instant", Claude::OLD),
];

/// A generation of OpenAI's models.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a model"
)]
struct OpenAi {
    context: u64,
    output: u64,
    reasoning: bool,
    efforts: &'static [&'static str],
    schemas: bool,
    web_search: bool,
    breakpoints: bool,
    refuses: &'static [&'static str],
}

/// What OpenAI's own models refuse: fields of other servers.
const FOREIGN: &[&str] = &["top_k"];
/// And of its reasoning models the newer ones.
const NO_STOP: &[&str] = &["top_k", "stop"];

const NONE_TO_XHIGH: &[&str] = &["none", "low", "medium", "high", "xhigh"];

impl OpenAi {
    const PLAIN: Self = Self {
        context: 128_000,
        output: 16_384,
        reasoning: false,
        efforts: &[],
        schemas: true,
        web_search: false,
        breakpoints: false,
        refuses: FOREIGN,
    };
    const EARLY: Self = Self {
        output: 4_096,
        schemas: false,
        ..Self::PLAIN
    };
    const O: Self = Self {
        context: 200_000,
        output: 100_000,
        reasoning: true,
        efforts: &["low", "medium", "high"],
        ..Self::PLAIN
    };
    const O_LATE: Self = Self {
        refuses: NO_STOP,
        ..Self::O
    };
    const FIVE: Self = Self {
        context: 400_000,
        output: 128_000,
        efforts: &["minimal", "low", "medium", "high"],
        ..Self::O_LATE
    };
    const FIVE_ONE: Self = Self {
        efforts: &["none", "low", "medium", "high"],
        ..Self::FIVE
    };
    const FIVE_TWO: Self = Self {
        efforts: NONE_TO_XHIGH,
        ..Self::FIVE
    };
    const FIVE_SIX: Self = Self {
        context: 922_000,
        efforts: &["none", "low", "medium", "high", "xhigh", "max"],
        breakpoints: true,
        ..Self::FIVE
    };
    const SIX: Self = Self {
        efforts: &["low", "medium", "high", "xhigh", "max"],
        ..Self::FIVE_SIX
    };
    const SEARCH: Self = Self {
        web_search: true,
        ..Self::PLAIN
    };

    fn apply(&self, abilities: &mut Abilities) {
        abilities.context = Some(self.context);
        abilities.max_output = Some(self.output);
        abilities.thinking = if self.reasoning && !self.efforts.is_empty() {
            Thinking::Effort
        } else {
            Thinking::None
        };
        abilities.openai_reasoning = self.reasoning;
        abilities.max_completion_tokens = self.reasoning;
        abilities.efforts = self.efforts;
        abilities.structured_output = self.schemas;
        abilities.web_search = self.web_search;
        abilities.refuses = self.refuses;
        if self.breakpoints {
            abilities.cache_marks = CacheMarks::Breakpoint;
        }
    }
}

const OPENAI: &[(&str, OpenAi)] = &[
    (
        "gpt-3-5",
        OpenAi {
            context: 16_385,
            ..OpenAi::EARLY
        },
    ),
    ("gpt-4o-search", OpenAi::SEARCH),
    ("gpt-4o-mini-search", OpenAi::SEARCH),
    (
        "gpt-4o-2024-05-13",
        OpenAi {
            schemas: false,
            output: 4_096,
            ..OpenAi::PLAIN
        },
    ),
    ("gpt-4o", OpenAi::PLAIN),
    ("chatgpt-4o", OpenAi::PLAIN),
    // Once a dot is a dash it looks like gpt-4.1.
    ("gpt-4-1106", OpenAi::EARLY),
    (
        "gpt-4-1",
        OpenAi {
            context: 1_047_576,
            output: 32_768,
            ..OpenAi::PLAIN
        },
    ),
    ("gpt-4-turbo", OpenAi::EARLY),
    (
        "gpt-4",
        OpenAi {
            context: 8_192,
            ..OpenAi::EARLY
        },
    ),
    ("gpt-audio", OpenAi::PLAIN),
    (
        "o1-mini",
        OpenAi {
            output: 65_536,
            efforts: &[],
            ..OpenAi::O
        },
    ),
    (
        "o1-preview",
        OpenAi {
            output: 32_768,
            efforts: &[],
            ..OpenAi::O
        },
    ),
    ("o1", OpenAi::O),
    ("o3-mini", OpenAi::O),
    ("o3", OpenAi::O_LATE),
    ("o4", OpenAi::O_LATE),
    (
        "gpt-5-search",
        OpenAi {
            web_search: true,
            ..OpenAi::FIVE
        },
    ),
    ("gpt-5-chat", OpenAi::PLAIN),
    ("gpt-5-1-chat", OpenAi::PLAIN),
    ("gpt-5-2-chat", OpenAi::PLAIN),
    ("gpt-5-3-chat", OpenAi::PLAIN),
    (
        "gpt-5-pro",
        OpenAi {
            output: 272_000,
            ..OpenAi::FIVE
        },
    ),
    ("gpt-5-1", OpenAi::FIVE_ONE),
    ("gpt-5-2", OpenAi::FIVE_TWO),
    ("gpt-5-3", OpenAi::FIVE_TWO),
    ("gpt-5-4", OpenAi::FIVE_TWO),
    ("gpt-5-5", OpenAi::FIVE_TWO),
    ("gpt-5-6", OpenAi::FIVE_SIX),
    ("gpt-5", OpenAi::FIVE),
    ("gpt-6", OpenAi::SIX),
];

/// How models of others think, where it matters.
const THINKING: &[(&str, Thinking)] = &[
    ("llama", Thinking::None),
    ("meta-llama", Thinking::None),
    ("mixtral", Thinking::None),
    ("mistral-", Thinking::None),
    ("ministral", Thinking::None),
    ("codestral", Thinking::None),
    ("open-mi", Thinking::None),
    ("gemma", Thinking::None),
    ("phi-", Thinking::None),
    ("command", Thinking::None),
    ("qwen2", Thinking::None),
    ("qwen-2", Thinking::None),
    ("deepseek", Thinking::Switch),
    ("glm-", Thinking::Switch),
];

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
        abilities.refuses = &["strict"];
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

fn moonshot(abilities: &mut Abilities, _: &str) {
    abilities.forced_tool = false;
    abilities.refuses = &["top_k"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_its_dated_dotted_and_prefixed_names() {
        for name in [
            "claude-opus-4-7",
            "claude-opus-4-7-20260416",
            "anthropic/claude-opus-4.7",
            "us.anthropic.claude-opus-4-7-v1:0",
        ] {
            let abilities = of(Kind::OpenAiCompatible, "", name);
            assert_eq!(abilities.thinking, Thinking::Adaptive, "{name}");
            assert_eq!(abilities.family, Family::Anthropic, "{name}");
            assert!(!abilities.sampling, "{name}");
        }
    }

    #[test]
    fn claude_4_is_not_taken_for_a_later_one() {
        let of = |name| of(Kind::Anthropic, "", name);
        assert_eq!(of("claude-opus-4-20250514").max_output, Some(32_000));
        assert_eq!(of("claude-opus-4-1").thinking, Thinking::Manual);
        assert_eq!(of("claude-sonnet-4-20250514").thinking, Thinking::Manual);
        assert_eq!(of("claude-3-5-haiku-20241022").max_output, Some(8_192));
        assert_eq!(of("claude-3-haiku-20240307").max_output, Some(4_096));
    }

    #[test]
    fn openai_models_that_reason_are_told_apart_from_those_that_chat() {
        let of = |name| of(Kind::OpenAi, "", name);
        assert!(of("gpt-5-mini").openai_reasoning);
        assert!(of("o3").openai_reasoning);
        assert!(!of("gpt-5-chat-latest").openai_reasoning);
        assert!(!of("gpt-4o").openai_reasoning);
        assert_eq!(of("gpt-4.1-mini").max_output, Some(32_768));
        assert_eq!(of("gpt-4-turbo").max_output, Some(4_096));
        assert_eq!(of("gpt-6-sol").efforts.first(), Some(&"low"));
    }

    #[test]
    fn a_server_is_known_by_its_host_alone() {
        let mistral = of(
            Kind::OpenAiCompatible,
            "https://api.mistral.ai/v1",
            "mistral-large-latest",
        );
        assert_eq!(mistral.ids, Ids::Nine);
        let imitator = of(
            Kind::OpenAiCompatible,
            "https://notapi.mistral.ai.example/v1",
            "mistral-large-latest",
        );
        assert_eq!(imitator.ids, Ids::Any);
    }

    #[test]
    fn a_model_nobody_knows_may_be_told_everything() {
        let abilities = of(Kind::OpenAiCompatible, "", "my-own-model");
        assert_eq!(abilities, Abilities::default());
    }
}
