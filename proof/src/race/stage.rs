//! One call at the carrier: the caller, the legs that the program dials, and the conference. It carries documents out
//! and reports by webhooks; what people do is decided in `director`.

mod documents;
mod requests;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, task::AbortHandle, time::timeout};
use tokio_util::task::TaskTracker;

use super::{
    carrier::Telephones,
    record::{Asked, Ended, Record, What, Who},
    room::Room,
    wire::{Form, Wire},
};

/// One call and everybody in it.
#[derive(Debug)]
pub(super) struct Stage {
    /// What has happened so far.
    pub(super) record: Record,
    /// The caller's leg.
    pub(super) sid: String,
    pub(super) wire: Arc<Wire>,
    pub(super) tasks: TaskTracker,
    line: String,
    caller: String,
    telephones: Arc<Telephones>,
    changed: Notify,
    state: Mutex<State>,
}

/// What the carrier knows of the call.
#[derive(Debug)]
pub(super) struct State {
    pub(super) caller: Line,
    pub(super) legs: BTreeMap<u32, Leg>,
    pub(super) room: Room,
    /// How the next winner is lost before both are joined.
    pub(super) next_winner_drops: Option<Drops>,
    /// A winner was lost like that.
    pub(super) winner_lost: bool,
    pub(super) dice: fastrand::Rng,
    held: Option<AbortHandle>,
    /// The program is gone: nothing is reported any more.
    pub(super) silent: bool,
}

/// A leg.
#[derive(Debug, Clone)]
pub(super) struct Leg {
    /// The carrier's name of it.
    pub(super) sid: String,
    /// Whose telephone.
    pub(super) person: usize,
    /// The program's round.
    pub(super) round: u32,
    /// How it stands.
    pub(super) line: Line,
    /// The number of its telephone.
    number: String,
    url: String,
    status_url: String,
    /// Where a key is sent, once it is asked for.
    key_url: Option<String>,
}

/// How somebody is connected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Picked up.
    pub(super) is_up: bool,
    /// Off the line.
    pub(super) is_over: bool,
    /// Counts documents, so that an old one's end is not the new one's.
    document: u32,
    /// Counts redirects: what was asked for before one does not count after it.
    redirects: u32,
    /// What follows the stay in the conference.
    pub(super) action: String,
}

/// How a winner is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drops {
    /// Hangs up with the document in hand.
    BeforeTheRoom,
    /// Hangs up in the conference, alone.
    InTheRoom,
}

/// What a trial account gives a webhook (carrier contract §1.4).
pub(super) const LIMIT: Duration = Duration::from_secs(5);
/// A caller's request is held, but not longer than this.
const HELD_LIMIT: Duration = Duration::from_secs(15);
/// A pause in a document, much shortened.
const PAUSE: Duration = Duration::from_millis(20);

impl Stage {
    /// A call that has not begun: `sid` must be new.
    pub(super) fn new(
        sid: String,
        line: String,
        caller: String,
        wire: Arc<Wire>,
        telephones: Arc<Telephones>,
        seed: u64,
    ) -> Arc<Self> {
        let state = State {
            caller: Line::default(),
            legs: BTreeMap::new(),
            room: Room::default(),
            next_winner_drops: None,
            winner_lost: false,
            dice: fastrand::Rng::with_seed(seed),
            held: None,
            silent: false,
        };
        Arc::new(Self {
            record: Record::begin(),
            sid,
            wire,
            tasks: TaskTracker::new(),
            line,
            caller,
            telephones,
            changed: Notify::new(),
            state: Mutex::new(state),
        })
    }

    /// Dials the line; the request is held until the program answers.
    pub(super) fn call(self: &Arc<Self>, people: usize) {
        self.record.note(What::Called { people });
        self.hold("/voice", Vec::new());
    }

