//! What a wire format has no field for, reported by the client's own paths.

use super::defaults;
use super::report::Report;
use crate::models::chat::{Family, Request};

/// Reports what a format cannot be told that has only these fields of sampling, and of the client's
/// own only these.
pub(super) fn report(request: &Request, sampling: &[&str], own: &[&str], report: &mut Report) {
    for path in &request.unsaid {
        report.dropped(path);
    }
    let asked = &request.sampling;
    for (name, raw, harmless) in [
        ("temperature", &asked.temperature, ""),
        ("top_p", &asked.top_p, ""),
        ("top_k", &asked.top_k, ""),
        ("seed", &asked.seed, ""),
        ("frequency_penalty", &asked.frequency_penalty, "0"),
        ("presence_penalty", &asked.presence_penalty, "0"),
        (request.paths.logprobs, &asked.logprobs, "false"),
        ("top_logprobs", &asked.top_logprobs, "0"),
    ] {
        let says = raw
            .as_ref()
            .is_some_and(|raw| raw.text() != harmless && raw.text() != "0.0");
        if says && !sampling.contains(&name) {
            report.dropped(name);
        }
    }
    if request.answers.is_some_and(|answers| answers > 1) {
        report.dropped("n");
    }
    if request.parallel == Some(false) {
        report.dropped(request.paths.parallel);
    }
    let tier = request.tier.as_deref();
    if tier.is_some_and(|tier| !matches!(tier, "auto" | "default" | "standard_only")) {
        report.dropped("service_tier");
    }
    if request.end_user.is_some() {
        report.hint(match request.family {
            Family::Anthropic => "metadata.user_id",
            _ => "user",
        });
    }
    let extras = request.extras.iter();
    for extra in extras.filter(|extra| !own.contains(&extra.name.as_str())) {
        defaults::left_out(extra, report);
    }
}
