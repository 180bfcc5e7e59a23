//! Callers wait in a queue: whom they are offered to and when, what they hear meanwhile, and every way out.

use axum::{Router, routing::any};
use http::StatusCode;
use ringall::{
    ringback,
    simulator::{Caller, Either, Faults, Hearing, Phone, Status},
};
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
        caller_who_presses_the_key_leaves_for_the_next_step,
        caller_who_presses_the_key_while_somebody_is_rung_stops_that_telephone,
        caller_who_waits_too_long_is_led_on,
        caller_who_comes_when_too_many_wait_is_told,
        caller_who_comes_when_nobody_is_on_duty_is_told_at_once,
        callers_who_wait_when_the_last_member_goes_away_are_told,
        exits_without_a_target_end_in_words,
        member_who_comes_back_is_offered_to_who_has_waited_longest,
        member_who_declines_is_not_rung_again_for_this_caller,
        member_who_does_not_answer_comes_last,
        caller_who_hangs_up_while_they_wait_leaves_their_place_to_the_next,
        caller_who_hangs_up_while_somebody_is_rung_stops_that_telephone,
        member_who_hangs_up_before_both_are_joined_leaves_the_caller_their_place,
        two_who_accept_in_the_same_instant_are_not_both_given_the_caller,
        member_who_accepts_in_the_instant_their_reservation_ends_has_the_call_or_is_told,
        member_who_has_picked_up_when_their_reservation_ends_may_press_a_key_in_peace,
        callers_hear_their_place_and_after_enough_talks_how_long_it_takes,
        caller_hears_the_music_of_the_queue,
        caller_whose_music_cannot_be_fetched_hears_ringing,
        caller_hears_ringing_or_words_without_a_gap_all_the_time_that_they_wait,
        two_queues_and_a_ring_group_share_a_person_who_is_rung_once,
        ring_group_whose_people_are_all_away_is_left_at_once,
        ring_tier_whose_people_are_all_away_is_skipped_at_once,
        caller_in_a_queue_waits_through_a_time_without_the_carriers_api,
        caller_who_cannot_be_fetched_is_joined_when_their_music_ends,
        caller_in_a_queue_through_a_restart_comes_into_it_anew,
        caller_in_a_queue_is_told_when_the_program_stops,
        key_and_end_that_are_reported_twice_or_late_move_nobody,
        caller_whose_every_webhook_about_the_queue_fails_is_not_left,
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

