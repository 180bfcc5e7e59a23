//! Requests without our carrier's signature: counted, and told of while they are news. A flood of them fills no disk,
//! and one that is only wrongly signed is still seen by whoever looks for it.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ringall_core::time::Timestamp;
use tracing::{error, warn};

use super::Health;
use crate::carrier::twilio::signature::SignatureError;

/// Who was turned away so far.
#[derive(Default)]
pub(super) struct Refused {
    all: AtomicU64,
    said: Mutex<Said>,
}

/// What the log has been told.
#[derive(Default)]
struct Said {
    since: Timestamp,
    lines: u32,
    untold: u64,
    lost: bool,
}

/// So many are told of one by one in each [`WHILE`], then only how many they are.
const LINES: u32 = 5;
const WHILE: Duration = Duration::from_secs(60);

impl Refused {
    /// How many requests were turned away, for whatever reason.
    pub(super) fn all(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self) {
        self.all.fetch_add(1, Ordering::Relaxed);
    }

    /// A signature is missing or wrong. `why` is put into words only if they are to be read.
    pub(super) fn for_signature(&self, now: Timestamp, health: &Health, why: impl FnOnce() -> SignatureError) {
        let in_a_row = health.signature_failed();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if now.since(said.since) >= WHILE {
            let (untold, since) = (said.untold, said.since);
            *said = Said { since: now, lost: said.lost, ..Said::default() };
            if untold > 0 {
                let within = now.since(since);
                warn!(untold, ?within, "that many more requests were turned away for their signature");
            }
        }
        let lost = health.signatures_are_lost();
        if lost && !said.lost {
            error!(
                in_a_row,
                "no webhook is let in: {}; `public_url` must be exactly what the carrier calls, and `auth_token` the \
                 account's primary token",
                why()
            );
        } else if said.lines < LINES {
            said.lines += 1;
            warn!(in_a_row, "a webhook is turned away: {}", why());
        } else {
            said.untold += 1;
        }
        said.lost = lost;
    }
}

#[cfg(test)]
mod tests {
    use ringall_core::time::Timestamp;

    use super::*;
    use crate::{clock::Clock, telemetry};

    const T0: Timestamp = Timestamp::from_millis(1_000_000);

    #[tokio::test(start_paused = true)]
    async fn flood_of_unsigned_requests_is_a_few_lines_a_minute_and_their_number() {
        let (log, _guard) = telemetry::capture();
        let (health, refused) = (Health::new(Clock::starting_at(T0)), Refused::default());

        for nth in 0..120_000_u64 {
            health.signature_held();
            refused.for_signature(T0 + Duration::from_millis(nth), &health, missing);
        }

        let text = log.text();
        assert_eq!(text.lines().filter(|line| line.contains("a webhook is turned away")).count(), 10, "{text}");
        assert!(log.line_with("that many more").contains("untold=59995"), "{text}");
        assert_eq!(text.lines().count(), 11, "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn owner_is_told_once_that_nothing_is_let_in_any_more() {
        let (log, _guard) = telemetry::capture();
        let (health, refused) = (Health::new(Clock::starting_at(T0)), Refused::default());

        for _ in 0..1_000 {
            refused.for_signature(T0, &health, missing);
        }

        assert_eq!(log.text().lines().filter(|line| line.contains("no webhook is let in")).count(), 1);
        assert!(log.line_with("no webhook is let in").contains("https://h/voice"), "{}", log.text());
    }

    fn missing() -> SignatureError {
        SignatureError::Missing { url: "https://h/voice".to_owned() }
    }
}
