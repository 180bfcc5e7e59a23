//! The roster's task: it owns the one [`Roster`], hears what calls want, and tells them whom they may ring.

use std::sync::Weak;

use ringall_core::{
    call::Event,
    id::CallSid,
    phone::PhoneNumber,
    roster::{Grant, Roster, RosterEvent},
};
use tokio::sync::mpsc;

use super::Shared;
use crate::{clock::Clock, tasks::Tasks};

/// The way to the roster's task.
pub(super) struct People(mpsc::UnboundedSender<RosterEvent>);

impl People {
    pub(super) fn start(shared: Weak<Shared>, clock: Clock, tasks: &Tasks) -> Self {
        let (sender, inbox) = mpsc::unbounded_channel();
        tasks.spawn("roster", run(inbox, shared, clock));
        Self(sender)
    }

    pub(super) fn tell(&self, event: RosterEvent) {
        // The task ends only with the switchboard.
        let _ = self.0.send(event);
    }

    pub(super) fn free(&self, call: CallSid, phone: PhoneNumber) {
        self.tell(RosterEvent::Freed(call, phone));
    }
}

async fn run(mut inbox: mpsc::UnboundedReceiver<RosterEvent>, shared: Weak<Shared>, clock: Clock) {
    let mut roster = Roster::default();
    loop {
        let deadline = roster.deadline();
        let event = tokio::select! {
            event = inbox.recv() => match event {
                Some(event) => event,
                None => return,
            },
            () = clock.sleep_until(deadline.unwrap_or_default()), if deadline.is_some() => RosterEvent::DeadlineReached,
        };
        let (next, grants) = roster.handle(clock.now(), event);
        roster = next;
        let Some(shared) = shared.upgrade() else { return };
        for grant in grants {
            deliver(&shared, grant);
        }
    }
}

fn deliver(shared: &Shared, Grant { call, round, phones }: Grant) {
    match shared.calls.get(&call) {
        Some(live) => live.tell(Event::PeopleGranted { round, phones }),
        // Gone meanwhile: what it would have rung is free for the next.
        None => shared.people.tell(RosterEvent::CallOver(call)),
    }
}
