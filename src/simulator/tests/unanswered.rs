//! Callers whom nobody has answered yet, and callers who leave.

use super::{super::*, harness::*};

fn chunks(seen: &Seen) -> Answer {
    match seen.path() {
        "/voice" | "/again" => r#"<Pause length="10"/><Redirect>/again</Redirect>"#.into(),
        _ => Answer::status(204),
    }
}

async fn statuses_under(unanswered: Unanswered) -> (Vec<String>, Vec<Hearing>) {
    let switches = Switches { unanswered, ..Switches::default() };
    let (simulator, requests) = simulator(Settings { switches, ..settings() }, chunks);
    let caller = simulator.call("+441632960999", line());
    sleep(seconds(35)).await;

    let statuses = requests.to("/again").iter().map(|seen| seen.field("CallStatus").to_owned()).collect();
    (statuses, caller.heard().into_iter().map(|heard| heard.what).collect())
}

#[tokio::test(start_paused = true)]
async fn pause_and_redirect_keep_ringing_answer_at_once_or_answer_after_chunks() {
    let (statuses, heard) = statuses_under(Unanswered::KeepsRinging).await;
    assert_eq!(statuses, ["ringing", "ringing", "ringing"]);
    assert_eq!(heard, [Hearing::NetworkRinging]);

    let (statuses, heard) = statuses_under(Unanswered::AnswersOnRedirect).await;
    assert_eq!(statuses, ["in-progress", "in-progress", "in-progress"]);
    assert_eq!(heard, [Hearing::NetworkRinging, Hearing::Silence]);

    let (statuses, _) = statuses_under(Unanswered::AnswersAfterChunks(2)).await;
    assert_eq!(statuses, ["ringing", "in-progress", "in-progress"]);
}

