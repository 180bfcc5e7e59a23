//! A few rounds of the race, on every run of the tests: `race` itself plays ten thousand.

use std::path::PathBuf;

use ringall_proof::race::{Options, run};

#[tokio::test(flavor = "multi_thread")]
async fn of_all_who_accept_in_one_instant_one_has_the_call_and_the_others_are_told() {
    let seed = 1;
    let options = Options {
        executable: PathBuf::from(env!("CARGO_BIN_EXE_race")),
        seed,
        first: 0,
        rounds: 40,
        slots: 8,
        same_plan: false,
        tells: false,
    };

    let verdict = run(options).await.unwrap();

    assert!(verdict.violations.is_empty(), "seed {seed}: {}", verdict.violations.join("\n\n"));
    assert_eq!(verdict.figures.rounds(), 40);
}
