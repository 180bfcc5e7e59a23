//! What a case is about, drawn from its seed: lines, people, callers, and how badly the carrier behaves.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use ringall_core::{
    call::{CallSetup, Known, Returning, Ringback},
    flow::{
        Callback, Flow, Member, NamedStep, Order, Queue, QueueWords, RingGroup, Show, Step, StepIndex, Tier, Tiers,
        Words,
    },
    phone::{CallerId, PhoneNumber},
    roster::Presence,
    screen::Screen,
    time::Timestamp,
};

pub(crate) struct Plan {
    pub(crate) calls: Vec<CallPlan>,
    pub(crate) trouble: Trouble,
    pub(crate) shuts_down_at: Option<Timestamp>,
    /// When somebody goes away, or comes back.
    pub(crate) presences: Vec<(Timestamp, PhoneNumber, Presence)>,
}

pub(crate) struct CallPlan {
    pub(crate) arrives_at: Timestamp,
    pub(crate) setup: Arc<CallSetup>,
    /// How long the caller stays on the line if nobody talks to them and nothing ends the call.
    pub(crate) patience: Option<Duration>,
    pub(crate) ring_busy: bool,
}

/// How the carrier, the network and the clock misbehave. Everything is zero in a friendly case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trouble {
    pub(crate) loses_callbacks: f64,
    pub(crate) repeats_callbacks: f64,
    pub(crate) callback_delay_ms: u64,
    pub(crate) repeats_requests: f64,
    pub(crate) closes_requests: f64,
    pub(crate) refuses_dials: f64,
    pub(crate) loses_dial_answers: f64,
    pub(crate) room_refuses: f64,
    /// Whether who is refused by a full room goes on to the next document, or is hung up on.
    pub(crate) refused_is_dropped: bool,
    pub(crate) rest_lags_ms: u64,
    /// Between these moments no REST request gets through.
    pub(crate) outage: Option<(Timestamp, Timestamp)>,
    pub(crate) timers_late_ms: u64,
    pub(crate) noise: f64,
    pub(crate) answers_at_redirect: bool,
}

impl Trouble {
    pub(crate) fn is_none(&self) -> bool {
        self.loses_callbacks + self.closes_requests + self.refuses_dials + self.loses_dial_answers + self.room_refuses
            <= 0.0
            && self.outage.is_none()
            && self.callback_delay_ms <= FRIENDLY_DELAY_MS
    }
}

/// What happens to a phone that is rung once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Character {
    /// Somebody picks up after so many milliseconds and takes the call, by a key so many milliseconds later.
    Human { after: u64, key_after: u64 },
    /// Like a human, but hangs up so many milliseconds after picking up.
    Fickle { after: u64, key_after: u64, stays: u64 },
    /// Picks up and presses the decline key.
    Declines { after: u64, key_after: u64 },
    /// Picks up and presses nothing that counts.
    KeepsSilent { after: u64, stays: u64 },
    /// A mailbox picks up, listens to anything, and hangs up in the end.
    Mailbox { after: u64 },
    /// Engaged, or refused at the telephone.
    Busy { after: u64 },
    /// Switched off.
    Off,
    /// Rings and rings.
    NeverAnswers,
}

pub(crate) const T0: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const FRIENDLY_DELAY_MS: u64 = 300;
/// Everybody who picks up "in the same instant" does it then.
const INSTANT_MS: u64 = 4_000;

impl Plan {
    pub(crate) fn draw(rng: &mut Rng, hostile: bool) -> Self {
        let people = rng.usize(1..=5);
        let calls = rng.usize(1..=3);
        let trouble = if hostile { draw_trouble(rng) } else { friendly(rng) };
        let ring_busy = rng.f64() < 0.15;
        let calls: Vec<_> = (0..calls).map(|number| draw_call(rng, number, people, ring_busy)).collect();
        let shuts_down_at = (hostile && rng.f64() < 0.1).then(|| T0 + Duration::from_millis(rng.u64(0..60_000)));
        let presences = if rng.f64() < 0.3 { draw_presences(rng, people) } else { Vec::new() };
        Self { calls, trouble, shuts_down_at, presences }
    }
}

fn draw_presences(rng: &mut Rng, people: usize) -> Vec<(Timestamp, PhoneNumber, Presence)> {
    let one = |rng: &mut Rng| {
        let at = T0 + Duration::from_millis(if rng.bool() { 0 } else { rng.u64(0..60_000) });
        let presence = if rng.f64() < 0.7 { Presence::Away } else { Presence::Available };
        (at, phone(rng.usize(0..people)), presence)
    };
    (0..rng.usize(1..=4)).map(|_| one(rng)).collect()
}

