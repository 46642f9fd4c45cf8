//! Addresses of the web: what providers, browsers and people are reached by.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Names under which clouds hand out credentials to whoever asks from inside.
const METADATA_NAMES: &[&str] = &[
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "metadata.azure.internal",
    "metadata.tencentyun.com",
    "instance-data",
    "instance-data.ec2.internal",
];

/// A provider's address: one that may be called, without an operation of its own.
pub(super) fn base(text: &str) -> Result<Url, String> {
    let url = callable(text)?;
    let ends = |end| url.path().trim_end_matches('/').ends_with(end);
    for end in ["/chat/completions", "/messages", "/responses"] {
        if ends(end) {
            return Err(format!("must be the base address, without \"{end}\""));
        }
    }
    Ok(url)
}

/// An address that settings or credentials may have called: `http` or `https`, no credentials in
/// it, not a cloud's metadata service.
pub fn callable(text: &str) -> Result<Url, String> {
    let url = web(text)?;
    let metadata = match url.host() {
        None => false,
        Some(Host::Domain(name)) => METADATA_NAMES.contains(&name.trim_end_matches('.')),
        Some(Host::Ipv4(address)) => is_link_local(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => is_link_local(IpAddr::V6(address)),
    };
    if metadata {
        return Err("must not be a link-local or metadata address".to_owned());
    }
    Ok(url)
}

/// Where secrets are exchanged for tokens: one that may be called, and over TLS, unless it is on this
/// machine or where the provider's own address is called without TLS already.
pub fn token_giver(text: &str, base: Option<&str>) -> Result<Url, String> {
    let url = callable(text)?;
    let plain = base
        .and_then(|base| Url::parse(base).ok())
        .is_some_and(|base| base.scheme() == "http" && base.host() == url.host());
    if url.scheme() != "https" && !plain && !url.host().is_some_and(|host| is_loopback(&host)) {
        return Err(
            "must begin with https://, unless it is on this machine or where base_url is"
                .to_owned(),
        );
    }
    Ok(url)
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.to_canonical().is_loopback(),
    }
}

/// An address for people: `http` or `https`, no credentials, query or fragment in it.
pub(super) fn web(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|_| "must be an address such as \"https://llm.example.com\"".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not hold a query or a fragment".to_owned());
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("holds a space or a control character".to_owned());
    }
    Ok(url)
}

/// An origin as browsers send it: scheme, host and port, nothing else.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let wrong = || "must be an origin such as \"https://app.example.com\"".to_owned();
    let url = web(text).map_err(|_| wrong())?;
    let origin = url.origin().ascii_serialization();
    if text.trim_end_matches('/').eq_ignore_ascii_case(&origin) {
        Ok(origin)
    } else {
        Err(wrong())
    }
}

/// Whether a text can be a region of a cloud and nothing else: it becomes a part of a host's name,
/// and must not be able to end that name.
pub fn is_region(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(plain)
}

/// Whether an address is link-local or one at which a cloud hands out credentials.
pub fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_link_local()
                || [
                    Ipv4Addr::new(100, 100, 100, 200),
                    Ipv4Addr::new(168, 63, 129, 16),
                    Ipv4Addr::new(192, 0, 0, 192),
                ]
                .contains(&address)
        }
        IpAddr::V6(address) => {
            let embedded = embedded_v4(address);
            address.is_unicast_link_local()
                || address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
                || address == Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)
                || embedded.is_some_and(|v4| is_link_local(IpAddr::V4(v4)))
        }
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, translated, NAT64 or 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let tail = Ipv4Addr::new(octets[12], octets[13], octets[14], octets[15]);
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x64, 0xff9b, 0 | 1, 0, 0, 0, ..] => Some(tail),
        [0x2002, ..] => Some(Ipv4Addr::new(octets[2], octets[3], octets[4], octets[5])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_and_link_local_addresses_are_refused_however_they_are_spelled() {
        for text in [
            "http://169.254.169.254",
            "http://169.254.169.254/v1",
            "http://2852039166/v1",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://169.254.43518",
            "http://[fe80::1]/v1",
            "http://[::ffff:169.254.169.254]/",
            "http://[::169.254.169.254]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[64:ff9b:1::a9fe:a9fe]/",
            "http://[::ffff:0:a9fe:a9fe]/",
            "http://[2002:a9fe:a9fe::]/",
            "http://@169.254.169.254:80/",
            "http://[fd00:ec2::254]/",
            "http://metadata.google.internal/",
            "http://METADATA.google.internal./",
            "http://100.100.100.200/",
            "http://１６９.254.169.254/",
        ] {
            let found = base(text);
            assert!(
                found.as_ref().is_err_and(|e| e.contains("link-local")),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn secrets_go_over_tls_to_whoever_gives_tokens_and_never_to_metadata_addresses() {
        let base = Some("http://emulator.example:8085/v1");
        for text in [
            "https://oauth2.googleapis.com/token",
            "http://127.0.0.1:8085/token",
            "http://[::1]/token",
            "http://[::ffff:127.0.0.1]/token",
            "http://localhost/token",
            "http://emulator.example:9/token",
        ] {
            assert!(token_giver(text, base).is_ok(), "{text}");
        }
        for (text, base) in [
            ("http://oauth2.googleapis.com/token", None),
            ("http://10.1.2.3/token", base),
            ("http://emulator.example/token", None),
            (
                "http://emulator.example/token",
                Some("https://emulator.example"),
            ),
            ("http://localhost.example/token", base),
            ("https://169.254.169.254/token", base),
            ("http://[fd00:ec2::254]/token", base),
            ("https://metadata.google.internal/token", base),
            (
                "http://169.254.169.254/token",
                Some("http://169.254.169.254"),
            ),
            ("https://u:p@oauth2.googleapis.com/token", base),
            ("file:///etc/passwd", base),
            ("nowhere", base),
        ] {
            assert!(token_giver(text, base).is_err(), "{text} beside {base:?}");
        }
    }

    #[test]
    fn local_servers_are_taken() {
        for text in [
            "http://127.0.0.1:8000/v1",
            "http://localhost:11434/v1/",
            "http://10.1.2.3",
            "http://[::1]:9/v1",
            "https://api.openai.com/v1",
        ] {
            assert!(base(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_base_address_is_refused() {
        for text in [
            "",
            "api.openai.com",
            "ftp://api.openai.com",
            "file:///etc/passwd",
            "https://user:pw@api.openai.com/v1",
            "https://user@api.openai.com/v1",
            "https://api.openai.com/v1?key=1",
            "https://api.openai.com/v1#x",
            "https://api.openai.com/v1/chat/completions",
            "https:// api.openai.com",
            "http://",
        ] {
            assert!(base(text).is_err(), "{text}");
        }
    }

    #[test]
    fn origins_have_no_path() {
        assert_eq!(
            origin("https://app.example.com"),
            Ok("https://app.example.com".to_owned())
        );
        assert_eq!(
            origin("http://localhost:3000/"),
            Ok("http://localhost:3000".to_owned())
        );
        for text in ["*", "null", "https://a.example/x", "app.example.com"] {
            assert!(origin(text).is_err(), "{text}");
        }
    }
}
