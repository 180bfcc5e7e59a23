//! Live calls: one task each, which owns its `Call`, runs the effects and keeps the deadlines. Webhooks find their call
//! in the registry here; they never touch a call's state, and an accept does not even wait for the call's task.

mod admission;
mod complaints;
mod conferences;
mod dial_limit;
mod forwards;
mod lines;
mod live_call;
mod outbound;
mod pending;
mod people;
mod recent;
mod round;
mod shown;
mod strangers;
mod talks;
mod task;
mod tombstones;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use dashmap::DashMap;
use ringall_core::{
    call::{CallSetup, Event, Origin, Recorded, Returning},
    fact::Fact,
    id::CallSid,
    phone::{CallerId, PhoneNumber},
    roster::{Presence, RosterEvent},
    time::Timestamp,
};
use tokio::sync::broadcast;
use tracing::{info, warn};

pub use dial_limit::OverLimit;
pub use live_call::{CallGone, Carried, FirstAnswer, LegReply, LiveCall};

use self::{
    admission::Admission,
    complaints::Complaints,
    dial_limit::DialLimit,
    lines::Lines,
    outbound::Outbound,
    people::People,
    recent::{Ended, Recent},
    talks::Talks,
    task::CallTask,
    tombstones::Tombstones,
};
use crate::{
    carrier::Carrier,
    clock::Clock,
    config::{CarrierConfig, Line, LookupConfig},
    current::Current,
    lookups::Lookups,
    room::Room,
    tasks::Tasks,
    urls::Urls,
};

/// All live calls of a program. Copies are the same switchboard.
#[derive(Clone)]
pub struct Switchboard(Arc<Shared>);

/// What the switchboard and its call tasks share.
struct Shared {
    lines: Current<Lines>,
    urls: Urls,
    clock: Clock,
    tasks: Tasks,
    calls: DashMap<CallSid, Arc<LiveCall>>,
    tombstones: Tombstones,
    admission: Arc<Admission>,
    people: People,
    outbound: Outbound,
    complaints: Complaints,
    lookups: Arc<Lookups>,
    talks: Arc<Talks>,
    dial_limit: DialLimit,
    facts: broadcast::Sender<Entry>,
    recent: Recent,
}

/// A line of some call's timeline.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The call.
    pub call: CallSid,
    /// Who calls.
    pub caller: CallerId,
    /// When it came in.
    pub began: Timestamp,
    /// When this happened.
    pub at: Timestamp,
    /// What happened.
    pub fact: Fact,
}

/// What becomes of a call that comes in.
pub enum Reception {
    /// It is live since this moment, and the request that brought it waits already.
    Begun(Arc<LiveCall>, FirstAnswer),
    /// It is live since an earlier webhook of the same call.
    Live(Arc<LiveCall>),
    /// It has ended before; it never rings again.
    Ended,
    /// Nobody has configured this number.
    UnknownNumber,
    /// The line has as many calls as it may have, or this caller has.
    TooMany(Arc<Line>),
}

/// Listeners that fall further behind than this miss lines of the timeline.
const FACTS_KEPT: usize = 1024;

impl Switchboard {
    /// A switchboard for these lines, before the first call.
    pub fn new(
        lines: BTreeMap<PhoneNumber, Arc<Line>>,
        limits: &CarrierConfig,
        urls: Urls,
        carrier: Arc<dyn Carrier>,
        lookups: Lookups,
        clock: Clock,
        tasks: Tasks,
    ) -> Self {
        Self(Arc::new_cyclic(|shared| Shared {
            lines: Current::new(Lines::new(lines, limits.reply_budget)),
            urls,
            clock,
            calls: DashMap::new(),
            tombstones: Tombstones::new(clock),
            admission: Arc::default(),
            people: People::start(shared.clone(), clock, &tasks),
            outbound: Outbound::start(carrier, limits, &tasks),
            complaints: Complaints::default(),
            lookups: Arc::new(lookups),
            talks: Arc::new(Talks::new(clock, tasks.clone())),
            dial_limit: DialLimit::default(),
            facts: broadcast::channel(FACTS_KEPT).0,
            recent: Recent::default(),
            tasks,
        }))
    }

