//! Record, recordings and text messages.

use http::Method as HttpMethod;

use super::{super::*, harness::*};

const RECORD: &str = r#"<Say>Speak</Say><Record action="/done" timeout="4" maxLength="20" finishOnKey="*"
    recordingStatusCallback="/report" recordingStatusCallbackEvent="completed absent"/><Say>Nothing</Say>"#;

fn mailbox() -> (Simulator, Requests) {
    simulator(settings(), |seen| match seen.path() {
        "/voice" => RECORD.into(),
        "/done" => "<Say>Bye</Say>".into(),
        _ => Answer::status(204),
    })
}

#[tokio::test(start_paused = true)]
async fn a_recording_ends_by_silence_and_is_as_long_as_what_was_said() {
    let (simulator, requests) = mailbox();
    let caller = simulator.call("+441632960999", line());
    caller.until_recorded().await;

    sleep(seconds(1)).await;
    caller.speak(seconds(3));
    sleep(seconds(4)).await;
    caller.speak(seconds(2));
    caller.until_hears("Bye").await;
    caller.until_ends().await;
    simulator.until_quiet().await;

    let [action] = &requests.to("/done")[..] else { panic!("one action") };
    assert_eq!((action.field("RecordingDuration"), action.field("CallStatus")), ("6", "in-progress"));
    assert!(action.field("RecordingUrl").ends_with(action.field("RecordingSid")));
    let [report] = &requests.to("/report")[..] else { panic!("one report") };
    let told =
        ["RecordingStatus", "RecordingDuration", "RecordingSource", "RecordingChannels"].map(|it| report.field(it));
    assert_eq!(told, ["completed", "6", "RecordVerb", "1"]);
    assert_eq!((report.field("AccountSid"), report.field("From")), (ACCOUNT, ""), "a report does not say who called");
    assert!(simulator.violations().is_empty(), "{:?}", simulator.violations());
}

#[tokio::test(start_paused = true)]
async fn a_recording_ends_by_its_key_its_length_or_the_end_of_the_call() {
    for (how, seconds_long, digits, status) in
        [("key", "2", "*", "in-progress"), ("length", "20", "", "in-progress"), ("end", "2", "hangup", "completed")]
    {
        let (simulator, requests) = mailbox();
        let caller = simulator.call("+441632960999", line());
        caller.until_recorded().await;
        caller.speak(seconds(300));

        sleep(seconds(2)).await;
        match how {
            "key" => {
                caller.press('#');
                caller.press('*');
            }
            "end" => caller.hang_up(),
            _ => caller.until_hears("Bye").await,
        }
        caller.until_ends().await;
        simulator.until_quiet().await;

        let [action] = &requests.to("/done")[..] else { panic!("one action for {how}") };
        let told = ["RecordingDuration", "Digits", "CallStatus"].map(|it| action.field(it));
        assert_eq!(told, [seconds_long, digits, status], "{how}");
        assert_eq!(requests.to("/report").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_no_recording() {
    for (silent, words) in [(SilentRecord::FallsThrough, "Nothing"), (SilentRecord::AsksAction, "Bye")] {
        let mut settings = settings();
        settings.switches.silent_record = silent;
        let (simulator, requests) = simulator(settings, |seen| match seen.path() {
            "/voice" => RECORD.into(),
            _ => "<Say>Bye</Say>".into(),
        });
        let caller = simulator.call("+441632960999", line());

        caller.until_recorded().await;
        caller.until_hears(words).await;
        simulator.until_quiet().await;

        let [report] = &requests.to("/report")[..] else { panic!("one report") };
        assert_eq!((report.field("RecordingStatus"), report.field("RecordingDuration")), ("absent", "0"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_sound_can_be_had_when_it_is_ready_and_until_it_is_deleted() {
    let (simulator, requests) = mailbox();
    let caller = simulator.call("+441632960999", line());
    caller.until_recorded().await;
    caller.speak(seconds(2));
    caller.until_hears("Bye").await;
    let sid = requests.to("/done")[0].field("RecordingSid").to_owned();
    let show = async |path: &str, method| api(&simulator, method, path, &[]).await;
    let json = format!("Recordings/{sid}.json");

    assert_eq!(show(&json, HttpMethod::GET).await.1["status"], "processing");
    assert_eq!(simulator.recordings()[0].seconds, 2);
    simulator.until_quiet().await;
    assert_eq!(show(&json, HttpMethod::GET).await.1["status"], "completed");
    let listed = show(&format!("Calls/{}/Recordings.json", caller.sid()), HttpMethod::GET).await.1;
    assert_eq!(listed["recordings"][0]["sid"], sid.as_str());

    assert_eq!(show(&json, HttpMethod::DELETE).await.0, 204);
    assert_eq!(show(&format!("Recordings/{sid}.mp3"), HttpMethod::GET).await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn text_messages_arrive_or_say_why_not() {
    let (simulator, requests) = simulator(settings(), |_| Answer::status(204));
    let (ana, ben) = (ana(&simulator, Character::Manual), ben(&simulator, Character::Manual));
    simulator.lose_messages_to(ben.number(), 30003);
    let from = line().expose();
    let send = async |to: String, from: &str, body: &str| {
        let callback = format!("{BASE}/sms/status");
        let fields = [("To", to.as_str()), ("From", from), ("Body", body), ("StatusCallback", callback.as_str())];
        api(&simulator, HttpMethod::POST, "Messages.json", &fields).await
    };

    let (status, body) = send(ana.number().expose(), &from, "Hello").await;
    assert_eq!((status, &body["status"], &body["num_segments"]), (201, &"queued".into(), &"1".into()));
    send(ben.number().expose(), &from, "Hello").await;
    for (to, from, body, code) in [
        ("+441", from.as_str(), "Hello", 21211),
        ("+447700900001", "+441632960777", "Hello", 21606),
        ("+447700900001", from.as_str(), "", 21602),
        ("+447700900001", from.as_str(), &"a".repeat(1601), 21617),
    ] {
        assert_eq!(send(to.to_owned(), from, body).await.1["code"], code);
    }
    simulator.until_quiet().await;
    sleep(seconds(3)).await;

    let told: Vec<_> = requests.to("/sms/status").iter().map(|seen| seen.field("MessageStatus").to_owned()).collect();
    assert_eq!(told, ["sent", "sent", "delivered", "undelivered"]);
    assert_eq!(requests.to("/sms/status")[3].field("ErrorCode"), "30003");
    assert_eq!((ana.text_messages().len(), ben.text_messages().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_is_recorded_without_words_is_noticed() {
    for (verbs, wrong) in [
        (r#"<Say>Speak</Say><Record timeout="2" action="/done"/><Say>Bye</Say>"#, vec![]),
        (r#"<Record timeout="2" action="/done"/><Say>Bye</Say>"#, vec![Wrong::WordlessRecording]),
        (r#"<Say>Speak</Say><Record timeout="2" action="/done"/><Hangup/>"#, vec![Wrong::WordlessRecording]),
    ] {
        let (simulator, _) = simulator(settings(), move |_| verbs.into());
        simulator.call("+441632960999", line()).until_ends().await;

        let wrongs: Vec<_> = simulator.violations().into_iter().map(|violation| violation.what).collect();
        assert_eq!(wrongs, wrong, "{verbs}");
    }
}
