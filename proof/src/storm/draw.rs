//! Draws a plan from a seed: from a quiet day to a very bad one.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::{
    flows,
    plan::{Caller, Does, Group, Hand, Leaves, Line, Mishaps, Person, Plan, Screen, Step, Stop, Terms},
    positions::{FIRST, SWITCHES},
    rare, served, terms,
};

/// The storm of this seed.
pub fn plan(seed: u64) -> Plan {
    let mut plan = common(seed);
    rare::stir(seed, &mut plan);
    flows::stir(seed, &mut plan);
    served::stir(seed, &mut plan);
    terms::stir(seed, &mut plan);
    plan
}

/// As they come: most storms are nothing more.
fn common(seed: u64) -> Plan {
    let mut rng = Rng::with_seed(seed ^ 0x5707_2a11_0000_0000);
    let rng = &mut rng;
    let lines = 1 + few(rng, 5);
    let people = people(rng);
    let groups: Vec<Group> = (0..=few(rng, 3)).map(|_| group(rng, &people)).collect();
    let lines: Vec<Line> = (0..lines).map(|_| line(rng, groups.len())).collect();
    let callers = callers(rng, lines.len());
    let last = callers.iter().map(|caller| caller.at).max().unwrap_or(0);
    Plan {
        dice: rng.u64(..),
        mishaps: mishaps(rng),
        switches: switches(rng),
        stops: stops(rng, last),
        cps: pick(rng, &[0, 0, 0, 1, 2, 5, 20]),
        concurrent: if chance(rng, 10) { rng.u32(2..=8) } else { 0 },
        lines,
        groups,
        people,
        callers,
        ..Plan::default()
    }
}

/// Which of two things a hundred throws bring so often.
pub(super) fn chance(rng: &mut Rng, percent: u32) -> bool {
    rng.u32(..100) < percent
}

/// Up to `most`, and seldom many.
fn few(rng: &mut Rng, most: usize) -> usize {
    let one = rng.usize(..=most);
    one.min(rng.usize(..=most))
}

pub(super) fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())]
}

fn people(rng: &mut Rng) -> Vec<Person> {
    let phones = 1 + rng.usize(..6) + few(rng, 6);
    // Humans who press at once, or everybody as they come.
    let eager = chance(rng, 20);
    let mut people: Vec<_> = (0..phones)
        .map(|phone| Person { phone, does: if eager && rng.bool() { eager_human(rng) } else { does(rng) } })
        .collect();
    // The same telephone under a second name.
    if chance(rng, 20) && phones < 12 {
        let again = people[rng.usize(..phones)].clone();
        people.push(again);
    }
    people
}

fn eager_human(rng: &mut Rng) -> Does {
    Does::Answers(Hand { after: rng.u64(..3000), keys: "1".to_owned(), thinks: rng.u64(..800), ..Hand::default() })
}

pub(super) fn does(rng: &mut Rng) -> Does {
    let after = match rng.u32(..4) {
        0 => rng.u64(..2000),
        1 | 2 => rng.u64(500..12_000),
        _ => rng.u64(5000..30_000),
    };
    match rng.u32(..20) {
        0..=8 => Does::Answers(hand(rng, after)),
        9 | 10 => Does::Mailbox { after: rng.u64(4000..=25_000), greeting: rng.u64(3000..=12_000) },
        11..=13 => {
            let owner = chance(rng, 60).then(|| hand(rng, after));
            Does::Screens { after: rng.u64(..=1000), owner }
        }
        14 => Does::Busy,
        15 => Does::Off,
        16 | 17 => Does::Declines { after, mailbox: rng.bool().then(|| rng.u64(3000..=12_000)) },
        _ => Does::RingsOut,
    }
}

fn hand(rng: &mut Rng, after: u64) -> Hand {
    Hand {
        after,
        keys: pick(rng, &["1", "1", "1", "5", "*1", "#0", "9", "*9", "", "*"]).to_owned(),
        thinks: pick(rng, &[0, 300, 1500, 4000, 9000, 18_000]),
        together: chance(rng, 25),
        leaves: match rng.u32(..10) {
            0 => Some(rng.u64(..1500)),
            1 => Some(rng.u64(500..12_000)),
            2 => Some(rng.u64(5000..60_000)),
            _ => None,
        },
        talks: match rng.u32(..10) {
            0 => Some(rng.u64(..500)),
            1 | 2 => Some(rng.u64(500..5000)),
            3 | 4 => Some(rng.u64(5000..60_000)),
            _ => None,
        },
    }
}

fn group(rng: &mut Rng, people: &[Person]) -> Group {
    let mut members: Vec<usize> = Vec::new();
    let wanted = 1 + rng.usize(..people.len().min(8));
    for _ in 0..wanted {
        let person = rng.usize(..people.len());
        if !members.iter().any(|member| people[*member].phone == people[person].phone) {
            members.push(person);
        }
    }
    let ring_for = if rng.bool() { rng.u64(5..=20) } else { rng.u64(15..=60) };
    Group {
        members,
        screen: pick(rng, &[Screen::Amd, Screen::Amd, Screen::Key, Screen::Key, Screen::AmdAndKey, Screen::None]),
        ring_for,
        phone_for: rng.u64(5..=40).min(ring_for),
        wait_for: pick(rng, &[0, 0, 5, 15, 30, 60, 90]),
        passes: if chance(rng, 30) { rng.u32(2..=4) } else { 1 },
        ring_busy: chance(rng, 15),
    }
}

