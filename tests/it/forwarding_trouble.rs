//! A forward when webhooks are lost, late or come twice, and when the caller leaves.

use std::time::Duration;

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::IntoResponse as _,
};
use fastrand::Rng;
use http::StatusCode;
use ringall::simulator::{Caller, Character, Faults, Hearing, Phone, ServerLink, Status, Switches};
use ringall_core::fact::Outcome;

use crate::{
    forwarding::{EXITS, OFFICE, WORDS, dialled_as, forwards, office},
    support::{CALLER, LINE, Stage, World, conversations, seconds},
};

conversations! {
    anywhere: [
        caller_who_leaves_while_it_rings_stops_the_ringing,
        caller_who_leaves_while_they_talk_ends_the_talk,
    ],
    virtual_time: [
        caller_who_leaves_while_the_number_is_asked_for_a_key_stops_that,
        action_that_comes_twice_says_the_words_once,
        action_that_fails_is_made_up_for_by_the_fallback,
        action_that_fails_after_a_talk_does_not_dial_again,
        action_that_is_late_finds_the_call_where_it_is,
        action_with_an_unknown_word_counts_as_failed,
        forward_needs_no_rest_api,
        callbacks_that_are_lost_change_nothing_but_the_timeline,
        long_talk_of_which_nobody_tells_is_looked_after_to_its_end,
        key_that_is_pressed_when_the_forward_is_over_changes_nothing,
        fallback_that_does_not_say_how_a_talk_ended_does_not_dial_again,
        nobody_is_left_whatever_the_carrier_does,
        caller_whose_two_requests_come_in_one_moment_is_not_fetched_out_of_what_they_were_given,
    ],
}

async fn caller_who_leaves_while_it_rings_stops_the_ringing(stage: Stage) {
    let mut world = forwards(stage, "").open().await;
    let office = office(&world, Character::Manual);

    let caller = world.call();
    office.until_rings().await;
    caller.hang_up();
    office.until_idle().await;

    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp]);
    world.finish().await;
}

