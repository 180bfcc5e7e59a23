//! A Dial that hands the caller on to one number (carrier contract §2, §3.2, §3.3).

use super::{super::*, harness::*};

const DIAL: &str = r#"<Dial answerOnBridge="true" timeout="10" action="/after" callerId="+441632960000"><Number
    url="/whisper" statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed">+447700900001</Number></Dial>"#;

/// Dials Ana, with this for her to hear before.
fn forwards(whisper: &'static str) -> impl Fn(&Seen) -> Answer + Clone + Send + Sync + 'static {
    move |seen| match seen.path() {
        "/voice" => DIAL.into(),
        "/whisper" => whisper.into(),
        "/key" if seen.field("Digits") == "1" => "".into(),
        "/key" => "<Say>Good bye</Say><Hangup/>".into(),
        "/after" => "<Say>After</Say>".into(),
        _ => Answer::status(204),
    }
}

const ASKS: &str =
    r#"<Gather numDigits="1" timeout="5" action="/key"><Say>Press</Say></Gather><Say>Nothing</Say><Hangup/>"#;

fn with(switches: impl FnOnce(&mut Switches), whisper: &'static str, ana: Character) -> (Simulator, Requests, Phone) {
    let mut settings = settings();
    switches(&mut settings.switches);
    let (simulator, requests) = simulator(settings, forwards(whisper));
    let ana = simulator.add_phone("Ana", number(1), ana);
    (simulator, requests, ana)
}

fn after(requests: &Requests, field: &str) -> Vec<String> {
    requests.to("/after").iter().map(|seen| seen.field(field).to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_caller_is_answered_when_both_are_connected_and_the_leg_reports_as_a_dials() {
    let (simulator, requests, ana) = with(|_| {}, ASKS, Character::presses(seconds(3), '1'));

    let caller = simulator.call("+441632960999", line());
    ana.until_hears("Press").await;
    assert_eq!((caller.hears(), caller.status()), (Hearing::NetworkRinging, Status::Ringing));
    caller.until_talks().await;
    ana.hang_up();
    caller.until_hears("After").await;
    simulator.until_quiet().await;

    let leg = requests.to("/leg");
    let told: Vec<_> = leg.iter().map(|seen| seen.field("CallStatus")).collect();
    assert_eq!(told, ["initiated", "ringing", "in-progress", "completed"]);
    assert!(leg.iter().all(|seen| seen.field("Direction") == "outbound-dial"));
    assert!(leg.iter().all(|seen| seen.field("ParentCallSid") == caller.sid()));
    assert_eq!(after(&requests, "DialCallStatus"), ["completed"]);
    assert_eq!(after(&requests, "DialBridged"), ["true"]);
    assert_eq!(after(&requests, "DialCallSid"), [ana.sid().unwrap()]);
    assert_eq!(simulator.violations(), []);
}

#[tokio::test(start_paused = true)]
async fn each_telephone_ends_the_dial_in_its_own_word() {
    let cases = [
        (Character::Busy, "busy"),
        (Character::Off, "failed"),
        (Character::RingsOut, "no-answer"),
        (Character::Declines { after: seconds(2), mailbox: None }, "busy"),
    ];
    for (character, word) in cases {
        let (simulator, requests, _) = with(|_| {}, ASKS, character);

        let caller = simulator.call("+441632960999", line());
        caller.until_ends().await;

        assert_eq!(after(&requests, "DialCallStatus"), [word]);
        assert_eq!(after(&requests, "CallStatus"), ["ringing"], "still unanswered");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dial_in_a_later_document_answers_or_does_not() {
    for (answers, status, hears) in [
        (false, Status::Ringing, Hearing::NetworkRinging),
        (true, Status::InProgress, Hearing::Ringback("carrier:ringback".into())),
    ] {
        let mut settings = settings();
        settings.switches.later_dial_answers = answers;
        let (simulator, _) = simulator(settings, |seen| match seen.path() {
            "/voice" => "<Redirect>/later</Redirect>".into(),
            "/later" => DIAL.into(),
            _ => Answer::status(204),
        });
        let ana = simulator.add_phone("Ana", number(1), Character::Manual);

        let caller = simulator.call("+441632960999", line());
        ana.until_rings().await;

        assert_eq!((caller.status(), caller.hears()), (status, hears));
        caller.hang_up();
        simulator.until_quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn how_a_dial_ends_whose_whisper_hangs_up_is_a_switch() {
    let words = [
        (WhisperRefused::NoAnswer, "no-answer"),
        (WhisperRefused::Completed, "completed"),
        (WhisperRefused::Busy, "busy"),
        (WhisperRefused::Canceled, "canceled"),
        (WhisperRefused::Failed, "failed"),
    ];
    for (refused, word) in words {
        for character in [Character::presses(seconds(3), '9'), Character::human(seconds(3)), Character::voicemail()] {
            let (simulator, requests, ana) = with(|it| it.whisper_refused = refused, ASKS, character.clone());
            // A mailbox takes longer than this Dial rings.
            if character == Character::voicemail() {
                simulator.set_character(
                    number(1),
                    Character::Voicemail(Mailbox { answers_after: seconds(5), greeting: seconds(3) }),
                );
            }

            simulator.call("+441632960999", line()).until_ends().await;

            assert_eq!(after(&requests, "DialCallStatus"), [word]);
            assert_eq!(after(&requests, "DialBridged"), ["false"]);
            assert!(simulator.talks().is_empty() && ana.times_dialled() == 1);
            assert_eq!(simulator.violations(), [], "whoever picked up was told");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn other_clouds_do_not_say_whether_a_dial_was_bridged() {
    let (simulator, requests, _) = with(|it| it.says_bridged = false, ASKS, Character::Busy);

    simulator.call("+441632960999", line()).until_ends().await;

    assert_eq!(after(&requests, "DialBridged"), [""]);
}

#[tokio::test(start_paused = true)]
async fn a_whisper_that_cannot_be_had_connects_or_hangs_up() {
    for (failed, talks) in [(WhisperFailed::Connects, true), (WhisperFailed::HangsUp, false)] {
        let mut settings = settings();
        settings.switches.whisper_failed = failed;
        settings.allowed.wordless_ends = true;
        let (simulator, _) = simulator(settings, |seen| match seen.path() {
            "/voice" => DIAL.into(),
            "/whisper" => Answer::status(500),
            _ => Answer::status(204),
        });
        let ana = simulator.add_phone("Ana", number(1), Character::human(seconds(1)));

        let caller = simulator.call("+441632960999", line());
        sleep(seconds(5)).await;

        assert_eq!(matches!(caller.hears(), Hearing::Talking(_)), talks, "{failed:?}");
        assert_eq!(ana.hears().is_some(), talks);
        assert!(warning_codes(&simulator).contains(&11200));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dial_shows_the_calls_numbers_or_the_accounts_and_no_other() {
    let cases = [
        ("+441632960000", true, Some("+441632960000")),
        ("+441632960999", true, Some("+441632960999")),
        ("+441632960999", false, None),
        ("+12025550123", true, None),
        ("anonymous", true, None),
    ];
    for (shown, lends, expected) in cases {
        let mut settings = settings();
        settings.switches.lends_caller_id = lends;
        let (simulator, requests) = simulator(settings, move |seen| match seen.path() {
            "/voice" => format!(r#"<Dial action="/after" callerId="{shown}">+447700900001</Dial>"#).into(),
            _ => "<Hangup/>".into(),
        });
        simulator.add_phone("Ana", number(1), Character::hangs_up(seconds(1), seconds(1)));

        simulator.call("+441632960999", line()).until_ends().await;

        let dialled: Vec<_> = simulator.records().into_iter().filter(|leg| leg.kind == LegKind::Child).collect();
        assert_eq!(dialled.first().map(|leg| leg.from.as_str()), expected, "{shown}");
        let status = if expected.is_some() { "completed" } else { "failed" };
        assert_eq!(requests.to("/after")[0].field("DialCallStatus"), status);
        let refused: &[u32] = match (expected, lends) {
            (Some(_), _) => &[],
            (None, false) => &[32224],
            (None, true) => &[13214],
        };
        assert_eq!(warning_codes(&simulator), refused);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_takes_the_dialled_leg_along_at_any_time() {
    for moment in [2, 4, 10] {
        let (simulator, requests, ana) = with(|_| {}, ASKS, Character::presses(seconds(3), '1'));

        let caller = simulator.call("+441632960999", line());
        sleep(seconds(moment)).await;
        caller.hang_up();
        simulator.until_quiet().await;

        assert!(ana.hears().is_none());
        assert!(after(&requests, "DialCallStatus").is_empty(), "nothing follows for who has left");
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_in_a_forward_is_seen_and_a_silent_end_too() {
    let mailbox = Character::Voicemail(Mailbox { answers_after: seconds(3), greeting: seconds(3) });
    let (simulator, _, _) = with(|_| {}, "<Say>Hello</Say>", mailbox);
    simulator.call("+441632960999", line()).until_talks().await;
    let seen: Vec<_> = simulator.violations().into_iter().map(|violation| violation.what).collect();
    assert_eq!(seen, [Wrong::Machine]);

    let (simulator, _, _) = with(|_| {}, "<Hangup/>", Character::human(seconds(3)));
    simulator.call("+441632960999", line()).until_ends().await;
    let seen: Vec<_> = simulator.violations().into_iter().map(|violation| violation.what).collect();
    assert_eq!(seen, [Wrong::WordlessEnd]);
}
