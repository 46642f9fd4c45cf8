//! Which address a request comes from, when proxies stand in front.

use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The right-most address that no trusted proxy has, as the trusted ones tell it.
///
/// Everything left of it may have been written by the client. A proxy that tells two stories
/// (`X-Forwarded-For` and `Forwarded`) passes on one of them unread, so that neither is believed.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let listed = |name: HeaderName, read: fn(&str) -> Option<IpAddr>| {
        headers.contains_key(&name).then(|| {
            let hops = headers
                .get_all(&name)
                .iter()
                .flat_map(|value| value.to_str().unwrap_or("?").split(','))
                .map(read)
                .collect::<Vec<_>>();
            nearest(peer, &hops, trusted)
        })
    };
    match (
        listed(X_FORWARDED_FOR, |hop| plain(hop.trim())),
        listed(FORWARDED, forwarded),
    ) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(address), _) | (None, Some(address)) => address,
        (None, None) => peer,
    }
}

fn nearest(peer: IpAddr, hops: &[Option<IpAddr>], trusted: &[IpNet]) -> IpAddr {
    let mut last = peer;
    for hop in hops.iter().rev() {
        // Whoever is hidden or misspelt cannot be told from anybody else behind the last proxy.
        let Some(address) = hop else { return last };
        if !is_trusted(*address, trusted) {
            return *address;
        }
        last = *address;
    }
    last
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn plain(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .map(|address| address.to_canonical())
}

/// The `for` of one element of a `Forwarded` header (RFC 7239).
fn forwarded(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("for") {
            return None;
        }
        plain(value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, pairs: &[(&'static str, &str)]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let claim = [("x-forwarded-for", "192.0.2.7")];
        assert_eq!(seen("198.51.100.1", &claim), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &claim), "192.0.2.7");
        assert_eq!(seen("::ffff:10.0.0.1", &claim), "192.0.2.7");
    }

    #[test]
    fn the_right_most_untrusted_address_counts() {
        for (value, address) in [
            ("203.0.113.9, 192.0.2.7", "192.0.2.7"),
            ("203.0.113.9, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
            ("203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"),
            ("192.0.2.7:5678", "192.0.2.7"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("10.0.0.3", "10.0.0.3"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(
                seen("10.0.0.1", &[("x-forwarded-for", value)]),
                address,
                "{value}"
            );
        }
        let two = [
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-for", "192.0.2.7"),
        ];
        assert_eq!(seen("10.0.0.1", &two), "192.0.2.7");
    }

    #[test]
    fn forwarded_is_read_and_a_contradiction_is_not_believed() {
        let standard = (
            "forwarded",
            "for=203.0.113.9, for=\"[2001:db8::1]:80\";proto=https",
        );
        assert_eq!(seen("10.0.0.1", &[standard]), "2001:db8::1");
        assert_eq!(
            seen("10.0.0.1", &[("forwarded", "proto=https")]),
            "10.0.0.1"
        );
        let other = ("x-forwarded-for", "192.0.2.7");
        assert_eq!(seen("10.0.0.1", &[standard, other]), "10.0.0.1");
        let same = ("x-forwarded-for", "2001:db8::1");
        assert_eq!(seen("10.0.0.1", &[standard, same]), "2001:db8::1");
    }
}
