//! What each generation of Gemini can be told.

use crate::models::abilities::{Abilities, Ids, Thinking, ThinkingOff};

/// A generation of Gemini.
pub(super) struct Gemini {
    context: u64,
    output: u64,
    thinking: Thinking,
    off: ThinkingOff,
    efforts: &'static [&'static str],
    budgets: Option<(u64, u64)>,
    /// From Gemini 3 on: calls have ids, and secrets they must come back with.
    late: bool,
}

impl Gemini {
    const OLD: Self = Self {
        context: 1_048_576,
        output: 8_192,
        thinking: Thinking::None,
        off: ThinkingOff::Yes,
        efforts: &[],
        budgets: None,
        late: false,
    };
    const FLASH: Self = Self {
        output: 65_536,
        thinking: Thinking::Manual,
        budgets: Some((0, 24_576)),
        ..Self::OLD
    };
    const LITE: Self = Self {
        budgets: Some((512, 24_576)),
        ..Self::FLASH
    };
    const PRO: Self = Self {
        off: ThinkingOff::No,
        budgets: Some((128, 32_768)),
        ..Self::FLASH
    };
    const IMAGE: Self = Self {
        thinking: Thinking::None,
        budgets: None,
        output: 32_768,
        ..Self::FLASH
    };
    const THREE: Self = Self {
        thinking: Thinking::Effort,
        off: ThinkingOff::No,
        efforts: &["minimal", "low", "medium", "high"],
        budgets: None,
        late: true,
        ..Self::FLASH
    };
    const THREE_PRO: Self = Self {
        efforts: &["low", "high"],
        ..Self::THREE
    };
    const LATER_PRO: Self = Self {
        efforts: &["low", "medium", "high"],
        ..Self::THREE
    };

    pub(super) fn apply(&self, abilities: &mut Abilities) {
        abilities.context = Some(self.context);
        abilities.max_output = Some(self.output);
        abilities.thinking = self.thinking;
        abilities.thinking_off = self.off;
        abilities.efforts = self.efforts;
        abilities.budgets = self.budgets;
        abilities.signed_calls = self.late;
        abilities.ids = if self.late { Ids::Any } else { Ids::None };
    }
}

pub(super) const GEMINI: &[(&str, Gemini)] = &[
    ("gemini-1", Gemini::OLD),
    ("gemini-2-0", Gemini::OLD),
    ("gemini-2-5-flash-image", Gemini::IMAGE),
    ("gemini-2-5-flash-lite", Gemini::LITE),
    ("gemini-2-5-flash", Gemini::FLASH),
    ("gemini-2-5-pro", Gemini::PRO),
    ("gemini-2-5", Gemini::FLASH),
    ("gemini-3-pro", Gemini::THREE_PRO),
    ("gemini-3-1-pro", Gemini::LATER_PRO),
    ("gemini-3-5-pro", Gemini::LATER_PRO),
    ("gemini-pro-latest", Gemini::LATER_PRO),
    ("gemini", Gemini::THREE),
];
