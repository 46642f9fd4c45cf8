//! Networks of callers and proxies, as they are typed and as they are compared.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// Reads a network (`10.0.0.0/8`) or a single address, into its plain form.
pub fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network = text.parse::<IpNet>();
    network
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map(plain_network)
        .map_err(|_| "must be a network such as \"10.0.0.0/8\", or an address".to_owned())
}

/// A network without host bits, and IPv4 as IPv4: callers' addresses are compared so.
pub fn plain_network(network: IpNet) -> IpNet {
    if let IpNet::V6(v6) = network
        && let Some(v4) = v6.addr().to_ipv4_mapped()
        && let Some(length) = v6.prefix_len().checked_sub(96)
        && let Ok(v4) = Ipv4Net::new(v4, length)
    {
        return IpNet::V4(v4.trunc());
    }
    network.trunc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_kept_in_their_plain_form() {
        let plain = |text| network(text).map(|net| net.to_string());
        assert_eq!(plain("10.1.2.3/8"), Ok("10.0.0.0/8".into()));
        assert_eq!(plain("192.0.2.7"), Ok("192.0.2.7/32".into()));
        assert_eq!(plain("::ffff:192.0.2.7"), Ok("192.0.2.7/32".into()));
        assert_eq!(plain("::ffff:10.0.0.0/104"), Ok("10.0.0.0/8".into()));
        assert_eq!(plain("2001:db8::1"), Ok("2001:db8::1/128".into()));
        for wrong in ["", "10.0.0.0/33", "10.0.0", "localhost", "*"] {
            assert!(network(wrong).is_err(), "{wrong}");
        }
    }
}
