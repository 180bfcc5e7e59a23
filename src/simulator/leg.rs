//! One leg: a telephone's connection to the carrier, from its creation to its end, and the changes of its state.

use std::{fmt, time::Duration};

use ringall_core::phone::PhoneNumber;
use tokio::{sync::watch, time::Instant};

use super::{
    conference::RoomKey,
    hearing::{End, EndedBy, Hearing, Timeline},
    interpreter::record::OpenRecording,
    records::Stay,
    settings::Method,
    webhook::Source,
    world::{Errand, World},
};

/// The place of a leg in the order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LegKey(pub(super) usize);

/// Where a leg stands (carrier contract §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Waits for its turn.
    Queued,
    /// Is being dialled.
    Initiated,
    /// The far end alerts.
    Ringing,
    /// Answered.
    InProgress,
    /// Was answered and is over.
    Completed,
    /// The far end was engaged, or refused.
    Busy,
    /// Nobody picked up.
    NoAnswer,
    /// Could not be reached.
    Failed,
    /// Ended before it was answered.
    Canceled,
}

/// How a leg came into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody called one of the account's numbers.
    Inbound,
    /// The program created it over the API.
    Api,
    /// A Dial of this leg created it.
    Child(LegKey),
}

/// What picked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answerer {
    /// A human being.
    Human,
    /// A mailbox whose greeting takes this long.
    Machine { greeting: Duration },
    /// A fax machine.
    Fax,
    /// A telephone's own call screening, behind which there may be a human.
    Robot,
}

/// What the program asked for when it created the leg.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    pub(super) source: Option<Source>,
    pub(super) fallback: Option<(String, Method)>,
    pub(super) callback: Option<(String, Method)>,
    /// The events of the status callback; empty if the carrier could not read them.
    pub(super) events: Vec<Event>,
    pub(super) timeout: Duration,
    pub(super) detection: Option<Detection>,
}

/// Answering-machine detection of a leg.
#[derive(Debug, Clone)]
pub(super) struct Detection {
    pub(super) waits_for_end: bool,
    pub(super) timeout: Duration,
    /// The verdict does not hold the document up; it goes to `callback`.
    pub(super) asynchronous: bool,
    pub(super) callback: Option<(String, Method)>,
}

/// An event that a status callback can subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Initiated,
    Ringing,
    Answered,
    Completed,
}

/// The Dial that a leg is in.
#[derive(Debug, Clone)]
pub(super) struct OpenDial {
    /// What follows the Dial.
    pub(super) action: Option<Source>,
}

/// The keys that are being collected.
#[derive(Debug, Clone)]
pub(super) struct Gathering {
    pub(super) digits: String,
    pub(super) wanted: Option<usize>,
    pub(super) finish_on: Option<char>,
    pub(super) finished: bool,
    pub(super) touched: bool,
    pub(super) last_key: Instant,
}

/// One telephone's connection.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) key: LegKey,
    pub(super) sid: String,
    pub(super) kind: Kind,
    pub(super) from: String,
    pub(super) to: String,
    /// The telephone at the far end; `None` for a caller and for a number that nobody has.
    pub(super) phone: Option<PhoneNumber>,
    pub(super) order: Order,
    pub(super) status: Status,
    pub(super) history: Vec<(Instant, Status)>,
    pub(super) answered_at: Option<Instant>,
    pub(super) dialing_at: Option<Instant>,
    /// The far end rings, whether or not the carrier says so.
    pub(super) alerts: bool,
    pub(super) answerer: Option<Answerer>,
    /// Detection's verdict, once there is one.
    pub(super) answered_by: Option<&'static str>,
    /// The verdict is wrong, by a fault.
    pub(super) verdict_errs: bool,
    pub(super) sequence: u32,
    pub(super) redirect: Option<Source>,
    pub(super) gathering: Option<Gathering>,
    pub(super) recording: Option<OpenRecording>,
    /// When the person at it speaks, from and until.
    pub(super) voice: Vec<(Instant, Instant)>,
    /// When its documents waited for keys in silence, from and until: a caller who chooses bears that.
    pub(super) listened: Vec<(Instant, Instant)>,
    pub(super) dial: Option<OpenDial>,
    pub(super) room: Option<RoomKey>,
    /// Its stays in conferences, the present one last.
    pub(super) stays: Vec<Stay>,
    pub(super) hops: u32,
    pub(super) chunks: u32,
    /// How many documents were loaded in this one moment.
    pub(super) spin: (Instant, u32),
    pub(super) hearing: Timeline,
    /// Where [`until`](super::Caller::until_hears) goes on reading the timeline.
    pub(super) read_up_to: usize,
    pub(super) rng: fastrand::Rng,
    pub(super) touched: watch::Sender<()>,
}

