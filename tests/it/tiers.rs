//! Tiers of one step: who joins in when, who rings on, and what the caller hears meanwhile.

use ringall::simulator::{Character, Hearing, Phone};
use ringall_core::fact::Outcome;

use crate::support::{Stage, World, conversations, millis, number, seconds, stage::Setup};

conversations! {
    anywhere: [
        tier_with_nobody_available_is_skipped_at_once,
        outside_number_is_asked_for_a_key_where_colleagues_are_not,
    ],
    virtual_time: [
        four_tiers_ring_at_their_times_and_the_caller_hears_ringing_without_a_break,
        earlier_tier_that_rings_on_has_the_call_if_it_accepts_first,
        tier_that_takes_over_stops_the_phones_before_it_and_lets_who_had_picked_up_finish,
        winner_of_a_later_tier_who_drops_gives_the_call_back_to_the_tiers_that_rang,
        who_declined_in_the_first_tier_is_not_rung_by_the_third,
        somebody_who_talks_with_another_caller_is_rung_by_the_last_tier_when_they_are_free,
        mailbox_of_the_outside_number_never_has_the_call,
        caller_who_leaves_between_two_tiers_stops_every_phone_and_the_next_never_rings,
        killed_between_two_tiers_the_step_begins_anew_and_old_phones_may_still_take_the_call,
        same_verdict_for_a_late_accept_of_an_earlier_tier,
    ],
}

async fn four_tiers_ring_at_their_times_and_the_caller_hears_ringing_without_a_break(stage: Stage) {
    let mut world = open(stage, FOUR_TIERS).await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);
    let outside = outside(&world);

    let caller = world.call();
    ana.until_rings().await;
    assert_eq!(world.now(), 0, "sales");
    ben.until_rings().await;
    assert_eq!((world.now(), ana.rings()), (20_000, true), "then also support");
    ana.until_idle().await;
    assert_eq!(world.now(), 30_000, "sales had its time");
    cleo.until_rings().await;
    assert_eq!((world.now(), ana.rings(), ben.rings()), (40_000, true, true), "then everybody, sales once more");
    ben.until_idle().await;
    assert_eq!(world.now(), 50_000, "support had its time, and was not rung twice at once");
    outside.until_rings().await;
    assert_eq!((world.now(), ana.rings(), cleo.rings()), (60_000, true, true), "then the outside number");
    cleo.until_idle().await;
    assert_eq!((world.now(), ana.rings(), outside.rings()), (70_000, false, true));
    caller.until_hears("nobody can take your call").await;
    assert_eq!(world.now(), 90_700, "0.7 s of it for the redirect");

    let dialled = [&ana, &ben, &cleo, &outside].map(Phone::times_dialled);
    assert_eq!(dialled, [2, 1, 1, 1]);
    let heard: Vec<_> = caller.heard().into_iter().map(|heard| heard.what).collect();
    let words = heard.iter().position(|what| matches!(what, Hearing::Words(_))).expect("words in the end");
    let breaks = heard[..words].iter().filter(|what| matches!(what, Hearing::Silence)).count();
    assert!(matches!(heard[0], Hearing::NetworkRinging) && breaks <= 2, "one going in, one coming out: {heard:?}");
    world.come_to_rest().await;
    assert_eq!((world.outcomes(), world.times("begins to ring")), (vec![Outcome::NobodyTookIt], 3));
    world.finish().await;
}

async fn earlier_tier_that_rings_on_has_the_call_if_it_accepts_first(stage: Stage) {
    let mut world = open(stage, FOUR_TIERS).await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ben.until_rings().await;
    take(&ana).await;

    caller.until_talks().await;
    ben.until_idle().await;
    assert_eq!(ben.times_dialled(), 1);
    caller.hang_up();
    world.come_to_rest().await;
    assert_eq!(world.times("Ana accepts"), 1);
    world.finish().await;
}

