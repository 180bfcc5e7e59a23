//! A caller who calls again soon reaches whoever talked to them, if that person is there.

use ringall::simulator::{Caller, Phone};
use ringall_core::fact::Outcome;

use crate::support::{SECOND_LINE, Stage, World, conversations, number, seconds};

conversations! {
    anywhere: [
        caller_who_calls_again_reaches_whoever_talked_to_them,
        nobody_is_remembered_where_nothing_says_so,
    ],
    virtual_time: [
        everybody_joins_in_when_that_person_does_not_answer,
        everybody_is_rung_at_once_when_that_person_is_busy,
        everybody_is_rung_at_once_when_that_person_declines,
        ten_minutes_after_the_talk_it_is_forgotten,
        time_counts_from_the_end_of_a_long_talk,
        withheld_callers_and_other_callers_are_not_taken_for_each_other,
        last_who_talked_is_rung_first_and_only_on_that_line,
        person_who_is_in_no_group_any_more_is_not_rung_first,
        caller_who_hangs_up_while_one_is_rung_alone_stops_that_phone,
        line_can_say_it_for_all_its_groups_and_the_group_for_itself,
        second_person_who_accepts_after_the_time_alone_has_the_call_alone,
        restart_forgets_and_everybody_is_rung,
    ],
}

async fn caller_who_calls_again_reaches_whoever_talked_to_them(stage: Stage) {
    let mut world = stage.hotline().group(BACK).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    talk(&world, &world.call(), &ben).await;
    let before = ana.times_dialled();

    let again = world.call();
    ben.until_rings().await;
    world.settle().await;
    assert_eq!((ana.rings(), ana.times_dialled()), (false, before), "only Ben");
    take(&ben).await;

    again.until_talks().await;
    world.settle().await;
    again.hang_up();
    world.come_to_rest().await;
    assert_eq!(world.times("Ben has talked to the caller before"), 1);
    assert_eq!((world.outcomes(), ana.times_dialled()), (vec![Outcome::Talked; 2], before));
    world.finish().await;
}

async fn nobody_is_remembered_where_nothing_says_so(stage: Stage) {
    let never = "screen = \"key\"\ncallback_to_same = false";
    for (line, group) in [("", "screen = \"key\""), ("", never), ("callback_to_same = true", never)] {
        let mut world = stage.hotline().line(line).group(group).open().await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);
        talk(&world, &world.call(), &ben).await;

        let again = world.call();
        ana.until_rings().await;
        ben.until_rings().await;

        again.hang_up();
        world.come_to_rest().await;
        assert_eq!(world.times("has talked to the caller before"), 0);
        world.finish().await;
    }
}

async fn everybody_joins_in_when_that_person_does_not_answer(stage: Stage) {
    let world = stage.hotline().group(BACK).switches(|it| it.setup = seconds(0)).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    talk(&world, &world.call(), &ben).await;
    let called = world.now();

    let again = world.call();
    ana.until_rings().await;
    assert_eq!(world.now() - called, 15_000);
    assert!(ben.rings(), "and rings on");
    take(&ana).await;

    again.until_talks().await;
    ben.until_idle().await;
    again.hang_up();
    world.finish().await;
}

async fn everybody_is_rung_at_once_when_that_person_is_busy(stage: Stage) {
    let world = stage.hotline().group(BACK).switches(|it| it.setup = seconds(0)).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    talk(&world, &world.call(), &ben).await;
    let other = world.call_from("+441632960555");
    take(&ben).await;
    other.until_talks().await;
    ana.until_idle().await;
    world.after(seconds(3)).await;
    let called = world.now();

    let again = world.call();
    ana.until_rings().await;
    assert!(world.now() - called < 100, "{} ms", world.now() - called);
    take(&ana).await;

    again.until_talks().await;
    again.hang_up();
    other.hang_up();
    world.finish().await;
}

async fn everybody_is_rung_at_once_when_that_person_declines(stage: Stage) {
    let world = stage.hotline().group(BACK).switches(|it| it.setup = seconds(0)).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    talk(&world, &world.call(), &ben).await;

    let again = world.call();
    ben.until_rings().await;
    let dialled = ben.times_dialled();
    ben.decline();
    let declined = world.now();
    ana.until_rings().await;
    assert!(world.now() - declined < 1_000, "{} ms", world.now() - declined);
    take(&ana).await;

    again.until_talks().await;
    assert_eq!(ben.times_dialled(), dialled);
    again.hang_up();
    world.finish().await;
}

async fn ten_minutes_after_the_talk_it_is_forgotten(stage: Stage) {
    for (later, first) in [(590, true), (601, false)] {
        let mut world = stage.hotline().group(BACK).open().await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);
        talk(&world, &world.call(), &ben).await;
        world.after(seconds(later)).await;

        let again = world.call();
        ben.until_rings().await;
        world.settle().await;
        assert_eq!(ana.rings(), !first, "after {later} s");

        again.hang_up();
        world.come_to_rest().await;
        assert_eq!(world.times("has talked to the caller before"), usize::from(first));
        world.finish().await;
    }
}

async fn time_counts_from_the_end_of_a_long_talk(stage: Stage) {
    let world = stage.hotline().group(BACK).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    let caller = world.call();
    take(&ben).await;
    caller.until_talks().await;
    world.after(seconds(1_800)).await;
    caller.hang_up();
    ben.until_idle().await;
    world.after(seconds(300)).await;

    let again = world.call();
    ben.until_rings().await;
    world.settle().await;
    assert!(!ana.rings());

    again.hang_up();
    world.finish().await;
}

