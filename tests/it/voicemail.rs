//! A caller leaves a message, and whoever is to know hears of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    middleware::{Next, from_fn},
    response::IntoResponse as _,
};
use ringall::simulator::{Faults, Profile, RestFault, SilentRecord};
use ringall_core::fact::Outcome;
use tokio::time::timeout;

use super::support::{CALLER, LINE, SECOND_LINE, Stage, World, conversations, millis, number, seconds, stage::Setup};

conversations! {
    anywhere: [
        a_caller_whom_nobody_answers_leaves_a_message_and_the_owner_gets_a_link,
        a_caller_who_hangs_up_after_their_message_has_left_it,
        the_finish_key_ends_the_message_and_goodbye_is_heard,
        everybody_who_is_named_is_told_once,
        a_caller_who_withholds_their_number_is_told_of_as_such,
    ],
    virtual_time: [
        the_call_goes_on_behind_the_message,
        a_caller_who_hangs_up_is_known_to_be_gone_without_the_numbers_own_callback,
        a_caller_of_a_trial_account_is_not_left_behind_a_beep_that_never_comes,
        a_message_that_is_too_long_ends_with_goodbye,
        a_silent_caller_is_asked_once_more_and_then_hears_goodbye,
        a_silent_caller_who_speaks_at_the_second_beep_has_left_a_message,
        a_caller_who_hangs_up_at_the_beep_has_left_no_message,
        an_action_that_comes_twice_is_answered_with_goodbye_twice_and_told_once,
        a_caller_whose_action_is_lost_hears_goodbye_from_the_fallback,
        a_report_that_is_repeated_tells_people_once,
        people_are_told_although_the_carriers_report_is_lost,
        a_shutdown_in_mid_message_tells_the_caller_and_keeps_what_they_said,
        a_message_outlives_the_program_that_took_it,
        a_message_whose_action_reaches_a_new_program_is_told_and_thanked_for,
        a_message_that_was_reported_while_nobody_listened_is_reported_again,
        a_report_for_a_step_that_is_gone_is_a_loud_log_and_nobody_is_told,
        a_caller_of_a_forgotten_call_is_asked_of_the_carrier,
    ],
}

/// A notice is repeated for most of an hour.
const PATIENCE: Duration = seconds(3600);

/// The steps of [`office`].
pub(crate) const MAILBOX: &str = r#"
    [steps.ring]
    ring = "organisers"
    nobody = "mailbox"
    [steps.mailbox]
    voicemail = "Please leave a message."
    notify = ["p0"]
    longest = "60s"
    goodbye = "Thanks and goodbye."
"#;

/// A line that rings Ana, and takes a message if she does not answer.
pub(crate) fn office(stage: Stage) -> Setup {
    stage.hotline().people(&["Ana"]).group("screen = \"key\"\nring_for = \"5s\"").line("start = \"ring\"").more(MAILBOX)
}

/// A line that takes a message at once.
pub(crate) fn mailbox(stage: Stage, keys: &str) -> Setup {
    let steps =
        format!("[steps.mailbox]\nvoicemail = \"Please leave a message.\"\ngoodbye = \"Thanks and goodbye.\"\n{keys}");
    stage.hotline().people(&["Ana", "Ben"]).line("start = \"mailbox\"").more(&steps)
}

async fn a_caller_whom_nobody_answers_leaves_a_message_and_the_owner_gets_a_link(stage: Stage) {
    let mut world = office(stage).open().await;
    let ana = world.phone("Ana");
    let caller = world.call();
    ana.until_rings().await;

    caller.until_hears("Please leave a message.").await;
    caller.until_recorded().await;
    assert!(!ana.rings(), "nobody is rung any more");
    caller.speak(seconds(2));
    caller.until_hears("Thanks and goodbye.").await;
    caller.until_ends().await;

    let text = until_told(&world, "Ana").await;
    assert!(text.contains("Hotline") && text.contains(CALLER) && text.contains("2 s"), "{text}");
    assert!(text.contains("/recordings/"), "{text}");
    assert_eq!(world.outcomes(), [Outcome::LeftMessage]);
    assert_eq!(world.times("the recording of the message is ready: 2 s"), 1);
    world.finish().await;
}

async fn a_caller_who_hangs_up_after_their_message_has_left_it(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]").open().await;
    let caller = world.call();
    caller.until_recorded().await;

    caller.speak(seconds(1));
    world.after(seconds(1)).await;
    caller.hang_up();

    until_told(&world, "Ana").await;
    world.settle().await;
    assert_eq!(world.carrier.text_messages().len(), 1);
    world.finish().await;
}

