//! How webhooks are sent: signed, encoded, timed, retried, and replaced when they fail.

use std::sync::atomic::{AtomicU32, Ordering};

use http::Method as HttpMethod;

use super::{
    super::{signing::signature, *},
    harness::*,
};

#[tokio::test(start_paused = true)]
async fn a_webhook_is_cut_at_15_s_and_the_fallback_is_told_why() {
    let (simulator, requests) = simulator(settings(), |seen| match seen.path() {
        "/voice" => Answer::from("<Hangup/>").after(seconds(20)),
        "/voice/fallback" => "<Say>One moment.</Say>".into(),
        _ => Answer::status(204),
    });

    let caller = simulator.call("+441632960999", line());
    caller.until_hears("One moment").await;

    let fallback = &requests.to("/voice/fallback")[0];
    assert_eq!(fallback.field("ErrorCode"), "11205");
    assert_eq!(fallback.field("ErrorUrl"), "http://hotline.test/voice");
    assert_eq!(fallback.field("CallStatus"), "ringing");
    let at = caller.heard().iter().find(|heard| heard.what.speaks("One moment")).unwrap().at;
    assert_eq!(at, 15_000);
    assert_eq!(requests.to("/voice").len(), 1, "a slow answer is not asked for again");
}

#[tokio::test(start_paused = true)]
async fn trial_accounts_and_signal_wire_read_for_5_s() {
    for switches in [Switches::trial(), Switches::signal_wire()] {
        let settings = Settings { switches, ..settings() };
        let (simulator, _) = simulator(settings, |seen| match seen.path() {
            "/voice" => Answer::from("<Hangup/>").after(seconds(6)),
            _ => "<Say>One moment.</Say>".into(),
        });

        let caller = simulator.call("+441632960999", line());
        caller.until_hears("One moment").await;

        assert_eq!(simulator.snapshot().at, 5000);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_working_fallback_the_caller_hears_an_error_and_is_cut_off() {
    let (simulator, requests) = simulator(settings(), |seen| match seen.path() {
        "/voice" | "/voice/fallback" => Answer::status(502),
        _ => Answer::status(204),
    });

    let caller = simulator.call("+441632960999", line());
    let status = caller.until_ends().await;
    simulator.until_quiet().await;

    assert_eq!(status, Status::Completed);
    assert!(caller.heard().iter().any(|heard| heard.what == Hearing::ErrorMessage));
    assert_eq!(requests.to("/voice/fallback")[0].field("ErrorCode"), "11200");
    assert_eq!(requests.to("/voice/status")[0].field("CallDuration"), "4");
    assert_eq!(warning_codes(&simulator), [11200, 11200]);
    assert_eq!(simulator.violations()[0].what, Wrong::ApplicationError);
}

#[tokio::test(start_paused = true)]
async fn documents_that_are_none_lead_to_the_fallback() {
    let cases = [
        (Answer { content_type: "", ..Answer::from("<Hangup/>") }, "12300"),
        (Answer { content_type: "application/json", ..Answer::from("<Hangup/>") }, "12300"),
        (Answer { body: b"<Response><Say></Response>".to_vec(), ..Answer::from("") }, "12100"),
        (Answer { body: b"<response/>".to_vec(), ..Answer::from("") }, "12100"),
        (Answer::from("x".repeat(70_000)), "11750"),
        (Answer::status(404), "11200"),
    ];
    for (answer, code) in cases {
        let answer = Arc::new(answer);
        let (simulator, requests) = simulator(settings(), move |seen| match seen.path() {
            "/voice" => Answer { body: answer.body.clone(), ..*answer },
            _ => "<Hangup/>".into(),
        });

        simulator.call("+441632960999", line()).until_ends().await;

        assert_eq!(requests.to("/voice/fallback")[0].field("ErrorCode"), code);
    }
}

#[tokio::test(start_paused = true)]
async fn plain_text_is_spoken_and_audio_is_played() {
    let (simulator, _) = simulator(settings(), |seen| match seen.path() {
        "/voice" => Answer { content_type: "text/plain", body: b"Good morning".to_vec(), ..Answer::from("") },
        _ => Answer::status(204),
    });

    let caller = simulator.call("+441632960999", line());
    caller.until_hears("Good morning").await;

    assert_eq!(caller.until_ends().await, Status::Completed);
}

#[tokio::test(start_paused = true)]
async fn only_a_failed_connection_is_retried_and_with_one_token() {
    let faults = Faults { connect_failed: 1.0, ..Faults::none() };
    let (simulator, requests) = simulator(Settings { faults, ..settings() }, |_| "<Hangup/>".into());

    simulator.call("+441632960999", line()).until_ends().await;

    let voice = requests.to("/voice");
    assert_eq!(voice.len(), 1);
    assert!(voice[0].headers.contains_key("I-Twilio-Idempotency-Token"));
    let log = simulator.webhook_log();
    assert_eq!((log[0].outcome.as_ref(), log[0].token.as_ref()), (Some(&Outcome::NotConnected), None));
    assert_eq!(log[1].outcome, Some(Outcome::Answered(200)));
}

#[tokio::test(start_paused = true)]
async fn a_fragment_asks_for_retries_and_is_never_sent() {
    let mut settings = settings();
    settings.numbers[0].voice_url = format!("{BASE}/voice#rc=2&rp=rt,5xx&rt=1000");
    let attempts = Arc::new(AtomicU32::new(0));
    let (simulator, requests) =
        simulator(settings, move |seen| match (seen.path(), attempts.fetch_add(1, Ordering::Relaxed)) {
            ("/voice", 0) => Answer::from("<Hangup/>").after(seconds(3)),
            ("/voice", 1) => Answer::status(500),
            _ => "<Hangup/>".into(),
        });

    simulator.call("+441632960999", line()).until_ends().await;

    let voice = requests.to("/voice");
    assert_eq!(voice.len(), 3);
    assert!(voice.iter().all(|seen| seen.target == "/voice"));
    let token = |nth: usize| voice[nth].headers.get("I-Twilio-Idempotency-Token");
    assert_eq!((token(0), token(1).is_some(), token(1)), (None, true, token(2)));
    assert!(requests.to("/voice/fallback").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_tried_twice_before_the_fallback() {
    let simulator = Simulator::new(settings(), ServerLink::down());

    let caller = simulator.call("+441632960999", line());
    caller.until_ends().await;

    let outcomes: Vec<_> = simulator.webhook_log().iter().map(|entry| (entry.purpose, entry.token.is_some())).collect();
    assert_eq!(
        outcomes[..4],
        [(Purpose::Voice, false), (Purpose::Voice, true), (Purpose::Fallback, false), (Purpose::Fallback, true)]
    );
}

#[tokio::test(start_paused = true)]
async fn every_field_is_signed_duplicates_and_empty_values_too() {
    let (simulator, requests) = simulator(settings(), |_| "<Hangup/>".into());

    simulator.call("anonymous", line()).until_ends().await;

    let seen = &requests.to("/voice")[0];
    assert_eq!((seen.field("Called"), seen.field("Caller")), ("+441632960000", "anonymous"));
    assert!(seen.form.contains(&("CallerCity".to_owned(), String::new())));
    assert_eq!(seen.field("CallStatus"), "ringing");
    assert_eq!(seen.field("Direction"), "inbound");
    let expected = signature(TOKEN, "http://hotline.test/voice", &seen.form);
    assert_eq!(seen.headers["X-Twilio-Signature"], expected);
}

#[tokio::test(start_paused = true)]
async fn the_default_port_is_signed_on_demand() {
    let switches = Switches { signs_default_port: true, ..Switches::default() };
    let (simulator, requests) = simulator(Settings { switches, ..settings() }, |_| "<Hangup/>".into());

    simulator.call("+441632960999", line()).until_ends().await;

    let seen = &requests.to("/voice")[0];
    assert_eq!(seen.headers["X-Twilio-Signature"], signature(TOKEN, "http://hotline.test:80/voice", &seen.form));
}

#[tokio::test(start_paused = true)]
async fn a_post_is_form_encoded_as_the_carrier_does_it() {
    let (simulator, requests) = simulator(settings(), |_| "<Hangup/>".into());

    simulator.call("+441632960999", line()).until_ends().await;

    let seen = &requests.to("/voice")[0];
    assert_eq!(seen.method, HttpMethod::POST);
    assert!(seen.body.contains("From=%2B441632960999"), "{}", seen.body);
    assert_eq!(seen.headers["Content-Type"], "application/x-www-form-urlencoded; charset=UTF-8");
    assert_eq!(seen.headers["User-Agent"], "TwilioProxy/1.1");
    assert_eq!(seen.headers["Host"], "hotline.test");
}

#[tokio::test(start_paused = true)]
async fn a_number_may_be_configured_for_get() {
    let mut settings = settings();
    settings.numbers[0].voice_method = Method::Get;
    settings.numbers[0].voice_url = format!("{BASE}/voice?line=1");
    let (simulator, requests) = simulator(settings, |_| "<Hangup/>".into());

    simulator.call("+441632960999", line()).until_ends().await;

    let seen = &requests.to("/voice")[0];
    assert_eq!((&seen.method, seen.body.as_str()), (&HttpMethod::GET, ""));
    assert!(seen.target.starts_with("/voice?line=1&CallSid=CA"), "{}", seen.target);
    assert!(seen.target.contains("&From=%2B441632960999"), "{}", seen.target);
    let url = format!("http://hotline.test{}", seen.target);
    assert_eq!(seen.headers["X-Twilio-Signature"], signature(TOKEN, &url, &[]));
}

#[tokio::test(start_paused = true)]
async fn unknown_verbs_attributes_and_cases_are_12200() {
    let (simulator, _) = simulator(settings(), |_| r#"<say>a</say><Shout/><Pause lenght="1"/>"#.into());

    simulator.call("+441632960999", line()).until_ends().await;

    assert_eq!(warning_codes(&simulator), [12200, 12200, 12200]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_breaks_its_connection() {
    let (simulator, requests) = simulator(settings(), |seen| match seen.path() {
        "/voice" => panic!("on purpose"),
        _ => "<Hangup/>".into(),
    });

    simulator.call("+441632960999", line()).until_ends().await;

    assert_eq!(requests.to("/voice/fallback")[0].field("ErrorCode"), "11206");
}

#[tokio::test(start_paused = true)]
async fn documents_that_redirect_in_a_circle_are_noticed() {
    let (simulator, _) = simulator(settings(), |_| "<Redirect>/voice</Redirect>".into());

    let caller = simulator.call("+441632960999", line());

    assert_eq!(caller.until_ends().await, Status::Completed);
    assert!(caller.heard().iter().any(|heard| heard.what == Hearing::ErrorMessage));
}

#[tokio::test(start_paused = true)]
async fn a_restart_breaks_what_was_pending_and_the_fallback_finds_the_new_program() {
    let (simulator, _) = simulator(settings(), |_| Answer::from("<Hangup/>").after(seconds(12)));
    let (restarted, requests) = program(|_| r#"<Say>Here again</Say><Pause length="1"/>"#.into());

    let caller = simulator.call("+441632960999", line());
    sleep(seconds(3)).await;
    simulator.reconnect(restarted);
    simulator.sever();
    caller.until_hears("Here again").await;

    assert_eq!((requests.paths(), simulator.snapshot().at), (vec!["/voice/fallback".to_owned()], 3000));
}

#[tokio::test]
async fn over_http_the_same_happens() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router =
        axum::Router::new().fallback(async || ([("Content-Type", "text/xml")], "<Response><Reject/></Response>"));
    let simulator = Simulator::new(settings(), ServerLink::over_http_to(address));
    let server = simulator.shared.tasks.spawn(async move { axum::serve(listener, router).await });

    let caller = simulator.call("+441632960999", line());

    assert_eq!(caller.until_ends().await, Status::NoAnswer);
    assert_eq!(simulator.webhook_log()[0].outcome, Some(Outcome::Answered(200)));
    server.abort();
}