    /// The caller's leg asks for a document, by the number's own address `path`.
    pub(super) fn hold(self: &Arc<Self>, path: &str, more: Form) {
        let (stage, url, mut form) = (self.clone(), self.wire.url(path), self.caller_form());
        form.extend(more);
        // The task cannot look before it stands there.
        let mut known = self.state();
        let redirects = known.caller.redirects;
        let asking = self.tasks.spawn(async move {
            let answer = stage.ask(&url, &form, HELD_LIMIT).await;
            let was_held = stage.state().held.take().is_some();
            if let (Some(answer), true) = (answer, was_held) {
                stage.hears(Who::Caller, Asked::Now, redirects, &answer.body);
            }
        });
        known.held = Some(asking.abort_handle());
    }

    /// Gives up the caller's request: its task, to be cut, if it was still held. Its answer does not count any more.
    pub(super) fn give_up_held(&self) -> Option<AbortHandle> {
        self.state().held.take()
    }

    /// The caller's leg asks once more.
    pub(super) fn ask_again(self: &Arc<Self>, fallback: bool) {
        if self.state().caller.is_over {
            return;
        }
        self.record.note(What::AsksAgain);
        let (path, more) = if fallback {
            ("/voice/fallback", vec![("ErrorCode", "11205".to_owned())])
        } else {
            ("/voice", Vec::new())
        };
        self.hold(path, more);
    }

    /// The legs as they stand.
    pub(super) fn legs(&self) -> BTreeMap<u32, Leg> {
        self.state().legs.clone()
    }

    /// Somebody picks up; false if the leg is over.
    pub(super) fn pick_up(&self, leg: u32) -> bool {
        let mut state = self.state();
        let Some(leg_) = state.legs.get_mut(&leg).filter(|leg| !leg.line.is_over) else { return false };
        if !std::mem::replace(&mut leg_.line.is_up, true) {
            self.record.note(What::PickedUp(leg));
        }
        true
    }

    /// Somebody is off the line; nothing is reported, the caller of this does.
    pub(super) fn hang_up_quietly(self: &Arc<Self>, who: Who, how: Ended) -> bool {
        {
            let mut state = self.state();
            let number = match who {
                Who::Leg(leg) => state.legs.get(&leg).map(|leg| (leg.number.clone(), leg.sid.clone())),
                Who::Caller => None,
            };
            let Some(line) = state.line(who).filter(|line| !line.is_over) else { return false };
            line.is_over = true;
            if let Some((number, sid)) = number {
                self.telephones.free(&number, &sid);
            }
            self.record.note(What::Ended(who, how));
        }
        self.leave_room(who);
        self.changed.notify_waiters();
        true
    }

    /// Somebody is off the line, and the carrier reports it.
    pub(super) fn hang_up(self: &Arc<Self>, who: Who, how: Ended) {
        if !self.hang_up_quietly(who, how) {
            return;
        }
        let status = if how == Ended::Canceled { "canceled" } else { "completed" };
        let request = match who {
            Who::Caller => Some(self.caller_left_request(status)),
            Who::Leg(leg) => self.progress_request(leg, status),
        };
        if let Some((url, form)) = request {
            self.report(url, form);
        }
    }

    /// The program dials; its answer is the leg's name.
    pub(super) fn dial(self: &Arc<Self>, ordered: &BTreeMap<String, String>) -> Option<String> {
        let field = |name: &str| ordered.get(name).cloned();
        let (url, status_url, number) = (field("Url")?, field("StatusCallback")?, field("To")?);
        let mut path = url.rsplit('/');
        let (leg, _, round) = (path.next()?.parse().ok()?, path.next()?, path.next()?.parse().ok()?);
        let person = Telephones::person(&number)?;
        let sid = format!("{}{leg:016x}", &self.sid[..18]);
        let line = Line::default();
        let dialled = Leg { sid: sid.clone(), person, round, line, number, url, status_url, key_url: None };
        {
            let mut state = self.state();
            self.record.note(What::Dialled { leg, round, person });
            if !self.telephones.engage(&dialled.number, &sid) {
                self.record.note(What::RungTwice { leg });
            }
            let rings = state.dice.u8(..4) == 0;
            let request = (dialled.status_url.clone(), self.leg_form(&dialled, "ringing"));
            state.legs.insert(leg, dialled);
            if rings && !state.silent {
                drop(state);
                self.report(request.0, request.1);
            }
        }
        self.changed.notify_waiters();
        Some(sid)
    }

