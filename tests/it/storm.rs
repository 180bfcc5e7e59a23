//! Random people, random callers and a random carrier that does everything badly. Whatever happens, nobody is left and
//! nobody has to bear what nobody should. `RINGALL_SEED=N cargo test -p ringall --test it storm` plays one storm again,
//! and `RINGALL_STORMS=N` more of them.

use std::time::Duration;

use fastrand::Rng;
use ringall::simulator::{Allowed, Character, Faults, Switches};
use tokio::{runtime::Builder, time::sleep};

use crate::support::{Setup, Stage, millis};

const STORMS: u64 = 300;
const NAMES: [&str; 4] = ["Ana", "Ben", "Carla", "Dan"];
/// Everybody's patience ends by then.
const LONGEST_CALL_MILLIS: u64 = 200_000;

#[test]
fn nobody_is_left_in_any_storm() {
    let seeds =
        number_from("RINGALL_SEED").map_or(0..number_from("RINGALL_STORMS").unwrap_or(STORMS), |seed| seed..seed + 1);
    let mut lost = Vec::new();
    for seed in seeds {
        // What the program itself draws follows from the seed too.
        fastrand::seed(seed);
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
        let storm = std::panic::AssertUnwindSafe(|| runtime.block_on(storm(seed)));
        if std::panic::catch_unwind(storm).is_err() {
            eprintln!("^ storm {seed}");
            lost.push(seed);
        }
    }
    assert!(lost.is_empty(), "these storms went badly; play one again with RINGALL_SEED: {lost:?}");
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

async fn storm(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let people: Vec<_> = NAMES[..rng.usize(1..=4)].iter().map(|name| (*name, Character::random(&mut rng))).collect();
    let world = setup(seed, &people, &mut rng).open().await;
    for (name, character) in people {
        world.carrier.set_character(world.phone(name).number(), character);
    }

    let callers: Vec<_> =
        (0..rng.usize(1..=3)).map(|_| (rng.u64(0..30_000), rng.u64(0..LONGEST_CALL_MILLIS))).collect();
    let calls = callers.iter().enumerate().map(|(nth, (begins, patience))| {
        let world = &world;
        async move {
            sleep(millis(*begins)).await;
            let caller = world.call_from(&format!("+4416329609{nth:02}"));
            sleep(millis(*patience)).await;
            caller.hang_up();
        }
    });
    futures_util::future::join_all(calls).await;
    world.finish_storm().await;
}

fn setup(seed: u64, people: &[(&str, Character)], rng: &mut Rng) -> Setup {
    let faults = if rng.u32(..4) == 0 { Faults::none() } else { Faults::random(rng) };
    let screen = *rng.choice(&["amd", "key", "amd+key", "none"]).expect("one of four");
    let ring_busy = rng.u32(..4) == 0;
    let ringback = if rng.bool() { "tone" } else { "carrier" };
    let group = format!(
        "screen = \"{screen}\"\nring_busy = {ring_busy}\nring_for = \"{}s\"\nphone_for = \"{}s\"\nwait_for = \"{}s\"\n\
         passes = {}",
        rng.u32(10..=60),
        rng.u32(5..=40),
        rng.u32(0..=60),
        rng.u32(1..=3),
    );
    let rest_fails = [faults.rest_refused, faults.rest_reset, faults.rest_answer_lost, faults.rest_hang];
    let rest_fails = rest_fails.iter().any(|rate| *rate > 0.0);
    let screens_itself = people.iter().any(|(_, character)| matches!(character, Character::Screening { .. }));
    let allowed = Allowed {
        two_offers: ring_busy || rest_fails || faults.cancel_delay > Duration::ZERO,
        machines: screen == "none" || faults.wrong_verdict > 0.0,
        // A verdict about a telephone's own screening may come while its owner takes over.
        wordless_ends: (screens_itself && screen == "amd") || rest_fails || faults.wrong_verdict > 0.0,
    };
    let cps = *rng.choice(&[0.0, 1.0, 5.0]).expect("one of three");
    Stage::VirtualTime
        .hotline()
        .people(&people.iter().map(|(name, _)| *name).collect::<Vec<_>>())
        .group(&group)
        .line(&format!("ringback = \"{ringback}\"\nmax_calls_per_caller = 0"))
        .switches(|switches| *switches = Switches::random(rng))
        .faults(faults)
        .allow(|allow| *allow = allowed)
        .cps(cps)
        .seed(seed)
}
