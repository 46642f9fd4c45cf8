//! Taking connections in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Trouble;
use super::connection::{self, Shared};
use crate::telemetry;

/// How many connections may wait to be taken.
const BACKLOG: u32 = 4096;

/// How long to wait when there is no descriptor for another connection; doubled up to a second.
const BACK_OFF: Duration = Duration::from_millis(5);

/// Listens on an address; gives the one that was got.
pub(super) fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Trouble> {
    let listen = || {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        // A burst of stream events would otherwise wait for acknowledgements; accepted sockets
        // take this over.
        socket.set_nodelay(true)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    listen().map_err(|source| Trouble::Listen { address, source })
}

/// Takes connections until the server closes, and then those that were waiting.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut wait = BACK_OFF;
    loop {
        let accepted = tokio::select! {
            biased;
            () = shared.closing.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, peer)) => {
                wait = BACK_OFF;
                take(socket, peer, &shared);
            }
            // The client has left already: that is no fault of ours.
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::warn!(error = %error, "no connection can be taken");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(1));
            }
        }
    }
    // Whoever was let in by the kernel before the door closed gets an answer, not a reset.
    while let Some(Ok((socket, peer))) = listener.accept().now_or_never() {
        take(socket, peer, &shared);
    }
}

fn take(socket: TcpStream, peer: SocketAddr, shared: &Arc<Shared>) {
    let _ = socket.set_nodelay(true);
    let connection = connection::serve(socket, peer, Arc::clone(shared));
    shared.tasks.spawn(connection);
}

fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

/// How many connections the listener for figures has at once.
const MOST_SCRAPERS: usize = 64;

/// Serves the figures, and nothing else, on an address of their own.
pub(super) async fn metrics(listener: TcpListener, stop: CancellationToken, tasks: TaskTracker) {
    let places = Arc::new(Semaphore::new(MOST_SCRAPERS));
    let answer = |request: http::Request<hyper::body::Incoming>| async move {
        let mut response = http::Response::new(Full::<Bytes>::default());
        if request.uri().path() == "/metrics" {
            let kind = http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response
                .headers_mut()
                .insert(http::header::CONTENT_TYPE, kind);
            *response.body_mut() = telemetry::metrics::render().into();
        } else {
            *response.status_mut() = http::StatusCode::NOT_FOUND;
        }
        Ok::<_, std::convert::Infallible>(response)
    };
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = stop.cancelled() => return,
            accepted = accepted => accepted,
        };
        let Ok((socket, _)) = accepted else {
            tokio::time::sleep(BACK_OFF).await;
            continue;
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(15))
            .serve_connection(TokioIo::new(socket), service_fn(answer));
        let stop = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                _ = connection => {}
                () = stop.cancelled() => {}
            }
            drop(place);
        });
    }
}

/// Lets the process open as many descriptors as it may at all.
pub(super) fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(error = %error, "the limit on open files stays as it is");
    }
}
