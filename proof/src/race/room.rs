//! The conference of a call: two people at the most, over as soon as one of them leaves.

use std::sync::Arc;

use super::{
    record::{Asked, Ended, What, Who},
    stage::{Drops, Stage},
    wire::{ACCOUNT, Form},
};

/// Who is in the conference.
#[derive(Debug, Default)]
pub(super) struct Room {
    people: Vec<Who>,
    /// The first who came in says where it reports.
    status: String,
}

impl Room {
    /// The leg that is in with the caller.
    pub(super) fn talk(&self) -> Option<u32> {
        let leg = self.people.iter().find_map(|who| if let Who::Leg(leg) = who { Some(*leg) } else { None });
        leg.filter(|_| self.people.contains(&Who::Caller))
    }

    pub(super) fn people(&self) -> &[Who] {
        &self.people
    }
}

impl Stage {
    /// Somebody has the document that leads into the conference.
    pub(super) fn enter_room(self: &Arc<Self>, who: Who, wait: String, status: String, action: String) {
        let mut state = self.state();
        let drops = match who {
            Who::Leg(_) => state.next_winner_drops.take(),
            Who::Caller => None,
        };
        if drops == Some(Drops::BeforeTheRoom) {
            state.winner_lost = true;
            drop(state);
            return self.hang_up(who, Ended::ByOwner);
        }
        if drops == Some(Drops::InTheRoom) && !state.room.people.contains(&Who::Caller) {
            // In and out again, before the caller can be in.
            state.winner_lost = true;
            self.record.note(What::Enters(who));
            self.record.note(What::Leaves(who));
            drop(state);
            for event in ["participant-join", "participant-leave"] {
                self.report_room(&status, event, Some(who));
            }
            self.report_room(&status, "conference-end", None);
            return self.hang_up(who, Ended::ByOwner);
        }
        if let Some(line) = state.line(who) {
            line.action.clone_from(&action);
        }
        if state.room.people.len() >= 2 {
            self.record.note(What::TurnedAway(who));
            drop(state);
            return self.fetch(who, Asked::AfterRoom, action);
        }
        if state.room.people.is_empty() {
            state.room.status = status;
        }
        state.room.people.push(who);
        self.record.note(What::Enters(who));
        let talk = state.room.talk();
        if let Some(leg) = talk {
            self.record.note(What::TalkBegins(leg));
        }
        let (asks, report) = (talk.is_none() && state.dice.bool(), state.room.status.clone());
        drop(state);
        self.report_room(&report, "participant-join", Some(who));
        if talk.is_some() {
            self.report_room(&report, "conference-start", None);
        } else if asks {
            self.fetch(who, Asked::Wait, wait);
        }
        self.moved();
    }

    /// Somebody leaves the conference, if they are in; what was to follow their stay comes back.
    pub(super) fn leave_room(self: &Arc<Self>, who: Who) -> Option<String> {
        let mut state = self.state();
        if !state.room.people.contains(&who) {
            return None;
        }
        let report = state.room.status.clone();
        let left: Vec<_> = std::mem::take(&mut state.room.people);
        let mut actions = Vec::new();
        for out in &left {
            self.record.note(What::Leaves(*out));
            actions.push((*out, state.line(*out).map(|line| line.action.clone()).unwrap_or_default()));
        }
        drop(state);
        let mut mine = None;
        for (out, action) in actions {
            self.report_room(&report, "participant-leave", Some(out));
            if out == who {
                mine = Some(action);
            } else {
                self.fetch(out, Asked::AfterRoom, action);
            }
        }
        self.report_room(&report, "conference-end", None);
        mine
    }

    fn report_room(self: &Arc<Self>, url: &str, event: &str, who: Option<Who>) {
        let mut form: Form = vec![
            ("AccountSid", ACCOUNT.to_owned()),
            ("ConferenceSid", format!("CF{}", &self.sid[2..])),
            ("FriendlyName", self.sid.clone()),
            ("StatusCallbackEvent", event.to_owned()),
        ];
        form.extend(who.and_then(|who| self.sid_of(who)).map(|sid| ("CallSid", sid)));
        if !self.state().silent {
            self.report(url.to_owned(), form);
        }
    }

    pub(super) fn sid_of(&self, who: Who) -> Option<String> {
        match who {
            Who::Caller => Some(self.sid.clone()),
            Who::Leg(leg) => self.state().legs.get(&leg).map(|leg| leg.sid.clone()),
        }
    }
}
