//! The caller hangs up, at every moment at which that can be noticed late or not at all.

use ringall::simulator::{Faults, Hearing, Status, Unanswered};
use ringall_core::fact::Outcome;

use crate::support::{Stage, conversations, millis, seconds};

conversations! {
    anywhere: [
        caller_hangs_up_while_phones_ring_and_they_stop,
        somebody_who_picks_up_late_is_told_that_the_caller_has_left,
        caller_hangs_up_before_the_winner_is_with_them,
    ],
    virtual_time: [
        caller_hangs_up_in_our_ringback,
        request_of_a_caller_who_hangs_up_is_answered_without_an_apology,
        caller_hangs_up_in_carrier_ringback,
        caller_who_left_unnoticed_rings_nobody_for_ever,
        winner_whose_caller_leaves_as_they_are_joined_is_not_led_to_wait_for_them_without_a_word,
        caller_who_left_unnoticed_in_carrier_ringback_rings_nobody_for_long,
    ],
}

async fn caller_hangs_up_while_phones_ring_and_they_stop(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    caller.hang_up();

    ana.until_idle().await;
    ben.until_idle().await;
    assert_eq!((ana.status(), ben.status()), (Some(Status::Canceled), Some(Status::Canceled)));
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp]);
    world.finish().await;
}

async fn somebody_who_picks_up_late_is_told_that_the_caller_has_left(stage: Stage) {
    let world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    caller.hang_up();

    ana.until_hears("The caller has hung up").await;
    ben.until_idle().await;
    world.finish().await;
}

async fn caller_hangs_up_before_the_winner_is_with_them(stage: Stage) {
    let world = stage.hotline().people(&["Ana"]).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.hang_up();

    ana.until_hears("The caller has hung up").await;
    ana.until_ends().await;
    world.finish().await;
}

async fn request_of_a_caller_who_hangs_up_is_answered_without_an_apology(stage: Stage) {
    let world = stage.hotline().open().await;
    let caller = world.call();
    world.phone("Ana").until_rings().await;
    let voice = &world.webhooks_to("/voice")[0];

    let hangs_up = async {
        world.settle().await;
        caller.hang_up();
    };
    let (answer, ()) = tokio::join!(world.repeat(voice), hangs_up);

    assert!(answer.says("<Hangup/>") && !answer.says("<Say"), "{answer:?}");
    world.finish().await;
}

async fn caller_hangs_up_in_our_ringback(stage: Stage) {
    let world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    caller.until_hears_recording("ringback/gb").await;
    assert!(ana.rings() && ben.rings());
    caller.hang_up();
    world.settle().await;

    assert!(!ana.rings() && !ben.rings(), "the phones ring on for nobody");
    world.finish().await;
}

async fn caller_hangs_up_in_carrier_ringback(stage: Stage) {
    let world = stage
        .hotline()
        .line("ringback = \"carrier\"")
        .switches(|switches| switches.unanswered = Unanswered::KeepsRinging)
        .open()
        .await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    world.after(millis(12_500)).await;
    assert_eq!(caller.hears(), Hearing::NetworkRinging);
    assert!(ana.rings() && ben.rings());
    caller.hang_up();
    world.settle().await;

    assert!(!ana.rings() && !ben.rings(), "the phones ring on for nobody");
    world.finish().await;
}

async fn caller_who_left_unnoticed_rings_nobody_for_ever(stage: Stage) {
    let world = stage.hotline().group("screen = \"none\"").without_status_callback().open().await;
    world.carrier.set_character(world.phone("Ana").number(), ringall::simulator::Character::human(seconds(3)));
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    caller.hang_up();
    ana.until_hears("The caller has hung up").await;
    ben.until_idle().await;
    ana.until_ends().await;
    world.after(seconds(20)).await;

    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 1), "a phone rang again for nobody");
    world.finish().await;
}

async fn caller_who_left_unnoticed_in_carrier_ringback_rings_nobody_for_long(stage: Stage) {
    let world = stage.hotline().line("ringback = \"carrier\"").without_status_callback().open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    world.after(millis(12_500)).await;
    caller.hang_up();
    world.after(seconds(8)).await;

    assert!(!ana.rings(), "nobody asks for the next chunk, so the caller is looked up");
    world.finish().await;
}

async fn winner_whose_caller_leaves_as_they_are_joined_is_not_led_to_wait_for_them_without_a_word(stage: Stage) {
    let late = Faults { callback_late: 0.8, callback_delay: millis(1_500), ..Faults::none() };
    let mut told = 0;
    for seed in 0..60 {
        let hotline = stage.hotline().people(&["Ana"]).seed(seed);
        let world = hotline.faults(late.clone()).switches(|switches| switches.action_after_hangup = true).open().await;
        let ana = world.phone("Ana");

        let caller = world.call();
        ana.until_rings().await;
        ana.answer();
        ana.until_hears("press any digit").await;
        ana.press('1');
        caller.until_talks().await;
        caller.hang_up();
        ana.until_ends().await;

        let times = |words: &str| {
            let says = |what: &Hearing| matches!(what, Hearing::Words(said) if said.contains(words));
            ana.heard().iter().filter(|heard| says(&heard.what)).count()
        };
        // Who is out of the conference before the news of the caller is led in again, and told as soon as the carrier was
        // asked.
        let heard_why = times("The caller has hung up");
        told += heard_why;
        assert!(times("Connecting you") <= 1 || heard_why == 1, "seed {seed}: {:?}", ana.heard());
        // Reports are late.
        world.after(seconds(2)).await;
        world.finish().await;
    }
    assert!(told > 0, "no winner has left the conference before the news of the caller came");
}
