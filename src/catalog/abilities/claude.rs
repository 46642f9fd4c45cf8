//! What each generation of Claude can be told.

use crate::models::abilities::{Abilities, Thinking, ThinkingOff};

/// A generation of Claude.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about a model"
)]
pub(super) struct Claude {
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

    pub(super) fn apply(&self, abilities: &mut Abilities) {
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

pub(super) const CLAUDE: &[(&str, Claude)] = &[
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