async fn the_finish_key_ends_the_message_and_goodbye_is_heard(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]\nfinish_key = \"*\"").open().await;
    let caller = world.call();
    caller.until_recorded().await;

    caller.speak(millis(900));
    world.after(millis(900)).await;
    caller.press('#');
    caller.press('*');
    caller.until_hears("Thanks and goodbye.").await;

    until_told(&world, "Ana").await;
    world.finish().await;
}

async fn everybody_who_is_named_is_told_once(stage: Stage) {
    let world = mailbox(stage, "notify = [\"organisers\", \"p1\", \"+447700900077\"]").open().await;

    leave_message(&world).await;

    until_told(&world, "Ana").await;
    until_told(&world, "Ben").await;
    until_texts(&world, 3).await;
    let told: Vec<_> = world.carrier.text_messages().iter().map(|text| text.to.expose()).collect();
    assert!(told.contains(&"+447700900077".to_owned()), "{told:?}");
    world.finish().await;
}

async fn a_caller_who_withholds_their_number_is_told_of_as_such(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]").open().await;
    let caller = world.call_from("anonymous");
    caller.until_recorded().await;
    caller.speak(seconds(1));
    caller.until_ends().await;

    let text = until_told(&world, "Ana").await;

    assert!(text.contains("a withheld number"), "{text}");
    world.finish().await;
}

async fn a_caller_who_hangs_up_is_known_to_be_gone_without_the_numbers_own_callback(stage: Stage) {
    let mut world = mailbox(stage, "notify = [\"p0\"]").without_status_callback().open().await;
    let caller = world.call();
    caller.until_recorded().await;
    caller.speak(seconds(2));
    world.after(seconds(2)).await;

    caller.hang_up();

    until_told(&world, "Ana").await;
    assert_eq!(world.outcomes(), [Outcome::LeftMessage]);
    world.finish().await;
}

async fn a_caller_of_a_trial_account_is_not_left_behind_a_beep_that_never_comes(stage: Stage) {
    let setup = mailbox(stage, "notify = [\"p0\"]\nnothing_heard = \"Nothing was heard.\"").carrier("trial = true");
    let mut world = setup.switches(|switches| switches.profile = Profile::Trial).open().await;
    let caller = world.call();

    caller.until_hears("Please leave a message.").await;
    caller.until_hears("Nothing was heard.").await;
    caller.until_hears("Thanks and goodbye.").await;
    caller.until_ends().await;

    world.expect_every_warning(0);
    world.finish().await;
}

async fn the_call_goes_on_behind_the_message(stage: Stage) {
    let mut world =
        mailbox(stage, "notify = [\"p0\"]\ndone = \"after\"\n[steps.after]\nsay = \"One more thing.\"").open().await;
    let caller = world.call();
    caller.until_recorded().await;
    caller.speak(seconds(3));

    caller.until_hears("Thanks and goodbye.").await;
    caller.until_hears("One more thing.").await;
    caller.until_ends().await;

    until_told(&world, "Ana").await;
    assert_eq!(world.outcomes(), [Outcome::LeftMessage]);
    world.finish().await;
}

async fn a_message_that_is_too_long_ends_with_goodbye(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]\nlongest = \"10s\"").open().await;
    let caller = world.call();
    caller.until_recorded().await;
    let began = world.now();

    caller.speak(seconds(300));
    caller.until_hears("Thanks and goodbye.").await;

    assert!((10_000..11_000).contains(&(world.now() - began)));
    assert!(until_told(&world, "Ana").await.contains("10 s"));
    world.finish().await;
}

async fn a_silent_caller_is_asked_once_more_and_then_hears_goodbye(stage: Stage) {
    for silent in [SilentRecord::FallsThrough, SilentRecord::AsksAction] {
        let keys = "notify = [\"p0\"]\nsilence = \"4s\"\nnothing_heard = \"Nothing was heard.\"";
        let mut world = mailbox(stage, keys).switches(|switches| switches.silent_record = silent).open().await;
        let caller = world.call();

        caller.until_recorded().await;
        caller.until_hears("Nothing was heard.").await;
        caller.until_recorded().await;
        caller.until_hears("Thanks and goodbye.").await;
        caller.until_ends().await;

        world.after(seconds(300)).await;
        assert_eq!(world.carrier.text_messages(), []);
        assert_eq!(world.times("the caller says nothing"), 2);
        assert_eq!(world.outcomes(), [Outcome::FlowEnded]);
        world.finish().await;
    }
}

