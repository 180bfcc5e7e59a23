//! Constellations that chance alone hardly ever brings about: a share of the storms is bent towards one of them.

use fastrand::Rng;

use super::{
    draw::{chance, pick},
    plan::{Caller, Does, Group, Hand, Leaves, Line, Mishaps, Net, Person, Plan, Screen, Speech, Step, Stop, Terms},
};

/// What a storm is bent towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rare {
    /// Everything falls on half seconds, so that accepts, ends, hang-ups and the program's end meet in one moment.
    Meetings,
    /// Who was let go picks up after all, and acts in the moment in which the last of the others is out.
    LastMoment,
    /// Many callers wait for few people, who come free in the moment in which somebody accepts.
    FewPeople,
    /// The words of a line are spoken slower than the program thinks, and it can hardly reach the carrier meanwhile.
    SlowWords,
    /// Callers' requests lose their connection while they wait for the answer.
    BrokenConnections,
    /// Requests overtake each other, so that two of one caller come in one moment.
    LateRequests,
}

/// What is drawn here has nothing to do with what is drawn elsewhere from the same seed.
const SALT: u64 = 0x5261_7265_0000_0000;
/// So many of a hundred storms.
const SHARE: u32 = 10;
/// Everything that meets does so at a multiple of this time.
const GRID_MS: u64 = 500;
/// From the order of a telephone to its first ring, as the carrier's switch stands by itself.
const SETUP_MS: u64 = 500;
/// The words between two steps take so long at the usual pace.
const WORDS_MS: u64 = 1357;

/// Bends a share of the storms; the others stay as they are.
pub fn stir(seed: u64, plan: &mut Plan) {
    let mut rng = Rng::with_seed(seed ^ SALT);
    let rng = &mut rng;
    if !chance(rng, SHARE) {
        return;
    }
    let kinds = [
        Rare::Meetings,
        Rare::Meetings,
        Rare::LastMoment,
        Rare::FewPeople,
        Rare::SlowWords,
        Rare::BrokenConnections,
        Rare::LateRequests,
    ];
    match pick(rng, &kinds) {
        Rare::Meetings => meetings(rng, plan),
        Rare::LastMoment => last_moment(rng, plan),
        Rare::FewPeople => few_people(rng, plan),
        Rare::SlowWords => slow_words(rng, plan),
        Rare::BrokenConnections => broken_connections(rng, plan),
        Rare::LateRequests => late_requests(rng, plan),
    }
}

fn meetings(rng: &mut Rng, plan: &mut Plan) {
    on_time(rng, plan);
    plan.net.jostle = rng.u32(1..=3);
    if chance(rng, 70) {
        turn(plan, "closes_pending_webhooks", 1);
    }
    eager(rng, plan);
    for caller in &mut plan.callers {
        caller.at %= 20_000;
        caller.leaves = match rng.u32(..6) {
            0 | 1 => Leaves::Called(moment(rng, 15_000)),
            2 => Leaves::PickedUp(pick(rng, &[0, 20])),
            3 => Leaves::Joined(0),
            4 => Leaves::Words(0),
            _ => caller.leaves,
        };
        if chance(rng, 20) {
            caller.talks = 0;
        }
    }
    if chance(rng, 40) {
        let at = moment(rng, 20_000);
        plan.stops = vec![Stop { at, drains_for: Some(pick(rng, &[2000, 10_000])), away: rng.u64(..1000) }];
    }
    on_grid(plan);
}

fn last_moment(rng: &mut Rng, plan: &mut Plan) {
    on_time(rng, plan);
    plan.net.jostle = rng.u32(1..=3);
    plan.mishaps.cancel_delay = 1000;
    plan.stops.clear();
    let (phone_for, picks_up) = (5, 5000 + rng.u64(1..400));
    let thinks = pick(rng, &[0, 0, 500, 1500]);
    // Their document is asked for at once or a little later.
    let acts = picks_up + thinks + pick(rng, &[0, 20]);
    let last_after = moment(rng, 3000);
    let hand = |after: u64, keys: &str| Hand { after, keys: keys.to_owned(), ..Hand::default() };
    let leaves = Some(acts - SETUP_MS - last_after);
    let last = Does::Answers(Hand { leaves, ..hand(last_after, "") });
    let late = Does::Answers(Hand { thinks, ..hand(picks_up - SETUP_MS, "1") });
    // Whose document is asked for just then.
    let third = Does::Answers(hand(acts - SETUP_MS - pick(rng, &[0, 20]), ""));
    let mut does = if rng.bool() { vec![last, late] } else { vec![late, last] };
    if rng.bool() {
        does.insert(rng.usize(..=2), third);
    }
    let members = (0..does.len()).collect();
    plan.people = does.into_iter().enumerate().map(|(phone, does)| Person { phone, does }).collect();
    plan.groups =
        vec![Group { members, screen: Screen::Key, ring_for: 30, phone_for, wait_for: 0, passes: 1, ring_busy: false }];
    plan.lines = vec![line(vec![Step::Ring(0)])];
    if rng.bool() {
        plan.lines[0].steps = vec![Step::Ring(0), Step::Say, Step::Ring(0)];
    }
    plan.callers = (0..5).map(|nth| caller(nth, 120_000 * nth as u64)).collect();
}

