//! Conferences: who is in the room, when it starts and ends, what its people hear and what is reported (carrier
//! contract §3.4). A Dial's bridge between two legs is a room without a name.

use std::{collections::BTreeSet, fmt};

use tokio::time::Instant;

use super::{
    form::{Form, push},
    hearing::{EndedBy, Hearing},
    leg::{Kind, LegKey},
    records::Stay,
    settings::Method,
    webhook::{Purpose, Request},
    world::World,
};

/// The place of a room in the order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RoomKey(pub(super) usize);

/// A conference, or a bridge.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) sid: String,
    /// `None` for the bridge of a Dial.
    pub(super) name: Option<String>,
    pub(super) state: RoomState,
    pub(super) created_at: Instant,
    pub(super) changed_at: Instant,
    pub(super) participants: Vec<Participant>,
    /// The settings of the first participant, which later ones cannot change.
    callback: Option<(String, Method)>,
    events: Vec<String>,
    sequence: u32,
}

/// Where a room stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoomState {
    Init,
    InProgress,
    Completed,
}

/// Somebody in a room.
#[derive(Debug, Clone)]
pub(super) struct Participant {
    pub(super) leg: LegKey,
    pub(super) start_on_enter: bool,
    pub(super) end_on_exit: bool,
    pub(super) muted: bool,
    pub(super) label: Option<String>,
}

/// How somebody wants to join.
pub(super) struct Joining {
    pub(super) name: Option<String>,
    pub(super) participant: Participant,
    pub(super) max_participants: usize,
    pub(super) callback: Option<(String, Method)>,
    pub(super) events: Vec<String>,
}

/// Why somebody could not join, as the carrier's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// 16020: this room is full.
    Full,
    /// 16021: the account has too many participants.
    Ceiling,
    /// 16025: the label is taken.
    LabelTaken,
}

impl RoomState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
        }
    }
}

impl Refused {
    pub(super) fn code(self) -> u32 {
        match self {
            Self::Full => 16020,
            Self::Ceiling => 16021,
            Self::LabelTaken => 16025,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the conference is full",
            Self::Ceiling => "the account has too many participants",
            Self::LabelTaken => "the participant's label is taken",
        })
    }
}

impl World {
    /// The room of this name that is not over.
    pub(super) fn open_room(&self, name: &str) -> Option<RoomKey> {
        let is_open = |room: &Room| room.state != RoomState::Completed && room.name.as_deref() == Some(name);
        self.rooms.iter().position(is_open).map(RoomKey)
    }

    /// Whether somebody who joins this room would have to wait.
    pub(super) fn would_wait(&self, name: &str, start_on_enter: bool) -> bool {
        let Some(RoomKey(room)) = self.open_room(name) else { return true };
        let room = &self.rooms[room];
        let starts = start_on_enter || room.participants.iter().any(|participant| participant.start_on_enter);
        room.participants.is_empty() || !(starts || room.state == RoomState::InProgress)
    }

    /// Lets somebody join a room, which is created if need be.
    pub(super) fn join(&mut self, joining: Joining) -> Result<RoomKey, Refused> {
        let open = joining.name.as_deref().and_then(|name| self.open_room(name));
        self.may_join(open, &joining)?;
        let key = open.unwrap_or_else(|| self.new_room(&joining));
        let leg = joining.participant.leg;
        self.rooms[key.0].participants.push(joining.participant);
        self.rooms[key.0].changed_at = self.now;
        self.note_stay(leg, key);
        self.report(key, "participant-join", Some(leg), Form::new());
        self.start_if_due(key);
        self.refresh(key);
        Ok(key)
    }

    /// Joins two legs; when one goes, the other is free again.
    pub(super) fn bridge(&mut self, one: LegKey, other: LegKey) {
        let participants = [one, other].map(|leg| Participant {
            leg,
            start_on_enter: true,
            end_on_exit: true,
            muted: false,
            label: None,
        });
        let sid = self.new_sid("CF");
        let key = RoomKey(self.rooms.len());
        self.rooms.push(Room {
            sid,
            name: None,
            state: RoomState::InProgress,
            created_at: self.now,
            changed_at: self.now,
            participants: participants.to_vec(),
            callback: None,
            events: Vec::new(),
            sequence: 0,
        });
        for leg in [one, other] {
            self.note_stay(leg, key);
        }
        self.refresh(key);
    }

    fn note_stay(&mut self, leg: LegKey, key: RoomKey) {
        let from = self.millis();
        let leg = self.leg_mut(leg);
        leg.room = Some(key);
        leg.stays.push(Stay { room: key.0, from, until: None });
    }

    /// Takes a leg out of its room. With `endConferenceOnExit` everybody else goes too.
    pub(super) fn leave_room(&mut self, leg: LegKey, by: EndedBy) {
        let Some(key) = self.leg_mut(leg).room.take() else { return };
        let reason = match by {
            EndedBy::Api => "participant_updated_via_api",
            EndedBy::Person | EndedBy::Document | EndedBy::Network | EndedBy::Carrier => "participant_hung_up",
        };
        let Some(gone) = self.remove(key, leg, reason) else { return };
        if gone.end_on_exit {
            for other in self.rooms[key.0].participants.clone() {
                self.remove(key, other.leg, "moderator_ended_conference");
                self.leg_mut(other.leg).room = None;
                self.hear(other.leg, Hearing::Silence);
            }
            self.close(key, "participant-with-end-conference-on-exit-left", leg);
        } else if self.rooms[key.0].participants.is_empty() {
            self.close(key, "last-participant-left", leg);
        } else {
            self.refresh(key);
        }
    }

