//! Answered is not accepted: what it takes for whatever picked up to have the call (promise 2).

/// How a ring group tells a human from a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Screen {
    /// The carrier's verdict `human` accepts; `unknown` is asked for a key; machines and fax never have the call.
    #[default]
    Amd,
    /// Only a key accepts.
    Key,
    /// Only a key accepts; the carrier listens meanwhile, and a mailbox is dropped early.
    AmdAndKey,
    /// Whatever picks up has the call.
    None,
}

/// Who or what the carrier thinks has picked up (carrier contract §6, `AnsweredBy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnsweredBy {
    /// `human`.
    Human,
    /// `machine_start`: a machine, still talking.
    MachineStart,
    /// `machine_end_beep`, `machine_end_silence` or `machine_end_other`: a machine that has finished its greeting.
    MachineEnd,
    /// `fax`.
    Fax,
    /// `unknown`, or a word that we do not know.
    Unknown,
}

/// What a leg that was picked up hears first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It has accepted: the claim decides at once.
    Accepted,
    /// It is asked for a key.
    KeyWanted,
    /// It is no human and is hung up on.
    NotHuman,
}

/// What a key press during the screening means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The human takes the call.
    Accepts,
    /// The human does not want this call.
    Declines,
    /// Nothing that counts: ask again.
    Nothing,
}

impl AnsweredBy {
    /// Reads the carrier's `AnsweredBy`.
    pub fn read(text: &str) -> Self {
        match text {
            "human" => Self::Human,
            "machine_start" => Self::MachineStart,
            "machine_end_beep" | "machine_end_silence" | "machine_end_other" => Self::MachineEnd,
            "fax" => Self::Fax,
            _ => Self::Unknown,
        }
    }
}

impl Screen {
    /// What a leg hears that has just been picked up; `answered_by` is absent where the carrier did not listen.
    pub fn on_answer(self, answered_by: Option<AnsweredBy>) -> Heard {
        match (self, answered_by) {
            (Self::None, _) | (Self::Amd, Some(AnsweredBy::Human)) => Heard::Accepted,
            (Self::Amd, Some(AnsweredBy::MachineStart | AnsweredBy::MachineEnd | AnsweredBy::Fax)) => Heard::NotHuman,
            (Self::Amd, Some(AnsweredBy::Unknown) | None) | (Self::Key | Self::AmdAndKey, _) => Heard::KeyWanted,
        }
    }

    /// Whether a verdict that comes while the leg is asked for a key takes the leg out. A machine that still talks may
    /// be a telephone's own call screening with a human behind it (carrier contract §6), so only its end counts.
    pub fn drops_on_late_verdict(self, answered_by: AnsweredBy) -> bool {
        self == Self::AmdAndKey && matches!(answered_by, AnsweredBy::MachineEnd | AnsweredBy::Fax)
    }

    /// Whether the carrier is to listen for a machine.
    pub fn wants_detection(self) -> bool {
        matches!(self, Self::Amd | Self::AmdAndKey)
    }
}

/// What the keys in a webhook's `Digits` mean: the first one counts.
pub fn key_pressed(digits: &str, decline_key: char) -> Key {
    match digits.chars().next() {
        Some(key) if key == decline_key => Key::Declines,
        Some(key) if key.is_ascii_digit() => Key::Accepts,
        Some(_) | None => Key::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_never_accepts_where_anything_listens() {
        let machines = [AnsweredBy::MachineStart, AnsweredBy::MachineEnd, AnsweredBy::Fax, AnsweredBy::Unknown];
        for screen in [Screen::Amd, Screen::Key, Screen::AmdAndKey] {
            for machine in machines {
                assert_ne!(screen.on_answer(Some(machine)), Heard::Accepted, "{screen:?} {machine:?}");
            }
            assert_ne!(screen.on_answer(None), Heard::Accepted, "{screen:?} without a verdict");
        }
    }

    #[test]
    fn only_detection_alone_trusts_a_human_verdict() {
        assert_eq!(Screen::Amd.on_answer(Some(AnsweredBy::Human)), Heard::Accepted);
        assert_eq!(Screen::AmdAndKey.on_answer(Some(AnsweredBy::Human)), Heard::KeyWanted);
        assert_eq!(Screen::Key.on_answer(Some(AnsweredBy::Human)), Heard::KeyWanted);
    }

    #[test]
    fn every_word_of_the_carriers_verdict_is_read_as_what_it_means() {
        for (word, verdict) in [
            ("human", AnsweredBy::Human),
            ("machine_start", AnsweredBy::MachineStart),
            ("machine_end_beep", AnsweredBy::MachineEnd),
            ("machine_end_silence", AnsweredBy::MachineEnd),
            ("machine_end_other", AnsweredBy::MachineEnd),
            ("fax", AnsweredBy::Fax),
            ("unknown", AnsweredBy::Unknown),
            ("robot", AnsweredBy::Unknown),
        ] {
            assert_eq!(AnsweredBy::read(word), verdict, "{word}");
        }
    }

    #[test]
    fn only_where_a_verdict_counts_does_the_carrier_listen() {
        let listens = [Screen::Amd, Screen::Key, Screen::AmdAndKey, Screen::None].map(Screen::wants_detection);

        assert_eq!(listens, [true, false, true, false]);
    }

    #[test]
    fn any_digit_but_the_decline_digit_accepts() {
        assert_eq!(key_pressed("1", '9'), Key::Accepts);
        assert_eq!(key_pressed("0", '9'), Key::Accepts);
        assert_eq!(key_pressed("9", '9'), Key::Declines);
        assert_eq!(key_pressed("", '9'), Key::Nothing);
        assert_eq!(key_pressed("*", '9'), Key::Nothing);
        assert_eq!(key_pressed("timeout", '9'), Key::Nothing);
    }

    #[test]
    fn a_screening_robot_that_still_talks_keeps_its_human() {
        assert!(!Screen::AmdAndKey.drops_on_late_verdict(AnsweredBy::MachineStart));
        assert!(Screen::AmdAndKey.drops_on_late_verdict(AnsweredBy::MachineEnd));
        assert!(!Screen::Key.drops_on_late_verdict(AnsweredBy::MachineEnd));
    }
}