fn few_people(rng: &mut Rng, plan: &mut Plan) {
    on_time(rng, plan);
    plan.net.jostle = rng.u32(1..=3);
    plan.people.truncate(rng.usize(1..=3));
    eager(rng, plan);
    let people: Vec<usize> = (0..plan.people.len()).collect();
    for group in &mut plan.groups {
        group.members.clone_from(&people);
        (group.wait_for, group.ring_busy) = (90, false);
    }
    for caller in &mut plan.callers {
        caller.at %= 5000;
        caller.talks %= 3000;
    }
    on_grid(plan);
    distinct_phones(plan);
}

fn slow_words(rng: &mut Rng, plan: &mut Plan) {
    let pace = rng.u64(4..=6);
    // The program expects ten characters a second and fifteen seconds; the words end so much later than that.
    let longer = if chance(rng, 60) { 0 } else { rng.u64(1..20) };
    let length = usize::try_from((15 + longer) * 10 * pace / (10 - pace)).unwrap_or(usize::MAX) + rng.usize(..10);
    plan.speech = Speech { pace, length };
    plan.mishaps = Mishaps {
        rest_refused: rng.u32(200..=400),
        rest_delay: pick(rng, &[0, 300, 1500]),
        rest_hang: pick(rng, &[0, 0, 50]),
        ..Mishaps::default()
    };
    plan.stops.clear();
    if chance(rng, 30) {
        plan.stops = vec![Stop { at: rng.u64(15_000..90_000), drains_for: Some(30_000), away: rng.u64(..1000) }];
    }
    plan.net = Net { jostle: rng.u32(0..=1), late: pick(rng, &[0, 400]), ..Net::default() };
    if rng.bool() {
        plan.net.breaks = 200;
    }
    plan.switches.remove("closes_pending_webhooks");
    turn(plan, "setup", 1);
    eager(rng, plan);
    for person in &mut plan.people {
        if let (true, Does::Answers(hand)) = (rng.bool(), &mut person.does) {
            (hand.after, hand.thinks) = (0, 0);
        }
    }
    for line in &mut plan.lines {
        let group = first_group(line);
        line.steps = if rng.bool() { vec![Step::Say, group] } else { vec![Step::Say, Step::Say, group] };
    }
    for caller in &mut plan.callers {
        caller.at %= 10_000;
        caller.leaves = if chance(rng, 80) { Leaves::Never } else { caller.leaves };
    }
}

fn broken_connections(rng: &mut Rng, plan: &mut Plan) {
    let rest_delay = pick(rng, &[0, 300, 1500]);
    plan.mishaps = Mishaps { rest_delay, ..Mishaps::default() };
    if rng.bool() {
        (plan.mishaps.callback_late, plan.mishaps.callback_delay) = (700, 8000);
    }
    let after = pick(rng, &[0, 0, 3000, 10_000]);
    plan.net = Net { jostle: rng.u32(1..=3), breaks: rng.u32(100..=500), breaks_after: after, late: 0 };
    turn(plan, "rest_lag", pick(rng, &[0, 1, 2]));
    eager(rng, plan);
    if rng.bool() {
        for person in &mut plan.people {
            if let Does::Answers(hand) = &mut person.does {
                hand.talks = Some(pick(rng, &[0, 0, 500]));
            }
        }
    }
    for caller in &mut plan.callers {
        caller.at %= 60_000;
    }
    if rng.bool() {
        on_grid(plan);
    }
}

