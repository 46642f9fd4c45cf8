//! What each generation of OpenAI's models can be told.

use crate::models::abilities::{Abilities, CacheMarks, Thinking};

/// A generation of OpenAI's models.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a model"
)]
pub(super) struct OpenAi {
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

    pub(super) fn apply(&self, abilities: &mut Abilities) {
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

pub(super) const OPENAI: &[(&str, OpenAi)] = &[
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
