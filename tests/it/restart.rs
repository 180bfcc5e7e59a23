//! The program dies and comes back without a memory, or is asked to stop.

use ringall::simulator::{Character, Faults, FullRoom, Hearing, RestFault};

use crate::support::{Stage, conversations, millis, seconds};

conversations! {
    anywhere: [],
    virtual_time: [
        program_that_is_to_stop_waits_for_who_is_being_served,
        phone_that_still_rings_when_two_talk_falls_silent_before_the_program_stops,
        caller_whose_call_is_given_back_while_the_program_stops_is_told,
        caller_who_comes_when_the_others_have_been_told_is_told_too,
        caller_who_waits_through_a_restart_is_served,
        caller_who_hears_our_ringback_through_a_restart_is_found_and_served,
        phone_of_the_old_program_is_told_when_the_new_one_knows_nothing,
        restart_does_not_part_two_who_are_just_being_joined,
        caller_left_ringing_while_the_carrier_was_down_is_told_in_the_end,
        phone_that_rings_through_a_restart_may_still_have_the_call,
        talk_goes_on_through_a_restart,
        caller_is_told_when_the_program_stops_after_its_time,
        new_calls_are_served_while_the_program_waits_to_stop,
    ],
}

async fn program_that_is_to_stop_waits_for_who_is_being_served(stage: Stage) {
    let world = stage.hotline().open().await;
    let ana = world.phone("Ana");
    let caller = world.call();
    ana.until_rings().await;

    let service = world.program.service.clone();
    let stopping = service.tasks.spawn("stop", {
        let service = service.clone();
        async move { service.drain(seconds(30)).await }
    });
    world.after(millis(300)).await;
    assert!(!stopping.is_finished());
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;
    world.after(millis(700)).await;
    assert!(service.switchboard.waiting_calls() == 0);

    caller.hang_up();
    ana.until_idle().await;
    world.finish_stopped().await;
}

async fn phone_that_still_rings_when_two_talk_falls_silent_before_the_program_stops(stage: Stage) {
    let world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    // Ben's cancel is tried again after a while.
    for _ in 0..2 {
        world.carrier.fail_next_rest(RestFault::Server(503));
    }
    ana.press('1');
    caller.until_talks().await;
    assert_eq!(world.carrier.still_ringing().len(), 1);

    world.program.service.drain(seconds(30)).await;

    assert!(world.carrier.still_ringing().is_empty(), "the program has ended, and nobody stops this phone");
    caller.hang_up();
    world.finish_stopped().await;
}

async fn caller_whose_call_is_given_back_while_the_program_stops_is_told(stage: Stage) {
    // The caller is in, and the account has no place for another.
    let hotline = stage.hotline().group("screen = \"none\"\nring_for = \"60s\"").line("ringback = \"tone\"");
    let no_room = (FullRoom::RunsAction, Some(1));
    let world = hotline.switches(|switches| (switches.full_room, switches.room_ceiling) = no_room).open().await;
    let ana = world.phone("Ana");
    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    ana.answer();
    world.after(millis(200)).await;

    let service = world.program.service.clone();
    service.tasks.spawn("stop", {
        let service = service.clone();
        async move { service.drain(seconds(0)).await }
    });
    caller.until_hears("something went wrong on our side").await;

    caller.until_ends().await;
    assert!(world.carrier.still_ringing().is_empty());
    world.finish_stopped().await;
}

async fn caller_who_comes_when_the_others_have_been_told_is_told_too(stage: Stage) {
    let world = stage.hotline().open().await;
    let first = world.call_from("+441632960101");
    world.phone("Ana").until_rings().await;

    let service = world.program.service.clone();
    service.tasks.spawn("stop", {
        let service = service.clone();
        async move { service.drain(seconds(0)).await }
    });
    first.until_hears("something went wrong on our side").await;
    let second = world.call_from("+441632960102");
    second.until_hears("something went wrong on our side").await;

    second.until_ends().await;
    assert!(world.carrier.still_ringing().is_empty());
    world.finish_stopped().await;
}

async fn caller_who_waits_through_a_restart_is_served(stage: Stage) {
    // The old legs ring on until the carrier's own time-out: nobody has told the new program of them.
    let mut world = stage
        .hotline()
        .switches(|switches| switches.call_waiting = true)
        .allow(|allow| allow.two_offers = true)
        .open()
        .await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    world.after(seconds(1)).await;
    world.kill();
    world.start_again();
    world.after(seconds(1)).await;
    assert_eq!(ana.times_dialled(), 2);
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');

    caller.until_talks().await;
    caller.hang_up();
    world.finish_despite_warnings().await;
}

