//! One client connection, from its first byte to its end.
//!
//! hyper speaks HTTP/1.1 or HTTP/2 over a [`guard::Guard`], each request goes to the API, and a
//! watch ends what would hold the connection for nothing: slow heads, silent clients, clients that
//! never read. Start at [`serve`].

mod framing;
mod guard;
mod link;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::gauge;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::Api;
use crate::api::problem::Malformed;
use crate::models::clock::Clock;
use crate::telemetry::names;

use framing::MOST_ADDRESS;
use guard::Guard;
use link::{Link, Running, Stream, TICK, Verdict};

/// How an HTTP/2 connection begins, as far as no other method does.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// How long an idle connection still takes a request after the stop: one that was sent before its
/// client could know is then refused in words rather than by a reset.
const LAST_CALL: Duration = Duration::from_millis(300);

/// How long a new connection may stay silent.
const FIRST_BYTE: Duration = Duration::from_secs(15);

/// The largest buffer for what is read and for what is to be written; a head must fit in.
const BUFFER: usize = 64 * 1024;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) api: Arc<Api>,
    /// No more connections are taken; the running requests finish.
    pub(super) closing: CancellationToken,
    /// Everything ends at once.
    pub(super) aborted: CancellationToken,
    /// All tasks of all connections.
    pub(super) tasks: TaskTracker,
}

/// Answers the requests of one connection until it ends.
pub(super) async fn serve(socket: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    let open = gauge!(names::CONNECTIONS);
    open.increment(1.0);
    let ended = async {
        let local = socket.local_addr()?;
        let mut socket = socket;
        let Some((held, http2)) = first_bytes(&mut socket, &shared).await? else {
            return Ok(());
        };
        let link = Arc::new(Link::new(Clock::system()));
        let call = {
            let (shared, link) = (Arc::clone(&shared), Arc::clone(&link));
            move |request| answer(request, local, peer, http2, &link, &shared)
        };
        if http2 {
            let io = TokioIo::new(Guard::http2(socket, held, Arc::clone(&link)));
            let connection = http2_settings(&shared).serve_connection(io, service_fn(call));
            watch(connection, &link, &shared).await
        } else {
            let io = TokioIo::new(Guard::http1(socket, held, Arc::clone(&link)));
            let connection = http1::Builder::new()
                .header_read_timeout(None)
                .max_buf_size(BUFFER)
                .serve_connection(io, service_fn(call));
            watch(connection, &link, &shared).await
        }
    };
    let result: io::Result<()> = tokio::select! {
        result = ended => result,
        () = shared.aborted.cancelled() => Ok(()),
    };
    open.decrement(1.0);
    if let Err(error) = result {
        tracing::trace!(error = %error, "a connection ended early");
    }
}

/// Reads enough to tell HTTP/2 from HTTP/1.1; `None` when nothing comes.
async fn first_bytes(
    socket: &mut TcpStream,
    shared: &Shared,
) -> io::Result<Option<(BytesMut, bool)>> {
    let read = async {
        // A connection that says nothing gets no buffer.
        socket.readable().await?;
        let mut held = BytesMut::with_capacity(4096);
        loop {
            if socket.read_buf(&mut held).await? == 0 {
                return Ok(None);
            }
            let known = held.len().min(HTTP2_PREFACE.len());
            if held[..known] != HTTP2_PREFACE[..known] {
                return Ok(Some((held, false)));
            }
            if known == HTTP2_PREFACE.len() {
                return Ok(Some((held, true)));
            }
        }
    };
    tokio::select! {
        read = tokio::time::timeout(FIRST_BYTE, read) => read.unwrap_or(Ok(None)),
        () = async {
            shared.closing.cancelled().await;
            tokio::time::sleep(LAST_CALL).await;
        } => Ok(None),
    }
}

fn http2_settings(shared: &Shared) -> http2::Builder<Executor> {
    let mut settings = http2::Builder::new(Executor(shared.tasks.clone()));
    settings
        .timer(TokioTimer::new())
        .max_concurrent_streams(256)
        .max_pending_accept_reset_streams(32)
        .max_local_error_reset_streams(128)
        .max_header_list_size(64 * 1024)
        .max_send_buf_size(BUFFER)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    settings
}

tokio::task_local! {
    /// The HTTP/2 stream that a task answers.
    static STREAM: Arc<Stream>;
}

/// Spawns the tasks of HTTP/2 streams where they are waited for, and ends those that stand still.
#[derive(Debug, Clone)]
struct Executor(TaskTracker);

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, task: F) {
        let stream = Arc::new(Stream::default());
        self.0.spawn(async move {
            // Dropped before its end, a stream is reset.
            tokio::select! {
                biased;
                () = async { drop(STREAM.scope(Arc::clone(&stream), task).await) } => {}
                () = stream.stalled() => {}
            }
        });
    }
}

/// A connection that can be asked to finish.
trait Finish: Future<Output = hyper::Result<()>> {
    /// Takes no more requests; ends once the running ones are answered.
    fn finish(self: Pin<&mut Self>);
}

