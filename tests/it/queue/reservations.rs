//! A member is offered one caller: who takes them, declines, is late, or lets it ring.

use ringall::simulator::{Either, Faults, Hearing, Phone};
use ringall_core::fact::Outcome;

use super::{queue, takes};
use crate::support::{Stage, conversations, millis, seconds};

conversations! {
    anywhere: [],
    virtual_time: [
        member_who_declines_is_not_rung_again_for_this_caller,
        member_who_does_not_answer_comes_last,
        member_who_hangs_up_before_both_are_joined_leaves_the_caller_their_place,
        two_who_accept_in_the_same_instant_are_not_both_given_the_caller,
        member_who_accepts_in_the_instant_their_reservation_ends_has_the_call_or_is_told,
        member_who_has_picked_up_when_their_reservation_ends_may_press_a_key_in_peace,
    ],
}

async fn member_who_declines_is_not_rung_again_for_this_caller(stage: Stage) {
    let mut world = queue(stage, &[]).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('9');
    ben.until_rings().await;
    world.after(seconds(60)).await;
    assert_eq!(ana.times_dialled(), 1);
    assert!(ben.times_dialled() > 1, "the other one is tried again");
    ben.until_rings().await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ben.press('9');
    // Nobody is left who might take it.
    caller.until_hears("Nobody is on duty.").await;

    caller.until_ends().await;
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn member_who_does_not_answer_comes_last(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana", "Ben", "Cleo"]).open().await;
    let phones = world.phones(["Ana", "Ben", "Cleo"]);

    let caller = world.call();
    let mut rung = Vec::new();
    for phone in [&phones[0], &phones[1], &phones[2], &phones[0]] {
        phone.until_rings().await;
        rung.push(world.now());
    }

    assert_eq!(phones.each_ref().map(Phone::times_dialled), [2, 1, 1]);
    let between: Vec<_> = rung.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(between.iter().all(|time| (10_000..11_500).contains(time)), "one reservation after the other: {between:?}");
    caller.hang_up();
    world.finish().await;
}

async fn member_who_hangs_up_before_both_are_joined_leaves_the_caller_their_place(stage: Stage) {
    let mut world = queue(stage, &[]).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");

    let first = world.call_from("+441632960101");
    ana.until_rings().await;
    let second = world.call_from("+441632960102");
    second.until_hears("You are number 2 in line.").await;
    ana.answer();
    ana.until_hears("press any digit").await;
    // The caller cannot be fetched for a while.
    world.carrier.set_faults(Faults { rest_reset: 1.0, ..Faults::none() });
    ana.press('1');
    ana.until_hears("Connecting you now").await;
    ana.hang_up();
    world.carrier.set_faults(Faults::none());
    // Not a talk: she need not rest, and is offered to the second caller while the first may not ring her at once.
    world.settle().await;
    assert_eq!(world.times("is gone before both are joined"), 1);
    first.until_hears_recording("ringback").await;
    takes(&ana).await;
    second.until_talks().await;
    second.hang_up();
    takes(&ana).await;
    first.until_talks().await;

    first.hang_up();
    world.finish().await;
}

async fn two_who_accept_in_the_same_instant_are_not_both_given_the_caller(stage: Stage) {
    let mut races = 0;
    for seed in 1..=8 {
        // A phone that was asked to stop rings on for up to two seconds: then the next one rings already.
        let faults = Faults { cancel_delay: seconds(2), ..Faults::none() };
        let setup = queue(stage, &[]).group("screen = \"none\"").faults(faults).seed(seed);
        let world = setup.switches(|switches| switches.extra_ring = Either::Always).open().await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);

        let caller = world.call();
        ana.until_rings().await;
        ben.until_rings().await;
        let both = ana.answer();
        assert!(ben.answer());
        races += u32::from(both);
        caller.until_talks().await;
        world.settle().await;
        let talks = [&ana, &ben].map(|phone| matches!(phone.hears(), Some(Hearing::Talking(_))));
        assert!(talks[0] != talks[1], "exactly one has the caller");
        if both {
            // Whoever came second hears why.
            [&ana, &ben][usize::from(talks[0])].until_hears("Thank you.").await;
        }

        caller.hang_up();
        world.finish().await;
    }
    assert!(races > 2, "{races} of 8");
}

async fn member_who_accepts_in_the_instant_their_reservation_ends_has_the_call_or_is_told(stage: Stage) {
    let mut winners = [0, 0];
    for after in [9_499, 9_500, 9_501, 9_510] {
        let world = queue(stage, &[]).group("screen = \"none\"").open().await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);

        let caller = world.call();
        ana.until_rings().await;
        world.after(millis(after)).await;
        if !ana.answer() {
            ben.until_rings().await;
            ben.answer();
        }
        caller.until_talks().await;
        world.settle().await;
        let talks = [&ana, &ben].map(|phone| matches!(phone.hears(), Some(Hearing::Talking(_))));
        assert!(talks[0] != talks[1], "exactly one has the caller");
        winners[usize::from(talks[1])] += 1;

        caller.hang_up();
        world.finish().await;
    }
    assert!(winners[0] > 0 && winners[1] > 0, "{winners:?}");
}

async fn member_who_has_picked_up_when_their_reservation_ends_may_press_a_key_in_peace(stage: Stage) {
    let world = queue(stage, &[]).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    let rang = world.now();
    world.after(millis(9_000)).await;
    ana.answer();
    ana.until_hears("press any digit").await;
    // She listens to all of it: her reservation is over, and yet she is not cut off.
    world.after(millis(10_000)).await;
    assert_eq!(ben.times_dialled(), 0, "whoever has picked up may press a key in peace");
    ana.press('1');
    caller.until_talks().await;

    assert_eq!(world.now() - rang, 19_000);
    caller.hang_up();
    world.finish().await;
}
