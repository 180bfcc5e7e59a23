//! The members' side: every leg that this call has dialled, until its end is confirmed.

mod ending;
mod news;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::{Effect, Told, common::Common};
use crate::{
    fact::Fact,
    id::{CallSid, LegId, RoundId},
    phone::PhoneNumber,
    time::Timestamp,
};

/// The legs whose end is not confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Legs {
    live: BTreeMap<LegId, Leg>,
    /// Legs that were taken for gone without a final status from the carrier: they may still turn up and accept.
    presumed_gone: BTreeMap<LegId, PhoneNumber>,
    /// Legs whose end the carrier has reported, and what it called them: after a restart another one may come by the same
    /// address.
    over: BTreeMap<LegId, (PhoneNumber, CallSid)>,
    /// Legs of which the call knows that a claim was theirs: each says so once more by its webhook.
    winners: BTreeSet<LegId>,
    next: LegId,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Leg {
    phone: PhoneNumber,
    name: Arc<str>,
    /// The carrier's name of it, as soon as an answer or a webhook has told.
    sid: Option<CallSid>,
    /// The claim has said so; it says so once.
    won: bool,
    /// It accepted while our word that its time is over was under way. Until then that word may take it out of the
    /// conference, and its webhook sends it in again.
    recalled_until: Option<Timestamp>,
    /// The conference had let it in when it was last out of it.
    was_in: bool,
    /// Since then the roster takes the phone for free by itself, and may have lent it anew.
    free_at: Option<Timestamp>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    /// The create request is under way, or its answer was lost.
    Dialling { until: Timestamp },
    /// The carrier has it in its queue.
    Queued { until: Timestamp },
    /// It rings, as far as we know.
    Ringing { until: Timestamp },
    /// Something picked up: a verdict or a key is awaited.
    Screened { asked: bool, until: Timestamp },
    /// It has the call.
    Winner { look_up_at: Timestamp },
    /// We want it over.
    Ending { how: Ending, next_at: Timestamp },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Ending {
    /// As soon as we learn what the carrier calls it.
    WhenKnown(Told),
    /// Asked to end unless picked up.
    Canceled(Told),
    /// Sent to words that say why.
    Told(Told),
    /// Hears its last words, or leaves by itself.
    Leaving,
    /// Asked to end in any case, so many times.
    Completed(u8),
}

/// Why a leg does not count any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Out {
    /// Its time of ringing was over, or the carrier's.
    NoAnswer,
    /// It was picked up and nobody pressed a key in time.
    KeptSilent,
    /// Engaged.
    Busy,
    /// Not to be reached.
    Unreachable,
    /// A machine.
    Machine,
    /// Picked up and hung up before accepting; for the winner, gone.
    HungUp,
    /// Its person does not want the call.
    Declined,
}

/// Words, and the hang-up after them.
const TELLING_TAKES: Duration = Duration::from_secs(20);
/// How long a talk may be silent towards us before we ask.
const TALK_SILENCE: Duration = Duration::from_secs(600);

impl Default for Legs {
    fn default() -> Self {
        Self {
            live: BTreeMap::new(),
            presumed_gone: BTreeMap::new(),
            over: BTreeMap::new(),
            winners: BTreeSet::new(),
            next: LegId::FIRST,
        }
    }
}

impl Legs {
    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// Whether no leg rings, is being screened or is on its way out.
    pub(super) fn are_all_winners(&self) -> bool {
        self.live.values().all(|leg| matches!(leg.stage, Stage::Winner { .. }))
    }

    pub(super) fn has(&self, leg: LegId) -> bool {
        self.live.contains_key(&leg)
    }

    /// Whether a leg keeps this phone engaged, so that it is lent to this call for that leg's sake.
    pub(super) fn engage(&self, phone: PhoneNumber, now: Timestamp) -> bool {
        self.live.values().any(|leg| leg.phone == phone && leg.engages(now))
    }

    pub(super) fn sid(&self, leg: LegId) -> Option<&CallSid> {
        self.live.get(&leg)?.sid.as_ref()
    }

    pub(super) fn phone(&self, leg: LegId) -> Option<PhoneNumber> {
        Some(self.live.get(&leg)?.phone)
    }

