//! How many listen at once: to all messages together, and to any one of them, so that whoever has one link cannot keep
//! everybody else from theirs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::carrier::RecordingSid;

/// Who listens to what.
#[derive(Debug, Default)]
pub(super) struct Seats {
    taken: Mutex<BTreeMap<RecordingSid, usize>>,
}

/// Somebody listens as long as they have it.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    recording: RecordingSid,
}

/// So many hear a message at once at the most: calls need the machine more.
const MOST_LISTENERS: usize = 16;
/// So many of them hear the same one: a few people, and a player that asks for several parts.
const MOST_OF_ONE: usize = 4;

impl Seats {
    /// A seat for somebody who wants to hear this, if there is one.
    pub(super) fn take(self: &Arc<Self>, recording: &RecordingSid) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_this = taken.get(recording).copied().unwrap_or_default();
        if of_this >= MOST_OF_ONE || taken.values().sum::<usize>() >= MOST_LISTENERS {
            return None;
        }
        taken.insert(recording.clone(), of_this + 1);
        drop(taken);
        Some(Seat { seats: self.clone(), recording: recording.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_this) = taken.get_mut(&self.recording) {
            *of_this -= 1;
            if *of_this == 0 {
                taken.remove(&self.recording);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_one_link_keeps_nobody_from_hearing_another_message() {
        let seats = Arc::new(Seats::default());
        let (own, others): (Vec<_>, Vec<_>) =
            (0..100).map(|_| (seats.take(&recording(1)), seats.take(&recording(2)))).unzip();

        assert_eq!(own.iter().flatten().count(), MOST_OF_ONE);
        assert_eq!(others.iter().flatten().count(), MOST_OF_ONE);
    }

    #[test]
    fn no_more_than_a_few_listen_and_a_seat_is_free_again_after_them() {
        let seats = Arc::new(Seats::default());
        let mut all: Vec<_> = (0..100).filter_map(|nth| seats.take(&recording(nth))).collect();
        assert_eq!(all.len(), MOST_LISTENERS);

        all.pop();

        assert!(seats.take(&recording(200)).is_some());
        assert_eq!(seats.taken.lock().unwrap().len(), MOST_LISTENERS - 1, "nobody who has left is remembered");
    }

    fn recording(nth: u32) -> RecordingSid {
        RecordingSid::read(&format!("RE{nth:032x}")).unwrap()
    }
}