async fn a_silent_caller_who_speaks_at_the_second_beep_has_left_a_message(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]\nnothing_heard = \"Nothing was heard.\"").open().await;
    let caller = world.call();
    caller.until_recorded().await;
    caller.until_hears("Nothing was heard.").await;
    caller.until_recorded().await;

    caller.speak(seconds(7));
    caller.until_hears("Thanks and goodbye.").await;

    assert!(until_told(&world, "Ana").await.contains("7 s"));
    world.finish().await;
}

async fn a_caller_who_hangs_up_at_the_beep_has_left_no_message(stage: Stage) {
    let mut world = mailbox(stage, "notify = [\"p0\"]").open().await;
    let caller = world.call();
    caller.until_recorded().await;

    caller.hang_up();

    world.after(seconds(300)).await;
    assert_eq!(world.carrier.text_messages(), []);
    assert_eq!(world.outcomes(), [Outcome::CallerGaveUp]);
    world.finish().await;
}

async fn an_action_that_comes_twice_is_answered_with_goodbye_twice_and_told_once(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]").open().await;
    let caller = world.call();
    caller.until_recorded().await;
    caller.speak(seconds(2));
    caller.until_hears("Thanks and goodbye.").await;

    let [action] = &world.webhooks_to("/recorded/1/mailbox")[..] else { panic!("one action") };
    assert!(world.repeat(action).await.says("Thanks and goodbye."));
    caller.until_ends().await;
    assert!(world.repeat(action).await.says("Thanks and goodbye."), "also long after the call");

    world.after(seconds(300)).await;
    assert_eq!(world.carrier.text_messages().len(), 1);
    world.finish().await;
}

async fn a_caller_whose_action_is_lost_hears_goodbye_from_the_fallback(stage: Stage) {
    let mut world = mailbox(stage, "notify = [\"p0\"]").open().await;
    let caller = world.call();
    caller.until_recorded().await;
    caller.speak(seconds(2));

    let broken = without(&world, "/recorded/");
    world.reach(broken);
    caller.until_hears("Thanks and goodbye.").await;
    caller.until_ends().await;

    until_told(&world, "Ana").await;
    assert_eq!(world.outcomes(), [Outcome::LeftMessage]);
    world.finish_despite_warnings().await;
}

async fn a_report_that_is_repeated_tells_people_once(stage: Stage) {
    let faults = Faults { callback_twice: 1.0, ..Faults::none() };
    let world = mailbox(stage, "notify = [\"p0\"]").faults(faults).open().await;
    leave_message(&world).await;
    until_told(&world, "Ana").await;

    let report = world.webhooks_to("/mailbox").pop().expect("a report");
    assert_eq!(world.repeat(&report).await.status.as_u16(), 204);

    world.after(seconds(300)).await;
    assert_eq!(world.carrier.text_messages().len(), 1);
    world.finish().await;
}

async fn people_are_told_although_the_carriers_report_is_lost(stage: Stage) {
    let faults = Faults { callback_lost: 1.0, ..Faults::none() };
    let world = mailbox(stage, "notify = [\"p0\"]").faults(faults).open().await;

    leave_message(&world).await;

    world.after(seconds(80)).await;
    assert_eq!(world.carrier.text_messages(), [], "the report may still come");
    let text = until_told(&world, "Ana").await;
    assert!(text.contains(CALLER) && text.contains("2 s"), "{text}");
    world.finish().await;
}

async fn a_shutdown_in_mid_message_tells_the_caller_and_keeps_what_they_said(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]").open().await;
    let caller = world.call();
    caller.until_recorded().await;
    caller.speak(seconds(40));
    world.after(seconds(3)).await;

    world.program.service.switchboard.shut_down();

    caller.until_hears("Sorry, something went wrong on our side.").await;
    caller.until_ends().await;
    assert!(until_told(&world, "Ana").await.contains("s. Listen"));
    world.finish().await;
}

async fn a_message_outlives_the_program_that_took_it(stage: Stage) {
    let mut world = mailbox(stage, "notify = [\"p0\"]").open().await;
    let caller = world.call();
    caller.until_recorded().await;
    caller.speak(seconds(2));
    world.after(seconds(2)).await;
    caller.hang_up();

    // Its end was told to the old program, and the recording is ready a little later.
    world.settle().await;
    world.kill();
    world.start_again();

    let text = until_told(&world, "Ana").await;
    assert!(text.contains(CALLER), "the carrier knows who called: {text}");
    world.finish_despite_warnings().await;
}

