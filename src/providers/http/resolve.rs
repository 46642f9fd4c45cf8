//! Names to addresses, without those that no provider has.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

use crate::config::is_link_local;

/// A name that leads to no usable address.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no usable address")]
pub(super) struct Unresolved;

/// Resolves names as the system does, and leaves out link-local and metadata addresses: a name
/// must not lead where a written address may not.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    system: GaiResolver,
}

impl Resolver {
    pub(super) fn new() -> Self {
        Self {
            system: GaiResolver::new(),
        }
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.system.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolving = self.system.call(name);
        Box::pin(async move {
            let found = resolving.await.map_err(|_| io::Error::other(Unresolved))?;
            let usable: Vec<SocketAddr> = found
                .filter(|address| !is_link_local(address.ip()))
                .collect();
            if usable.is_empty() {
                return Err(io::Error::other(Unresolved));
            }
            Ok(usable.into_iter())
        })
    }
}