    /// Takes in a call, or finds it if it is live already. `is_answered` says whether the carrier has answered the caller's
    /// leg already; `was_had`, whether another process may have had the call before, and somebody may wait in its
    /// conference.
    pub fn receive(
        &self,
        sid: &CallSid,
        from: &CallerId,
        to: Option<PhoneNumber>,
        is_answered: bool,
        was_had: bool,
        carried: Carried,
    ) -> Reception {
        if let Some(call) = self.live(sid) {
            return Reception::Live(call);
        }
        if self.0.tombstones.contains(sid) {
            info!(call.id = %sid, "a webhook of a call that has ended; it does not ring again");
            return Reception::Ended;
        }
        let lines = self.0.lines.get();
        let Some(line) = to.and_then(|number| lines.by_number.get(&number)) else {
            warn!(call.id = %sid, "a call to a number that no line has");
            return Reception::UnknownNumber;
        };
        let Some(seat) = Admission::admit(&self.0.admission, line, from) else {
            warn!(call.id = %sid, line = %line.number, caller = %from, "too many calls at once; the caller is told");
            return Reception::TooMany(line.clone());
        };

        let (mut begun, origin) = (None, carried.origin.clone());
        let entry = self.0.calls.entry(sid.clone()).or_insert_with(|| {
            let room = if was_had { Room::anew(sid, self.0.clock.now()) } else { Room::of(sid) };
            let (call, inbox) = LiveCall::new(room, from.clone(), line.clone(), carried);
            let call = Arc::new(call);
            begun = Some((call.clone(), inbox));
            call
        });
        let call = entry.value().clone();
        drop(entry);
        // Only the webhook that made the entry begins the call; its repetition finds it.
        let Some((call, inbox)) = begun else { return Reception::Live(call) };
        let answer = call.expect_first_answer();
        CallTask::begin(
            &self.0,
            call.clone(),
            inbox,
            self.setup(sid, from, line, lines.reply_budget, is_answered, origin),
            seat,
        );
        if was_had {
            self.0.look_for_strangers(Room::of(sid));
        }
        Reception::Begun(call, answer)
    }

    /// From now on these addresses are asked who calls.
    pub fn reload_lookups(&self, addresses: &BTreeMap<String, LookupConfig>) {
        self.0.lookups.reload(addresses);
    }

    /// The live call of this name.
    pub fn live(&self, sid: &CallSid) -> Option<Arc<LiveCall>> {
        self.0.calls.get(sid).map(|entry| entry.value().clone())
    }

    /// The carrier says that a caller's leg is over. For a call that we do not know it leaves a tombstone: its first
    /// webhook may still be on the way.
    pub fn caller_left(&self, sid: &CallSid) {
        match self.live(sid) {
            Some(call) => call.tell(Event::CallerLeft),
            None => self.0.tombstones.bury(sid),
        }
    }

    /// A caller of whom we know nothing is alone in our conference: their call began before the program was started anew,
    /// or was given up while the carrier could not be reached. They are led out of there and ask again; unless somebody
    /// is with them, whose talk is not ours to end.
    pub fn bring_back(&self, room: Room) {
        let caller = room.call().clone();
        let (carrier, again) = (self.0.outbound.carrier(), self.0.urls.caller_now(&caller));
        self.0.outbound.urgent(async move {
            let present = match carrier.look_up_room(room.to_string()).await {
                Ok(present) => present,
                Err(error) => {
                    warn!(call.id = %caller, %error, "a caller of an unknown call waits, and the carrier cannot be asked; it is tried again in a minute");
                    return;
                }
            };
            if present.iter().any(|leg| *leg != caller) {
                return;
            }
            match carrier.redirect_call(caller.clone(), again, &|| true).await {
                Ok(()) => info!(call.id = %caller, "a caller whose call began before this program does begins anew"),
                Err(error) => warn!(call.id = %caller, %error, "a caller of an unknown call cannot be led on; it is tried again in a minute"),
            }
        });
    }

    /// Who calls, or called until lately; `None` if this program does not know the call.
    pub fn caller_of(&self, sid: &CallSid) -> Option<CallerId> {
        let live = self.live(sid).map(|call| call.caller().clone());
        live.or_else(|| self.0.recent.find(sid).map(|ended| ended.caller))
    }

    /// A recording of this call is ready: it belongs to the call's timeline, also when the call is over.
    pub fn recording_ready(&self, sid: &CallSid, what: Recorded, length: Duration) {
        if let Some(call) = self.live(sid) {
            return call.tell(Event::RecordingReady { what, length });
        }
        let fact = Fact::RecordingReady(what, length);
        info!(call.id = %sid, "{fact}");
        if let Some(Ended { call, caller, began }) = self.0.recent.find(sid) {
            // Nobody may be listening.
            let _ = self.0.facts.send(Entry { call, caller, began, at: self.0.clock.now(), fact });
        }
    }

