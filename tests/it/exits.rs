//! Every exit of every kind of step, taken by a call. That none is missing is not left to whoever reads this: the exits
//! are those that the program knows of its own steps, and a kind of step that is not played here does not compile.

use std::{collections::BTreeSet, fmt::Write as _};

use ringall::simulator::{Caller, Character, Human, Status};
use ringall_core::{flow::Step, roster::Presence};

use crate::support::{
    Stage, World, conversations,
    crm::{Crm, Manner, SECRET},
    number, seconds,
    stage::Setup,
};

conversations! {
    anywhere: [],
    virtual_time: [
        every_exit_of_every_step_is_taken_by_a_call,
        steps_without_an_exit_end_the_call_as_they_should,
    ],
}

/// One kind of step, as the step `tried` of a line, and a call for each of its exits.
pub(crate) struct Tried {
    /// As in [`kind`].
    pub(crate) kind: &'static str,
    /// The table of the step, and what it needs.
    pub(crate) tables: &'static str,
    /// Each exit as the program calls it, and what makes a call take it.
    pub(crate) exits: &'static [(&'static str, Act)],
    /// The step where calls begin.
    start: &'static str,
}

impl Tried {
    const fn new(kind: &'static str, tables: &'static str, exits: &'static [(&'static str, Act)]) -> Self {
        Self { kind, tables, exits, start: "tried" }
    }

    /// The user's own server is asked before.
    const fn behind_lookup(self) -> Self {
        Self { start: "who", ..self }
    }
}

