//! Tokens counted here, for a provider that has no way to count them.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};

use super::call::{Answer, Call, Declined};
use super::headers;
use super::permit::{Ending, Permit, Used};
use super::relay::Body;
use crate::catalog::Route;
use crate::dialects::estimate;
use crate::models::usage::Status;

/// An admitted call whose tokens are to be counted here.
pub(super) struct Count {
    pub(super) call: Call,
    pub(super) route: Arc<Route>,
    pub(super) permit: Permit,
    /// The headers of the answer.
    pub(super) told: HeaderMap,
}

impl Count {
    pub(super) async fn answer(mut self: Box<Self>) -> Result<Answer, Declined> {
        let (dialect, body) = (self.call.dialect, self.call.body.clone());
        let route = Arc::clone(&self.route);
        let counting = tokio::task::spawn_blocking(move || {
            estimate::prompt_tokens(dialect, &body, &route.target.model)
        });
        let count = counting
            .await
            .unwrap_or_else(|_| estimate::rough(&self.call.body));
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
        Ok(Answer {
            status: StatusCode::OK,
            headers: self.told,
            body: Body::Whole(format!("{{\"input_tokens\":{count}}}").into()),
        })
    }
}
