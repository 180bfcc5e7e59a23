//! Lines on which more happens than ringing and words: a share of the storms has menus, hours, tiers, outside numbers and
//! refusals.

use fastrand::Rng;

use super::{
    draw::{chance, does, pick},
    flow::{Forward, Hours, Menu, Press, Step, Tier},
    plan::{Net, Plan},
};

/// What is drawn here has nothing to do with what is drawn elsewhere from the same seed.
const SALT: u64 = 0x466c_6f77_0000_0000;
/// So many of a hundred storms.
const SHARE: u32 = 25;
/// So many of a hundred lines of such a storm.
const LINES: u32 = 80;
/// So many of a hundred have a bad way from the carrier to the program, besides those that are bent to it.
const BAD_WAYS: u32 = 20;
/// The prompt of a menu takes so long at the usual pace.
const PROMPT_MS: u64 = 1142;

/// Gives a share of the storms such lines; the others stay as they are.
pub fn stir(seed: u64, plan: &mut Plan) {
    let mut rng = Rng::with_seed(seed ^ SALT);
    let rng = &mut rng;
    if !chance(rng, SHARE) {
        return;
    }
    // A trial account can do next to nothing of this (carrier contract §11).
    if plan.switches.get("profile") == Some(&1) {
        plan.switches.remove("profile");
    }
    plan.outside = (0..rng.usize(1..=3)).map(|_| does(rng)).collect();
    let (groups, outside) = (plan.groups.len(), plan.outside.len());
    for line in &mut plan.lines {
        if chance(rng, LINES) {
            line.steps = steps(rng, groups, outside);
        }
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
        caller.presses = (0..rng.usize(..=4)).map(|_| press(rng)).collect();
    }
}

fn steps(rng: &mut Rng, groups: usize, outside: usize) -> Vec<Step> {
    let count = rng.usize(1..=6);
    (0..count).map(|at| step(rng, at, count, groups, outside)).collect()
}

/// One step at this place of a line with so many.
pub(super) fn step(rng: &mut Rng, at: usize, count: usize, groups: usize, outside: usize) -> Step {
    let onwards = |rng: &mut Rng| rng.usize(at + 1..=count);
    match rng.u32(..100) {
        0..=24 => Step::Menu(menu(rng, at, count)),
        25..=49 => Step::Forward(Forward {
            to: rng.usize(..outside),
            found: false,
            ring_for: rng.u64(10..=40),
            key: rng.bool(),
            whisper: chance(rng, 30),
            show_caller: chance(rng, 40),
            busy: onwards(rng),
            no_answer: onwards(rng),
            failed: onwards(rng),
            canceled: onwards(rng),
            done: chance(rng, 30).then(|| onwards(rng)),
        }),
        50..=62 => {
            let opens = rng.u64(..4);
            Step::Hours(Hours { opens, closes: opens + rng.u64(1..=4), closed: onwards(rng) })
        }
        63..=77 => Step::Ring(rng.usize(..groups)),
        78..=89 => Step::Tiers(tiers(rng, groups)),
        90..=97 => Step::Say,
        _ => Step::Reject,
    }
}

fn menu(rng: &mut Rng, at: usize, count: usize) -> Menu {
    let mut keys: Vec<(String, usize)> = Vec::new();
    for choice in ["1", "2", "3", "12", "21", "*", "#"] {
        if keys.is_empty() || chance(rng, 35) {
            let to = if chance(rng, 80) { rng.usize(at + 1..=count) } else { rng.usize(..=count) };
            keys.push((choice.to_owned(), to));
        }
    }
    Menu {
        keys,
        repeats: rng.u64(..=2),
        pause: rng.u64(1..=5),
        no_input: rng.usize(at + 1..=count),
        wrong_key: rng.usize(at + 1..=count),
    }
}

fn tiers(rng: &mut Rng, groups: usize) -> Vec<Tier> {
    let mut after = 0;
    let count = rng.usize(2..=3);
    (0..count)
        .map(|nth| {
            let tier = Tier { ring: rng.usize(..groups), after, alone: nth > 0 && chance(rng, 40) };
            after += rng.u64(1..=15);
            tier
        })
        .collect()
}

fn press(rng: &mut Rng) -> Press {
    let keys = pick(rng, &["1", "1", "1", "2", "3", "12", "1#", "*", "#", "7", "99", "", ""]).to_owned();
    // Some press in the very moment in which the menu stops to listen.
    let last_moment = PROMPT_MS + 1000 * rng.u64(1..=5);
    Press { keys, thinks: pick(rng, &[0, 500, 1500, 3000, 6000, 12_000, last_moment, last_moment]) }
}