pub(crate) fn draw_character(rng: &mut Rng) -> Character {
    let after = if rng.bool() { INSTANT_MS } else { rng.u64(200..40_000) };
    let key_after = if rng.bool() { INSTANT_MS } else { rng.u64(100..25_000) };
    match rng.u32(0..16) {
        0..=4 => Character::Human { after, key_after },
        5..=7 => Character::Fickle { after, key_after, stays: rng.u64(0..12_000) },
        8 => Character::Declines { after, key_after },
        9 => Character::KeepsSilent { after, stays: rng.u64(1_000..60_000) },
        10 | 11 => Character::Mailbox { after },
        12 => Character::Busy { after: rng.u64(100..5_000) },
        13 => Character::Off,
        _ => Character::NeverAnswers,
    }
}

fn friendly(rng: &mut Rng) -> Trouble {
    Trouble { callback_delay_ms: rng.u64(0..=FRIENDLY_DELAY_MS), rest_lags_ms: 200, ..Trouble::default() }
}

fn draw_trouble(rng: &mut Rng) -> Trouble {
    let mut some = |most: f64| if rng.bool() { rng.f64() * most } else { 0.0 };
    let (loses_callbacks, repeats_callbacks) = (some(1.0), some(0.5));
    let (repeats_requests, closes_requests) = (some(0.3), some(0.3));
    let (refuses_dials, loses_dial_answers) = (some(0.5), some(0.5));
    let (room_refuses, noise) = (some(0.4), some(0.3));
    let outage_from = T0 + Duration::from_millis(rng.u64(0..60_000));
    let outage = (rng.f64() < 0.2).then(|| (outage_from, outage_from + Duration::from_millis(rng.u64(0..60_000))));
    Trouble {
        loses_callbacks,
        repeats_callbacks,
        callback_delay_ms: if rng.bool() { FRIENDLY_DELAY_MS } else { rng.u64(1..20_000) },
        repeats_requests,
        closes_requests,
        refuses_dials,
        loses_dial_answers,
        room_refuses,
        refused_is_dropped: rng.bool(),
        rest_lags_ms: if rng.bool() { 200 } else { rng.u64(1..6_000) },
        outage,
        timers_late_ms: rng.u64(0..500),
        noise,
        answers_at_redirect: rng.bool(),
    }
}

fn draw_call(rng: &mut Rng, number: usize, people: usize, ring_busy: bool) -> CallPlan {
    let arrives_at = T0 + Duration::from_millis(if rng.bool() { number as u64 } else { rng.u64(0..60_000) });
    let ringback = if rng.bool() { Ringback::Tone } else { Ringback::Carrier };
    let reply_budget = Duration::from_secs(if rng.bool() { 12 } else { 3 });
    let setup = CallSetup {
        sid: format!("CA{number}").parse().expect("a sid"),
        flow: Arc::new(draw_flow(rng, people, ring_busy)),
        ringback,
        reply_budget,
        failure_words: "We are sorry, please call again.".into(),
        is_answered: false,
        caller: CallerId::Withheld,
        is_blocked: false,
        known: Known::default(),
        returning: Returning::default(),
    };
    let patience = rng.bool().then(|| Duration::from_millis(rng.u64(0..90_000)));
    CallPlan { arrives_at, setup: Arc::new(setup), patience, ring_busy }
}

fn draw_flow(rng: &mut Rng, people: usize, ring_busy: bool) -> Flow {
    let kind = rng.u32(0..7);
    if kind > 4 {
        return draw_queues(rng, people, kind == 5);
    }
    let mut rings = |nobody| Step::Ring { tiers: draw_tiers(rng, people, ring_busy), nobody: StepIndex(nobody) };
    let say = |words: &str, next| Step::Say { words: words.into(), next: StepIndex(next) };
    let steps = match kind {
        0 => vec![rings(1), say("Nobody is there.", 2), Step::HangUp],
        1 => vec![rings(1), rings(2), say("Nobody is there.", 3), Step::HangUp],
        2 => vec![rings(1), Step::HangUp],
        3 => vec![say("Welcome.", 1), rings(2), say("Nobody is there.", 3), Step::HangUp],
        _ => {
            let (wait, sorry) = (say("Please wait.", 2), say("Nobody is there.", 4));
            vec![rings(1), wait, rings(3), sorry, Step::HangUp]
        }
    };
    let steps = steps.into_iter().enumerate();
    let steps = steps.map(|(at, step)| NamedStep { name: format!("step {at}").into(), step }).collect();
    Flow::new(steps, StepIndex(0)).expect("a sound flow")
}

