//! What the models of many makers can be told at Amazon Bedrock.

use crate::models::abilities::{Abilities, CacheMarks, Ids};
use crate::models::chat::Family;

/// Applies what Bedrock wants, for a model of this id, profile or ARN.
pub(super) fn apply(model: &str, abilities: &mut Abilities) {
    abilities.ids = Ids::Word;
    abilities.tool_name = 64;
    if abilities.family == Family::Anthropic {
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

/// What differs by the maker, as ids have it.
const ROWS: &[(&str, Change)] = &[
    ("amazon.nova-micro", |abilities| {
        abilities.cache_marks = CacheMarks::CacheControl;
        abilities.images = false;
    }),
    ("amazon.nova", |abilities| {
        abilities.cache_marks = CacheMarks::CacheControl;
    }),
    ("amazon.titan", |abilities| {
        abilities.tools = false;
        abilities.images = false;
    }),
    ("meta.llama", |abilities| abilities.forced_tool = false),
    ("deepseek.r1", |abilities| abilities.tools = false),
    ("cohere.command", |abilities| abilities.forced_tool = false),
    ("ai21.", |abilities| abilities.forced_tool = false),
];

#[cfg(test)]
mod tests {
    use crate::catalog::abilities::of;
    use crate::config::Kind;
    use crate::models::abilities::{CacheMarks, Thinking};
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
            assert!(!claude.web_search, "{name}");
        }
        let nova = of(Kind::Bedrock, "", "us.amazon.nova-lite-v1:0");
        assert_eq!(nova.cache_marks, CacheMarks::CacheControl);
        assert!(nova.images && !nova.prefill);
        assert!(!of(Kind::Bedrock, "", "amazon.nova-micro-v1:0").images);
        assert!(!of(Kind::Bedrock, "", "meta.llama3-2-1b-instruct-v1:0").forced_tool);
        assert!(!of(Kind::Bedrock, "", "amazon.titan-text-lite-v1").tools);
    }
}
