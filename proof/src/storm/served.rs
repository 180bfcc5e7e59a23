//! Lines on which callers wait in queues, leave messages and are asked about: a share of the storms has them, mixed with
//! everything else.

use fastrand::Rng;

use super::{
    desk::{NONSENSE, UNKNOWN},
    draw::{chance, does, pick},
    flow::{Answer, Branch, Forward, Lookup, Press, Queue, Step, Told, Voicemail},
    flows,
    plan::{Absence, Caller, Line, Net, Plan, Says, Then},
};

/// What is drawn here has nothing to do with what is drawn elsewhere from the same seed.
const SALT: u64 = 0x5365_7276_6564_0000;
/// So many of a hundred storms.
const SHARE: u32 = 25;
/// So many of a hundred lines of such a storm.
const LINES: u32 = 85;
/// So many of a hundred have a bad way from the carrier to the program, besides those that have one anyway.
const BAD_WAYS: u32 = 20;
/// In so many of a hundred somebody goes away.
const AWAY: u32 = 30;
/// So many tiers there are.
const TIERS: usize = 3;

/// What steps may name.
struct Names {
    groups: usize,
    people: usize,
    outside: usize,
}

/// Gives a share of the storms such lines; the others stay as they are.
pub fn stir(seed: u64, plan: &mut Plan) {
    let mut rng = Rng::with_seed(seed ^ SALT);
    let rng = &mut rng;
    if !chance(rng, SHARE) {
        return;
    }
    // A trial account ends calls after ten documents (carrier contract §11).
    if plan.switches.get("profile") == Some(&1) {
        plan.switches.remove("profile");
    }
    while plan.outside.len() < 2 {
        plan.outside.push(does(rng));
    }
    let names = Names { groups: plan.groups.len(), people: plan.people.len(), outside: plan.outside.len() };
    let lines = plan.lines.len();
    for line in &mut plan.lines {
        if chance(rng, LINES) {
            line.steps = steps(rng, &names);
        }
        by_dial(rng, line);
    }
    // Queues are one if they are of one group: often all of them are.
    if rng.bool() {
        let group = rng.usize(..names.groups);
        for step in plan.lines.iter_mut().flat_map(|line| &mut line.steps) {
            if let Step::Queue(queue) = step {
                queue.ring = group;
            }
        }
    }
    plan.answers = (0..rng.usize(1..=6)).map(|_| answer(rng, &names, lines)).collect();
    if chance(rng, AWAY) {
        plan.absences = (0..rng.usize(1..=4)).map(|_| absence(rng, plan)).collect();
    }
    if plan.net == Net::default() && chance(rng, BAD_WAYS) {
        plan.net = Net { jostle: rng.u32(1..=3), ..Net::default() };
        match rng.u32(..3) {
            0 => plan.net.late = 400,
            1 => plan.net.breaks = rng.u32(50..=300),
            _ => {}
        }
    }
    for caller in &mut plan.callers {
        acts(rng, caller, plan.lines.get(caller.line));
    }
}

fn absence(rng: &mut Rng, plan: &Plan) -> Absence {
    let phone = plan.people[rng.usize(..plan.people.len())].phone;
    Absence { phone, from: rng.u64(..120_000), lasts: rng.u64(1000..180_000) }
}

/// Where the carrier itself rings groups, no tiers may stand.
fn by_dial(rng: &mut Rng, line: &mut Line) {
    let tiers = line.steps.iter().any(|step| matches!(step, Step::Tiers(_)));
    line.by_dial = !tiers && chance(rng, 20);
}

fn acts(rng: &mut Rng, caller: &mut Caller, line: Option<&Line>) {
    let keys: Vec<char> = line.into_iter().flat_map(|line| &line.steps).filter_map(key_that_leaves).collect();
    if caller.presses.is_empty() {
        let press = |rng: &mut Rng| Press {
            keys: match keys.first() {
                Some(key) if rng.bool() => key.to_string(),
                Some(_) | None => pick(rng, &["1", "1", "5", "5", "2", ""]).to_owned(),
            },
            thinks: pick(rng, &[0, 300, 1142, 2142, 5000, 12_000]),
        };
        caller.presses = (0..rng.usize(..=6)).map(|_| press(rng)).collect();
    }
    let says = |rng: &mut Rng| Says {
        after: pick(rng, &[0, 300, 1500, 4000]),
        length: pick(rng, &[0, 200, 1000, 5000, 20_000, 60_000]),
        then: pick(rng, &[Then::Waits, Then::Waits, Then::Presses, Then::HangsUp]),
    };
    caller.says = (0..rng.usize(..=3)).map(|_| says(rng)).collect();
}

