//! `ringback = "dial"`: the carrier itself rings the group on the caller's own leg, and asks whoever picks up first.

use ringall::simulator::{Character, Hearing, Status};
use ringall_core::fact::Outcome;

use crate::support::{CALLER, Stage, conversations, seconds, stage::Setup};

conversations! {
    anywhere: [
        first_to_pick_up_and_press_a_key_talks_and_the_others_stop,
        caller_whose_group_does_not_answer_hears_the_words_that_follow,
    ],
    virtual_time: [
        others_ring_again_after_somebody_has_declined,
        others_ring_again_after_a_mailbox_has_picked_up_first,
        last_who_declines_leaves_nobody,
        caller_who_leaves_while_it_rings_stops_every_phone,
        caller_who_leaves_during_the_whisper_frees_who_picked_up,
        two_pick_up_in_one_instant_and_one_has_the_call,
        second_key_of_a_carrier_that_asks_several_hears_that_somebody_else_has_the_call,
        without_a_key_whoever_picks_up_talks,
        group_in_which_everybody_is_engaged_or_off_is_over_at_once,
        next_step_rings_its_group_in_the_same_way,
        webhooks_that_come_twice_change_nothing,
        nobody_is_dialled_beyond_the_days_limit,
        killed_while_they_ring_the_call_begins_anew,
        whisper_of_the_group_follows_the_key_and_no_mailbox_hears_it,
        whisper_of_a_group_without_a_key_comes_before_the_caller,
        caller_waits_no_longer_than_twenty_seconds_behind_a_machine_that_never_hangs_up,
    ],
}

async fn first_to_pick_up_and_press_a_key_talks_and_the_others_stop(stage: Stage) {
    let mut world = dialled(stage).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    assert_eq!(caller.hears(), Hearing::NetworkRinging, "unanswered, and not paid for");
    ben.answer();
    ben.until_hears("Call for Hotline").await;
    ana.until_idle().await;
    ben.press('1');

    caller.until_talks().await;
    ben.hang_up();
    assert_eq!(caller.until_ends().await, Status::Completed);
    world.come_to_rest().await;
    assert_eq!((world.outcomes(), world.times("Ben accepts")), (vec![Outcome::Talked], 1));
    world.finish().await;
}

async fn caller_whose_group_does_not_answer_hears_the_words_that_follow(stage: Stage) {
    let mut world = dialled(stage).group("screen = \"key\"\nring_busy = true\nring_for = \"5s\"").open().await;

    let caller = world.call();
    caller.until_hears("nobody can take your call").await;
    caller.until_ends().await;

    world.come_to_rest().await;
    assert_eq!((world.outcomes(), world.times("nobody took the call")), (vec![Outcome::NobodyTookIt], 1));
    world.finish().await;
}

async fn whisper_of_the_group_follows_the_key_and_no_mailbox_hears_it(stage: Stage) {
    for whisper in ["A new report.", "A report from {caller.number}."] {
        let group = format!("screen = \"key\"\nring_busy = true\nwhisper = \"{whisper}\"");
        let world = dialled(stage).group(&group).open().await;
        let [ana, ben] = world.phones(["Ana", "Ben"]);
        let is_told = |phone: &ringall::simulator::Phone| phone.heard().iter().any(|it| it.what.speaks("report"));

        let caller = world.call();
        ana.until_rings().await;
        ana.let_mailbox_answer();
        ben.until_idle().await;
        assert!(!is_told(&ana));
        ben.until_rings().await;
        ben.answer();
        ben.until_hears("Call for Hotline. To take the call, press any digit.").await;
        assert!(!is_told(&ben), "nobody has accepted");
        ben.press('1');
        ben.until_hears("report").await;

        caller.until_talks().await;
        assert!(!caller.heard().iter().any(|it| it.what.speaks("report")));
        caller.hang_up();
        world.finish().await;
    }
}

async fn whisper_of_a_group_without_a_key_comes_before_the_caller(stage: Stage) {
    let group = "screen = \"none\"\nring_busy = true\nwhisper = \"A new report.\"";
    let world = dialled(stage).group(group).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("A new report.").await;

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn others_ring_again_after_somebody_has_declined(stage: Stage) {
    let mut world = dialled(stage).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('9');
    ana.until_hears("You will not be rung again for this call").await;
    ben.until_idle().await;
    ben.until_rings().await;
    take(&ben).await;

    caller.until_talks().await;
    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 2));
    caller.hang_up();
    world.come_to_rest().await;
    assert_eq!((world.outcomes(), world.times("Ana declines")), (vec![Outcome::Talked], 1));
    world.finish().await;
}

async fn others_ring_again_after_a_mailbox_has_picked_up_first(stage: Stage) {
    let mut world = dialled(stage).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ana.let_mailbox_answer();
    ben.until_idle().await;
    ben.until_rings().await;
    assert_eq!(caller.hears(), Hearing::NetworkRinging, "the caller hears nothing of the mailbox");
    take(&ben).await;

    caller.until_talks().await;
    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 2));
    caller.hang_up();
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn caller_waits_no_longer_than_twenty_seconds_behind_a_machine_that_never_hangs_up(stage: Stage) {
    let world = dialled(stage).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ben.until_idle().await;
    let interrupted = world.now();
    ben.until_rings().await;

    let waited = world.now() - interrupted;
    assert!((20_000..30_000).contains(&waited), "{waited} ms: the words that are being said are said to their end");
    take(&ben).await;
    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn last_who_declines_leaves_nobody(stage: Stage) {
    let mut world = dialled(stage).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('9');
    caller.until_hears("nobody can take your call").await;

    caller.until_ends().await;
    assert_eq!(ana.times_dialled(), 1);
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn caller_who_leaves_while_it_rings_stops_every_phone(stage: Stage) {
    let mut world = dialled(stage).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ben.until_rings().await;
    world.after(seconds(5)).await;
    caller.hang_up();
    ana.until_idle().await;
    ben.until_idle().await;

    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp]);
    world.finish().await;
}