fn late_requests(rng: &mut Rng, plan: &mut Plan) {
    plan.net = Net { jostle: rng.u32(1..=3), late: 400, ..Net::default() };
    let rest_refused = pick(rng, &[0, 300]);
    plan.mishaps = Mishaps { rest_delay: pick(rng, &[0, 1500]), rest_refused, ..Mishaps::default() };
    for line in &mut plan.lines {
        let group = first_group(line);
        line.steps = vec![group.clone(), Step::Say, group];
    }
    for group in &mut plan.groups {
        group.ring_for = group.ring_for.min(20);
        group.phone_for = group.phone_for.min(group.ring_for);
    }
    for caller in &mut plan.callers {
        caller.at %= 30_000;
        caller.leaves = match rng.u32(..3) {
            0 => Leaves::Words(WORDS_MS + rng.u64(..600)),
            1 => Leaves::Never,
            _ => caller.leaves,
        };
    }
    plan.stops.clear();
    if rng.bool() {
        plan.stops = vec![Stop { at: rng.u64(12_000..60_000), drains_for: Some(10_000), away: rng.u64(..1000) }];
    }
}

/// The carrier does nothing at random times, mostly.
fn on_time(rng: &mut Rng, plan: &mut Plan) {
    for switch in ["detection_jitter", "setup", "rest_lag", "profile"] {
        plan.switches.remove(switch);
    }
    (plan.cps, plan.concurrent) = (0, 0);
    if chance(rng, 70) {
        plan.mishaps = Mishaps::default();
    }
}

/// Every time of the plan on a multiple of half a second.
fn on_grid(plan: &mut Plan) {
    let on_grid = |at: &mut u64| *at = *at / GRID_MS * GRID_MS;
    for person in &mut plan.people {
        match &mut person.does {
            Does::Answers(hand) | Does::Screens { owner: Some(hand), .. } => {
                on_grid(&mut hand.after);
                on_grid(&mut hand.thinks);
                hand.leaves.iter_mut().for_each(on_grid);
                hand.talks.iter_mut().for_each(on_grid);
            }
            Does::Mailbox { after, .. } | Does::Declines { after, .. } => on_grid(after),
            Does::Screens { owner: None, .. } | Does::Busy | Does::Off | Does::RingsOut => {}
        }
    }
    for caller in &mut plan.callers {
        on_grid(&mut caller.at);
        on_grid(&mut caller.talks);
    }
    for stop in &mut plan.stops {
        on_grid(&mut stop.at);
    }
}

/// Half of the people pick up soon and take the call.
fn eager(rng: &mut Rng, plan: &mut Plan) {
    for person in &mut plan.people {
        if rng.bool() {
            let (after, thinks) = (moment(rng, 8000), pick(rng, &[0, 0, 500]));
            person.does = Does::Answers(Hand { after, thinks, keys: "1".to_owned(), ..Hand::default() });
        }
    }
    for group in &mut plan.groups {
        if rng.bool() {
            group.screen = pick(rng, &[Screen::None, Screen::Key]);
        }
    }
}

/// A group that names everybody must not name a telephone twice.
fn distinct_phones(plan: &mut Plan) {
    for (phone, person) in plan.people.iter_mut().enumerate() {
        person.phone = phone;
    }
}

fn first_group(line: &Line) -> Step {
    line.steps.iter().find(|step| **step != Step::Say).cloned().unwrap_or(Step::Ring(0))
}

fn turn(plan: &mut Plan, switch: &str, position: usize) {
    plan.switches.insert(switch.to_owned(), position);
}

fn moment(rng: &mut Rng, most: u64) -> u64 {
    GRID_MS * rng.u64(..most / GRID_MS)
}

fn line(steps: Vec<Step>) -> Line {
    Line { steps, by_carrier: false, most: 0, most_of_one: 0, by_dial: false, terms: Terms::default() }
}

fn caller(nth: usize, at: u64) -> Caller {
    Caller { at, line: 0, from: nth + 1, leaves: Leaves::Never, talks: 5000, presses: Vec::new(), says: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::{super::draw, *};
    use crate::storm::{Sabotage, play};

    #[test]
    fn one_storm_in_ten_is_bent_and_the_others_stay_as_they_are() {
        let bent = |seed: &u64| {
            let (before, mut plan) = (Plan::default(), Plan::default());
            let bends = chance(&mut Rng::with_seed(seed ^ SALT), SHARE);
            if !bends {
                stir(*seed, &mut plan);
                assert_eq!(plan, before, "seed {seed}");
            }
            bends
        };

        let share = (0..1000).filter(bent).count();

        assert!((70..130).contains(&share), "{share} of 1000");
    }

    #[test]
    fn a_bent_storm_is_the_same_every_time() {
        let bent = (0..).map(|seed| (seed, draw::plan(seed))).filter(|(_, plan)| plan.net != Net::default());
        for (seed, plan) in bent.take(12) {
            let (first, again) = (play(&plan, Sabotage::None), play(&plan, Sabotage::None));

            assert_eq!(plan, plan.to_string().parse().expect("a plan"), "seed {seed}");
            assert_eq!(first.transcript(), again.transcript(), "seed {seed}");
        }
    }
}
