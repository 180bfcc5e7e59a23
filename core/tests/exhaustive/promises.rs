//! The promises that can be seen to be broken in one state or one step.

use std::time::Duration;

use ringall_core::{
    call::{Call, CallerDocument, Effect, Event, LegNews, Phase},
    fact::{Fact, Outcome},
    phone::PhoneNumber,
};

use super::{
    plan::NAMES,
    world::{ClaimIs, Doing, LegIs, Who, World},
};

/// The roster takes a phone for free so long after its leg's end was asked for.
const END_TAKES: Duration = Duration::from_secs(2);

/// A call has handled one event.
pub(crate) struct Turn<'a> {
    pub(crate) call: usize,
    pub(crate) before: Phase,
    pub(crate) outcome: Option<Outcome>,
    /// One of its deadlines had come.
    pub(crate) due: bool,
    pub(crate) event: &'a Event,
    pub(crate) after: &'a Call,
    pub(crate) effects: &'a [Effect],
}

impl World {
    pub(crate) fn watch_turn(&mut self, turn: &Turn) {
        let Turn { call, after, effects, .. } = *turn;
        if turn.before == Phase::Over {
            self.check(after.outcome() == turn.outcome, "what is decided stays decided");
        }
        let gone = self.calls[call].caller.doing == Doing::Gone;
        let has_somebody = matches!(after.phase(), Phase::Joining | Phase::Bridged);
        for effect in effects {
            let rings = matches!(effect, Effect::Dial { .. } | Effect::Seek { .. } | Effect::OpenRound(_));
            let may_ring = matches!(after.phase(), Phase::Ringing | Phase::Queueing);
            self.check(!rings || may_ring, "only a call that rings rings anybody");
            let sends_away = matches!(
                effect,
                Effect::EndCaller | Effect::Reply(CallerDocument::HangUp | CallerDocument::Say { .. })
            );
            let cut = sends_away && has_somebody && !gone;
            self.check(!cut, "no caller is sent away from somebody who has the call");
            if let Effect::Note(Fact::Bridged(name)) = effect {
                self.watch_bridged(call, name);
            }
        }
        self.watch_leg_end(turn);
    }

    fn watch_bridged(&mut self, call: usize, name: &str) {
        let holder = match self.calls[call].round.as_ref().map(|round| round.claim) {
            Some(ClaimIs::Held(leg)) => self.leg(call, leg).map(|leg| NAMES[self.legs[leg].person]),
            Some(ClaimIs::Free | ClaimIs::Closed(_)) | None => Some("nobody"),
        };
        self.check(holder.is_none_or(|holder| holder == name), "who talks is who has the claim");
    }

    /// While another phone of the round rings or is being screened, the end of one changes nothing for it.
    fn watch_leg_end(&mut self, turn: &Turn) {
        let Turn { call, before, event, after, effects, .. } = *turn;
        let Event::FromLeg { leg: id, news, .. } = event else { return };
        let ends = matches!(news, LegNews::Ended(_) | LegNews::Declined | LegNews::WasMachine | LegNews::FoundMachine);
        let Some(round) = self.calls[call].round.as_ref() else { return };
        let open = round.claim == ClaimIs::Free;
        let round = round.id;
        let others = self.legs.iter().any(|leg| {
            let lives = matches!(leg.is, LegIs::Ringing | LegIs::Up | LegIs::AskedForKey);
            let wanted = leg.end_asked.is_none() && !leg.sent_away && !leg.excused;
            leg.call == call && leg.id != *id && leg.round == round && lives && wanted
        });
        if !ends
            || turn.due
            || before != Phase::Ringing
            || !open
            || !others
            || self.calls[call].caller.doing == Doing::Gone
        {
            return;
        }
        let harmless = effects.iter().all(|effect| match effect {
            Effect::CompleteLeg { leg, .. } | Effect::TellLeg { leg, .. } | Effect::ReplyLeg { leg, .. } => leg == id,
            Effect::FreePhone(_)
            | Effect::FreePhoneSoon(_)
            | Effect::KeepPhone(_)
            | Effect::Note(_)
            | Effect::Inquire { .. }
            | Effect::RememberTalk(_)
            | Effect::Ignore(_) => true,
            Effect::Reply(_)
            | Effect::RedirectCaller
            | Effect::LookUpCaller
            | Effect::EndCaller
            | Effect::OpenRound(_)
            | Effect::CloseClaim(..)
            | Effect::Seek { .. }
            | Effect::StopSeeking
            | Effect::Dial { .. }
            | Effect::CancelLeg { .. }
            | Effect::CancelStray(_)
            | Effect::LookUpLeg { .. }
            | Effect::LookUpRoom(_)
            | Effect::WaitInQueue { .. }
            | Effect::AskPlace
            | Effect::RecordCaller => false,
        });
        self.check(harmless && after.phase() == Phase::Ringing, "a leg's end ends only that leg");
    }

