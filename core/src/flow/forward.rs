//! A step that hands the caller on to one outside number, dialled by the carrier itself.

use std::time::Duration;

use super::{Exit, RingGroup, StepIndex, Words};
use crate::{fact::ForwardOutcome, phone::PhoneNumber, screen::Screen};

/// Whom to dial, how, and where the call goes afterwards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Forward<To = PhoneNumber> {
    /// The outside number, or where it is found.
    pub to: To,
    /// Rung at once with it. Whoever picks up first is the only one who is asked (carrier contract §3.3).
    pub also: Vec<PhoneNumber>,
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
    /// The carrier's own ring of a whole group; `None` if nobody is in it.
    pub fn to_group(group: &RingGroup, nobody: StepIndex) -> Option<Self> {
        let mut phones = group.members.iter().map(|member| member.phone);
        Some(Self {
            to: phones.next()?,
            also: phones.collect(),
            ring_for: group.ring_for,
            show: group.show,
            whisper: group.whisper.clone(),
            records: false,
            screen: if group.screen == Screen::None { ForwardScreen::None } else { ForwardScreen::Key },
            decline_key: group.decline_key,
            busy: nobody,
            no_answer: nobody,
            failed: nobody,
            canceled: nobody,
            // Past the last step a call ends.
            done: StepIndex(usize::MAX),
        })
    }

    /// The same without somebody; `None` if nobody is left.
    pub fn without(&self, phone: PhoneNumber) -> Option<Self> {
        let mut rest = self.numbers().filter(|number| *number != phone);
        Some(Self { to: rest.next()?, also: rest.collect(), ..self.clone() })
    }

    /// Every number that is rung.
    pub fn numbers(&self) -> impl Iterator<Item = PhoneNumber> {
        std::iter::once(self.to).chain(self.also.iter().copied())
    }
}

impl<To> Forward<To> {
    /// Whether a whole group is rung.
    pub fn is_to_group(&self) -> bool {
        self.done == StepIndex(usize::MAX)
    }

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

    /// Whether the step's own words follow the key: they tell of the caller, or are a group's, which always do.
    pub fn whispers_behind_key(&self) -> bool {
        let is_groups = self.is_to_group() && self.screen == ForwardScreen::Key;
        is_groups || self.whisper.as_ref().is_some_and(Words::tell_of_caller)
    }

    /// Whether whoever picks up hears anything before the caller.
    pub fn speaks_first(&self) -> bool {
        self.screen == ForwardScreen::Key || self.whisper.is_some()
    }

    /// The same forward, to this.
    pub fn to_number<Other>(&self, to: Other) -> Forward<Other> {
        Forward {
            to,
            also: self.also.clone(),
            records: self.records,
            ring_for: self.ring_for,
            show: self.show,
            whisper: self.whisper.clone(),
            screen: self.screen,
            decline_key: self.decline_key,
            busy: self.busy,
            no_answer: self.no_answer,
            failed: self.failed,
            canceled: self.canceled,
            done: self.done,
        }
    }
}