impl<S> Finish for http1::Connection<TokioIo<Guard>, S>
where
    S: hyper::service::HttpService<Incoming, ResBody = Outgoing>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<S> Finish for http2::Connection<TokioIo<Guard>, S, Executor>
where
    S: hyper::service::HttpService<Incoming, ResBody = Outgoing>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    Executor: hyper::rt::bounds::Http2ServerConnExec<S::Future, Outgoing>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Drives a connection and ends it when the server stops or the client holds it for nothing.
async fn watch<C: Finish>(connection: C, link: &Link, shared: &Shared) -> io::Result<()> {
    let mut connection = std::pin::pin!(connection);
    let mut tick = std::pin::pin!(tokio::time::sleep(TICK));
    let mut closing = std::pin::pin!(shared.closing.cancelled());
    let (mut was_closing, mut finishing) = (false, false);
    loop {
        tokio::select! {
            biased;
            ended = &mut connection => return ended.map_err(io::Error::other),
            () = &mut closing, if !was_closing => {
                was_closing = true;
                if link.is_running() {
                    finishing = true;
                    connection.as_mut().finish();
                } else {
                    tick.as_mut().reset(Instant::now() + LAST_CALL);
                }
            }
            () = &mut tick => {
                tick.as_mut().reset(Instant::now() + TICK);
                match link.verdict() {
                    Verdict::Keep if was_closing && !finishing && link.is_in_head() => {
                        link.refuse(Malformed::Closing);
                    }
                    Verdict::Keep if was_closing && !finishing => {
                        finishing = true;
                        connection.as_mut().finish();
                    }
                    Verdict::Keep => {}
                    Verdict::Refuse(why) => link.refuse(why),
                    Verdict::Finish => connection.as_mut().finish(),
                    Verdict::Drop => {
                        return Err(io::Error::new(
                            io::ErrorKind::TimedOut,
                            "the client takes nothing of its answer",
                        ));
                    }
                }
            }
        }
    }
}

/// Answers one request.
fn answer(
    request: http::Request<Incoming>,
    local: SocketAddr,
    peer: SocketAddr,
    http2: bool,
    link: &Arc<Link>,
    shared: &Arc<Shared>,
) -> impl Future<Output = Result<http::Response<Outgoing>, Infallible>> + Send + use<> {
    let mut running = link.start();
    // The head of HTTP/1.1 was measured on its way in.
    let address = request
        .uri()
        .path_and_query()
        .map_or(0, |path| path.as_str().len());
    let refused = match link.refused() {
        None if http2 && address > MOST_ADDRESS => Some(Malformed::AddressTooLong),
        refused => refused,
    };
    let shared = Arc::clone(shared);
    async move {
        if let Ok(stream) = STREAM.try_with(Arc::clone) {
            running.watched(stream);
        }
        let response = if let Some(why) = refused {
            shared.api.refuse(why, request.uri().path())
        } else {
            let request = (
                request,
                LocalAddr(poem::Addr::SocketAddr(local)),
                RemoteAddr(poem::Addr::SocketAddr(peer)),
                Scheme::HTTP,
            );
            let response = shared.api.answer(request.into()).await;
            if shared.tasks.len() > 1 {
                // Answers that are ready together go out together, as calls do.
                tokio::task::yield_now().await;
            }
            response
        };
        let (parts, body) =
            http::Response::<BoxBody<Bytes, io::Error>>::from(response).into_parts();
        let mut response = http::Response::from_parts(parts, Outgoing { body, running });
        if !http2 && (refused.is_some() || shared.closing.is_cancelled()) {
            let close = http::HeaderValue::from_static("close");
            response
                .headers_mut()
                .insert(http::header::CONNECTION, close);
        }
        Ok(response)
    }
}

/// An answer's body; the request runs until it is dropped.
#[derive(Debug)]
struct Outgoing {
    body: BoxBody<Bytes, io::Error>,
    running: Running,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.running.piece_waits(false);
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.running.piece_waits(matches!(frame, Some(Ok(_))));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use hyper::rt::Executor as _;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_stream_that_nobody_takes_is_dropped() {
        let clock = Clock::manual("2026-11-21T10:00:00Z".parse().unwrap());
        let link = Arc::new(Link::new(clock.clone()));
        let mut running = link.start();
        let (held, dropped) = oneshot::channel::<()>();
        let (waits, is_waiting) = oneshot::channel();
        Executor(TaskTracker::new()).execute(async move {
            let _held = held;
            running.watched(STREAM.with(Arc::clone));
            running.piece_waits(true);
            waits.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        is_waiting.await.unwrap();
        clock.advance(Duration::from_mins(2));
        assert_eq!(link.verdict(), Verdict::Keep);
        let dropped = tokio::time::timeout(Duration::from_secs(5), dropped).await;
        assert!(dropped.unwrap().is_err());
    }
}
