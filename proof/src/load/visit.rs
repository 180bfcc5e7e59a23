//! One call as the carrier sees it: the caller's leg, and the legs that were ordered for it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, timeout_at},
};

/// A call, from the carrier's side.
pub(super) struct Visit {
    /// The caller's leg.
    pub(super) sid: String,
    pub(super) from: String,
    state: Mutex<State>,
    changed: Notify,
    redirects: mpsc::UnboundedSender<String>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) legs: Vec<Leg>,
    /// Who is in the conference.
    pub(super) inside: Vec<String>,
    /// Where the conference reports: the first one's address counts.
    pub(super) room_events: Option<String>,
    pub(super) sequence: u32,
    /// The caller has gone: what is on its way to them reaches nobody.
    pub(super) left: bool,
}

/// A leg that was ordered.
#[derive(Debug, Clone)]
pub(super) struct Leg {
    pub(super) sid: String,
    pub(super) to: String,
    pub(super) url: String,
    pub(super) status_callback: String,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Rings,
    /// Picked up.
    Up,
    /// Stopped by order while it rang.
    Stopped,
    Over,
}

impl Visit {
    /// A new call, and where its caller hears of redirects.
    pub(super) fn new(sid: String, from: String) -> (Self, mpsc::UnboundedReceiver<String>) {
        let (redirects, redirected) = mpsc::unbounded_channel();
        (Self { sid, from, state: Mutex::default(), changed: Notify::new(), redirects }, redirected)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes whoever waits for that.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state());
        self.changed.notify_waiters();
        changed
    }

    /// Sends the caller elsewhere.
    pub(super) fn redirect(&self, url: String) {
        // A caller who has gone is not redirected.
        let _ = self.redirects.send(url);
    }

    pub(super) fn legs(&self) -> Vec<Leg> {
        self.state().legs.clone()
    }

    pub(super) fn count(&self, stage: Stage) -> usize {
        self.state().legs.iter().filter(|leg| leg.stage == stage).count()
    }

    /// Waits until `reached`; false if that takes longer than `limit`.
    pub(super) async fn until(&self, limit: Duration, mut reached: impl FnMut(&State) -> bool) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // Before looking, so that no change in between is missed.
            changed.as_mut().enable();
            if reached(&self.state()) {
                return true;
            }
            if timeout_at(deadline, changed).await.is_err() {
                return false;
            }
        }
    }
}

impl State {
    pub(super) fn leg(&mut self, sid: &str) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.sid == sid)
    }
}