async fn tier_that_takes_over_stops_the_phones_before_it_and_lets_who_had_picked_up_finish(stage: Stage) {
    let tiers = r#"{ ring = "everyone", after = "10s" }, { ring = "outside", after = "20s", keep = false }"#;
    let world = open(stage, tiers).await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);

    let caller = world.call();
    cleo.until_rings().await;
    world.after(seconds(9)).await;
    ben.answer();
    ben.until_hears("press any digit").await;
    outside(&world).until_rings().await;
    assert_eq!(world.now(), 20_000);
    world.settle().await;
    assert!(!ana.rings() && !cleo.rings(), "they make room");
    ben.press('1');

    caller.until_talks().await;
    outside(&world).until_idle().await;
    caller.hang_up();
    world.finish().await;
}

async fn tier_with_nobody_available_is_skipped_at_once(stage: Stage) {
    let world = open(stage, FOUR_TIERS).await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);
    let first = world.call_from("+441632960101");
    ana.until_rings().await;
    take(&ana).await;
    first.until_talks().await;
    let called = world.now();

    let second = world.call_from("+441632960102");
    ben.until_rings().await;
    assert!(world.now() - called < 2_000, "{} ms", world.now() - called);
    assert!(!cleo.rings());
    take(&ben).await;

    second.until_talks().await;
    second.hang_up();
    first.hang_up();
    world.finish().await;
}

async fn winner_of_a_later_tier_who_drops_gives_the_call_back_to_the_tiers_that_rang(stage: Stage) {
    let tiers = r#"{ ring = "support", after = "10s" }, { ring = "everyone", after = "40s" }"#;
    let carriers = |hotline: Setup| hotline.line("start = \"first\"\nringback = \"carrier\"");
    let mut world = open_with(stage, tiers, carriers).await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);

    let caller = world.call();
    ben.until_rings().await;
    world.after(millis(2_100)).await;
    // The caller is on the way from one request to the next, and is not in the room when he hangs up.
    take(&ben).await;
    world.after(millis(200)).await;
    ben.hang_up();
    world.after(seconds(3)).await;
    assert_eq!((ana.rings(), ben.rings(), cleo.rings()), (true, true, false), "at {} ms", world.now());
    cleo.until_rings().await;
    assert_eq!(world.now(), 40_000, "counted from the beginning of the step");
    take(&cleo).await;

    caller.until_talks().await;
    caller.hang_up();
    world.come_to_rest().await;
    assert_eq!((world.times("Ben is gone before"), ana.times_dialled(), ben.times_dialled()), (1, 3, 3));
    world.finish().await;
}

async fn who_declined_in_the_first_tier_is_not_rung_by_the_third(stage: Stage) {
    let world = open(stage, FOUR_TIERS).await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('9');
    ben.until_rings().await;
    assert!(world.now() < 20_000, "nobody else is in sales");
    cleo.until_rings().await;
    caller.until_hears("nobody can take your call").await;

    assert_eq!((ana.times_dialled(), cleo.times_dialled()), (1, 1));
    world.finish().await;
}

async fn somebody_who_talks_with_another_caller_is_rung_by_the_last_tier_when_they_are_free(stage: Stage) {
    let tiers = r#"{ ring = "support", after = "20s" }, { ring = "everyone", after = "40s" }"#;
    let world = open(stage, tiers).await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);
    for phone in [&ben, &cleo] {
        world.carrier.set_character(phone.number(), Character::Off);
    }
    let first = world.call_from("+441632960101");
    ana.until_rings().await;
    take(&ana).await;
    first.until_talks().await;

    let second = world.call_from("+441632960102");
    world.after(seconds(10)).await;
    assert_eq!((ben.times_dialled(), cleo.times_dialled(), ana.times_dialled()), (1, 1, 1), "Ben is not rung again");
    assert_eq!(second.hears(), Hearing::NetworkRinging);
    first.hang_up();
    ana.until_rings().await;
    assert!(world.now() < 12_000, "at {} ms", world.now());
    take(&ana).await;

    second.until_talks().await;
    second.hang_up();
    world.finish().await;
}