fn line(rng: &mut Rng, groups: usize) -> Line {
    let any_group = |rng: &mut Rng| Step::Ring(rng.usize(..groups));
    let mut steps = Vec::new();
    if chance(rng, 20) {
        steps.push(Step::Say);
    }
    steps.push(any_group(rng));
    if chance(rng, 25) {
        if rng.bool() {
            steps.push(Step::Say);
        }
        steps.push(any_group(rng));
    }
    Line {
        steps,
        by_carrier: chance(rng, 40),
        most: if chance(rng, 10) { rng.u32(1..=6) } else { 0 },
        most_of_one: if chance(rng, 15) { rng.u32(1..=2) } else { 0 },
        by_dial: false,
        terms: Terms::default(),
    }
}

fn callers(rng: &mut Rng, lines: usize) -> Vec<Caller> {
    let count = match rng.u32(..10) {
        0 => 1,
        1..=3 => rng.usize(2..=5),
        4..=8 => rng.usize(5..=15),
        _ => rng.usize(15..=30),
    };
    let spread = pick(rng, &[1, 500, 10_000, 60_000, 180_000]);
    let mut callers: Vec<Caller> = Vec::new();
    for nth in 0..count {
        let from = match rng.u32(..20) {
            0 => 0,
            1 | 2 if nth > 0 => callers[rng.usize(..nth)].from,
            _ => nth + 1,
        };
        callers.push(Caller {
            at: rng.u64(..spread),
            line: rng.usize(..lines),
            from,
            leaves: leaves(rng),
            talks: talks(rng),
            presses: Vec::new(),
            says: Vec::new(),
        });
    }
    callers
}

fn leaves(rng: &mut Rng) -> Leaves {
    let soon = if rng.bool() { rng.u64(..300) } else { rng.u64(..6000) };
    match rng.u32(..20) {
        0..=7 => Leaves::Never,
        8 => Leaves::Called(rng.u64(..600)),
        9 | 10 => Leaves::Called(rng.u64(..14_000)),
        11 | 12 => Leaves::Called(rng.u64(5000..120_000)),
        13 => Leaves::PickedUp(0),
        14 | 15 => Leaves::PickedUp(soon),
        16 => Leaves::Joined(0),
        17 => Leaves::Joined(soon),
        _ => Leaves::Words(soon),
    }
}

fn talks(rng: &mut Rng) -> u64 {
    match rng.u32(..40) {
        0 => rng.u64(600_000..1_300_000),
        1..=4 => rng.u64(..1000),
        5..=15 => rng.u64(1000..10_000),
        _ => rng.u64(5000..90_000),
    }
}

fn mishaps(rng: &mut Rng) -> Mishaps {
    let (likely, part) = match rng.u32(..10) {
        0..=2 => return Mishaps::default(),
        3..=6 => (25, 4),
        _ => (60, 1),
    };
    let mut rate = |most: u32| if chance(rng, likely) { 1 + rng.u32(..most / part) } else { 0 };
    let mut mishaps = Mishaps {
        callback_lost: rate(300),
        callback_twice: rate(500),
        callback_late: rate(700),
        connect_failed: rate(100),
        rest_refused: rate(200),
        rest_reset: rate(100),
        rest_answer_lost: rate(100),
        rest_hang: rate(50),
        wrong_verdict: rate(150),
        ..Mishaps::default()
    };
    let mut delay = |most: u64| if chance(rng, likely) { 1 + rng.u64(..most) } else { 0 };
    mishaps.callback_delay = delay(8000);
    mishaps.voice_delay = delay(3000);
    mishaps.rest_delay = delay(1500);
    mishaps.cancel_delay = delay(1000);
    mishaps
}

fn switches(rng: &mut Rng) -> BTreeMap<String, usize> {
    let often = pick(rng, &[0, 15, 50]);
    let mut switches = BTreeMap::new();
    for switch in &SWITCHES[..FIRST] {
        let percent = match switch.name {
            "profile" | "status_callback" => often / 4,
            "room_ceiling" => often / 8,
            _ => often,
        };
        if chance(rng, percent) {
            switches.insert(switch.name.to_owned(), 1 + rng.usize(..switch.positions.len() - 1));
        }
    }
    switches
}

fn stops(rng: &mut Rng, last: u64) -> Vec<Stop> {
    let count = if chance(rng, 15) { 1 + few(rng, 2) } else { 0 };
    let mut at = 0;
    (0..count)
        .map(|_| {
            at += rng.u64(..last + 60_000);
            let drains_for = rng.bool().then(|| pick(rng, &[0, 2000, 10_000, 30_000]));
            let away = if rng.bool() { rng.u64(..1000) } else { rng.u64(..20_000) };
            let stop = Stop { at, drains_for, away };
            at += away;
            stop
        })
        .collect()
}
