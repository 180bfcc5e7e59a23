//! Keys that come late, twice or never.

use axum::{Router, routing::any};
use http::StatusCode;

use super::{MENU, with_menu};
use crate::support::{Stage, conversations, seconds};

conversations! {
    anywhere: [],
    virtual_time: [
        key_that_is_reported_twice_is_pressed_once,
        key_that_comes_when_the_flow_has_moved_on_presses_nothing,
        key_that_comes_for_an_earlier_prompt_presses_nothing,
        caller_whose_key_gets_lost_on_the_way_hears_the_menu_again,
        caller_whose_every_webhook_about_the_menu_fails_hears_it_again_and_may_choose,
        caller_in_a_menu_through_a_restart_is_asked_anew,
        caller_in_a_menu_is_told_when_the_program_stops,
    ],
}

async fn key_that_is_reported_twice_is_pressed_once(stage: Stage) {
    let menu = "[steps]\nbye = { hangup = \"You pressed twice.\" }\nsecond = { menu = \"Second.\", keys = { 1 = \"bye\" } }\n\
                welcome = { menu = \"First.\", keys = { 1 = \"second\" } }";
    let mut world = with_menu(stage, menu).open().await;

    let caller = world.call();
    caller.until_hears("First.").await;
    caller.press('1');
    caller.until_hears("Second.").await;
    let again = world.repeat(&world.webhooks_to("/chosen/1")[0]).await;

    assert!(again.says("Second.") && again.says("/chosen/2"), "{again:?}");
    assert_eq!(world.times("the caller presses 1"), 1);
    // The one whom it was said to is still there, and chooses for themselves.
    caller.press('1');
    caller.until_hears("You pressed twice.").await;
    caller.until_ends().await;
    world.finish().await;
}

async fn key_that_comes_when_the_flow_has_moved_on_presses_nothing(stage: Stage) {
    let mut world = with_menu(stage, MENU).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears("For sales press 1").await;
    caller.press('2');
    ana.until_rings().await;
    let sid = caller.sid();
    let late = world.post(&format!("/voice/calls/{sid}/chosen/1"), &[("CallSid", &sid), ("Digits", "1")]).await;
    assert!(late.says("<Conference"), "the phones ring: {late:?}");
    assert_eq!(world.times("the caller presses"), 1);
    caller.until_hears("Nobody came.").await;
    let later = world.post(&format!("/voice/calls/{sid}/chosen/1"), &[("CallSid", &sid), ("Digits", "1")]).await;
    assert!(later.says("Nobody came."), "{later:?}");

    caller.until_ends().await;
    world.come_to_rest().await;
    let after = world.post(&format!("/voice/calls/{sid}/chosen/1"), &[("CallSid", &sid), ("Digits", "1")]).await;
    assert!(after.says("Goodbye"), "nobody is rung: {after:?}");
    assert_eq!(ana.times_dialled(), 1);
    world.finish().await;
}

async fn key_that_comes_for_an_earlier_prompt_presses_nothing(stage: Stage) {
    let world = with_menu(stage, MENU).open().await;

    let caller = world.call();
    caller.until_hears("No key was pressed.").await;
    let sid = caller.sid();
    for path in ["chosen/1", "chosen/7", "chosen/x", "after/1"] {
        let fields = [("CallSid", sid.as_str()), ("Digits", "1"), ("CallStatus", "in-progress")];
        let late = world.post(&format!("/voice/calls/{sid}/{path}"), &fields).await;
        assert!(late.says("For sales press 1") && late.says("/chosen/2"), "{path}: {late:?}");
    }
    caller.press('1');
    caller.until_hears("This is sales.").await;

    caller.until_ends().await;
    world.finish().await;
}

async fn caller_whose_key_gets_lost_on_the_way_hears_the_menu_again(stage: Stage) {
    let mut world = with_menu(stage, MENU).open().await;
    let broken = any(|| async { StatusCode::BAD_GATEWAY });
    world.reach(
        Router::new().route("/voice/calls/{call}/chosen/{visit}", broken).fallback_service(world.program.router()),
    );

    let caller = world.call();
    caller.until_hears("For sales press 1").await;
    caller.press('1');
    caller.until_hears_again("For sales press 1").await;
    world.reach(world.program.router());
    caller.press('1');
    caller.until_hears("This is sales.").await;

    caller.until_ends().await;
    world.expect_warning(11200);
    world.finish().await;
}

async fn caller_whose_every_webhook_about_the_menu_fails_hears_it_again_and_may_choose(stage: Stage) {
    let mut world = with_menu(stage, MENU).open().await;
    let broken = || any(|| async { StatusCode::BAD_GATEWAY });
    let router = Router::new()
        .route("/voice/calls/{call}/chosen/{visit}", broken())
        .route("/voice/calls/{call}/after/{visit}", broken())
        .fallback_service(world.program.router());
    world.reach(router);

    let caller = world.call();
    caller.until_hears("For sales press 1").await;
    caller.until_hears_again("For sales press 1").await;
    world.reach(world.program.router());
    caller.press('1');
    caller.until_hears("This is sales.").await;

    caller.until_ends().await;
    world.expect_warning(11200);
    world.finish().await;
}

async fn caller_in_a_menu_through_a_restart_is_asked_anew(stage: Stage) {
    for presses in [true, false] {
        let mut world = with_menu(stage, MENU).open().await;

        let caller = world.call();
        caller.until_hears("For sales press 1").await;
        world.kill();
        world.start_again();
        if presses {
            caller.press('1');
        }
        caller.until_hears_again("For sales press 1").await;
        caller.press('1');
        caller.until_hears("This is sales.").await;

        caller.until_ends().await;
        world.finish().await;
    }
}

async fn caller_in_a_menu_is_told_when_the_program_stops(stage: Stage) {
    let world = with_menu(stage, MENU).open().await;
    let caller = world.call();
    caller.until_hears("For sales press 1").await;

    let service = world.program.service.clone();
    service.tasks.spawn("stop", {
        let service = service.clone();
        async move { service.drain(seconds(1)).await }
    });
    caller.until_hears("something went wrong on our side").await;

    caller.until_ends().await;
    world.finish_stopped().await;
}
