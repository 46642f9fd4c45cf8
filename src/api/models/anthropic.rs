//! Anthropic's list of models, which comes in pages.

use poem_openapi::Object;

use crate::api::problem::Problem;
use crate::api::types::Moment;
use crate::catalog::Listed;
use crate::models::clock::Timestamp;

/// How many models a page has when nobody says.
const PAGE: usize = 20;

/// A list of models in Anthropic's shape.
#[derive(Debug, Object)]
pub(super) struct AnthropicModelList {
    /// The models.
    data: Vec<AnthropicModel>,
    /// Whether there are more in the direction asked for.
    has_more: bool,
    /// The first id of this page.
    #[oai(nullable)]
    first_id: Option<String>,
    /// The last id of this page.
    #[oai(nullable)]
    last_id: Option<String>,
}

/// A model in Anthropic's shape.
#[derive(Debug, Object)]
pub(super) struct AnthropicModel {
    /// `model`
    #[oai(rename = "type")]
    kind: String,
    /// What to call it.
    id: String,
    /// What to show people.
    display_name: String,
    /// When it came out.
    created_at: Moment,
    /// How many tokens it reads at most, when that is known.
    #[oai(skip_serializing_if_is_none)]
    max_input_tokens: Option<u64>,
    /// How many tokens it writes at most, when that is known.
    #[oai(skip_serializing_if_is_none)]
    max_tokens: Option<u64>,
}

impl From<&Listed> for AnthropicModel {
    fn from(model: &Listed) -> Self {
        Self {
            kind: "model".to_owned(),
            id: model.id.to_string(),
            display_name: model.display_name.to_string(),
            created_at: Moment(Timestamp::from_timestamp(model.created, 0).unwrap_or_default()),
            max_input_tokens: model.context,
            max_tokens: model.max_output,
        }
    }
}

/// How long a page is, as a client asks for it.
pub(super) fn limit(asked: Option<&str>) -> Result<usize, Problem> {
    let Some(text) = asked else { return Ok(PAGE) };
    text.parse()
        .ok()
        .filter(|limit| (1..=1000).contains(limit))
        .ok_or_else(|| Problem::invalid("limit", "must be a whole number from 1 to 1000"))
}

/// A page: forward from an id, or the last ones before an id.
pub(super) fn page(
    models: &[Listed],
    limit: usize,
    after: Option<&str>,
    before: Option<&str>,
) -> Result<AnthropicModelList, Problem> {
    let find = |param: &str, id: &str| {
        models
            .iter()
            .position(|model| &*model.id == id)
            .ok_or_else(|| Problem::invalid(param, "is not the id of a model in this list"))
    };
    let start = match after {
        Some(id) => find("after_id", id)? + 1,
        None => 0,
    };
    let end = match before {
        Some(id) => find("before_id", id)?,
        None => models.len(),
    };
    let within = models.get(start..end).unwrap_or_default();
    let has_more = within.len() > limit;
    let shown = if before.is_some() && after.is_none() {
        &within[within.len().saturating_sub(limit)..]
    } else {
        &within[..limit.min(within.len())]
    };
    let id = |model: Option<&Listed>| model.map(|model| model.id.to_string());
    Ok(AnthropicModelList {
        data: shown.iter().map(AnthropicModel::from).collect(),
        has_more,
        first_id: id(shown.first()),
        last_id: id(shown.last()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> Vec<Listed> {
        ["a", "b", "c", "d"]
            .map(|id| Listed {
                id: id.into(),
                provider: "demo".into(),
                created: 0,
                display_name: id.into(),
                context: None,
                max_output: None,
                purpose: None,
            })
            .to_vec()
    }

    fn ids(limit: usize, after: Option<&str>, before: Option<&str>) -> (String, bool) {
        let page = page(&models(), limit, after, before).unwrap();
        (
            page.data.iter().map(|model| model.id.as_str()).collect(),
            page.has_more,
        )
    }

    #[test]
    fn pages_go_both_ways() {
        assert_eq!(ids(20, None, None), ("abcd".into(), false));
        assert_eq!(ids(2, None, None), ("ab".into(), true));
        assert_eq!(ids(2, Some("b"), None), ("cd".into(), false));
        assert_eq!(ids(2, None, Some("d")), ("bc".into(), true));
        assert_eq!(ids(9, Some("a"), Some("d")), ("bc".into(), false));
        assert_eq!(ids(9, Some("d"), Some("a")), (String::new(), false));
        let problem = page(&models(), 2, Some("x"), None).unwrap_err();
        assert_eq!(problem.refusal.param.as_deref(), Some("after_id"));
    }
}
