//! The latest calls that are over: what the carrier still has to say about them, such as that a recording is ready, comes
//! after their end and belongs to their timeline all the same.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ringall_core::{id::CallSid, phone::CallerId, time::Timestamp};

/// A call that is over.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) call: CallSid,
    pub(super) caller: CallerId,
    pub(super) began: Timestamp,
}

/// A bounded number of them, oldest first.
#[derive(Default)]
pub(super) struct Recent(Mutex<VecDeque<Ended>>);

/// A recording is ready seconds after its call; so many calls do not end meanwhile.
const MOST: usize = 500;

impl Recent {
    pub(super) fn keep(&self, ended: Ended) {
        let mut calls = self.calls();
        if calls.len() >= MOST {
            calls.pop_front();
        }
        calls.push_back(ended);
    }

    pub(super) fn find(&self, call: &CallSid) -> Option<Ended> {
        self.calls().iter().rev().find(|ended| ended.call == *call).cloned()
    }

    fn calls(&self) -> MutexGuard<'_, VecDeque<Ended>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