    /// The people in a leg's room besides itself.
    pub(super) fn company(&self, leg: LegKey) -> Vec<LegKey> {
        let Some(RoomKey(room)) = self.leg(leg).room else { return Vec::new() };
        let room = &self.rooms[room];
        if room.state != RoomState::InProgress {
            return Vec::new();
        }
        room.participants.iter().map(|participant| participant.leg).filter(|other| *other != leg).collect()
    }

    fn may_join(&mut self, open: Option<RoomKey>, joining: &Joining) -> Result<(), Refused> {
        let is_caller = self.leg(joining.participant.leg).kind == Kind::Inbound;
        if !is_caller && std::mem::take(&mut self.planned.full_room) {
            return Err(Refused::Full);
        }
        let everybody = self.rooms.iter().map(|room| room.participants.len()).sum::<usize>();
        if self.settings.switches.room_ceiling.is_some_and(|ceiling| everybody >= ceiling) {
            return Err(Refused::Ceiling);
        }
        let Some(RoomKey(room)) = open else { return Ok(()) };
        let present = &self.rooms[room].participants;
        if present.len() >= joining.max_participants {
            return Err(Refused::Full);
        }
        let label = joining.participant.label.as_ref();
        if label.is_some() && present.iter().any(|participant| participant.label.as_ref() == label) {
            return Err(Refused::LabelTaken);
        }
        Ok(())
    }

    fn new_room(&mut self, joining: &Joining) -> RoomKey {
        let sid = self.new_sid("CF");
        self.rooms.push(Room {
            sid,
            name: joining.name.clone(),
            state: RoomState::Init,
            created_at: self.now,
            changed_at: self.now,
            participants: Vec::new(),
            callback: joining.callback.clone(),
            events: joining.events.clone(),
            sequence: 0,
        });
        RoomKey(self.rooms.len() - 1)
    }

    fn start_if_due(&mut self, key: RoomKey) {
        let now = self.now;
        let room = &mut self.rooms[key.0];
        let starter = room.participants.iter().any(|participant| participant.start_on_enter);
        if room.state == RoomState::Init && room.participants.len() >= 2 && starter {
            room.state = RoomState::InProgress;
            room.changed_at = now;
            self.report(key, "conference-start", None, Form::new());
        }
    }

    /// Lets everybody in a room hear the others. What somebody hears who is alone is their own document's business.
    fn refresh(&mut self, key: RoomKey) {
        let people: Vec<LegKey> = self.rooms[key.0].participants.iter().map(|participant| participant.leg).collect();
        for leg in people {
            let company = self.company(leg);
            if company.is_empty() {
                self.leg_mut(leg);
                continue;
            }
            self.check_room(key);
            let names: BTreeSet<String> = company.iter().map(|other| self.name_of(*other)).collect();
            self.hear(leg, Hearing::Talking(names));
        }
    }

    fn remove(&mut self, key: RoomKey, leg: LegKey, reason: &str) -> Option<Participant> {
        let at = self.rooms[key.0].participants.iter().position(|participant| participant.leg == leg)?;
        let gone = self.rooms[key.0].participants.remove(at);
        self.rooms[key.0].changed_at = self.now;
        let now = self.millis();
        if let Some(stay) = self.leg_mut(leg).stays.last_mut() {
            stay.until = Some(now);
        }
        let mut fields = Form::new();
        push(&mut fields, "ParticipantCallStatus", self.leg(leg).status.as_str());
        push(&mut fields, "ReasonParticipantLeft", reason);
        self.push_participant(&gone, &mut fields);
        self.report(key, "participant-leave", None, fields);
        Some(gone)
    }

    fn close(&mut self, key: RoomKey, reason: &str, last: LegKey) {
        self.rooms[key.0].state = RoomState::Completed;
        self.rooms[key.0].changed_at = self.now;
        let mut fields = Form::new();
        push(&mut fields, "ReasonConferenceEnded", reason);
        push(&mut fields, "CallSidEndingConference", &self.leg(last).sid);
        self.report(key, "conference-end", None, fields);
    }

    fn report(&mut self, key: RoomKey, event: &str, about: Option<LegKey>, fields: Form) {
        let word = event.rsplit('-').next().unwrap_or_default();
        let room = &self.rooms[key.0];
        let Some((url, method)) = room.callback.clone().filter(|_| room.events.iter().any(|wanted| wanted == word))
        else {
            return;
        };
        let participant = room.participants.iter().find(|participant| Some(participant.leg) == about).cloned();
        let mut form = Form::new();
        push(&mut form, "ConferenceSid", &room.sid);
        push(&mut form, "FriendlyName", room.name.as_deref().unwrap_or_default());
        push(&mut form, "AccountSid", &self.settings.account_sid);
        push(&mut form, "SequenceNumber", (room.sequence + 1).to_string());
        push(&mut form, "Timestamp", self.date_at(self.now));
        push(&mut form, "StatusCallbackEvent", event);
        if let Some(participant) = participant {
            self.push_participant(&participant, &mut form);
        }
        form.extend(fields);
        self.rooms[key.0].sequence += 1;
        self.send_callback(Request::new(Purpose::Conference, url, method, form));
    }

    fn push_participant(&self, participant: &Participant, form: &mut Form) {
        push(form, "CallSid", &self.leg(participant.leg).sid);
        push(form, "Muted", participant.muted.to_string());
        push(form, "Hold", "false");
        push(form, "Coaching", "false");
        push(form, "EndConferenceOnExit", participant.end_on_exit.to_string());
        push(form, "StartConferenceOnEnter", participant.start_on_enter.to_string());
        if let Some(label) = &participant.label {
            push(form, "ParticipantLabel", label);
        }
    }
}
