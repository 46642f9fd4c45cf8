//! The hot path's HTTP client: pooled connections, bounded answers, no redirects.
//!
//! Requests that were never sent because a pooled connection turned out dead go out once more on
//! another one; nothing else is tried again here. Start at [`Client::send`].

mod body;
mod connect;
mod decode;
mod error;
mod proxy;
mod resolve;
mod script;
mod segments;
mod tail;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, PROXY_AUTHORIZATION};
use ::http::uri::Scheme;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::Request;
use crate::config;

use self::connect::{Connector, WITHIN};
use self::decode::Coding;

pub use self::body::{Body, Pieces};
pub use self::error::{BodyError, Obstacle, SendError};
pub use self::segments::{SegmentsBody, Sent, Unsent};
pub use self::tail::{Following, Tail};

pub(super) use self::resolve::Resolver;
pub(super) use self::script::{Script, Step};

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_mins(1);
/// How many unused connections are kept for one host.
const IDLE_PER_HOST: usize = 512;
/// The most bytes of an answer's head, and of one read from a connection.
const BUFFER: usize = 256 * 1024;
/// The most bytes of an answer's head over HTTP/2.
const HEADERS: u32 = 64 * 1024;
/// Servers allow about a hundred exchanges on one HTTP/2 connection: then another one is opened.
const EXCHANGES: usize = 64;
/// The most HTTP/2 connections to one host.
const LANES: usize = 16;

/// One pool of connections; over HTTP/2 it holds one connection for each host.
#[derive(Debug)]
struct Lane {
    client: legacy::Client<Connector, SegmentsBody>,
    busy: Arc<AtomicUsize>,
}

/// An exchange that occupies a lane until it is dropped.
#[derive(Debug)]
struct Busy(Arc<AtomicUsize>);

impl Busy {
    fn begin(lane: &Lane) -> Self {
        lane.busy.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&lane.busy))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Sends requests over pooled connections. Cheap to clone; clones share their pool.
#[derive(Debug, Clone)]
pub struct Client {
    lanes: Arc<[Lane]>,
    connect_timeout: Duration,
    proxies: Arc<proxy::Proxies>,
}

impl Client {
    /// A client with an empty pool; reads the proxies of the environment.
    pub fn new(timeouts: &config::Upstream) -> Self {
        let proxies = Arc::new(proxy::Proxies::from_env());
        let connector = Connector::new(Arc::clone(&proxies), timeouts.connect_timeout);
        let lanes = (0..LANES)
            .map(|_| Lane {
                client: pool(connector.clone()),
                busy: Arc::default(),
            })
            .collect();
        Self {
            lanes,
            connect_timeout: timeouts.connect_timeout,
            proxies,
        }
    }

    /// Sends a request and waits for the head of its answer, at most `first_token_timeout`.
    pub async fn send(
        &self,
        request: Request,
        timeouts: &config::Upstream,
    ) -> Result<::http::Response<Body>, SendError> {
        let (connect, head) = (timeouts.connect_timeout, timeouts.first_token_timeout);
        self.send_within(request, connect, head).await
    }

    /// Sends a request and waits so long for the head of its answer.
    ///
    /// Redirects are not followed. Dropping the future or the answer's body closes the exchange.
    pub async fn send_within(
        &self,
        request: Request,
        connect_timeout: Duration,
        head: Duration,
    ) -> Result<::http::Response<Body>, SendError> {
        let mut request = match request {
            Request::Answered(answer) => return Ok(answer),
            Request::Send(request) => request,
        };
        if let Some(credentials) = self.proxies.credentials_for(request.uri()) {
            request
                .headers_mut()
                .insert(PROXY_AUTHORIZATION, credentials.clone());
        }
        let (lane, busy) = self.lane(request.uri().scheme());
        let answer = lane.client.request(request);
        let answer = if connect_timeout == self.connect_timeout {
            tokio::time::timeout(head, answer).await
        } else {
            let answer = WITHIN.scope(connect_timeout, answer);
            tokio::time::timeout(head, answer).await
        };
        let answer = answer
            .map_err(|_| SendError::Timeout)?
            .map_err(|error| SendError::of(&error))?;
        let (mut head, incoming) = answer.into_parts();
        let body = match Coding::of(&head.headers)? {
            None => Body::incoming(incoming, busy),
            Some(coding) => {
                head.headers.remove(CONTENT_ENCODING);
                head.headers.remove(CONTENT_LENGTH);
                Body::decoded(coding, incoming, busy)
            }
        };
        Ok(::http::Response::from_parts(head, body))
    }

    /// The pool for one more exchange: the first that is not full, else the least busy.
    fn lane(&self, scheme: Option<&Scheme>) -> (&Lane, Option<Busy>) {
        let first = &self.lanes[0];
        if scheme != Some(&Scheme::HTTPS) {
            // Plain HTTP has a connection for each exchange, and those are best kept together.
            return (first, None);
        }
        let load = |lane: &&Lane| lane.busy.load(Ordering::Relaxed);
        let lane = self
            .lanes
            .iter()
            .find(|lane| load(lane) < EXCHANGES)
            .or_else(|| self.lanes.iter().min_by_key(load))
            .unwrap_or(first);
        (lane, Some(Busy::begin(lane)))
    }
}

fn pool(connector: Connector) -> legacy::Client<Connector, SegmentsBody> {
    legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .retry_canceled_requests(true)
        .http1_max_buf_size(BUFFER)
        .http2_max_header_list_size(HEADERS)
        .http2_initial_stream_window_size(1024 * 1024)
        .http2_initial_connection_window_size(16 * 1024 * 1024)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(10))
        .build(connector)
}
