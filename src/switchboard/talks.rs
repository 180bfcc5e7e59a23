//! Who has talked to whom lately, so that a caller who calls again reaches the same person. Kept in memory alone, for ten
//! minutes, for a bounded number of callers; whoever withholds their number is not among them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ringall_core::{
    phone::{CallerId, PhoneNumber},
    time::Timestamp,
};

use crate::{clock::Clock, tasks::Tasks};

/// The talks of the last ten minutes.
pub(super) struct Talks {
    clock: Clock,
    tasks: Tasks,
    memory: Mutex<Memory>,
}

/// The line that was called, and by whom.
type Key = (PhoneNumber, CallerId);

#[derive(Default)]
struct Memory {
    talks: HashMap<Key, (Timestamp, PhoneNumber)>,
    by_age: VecDeque<(Timestamp, Key)>,
    /// A task forgets what is too old.
    is_kept: bool,
}

const REMEMBERED: Duration = Duration::from_secs(10 * 60);
/// Less than 2 MB.
const MOST: usize = 10_000;

impl Talks {
    pub(super) fn new(clock: Clock, tasks: Tasks) -> Self {
        Self { clock, tasks, memory: Mutex::default() }
    }

    /// Somebody talks to this caller, or has just done so.
    pub(super) fn remember(self: &Arc<Self>, line: PhoneNumber, caller: &CallerId, phone: PhoneNumber) {
        if *caller == CallerId::Withheld {
            return;
        }
        let (now, key) = (self.clock.now(), (line, caller.clone()));
        let mut memory = self.memory();
        memory.talks.insert(key.clone(), (now, phone));
        memory.by_age.push_back((now, key));
        memory.forget(now);
        if !std::mem::replace(&mut memory.is_kept, true) {
            self.tasks.spawn("talks", forget_in_time(self.clone()));
        }
    }

    /// Who has talked to this caller, if that was no longer ago than ten minutes.
    pub(super) fn last(&self, line: PhoneNumber, caller: &CallerId) -> Option<PhoneNumber> {
        let now = self.clock.now();
        let memory = self.memory();
        let (at, phone) = memory.talks.get(&(line, caller.clone()))?;
        (now.since(*at) < REMEMBERED).then_some(*phone)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn forget(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.by_age.front() {
            if now.since(*at) < REMEMBERED && self.by_age.len() <= MOST {
                return;
            }
            let Some((at, key)) = self.by_age.pop_front() else { return };
            // Unless there was a later one.
            if self.talks.get(&key).is_some_and(|(last, _)| *last == at) {
                self.talks.remove(&key);
            }
        }
    }
}

/// Ends when nothing is left to be forgotten.
async fn forget_in_time(talks: Arc<Talks>) {
    let stopping = talks.tasks.stopping();
    loop {
        let next = {
            let mut memory = talks.memory();
            memory.forget(talks.clock.now());
            let next = memory.by_age.front().map(|(at, _)| *at + REMEMBERED);
            memory.is_kept = next.is_some();
            next
        };
        let Some(next) = next else { return };
        tokio::select! {
            () = talks.clock.sleep_until(next) => {}
            () = stopping.cancelled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_talk_is_remembered_for_ten_minutes_from_its_last_word_and_then_gone() {
        let talks = talks();
        talks.remember(LINE.parse().unwrap(), &caller(7), phone(1));
        tokio::time::advance(Duration::from_secs(300)).await;
        talks.remember(LINE.parse().unwrap(), &caller(7), phone(1));
        assert_eq!(talks.last(LINE.parse().unwrap(), &caller(8)), None);

        tokio::time::advance(Duration::from_secs(599)).await;
        assert_eq!(talks.last(LINE.parse().unwrap(), &caller(7)), Some(phone(1)));
        tokio::time::sleep(Duration::from_secs(2)).await;

        assert_eq!(talks.last(LINE.parse().unwrap(), &caller(7)), None);
        let memory = talks.memory();
        assert_eq!((memory.talks.len(), memory.by_age.len(), memory.is_kept), (0, 0, false), "nothing is left of it");
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_who_talked_counts_on_each_line_of_its_own() {
        let talks = talks();
        let (line, other) = (LINE.parse().unwrap(), "+441632960001".parse().unwrap());
        talks.remember(line, &caller(7), phone(1));
        talks.remember(line, &caller(7), phone(2));

        assert_eq!((talks.last(line, &caller(7)), talks.last(other, &caller(7))), (Some(phone(2)), None));
    }

    #[tokio::test(start_paused = true)]
    async fn withheld_callers_are_never_remembered() {
        let talks = talks();
        talks.remember(LINE.parse().unwrap(), &CallerId::Withheld, phone(1));

        assert_eq!(talks.last(LINE.parse().unwrap(), &CallerId::Withheld), None);
        assert_eq!(talks.memory().by_age.len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_room_for_so_many_and_the_oldest_go_first() {
        let talks = talks();
        for number in 0..=u32::try_from(MOST).unwrap() {
            talks.remember(LINE.parse().unwrap(), &caller(number), phone(1));
        }

        let last = |number| talks.last(LINE.parse().unwrap(), &caller(number));
        assert_eq!((last(0), last(1), talks.memory().talks.len()), (None, Some(phone(1)), MOST));
    }

    const LINE: &str = "+441632960000";

    fn talks() -> Arc<Talks> {
        Arc::new(Talks::new(Clock::starting_at(Timestamp::from_millis(0)), Tasks::new()))
    }

    fn caller(number: u32) -> CallerId {
        CallerId::Number(format!("+4477{number:08}").parse().unwrap())
    }

    fn phone(number: u32) -> PhoneNumber {
        format!("+44770090{number:04}").parse().unwrap()
    }
}
