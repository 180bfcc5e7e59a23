//! Callers wait in a queue: whom they are offered to and when, what they hear meanwhile, and every way out.

pub(crate) mod exits;
pub(crate) mod hearing;
pub(crate) mod reservations;
pub(crate) mod trouble;

use ringall::simulator::{Caller, Hearing, Phone};
use ringall_core::{fact::Outcome, roster::Presence};

use crate::support::{SECOND_LINE, Stage, World, conversations, millis, number, seconds, stage::Setup};

conversations! {
    anywhere: [
        caller_who_waits_is_given_to_the_first_who_is_free,
    ],
    virtual_time: [
        three_callers_and_two_members_are_served_in_turn_with_a_rest_between,
        longest_idle_member_is_rung_first,
        longest_idle_member_of_a_ring_group_is_dialled_first_where_calls_start_one_after_the_other,
        member_who_comes_back_is_offered_to_who_has_waited_longest,
        two_queues_and_a_ring_group_share_a_person_who_is_rung_once,
        ring_group_whose_people_are_all_away_is_left_at_once,
        ring_tier_whose_people_are_all_away_is_skipped_at_once,
    ],
}

const QUEUE: &str = r#"
[steps.wait]
queue = "organisers"
offer_for = "10s"
wrap_up = "30s"
max_wait = "5m"
max_waiting = 2
leave_key = "5"
gave_up = "left"
too_long = "long"
full = "full"
nobody = "empty"
[steps.left]
hangup = "You have left."
[steps.long]
hangup = "You have waited too long."
[steps.full]
hangup = "Too many wait."
[steps.empty]
hangup = "Nobody is on duty."
"#;

pub(crate) fn queue(stage: Stage, change: &[(&str, &str)]) -> Setup {
    let steps = change.iter().fold(QUEUE.to_owned(), |steps, (from, to)| {
        assert!(steps.contains(from), "{from}");
        steps.replacen(from, to, 1)
    });
    stage.hotline().line("start = \"wait\"").more(&steps)
}

/// Picks up, and takes the call.
async fn takes(phone: &Phone) {
    phone.until_rings().await;
    phone.answer();
    phone.until_hears("press any digit").await;
    phone.press('1');
}

fn callers<const N: usize>(world: &World, from: [&str; N]) -> [Caller; N] {
    from.map(|from| world.call_from(from))
}

async fn set_presence(world: &World, name: &str, presence: Presence) {
    let phone = world.phone(name).number();
    world.program.service.switchboard.set_presence(phone, presence);
    world.settle().await;
}

async fn caller_who_waits_is_given_to_the_first_who_is_free(stage: Stage) {
    let mut world = queue(stage, &[]).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    takes(&ana).await;
    caller.until_talks().await;

    assert_eq!(ben.times_dialled(), 0, "one telephone at a time");
    // A report of a talk that comes after its end would make it none.
    world.settle().await;
    caller.hang_up();
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn three_callers_and_two_members_are_served_in_turn_with_a_rest_between(stage: Stage) {
    let world = queue(stage, &[("max_waiting = 2", "max_waiting = 5")]).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let first = world.call_from("+441632960101");
    world.after(millis(100)).await;
    let second = world.call_from("+441632960102");
    world.after(millis(100)).await;
    let third = world.call_from("+441632960103");
    takes(&ana).await;
    takes(&ben).await;
    first.until_talks().await;
    second.until_talks().await;
    assert!(!third.heard().iter().any(|heard| matches!(heard.what, Hearing::Talking(_))));
    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 1));

    world.after(seconds(20)).await;
    second.hang_up();
    ben.until_idle().await;
    let idle = world.now();
    ben.until_rings().await;
    let rested = world.now() - idle;
    assert!((30_000..31_000).contains(&rested), "rung {rested} ms after the talk; a second goes for setting up a call");
    takes(&ben).await;
    third.until_talks().await;

    first.hang_up();
    third.hang_up();
    world.finish().await;
}

async fn longest_idle_member_is_rung_first(stage: Stage) {
    let setup = queue(stage, &[("wrap_up = \"30s\"", "wrap_up = \"0s\"")]);
    let world = setup.group("screen = \"key\"\norder = \"longest-idle\"").open().await;
    let phones = world.phones(["Ana", "Ben"]);

    // Ana, then Ben, who has not talked yet, then Ana, whose talk ended longest ago.
    for phone in [&phones[0], &phones[1], &phones[0], &phones[1]] {
        let caller = world.call();
        takes(phone).await;
        caller.until_talks().await;
        caller.hang_up();
        phone.until_idle().await;
        world.after(seconds(5)).await;
    }

    assert_eq!(phones.map(|phone| phone.times_dialled()), [2, 2]);
    world.finish().await;
}

