//! The promises of a call, kept in any order of events: random lines, people and callers on a carrier that delays,
//! repeats, reorders and loses what it tells.
//!
//! `RINGALL_SEED=7 cargo test -p ringall-core --test promises hostile -- --nocapture` replays one case and prints it;
//! `RINGALL_CASES=1000000` runs more of them.

mod model {
    pub(crate) mod carrier;
    pub(crate) mod plan;
    pub(crate) mod switchboard;
    pub(crate) mod watch;
    pub(crate) mod world;
}

use model::world::{Reached, World};

#[test]
fn every_promise_is_kept_on_a_friendly_carrier() {
    let reached = run(false, 20_000);

    assert!(reached.tiers > 0 && reached.away > 0, "{reached:?}");
    assert!(reached.queued > 0 && reached.out_of_queues > 0 && reached.talks_from_queues > 0, "{reached:?}");
    assert!(reached.places > 0, "{reached:?}");
    assert!(reached.bridges > 0 && reached.races > 0 && reached.words > 0 && reached.woken > 0, "{reached:?}");
}

#[test]
fn every_promise_is_kept_on_a_hostile_carrier() {
    let reached = run(true, 60_000);

    assert!(reached.hand_backs > 0 && reached.strays > 0 && reached.look_ups > 0, "{reached:?}");
    assert!(reached.answered_while_canceled > 0, "{reached:?}");
}

fn run(hostile: bool, cases: u64) -> Reached {
    if let Some(seed) = number("RINGALL_SEED") {
        return World::new(seed, hostile, true).run();
    }
    let cases = number("RINGALL_CASES").unwrap_or(cases);
    let mut reached = Reached::default();
    for seed in 0..cases {
        reached.add(World::new(seed, hostile, false).run());
    }
    println!("{cases} cases: {reached:?}");
    reached
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}
