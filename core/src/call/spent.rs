//! The line has dialled as many phones as it may: whoever calls is told so before the call goes on to what follows.

use super::{
    Ignored,
    common::{Common, Turn},
};
use crate::{fact::Fact, flow::Words};

/// What a caller for whom nobody may be dialled has heard of that.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) enum Spent {
    /// There was nothing to tell.
    #[default]
    No,
    /// They hear this when the call goes on.
    Owed(Words),
    /// They know, and are not told again.
    Told,
}

impl Common {
    pub(super) fn on_dials_spent(&mut self, words: Words) -> Vec<Turn> {
        self.is_beyond_limit = true;
        if self.spent == Spent::No {
            self.note(Fact::DialsSpent);
            self.spent = Spent::Owed(words);
        } else {
            self.ignore(Ignored::Repeated);
        }
        Vec::new()
    }

    /// The words that come before the next step, once.
    pub(super) fn take_owed_words(&mut self) -> Option<Words> {
        let Spent::Owed(words) = &self.spent else { return None };
        let words = words.clone();
        self.spent = Spent::Told;
        Some(words)
    }
}
