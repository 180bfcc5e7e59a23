//! The caller waits in a queue; the members of its group are rung for them, one at a time.
//!
//! One round and one claim last as long as the caller waits: who picks up in the moment in which the next member is rung
//! may still have the call. The place in line is the roster's, and is kept when a winner is lost.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    Asked, CallerDocument, Effect, Ignored, State, Told,
    common::{Common, Turn},
    joining::{Joining, Origin, whisper_takes},
    legs::Out,
    over::Over,
};
use crate::{
    claim::Closed,
    fact::{Fact, Outcome, QueueEnd},
    flow::{Queue, QueuePlace, QueueRefusal, RingGroup, Tiers, Words},
    id::{LegId, RoundId, VisitId},
    phone::PhoneNumber,
    time::Timestamp,
};

/// A caller in line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Queueing {
    line: InLine,
    round: RoundId,
    /// The group, as a round has groups.
    tiers: Tiers,
    /// The leg that is rung for this caller now.
    offered: Option<LegId>,
    /// When somebody who did not answer may be rung again, if nobody is rung before.
    seek_at: Option<Timestamp>,
    /// The time is over, and somebody who has picked up before may still take the call.
    last_chance: bool,
    hold: Hold,
    /// What the claim was asked to be closed for; the claim's answer decides.
    closing: Option<Closing>,
}

/// What a caller keeps who is given back to the queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct InLine {
    pub(super) queue: Arc<Queue>,
    /// Since when they wait: their place.
    since: Timestamp,
    chances: BTreeMap<PhoneNumber, Chance>,
}

/// Whether a member may be rung for this caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Chance {
    /// They have not been.
    Fresh,
    /// They did not answer: after the others, and not before this moment.
    Again(Timestamp),
    /// They declined.
    Out,
}

/// What the caller hears.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Hold {
    /// The document that they have; none before the first.
    visit: Option<VisitId>,
    words: Option<Words>,
    given_at: Timestamp,
    /// The queue's own sound was over as soon as it was given: the carrier cannot fetch it.
    without_sound: bool,
    /// When their place is to be told again.
    announce_at: Timestamp,
    /// The roster was asked, for the first word about this caller or for their place. It answers at once; by then they
    /// hear something in any case.
    asked: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Closing {
    CallerLeft,
    ShutDown,
    Left(QueueEnd),
}

/// With the second in which a key is waited for behind it, any sound lasts longer. One that is over sooner is silence.
const SHORTEST_SOUND: Duration = Duration::from_secs(2);
const ROSTER_ANSWERS: Duration = Duration::from_secs(1);
/// A place that is due so soon is told now, and not one sound later.
const EARLY: Duration = Duration::from_secs(5);
/// Who did not pick up is left alone for so long.
const AFTER_NO_ANSWER: Duration = Duration::from_secs(15);
/// A telephone that is engaged, switched off or answered by a machine is so for a while.
const AFTER_NO_USE: Duration = Duration::from_secs(30);

impl Queueing {
    /// Lets the caller wait at the end of the line.
    pub(super) fn begin(common: &mut Common, queue: Arc<Queue>) -> State {
        common.note(Fact::Queued(queue.group.name.clone()));
        let declined = |phone: &PhoneNumber| if common.declined.contains(phone) { Chance::Out } else { Chance::Fresh };
        let chances = queue.group.members.iter().map(|member| (member.phone, declined(&member.phone))).collect();
        let mut queueing = Self::open(common, InLine { queue, since: common.now, chances });
        queueing.seek(common, true);
        State::Queueing(queueing)
    }

    /// Lets the caller wait at their old place, because the winner was gone before both were joined.
    pub(super) fn hand_back(common: &mut Common, name: &Arc<str>, phone: Option<PhoneNumber>, line: &InLine) -> State {
        common.note(Fact::HandedBack(name.clone()));
        // Counted for what is believed of late reports; the time in the queue is bounded in any case.
        common.may_ring_longer();
        let mut line = line.clone();
        if let Some(chance) = phone.and_then(|phone| line.chances.get_mut(&phone)).filter(|it| **it != Chance::Out) {
            *chance = Chance::Again(common.after(AFTER_NO_ANSWER));
        }
        let mut queueing = Self::open(common, line);
        queueing.hold_on(common, None);
        queueing.seek(common, false);
        queueing.keep_time(common)
    }

