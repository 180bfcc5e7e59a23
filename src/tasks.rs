//! Work that goes on by itself. Every task of the program is spawned here, so that shutdown waits for it, its log lines
//! keep the span they belong to, and its panic does not pass in silence.

use std::{any::Any, panic::AssertUnwindSafe};

use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument, Span, error};

/// The tasks of one program; copies are the same set.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `future` by itself, in the span of whoever spawns it. `name` is for the log, should it panic.
    ///
    /// The handle need not be kept: a task without one goes on, and [`close_and_wait`](Self::close_and_wait) still
    /// waits for it. A future that could go on for ever watches [`stopping`](Self::stopping).
    pub fn spawn<F>(&self, name: &'static str, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tracker.spawn(watched(name, future).instrument(Span::current()))
    }

    /// Ends when the tasks are asked to finish; for `select!` in loops that would go on for ever.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Asks every task to finish, without waiting.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Asks every task to finish and waits until all have, also those that they spawn meanwhile.
    ///
    /// How long that may take is the caller's to say, with a timeout around it; [`running`](Self::running) then tells
    /// how many are left.
    pub async fn close_and_wait(&self) {
        self.stop();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// How many tasks have not finished yet.
    pub fn running(&self) -> usize {
        self.tracker.len()
    }
}

/// Lets a panic of `future` go on as it is, after saying whose it was.
async fn watched<F: Future>(name: &'static str, future: F) -> F::Output {
    // Nothing of the future is looked at after a panic, so a half-done change in it cannot be seen.
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(output) => output,
        Err(panic) => {
            error!(task = name, panic = message_of(&*panic), "a task has panicked; what it was doing is lost");
            std::panic::resume_unwind(panic)
        }
    }
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();

    literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{sleep, timeout};
    use tracing::{info, info_span};

    use super::*;
    use crate::telemetry;

    #[tokio::test(start_paused = true)]
    async fn closing_waits_for_every_task() {
        let tasks = Tasks::new();
        tasks.spawn("slow", sleep(Duration::from_secs(5)));
        tasks.spawn("slower", sleep(Duration::from_secs(9)));

        let too_short = timeout(Duration::from_secs(8), tasks.close_and_wait()).await;

        assert!(too_short.is_err());
        assert_eq!(tasks.running(), 1);
        timeout(Duration::from_secs(2), tasks.close_and_wait()).await.unwrap();
        assert_eq!(tasks.running(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn closing_ends_what_would_go_on_for_ever() {
        let tasks = Tasks::new();
        let stopping = tasks.stopping();
        let forever = tasks.spawn("forever", async move { stopping.cancelled().await });

        tasks.close_and_wait().await;

        assert!(forever.is_finished());
    }

    #[tokio::test]
    async fn a_task_logs_in_the_span_it_was_spawned_in() {
        let (log, _guard) = telemetry::capture();
        let tasks = Tasks::new();

        let call = info_span!("call", call.id = "CA7");
        call.in_scope(|| tasks.spawn("speaker", async { info!("rings") })).await.unwrap();

        assert!(log.line_with("rings").contains("CA7"), "{}", log.text());
    }

    #[tokio::test]
    async fn a_panic_is_an_error_in_the_log_and_ends_only_its_task() {
        let (log, _guard) = telemetry::capture();
        let tasks = Tasks::new();

        let fallen = tasks.spawn("clumsy", async { panic!("tripped over {}", "a leg") }).await;
        let standing = tasks.spawn("steady", async { 7 }).await;

        assert!(fallen.is_err_and(|error| error.is_panic()));
        assert_eq!(standing.ok(), Some(7));
        let line = log.line_with("panicked");
        assert!(line.contains("ERROR") && line.contains("clumsy") && line.contains("tripped over a leg"), "{line}");
        tasks.close_and_wait().await;
    }
}
