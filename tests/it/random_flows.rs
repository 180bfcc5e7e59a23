//! Flows that nobody has thought of: files drawn at random, read by somebody else, and played by random people who press,
//! hang up and pick up as they like, while the carrier says much of what it says once more.
//!
//! `RINGALL_SEED=7 cargo test --test it random_flows` plays one case and prints its file; `RINGALL_CASES=5000` more of them,
//! `RINGALL_FROM=100000` others.

mod draw;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use http::{Method, StatusCode};
use ringall::{
    config::{Config, Strictness},
    simulator::{Caller, Character, End, EndedBy, Faults, Hearing, Human, LegKind, Status},
};

use crate::support::{
    LINE, Stage, World,
    crm::{Crm, Manner},
    millis, number, seconds,
};

/// A case of a random test: its file as `check` accepts it.
struct Case {
    seed: u64,
    rng: Rng,
    text: String,
    config: Config,
    /// What `check` warns of.
    warnings: Vec<String>,
    /// The carrier's reports are lost, late and repeated, and its API is slow and refuses.
    weather: bool,
}

#[test]
fn no_flow_that_check_accepts_goes_round_for_ever_or_ends_in_silence() {
    let (mut accepted, mut silent) = (0_u32, 0_u32);
    for case in cases(200) {
        accepted += 1;
        let line = case.config.lines.values().next().expect("a line");
        for flow in [Some(&line.flow), line.blocked.as_ref()].into_iter().flatten() {
            assert!(reading::leads_somewhere(flow), "{case}");
            assert_eq!(reading::endless(flow), BTreeSet::new(), "{case}");
        }
        let ends = reading::silent_ends(&line.flow);
        silent += u32::from(!ends.is_empty());
        assert!(ends.is_empty() || case.warns_of_silence(), "nobody warns of {ends:?} in {case}");
    }
    assert!(accepted > 0 && (single_seed().is_some() || silent > 0), "{accepted} accepted, {silent} of them silent");
}

#[tokio::test(start_paused = true)]
async fn nobody_who_calls_a_random_line_waits_for_ever_or_is_left_without_a_word() {
    let (mut played, mut ends) = (0, BTreeSet::new());
    for case in cases(60) {
        ends.extend(play(case).await);
        played += 1;
    }
    let all = BTreeSet::from(["hung up", "talked", "told", "refused"].map(str::to_owned));
    assert!(played > 0 && (single_seed().is_some() || ends.is_superset(&all)), "{played} played, and only {ends:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_who_calls_a_random_line_of_a_bad_carrier_waits_for_ever_or_is_left_without_a_word() {
    for case in cases(40) {
        play(Case { weather: true, ..case }).await;
    }
}

/// What the carrier does to its news and to our requests.
fn weather(rng: &mut Rng) -> Faults {
    let mut some = |most: f64| if rng.bool() { rng.f64() * most } else { 0.0 };
    let (callback_lost, callback_twice, callback_late) = (some(1.0), some(1.0), some(1.0));
    let (rest_refused, rest_answer_lost) = (some(0.3), some(0.2));
    Faults {
        callback_lost,
        callback_twice,
        callback_late,
        callback_delay: millis(rng.u64(0..8_000)),
        rest_refused,
        rest_answer_lost,
        rest_delay: millis(rng.u64(0..1_500)),
        ..Faults::none()
    }
}

impl Case {
    fn warns_of_silence(&self) -> bool {
        self.warnings.iter().any(|warning| warning.contains("without a word"))
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "seed {}:\n{}\n{:?}", self.seed, self.text, self.warnings)
    }
}

/// So many files that `check` accepts, or the one of the seed that is asked for.
fn cases(count: usize) -> impl Iterator<Item = Case> {
    let count = std::env::var("RINGALL_CASES").map_or(count, |cases| cases.parse().expect("a number"));
    let first = std::env::var("RINGALL_FROM").map_or(0, |from| from.parse().expect("a number"));
    let seeds = single_seed().map_or(first..u64::MAX, |seed| seed..seed + 1);
    seeds.filter_map(accepted).take(count)
}

fn single_seed() -> Option<u64> {
    std::env::var("RINGALL_SEED").ok().map(|seed| seed.parse().expect("a number"))
}

