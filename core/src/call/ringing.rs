//! The members' telephones ring, or everybody is busy and the caller waits ringing; nobody has accepted yet.

mod tiers;

use std::{sync::Arc, time::Duration};

use self::tiers::Rota;
pub(super) use self::tiers::Unfinished;
use super::{
    Asked, CallerDocument, Effect, Ignored, RoomNews, State, Told,
    common::{Common, Turn},
    joining::{Joining, Origin, whisper_takes},
    legs::Out,
    over::Over,
    queueing::Queueing,
    returning::first_to_same,
};
use crate::{
    claim::Closed,
    fact::{Fact, Outcome},
    flow::{RingGroup, StepIndex, Tiers},
    id::{LegId, RoundId},
    phone::PhoneNumber,
    time::Timestamp,
};

/// A round: from the first wish for somebody's phone until the claim is held or closed. All tiers of the step share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Ringing {
    round: RoundId,
    nobody: StepIndex,
    rota: Rota,
    /// What the claim was asked to be closed for; the claim's answer decides.
    closing: Option<Closing>,
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
    pub(super) fn begin(common: &mut Common, tiers: Tiers, nobody: StepIndex) -> State {
        let tiers = first_to_same(common, tiers);
        let round = common.take_round();
        let rota = Rota::new(round, common.now, tiers);
        let mut ringing = Self::open(common, round, nobody, rota);
        if round != RoundId::FIRST {
            // Before telephones ring step after step for one who has left, and nobody has told us.
            common.push(Effect::LookUpCaller);
        }
        ringing.rota.begin_tier(common);
        ringing.go_on(common)
    }

    /// Begins a new round because the winner was gone before both were joined.
    pub(super) fn hand_back(common: &mut Common, from: &Joining) -> State {
        let (step, nobody) = match &from.origin {
            Origin::Ring { step, nobody } => (step, *nobody),
            Origin::Queue(line, phone) => return Queueing::hand_back(common, &from.name, *phone, line),
        };
        common.note(Fact::HandedBack(from.name.clone()));
        let least = if common.may_ring_longer() { LEAST_AFTER_HAND_BACK } else { Duration::ZERO };
        let round = common.take_round();
        let rota = Rota::again(common, round, step, least);
        let mut ringing = Self::open(common, round, nobody, rota);
        ringing.rota.seek_all(common);
        ringing.go_on(common)
    }

    fn open(common: &mut Common, round: RoundId, nobody: StepIndex, rota: Rota) -> Self {
        common.push(Effect::OpenRound(round));
        common.ring_if_answered();
        Self { round, nobody, rota, closing: None }
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
            Turn::WinnerDialEnded(_)
            | Turn::RoomSeen(_)
            | Turn::Forward(..)
            | Turn::CallerSeen(_)
            | Turn::Refused(..)
            | Turn::Place(_)
            | Turn::Answered(..) => self.ignore(common, Ignored::TooLate),
            Turn::Away(round, phones) => self.on_away(common, round, &phones),
            Turn::Room(news) => self.on_room(common, &news),
            Turn::Clock => self.on_clock(common),
            Turn::ShutDown => self.close(common, Closing::ShutDown),
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        // The claim answers at once; legs that are being screened have deadlines of their own.
        if self.closing.is_some() { None } else { self.rota.deadline() }
    }

    /// The groups of the step.
    pub(super) fn tiers(&self) -> &Tiers {
        self.rota.tiers()
    }

    /// The group that a leg was dialled for.
    pub(super) fn group_of(&self, leg: LegId) -> Option<&Arc<RingGroup>> {
        self.rota.group_of(leg)
    }

    /// The group that wants this person.
    pub(super) fn group_for(&self, phone: PhoneNumber) -> Option<&Arc<RingGroup>> {
        self.rota.group_for(phone)
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
        if round != self.round || self.closing.is_some() || self.rota.is_over(common.now) {
            common.decline_grant(phones);
            return State::Ringing(self);
        }
        // The grant may come before the timer: nobody is dialled for a tier that gives way in this moment.
        self.rota.keep_time(common);
        self.rota.on_answered();
        if phones.is_empty() && self.rota.only_waits() {
            common.note(Fact::EverybodyBusy);
        }
        for phone in phones {
            if !self.rota.offer(common, phone) {
                common.decline_grant(vec![phone]);
            }
        }
        self.go_on(common)
    }

    fn on_away(mut self, common: &mut Common, round: RoundId, phones: &[PhoneNumber]) -> State {
        if round != self.round || self.closing.is_some() {
            return self.ignore(common, Ignored::OldRound);
        }
        for phone in phones {
            if self.rota.leave_out(*phone) {
                common.note(Fact::IsAway(common.name_of(*phone)));
            }
        }
        self.go_on(common)
    }

    fn on_accepted(self, common: &mut Common, leg: LegId) -> State {
        let gone = !common.legs.has(leg);
        let step = self.rota.unfinished(common.now, common.legs.phone(leg));
        let whisper = match self.group_of(leg) {
            Some(group) => whisper_takes(common, std::iter::once(group)),
            // Whoever accepts at the very end of their time may not count as offered any more.
            None => whisper_takes(common, self.tiers().groups()),
        };
        let joining = Joining::new(common, Origin::Ring { step, nobody: self.nobody }, leg, whisper);
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
        let counted = self.rota.on_out(leg, phone, out.rings_again());
        let declined = out == Out::Declined && self.rota.leave_out(phone);
        if counted || declined { self.go_on(common) } else { self.ignore(common, Ignored::TooLate) }
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
        self.rota.begin_passes(common);
        self.go_on(common)
    }

    /// Looks whether anything can still come of this round, and closes it if not.
    fn go_on(mut self, common: &mut Common) -> State {
        if self.closing.is_some() || self.rota.go_on(common) {
            return State::Ringing(self);
        }
        // Nobody is left to ring, so the caller does not wait for the clock. The claim has the last word.
        self.close(common, Closing::Nobody)
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

    fn ignore(self, common: &mut Common, why: Ignored) -> State {
        common.ignore(why);
        State::Ringing(self)
    }
}
