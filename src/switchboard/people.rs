//! The one [`Roster`], shared by all calls: it hears what they want, and tells them whom they may ring.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ringall_core::{
    call::Event,
    flow::QueuePlace,
    id::CallSid,
    phone::PhoneNumber,
    roster::{Grant, Presence, Roster, RosterEvent},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::{clock::Clock, tasks::Tasks};

/// The way to the roster. Each event is handled where it comes about, in microseconds and under a lock of its own, which
/// saves every call the way to another task and back; only leases that end by themselves need one.
pub(super) struct People {
    shared: Weak<Shared>,
    clock: Clock,
    roster: Mutex<Roster>,
    /// The roster has a deadline where it had none, or a later one.
    armed: Arc<Notify>,
}

impl People {
    pub(super) fn start(shared: Weak<Shared>, clock: Clock, tasks: &Tasks) -> Self {
        let armed = Arc::new(Notify::new());
        tasks.spawn("roster", keep_deadlines(shared.clone(), clock, armed.clone(), tasks.stopping()));
        Self { shared, clock, roster: Mutex::default(), armed }
    }

    pub(super) fn tell(&self, event: RosterEvent) {
        let grants = {
            let mut roster = self.roster();
            let old_deadline = roster.deadline();
            let (next, grants) = std::mem::take(&mut *roster).handle(self.clock.now(), event);
            *roster = next;
            // The later of two deadlines is looked for when the earlier one has come.
            if roster.deadline().is_some_and(|new| old_deadline.is_none_or(|old| new < old)) {
                self.armed.notify_one();
            }
            grants
        };
        for grant in grants {
            self.deliver(grant);
        }
    }

    pub(super) fn free(&self, call: CallSid, phone: PhoneNumber) {
        self.tell(RosterEvent::Freed(call, phone));
    }

    /// Whether somebody can be rung at all.
    pub(super) fn presence(&self, phone: PhoneNumber) -> Presence {
        self.roster().presence(phone)
    }

    /// Where a call stands in its queue.
    pub(super) fn place(&self, call: &CallSid) -> Option<QueuePlace> {
        self.roster().place(call)
    }

    fn deliver(&self, Grant { call, round, phones, away, refused }: Grant) {
        let Some(shared) = self.shared.upgrade() else { return };
        let live = shared.calls.get(&call).map(|entry| entry.value().clone());
        match live {
            Some(live) => {
                if !away.is_empty() {
                    live.tell(Event::PeopleAway { round, phones: away });
                }
                live.tell(match refused {
                    Some(why) => Event::QueueRefused { round, why },
                    None => Event::PeopleGranted { round, phones },
                });
            }
            // Gone meanwhile: what it would have rung is free for the next.
            None => self.tell(RosterEvent::CallOver(call)),
        }
    }

    fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the roster when a lease ends by itself.
async fn keep_deadlines(shared: Weak<Shared>, clock: Clock, armed: Arc<Notify>, stopping: CancellationToken) {
    loop {
        let deadline = match shared.upgrade() {
            Some(shared) => shared.people.roster().deadline(),
            None => None,
        };
        tokio::select! {
            // In this order, so that a storm can be played again from the same seed.
            biased;
            () = armed.notified() => continue,
            () = clock.sleep_until(deadline.unwrap_or_default()), if deadline.is_some() => {}
            () = stopping.cancelled() => return,
        }
        let Some(shared) = shared.upgrade() else { return };
        shared.people.tell(RosterEvent::DeadlineReached);
    }
}
