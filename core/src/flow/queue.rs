//! A queue: callers wait until somebody of a group is free for them.

use std::{sync::Arc, time::Duration};

use super::{Exit, Keys, RingGroup, StepIndex, Words};

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
    pub next: Arc<str>,
    /// To everybody else; with [`QueueWords::PLACE`] in it.
    pub place: Arc<str>,
    /// An expected wait of a minute or less.
    pub minute: Arc<str>,
    /// A longer one; with [`QueueWords::MINUTES`] in it.
    pub minutes: Arc<str>,
    /// Which key leaves; with [`QueueWords::KEY`] in it.
    pub leave: Arc<str>,
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

    /// What the caller is told about their place; nothing if there is nothing to tell.
    pub fn announcement(&self, place: Option<QueuePlace>) -> Option<Words> {
        let mut told: Vec<String> = Vec::new();
        if let Some(QueuePlace { place, wait }) = place.filter(|_| self.announce_every.is_some()) {
            told.push(match place {
                0 | 1 => self.words.next.to_string(),
                place => self.words.place.replace(QueueWords::PLACE, &place.to_string()),
            });
            told.extend(wait.map(|wait| match whole_minutes(wait) {
                0 | 1 => self.words.minute.to_string(),
                minutes => self.words.minutes.replace(QueueWords::MINUTES, &minutes.to_string()),
            }));
        }
        told.extend(self.leave.map(|(key, _)| self.words.leave.replace(QueueWords::KEY, &key.to_string())));
        let told = told.join(" ");
        (!told.trim().is_empty()).then(|| told.as_str().into())
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