fn accepted(seed: u64) -> Option<Case> {
    let mut rng = Rng::with_seed(seed);
    let text = draw::file(&mut rng);
    let (config, warnings) = Config::parse_beside(std::path::Path::new("."), &text, Strictness::Serve).ok()?;
    let warnings = warnings.iter().map(ToString::to_string).collect();
    Some(Case { seed, rng, text, config, warnings, weather: false })
}

/// How long a case is played before whoever is still there hangs up.
const PATIENCE_MILLIS: u64 = 6 * 60_000;
/// Whatever a caller hears, nothing of these files takes so long, but a talk.
const LONGEST_STEP_MILLIS: u64 = 150_000;

/// A hundred steps, of which each takes no longer than this here.
const LONGEST_UNNOTICED_MILLIS: u64 = 100 * 30_000;

/// Plays a case; how its calls ended.
async fn play(mut case: Case) -> Vec<String> {
    if single_seed().is_some() {
        println!("{case}");
    }
    let world = open(&mut case).await;
    let callers = go_on(&world, &mut case).await;
    if case.weather {
        // Of whom no report says that they have left, nobody knows before the steps of their flow are used up.
        let until = world.now() + LONGEST_UNNOTICED_MILLIS;
        while world.program.service.switchboard.live_calls() > 0 && world.now() < until {
            world.after(seconds(5)).await;
        }
    }
    world.come_to_rest().await;
    if case.weather {
        // People are told of a message a minute and a half later where the report of it was lost, and again and again where
        // that was refused.
        world.carrier.set_faults(Faults::none());
        world.after(seconds(3_600)).await;
    }

    let line = case.config.lines.values().next().expect("a line");
    let may_ring = reading::numbers(&line.flow);
    for leg in world.carrier.records().iter().filter(|leg| leg.kind != LegKind::Caller) {
        assert!(may_ring.contains(&leg.to), "{} is in nothing that this line rings: {case}", leg.to);
    }
    let silent_by_file = case.warns_of_silence();
    let ends = callers.iter().map(|(caller, gone)| end_of(caller, *gone, silent_by_file, &case)).collect();
    let own = |code: u32| matches!(code, 11_200..=11_999 | 12_000..=12_999 | 13_520..=13_530);
    let warnings: Vec<_> = world.carrier.warnings().into_iter().filter(|warning| own(warning.code)).collect();
    assert_eq!(warnings, [], "{case}");
    world.finish_despite_warnings().await;
    ends
}

/// Everybody is at their telephone, and the user's own server does as it likes.
async fn open(case: &mut Case) -> World {
    let (crm, rng) = (Crm::default(), &mut case.rng);
    crm.will(match rng.u32(..8) {
        0 => Manner::Hangs,
        1 => Manner::Down,
        2 => Manner::SaysAfter(rng.u64(0..2_500), draw::KNOWN[0]),
        _ => Manner::Says(rng.choice(draw::KNOWN).unwrap_or_default()),
    });
    let moments =
        ["2026-01-08T08:59Z", "2026-03-29T00:59Z", "2026-06-06T22:00Z", "2026-10-25T00:59Z", "2026-12-31T23:59Z"];
    let setup = Stage::VirtualTime.with_file(&case.text).crm(&crm).seed(case.seed);
    // An outside number is nobody's of ours, and whom the carrier rings by itself may talk to another caller.
    let forwards = case.text.contains("forward = ") || case.text.contains("\"dial\"");
    // Detection takes a robot that screens calls for a machine, also when its owner has just taken over.
    let detects = case.text.contains("\"amd");
    let setup = setup.allow(|allowed| (allowed.two_offers, allowed.wordless_ends) = (forwards, detects));
    let world = setup.begins(rng.choice(moments).unwrap_or_default()).open().await;
    for phone in world.everybody() {
        world.carrier.set_character(phone, character(rng));
    }
    for outside in draw::OUTSIDE {
        world.carrier.add_phone("Outside", number(outside), character(rng));
    }
    world.carrier.add_phone("Foreign", number(draw::FOREIGN), Character::RingsOut);
    if case.weather {
        world.carrier.set_faults(weather(rng));
    }
    world
}

