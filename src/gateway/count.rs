//! Tokens counted here, for a provider that has no way to count them.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};

use super::body::Body;
use super::call::{Answer, Call, Declined};
use super::headers;
use super::permit::Permit;
use super::settlement::{Ending, Used};
use super::settler::Settler;
use crate::catalog::Candidate;
use crate::dialects::estimate;
use crate::models::usage::Status;

/// An admitted call whose tokens are to be counted here.
pub(super) struct Count {
    pub(super) call: Call,
    pub(super) candidate: Arc<Candidate>,
    pub(super) permit: Permit,
    pub(super) settler: Settler,
    /// What is answered when the prompt is too long to be counted, or too many are.
    pub(super) rough_input: u64,
    /// The headers of the answer.
    pub(super) told: HeaderMap,
}

impl Count {
    pub(super) async fn answer(mut self: Box<Self>) -> Result<Answer, Declined> {
        let (dialect, body) = (self.call.dialect(), self.call.body.clone());
        let candidate = Arc::clone(&self.candidate);
        let count = match self.settler.ticket(body.len()) {
            None => None,
            Some(ticket) => {
                let turn = ticket.turn().await;
                let counting = tokio::task::spawn_blocking(move || {
                    let count = estimate::prompt_tokens(dialect, &body, &candidate.target.model);
                    drop(turn);
                    count
                });
                counting.await.ok()
            }
        };
        let count = count.unwrap_or(self.rough_input);
        let settled = self.permit.settle(Ending {
            status: Status::Ok,
            http_status: 200,
            error_code: None,
            used: Used::Nothing,
            model: None,
            flags: Vec::new(),
        });
        settled.written().await;
        headers::json(&mut self.told);
        let body = format!("{{\"{}\":{count}}}", self.call.client.counted());
        Ok(Answer {
            status: StatusCode::OK,
            headers: self.told,
            body: Body::Whole(body.into()),
        })
    }
}
