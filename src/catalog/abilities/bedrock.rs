//! What the models of many makers can be told at Amazon Bedrock.

use crate::models::abilities::{Abilities, Beside, CacheMarks, Ids, Thinking};
use crate::models::chat::Family;

/// Applies what Bedrock wants, for a model of this id, profile or ARN.
pub(super) fn apply(model: &str, abilities: &mut Abilities) {
    abilities.ids = Ids::Word;
    abilities.tool_name = 64;
    // Bytes alone, for Claude too: it has neither its maker's store nor a way to an address.
    abilities.addresses = false;
    if abilities.family == Family::Anthropic {
        abilities.beside = Beside::Claude;
        abilities.cache_marks = CacheMarks::CacheControl;
        // Its server tools are Anthropic's own.
        abilities.web_search = false;
        return;
    }
    // Only Claude's last turn may be its own.
    abilities.prefill = false;
    let row = ROWS.iter().find(|(part, _)| model.contains(part));
    if let Some((_, change)) = row {
        change(abilities);
    }
}

type Change = fn(&mut Abilities);

/// How hard the models of others can be told to think.
const EFFORTS: &[&str] = &["low", "medium", "high"];

/// What differs by the maker, as ids have it.
const ROWS: &[(&str, Change)] = &[
    ("amazon.nova-micro", |abilities| {
        nova(abilities);
        text_only(abilities);
    }),
    ("amazon.nova-2", |abilities| {
        nova(abilities);
        abilities.thinking = Thinking::Effort;
        abilities.efforts = EFFORTS;
    }),
    ("amazon.nova", nova),
    ("amazon.titan", |abilities| {
        text_only(abilities);
        abilities.tools = false;
    }),
    ("openai.gpt-oss", |abilities| {
        abilities.beside = Beside::GptOss;
        abilities.thinking = Thinking::Effort;
        abilities.efforts = EFFORTS;
    }),
    ("meta.llama", |abilities| abilities.forced_tool = false),
    ("deepseek.r1", |abilities| abilities.tools = false),
    ("cohere.command", |abilities| abilities.forced_tool = false),
    ("ai21.", |abilities| abilities.forced_tool = false),
];

fn nova(abilities: &mut Abilities) {
    abilities.beside = Beside::Nova;
    abilities.cache_marks = CacheMarks::CacheControl;
    abilities.thinking = Thinking::None;
}

fn text_only(abilities: &mut Abilities) {
    abilities.images = false;
    abilities.documents = false;
}

#[cfg(test)]
mod tests {
    use crate::catalog::abilities::of;
    use crate::config::Kind;
    use crate::models::abilities::{Beside, CacheMarks, Thinking};
    use crate::models::chat::Family;

    #[test]
    fn a_model_is_known_by_its_id_its_profile_and_its_arn() {
        for name in [
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ] {
            let claude = of(Kind::Bedrock, "", name);
            assert_eq!(claude.family, Family::Anthropic, "{name}");
            assert_eq!(claude.thinking, Thinking::Manual, "{name}");
            assert!(!claude.web_search && !claude.addresses, "{name}");
        }
        let nova = of(Kind::Bedrock, "", "us.amazon.nova-lite-v1:0");
        assert_eq!(nova.cache_marks, CacheMarks::CacheControl);
        assert!(nova.images && !nova.prefill);
        assert!(!of(Kind::Bedrock, "", "amazon.nova-micro-v1:0").images);
        assert_eq!((nova.beside, nova.thinking), (Beside::Nova, Thinking::None));
        let later = of(Kind::Bedrock, "", "global.amazon.nova-2-lite-v1:0");
        assert_eq!(
            (later.beside, later.thinking),
            (Beside::Nova, Thinking::Effort)
        );
        let open = of(Kind::Bedrock, "", "openai.gpt-oss-120b-1:0");
        assert_eq!((open.beside, open.efforts.len()), (Beside::GptOss, 3));
        assert!(!of(Kind::Bedrock, "", "meta.llama3-2-1b-instruct-v1:0").forced_tool);
        assert!(!of(Kind::Bedrock, "", "amazon.titan-text-lite-v1").tools);
    }
}
