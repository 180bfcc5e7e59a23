//! Every conversation once more, with an ear on the log: no telephone number in full, and no secret, however deep one
//! looks.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringall::telemetry;
use tokio::runtime::Builder;

use crate::support::{ACCOUNT, Conversation, Stage, TOKEN, crm};

/// What all telephone numbers of all conversations begin with, however the `+` is written.
const NUMBERS: [&str; 2] = ["44770090", "44163296"];
/// What words tell of a caller: their number as it is spoken, and where it belongs.
const SPOKEN: [&str; 3] = ["4 4 1 6 3 2", "LONDON", "London, "];

#[test]
fn no_number_and_no_secret_is_ever_logged() {
    let (log, _capturing) = telemetry::capture();
    for conversation in crate::all() {
        // In this one thread, so that the log of all its tasks is heard.
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
        let before = log.text().len();
        runtime.block_on((conversation.play)(Stage::VirtualTime));
        nothing_private(&log.text()[before..], conversation.name);
    }
    assert!(log.text().contains("TRACE") && log.text().contains("accepts"), "the ear was closed");
}

#[test]
fn no_number_and_no_secret_is_logged_on_the_way_to_the_carrier() {
    let (log, _capturing) = telemetry::capture();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let talks: Vec<Conversation> = crate::anywhere().into_iter().step_by(4).collect();
    let plays = talks.iter().map(|conversation| (conversation.play)(Stage::Sockets));
    runtime.block_on(futures_util::future::join_all(plays));

    nothing_private(&log.text(), "over sockets");
}

fn nothing_private(log: &str, conversation: &str) {
    let credentials = STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
    let secrets = [TOKEN, credentials.as_str(), crm::SECRET, crm::PRIVATE];
    for line in log.lines() {
        let told = NUMBERS.iter().chain(&SPOKEN).chain(&secrets).find(|private| line.contains(**private));
        assert!(told.is_none(), "{conversation} logs {told:?}: {line}");
    }
}
