//! Why a call would go where it goes.

use std::sync::Arc;

use poem_openapi::types::ToJSON;
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use crate::api::extract::Member;
use crate::api::payload::{Answer, Fields, Input, Write};
use crate::api::problem::Problem;
use crate::api::routes::Tag;
use crate::api::types::Dollars;
use crate::auth::Door;
use crate::gateway::{Explanation, Fallback, Gateway, Question, Seat, Seats};
use crate::limits::Line;
use crate::models::principal::Principal;

/// How many tokens a call reads of which nobody says it.
const USUAL_INPUT: u64 = 1000;

/// `/api/v1/routes`
#[derive(Clone)]
pub(in crate::api) struct Routes {
    pub(in crate::api) accounts: Door,
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(prefix_path = "/api/v1/routes", tag = "Tag::Operations")]
impl Routes {
    /// Explain where a call would go
    ///
    /// Who would be asked in which order and who would not and why, what it would be held to, and
    /// what it is expected to cost. By the functions that live calls go by, with what is known at
    /// the moment; no provider is called and nothing taken.
    #[oai(path = "/explain", method = "post", operation_id = "routes_explain")]
    async fn explain(
        &self,
        member: Member,
        input: Input<Asked>,
    ) -> Result<Answer<ExplanationView>, Problem> {
        let Asked { key, question } = input.0;
        let accounts = self.accounts.by(&member.0);
        let principal = match key {
            Some(key) => accounts.caller(&key).await?,
            None => Principal::of_user(accounts.show_user(member.id()).await?),
        };
        let explained = self.gateway.explain(&principal, &question).await;
        Ok(Answer(explained.map_err(Problem::from)?.into()))
    }
}

/// A call that is not made, and whose it would be.
struct Asked {
    key: Option<String>,
    question: Question,
}

impl Write for Asked {
    type Schema = QuestionInput;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            key: fields.text("key_id")?,
            question: Question {
                model: fields.required("model")?,
                input_tokens: fields.count("tokens")?.flatten().unwrap_or(USUAL_INPUT),
                max_output: fields.count("max_output")?.flatten(),
                tags: fields.pairs("tags")?.unwrap_or_default(),
            },
        })
    }
}

/// A call that is not made.
#[derive(Object)]
#[oai(rename = "RouteQuestion")]
struct QuestionInput {
    /// The model it would ask for.
    model: String,
    /// The key it would come with; the caller without a key unless said.
    key_id: Option<String>,
    /// How many tokens it would read; 1000 unless said.
    #[oai(nullable)]
    tokens: Option<u64>,
    /// How many it would have written at most.
    #[oai(nullable)]
    max_output: Option<u64>,
    /// Its tags.
    tags: Option<Value>,
}

/// What would become of a call.
#[derive(Object)]
#[oai(rename = "RouteExplanation")]
struct ExplanationView {
    /// The model that the name stands for.
    model: String,
    /// How one of its targets is chosen.
    strategy: String,
    /// Who would be asked, in order; where chance decides, the likeliest first.
    order: Vec<SeatView>,
    /// Who would not, and why.
    out: Vec<SeatView>,
    /// Who would serve what these cannot, in order.
    fallbacks: Vec<FallbackView>,
    /// Who would be asked first if what is only observed were followed.
    #[oai(nullable)]
    would: Option<String>,
    /// What the call would be held to.
    limits: Vec<LimitView>,
    /// What it is expected to cost with whoever is asked first; null when nobody knows.
    #[oai(nullable)]
    estimated_cost_usd: Option<Dollars>,
}

/// A target.
#[derive(Object)]
#[oai(rename = "RouteTarget")]
struct SeatView {
    /// Its provider.
    provider: String,
    /// Its model, in the provider's words.
    model: String,
    /// Its weight.
    weight: u32,
    /// How likely it would be asked first; null where that depends on chance and time.
    #[oai(nullable)]
    share: Option<f64>,
    /// What the call is expected to cost there; null when nobody knows.
    #[oai(nullable)]
    estimated_cost_usd: Option<Dollars>,
    /// `closed`, `half_open` or `open`.
    breaker: String,
    /// Calls that run there.
    running: u32,
    /// What an answer's beginning is expected to take; null before any.
    #[oai(nullable)]
    latency_ms: Option<u64>,
    /// Why it would not be asked.
    #[oai(nullable)]
    reason: Option<String>,
}

/// A model that would serve what another cannot.
#[derive(Object)]
#[oai(rename = "RouteFallback")]
struct FallbackView {
    /// When: `failure`, `context_window` or `content_policy`.
    on: String,
    /// Which model.
    model: String,
    /// Who would be asked, in order.
    order: Vec<SeatView>,
    /// Who would not, and why.
    out: Vec<SeatView>,
    /// Why it has no targets.
    #[oai(nullable)]
    problem: Option<String>,
}

/// A limit.
#[derive(Object)]
#[oai(rename = "RouteLimit")]
struct LimitView {
    /// Whose it is, such as `key:key_…` or `team:team_…/gpt-*`.
    scope: String,
    /// `rpm`, `tpm`, `rpd`, `tpd` or `parallel`.
    measure: String,
    /// What it is set to.
    limit: u64,
    /// What is left.
    remaining: u64,
    /// Whether it is only observed.
    observe: bool,
    /// Whether the call would pass it.
    passes: bool,
}

/// An explanation as the API spells it.
pub fn spelled(explanation: Explanation) -> Value {
    ExplanationView::from(explanation)
        .to_json()
        .unwrap_or_default()
}

impl From<Explanation> for ExplanationView {
    fn from(explanation: Explanation) -> Self {
        let Seats {
            strategy,
            order,
            out,
        } = explanation.route;
        Self {
            model: explanation.model.to_string(),
            strategy: strategy.as_str().to_owned(),
            estimated_cost_usd: order.first().and_then(|first| first.cost).map(Dollars),
            order: order.into_iter().map(SeatView::from).collect(),
            out: out.into_iter().map(SeatView::from).collect(),
            fallbacks: explanation
                .fallbacks
                .into_iter()
                .map(FallbackView::from)
                .collect(),
            would: explanation.would,
            limits: explanation
                .limits
                .into_iter()
                .map(LimitView::from)
                .collect(),
        }
    }
}

impl From<Seat> for SeatView {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a latency in milliseconds is small and not negative"
    )]
    fn from(seat: Seat) -> Self {
        Self {
            provider: seat.provider.to_string(),
            model: seat.model.to_string(),
            weight: seat.weight,
            share: seat.share,
            estimated_cost_usd: seat.cost.map(Dollars),
            breaker: seat.breaker.to_owned(),
            running: seat.running,
            latency_ms: seat.latency.map(|seconds| (seconds * 1e3).round() as u64),
            reason: seat.reason,
        }
    }
}

impl From<Fallback> for FallbackView {
    fn from(fallback: Fallback) -> Self {
        let (order, out, problem) = match fallback.route {
            Ok(seats) => (seats.order, seats.out, None),
            Err(refusal) => (Vec::new(), Vec::new(), Some(refusal.message)),
        };
        Self {
            on: fallback.on.to_owned(),
            model: fallback.model,
            order: order.into_iter().map(SeatView::from).collect(),
            out: out.into_iter().map(SeatView::from).collect(),
            problem,
        }
    }
}

impl From<Line> for LimitView {
    fn from(line: Line) -> Self {
        Self {
            scope: line.scope.to_string(),
            measure: line.measure.as_str().to_owned(),
            limit: line.standing.limit,
            remaining: line.standing.remaining,
            observe: line.observe,
            passes: line.passes,
        }
    }
}
