//! The instant upstream, and the proxy that only passes bytes.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::time::{Sleep, sleep};

/// Which of the two a process is.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    Upstream,
    Proxy,
}

/// Serves on a free port, prints the address, and never returns.
pub(crate) fn serve(role: Role, upstream: &str) {
    let upstream = upstream.to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client: Client<_, Incoming> = Client::builder(TokioExecutor::new()).build(connector);
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            socket.set_nodelay(true).unwrap();
            let (client, upstream) = (client.clone(), upstream.clone());
            tokio::spawn(async move {
                let http = hyper::server::conn::http1::Builder::new();
                let socket = TokioIo::new(socket);
                let _ = match role {
                    Role::Upstream => http.serve_connection(socket, service_fn(answer)).await,
                    Role::Proxy => {
                        let authority: Authority = upstream.parse().unwrap();
                        let pass = service_fn(move |request| {
                            client.request(readdressed(request, authority.clone()))
                        });
                        http.serve_connection(socket, pass).await
                    }
                };
            });
        }
    });
}

fn readdressed(mut request: Request<Incoming>, authority: Authority) -> Request<Incoming> {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts).unwrap();
    request.headers_mut().remove("host");
    request
}

async fn answer(
    request: Request<Incoming>,
) -> Result<Response<http_body_util::Either<Full<Bytes>, Events>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let head = &body[..body.len().min(64)];
    let names = |model: &str| memchr::memmem::find(head, model.as_bytes()).is_some();
    let response = Response::builder();
    Ok(if names("m-paced") || names("m-burst") {
        let gap = if names("m-paced") {
            Duration::from_millis(5)
        } else {
            Duration::ZERO
        };
        let events = Events {
            next: 0,
            gap,
            sleep: None,
        };
        let stream = response.header("content-type", "text/event-stream");
        stream.body(http_body_util::Either::Right(events)).unwrap()
    } else {
        let plain = response.header("content-type", "application/json");
        plain
            .body(http_body_util::Either::Left(Full::new(whole())))
            .unwrap()
    })
}

const USAGE: &str = "\"usage\":{\"prompt_tokens\":25,\"completion_tokens\":100,\"total_tokens\":125,\"prompt_tokens_details\":{\"cached_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0}}";

fn whole() -> Bytes {
    let text = "the quick brown fox jumps over a lazy dog. ".repeat(14);
    format!(
        "{{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"m\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\",\"refusal\":null}},\"logprobs\":null,\"finish_reason\":\"stop\"}}],{USAGE}}}"
    )
    .into()
}

/// A hundred words, a finish, the usage and the terminator: each its own frame.
struct Events {
    next: usize,
    gap: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(sleep) = &mut self.sleep {
            std::task::ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        let chunk = |choices: &str, rest: &str| {
            format!(
                "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\",\"choices\":[{choices}]{rest}}}\n\n"
            )
        };
        let text = match self.next {
            0..100 => chunk(
                "{\"index\":0,\"delta\":{\"content\":\"word \"},\"logprobs\":null,\"finish_reason\":null}",
                "",
            ),
            100 => chunk(
                "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}",
                "",
            ),
            101 => chunk("", &format!(",{USAGE}")),
            102 => "data: [DONE]\n\n".to_owned(),
            _ => return Poll::Ready(None),
        };
        self.next += 1;
        if !self.gap.is_zero() && self.next < 100 {
            self.sleep = Some(Box::pin(sleep(self.gap)));
        }
        Poll::Ready(Some(Ok(Frame::data(text.into()))))
    }
}
