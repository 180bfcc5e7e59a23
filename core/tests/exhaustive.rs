//! The call machine, the roster and the claim, walked through every state that they can reach together with a carrier,
//! its callers and the members' phones: nearest first, each state once.
//!
//! In each state the promises are checked. Afterwards every state is shown to lead on: however what is under way comes
//! in, and though nobody lends a hand, every call ends or people talk; and from every state the end can be reached.
//!
//! People act at any moment, and as often as they like; what goes wrong is counted out (`Trouble`). Time is the calls'
//! and the roster's deadlines: it jumps to the next one when nothing is left to happen before. More by hand, in a
//! release build:
//!
//! ```text
//! RINGALL_BUDGET=2 cargo test --release -p ringall-core --test exhaustive two_callers -- --nocapture
//! RINGALL_ANY_ORDER=1 …   what is under way comes in every order, also in the walks that spare that
//! RINGALL_STATES=20000000 RINGALL_DEPTH=60 …   walks on from no more states than that (about 350 bytes each)
//! ```

mod exhaustive {
    pub(crate) mod carrier;
    pub(crate) mod fingerprint;
    pub(crate) mod happens;
    pub(crate) mod outside;
    pub(crate) mod picture;
    pub(crate) mod plan;
    pub(crate) mod promises;
    pub(crate) mod steps;
    pub(crate) mod switchboard;
    pub(crate) mod walk;
    pub(crate) mod words;
    pub(crate) mod world;
}

use std::{fmt::Debug, str::FromStr, sync::OnceLock};

use exhaustive::{
    picture::{Picture, drawn},
    plan::{Acts, Before, LinePlan, Plan, Rule, Trouble},
    walk::{Walked, walk},
};
use ringall_core::{call::Ringback, flow::ForwardScreen, screen::Screen};

#[test]
fn one_phone_and_one_trouble_in_every_order() {
    keeps_every_promise(&ONE_PHONE);
}

#[test]
fn three_phones_are_picked_up_in_every_order() {
    keeps_every_promise(&THREE_PHONES);
}

#[test]
fn three_phones_and_one_trouble() {
    keeps_every_promise(&THREE_PHONES_IN_TROUBLE);
}

#[test]
fn three_people_with_keys_and_two_passes() {
    keeps_every_promise(&KEYS);
}

#[test]
fn two_people_and_their_mailboxes_and_one_trouble() {
    keeps_every_promise(&MAILBOXES);
}

#[test]
fn a_caller_whom_the_network_rings_for_and_one_trouble() {
    keeps_every_promise(&NETWORK_RINGS);
}

#[test]
fn a_caller_who_is_welcomed_with_words_and_one_trouble() {
    keeps_every_promise(&WORDS_FIRST);
}

#[test]
fn a_caller_who_chooses_from_a_menu_and_one_trouble() {
    keeps_every_promise(&MENU_FIRST);
}

#[test]
fn a_caller_who_is_forwarded_and_one_trouble() {
    keeps_every_promise(&FORWARD_FIRST);
}

#[test]
fn a_caller_who_is_forwarded_to_who_must_press_a_key_and_one_trouble() {
    keeps_every_promise(&FORWARD_WITH_KEY);
}

#[test]
fn a_caller_who_is_asked_about_and_one_trouble() {
    keeps_every_promise(&LOOKUP_FIRST);
}

#[test]
fn a_caller_who_leaves_a_message_and_one_trouble() {
    keeps_every_promise(&MAILBOX_LAST);
}

#[test]
fn a_caller_in_a_queue_and_one_trouble() {
    keeps_every_promise(&QUEUE);
}

#[test]
fn two_callers_in_a_queue_for_one_person() {
    keeps_every_promise(&QUEUE_OF_TWO);
}

#[test]
fn two_callers_share_three_people() {
    keeps_every_promise(&TWO_CALLERS);
}

#[test]
fn two_callers_share_one_person_and_one_trouble() {
    keeps_every_promise(&TWO_CALLERS_IN_TROUBLE);
}

#[test]
fn two_who_are_both_let_in_are_found() {
    let (promise, steps) = found(Rule::EverybodyWins, &one_call(2, Screen::None));

    assert_eq!(promise, "a round has one winner");
    assert!(steps <= 5, "{steps}");
}

#[test]
fn a_phone_that_is_lent_to_two_callers_is_found() {
    let (promise, steps) = found(Rule::LeasesForgotten, &LinePlan { calls: 2, ..one_call(1, Screen::None) });

    assert_eq!(promise, "nobody is rung twice");
    assert!(steps <= 3, "{steps}");
}

