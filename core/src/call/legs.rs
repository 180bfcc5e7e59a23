//! The members' side: every leg that this call has dialled, until its end is confirmed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::{
    Dialled, Effect, Ignored, LegDocument, LegEnd, LegNews, Standing, Told,
    common::{Common, Turn},
};
use crate::{
    fact::Fact,
    id::{CallSid, LegId, RoundId},
    phone::PhoneNumber,
    time::Timestamp,
};

/// The legs whose end is not confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Legs {
    live: BTreeMap<LegId, Leg>,
    /// Legs that were taken for gone without a final status from the carrier: they may still turn up and accept.
    presumed_gone: BTreeMap<LegId, PhoneNumber>,
    /// Legs of which the call knows that a claim was theirs: each says so once more by its webhook.
    winners: BTreeSet<LegId>,
    next: LegId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Leg {
    phone: PhoneNumber,
    name: Arc<str>,
    /// The carrier's name of it, as soon as an answer or a webhook has told.
    sid: Option<CallSid>,
    /// The claim has said so; it says so once.
    won: bool,
    /// Since then the roster takes the phone for free by itself, and may have lent it anew.
    free_at: Option<Timestamp>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// As soon as we learn what the carrier calls it.
    WhenKnown,
    /// Asked to end unless picked up.
    Canceled,
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

/// Detection takes about four seconds (carrier contract §6); after ten the leg is given up.
const VERDICT_TAKES: Duration = Duration::from_secs(10);
/// How long a key is awaited.
const KEY_TAKES: Duration = Duration::from_secs(20);
/// A canceled leg of which nothing is heard by then is ended in any case.
const CANCEL_TAKES: Duration = Duration::from_secs(5);
/// Words, and the hang-up after them.
const TELLING_TAKES: Duration = Duration::from_secs(20);
/// The end of a conference drops a leg by itself; some time for that before we do it.
const DROP_TAKES: Duration = Duration::from_secs(3);
const COMPLETE_TAKES: Duration = Duration::from_secs(10);
/// More than three minutes, so that an outage of the carrier's API leaves nobody behind in a conference.
const MOST_COMPLETES: u8 = 20;
/// A leg whose create was never answered is waited for so long after it should have stopped ringing; if it shows
/// itself later it is canceled as a stray.
const UNKNOWN_SHOWS_WITHIN: Duration = Duration::from_secs(10);
/// What the roster gives a leg to end that was asked to; a little less, so that nothing is freed that was lent anew.
const FREE_WITHIN: Duration = Duration::from_millis(1_900);
/// How long a talk may be silent towards us before we ask.
const TALK_SILENCE: Duration = Duration::from_secs(600);

impl Default for Legs {
    fn default() -> Self {
        Self { live: BTreeMap::new(), presumed_gone: BTreeMap::new(), winners: BTreeSet::new(), next: LegId::FIRST }
    }
}

impl Legs {
    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty()
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

    pub(super) fn name(&self, leg: LegId) -> Arc<str> {
        self.live.get(&leg).map_or_else(|| "somebody".into(), |leg| leg.name.clone())
    }

    /// Whether somebody has picked this leg up and is being asked for a verdict or a key.
    pub(super) fn is_screened(&self, leg: LegId) -> bool {
        self.live.get(&leg).is_some_and(|leg| matches!(leg.stage, Stage::Screened { .. }))
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.live.values().map(|leg| leg.stage.due()).min()
    }
}

impl Leg {
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
        self.legs.live.insert(leg, Leg { phone, name: name.clone(), sid: None, won: false, free_at: None, stage });
        self.push(Effect::Dial { leg, round, phone, ring_for });
        self.note(Fact::Dialled(name));
        leg
    }

    /// Ends every leg but `keep`: those in the carrier's queue first, before they ring at all.
    pub(super) fn withdraw_all_but(&mut self, keep: Option<LegId>, why: Told) {
        let queued = |leg: &Leg| matches!(leg.stage, Stage::Queued { .. });
        let mut order: Vec<(bool, LegId)> = self.legs.live.iter().map(|(id, leg)| (!queued(leg), *id)).collect();
        order.sort_unstable();
        for (_, leg) in order {
            if Some(leg) != keep {
                self.withdraw(leg, why);
            }
        }
    }

    /// Ends a leg in the way that fits: one that rings is canceled, one that was picked up is told why.
    pub(super) fn withdraw(&mut self, id: LegId, why: Told) {
        let Some(leg) = self.legs.live.get(&id) else { return };
        let (name, sid) = (leg.name.clone(), leg.sid.clone());
        match (leg.stage, sid) {
            (Stage::Ending { .. }, _) => return,
            (Stage::Dialling { until }, None) => {
                self.end_by(id, Ending::WhenKnown, until.max(self.now) + UNKNOWN_SHOWS_WITHIN);
            }
            (Stage::Screened { .. } | Stage::Winner { .. }, Some(sid)) => {
                self.end_by(id, Ending::Told(why), self.after(TELLING_TAKES));
                self.push(Effect::TellLeg { leg: id, sid, why });
            }
            (Stage::Dialling { .. } | Stage::Queued { .. } | Stage::Ringing { .. }, Some(sid)) => {
                self.cancel(id, sid);
            }
            // Only webhooks and answers bring these stages about, and each names the leg.
            (Stage::Queued { .. } | Stage::Ringing { .. } | Stage::Screened { .. } | Stage::Winner { .. }, None) => {
                self.end_by(id, Ending::WhenKnown, self.after(UNKNOWN_SHOWS_WITHIN));
            }
        }
        self.note(Fact::Withdrawn(name, why));
    }

    /// Lets a leg go by itself that the end of its conference drops, and ends it if it does not.
    pub(super) fn let_go(&mut self, leg: LegId) {
        if self.legs.live.get(&leg).is_some_and(|leg| !leg.stage.is_ending()) {
            self.end_by(leg, Ending::Leaving, self.after(DROP_TAKES));
        }
    }

    /// Lets a leg go that its own document tells why.
    pub(super) fn let_hear(&mut self, leg: LegId) {
        if self.legs.live.get(&leg).is_some_and(|leg| !leg.stage.is_ending()) {
            self.end_by(leg, Ending::Leaving, self.after(TELLING_TAKES));
        }
    }

    /// Ends a leg now, whoever is on it.
    pub(super) fn complete(&mut self, leg: LegId) {
        self.complete_again(leg, 1);
    }

    fn end_by(&mut self, leg: LegId, how: Ending, next_at: Timestamp) {
        if let Some(leg) = self.legs.live.get_mut(&leg) {
            leg.stage = Stage::Ending { how, next_at };
        }
    }

    fn cancel(&mut self, leg: LegId, sid: CallSid) {
        self.end_by(leg, Ending::Canceled, self.after(CANCEL_TAKES));
        self.push(Effect::CancelLeg { leg, sid });
        self.free_soon(leg);
    }

    fn complete_again(&mut self, id: LegId, times: u8) {
        let Some(leg) = self.legs.live.get(&id) else { return };
        let Some(sid) = leg.sid.clone().filter(|_| times <= MOST_COMPLETES) else {
            // The carrier was told often enough, or never named the leg.
            return self.presume_gone(id);
        };
        self.end_by(id, Ending::Completed(times), self.after(COMPLETE_TAKES));
        self.push(Effect::CompleteLeg { leg: id, sid });
        self.free_soon(id);
    }

    /// Its end was asked for: its phone is free two seconds from now, counted once.
    fn free_soon(&mut self, id: LegId) {
        let free_at = self.after(FREE_WITHIN);
        if let Some(leg) = self.legs.live.get_mut(&id)
            && leg.free_at.is_none()
        {
            leg.free_at = Some(free_at);
            let phone = leg.phone;
            self.push(Effect::FreePhoneSoon(phone));
        }
    }

    /// It was picked up in the moment its end was asked for: its phone is engaged until its end is confirmed.
    fn keep_phone(&mut self, id: LegId) {
        let now = self.now;
        if let Some(leg) = self.legs.live.get_mut(&id)
            && leg.free_at.take_if(|free_at| *free_at > now).is_some()
        {
            let phone = leg.phone;
            self.push(Effect::KeepPhone(phone));
        }
    }

    /// Takes a leg for gone, by its final status or for want of any sign.
    fn forget(&mut self, leg: LegId) {
        let now = self.now;
        if let Some(leg) = self.legs.live.remove(&leg)
            // Once the roster has freed the phone it may be lent anew, also to this very call.
            && leg.engages(now)
        {
            self.push(Effect::FreePhone(leg.phone));
        }
    }

    fn presume_gone(&mut self, id: LegId) {
        if let Some(leg) = self.legs.live.get(&id) {
            self.legs.presumed_gone.insert(id, leg.phone);
            self.forget(id);
        }
    }

    pub(super) fn on_dialled(&mut self, id: LegId, result: Dialled) -> Option<Turn> {
        let Some(leg) = self.legs.live.get_mut(&id) else {
            // Forgotten meanwhile; if it exists after all it must not ring on.
            match result {
                Dialled::Accepted { sid, .. } => self.push(Effect::CancelStray(sid)),
                Dialled::Refused | Dialled::AnswerLost => self.ignore(Ignored::UnknownLeg),
            }
            return None;
        };
        let (phone, name, known) = (leg.phone, leg.name.clone(), leg.sid.is_some());
        match (result, leg.stage) {
            (Dialled::Accepted { sid, queue_time }, stage) => {
                leg.sid.get_or_insert_with(|| sid.clone());
                match stage {
                    Stage::Dialling { until } if queue_time.is_zero() => leg.stage = Stage::Ringing { until },
                    Stage::Dialling { until } => leg.stage = Stage::Queued { until: until + queue_time },
                    Stage::Ending { how: Ending::WhenKnown, .. } => self.cancel(id, sid),
                    Stage::Queued { .. }
                    | Stage::Ringing { .. }
                    | Stage::Screened { .. }
                    | Stage::Winner { .. }
                    | Stage::Ending { .. } => self.ignore(Ignored::Repeated),
                }
                None
            }
            // Its webhooks have shown it already: whatever the answer was, the leg exists.
            (Dialled::Refused | Dialled::AnswerLost, _) if known => {
                self.ignore(Ignored::Repeated);
                None
            }
            (Dialled::Refused, stage) => {
                self.forget(id);
                self.note(Fact::WasUnreachable(name));
                (!stage.is_ending()).then_some(Turn::Out(id, phone, Out::Unreachable))
            }
            (Dialled::AnswerLost, stage) => {
                if stage.is_ending() {
                    self.ignore(Ignored::TooLate);
                } else {
                    self.note(Fact::DialUncertain(name));
                }
                None
            }
        }
    }

    pub(super) fn on_leg_news(&mut self, id: LegId, sid: CallSid, news: LegNews) -> Option<Turn> {
        let Some(leg) = self.legs.live.get_mut(&id) else { return self.on_unknown_leg(id, sid, news) };
        if *leg.sid.get_or_insert_with(|| sid.clone()) != sid {
            return self.on_namesake(id, sid, news);
        }
        match news {
            LegNews::Rings => self.on_rings(id),
            LegNews::Answered => self.on_answered(id, false),
            LegNews::AskedForKey => self.on_answered(id, true),
            LegNews::Accepted => return self.on_accepted(id),
            LegNews::Declined => return self.on_out_while_up(id, Out::Declined),
            LegNews::WasMachine => return self.on_out_while_up(id, Out::Machine),
            LegNews::FoundMachine => return self.on_found_machine(id),
            LegNews::ToldWhy => return self.on_told_why(id),
            LegNews::DialEnded => return self.on_leg_dial_ended(id),
            LegNews::Ended(end) => return self.on_leg_ended(id, end),
        }
        None
    }

    fn on_unknown_leg(&mut self, id: LegId, sid: CallSid, news: LegNews) -> Option<Turn> {
        match news {
            LegNews::Rings => self.push(Effect::CancelStray(sid)),
            LegNews::DialEnded => self.push(Effect::ReplyLeg { leg: id, document: LegDocument::HangUp }),
            // The claim has decided, whatever we took the leg for.
            LegNews::Accepted => return self.on_late_accept(id, sid),
            LegNews::Answered
            | LegNews::AskedForKey
            | LegNews::Declined
            | LegNews::WasMachine
            | LegNews::FoundMachine
            | LegNews::ToldWhy
            | LegNews::Ended(_) => self.ignore(Ignored::UnknownLeg),
        }
        None
    }

    /// Another leg of the carrier comes by this address: one that was dialled before a restart, under the same number.
    fn on_namesake(&mut self, id: LegId, sid: CallSid, news: LegNews) -> Option<Turn> {
        match news {
            LegNews::Accepted => {
                let ours = self.legs.live.get_mut(&id)?.sid.replace(sid);
                self.effects.extend(ours.map(Effect::CancelStray));
                return self.on_accepted(id);
            }
            LegNews::Rings => self.push(Effect::CancelStray(sid)),
            LegNews::DialEnded => self.push(Effect::ReplyLeg { leg: id, document: LegDocument::HangUp }),
            LegNews::Answered
            | LegNews::AskedForKey
            | LegNews::Declined
            | LegNews::WasMachine
            | LegNews::FoundMachine
            | LegNews::ToldWhy
            | LegNews::Ended(_) => self.ignore(Ignored::Stranger),
        }
        None
    }

    /// A leg that was taken for gone has the call. If only we took it for gone it is up, and is the winner; if the
    /// carrier has reported its end it accepted and hung up in one breath.
    fn on_late_accept(&mut self, id: LegId, sid: CallSid) -> Option<Turn> {
        if self.legs.winners.contains(&id) {
            self.ignore(Ignored::Repeated);
            return None;
        }
        if let Some(phone) = self.legs.presumed_gone.remove(&id) {
            let stage = Stage::Winner { look_up_at: self.after(TALK_SILENCE) };
            let name = self.name_of(phone);
            self.legs.live.insert(id, Leg { phone, name, sid: Some(sid), won: false, free_at: None, stage });
        }
        self.on_accepted(id)
    }

    fn on_rings(&mut self, id: LegId) {
        let Some(leg) = self.legs.live.get_mut(&id) else { return };
        match (leg.stage, leg.sid.clone()) {
            (Stage::Dialling { until } | Stage::Queued { until }, _) => leg.stage = Stage::Ringing { until },
            (Stage::Ending { how: Ending::WhenKnown, .. }, Some(sid)) => self.cancel(id, sid),
            (Stage::Ringing { .. } | Stage::Screened { .. } | Stage::Winner { .. } | Stage::Ending { .. }, _) => {
                self.ignore(Ignored::Repeated);
            }
        }
    }

    fn on_answered(&mut self, id: LegId, asked: bool) {
        let now = self.now;
        let Some(leg) = self.legs.live.get_mut(&id) else { return };
        let name = leg.name.clone();
        let wait = if asked { KEY_TAKES } else { VERDICT_TAKES };
        match leg.stage {
            Stage::Dialling { .. } | Stage::Queued { .. } | Stage::Ringing { .. } => {
                leg.stage = Stage::Screened { asked, until: now + wait };
                self.note(Fact::PickedUp(name));
            }
            Stage::Screened { asked: false, .. } if asked => leg.stage = Stage::Screened { asked, until: now + wait },
            // Picked up in the moment we let it go: it asks for its document and is told.
            Stage::Ending { how: Ending::WhenKnown | Ending::Canceled, .. } => {
                self.keep_phone(id);
                self.end_by(id, Ending::Leaving, self.after(VERDICT_TAKES + TELLING_TAKES));
            }
            Stage::Screened { .. } | Stage::Winner { .. } | Stage::Ending { .. } => self.ignore(Ignored::Repeated),
        }
    }

    /// The claim has said that this leg has the call.
    pub(super) fn on_accepted(&mut self, id: LegId) -> Option<Turn> {
        let look_up_at = self.after(TALK_SILENCE);
        self.legs.winners.insert(id);
        if let Some(leg) = self.legs.live.get_mut(&id) {
            if std::mem::replace(&mut leg.won, true) {
                self.tell_at_last(id);
                return None;
            }
            leg.stage = Stage::Winner { look_up_at };
            let name = leg.name.clone();
            self.note(Fact::Accepted(name));
        }
        Some(Turn::Accepted(id))
    }

    /// The claim had named the winner before any webhook had: if it was let go meanwhile, it can be told only now.
    fn tell_at_last(&mut self, id: LegId) {
        let Some(Leg { stage: Stage::Ending { how: Ending::WhenKnown, .. }, sid: Some(sid), .. }) =
            self.legs.live.get(&id)
        else {
            return self.ignore(Ignored::Repeated);
        };
        let sid = sid.clone();
        let why = if self.caller.is_gone() { Told::CallerLeft } else { Told::MovedOn };
        self.end_by(id, Ending::Leaving, self.after(TELLING_TAKES));
        self.push(Effect::TellLeg { leg: id, sid, why });
    }

    /// The leg is up, and its own document hangs up on it.
    fn on_out_while_up(&mut self, id: LegId, out: Out) -> Option<Turn> {
        let leg = self.legs.live.get(&id)?;
        let (phone, name, stage) = (leg.phone, leg.name.clone(), leg.stage);
        if out == Out::Declined {
            self.declined.insert(phone);
        }
        if matches!(stage, Stage::Winner { .. }) || stage.is_ending() {
            self.ignore(Ignored::TooLate);
            return None;
        }
        self.end_by(id, Ending::Leaving, self.after(TELLING_TAKES));
        self.note(if out == Out::Declined { Fact::Declined(name) } else { Fact::WasMachine(name) });
        Some(Turn::Out(id, phone, out))
    }

    /// The leg hears its last words; whatever it was meant for, it is on its way out.
    fn on_told_why(&mut self, id: LegId) -> Option<Turn> {
        let leg = self.legs.live.get(&id)?;
        let (phone, stage) = (leg.phone, leg.stage);
        if !matches!(stage, Stage::Ending { how: Ending::Completed(_), .. }) {
            self.keep_phone(id);
        }
        self.end_by(id, Ending::Leaving, self.after(TELLING_TAKES));
        match stage {
            Stage::Ending { .. } => None,
            // It accepted while our word that its time is over was under way.
            Stage::Winner { .. } => Some(Turn::Out(id, phone, Out::HungUp)),
            Stage::Dialling { .. } | Stage::Queued { .. } | Stage::Ringing { .. } | Stage::Screened { .. } => {
                Some(Turn::Out(id, phone, Out::KeptSilent))
            }
        }
    }

    fn on_found_machine(&mut self, id: LegId) -> Option<Turn> {
        let turn = self.on_out_while_up(id, Out::Machine)?;
        self.complete(id);
        Some(turn)
    }

    fn on_leg_dial_ended(&mut self, id: LegId) -> Option<Turn> {
        let document = match self.legs.live.get(&id)?.stage {
            Stage::Winner { .. } => return Some(Turn::WinnerDialEnded(id)),
            // Our redirect takes it out of the room, and this request comes first (carrier contract §5): both say why.
            Stage::Ending { how: Ending::Told(why), .. } => LegDocument::Tell(why),
            Stage::Dialling { .. }
            | Stage::Queued { .. }
            | Stage::Ringing { .. }
            | Stage::Screened { .. }
            | Stage::Ending { .. } => LegDocument::HangUp,
        };
        self.push(Effect::ReplyLeg { leg: id, document });
        None
    }

    fn on_leg_ended(&mut self, id: LegId, end: LegEnd) -> Option<Turn> {
        let leg = self.legs.live.get(&id)?;
        let (phone, name, stage) = (leg.phone, leg.name.clone(), leg.stage);
        self.forget(id);
        let out = match (stage, end) {
            (Stage::Ending { .. }, _) => return None,
            (Stage::Screened { .. } | Stage::Winner { .. }, _) | (_, LegEnd::Completed) => Out::HungUp,
            (_, LegEnd::Busy) => Out::Busy,
            (_, LegEnd::NoAnswer) => Out::NoAnswer,
            (_, LegEnd::Failed) => Out::Unreachable,
        };
        if !matches!(stage, Stage::Winner { .. }) {
            self.note(out.fact(name));
        }
        Some(Turn::Out(id, phone, out))
    }

    pub(super) fn on_leg_looked_up(&mut self, id: LegId, standing: Standing) -> Option<Turn> {
        let Some(leg) = self.legs.live.get(&id) else {
            self.ignore(Ignored::UnknownLeg);
            return None;
        };
        let up = matches!(leg.stage, Stage::Screened { .. } | Stage::Winner { .. });
        match standing {
            Standing::Over => {
                // The carrier's word, but not its final status: an answer to a cancel may be wrong about a leg that was
                // picked up this very moment (carrier contract §5, 21220).
                self.legs.presumed_gone.insert(id, leg.phone);
                self.on_leg_ended(id, if up { LegEnd::Completed } else { LegEnd::NoAnswer })
            }
            Standing::Unanswered | Standing::Up | Standing::Unclear => {
                self.ignore(Ignored::NotDue);
                None
            }
        }
    }

    pub(super) fn on_leg_redirect_failed(&mut self, id: LegId) -> Vec<Turn> {
        match self.legs.live.get(&id).map(|leg| leg.stage) {
            Some(Stage::Ending { how: Ending::Told(_), .. }) => self.complete(id),
            Some(_) => self.ignore(Ignored::TooLate),
            None => self.ignore(Ignored::UnknownLeg),
        }
        Vec::new()
    }

    pub(super) fn on_leg_deadlines(&mut self) -> Vec<Turn> {
        let due: Vec<LegId> =
            self.legs.live.iter().filter(|(_, leg)| leg.stage.due() <= self.now).map(|(id, _)| *id).collect();
        due.into_iter().filter_map(|leg| self.on_leg_due(leg)).collect()
    }

    fn on_leg_due(&mut self, id: LegId) -> Option<Turn> {
        let leg = self.legs.live.get(&id)?;
        let (phone, name, sid) = (leg.phone, leg.name.clone(), leg.sid.clone());
        match leg.stage {
            Stage::Dialling { .. } | Stage::Queued { .. } | Stage::Ringing { .. } => {
                self.note(Fact::DidNotAnswer(name));
                self.withdraw_silently(id, sid);
                Some(Turn::Out(id, phone, Out::NoAnswer))
            }
            Stage::Screened { .. } => {
                self.note(Fact::DidNotAccept(name));
                self.withdraw(id, Told::NotAccepted);
                Some(Turn::Out(id, phone, Out::KeptSilent))
            }
            Stage::Winner { .. } => {
                if let (Some(leg), Some(sid)) = (self.legs.live.get_mut(&id), sid) {
                    leg.stage = Stage::Winner { look_up_at: self.now + TALK_SILENCE };
                    self.push(Effect::LookUpLeg { leg: id, sid });
                }
                None
            }
            Stage::Ending { how: Ending::WhenKnown | Ending::Canceled | Ending::Told(_) | Ending::Leaving, .. } => {
                self.complete(id);
                None
            }
            Stage::Ending { how: Ending::Completed(times), .. } => {
                self.complete_again(id, times + 1);
                None
            }
        }
    }

    fn withdraw_silently(&mut self, id: LegId, sid: Option<CallSid>) {
        match sid {
            Some(sid) => self.cancel(id, sid),
            // Nobody could be asked to end it yet, so its phone is not free soon.
            None => self.end_by(id, Ending::WhenKnown, self.after(UNKNOWN_SHOWS_WITHIN)),
        }
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
