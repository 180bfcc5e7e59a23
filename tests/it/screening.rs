//! Answered is not accepted: mailboxes, screening robots, keys and verdicts.

use ringall::simulator::{Character, Hearing, Human, Mailbox, Phone, RestFault, RobotVerdict, Status};

use crate::support::{Stage, conversations, millis, seconds};

conversations! {
    anywhere: [
        mailbox_that_picks_up_first_never_has_the_call_when_a_key_is_asked_for,
        mailbox_that_picks_up_first_is_hung_up_on_by_detection,
        human_by_detection_is_asked_for_no_key,
        decline_key_counts_for_the_whole_call,
        whatever_picks_up_has_the_call_where_nobody_is_screened,
    ],
    virtual_time: [
        mailbox_is_dropped_early_where_a_key_is_asked_for_and_the_carrier_listens,
        caller_is_not_cut_off_because_the_end_of_a_leg_is_asked_for_again_after_it_accepted,
        somebody_whom_detection_cannot_tell_is_asked_for_a_key,
        iphone_that_screens_calls_hears_the_whisper_until_its_owner_presses,
        somebody_who_presses_no_key_is_told_and_the_caller_goes_on,
        somebody_who_presses_star_is_asked_again,
        key_whose_answer_is_lost_takes_the_call_by_the_fallback,
        key_that_is_pressed_as_the_time_ends_still_takes_the_call,
    ],
}

async fn mailbox_that_picks_up_first_never_has_the_call_when_a_key_is_asked_for(stage: Stage) {
    let world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ana.let_mailbox_answer();
    ana.until_hears("press any digit").await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ben.press('1');

    caller.until_talks().await;
    caller.hang_up();
    ana.until_ends().await;
    world.finish().await;
}

async fn mailbox_that_picks_up_first_is_hung_up_on_by_detection(stage: Stage) {
    let mut world = stage.hotline().group("screen = \"amd\"").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ana.let_mailbox_answer();
    assert_eq!(ana.until_ends().await, Status::Completed);
    assert!(ben.rings(), "a machine never stops the other phones");
    ben.answer();

    caller.until_talks().await;
    world.settle().await;
    ben.hang_up();
    world.come_to_rest().await;
    assert_eq!(world.times("mailbox picked up"), 1);
    world.finish().await;
}

async fn human_by_detection_is_asked_for_no_key(stage: Stage) {
    let world = stage.hotline().group("screen = \"amd\"").open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    caller.until_talks().await;

    assert!(!heard(&ana, "press"), "{:?}", ana.heard());
    caller.hang_up();
    world.finish().await;
}

async fn decline_key_counts_for_the_whole_call(stage: Stage) {
    let mut world = stage.hotline().group("screen = \"key\"\nphone_for = \"5s\"\npasses = 3").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ana.answer();
    ana.until_hears("To decline, press 9").await;
    ana.press('9');
    ana.until_hears("You will not be rung again for this call").await;
    ben.until_idle().await;
    ben.until_rings().await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ben.press('0');

    caller.until_talks().await;
    caller.hang_up();
    world.come_to_rest().await;
    assert_eq!((ana.times_dialled(), world.times("Ana declines")), (1, 1));
    world.finish().await;
}

async fn whatever_picks_up_has_the_call_where_nobody_is_screened(stage: Stage) {
    let world = stage.hotline().group("screen = \"none\"").allow(|allow| allow.machines = true).open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ana.let_mailbox_answer();
    caller.until_talks().await;
    ben.until_idle().await;

    caller.hang_up();
    world.finish().await;
}

async fn mailbox_is_dropped_early_where_a_key_is_asked_for_and_the_carrier_listens(stage: Stage) {
    let mut world = stage.hotline().group("screen = \"amd+key\"").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    let mailbox = Mailbox { answers_after: seconds(3), greeting: seconds(4) };
    world.carrier.set_character(ana.number(), Character::Voicemail(mailbox));

    let caller = world.call();
    ana.until_ends().await;
    assert!(ben.rings());
    world.after(seconds(5)).await;
    ben.answer();
    ben.until_hears("press any digit").await;
    ben.press('2');

    caller.until_talks().await;
    assert_eq!(world.times("Ana accepts"), 0);
    caller.hang_up();
    world.finish().await;
}

