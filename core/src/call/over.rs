//! The call is decided; what is left is to see every leg to its end.

use std::{sync::Arc, time::Duration};

use super::{
    AfterWords, Asked, CallerDocument, Effect, Ignored, LegDocument, State, Told,
    common::{Common, Turn},
};
use crate::{
    fact::{Fact, Outcome},
    flow::{Rejection, Words},
    time::Timestamp,
};

/// Nothing is offered any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Over {
    outcome: Outcome,
    last: Last,
    /// When the caller's leg is ended by us, if its own way out does not bring it here.
    end_caller_at: Option<Timestamp>,
}

/// What the caller's leg is told last.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Last {
    /// To hang up.
    HangUp,
    /// That we failed.
    Apology,
    /// That it is refused; if it was answered meanwhile, in words.
    Reject(Rejection, Words),
    /// To go on with somebody else's document. It asks again if that cannot be fetched, or if two of our documents were
    /// under way: so many times it has been told.
    HandOver(Arc<str>, u8),
}

/// After so many times the other address is taken to be out of order.
const MOST_HAND_OVERS: u8 = 3;
/// The end of a conference sends the caller's leg to us; some time for that.
const COMES_BY_ITSELF: Duration = Duration::from_secs(5);

impl Over {
    pub(super) fn begin(common: &mut Common, outcome: Outcome) -> State {
        common.outcome = outcome;
        common.note(Fact::Over(outcome));
        let in_room = common.caller.is_in_room();
        let end_caller_at = (in_room && outcome == Outcome::Talked).then(|| common.after(COMES_BY_ITSELF));
        if end_caller_at.is_none() {
            common.deliver(CallerDocument::HangUp);
        }
        State::Over(Self { outcome, last: Last::HangUp, end_caller_at })
    }

    /// Ends a call because the program has to end: the caller is told, not dropped.
    pub(super) fn apologise(common: &mut Common) -> State {
        common.outcome = Outcome::ShutDown;
        common.note(Fact::Over(Outcome::ShutDown));
        Self::tell_last(common, Outcome::ShutDown, Last::Apology)
    }

    /// Ends a call whose caller has hung up where nobody could talk to them: what became of it before still counts.
    pub(super) fn caller_left(common: &mut Common) -> State {
        common.note(Fact::CallerLeft);
        let outcome = match common.outcome {
            Outcome::FlowEnded => Outcome::CallerGaveUp,
            earlier @ (Outcome::Talked
            | Outcome::CallerGaveUp
            | Outcome::NobodyTookIt
            | Outcome::ShutDown
            | Outcome::LeftMessage) => earlier,
        };
        Self::begin(common, outcome)
    }

    /// Ends a call that has gone round in circles for too long, with words all the same.
    pub(super) fn give_up(common: &mut Common) -> State {
        let outcome = common.outcome;
        common.note(Fact::Over(outcome));
        Self::tell_last(common, outcome, Last::Apology)
    }

    /// Refuses the call: unanswered, if the carrier has not answered it.
    pub(super) fn reject(common: &mut Common, reason: Rejection, words: Words) -> State {
        let outcome = common.outcome;
        common.note(Fact::Rejected(reason));
        common.note(Fact::Over(outcome));
        Self::tell_last(common, outcome, Last::Reject(reason, words))
    }

    /// Leaves the caller to somebody else's documents.
    pub(super) fn hand_over(common: &mut Common, url: Arc<str>) -> State {
        let outcome = common.outcome;
        common.note(Fact::HandedOver);
        common.note(Fact::Over(outcome));
        Self::tell_last(common, outcome, Last::HandOver(url, 1))
    }

    fn tell_last(common: &mut Common, outcome: Outcome, last: Last) -> State {
        let over = Self { outcome, last, end_caller_at: None };
        common.deliver(over.document(common));
        State::Over(over)
    }

    pub(super) fn handle(mut self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Asked(asked) => self.on_asked(common, asked),
            Turn::WordsOverdue => {
                self.last = Last::HangUp;
                common.deliver(CallerDocument::HangUp);
            }
            Turn::CallerGone => self.end_caller_at = None,
            Turn::Granted(_, phones) => common.decline_grant(phones),
            Turn::Accepted(leg) => common.withdraw(leg, Told::MovedOn),
            Turn::WinnerDialEnded(leg) => common.push(Effect::ReplyLeg { leg, document: LegDocument::HangUp }),
            Turn::Clock => self.on_clock(common),
            Turn::Out(..)
            | Turn::ClaimClosed(_)
            | Turn::Room(_)
            | Turn::RoomSeen(_)
            | Turn::ShutDown
            | Turn::Forward(..)
            | Turn::CallerSeen(_)
            | Turn::Away(..)
            | Turn::Refused(..)
            | Turn::Place(_)
            | Turn::Answered(..) => {
                common.ignore(Ignored::TooLate);
            }
        }
        State::Over(self)
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.end_caller_at
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.outcome
    }

    fn on_asked(&mut self, common: &mut Common, _: Asked) {
        self.end_caller_at = None;
        if common.caller.was_handed_over()
            && let Last::HandOver(_, times) = &mut self.last
        {
            *times = times.saturating_add(1);
            if *times > MOST_HAND_OVERS {
                self.last = Last::Apology;
            }
        }
        common.reply(self.document(common));
    }

    fn on_clock(&mut self, common: &mut Common) {
        if self.end_caller_at.is_some_and(|at| at <= common.now) {
            self.end_caller_at = None;
            common.end_caller();
        }
    }

    fn document(&self, common: &Common) -> CallerDocument {
        let say = |words| CallerDocument::Say { words, then: AfterWords::HangUp };
        match &self.last {
            Last::HangUp => CallerDocument::HangUp,
            Last::Apology => say(common.setup.failure_words.clone()),
            Last::Reject(_, words) if common.caller.is_answered() => say(words.clone()),
            Last::Reject(reason, _) => CallerDocument::Reject(*reason),
            Last::HandOver(url, _) => CallerDocument::HandOver(url.clone()),
        }
    }
}
