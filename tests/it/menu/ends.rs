//! Calls that are refused, hung up on with words, or handed over.

use axum::{Router, routing::any};
use http::{StatusCode, header};
use ringall::simulator::{Hearing, Status};
use ringall_core::fact::Outcome;

use super::with_menu;
use crate::support::{Stage, World, conversations};

conversations! {
    anywhere: [
        call_that_is_refused_at_once_is_not_answered,
    ],
    virtual_time: [
        caller_is_handed_over_to_another_address,
        refusal_after_words_is_in_words,
        hangup_may_say_good_bye,
        caller_whose_other_address_is_out_of_order_is_told,
        caller_who_is_handed_over_after_ringing_gets_there,
    ],
}

async fn call_that_is_refused_at_once_is_not_answered(stage: Stage) {
    for (reason, expected) in [("busy", Status::Busy), ("not in service", Status::NoAnswer)] {
        let mut world = with_menu(stage, &format!("[steps.welcome]\nreject = \"{reason}\"")).open().await;

        let caller = world.call();

        assert_eq!(caller.until_ends().await, expected);
        assert!(caller.heard().iter().all(|heard| matches!(heard.what, Hearing::NetworkRinging | Hearing::Ended(_))));
        world.come_to_rest().await;
        assert_eq!((world.outcomes().as_slice(), world.times("refused")), ([Outcome::FlowEnded].as_slice(), 1));
        world.finish().await;
    }
}

async fn caller_is_handed_over_to_another_address(stage: Stage) {
    let mut world = handing_over(stage, "").await;
    world.reach(elsewhere(&world, StatusCode::OK));

    let caller = world.call();
    caller.until_hears("Welcome to the other side.").await;
    caller.until_ends().await;

    world.come_to_rest().await;
    assert_eq!(world.times("handed over"), 1);
    assert_eq!(caller.heard().len(), 3, "nothing of ours was heard: {:?}", caller.heard());
    world.finish().await;
}

async fn refusal_after_words_is_in_words(stage: Stage) {
    for (reason, words) in [("busy", "all our lines are busy"), ("not in service", "nobody can be reached")] {
        let steps =
            format!("[steps]\nwelcome = {{ say = \"Welcome.\", next = \"no\" }}\nno = {{ reject = \"{reason}\" }}");
        let world = with_menu(stage, &steps).open().await;

        let caller = world.call();
        caller.until_hears("Welcome.").await;
        caller.until_hears(words).await;

        assert_eq!(caller.until_ends().await, Status::Completed);
        world.finish().await;
    }
}

async fn hangup_may_say_good_bye(stage: Stage) {
    let world = with_menu(stage, "[steps.welcome]\nhangup = \"{line} is closed. Good bye.\"").open().await;

    let caller = world.call();
    caller.until_hears("Hotline is closed. Good bye.").await;

    assert_eq!(caller.until_ends().await, Status::Completed);
    world.finish().await;
}

async fn caller_whose_other_address_is_out_of_order_is_told(stage: Stage) {
    let mut world = handing_over(stage, "").await;
    world.reach(elsewhere(&world, StatusCode::INTERNAL_SERVER_ERROR));

    let caller = world.call();
    caller.until_hears("something went wrong on our side").await;

    caller.until_ends().await;
    world.come_to_rest().await;
    world.expect_every_warning(11200);
    world.finish().await;
}

async fn caller_who_is_handed_over_after_ringing_gets_there(stage: Stage) {
    for ring_for in ["5s", "20s"] {
        let world = handing_over(stage, ring_for).await;
        world.reach(elsewhere(&world, StatusCode::OK));
        let ana = world.phone("Ana");

        let caller = world.call();
        ana.until_rings().await;
        caller.until_hears("Welcome to the other side.").await;

        caller.until_ends().await;
        ana.until_idle().await;
        world.finish().await;
    }
}

/// Rings first, if a time is given.
async fn handing_over(stage: Stage, ring_for: &str) -> World {
    let start = if ring_for.is_empty() { "over" } else { "first" };
    let ring_for = if ring_for.is_empty() { "5s" } else { ring_for };
    let steps = "[steps.over]\ngoto = \"https://twiml.example.org/elsewhere\"\n\
                 [steps.first]\nring = \"organisers\"\nnobody = \"over\"";
    let hotline = stage.hotline().top("allowed_urls = [\"https://twiml.example.org\"]").more(steps);
    let hotline = hotline.group(&format!("screen = \"key\"\nring_for = \"{ring_for}\""));
    hotline.line(&format!("start = \"{start}\"")).open().await
}

/// The program, and beside it what somebody else answers.
fn elsewhere(world: &World, status: StatusCode) -> Router {
    let document = "<Response><Say>Welcome to the other side.</Say></Response>";
    let answer = any(move || async move { (status, [(header::CONTENT_TYPE, "text/xml")], document) });
    Router::new().route("/elsewhere", answer).fallback_service(world.program.router())
}
