//! What happened in one round, in microseconds since it began: all that the judge may look at.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{twiml::Document, wire::now};

/// Somebody with a telephone at their ear: a member's leg, by the program's own number of it, or the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Who {
    /// The caller.
    Caller,
    /// A leg.
    Leg(u32),
}

/// Why a leg or the caller is off the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// By its own owner.
    ByOwner,
    /// Canceled while it rang.
    Canceled,
    /// The program ended it.
    Completed,
    /// Its document ended.
    AfterDocument,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// The call comes in to a group of so many people.
    Called {
        /// How many.
        people: usize,
    },
    /// A telephone is dialled.
    Dialled {
        /// The leg.
        leg: u32,
        /// The program's round.
        round: u32,
        /// Whose telephone.
        person: usize,
    },
    /// A telephone is dialled that another leg keeps engaged.
    RungTwice {
        /// The new leg.
        leg: u32,
    },
    /// Picked up.
    PickedUp(u32),
    /// The webhook that accepts is sent.
    Accepts(u32),
    /// The same webhook once more.
    AcceptsAgain(u32),
    /// The webhook that declines is sent.
    Declines(u32),
    /// The webhook is sent that says a machine picked up.
    IsMachine(u32),
    /// A document arrives.
    Hears(Who, Asked, Document),
    /// The program cancels a leg; false if it had been picked up, so that nothing came of it.
    CancelAsked(u32, bool),
    /// The program ends a leg or the caller.
    CompleteAsked(Who),
    /// The program sends a leg or the caller to another document.
    Redirected(Who),
    /// Off the line.
    Ended(Who, Ended),
    /// In the conference.
    Enters(Who),
    /// The conference is full.
    TurnedAway(Who),
    /// Both are in the conference.
    TalkBegins(u32),
    /// Out of the conference.
    Leaves(Who),
    /// The caller's waiting request is cut by the carrier.
    RequestCut,
    /// The caller's leg asks once more.
    AsksAgain,
    /// The program is asked to stop.
    StopAsked,
    /// The program is gone.
    Stopped,
    /// A webhook was answered wrongly, too late or not at all.
    Fault(String),
    /// Somebody was still on the line when nobody may be.
    LeftOver(Who),
}

/// Which request a document answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// The first one, the accept, or a redirect.
    Now,
    /// The repeated accept.
    Repeat,
    /// After a stay in the conference.
    AfterRoom,
    /// Anything, but a redirect came between: its document counts, not this.
    Overtaken,
    /// Alone in the conference.
    Wait,
}

/// An entry of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Microseconds since the round began.
    pub(super) at: u64,
    /// What happened.
    pub(super) what: What,
}

/// What happened in one round.
#[derive(Debug)]
pub(super) struct Record {
    began: Instant,
    entries: Mutex<Vec<Entry>>,
}

impl Record {
    /// An empty record that begins now.
    pub(super) fn begin() -> Self {
        Self { began: now(), entries: Mutex::default() }
    }

    /// Adds what happens now.
    pub(super) fn note(&self, what: What) {
        self.note_at(now(), what);
    }

    /// Adds what happened at a moment.
    pub(super) fn note_at(&self, moment: Instant, what: What) {
        let at = micros(moment.saturating_duration_since(self.began));
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(Entry { at, what });
    }

    /// All entries, in the order in which they happened.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone();
        entries.sort_by_key(|entry| entry.at);
        entries
    }
}

/// Whole microseconds.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller => f.write_str("the caller"),
            Self::Leg(leg) => write!(f, "leg {leg}"),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10} µs  {}", self.at, self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Called { people } => write!(f, "the call comes in, for {people} people"),
            Self::Dialled { leg, round, person } => write!(f, "leg {leg} of round {round} rings person {person}"),
            Self::RungTwice { leg } => write!(f, "leg {leg} rings a telephone that is engaged by us"),
            Self::PickedUp(leg) => write!(f, "leg {leg} is picked up"),
            Self::Accepts(leg) => write!(f, "leg {leg} accepts"),
            Self::AcceptsAgain(leg) => write!(f, "leg {leg} accepts, the same webhook once more"),
            Self::Declines(leg) => write!(f, "leg {leg} declines"),
            Self::IsMachine(leg) => write!(f, "leg {leg} is a machine"),
            Self::Hears(who, asked, document) => write!(f, "{who} hears {document} ({asked:?})"),
            Self::CancelAsked(leg, true) => write!(f, "the program cancels leg {leg}"),
            Self::CancelAsked(leg, false) => write!(f, "the program cancels leg {leg}, which is picked up already"),
            Self::CompleteAsked(who) => write!(f, "the program ends {who}"),
            Self::Redirected(who) => write!(f, "the program redirects {who}"),
            Self::Ended(who, ended) => write!(f, "{who} is off the line ({ended:?})"),
            Self::Enters(who) => write!(f, "{who} enters the conference"),
            Self::TurnedAway(who) => write!(f, "{who} is turned away, the conference is full"),
            Self::TalkBegins(leg) => write!(f, "the caller and leg {leg} hear each other"),
            Self::Leaves(who) => write!(f, "{who} leaves the conference"),
            Self::RequestCut => f.write_str("the carrier cuts the caller's waiting request"),
            Self::AsksAgain => f.write_str("the caller's leg asks again"),
            Self::StopAsked => f.write_str("the program is asked to stop"),
            Self::Stopped => f.write_str("the program has stopped"),
            Self::Fault(what) => write!(f, "FAULT {what}"),
            Self::LeftOver(who) => write!(f, "{who} is still on the line"),
        }
    }
}