    /// A leg that no live call counts on has shown itself: it must not ring on.
    pub fn end_stray(&self, leg: CallSid) {
        self.0.outbound.cancel_stray(leg);
    }

    /// Says whether somebody can be rung at all, for every line: who is away is offered to nobody. Who is on the phone
    /// stays there.
    pub fn set_presence(&self, phone: PhoneNumber, presence: Presence) {
        info!(person = %phone, ?presence, "presence changes");
        self.0.people.tell(RosterEvent::PresenceSet(phone, presence));
    }

    /// Whether somebody can be rung at all.
    pub fn presence(&self, phone: PhoneNumber) -> Presence {
        self.0.people.presence(phone)
    }

    /// The lines of this switchboard.
    pub fn lines(&self) -> impl Iterator<Item = Arc<Line>> {
        self.0.lines.get().by_number.values().cloned().collect::<Vec<_>>().into_iter()
    }

    /// The line of this number, also one that the configuration has no longer: in its words a phone is told what became
    /// of a call that is over.
    pub fn known_line(&self, number: Option<PhoneNumber>) -> Option<Arc<Line>> {
        self.0.lines.get().known(number?)
    }

    /// From now on calls come in on these lines. Calls that are live keep what they began with.
    pub fn reload(&self, lines: BTreeMap<PhoneNumber, Arc<Line>>, reply_budget: Duration) {
        let lines = Lines::new(lines, reply_budget).after(&self.0.lines.get());
        self.0.lines.replace(lines);
    }

    /// The timelines of all calls from now on.
    pub fn facts(&self) -> broadcast::Receiver<Entry> {
        self.0.facts.subscribe()
    }

    /// The lines that reach their limit on dials from now on, each once a day.
    pub fn lines_over_limit(&self) -> broadcast::Receiver<OverLimit> {
        self.0.dial_limit.over()
    }

    /// How many calls are live, those included whose legs are still being ended.
    pub fn live_calls(&self) -> usize {
        self.0.calls.len()
    }

    /// Calls that somebody waits in: phones ring, two are being joined, or words are said. Talks do not count, they
    /// live at the carrier.
    pub fn waiting_calls(&self) -> usize {
        self.0.calls.iter().filter(|entry| entry.value().is_waiting()).count()
    }

    /// Calls that are not mere talks: somebody waits, or legs are still being ended, also beside a talk.
    pub fn unsettled_calls(&self) -> usize {
        self.0.calls.iter().filter(|entry| !entry.value().is_only_a_talk()).count()
    }

    /// How many calls were turned away because a line or a caller had too many.
    pub fn turned_away(&self) -> u64 {
        self.0.admission.turned_away()
    }

    /// Leads every call that waits to an end, because the program ends.
    pub fn shut_down(&self) {
        let mut calls: Vec<_> = self.0.calls.iter().map(|entry| entry.value().clone()).collect();
        // Not as the map has them, so that a storm can be played again from the same seed.
        calls.sort_unstable_by(|one, other| one.sid().cmp(other.sid()));
        for call in calls {
            call.tell(Event::ShuttingDown);
        }
    }

    /// Whoever withholds their number is nobody who could have called before.
    fn returning(&self, from: &CallerId, line: &Line) -> Returning {
        if *from == CallerId::Withheld || !line.remembers_talks() {
            return Returning::default();
        }
        let to = self.0.talks.last(line.number, from);
        Returning { is_wanted: true, to, alone_for: line.callback_to_same }
    }

    fn setup(
        &self,
        sid: &CallSid,
        from: &CallerId,
        line: &Line,
        reply_budget: Duration,
        is_answered: bool,
        origin: Origin,
    ) -> Arc<CallSetup> {
        let blocked = line.blocked.as_ref().filter(|_| line.block.blocks(from));
        Arc::new(CallSetup {
            sid: sid.clone(),
            flow: blocked.unwrap_or(&line.flow).clone(),
            ringback: line.ringback,
            reply_budget,
            failure_words: line.words.failure.clone(),
            is_answered,
            caller: from.clone(),
            is_blocked: blocked.is_some(),
            known: line.known(origin),
            returning: self.returning(from, line),
        })
    }
}
