//! How much to think: words and budgets, one table for both ways.

use super::unread::Unread;
use crate::models::chat::Reasoning;

/// The words from the least to the most.
const WORDS: &[&str] = &["minimal", "low", "medium", "high", "xhigh", "max"];

/// The least budget Anthropic takes.
pub(super) const LEAST: u64 = 1024;

/// The budget of a word.
pub(super) fn budget(word: &str, most: Option<u64>) -> u64 {
    match word {
        "minimal" | "low" => LEAST,
        "high" => 24_576,
        "xhigh" => 32_768,
        "max" => most.unwrap_or(32_768),
        _ => 8_192,
    }
}

/// The word of a budget.
pub(super) fn word(budget: u64) -> &'static str {
    match budget {
        0..=1024 => "low",
        1025..=8192 => "medium",
        8193..=24_576 => "high",
        _ => "xhigh",
    }
}

/// An effort in a client's words; one that nobody could tell the size of is noted as unread.
pub(super) fn read(word: Option<String>, at: &str, unread: &mut Unread) -> Option<String> {
    let word = word?;
    if WORDS.contains(&word.as_str()) {
        return Some(word);
    }
    unread.note(at.to_owned());
    None
}

/// The effort that is asked for, in words; `None` when it is left to the model.
pub(super) fn asked(reasoning: &Reasoning) -> Option<&str> {
    match (&reasoning.effort, reasoning.budget) {
        (Some(effort), _) => Some(effort),
        (None, Some(budget)) => Some(word(budget)),
        (None, None) => None,
    }
}

/// The nearest of the words a model knows; an unknown word is left to the model.
pub(super) fn nearest<'a>(word: &'a str, known: &'static [&'static str]) -> &'a str {
    if known.is_empty() || known.contains(&word) {
        return word;
    }
    let Some(place) = WORDS.iter().position(|known| *known == word) else {
        return word;
    };
    let distance = |other: &&&str| {
        WORDS
            .iter()
            .position(|word| word == *other)
            .map_or(usize::MAX, |other| other.abs_diff(place))
    };
    known
        .iter()
        .filter(|word| **word != "none")
        .min_by_key(distance)
        .copied()
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_a_model_does_not_know_becomes_its_nearest() {
        let known: &[&str] = &["none", "low", "medium", "high"];
        assert_eq!(nearest("minimal", known), "low");
        assert_eq!(nearest("max", known), "high");
        assert_eq!(nearest("low", known), "low");
        assert_eq!(nearest("brand-new", known), "brand-new");
        assert_eq!(nearest("minimal", &[]), "minimal");
    }

    #[test]
    fn budgets_and_words_agree_both_ways() {
        for (word_of, budget_of) in [("low", 1024), ("medium", 8192), ("high", 24_576)] {
            assert_eq!(budget(word_of, None), budget_of);
            assert_eq!(word(budget_of), word_of);
        }
        assert_eq!(word(24_577), "xhigh");
    }
}