    /// A leg is told that it has the call.
    pub(crate) fn watch_join(&mut self, leg: usize) {
        let (call, id) = (self.legs[leg].call, self.legs[leg].id);
        let round = self.calls[call].round.as_mut().expect("a leg of the present round");
        let first = *round.joined.get_or_insert(id);
        self.check(first == id, "a round has one winner");
    }

    /// Somebody has come into the conference.
    pub(crate) fn watch_room(&mut self, call: usize) {
        let mut members = 0;
        let mut strangers = 0;
        for who in &self.calls[call].room {
            if let Who::Leg(leg) = who {
                members += 1;
                strangers += usize::from(self.leg(call, *leg).is_none_or(|leg| !self.legs[leg].won));
            }
        }
        self.check(strangers == 0, "only a winner is in the conference");
        self.check(members <= 1, "never two members in one conference");
    }

    pub(crate) fn watch_dial(&mut self, call: usize, phone: PhoneNumber) {
        let person = self.person(phone);
        self.check(self.is_unengaged(person, Some(call)), "a call never has two legs to one phone");
    }

    /// A phone begins to ring.
    pub(crate) fn watch_ring(&mut self, person: usize) {
        self.check(self.is_unengaged(person, None), "nobody is rung twice");
    }

    fn is_unengaged(&self, person: usize, by: Option<usize>) -> bool {
        self.legs.iter().all(|leg| {
            let ending = leg.end_asked.is_some_and(|at| self.now.since(at) >= END_TAKES) && !leg.won;
            leg.person != person || by.is_some_and(|call| call != leg.call) || ending || leg.excused
        })
    }

    pub(crate) fn watch_grant(&mut self, call: usize, phone: PhoneNumber) {
        let bit = 1 << self.person(phone);
        let passed_over = (0..call).any(|earlier| self.calls[earlier].wants & bit != 0);
        self.check(!passed_over, "whoever is free is offered to the caller who has waited longest");
    }

    /// Somebody is taken out of the conference because we say so.
    pub(crate) fn watch_cut(&mut self, call: usize, who: Who) {
        let cut =
            self.talks(call) && self.calls[call].room.contains(&who) || self.talks_outside(call) && who == Who::Caller;
        self.check(!cut, "nobody who talks is cut off");
    }

    /// Nothing is under way, and time passes until the next deadline.
    pub(crate) fn watch_stillness(&mut self) {
        for call in 0..self.calls.len() {
            let caller = &self.calls[call].caller;
            let silent = caller.answered && caller.doing == Doing::Asks;
            self.check(!silent, "the caller never hears silence");
        }
        let rings_for_nothing = self.legs.iter().any(|leg| {
            let line = &self.calls[leg.call];
            let round = line.round.as_ref().map(|round| round.id);
            let rung =
                line.machine.as_ref().is_some_and(|call| matches!(call.phase(), Phase::Ringing | Phase::Queueing))
                    && round == Some(leg.round);
            leg.is == LegIs::Ringing && !rung && !leg.excused
        });
        self.check(!rings_for_nothing, "no phone is left ringing");
    }

    /// A machine says that its call is finished.
    pub(crate) fn watch_finish(&mut self, call: usize) {
        let caller = &self.calls[call].caller;
        let (gone, led_on) = (caller.doing == Doing::Gone, caller.talked || caller.heard_words || caller.hung_up);
        // Who leaves as the other comes in may look bridged: reports overtake each other.
        let left = caller.hung_up;
        let (talked, parted) = (caller.talked, caller.parted || caller.hung_up);
        self.check(!talked || parted, "a talk ends when one of the two hangs up");
        self.check(gone, "a call ends when its caller is gone");
        self.check(led_on, "no caller is ever left without words");
        let outcome = self.calls[call].machine.as_ref().and_then(Call::outcome);
        self.check(
            outcome != Some(Outcome::Talked) || talked || left,
            "a call in which nobody talked is not over as if they had",
        );
        let outlives = self.legs.iter().any(|leg| {
            let leaves = leg.is == LegIs::HearsWhy || leg.end_asked.is_some() || leg.sent_away;
            leg.call == call && !leaves && !leg.excused
        });
        self.check(!outlives, "no leg outlives its call");
    }

    /// Nothing can happen any more.
    pub(crate) fn watch_end(&mut self) {
        let over = self.is_finished() && self.legs.is_empty() && self.roster.is_idle();
        self.check(over, "in the end every call is over, every phone is silent, everybody is free");
    }
}