async fn longest_idle_member_of_a_ring_group_is_dialled_first_where_calls_start_one_after_the_other(stage: Stage) {
    let setup = stage.hotline().group("screen = \"key\"\norder = \"longest-idle\"").cps(0.2);
    let world = setup.open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    for phone in [&ana, &ben, &ana] {
        let caller = world.call();
        takes(phone).await;
        caller.until_talks().await;
        caller.hang_up();
        world.come_to_rest().await;
        world.after(seconds(20)).await;
    }

    world.finish().await;
}

async fn member_who_comes_back_is_offered_to_who_has_waited_longest(stage: Stage) {
    let setup = queue(stage, &[]).person("Ben", "presence = \"away\"");
    let world = setup.open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    let talking = world.call_from("+441632960101");
    takes(&ana).await;
    talking.until_talks().await;
    let second = world.call_from("+441632960102");
    world.after(seconds(2)).await;
    let third = world.call_from("+441632960103");
    world.after(seconds(40)).await;
    assert_eq!(ben.times_dialled(), 0);

    set_presence(&world, "Ben", Presence::Available).await;
    takes(&ben).await;
    second.until_talks().await;

    assert_eq!(world.program.service.switchboard.presence(ben.number()), Presence::Available);
    for caller in [talking, second, third] {
        caller.hang_up();
    }
    world.finish().await;
}

async fn two_queues_and_a_ring_group_share_a_person_who_is_rung_once(stage: Stage) {
    let steps = format!(
        "{QUEUE}[groups.other]\nmembers = [\"p0\"]\nscreen = \"key\"\nwait_for = \"10m\"\n\
         [steps.second]\nmenu = \"Press.\"\nkeys = {{ 1 = \"line\", 2 = \"rings\" }}\n\
         [steps.line]\nqueue = \"other\"\n[steps.rings]\nring = \"other\"\n\
         [lines.\"{SECOND_LINE}\"]\nname = \"Second\"\nstart = \"second\"\n"
    );
    let world = stage.hotline().people(&["Ana"]).line("start = \"wait\"").more(&steps).open().await;
    let ana = world.phone("Ana");

    let first = world.call_from("+441632960101");
    ana.until_rings().await;
    let third = world.carrier.call("+441632960103", number(SECOND_LINE));
    third.until_hears("Press.").await;
    world.after(seconds(1)).await;
    let second = world.carrier.call("+441632960102", number(SECOND_LINE));
    second.until_hears("Press.").await;
    second.press('1');
    world.after(seconds(1)).await;
    third.press('2');
    // Who rings together has waited since they arrived, who stands in line since they came there. The checker finds two
    // offers to one telephone.
    for caller in [first, third, second] {
        takes(&ana).await;
        caller.until_talks().await;
        caller.hang_up();
        ana.until_idle().await;
    }

    assert_eq!(ana.times_dialled(), 3);
    world.finish().await;
}

async fn ring_group_whose_people_are_all_away_is_left_at_once(stage: Stage) {
    let setup = stage.hotline().people(&["Ana"]).person("Ana", "presence = \"away\"");
    let world = setup.open().await;

    let arrived = world.now();
    let caller = world.call();
    caller.until_hears("nobody can take your call").await;

    assert!(world.now() - arrived < 2_000);
    assert_eq!(world.phone("Ana").times_dialled(), 0);
    caller.until_ends().await;
    world.finish().await;
}

async fn ring_tier_whose_people_are_all_away_is_skipped_at_once(stage: Stage) {
    let steps = "[groups.first]\nmembers = [\"p0\"]\nscreen = \"key\"\n[groups.then]\nmembers = [\"p1\"]\nscreen = \"key\"\n\
                 [steps.ring]\nring = \"first\"\ntiers = [{ ring = \"then\", after = \"20s\" }]";
    let setup = stage.hotline().person("Ana", "presence = \"away\"").line("start = \"ring\"").more(steps);
    let world = setup.open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let arrived = world.now();
    let caller = world.call();
    ben.until_rings().await;

    assert!(world.now() - arrived < 2_000, "{} ms", world.now() - arrived);
    assert_eq!(ana.times_dialled(), 0);
    caller.hang_up();
    world.finish().await;
}
