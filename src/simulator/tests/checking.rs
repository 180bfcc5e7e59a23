//! What the checker finds, and what the page is shown.

use super::{super::*, harness::*};

fn wrongs(simulator: &Simulator) -> Vec<Wrong> {
    simulator.violations().into_iter().map(|violation| violation.what).collect()
}

#[tokio::test(start_paused = true)]
async fn more_than_two_seconds_of_silence_are_noticed() {
    for (verbs, expected) in [
        (r#"<Say>One</Say><Pause length="2"/><Say>Two</Say>"#, vec![]),
        (r#"<Say>One</Say><Pause length="3"/><Say>Two</Say>"#, vec![Wrong::Silence(3000)]),
        (r#"<Pause length="3"/><Say>Two</Say>"#, vec![]),
        (r#"<Say>One</Say><Play>/missing.wav</Play><Pause length="1"/>"#, vec![]),
    ] {
        let (simulator, _) = simulator(settings(), move |seen| match seen.path() {
            "/voice" => verbs.into(),
            _ => Answer::status(404),
        });

        simulator.call("+441632960999", line()).until_ends().await;

        assert_eq!(wrongs(&simulator), expected, "{verbs}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_carriers_music_is_noticed() {
    let (simulator, _) = simulator(settings(), |_| "<Dial><Conference>room</Conference></Dial>".into());

    simulator.call("+441632960999", line());
    sleep(seconds(1)).await;

    assert_eq!(wrongs(&simulator), [Wrong::Music]);
}

#[tokio::test(start_paused = true)]
async fn strangers_in_one_room_are_noticed() {
    let (simulator, _) = simulator(settings(), |_| r#"<Dial><Conference waitUrl="">room</Conference></Dial>"#.into());
    let ana = ana(&simulator, Character::voicemail());

    simulator.call("+441632960999", line());
    simulator.call("+441632960998", line());
    sleep(seconds(1)).await;
    assert_eq!(wrongs(&simulator), [Wrong::TwoCallers]);
    dial(&simulator, ana.number(), &[]).await;
    ana.until_talks().await;

    assert_eq!(wrongs(&simulator)[..], [Wrong::TwoCallers, Wrong::TwoCallers, Wrong::ThreeTalkers, Wrong::Machine]);
}

#[tokio::test(start_paused = true)]
async fn a_human_who_is_cut_off_without_a_word_is_noticed() {
    let (simulator, _) = simulator(settings(), |seen| match seen.path() {
        "/leg" if seen.field("To").ends_with('1') => "<Hangup/>".into(),
        _ => "<Say>Somebody else has the call</Say>".into(),
    });
    let ana = ana(&simulator, Character::human(seconds(1)));
    let ben = ben(&simulator, Character::human(seconds(1)));

    dial(&simulator, ana.number(), &[]).await;
    dial(&simulator, ben.number(), &[]).await;
    ben.until_rings().await;
    ben.until_ends().await;

    let violations = simulator.violations();
    assert_eq!(violations.len(), 1);
    assert_eq!((violations[0].who.as_str(), violations[0].what), ("Ana", Wrong::WordlessEnd));
}

#[tokio::test(start_paused = true)]
async fn what_still_rings_is_named() {
    let (simulator, _) = simulator(settings(), |_| "<Hangup/>".into());
    let ana = ana(&simulator, Character::Manual);

    dial(&simulator, ana.number(), &[]).await;
    assert_eq!(simulator.still_ringing(), [""; 0]);
    ana.until_rings().await;

    assert_eq!(simulator.still_ringing(), ["Ana"]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_bears_silence_while_they_choose_and_not_when_they_have_chosen() {
    for (key, expected) in [(None, vec![]), (Some('1'), vec![Wrong::Silence(3000)])] {
        let (simulator, _) = simulator(settings(), |seen| match seen.path() {
            "/voice" => {
                let gather = r#"<Gather numDigits="1" timeout="5" action="/key"><Say>Press a key</Say></Gather>"#;
                format!("{gather}<Say>Good bye</Say>").into()
            }
            _ => Answer::from("<Say>Thank you</Say>").after(Duration::from_secs(3)),
        });

        let caller = simulator.call("+441632960999", line());
        caller.until_hears("Press a key").await;
        sleep(Duration::from_secs(4)).await;
        if let Some(key) = key {
            caller.press(key);
        }
        caller.until_ends().await;

        assert_eq!(wrongs(&simulator), expected, "{}", simulator.conversation());
    }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_shows_everybody() {
    let (simulator, _) = simulator(settings(), |_| r#"<Dial><Conference waitUrl="">room</Conference></Dial>"#.into());
    let ana = ana(&simulator, Character::Manual);
    ben(&simulator, Character::Busy);
    let mut changes = simulator.changes();

    simulator.call("anonymous", line());
    dial(&simulator, ana.number(), &[]).await;
    ana.until_rings().await;
    ana.answer();
    ana.until_talks().await;

    assert!(changes.has_changed().unwrap() && *changes.borrow_and_update() > 0);
    let snapshot = simulator.snapshot();
    let caller = &snapshot.callers[0];
    assert_eq!((caller.number.as_str(), caller.state, caller.talking_with.len()), ("anonymous", "talking", 1));
    let phones: Vec<_> =
        snapshot.phones.iter().map(|phone| (phone.name.as_str(), phone.character, phone.state)).collect();
    assert_eq!(phones, [("Ana", "manual", "talking"), ("Ben", "busy", "idle")]);
    assert!(serde_json::to_string(&snapshot).unwrap().contains("\"hears\":\"a conversation\""));
}
