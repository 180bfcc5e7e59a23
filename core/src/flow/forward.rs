//! A step that hands the caller on to one outside number, dialled by the carrier itself.

use std::time::Duration;

use super::{Exit, StepIndex, Words};
use crate::{fact::ForwardOutcome, phone::PhoneNumber};

/// Whom to dial, how, and where the call goes afterwards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Forward {
    /// The outside number.
    pub to: PhoneNumber,
    /// How long it rings.
    pub ring_for: Duration,
    /// Which number it is shown.
    pub show: Show,
    /// What whoever picks up hears before the caller, in place of the line's own words.
    pub whisper: Option<Words>,
    /// What it takes for whoever picks up to have the call.
    pub screen: ForwardScreen,
    /// The digit that declines the call when a key is asked for.
    pub decline_key: char,
    /// Where the call goes if the number is engaged, or the call is refused.
    pub busy: StepIndex,
    /// Where it goes if nobody picks up, or nobody takes it.
    pub no_answer: StepIndex,
    /// Where it goes if the number cannot be reached.
    pub failed: StepIndex,
    /// Where it goes if the dialling was called off.
    pub canceled: StepIndex,
    /// Where it goes after a talk.
    pub done: StepIndex,
    /// The talk is recorded, each side on a channel of its own.
    pub records: bool,
}

/// The digit that declines, unless the configuration names another.
pub const DECLINE_KEY: char = '9';

/// Which number the dialled telephone is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Show {
    /// The line's.
    #[default]
    Line,
    /// The caller's; the line's, where the caller's is withheld or refused.
    Caller,
}

/// What it takes for whoever picks up to have the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ForwardScreen {
    /// Nothing: whatever picks up has it.
    #[default]
    None,
    /// A key.
    Key,
}

impl Forward {
    /// Every way that leads on, in the order in which they are told.
    pub fn exits(&self) -> Vec<(Exit, StepIndex)> {
        vec![
            (Exit::Busy, self.busy),
            (Exit::NoAnswer, self.no_answer),
            (Exit::Failed, self.failed),
            (Exit::Canceled, self.canceled),
            (Exit::Done, self.done),
        ]
    }

    /// Where the call goes from here.
    pub fn exit(&self, outcome: ForwardOutcome) -> StepIndex {
        match outcome {
            ForwardOutcome::Talked => self.done,
            ForwardOutcome::Busy | ForwardOutcome::Declined => self.busy,
            ForwardOutcome::NoAnswer | ForwardOutcome::NotAccepted => self.no_answer,
            ForwardOutcome::Failed => self.failed,
            ForwardOutcome::Canceled => self.canceled,
        }
    }

    /// Whether whoever picks up hears anything before the caller.
    pub fn speaks_first(&self) -> bool {
        self.screen == ForwardScreen::Key || self.whisper.is_some()
    }
}
