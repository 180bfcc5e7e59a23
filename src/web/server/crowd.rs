//! All connections together: how many there are, and who is let go.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use tokio::sync::Notify;

use super::place::{Guest, Place, Stage};

/// The connections of one listener; copies are the same.
#[derive(Clone)]
pub(super) struct Crowd {
    most: usize,
    room: Arc<Room>,
    turns: Arc<AtomicU64>,
    /// In no order, with some that are gone already.
    watched: Arc<Mutex<Vec<Watched>>>,
}

/// How many are in.
#[derive(Default)]
pub(super) struct Room {
    open: AtomicUsize,
    left: Notify,
}

/// A place, and what was seen there the last times.
struct Watched {
    place: Arc<Place>,
    since: u64,
    looks: u32,
    blocked_looks: u32,
}

/// A place that has not changed for more looks than this is held for too long; with five seconds between two looks
/// that is ten to fifteen. A carrier sends its request at once and in one piece.
const SLOW_REQUEST_LOOKS: u32 = 2;
/// An answer that even the carrier did not take at so many looks, 30 to 35 seconds, never will be taken. As soon as an
/// answer is handed to the system the next request is awaited, so that a stranger who does not read has less time.
const SLOW_READER_LOOKS: u32 = 7;

impl Crowd {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), room: Arc::default(), turns: Arc::default(), watched: Arc::default() }
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }

    pub(super) fn open(&self) -> usize {
        self.room.open.load(Ordering::Acquire)
    }

    /// A place, if there is one. Only the accept loop asks, so nobody takes it in between.
    pub(super) fn let_in(&self) -> Option<Guest> {
        if self.open() >= self.most {
            return None;
        }
        self.room.open.fetch_add(1, Ordering::AcqRel);
        let place = Arc::new(Place::new(self.turns.clone()));
        let mut watched = self.watched();
        if watched.len() >= 2 * self.open() + SPARE {
            clean(&mut watched);
        }
        watched.push(Watched { place: place.clone(), since: 0, looks: 0, blocked_looks: 0 });
        drop(watched);
        Some(Guest::new(place, self.room.clone()))
    }

    /// Ends when somebody has left since this was asked last.
    pub(super) async fn someone_leaves(&self) {
        self.room.left.notified().await;
    }

    /// Asks those to leave who hold a place for nothing: who never sent a signed request, the longest waiting first, a
    /// sixteenth at once, so that looking for them is rare; if all have sent one, the one that waits longest. Nobody is
    /// asked while others are on their way out.
    pub(super) fn let_go_some(&self) -> usize {
        let mut watched = self.watched();
        clean(&mut watched);
        let (mut strangers, mut known) = (Vec::new(), None::<(u64, &Arc<Place>)>);
        for place in watched.iter().map(|watched| &watched.place) {
            let state = place.look();
            if state.stage == Stage::Leaving {
                return 0;
            }
            if !state.stage.may_be_cut() {
                continue;
            }
            if !state.signed {
                strangers.push((state.since, place));
            } else if known.is_none_or(|(since, _)| state.since < since) {
                known = Some((state.since, place));
            }
        }
        if strangers.is_empty() {
            return known.map_or(0, |(_, place)| usize::from(place.let_go()));
        }
        strangers.retain(|(_, place)| place.had_its_chance());
        strangers.sort_unstable_by_key(|(since, _)| *since);
        let some = (self.most / 16).max(1);
        strangers.iter().take(some).filter(|(_, place)| place.let_go()).count()
    }

    /// Asks those to leave who take too long for a request or for an answer.
    pub(super) fn let_the_slow_go(&self) {
        let mut watched = self.watched();
        clean(&mut watched);
        for watched in watched.iter_mut() {
            let state = watched.place.look();
            let is_the_same = watched.since == state.since && watched.looks > 0;
            watched.looks = if is_the_same { watched.looks.saturating_add(1) } else { 1 };
            watched.since = state.since;
            watched.blocked_looks = if watched.place.is_blocked() { watched.blocked_looks + 1 } else { 0 };
            let slow_request = !state.signed && state.stage.waits_for_request() && watched.looks > SLOW_REQUEST_LOOKS;
            if slow_request || watched.blocked_looks >= SLOW_READER_LOOKS {
                watched.place.let_go();
            }
        }
    }

    #[cfg(test)]
    pub(super) fn watched_places(&self) -> usize {
        self.watched().len()
    }

    fn watched(&self) -> MutexGuard<'_, Vec<Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    pub(super) fn leave(&self) {
        self.open.fetch_sub(1, Ordering::AcqRel);
        self.left.notify_one();
    }
}

/// So many who are gone do not matter.
const SPARE: usize = 64;

/// Forgets who is gone, and gives back what a crowd has taken.
fn clean(watched: &mut Vec<Watched>) {
    watched.retain(|watched| watched.place.look().stage != Stage::Gone);
    if watched.capacity() > 4 * watched.len() + SPARE {
        watched.shrink_to(2 * watched.len());
    }
}
