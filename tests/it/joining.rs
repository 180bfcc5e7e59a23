//! Between the accept and the talk: winners who drop, rooms that refuse, callers who fall out.

use ringall::simulator::{AloneAgain, Character, FullRoom, Hearing, Status};
use ringall_core::fact::Outcome;

use crate::support::{Stage, World, conversations, millis, seconds};

conversations! {
    anywhere: [
        winner_who_hangs_up_in_the_same_breath_gives_the_call_back,
        talk_ends_for_both_when_one_hangs_up,
    ],
    virtual_time: [
        winner_for_whom_no_room_is_left_gives_the_call_back,
        caller_for_whom_no_room_is_left_hears_our_ringing_and_is_told_in_the_end,
        somebody_left_alone_in_the_room_is_not_left_there,
        same_accept_twice_gets_the_same_answer_and_is_done_once,
        leg_from_before_a_restart_that_shares_the_winners_number_is_told_in_words,
        short_talk_with_a_winner_who_found_the_room_full_is_a_talk_and_nobody_is_rung_again,
    ],
}

async fn winner_who_hangs_up_in_the_same_breath_gives_the_call_back(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    ana.hang_up();
    world.after(millis(400)).await;
    // Whether the key has reached us or not, Ben's phone rings, perhaps anew.
    ben.until_rings().await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ben.press('1');

    caller.until_talks().await;
    caller.hang_up();
    world.come_to_rest().await;
    assert_eq!(world.times("Ben accepts"), 1);
    world.finish().await;
}

async fn talk_ends_for_both_when_one_hangs_up(stage: Stage) {
    let world = stage.hotline().switches(|switches| switches.action_after_hangup = true).open().await;
    let ana = world.phone("Ana");

    let caller = talking(&world).await;
    // The start of their talk is reported; a winner who is gone before that gives the call back.
    world.after(millis(500)).await;
    ana.hang_up();
    assert_eq!(caller.until_ends().await, Status::Completed);

    let caller = talking(&world).await;
    caller.hang_up();
    assert_eq!(ana.until_ends().await, Status::Completed);
    world.finish().await;
}

async fn winner_for_whom_no_room_is_left_gives_the_call_back(stage: Stage) {
    for full in [FullRoom::RunsAction, FullRoom::HangsUp] {
        // The caller is in, and the account has no place for another.
        let hotline = stage.hotline().group("screen = \"none\"\nring_for = \"60s\"").line("ringback = \"tone\"");
        let mut world =
            hotline.switches(|switches| (switches.full_room, switches.room_ceiling) = (full, Some(1))).open().await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);

        let caller = world.call();
        caller.until_hears_recording("ringback").await;
        ana.answer();
        ben.until_idle().await;
        ben.until_rings().await;
        assert!(matches!(caller.hears(), Hearing::Ringback(_)));
        caller.hang_up();

        world.come_to_rest().await;
        world.expect_every_warning(16021);
        assert!(world.times("Ana accepts") > 0);
        world.finish().await;
    }
}

async fn caller_for_whom_no_room_is_left_hears_our_ringing_and_is_told_in_the_end(stage: Stage) {
    let hotline = stage.hotline().group("screen = \"key\"\nring_for = \"30s\"");
    let mut world = hotline.switches(|switches| switches.room_ceiling = Some(0)).open().await;

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    caller.until_hears("nobody can take your call").await;
    caller.until_ends().await;

    world.come_to_rest().await;
    world.expect_every_warning(16021);
    world.finish().await;
}

async fn somebody_left_alone_in_the_room_is_not_left_there(stage: Stage) {
    for alone in [AloneAgain::Silence, AloneAgain::WaitDocument] {
        let world = stage.hotline().switches(|switches| switches.alone_again = alone).open().await;

        let caller = talking(&world).await;
        world.phone("Ana").hang_up();
        let parted = world.now();
        caller.until_ends().await;

        assert!(world.now() - parted < 1_000, "the caller was left for {} ms", world.now() - parted);
        world.finish().await;
    }
}

async fn same_accept_twice_gets_the_same_answer_and_is_done_once(stage: Stage) {
    let mut world = stage.hotline().open().await;

    let caller = talking(&world).await;
    let key = &world.webhooks_to("/key")[0];
    let leg = &world.webhooks_to("/rounds/1/legs/1")[0];
    let voice = &world.webhooks_to("/voice")[0];
    let again = world.repeat(key).await;
    assert!(again.says("<Conference") && again == world.repeat(leg).await, "{again:?}");
    assert!(world.repeat(voice).await.says("<Conference"));
    world.after(seconds(5)).await;

    assert_eq!((world.times("accepts"), world.times("a call comes in")), (1, 1));
    caller.hang_up();
    world.finish().await;
}

async fn short_talk_with_a_winner_who_found_the_room_full_is_a_talk_and_nobody_is_rung_again(stage: Stage) {
    // The carrier lists conferences so late that a look into this one would not tell.
    let hotline = stage.hotline().group("screen = \"none\"").line("ringback = \"tone\"");
    let mut world = hotline.switches(|switches| switches.rest_lag = seconds(2)).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    world.carrier.refuse_next_participant();
    ana.answer();
    caller.until_talks().await;
    world.after(millis(1500)).await;
    ana.hang_up();

    caller.until_ends().await;
    world.come_to_rest().await;
    world.expect_every_warning(16020);
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn leg_from_before_a_restart_that_shares_the_winners_number_is_told_in_words(stage: Stage) {
    let world = stage.hotline().open().await;
    let caller = talking(&world).await;
    let path = format!("/voice/calls/{}/rounds/1/legs/1/key", caller.sid());

    let answer = world.post(&path, &[("CallSid", "CA9"), ("CallStatus", "in-progress"), ("Digits", "1")]).await;

    assert!(answer.says("Somebody else already has the call"), "{answer:?}");
    caller.hang_up();
    world.finish().await;
}

/// Somebody calls and Ana takes the call.
async fn talking(world: &World) -> ringall::simulator::Caller {
    let ana = world.phone("Ana");
    world.carrier.set_character(ana.number(), Character::presses(millis(200), '1'));
    let caller = world.call();
    caller.until_talks().await;
    ana.until_talks().await;
    world.settle().await;
    caller
}
