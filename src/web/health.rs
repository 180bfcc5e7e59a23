//! Whether the process lives, and whether it can take calls.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::App;

/// What decides over readiness.
#[derive(Debug, Default)]
pub struct Health {
    draining: AtomicBool,
    bad_signatures_in_a_row: AtomicU64,
}

impl Health {
    /// So many wrong signatures without a right one mean that the address or the token is wrong.
    pub const SIGNATURES_LOST: u64 = 5;

    /// The program is about to end: new calls should go elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(super) fn signature_held(&self) {
        self.bad_signatures_in_a_row.store(0, Ordering::Relaxed);
    }

    /// Counts a wrong signature; how many there were without a right one.
    pub(super) fn signature_failed(&self) -> u64 {
        self.bad_signatures_in_a_row.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Why the program cannot take calls; empty if it can.
    pub fn troubles(&self) -> Vec<&'static str> {
        let lost = self.bad_signatures_in_a_row.load(Ordering::Relaxed) >= Self::SIGNATURES_LOST;
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

/// The process lives.
pub(super) async fn healthz() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
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