#[test]
fn a_caller_for_whom_no_deadline_comes_is_found() {
    let (promise, steps) = found(Rule::NoTimers, &one_call(1, Screen::Key));

    assert_eq!(promise, "in the end every call is over, every phone is silent, everybody is free");
    assert!(steps <= 16, "{steps}");
}

#[test]
fn a_leg_whose_end_ends_the_call_is_found() {
    let (promise, steps) = found(Rule::LegEndsCall, &one_call(2, Screen::Key));

    assert_eq!(promise, "no caller is ever left without words");
    assert!(steps <= 15, "{steps}");
}

#[test]
fn the_drawn_states_are_those_that_the_walks_have_seen() {
    if ["RINGALL_BUDGET", "RINGALL_ANY_ORDER", "RINGALL_STATES", "RINGALL_DEPTH"].into_iter().any(is_set) {
        return;
    }
    let mut picture = Picture::default();
    for kept in ALL {
        picture.extend(&kept.walked().picture);
    }
    let (path, drawn) = (concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/call-states.md"), drawn(&picture));
    if is_set("RINGALL_DRAW") {
        std::fs::write(path, &drawn).expect("the file can be written");
    }

    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == drawn,
        "docs/call-states.md shows something else than what the machine does; to draw it anew: \
         RINGALL_DRAW=1 cargo test -p ringall-core --test exhaustive drawn"
    );
}

/// A plan that is walked once, whichever test asks first.
struct Kept {
    plan: fn() -> Plan,
    walked: OnceLock<Walked>,
}

static ONE_PHONE: Kept = Kept::new(|| {
    let acts = Acts { caller_leaves: true, declines: true, ..Acts::default() };
    let trouble = Trouble { hang_ups: false, delays: false, ..Trouble::ALL };
    Plan::new("one phone, one trouble, every order", &one_call(1, Screen::Key), acts, trouble)
});

static THREE_PHONES: Kept = Kept::new(|| {
    Plan::new("three phones, every order", &one_call(3, Screen::None), Acts::default(), Trouble::default())
});

static THREE_PHONES_IN_TROUBLE: Kept = Kept::new(|| {
    let acts = Acts { caller_leaves: true, busy: true, in_order: true, ..Acts::default() };
    Plan::new("three phones, one trouble", &one_call(3, Screen::None), acts, Trouble::ALL)
});

static KEYS: Kept = Kept::new(|| {
    let acts = Acts { declines: true, no_answer: true, progress: true, queue: true, in_order: true, ..Acts::default() };
    let line = LinePlan { passes: 2, ..one_call(3, Screen::Key) };
    Plan::new("three people, keys, two passes", &line, acts, Trouble::default())
});

static MAILBOXES: Kept = Kept::new(|| {
    let acts =
        Acts { machine: true, unknown: true, progress: true, slow_dials: true, in_order: true, ..Acts::default() };
    Plan::new("two people, mailboxes, one trouble", &one_call(2, Screen::Amd), acts, Trouble::ALL)
});

static NETWORK_RINGS: Kept = Kept::new(|| {
    let acts = Acts { caller_leaves: true, machine: true, progress: true, slow_dials: true, ..Acts::default() };
    let trouble = Trouble { callbacks: false, hang_ups: false, delays: false, ..Trouble::ALL };
    let line = LinePlan { ringback: Ringback::Carrier, ..one_call(1, Screen::AmdAndKey) };
    Plan::new("the network rings, one trouble, every order", &line, acts, trouble)
});

static WORDS_FIRST: Kept = Kept::new(|| {
    let acts = Acts { caller_leaves: true, unreachable: true, ..Acts::default() };
    let trouble = Trouble { hang_ups: false, delays: false, ..Trouble::ALL };
    let line = LinePlan { before: Before::Words, ..one_call(1, Screen::None) };
    Plan::new("words first, one trouble, every order", &line, acts, trouble)
});

static MENU_FIRST: Kept = Kept::new(|| {
    let acts = Acts { caller_leaves: true, wrong_keys: true, ..Acts::default() };
    let trouble = Trouble { hang_ups: false, delays: false, ..Trouble::ALL };
    let line = LinePlan { before: Before::Menu, ..one_call(1, Screen::None) };
    Plan::new("a menu first, one trouble, every order", &line, acts, trouble)
});

static FORWARD_FIRST: Kept = Kept::new(|| {
    let acts = Acts { caller_leaves: true, busy: true, unreachable: true, progress: true, ..Acts::default() };
    let trouble = Trouble { hang_ups: false, delays: false, ..Trouble::ALL };
    let line = LinePlan { before: Before::Forward(ForwardScreen::None), ..one_call(1, Screen::None) };
    Plan::new("a forward first, one trouble, every order", &line, acts, trouble)
});

