//! Log lines on standard error, for people or for machines.
//!
//! What other packages say below `info` is never written, whatever level is asked for: their
//! finer lines hold headers and frames, and with them credentials.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterFn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat};

/// How long a line may wait for others before it is written.
const GATHER: Duration = Duration::from_millis(50);

/// As many bytes as may wait; a line beyond them is written at once.
const MOST_WAITING: usize = 64 * 1024;

/// The level or directives are not understood.
#[derive(Debug, thiserror::Error)]
#[error(
    "log.level \"{0}\" is neither a level (error, warn, info, debug, trace, off) nor a list of directives such as \"info,manti::gateway=debug\""
)]
pub struct BadLevel(String);

/// Starts writing log lines; a second call in the same process changes nothing.
///
/// Keep what comes back: dropping it writes the lines that wait.
pub fn start(settings: &Log) -> Result<Flush, BadLevel> {
    let filter = filter(&settings.level)?;
    let lines = Lines::default();
    let writer = lines.clone();
    let ours = FilterFn::new(|of: &Metadata<'_>| {
        *of.level() <= Level::INFO || of.target().starts_with("manti")
    });
    let registry = tracing_subscriber::registry().with(filter);
    let started = match settings.format {
        LogFormat::Text => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_ansi(false)
                    .with_writer(writer)
                    .with_filter(ours),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(false)
                    .with_span_list(false)
                    .with_writer(writer)
                    .with_filter(ours),
            )
            .try_init(),
    };
    if started.is_ok() {
        let gathered = lines.clone();
        // Without the thread lines would wait until the next one; they are then written at once.
        let _ = std::thread::Builder::new()
            .name("log".into())
            .spawn(move || gathered.write_in_batches());
    }
    Ok(Flush(lines))
}

fn filter(level: &str) -> Result<EnvFilter, BadLevel> {
    EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(level)
        .map_err(|_| BadLevel(level.to_owned()))
}

/// Writes the lines that wait when it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Flush(Lines);

impl Flush {
    /// Writes the lines that wait.
    pub fn now(&self) {
        self.0.flush();
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        self.0.flush();
    }
}

/// Lines on their way to standard error: gathered for a moment, since a write per request would
/// cost as much as the rest of a small one. Warnings and errors never wait.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<(Mutex<Vec<u8>>, Condvar)>);

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8], at_once: bool) {
        let mut waiting = self.lock();
        waiting.extend_from_slice(line);
        if at_once || waiting.len() > MOST_WAITING {
            write_out(&mut waiting);
        } else {
            self.0.1.notify_one();
        }
    }

    fn flush(&self) {
        write_out(&mut self.lock());
    }

    fn write_in_batches(&self) {
        loop {
            let mut waiting = self.lock();
            while waiting.is_empty() {
                waiting = self
                    .0
                    .1
                    .wait(waiting)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            drop(waiting);
            std::thread::sleep(GATHER);
            self.flush();
        }
    }
}

/// A log that cannot be written must not stop the gateway, so its errors are nobody's.
fn write_out(waiting: &mut Vec<u8>) {
    let _ = io::stderr().lock().write_all(waiting);
    waiting.clear();
    waiting.shrink_to(MOST_WAITING);
}

/// One line that is being formatted.
struct Line<'a> {
    lines: &'a Lines,
    text: Vec<u8>,
    at_once: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.lines.push(&self.text, self.at_once);
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            lines: self,
            text: Vec::new(),
            at_once: true,
        }
    }

    fn make_writer_for(&'a self, of: &Metadata<'_>) -> Line<'a> {
        Line {
            lines: self,
            text: Vec::new(),
            at_once: *of.level() <= Level::WARN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_and_directives_are_understood_and_nonsense_is_not() {
        for good in ["info", "warn", "off", "info,manti::gateway=debug"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        assert!(filter("info,manti::gateway=louder").is_err());
    }

    #[test]
    fn lines_wait_for_each_other_but_warnings_do_not() {
        let lines = Lines::default();
        lines.push(b"one\n", false);
        lines.push(b"two\n", false);
        assert_eq!(&*lines.lock(), b"one\ntwo\n");
        lines.push(b"", true);
        assert!(lines.lock().is_empty());
    }
}
