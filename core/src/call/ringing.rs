//! The members' telephones ring, or everybody is busy and the caller waits ringing; nobody has accepted yet.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    Asked, CallerDocument, Effect, Ignored, RoomNews, State, Told,
    common::{Common, Turn},
    joining::Joining,
    legs::Out,
    over::Over,
};
use crate::{
    claim::Closed,
    fact::{Fact, Outcome},
    flow::{RingGroup, StepIndex},
    id::{LegId, RoundId},
    phone::PhoneNumber,
    time::Timestamp,
};

/// A round: from the first wish for somebody's phone until the claim is held or closed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Ringing {
    round: RoundId,
    pub(super) group: Arc<RingGroup>,
    pub(super) nobody: StepIndex,
    members: BTreeMap<PhoneNumber, Try>,
    pass: u32,
    next_pass_at: Option<Timestamp>,
    /// Nobody has been offered the call yet, and by then somebody must have been.
    wait_until: Timestamp,
    /// Counted from the first offer.
    ring_until: Option<Timestamp>,
    /// The time is over; only who had picked up before may still accept.
    stopped: bool,
    /// What the claim was asked to be closed for; the claim's answer decides.
    closing: Option<Closing>,
}

/// How one member's turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Try {
    /// The roster was asked.
    Wanted,
    /// A leg of theirs rings or is being screened.
    Offered(LegId),
    /// Did not answer; may be rung in the next pass.
    Rests,
    /// Not again in this round.
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Closing {
    Nobody,
    CallerLeft,
    ShutDown,
}

/// A repeated call within three minutes gets through many phones' quiet mode; a short pause keeps it apart.
const BETWEEN_PASSES: Duration = Duration::from_secs(3);
/// Even who does not wait for busy people waits for the roster's word about them.
const ROSTER_ANSWERS: Duration = Duration::from_secs(1);
/// What a caller whose winner dropped gets at the least.
const LEAST_AFTER_HAND_BACK: Duration = Duration::from_secs(15);

impl Ringing {
    /// Begins a ring step.
    pub(super) fn begin(common: &mut Common, group: Arc<RingGroup>, nobody: StepIndex) -> State {
        let wait_until = common.after(group.wait_for.max(ROSTER_ANSWERS));
        Self::open(common, group, nobody, wait_until, None)
    }

    /// Begins a new round because the winner was gone before both were joined.
    pub(super) fn hand_back(common: &mut Common, from: &Joining) -> State {
        common.note(Fact::HandedBack(from.name.clone()));
        let least = if common.may_ring_longer() { LEAST_AFTER_HAND_BACK } else { Duration::ZERO };
        let until = from.ring_until.max(common.after(least));
        Self::open(common, from.group.clone(), from.nobody, until, Some(until))
    }

    fn open(
        common: &mut Common,
        group: Arc<RingGroup>,
        nobody: StepIndex,
        wait_until: Timestamp,
        ring_until: Option<Timestamp>,
    ) -> State {
        let round = common.take_round();
        let (closing, next_pass_at, stopped) = (None, None, false);
        let declined = |phone: &PhoneNumber| common.declined.contains(phone);
        let unjoinable = |phone: &PhoneNumber| common.unjoinable.contains(phone);
        let phones = || group.members.iter().map(|member| member.phone);
        let others = phones().any(|phone| !declined(&phone) && !unjoinable(&phone));
        let out = |phone: &PhoneNumber| declined(phone) || (others && unjoinable(phone));
        let members = phones().map(|phone| (phone, if out(&phone) { Try::Out } else { Try::Wanted })).collect();
        let ringing =
            Self { round, group, nobody, members, pass: 1, next_pass_at, wait_until, ring_until, stopped, closing };
        common.push(Effect::OpenRound(round));
        common.ring_if_answered();
        ringing.seek(common);
        ringing.go_on(common)
    }

