//! What a walk is about: lines, people, what may happen on the telephone, and how much may go wrong.

use std::{sync::Arc, time::Duration};

use ringall_core::{
    call::{CallSetup, Known, Returning, Ringback},
    flow::{
        Callback, Flow, Forward, ForwardScreen, Lookup, Member, Menu, NamedStep, Order, Queue, QueueWords, RingGroup,
        Show, Step, StepIndex, Voicemail,
    },
    id::{CallSid, LegId},
    phone::{CallerId, PhoneNumber},
    screen::Screen,
    time::Timestamp,
};

/// The moment at which every walk begins: far above every other number in a state, so that a moment can be told from
/// what is none (see `fingerprint`).
pub(crate) const T0: Timestamp = Timestamp::from_millis(1_000_000_000_000_000);

pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) setups: Vec<Arc<CallSetup>>,
    pub(crate) people: Vec<PhoneNumber>,
    pub(crate) screen: Screen,
    pub(crate) acts: Acts,
    pub(crate) trouble: Trouble,
    pub(crate) rule: Rule,
    /// The carrier's names of every leg that a call may come to have.
    leg_sids: Vec<Vec<CallSid>>,
}

/// What people may do, again and again, without its counting as trouble.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each may happen or not")]
pub(crate) struct Acts {
    pub(crate) caller_leaves: bool,
    pub(crate) busy: bool,
    pub(crate) unreachable: bool,
    pub(crate) no_answer: bool,
    pub(crate) declines: bool,
    pub(crate) machine: bool,
    pub(crate) unknown: bool,
    /// The carrier also reports that a leg rings, and that it was picked up.
    pub(crate) progress: bool,
    /// A create request takes its time.
    pub(crate) slow_dials: bool,
    /// The carrier holds a leg in its queue for a second.
    pub(crate) queue: bool,
    /// Callers press keys that lead nowhere.
    pub(crate) wrong_keys: bool,
    /// What is under way comes in one order only; people still act at any moment.
    pub(crate) in_order: bool,
}

/// What may go wrong, `most` times in all.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each may happen or not")]
pub(crate) struct Trouble {
    pub(crate) most: u8,
    /// A callback of the carrier is lost, or comes twice.
    pub(crate) callbacks: bool,
    /// A request to the carrier fails, or its answer is lost.
    pub(crate) requests: bool,
    /// Somebody who has picked up hangs up before they talk.
    pub(crate) hang_ups: bool,
    /// The conference refuses somebody.
    pub(crate) room: bool,
    /// The carrier gives up on a request of the caller.
    pub(crate) connections: bool,
    /// A deadline comes before what is under way.
    pub(crate) delays: bool,
    /// The program ends.
    pub(crate) shutdown: bool,
}

impl Trouble {
    pub(crate) const ALL: Self = Self {
        most: 1,
        callbacks: true,
        requests: true,
        hang_ups: true,
        room: true,
        connections: true,
        delays: true,
        shutdown: true,
    };
}

/// What is broken on purpose, to see that the walk would find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Nothing.
    Kept,
    /// Whoever accepts is let in, whatever the claim says.
    EverybodyWins,
    /// The roster forgets a lease as soon as it has granted it.
    LeasesForgotten,
    /// Nobody keeps the calls' deadlines.
    NoTimers,
    /// The end of any leg is taken for the caller's.
    LegEndsCall,
}

const MOST_LEGS: u32 = 40;

pub(crate) const RING_FOR: Duration = Duration::from_secs(20);

pub(crate) struct LinePlan {
    pub(crate) calls: usize,
    pub(crate) people: usize,
    pub(crate) screen: Screen,
    pub(crate) ringback: Ringback,
    pub(crate) passes: u32,
    /// What comes before any phone rings.
    pub(crate) before: Before,
}

/// What a call goes through before phones ring, and whether they ring at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    Nothing,
    /// The caller hears words.
    Words,
    /// The caller hears a menu, and is asked once more; one key leads to the phones, everything else to words.
    Menu,
    /// An outside number is dialled; phones ring if it is engaged, and everything else but a talk leads to words.
    Forward(ForwardScreen),
    /// The user's own address is asked who calls; phones ring if it knows, or cannot be asked.
    Lookup,
    /// The caller waits in a queue, and no phones ring together. Every other way out leads to words.
    Queue,
    /// Nothing; but whom nobody answers is asked for a message, in place of words.
    AndThenMailbox,
}

impl Plan {
    pub(crate) fn new(name: &'static str, line: &LinePlan, acts: Acts, trouble: Trouble) -> Self {
        let people: Vec<PhoneNumber> =
            (0..line.people).map(|at| format!("+44770090000{at}").parse().expect("a number")).collect();
        let setups = (0..line.calls).map(|call| Arc::new(setup(call, line, &people))).collect();
        let leg_sid = |call: usize, leg: u32| format!("{}{leg}", name_of(call)).parse().expect("a sid");
        let leg_sids = (0..line.calls).map(|call| (1..=MOST_LEGS).map(|leg| leg_sid(call, leg)).collect()).collect();
        let acts = Acts { in_order: acts.in_order && !crate::is_set("RINGALL_ANY_ORDER"), ..acts };
        let trouble = Trouble { most: crate::number("RINGALL_BUDGET").unwrap_or(trouble.most), ..trouble };
        Self { name, setups, people, screen: line.screen, acts, trouble, rule: Rule::Kept, leg_sids }
    }

