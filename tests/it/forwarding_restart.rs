//! A forward when the program dies and comes back without a memory, or is asked to stop.

use std::time::Duration;

use ringall::simulator::{Character, Faults, Hearing, Status};
use tokio::task::JoinHandle;

use crate::{
    forwarding::{OFFICE, dialled_as, forwards, office},
    forwarding_trouble::talk,
    support::{Stage, World, conversations, seconds},
};

conversations! {
    anywhere: [],
    virtual_time: [
        number_that_rings_through_a_restart_may_be_answered,
        number_that_is_picked_up_after_a_restart_is_asked_for_a_key,
        number_that_is_not_answered_after_a_restart_leads_to_a_new_beginning,
        talk_with_a_number_goes_on_through_a_restart,
        program_that_is_to_stop_waits_for_a_number_that_rings,
        program_that_is_to_stop_does_not_wait_for_a_talk_with_a_number,
        number_that_rings_when_the_program_stops_rings_on_and_may_be_answered,
        number_rings_its_time_although_an_earlier_dialling_is_reported_over,
    ],
}

async fn number_that_rings_through_a_restart_may_be_answered(stage: Stage) {
    let mut world = forwards(stage, "").open().await;
    let office = office(&world, Character::Manual);

    let caller = world.call();
    office.until_rings().await;
    world.kill();
    world.start_again();
    world.after(seconds(3)).await;
    office.answer();
    caller.until_talks().await;
    office.hang_up();

    assert_eq!(caller.until_ends().await, Status::Completed);
    assert_eq!(dialled_as(&world).len(), 1, "after a talk nothing begins anew");
    world.finish_despite_warnings().await;
}

async fn number_that_is_picked_up_after_a_restart_is_asked_for_a_key(stage: Stage) {
    for (key, talks) in [('1', true), ('9', false)] {
        let mut world = forwards(stage, "screen = \"key\"").open().await;
        let office = office(&world, Character::Manual);

        let caller = world.call();
        office.until_rings().await;
        world.kill();
        world.start_again();
        office.answer();
        office.until_hears("Call for Hotline. To take the call, press any digit.").await;
        assert_eq!(caller.hears(), Hearing::NetworkRinging);
        office.press(key);
        if talks {
            caller.until_talks().await;
        } else {
            office.until_ends().await;
        }

        caller.hang_up();
        world.finish_despite_warnings().await;
    }
}

async fn number_that_is_not_answered_after_a_restart_leads_to_a_new_beginning(stage: Stage) {
    let mut world = forwards(stage, "ring_for = \"15s\"").open().await;
    let office = office(&world, Character::RingsOut);

    let caller = world.call();
    office.until_rings().await;
    world.kill();
    world.start_again();
    caller.until_hears("The office does not answer.").await;

    assert_eq!(office.times_dialled(), 2);
    caller.until_ends().await;
    world.finish_despite_warnings().await;
}

async fn talk_with_a_number_goes_on_through_a_restart(stage: Stage) {
    let mut world = forwards(stage, "screen = \"key\"").open().await;
    let office = office(&world, Character::presses(seconds(1), '1'));

    let caller = world.call();
    caller.until_talks().await;
    world.kill();
    world.start_again();
    world.after(seconds(60)).await;
    assert!(matches!(caller.hears(), Hearing::Talking(_)));
    office.hang_up();

    assert_eq!(caller.until_ends().await, Status::Completed);
    assert_eq!(office.times_dialled(), 1);
    world.finish_despite_warnings().await;
}

async fn program_that_is_to_stop_waits_for_a_number_that_rings(stage: Stage) {
    let world = forwards(stage, "").open().await;
    let office = office(&world, Character::Manual);
    let caller = world.call();
    office.until_rings().await;

    let stopping = stop_within(&world, seconds(30));
    world.after(seconds(10)).await;
    assert!(!stopping.is_finished());
    office.answer();
    caller.until_talks().await;
    world.after(seconds(2)).await;
    assert!(stopping.is_finished(), "a talk lives at the carrier");

    assert!(matches!(caller.hears(), Hearing::Talking(_)));
    caller.hang_up();
    world.finish_stopped().await;
}

async fn program_that_is_to_stop_does_not_wait_for_a_talk_with_a_number(stage: Stage) {
    let world = forwards(stage, "").open().await;
    let office = office(&world, Character::Manual);
    let caller = talk(&world, &office).await;
    world.settle().await;

    let began = world.now();
    world.program.service.drain(seconds(30)).await;

    assert!(world.now() - began < 1000, "took {} ms", world.now() - began);
    assert!(matches!(caller.hears(), Hearing::Talking(_)));
    caller.hang_up();
    world.finish_stopped().await;
}

async fn number_that_rings_when_the_program_stops_rings_on_and_may_be_answered(stage: Stage) {
    let after_words =
        format!("[steps]\nwelcome = {{ say = \"Hello.\", next = \"office\" }}\noffice.forward = \"{OFFICE}\"");
    let welcome = stage.hotline().line("start = \"welcome\"").more(&after_words);
    for setup in [forwards(stage, "ring_for = \"60s\""), welcome] {
        let mut world = setup.open().await;
        let office = office(&world, Character::Manual);
        let caller = world.call();
        office.until_rings().await;

        stop_within(&world, seconds(5)).await.expect("it stops");
        assert!(office.rings(), "whether they talk already we would hear too late");
        world.start_again();
        office.answer();
        caller.until_talks().await;

        office.hang_up();
        caller.until_ends().await;
        world.finish().await;
    }
}

/// Both have the same name after a restart, and what is heard first of the one is the end of the other.
async fn number_rings_its_time_although_an_earlier_dialling_is_reported_over(stage: Stage) {
    let lost = Faults { callback_lost: 1.0, ..Faults::none() };
    let world = forwards(stage, "screen = \"key\", ring_for = \"90s\"").faults(lost).open().await;
    let office = office(&world, Character::Manual);

    let caller = world.call();
    office.until_rings().await;
    let path = format!("/voice/calls/{}/forwards/1/status", caller.sid());
    for (leg, status) in
        [("CA00000000000000000000000000000001", "no-answer"), ("CA00000000000000000000000000000002", "ringing")]
    {
        let answer = world.post(&path, &[("CallSid", leg), ("CallStatus", status)]).await;
        assert_eq!(answer.status.as_u16(), 204, "{answer:?}");
    }
    world.after(seconds(60)).await;
    assert_eq!(world.carrier.rest_log(), [], "nobody looks for a caller who hears ringing");
    world.carrier.set_faults(Faults::none());
    office.answer();
    office.until_hears("press any digit").await;
    office.press('1');

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

/// Tells the program to stop.
fn stop_within(world: &World, time: Duration) -> JoinHandle<()> {
    let service = world.program.service.clone();
    let draining = service.clone();
    service.tasks.spawn("stop", async move { draining.drain(time).await })
}
