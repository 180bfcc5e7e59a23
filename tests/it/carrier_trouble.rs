//! The carrier refuses, breaks, hangs, forgets, repeats and is late; the caller does not notice.

use ringall::{
    simulator::{Character, Either, Faults, RestFault, Status},
    telemetry,
};
use ringall_core::fact::Outcome;

use crate::support::{Stage, conversations, millis, seconds};

conversations! {
    anywhere: [
        number_that_the_carrier_refuses_costs_only_that_phone,
        wrong_credentials_lead_the_caller_to_words_at_once,
    ],
    virtual_time: [
        dial_whose_connection_breaks_costs_only_that_phone,
        dial_whose_answer_is_lost_rings_once_and_may_win,
        dial_whose_answer_is_lost_stops_ringing_when_somebody_else_wins,
        dial_that_hangs_rings_once_and_is_ended,
        dial_that_meets_a_server_error_is_not_dialled_twice,
        carrier_that_says_too_many_requests_is_asked_again,
        phone_that_the_carrier_would_not_dial_yet_is_not_rung_once_the_caller_is_gone,
        carrier_that_is_down_leads_the_caller_to_words,
        callbacks_that_are_lost_leave_nobody,
        callbacks_that_come_late_twice_and_out_of_order_change_nothing,
        phone_that_goes_straight_to_its_answer_is_answered,
        somebody_who_picks_up_in_the_moment_of_the_cancel_is_told,
        cancel_that_is_lost_is_sent_again,
        legs_that_wait_at_the_carrier_never_ring_once_somebody_has_the_call,
        request_that_breaks_off_beside_another_does_not_cost_that_one_its_answer,
    ],
}

async fn number_that_the_carrier_refuses_costs_only_that_phone(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    world.carrier.fail_dialling(ana.number(), RestFault::BadNumber);

    let caller = world.call();
    ben.until_rings().await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ben.press('1');

    caller.until_talks().await;
    assert_eq!(
        (ana.times_dialled(), world.times("Ana could not be reached") + world.times("Ana")),
        (0, world.times("Ana"))
    );
    caller.hang_up();
    world.finish().await;
}