fn queue(stage: Stage, change: &[(&str, &str)]) -> Setup {
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

async fn callers_hear_their_place_and_after_enough_talks_how_long_it_takes(stage: Stage) {
    let change = [("wrap_up = \"30s\"", "wrap_up = \"0s\"\nannounce_every = \"30s\""), ("= 2", "= 9")];
    let world = queue(stage, &change).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");
    for _ in 0..5 {
        let caller = world.call_from("+441632960101");
        takes(&ana).await;
        caller.until_talks().await;
        let waits = world.call_from("+441632960102");
        waits.until_hears("You are next in line. If you do not want").await;
        waits.hang_up();
        world.after(seconds(78)).await;
        caller.hang_up();
        world.come_to_rest().await;
    }

    let talking = world.call_from("+441632960101");
    takes(&ana).await;
    talking.until_talks().await;
    let first = world.call_from("+441632960102");
    first.until_hears("You are next in line. It will take about 2 minutes.").await;
    world.after(seconds(1)).await;
    let second = world.call_from("+441632960103");
    second.until_hears("You are number 2 in line. It will take about 3 minutes. If you do not want").await;
    world.after(seconds(1)).await;
    let third = world.call_from("+441632960104");
    third.until_hears("You are number 3 in line. It will take about 4 minutes.").await;
    let told = world.now();
    third.until_hears_again("You are number 3 in line.").await;
    let between = world.now() - told;
    assert!((30_000..45_000).contains(&between), "{between} ms");
    second.hang_up();
    third.until_hears("You are number 2 in line.").await;

    for caller in [talking, first, third] {
        caller.hang_up();
    }
    world.finish().await;
}

async fn caller_hears_the_music_of_the_queue(stage: Stage) {
    let setup = queue(stage, &[("wrap_up", "hold = { play = \"music.wav\" }\nwrap_up")]).people(&["Ana"]);
    let world = setup.sound("music.wav", &ringback::tone("gb")).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears_recording("music.wav").await;
    takes(&ana).await;
    caller.until_talks().await;

    assert!(
        !caller.heard().iter().any(|heard| matches!(&heard.what, Hearing::Ringback(url) if url.contains("/ringback/")))
    );
    caller.hang_up();
    world.finish().await;
}

async fn caller_whose_music_cannot_be_fetched_hears_ringing(stage: Stage) {
    let hold = "hold = { play = \"https://hotline.example.org/audio/gone.wav\" }\nwrap_up";
    let mut world = queue(stage, &[("wrap_up", hold)]).people(&["Ana"]).open().await;

    let caller = world.call();
    caller.until_hears_recording("/ringback/").await;
    world.after(seconds(60)).await;

    assert!(world.carrier.webhook_log().len() < 20, "it is not asked for again and again");
    caller.hang_up();
    world.come_to_rest().await;
    let codes: Vec<_> = world.carrier.warnings().iter().map(|warning| warning.code).collect();
    for code in codes {
        world.expect_warning(code);
    }
    world.finish().await;
}

async fn caller_hears_ringing_or_words_without_a_gap_all_the_time_that_they_wait(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana"]).open().await;
    let talking = world.call_from("+441632960101");
    takes(&world.phone("Ana")).await;
    talking.until_talks().await;

    let caller = world.call();
    caller.until_hears("You are next in line.").await;
    world.after(seconds(200)).await;

    let heard = caller.heard();
    let silent = heard.windows(2).filter(|pair| pair[0].what == Hearing::Silence).map(|pair| pair[1].at - pair[0].at);
    assert!(silent.clone().all(|gap| gap <= 1_500), "{:?}", silent.collect::<Vec<_>>());
    assert!(heard.iter().filter(|heard| heard.what.speaks("You are next in line.")).count() >= 3);
    caller.hang_up();
    talking.hang_up();
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

async fn caller_in_a_queue_waits_through_a_time_without_the_carriers_api(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");
    world.carrier.set_faults(Faults { rest_reset: 1.0, ..Faults::none() });

    let caller = world.call();
    world.after(seconds(100)).await;
    assert_eq!((ana.times_dialled(), caller.status()), (0, Status::InProgress));
    world.carrier.set_faults(Faults::none());
    takes(&ana).await;
    caller.until_talks().await;

    caller.hang_up();
    world.finish().await;
}

async fn caller_who_cannot_be_fetched_is_joined_when_their_music_ends(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    world.carrier.set_faults(Faults { rest_reset: 1.0, ..Faults::none() });
    ana.press('1');
    let accepted = world.now();
    caller.until_talks().await;

    assert!(world.now() - accepted < 32_000, "{} ms", world.now() - accepted);
    world.carrier.set_faults(Faults::none());
    caller.hang_up();
    world.finish().await;
}

async fn caller_in_a_queue_through_a_restart_comes_into_it_anew(stage: Stage) {
    for presses in [true, false] {
        let mut world = queue(stage, &[]).people(&["Ana"]).allow(|allow| allow.two_offers = true).open().await;
        let ana = world.phone("Ana");

        let caller = world.call();
        ana.until_rings().await;
        world.kill();
        world.start_again();
        if presses {
            caller.press('7');
        }
        // The telephone that the old program rang rings on to its end.
        ana.until_idle().await;
        takes(&ana).await;
        caller.until_talks().await;

        caller.hang_up();
        world.finish_despite_warnings().await;
    }
}

async fn caller_in_a_queue_is_told_when_the_program_stops(stage: Stage) {
    let world = queue(stage, &[]).people(&["Ana"]).open().await;
    let talking = world.call_from("+441632960101");
    takes(&world.phone("Ana")).await;
    talking.until_talks().await;
    world.after(seconds(1)).await;
    let caller = world.call();
    caller.until_hears("You are next in line.").await;

    let service = world.program.service.clone();
    assert_eq!(service.switchboard.waiting_calls(), 1);
    service.tasks.spawn("stop", {
        let service = service.clone();
        async move { service.drain(seconds(1)).await }
    });
    caller.until_hears("something went wrong on our side").await;

    caller.until_ends().await;
    talking.hang_up();
    world.finish_stopped().await;
}

async fn key_and_end_that_are_reported_twice_or_late_move_nobody(stage: Stage) {
    let mut world =
        queue(stage, &[("hangup = \"You have left.\"", "menu = \"You have left.\"\nkeys = { 1 = \"long\" }")])
            .people(&["Ana"])
            .open()
            .await;
    let talking = world.call_from("+441632960101");
    takes(&world.phone("Ana")).await;
    talking.until_talks().await;
    let caller = world.call();
    caller.until_hears("You are next in line.").await;
    world.after(seconds(40)).await;

    let sid = caller.sid();
    for path in ["chosen/1", "chosen/2", "after/2", "chosen/x", "dial-ended"] {
        let fields = [("CallSid", sid.as_str()), ("Digits", "5"), ("CallStatus", "in-progress")];
        let late = world.post(&format!("/voice/calls/{sid}/{path}"), &fields).await;
        assert!(late.says("/ringback/gb.wav") && late.says("/chosen/3"), "{path}: {late:?}");
    }
    caller.press('5');
    caller.until_hears("You have left.").await;
    let again = world.post(&format!("/voice/calls/{sid}/chosen/3"), &[("CallSid", &sid), ("Digits", "5")]).await;
    assert!(again.says("You have left."), "{again:?}");
    assert_eq!(world.times("they left it by a key"), 1);

    caller.hang_up();
    talking.hang_up();
    world.finish().await;
}

async fn caller_whose_every_webhook_about_the_queue_fails_is_not_left(stage: Stage) {
    let mut world = queue(stage, &[]).people(&["Ana"]).open().await;
    let ana = world.phone("Ana");
    let broken = || any(|| async { StatusCode::BAD_GATEWAY });
    let router = Router::new()
        .route("/voice/calls/{call}/chosen/{visit}", broken())
        .route("/voice/calls/{call}/after/{visit}", broken())
        .fallback_service(world.program.router());
    world.reach(router);

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    world.after(seconds(100)).await;
    assert_eq!(caller.status(), Status::InProgress);
    takes(&ana).await;
    caller.until_talks().await;

    caller.hang_up();
    world.come_to_rest().await;
    world.expect_every_warning(11200);
    world.finish().await;
}
