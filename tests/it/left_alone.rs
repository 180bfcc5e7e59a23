//! The program dies in the moment in which somebody has accepted and the caller is still to be sent to them.

use ringall::simulator::{Caller, Faults, Hearing, Phone};

use crate::support::{Stage, World, conversations, millis, seconds, stage::Setup};

conversations! {
    anywhere: [],
    virtual_time: [
        caller_is_not_hung_up_on_because_an_earlier_winner_waits_for_them,
        caller_in_a_queue_is_not_hung_up_on_because_an_earlier_winner_waits_for_them,
        winner_who_is_still_being_told_of_the_caller_is_not_left_in_silence_after_a_restart,
        winner_is_not_left_in_silence_because_the_carrier_cannot_be_asked_at_once,
        two_who_talk_are_not_parted_by_a_request_that_comes_late_after_a_restart,
    ],
}

const TOLD: &str = "could not be connected to you";

/// Ana has accepted while no request of the caller was open, and the program knows nothing of it any more.
async fn restarted_as_ana_waits(setup: Setup) -> (World, [Phone; 2], Caller) {
    let hotline = setup.line("ringback = \"carrier\"").allow(|allow| allow.two_offers = true);
    let mut world = hotline.open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    // In a chunk of carrier ringback no request is open; the next one finds a new program.
    world.after(millis(12_300_u64.saturating_sub(world.now()))).await;
    ana.press('1');
    world.after(millis(200)).await;
    assert!(!matches!(caller.hears(), Hearing::Talking(_)));
    world.kill();
    world.start_again();
    (world, [ana, ben], caller)
}

async fn takes(phone: &Phone) {
    phone.until_rings().await;
    phone.answer();
    phone.until_hears("press any digit").await;
    phone.press('1');
}

async fn caller_is_not_hung_up_on_because_an_earlier_winner_waits_for_them(stage: Stage) {
    let (world, [ana, ben], caller) = restarted_as_ana_waits(stage.hotline()).await;

    ana.until_hears(TOLD).await;
    takes(&ben).await;
    caller.until_talks().await;

    world.after(seconds(5)).await;
    assert!(matches!(caller.hears(), Hearing::Talking(_)));
    caller.hang_up();
    world.finish_despite_warnings().await;
}

async fn caller_in_a_queue_is_not_hung_up_on_because_an_earlier_winner_waits_for_them(stage: Stage) {
    let mut world = super::queue::queue(stage, &[]).allow(|allow| allow.two_offers = true).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    // The redirect that is to fetch the caller does not get through.
    world.carrier.set_faults(Faults { rest_reset: 1.0, ..Faults::none() });
    ana.press('1');
    world.after(millis(500)).await;
    world.kill();
    world.start_again();
    world.carrier.set_faults(Faults::none());

    ana.until_hears(TOLD).await;
    takes(&ben).await;
    caller.until_talks().await;

    world.after(seconds(5)).await;
    assert!(matches!(caller.hears(), Hearing::Talking(_)));
    caller.hang_up();
    world.finish_despite_warnings().await;
}

async fn winner_who_is_still_being_told_of_the_caller_is_not_left_in_silence_after_a_restart(stage: Stage) {
    let words = "A new report. ".repeat(8);
    let setup = stage.hotline().group(&format!("screen = \"key\"\nwhisper = \"{words}\""));
    let (world, [ana, _], caller) = restarted_as_ana_waits(setup).await;
    let began = world.now();

    ana.until_hears(TOLD).await;

    assert!(world.now() - began < 15_000, "{} ms", world.now() - began);
    caller.hang_up();
    world.finish_despite_warnings().await;
}

async fn winner_is_not_left_in_silence_because_the_carrier_cannot_be_asked_at_once(stage: Stage) {
    let (world, [ana, _], caller) = restarted_as_ana_waits(stage.hotline()).await;
    let began = world.now();
    world.carrier.set_faults(Faults { rest_reset: 1.0, ..Faults::none() });
    world.after(seconds(9)).await;
    world.carrier.set_faults(Faults::none());

    ana.until_hears(TOLD).await;

    assert!(world.now() - began < 45_000, "{} ms", world.now() - began);
    caller.hang_up();
    world.finish_despite_warnings().await;
}

async fn two_who_talk_are_not_parted_by_a_request_that_comes_late_after_a_restart(stage: Stage) {
    let mut world = stage.hotline().allow(|allow| allow.two_offers = true).open().await;
    let caller = world.call();
    takes(&world.phone("Ana")).await;
    caller.until_talks().await;
    let sid = caller.sid();
    world.kill();
    world.start_again();

    let late = [("CallSid", sid.as_str()), ("CallStatus", "in-progress"), ("To", "+441632960000")];
    world.post(&format!("/voice/calls/{sid}/now"), &late).await;
    world.after(seconds(11)).await;

    assert!(matches!(caller.hears(), Hearing::Talking(_)));
    caller.hang_up();
    world.finish_despite_warnings().await;
}
