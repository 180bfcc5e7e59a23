//! Who plays: the two callers' telephones, and the manners that an organiser's telephone can be given.

use std::time::Duration;

use crate::simulator::{Character, Mailbox};

/// A telephone that visitors call from.
#[derive(Debug)]
pub(super) struct CallerRole {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// Reserved for fiction, like all numbers of the demonstration.
    pub(super) number: &'static str,
}

/// The callers' telephones.
pub(super) const CALLERS: [CallerRole; 2] = [
    CallerRole { id: "caller-1", name: "Caller 1", number: "+447700900111" },
    CallerRole { id: "caller-2", name: "Caller 2", number: "+447700900122" },
];

/// What an organiser's telephone does when it rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// What the visitor does with it.
    Manual,
    /// Its person answers and takes the call.
    Answers,
    /// Nobody comes.
    RingsOut,
    /// A mailbox picks up.
    Mailbox,
    /// Its person pushes the call away.
    Declines,
    /// Its person answers in the same instant as all others of this manner.
    SameInstant,
}

const ANSWERS_AFTER: Duration = Duration::from_secs(3);
const DECLINES_AFTER: Duration = Duration::from_secs(2);
const MAILBOX: Mailbox = Mailbox { answers_after: Duration::from_secs(4), greeting: Duration::from_secs(5) };
/// Everybody of this manner picks up together.
const TOGETHER: u32 = 1;

impl Manner {
    #[cfg(test)]
    pub(super) const ALL: [Self; 6] =
        [Self::Manual, Self::Answers, Self::RingsOut, Self::Mailbox, Self::Declines, Self::SameInstant];

    /// Reads the page's word.
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "manual" => Self::Manual,
            "answers" => Self::Answers,
            "rings_out" => Self::RingsOut,
            "mailbox" => Self::Mailbox,
            "declines" => Self::Declines,
            "same_instant" => Self::SameInstant,
            _ => return None,
        })
    }

    /// The page's word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Answers => "answers",
            Self::RingsOut => "rings_out",
            Self::Mailbox => "mailbox",
            Self::Declines => "declines",
            Self::SameInstant => "same_instant",
        }
    }

    /// What the simulator lets the telephone do.
    pub(super) fn character(self) -> Character {
        match self {
            Self::Manual => Character::Manual,
            Self::Answers => Character::presses(ANSWERS_AFTER, '1'),
            Self::RingsOut => Character::RingsOut,
            Self::Mailbox => Character::Voicemail(MAILBOX),
            Self::Declines => Character::Declines { after: DECLINES_AFTER, mailbox: None },
            Self::SameInstant => Character::together(TOGETHER, ANSWERS_AFTER, Some('1')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manner_is_read_as_it_is_written() {
        for manner in Manner::ALL {
            assert_eq!(Manner::read(manner.as_str()), Some(manner));
        }
        assert_eq!(Manner::read("sings"), None);
    }
}