/// People call, and do as they like until they are gone; the callers, and whether they have hung up themselves.
async fn go_on(world: &World, case: &mut Case) -> Vec<(Caller, bool)> {
    let file = format!("seed {}:\n{}", case.seed, case.text);
    let rng = &mut case.rng;
    let mut callers: Vec<(Caller, bool)> = Vec::new();
    let calls = rng.usize(1..=3);
    let mut facts = world.program.service.switchboard.facts();
    // When something happened to each call.
    let mut happened = BTreeMap::new();
    while world.now() < PATIENCE_MILLIS && (callers.len() < calls || callers.iter().any(|(caller, _)| is_there(caller)))
    {
        if callers.len() < calls && rng.u32(..6) == 0 {
            let from =
                rng.choice(["+441632960999", "+447700900001", "anonymous", "sip:x@example.org"]).unwrap_or_default();
            callers.push((world.carrier.call(from, number(LINE)), false));
        }
        for (caller, gone) in callers.iter_mut().filter(|(caller, _)| is_there(caller)) {
            moves_on(caller, world, rng, gone);
            assert_not_stuck(caller, world, &happened, &file);
        }
        while let Ok(entry) = facts.try_recv() {
            happened.insert(entry.call.to_string(), world.now());
        }
        if rng.u32(..4) == 0 {
            say_again(world, rng).await;
        }
        world.after(millis(rng.u64(1..2_000))).await;
    }
    for (caller, gone) in callers.iter_mut().filter(|(caller, _)| is_there(caller)) {
        *gone = true;
        caller.hang_up();
    }
    callers
}

/// Somebody at a telephone, who talks for a while only.
fn character(rng: &mut Rng) -> Character {
    let character = Character::random(rng);
    if let Character::Human(human) = character {
        return Character::Human(Human { talks_for: Some(seconds(rng.u64(0..40))), ..human });
    }
    character
}

fn is_there(caller: &Caller) -> bool {
    !caller.status().is_final()
}

/// A caller does something, or only listens.
fn moves_on(caller: &Caller, world: &World, rng: &mut Rng, gone: &mut bool) {
    match rng.u32(..100) {
        0..=14 => caller.press(char::from(rng.choice(*b"0123456789*#").unwrap_or(b'1'))),
        15..=24 if caller.hears() == Hearing::Recorded => caller.speak(seconds(rng.u64(1..6))),
        25 if world.now() > 10_000 => {
            *gone = true;
            caller.hang_up();
        }
        _ => {}
    }
}

/// Whoever does not talk hears something else before long, or at least something happens to their call.
fn assert_not_stuck(caller: &Caller, world: &World, happened: &BTreeMap<String, u64>, case: &str) {
    let heard = caller.heard();
    let Some(last) = heard.last().filter(|last| !matches!(last.what, Hearing::Talking(_))) else { return };
    let since = world.now() - happened.get(&caller.sid()).copied().unwrap_or_default().max(last.at);
    assert!(since < LONGEST_STEP_MILLIS, "for {since} ms a caller has heard {:?}: {case}", last.what);
}

/// The carrier says once more what it has said: a report of long ago, or the request of a moment ago.
async fn say_again(world: &World, rng: &mut Rng) {
    let log: Vec<_> = world.carrier.webhook_log().into_iter().filter(|entry| entry.method == Method::POST).collect();
    let now = world.now();
    let is_report = |path: &str| path.ends_with("/status") || path.contains("conference");
    let again: Vec<_> = log.iter().filter(|entry| is_report(world.path_of(entry)) || now - entry.at < 500).collect();
    let Some(entry) = rng.choice(again) else { return };
    let answer = world.repeat(entry).await;
    assert!(answer.status == StatusCode::OK || answer.status == StatusCode::NO_CONTENT, "{}: {answer:?}", entry.url);
}

/// How a call has ended.
fn end_of(caller: &Caller, gone: bool, silent_by_file: bool, case: &Case) -> String {
    let heard = caller.heard();
    let before_the_end =
        heard.iter().rev().map(|heard| &heard.what).find(|what| !matches!(what, Hearing::Silence | Hearing::Ended(_)));
    let end =
        heard.iter().rev().find_map(|heard| if let Hearing::Ended(end) = &heard.what { Some(*end) } else { None });
    let refused = |status| matches!(status, Status::Busy | Status::NoAnswer);
    let end = match (before_the_end, end) {
        _ if gone => "hung up",
        (Some(Hearing::Talking(_)), _) => "talked",
        (Some(Hearing::Words(_)), _) => "told",
        (_, Some(End { status, by: EndedBy::Document })) if refused(status) => "refused",
        (_, Some(End { by: EndedBy::Network, .. })) => "given up by their network",
        (what, end) if !silent_by_file => panic!("a caller heard {what:?}, and then {end:?}: {case}"),
        _ => "cut off, as the file says",
    };
    end.to_owned()
}
