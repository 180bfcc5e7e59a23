//! A line that may dial no more phones today: nobody rings, the caller hears what to do, and the call goes on.

use ringall::simulator::{FullRoom, Switches};
use ringall_core::{fact::Outcome, phone::PhoneNumber};

use crate::support::{Stage, conversations, number, seconds, stage::Setup};

conversations! {
    anywhere: [
        caller_beyond_the_days_dials_is_told_what_to_do_and_no_phone_rings,
    ],
    virtual_time: [
        caller_whose_phones_rang_in_part_hears_nothing_of_the_limit,
        caller_beyond_the_limit_comes_where_the_flow_leads_whom_nobody_takes,
        step_with_tiers_is_over_at_once_when_none_of_them_may_be_dialled,
        caller_in_a_queue_is_not_left_to_wait_for_telephones_that_do_not_ring_any_more_today,
        outside_number_is_not_dialled_beyond_the_limit_and_the_caller_is_told_once,
        outside_number_behind_a_ring_counts_too,
        phones_ring_again_from_the_lines_midnight_on,
        caller_who_leaves_during_the_words_is_gone,
        winner_who_drops_beyond_the_limit_leaves_a_caller_who_is_told,
        edited_limit_holds_for_the_next_call,
    ],
}

async fn caller_beyond_the_days_dials_is_told_what_to_do_and_no_phone_rings(stage: Stage) {
    let mut world = limited(stage, 2).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let first = world.call();
    take(&ana).await;
    first.until_talks().await;
    // A report of a talk that comes after its end would make it none.
    world.settle().await;
    first.hang_up();
    world.come_to_rest().await;
    let second = world.call();
    second.until_hears(WORDS).await;
    second.until_hears("nobody can take your call").await;
    second.until_ends().await;

    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 1));
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked, Outcome::NobodyTookIt]);
    assert_eq!(world.times("the line has dialled as many phones as it may today"), 1);
    world.finish().await;
}

async fn caller_whose_phones_rang_in_part_hears_nothing_of_the_limit(stage: Stage) {
    let mut world = limited(stage, 1).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    caller.until_hears("nobody can take your call").await;
    caller.until_ends().await;

    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 0));
    assert!(!hears(&caller, WORDS), "somebody's phone rang for half a minute");
    world.come_to_rest().await;
    assert_eq!(world.times("Ben's phone cannot be reached"), 1);
    world.finish().await;
}

async fn caller_beyond_the_limit_comes_where_the_flow_leads_whom_nobody_takes(stage: Stage) {
    let steps = "[steps]\ndesk = { ring = \"organisers\", nobody = \"leave\" }\n\
                 leave = { menu = \"Press 1 to leave a message.\", keys = { 1 = \"end\" } }\nend = { hangup = \"Saved.\" }";
    let setup = stage.hotline().line("start = \"desk\"\nmax_dials_per_day = 1").more(steps);
    let world = setup.people(&["Ana"]).open().await;
    exhaust(&world).await;

    let caller = world.call();
    caller.until_hears(WORDS).await;
    caller.until_hears("Press 1 to leave a message.").await;
    caller.press('1');
    caller.until_hears("Saved.").await;

    caller.until_ends().await;
    world.finish().await;
}

async fn step_with_tiers_is_over_at_once_when_none_of_them_may_be_dialled(stage: Stage) {
    let steps = "[groups.second]\nmembers = [\"p1\"]\nscreen = \"key\"\n[groups.first]\nmembers = [\"p0\"]\nscreen = \"key\"\n\
                 [steps.desk]\nring = \"first\"\ntiers = [{ ring = \"second\", after = \"20s\" }]";
    let world = stage.hotline().line("start = \"desk\"\nmax_dials_per_day = 1").more(steps).open().await;
    exhaust(&world).await;

    let began = world.now();
    let caller = world.call();
    caller.until_hears(WORDS).await;

    assert!(world.now() - began < 3_000, "waited {} ms", world.now() - began);
    caller.until_ends().await;
    assert_eq!(world.phone("Ben").times_dialled(), 0);
    world.finish().await;
}

async fn caller_in_a_queue_is_not_left_to_wait_for_telephones_that_do_not_ring_any_more_today(stage: Stage) {
    let steps = "[steps.desk]\nqueue = \"organisers\"\noffer_for = \"10s\"\nmax_wait = \"30m\"\ntoo_long = \"end\"\n\
                 [steps.end]\nhangup = \"Nobody is here.\"";
    let world = stage.hotline().line("start = \"desk\"\nmax_dials_per_day = 1").more(steps).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    // The limit is reached while this caller waits; the next one comes when it has been.
    for caller in [caller, world.call()] {
        let began = world.now();
        caller.until_hears(WORDS).await;
        caller.until_hears("Nobody is here.").await;
        caller.until_ends().await;
        assert!(world.now() - began < 30_000, "waited {} ms", world.now() - began);
    }

    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 0));
    world.finish().await;
}