async fn caller_who_leaves_during_the_whisper_frees_who_picked_up(stage: Stage) {
    let mut world = dialled(stage).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    caller.hang_up();
    ana.until_ends().await;

    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp]);
    world.finish().await;
}

async fn two_pick_up_in_one_instant_and_one_has_the_call(stage: Stage) {
    let mut world = dialled(stage).open().await;
    let phones = world.phones(["Ana", "Ben"]);
    for phone in &phones {
        world.carrier.set_character(phone.number(), Character::together(1, seconds(2), Some('1')));
    }

    let caller = world.call();
    caller.until_talks().await;
    world.after(seconds(1)).await;
    let talk = phones.iter().filter(|phone| matches!(phone.hears(), Some(Hearing::Talking(_)))).count();
    assert_eq!(talk, 1);
    caller.hang_up();

    world.come_to_rest().await;
    assert_eq!((world.outcomes(), world.times("accepts")), (vec![Outcome::Talked], 1));
    world.finish().await;
}

async fn second_key_of_a_carrier_that_asks_several_hears_that_somebody_else_has_the_call(stage: Stage) {
    let world = dialled(stage).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    take(&ana).await;
    caller.until_talks().await;
    let [asked] = world.webhooks_to("/key").try_into().expect("one key");
    let path = asked.url.strip_prefix("https://hotline.example.org").expect("an address of ours").to_owned();
    let bens = [("CallSid", "CA0000000000000000000000000000beef"), ("Digits", "1"), ("From", "+441632960000")];
    let to = ben.number().expose();
    let bens = [&bens[..], &[("To", to.as_str()), ("CallStatus", "in-progress")]].concat();
    assert!(world.post(&path, &bens).await.says("Somebody else already has the call"));
    let again = world.repeat(&asked).await;
    assert!(again.says("<Response></Response>"), "the winner's key once more: {again:?}");

    caller.hang_up();
    world.finish().await;
}

async fn without_a_key_whoever_picks_up_talks(stage: Stage) {
    let mut world = dialled(stage).group("screen = \"none\"\nring_busy = true").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ben.until_rings().await;
    ben.answer();
    caller.until_talks().await;
    ana.until_idle().await;
    world.settle().await;
    caller.hang_up();

    world.come_to_rest().await;
    assert_eq!((world.outcomes(), world.times("Ben's phone is picked up")), (vec![Outcome::Talked], 1));
    world.finish().await;
}

async fn group_in_which_everybody_is_engaged_or_off_is_over_at_once(stage: Stage) {
    let mut world = dialled(stage).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    world.carrier.set_character(ana.number(), Character::Busy);
    world.carrier.set_character(ben.number(), Character::Off);

    let caller = world.call();
    caller.until_hears("nobody can take your call").await;

    assert!(world.now() < 5_000, "the caller waited {} ms", world.now());
    caller.until_ends().await;
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn next_step_rings_its_group_in_the_same_way(stage: Stage) {
    let steps = "[steps]\nfirst = { ring = \"one\", nobody = \"second\" }\nsecond = { ring = \"two\" }\n\
                 [groups.one]\nmembers = [\"p0\"]\nscreen = \"key\"\nring_busy = true\nring_for = \"10s\"\n\
                 [groups.two]\nmembers = [\"p1\"]\nscreen = \"key\"\nring_busy = true";
    let world = stage.hotline().line("start = \"first\"\nringback = \"dial\"").more(steps).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    assert_eq!(ben.times_dialled(), 0);
    ben.until_rings().await;
    assert!(!ana.rings());
    take(&ben).await;

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn webhooks_that_come_twice_change_nothing(stage: Stage) {
    let mut world = dialled(stage).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    for entry in world.webhooks_to("/status").into_iter().filter(|entry| entry.url.contains("/forwards/")) {
        world.repeat(&entry).await;
    }
    ana.press('1');
    caller.until_talks().await;
    let keys = world.webhooks_to("/key");
    world.repeat(&keys[0]).await;
    caller.hang_up();

    world.come_to_rest().await;
    assert_eq!((world.times("Ana accepts"), world.times("Ana's phone is picked up")), (1, 1));
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn nobody_is_dialled_beyond_the_days_limit(stage: Stage) {
    let world = dialled(stage).line("ringback = \"dial\"\nmax_dials_per_day = 3").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    let first = world.call();
    ana.until_rings().await;
    first.hang_up();
    world.come_to_rest().await;

    let second = world.call_from(CALLER);
    second.until_hears("no more calls can be put through today").await;
    second.until_hears("nobody can take your call").await;
    second.until_ends().await;

    assert_eq!((ana.times_dialled(), ben.times_dialled()), (1, 1));
    world.finish().await;
}

async fn killed_while_they_ring_the_call_begins_anew(stage: Stage) {
    let mut world = dialled(stage).group("screen = \"key\"\nring_busy = true\nring_for = \"10s\"").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    world.kill();
    world.start_again();
    ana.until_idle().await;
    ana.until_rings().await;
    ben.until_rings().await;
    take(&ben).await;

    caller.until_talks().await;
    caller.hang_up();
    world.finish_despite_warnings().await;
}

async fn take(phone: &ringall::simulator::Phone) {
    phone.answer();
    phone.until_hears("press any digit").await;
    phone.press('1');
}

fn dialled(stage: Stage) -> Setup {
    stage.hotline().line("ringback = \"dial\"").group("screen = \"key\"\nring_busy = true")
}
