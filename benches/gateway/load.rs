//! A closed loop of clients that check every answer.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::process::Gateway;

/// One kind of load.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) model: &'static str,
    pub(crate) stream: bool,
    pub(crate) prompt: usize,
    pub(crate) clients: usize,
}

/// What a run of a load gave.
#[derive(Clone, Default)]
pub(crate) struct Outcome {
    latencies: Vec<f64>,
    events: usize,
    seconds: f64,
    /// CPU seconds of the gateway.
    pub(crate) cpu: f64,
}

impl Outcome {
    #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
    pub(crate) fn cpu_a_request(&self) -> f64 {
        self.cpu / self.latencies.len().max(1) as f64 * 1e6
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
    pub(crate) fn cpu_an_event(&self) -> f64 {
        self.cpu / self.events.max(1) as f64 * 1e6
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
    pub(crate) fn a_second(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index into a list of a few seconds"
    )]
    pub(crate) fn latency(&self, share: f64) -> f64 {
        let mut all = self.latencies.clone();
        all.sort_by(f64::total_cmp);
        all.get((all.len() as f64 * share) as usize)
            .copied()
            .unwrap_or(0.0)
    }
}

/// Runs a load for a while.
pub(crate) async fn run(gateway: &Gateway, case: &Case, during: Duration) -> Outcome {
    let body = Bytes::from(body(case));
    let began = Instant::now();
    let clients = (0..case.clients).map(|_| client(gateway, case, body.clone(), began + during));
    let mut whole = Outcome::default();
    for one in futures_util::future::join_all(clients).await {
        whole.latencies.extend(one.latencies);
        whole.events += one.events;
    }
    whole.seconds = began.elapsed().as_secs_f64();
    whole
}

async fn client(gateway: &Gateway, case: &Case, body: Bytes, until: Instant) -> Outcome {
    let socket = TcpStream::connect(&gateway.address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let (mut send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
        .await
        .unwrap();
    let driver = tokio::spawn(connection);
    let mut outcome = Outcome::default();
    while Instant::now() < until {
        let asked = Instant::now();
        let request = Request::post("/v1/chat/completions")
            .header("host", &gateway.address)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", gateway.key))
            .body(Full::new(body.clone()))
            .unwrap();
        let response = send.send_request(request).await.unwrap();
        assert_eq!(response.status(), 200, "{}", gateway.name);
        let whole = response.into_body().collect().await.unwrap().to_bytes();
        let (seen, wanted): (usize, &[u8]) = if case.stream {
            (
                memchr::memmem::find_iter(&whole, b"data: ").count(),
                b"data: [DONE]\n\n",
            )
        } else {
            (0, b"}")
        };
        assert!(whole.ends_with(wanted), "{}: {whole:?}", gateway.name);
        outcome.events += seen;
        outcome.latencies.push(asked.elapsed().as_secs_f64() * 1e3);
    }
    drop(send);
    driver.abort();
    outcome
}

fn body(case: &Case) -> String {
    let words = "Summarise the incident report below in plain words, name each cause once. ";
    let text: String = words.chars().cycle().take(case.prompt).collect();
    let stream = if case.stream {
        ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"
    } else {
        ""
    };
    format!(
        "{{\"model\":\"{}\",\"messages\":[{{\"role\":\"user\",\"content\":\"{text}\"}}],\"temperature\":0.2,\"max_tokens\":256{stream}}}",
        case.model
    )
}