/// One queue, or one after phones that ring together.
fn draw_queues(rng: &mut Rng, people: usize, rings_before: bool) -> Flow {
    let say = |words: &str, next| Step::Say { words: words.into(), next: StepIndex(next) };
    let steps = if rings_before {
        let before = Step::Ring { tiers: draw_tiers(rng, people, false), nobody: StepIndex(1) };
        vec![before, draw_queue(rng, people, 2), say("Nobody is there.", 3), Step::HangUp]
    } else {
        vec![draw_queue(rng, people, 1), say("Nobody is there.", 2), Step::HangUp]
    };
    let steps = steps.into_iter().enumerate();
    let steps = steps.map(|(at, step)| NamedStep { name: format!("step {at}").into(), step }).collect();
    Flow::new(steps, StepIndex(0)).expect("a sound flow")
}

fn draw_queue(rng: &mut Rng, people: usize, next: usize) -> Step {
    let next = StepIndex(next);
    let group = draw_group(rng, 7, people, false);
    let words = |text: &str| -> Words { text.into() };
    Step::Queue(Arc::new(Queue {
        group,
        offer_for: Duration::from_millis(rng.u64(4_000..20_000)),
        wrap_up: if rng.bool() { Duration::ZERO } else { Duration::from_millis(rng.u64(1..30_000)) },
        max_wait: Duration::from_millis(rng.u64(5_000..150_000)),
        max_waiting: rng.bool().then(|| rng.usize(1..=2)),
        hold: None,
        announce_every: rng.bool().then(|| Duration::from_secs(rng.u64(15..40))),
        words: QueueWords {
            next: words("You are next."),
            place: words("You are number {place}."),
            minute: words("It takes a minute."),
            minutes: words("It takes {minutes} minutes."),
            leave: words("To leave, press {key}."),
        },
        leave: rng.bool().then_some(('1', next)),
        too_long: next,
        full: next,
        nobody: next,
    }))
}

/// Half of the steps ring one group, the others up to four after each other or together.
fn draw_tiers(rng: &mut Rng, people: usize, ring_busy: bool) -> Tiers {
    let first = draw_group(rng, 0, people, ring_busy);
    let later = if rng.bool() { 0 } else { rng.usize(1..=3) };
    let mut after = Duration::ZERO;
    let later: Vec<_> = (1..=later)
        .map(|number| {
            after += Duration::from_millis(rng.u64(0..25_000));
            let ring_busy = ring_busy && rng.bool();
            let group = draw_group(rng, number, people, ring_busy);
            Tier { group, after, keeps_earlier: rng.f64() < 0.7 }
        })
        .collect();
    Tiers::new(first, later)
}

fn draw_group(rng: &mut Rng, number: usize, people: usize, ring_busy: bool) -> Arc<RingGroup> {
    let ring_for = Duration::from_secs(rng.u64(5..40));
    let mut members = Vec::new();
    for person in 0..people {
        let phone_for = if rng.bool() { ring_for } else { Duration::from_secs(rng.u64(4..30)) };
        if rng.f64() < if number == 0 { 0.8 } else { 0.5 } {
            members.push(Member { name: format!("person {person}").into(), phone: phone(person), phone_for });
        }
    }
    let screen = [Screen::Amd, Screen::Key, Screen::AmdAndKey, Screen::None][rng.usize(0..4)];
    Arc::new(RingGroup {
        name: format!("group {number}").into(),
        members,
        ring_for,
        wait_for: Duration::from_secs(rng.u64(0..40)),
        passes: rng.u32(1..=3),
        screen,
        decline_key: '9',
        whisper: (number > 0).then(|| "A call for which somebody hears some words before.".into()),
        ring_busy,
        order: if rng.bool() { Order::AsWritten } else { Order::LongestIdle },
        show: Show::Line,
        callback_to_same: Callback::default(),
    })
}

pub(crate) fn phone(person: usize) -> PhoneNumber {
    format!("+44770090000{person}").parse().expect("a number")
}
