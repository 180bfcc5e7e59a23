//! Text messages about what callers leave: what they say, and what becomes of them where the carrier does not take them.

use ringall::simulator::RestFault;

use crate::{
    dial_limit::text_message_about_the_limit_that_does_not_arrive_harms_no_call,
    support::{CALLER, Stage, conversation, conversations, seconds},
    voicemail::{
        a_report_for_a_step_that_is_gone_is_a_loud_log_and_nobody_is_told, leave_message, mailbox, until_texts,
        until_told,
    },
};

conversations! {
    anywhere: [],
    virtual_time: [
        a_carrier_that_is_overloaded_delays_a_notice_and_does_not_lose_it,
        a_notice_whose_answer_is_lost_comes_twice_at_the_most,
        a_notice_that_cannot_be_sent_does_not_keep_the_others_from_theirs,
        a_notice_that_does_not_arrive_is_reported_by_the_carrier,
        people_are_told_in_the_words_of_the_step_that_took_the_message,
    ],
}

async fn a_carrier_that_is_overloaded_delays_a_notice_and_does_not_lose_it(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]").open().await;
    let ana = world.phone("Ana").number();
    world.carrier.fail_messaging(ana, Some(RestFault::TooManyRequests));
    leave_message(&world).await;
    world.after(seconds(120)).await;
    assert_eq!(world.carrier.text_messages(), []);

    world.carrier.fail_messaging(ana, None);

    until_told(&world, "Ana").await;
    world.after(seconds(3600)).await;
    assert_eq!(world.carrier.text_messages().len(), 1);
    world.finish().await;
}

async fn a_notice_whose_answer_is_lost_comes_twice_at_the_most(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]").open().await;
    world.carrier.fail_messaging(world.phone("Ana").number(), Some(RestFault::AnswerLost));

    leave_message(&world).await;

    world.after(seconds(3600)).await;
    assert_eq!(world.carrier.text_messages().len(), 2);
    world.finish().await;
}

async fn a_notice_that_cannot_be_sent_does_not_keep_the_others_from_theirs(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\", \"p1\"]").open().await;
    world.carrier.fail_messaging(world.phone("Ana").number(), Some(RestFault::BadNumber));

    leave_message(&world).await;

    until_told(&world, "Ben").await;
    world.after(seconds(3600)).await;
    assert_eq!(world.phone("Ana").text_messages(), []);
    world.finish().await;
}

async fn a_notice_that_does_not_arrive_is_reported_by_the_carrier(stage: Stage) {
    let world = mailbox(stage, "notify = [\"p0\"]").open().await;
    world.carrier.lose_messages_to(world.phone("Ana").number(), 30034);

    leave_message(&world).await;
    until_texts(&world, 1).await;

    world.after(seconds(10)).await;
    assert_eq!(world.phone("Ana").text_messages(), []);
    world.finish().await;
}

async fn people_are_told_in_the_words_of_the_step_that_took_the_message(stage: Stage) {
    let steps = "[steps]\nmenu = { menu = \"Press.\", keys = { 1 = \"sales\", 2 = \"support\" } }\n\
                 sales = { voicemail = \"Sales.\", notify = [\"p0\"], notice_text = \"A lead for {line}: {caller}, {link}\" }\n\
                 support = { voicemail = \"Support.\", notify = [\"p0\"] }\n[notices]\ntext = \"Help {caller}: {link}\"";
    let world = stage.hotline().people(&["Ana"]).line("start = \"menu\"").more(steps).open().await;

    for (key, nth) in [('1', 1), ('2', 2)] {
        let caller = world.call();
        caller.until_hears("Press.").await;
        caller.press(key);
        caller.until_recorded().await;
        caller.speak(seconds(1));
        caller.until_ends().await;
        until_texts(&world, nth).await;
    }

    let texts: Vec<_> = world.phone("Ana").text_messages().into_iter().map(|text| text.body).collect();
    assert!(texts[0].starts_with(&format!("A lead for Hotline: {CALLER}, https://")), "{texts:?}");
    assert!(texts[1].starts_with(&format!("Help {CALLER}: https://")), "{texts:?}");
    world.finish().await;
}

/// Whatever keeps somebody from hearing of a message is an error in the log that says what to do.
#[test]
fn somebody_who_is_not_told_of_a_message_is_a_loud_log() {
    for (play, words) in [
        (LOUD[0], "could not be told of a caller's message"),
        (LOUD[1], "cannot be told to anybody"),
        (LOUD[2], "a text message about a caller's message did not arrive"),
        (LOUD[3], "a text message about a line that may dial no more phones today did not arrive"),
    ] {
        let (log, _capturing) = ringall::telemetry::capture();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(play(Stage::VirtualTime));

        let log = log.text();
        let told = log.lines().filter(|line| line.contains("ERROR")).any(|line| line.contains(words));
        assert!(told, "nobody says “{words}”:\n{log}");
    }
}

const LOUD: [fn(Stage) -> conversation::Play; 4] = [
    |stage| Box::pin(a_notice_that_cannot_be_sent_does_not_keep_the_others_from_theirs(stage)),
    |stage| Box::pin(a_report_for_a_step_that_is_gone_is_a_loud_log_and_nobody_is_told(stage)),
    |stage| Box::pin(a_notice_that_does_not_arrive_is_reported_by_the_carrier(stage)),
    |stage| Box::pin(text_message_about_the_limit_that_does_not_arrive_harms_no_call(stage)),
];
