//! Phones ring, somebody picks up and accepts, the others stop.

use ringall::simulator::{Character, Status};
use ringall_core::fact::Outcome;

use crate::support::{Stage, conversations, millis, seconds};

conversations! {
    anywhere: [
        first_human_to_answer_has_the_call,
        somebody_who_presses_second_is_told_in_words,
        two_press_in_the_same_instant_and_one_has_the_call,
        caller_is_not_kept_waiting_when_everybody_is_busy_or_off,
        somebody_who_declines_on_the_phone_is_not_rung_again_and_the_other_is,
    ],
    virtual_time: [
    ],
}

async fn first_human_to_answer_has_the_call(stage: Stage) {
    let mut world = stage.hotline().people(&["Ana", "Ben", "Carla"]).open().await;
    let [ana, ben, carla] = world.phones(["Ana", "Ben", "Carla"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    carla.until_rings().await;
    ben.answer();
    ben.until_hears("To take the call, press any digit").await;
    ben.press('1');

    caller.until_talks().await;
    ana.until_idle().await;
    carla.until_idle().await;
    assert_eq!((ana.status(), carla.status()), (Some(Status::Canceled), Some(Status::Canceled)));
    world.settle().await;
    ben.hang_up();
    assert_eq!(caller.until_ends().await, Status::Completed);
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn somebody_who_presses_second_is_told_in_words(stage: Stage) {
    let world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ana.answer();
    ben.answer();
    ana.until_hears("press any digit").await;
    ben.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;

    ben.until_hears("Somebody else already has the call").await;
    assert_eq!(ben.until_ends().await, Status::Completed);
    caller.hang_up();
    world.finish().await;
}

async fn two_press_in_the_same_instant_and_one_has_the_call(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    for phone in [&ana, &ben] {
        world.carrier.set_character(phone.number(), Character::together(1, seconds(2), Some('1')));
    }

    let caller = world.call();
    caller.until_talks().await;
    world.after(millis(500)).await;
    caller.hang_up();
    world.come_to_rest().await;

    assert_eq!(world.times("accepts"), 1);
    let told = |phone: &ringall::simulator::Phone| {
        phone.heard().iter().any(|heard| heard.what.speaks("Somebody else already has the call"))
    };
    assert_ne!(told(&ana), told(&ben), "exactly one is told that the other has the call");
    world.finish().await;
}

async fn caller_is_not_kept_waiting_when_everybody_is_busy_or_off(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    world.carrier.set_character(ana.number(), Character::Busy);
    world.carrier.set_character(ben.number(), Character::Off);

    let caller = world.call();
    caller.until_hears("nobody can take your call right now").await;

    assert!(world.now() < 5_000, "the caller waited {} ms", world.now());
    assert_eq!(caller.until_ends().await, Status::Completed);
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn somebody_who_declines_on_the_phone_is_not_rung_again_and_the_other_is(stage: Stage) {
    let world = stage.hotline().group("screen = \"key\"\nphone_for = \"8s\"\npasses = 3").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ana.decline();
    ben.until_idle().await;
    ben.until_rings().await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ben.press('5');

    caller.until_talks().await;
    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 2));
    caller.hang_up();
    world.finish().await;
}