async fn a_message_whose_action_reaches_a_new_program_is_told_and_thanked_for(stage: Stage) {
    for faults in [Faults::none(), Faults { callback_lost: 1.0, ..Faults::none() }] {
        let mut world = mailbox(stage, "notify = [\"p0\"]").faults(faults).open().await;
        let caller = world.call();
        caller.until_recorded().await;
        caller.speak(seconds(5));
        world.after(seconds(1)).await;
        world.kill();
        world.start_again();

        caller.until_hears("Thanks and goodbye.").await;
        caller.until_ends().await;

        assert!(until_told(&world, "Ana").await.contains(CALLER));
        world.finish_despite_warnings().await;
    }
}

async fn a_message_that_was_reported_while_nobody_listened_is_reported_again(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]").open().await;
    // The proxy is there, the program is not.
    let away = failing(&world, "/voice/messages/", 2);
    world.reach(away);

    leave_message(&world).await;

    until_told(&world, "Ana").await;
    world.settle().await;
    assert_eq!(world.webhooks_to("/mailbox").iter().filter(|entry| entry.url.contains("/messages/")).count(), 3);
    world.finish().await;
}

pub(crate) async fn a_report_for_a_step_that_is_gone_is_a_loud_log_and_nobody_is_told(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]").open().await;
    leave_message(&world).await;
    until_told(&world, "Ana").await;
    let report = world.webhooks_to("/mailbox").pop().expect("a report");

    let path = world.path_of(&report);
    for path in [path.replace("/mailbox", "/elsewhere"), path.replace("/voice/messages/", "/voice/messages/0")] {
        let mut form = report.form.clone();
        form.retain(|(name, _)| name != "RecordingSid" && name != "RecordingUrl");
        form.push(("RecordingSid".to_owned(), "REffffffffffffffffffffffffffffffff".to_owned()));
        assert_eq!(world.post_form(&path, &form, super::support::TOKEN).await.status.as_u16(), 204);
    }

    world.after(seconds(100)).await;
    assert_eq!(world.carrier.text_messages().len(), 1);
    world.finish().await;
}

async fn a_caller_of_a_forgotten_call_is_asked_of_the_carrier(stage: Stage) {
    let mut world = mailbox(stage, "notify = [\"p0\"]").open().await;
    leave_message(&world).await;
    until_told(&world, "Ana").await;
    let report = world.webhooks_to("/mailbox").pop().expect("a report");
    world.kill();
    world.start_again();

    // A new program tells again, and knows of the caller only what the carrier says: here, nothing.
    world.carrier.fail_next_rest(RestFault::Unauthorized);
    assert_eq!(world.repeat(&report).await.status.as_u16(), 204);
    until_texts(&world, 2).await;

    let texts = world.carrier.text_messages();
    assert!(texts[0].body.contains(CALLER) && texts[1].body.contains("an unknown number"), "{texts:?}");
    world.finish_despite_warnings().await;
}

/// Somebody calls and leaves a message of two seconds.
pub(crate) async fn leave_message(world: &World) {
    let caller = world.call();
    caller.until_recorded().await;
    caller.speak(seconds(2));
    caller.until_hears("Thanks and goodbye.").await;
    caller.until_ends().await;
}

/// Waits until so many text messages were sent.
pub(crate) async fn until_texts(world: &World, count: usize) {
    let sent = async {
        while world.carrier.text_messages().len() < count {
            world.after(millis(50)).await;
        }
    };
    assert!(timeout(PATIENCE, sent).await.is_ok(), "not so many text messages are sent");
}

/// Waits for a notice and answers with its text.
pub(crate) async fn until_told(world: &World, name: &str) -> String {
    let phone = world.phone(name);
    let told = async {
        while phone.text_messages().is_empty() {
            world.after(millis(50)).await;
        }
    };
    assert!(timeout(PATIENCE, told).await.is_ok(), "nobody tells {name}");
    let text = phone.text_messages().pop().expect("a text message");
    assert_eq!(text.from, LINE);
    assert_ne!(text.from, SECOND_LINE);
    assert_eq!(text.to, number(&phone.number().expose()));
    text.body
}

/// The program, behind a proxy that fails for these paths.
fn without(world: &World, part: &'static str) -> Router {
    failing(world, part, usize::MAX)
}

/// The program, behind a proxy that fails so often for these paths.
fn failing(world: &World, part: &'static str, times: usize) -> Router {
    let failures = Arc::new(AtomicUsize::new(0));
    world.program.router().layer(from_fn(move |request: Request, next: Next| {
        let fails = request.uri().path().contains(part) && failures.fetch_add(1, Ordering::Relaxed) < times;
        async move { if fails { StatusCode::BAD_GATEWAY.into_response() } else { next.run(request).await } }
    }))
}