    pub(super) fn name(&self, leg: LegId) -> Arc<str> {
        self.live.get(&leg).map_or_else(|| "somebody".into(), |leg| leg.name.clone())
    }

    /// Whether somebody has picked this leg up and is being asked for a verdict or a key.
    pub(super) fn is_screened(&self, leg: LegId) -> bool {
        self.live.get(&leg).is_some_and(|leg| matches!(leg.stage, Stage::Screened { .. }))
    }

    pub(super) fn is_known_winner(&self, leg: LegId) -> bool {
        self.winners.contains(&leg)
    }

    /// Whether our own word takes this winner out of the conference, and back in.
    pub(super) fn is_recalled(&self, leg: LegId, now: Timestamp) -> bool {
        self.live.get(&leg).is_some_and(|leg| leg.recalled_until.is_some_and(|until| now < until))
    }

    /// Whether this winner was in the conference before they were last out of it, for all the carrier says.
    pub(super) fn was_in_room(&self, leg: LegId) -> bool {
        self.live.get(&leg).is_some_and(|leg| leg.was_in)
    }

    /// Whether somebody who had the call, and is to go, may be in the conference still.
    pub(super) fn may_linger_in_room(&self) -> bool {
        self.live.iter().any(|(id, leg)| leg.stage.is_ending() && self.winners.contains(id))
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.live.values().map(|leg| leg.stage.due()).min()
    }
}

impl Leg {
    fn new(phone: PhoneNumber, name: Arc<str>, sid: Option<CallSid>, stage: Stage) -> Self {
        Self { phone, name, sid, won: false, recalled_until: None, was_in: false, free_at: None, stage }
    }

    fn engages(&self, now: Timestamp) -> bool {
        self.free_at.is_none_or(|at| now < at)
    }
}

impl Stage {
    fn due(self) -> Timestamp {
        match self {
            Self::Dialling { until }
            | Self::Queued { until }
            | Self::Ringing { until }
            | Self::Screened { until, .. } => until,
            Self::Winner { look_up_at } => look_up_at,
            Self::Ending { next_at, .. } => next_at,
        }
    }

    /// Whether somebody or something is on the leg, for all we know.
    fn is_picked_up(self) -> bool {
        match self {
            Self::Screened { .. }
            | Self::Winner { .. }
            | Self::Ending { how: Ending::Told(_) | Ending::Leaving, .. } => true,
            Self::Dialling { .. }
            | Self::Queued { .. }
            | Self::Ringing { .. }
            | Self::Ending { how: Ending::WhenKnown(_) | Ending::Canceled(_) | Ending::Completed(_), .. } => false,
        }
    }

    fn is_ending(self) -> bool {
        matches!(self, Self::Ending { .. })
    }
}

impl Common {
    /// Dials a phone.
    pub(super) fn dial(&mut self, round: RoundId, phone: PhoneNumber, ring_for: Duration) -> LegId {
        let leg = self.legs.next;
        self.legs.next = leg.next();
        let name = self.name_of(phone);
        let stage = Stage::Dialling { until: self.after(ring_for) };
        self.legs.live.insert(leg, Leg::new(phone, name.clone(), None, stage));
        self.is_beyond_limit = false;
        self.push(Effect::Dial { leg, round, phone, ring_for });
        self.note(Fact::Dialled(name));
        leg
    }
}

impl Out {
    /// Whether the next pass may ring this phone again.
    pub(super) fn rings_again(self) -> bool {
        match self {
            Self::NoAnswer | Self::KeptSilent => true,
            Self::Busy | Self::Unreachable | Self::Machine | Self::HungUp | Self::Declined => false,
        }
    }

    fn fact(self, name: Arc<str>) -> Fact {
        match self {
            Self::NoAnswer => Fact::DidNotAnswer(name),
            Self::KeptSilent => Fact::DidNotAccept(name),
            Self::Busy => Fact::WasBusy(name),
            Self::Unreachable => Fact::WasUnreachable(name),
            Self::Machine => Fact::WasMachine(name),
            Self::HungUp => Fact::HungUpEarly(name),
            Self::Declined => Fact::Declined(name),
        }
    }
}
