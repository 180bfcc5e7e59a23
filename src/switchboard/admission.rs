//! Limits against floods: how many calls a line takes at once, and how many of one caller.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use ringall_core::phone::{CallerId, PhoneNumber};

use crate::config::Line;

/// How many calls every line has.
#[derive(Default)]
pub(super) struct Admission {
    seats: Mutex<HashMap<PhoneNumber, Taken>>,
    turned_away: AtomicU64,
}

#[derive(Default)]
struct Taken {
    calls: usize,
    /// Withheld callers share one entry: they cannot be told apart.
    callers: HashMap<CallerId, usize>,
}

/// A call's place on its line, given back when dropped.
pub(super) struct Seat {
    admission: Arc<Admission>,
    line: PhoneNumber,
    caller: CallerId,
}

impl Admission {
    /// Takes a place for a call, unless the line or the caller has too many.
    pub(super) fn admit(admission: &Arc<Self>, line: &Line, caller: &CallerId) -> Option<Seat> {
        let mut seats = admission.seats();
        let taken = seats.entry(line.number).or_default();
        let of_caller = taken.callers.get(caller).copied().unwrap_or(0);
        if is_full(taken.calls, line.max_calls) || is_full(of_caller, line.max_calls_per_caller) {
            admission.turned_away.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        taken.calls += 1;
        *taken.callers.entry(caller.clone()).or_default() += 1;
        drop(seats);
        Some(Seat { admission: admission.clone(), line: line.number, caller: caller.clone() })
    }

    pub(super) fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<PhoneNumber, Taken>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.admission.seats();
        let Some(taken) = seats.get_mut(&self.line) else { return };
        taken.calls = taken.calls.saturating_sub(1);
        if let Some(calls) = taken.callers.get_mut(&self.caller) {
            *calls = calls.saturating_sub(1);
            if *calls == 0 {
                taken.callers.remove(&self.caller);
            }
        }
    }
}

fn is_full(calls: usize, most: Option<NonZeroUsize>) -> bool {
    most.is_some_and(|most| calls >= most.get())
}
