//! Ringall keeps every promise that it asks of others.

use std::fs;

use super::process::{Places, Run, start_ringall};

const EXAMPLE: &str = include_str!("../../config/conformance.toml");

/// A few seconds' worth, of each kind of promise.
#[test]
fn ringall_keeps_its_promises_at_the_wire() {
    let run = play(&[
        "--only=two-accept-at-once",
        "--only=winner-drops",
        "--only=fax-picks-up-first",
        "--only=everybody-is-busy",
        "--only=caller-gives-up-as-it-is-accepted",
        "--only=room-is-full",
        "--only=unsigned-webhooks",
    ]);

    assert_eq!((run.code, run.names("ok ").len()), (Some(0), 7), "{run:#?}");
}

#[test]
#[ignore = "takes three minutes of real time: cargo test --test conformance -- --ignored"]
fn ringall_keeps_every_promise_at_the_wire() {
    let run = play(&["--ring-for=26s", "--method=both"]);

    println!("{}", run.out);
    assert_eq!(run.code, Some(0), "{}\n{}", run.out, run.err);
    assert_eq!(run.names("skip "), [""; 0], "{}", run.out);
    assert!(run.names("ok ").len() >= 40, "{}", run.out);
}

/// Runs the suite against `ringall serve` with the example configuration, but for the ports.
fn play(more: &[&str]) -> Run {
    let places = Places::free();
    let file = EXAMPLE.replace("127.0.0.1:7000", &places.server.to_string());
    let file = file.replace("127.0.0.1:7999", &places.rest.to_string());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ringall.toml");
    fs::write(&path, file).expect("a file");
    let _server = start_ringall(&["serve", "--config", path.to_str().expect("a path")], places.server);

    places.conformance(more)
}
