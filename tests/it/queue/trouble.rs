//! A queue while the carrier or the program is in trouble.

use axum::{Router, routing::any};
use http::StatusCode;
use ringall::simulator::{Faults, Status};

use super::{queue, takes};
use crate::support::{Stage, conversations, seconds};

conversations! {
    anywhere: [],
    virtual_time: [
        caller_in_a_queue_waits_through_a_time_without_the_carriers_api,
        caller_who_cannot_be_fetched_is_joined_when_their_music_ends,
        caller_in_a_queue_through_a_restart_comes_into_it_anew,
        caller_in_a_queue_is_told_when_the_program_stops,
        key_and_end_that_are_reported_twice_or_late_move_nobody,
        caller_whose_every_webhook_about_the_queue_fails_is_not_left,
    ],
}

async fn caller_in_a_queue_waits_through_a_time_without_the_carriers_api(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");
    world.carrier.set_faults(Faults { rest_reset: 1.0, ..Faults::none() });

    let caller = world.call();
    world.after(seconds(100)).await;
    assert_eq!((ana.times_dialled(), caller.status()), (0, Status::InProgress));
    world.carrier.set_faults(Faults::none());
    takes(&ana).await;
    caller.until_talks().await;

    caller.hang_up();
    world.finish().await;
}

async fn caller_who_cannot_be_fetched_is_joined_when_their_music_ends(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    world.carrier.set_faults(Faults { rest_reset: 1.0, ..Faults::none() });
    ana.press('1');
    let accepted = world.now();
    caller.until_talks().await;

    assert!(world.now() - accepted < 32_000, "{} ms", world.now() - accepted);
    world.carrier.set_faults(Faults::none());
    caller.hang_up();
    world.finish().await;
}

async fn caller_in_a_queue_through_a_restart_comes_into_it_anew(stage: Stage) {
    for presses in [true, false] {
        let mut world = queue(stage, &[]).people(&["Ana"]).allow(|allow| allow.two_offers = true).open().await;
        let ana = world.phone("Ana");

        let caller = world.call();
        ana.until_rings().await;
        world.kill();
        world.start_again();
        if presses {
            caller.press('7');
        }
        // The telephone that the old program rang rings on to its end.
        ana.until_idle().await;
        takes(&ana).await;
        caller.until_talks().await;

        caller.hang_up();
        world.finish_despite_warnings().await;
    }
}

async fn caller_in_a_queue_is_told_when_the_program_stops(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana"]).open().await;
    let talking = world.call_from("+441632960101");
    takes(&world.phone("Ana")).await;
    talking.until_talks().await;
    world.after(seconds(1)).await;
    let caller = world.call();
    caller.until_hears("You are next in line.").await;

    let service = world.program.service.clone();
    assert_eq!(service.switchboard.waiting_calls(), 1);
    service.tasks.spawn("stop", {
        let service = service.clone();
        async move { service.drain(seconds(1)).await }
    });
    caller.until_hears("something went wrong on our side").await;

    caller.until_ends().await;
    talking.hang_up();
    world.finish_stopped().await;
}

async fn key_and_end_that_are_reported_twice_or_late_move_nobody(stage: Stage) {
    let mut world =
        queue(stage, &[("hangup = \"You have left.\"", "menu = \"You have left.\"\nkeys = { 1 = \"long\" }")])
            .people(&["Ana"])
            .open()
            .await;
    let talking = world.call_from("+441632960101");
    takes(&world.phone("Ana")).await;
    talking.until_talks().await;
    let caller = world.call();
    caller.until_hears("You are next in line.").await;
    world.after(seconds(40)).await;

    let sid = caller.sid();
    for path in ["chosen/1", "chosen/2", "after/2", "chosen/x", "dial-ended"] {
        let fields = [("CallSid", sid.as_str()), ("Digits", "5"), ("CallStatus", "in-progress")];
        let late = world.post(&format!("/voice/calls/{sid}/{path}"), &fields).await;
        assert!(late.says("/ringback/gb.wav") && late.says("/chosen/3"), "{path}: {late:?}");
    }
    caller.press('5');
    caller.until_hears("You have left.").await;
    let again = world.post(&format!("/voice/calls/{sid}/chosen/3"), &[("CallSid", &sid), ("Digits", "5")]).await;
    assert!(again.says("You have left."), "{again:?}");
    assert_eq!(world.times("they left it by a key"), 1);

    caller.hang_up();
    talking.hang_up();
    world.finish().await;
}

async fn caller_whose_every_webhook_about_the_queue_fails_is_not_left(stage: Stage) {
    let mut world = queue(stage, &[]).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");
    let broken = || any(|| async { StatusCode::BAD_GATEWAY });
    let router = Router::new()
        .route("/voice/calls/{call}/chosen/{visit}", broken())
        .route("/voice/calls/{call}/after/{visit}", broken())
        .fallback_service(world.program.router());
    world.reach(router);

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    world.after(seconds(100)).await;
    assert_eq!(caller.status(), Status::InProgress);
    takes(&ana).await;
    caller.until_talks().await;

    caller.hang_up();
    world.come_to_rest().await;
    world.expect_every_warning(11200);
    world.finish().await;
}
