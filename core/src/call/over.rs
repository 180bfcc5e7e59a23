//! The call is decided; what is left is to see every leg to its end.

use std::time::Duration;

use super::{
    AfterWords, Asked, CallerDocument, Effect, Ignored, LegDocument, State, Told,
    common::{Common, Turn},
};
use crate::{
    fact::{Fact, Outcome},
    time::Timestamp,
};

/// Nothing is offered any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Over {
    outcome: Outcome,
    /// The caller hears that we failed instead of a plain hang-up.
    apology: bool,
    /// When the caller's leg is ended by us, if its own way out does not bring it here.
    end_caller_at: Option<Timestamp>,
}

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
        State::Over(Self { outcome, apology: false, end_caller_at })
    }

    /// Ends a call because the program has to end: the caller is told, not dropped.
    pub(super) fn apologise(common: &mut Common) -> State {
        common.outcome = Outcome::ShutDown;
        common.note(Fact::Over(Outcome::ShutDown));
        let over = Self { outcome: Outcome::ShutDown, apology: true, end_caller_at: None };
        common.deliver(over.document(common));
        State::Over(over)
    }

    pub(super) fn handle(mut self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Asked(asked) => self.on_asked(common, asked),
            Turn::WordsOverdue => {
                self.apology = false;
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
            | Turn::CallerSeen(_) => {
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
        common.reply(self.document(common));
    }

    fn on_clock(&mut self, common: &mut Common) {
        if self.end_caller_at.is_some_and(|at| at <= common.now) {
            self.end_caller_at = None;
            common.end_caller();
        }
    }

    fn document(&self, common: &Common) -> CallerDocument {
        if !self.apology {
            return CallerDocument::HangUp;
        }
        CallerDocument::Say { words: common.setup.failure_words.clone().into(), then: AfterWords::HangUp }
    }
}
