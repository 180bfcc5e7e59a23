//! The model's clock and memory: what is true, what is under way, and what happens next.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

use fastrand::Rng;
use ringall_core::{
    call::{AfterWords, Asked, Call, Effect, Event, LegEnd, LegNews, Talk},
    claim::Race,
    flow::RingGroup,
    id::{CallSid, LegId, LookId, RoundId},
    phone::PhoneNumber,
    roster::{Presence, Roster, RosterEvent},
    screen::AnsweredBy,
    time::Timestamp,
};

use super::plan::{CallPlan, Character, Plan, T0, Trouble};

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) rng: Rng,
    pub(crate) now: Timestamp,
    pub(crate) plan: Plan,
    pub(crate) calls: Vec<ModelCall>,
    pub(crate) legs: Vec<ModelLeg>,
    pub(crate) roster: Roster,
    /// Who waits for which phones, kept beside the roster to check it.
    pub(crate) seekers: BTreeMap<CallSid, (Timestamp, RoundId, Vec<PhoneNumber>)>,
    /// Until when who has talked is left alone.
    pub(crate) rests: BTreeMap<PhoneNumber, Timestamp>,
    pub(crate) reached: Reached,
    pub(crate) queue: BTreeMap<(Timestamp, u64), Happening>,
    next: u64,
    tells: bool,
}

/// How often the cases came to what is worth checking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) events: u64,
    pub(crate) calls: u64,
    pub(crate) races: u64,
    pub(crate) bridges: u64,
    pub(crate) hand_backs: u64,
    pub(crate) words: u64,
    pub(crate) look_ups: u64,
    pub(crate) strays: u64,
    pub(crate) answered_while_canceled: u64,
    pub(crate) woken: u64,
    pub(crate) tiers: u64,
    pub(crate) queued: u64,
    pub(crate) out_of_queues: u64,
    pub(crate) talks_from_queues: u64,
    pub(crate) places: u64,
    pub(crate) away: u64,
}

/// One inbound call: its machine, what the switchboard keeps beside it, and what is true about the caller.
pub(crate) struct ModelCall {
    pub(crate) plan: usize,
    pub(crate) sid: CallSid,
    pub(crate) machine: Option<Call>,
    pub(crate) ended: bool,
    pub(crate) heard: Vec<(Timestamp, Event)>,
    pub(crate) wanted: Vec<Effect>,
    pub(crate) declined: BTreeSet<std::sync::Arc<str>>,
    /// When the present ring step, or the last one, began.
    pub(crate) rings_since: Option<Timestamp>,
    pub(crate) round: Option<Rc<ModelRound>>,
    pub(crate) owed: Vec<u32>,
    pub(crate) timer: Option<Timestamp>,
    pub(crate) restarts_of_timer: u32,
    pub(crate) caller: ModelCaller,
    /// Who is in the conference, in the order of joining.
    pub(crate) room: Vec<Who>,
    pub(crate) room_started: bool,
    pub(crate) waits_since: Option<Timestamp>,
    pub(crate) over_since: Option<Timestamp>,
    /// The talk that the roster knows of.
    pub(crate) talk: Option<Talk>,
}

