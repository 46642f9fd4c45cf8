//! Figures of the process itself, read from `/proc` when they are asked for.

use std::fmt::Write as _;
use std::fs;

/// Appends the `process_*` figures in Prometheus' text format; what cannot be read is left out.
pub(super) fn render(out: &mut String) {
    if let Some(seconds) = cpu_seconds() {
        line(
            out,
            "process_cpu_seconds_total",
            "counter",
            "User and system CPU time in seconds.",
            seconds,
        );
    }
    if let Some(bytes) = resident_bytes() {
        line(
            out,
            "process_resident_memory_bytes",
            "gauge",
            "Resident memory in bytes.",
            bytes,
        );
    }
    if let Ok(entries) = fs::read_dir("/proc/self/fd") {
        line(
            out,
            "process_open_fds",
            "gauge",
            "Open file descriptors.",
            entries.count(),
        );
    }
    if let Some(most) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        line(
            out,
            "process_max_fds",
            "gauge",
            "The most file descriptors that may be open.",
            most,
        );
    }
    if let Some(seconds) = start_seconds() {
        line(
            out,
            "process_start_time_seconds",
            "gauge",
            "When the process started, in seconds since 1970.",
            seconds,
        );
    }
}

fn line(out: &mut String, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
    let _ = writeln!(
        out,
        "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"
    );
}

/// The fields of `/proc/self/stat` after the command's name, which may itself hold spaces.
fn stat() -> Option<Vec<u64>> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    Some(
        rest.split_ascii_whitespace()
            .map(|field| field.parse().unwrap_or(0))
            .collect(),
    )
}

fn ticks_per_second() -> u64 {
    rustix::param::clock_ticks_per_second()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a figure for a dashboard, exact to the hundredth for centuries"
)]
fn cpu_seconds() -> Option<f64> {
    let fields = stat()?;
    let ticks = fields.get(11)? + fields.get(12)?;
    Some(ticks as f64 / ticks_per_second() as f64)
}

fn resident_bytes() -> Option<u64> {
    let pages = *stat()?.get(21)?;
    Some(pages * u64::try_from(rustix::param::page_size()).ok()?)
}

fn start_seconds() -> Option<u64> {
    let since_boot = stat()?.get(19)? / ticks_per_second();
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let boot: u64 = stat
        .lines()
        .find_map(|line| line.strip_prefix("btime "))?
        .trim()
        .parse()
        .ok()?;
    Some(boot + since_boot)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_process_figures_are_readable() {
        let mut out = String::new();
        super::render(&mut out);
        for name in [
            "process_cpu_seconds_total ",
            "process_resident_memory_bytes ",
            "process_open_fds ",
            "process_start_time_seconds ",
        ] {
            let value = out
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_else(|| panic!("{name} is missing in {out}"));
            assert!(value.parse::<f64>().unwrap() >= 0.0);
        }
    }
}
