//! Probabilities, from Google's form to OpenAI's, which is the canonical one, and back.

use super::fields::Google;
use crate::dialects::json::{Fields, Json, Object, Value};
use crate::models::chat::Raw;

/// `logprobsResult` in OpenAI's form.
pub(super) fn read(candidate: &Google<'_>) -> Option<Raw> {
    let result = candidate.object("logprobsResult")?;
    let mut tops = result.objects("topCandidates");
    let content: Vec<Json<'_>> = result
        .objects("chosenCandidates")
        .map(|chosen| {
            let top: Vec<Json<'_>> = tops
                .next()
                .map(|top| {
                    top.objects("candidates")
                        .map(|one| told(&one).into())
                        .collect()
                })
                .unwrap_or_default();
            told(&chosen).with("top_logprobs", top).into()
        })
        .collect();
    let whole = Fields::new()
        .with("content", content)
        .with("refusal", Json::Null);
    Raw::parse(&Json::Object(whole).to_text())
}

fn told<'a>(word: &Google<'a>) -> Fields<'a> {
    Fields::new()
        .with("token", word.string("token").unwrap_or_default())
        .with("logprob", word.get("logProbability").map(Value::raw))
        .with("bytes", Json::Null)
}

/// OpenAI's form as `logprobsResult`.
pub(super) fn write(raw: &Raw) -> Option<Fields<'_>> {
    let root = Value::parse(raw.text()).ok()?.object()?;
    let (mut chosen, mut tops) = (Vec::new(), Vec::new());
    for word in root.list("content").into_iter().filter_map(Value::object) {
        chosen.push(one(&word).into());
        let top: Vec<Json<'_>> = word
            .list("top_logprobs")
            .into_iter()
            .filter_map(Value::object)
            .map(|word| one(&word).into())
            .collect();
        tops.push(Fields::new().with("candidates", top).into());
    }
    (!chosen.is_empty()).then(|| {
        Fields::new()
            .with("topCandidates", tops)
            .with("chosenCandidates", chosen)
    })
}

fn one<'a>(word: &Object<'a>) -> Fields<'a> {
    Fields::new()
        .maybe("token", word.string("token"))
        .maybe("logProbability", word.get("logprob").map(Value::raw))
}
