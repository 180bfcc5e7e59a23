//! Calls that have ended, remembered for a day so that no late or repeated webhook rings anybody for them.

use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ringall_core::{id::CallSid, time::Timestamp};

use crate::clock::Clock;

/// The names of ended calls, oldest first.
pub(super) struct Tombstones {
    clock: Clock,
    hashers: [RandomState; 2],
    graves: Mutex<Graves>,
}

/// 128 bits of keyed hash stand for a name. Keeping the names themselves would keep thousands of small allocations
/// alive all over the heap, and with them the pages of the calls that are long gone.
type Grave = u128;

#[derive(Default)]
struct Graves {
    names: HashSet<Grave>,
    by_age: VecDeque<(Timestamp, Grave)>,
}

const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// About 16 MB; a flood of forged ends cannot take more.
const MOST: usize = 200_000;

impl Tombstones {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, hashers: Default::default(), graves: Mutex::default() }
    }

    pub(super) fn bury(&self, call: &CallSid) {
        let (now, call) = (self.clock.now(), self.grave_of(call));
        let mut graves = self.graves();
        while let Some((buried, _)) = graves.by_age.front() {
            if now.since(*buried) < REMEMBERED && graves.by_age.len() < MOST {
                break;
            }
            if let Some((_, oldest)) = graves.by_age.pop_front() {
                graves.names.remove(&oldest);
            }
        }
        if graves.names.insert(call) {
            graves.by_age.push_back((now, call));
        }
    }

    pub(super) fn contains(&self, call: &CallSid) -> bool {
        self.graves().names.contains(&self.grave_of(call))
    }

    fn grave_of(&self, call: &CallSid) -> Grave {
        let [high, low] = &self.hashers;
        Grave::from(high.hash_one(call)) << 64 | Grave::from(low.hash_one(call))
    }

    fn graves(&self) -> MutexGuard<'_, Graves> {
        self.graves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_is_remembered_for_a_day() {
        let tombstones = Tombstones::new(Clock::starting_at(Timestamp::from_millis(0)));
        let call = |number: u32| format!("CA{number}").parse::<CallSid>().unwrap();
        tombstones.bury(&call(1));

        tokio::time::advance(REMEMBERED.saturating_sub(Duration::from_secs(1))).await;
        tombstones.bury(&call(2));
        assert!(tombstones.contains(&call(1)));

        tokio::time::advance(Duration::from_secs(1)).await;
        tombstones.bury(&call(3));
        assert!(!tombstones.contains(&call(1)));
        assert!(tombstones.contains(&call(2)));
    }
}