    /// The program changes somebody's leg; the leg's status afterwards, or `None` if it is in no state for that.
    pub(super) fn change(self: &Arc<Self>, who: Who, status: Option<&str>, url: Option<&str>) -> Option<&'static str> {
        let line = self.state().line(who)?.clone();
        match (status, who) {
            (Some("canceled"), Who::Leg(leg)) => {
                self.record.note(What::CancelAsked(leg, !line.is_up));
                self.end_asked(leg);
                if !line.is_up {
                    self.hang_up(who, Ended::Canceled);
                }
            }
            (Some(_), _) => {
                self.record.note(What::CompleteAsked(who));
                self.hang_up(who, Ended::Completed);
            }
            (None, _) => {
                if line.is_over || !line.is_up {
                    return None;
                }
                self.record.note(What::Redirected(who));
                let action = self.leave_room(who);
                if let Some(line) = self.state().line(who) {
                    line.document += 1;
                    line.redirects += 1;
                }
                // Out of a conference the action comes first (carrier contract §5).
                if let Some(action) = action {
                    self.fetch(who, Asked::Overtaken, action);
                }
                self.fetch(who, Asked::Now, url?.to_owned());
            }
        }
        if line.is_over && status.is_some() {
            return None;
        }
        Some(self.standing(who))
    }

    /// How somebody's leg stands, in the carrier's words.
    pub(super) fn standing(&self, who: Who) -> &'static str {
        match self.state().line(who) {
            Some(line) if line.is_over => "completed",
            Some(line) if line.is_up => "in-progress",
            Some(_) => "ringing",
            None => "failed",
        }
    }

    fn end_asked(&self, leg: u32) {
        if let Some(leg) = self.state().legs.get(&leg) {
            self.telephones.end_asked(&leg.number, &leg.sid);
        }
    }

    /// Waits until this holds; false if it does not within the limit.
    pub(super) async fn until(&self, limit: Duration, mut holds: impl FnMut(&Self) -> bool) -> bool {
        let waiting = async {
            loop {
                let mut changed = std::pin::pin!(self.changed.notified());
                changed.as_mut().enable();
                if holds(self) {
                    return;
                }
                changed.await;
            }
        };
        timeout(limit, waiting).await.is_ok()
    }

    /// Everybody who is on the line.
    pub(super) fn on_the_line(&self) -> Vec<Who> {
        let state = self.state();
        let legs = state.legs.iter().filter(|(_, leg)| !leg.line.is_over).map(|(leg, _)| Who::Leg(*leg));
        (!state.caller.is_over).then_some(Who::Caller).into_iter().chain(legs).collect()
    }

    /// Who talks with the caller.
    pub(super) fn talk(&self) -> Option<u32> {
        self.state().room.talk()
    }

    /// The next winner is lost like this.
    pub(super) fn next_winner_drops(&self, how: Option<Drops>) {
        self.state().next_winner_drops = how;
    }

    /// Whether a winner was lost before the talk.
    pub(super) fn winner_lost(&self) -> bool {
        self.state().winner_lost
    }

    /// The program is gone: nothing can be reported any more.
    pub(super) fn fall_silent(&self) {
        self.state().silent = true;
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn moved(&self) {
        self.changed.notify_waiters();
    }
}

impl State {
    pub(super) fn line(&mut self, who: Who) -> Option<&mut Line> {
        match who {
            Who::Caller => Some(&mut self.caller),
            Who::Leg(leg) => self.legs.get_mut(&leg).map(|leg| &mut leg.line),
        }
    }
}
