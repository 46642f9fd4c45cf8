//! What Manti costs beside a bare proxy, measured in one run on one machine.
//!
//! The same load goes through a proxy that only passes bytes (the 1.0) and through the `manti`
//! binary with authentication, limits, metering and journal on; rounds are interleaved and the
//! median counts. `cargo bench --bench gateway` prints a table; `-- --small` only shows that it
//! runs. The method and what was measured stand in `benches/README.md`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints a table"
)]

#[path = "gateway/load.rs"]
mod load;
#[path = "gateway/process.rs"]
mod process;
#[path = "gateway/servers.rs"]
mod servers;

use std::time::Duration;

use load::{Case, Outcome};
use process::Gateway;

/// What is asked of each gateway.
const CASES: [Case; 5] = [
    Case {
        name: "small",
        model: "m-small",
        stream: false,
        prompt: 300,
        clients: 64,
    },
    Case {
        name: "small, one client",
        model: "m-small",
        stream: false,
        prompt: 300,
        clients: 1,
    },
    Case {
        name: "200 KB prompt",
        model: "m-small",
        stream: false,
        prompt: 200_000,
        clients: 16,
    },
    Case {
        name: "paced stream",
        model: "m-paced",
        stream: true,
        prompt: 300,
        clients: 64,
    },
    Case {
        name: "burst stream",
        model: "m-burst",
        stream: true,
        prompt: 300,
        clients: 16,
    },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("upstream") => servers::serve(servers::Role::Upstream, &arguments[1]),
        Some("proxy") => servers::serve(servers::Role::Proxy, &arguments[1]),
        _ => measure(arguments.iter().any(|argument| argument == "--small")),
    }
}

fn measure(small: bool) {
    let (rounds, seconds) = if small { (1, 0.3) } else { (3, 4.0) };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let gateways = runtime.block_on(process::start_all());
    println!(
        "| case | gateway | CPU µs a request | ratio | µs an event | ratio | median ms | p99 ms | a second | spread % |"
    );
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for case in &CASES {
        let mut seen: Vec<Vec<Outcome>> = vec![Vec::new(); gateways.len()];
        for round in 0..rounds {
            for turn in 0..gateways.len() {
                let at = (turn + round) % gateways.len();
                seen[at].push(runtime.block_on(one(&gateways[at], case, seconds)));
            }
        }
        report(case, &gateways, &seen);
    }
    for gateway in &gateways {
        println!(
            "\n{}: {:.1} MiB resident after the load",
            gateway.name,
            gateway.resident_mib()
        );
    }
}

async fn one(gateway: &Gateway, case: &Case, seconds: f64) -> Outcome {
    load::run(gateway, case, Duration::from_secs_f64(seconds.min(1.0))).await;
    let before = gateway.cpu_seconds();
    let mut outcome = load::run(gateway, case, Duration::from_secs_f64(seconds)).await;
    // What is written after the answers (records, log lines) counts too.
    tokio::time::sleep(Duration::from_millis(200)).await;
    outcome.cpu = gateway.cpu_seconds() - before;
    outcome
}

fn report(case: &Case, gateways: &[Gateway], seen: &[Vec<Outcome>]) {
    let figure = |outcomes: &[Outcome], of: fn(&Outcome) -> f64| {
        let mut all: Vec<f64> = outcomes.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        (
            all[all.len() / 2],
            (all[all.len() - 1] - all[0]) / all[all.len() / 2] * 100.0,
        )
    };
    let bare_request = figure(&seen[0], Outcome::cpu_a_request).0;
    let bare_event = figure(&seen[0], Outcome::cpu_an_event).0;
    for (gateway, outcomes) in gateways.iter().zip(seen) {
        let (request, spread) = figure(outcomes, Outcome::cpu_a_request);
        let event = figure(outcomes, Outcome::cpu_an_event).0;
        let events = if case.stream {
            format!("{event:.2} | {:.2}", event / bare_event)
        } else {
            " | ".to_owned()
        };
        println!(
            "| {} | {} | {request:.1} | {:.2} | {events} | {:.3} | {:.3} | {:.0} | {spread:.0} |",
            case.name,
            gateway.name,
            request / bare_request,
            figure(outcomes, |outcome| outcome.latency(0.5)).0,
            figure(outcomes, |outcome| outcome.latency(0.99)).0,
            figure(outcomes, Outcome::a_second).0,
        );
    }
}
