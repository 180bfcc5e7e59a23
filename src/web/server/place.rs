//! One connection's place: what its client is at, and whether it may be let go.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::crowd::Room;

/// A connection's place. Its requests carry it, so that who looks at the signature can say that it held.
pub(in crate::web) struct Place {
    state: Mutex<State>,
    /// An answer waits for its reader.
    blocked: AtomicBool,
    leave: Notify,
    entered: Instant,
    turns: Arc<AtomicU64>,
}

#[derive(Clone, Copy)]
pub(super) struct State {
    pub(super) stage: Stage,
    /// A signed request came over this connection.
    pub(super) signed: bool,
    /// Grows with whatever happens at any place: who has the least waits longest.
    pub(super) since: u64,
}

/// What is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// A request, or the rest of its head.
    Request,
    /// The rest of a request whose signature was not looked at yet, or an answer that needs none.
    Unsigned,
    /// Our answer to a signed request.
    Held,
    /// That the client takes our answer.
    Answered,
    /// The end: it was asked to leave.
    Leaving,
    /// Nothing: it is gone.
    Gone,
}

/// Who holds a place; dropping it gives the place to the next.
pub(super) struct Guest {
    place: Arc<Place>,
    room: Arc<Room>,
}

/// A request comes right behind its connection; then our own threads must find the time to look at it.
const CHANCE: Duration = Duration::from_millis(100);

impl Place {
    pub(super) fn new(turns: Arc<AtomicU64>) -> Self {
        let state = State { stage: Stage::Request, signed: false, since: turns.fetch_add(1, Ordering::Relaxed) };
        Self {
            state: Mutex::new(state),
            blocked: AtomicBool::new(false),
            leave: Notify::new(),
            entered: Instant::now(),
            turns,
        }
    }

    /// A request's head is here.
    pub(super) fn request_came(&self) {
        self.move_on(Stage::Unsigned, false);
    }

    /// The request is the carrier's: it waits for its answer undisturbed.
    pub(in crate::web) fn signature_held(&self) {
        self.move_on(Stage::Held, true);
    }

    /// There is an answer.
    pub(super) fn answer_begins(&self) {
        self.move_on(Stage::Answered, false);
    }

    /// The answer is on its way as a whole.
    pub(super) fn answer_ends(&self) {
        self.move_on(Stage::Request, false);
    }

    /// Whether the client takes what it is sent.
    pub(super) fn set_blocked(&self, blocked: bool) {
        self.blocked.store(blocked, Ordering::Relaxed);
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Relaxed)
    }

    /// Whether an honest client would have sent its request by now.
    pub(super) fn had_its_chance(&self) -> bool {
        self.entered.elapsed() >= CHANCE
    }

    pub(super) fn look(&self) -> State {
        *self.state()
    }

    /// Asks the connection to end, unless a signed request waits for its answer there.
    pub(super) fn let_go(&self) -> bool {
        let mut state = self.state();
        if !state.stage.may_be_cut() {
            return false;
        }
        state.stage = Stage::Leaving;
        drop(state);
        self.leave.notify_one();
        true
    }

    /// Ends when the connection is asked to leave.
    pub(super) async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }

    fn move_on(&self, stage: Stage, signed: bool) {
        let since = self.turns.fetch_add(1, Ordering::Relaxed);
        let mut now = self.state();
        if matches!(now.stage, Stage::Leaving | Stage::Gone) {
            return;
        }
        *now = State { stage, signed: now.signed || signed, since };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stage {
    pub(super) fn may_be_cut(self) -> bool {
        match self {
            Self::Request | Self::Unsigned | Self::Answered => true,
            Self::Held | Self::Leaving | Self::Gone => false,
        }
    }

    /// Whether it is the client that takes its time.
    pub(super) fn waits_for_request(self) -> bool {
        match self {
            Self::Request | Self::Unsigned => true,
            Self::Held | Self::Answered | Self::Leaving | Self::Gone => false,
        }
    }
}

impl Guest {
    pub(super) fn new(place: Arc<Place>, room: Arc<Room>) -> Self {
        Self { place, room }
    }

    pub(super) fn place(&self) -> &Arc<Place> {
        &self.place
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.place.state().stage = Stage::Gone;
        self.room.leave();
    }
}
