//! `manti health`: asks the gateway on this machine, for containers without a shell.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde_json::json;

use super::context::Context;
use super::failure::{Failure, chain};

/// A gateway that takes longer is not healthy.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let listen = context.settings()?.server.listen;
    context.block_on(async {
        let url = format!("http://{}/healthz", reachable(listen));
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Failure::failed(chain(&error)))?;
        let status = match client.get(&url).send().await {
            Ok(answer) => answer.status().as_u16(),
            Err(error) => {
                let cause = chain(&error.without_url());
                return Err(Failure::failed(format!(
                    "no gateway answers at {url} ({cause}); start it with: manti serve"
                )));
            }
        };
        if status == 200 {
            Ok(context
                .output
                .thing(&json!({ "status": "ok", "url": url }))?)
        } else {
            Err(Failure::failed(format!(
                "{url} answered {status}; is something else listening there?"
            )))
        }
    })
}

/// An address to ask at: one that listens everywhere is asked at home.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