/// What happens in a call.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// The caller waits.
    Waits,
    /// The caller presses these keys, as soon as they hear a word.
    Presses(&'static str),
    /// The call comes at this moment.
    ComesAt(&'static str),
    /// Whom the number belongs to that is dialled for the caller.
    Office(fn() -> Character),
    /// Somebody calls off the number that is dialled for the caller.
    CallsOff,
    /// The caller presses the key that leaves the queue.
    LeavesQueue,
    /// Somebody else waits already.
    ComesSecond,
    /// Everybody is away.
    NobodyIsThere,
    /// The user's own server says this of the caller.
    IsKnown(&'static str),
}

/// The number that is dialled for callers.
pub(crate) const OFFICE: &str = "+441632960777";

pub(crate) const TRIED: &[Tried] = &[
    Tried::new("ring", r#"tried = { ring = "organisers", nobody = "to-nobody" }"#, &[("nobody", Act::Waits)]),
    Tried::new("say", r#"tried = { say = "Welcome.", next = "to-next" }"#, &[("next", Act::Waits)]),
    Tried::new("goto", r#"tried = { goto = "to-next" }"#, &[("next", Act::Waits)]),
    Tried::new(
        "hours",
        r#"
            tried = { hours = "day", open = "to-open", closed = "to-closed" }
            [hours.day]
            zone = "UTC"
            mon-sun = ["09:00-17:00"]
        "#,
        &[("open", Act::ComesAt("2026-01-08T09:00Z")), ("closed", Act::ComesAt("2026-01-08T17:00Z"))],
    ),
    Tried::new(
        "menu",
        r#"
            [steps.tried]
            menu = "Please choose."
            keys = { 1 = "to-1", 23 = "to-23", "*" = "to-star" }
            no_input = "to-no_input"
            wrong_key = "to-wrong_key"
        "#,
        &[
            ("1", Act::Presses("1")),
            ("23", Act::Presses("23")),
            ("*", Act::Presses("*")),
            ("no_input", Act::Waits),
            ("wrong_key", Act::Presses("999")),
        ],
    ),
    Tried::new(
        "forward",
        r#"
            [steps.tried]
            forward = "+441632960777"
            busy = "to-busy"
            no_answer = "to-no_answer"
            failed = "to-failed"
            canceled = "to-canceled"
            done = "to-done"
        "#,
        &[
            ("busy", Act::Office(|| Character::Busy)),
            ("no_answer", Act::Office(|| Character::RingsOut)),
            ("failed", Act::Office(|| Character::Off)),
            ("canceled", Act::CallsOff),
            ("done", Act::Office(talks)),
        ],
    ),
    Tried::new(
        "queue",
        r#"
            [steps.tried]
            queue = "organisers"
            max_wait = "30s"
            max_waiting = 1
            gave_up = "to-gave_up"
            too_long = "to-too_long"
            full = "to-full"
            nobody = "to-nobody"
        "#,
        &[
            ("gave_up", Act::LeavesQueue),
            ("too_long", Act::Waits),
            ("full", Act::ComesSecond),
            ("nobody", Act::NobodyIsThere),
        ],
    ),
    Tried::new("hangup", "tried = { hangup = true }", &[]),
    Tried::new("reject", r#"tried = { reject = "busy" }"#, &[]),
    Tried::new("hand over", r#"tried = { goto = "https://elsewhere.example.org/voice" }"#, &[]),
    Tried::new("language", r#"tried = { language = "de", next = "to-next" }"#, &[("next", Act::Waits)]),
    Tried::new(
        "voicemail",
        r#"tried = { voicemail = "Please leave a message.", notify = ["p0"], done = "to-done" }"#,
        &[("done", Act::Waits)],
    ),
    Tried::new(
        "lookup",
        r#"
            [steps.tried]
            lookup = "crm"
            found = "to-found"
            not_found = "to-not_found"
            failed = "to-failed"
        "#,
        &[
            ("found", Act::IsKnown(r#"{"tier":"gold"}"#)),
            ("not_found", Act::IsKnown("{}")),
            ("failed", Act::IsKnown("nonsense")),
        ],
    ),
    Tried::new(
        "branch",
        r#"
            [steps.who]
            lookup = "crm"
            found = "tried"
            [steps.tried]
            branch = "tier"
            cases = { gold = "to-gold" }
            otherwise = "to-otherwise"
        "#,
        &[("gold", Act::IsKnown(r#"{"tier":"gold"}"#)), ("otherwise", Act::IsKnown(r#"{"tier":"tin"}"#))],
    )
    .behind_lookup(),
    Tried::new(
        "forward to a found number",
        r#"
            [steps.who]
            lookup = "crm"
            found = "tried"
            [steps.tried]
            forward = "{lookup.phone}"
            countries = ["44"]
            busy = "to-busy"
            no_answer = "to-no_answer"
            failed = "to-failed"
            canceled = "to-canceled"
            done = "to-done"
        "#,
        &[
            ("busy", Act::Office(|| Character::Busy)),
            ("no_answer", Act::Office(|| Character::RingsOut)),
            ("failed", Act::IsKnown(r#"{"phone":"+4930123456"}"#)),
            ("canceled", Act::CallsOff),
            ("done", Act::Office(talks)),
        ],
    )
    .behind_lookup(),
];

/// Picks up, talks for a moment, and hangs up.
fn talks() -> Character {
    Character::Human(Human { talks_for: Some(seconds(5)), ..Human::after(seconds(2)) })
}

/// What kind a step is of, so that every new kind has to be named here, and then to be played above.
fn kind(step: &Step) -> &'static str {
    let kinds = KINDS;
    match step {
        Step::Ring { .. } => kinds[0],
        Step::Say { .. } => kinds[1],
        Step::HangUp => kinds[2],
        Step::Hours { .. } => kinds[3],
        Step::Menu(_) => kinds[4],
        Step::GoTo { .. } => kinds[5],
        Step::Reject { .. } => kinds[6],
        Step::HandOver { .. } => kinds[7],
        Step::Forward(_) => kinds[8],
        Step::Queue(_) => kinds[9],
        Step::Lookup(_) => kinds[10],
        Step::Branch(_) => kinds[11],
        Step::ForwardToFound(_) => kinds[12],
        Step::Language { .. } => kinds[13],
        Step::Voicemail(_) => kinds[14],
    }
}

/// In the order of [`kind`].
const KINDS: [&str; 15] = [
    "ring",
    "say",
    "hangup",
    "hours",
    "menu",
    "goto",
    "reject",
    "hand over",
    "forward",
    "queue",
    "lookup",
    "branch",
    "forward to a found number",
    "language",
    "voicemail",
];

async fn every_exit_of_every_step_is_taken_by_a_call(stage: Stage) {
    let played: BTreeSet<_> = TRIED.iter().map(|tried| tried.kind).collect();
    assert_eq!(played, BTreeSet::from(KINDS), "each kind of step is played");

    for tried in TRIED {
        let known = exits_of(tried);
        let played: BTreeSet<_> = tried.exits.iter().map(|(exit, _)| (*exit).to_owned()).collect();
        assert_eq!(played, known, "each exit of `{}` is played", tried.kind);
        for (exit, act) in tried.exits {
            let taken = play(stage, tried, *act, FINE).await;
            assert_eq!(taken, [format!("the caller hears: {}", words(exit))], "`{}` is left by `{exit}`", tried.kind);
        }
    }
}

/// The exits of a step as the program knows them.
fn exits_of(tried: &Tried) -> BTreeSet<String> {
    let config = setup(Stage::VirtualTime, tried).read();
    let line = config.lines.values().next().expect("a line");
    let steps: Vec<_> = line.flow.steps().iter().filter(|named| &*named.name == "tried").collect();
    assert!(steps.iter().all(|named| kind(&named.step) == tried.kind), "{steps:?} is no `{}`", tried.kind);
    steps.iter().flat_map(|named| named.step.exits()).map(|(exit, _)| exit.name().to_owned()).collect()
}

/// The hotline whose calls come to the step that is tried.
pub(crate) fn setup(stage: Stage, tried: &Tried) -> Setup {
    let lookup = format!("[lookups.crm]\nurl = \"https://crm.example.org/who\"\nsecret = \"{SECRET}\"");
    let group = "screen = \"key\"\nring_for = \"5s\"";
    let line = format!("start = \"{}\"", tried.start);
    stage.hotline().group(group).line(&line).more(&format!("{}\n{lookup}", tables(tried))).top(ALLOWED)
}

/// What the user's own server says of callers, unless a call is about that.
pub(crate) const KNOWN: &str = r#"{"phone":"+441632960777"}"#;

/// What kind of day it is at the carrier, and before the program's door.
#[derive(Clone, Copy)]
pub(crate) struct Weather {
    pub(crate) setup: fn(Setup) -> Setup,
    pub(crate) door: fn(&World),
    /// The carrier's debugger tells of it.
    pub(crate) is_wet: bool,
}

/// Nothing goes wrong.
pub(crate) const FINE: Weather = Weather { setup: |setup| setup, door: |_| {}, is_wet: false };

/// Plays one call; what its caller heard at the steps that it came to after the one that is tried.
pub(crate) async fn play(stage: Stage, tried: &Tried, act: Act, weather: Weather) -> Vec<String> {
    let crm = Crm::default();
    let known = if let Act::IsKnown(answer) = act { answer } else { KNOWN };
    crm.will(Manner::Says(known));
    let mut setup = setup(stage, tried).crm(&crm);
    if let Act::ComesAt(moment) = act {
        setup = setup.begins(moment);
    }
    let mut world = (weather.setup)(setup).open().await;
    (weather.door)(&world);
    let office = match act {
        Act::Office(character) => character(),
        Act::Waits
        | Act::Presses(_)
        | Act::ComesAt(_)
        | Act::CallsOff
        | Act::LeavesQueue
        | Act::ComesSecond
        | Act::NobodyIsThere
        | Act::IsKnown(_) => Character::Manual,
    };
    let office = world.carrier.add_phone("Office", number(OFFICE), office);

    let before = come_before(&world, act).await;
    let caller = world.call();
    match act {
        Act::Waits | Act::ComesAt(_) | Act::Office(_) | Act::ComesSecond | Act::NobodyIsThere | Act::IsKnown(_) => {}
        Act::LeavesQueue => {
            caller.until_hears_recording("ringback").await;
            caller.press('1');
        }
        Act::Presses(keys) => press(&world, &caller, keys).await,
        Act::CallsOff => {
            office.until_rings().await;
            assert_eq!(world.end_leg(&office.sid().expect("a leg")).await, 200);
        }
    }
    caller.until_hears(WAY).await;
    caller.until_ends().await;
    if let Some(before) = before {
        before.hang_up();
    }

    let heard = world.told_with(WAY);
    if weather.is_wet {
        world.finish_despite_warnings().await;
    } else {
        world.finish().await;
    }
    heard
}

/// What has happened when the call comes in; who waits already.
async fn come_before(world: &World, act: Act) -> Option<Caller> {
    match act {
        Act::ComesSecond => {
            let before = world.call_from("+441632960998");
            before.until_hears_recording("ringback").await;
            Some(before)
        }
        Act::NobodyIsThere => {
            for phone in world.phones(["Ana", "Ben"]) {
                world.program.service.switchboard.set_presence(phone.number(), Presence::Away);
            }
            None
        }
        Act::Waits
        | Act::Presses(_)
        | Act::ComesAt(_)
        | Act::Office(_)
        | Act::CallsOff
        | Act::LeavesQueue
        | Act::IsKnown(_) => None,
    }
}

/// Presses one key after the other. After one that is no choice the menu is heard again, except after the last.
async fn press(world: &World, caller: &Caller, keys: &str) {
    caller.until_hears("Please choose.").await;
    for (nth, key) in keys.chars().enumerate() {
        if nth > 0 && key == WRONG {
            caller.until_hears_again("Please choose.").await;
        }
        caller.press(key);
        world.settle().await;
    }
}

/// A key that no option of the menu has.
const WRONG: char = '9';

/// The tables of the step that is tried, and a step for each of its exits.
pub(crate) fn tables(tried: &Tried) -> String {
    let mut tables = if tried.tables.contains("[steps.tried]") {
        tried.tables.to_owned()
    } else {
        format!("[steps]\n{}", tried.tables.trim_start())
    };
    for (exit, _) in tried.exits {
        let _ = write!(tables, "\n[steps.{}]\nsay = \"{}\"", target(exit), words(exit));
    }
    tables
}

/// The step that an exit leads to.
fn target(exit: &str) -> String {
    format!("to-{}", exit.replace('*', "star"))
}

/// What is said at that step, and at no other.
pub(crate) fn words(exit: &str) -> String {
    format!("{WAY} {exit}.")
}

const WAY: &str = "This is the way of";

/// What the steps may hand callers over to.
const ALLOWED: &str = "allowed_urls = [\"https://elsewhere.example.org/\"]";

async fn steps_without_an_exit_end_the_call_as_they_should(stage: Stage) {
    for (tables, ends) in [
        ("hangup = \"Good bye.\"", Status::Completed),
        ("reject = \"busy\"", Status::Busy),
        ("reject = \"not in service\"", Status::NoAnswer),
    ] {
        let world = stage.hotline().line("start = \"tried\"").more(&format!("[steps.tried]\n{tables}")).open().await;

        let caller = world.call();

        assert_eq!(caller.until_ends().await, ends, "{tables}");
        world.finish().await;
    }
}