async fn outside_number_is_asked_for_a_key_where_colleagues_are_not(stage: Stage) {
    let world = open(stage, r#"{ ring = "outside", after = "1s" }"#).await;
    let (ana, outside) = (world.phone("Ana"), outside(&world));

    let caller = world.call();
    outside.until_rings().await;
    assert!(ana.rings());
    outside.answer();
    outside.until_hears("To decline, press 0").await;
    outside.press('9');
    caller.until_talks().await;
    caller.hang_up();
    world.come_to_rest().await;

    let caller = world.call();
    outside.until_rings().await;
    outside.answer();
    outside.until_hears("press any digit").await;
    outside.press('0');
    outside.until_idle().await;
    take(&ana).await;
    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn mailbox_of_the_outside_number_never_has_the_call(stage: Stage) {
    let mut world = open(stage, r#"{ ring = "outside", after = "5s" }"#).await;
    let outside = outside(&world);

    let caller = world.call();
    outside.until_rings().await;
    outside.let_mailbox_answer();
    caller.until_hears("nobody can take your call").await;

    world.come_to_rest().await;
    assert_eq!((world.outcomes(), world.times("accepts")), (vec![Outcome::NobodyTookIt], 0));
    assert_eq!(world.times("…90's phone is dialled"), 1, "and nobody reads the number");
    world.finish().await;
}

async fn caller_who_leaves_between_two_tiers_stops_every_phone_and_the_next_never_rings(stage: Stage) {
    let mut world = open(stage, FOUR_TIERS).await;
    let [ana, ben, cleo] = world.phones(["Ana", "Ben", "Cleo"]);

    let caller = world.call();
    ben.until_rings().await;
    world.after(seconds(5)).await;
    caller.hang_up();
    ana.until_idle().await;
    ben.until_idle().await;
    assert!(world.now() < 26_000);

    world.come_to_rest().await;
    world.after(seconds(60)).await;
    assert_eq!((cleo.times_dialled(), outside(&world).times_dialled()), (0, 0));
    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp]);
    world.finish().await;
}

async fn killed_between_two_tiers_the_step_begins_anew_and_old_phones_may_still_take_the_call(stage: Stage) {
    let tiers = r#"{ ring = "support", after = "3s" }, { ring = "everyone", after = "40s" }"#;
    // Nobody tells the new program of the phones that the old one rings.
    let mut world = open_with(stage, tiers, |hotline| hotline.allow(|allow| allow.two_offers = true)).await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ben.until_rings().await;
    world.kill();
    world.start_again();
    world.after(seconds(1)).await;
    // It was dialled by the program before; the one that runs has not begun the second tier.
    take(&ben).await;

    caller.until_talks().await;
    ana.until_idle().await;
    caller.hang_up();
    world.finish_despite_warnings().await;
}

async fn same_verdict_for_a_late_accept_of_an_earlier_tier(stage: Stage) {
    let world = open(stage, FOUR_TIERS).await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ben.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    take(&ben).await;
    ana.press('1');

    ana.until_hears("Somebody else").await;
    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

/// Picks up, listens, and presses a key.
async fn take(phone: &Phone) {
    assert!(phone.answer());
    phone.until_hears("press any digit").await;
    phone.press('1');
}

/// Ana is in sales and Ben in support; with Cleo they are everyone.
async fn open(stage: Stage, tiers: &str) -> World {
    open_with(stage, tiers, |hotline| hotline).await
}

async fn open_with(stage: Stage, tiers: &str, with: impl FnOnce(Setup) -> Setup) -> World {
    let groups = format!(
        "[groups.sales]\nmembers = [\"p0\"]\nscreen = \"key\"\n\
         [groups.support]\nmembers = [\"p1\"]\nscreen = \"key\"\n\
         [groups.everyone]\nmembers = [\"*\"]\nscreen = \"key\"\n\
         [groups.outside]\nmembers = [\"{OUTSIDE}\"]\nscreen = \"key\"\ndecline_key = \"0\"\n\
         [steps.first]\nring = \"sales\"\ntiers = [{tiers}]\n"
    );
    let hotline = stage.hotline().people(&["Ana", "Ben", "Cleo"]).line("start = \"first\"").more(&groups);
    let hotline = hotline.switches(|switches| switches.setup = seconds(0));
    let world = with(hotline).open().await;
    world.carrier.add_phone("Outside", number(OUTSIDE), Character::Manual);
    world
}

fn outside(world: &World) -> Phone {
    world.carrier.phone(number(OUTSIDE)).expect("a telephone")
}

const OUTSIDE: &str = "+441632960990";
const FOUR_TIERS: &str = r#"
    { ring = "support", after = "20s" }, { ring = "everyone", after = "40s" }, { ring = "outside", after = "60s" }"#;
