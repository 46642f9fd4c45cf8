//! Why a call would go where it goes: the same functions as for a live call, told instead of
//! followed. No provider is called and no limit taken.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::Gateway;
use super::admit::asked;
use super::candidates::{Planner, Wanted};
use super::plan::{Choice, Out, Plan};
use super::pursuit::Others;
use crate::catalog::{Candidate, Catalog, Route};
use crate::config::Strategy;
use crate::dialects::Dialect;
use crate::limits::{Estimate, Limits, Line};
use crate::models::money::Money;
use crate::models::operation::Operation;
use crate::models::principal::Principal;
use crate::models::refusal::Refusal;

/// A call that is not made.
#[derive(Debug, Clone)]
pub struct Question {
    /// The model it would ask for.
    pub model: String,
    /// How many tokens it would read.
    pub input_tokens: u64,
    /// How many it would have written at most, if it said so.
    pub max_output: Option<u64>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// What would become of it.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The model that the name stands for.
    pub model: Arc<str>,
    /// The model's own targets.
    pub route: Seats,
    /// Who would serve what these cannot, in order.
    pub fallbacks: Vec<Fallback>,
    /// Who would be asked first if what is only observed were followed, where that is another:
    /// `would_route:provider/model`.
    pub would: Option<String>,
    /// What it would be held to.
    pub limits: Vec<Line>,
}

/// A model's targets, as they would be asked.
#[derive(Debug, Clone)]
pub struct Seats {
    /// How one of them is chosen.
    pub strategy: Strategy,
    /// Those that would be asked, in order; where chance decides, the likeliest first.
    pub order: Vec<Seat>,
    /// Those that would not.
    pub out: Vec<Seat>,
}

/// A target that would be asked, or not.
#[derive(Debug, Clone)]
pub struct Seat {
    /// Its provider.
    pub provider: Arc<str>,
    /// Its model, in the provider's words.
    pub model: Arc<str>,
    /// Its weight.
    pub weight: u32,
    /// How likely it would be asked first, where that is known.
    pub share: Option<f64>,
    /// What the call is expected to cost there; `None` when nobody knows.
    pub cost: Option<Money>,
    /// How it does: `closed`, `half_open` or `open`.
    pub breaker: &'static str,
    /// Calls that run there.
    pub running: u32,
    /// What an answer's beginning is expected to take, in seconds; `None` before any.
    pub latency: Option<f64>,
    /// Why it would not be asked, or not by every call.
    pub reason: Option<String>,
}

/// A model that would serve what another cannot.
#[derive(Debug, Clone)]
pub struct Fallback {
    /// When: `failure`, `context_window` or `content_policy`.
    pub on: &'static str,
    /// Which model.
    pub model: String,
    /// Its targets; or why there are none.
    pub route: Result<Seats, Refusal>,
}

impl Gateway {
    /// What would become of a call.
    pub async fn explain(
        &self,
        principal: &Principal,
        question: &Question,
    ) -> Result<Explanation, Refusal> {
        let now = self.clock.instant();
        explain(&self.catalog, &self.limits, principal, question, now).await
    }
}

/// The same by what is known here and now, and by what the authority has of its limits.
pub async fn explain(
    catalog: &Catalog,
    limits: &Limits,
    principal: &Principal,
    question: &Question,
    now: Instant,
) -> Result<Explanation, Refusal> {
    let route = catalog.route(principal, &question.model)?;
    let limits = limits
        .look(&asked(principal, Some(&route), estimate(question)))
        .await;
    let planner = Planner { catalog, now };
    let wanted = wanted(question);
    let plan = planner.plan(&route, &wanted);
    Ok(Explanation {
        model: Arc::clone(&route.known_as),
        would: planner.would(&route, &plan, &wanted),
        route: seats(&planner, &route, &plan, &wanted),
        fallbacks: fallbacks(&planner, &route, &wanted),
        limits,
    })
}

