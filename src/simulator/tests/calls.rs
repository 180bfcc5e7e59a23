//! Legs that the program creates: their queue, their life, their callbacks, and changing them.

use std::collections::BTreeSet;

use super::{super::*, harness::*};

fn leg(seen: &Seen) -> Answer {
    match seen.path() {
        "/leg" => r#"<Say>Hello</Say><Pause length="30"/>"#.into(),
        "/other" => r#"<Say>Something else</Say><Pause length="30"/>"#.into(),
        _ => Answer::status(204),
    }
}

fn words(statuses: &[(&str, &str)]) -> Vec<(String, String)> {
    statuses.iter().map(|(status, number)| ((*status).to_owned(), (*number).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn calls_start_one_a_second_in_order_and_are_canceled_while_queued() {
    let (simulator, requests) = simulator(settings(), leg);
    let mut sids = Vec::new();
    let mut estimates = Vec::new();
    for nth in 1..=4 {
        simulator.add_phone("Somebody", number(nth), Character::RingsOut);
        let to = number(nth).expose();
        let mut fields = vec![("To", to.as_str()), ("From", "+441632960000"), ("Url", "http://hotline.test/leg")];
        fields.extend(all_events());
        let (_, body) = api(&simulator, http::Method::POST, "Calls.json", &fields).await;
        estimates.push(body["queue_time"].as_str().unwrap().to_owned());
        assert_eq!(body["status"], "queued");
        sids.push(body["sid"].as_str().unwrap().to_owned());
    }
    change(&simulator, &sids[2], &[("Status", "canceled")]).await;
    simulator.until("the last phone rings", |world| world.phones[3].state == "ringing").await;

    assert_eq!(estimates, ["0", "1000", "2000", "3000"]);
    let starts: Vec<_> = simulator
        .webhook_log()
        .iter()
        .filter(|entry| entry.form.contains(&("CallStatus".to_owned(), "initiated".to_owned())))
        .map(|entry| entry.at)
        .collect();
    assert_eq!(starts, [0, 1000, 2000], "the canceled leg's turn goes to the next");
    let canceled: Vec<_> =
        requests.to("/leg/status").into_iter().filter(|seen| seen.field("CallSid") == sids[2]).collect();
    assert_eq!(canceled.len(), 1);
    assert_eq!(canceled[0].field("CallStatus"), "canceled");
}

#[tokio::test(start_paused = true)]
async fn the_sequence_counts_the_subscribed_events_only() {
    let (simulator, requests) = simulator(settings(), leg);
    let ana = ana(&simulator, Character::human(seconds(3)));

    dial(&simulator, ana.number(), &all_events()).await;
    ana.until_hears("Hello").await;
    sleep(seconds(1)).await;
    ana.hang_up();
    simulator.until_quiet().await;

    let expected = words(&[("initiated", "0"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3")]);
    assert_eq!(requests.statuses("/leg/status"), expected);
    let last = &requests.to("/leg/status")[3];
    assert_eq!((last.field("Duration"), last.field("SipResponseCode")), ("1", "200"));
    assert_eq!(last.field("Direction"), "outbound-api");

    dial(&simulator, ana.number(), &[("StatusCallback", "http://hotline.test/end")]).await;
    ana.until_rings().await;
    ana.decline();
    simulator.until_quiet().await;

    assert_eq!(requests.statuses("/end"), words(&[("busy", "0")]), "`completed` alone is the default");
}

#[tokio::test(start_paused = true)]
async fn a_joined_event_list_is_accepted_and_no_callbacks_come() {
    let (simulator, requests) = simulator(settings(), leg);
    let ana = ana(&simulator, Character::Busy);

    let joined = [
        ("StatusCallback", "http://hotline.test/leg/status"),
        ("StatusCallbackEvent", "initiated ringing answered completed"),
    ];
    dial(&simulator, ana.number(), &joined).await;
    simulator.until_quiet().await;

    assert!(requests.to("/leg/status").is_empty());
    assert_eq!(warning_codes(&simulator), [21626]);
}

#[tokio::test(start_paused = true)]
async fn callbacks_are_late_twice_lost_and_truly_numbered() {
    let faults = Faults {
        callback_late: 0.7,
        callback_delay: seconds(20),
        callback_twice: 0.3,
        callback_lost: 0.2,
        ..Faults::none()
    };
    let arrivals = |seed| {
        let settings = Settings { faults: faults.clone(), seed, cps: 0.0, ..settings() };
        async move {
            let (simulator, requests) = simulator(settings, leg);
            for nth in 1..=20 {
                simulator.add_phone("Somebody", number(nth), Character::hangs_up(seconds(2), seconds(1)));
                dial(&simulator, number(nth), &all_events()).await;
            }
            simulator.until_quiet().await;
            sleep(seconds(30)).await;
            requests.statuses("/leg/status")
        }
    };

    let first = arrivals(11).await;

    let truth = ["initiated", "ringing", "in-progress", "completed"];
    assert!(first.iter().all(|(status, number)| truth[number.parse::<usize>().unwrap()] == status));
    assert!(!first.is_sorted_by_key(|(_, number)| number.clone()), "they overtake each other");
    assert_ne!(first.len(), 80);
    assert_eq!(first, arrivals(11).await, "the same seed, the same faults");
    assert_ne!(first, arrivals(12).await);
}

#[tokio::test(start_paused = true)]
async fn resources_lag_behind_the_callbacks() {
    let switches = Switches { rest_lag: seconds(2), ..Switches::default() };
    let (simulator, requests) = simulator(Settings { switches, ..settings() }, leg);
    let ana = ana(&simulator, Character::Manual);

    let sid = dial(&simulator, ana.number(), &all_events()).await;
    ana.until_rings().await;
    sleep(seconds(3)).await;
    ana.answer();
    ana.until_hears("Hello").await;

    assert_eq!(requests.statuses("/leg/status").last().unwrap().0, "in-progress");
    assert_eq!(show(&simulator, &sid).await["status"], "ringing");
    sleep(seconds(2)).await;
    assert_eq!(show(&simulator, &sid).await["status"], "in-progress");
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_is_not_in_progress_cannot_be_redirected() {
    let (simulator, _) = simulator(settings(), leg);
    let ana = ana(&simulator, Character::Manual);
    let sid = dial(&simulator, ana.number(), &[]).await;
    ana.until_rings().await;
    let other = [("Url", "http://hotline.test/other")];

    assert_eq!(change(&simulator, &sid, &other).await.1["code"], 21220);
    ana.answer();
    ana.until_hears("Hello").await;
    assert_eq!(change(&simulator, &sid, &other).await.0, 200);
    ana.until_hears("Something else").await;
    ana.hang_up();
    assert_eq!(change(&simulator, &sid, &other).await.1["code"], 21220);
}

#[tokio::test(start_paused = true)]
async fn a_leg_may_refuse_a_redirect_just_after_its_answer() {
    let switches = Switches { settles_after_answer: Duration::from_millis(250), ..Switches::default() };
    let (simulator, _) = simulator(Settings { switches, ..settings() }, leg);
    let ana = ana(&simulator, Character::Manual);
    let sid = dial(&simulator, ana.number(), &[]).await;
    ana.until_rings().await;
    ana.answer();
    let other = [("Url", "http://hotline.test/other")];

    assert_eq!(change(&simulator, &sid, &other).await.1["code"], 21220);
    sleep(Duration::from_millis(250)).await;
    assert_eq!(change(&simulator, &sid, &other).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn cancel_ends_a_ringing_leg_and_does_nothing_to_an_answered_one() {
    let (simulator, requests) = simulator(settings(), leg);
    let ana = ana(&simulator, Character::Manual);
    let cancel = [("Status", "canceled")];

    let sid = dial(&simulator, ana.number(), &all_events()).await;
    ana.until_rings().await;
    assert_eq!(change(&simulator, &sid, &cancel).await.0, 200);
    assert!(!ana.rings());
    assert_eq!(change(&simulator, &sid, &cancel).await.1["code"], 21220);
    simulator.until_quiet().await;
    assert_eq!(requests.statuses("/leg/status").last().unwrap().0, "canceled");

    let sid = dial(&simulator, ana.number(), &[]).await;
    ana.until_rings().await;
    ana.answer();
    let (status, body) = change(&simulator, &sid, &cancel).await;
    assert_eq!((status, &body["status"]), (200, &"in-progress".into()));
    ana.until_hears("Hello").await;
}

#[tokio::test(start_paused = true)]
async fn completed_ends_a_leg_in_any_state() {
    for (switch, expected) in [
        (CompletedUnanswered::Canceled, Status::Canceled),
        (CompletedUnanswered::NoAnswer, Status::NoAnswer),
        (CompletedUnanswered::Completed, Status::Completed),
    ] {
        let switches = Switches { completed_unanswered: switch, refuses_change_of_ended: false, ..Switches::default() };
        let (simulator, _) = simulator(Settings { switches, ..settings() }, leg);
        let ana = ana(&simulator, Character::Manual);
        let sid = dial(&simulator, ana.number(), &[]).await;
        ana.until_rings().await;

        change(&simulator, &sid, &[("Status", "completed")]).await;

        assert_eq!(ana.until_ends().await, expected);
        assert_eq!(change(&simulator, &sid, &[("Status", "completed")]).await.0, 200, "ended legs are left alone");
    }
}

#[tokio::test(start_paused = true)]
async fn a_telephone_may_be_picked_up_while_its_cancel_is_under_way() {
    let faults = Faults { cancel_delay: seconds(3), ..Faults::none() };
    let (simulator, _) = simulator(Settings { faults, ..settings() }, leg);
    let ana = ana(&simulator, Character::Manual);
    let sid = dial(&simulator, ana.number(), &[]).await;
    ana.until_rings().await;

    change(&simulator, &sid, &[("Status", "canceled")]).await;
    assert!(ana.answer());

    ana.until_hears("Hello").await;
}

#[tokio::test(start_paused = true)]
async fn a_leg_rings_its_timeout_or_five_seconds_more() {
    for (extra_ring, expected) in [(Either::Never, 20_500), (Either::Always, 25_500)] {
        let switches = Switches { extra_ring, ..Switches::default() };
        let (simulator, requests) = simulator(Settings { switches, ..settings() }, leg);
        let ana = ana(&simulator, Character::RingsOut);

        let mut fields = all_events();
        fields.push(("Timeout", "20"));
        dial(&simulator, ana.number(), &fields).await;
        assert_eq!(ana.until_ends().await, Status::NoAnswer);
        simulator.until_quiet().await;

        assert_eq!(simulator.snapshot().at, expected);
        let last = requests.to("/leg/status").pop().unwrap();
        assert_eq!((last.field("SipResponseCode"), last.field("CallDuration")), ("487", "0"));
    }
}

#[tokio::test(start_paused = true)]
async fn ringing_may_be_skipped() {
    let switches = Switches { ringing_state: Either::Never, ..Switches::default() };
    let (simulator, requests) = simulator(Settings { switches, ..settings() }, leg);
    let ana = ana(&simulator, Character::Manual);

    dial(&simulator, ana.number(), &all_events()).await;
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("Hello").await;

    assert_eq!(requests.statuses("/leg/status"), words(&[("initiated", "0"), ("in-progress", "1")]));
}

#[tokio::test(start_paused = true)]
async fn the_answer_and_its_document_come_in_either_order() {
    let mut orders = BTreeSet::new();
    for seed in 0..10 {
        let (simulator, requests) = simulator(Settings { seed, ..settings() }, leg);
        let ana = ana(&simulator, Character::human(seconds(1)));
        let fields = [("StatusCallback", "http://hotline.test/leg/status"), ("StatusCallbackEvent", "answered")];
        dial(&simulator, ana.number(), &fields).await;
        ana.until_hears("Hello").await;
        sleep(seconds(1)).await;
        orders.insert(requests.paths());
    }

    assert_eq!(orders.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn synchronous_detection_holds_the_document_up() {
    let (simulator, requests) = simulator(settings(), leg);
    let ana = ana(&simulator, Character::human(seconds(1)));
    let ben = ben(&simulator, Character::voicemail());

    dial(&simulator, ana.number(), &[("MachineDetection", "Enable")]).await;
    dial(&simulator, ben.number(), &[("MachineDetection", "Enable")]).await;
    ben.until_hears("Hello").await;

    let verdicts: Vec<_> = requests.to("/leg").iter().map(|seen| seen.field("AnsweredBy").to_owned()).collect();
    assert_eq!(verdicts, ["human", "machine_start"]);
    let heard: Vec<_> = ana.heard().into_iter().take(3).map(|heard| (heard.at, heard.what)).collect();
    let hello = Hearing::Words("Hello".to_owned());
    assert_eq!(heard, [(500, Hearing::Rings), (1500, Hearing::Silence), (5500, hello)]);
}

#[tokio::test(start_paused = true)]
async fn detection_waits_for_the_end_of_a_greeting_or_runs_out_of_time() {
    for (limit, verdict, after) in [("30", "machine_end_beep", 7000), ("5", "unknown", 5000)] {
        let (simulator, requests) = simulator(settings(), leg);
        let ana = ana(&simulator, Character::voicemail());

        let fields = [("MachineDetection", "DetectMessageEnd"), ("MachineDetectionTimeout", limit)];
        dial(&simulator, ana.number(), &fields).await;
        ana.until_hears("Hello").await;

        assert_eq!(requests.to("/leg")[0].field("AnsweredBy"), verdict);
        assert_eq!(simulator.snapshot().at, 22_500 + after);
    }
}

#[tokio::test(start_paused = true)]
async fn asynchronous_detection_reports_later() {
    let (simulator, requests) = simulator(settings(), leg);
    let ana = ana(&simulator, Character::human(seconds(1)));

    let fields = [
        ("MachineDetection", "Enable"),
        ("AsyncAmd", "true"),
        ("AsyncAmdStatusCallback", "http://hotline.test/verdict"),
    ];
    dial(&simulator, ana.number(), &fields).await;
    ana.until_hears("Hello").await;
    assert_eq!(requests.to("/leg")[0].field("AnsweredBy"), "");
    sleep(seconds(5)).await;

    let verdict = &requests.to("/verdict")[0];
    assert_eq!((verdict.field("AnsweredBy"), verdict.field("MachineDetectionDuration")), ("human", "4000"));
}

#[tokio::test(start_paused = true)]
async fn detection_errs_at_its_rate() {
    let faults = Faults { wrong_verdict: 1.0, ..Faults::none() };
    let (simulator, requests) = simulator(Settings { faults, ..settings() }, leg);
    let ana = ana(&simulator, Character::human(seconds(1)));

    dial(&simulator, ana.number(), &[("MachineDetection", "Enable")]).await;
    ana.until_hears("Hello").await;

    assert_ne!(requests.to("/leg")[0].field("AnsweredBy"), "human");
}

#[tokio::test(start_paused = true)]
async fn a_dial_rings_all_and_bridges_the_first() {
    let (simulator, requests) = simulator(settings(), |seen| match seen.path() {
        "/voice" => {
            r#"<Dial answerOnBridge="true" timeout="10" action="/after"><Number url="/whisper">+447700900001</Number>
               <Number statusCallback="/loser">+447700900002</Number></Dial>"#
                .into()
        }
        "/whisper" => "<Say>A call for you</Say>".into(),
        "/after" => "<Say>Goodbye</Say>".into(),
        _ => Answer::status(204),
    });
    let ana = ana(&simulator, Character::human(seconds(5)));
    let ben = ben(&simulator, Character::Manual);

    let caller = simulator.call("+441632960999", line());
    ben.until_rings().await;
    ana.until_hears("A call for you").await;
    assert_eq!(caller.hears(), Hearing::NetworkRinging, "the whisper comes before the bridge");
    caller.until_talks().await;
    assert!(!ben.rings());
    ana.hang_up();
    caller.until_hears("Goodbye").await;

    let after = &requests.to("/after")[0];
    assert_eq!((after.field("DialCallStatus"), after.field("DialBridged")), ("completed", "true"));
    let loser = &requests.to("/loser")[0];
    assert_eq!((loser.field("CallStatus"), loser.field("Direction")), ("no-answer", "outbound-dial"));
    assert_eq!(loser.field("ParentCallSid"), caller.sid());
}

#[tokio::test(start_paused = true)]
async fn a_dial_rings_five_seconds_longer_than_asked() {
    let (simulator, requests) = simulator(settings(), |seen| match seen.path() {
        "/voice" => r#"<Dial timeout="10" action="/after">+447700900001</Dial>"#.into(),
        _ => "<Hangup/>".into(),
    });
    ana(&simulator, Character::RingsOut);

    simulator.call("+441632960999", line()).until_ends().await;

    assert_eq!(requests.to("/after")[0].field("DialCallStatus"), "no-answer");
    assert_eq!(simulator.snapshot().at, 15_500);
}
