//! The caller hears a menu and presses keys.

use std::sync::Arc;

use super::{
    Asked, CallerDocument, Ignored, State,
    common::{Common, Turn},
    over::Over,
};
use crate::{
    fact::Fact,
    flow::{Keys, Menu},
    id::VisitId,
};

/// The prompt is said, or keys are awaited behind it. How often was asked in vain is counted here, never in a document:
/// each time of asking has a visit of its own, and only a key of the latest one counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Choosing {
    menu: Arc<Menu>,
    visit: VisitId,
    misses: u8,
    last_miss: Option<Miss>,
}

/// Why the menu is still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Miss {
    NoKey,
    WrongKey,
}

impl Choosing {
    pub(super) fn begin(common: &mut Common, visit: VisitId, menu: Arc<Menu>) -> State {
        common.note(Fact::Said(menu.prompt.clone()));
        Self { menu, visit, misses: 0, last_miss: None }.ask(common)
    }

    pub(super) fn handle(self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Asked(asked) => self.on_asked(common, asked),
            // Neither a key nor the document's end has come, and yet the caller is there: a webhook was lost.
            Turn::WordsOverdue => self.on_miss(common, Miss::NoKey),
            Turn::CallerGone => Over::caller_left(common),
            Turn::Granted(_, phones) => {
                common.decline_grant(phones);
                State::Choosing(self)
            }
            Turn::ShutDown => Over::apologise(common),
            Turn::Clock => State::Choosing(self),
            Turn::Accepted(_)
            | Turn::ClaimClosed(_)
            | Turn::Out(..)
            | Turn::WinnerDialEnded(_)
            | Turn::Room(_)
            | Turn::RoomSeen(_)
            | Turn::Forward(..)
            | Turn::CallerSeen(_)
            | Turn::Away(..)
            | Turn::Refused(..)
            | Turn::Place(_)
            | Turn::Answered(..) => {
                common.ignore(Ignored::TooLate);
                State::Choosing(self)
            }
        }
    }

    fn on_asked(self, common: &mut Common, asked: Asked) -> State {
        match asked {
            Asked::Chosen { visit, keys } if visit == self.visit => {
                common.keep_waiting();
                self.on_keys(common, keys)
            }
            Asked::WordsEnded(visit) if visit == self.visit => {
                common.keep_waiting();
                self.on_miss(common, Miss::NoKey)
            }
            // A fallback, a redirect, a key that came twice or for an earlier time of asking: the prompt once more.
            Asked::Chosen { .. }
            | Asked::WordsEnded(_)
            | Asked::Now { .. }
            | Asked::DialEnded
            | Asked::Forwarded { .. }
            | Asked::Recorded { .. } => {
                common.reply(self.document());
                State::Choosing(self)
            }
        }
    }

    fn on_keys(self, common: &mut Common, keys: Keys) -> State {
        if keys.is_empty() {
            return self.on_miss(common, Miss::NoKey);
        }
        let Some((keys, to)) = self.menu.keys.get_key_value(keys.as_str()) else {
            return self.on_miss(common, Miss::WrongKey);
        };
        common.note(Fact::Chose(keys.clone()));
        State::enter(common, *to)
    }

    fn on_miss(self, common: &mut Common, miss: Miss) -> State {
        let (fact, exit) = match miss {
            Miss::NoKey => (Fact::PressedNoKey, self.menu.no_input),
            Miss::WrongKey => (Fact::PressedWrongKey, self.menu.wrong_key),
        };
        common.note(fact);
        if self.misses >= self.menu.repeats {
            return State::enter(common, exit);
        }
        let visit = common.ask_anew();
        Self { visit, misses: self.misses + 1, last_miss: Some(miss), ..self }.ask(common)
    }

    fn ask(self, common: &mut Common) -> State {
        common.deliver(self.document());
        State::Choosing(self)
    }

    fn document(&self) -> CallerDocument {
        let before = self.last_miss.map(|miss| match miss {
            Miss::NoKey => self.menu.no_input_words.clone(),
            Miss::WrongKey => self.menu.wrong_key_words.clone(),
        });
        CallerDocument::Choose { before, menu: self.menu.clone(), visit: self.visit }
    }
}