pub(crate) struct ModelRound {
    pub(crate) id: RoundId,
    pub(crate) race: Race<u32>,
    pub(crate) woken: std::cell::Cell<bool>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a truth of its own")]
pub(crate) struct ModelCaller {
    pub(crate) doing: CallerDoes,
    pub(crate) answered: bool,
    pub(crate) epoch: u32,
    pub(crate) open: Vec<u32>,
    pub(crate) next_request: u32,
    pub(crate) silent_since: Option<Timestamp>,
    pub(crate) heard_words: bool,
    pub(crate) talked: bool,
    pub(crate) was_in_room: bool,
    pub(crate) hung_up: bool,
    pub(crate) gone_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallerDoes {
    NotYet,
    Asks(u32),
    Pauses,
    GoesIn,
    InRoom,
    OnRingback,
    OnWords,
    OnHold,
    Gone,
}

/// One outbound leg, as the carrier has it.
#[expect(clippy::struct_excessive_bools, reason = "each is a truth of its own")]
pub(crate) struct ModelLeg {
    pub(crate) call: usize,
    pub(crate) id: LegId,
    pub(crate) sid: CallSid,
    pub(crate) round: Rc<ModelRound>,
    /// Whose screening holds for it.
    pub(crate) group: std::sync::Arc<RingGroup>,
    pub(crate) phone: PhoneNumber,
    pub(crate) character: Character,
    pub(crate) ring_for: Duration,
    pub(crate) state: LegIs,
    pub(crate) epoch: u32,
    pub(crate) won: bool,
    pub(crate) was_in_room: bool,
    pub(crate) answer_lost: bool,
    pub(crate) told: bool,
    pub(crate) sent_away: bool,
    /// The machine wants it over, whether or not it could ask for that yet.
    pub(crate) withdrawn: bool,
    pub(crate) dialled_at: Timestamp,
    pub(crate) left_by_itself: bool,
    /// When the call asked the carrier to end it.
    pub(crate) end_asked: Option<Timestamp>,
    pub(crate) waits_for_document: Option<Timestamp>,
    /// The call decided against it at that time.
    pub(crate) unwanted_since: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LegIs {
    Requested,
    Queued,
    Ringing,
    /// Picked up: the carrier listens, or its document is being fetched.
    Up,
    AskedForKey,
    HearsWhy,
    GoesIn,
    InRoom,
    /// Out of the room and waits for what comes next.
    DialEnded,
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Caller,
    Leg(usize),
}

#[derive(Debug, Clone)]
pub(crate) enum Happening {
    Arrives(usize),
    Tell(usize, Event),
    TimerDue(usize, Timestamp),
    RosterDue,
    ShutsDown,
    PresenceChanges(PhoneNumber, Presence),
    Noise(usize),
    Caller(usize, u32, CallerAct),
    CallerHangsUp(usize),
    RequestCloses(usize, u32),
    Leg(usize, u32, LegAct),
    Rest(Request),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum CallerAct {
    Asks(Asked),
    GoesIn,
    WordsEnd(AfterWords),
    TalksEnough,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum LegAct {
    Rings,
    PicksUp,
    Ends(LegEnd),
    Fetches(Option<AnsweredBy>),
    Presses(Option<char>),
    GoesIn,
    DialEnds(LegNews),
    WordsEnd,
    HangsUp,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Request {
    Create(usize),
    Cancel(usize, bool),
    Complete(usize),
    Tell(usize),
    LookUpLeg(usize),
    LookUpCaller(usize),
    RedirectCaller(usize),
    EndCaller(usize),
    LookUpRoom(usize, LookId),
}

const LONGEST_CASE: Duration = Duration::from_secs(2 * 60 * 60);
const MOST_STEPS: u32 = 100_000;

impl World {
    pub(crate) fn new(seed: u64, hostile: bool, tells: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let plan = Plan::draw(&mut rng, hostile);
        let calls = plan.calls.iter().enumerate().map(|(at, call)| ModelCall::new(at, call)).collect();
        let mut world = Self {
            seed,
            rng,
            now: T0,
            plan,
            calls,
            legs: Vec::new(),
            roster: Roster::default(),
            seekers: BTreeMap::new(),
            rests: BTreeMap::new(),
            reached: Reached::default(),
            queue: BTreeMap::new(),
            next: 0,
            tells,
        };
        world.prepare();
        world
    }

    fn prepare(&mut self) {
        for call in 0..self.calls.len() {
            let plan = &self.plan.calls[call];
            let (at, patience) = (plan.arrives_at, plan.patience);
            self.at(at, Happening::Arrives(call));
            if let Some(patience) = patience {
                self.at(at + patience, Happening::CallerHangsUp(call));
            }
        }
        if let Some(at) = self.plan.shuts_down_at {
            self.at(at, Happening::ShutsDown);
        }
        for (at, phone, presence) in self.plan.presences.clone() {
            self.at(at, Happening::PresenceChanges(phone, presence));
        }
        if self.tells {
            println!("trouble: {:?}", self.plan.trouble);
            for call in &self.plan.calls {
                println!("{:?}: {:?} {:?}", call.arrives_at, call.patience, call.setup);
            }
        }
    }

    /// Runs the case to its end.
    pub(crate) fn run(mut self) -> Reached {
        let mut steps = 0;
        while let Some(((at, _), happening)) = self.queue.pop_first() {
            steps += 1;
            self.check(steps < MOST_STEPS, "a case comes to an end");
            self.check(at.since(T0) < LONGEST_CASE, "a case comes to an end in time");
            self.now = self.now.max(at);
            self.step(happening);
            self.watch();
        }
        self.watch_end();
        self.reached
    }

    fn step(&mut self, happening: Happening) {
        match happening {
            Happening::Arrives(call) => self.arrives(call),
            Happening::Tell(call, event) => self.tell(call, event),
            Happening::TimerDue(call, at) => self.timer_due(call, at),
            Happening::RosterDue => self.tell_roster(RosterEvent::DeadlineReached),
            Happening::ShutsDown => {
                for call in 0..self.calls.len() {
                    self.tell(call, Event::ShuttingDown);
                }
            }
            Happening::PresenceChanges(phone, presence) => {
                self.say(|| format!("{phone} is {presence:?}"));
                self.tell_roster(RosterEvent::PresenceSet(phone, presence));
            }
            Happening::Noise(call) => self.noise(call),
            Happening::Caller(call, epoch, act) => {
                if self.calls[call].caller.epoch == epoch {
                    self.caller_acts(call, act);
                }
            }
            Happening::CallerHangsUp(call) => self.caller_hangs_up(call),
            Happening::RequestCloses(call, request) => self.request_closes(call, request),
            Happening::Leg(leg, epoch, act) => {
                if self.legs[leg].epoch == epoch && self.legs[leg].state != LegIs::Over {
                    self.leg_acts(leg, act);
                }
            }
            Happening::Rest(request) => self.rest(request),
        }
    }

    pub(crate) fn at(&mut self, at: Timestamp, happening: Happening) {
        self.next += 1;
        self.queue.insert((at, self.next), happening);
    }

    pub(crate) fn after(&mut self, millis: u64, happening: Happening) {
        self.at(self.now + Duration::from_millis(millis), happening);
    }

    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.rng.f64() < probability
    }

    pub(crate) fn trouble(&self) -> &Trouble {
        &self.plan.trouble
    }

    pub(crate) fn is_out(&self) -> bool {
        self.trouble().outage.is_some_and(|(from, to)| from <= self.now && self.now < to)
    }

    pub(crate) fn say(&self, text: impl FnOnce() -> String) {
        if self.tells {
            println!("{:>8} {}", self.now.since(T0).as_millis(), text());
        }
    }

    #[track_caller]
    pub(crate) fn check(&self, holds: bool, promise: &str) {
        assert!(holds, "not kept: {promise}; at {} ms, seed {}", self.now.since(T0).as_millis(), self.seed);
    }
}

impl ModelCall {
    fn new(plan: usize, call: &CallPlan) -> Self {
        Self {
            plan,
            sid: call.setup.sid.clone(),
            machine: None,
            ended: false,
            heard: Vec::new(),
            wanted: Vec::new(),
            declined: BTreeSet::new(),
            rings_since: None,
            round: None,
            owed: Vec::new(),
            timer: None,
            restarts_of_timer: 0,
            caller: ModelCaller {
                doing: CallerDoes::NotYet,
                answered: false,
                epoch: 0,
                open: Vec::new(),
                next_request: 0,
                silent_since: None,
                heard_words: false,
                talked: false,
                was_in_room: false,
                hung_up: false,
                gone_at: None,
            },
            room: Vec::new(),
            room_started: false,
            waits_since: None,
            over_since: None,
            talk: None,
        }
    }
}

impl Reached {
    pub(crate) fn add(&mut self, other: Self) {
        self.events += other.events;
        self.calls += other.calls;
        self.races += other.races;
        self.bridges += other.bridges;
        self.hand_backs += other.hand_backs;
        self.words += other.words;
        self.look_ups += other.look_ups;
        self.strays += other.strays;
        self.answered_while_canceled += other.answered_while_canceled;
        self.woken += other.woken;
        self.tiers += other.tiers;
        self.queued += other.queued;
        self.out_of_queues += other.out_of_queues;
        self.talks_from_queues += other.talks_from_queues;
        self.places += other.places;
        self.away += other.away;
    }
}
