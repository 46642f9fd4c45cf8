//! What is known of a route's candidates for one call, for [`super::plan`] to order them.

use std::collections::BTreeMap;

use super::call::Call;
use super::plan::{Choice, Plan, plan};
use super::{Gateway, chance};
use crate::billing::price;
use crate::catalog::health::breaker::Verdict;
use crate::catalog::{Candidate, Route};
use crate::config::Strategy;
use crate::dialects::Dialect;
use crate::dialects::peek::Head;
use crate::models::money::Money;
use crate::models::operation::Operation;
use crate::models::usage::Tokens;

/// How many tokens an answer is taken to have whose length nobody limits.
const USUAL_OUTPUT: u64 = 1000;

/// How many tags a call has at most.
const MOST_TAGS: usize = 10;

/// What of a call decides who is asked.
pub(super) struct Wanted<'a> {
    pub(super) operation: Operation,
    pub(super) client: Dialect,
    /// The tags of the client's headers.
    pub(super) tags: &'a BTreeMap<String, String>,
    /// Those of its body.
    pub(super) metadata: &'a [(String, String)],
    /// Tokens it reads, and writes at most.
    pub(super) input: u64,
    pub(super) max_output: Option<u64>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(call: &'a Call, head: &'a Head) -> Self {
        Self {
            operation: call.endpoint.operation(),
            client: call.dialect(),
            tags: &call.tags,
            metadata: &head.metadata_tags,
            input: head.rough_input,
            max_output: head.max_output,
        }
    }

    /// All its tags: those of the headers go first.
    pub(super) fn tags(&self) -> BTreeMap<String, String> {
        let mut tags = self.tags.clone();
        for (name, value) in self.metadata {
            if tags.len() < MOST_TAGS {
                tags.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        tags
    }

    /// Whether a candidate can do it. What nobody counts is counted here.
    fn is_done_by(&self, candidate: &Candidate) -> bool {
        let target = &candidate.target;
        let speaks = || {
            let provider = &target.provider;
            provider.speaks(self.operation, self.client, &target.model)
        };
        self.operation == Operation::CountTokens || speaks().is_some()
    }

    /// What it is expected to cost with a candidate.
    fn cost(&self, candidate: &Candidate) -> Option<Money> {
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

impl Gateway {
    /// In which order a route's candidates are asked.
    pub(super) fn plan(&self, route: &Route, wanted: &Wanted<'_>) -> Plan {
        let now = self.clock.instant();
        if let [only] = route.candidates.as_slice()
            && only.when.is_empty()
            && !only.observe
        {
            return alone(only, now);
        }
        let tags = route.candidates.iter().any(|one| !one.when.is_empty());
        let tags = if tags { wanted.tags() } else { BTreeMap::new() };
        let blocks = self.catalog.blocks_unpriced();
        let able: Vec<bool> = route
            .candidates
            .iter()
            .map(|candidate| wanted.is_done_by(candidate))
            .collect();
        // What nobody can do is told in the words of whoever comes first.
        let nobody = !able.contains(&true);
        let choices: Vec<Choice> = route
            .candidates
            .iter()
            .zip(able)
            .map(|(candidate, able)| Choice {
                weight: candidate.weight,
                suits: candidate.suits(&tags),
                observe: candidate.observe,
                able: able || nobody,
                priced: !blocks || candidate.pricing.is_known(),
                cost: (route.strategy == Strategy::LeastCost)
                    .then(|| wanted.cost(candidate))
                    .flatten(),
                breaks: candidate.target.timeouts.breaker,
                health: candidate.health().view(now),
                origin: false,
                familiar: false,
            })
            .collect();
        plan(route.strategy, &choices, chance::seed())
    }
}

/// The plan for the only candidate.
fn alone(candidate: &Candidate, now: std::time::Instant) -> Plan {
    let mut plan = Plan::default();
    match candidate.health().view(now).breaker {
        Verdict::Open(wait) if candidate.target.timeouts.breaker => {
            plan.out.push((0, super::plan::Out::Open(wait)));
        }
        _ => plan.order.push(0),
    }
    plan
}