fn key_that_leaves(step: &Step) -> Option<char> {
    if let Step::Queue(queue) = step { queue.leave.map(|(key, _)| key) } else { None }
}

fn steps(rng: &mut Rng, names: &Names) -> Vec<Step> {
    let count = rng.usize(1..=6);
    (0..count).map(|at| step(rng, at, count, names)).collect()
}

fn step(rng: &mut Rng, at: usize, count: usize, names: &Names) -> Step {
    let onwards = |rng: &mut Rng| rng.usize(at + 1..=count);
    match rng.u32(..100) {
        0..=34 => Step::Queue(queue(rng, at, count, names)),
        35..=49 => Step::Voicemail(Voicemail {
            notify: (0..names.people).filter(|_| chance(rng, 40)).collect(),
            silence: rng.u64(2..=6),
            longest: rng.u64(5..=40),
            keyless: chance(rng, 20),
            done: chance(rng, 60).then(|| onwards(rng)),
        }),
        50..=64 => Step::Lookup(Lookup {
            always: rng.bool(),
            found: onwards(rng),
            not_found: onwards(rng),
            failed: onwards(rng),
        }),
        65..=72 => {
            let tiers: Vec<_> = (0..TIERS).filter(|tier| *tier == 0 || rng.bool()).collect();
            let cases = tiers.into_iter().map(|tier| (tier, onwards(rng))).collect();
            Step::Branch(Branch { cases, otherwise: onwards(rng) })
        }
        73..=77 => Step::Language,
        78..=82 => Step::Forward(Forward {
            to: 0,
            found: true,
            ring_for: rng.u64(10..=40),
            key: rng.bool(),
            whisper: false,
            show_caller: false,
            busy: onwards(rng),
            no_answer: onwards(rng),
            failed: onwards(rng),
            canceled: onwards(rng),
            done: chance(rng, 30).then(|| onwards(rng)),
        }),
        _ => flows::step(rng, at, count, names.groups, names.outside),
    }
}

fn queue(rng: &mut Rng, at: usize, count: usize, names: &Names) -> Queue {
    let onwards = |rng: &mut Rng| rng.usize(at + 1..=count);
    Queue {
        ring: rng.usize(..names.groups),
        offer_for: rng.u64(5..=25),
        wrap_up: pick(rng, &[0, 0, 5, 30, 60]),
        max_wait: if rng.bool() { rng.u64(10..=60) } else { rng.u64(40..=240) },
        most: if chance(rng, 30) { rng.usize(1..=3) } else { 0 },
        announce: pick(rng, &[0, 15, 15, 30]),
        leave: chance(rng, 60).then(|| {
            let to = if chance(rng, 85) { onwards(rng) } else { rng.usize(..=count) };
            (pick(rng, &['1', '5', '*', '#']), to)
        }),
        too_long: onwards(rng),
        full: onwards(rng),
        nobody: onwards(rng),
    }
}

fn answer(rng: &mut Rng, names: &Names, lines: usize) -> Answer {
    // Some come in the moment in which they are too late.
    let after = pick(rng, &[0, 0, 300, 900, 1900, 2000, 2100]);
    match rng.u32(..20) {
        0..=8 => Answer::Knows {
            tier: chance(rng, 70).then(|| rng.usize(..=TIERS)),
            phone: chance(rng, 70).then(|| match rng.u32(..10) {
                0..=6 => Told::Outside(rng.usize(..names.outside)),
                7 => Told::Line(rng.usize(..lines)),
                8 => Told::Abroad,
                _ => Told::Nonsense,
            }),
            after,
        },
        9..=12 => Answer::Unknown { how: rng.usize(..UNKNOWN), after },
        13..=15 => Answer::Nonsense(rng.usize(..NONSENSE)),
        16 => Answer::Down,
        17 => Answer::Breaks,
        18 => Answer::Hangs,
        _ => Answer::Trickles,
    }
}
