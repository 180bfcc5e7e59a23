//! The time. Everything that needs a moment is handed a [`Clock`] or a [`Timestamp`]; no other file reads one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringall_core::time::Timestamp;
use tokio::time::Instant;

/// A wall clock that never runs backwards: read once, and carried on by the process's own steady time.
///
/// Steps of the machine's clock are not followed while the program runs, so that no deadline is skipped or met twice.
/// Under tokio's paused time it stands still with it. Make one and hand on copies: two clocks made at different
/// moments may disagree about a step in between.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Timestamp,
    started: Instant,
}

impl Clock {
    /// The clock of this machine.
    pub fn system() -> Self {
        Self::starting_at(wall_clock())
    }

    /// A clock that shows `start` at this very moment, for tests.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, started: Instant::now() }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.start + self.started.elapsed()
    }

    /// Waits until this clock shows `moment` or a later one; returns at once if it already does.
    pub async fn sleep_until(&self, moment: Timestamp) {
        let wait = moment.since(self.start).min(FAR_AWAY);
        tokio::time::sleep_until(self.started + wait).await;
    }
}

/// Nothing waits longer than this in one go; an [`Instant`] cannot hold every [`Timestamp`].
const FAR_AWAY: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
fn wall_clock() -> Timestamp {
    // A machine whose clock stands before 1970 is wrong in any case; it counts from there.
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();

    Timestamp::default() + since_epoch
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_000_000);

    #[tokio::test(start_paused = true)]
    async fn a_clock_follows_virtual_time() {
        let clock = Clock::starting_at(T0);

        tokio::time::advance(Duration::from_millis(250)).await;

        assert_eq!(clock.now(), Timestamp::from_millis(1_000_250));
    }

    #[tokio::test(start_paused = true)]
    async fn copies_show_the_same_time() {
        let clock = Clock::starting_at(T0);
        tokio::time::advance(Duration::from_secs(3)).await;

        let copy = clock;

        assert_eq!(copy.now(), clock.now());
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleeper_wakes_at_its_moment_and_never_before() {
        let clock = Clock::starting_at(T0);
        tokio::time::advance(Duration::from_micros(1_700)).await;
        let moment = clock.now() + Duration::from_secs(30);

        clock.sleep_until(moment).await;

        assert!(clock.now() >= moment, "woke at {:?}, before {moment:?}", clock.now());
        assert!(clock.now().since(moment) <= Duration::from_millis(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_moment_that_has_passed_is_not_waited_for() {
        let clock = Clock::starting_at(T0);
        tokio::time::advance(Duration::from_secs(1)).await;
        let before = clock.now();

        clock.sleep_until(T0).await;

        assert_eq!(clock.now(), before);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_moment_of_all_can_be_waited_for() {
        let clock = Clock::starting_at(T0);
        let forever = clock.sleep_until(Timestamp::from_millis(u64::MAX));

        let waited = tokio::time::timeout(Duration::from_secs(60), forever).await;

        assert!(waited.is_err());
    }

    #[test]
    fn the_systems_clock_shows_this_century() {
        assert!(Clock::system().now() > Timestamp::from_millis(1_700_000_000_000));
    }
}