async fn caller_is_not_cut_off_because_the_end_of_a_leg_is_asked_for_again_after_it_accepted(stage: Stage) {
    let hotline = stage.hotline().group("screen = \"amd+key\"");
    let world = hotline.switches(|switches| switches.robot_verdict = RobotVerdict::Machine).open().await;
    let ana = world.phone("Ana");
    let robot = Character::Screening { answers_after: seconds(1), owner: None };
    world.carrier.set_character(ana.number(), robot);

    let caller = world.call();
    ana.until_hears("press any digit").await;
    // The carrier takes the telephone's own voice for a mailbox, and does not hear that we want the leg ended.
    for _ in 0..3 {
        world.carrier.fail_next_rest(RestFault::Reset);
    }
    while world.webhooks_to("/verdict").is_empty() {
        world.after(millis(10)).await;
    }
    ana.press('1');
    caller.until_talks().await;
    world.after(seconds(10)).await;

    assert!(matches!(caller.hears(), Hearing::Talking(_)));
    caller.hang_up();
    world.finish().await;
}

async fn somebody_whom_detection_cannot_tell_is_asked_for_a_key(stage: Stage) {
    let hotline = stage.hotline().group("screen = \"amd\"");
    // Longer than we let the carrier listen.
    let world = hotline.switches(|switches| switches.detection_delay = seconds(9)).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn iphone_that_screens_calls_hears_the_whisper_until_its_owner_presses(stage: Stage) {
    // Where the carrier listens as well and takes the robot's sentence for a whole greeting, the leg is dropped.
    let bearable =
        [("key", RobotVerdict::Machine), ("amd+key", RobotVerdict::Human), ("amd+key", RobotVerdict::Unknown)];
    for (screen, verdict) in bearable {
        let hotline = stage.hotline().group(&format!("screen = \"{screen}\""));
        let world = hotline.switches(|switches| switches.robot_verdict = verdict).open().await;
        let ana = world.phone("Ana");
        let owner = Human { presses: vec!['1'], ..Human::after(seconds(9)) };
        let robot = Character::Screening { answers_after: seconds(1), owner: Some(owner) };
        world.carrier.set_character(ana.number(), robot);

        let caller = world.call();
        ana.until_hears("Call for Hotline").await;
        caller.until_talks().await;
        assert_eq!(ana.status(), Some(Status::InProgress), "{verdict:?}");
        caller.hang_up();
        world.finish().await;
    }
}

async fn somebody_who_presses_no_key_is_told_and_the_caller_goes_on(stage: Stage) {
    let world = stage.hotline().people(&["Ana"]).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    let asked = world.now();
    ana.until_hears("No key was pressed").await;
    assert_eq!((world.now() - asked) / 1000, 20, "a key is awaited for twenty seconds");

    caller.until_hears("nobody can take your call").await;
    world.finish().await;
}

async fn somebody_who_presses_star_is_asked_again(stage: Stage) {
    let world = stage.hotline().people(&["Ana"]).open().await;
    world.carrier.set_character(world.phone("Ana").number(), Character::wrong_key_first(seconds(2), '*', '1'));

    let caller = world.call();
    caller.until_talks().await;

    caller.hang_up();
    world.finish().await;
}

async fn key_whose_answer_is_lost_takes_the_call_by_the_fallback(stage: Stage) {
    let world = stage.hotline().open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    let fallback = format!("/voice/calls/{}/rounds/1/legs/1/fallback", caller.sid());
    let sid = ana.sid().expect("Ana is on the line");
    let fields = [("CallSid", &*sid), ("CallStatus", "in-progress"), ("Digits", "1"), ("ErrorCode", "11200")];
    let answer = world.post(&fallback, &fields).await;

    assert!(answer.says("<Conference"), "{answer:?}");
    ana.press('1');
    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn key_that_is_pressed_as_the_time_ends_still_takes_the_call(stage: Stage) {
    let world = stage.hotline().open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;

    // The redirect to the last words was under way when the key was pressed.
    let told = format!("/voice/calls/{}/legs/1/told/not-accepted", caller.sid());
    let sid = ana.sid().expect("Ana is on the line");
    let answer = world.post(&told, &[("CallSid", &sid), ("CallStatus", "in-progress")]).await;
    assert!(answer.says("<Conference"), "{answer:?}");
    let told = format!("/voice/calls/{}/legs/1/told/could-not-connect", caller.sid());
    let other = world.post(&told, &[("CallSid", &sid), ("CallStatus", "in-progress")]).await;
    assert!(!other.says("<Conference"), "{other:?}");

    caller.hang_up();
    world.finish().await;
}

fn heard(phone: &Phone, words: &str) -> bool {
    phone.heard().iter().any(|heard| heard.what.speaks(words))
}