    fn open(common: &mut Common, line: InLine) -> Self {
        let round = common.take_round();
        common.push(Effect::OpenRound(round));
        let announce_at = common.after(line.queue.announce_every.unwrap_or_default());
        let asked = Some(common.after(ROSTER_ANSWERS));
        let (visit, words, given_at, without_sound) = (None, None, common.now, false);
        let hold = Hold { visit, words, given_at, without_sound, announce_at, asked };
        let tiers = line.queue.group.clone().into();
        Self { line, round, tiers, offered: None, seek_at: None, last_chance: false, hold, closing: None }
    }

    pub(super) fn handle(self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Asked(asked) => self.on_asked(common, asked),
            Turn::WordsOverdue => self.go_on_hold(common),
            Turn::CallerGone => {
                common.note(Fact::CallerLeft);
                self.close(common, Closing::CallerLeft)
            }
            Turn::Granted(round, phones) => self.on_granted(common, round, phones),
            Turn::Refused(round, why) => self.on_refused(common, round, why),
            Turn::Place(place) => self.on_place(common, place),
            Turn::Accepted(leg) => self.on_accepted(common, leg),
            Turn::ClaimClosed(round) => self.on_claim_closed(common, round),
            Turn::Out(leg, phone, out) => self.on_out(common, leg, phone, out),
            Turn::Clock => self.on_clock(common),
            Turn::ShutDown => self.close(common, Closing::ShutDown),
            Turn::Away(..)
            | Turn::Room(_)
            | Turn::WinnerDialEnded(_)
            | Turn::RoomSeen(_)
            | Turn::Forward(..)
            | Turn::CallerSeen(_)
            | Turn::Answered(..) => self.ignore(common, Ignored::TooLate),
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        // The claim answers at once, and legs have deadlines of their own.
        if self.closing.is_some() {
            return None;
        }
        let end = (!self.last_chance).then(|| self.line.ends_at());
        [end, self.seek_at, self.hold.asked].into_iter().flatten().min()
    }

    pub(super) fn since(&self) -> Timestamp {
        self.line.since
    }

    pub(super) fn tiers(&self) -> &Tiers {
        &self.tiers
    }

    pub(super) fn group(&self) -> &Arc<RingGroup> {
        &self.line.queue.group
    }

    fn on_asked(mut self, common: &mut Common, asked: Asked) -> State {
        if self.closing.is_some() || self.hold.visit.is_none() {
            // The next word is under way.
            common.keep_waiting();
            return State::Queueing(self);
        }
        match asked {
            Asked::Chosen { visit, keys } if Some(visit) == self.hold.visit => {
                common.keep_waiting();
                let Some((key, _)) = self.line.queue.left_by(keys) else { return self.go_on_hold(common) };
                common.note(Fact::Chose(key.to_string().into()));
                self.close(common, Closing::Left(QueueEnd::GaveUp))
            }
            Asked::WordsEnded(visit) if Some(visit) == self.hold.visit => {
                common.keep_waiting();
                self.hold.without_sound |=
                    self.hold.words.is_none() && common.now < self.hold.given_at + SHORTEST_SOUND;
                self.go_on_hold(common)
            }
            // A redirect, a fallback, a key or an end that came twice or late: what they should hear now.
            Asked::Chosen { .. }
            | Asked::WordsEnded(_)
            | Asked::Now { .. }
            | Asked::DialEnded
            | Asked::Forwarded { .. }
            | Asked::Recorded { .. } => {
                let document = self.document(common);
                common.reply(document);
                State::Queueing(self)
            }
        }
    }

    /// The sound is over: the next one, with the caller's place if it is time.
    fn go_on_hold(mut self, common: &mut Common) -> State {
        if self.closing.is_some() {
            return self.ignore(common, Ignored::TooLate);
        }
        if self.line.queue.announce_every.is_some() && self.hold.announce_at <= common.after(EARLY) {
            self.ask_place(common);
        } else {
            self.hold_on(common, None);
        }
        State::Queueing(self)
    }

    fn ask_place(&mut self, common: &mut Common) {
        self.hold.asked = Some(common.after(ROSTER_ANSWERS));
        common.push(Effect::AskPlace);
    }

    fn on_place(mut self, common: &mut Common, place: Option<QueuePlace>) -> State {
        if self.closing.is_some() || self.hold.asked.is_none() {
            return self.ignore(common, Ignored::TooLate);
        }
        let words = self.line.queue.announcement(place, |words| common.variables.for_caller(words));
        if let Some(words) = &words {
            common.note(Fact::Said(words.clone()));
        }
        self.hold.announce_at = common.after(self.line.queue.announce_every.unwrap_or_default());
        self.hold_on(common, words);
        State::Queueing(self)
    }

