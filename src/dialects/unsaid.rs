//! What a wire format has no field for, reported by the client's own paths.

use super::defaults;
use super::report::Report;
use super::tier::Tier;
use crate::models::chat::Request;

/// Reports what a format cannot be told that has only these fields of sampling, and of the client's
/// own only these.
pub(super) fn report(request: &Request, sampling: &[&str], own: &[&str], report: &mut Report) {
    for path in &request.unsaid {
        report.dropped(path);
    }
    let asked = &request.sampling;
    for (name, path, raw) in [
        ("temperature", "temperature", &asked.temperature),
        ("top_p", "top_p", &asked.top_p),
        ("top_k", "top_k", &asked.top_k),
        ("seed", "seed", &asked.seed),
        (
            "frequency_penalty",
            "frequency_penalty",
            &asked.frequency_penalty,
        ),
        (
            "presence_penalty",
            "presence_penalty",
            &asked.presence_penalty,
        ),
        ("logprobs", request.paths.logprobs, &asked.logprobs),
        ("top_logprobs", "top_logprobs", &asked.top_logprobs),
    ] {
        if let Some(raw) = raw.as_ref().filter(|_| !sampling.contains(&name)) {
            defaults::lost(name, path, raw.text(), report);
        }
    }
    if request.answers.is_some_and(|answers| answers > 1) {
        report.dropped("n");
    }
    if request.parallel == Some(false) {
        report.dropped(request.paths.parallel);
    }
    let tier = request.tier.as_deref();
    if tier.is_some_and(|tier| !Tier::meant(tier).is_some_and(Tier::is_usual)) {
        report.dropped("service_tier");
    }
    if request.end_user.is_some() {
        report.hint(request.end_user_at());
    }
    let extras = request.extras.iter();
    for extra in extras.filter(|extra| !own.contains(&extra.name.as_str())) {
        defaults::left_out(extra, report);
    }
}
