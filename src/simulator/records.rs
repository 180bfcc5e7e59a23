//! Everything that was heard and done, as plain data: for judges that look at a world after its end.

use std::collections::BTreeSet;

use http::Method;
use ringall_core::phone::PhoneNumber;

use super::{
    Simulator,
    faults::RestFault,
    hearing::{End, Heard, Hearing},
    leg::{Answerer, Kind, Leg},
    webhook::Source,
    world::World,
};

/// One leg, from its creation on. Moments are milliseconds since the simulator's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegRecord {
    /// The carrier's name of it.
    pub sid: String,
    /// How it came into being.
    pub kind: LegKind,
    /// The name of the telephone, or what the caller shows.
    pub name: String,
    /// The number that is shown.
    pub from: String,
    /// The number that was dialled.
    pub to: String,
    /// Where its first document is.
    pub document: Option<String>,
    /// Whether somebody listens for a machine.
    pub listening: Listening,
    /// When it was created.
    pub created_at: u64,
    /// When its number was dialled.
    pub dialled_at: Option<u64>,
    /// When it was picked up.
    pub answered_at: Option<u64>,
    /// What picked up, in the end: a telephone's own screening may have been taken over by its owner.
    pub answerer: Option<WhoAnswered>,
    /// Detection's verdict.
    pub verdict: Option<&'static str>,
    /// The verdict is wrong, by a fault.
    pub verdict_errs: bool,
    /// Its stays in conferences.
    pub stays: Vec<Stay>,
    /// Everything heard.
    pub heard: Vec<Heard>,
    /// What was done and heard, in words.
    pub lines: Vec<(u64, String)>,
    /// The leg whose Dial created it.
    pub parent: Option<String>,
    /// When a key was waited for in silence: from, and until.
    pub listened: Vec<(u64, u64)>,
}

/// How a leg came into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegKind {
    /// Somebody called one of the account's numbers.
    Caller,
    /// The program created it.
    Offer,
    /// A Dial created it.
    Child,
}

/// Whether the carrier was asked to listen for a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listening {
    /// It was not.
    No,
    /// Before the first document.
    Before,
    /// Beside it.
    Beside,
}

/// What picked up a telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhoAnswered {
    /// A human being.
    Human,
    /// A mailbox or a fax machine.
    Machine,
    /// The telephone's own call screening.
    Robot,
}

/// A leg's stay in a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// The conference's place in the order of creation.
    pub room: usize,
    /// When it came in.
    pub from: u64,
    /// When it went out; `None` while it is in.
    pub until: Option<u64>,
}

/// One request to the REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestEntry {
    /// When, in milliseconds since the simulator's start.
    pub at: u64,
    /// `GET` or `POST`.
    pub method: Method,
    /// The path below the account, without `.json`.
    pub path: String,
    /// The fields.
    pub form: Vec<(String, String)>,
    /// What went wrong with it.
    pub fault: Option<RestFault>,
    /// The leg that it is about, or that it created.
    pub sid: Option<String>,
    /// The status of the answer; `None` if it was not carried out.
    pub status: Option<u16>,
    /// How long the answer takes.
    pub delay_ms: u64,
}

impl LegRecord {
    /// When and how it ended.
    pub fn end(&self) -> Option<(u64, End)> {
        self.heard.last().and_then(|heard| match heard.what {
            Hearing::Ended(end) => Some((heard.at, end)),
            Hearing::NetworkRinging
            | Hearing::Rings
            | Hearing::Ringback(_)
            | Hearing::Words(_)
            | Hearing::Silence
            | Hearing::Music
            | Hearing::Talking(_)
            | Hearing::ErrorMessage
            | Hearing::Recorded => None,
        })
    }

    /// Each thing heard, with its end; what is heard now ends at `now`.
    pub fn spans(&self, now: u64) -> impl Iterator<Item = (&Heard, u64)> {
        let ends = self.heard.iter().skip(1).map(|heard| heard.at).chain([now]);
        self.heard.iter().zip(ends)
    }
}

impl Simulator {
    /// Every leg so far, in the order of creation.
    pub fn records(&self) -> Vec<LegRecord> {
        self.look(|world| {
            let mut records: Vec<LegRecord> = world.legs.iter().map(|leg| world.record(leg)).collect();
            for line in &world.lines {
                records[line.key.0].lines.push((line.at, line.text.clone()));
            }
            records
        })
    }

    /// Every REST request so far that was let in.
    pub fn rest_log(&self) -> Vec<RestEntry> {
        self.look(|world| world.rest.clone())
    }

    /// Whether no call is left and no webhook is under way.
    pub fn is_quiet(&self) -> bool {
        self.look(|world| world.under_way == 0 && !world.legs.iter().any(Leg::is_live))
    }

    /// Milliseconds since the simulator's start.
    pub fn now_ms(&self) -> u64 {
        self.look(World::millis)
    }

    /// The numbers that have a telephone.
    pub fn numbers(&self) -> BTreeSet<PhoneNumber> {
        self.look(|world| world.phones.keys().copied().collect())
    }
}

impl World {
    fn record(&self, leg: &Leg) -> LegRecord {
        LegRecord {
            sid: leg.sid.clone(),
            kind: match leg.kind {
                Kind::Inbound => LegKind::Caller,
                Kind::Api => LegKind::Offer,
                Kind::Child(_) => LegKind::Child,
            },
            name: self.name_of(leg.key),
            from: leg.from.clone(),
            to: leg.to.clone(),
            document: leg.order.source.as_ref().and_then(|source| match source {
                Source::Url { url, .. } => Some(url.clone()),
                Source::Inline(_) => None,
            }),
            listening: leg.order.detection.as_ref().map_or(Listening::No, |detection| {
                if detection.asynchronous { Listening::Beside } else { Listening::Before }
            }),
            created_at: leg.history.first().map_or(0, |(at, _)| self.millis_at(*at)),
            dialled_at: leg.dialing_at.map(|at| self.millis_at(at)),
            answered_at: leg.answered_at.map(|at| self.millis_at(at)),
            answerer: leg.answerer.map(|answerer| match answerer {
                Answerer::Human => WhoAnswered::Human,
                Answerer::Machine { .. } | Answerer::Fax => WhoAnswered::Machine,
                Answerer::Robot => WhoAnswered::Robot,
            }),
            verdict: leg.answered_by,
            verdict_errs: leg.verdict_errs,
            stays: leg.stays.clone(),
            heard: leg.hearing.entries().to_vec(),
            lines: Vec::new(),
            parent: match leg.kind {
                Kind::Child(parent) => Some(self.leg(parent).sid.clone()),
                Kind::Inbound | Kind::Api => None,
            },
            listened: leg
                .listened
                .iter()
                .map(|(from, until)| (self.millis_at(*from), self.millis_at(*until)))
                .collect(),
        }
    }
}
