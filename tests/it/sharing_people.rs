//! Several callers share the phones: nobody is rung twice, and who has waited longest comes first.

use ringall::simulator::{Faults, Hearing, Status};

use crate::support::{SECOND_LINE, Stage, conversations, millis, number, seconds};

conversations! {
    anywhere: [
        second_caller_gets_the_phone_that_the_first_leaves,
        busy_people_are_rung_where_the_group_says_so,
        one_call_too_many_is_told_in_words,
        callers_who_hide_their_number_share_one_limit,
        number_without_a_line_is_told_in_words,
    ],
    virtual_time: [
        whoever_has_waited_longest_is_first,
        caller_for_whom_everybody_is_busy_waits_as_long_as_the_group_says,
        same_number_under_two_names_rings_once,
        somebody_who_hears_why_they_do_not_have_the_call_is_not_rung_meanwhile,
    ],
}

async fn second_caller_gets_the_phone_that_the_first_leaves(stage: Stage) {
    let world = stage.hotline().people(&["Ana"]).open().await;
    let ana = world.phone("Ana");

    let first = world.call_from("+441632960101");
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    first.until_talks().await;
    let second = world.call_from("+441632960102");
    world.after(millis(600)).await;
    assert_eq!((second.hears(), ana.times_dialled()), (Hearing::NetworkRinging, 1));
    first.hang_up();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');

    second.until_talks().await;
    second.hang_up();
    world.finish().await;
}

async fn busy_people_are_rung_where_the_group_says_so(stage: Stage) {
    let world = stage
        .hotline()
        .people(&["Ana"])
        .group("screen = \"key\"\nring_busy = true")
        .switches(|switches| switches.call_waiting = true)
        .allow(|allow| allow.two_offers = true)
        .open()
        .await;
    let ana = world.phone("Ana");

    let first = world.call_from("+441632960101");
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    first.until_talks().await;
    let second = world.call_from("+441632960102");
    ana.until_rings().await;

    second.hang_up();
    first.hang_up();
    world.finish().await;
}

async fn one_call_too_many_is_told_in_words(stage: Stage) {
    let world = stage.hotline().line("max_calls = 1").open().await;

    let first = world.call_from("+441632960101");
    world.phone("Ana").until_rings().await;
    let second = world.call_from("+441632960102");
    second.until_hears("all our lines are busy").await;
    assert_eq!(second.until_ends().await, Status::Completed);
    first.hang_up();
    world.come_to_rest().await;

    let third = world.call_from("+441632960103");
    world.phone("Ana").until_rings().await;
    third.hang_up();
    world.finish().await;
}

async fn callers_who_hide_their_number_share_one_limit(stage: Stage) {
    let world = stage.hotline().line("max_calls_per_caller = 1").open().await;

    let first = world.call_from("anonymous");
    world.phone("Ana").until_rings().await;
    let second = world.call_from("+266696687");
    second.until_hears("all our lines are busy").await;
    let third = world.call_from("+441632960103");
    world.after(millis(300)).await;
    assert_eq!(third.hears(), Hearing::NetworkRinging);

    first.hang_up();
    second.hang_up();
    third.hang_up();
    world.finish().await;
}

async fn number_without_a_line_is_told_in_words(stage: Stage) {
    let world = stage.hotline().open().await;

    let caller = world.carrier.call("+441632960101", number(SECOND_LINE));
    caller.until_hears("nobody can be reached at this number").await;

    assert_eq!(caller.until_ends().await, Status::Completed);
    assert_eq!(world.phone("Ana").times_dialled(), 0);
    world.finish().await;
}

async fn whoever_has_waited_longest_is_first(stage: Stage) {
    let world = stage.hotline().people(&["Ana"]).group("screen = \"key\"\nwait_for = \"10m\"").open().await;
    let ana = world.phone("Ana");

    let first = world.call_from("+441632960101");
    ana.until_rings().await;
    let second = world.call_from("+441632960102");
    world.after(seconds(1)).await;
    let third = world.call_from("+441632960103");
    for caller in [first, second, third] {
        ana.until_rings().await;
        ana.answer();
        ana.until_hears("press any digit").await;
        ana.press('1');
        caller.until_talks().await;
        caller.hang_up();
        ana.until_idle().await;
    }

    assert_eq!(ana.times_dialled(), 3);
    world.finish().await;
}

async fn caller_for_whom_everybody_is_busy_waits_as_long_as_the_group_says(stage: Stage) {
    let world = stage.hotline().people(&["Ana"]).group("screen = \"key\"\nwait_for = \"17s\"").open().await;
    let ana = world.phone("Ana");

    let first = world.call_from("+441632960101");
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    first.until_talks().await;
    let called = world.now();
    let second = world.call_from("+441632960102");
    second.until_hears("nobody can take your call").await;

    assert_eq!((world.now() - called, ana.times_dialled()), (17_700, 1), "0.7 s of it for the redirect");
    first.hang_up();
    world.finish().await;
}

async fn same_number_under_two_names_rings_once(stage: Stage) {
    let hotline = stage.hotline().line("start = \"first\"").group("screen = \"key\"\nring_for = \"10s\"").more(
        "[people.twin]\nname = \"Ana at work\"\nphone = \"+447700900001\"\n\
         [groups.office]\nmembers = [\"p0\", \"twin\"]\nscreen = \"key\"\nring_for = \"10s\"\n\
         [steps.first]\nring = \"organisers\"\nnobody = \"second\"\n[steps.second]\nring = \"office\"\n",
    );
    let world = hotline.open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears("nobody can take your call").await;

    assert_eq!(ana.times_dialled(), 2, "once for each group, and never at the same time");
    world.finish().await;
}

async fn somebody_who_hears_why_they_do_not_have_the_call_is_not_rung_meanwhile(stage: Stage) {
    // It takes up to two seconds until a phone that was asked to stop stops.
    let faults = Faults { cancel_delay: seconds(2), ..Faults::none() };
    let hotline = stage.hotline().people(&["Ana"]).group("screen = \"key\"\nring_for = \"10s\"");
    let world = hotline.faults(faults).seed(3).open().await;
    let ana = world.phone("Ana");

    let first = world.call_from("+441632960101");
    world.after(millis(9_500)).await;
    let second = world.call_from("+441632960102");
    world.after(millis(600)).await;
    assert!(ana.answer(), "she picks up in the moment in which her phone is to stop");
    ana.until_hears("This call no longer needs you").await;
    first.until_hears("nobody can take your call").await;
    world.after(millis(2_500)).await;
    assert_eq!(ana.times_dialled(), 1, "she still hears why");
    ana.until_rings().await;

    second.hang_up();
    world.finish().await;
}
