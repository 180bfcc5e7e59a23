//! What the person at the end of a leg hears, moment by moment.

use std::collections::BTreeSet;

use super::leg::Status;

/// What is heard at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hearing {
    /// The caller hears the ringing of their own network: nobody has answered.
    NetworkRinging,
    /// The telephone rings; nobody has picked it up.
    Rings,
    /// A recording of this address, such as a ringback tone, with nobody else on the line.
    Ringback(String),
    /// Spoken words.
    Words(String),
    /// Nothing at all.
    Silence,
    /// The carrier's own waiting music.
    Music,
    /// People, by name or number.
    Talking(BTreeSet<String>),
    /// The carrier's "an application error has occurred".
    ErrorMessage,
    /// The line is dead.
    Ended(End),
    /// A beep, and then silence in which the caller's voice is recorded.
    Recorded,
}

/// How a leg came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The carrier's last word.
    pub status: Status,
    /// Whose doing it was.
    pub by: EndedBy,
}

/// Who ended a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedBy {
    /// The person, or the machine, at this end.
    Person,
    /// The program: its document ended or hung up.
    Document,
    /// The program, over the API.
    Api,
    /// The network: engaged, unreachable, or rung out.
    Network,
    /// The carrier, after an error of the program.
    Carrier,
}

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Milliseconds since the simulator's start.
    pub at: u64,
    /// What is heard from then on.
    pub what: Hearing,
}

/// Everything that one leg has heard.
#[derive(Debug, Clone, Default)]
pub(super) struct Timeline(Vec<Heard>);

impl Timeline {
    /// Appends what is heard from `at` on; answers whether that is anything new.
    pub(super) fn hear(&mut self, at: u64, what: Hearing) -> bool {
        // Nobody hears a silence of no length.
        let fleeting = self.0.last().is_some_and(|last| last.at == at && last.what == Hearing::Silence);
        if fleeting && what != Hearing::Silence {
            self.0.pop();
        }
        let same = self.0.last().is_some_and(|last| last.what == what);
        let spoken_again = matches!(what, Hearing::Words(_));
        if same && !spoken_again {
            return false;
        }

        self.0.push(Heard { at, what });
        true
    }

    pub(super) fn entries(&self) -> &[Heard] {
        &self.0
    }

    pub(super) fn now(&self) -> Option<&Hearing> {
        self.0.last().map(|heard| &heard.what)
    }

    /// What is heard now, and since when.
    pub(super) fn last(&self) -> Option<&Heard> {
        self.0.last()
    }

    /// Each entry with its end; what is heard now ends at `now`.
    pub(super) fn spans(&self, now: u64) -> impl Iterator<Item = (&Heard, u64)> {
        let ends = self.0.iter().skip(1).map(|heard| heard.at).chain([now]);
        self.0.iter().zip(ends)
    }
}

impl Hearing {
    /// Whether these words, or words that contain them, are spoken.
    pub fn speaks(&self, words: &str) -> bool {
        matches!(self, Self::Words(text) if text.contains(words))
    }
}
