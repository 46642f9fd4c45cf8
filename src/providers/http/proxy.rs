//! The proxies of the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.

use std::net::IpAddr;

use http::uri::Scheme;
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

/// Which addresses are reached through which proxy.
#[derive(Debug)]
pub(super) struct Proxies {
    /// `None` when the environment names no proxy at all.
    matcher: Option<Matcher>,
}

/// How an address is reached.
#[derive(Debug, Clone)]
pub(super) enum Way {
    Direct,
    /// Plain HTTP, sent whole to the proxy.
    Forward(Intercept),
    /// Through a tunnel that the proxy opens.
    Tunnel(Intercept),
    /// Through a SOCKS5 proxy; whether names are resolved here.
    Socks(Intercept, bool),
    /// A kind of proxy that is not known.
    Unknown,
}

impl Proxies {
    pub(super) fn from_env() -> Self {
        let named = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]
            .into_iter()
            .chain(["ALL_PROXY", "all_proxy"])
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        Self {
            matcher: named.then(Matcher::from_env),
        }
    }

    #[cfg(test)]
    fn of(matcher: Matcher) -> Self {
        Self {
            matcher: Some(matcher),
        }
    }

    /// How an address is reached. This machine itself is never reached through a proxy.
    pub(super) fn way(&self, address: &Uri) -> Way {
        let Some(proxy) = self.intercept(address) else {
            return Way::Direct;
        };
        match (
            proxy.uri().scheme_str(),
            address.scheme() == Some(&Scheme::HTTP),
        ) {
            (Some("http"), true) => Way::Forward(proxy),
            (Some("http"), false) => Way::Tunnel(proxy),
            (Some("socks5"), _) => Way::Socks(proxy, true),
            (Some("socks5h"), _) => Way::Socks(proxy, false),
            _ => Way::Unknown,
        }
    }

    /// What a proxy that takes plain requests wants to see on each of them.
    pub(super) fn credentials_for(&self, address: &Uri) -> Option<HeaderValue> {
        self.matcher.as_ref()?;
        match self.way(address) {
            Way::Forward(proxy) => proxy.basic_auth().cloned(),
            _ => None,
        }
    }

    fn intercept(&self, address: &Uri) -> Option<Intercept> {
        let matcher = self.matcher.as_ref()?;
        let host = address.host()?.trim_matches(['[', ']']);
        let local = host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if local {
            return None;
        }
        matcher.intercept(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(proxies: &Proxies, address: &str) -> Way {
        proxies.way(&address.parse().unwrap())
    }

    #[test]
    fn each_address_goes_its_way() {
        let proxies = Proxies::of(
            Matcher::builder()
                .http("http://user:pw@proxy:3128")
                .https("http://proxy:3128")
                .no("inside.example")
                .build(),
        );
        assert!(matches!(
            way(&proxies, "http://llm.example/v1"),
            Way::Forward(_)
        ));
        assert!(matches!(
            way(&proxies, "https://llm.example/v1"),
            Way::Tunnel(_)
        ));
        for direct in [
            "https://inside.example/v1",
            "https://a.inside.example/v1",
            "http://localhost:1/v1",
            "http://127.0.0.1:1/v1",
            "http://[::1]:1/v1",
        ] {
            assert!(matches!(way(&proxies, direct), Way::Direct), "{direct}");
        }
        let plain = "http://llm.example/v1".parse().unwrap();
        assert_eq!(
            proxies.credentials_for(&plain).unwrap(),
            "Basic dXNlcjpwdw=="
        );
        let tunnelled = "https://llm.example/v1".parse().unwrap();
        assert_eq!(proxies.credentials_for(&tunnelled), None);
        let socks = Proxies::of(Matcher::builder().all("socks5h://proxy:1080").build());
        assert!(matches!(
            way(&socks, "https://llm.example"),
            Way::Socks(_, false)
        ));
        let odd = Proxies::of(Matcher::builder().all("socks4://proxy:1080").build());
        assert!(matches!(way(&odd, "https://llm.example"), Way::Unknown));
    }
}
