//! What the caller hears until somebody comes: their network's ringing, then ours, and never silence.

use ringall::simulator::{FullRoom, Hearing, Status, Switches, Unanswered};

use crate::support::{Stage, conversations, millis, seconds};

conversations! {
    anywhere: [
    ],
    virtual_time: [
        caller_hears_our_ringing_after_the_reply_budget_and_then_the_winner,
        carrier_ringback_bears_every_habit_of_the_carrier,
        our_ringback_bears_every_habit_of_the_carrier,
        trial_account_is_answered_within_its_five_seconds,
        callers_own_network_gives_up_and_the_phones_stop,
        redirect_of_a_caller_in_the_room_gets_the_same_words_twice_and_is_told_once,
    ],
}

const HABITS: [Unanswered; 4] = [
    Unanswered::KeepsRinging,
    Unanswered::AnswersOnRedirect,
    Unanswered::AnswersAfterChunks(2),
    Unanswered::AnswersAfterChunks(4),
];

async fn caller_hears_our_ringing_after_the_reply_budget_and_then_the_winner(stage: Stage) {
    let world = stage.hotline().open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    world.after(millis(11_900)).await;
    assert_eq!(caller.hears(), Hearing::NetworkRinging);
    caller.until_hears_recording("ringback/gb").await;
    assert_eq!(world.now(), 12_000);
    world.after(seconds(5)).await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    let pressed = world.now();
    caller.until_talks().await;

    assert!(world.now() - pressed < 100, "the winner's join bridges at once");
    ana.hang_up();
    world.finish().await;
}

async fn carrier_ringback_bears_every_habit_of_the_carrier(stage: Stage) {
    for habit in HABITS {
        talk_after_half_a_minute(stage, "carrier", |switches| switches.unanswered = habit).await;
    }
}

async fn our_ringback_bears_every_habit_of_the_carrier(stage: Stage) {
    for habit in HABITS {
        talk_after_half_a_minute(stage, "tone", |switches| switches.unanswered = habit).await;
    }
    talk_after_half_a_minute(stage, "tone", |switches| switches.full_room = FullRoom::HangsUp).await;
}

async fn talk_after_half_a_minute(stage: Stage, ringback: &str, turn: impl FnOnce(&mut Switches)) {
    let hotline = stage.hotline().group("screen = \"key\"\nring_for = \"60s\"");
    let world = hotline.line(&format!("ringback = \"{ringback}\"")).switches(turn).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    world.after(seconds(30)).await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    let pressed = world.now();
    caller.until_talks().await;

    assert!(world.now() - pressed < 1_100, "the caller was kept waiting for {} ms", world.now() - pressed);
    caller.hang_up();
    world.finish().await;
}

async fn trial_account_is_answered_within_its_five_seconds(stage: Stage) {
    let hotline = stage.hotline().carrier("trial = true");
    let world = hotline.switches(|switches| *switches = Switches::trial()).open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    assert_eq!(world.now(), 3_000);
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn callers_own_network_gives_up_and_the_phones_stop(stage: Stage) {
    let world = stage
        .hotline()
        .group("screen = \"key\"\nring_for = \"120s\"")
        .line("ringback = \"carrier\"")
        .switches(|switches| switches.network_ring_limit = seconds(60))
        .open()
        .await;
    let ana = world.phone("Ana");

    let caller = world.call();
    assert_eq!(caller.until_ends().await, Status::NoAnswer);
    assert_eq!(world.now(), 60_000);
    ana.until_idle().await;

    assert!(world.now() < 61_000);
    world.finish().await;
}

async fn redirect_of_a_caller_in_the_room_gets_the_same_words_twice_and_is_told_once(stage: Stage) {
    let mut world = stage.hotline().group("screen = \"key\"\nring_for = \"20s\"").open().await;

    let caller = world.call();
    caller.until_hears_recording("ringback").await;
    caller.until_hears("nobody can take your call").await;
    caller.until_ends().await;

    let asked = [world.webhooks_to("/dial-ended").len(), world.webhooks_to("/now").len()];
    assert_eq!(asked, [1, 1], "the action and the redirect both come");
    assert_eq!(world.times("nobody took the call"), 1);
    world.finish().await;
}