/// Who would serve what a model's targets cannot: as a live call would ask them.
fn fallbacks(planner: &Planner<'_>, route: &Route, wanted: &Wanted<'_>) -> Vec<Fallback> {
    let lists = [
        ("failure", None),
        ("context_window", Some(&route.fallbacks.context_window)),
        ("content_policy", Some(&route.fallbacks.content_policy)),
    ];
    let mut all = Vec::new();
    for (on, first) in lists {
        let mut others = Others::of(route);
        match first {
            Some(first) if first.is_empty() => continue,
            Some(first) => others.put_first(first),
            None => {}
        }
        while let Some((model, route)) = others.next(planner.catalog) {
            let route = route.map(|route| {
                let plan = planner.plan(&route, wanted);
                seats(planner, &route, &plan, wanted)
            });
            all.push(Fallback { on, model, route });
        }
    }
    all
}

fn wanted(question: &Question) -> Wanted<'_> {
    Wanted {
        operation: Operation::Converse,
        client: Dialect::Chat,
        tags: &question.tags,
        metadata: &[],
        stream: true,
        input: question.input_tokens,
        max_output: question.max_output,
        body: b"",
        served: None,
        stored: false,
    }
}

fn estimate(question: &Question) -> Estimate {
    Estimate {
        input: question.input_tokens,
        max_output: question.max_output,
    }
}

fn seats(planner: &Planner<'_>, route: &Route, plan: &Plan, wanted: &Wanted<'_>) -> Seats {
    let choices = planner.choices(route, wanted);
    let of = |number: usize| (&route.candidates[number], &choices[number]);
    let weights: f64 = plan
        .order
        .iter()
        .map(|number| f64::from(of(*number).1.weight))
        .sum();
    let first = plan.order.first().copied();
    let share = |number: usize| match route.strategy {
        Strategy::Weighted => Some(f64::from(of(number).1.weight) / weights),
        Strategy::LeastLatency if plan.order.len() > 1 => None,
        _ => Some(f64::from(u8::from(first == Some(number)))),
    };
    let mut order: Vec<usize> = plan.order.to_vec();
    match route.strategy {
        Strategy::Weighted => {
            order.sort_by_key(|number| (std::cmp::Reverse(of(*number).1.weight), *number));
        }
        Strategy::LeastLatency => {
            let latency = |number: &usize| of(*number).1.health.latency;
            order.sort_by(|one, other| latency(one).total_cmp(&latency(other)));
        }
        Strategy::Priority | Strategy::LeastBusy | Strategy::LeastCost => {}
    }
    let seat = |number: usize| {
        let (candidate, choice) = of(number);
        seat(candidate, choice, wanted)
    };
    let sole = route.candidates.len() == 1 && route.fallbacks.any.is_empty();
    let spared = |number: usize| {
        let (candidate, choice) = of(number);
        let one = sole && candidate.target.provider.credentials() == 1;
        let wait = choice.health.spared.filter(|_| !one)?;
        Some(format!(
            "its credentials are limited or refused for {:.1} s: one call a second tries",
            wait.as_secs_f64()
        ))
    };
    Seats {
        strategy: route.strategy,
        order: order
            .into_iter()
            .map(|number| Seat {
                share: share(number),
                reason: spared(number),
                ..seat(number)
            })
            .collect(),
        out: plan
            .out
            .iter()
            .map(|(number, out)| Seat {
                reason: Some(reason(*out)),
                ..seat(*number)
            })
            .collect(),
    }
}

fn seat(candidate: &Candidate, choice: &Choice, wanted: &Wanted<'_>) -> Seat {
    let latency = choice.health.latency;
    Seat {
        provider: Arc::clone(&candidate.target.provider_name),
        model: Arc::clone(&candidate.target.model),
        weight: candidate.weight,
        share: None,
        cost: wanted.cost(candidate),
        breaker: choice.health.breaker.as_str(),
        running: choice.health.running,
        latency: (latency > 0.0).then_some(latency),
        reason: None,
    }
}

fn reason(out: Out) -> String {
    match out {
        Out::Unable => "it cannot do what is asked for".to_owned(),
        Out::Unpriced => "its price is not known, and such calls are blocked".to_owned(),
        Out::Tags => "the call's tags are not those it asks for, or others ask for them".to_owned(),
        Out::Observed => "it is only observed".to_owned(),
        Out::Open(wait) => format!(
            "it keeps failing: left alone for {:.1} s",
            wait.as_secs_f64()
        ),
        Out::Spared(wait) => format!(
            "its credentials are limited or refused for {:.1} s, and others can serve",
            wait.as_secs_f64()
        ),
    }
}