async fn caller_who_leaves_while_they_talk_ends_the_talk(stage: Stage) {
    let mut world = forwards(stage, "").open().await;
    let office = office(&world, Character::Manual);

    let caller = talk(&world, &office).await;
    // That somebody has picked up is told in a callback of its own.
    world.settle().await;
    caller.hang_up();
    office.until_idle().await;

    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn caller_who_leaves_while_the_number_is_asked_for_a_key_stops_that(stage: Stage) {
    for asks_once_more in [false, true] {
        let setup = forwards(stage, "screen = \"key\"").switches(|it| it.action_after_hangup = asks_once_more);
        let mut world = setup.open().await;
        let office = office(&world, Character::Manual);

        let caller = world.call();
        office.until_rings().await;
        office.answer();
        office.until_hears("press any digit").await;
        caller.hang_up();
        office.until_idle().await;

        world.come_to_rest().await;
        assert_eq!(world.outcomes(), [Outcome::CallerGaveUp]);
        world.finish().await;
    }
}

async fn caller_whose_two_requests_come_in_one_moment_is_not_fetched_out_of_what_they_were_given(stage: Stage) {
    let hello = format!("hello = {{ say = \"{}\", next = \"office\" }}", "Please wait. ".repeat(40));
    let steps = format!("[steps]\n{hello}\noffice = {{ forward = \"{OFFICE}\", {EXITS} }}\n{WORDS}");
    let setup = stage.hotline().line("start = \"hello\"").more(&steps);
    let world = setup.open().await;

    let caller = world.call();
    caller.until_hears("Please wait.").await;
    // The words are over, as the carrier says, and in that moment the caller is led on by a redirect.
    let sid = caller.sid();
    let fields = [("CallSid", sid.as_str()), ("CallStatus", "in-progress")];
    let (after, now) = (format!("/voice/calls/{sid}/after/1"), format!("/voice/calls/{sid}/now"));
    let (after, now) = tokio::join!(world.post(&after, &fields), world.post(&now, &fields));
    world.after(seconds(20)).await;

    assert!(after.says("<Number") && after == now, "{after:?} {now:?}");
    let led_on = |entry: &ringall::simulator::RestEntry| entry.form.iter().any(|(name, _)| name == "Url");
    assert!(!world.carrier.rest_log().iter().any(led_on));
    caller.hang_up();
    world.finish().await;
}

async fn action_that_comes_twice_says_the_words_once(stage: Stage) {
    let mut world = forwards(stage, "").open().await;
    office(&world, Character::Busy);

    let caller = world.call();
    caller.until_hears("The office is engaged.").await;
    let action = world.webhooks_to("/forwarded/1");
    let again = world.repeat(&action[0]).await;
    assert!(again.says("The office is engaged."), "{again:?}");

    caller.until_ends().await;
    assert_eq!((world.times("…77: says busy"), world.times("the caller hears")), (1, 1));
    world.finish().await;
}

async fn action_that_fails_is_made_up_for_by_the_fallback(stage: Stage) {
    let mut world = forwards(stage, "").open().await;
    office(&world, Character::Busy);
    world.expect_warning(11200);
    actions_are(&world, Fate::Refused);

    let caller = world.call();
    caller.until_hears("The office is engaged.").await;

    caller.until_ends().await;
    assert_eq!(dialled_as(&world).len(), 1);
    world.finish().await;
}

async fn action_that_fails_after_a_talk_does_not_dial_again(stage: Stage) {
    let mut world = forwards(stage, "").open().await;
    let office = office(&world, Character::Manual);
    world.expect_warning(11200);
    actions_are(&world, Fate::Refused);

    let caller = talk(&world, &office).await;
    office.hang_up();

    assert_eq!(caller.until_ends().await, Status::Completed);
    world.come_to_rest().await;
    assert_eq!((dialled_as(&world).len(), world.outcomes()), (1, vec![Outcome::Talked]));
    world.finish().await;
}

async fn action_that_is_late_finds_the_call_where_it_is(stage: Stage) {
    let mut world = forwards(stage, "").open().await;
    office(&world, Character::Busy);
    actions_are(&world, Fate::Late(seconds(12)));

    let caller = world.call();
    caller.until_hears("The office is engaged.").await;

    caller.until_ends().await;
    assert_eq!((world.times("…77: says busy"), world.times("the caller hears")), (1, 1));
    world.finish().await;
}

async fn action_with_an_unknown_word_counts_as_failed(stage: Stage) {
    let world = forwards(stage, "").open().await;
    let office = office(&world, Character::RingsOut);

    let caller = world.call();
    office.until_rings().await;
    let (sid, path) = (caller.sid(), format!("/voice/calls/{}/forwarded/1", caller.sid()));
    let odd = world.post(&path, &[("CallSid", &sid), ("DialCallStatus", "dancing")]).await;
    assert!(odd.says("The office cannot be reached."), "{odd:?}");

    // The carrier's own action comes after that, and hears the same.
    caller.until_hears("The office cannot be reached.").await;
    caller.until_ends().await;
    world.finish().await;
}

async fn forward_needs_no_rest_api(stage: Stage) {
    let world = forwards(stage, "").faults(Faults { rest_reset: 1.0, ..Faults::none() }).open().await;
    let office = office(&world, Character::Manual);

    let caller = talk(&world, &office).await;
    office.hang_up();

    caller.until_ends().await;
    world.finish().await;
}

async fn callbacks_that_are_lost_change_nothing_but_the_timeline(stage: Stage) {
    for character in [Character::Busy, Character::presses(seconds(3), '1'), Character::RingsOut] {
        let setup = forwards(stage, "screen = \"key\"").faults(Faults { callback_lost: 1.0, ..Faults::none() });
        let world = setup.open().await;
        let takes_it = character == Character::presses(seconds(3), '1');
        office(&world, character);

        let caller = world.call();
        if takes_it {
            caller.until_talks().await;
            caller.hang_up();
            // Nobody tells: the program looks for itself.
            world.after(seconds(610)).await;
        } else {
            caller.until_hears("The office").await;
            caller.until_ends().await;
        }
        world.finish().await;
    }
}

async fn long_talk_of_which_nobody_tells_is_looked_after_to_its_end(stage: Stage) {
    let setup = forwards(stage, "ring_for = \"20s\"").without_status_callback();
    let mut world = setup.faults(Faults { callback_lost: 1.0, ..Faults::none() }).open().await;
    let office = office(&world, Character::Manual);

    let caller = talk(&world, &office).await;
    world.after(seconds(2 * 3600)).await;
    assert!(matches!(caller.hears(), Hearing::Talking(_)), "nothing cuts a long talk off");
    let looks = world.carrier.rest_log().len();
    assert!((8..=16).contains(&looks), "looked {looks} times in two hours");
    caller.hang_up();
    world.after(seconds(610)).await;

    world.come_to_rest().await;
    assert_eq!(world.outcomes().len(), 1);
    world.finish().await;
}

async fn key_that_is_pressed_when_the_forward_is_over_changes_nothing(stage: Stage) {
    let mut world = forwards(stage, "screen = \"key\"").open().await;
    let office = office(&world, Character::Busy);

    let caller = world.call();
    caller.until_hears("The office is engaged.").await;
    let sid = caller.sid();
    let leg = office.sid().expect("a leg");
    let fields = [("CallSid", leg.as_str()), ("From", LINE), ("To", OFFICE), ("Digits", "1")];
    for path in ["", "/key"] {
        let late = world.post(&format!("/voice/calls/{sid}/forwards/1{path}"), &fields).await;
        assert!(late.says("no longer needs you"), "{late:?}");
    }
    let unknown = [("CallSid", leg.as_str()), ("From", CALLER), ("To", OFFICE), ("Digits", "1")];
    let late = world.post("/voice/calls/CAnobody/forwards/x/key", &unknown).await;
    assert!(late.says("something went wrong"), "{late:?}");

    caller.until_ends().await;
    assert_eq!(world.times("accepts"), 0);
    world.finish().await;
}

async fn fallback_that_does_not_say_how_a_talk_ended_does_not_dial_again(stage: Stage) {
    let mut world = forwards(stage, "").open().await;
    let office = office(&world, Character::Manual);

    let caller = talk(&world, &office).await;
    world.settle().await;
    let sid = caller.sid();
    let failed = format!("{}voice/calls/{sid}/forwarded/1", world.public_url);
    let fields = [("CallSid", sid.as_str()), ("From", CALLER), ("To", LINE), ("CallStatus", "in-progress")];
    let fields = [&fields[..], &[("ErrorCode", "11200"), ("ErrorUrl", failed.as_str())]].concat();
    let fallback = world.post("/voice/fallback", &fields).await;
    assert!(fallback.says("<Hangup/>") && !fallback.says("<Dial"), "{fallback:?}");

    office.hang_up();
    caller.until_ends().await;
    world.come_to_rest().await;
    assert_eq!(world.outcomes(), [Outcome::Talked]);
    world.finish().await;
}

async fn nobody_is_left_whatever_the_carrier_does(stage: Stage) {
    for seed in 0..40 {
        let mut rng = Rng::with_seed(seed);
        let (switches, faults) = (Switches::random(&mut rng), Faults::random(&mut rng));
        let office_is = Character::random(&mut rng);
        let patience = rng.bool().then(|| Duration::from_millis(rng.u64(0..120_000)));
        let screened = rng.bool();
        let keys = if screened { "screen = \"key\", show = \"caller\"" } else { "whisper = \"For {line}.\"" };
        let steps = format!(
            "[steps]\noffice = {{ forward = \"{OFFICE}\", ring_for = \"20s\", {keys}, busy = \"us\", no_answer = \"us\" }}\n\
             us = {{ ring = \"organisers\", nobody = \"again\" }}\n\
             again = {{ forward = \"{OFFICE}\", {keys} }}"
        );
        let hotline = stage.hotline().seed(seed).line("start = \"office\"").more(&steps);
        let setup = hotline.faults(faults).switches(|it| *it = switches);
        // Faults eat words, and without a key a mailbox has the call.
        let world =
            setup.allow(|it| (it.wordless_ends, it.machines, it.two_offers) = (true, !screened, true)).open().await;
        office(&world, office_is);

        let caller = world.call();
        if let Some(patience) = patience {
            world.after(patience).await;
            caller.hang_up();
        } else {
            world.after(seconds(200)).await;
            caller.hang_up();
        }
        // A caller of whose end nobody tells is looked for every ten minutes.
        world.after(seconds(1300)).await;
        assert_eq!(world.program.service.switchboard.live_calls(), 0, "seed {seed}");
        world.finish_despite_warnings().await;
    }
}

/// Somebody calls, and the office picks up.
pub(crate) async fn talk(world: &World, office: &Phone) -> Caller {
    let caller = world.call();
    office.until_rings().await;
    office.answer();
    caller.until_talks().await;
    caller
}

/// What becomes of the requests after a Dial.
#[derive(Clone, Copy)]
enum Fate {
    Refused,
    Late(Duration),
}

fn actions_are(world: &World, fate: Fate) {
    let through = move |request: Request, next: Next| async move {
        if request.uri().path().contains("/forwarded/") {
            match fate {
                Fate::Refused => return StatusCode::BAD_GATEWAY.into_response(),
                Fate::Late(time) => tokio::time::sleep(time).await,
            }
        }
        next.run(request).await
    };
    let router: Router = world.program.router().layer(from_fn(through));
    world.carrier.reconnect(ServerLink::in_process(router));
}