#[tokio::test(start_paused = true)]
async fn the_callers_network_gives_up_on_an_unanswered_call() {
    for limit in [60, 90, 120, 180] {
        let switches = Switches { network_ring_limit: seconds(limit), ..Switches::default() };
        let (simulator, requests) = simulator(Settings { switches, ..settings() }, chunks);

        let status = simulator.call("+441632960999", line()).until_ends().await;
        simulator.until_quiet().await;

        assert_eq!(status, Status::NoAnswer);
        assert_eq!(simulator.snapshot().at, limit * 1000);
        assert_eq!(requests.statuses("/voice/status"), [("no-answer".to_owned(), "0".to_owned())]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_while_the_webhook_is_pending_gets_no_late_answer() {
    for (closes, outcome) in [(false, Outcome::Answered(200)), (true, Outcome::Closed)] {
        let switches = Switches { closes_pending_webhooks: closes, ..Switches::default() };
        let (simulator, requests) = simulator(Settings { switches, ..settings() }, |seen| match seen.path() {
            "/voice" => Answer::from("<Say>Too late</Say>").after(seconds(12)),
            _ => Answer::status(204),
        });

        let caller = simulator.call("+441632960999", line());
        sleep(seconds(5)).await;
        caller.hang_up();
        simulator.until_quiet().await;

        assert_eq!(caller.status(), Status::Canceled);
        assert_eq!(requests.statuses("/voice/status"), [("canceled".to_owned(), "0".to_owned())]);
        assert!(!caller.heard().iter().any(|heard| heard.what.speaks("Too late")));
        assert_eq!(simulator.webhook_log()[0].outcome, Some(outcome));
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_is_canceled_or_no_answer_by_chance() {
    let switches = Switches { caller_gave_up: GaveUp::ByChance, ..Switches::default() };
    let (simulator, _) = simulator(Settings { switches, ..settings() }, chunks);

    let callers: Vec<Caller> = (0..20).map(|_| simulator.call("+441632960999", line())).collect();
    callers.iter().for_each(Caller::hang_up);

    let canceled = callers.iter().filter(|caller| caller.status() == Status::Canceled).count();
    let no_answer = callers.iter().filter(|caller| caller.status() == Status::NoAnswer).count();
    assert!(canceled > 0 && no_answer > 0 && canceled + no_answer == 20, "{canceled} {no_answer}");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_call_may_be_reported_before_the_call() {
    let faults = Faults { voice_delay: seconds(5), ..Faults::none() };
    let (simulator, requests) = simulator(Settings { faults, ..settings() }, chunks);

    let caller = simulator.call("+441632960999", line());
    sleep(Duration::from_millis(100)).await;
    caller.hang_up();
    sleep(seconds(6)).await;

    assert_eq!(requests.paths(), ["/voice/status", "/voice"]);
}

#[tokio::test(start_paused = true)]
async fn only_reject_and_pause_leave_a_call_unanswered() {
    let cases = [
        ("<Reject/>", Status::NoAnswer),
        (r#"<Reject reason="busy"/>"#, Status::Busy),
        (r#"<Pause length="2"/><Reject/>"#, Status::NoAnswer),
        ("", Status::Completed),
        ("<Hangup/>", Status::Completed),
        ("<Say>Hello</Say>", Status::Completed),
        ("<Say>Hello</Say><Reject/>", Status::Completed),
        (r#"<Gather timeout="1"/>"#, Status::Completed),
    ];
    for (verbs, expected) in cases {
        let (simulator, _) = simulator(settings(), move |_| verbs.into());

        assert_eq!(simulator.call("+441632960999", line()).until_ends().await, expected, "{verbs}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_trial_follows_ten_documents() {
    let (simulator, requests) = simulator(Settings { switches: Switches::trial(), ..settings() }, |seen| {
        if seen.path() == "/voice" || seen.path() == "/again" {
            return r#"<Pause length="1"/><Redirect>/again</Redirect>"#.into();
        }
        Answer::status(204)
    });

    simulator.call("+441632960999", line()).until_ends().await;

    assert_eq!(requests.to("/again").len(), 10);
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_caller_cannot_be_redirected_but_ended() {
    let (simulator, _) = simulator(settings(), chunks);
    let caller = simulator.call("+441632960999", line());
    sleep(seconds(1)).await;

    let (status, body) = change(&simulator, &caller.sid(), &[("Url", "http://hotline.test/other")]).await;
    assert_eq!((status, body["code"].as_u64()), (400, Some(21220)));

    assert_eq!(change(&simulator, &caller.sid(), &[("Status", "completed")]).await.0, 200);
    assert_eq!(caller.until_ends().await, Status::Canceled);
}

#[tokio::test(start_paused = true)]
async fn gathered_keys_go_to_the_action_and_silence_to_the_next_verb() {
    let (simulator, requests) = simulator(settings(), |seen| match seen.path() {
        "/voice" => {
            r#"<Gather numDigits="2" action="/keys" timeout="3"><Say>Press</Say></Gather><Redirect>/none</Redirect>"#
                .into()
        }
        "/keys" => r#"<Gather action="/more"><Say>And more</Say></Gather>"#.into(),
        _ => "<Hangup/>".into(),
    });

    let caller = simulator.call("+441632960999", line());
    caller.until_hears("Press").await;
    caller.press('4');
    caller.press('2');
    caller.until_hears("And more").await;
    caller.press('7');
    caller.press('#');
    caller.until_ends().await;

    assert_eq!(requests.to("/keys")[0].field("Digits"), "42");
    assert_eq!(requests.to("/more")[0].field("Digits"), "7");
    assert!(requests.to("/none").is_empty());

    let silent = simulator.call("+441632960999", line());
    silent.until_ends().await;
    assert_eq!(requests.to("/none").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_end_the_prompt_and_are_waited_for_after_each_one() {
    let (simulator, requests) = simulator(settings(), |seen| match seen.path() {
        "/voice" => {
            let prompt = "This prompt is so long that nobody hears it to its end, unless they have to";
            format!(r#"<Gather numDigits="3" finishOnKey="" action="/keys" timeout="4"><Say>{prompt}</Say></Gather>"#)
                .into()
        }
        _ => "<Hangup/>".into(),
    });

    let caller = simulator.call("+441632960999", line());
    caller.until_hears("This prompt").await;
    let began = Instant::now();
    caller.press('#');
    sleep(seconds(3)).await;
    caller.press('*');
    caller.until_ends().await;

    assert_eq!(requests.to("/keys")[0].field("Digits"), "#*");
    assert_eq!(began.elapsed().as_secs(), 7, "three until the second key, four after it");
    assert_eq!(simulator.violations(), []);
}
