//! Nobody takes the call: the caller is told, and the flow goes on.

use ringall::simulator::{Character, Status};
use ringall_core::fact::Outcome;

use crate::support::{Stage, conversations, seconds};

conversations! {
    anywhere: [
        caller_for_whom_nobody_comes_is_told_and_hung_up_on,
        flow_says_rings_and_says,
        words_that_come_first_are_said_without_asking_the_carrier_for_anything,
    ],
    virtual_time: [
        passes_ring_again_three_seconds_later_and_each_phone_for_its_own_time,
        somebody_who_has_picked_up_may_still_press_when_the_ringing_is_over,
    ],
}

async fn caller_for_whom_nobody_comes_is_told_and_hung_up_on(stage: Stage) {
    let mut world = stage.hotline().group("screen = \"key\"\nring_for = \"5s\"").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ana.until_rings().await;
    ben.until_rings().await;
    caller.until_hears("nobody can take your call right now").await;

    ana.until_idle().await;
    ben.until_idle().await;
    assert_eq!(caller.until_ends().await, Status::Completed);
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::NobodyTookIt]);
    world.finish().await;
}

async fn flow_says_rings_and_says(stage: Stage) {
    let world = stage
        .hotline()
        .group("screen = \"key\"\nring_for = \"5s\"")
        .line("start = \"welcome\"")
        .more(
            "[steps.welcome]\nsay = \"Welcome to {line}.\"\nnext = \"first\"\n\
             [steps.first]\nring = \"organisers\"\nnobody = \"sorry\"\n\
             [steps.sorry]\nsay = \"Nobody came.\"\nnext = \"again\"\n\
             [steps.again]\nring = \"organisers\"\nnobody = \"end\"\n\
             [steps.end]\nsay = \"Good-bye.\"",
        )
        .open()
        .await;
    let ana = world.phone("Ana");

    let caller = world.call();
    caller.until_hears("Welcome to Hotline.").await;
    caller.until_hears_recording("ringback").await;
    ana.until_rings().await;
    caller.until_hears("Nobody came.").await;
    caller.until_hears_recording("ringback").await;
    ana.until_rings().await;
    caller.until_hears("Good-bye.").await;

    caller.until_ends().await;
    assert_eq!(ana.times_dialled(), 2);
    world.finish().await;
}

async fn words_that_come_first_are_said_without_asking_the_carrier_for_anything(stage: Stage) {
    let world =
        stage.hotline().line("start = \"welcome\"").more("[steps]\nwelcome.say = \"We are closed.\"").open().await;

    let caller = world.call();
    caller.until_hears("We are closed.").await;
    caller.until_ends().await;

    assert_eq!(world.carrier.rest_log(), [], "a redirect would tear the caller out of the words");
    world.finish().await;
}

async fn passes_ring_again_three_seconds_later_and_each_phone_for_its_own_time(stage: Stage) {
    let world = stage
        .hotline()
        .group("screen = \"key\"\nring_for = \"40s\"\nphone_for = \"12s\"\npasses = 2")
        .person("Ben", "phone_for = \"7s\"")
        .switches(|switches| switches.setup = seconds(0))
        .open()
        .await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);

    let caller = world.call();
    ben.until_rings().await;
    ben.until_idle().await;
    assert_eq!(world.now(), 7_000);
    ana.until_idle().await;
    assert_eq!(world.now(), 12_000);
    ana.until_rings().await;
    ben.until_rings().await;
    assert_eq!(world.now(), 15_000, "three seconds after the last phone of the first pass");
    ana.until_idle().await;
    assert_eq!(world.now(), 27_000);
    caller.until_hears("nobody can take your call").await;

    assert_eq!((world.now(), ana.times_dialled(), ben.times_dialled()), (27_700, 2, 2), "0.7 s of it for the redirect");
    world.finish().await;
}

async fn somebody_who_has_picked_up_may_still_press_when_the_ringing_is_over(stage: Stage) {
    let world = stage.hotline().group("screen = \"key\"\nring_for = \"10s\"").open().await;
    let [ana, ben] = world.phones(["Ana", "Ben"]);
    world.carrier.set_character(ben.number(), Character::RingsOut);

    let caller = world.call();
    world.after(seconds(9)).await;
    ana.answer();
    world.after(seconds(4)).await;
    assert!(!ben.rings());
    ana.press('1');

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}
