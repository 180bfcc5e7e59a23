//! What the program says about itself: log lines on standard error, written by a thread of their own, so that no call
//! waits for a terminal or a disk. For tests a [`Capture`] keeps them in memory instead.

mod lines;

use std::{
    io::{self, BufWriter, IsTerminal, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tracing::{Level, Subscriber, level_filters::LevelFilter, subscriber::DefaultGuard};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, Layer, fmt::MakeWriter};

use self::lines::Lines;

/// Writes out what is still waiting when it is dropped. Keep it in `main` until the very end.
#[must_use = "what is logged after this is dropped is lost"]
#[derive(Debug)]
pub struct TelemetryGuard {
    worker: Option<WorkerGuard>,
    dropped: ErrorCounter,
}

/// Begins to log to standard error, as `RUST_LOG` says or else from `info` up.
pub fn start() -> TelemetryGuard {
    start_from(LevelFilter::INFO)
}

/// Begins to log to standard error, as `RUST_LOG` says or else from `level` up.
///
/// Under a load that the terminal cannot follow lines are dropped, never calls held up; the guard says how many.
/// A second start in one process changes nothing.
pub fn start_from(level: LevelFilter) -> TelemetryGuard {
    let (writer, guard) = behind_a_thread(io::stderr());
    let subscriber = filter(level).with_subscriber(Lines::new(writer, wants_colour()));
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        tracing::debug!("logging has begun already");
    }

    guard
}

/// Collects everything that this thread logs, down to `trace`, until the guard is dropped.
///
/// Tasks of a current-thread runtime, as `#[tokio::test]` makes, are on this thread too.
pub fn capture() -> (Capture, DefaultGuard) {
    let capture = Capture::default();

    (capture.clone(), tracing::subscriber::set_default(capture.subscriber()))
}

/// Log text that is kept in memory, for tests; copies are the same text.
#[derive(Debug, Clone, Default)]
pub struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// All that was logged so far, a line for each message.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// The first line that contains `words`, or an empty one.
    pub fn line_with(&self, words: &str) -> String {
        self.text().lines().find(|line| line.contains(words)).unwrap_or_default().to_owned()
    }

    fn subscriber(&self) -> impl Subscriber + use<> {
        tracing_subscriber::fmt()
            .compact()
            .with_ansi(false)
            .with_max_level(Level::TRACE)
            .with_writer(self.clone())
            .finish()
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        // A test that failed while it logged leaves whole lines behind; the others may still read them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Capture {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.bytes().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Capture {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        // First the lines that wait, then what is said about those that are gone.
        drop(self.worker.take());
        let dropped = self.dropped.dropped_lines();
        if dropped > 0 {
            // Nothing is left to report a closed standard error to.
            let _ = writeln!(io::stderr(), "{dropped} log lines were dropped because standard error was too slow");
        }
    }
}

/// Hands lines to a thread that writes them in batches to `output`.
fn behind_a_thread(output: impl Write + Send + 'static) -> (NonBlocking, TelemetryGuard) {
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING_LINES).thread_name("log");
    // The thread flushes whenever nothing waits, so a line is late only while others are being written.
    let (writer, worker) = builder.finish(BufWriter::with_capacity(BATCH_BYTES, output));
    let dropped = writer.error_counter();

    (writer, TelemetryGuard { worker: Some(worker), dropped })
}

fn filter(level: LevelFilter) -> EnvFilter {
    // A directive that makes no sense is named on standard error and left out: a typing error must not stop the phones.
    EnvFilter::builder().with_default_directive(level.into()).from_env_lossy()
}

fn wants_colour() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// How many lines may wait for the writer; each has a small place reserved from the start.
const WAITING_LINES: usize = 32_768;

const BATCH_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use tracing::{info, info_span, trace};

    use super::*;

    #[test]
    fn a_captured_line_has_its_message_its_fields_and_its_span() {
        let (log, _guard) = capture();

        info_span!("call", call.id = "CA1").in_scope(|| info!(waited_ms = 12, "Ana accepted"));

        let line = log.line_with("Ana accepted");
        assert!(line.contains("INFO") && line.contains("call.id") && line.contains("CA1"), "{line}");
        assert!(line.contains("waited_ms=12"), "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }

    #[test]
    fn even_the_wire_is_captured_until_the_guard_is_dropped() {
        let (log, guard) = capture();

        trace!("POST /voice");
        drop(guard);
        info!("afterwards");

        assert!(log.text().contains("POST /voice"));
        assert!(!log.text().contains("afterwards"));
    }

    #[test]
    fn dropping_the_guard_writes_out_what_waits() {
        let output = Capture::default();
        let (mut writer, guard) = behind_a_thread(output.clone());

        for number in 0..1_000 {
            writeln!(writer, "line {number}").unwrap();
        }
        drop(guard);

        assert_eq!(output.text().lines().count(), 1_000);
    }

    #[test]
    fn a_stuck_output_costs_lines_and_no_time() {
        let (mut writer, guard) = behind_a_thread(Stuck);

        for _ in 0..WAITING_LINES * 2 {
            writer.write_all(&[b'x'; 100]).unwrap();
        }

        assert!(guard.dropped.dropped_lines() > 0);
        // Dropping it would wait a second for a thread that never comes.
        std::mem::forget(guard);
    }

    struct Stuck;

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            loop {
                std::thread::park();
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
