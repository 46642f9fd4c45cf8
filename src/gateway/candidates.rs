//! What is known of a route's candidates for one call, for [`super::plan`] to order them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use metrics::counter;

use super::affinity::Served;
use super::call::{Call, tags};
use super::plan::{Choice, Out, Plan, plan};
use super::{Gateway, chance};
use crate::billing::price;
use crate::catalog::health::breaker::Verdict;
use crate::catalog::health::latency::Form;
use crate::catalog::{Candidate, Catalog, Route};
use crate::config::Strategy;
use crate::dialects::Dialect;
use crate::dialects::peek::{self, Head};
use crate::models::chat::Secret;
use crate::models::money::Money;
use crate::models::operation::Operation;
use crate::models::usage::Tokens;
use crate::providers::Target;
use crate::telemetry::names;

/// How many tokens an answer is taken to have whose length nobody limits.
const USUAL_OUTPUT: u64 = 1000;

/// What of a call decides who is asked.
pub(super) struct Wanted<'a> {
    pub(super) operation: Operation,
    pub(super) client: Dialect,
    /// The tags of the client's headers.
    pub(super) tags: &'a BTreeMap<String, String>,
    /// Those of its body.
    pub(super) metadata: &'a [(String, String)],
    /// Whether it asks for a stream.
    pub(super) stream: bool,
    /// Tokens it reads, and writes at most.
    pub(super) input: u64,
    pub(super) max_output: Option<u64>,
    /// The conversation so far.
    pub(super) body: &'a [u8],
    /// Who served it before.
    pub(super) served: Option<Served>,
    /// Whether it is stored there.
    pub(super) stored: bool,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(call: &'a Call, head: &'a Head) -> Self {
        Self {
            operation: call.endpoint.operation(),
            client: call.dialect(),
            tags: &call.tags,
            metadata: &head.metadata_tags,
            stream: head.stream,
            input: head.rough_input,
            max_output: head.max_output,
            body: &call.body,
            served: None,
            stored: false,
        }
    }

    /// The proof of the thoughts it carries, where not every candidate can verify them.
    fn proof(&self, route: &Route) -> Option<Secret> {
        let several = route.candidates.len() > 1;
        (several && self.operation == Operation::Converse)
            .then(|| peek::proof(self.body, self.client))
            .flatten()
    }

    /// Whether a candidate can do it. What nobody counts is counted here.
    fn is_done_by(&self, candidate: &Candidate) -> bool {
        let speaks = || candidate.target.speaks(self.operation, self.client);
        self.operation == Operation::CountTokens || speaks().is_some()
    }

    /// What it is expected to cost with a candidate.
    pub(super) fn cost(&self, candidate: &Candidate) -> Option<Money> {
        let tokens = Tokens {
            input: self.input,
            output: self.max_output.unwrap_or(USUAL_OUTPUT),
            ..Tokens::default()
        };
        let priced = candidate.pricing.charge(&price::Used {
            model: None,
            tier: None,
            tokens: &tokens,
            stated_cost: None,
        });
        priced.cost
    }
}

/// Puts a route's candidates in order.
pub(super) struct Planner<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) now: Instant,
}

impl Gateway {
    /// In which order a route's candidates are asked.
    pub(super) fn plan(&self, route: &Route, wanted: &Wanted<'_>) -> Plan {
        let planner = Planner {
            catalog: &self.catalog,
            now: self.clock.instant(),
        };
        planner.plan(route, wanted)
    }

    /// Who would be asked first if what is only observed were followed, where that is another; the
    /// figures are told of it.
    pub(super) fn would(&self, route: &Route, plan: &Plan, wanted: &Wanted<'_>) -> Option<String> {
        let planner = Planner {
            catalog: &self.catalog,
            now: self.clock.instant(),
        };
        let would = planner.other(route, plan, wanted)?;
        let provider = would.provider_name.to_string();
        counter!(names::ROUTE_OBSERVED, "provider" => provider).increment(1);
        Some(flag(&would))
    }
}

/// How a record says it.
fn flag(would: &Target) -> String {
    format!("would_route:{}/{}", would.provider_name, would.model)
}

impl Planner<'_> {
    /// As [`Gateway::would`], without telling the figures.
    pub(super) fn would(&self, route: &Route, plan: &Plan, wanted: &Wanted<'_>) -> Option<String> {
        self.other(route, plan, wanted).map(|would| flag(&would))
    }

    fn other(&self, route: &Route, plan: &Plan, wanted: &Wanted<'_>) -> Option<Target> {
        let would = match &route.observed {
            Some(other) => {
                let plan = self.plan(other, wanted);
                other.candidates.get(*plan.order.first()?)?
            }
            None => route.candidates.get(plan.would?)?,
        };
        let would = &would.target;
        let first = plan
            .order
            .first()
            .map(|first| &route.candidates[*first].target);
        let same = first.is_some_and(|first| {
            (&first.provider_name, &first.model) == (&would.provider_name, &would.model)
        });
        (!same).then(|| would.clone())
    }

    /// In which order a route's candidates are asked.
    pub(super) fn plan(&self, route: &Route, wanted: &Wanted<'_>) -> Plan {
        if let [only] = route.candidates.as_slice()
            && only.when.is_empty()
            && !only.observe
        {
            return self.alone(only);
        }
        plan(route.strategy, &self.choices(route, wanted), chance::seed())
    }

    /// What is known of a route's candidates.
    pub(super) fn choices(&self, route: &Route, wanted: &Wanted<'_>) -> Vec<Choice> {
        let candidates = &route.candidates;
        let tagged = candidates.iter().any(|one| !one.when.is_empty());
        let tags = if tagged {
            tags(wanted.tags, wanted.metadata)
        } else {
            BTreeMap::new()
        };
        let blocks = self.catalog.blocks_unpriced();
        let able = candidates.iter().map(|one| wanted.is_done_by(one));
        let able: Vec<bool> = able.collect();
        // What nobody can do is told in the words of whoever comes first.
        let nobody = !able.contains(&true);
        let proof = wanted.proof(route);
        let stays = route.affinity || wanted.stored || proof.is_some();
        let served = wanted.served.as_ref().filter(|_| stays);
        let form = Form::of(wanted.stream);
        let choice = |(candidate, able): (&Arc<Candidate>, bool)| Choice {
            weight: candidate.weight,
            suits: candidate.suits(&tags),
            observe: candidate.observe,
            able: able || nobody,
            priced: !blocks || candidate.pricing.is_known(),
            cost: (route.strategy == Strategy::LeastCost)
                .then(|| wanted.cost(candidate))
                .flatten(),
            breaks: candidate.target.timeouts.breaker,
            health: candidate.health().view(form, self.now),
            origin: proof.as_ref().is_some_and(|proof| {
                peek::verifies(&candidate.abilities, &candidate.target.model, proof)
            }),
            familiar: served.is_some_and(|served| served.is(candidate)),
        };
        candidates.iter().zip(able).map(choice).collect()
    }

    /// The plan for the only candidate.
    fn alone(&self, candidate: &Candidate) -> Plan {
        let mut plan = Plan::default();
        match candidate.health().view(Form::Whole, self.now).breaker {
            _ if self.catalog.blocks_unpriced() && !candidate.pricing.is_known() => {
                plan.out.push((0, Out::Unpriced));
            }
            Verdict::Open(wait) | Verdict::Probing(wait) if candidate.target.timeouts.breaker => {
                plan.out.push((0, Out::Open(wait)));
            }
            _ => plan.order.push(0),
        }
        plan
    }
}
