//! A queue: callers wait until somebody of a group is free for them.

use std::{sync::Arc, time::Duration};

use super::{Exit, Keys, Language, RingGroup, StepIndex, Words};

/// Who is waited for, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Queue {
    /// Whom callers wait for, and how these are screened. Queues of the same group are one.
    pub group: Arc<RingGroup>,
    /// How long one member is rung for a caller before the next one is.
    pub offer_for: Duration,
    /// How long a member is left alone after a talk.
    pub wrap_up: Duration,
    /// How long a caller waits at the longest.
    pub max_wait: Duration,
    /// How many callers wait at once at the most; any number if absent.
    pub max_waiting: Option<usize>,
    /// What is heard meanwhile; the line's ringing tone if absent.
    pub hold: Option<Words>,
    /// How often the caller is told their place; never if absent.
    pub announce_every: Option<Duration>,
    /// What they are told.
    pub words: QueueWords,
    /// The key that leaves the queue, and where it leads.
    pub leave: Option<(char, StepIndex)>,
    /// Where the call goes when the caller has waited too long.
    pub too_long: StepIndex,
    /// Where the call goes when too many wait already.
    pub full: StepIndex,
    /// Where the call goes when nobody is on duty whom the caller could wait for.
    pub nobody: StepIndex,
}

/// The words of a queue, with what changes still to be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QueueWords {
    /// To who is first in line.
    pub next: Words,
    /// To everybody else; with [`QueueWords::PLACE`] in it.
    pub place: Words,
    /// An expected wait of a minute or less.
    pub minute: Words,
    /// A longer one; with [`QueueWords::MINUTES`] in it.
    pub minutes: Words,
    /// Which key leaves; with [`QueueWords::KEY`] in it.
    pub leave: Words,
}

/// Where a caller stands in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueuePlace {
    /// From 1.
    pub place: usize,
    /// How long it will take, where enough talks have been measured to say so.
    pub wait: Option<Duration>,
}

/// Why a caller cannot wait in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueRefusal {
    /// Too many wait already.
    Full,
    /// Nobody is on duty, or nobody who has not declined this very call.
    NobodyOnDuty,
}

impl Queue {
    /// Every way that leads on from here without a talk.
    pub(super) fn exits(&self) -> Vec<(Exit, StepIndex)> {
        let leave = self.leave.map(|(_, to)| (Exit::GaveUp, to));
        let others = [(Exit::TooLong, self.too_long), (Exit::Full, self.full), (Exit::NobodyOnDuty, self.nobody)];
        leave.into_iter().chain(others).collect()
    }

    /// Where these keys lead, if they leave the queue.
    pub fn left_by(&self, keys: Keys) -> Option<(char, StepIndex)> {
        self.leave.filter(|(key, _)| keys.as_str().starts_with(*key))
    }

    /// What callers hear here, by the keys of the configuration that say it; not what nobody is told.
    pub(super) fn told(&self) -> Vec<(&'static str, &Words)> {
        let QueueWords { next, place, minute, minutes, leave } = &self.words;
        let announced =
            [("next_words", next), ("place_words", place), ("minute_words", minute), ("minutes_words", minutes)];
        let announced = announced.into_iter().filter(|_| self.announce_every.is_some());
        let leave = Some(("leave_words", leave)).filter(|_| self.leave.is_some());
        announced.chain(leave).chain(self.hold.iter().map(|hold| ("hold", hold))).collect()
    }

    /// What the caller is told about their place; nothing if there is nothing to tell. `heard` says what words are in the
    /// caller's language.
    pub fn announcement(&self, place: Option<QueuePlace>, heard: impl Fn(&Words) -> Words) -> Option<Words> {
        let mut told = Told::default();
        if let Some(QueuePlace { place, wait }) = place.filter(|_| self.announce_every.is_some()) {
            match place {
                0 | 1 => told.add(heard(&self.words.next), None),
                place => told.add(heard(&self.words.place), Some((QueueWords::PLACE, place.to_string()))),
            }
            match wait.map(whole_minutes) {
                Some(0 | 1) => told.add(heard(&self.words.minute), None),
                Some(minutes) => told.add(heard(&self.words.minutes), Some((QueueWords::MINUTES, minutes.to_string()))),
                None => {}
            }
        }
        if let Some((key, _)) = self.leave {
            told.add(heard(&self.words.leave), Some((QueueWords::KEY, key.to_string())));
        }
        told.words()
    }
}

/// Sentences that are told together.
#[derive(Default)]
struct Told {
    sentences: Vec<String>,
    /// If not the line's.
    language: Option<Language>,
}

impl Told {
    fn add(&mut self, sentence: Words, placeholder: Option<(&str, String)>) {
        let text = match sentence {
            Words::Spoken(text) => text,
            Words::SpokenIn { language, words } => {
                self.language.get_or_insert(language);
                words
            }
            // Neither can stand in the configuration here; and by now nothing is left to be filled or chosen.
            Words::Sound { .. } | Words::Template(_) | Words::Several(_) => return,
        };
        let text = placeholder.map_or_else(|| text.to_string(), |(name, value)| text.replace(name, &value));
        self.sentences.extend(Some(text).filter(|text| !text.trim().is_empty()));
    }

    fn words(self) -> Option<Words> {
        let words: Arc<str> = self.sentences.join(" ").into();
        (!words.is_empty()).then_some(match self.language {
            Some(language) => Words::SpokenIn { language, words },
            None => Words::Spoken(words),
        })
    }
}

impl QueueWords {
    /// Stands for the caller's place.
    pub const PLACE: &str = "{place}";
    /// Stands for the minutes that it will take.
    pub const MINUTES: &str = "{minutes}";
    /// Stands for the key that leaves.
    pub const KEY: &str = "{key}";
}

/// Rounded up: nobody minds being sooner.
fn whole_minutes(wait: Duration) -> u64 {
    wait.as_secs().div_ceil(60)
}