    pub(super) fn handle(self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Asked(asked) => self.on_asked(common, asked),
            Turn::WordsOverdue => self.on_words_overdue(common),
            Turn::CallerGone => self.on_caller_gone(common),
            Turn::Granted(round, phones) => self.on_granted(common, round, phones),
            Turn::Accepted(leg) => self.on_accepted(common, leg),
            Turn::ClaimClosed(round) => self.on_claim_closed(common, round),
            Turn::Out(leg, phone, out) => self.on_out(common, leg, phone, out),
            Turn::WinnerDialEnded(_) | Turn::RoomSeen(_) | Turn::Forward(..) | Turn::CallerSeen(_) => {
                self.ignore(common, Ignored::TooLate)
            }
            Turn::Room(news) => self.on_room(common, &news),
            Turn::Clock => self.on_clock(common),
            Turn::ShutDown => self.close(common, Closing::ShutDown),
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        if self.closing.is_some() || self.stopped {
            // The claim answers at once; legs that are being screened have deadlines of their own.
            return None;
        }
        [Some(self.ring_until.unwrap_or(self.wait_until)), self.next_pass_at].into_iter().flatten().min()
    }

    fn on_asked(self, common: &mut Common, asked: Asked) -> State {
        common.ring_or_wait(asked);
        State::Ringing(self)
    }

    fn on_words_overdue(self, common: &mut Common) -> State {
        common.ring_if_answered();
        State::Ringing(self)
    }

    fn on_caller_gone(self, common: &mut Common) -> State {
        common.note(Fact::CallerLeft);
        self.close(common, Closing::CallerLeft)
    }

    fn on_granted(mut self, common: &mut Common, round: RoundId, phones: Vec<PhoneNumber>) -> State {
        if round != self.round || self.closing.is_some() || self.is_over(common.now) {
            common.decline_grant(phones);
            return State::Ringing(self);
        }
        if phones.is_empty() {
            if self.ring_until.is_none() {
                common.note(Fact::EverybodyBusy);
            }
            return State::Ringing(self);
        }
        let ring_until = *self.ring_until.get_or_insert(common.now + self.group.ring_for);
        for phone in phones {
            if self.members.get(&phone) != Some(&Try::Wanted) {
                common.decline_grant(vec![phone]);
                continue;
            }
            let ring_for = self.phone_for(phone).min(ring_until.since(common.now));
            let leg = common.dial(round, phone, ring_for);
            self.members.insert(phone, Try::Offered(leg));
        }
        State::Ringing(self)
    }

    fn on_accepted(self, common: &mut Common, leg: LegId) -> State {
        let gone = !common.legs.has(leg);
        let joining = Joining::new(common, &self, leg);
        if self.closing == Some(Closing::CallerLeft) {
            common.push(Effect::StopSeeking);
            common.withdraw_all_but(None, Told::CallerLeft);
            return Over::begin(common, Outcome::CallerGaveUp);
        }
        if gone {
            // Accepted and hung up in one breath: the claim is spent, so a new round it is. The accept has brought the
            // caller in, and has told everybody else who picks up that they are too late.
            common.deliver(CallerDocument::EnterRoom);
            common.withdraw_all_but(None, Told::SomebodyElseHasIt);
            return Self::hand_back(common, &joining);
        }
        joining.begin(common)
    }

    fn on_claim_closed(self, common: &mut Common, round: RoundId) -> State {
        let Some(closing) = self.closing.filter(|_| round == self.round) else {
            return self.ignore(common, Ignored::OldRound);
        };
        common.push(Effect::StopSeeking);
        match closing {
            Closing::CallerLeft => {
                common.withdraw_all_but(None, Told::CallerLeft);
                Over::begin(common, Outcome::CallerGaveUp)
            }
            Closing::Nobody => {
                common.withdraw_all_but(None, Told::MovedOn);
                common.note(Fact::NobodyTookIt);
                common.outcome = Outcome::NobodyTookIt;
                State::enter(common, self.nobody)
            }
            Closing::ShutDown => {
                common.withdraw_all_but(None, Told::MovedOn);
                Over::apologise(common)
            }
        }
    }

    fn on_out(mut self, common: &mut Common, leg: LegId, phone: PhoneNumber, out: Out) -> State {
        if self.members.get(&phone) != Some(&Try::Offered(leg)) {
            return self.ignore(common, Ignored::TooLate);
        }
        self.members.insert(phone, if out.rings_again() { Try::Rests } else { Try::Out });
        self.go_on(common)
    }

