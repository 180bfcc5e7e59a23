//! What became of a test call, in a sentence for people and an exit code for programs.

use std::{collections::BTreeMap, process::ExitCode};

use super::words;
use crate::carrier::CallStatus;

/// What the carrier has told of the phones that were dialled, by their names.
#[derive(Debug, Default)]
pub(super) struct Phones(BTreeMap<String, CallStatus>);

/// How a test call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The call was answered, and a phone was picked up.
    PickedUp,
    /// The call was answered, by words or by whatever the line does, and no phone was picked up.
    NobodyPickedUp,
    /// The call was not answered.
    NotAnswered(CallStatus),
    /// Nobody knows: it was interrupted, or the carrier did not tell.
    Unknown,
}

impl Phones {
    /// The carrier says where one of them stands; it may be dialled several times.
    pub(super) fn note(&mut self, name: String, status: CallStatus) {
        let known = self.0.entry(name).or_insert(status);
        if !is_picked_up(*known) {
            *known = status;
        }
    }
}

impl Outcome {
    /// By the last status of the call, whether it was ever answered, and the phones.
    pub(super) fn of(last: Option<CallStatus>, was_answered: bool, phones: &Phones) -> Self {
        match last {
            None => Self::Unknown,
            Some(_) if was_answered && phones.0.values().copied().any(is_picked_up) => Self::PickedUp,
            Some(_) if was_answered => Self::NobodyPickedUp,
            Some(status) => Self::NotAnswered(status),
        }
    }

    /// In a sentence.
    pub(super) fn told(self, phones: &Phones) -> String {
        let answer = match self {
            Self::PickedUp => "answered".to_owned(),
            Self::NobodyPickedUp => "answered by the line, and nobody picked up".to_owned(),
            Self::NotAnswered(status) => format!("not answered: the line {}", words(status)),
            Self::Unknown => "what became of the call is not known".to_owned(),
        };
        if phones.0.is_empty() {
            let why = "no phone was dialled: the line rings nobody now, or the carrier does not reach `ringall serve`";
            return format!("{answer}; {why}");
        }
        let ends = phones.0.iter().map(|(name, status)| {
            let end = if is_picked_up(*status) { "picked up" } else { words(*status) };
            format!("{name} {end}")
        });
        format!("{answer}; {}", ends.collect::<Vec<_>>().join(", "))
    }

    pub(super) fn exit_code(self) -> ExitCode {
        ExitCode::from(self.code())
    }

    fn code(self) -> u8 {
        match self {
            Self::PickedUp => 0,
            Self::Unknown => 1,
            Self::NobodyPickedUp => NOBODY_PICKED_UP,
            Self::NotAnswered(_) => NOT_ANSWERED,
        }
    }
}

/// Whoever did not pick up has no call that is in progress or completed.
fn is_picked_up(status: CallStatus) -> bool {
    matches!(status, CallStatus::InProgress | CallStatus::Completed)
}

const NOBODY_PICKED_UP: u8 = 3;
const NOT_ANSWERED: u8 = 4;
/// What `--help` says of all of them.
pub(super) const EXIT_CODES: &str = "Exit codes:
  0  the call was answered, and a phone was picked up (be it by a mailbox)
  1  the carrier refused the call or did not tell of its end, or it was interrupted
  2  wrong usage, or a wrong configuration
  3  the call was answered by the line, by words or a menu, and no phone was picked up
  4  the call was not answered: engaged, refused, or nobody there";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_is_judged_by_its_answer_and_by_whether_a_phone_was_picked_up() {
        let phones = |ends: &[(&str, CallStatus)]| {
            let mut phones = Phones::default();
            for (name, status) in ends {
                phones.note((*name).to_owned(), *status);
            }
            phones
        };
        let (none, rang) = (phones(&[]), phones(&[("Ana …01", CallStatus::NoAnswer), ("Ben …02", CallStatus::Busy)]));
        let taken = [
            ("Ana …01", CallStatus::Ringing),
            ("Ben …02", CallStatus::Completed),
            ("Ana …01", CallStatus::Canceled),
            ("Ben …02", CallStatus::NoAnswer),
        ];
        let cases = [
            (Some(CallStatus::Completed), true, phones(&taken)),
            (Some(CallStatus::Completed), true, rang),
            (Some(CallStatus::Completed), true, none),
            (Some(CallStatus::NoAnswer), false, phones(&[("Ana …01", CallStatus::NoAnswer)])),
            (Some(CallStatus::Busy), false, phones(&[])),
            (None, true, phones(&[("Ana …01", CallStatus::InProgress)])),
        ];

        let told = cases.map(|(last, was_answered, phones)| {
            let outcome = Outcome::of(last, was_answered, &phones);
            format!("{} {}", outcome.code(), outcome.told(&phones))
        });

        insta::assert_snapshot!(told.join("\n"), @"
        0 answered; Ana …01 stopped ringing, Ben …02 picked up
        3 answered by the line, and nobody picked up; Ana …01 does not answer, Ben …02 is engaged, or refused
        3 answered by the line, and nobody picked up; no phone was dialled: the line rings nobody now, or the carrier does not reach `ringall serve`
        4 not answered: the line does not answer; Ana …01 does not answer
        4 not answered: the line is engaged, or refused; no phone was dialled: the line rings nobody now, or the carrier does not reach `ringall serve`
        1 what became of the call is not known; Ana …01 picked up
        ");
    }
}
