//! `ringall call` against a carrier and a running program, over sockets: what it prints, and how it ends.

use std::process::{Command, Output, Stdio};

use ringall::simulator::Phone;
use tokio::{task::JoinHandle, time::sleep};

use crate::support::{LINE, SECOND_LINE, Stage, World, seconds, stage::Setup};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_tries_their_line_sees_who_rings_and_who_answers() {
    let (world, trial) = trial(Stage::Sockets.hotline(), &["--from", SECOND_LINE]).await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    // Each long enough to be seen by somebody who looks once a second.
    ana.until_rings().await;
    sleep(seconds(3)).await;
    take(&ana).await;
    ben.until_idle().await;
    sleep(seconds(3)).await;
    ana.hang_up();

    let output = trial.output().await;
    let told = told(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let expected = [
        "calling …00 (Hotline) from …01: CA",
        "the call: rings",
        "at the line: rings",
        "Ana …01: is answered",
        "at the line: is answered",
        "the call: is answered",
        "Ben …02: stopped ringing",
        "the call: is over",
    ];
    for words in expected {
        assert!(told.contains(words), "no {words:?} in\n{told}");
    }
    assert!(
        told.trim_end().ends_with("the call: is over\nanswered; Ana …01 picked up, Ben …02 stopped ringing"),
        "{told}"
    );
    assert!(!told.contains("960000") && !told.contains("900001"), "{told}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn line_that_refuses_the_call_is_a_failure() {
    let steps = "[steps.no]\nreject = \"busy\"";
    let setup = Stage::Sockets.hotline().line("start = \"no\"").more(steps);
    let (world, trial) = trial(setup, &["--from", SECOND_LINE]).await;

    let output = trial.output().await;

    let told = told(&output);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.contains("the call: is engaged, or refused"), "{told}");
    assert!(told.contains("not answered: the line is engaged, or refused; no phone was dialled"), "{told}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn line_that_answers_with_words_because_nobody_picks_up_is_told_apart() {
    let setup = Stage::Sockets.hotline().people(&["Ana"]).group("screen = \"key\"\nring_for = \"5s\"");
    let (world, trial) = trial(setup.line("nobody = \"Nobody.\""), &["--from", SECOND_LINE]).await;

    let output = trial.output().await;

    let told = told(&output);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("answered by the line, and nobody picked up; Ana …01 "), "{told}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn number_that_is_not_the_accounts_cannot_call_and_the_reason_is_told() {
    let (world, trial) = trial(Stage::Sockets.hotline(), &["--from", "+441632960555"]).await;

    let output = trial.output().await;

    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("code 21210") && said.contains("a number that this account owns"), "{said}");
    assert!(world.carrier.live_legs().is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_question_calls_nobody() {
    for (question, expected) in [(&["--from", LINE][..], "--from: the line itself"), (&[], "--from: missing")] {
        let (world, trial) = trial(Stage::Sockets.hotline(), question).await;

        let output = trial.output().await;

        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(world.carrier.live_legs().is_empty());
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_test_call_rings_nobody_any_more() {
    let (world, trial) = trial(Stage::Sockets.hotline(), &["--from", SECOND_LINE]).await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    ana.until_rings().await;
    let interrupted = Command::new("kill").args(["-s", "INT", &trial.process.to_string()]).status();
    assert!(interrupted.expect("the command `kill`").success());
    ana.until_idle().await;
    ben.until_idle().await;

    let output = trial.output().await;
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("interrupted; the call is ended"));
    world.finish().await;
}

/// `ringall call`, under way.
struct Trial {
    process: u32,
    output: JoinHandle<Output>,
}

impl Trial {
    async fn output(self) -> Output {
        self.output.await.expect("a thread")
    }
}

/// The world of these keys, and a test call to its line.
async fn trial(setup: Setup, question: &[&str]) -> (World, Trial) {
    let world = setup.clone().open().await;
    let files = tempfile::tempdir().expect("a folder");
    let file = files.path().join("ringall.toml");
    std::fs::write(&file, setup.file(world.public_url.as_str(), world.api_base())).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringall"));
    command.args(["call", "--to", LINE, "--config"]).arg(&file).args(question);
    let process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
    let id = process.id();
    let run = move || {
        let output = process.wait_with_output().expect("its end");
        drop(files);
        output
    };
    (world, Trial { process: id, output: tokio::task::spawn_blocking(run) })
}

async fn take(phone: &Phone) {
    phone.until_rings().await;
    phone.answer();
    phone.until_hears("press any digit").await;
    phone.press('1');
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
