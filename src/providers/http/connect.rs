//! Connections: directly or through a proxy, plain or TLS, within a time.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper::rt;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use metrics::counter;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use tokio::net::TcpStream;
use tower_service::Service;

use super::proxy::{Proxies, Way};
use super::resolve::Resolver;
use crate::telemetry::names;

tokio::task_local! {
    /// The time for a connection of one call, where it is not the client's.
    pub(super) static WITHIN: Duration;
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// No connection in time.
#[derive(Debug, thiserror::Error)]
#[error("no connection in time")]
pub(super) struct TooSlow;

/// How often a connection without traffic asks whether the other side is still there.
const KEEP_ALIVE: Duration = Duration::from_mins(1);

/// Makes connections.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    tcp: HttpConnector<Resolver>,
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
    proxies: Arc<Proxies>,
    within: Duration,
}

impl Connector {
    pub(super) fn new(proxies: Arc<Proxies>, within: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver::new());
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEP_ALIVE));
        // So that one dead address of several does not use up the whole time.
        tcp.set_connect_timeout(Some(within));
        Self {
            tcp,
            tls: Arc::default(),
            proxies,
            within,
        }
    }

    /// The certificates that are trusted: the system's, read when first needed.
    fn tls(&self) -> Result<Arc<ClientConfig>, BoxError> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .try_with_platform_verifier()?
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }

    async fn connect(mut self, address: Uri) -> Result<Wire, BoxError> {
        let way = self.proxies.way(&address);
        if let Way::Forward(proxy) = &way {
            let stream = self.tcp.call(proxy.uri().clone()).await?;
            return Ok(Wire {
                stream: MaybeHttpsStream::Http(stream),
                forwarded: true,
            });
        }
        let tls = if address.scheme() == Some(&Scheme::HTTPS) {
            self.tls()?
        } else {
            return match way {
                Way::Direct => Ok(Wire::from(MaybeHttpsStream::Http(
                    self.tcp.call(address).await?,
                ))),
                Way::Socks(proxy, local_dns) => {
                    let mut socks = socks(&proxy, local_dns, self.tcp);
                    Ok(Wire::from(MaybeHttpsStream::Http(
                        socks.call(address).await?,
                    )))
                }
                Way::Forward(_) | Way::Tunnel(_) | Way::Unknown => Err(unknown_proxy()),
            };
        };
        let stream = match way {
            Way::Direct => HttpsConnector::from((self.tcp, tls)).call(address).await?,
            Way::Tunnel(proxy) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp);
                if let Some(credentials) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(credentials.clone());
                }
                HttpsConnector::from((tunnel, tls)).call(address).await?
            }
            Way::Socks(proxy, local_dns) => {
                let socks = socks(&proxy, local_dns, self.tcp);
                HttpsConnector::from((socks, tls)).call(address).await?
            }
            Way::Forward(_) | Way::Unknown => return Err(unknown_proxy()),
        };
        Ok(Wire::from(stream))
    }
}

fn socks(
    proxy: &hyper_util::client::proxy::matcher::Intercept,
    local_dns: bool,
    tcp: HttpConnector<Resolver>,
) -> SocksV5<HttpConnector<Resolver>> {
    let socks = SocksV5::new(proxy.uri().clone(), tcp).local_dns(local_dns);
    match proxy.raw_auth() {
        Some((user, password)) => socks.with_auth(user.to_owned(), password.to_owned()),
        None => socks,
    }
}

fn unknown_proxy() -> BoxError {
    io::Error::other("the environment names a proxy of a kind that is not known").into()
}

impl Service<Uri> for Connector {
    type Response = Wire;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Wire, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let within = WITHIN.try_with(|within| *within).unwrap_or(self.within);
        let mut connector = self.clone();
        if within != self.within {
            connector.tcp.set_connect_timeout(Some(within));
        }
        Box::pin(async move {
            // Around all of it: proxies and TLS take their time too.
            let wire = tokio::time::timeout(within, connector.connect(address))
                .await
                .map_err(|_| TooSlow)??;
            counter!(names::UPSTREAM_CONNECTIONS).increment(1);
            Ok(wire)
        })
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    /// Whether a proxy takes the requests themselves, which then name their host.
    forwarded: bool,
}

impl From<Stream> for Wire {
    fn from(stream: Stream) -> Self {
        Self {
            stream,
            forwarded: false,
        }
    }
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.forwarded)
    }
}

impl rt::Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl rt::Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
}
