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
pub(in crate::providers) struct Resolver {
    system: GaiResolver,
}

impl Resolver {
    pub(in crate::providers) fn new() -> Self {
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
            usable(found).map_err(io::Error::other)
        })
    }
}

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let mut resolver = self.clone();
        Box::pin(async move {
            let name = name.as_str().parse::<Name>()?;
            let found: reqwest::dns::Addrs = Box::new(resolver.call(name).await?);
            Ok(found)
        })
    }
}

/// The addresses that a provider may have. Loopback and private ones are among them: models run
/// there too.
fn usable(
    found: impl Iterator<Item = SocketAddr>,
) -> Result<std::vec::IntoIter<SocketAddr>, Unresolved> {
    let usable: Vec<SocketAddr> = found
        .filter(|address| !is_link_local(address.ip()))
        .collect();
    if usable.is_empty() {
        return Err(Unresolved);
    }
    Ok(usable.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(addresses: &[&str]) -> Option<Vec<String>> {
        let found = addresses
            .iter()
            .map(|address| SocketAddr::new(address.parse().unwrap(), 80));
        let usable = usable(found).ok()?;
        Some(usable.map(|address| address.ip().to_string()).collect())
    }

    #[test]
    fn a_name_does_not_lead_to_link_local_or_metadata_addresses() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
        ] {
            assert_eq!(of(&[address]), None, "{address}");
            assert_eq!(of(&[address, "10.0.0.7"]), Some(vec!["10.0.0.7".into()]));
        }
        for address in ["127.0.0.1", "::1", "192.168.1.5", "fd12::7", "203.0.113.9"] {
            assert_eq!(of(&[address]), Some(vec![address.into()]));
        }
        assert_eq!(of(&[]), None);
    }

    #[tokio::test]
    async fn whoever_gives_tokens_is_not_at_such_an_address_either() {
        for (name, found) in [("169.254.169.254", None), ("127.0.0.1", Some(1))] {
            let resolved = reqwest::dns::Resolve::resolve(&Resolver::new(), name.parse().unwrap());
            assert_eq!(resolved.await.ok().map(Iterator::count), found, "{name}");
        }
    }
}
