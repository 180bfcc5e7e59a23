//! Which recordings were told of: the carrier may report each several times.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ringall_core::time::Timestamp;

use crate::{carrier::RecordingSid, clock::Clock};

/// Recordings of the last day.
pub(super) struct Told {
    clock: Clock,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    names: HashSet<RecordingSid>,
    by_age: VecDeque<(Timestamp, RecordingSid)>,
}

const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// More than a line takes in a day.
const MOST: usize = 20_000;

impl Told {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, known: Mutex::default() }
    }

    /// Whether this recording is heard of for the first time, which it is only once.
    pub(super) fn is_first(&self, recording: &RecordingSid) -> bool {
        let now = self.clock.now();
        let mut known = self.known();
        while let Some((told, _)) = known.by_age.front() {
            if now.since(*told) < REMEMBERED && known.by_age.len() < MOST {
                break;
            }
            if let Some((_, oldest)) = known.by_age.pop_front() {
                known.names.remove(&oldest);
            }
        }
        let first = known.names.insert(recording.clone());
        if first {
            known.by_age.push_back((now, recording.clone()));
        }
        first
    }

    pub(super) fn contains(&self, recording: &RecordingSid) -> bool {
        self.known().names.contains(recording)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
