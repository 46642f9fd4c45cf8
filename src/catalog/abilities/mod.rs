//! What each model can be told: by its name, and by what the server that is asked wants.
//!
//! The first row whose beginning fits counts, so the more exact rows come first. A model that is
//! in no table may be told everything.

mod bedrock;
mod claude;
mod gemini;
mod openai;

use self::claude::CLAUDE;
use self::gemini::GEMINI;
use self::openai::OPENAI;
use crate::config::Kind;
use crate::models::abilities::{Abilities, Carriage, Ids, Thinking};
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
    } else if let Some(row) = find(GEMINI, &name) {
        row.apply(&mut abilities);
    } else if let Some((_, thinking)) = THINKING.iter().find(|(start, _)| name.starts_with(start)) {
        abilities.thinking = *thinking;
    }
    match kind {
        Kind::Anthropic => abilities.ids = Ids::Word,
        Kind::Vertex if claude.is_some() => abilities.ids = Ids::Word,
        Kind::OpenAiCompatible | Kind::Preset(_) if slug => {
            abilities.carriage = Carriage::Details;
        }
        Kind::Bedrock => bedrock::apply(&model, &mut abilities),
        Kind::Cohere => {
            let reasons = name.contains("reasoning");
            abilities.thinking = if reasons {
                Thinking::Manual
            } else {
                Thinking::None
            };
        }
        Kind::Ollama => {
            // Its own copies of others' models.
            abilities.openai_reasoning = false;
            if name.starts_with("gpt-oss") {
                abilities.thinking = Thinking::Effort;
                abilities.efforts = &["low", "medium", "high"];
            }
        }
        Kind::OpenAi
        | Kind::Gemini
        | Kind::Vertex
        | Kind::AzureOpenAi
        | Kind::OpenAiCompatible
        | Kind::Preset(_)
        | Kind::Demo => {}
    }
    if let Some(row) = kind.row(base_url) {
        for quirk in row.quirks(&name) {
            quirk.apply(&mut abilities);
        }
    }
    abilities
}

/// Whose secrets a model verifies.
fn family(kind: Kind, name: &str) -> Family {
    // Whoever speaks as Anthropic does takes its own signatures back, whatever the model's name.
    if kind == Kind::Gemini {
        Family::Google
    } else if kind == Kind::Anthropic || name.contains("claude") {
        Family::Anthropic
    } else if name.starts_with("gemini") || (kind == Kind::Vertex && !name.ends_with("-maas")) {
        Family::Google
    } else if name.starts_with("grok") {
        Family::XAi
    } else if matches!(kind, Kind::OpenAi | Kind::AzureOpenAi) || find(OPENAI, name).is_some() {
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
    fn each_generation_of_gemini_thinks_in_its_own_way() {
        let of = |name| of(Kind::OpenAiCompatible, "", name);
        assert_eq!(of("gemini-2.0-flash-001").thinking, Thinking::None);
        let flash = of("gemini-2.5-flash-preview-09-2025");
        assert_eq!(flash.budgets, Some((0, 24_576)));
        assert_eq!(flash.ids, Ids::None);
        assert_eq!(of("gemini-2.5-pro").budgets, Some((128, 32_768)));
        let late = of("google/gemini-3-pro-preview");
        assert_eq!((late.efforts, late.ids), (&["low", "high"][..], Ids::Any));
        assert!(late.signed_calls && late.family == Family::Google);
        assert!(of("gemini-flash-latest").signed_calls);
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
