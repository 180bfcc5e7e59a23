//! Whether the process lives, and whether it can take calls.

mod lines;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use ringall_core::{flow::hours::Zone, time::Timestamp};
use serde_json::json;

use super::App;
use crate::clock::Clock;

/// What decides over readiness.
#[derive(Debug)]
pub struct Health {
    clock: Clock,
    draining: AtomicBool,
    bad_signatures_in_a_row: AtomicU64,
    /// In milliseconds; 0 is never.
    signature_held_at: AtomicU64,
    /// In milliseconds.
    loaded_at: AtomicU64,
    /// In milliseconds; 0 if the last attempt was none that failed.
    refused_at: AtomicU64,
}

/// While our carrier's signatures were right so lately, wrong ones are strangers': a flood of them beside live calls
/// must not send the calls elsewhere.
const TRUSTED_FOR: Duration = Duration::from_secs(60);

impl Health {
    /// So many wrong signatures without a right one mean that the address or the token is wrong.
    pub const SIGNATURES_LOST: u64 = 5;

    /// A program that can take calls.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            draining: AtomicBool::new(false),
            bad_signatures_in_a_row: AtomicU64::new(0),
            signature_held_at: AtomicU64::new(0),
            loaded_at: AtomicU64::new(clock.now().as_millis()),
            refused_at: AtomicU64::new(0),
        }
    }

    /// The program is about to end: new calls should go elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Another configuration holds from now on.
    pub fn configuration_loaded(&self) {
        self.loaded_at.store(self.clock.now().as_millis(), Ordering::Relaxed);
        self.refused_at.store(0, Ordering::Relaxed);
    }

    /// Another configuration was wrong, and the one before it still holds.
    pub fn configuration_refused(&self) {
        self.refused_at.store(self.clock.now().as_millis(), Ordering::Relaxed);
    }

    /// Since when the configuration holds, and whether a later one was refused.
    fn configuration(&self) -> String {
        let told = |at: &AtomicU64| {
            let local = Zone::utc().local(Timestamp::from_millis(at.load(Ordering::Relaxed)));
            local.short().to_string()
        };
        let loaded = format!("configuration loaded {} UTC\n", told(&self.loaded_at));
        if self.refused_at.load(Ordering::Relaxed) == 0 {
            return loaded;
        }
        format!("{loaded}configuration refused {} UTC, see the log; the one before it holds\n", told(&self.refused_at))
    }

    pub(super) fn signature_held(&self) {
        self.bad_signatures_in_a_row.store(0, Ordering::Relaxed);
        self.signature_held_at.store(self.clock.now().as_millis(), Ordering::Relaxed);
    }

    /// Counts a wrong signature; how many there were without a right one.
    pub(super) fn signature_failed(&self) -> u64 {
        self.bad_signatures_in_a_row.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether nothing of the carrier's gets in any more.
    pub(super) fn signatures_are_lost(&self) -> bool {
        let held_at = self.signature_held_at.load(Ordering::Relaxed);
        let trusted = held_at > 0 && self.clock.now().since(Timestamp::from_millis(held_at)) < TRUSTED_FOR;
        self.bad_signatures_in_a_row.load(Ordering::Relaxed) >= Self::SIGNATURES_LOST && !trusted
    }

    /// Why the program cannot take calls; empty if it can.
    pub fn troubles(&self) -> Vec<&'static str> {
        let lost = self.signatures_are_lost();
        let draining = self.draining.load(Ordering::Relaxed);
        let mut troubles = Vec::new();
        if draining {
            troubles.push("shutting down: live calls are served, new ones should go elsewhere");
        }
        if lost {
            troubles
                .push("the last webhooks were signed wrongly: compare `public_url` and `auth_token` with the carrier");
        }
        troubles
    }
}

/// The process lives; since when its configuration holds, and what time it is on each line that has hours.
pub(super) async fn healthz(State(app): State<Arc<App>>) -> Response {
    let now = app.health.clock.now();
    let lines = app.switchboard.lines().filter_map(|line| lines::told(&line, now));
    let body: String = std::iter::once("ok\n".to_owned()).chain(lines).chain([app.health.configuration()]).collect();
    ([(header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// It can take calls, or why not.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let troubles = app.health.troubles();
    let status = if troubles.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "ready": troubles.is_empty(),
        "troubles": troubles,
        "live_calls": app.switchboard.live_calls(),
        "turned_away": { "webhooks": app.gate.refused(), "calls": app.switchboard.turned_away() },
    });
    (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn strangers_beside_live_calls_do_not_send_the_calls_elsewhere() {
        let health = Health::new(Clock::starting_at(Timestamp::from_millis(1)));
        health.signature_held();

        for _ in 0..10_000 {
            health.signature_failed();
        }
        assert_eq!(health.troubles(), Vec::<&str>::new());

        // For a minute nothing at all came from the carrier: its own may be among them.
        tokio::time::advance(TRUSTED_FOR).await;
        assert_eq!(health.troubles().len(), 1);
        health.signature_held();
        assert_eq!(health.troubles(), Vec::<&str>::new());
    }
}
