//! Rooms: joining, waiting, being refused, and leaving.

use super::{super::*, harness::*};

const ROOM: &str = r#"<Dial action="/after"><Conference beep="false" endConferenceOnExit="true" maxParticipants="2"
    waitUrl="/wait" statusCallback="/room" statusCallbackEvent="start end join leave">room</Conference></Dial>"#;

fn hotline(seen: &Seen) -> Answer {
    match seen.path() {
        "/voice" | "/leg" => ROOM.into(),
        "/wait" => r#"<Play loop="0">/ringback.wav</Play>"#.into(),
        "/ringback.wav" => Answer { body: wav(3000), content_type: "audio/wav", ..Answer::from("") },
        "/after" => "<Hangup/>".into(),
        _ => Answer::status(204),
    }
}

#[tokio::test(start_paused = true)]
async fn two_people_meet_in_a_room_and_part() {
    let (simulator, requests) = simulator(settings(), hotline);
    let ana = ana(&simulator, Character::human(seconds(3)));

    let caller = simulator.call("+441632960999", line());
    caller.until_hears_recording("ringback").await;
    dial(&simulator, ana.number(), &[]).await;
    caller.until_talks().await;
    ana.until_talks().await;
    ana.hang_up();
    let status = caller.until_ends().await;
    simulator.until_quiet().await;

    assert_eq!(status, Status::Completed);
    let events: Vec<_> = requests
        .to("/room")
        .iter()
        .map(|seen| format!("{} {}", seen.field("SequenceNumber"), seen.field("StatusCallbackEvent")))
        .collect();
    assert_eq!(
        events,
        [
            "1 participant-join",
            "2 participant-join",
            "3 conference-start",
            "4 participant-leave",
            "5 participant-leave",
            "6 conference-end"
        ]
    );
    let after = requests.to("/after");
    assert_eq!((after.len(), after[0].field("DialCallStatus")), (1, "answered"));
    assert_eq!(simulator.violations(), []);
    insta::assert_snapshot!(simulator.conversation(), @r"
    00:00.000  caller …99: calls
    00:00.000  caller …99: hears the network's ringing
    00:00.000  caller …99: is answered
    00:00.000  caller …99: hears http://hotline.test/ringback.wav
    00:00.500  Ana's phone: rings
    00:03.500  Ana's phone: is answered
    00:03.520  caller …99: talks with Ana
    00:03.520  Ana's phone: talks with …99
    00:03.520  Ana's phone: hangs up (completed)
    00:03.520  caller …99: is hung up on (completed)
    ");
}

fn in_room(attributes: &str) -> String {
    format!(r#"<Dial action="/after"><Conference waitUrl="" {attributes}>room</Conference></Dial>"#)
}

#[tokio::test(start_paused = true)]
async fn a_third_participant_is_refused_with_16020_and_goes_on_or_is_hung_up() {
    for (full_room, expected) in [(FullRoom::RunsAction, 1), (FullRoom::HangsUp, 0)] {
        let settings = Settings { switches: Switches { full_room, ..Switches::default() }, cps: 0.0, ..settings() };
        let (simulator, requests) = simulator(settings, |seen| match seen.path() {
            "/after" => "<Say>Somebody else has the call</Say>".into(),
            _ => in_room(r#"maxParticipants="2""#).into(),
        });
        let ana = ana(&simulator, Character::human(seconds(1)));
        let ben = ben(&simulator, Character::human(seconds(2)));

        simulator.call("+441632960999", line());
        dial(&simulator, ana.number(), &[]).await;
        dial(&simulator, ben.number(), &[]).await;
        ana.until_talks().await;
        ben.until_rings().await;
        ben.until_ends().await;

        assert_eq!(warning_codes(&simulator), [16020]);
        assert_eq!(requests.to("/after").len(), expected);
        assert!(matches!(ana.hears(), Some(Hearing::Talking(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn beyond_the_accounts_ceiling_is_16021() {
    let switches = Switches { room_ceiling: Some(1), ..Switches::default() };
    let (simulator, requests) = simulator(Settings { switches, ..settings() }, |seen| match seen.path() {
        "/after" => "<Hangup/>".into(),
        _ => in_room("").into(),
    });

    simulator.call("+441632960999", line());
    simulator.call("+441632960998", line()).until_ends().await;

    assert_eq!(warning_codes(&simulator), [16021]);
    assert_eq!(requests.to("/after")[0].field("DialCallStatus"), "failed");
}

#[tokio::test(start_paused = true)]
async fn the_first_participant_fixes_the_callback() {
    let (simulator, requests) = simulator(settings(), |seen| match seen.path() {
        "/voice" => in_room(r#"statusCallback="/first" statusCallbackEvent="start join""#).into(),
        "/leg" => in_room(r#"statusCallback="/second" statusCallbackEvent="start end join leave""#).into(),
        _ => Answer::status(204),
    });
    let ana = ana(&simulator, Character::human(seconds(1)));

    simulator.call("+441632960999", line());
    dial(&simulator, ana.number(), &[]).await;
    ana.until_talks().await;
    ana.hang_up();
    sleep(seconds(1)).await;

    let events: Vec<_> =
        requests.to("/first").iter().map(|seen| seen.field("StatusCallbackEvent").to_owned()).collect();
    assert_eq!(events, ["participant-join", "participant-join", "conference-start"]);
    assert!(requests.to("/second").is_empty());
}

#[tokio::test(start_paused = true)]
async fn other_verbs_in_a_wait_document_are_13238_and_the_dial_goes_on() {
    for wait in ["<Gather/>", r#"<Pause length="1"/><Hangup/>"#] {
        let (simulator, requests) = simulator(settings(), move |seen| match seen.path() {
            "/wait" => wait.into(),
            "/after" => "<Hangup/>".into(),
            _ => ROOM.into(),
        });

        simulator.call("+441632960999", line()).until_ends().await;

        assert_eq!(warning_codes(&simulator), [13238]);
        assert_eq!(requests.to("/after")[0].field("DialCallStatus"), "failed");
        assert!(requests.to("/room").is_empty(), "there was no conference");
    }
}

#[tokio::test(start_paused = true)]
async fn without_its_wait_document_there_is_no_conference() {
    let (simulator, requests) = simulator(settings(), |seen| match seen.path() {
        "/voice" => ROOM.into(),
        "/wait" => Answer::status(500),
        _ => "<Hangup/>".into(),
    });

    simulator.call("+441632960999", line()).until_ends().await;

    assert_eq!(requests.paths()[..3], ["/voice", "/wait", "/after"]);
    assert!(requests.to("/room").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_wait_document_ends_in_silence_unless_it_redirects() {
    let heard_with = async |wait: &'static str| {
        let (simulator, _) = simulator(settings(), move |seen| match seen.path() {
            "/wait" => wait.into(),
            _ => hotline(seen),
        });
        let caller = simulator.call("+441632960999", line());
        sleep(seconds(20)).await;
        caller.heard().into_iter().skip(1).map(|heard| (heard.at, heard.what)).collect::<Vec<_>>()
    };
    let ringback = || Hearing::Ringback("http://hotline.test/ringback.wav".to_owned());

    let once = heard_with("<Play>/ringback.wav</Play>").await;
    assert_eq!(once, [(0, ringback()), (3000, Hearing::Silence)]);

    let endless = heard_with("<Play>/ringback.wav</Play><Redirect>/wait</Redirect>").await;
    assert_eq!(endless, [(0, ringback())]);
}

#[tokio::test(start_paused = true)]
async fn a_conference_starts_with_somebody_who_starts_it() {
    let (simulator, _) = simulator(settings(), |seen| match seen.path() {
        "/leg" if seen.field("To").ends_with('2') => in_room("").into(),
        _ => in_room(r#"startConferenceOnEnter="false""#).into(),
    });
    let ana = ana(&simulator, Character::human(seconds(1)));
    let ben = ben(&simulator, Character::human(seconds(5)));

    let caller = simulator.call("+441632960999", line());
    dial(&simulator, ana.number(), &[]).await;
    sleep(seconds(3)).await;
    assert_eq!(caller.hears(), Hearing::Silence);
    let (_, body) = api(&simulator, http::Method::GET, "Conferences.json", &[("Status", "init")]).await;
    assert_eq!(body["conferences"][0]["friendly_name"], "room");

    dial(&simulator, ben.number(), &[]).await;
    caller.until_talks().await;
    assert!(simulator.violations().iter().any(|violation| violation.what == Wrong::ThreeTalkers));
}

#[tokio::test(start_paused = true)]
async fn whoever_is_left_alone_hears_silence_or_the_wait_document() {
    let wait = r#"<Dial><Conference waitUrl="/wait">room</Conference></Dial>"#;
    for (alone_again, expected) in [
        (AloneAgain::Silence, Hearing::Silence),
        (AloneAgain::WaitDocument, Hearing::Ringback("http://hotline.test/ringback.wav".to_owned())),
    ] {
        let settings = Settings { switches: Switches { alone_again, ..Switches::default() }, ..settings() };
        let (simulator, _) = simulator(settings, move |seen| match seen.path() {
            "/voice" | "/leg" => wait.into(),
            _ => hotline(seen),
        });
        let ana = ana(&simulator, Character::human(seconds(1)));

        let caller = simulator.call("+441632960999", line());
        dial(&simulator, ana.number(), &[]).await;
        ana.until_talks().await;
        ana.hang_up();
        sleep(seconds(1)).await;

        assert_eq!(caller.hears(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_out_of_a_dial_requests_the_action_first_and_the_document_wins() {
    let (simulator, requests) = simulator(settings(), |seen| match seen.path() {
        "/after" => "<Say>The action</Say>".into(),
        "/next" => r#"<Say>The next step</Say><Pause length="9"/>"#.into(),
        _ => hotline(seen),
    });
    let caller = simulator.call("+441632960999", line());
    caller.until_hears_recording("ringback").await;
    sleep(seconds(5)).await;

    change(&simulator, &caller.sid(), &[("Url", "http://hotline.test/next")]).await;
    caller.until_hears("The next step").await;

    let paths = requests.paths();
    let (action, next) =
        (paths.iter().position(|path| path == "/after"), paths.iter().position(|path| path == "/next"));
    assert!(action < next && action.is_some(), "{paths:?}");
    assert!(!caller.heard().iter().any(|heard| heard.what.speaks("The action")));
    let leave = requests.to("/room").into_iter().find(|seen| seen.field("StatusCallbackEvent") == "participant-leave");
    assert_eq!(leave.unwrap().field("ReasonParticipantLeft"), "participant_updated_via_api");
}

#[tokio::test(start_paused = true)]
async fn the_action_after_a_hangup_is_requested_on_demand() {
    for (action_after_hangup, expected) in [(false, 0), (true, 1)] {
        let switches = Switches { action_after_hangup, ..Switches::default() };
        let (simulator, requests) = simulator(Settings { switches, ..settings() }, hotline);
        let caller = simulator.call("+441632960999", line());
        caller.until_hears_recording("ringback").await;

        caller.hang_up();
        simulator.until_quiet().await;

        assert_eq!(requests.to("/after").len(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn participants_are_listed_and_a_fresh_conference_may_be_missed() {
    let switches = Switches { rest_lag: seconds(1), ..Switches::default() };
    let (simulator, _) = simulator(Settings { switches, ..settings() }, hotline);
    let ana = ana(&simulator, Character::human(seconds(1)));
    let caller = simulator.call("+441632960999", line());
    let rooms = async |status: &str| {
        let filter = [("FriendlyName", "room"), ("Status", status)];
        let (_, body) = api(&simulator, http::Method::GET, "Conferences.json", &filter).await;
        body["conferences"].as_array().unwrap().clone()
    };
    caller.until_hears_recording("ringback").await;
    assert_eq!(rooms("init").await.len(), 0);
    dial(&simulator, ana.number(), &[]).await;
    caller.until_talks().await;
    assert_eq!(rooms("in-progress").await.len(), 0);
    sleep(seconds(1)).await;

    let room = rooms("in-progress").await.remove(0);
    let path = format!("Conferences/{}/Participants.json", room["sid"].as_str().unwrap());
    let (_, body) = api(&simulator, http::Method::GET, &path, &[]).await;
    let sids: Vec<_> = body["participants"].as_array().unwrap().iter().map(|one| one["call_sid"].clone()).collect();
    assert_eq!(sids, [caller.sid(), ana.sid().unwrap()]);
}