async fn outside_number_is_not_dialled_beyond_the_limit_and_the_caller_is_told_once(stage: Stage) {
    for (keys, farewell) in [("", "nobody can take your call"), ("show = \"caller\"\nfailed = \"sorry\"", "Not today.")]
    {
        let steps = format!(
            "[steps.night]\nforward = \"{OUTSIDE}\"\n{keys}\n[steps.again]\nforward = \"{OUTSIDE}\"\n\
             [steps.sorry]\nhangup = \"Not today.\""
        );
        let setup = stage.hotline().line("start = \"night\"\nmax_dials_per_day = 1").more(&steps);
        let mut world = setup.open().await;
        let outside = world.carrier.add_phone("Outside", outside(), ringall::simulator::Character::Manual);
        let first = world.call();
        outside.until_rings().await;
        first.hang_up();
        world.come_to_rest().await;

        let second = world.call();
        second.until_hears(WORDS).await;
        second.until_hears(farewell).await;
        second.until_ends().await;

        assert_eq!(outside.times_dialled(), 1);
        assert_eq!(times_heard(&second, WORDS), 1);
        world.come_to_rest().await;
        assert_eq!(world.outcomes(), [Outcome::CallerGaveUp, Outcome::NobodyTookIt]);
        world.finish().await;
    }
}

async fn outside_number_behind_a_ring_counts_too(stage: Stage) {
    let steps = format!(
        "[steps.desk]\nring = \"organisers\"\nnobody = \"night\"\n[steps.night]\nforward = \"{OUTSIDE}\"\nbusy = \"desk\""
    );
    let setup = stage.hotline().people(&["Ana"]).line("start = \"desk\"\nmax_dials_per_day = 1").more(&steps);
    let world = setup.group("screen = \"key\"\nring_for = \"5s\"").open().await;
    let outside = world.carrier.add_phone("Outside", outside(), ringall::simulator::Character::Manual);

    let caller = world.call();
    world.phone("Ana").until_rings().await;
    caller.until_hears(WORDS).await;
    caller.until_hears("nobody can take your call").await;
    caller.until_ends().await;

    assert_eq!(outside.times_dialled(), 0);
    world.finish().await;
}

async fn phones_ring_again_from_the_lines_midnight_on(stage: Stage) {
    let setup = stage.hotline().people(&["Ana"]).line("max_dials_per_day = 1\nzone = \"Asia/Tokyo\"");
    // 23:58 in Tokyo.
    let world = setup.begins("2026-07-09T14:58Z").open().await;
    exhaust(&world).await;
    let late = world.call();
    late.until_hears(WORDS).await;
    late.until_ends().await;

    world.after(seconds(120)).await;
    let caller = world.call();
    take(&world.phone("Ana")).await;

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn caller_who_leaves_during_the_words_is_gone(stage: Stage) {
    let mut world = limited(stage, 2).open().await;
    exhaust(&world).await;

    let caller = world.call();
    caller.until_hears(WORDS).await;
    caller.hang_up();
    world.come_to_rest().await;

    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp, Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn winner_who_drops_beyond_the_limit_leaves_a_caller_who_is_told(stage: Stage) {
    let hotline = stage.hotline().group("screen = \"none\"\nring_for = \"60s\"").line("max_dials_per_day = 2");
    // The caller is in, and the account has no place for another.
    let full = |switches: &mut Switches| (switches.full_room, switches.room_ceiling) = (FullRoom::RunsAction, Some(1));
    let mut world = hotline.switches(full).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    ana.answer();
    caller.until_hears(WORDS).await;
    caller.until_hears("nobody can take your call").await;
    caller.until_ends().await;

    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 1));
    world.come_to_rest().await;
    world.expect_every_warning(16021);
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn edited_limit_holds_for_the_next_call(stage: Stage) {
    let mut world = limited(stage, 2).open().await;
    exhaust(&world).await;

    world.edit(&limited(stage, 4));
    let caller = world.call();
    take(&world.phone("Ana")).await;

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

/// A call that uses up what the line may dial.
async fn exhaust(world: &crate::support::World) {
    let caller = world.call();
    world.phone("Ana").until_rings().await;
    caller.hang_up();
    world.come_to_rest().await;
}

async fn take(phone: &ringall::simulator::Phone) {
    phone.until_rings().await;
    phone.answer();
    phone.until_hears("press any digit").await;
    phone.press('1');
}

fn hears(caller: &ringall::simulator::Caller, words: &str) -> bool {
    times_heard(caller, words) > 0
}

fn times_heard(caller: &ringall::simulator::Caller, words: &str) -> usize {
    caller.heard().iter().filter(|heard| heard.what.speaks(words)).count()
}

fn limited(stage: Stage, dials: usize) -> Setup {
    stage.hotline().line(&format!("max_dials_per_day = {dials}"))
}

fn outside() -> PhoneNumber {
    number(OUTSIDE)
}

const OUTSIDE: &str = "+441632960777";
const WORDS: &str = "no more calls can be put through today";