impl Status {
    /// The carrier's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Whether a leg in this status is over.
    pub fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Initiated | Self::Ringing | Self::InProgress => false,
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled => true,
        }
    }

    fn event(self) -> Option<Event> {
        match self {
            Self::Queued => None,
            Self::Initiated => Some(Event::Initiated),
            Self::Ringing => Some(Event::Ringing),
            Self::InProgress => Some(Event::Answered),
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled => Some(Event::Completed),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Event {
    pub(super) fn read(text: &str) -> Option<Self> {
        match text {
            "initiated" => Some(Self::Initiated),
            "ringing" => Some(Self::Ringing),
            "answered" => Some(Self::Answered),
            "completed" => Some(Self::Completed),
            _ => None,
        }
    }
}

impl Leg {
    pub(super) fn is_live(&self) -> bool {
        !self.status.is_final()
    }

    pub(super) fn is_answered(&self) -> bool {
        self.status == Status::InProgress
    }

    /// Whether the leg makes its telephone engaged.
    pub(super) fn engages(&self) -> bool {
        self.rings() || self.is_answered()
    }

    /// Whether the telephone at the far end rings now.
    pub(super) fn rings(&self) -> bool {
        self.alerts && self.is_live() && !self.is_answered()
    }

    /// The status as a REST resource shows it, some time behind.
    pub(super) fn status_at(&self, moment: Instant) -> Status {
        let seen = self.history.iter().rev().find(|(at, _)| *at <= moment).or(self.history.first());
        let status = seen.map_or(Status::Queued, |(_, status)| *status);
        // Resources know no `initiated`.
        if status == Status::Initiated { Status::Queued } else { status }
    }
}

impl World {
    /// Changes a leg's status and fires the event that belongs to it.
    pub(super) fn set_status(&mut self, key: LegKey, status: Status) {
        let now = self.now;
        let leg = self.leg_mut(key);
        leg.status = status;
        leg.history.push((now, status));
        if let Kind::Child(parent) = leg.kind {
            self.leg_mut(parent);
        }
        if let Some(event) = status.event() {
            self.fire(key, event);
        }
    }

    /// Lets the leg be answered by this. Whoever comes too late answers nothing.
    pub(super) fn answer(&mut self, key: LegKey, answerer: Answerer) -> bool {
        if !self.leg(key).rings() {
            return false;
        }
        let now = self.now;
        let leg = self.leg_mut(key);
        leg.answered_at = Some(now);
        leg.answerer = Some(answerer);
        self.note(
            key,
            match answerer {
                Answerer::Human => "is answered",
                Answerer::Machine { .. } => "is answered by its mailbox",
                Answerer::Fax => "is answered by a fax machine",
                Answerer::Robot => "is answered by its call screening",
            },
        );
        self.hear(key, Hearing::Silence);
        self.set_status(key, Status::InProgress);
        if self.leg(key).order.detection.as_ref().is_some_and(|detection| detection.asynchronous) {
            self.errands.push(Errand::Detect(key));
        }
        true
    }

    /// Answers a caller's leg, if that has not happened yet.
    pub(super) fn answer_caller(&mut self, key: LegKey) {
        if self.leg(key).rings() {
            self.answer(key, Answerer::Human);
        }
    }

    /// Ends a leg, whatever it is doing. A leg that is over stays as it is.
    pub(super) fn end(&mut self, key: LegKey, status: Status, by: EndedBy) {
        if self.leg(key).status.is_final() {
            return;
        }
        self.break_off_record(key, true);
        self.end_talk_recordings(key);
        let dial = self.stop_verb(key);
        self.hear(key, Hearing::Ended(End { status, by }));
        self.set_status(key, status);
        self.leave_room(key, by);
        if let Some(OpenDial { action: Some(action) }) = dial
            && self.settings.switches.action_after_hangup
        {
            self.errands.push(Errand::FetchInVain(key, action, Duration::ZERO));
        }
        for child in self.children(key) {
            self.end_child(child, by);
        }
    }

    /// Ends a leg that may or may not have been answered.
    pub(super) fn hang_up(&mut self, key: LegKey, by: EndedBy) {
        let status = match self.leg(key).status {
            Status::InProgress => Status::Completed,
            Status::Queued | Status::Initiated | Status::Ringing => self.gave_up(key),
            status @ (Status::Completed | Status::Busy | Status::NoAnswer | Status::Failed | Status::Canceled) => {
                status
            }
        };
        self.end(key, status, by);
    }

    /// The digits of a key that the person at this leg presses; keys that nobody waits for are lost.
    pub(super) fn press(&mut self, key: LegKey, digit: char) {
        let now = self.now;
        if self.press_in_record(key, digit) {
            return self.note(key, &format!("presses {digit}, which ends the recording"));
        }
        let gathers = self.leg(key).gathering.as_ref().is_some_and(|gathering| !gathering.finished);
        self.note(key, &format!("presses {digit}{}", if gathers { "" } else { " (nobody asked)" }));
        let Some(gathering) = self.leg_mut(key).gathering.as_mut().filter(|gathering| !gathering.finished) else {
            return;
        };
        gathering.last_key = now;
        gathering.touched = true;
        if gathering.finish_on == Some(digit) {
            gathering.finished = true;
            return;
        }
        gathering.digits.push(digit);
        gathering.finished = gathering.wanted.is_some_and(|wanted| gathering.digits.len() >= wanted);
    }

    /// Stops what the leg's document is doing; answers with the Dial it was in.
    pub(super) fn stop_verb(&mut self, key: LegKey) -> Option<OpenDial> {
        self.break_off_record(key, false);
        let leg = self.leg_mut(key);
        leg.gathering = None;
        leg.dial.take()
    }

    /// The status of a caller who hangs up before the answer.
    fn gave_up(&mut self, key: LegKey) -> Status {
        let switch = self.settings.switches.caller_gave_up;
        switch.status(&mut self.leg_mut(key).rng)
    }

    pub(super) fn end_child(&mut self, child: LegKey, by: EndedBy) {
        let status = if self.leg(child).is_answered() {
            Status::Completed
        } else {
            let switch = self.settings.switches.dial_loser;
            switch.status(&mut self.leg_mut(child).rng)
        };
        self.end(child, status, by);
    }

    /// The live legs that a Dial of this leg created.
    pub(super) fn children(&self, key: LegKey) -> Vec<LegKey> {
        self.legs.iter().filter(|leg| leg.kind == Kind::Child(key) && leg.is_live()).map(|leg| leg.key).collect()
    }
}

impl super::switches::GaveUp {
    fn status(self, rng: &mut fastrand::Rng) -> Status {
        match self {
            Self::Canceled => Status::Canceled,
            Self::ByChance if rng.bool() => Status::Canceled,
            Self::NoAnswer | Self::ByChance => Status::NoAnswer,
        }
    }
}
