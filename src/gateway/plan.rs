//! In which order a call's candidates are asked, and which are out: pure.
//!
//! Live calls and `explain` ask the same [`plan`]. It is handed what is known at the moment and a
//! seed, and decides nothing that it could not say the reason of.

use std::cmp::Ordering;
use std::time::Duration;

use smallvec::SmallVec;

use super::chance::Dice;
use crate::catalog::health::View;
use crate::catalog::health::breaker::Verdict;
use crate::config::Strategy;
use crate::models::money::Money;

/// What is known of one candidate for one call.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the candidate"
)]
pub(super) struct Choice {
    /// Its share of the calls.
    pub(super) weight: u32,
    /// Whether it asks for tags that the call has; `None` when it asks for none.
    pub(super) suits: Option<bool>,
    /// Whether it is only to be reported.
    pub(super) observe: bool,
    /// Whether it can do what is asked for.
    pub(super) able: bool,
    /// Whether calls to it may be made although nobody knows their price.
    pub(super) priced: bool,
    /// What the call is expected to cost there.
    pub(super) cost: Option<Money>,
    /// Whether its breaker counts.
    pub(super) breaks: bool,
    /// How it does.
    pub(super) health: View,
    /// Whether it made what was thought earlier in the conversation.
    pub(super) origin: bool,
    /// Whether it served the conversation before.
    pub(super) familiar: bool,
}

/// Why a candidate is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Out {
    /// It cannot do what is asked for.
    Unable,
    /// Nobody knows its price, and such calls are blocked.
    Unpriced,
    /// It asks for tags that the call does not have, or others ask for those it has.
    Tags,
    /// It is only reported.
    Observed,
    /// Its breaker is open, for so long.
    Open(Duration),
    /// None of its credentials may be used for so long, and others can serve.
    Spared(Duration),
}

/// Numbers of candidates.
pub(super) type Order = SmallVec<[usize; 4]>;

/// An order, and who is left out of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Plan {
    /// Who is asked, first to last.
    pub(super) order: Order,
    /// Who is not, and why.
    pub(super) out: Vec<(usize, Out)>,
    /// Who would be asked first if nobody were only reported.
    pub(super) would: Option<usize>,
}

impl Plan {
    /// The least wait after which somebody may be usable again.
    pub(super) fn wait(&self) -> Option<Duration> {
        let waits = self.out.iter().filter_map(|(_, out)| match out {
            Out::Open(wait) | Out::Spared(wait) => Some(*wait),
            Out::Unable | Out::Unpriced | Out::Tags | Out::Observed => None,
        });
        waits.min()
    }
}

/// Orders candidates. The same seed gives the same order.
pub(super) fn plan(strategy: Strategy, options: &[Choice], seed: u64) -> Plan {
    let mut plan = among(strategy, options, seed, |_| true);
    if options.iter().any(|option| option.observe) {
        let would = plan.order.first().copied();
        plan = among(strategy, options, seed, |option| !option.observe);
        plan.would = would.filter(|would| plan.order.first() != Some(would));
    }
    plan
}

fn among(
    strategy: Strategy,
    options: &[Choice],
    seed: u64,
    counts: impl Fn(&Choice) -> bool,
) -> Plan {
    let tagged = options
        .iter()
        .any(|option| counts(option) && option.suits == Some(true));
    let mut plan = Plan::default();
    let mut spared: SmallVec<[(usize, Duration); 4]> = SmallVec::new();
    for (number, option) in options.iter().enumerate() {
        let out = if !counts(option) {
            Some(Out::Observed)
        } else if !option.able {
            Some(Out::Unable)
        } else if !option.priced {
            Some(Out::Unpriced)
        } else if option.suits == Some(false) || (tagged && option.suits.is_none()) {
            Some(Out::Tags)
        } else {
            match option.health.breaker {
                Verdict::Open(wait) | Verdict::Probing(wait) if option.breaks => {
                    Some(Out::Open(wait))
                }
                _ => None,
            }
        };
        match (out, option.health.spared) {
            (Some(out), _) => plan.out.push((number, out)),
            (None, Some(wait)) => spared.push((number, wait)),
            (None, None) => plan.order.push(number),
        }
    }
    if plan.order.is_empty() {
        // Whoever is limited is better than nobody: what was too much may not be so for this call.
        plan.order = spared.iter().map(|(number, _)| *number).collect();
    } else {
        let spared = spared.into_iter();
        plan.out
            .extend(spared.map(|(number, wait)| (number, Out::Spared(wait))));
    }
    arrange(strategy, options, &mut plan.order, Dice::new(seed));
    if plan.order.len() > 1 {
        plan.order
            .sort_by_key(|number| (!options[*number].origin, !options[*number].familiar));
    }
    plan
}

fn arrange(strategy: Strategy, options: &[Choice], order: &mut Order, mut dice: Dice) {
    if order.len() < 2 {
        return;
    }
    match strategy {
        Strategy::Priority => {}
        Strategy::Weighted => {
            // Whoever has twice the weight comes first twice as often.
            let mut drawn: SmallVec<[(f64, usize); 4]> = order
                .iter()
                .map(|number| {
                    (
                        -dice.share().ln() / f64::from(options[*number].weight),
                        *number,
                    )
                })
                .collect();
            drawn.sort_by(|a, b| a.0.total_cmp(&b.0));
            *order = drawn.into_iter().map(|(_, number)| number).collect();
        }
        Strategy::LeastLatency => {
            let mut left = std::mem::take(order);
            while left.len() > 1 {
                let first = dice.below(left.len());
                let second = (first + 1 + dice.below(left.len() - 1)) % left.len();
                let of = |at: usize| options[left[at]].health.latency;
                let faster = if of(second) < of(first) {
                    second
                } else {
                    first
                };
                order.push(left.remove(faster));
            }
            order.append(&mut left);
        }
        Strategy::LeastBusy => {
            let load = |number: &usize| {
                let option = &options[*number];
                f64::from(option.health.running) / f64::from(option.weight)
            };
            order.sort_by(|a, b| load(a).total_cmp(&load(b)));
        }
        Strategy::LeastCost => order.sort_by(|a, b| {
            match (options[*a].cost, options[*b].cost) {
                (Some(a), Some(b)) => a.cmp(&b),
                // Nobody knows what the unknown costs.
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            }
        }),
    }
}

#[cfg(test)]
mod tests;