async fn wrong_credentials_lead_the_caller_to_words_at_once(stage: Stage) {
    let mut world = stage.hotline().open().await;
    for name in ["Ana", "Ben"] {
        world.carrier.fail_dialling(world.phone(name).number(), RestFault::Unauthorized);
    }

    let caller = world.call();
    caller.until_hears("nobody can take your call").await;
    assert!(world.now() < 5_000);
    caller.until_ends().await;

    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn dial_whose_connection_breaks_costs_only_that_phone(stage: Stage) {
    let world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    world.carrier.fail_dialling(ana.number(), RestFault::Reset);

    let caller = world.call();
    ben.until_rings().await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ben.press('1');

    caller.until_talks().await;
    assert_eq!(ana.times_dialled(), 0);
    caller.hang_up();
    // Whether the phone rings nobody has said; it is waited for as long as it might.
    world.finish().await;
}

async fn dial_whose_answer_is_lost_rings_once_and_may_win(stage: Stage) {
    let world = stage.hotline().people(&["Ana"]).open().await;
    let ana = world.phone("Ana");
    world.carrier.fail_dialling(ana.number(), RestFault::AnswerLost);

    let caller = world.call();
    ana.until_rings().await;
    world.after(seconds(3)).await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');

    caller.until_talks().await;
    assert_eq!(ana.times_dialled(), 1);
    caller.hang_up();
    world.finish().await;
}

async fn dial_whose_answer_is_lost_stops_ringing_when_somebody_else_wins(stage: Stage) {
    let world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    world.carrier.fail_dialling(ana.number(), RestFault::AnswerLost);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ben.press('1');
    caller.until_talks().await;
    ana.until_idle().await;

    assert_eq!((ana.status(), ana.times_dialled()), (Some(Status::Canceled), 1));
    caller.hang_up();
    world.finish().await;
}

async fn dial_that_hangs_rings_once_and_is_ended(stage: Stage) {
    let world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    world.carrier.fail_dialling(ana.number(), RestFault::Hang);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    caller.hang_up();
    ana.until_idle().await;

    assert_eq!(ana.times_dialled(), 1);
    world.finish().await;
}

async fn dial_that_meets_a_server_error_is_not_dialled_twice(stage: Stage) {
    let world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    world.carrier.fail_dialling(ana.number(), RestFault::Server(503));

    let caller = world.call();
    world.after(seconds(10)).await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ben.press('1');

    caller.until_talks().await;
    assert_eq!((ana.times_dialled(), ben.times_dialled()), (0, 1));
    caller.hang_up();
    world.finish().await;
}

async fn carrier_that_says_too_many_requests_is_asked_again(stage: Stage) {
    let world = stage.hotline().people(&["Ana"]).open().await;
    let ana = world.phone("Ana");
    world.carrier.fail_next_rest(RestFault::TooManyRequests);

    let caller = world.call();
    ana.until_rings().await;

    assert_eq!(ana.times_dialled(), 1);
    caller.hang_up();
    world.finish().await;
}

async fn phone_that_the_carrier_would_not_dial_yet_is_not_rung_once_the_caller_is_gone(stage: Stage) {
    for seed in 1..=10 {
        // How long the client waits before it asks again: not less than the news of the caller's leaving takes.
        fastrand::seed(seed);
        let world = stage.hotline().people(&["Ana"]).seed(seed).open().await;
        let ana = world.phone("Ana");
        world.carrier.fail_next_rest(RestFault::TooManyRequests);

        let caller = world.call();
        // The order is refused by now, and given again within half a second.
        world.after(millis(1)).await;
        caller.hang_up();
        world.after(seconds(10)).await;

        assert_eq!(ana.times_dialled(), 0);
        world.finish().await;
    }
}

async fn carrier_that_is_down_leads_the_caller_to_words(stage: Stage) {
    let faults = Faults { rest_refused: 1.0, ..Faults::none() };
    // An answered caller could not be fetched out of the conference without the carrier.
    let hotline = stage.hotline().line("ringback = \"carrier\"");
    let mut world = hotline.faults(faults).open().await;

    let caller = world.call();
    caller.until_hears("nobody can take your call").await;
    caller.until_ends().await;

    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn callbacks_that_are_lost_leave_nobody(stage: Stage) {
    let faults = Faults { callback_lost: 1.0, ..Faults::none() };
    let world = stage.hotline().faults(faults).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;
    ben.until_idle().await;
    caller.hang_up();
    ana.until_idle().await;
    // Nobody says that the talk is over; it is asked after ten minutes.
    world.after(seconds(660)).await;

    world.finish().await;
}

async fn callbacks_that_come_late_twice_and_out_of_order_change_nothing(stage: Stage) {
    let faults = Faults { callback_twice: 1.0, callback_late: 1.0, callback_delay: seconds(6), ..Faults::none() };
    let mut world = stage.hotline().faults(faults).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;
    ben.until_idle().await;
    world.after(seconds(20)).await;
    caller.hang_up();
    world.after(seconds(10)).await;

    assert_eq!((world.times("accepts"), ben.times_dialled()), (1, 1));
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn phone_that_goes_straight_to_its_answer_is_answered(stage: Stage) {
    let world = stage.hotline().switches(|switches| switches.ringing_state = Either::Never).open().await;
    let ana = world.phone("Ana");
    world.carrier.set_character(ana.number(), Character::presses(millis(1), '1'));

    let caller = world.call();
    caller.until_talks().await;

    caller.hang_up();
    world.finish().await;
}

async fn somebody_who_picks_up_in_the_moment_of_the_cancel_is_told(stage: Stage) {
    let faults = Faults { cancel_delay: seconds(1), ..Faults::none() };
    for seed in 1..=10 {
        let world = stage.hotline().faults(faults.clone()).seed(seed).open().await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);

        let caller = world.call();
        ana.until_rings().await;
        ben.until_rings().await;
        ana.answer();
        ana.until_hears("press any digit").await;
        ana.press('1');
        caller.until_talks().await;
        if ben.answer() {
            ben.until_hears("Somebody else already has the call").await;
        }

        caller.hang_up();
        world.finish().await;
    }
}

async fn cancel_that_is_lost_is_sent_again(stage: Stage) {
    let world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    for fault in [RestFault::Reset, RestFault::Server(503), RestFault::Reset] {
        world.carrier.fail_next_rest(fault);
    }
    caller.hang_up();
    ana.until_idle().await;
    ben.until_idle().await;

    assert!(world.now() < 10_000, "phones rang on for nobody until {} ms", world.now());
    world.finish().await;
}

async fn legs_that_wait_at_the_carrier_never_ring_once_somebody_has_the_call(stage: Stage) {
    let names = ["Ana", "Ben", "Carla", "Dan", "Eva", "Finn", "Gina", "Hugo"];
    let world = stage.hotline().people(&names).cps(1.0).open().await;
    let ana = world.phone("Ana");
    world.carrier.set_character(ana.number(), Character::presses(millis(200), '1'));

    let caller = world.call();
    caller.until_talks().await;
    world.after(seconds(20)).await;

    let dialled: Vec<_> = names.iter().filter(|name| world.phone(name).times_dialled() > 0).collect();
    assert!(dialled.len() <= 4, "{dialled:?} were dialled");
    assert_eq!(world.phone("Hugo").times_dialled(), 0);
    caller.hang_up();
    world.finish().await;
}

async fn request_that_breaks_off_beside_another_does_not_cost_that_one_its_answer(stage: Stage) {
    let world = stage.hotline().open().await;
    let caller = world.call();
    world.phone("Ana").until_rings().await;
    let voice = &world.webhooks_to("/voice")[0];

    let broken = tokio::time::timeout(seconds(1), world.repeat(voice)).await;

    assert!(broken.is_err(), "{broken:?}");
    caller.until_hears_recording("ringback").await;
    caller.hang_up();
    world.finish().await;
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_are_said_loudly_and_once() {
    let (log, _capturing) = telemetry::capture();

    for _ in 0..3 {
        wrong_credentials_lead_the_caller_to_words_at_once(Stage::VirtualTime).await;
    }

    // Each conversation has a program of its own, which has two phones to dial.
    let text = log.text();
    let loud = text.lines().filter(|line| line.contains("ERROR") && line.contains("20003")).count();
    assert_eq!(loud, 3, "{text}");
}