async fn withheld_callers_and_other_callers_are_not_taken_for_each_other(stage: Stage) {
    let mut world = stage.hotline().group(BACK).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    talk(&world, &world.call_from("anonymous"), &ben).await;
    talk(&world, &world.call_from("+441632960555"), &ben).await;

    for from in ["anonymous", "+266696687", "+441632960556"] {
        let again = world.call_from(from);
        ana.until_rings().await;
        ben.until_rings().await;
        again.hang_up();
        ana.until_idle().await;
        ben.until_idle().await;
        world.after(seconds(3)).await;
    }

    assert_eq!(world.times("has talked to the caller before"), 0);
    world.finish().await;
}

async fn last_who_talked_is_rung_first_and_only_on_that_line(stage: Stage) {
    let more = format!("[lines.\"{SECOND_LINE}\"]\nname = \"Second\"\nring = \"organisers\"");
    let world = stage.hotline().group(BACK).more(&more).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    talk(&world, &world.call(), &ben).await;
    // Ben does not answer this time.
    let second = world.call();
    ana.until_rings().await;
    take(&ana).await;
    second.until_talks().await;
    second.hang_up();
    ana.until_idle().await;
    ben.until_idle().await;
    world.after(seconds(3)).await;

    let elsewhere = world.carrier.call("+441632960999", number(SECOND_LINE));
    ana.until_rings().await;
    ben.until_rings().await;
    elsewhere.hang_up();
    ana.until_idle().await;
    ben.until_idle().await;
    world.after(seconds(3)).await;
    let third = world.call();
    ana.until_rings().await;
    world.settle().await;
    assert!(!ben.rings());

    third.hang_up();
    world.finish().await;
}

async fn person_who_is_in_no_group_any_more_is_not_rung_first(stage: Stage) {
    let steps = "[hours.day]\nzone = \"UTC\"\nmon-sun = \"00:00-00:05\"\n\
        [groups.ben]\nmembers = [\"p1\"]\nscreen = \"key\"\n[groups.ana]\nmembers = [\"p0\"]\nscreen = \"key\"\n\
        [steps]\nfirst = { ring = \"ben\", hours = \"day\", closed = \"second\" }\nsecond.ring = \"ana\"";
    let line = "start = \"first\"\ncallback_to_same = true";
    let mut world = stage.hotline().line(line).more(steps).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    talk(&world, &world.call(), &ben).await;
    world.after(seconds(300)).await;
    let dialled = ben.times_dialled();

    let again = world.call();
    ana.until_rings().await;

    again.hang_up();
    world.come_to_rest().await;
    assert_eq!((ben.times_dialled(), world.times("has talked to the caller before")), (dialled, 0));
    world.finish().await;
}

async fn caller_who_hangs_up_while_one_is_rung_alone_stops_that_phone(stage: Stage) {
    let world = stage.hotline().group(BACK).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    talk(&world, &world.call(), &ben).await;
    let before = ana.times_dialled();

    let again = world.call();
    ben.until_rings().await;
    again.hang_up();
    ben.until_idle().await;
    world.after(seconds(30)).await;

    assert_eq!(ana.times_dialled(), before);
    world.finish().await;
}

async fn line_can_say_it_for_all_its_groups_and_the_group_for_itself(stage: Stage) {
    for (line, group, alone) in [
        ("callback_to_same = true", "screen = \"key\"", 15_000),
        ("callback_to_same = \"8s\"", "screen = \"key\"", 8_000),
        ("callback_to_same = \"8s\"", "screen = \"key\"\ncallback_to_same = \"5s\"", 5_000),
    ] {
        let world = stage.hotline().line(line).group(group).switches(|it| it.setup = seconds(0)).open().await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);
        talk(&world, &world.call(), &ben).await;
        let called = world.now();

        let again = world.call();
        ana.until_rings().await;
        assert_eq!(world.now() - called, alone, "{line} {group}");

        again.hang_up();
        world.finish().await;
    }
}

async fn second_person_who_accepts_after_the_time_alone_has_the_call_alone(stage: Stage) {
    let world = stage.hotline().group(BACK).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    talk(&world, &world.call(), &ben).await;

    let again = world.call();
    ben.until_rings().await;
    world.after(seconds(13)).await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    again.until_talks().await;
    ben.until_hears("Somebody else already has the call").await;

    again.hang_up();
    world.finish().await;
}

async fn restart_forgets_and_everybody_is_rung(stage: Stage) {
    let mut world = stage.hotline().group(BACK).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    talk(&world, &world.call(), &ben).await;
    world.kill();
    world.start_again();

    let again = world.call();
    ana.until_rings().await;
    ben.until_rings().await;

    again.hang_up();
    world.finish_despite_warnings().await;
}

const BACK: &str = "screen = \"key\"\ncallback_to_same = true";

/// The caller talks to this person for a while, and everything comes to rest.
async fn talk(world: &World, caller: &Caller, phone: &Phone) {
    take(phone).await;
    caller.until_talks().await;
    // Long enough for the carrier to say so.
    world.after(seconds(1)).await;
    caller.hang_up();
    phone.until_idle().await;
    world.come_to_rest().await;
    world.settle().await;
}

async fn take(phone: &Phone) {
    phone.until_rings().await;
    phone.answer();
    phone.until_hears("press any digit").await;
    phone.press('1');
}
