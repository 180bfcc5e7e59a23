//! The caller hears words of the flow.

use super::{
    AfterWords, Asked, CallerDocument, Ignored, State,
    common::{Common, Turn},
    over::Over,
};
use crate::{
    fact::Fact,
    flow::{Step, StepIndex, Words},
    id::VisitId,
};

/// Words are said; after them the caller's leg asks what comes next, or hangs up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Speaking {
    visit: VisitId,
    words: Words,
    next: StepIndex,
}

impl Speaking {
    pub(super) fn begin(common: &mut Common, visit: VisitId, words: Words, next: StepIndex) -> State {
        common.note(Fact::Said(words.clone()));
        let speaking = Self { visit, words, next };
        common.deliver(speaking.document(common));
        State::Speaking(speaking)
    }

    pub(super) fn handle(self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Asked(asked) => self.on_asked(common, asked),
            Turn::WordsOverdue => State::enter(common, self.next),
            Turn::CallerGone => {
                // After the last words it is the carrier who hangs up, for us.
                if !self.is_last(common) {
                    common.note(Fact::CallerLeft);
                }
                let outcome = common.outcome;
                Over::begin(common, outcome)
            }
            Turn::Granted(_, phones) => {
                common.decline_grant(phones);
                State::Speaking(self)
            }
            Turn::Clock => State::Speaking(self),
            Turn::Accepted(_)
            | Turn::ClaimClosed(_)
            | Turn::Out(..)
            | Turn::WinnerDialEnded(_)
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
                State::Speaking(self)
            }
        }
    }

    fn on_asked(self, common: &mut Common, asked: Asked) -> State {
        match asked {
            Asked::WordsEnded(visit) if visit == self.visit => {
                common.keep_waiting();
                State::enter(common, self.next)
            }
            // The redirect, the action beside it, an old document, a fallback: all get the present words.
            Asked::WordsEnded(_)
            | Asked::Now { .. }
            | Asked::DialEnded
            | Asked::Chosen { .. }
            | Asked::Forwarded { .. }
            | Asked::Recorded { .. } => {
                common.reply(self.document(common));
                State::Speaking(self)
            }
        }
    }

    fn is_last(&self, common: &Common) -> bool {
        matches!(common.setup.flow.step(self.next), Step::HangUp)
    }

    fn document(&self, common: &Common) -> CallerDocument {
        let then = if self.is_last(common) { AfterWords::HangUp } else { AfterWords::Ask(self.visit) };
        CallerDocument::Say { words: self.words.clone(), then }
    }
}