    /// Gives the caller a new document to wait with.
    fn hold_on(&mut self, common: &mut Common, words: Option<Words>) {
        (self.hold.asked, self.hold.visit, self.hold.words) = (None, Some(common.ask_anew()), words);
        let document = self.document(common);
        common.deliver(document);
    }

    fn document(&mut self, common: &mut Common) -> CallerDocument {
        let visit = *self.hold.visit.get_or_insert_with(|| common.ask_anew());
        self.hold.given_at = common.now;
        let sound = self.line.queue.hold.clone().filter(|_| !self.hold.without_sound);
        CallerDocument::Hold { words: self.hold.words.clone(), sound, visit }
    }

    fn on_granted(mut self, common: &mut Common, round: RoundId, mut phones: Vec<PhoneNumber>) -> State {
        if round != self.round || self.closing.is_some() || self.last_chance || self.offered.is_some() {
            common.decline_grant(phones);
            return State::Queueing(self);
        }
        let more = phones.split_off(phones.len().min(1));
        if !more.is_empty() {
            common.decline_grant(more);
        }
        match phones.pop() {
            Some(phone) if self.may_ring(common, phone) => self.offer(common, phone),
            Some(phone) => {
                common.decline_grant(vec![phone]);
                // The wish went with the grant: whoever else becomes free is to be rung.
                self.seek(common, false);
            }
            None => {}
        }
        if self.hold.visit.is_none() {
            // Whoever is rung for at once waits as for any telephone; the others are told where they stand.
            if self.offered.is_some() { self.hold_on(common, None) } else { self.ask_place(common) }
        }
        self.keep_time(common)
    }

    fn may_ring(&self, common: &Common, phone: PhoneNumber) -> bool {
        let chance = self.line.chances.get(&phone).is_some_and(|chance| *chance != Chance::Out);
        chance && !common.declined.contains(&phone) && common.now < self.line.ends_at()
    }

    fn offer(&mut self, common: &mut Common, phone: PhoneNumber) {
        let queue = &self.line.queue;
        let phone_for = queue.group.members.iter().find(|member| member.phone == phone).map(|member| member.phone_for);
        let left = self.line.ends_at().since(common.now);
        let ring_for = queue.offer_for.min(phone_for.unwrap_or(queue.offer_for)).min(left);
        self.offered = Some(common.dial(self.round, phone, ring_for));
        self.seek_at = None;
    }

    fn on_refused(self, common: &mut Common, round: RoundId, why: QueueRefusal) -> State {
        if round != self.round || self.offered.is_some() {
            return self.ignore(common, Ignored::OldRound);
        }
        self.close(
            common,
            Closing::Left(match why {
                QueueRefusal::Full => QueueEnd::Full,
                QueueRefusal::NobodyOnDuty => QueueEnd::NobodyOnDuty,
            }),
        )
    }

    fn on_accepted(self, common: &mut Common, leg: LegId) -> State {
        let phone = common.legs.phone(leg);
        if self.closing == Some(Closing::CallerLeft) {
            common.push(Effect::StopSeeking);
            common.withdraw_all_but(None, Told::CallerLeft);
            return Over::begin(common, Outcome::CallerGaveUp);
        }
        if !common.legs.has(leg) {
            // Accepted and hung up in one breath: the claim is spent, so a new round it is.
            common.withdraw_all_but(None, Told::SomebodyElseHasIt);
            common.push(Effect::StopSeeking);
            return Self::hand_back(common, &common.legs.name(leg), phone, &self.line);
        }
        let whisper = whisper_takes(common, std::iter::once(self.group()));
        Joining::new(common, Origin::Queue(self.line, phone), leg, whisper).begin(common)
    }

    fn on_claim_closed(self, common: &mut Common, round: RoundId) -> State {
        let Some(closing) = self.closing.filter(|_| round == self.round) else {
            return self.ignore(common, Ignored::OldRound);
        };
        common.push(Effect::StopSeeking);
        let why = if closing == Closing::CallerLeft { Told::CallerLeft } else { Told::MovedOn };
        common.withdraw_all_but(None, why);
        match closing {
            Closing::CallerLeft => Over::begin(common, Outcome::CallerGaveUp),
            Closing::ShutDown => Over::apologise(common),
            Closing::Left(end) => {
                common.note(Fact::LeftQueue(end));
                common.outcome = Outcome::NobodyTookIt;
                State::enter(common, self.line.exit(end))
            }
        }
    }