static FORWARD_WITH_KEY: Kept = Kept::new(|| {
    let acts = Acts { caller_leaves: true, declines: true, in_order: true, ..Acts::default() };
    let line = LinePlan { before: Before::Forward(ForwardScreen::Key), ..one_call(1, Screen::None) };
    Plan::new("a forward with a key first, one trouble", &line, acts, Trouble::ALL)
});

static LOOKUP_FIRST: Kept = Kept::new(|| {
    let acts = Acts { caller_leaves: true, ..Acts::default() };
    let trouble = Trouble { hang_ups: false, delays: false, ..Trouble::ALL };
    let line = LinePlan { before: Before::Lookup, ..one_call(1, Screen::None) };
    Plan::new("a lookup first, one trouble, every order", &line, acts, trouble)
});

static MAILBOX_LAST: Kept = Kept::new(|| {
    let acts = Acts { caller_leaves: true, busy: true, ..Acts::default() };
    let trouble = Trouble { hang_ups: false, delays: false, ..Trouble::ALL };
    let line = LinePlan { before: Before::AndThenMailbox, ..one_call(1, Screen::None) };
    Plan::new("a mailbox last, one trouble, every order", &line, acts, trouble)
});

static QUEUE: Kept = Kept::new(|| {
    let acts = Acts { caller_leaves: true, declines: true, in_order: true, ..Acts::default() };
    let line = LinePlan { before: Before::Queue, ..one_call(1, Screen::Key) };
    Plan::new("a queue, one trouble", &line, acts, Trouble::ALL)
});

static QUEUE_OF_TWO: Kept = Kept::new(|| {
    let acts = Acts { in_order: true, ..Acts::default() };
    let line = LinePlan { calls: 2, before: Before::Queue, ..one_call(1, Screen::None) };
    Plan::new("two callers in a queue", &line, acts, Trouble::default())
});

static TWO_CALLERS: Kept = Kept::new(|| {
    let acts = Acts { busy: true, in_order: true, ..Acts::default() };
    let line = LinePlan { calls: 2, ..one_call(3, Screen::None) };
    Plan::new("two callers, three people", &line, acts, Trouble::default())
});

static TWO_CALLERS_IN_TROUBLE: Kept = Kept::new(|| {
    let acts = Acts { caller_leaves: true, in_order: true, ..Acts::default() };
    let line = LinePlan { calls: 2, ..one_call(1, Screen::None) };
    Plan::new("two callers, one person, one trouble", &line, acts, Trouble::ALL)
});

static ALL: [&Kept; 16] = [
    &ONE_PHONE,
    &THREE_PHONES,
    &THREE_PHONES_IN_TROUBLE,
    &KEYS,
    &MAILBOXES,
    &NETWORK_RINGS,
    &WORDS_FIRST,
    &MENU_FIRST,
    &FORWARD_FIRST,
    &FORWARD_WITH_KEY,
    &LOOKUP_FIRST,
    &MAILBOX_LAST,
    &QUEUE,
    &QUEUE_OF_TWO,
    &TWO_CALLERS,
    &TWO_CALLERS_IN_TROUBLE,
];

fn one_call(people: usize, screen: Screen) -> LinePlan {
    LinePlan { calls: 1, people, screen, ringback: Ringback::Tone, passes: 1, before: Before::Nothing }
}

impl Kept {
    const fn new(plan: fn() -> Plan) -> Self {
        Self { plan, walked: OnceLock::new() }
    }

    fn walked(&self) -> &Walked {
        self.walked.get_or_init(|| walk(Box::leak(Box::new((self.plan)()))))
    }
}

fn keeps_every_promise(kept: &Kept) {
    let walked = kept.walked();
    println!("{walked}");
    if let Some(broken) = &walked.broken {
        panic!("not kept: {}\n{}", broken.promise, broken.path.join("\n"));
    }
}

/// What a walk finds if something is broken on purpose: the promise, and how many steps lead there.
fn found(rule: Rule, line: &LinePlan) -> (&'static str, usize) {
    let acts = Acts { busy: true, ..Acts::default() };
    let mut plan = Plan::new("broken on purpose", line, acts, Trouble::default());
    plan.rule = rule;
    let broken = walk(Box::leak(Box::new(plan))).broken.expect("something is broken");
    println!("{}\n{}", broken.promise, broken.path.join("\n"));
    (broken.promise, broken.steps)
}

fn number<N: FromStr<Err: Debug>>(variable: &str) -> Option<N> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some()
}