async fn caller_who_hears_our_ringback_through_a_restart_is_found_and_served(stage: Stage) {
    let hotline = stage.hotline().group("screen = \"key\"\nring_for = \"60s\"");
    // Nobody tells the new program of the phones that the old one rings.
    let mut world = hotline.allow(|allow| allow.two_offers = true).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    let began = world.now();
    world.kill();
    world.start_again();
    world.after(seconds(62)).await;
    assert_eq!(ana.times_dialled(), 2, "within a minute the caller is found");
    assert!(matches!(caller.hears(), Hearing::Ringback(_)));
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;

    assert!(world.now() - began < 64_000, "took {} ms", world.now() - began);
    caller.hang_up();
    world.finish_despite_warnings().await;
}

async fn phone_of_the_old_program_is_told_when_the_new_one_knows_nothing(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    world.kill();
    world.start_again();
    world.after(seconds(5)).await;
    ana.answer();
    ana.until_hears("no longer needs you").await;

    caller.hang_up();
    world.finish_despite_warnings().await;
}

async fn restart_does_not_part_two_who_are_just_being_joined(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    let sid = caller.sid();
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;
    world.kill();
    world.start_again();
    // What the caller's wait document would have asked next comes late.
    let late = world.post(&format!("/voice/calls/{sid}/wait"), &[("CallSid", &sid)]).await;
    assert!(late.says("ringback"));
    world.after(seconds(5)).await;

    assert!(matches!(caller.hears(), Hearing::Talking(_)));
    caller.hang_up();
    ana.until_idle().await;
    world.finish_despite_warnings().await;
}

async fn caller_left_ringing_while_the_carrier_was_down_is_told_in_the_end(stage: Stage) {
    let world = stage.hotline().open().await;

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    world.carrier.set_faults(Faults { rest_reset: 1.0, ..Faults::none() });
    world.after(seconds(600)).await;
    assert_eq!(world.program.service.switchboard.live_calls(), 0, "the program has given up");
    assert!(matches!(caller.hears(), Hearing::Ringback(_)));
    world.carrier.set_faults(Faults::none());
    caller.until_hears("something went wrong on our side").await;

    caller.until_ends().await;
    world.finish_despite_warnings().await;
}

async fn phone_that_rings_through_a_restart_may_still_have_the_call(stage: Stage) {
    let hotline = stage.hotline().line("ringback = \"carrier\"");
    // The new program cannot know that Ana's phone rings.
    let mut world = hotline.allow(|allow| allow.two_offers = true).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ben.decline();
    // In a chunk of carrier ringback no request is open; the next one finds a new program.
    world.after(millis(11_800)).await;
    world.kill();
    world.start_again();
    ben.until_rings().await;
    assert_eq!(ana.times_dialled(), 2, "the second time her phone is engaged by the first");
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');

    caller.until_talks().await;
    ben.until_idle().await;
    caller.hang_up();
    world.finish_despite_warnings().await;
}

async fn talk_goes_on_through_a_restart(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let ana = world.phone("Ana");
    world.carrier.set_character(ana.number(), Character::presses(seconds(1), '1'));

    let caller = world.call();
    caller.until_talks().await;
    world.after(seconds(5)).await;
    world.kill();
    world.start_again();
    world.after(seconds(60)).await;
    assert!(matches!(caller.hears(), Hearing::Talking(_)));
    ana.hang_up();
    caller.until_ends().await;

    world.finish_despite_warnings().await;
}

async fn caller_is_told_when_the_program_stops_after_its_time(stage: Stage) {
    let world = stage.hotline().group("screen = \"key\"\nring_for = \"60s\"").open().await;
    let caller = world.call();
    caller.until_hears_recording("ringback").await;

    let service = world.program.service.clone();
    service.tasks.spawn("stop", {
        let service = service.clone();
        async move { service.drain(seconds(10)).await }
    });
    caller.until_hears("something went wrong on our side").await;

    assert_eq!(world.now() / 1000, 22);
    caller.until_ends().await;
    assert!(world.carrier.still_ringing().is_empty());
    world.finish_stopped().await;
}

async fn new_calls_are_served_while_the_program_waits_to_stop(stage: Stage) {
    let world = stage.hotline().open().await;
    let ana = world.phone("Ana");
    let first = world.call_from("+441632960101");
    ana.until_rings().await;

    let service = world.program.service.clone();
    service.tasks.spawn("stop", {
        let service = service.clone();
        async move { service.drain(seconds(30)).await }
    });
    first.hang_up();
    let second = world.call_from("+441632960102");
    ana.until_idle().await;
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');

    second.until_talks().await;
    second.hang_up();
    world.finish_stopped().await;
}
