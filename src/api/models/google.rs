//! Google's list of models, which comes in pages.

use poem_openapi::Object;

use crate::api::problem::Problem;
use crate::catalog::Listed;
use crate::catalog::prices::Purpose;

/// How many models a page has when nobody says.
const PAGE: usize = 50;
/// The most models of a page.
const MOST: usize = 1000;

/// What every name of a model begins with.
pub(super) const PREFIX: &str = "models/";

/// A list of models in Google's shape.
#[derive(Debug, Object)]
pub(super) struct GoogleModelList {
    /// The models.
    models: Vec<GoogleModel>,
    /// What the next page is asked for with.
    #[oai(rename = "nextPageToken", skip_serializing_if_is_none)]
    next_page_token: Option<String>,
}

/// A model in Google's shape.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(super) struct GoogleModel {
    /// `models/` and what to call it.
    name: String,
    /// What to show people.
    display_name: String,
    /// How many tokens it reads at most, when that is known.
    #[oai(skip_serializing_if_is_none)]
    input_token_limit: Option<u64>,
    /// How many tokens it writes at most, when that is known.
    #[oai(skip_serializing_if_is_none)]
    output_token_limit: Option<u64>,
    /// What it can be asked for.
    supported_generation_methods: Vec<String>,
}

impl From<&Listed> for GoogleModel {
    fn from(model: &Listed) -> Self {
        Self {
            name: format!("{PREFIX}{}", model.id),
            display_name: model.display_name.to_string(),
            input_token_limit: model.context,
            output_token_limit: model.max_output,
            supported_generation_methods: methods(model).iter().map(|&name| name.into()).collect(),
        }
    }
}

/// What a model can be asked for in Google's format; nothing when it does what that has no words
/// for.
pub(super) fn methods(model: &Listed) -> &'static [&'static str] {
    match model.purpose {
        _ if model.converses() => &["generateContent", "countTokens"],
        Some(Purpose::Embedding) => &["embedContent", "batchEmbedContents"],
        _ => &[],
    }
}

/// A page of those that Google's format has words for: so many after the one that the token names.
pub(super) fn page(
    mut models: Vec<Listed>,
    size: Option<&str>,
    token: Option<&str>,
) -> Result<GoogleModelList, Problem> {
    let size =
        match size {
            None => PAGE,
            Some(text) => text.parse().ok().filter(|size| *size > 0).ok_or_else(|| {
                Problem::invalid("pageSize", "must be a whole number from 1 to 1000")
            })?,
        };
    models.retain(|model| !methods(model).is_empty());
    let start = match token {
        None | Some("") => 0,
        Some(token) => {
            models
                .iter()
                .position(|model| &*model.id == token)
                .ok_or_else(|| Problem::invalid("pageToken", "is not of this list"))?
                + 1
        }
    };
    let rest = models.get(start..).unwrap_or_default();
    let shown = &rest[..rest.len().min(size.min(MOST))];
    let more = shown.len() < rest.len();
    Ok(GoogleModelList {
        models: shown.iter().map(GoogleModel::from).collect(),
        next_page_token: shown
            .last()
            .filter(|_| more)
            .map(|last| last.id.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> Vec<Listed> {
        ["a", "b", "c"]
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

    #[test]
    fn pages_follow_one_another() {
        let all = page(models(), None, None).unwrap();
        assert_eq!((all.models.len(), all.next_page_token), (3, None));
        let first = page(models(), Some("2"), None).unwrap();
        assert_eq!(first.models[1].name, "models/b");
        let token = first.next_page_token.unwrap();
        let last = page(models(), Some("2"), Some(&token)).unwrap();
        assert_eq!(last.models[0].name, "models/c");
        assert_eq!(last.next_page_token, None);
        assert!(page(models(), Some("0"), None).is_err());
        assert!(page(models(), None, Some("x")).is_err());
    }

    #[test]
    fn a_model_is_listed_with_what_it_is_called_for() {
        let mut all = models();
        all[0].purpose = Some(Purpose::Embedding);
        all[1].purpose = Some(Purpose::Speech);
        let shown = page(all, None, None).unwrap().models;
        let [vectors, chat] = shown.as_slice() else {
            panic!("{shown:?}");
        };
        assert_eq!(
            vectors.supported_generation_methods,
            ["embedContent", "batchEmbedContents"]
        );
        assert_eq!(
            chat.supported_generation_methods,
            ["generateContent", "countTokens"]
        );
    }
}
