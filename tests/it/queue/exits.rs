//! Every way out of a queue.

use ringall::simulator::{Hearing, Status};
use ringall_core::{fact::Outcome, roster::Presence};

use super::{callers, queue, set_presence, takes};
use crate::support::{Stage, conversations, seconds};

conversations! {
    anywhere: [],
    virtual_time: [
        caller_who_presses_the_key_leaves_for_the_next_step,
        caller_who_presses_the_key_while_somebody_is_rung_stops_that_telephone,
        caller_who_waits_too_long_is_led_on,
        caller_who_comes_when_too_many_wait_is_told,
        caller_who_comes_when_nobody_is_on_duty_is_told_at_once,
        callers_who_wait_when_the_last_member_goes_away_are_told,
        exits_without_a_target_end_in_words,
        caller_who_hangs_up_while_they_wait_leaves_their_place_to_the_next,
        caller_who_hangs_up_while_somebody_is_rung_stops_that_telephone,
    ],
}

async fn caller_who_presses_the_key_leaves_for_the_next_step(stage: Stage) {
    let setup = queue(stage, &[("wrap_up", "announce_every = \"30s\"\nwrap_up")]).people(&["Ana"]);
    let mut world = setup.open().await;
    let first = world.call_from("+441632960101");
    takes(&world.phone("Ana")).await;
    first.until_talks().await;

    let caller = world.call();
    caller.until_hears("You are next in line. If you do not want to wait, press 5.").await;
    caller.until_hears_recording("ringback").await;
    caller.press('4');
    world.after(seconds(2)).await;
    caller.press('5');
    caller.until_hears("You have left.").await;

    assert_eq!(caller.until_ends().await, Status::Completed);
    assert_eq!(world.times("the caller is out of the queue: they left it by a key"), 1);
    first.hang_up();
    world.finish().await;
}

async fn caller_who_presses_the_key_while_somebody_is_rung_stops_that_telephone(stage: Stage) {
    let world = queue(stage, &[]).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    caller.press('5');
    caller.until_hears("You have left.").await;
    ana.until_idle().await;

    caller.until_ends().await;
    world.finish().await;
}

async fn caller_who_waits_too_long_is_led_on(stage: Stage) {
    let world = queue(stage, &[("max_wait = \"5m\"", "max_wait = \"100s\"")]).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let arrived = world.now();
    let caller = world.call();
    caller.until_hears("You have waited too long.").await;

    let waited = world.now() - arrived;
    assert!((100_000..102_000).contains(&waited), "{waited} ms");
    assert!(ana.times_dialled() > 1 && ben.times_dialled() > 1, "both are tried again");
    caller.until_ends().await;
    world.finish().await;
}

async fn caller_who_comes_when_too_many_wait_is_told(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana"]).open().await;
    let talking = world.call_from("+441632960101");
    takes(&world.phone("Ana")).await;
    talking.until_talks().await;

    let waiting = callers(&world, ["+441632960102", "+441632960103"]);
    world.after(seconds(1)).await;
    let arrived = world.now();
    let fourth = world.call_from("+441632960104");
    fourth.until_hears("Too many wait.").await;

    assert!(world.now() - arrived < 2_000);
    fourth.until_ends().await;
    for caller in waiting {
        caller.hang_up();
    }
    talking.hang_up();
    world.finish().await;
}

async fn caller_who_comes_when_nobody_is_on_duty_is_told_at_once(stage: Stage) {
    let setup = queue(stage, &[]).person("Ana", "presence = \"away\"").person("Ben", "presence = \"away\"");
    let world = setup.open().await;

    let arrived = world.now();
    let caller = world.call();
    caller.until_hears("Nobody is on duty.").await;

    assert!(world.now() - arrived < 2_000);
    assert_eq!(world.phones(["Ana", "Ben"]).map(|phone| phone.times_dialled()), [0, 0]);
    caller.until_ends().await;
    world.finish().await;
}

async fn callers_who_wait_when_the_last_member_goes_away_are_told(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana"]).open().await;
    let talking = world.call_from("+441632960101");
    takes(&world.phone("Ana")).await;
    talking.until_talks().await;
    let waiting = world.call_from("+441632960102");
    waiting.until_hears("You are next in line.").await;

    set_presence(&world, "Ana", Presence::Away).await;

    waiting.until_hears("Nobody is on duty.").await;
    assert!(matches!(talking.hears(), Hearing::Talking(_)), "who talks goes on");
    talking.hang_up();
    world.finish().await;
}

async fn exits_without_a_target_end_in_words(stage: Stage) {
    let steps = "[steps.wait]\nqueue = \"organisers\"\nmax_wait = \"20s\"\nmax_waiting = 1\nleave_key = \"*\"";
    let world = stage.hotline().people(&["Ana"]).line("start = \"wait\"").more(steps).open().await;

    let first = world.call_from("+441632960101");
    world.after(seconds(1)).await;
    let full = world.call_from("+441632960102");
    full.until_hears("too many callers are waiting already").await;
    first.until_hears("you have waited in vain").await;
    first.until_ends().await;
    let key = world.call_from("+441632960103");
    key.until_hears_recording("ringback").await;
    key.press('*');
    key.until_hears("All right. Please call again whenever you like.").await;
    key.until_ends().await;
    world.come_to_rest().await;
    set_presence(&world, "Ana", Presence::Away).await;
    let nobody = world.call_from("+441632960104");
    nobody.until_hears("nobody is on duty at the moment").await;

    nobody.until_ends().await;
    world.finish().await;
}

async fn caller_who_hangs_up_while_they_wait_leaves_their_place_to_the_next(stage: Stage) {
    let mut world = queue(stage, &[]).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");
    let talking = world.call_from("+441632960101");
    takes(&ana).await;
    talking.until_talks().await;
    let second = world.call_from("+441632960102");
    second.until_hears("You are next in line.").await;
    world.after(seconds(1)).await;
    let third = world.call_from("+441632960103");
    third.until_hears("You are number 2 in line.").await;

    second.hang_up();
    third.until_hears("You are next in line.").await;
    talking.hang_up();
    takes(&ana).await;
    third.until_talks().await;

    third.hang_up();
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp, Outcome::Talked, Outcome::Talked]);
    world.finish().await;
}

async fn caller_who_hangs_up_while_somebody_is_rung_stops_that_telephone(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");

    let first = world.call_from("+441632960101");
    ana.until_rings().await;
    let second = world.call_from("+441632960102");
    world.after(seconds(1)).await;
    first.hang_up();
    ana.until_idle().await;
    takes(&ana).await;
    second.until_talks().await;

    second.hang_up();
    world.finish().await;
}