    fn on_room(self, common: &mut Common, news: &RoomNews) -> State {
        let caller_fell_out = *news == RoomNews::Left(common.setup.sid.clone()) && common.caller.is_in_room();
        if caller_fell_out && !common.caller.owes_redirect() {
            common.push(Effect::LookUpCaller);
            return State::Ringing(self);
        }
        // The caller's own coming, or the rests of an older round.
        self.ignore(common, Ignored::TooLate)
    }

    fn on_clock(mut self, common: &mut Common) -> State {
        if self.next_pass_at.is_some_and(|at| at <= common.now) && !self.is_over(common.now) {
            self.next_pass_at = None;
            self.pass += 1;
            common.note(Fact::NextPass(self.pass));
            for state in self.members.values_mut().filter(|state| **state == Try::Rests) {
                *state = Try::Wanted;
            }
            self.seek(common);
        }
        self.go_on(common)
    }

    /// Looks whether anything can still come of this round, and closes it if not.
    fn go_on(mut self, common: &mut Common) -> State {
        if self.closing.is_some() {
            return State::Ringing(self);
        }
        if self.is_over(common.now) && !self.stopped {
            self.stop_ringing(common);
        }
        let wanted = self.members.values().any(|state| *state == Try::Wanted);
        let offered = self.members.values().any(|state| matches!(state, Try::Offered(_)));
        let rests = self.members.values().any(|state| *state == Try::Rests);
        if wanted || offered {
            return State::Ringing(self);
        }
        let next_pass_at = common.after(BETWEEN_PASSES);
        if rests && self.pass < self.group.passes && self.ring_until.is_some_and(|until| next_pass_at < until) {
            self.next_pass_at.get_or_insert(next_pass_at);
            return State::Ringing(self);
        }
        // Nobody is left to ring, so the caller does not wait for the clock. The claim has the last word.
        self.close(common, Closing::Nobody)
    }

    /// The time is over: no new ring, and phones that ring stop. Who has picked up may still accept.
    fn stop_ringing(&mut self, common: &mut Common) {
        common.push(Effect::StopSeeking);
        self.stopped = true;
        self.next_pass_at = None;
        for (phone, state) in &mut self.members {
            match *state {
                Try::Wanted | Try::Rests => *state = Try::Out,
                Try::Offered(leg) if !common.legs.is_screened(leg) => {
                    common.note(Fact::DidNotAnswer(common.name_of(*phone)));
                    common.withdraw(leg, Told::MovedOn);
                    *state = Try::Out;
                }
                Try::Offered(_) | Try::Out => {}
            }
        }
    }

    fn close(mut self, common: &mut Common, why: Closing) -> State {
        let closed = match why {
            Closing::CallerLeft => Closed::CallerLeft,
            Closing::Nobody | Closing::ShutDown => Closed::MovedOn,
        };
        if self.closing.is_none() {
            common.push(Effect::CloseClaim(self.round, closed));
        }
        // A caller who leaves outweighs every other reason.
        if self.closing.is_none() || why == Closing::CallerLeft {
            self.closing = Some(why);
        }
        State::Ringing(self)
    }

    fn seek(&self, common: &mut Common) {
        let members = self.group.members.iter().map(|member| member.phone);
        let phones: Vec<_> = members.filter(|phone| self.members.get(phone) == Some(&Try::Wanted)).collect();
        if !phones.is_empty() {
            common.push(Effect::Seek { round: self.round, phones, ring_busy: self.group.ring_busy });
        }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.ring_until.unwrap_or(self.wait_until) <= now
    }

    /// When the group stops ringing, as far as that is known.
    pub(super) fn ends_at(&self, now: Timestamp) -> Timestamp {
        self.ring_until.unwrap_or(now + self.group.ring_for)
    }

    fn phone_for(&self, phone: PhoneNumber) -> Duration {
        let member = self.group.members.iter().find(|member| member.phone == phone);
        member.map_or(self.group.ring_for, |member| member.phone_for)
    }

    fn ignore(self, common: &mut Common, why: Ignored) -> State {
        common.ignore(why);
        State::Ringing(self)
    }
}