    fn on_out(mut self, common: &mut Common, leg: LegId, phone: PhoneNumber, out: Out) -> State {
        if self.offered != Some(leg) {
            return self.ignore(common, Ignored::TooLate);
        }
        self.offered = None;
        if let Some(chance) = self.line.chances.get_mut(&phone) {
            *chance = match out {
                Out::Declined => Chance::Out,
                Out::NoAnswer | Out::KeptSilent | Out::HungUp => Chance::Again(common.after(AFTER_NO_ANSWER)),
                Out::Busy | Out::Unreachable | Out::Machine => Chance::Again(common.after(AFTER_NO_USE)),
            };
        }
        // Nobody is dialled for this line before midnight: whoever waits on waits for nobody.
        if self.last_chance || common.is_beyond_limit {
            return self.close(common, Closing::Left(QueueEnd::TooLong));
        }
        if self.closing.is_none() {
            self.seek(common, false);
        }
        self.keep_time(common)
    }

    fn on_clock(mut self, common: &mut Common) -> State {
        if self.closing.is_some() {
            return State::Queueing(self);
        }
        if self.seek_at.is_some_and(|at| at <= common.now) {
            self.seek(common, false);
        }
        if self.hold.asked.is_some_and(|at| at <= common.now) {
            self.hold_on(common, None);
        }
        self.keep_time(common)
    }

    /// Ends the wait when it has lasted too long. Who has picked up by then may still take the call.
    fn keep_time(mut self, common: &mut Common) -> State {
        if common.now < self.line.ends_at() {
            return State::Queueing(self);
        }
        self.seek_at = None;
        if self.offered.is_some_and(|leg| common.legs.is_screened(leg)) {
            self.last_chance = true;
            return State::Queueing(self);
        }
        self.close(common, Closing::Left(QueueEnd::TooLong))
    }

    /// Asks the roster for whoever may be rung now: first who has not been rung for this caller yet.
    fn seek(&mut self, common: &mut Common, is_new: bool) {
        let line = &self.line;
        let everybody = || line.queue.group.members.iter().map(|member| member.phone);
        // Who declines at a telephone that has stopped counting has declined all the same.
        let chance = |phone: &PhoneNumber| {
            let chance = line.chances.get(phone).filter(|_| !common.declined.contains(phone));
            chance.copied().unwrap_or(Chance::Out)
        };
        let members = everybody().filter(|phone| chance(phone) != Chance::Out).collect();
        let first = everybody().filter(|phone| chance(phone) == Chance::Fresh).collect();
        let again = |phone| match chance(&phone) {
            Chance::Again(from) => Some((from, phone)),
            Chance::Fresh | Chance::Out => None,
        };
        let mut again: Vec<_> = everybody().filter_map(again).collect();
        again.sort_unstable();
        self.seek_at = again.iter().map(|(from, _)| *from).find(|from| *from > common.now);
        let last = again.iter().filter(|(from, _)| *from <= common.now).map(|(_, phone)| *phone).collect();
        let queue = line.queue.clone();
        common.push(Effect::WaitInQueue { round: self.round, queue, members, first, last, is_new });
    }

    fn close(mut self, common: &mut Common, why: Closing) -> State {
        let closed = match why {
            Closing::CallerLeft => Closed::CallerLeft,
            Closing::ShutDown | Closing::Left(_) => Closed::MovedOn,
        };
        if self.closing.is_none() {
            common.push(Effect::CloseClaim(self.round, closed));
        }
        // A caller who leaves outweighs every other reason.
        if self.closing.is_none() || why == Closing::CallerLeft {
            self.closing = Some(why);
        }
        State::Queueing(self)
    }

    fn ignore(self, common: &mut Common, why: Ignored) -> State {
        common.ignore(why);
        State::Queueing(self)
    }
}

impl InLine {
    fn ends_at(&self) -> Timestamp {
        self.since + self.queue.max_wait
    }

    /// Where the call goes.
    pub(super) fn exit(&self, end: QueueEnd) -> crate::flow::StepIndex {
        match end {
            QueueEnd::GaveUp => self.queue.leave.map_or(self.queue.too_long, |(_, to)| to),
            QueueEnd::TooLong => self.queue.too_long,
            QueueEnd::Full => self.queue.full,
            QueueEnd::NobodyOnDuty => self.queue.nobody,
        }
    }
}