    pub(crate) fn leg_sid(&self, call: usize, leg: LegId) -> CallSid {
        let number: usize = leg.to_string().parse().expect("a number");
        self.leg_sids[call][number - 1].clone()
    }

    pub(crate) fn leg_of(&self, sid: &CallSid) -> Option<(usize, LegId)> {
        self.leg_sids.iter().enumerate().find_map(|(call, sids)| {
            let at = sids.iter().position(|it| it == sid)?;
            Some((call, (at + 1).to_string().parse().expect("a leg")))
        })
    }
}

pub(crate) const NAMES: [&str; 3] = ["Ana", "Ben", "Cleo"];

pub(crate) fn name_of(call: usize) -> &'static str {
    ["CA-x", "CA-y"][call]
}

fn setup(call: usize, line: &LinePlan, people: &[PhoneNumber]) -> CallSetup {
    let member =
        |(at, phone): (usize, &PhoneNumber)| Member { name: NAMES[at].into(), phone: *phone, phone_for: RING_FOR };
    let group = RingGroup {
        name: "all".into(),
        members: people.iter().enumerate().map(member).collect(),
        ring_for: RING_FOR,
        wait_for: RING_FOR,
        passes: line.passes,
        screen: line.screen,
        decline_key: '9',
        ring_busy: false,
        order: Order::default(),
        whisper: None,
        show: Show::Line,
        callback_to_same: Callback::default(),
    };
    let say = |words: &str, next: usize| Step::Say { words: words.into(), next: StepIndex(next) };
    let ring = |nobody| Step::ring(Arc::new(group.clone()), StepIndex(nobody));
    let (first, sorry) = match line.before {
        Before::Nothing | Before::AndThenMailbox => (None, 1),
        Before::Words => (Some(say("Welcome.", 1)), 2),
        Before::Menu => (Some(Step::Menu(Arc::new(menu(StepIndex(1), StepIndex(2))))), 2),
        Before::Forward(screen) => (Some(Step::Forward(Arc::new(forward(screen, StepIndex(1), StepIndex(2))))), 2),
        Before::Lookup => (Some(Step::Lookup(Arc::new(lookup(StepIndex(1), StepIndex(2))))), 2),
        Before::Queue => (Some(Step::Queue(Arc::new(queue(group.clone(), StepIndex(2))))), 2),
    };
    let last = match line.before {
        Before::AndThenMailbox => Step::Voicemail(Arc::new(voicemail(StepIndex(sorry + 1)))),
        Before::Nothing | Before::Words | Before::Menu | Before::Forward(_) | Before::Lookup | Before::Queue => {
            say("Sorry.", sorry + 1)
        }
    };
    let rest = [ring(sorry), last, Step::HangUp];
    let steps = first.into_iter().chain(rest);
    let steps = steps.map(|step| NamedStep { name: "step".into(), step }).collect();
    CallSetup {
        sid: name_of(call).parse().expect("a sid"),
        flow: Arc::new(Flow::new(steps, StepIndex(0)).expect("a sound flow")),
        ringback: line.ringback,
        reply_budget: Duration::from_secs(12),
        failure_words: "We failed.".into(),
        is_answered: false,
        caller: CallerId::Withheld,
        known: Known::default(),
        is_blocked: false,
        returning: Returning::default(),
    }
}

fn lookup(ring: StepIndex, sorry: StepIndex) -> Lookup {
    Lookup { name: "crm".into(), asks_withheld: true, found: ring, not_found: sorry, failed: ring }
}

fn voicemail(done: StepIndex) -> Voicemail {
    Voicemail {
        name: "mailbox".into(),
        greeting: "Leave a message.".into(),
        nothing_heard: "Nothing was heard.".into(),
        goodbye: "Goodbye.".into(),
        silence: Duration::from_secs(5),
        longest: Duration::from_secs(60),
        finish_key: None,
        done,
    }
}

fn queue(group: RingGroup, sorry: StepIndex) -> Queue {
    Queue {
        group: Arc::new(group),
        offer_for: RING_FOR,
        wrap_up: Duration::ZERO,
        max_wait: 2 * RING_FOR,
        max_waiting: None,
        hold: None,
        announce_every: None,
        words: QueueWords {
            next: "Next.".into(),
            place: "{place}.".into(),
            minute: "A minute.".into(),
            minutes: "{minutes} minutes.".into(),
            leave: "Press {key}.".into(),
        },
        leave: CHOICE.chars().next().map(|key| (key, sorry)),
        too_long: sorry,
        full: sorry,
        nobody: sorry,
    }
}

/// The key that leads from the menu to the phones; every other leads nowhere.
pub(crate) const CHOICE: &str = "1";

fn menu(ring: StepIndex, sorry: StepIndex) -> Menu {
    Menu {
        prompt: "Press one.".into(),
        keys: [(CHOICE.into(), ring)].into(),
        pause: Duration::from_secs(5),
        repeats: 1,
        no_input_words: "Please press.".into(),
        wrong_key_words: "Not that one.".into(),
        no_input: sorry,
        wrong_key: sorry,
    }
}

fn forward(screen: ForwardScreen, ring: StepIndex, sorry: StepIndex) -> Forward {
    Forward {
        also: Vec::new(),
        records: false,
        to: "+441632960777".parse().expect("a number"),
        ring_for: RING_FOR,
        show: Show::Line,
        whisper: None,
        screen,
        decline_key: '9',
        busy: ring,
        no_answer: sorry,
        failed: sorry,
        canceled: sorry,
        done: StepIndex(sorry.0 + 1),
    }
}
