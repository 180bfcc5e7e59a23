//! People and machines, each in a call of its own.

use super::{super::*, harness::*};

const GATE: &str = r#"<Gather numDigits="1" action="/key" timeout="5"><Say>Press a key to take the call</Say></Gather>
    <Redirect>/leg</Redirect>"#;

fn gate(seen: &Seen) -> Answer {
    match seen.path() {
        "/leg" => GATE.into(),
        "/key" if seen.field("Digits") == "1" => r#"<Say>Connecting</Say><Pause length="20"/>"#.into(),
        "/key" => "<Redirect>/leg</Redirect>".into(),
        _ => Answer::status(204),
    }
}

/// Dials one telephone of this character; answers with the keys that arrived and the final status after 80 s.
async fn keys_of(character: Character) -> (Vec<String>, Option<Status>) {
    let (simulator, requests) = simulator(settings(), gate);
    let ana = ana(&simulator, character);
    dial(&simulator, ana.number(), &[("Timeout", "30")]).await;
    sleep(seconds(100)).await;

    let keys = requests.to("/key").iter().map(|seen| seen.field("Digits").to_owned()).collect();
    (keys, ana.status())
}

#[tokio::test(start_paused = true)]
async fn a_human_presses_the_key_when_asked() {
    let (keys, status) = keys_of(Character::presses(seconds(4), '1')).await;

    assert_eq!((keys, status), (vec!["1".to_owned()], Some(Status::Completed)));
}

#[tokio::test(start_paused = true)]
async fn a_human_may_press_a_wrong_key_first() {
    let (keys, _) = keys_of(Character::wrong_key_first(seconds(4), '5', '1')).await;

    assert_eq!(keys, ["5", "1"]);
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_answers_late_and_ignores_keys() {
    let (keys, status) = keys_of(Character::voicemail()).await;

    assert_eq!((keys.len(), status), (0, Some(Status::Completed)));
}

#[tokio::test(start_paused = true)]
async fn call_screening_answers_at_once_and_a_human_may_follow() {
    let owner = Human { presses: vec!['1'], ..Human::after(seconds(8)) };
    let (keys, _) = keys_of(Character::Screening { answers_after: seconds(0), owner: Some(owner) }).await;
    assert_eq!(keys, ["1"]);

    let (keys, status) = keys_of(Character::Screening { answers_after: seconds(0), owner: None }).await;
    assert_eq!((keys.len(), status), (0, Some(Status::Completed)));
}

#[tokio::test(start_paused = true)]
async fn the_others_end_as_the_network_says() {
    let mailbox = Some(Mailbox::default());
    let cases = [
        (Character::Busy, Status::Busy),
        (Character::Off, Status::Failed),
        (Character::Declines { after: seconds(3), mailbox: None }, Status::Busy),
        (Character::Declines { after: seconds(3), mailbox }, Status::Completed),
        (Character::RingsOut, Status::NoAnswer),
        (Character::hangs_up(seconds(3), seconds(2)), Status::Completed),
    ];
    for (character, expected) in cases {
        let (keys, status) = keys_of(character.clone()).await;

        assert_eq!((keys.len(), status), (0, Some(expected)), "{character:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_people_answer_and_press_in_the_same_instant() {
    let (simulator, requests) = simulator(settings(), gate);
    let ana = ana(&simulator, Character::together(1, seconds(5), Some('1')));
    let ben = ben(&simulator, Character::together(1, seconds(5), Some('1')));

    dial(&simulator, ana.number(), &[]).await;
    dial(&simulator, ben.number(), &[]).await;
    ben.until_hears("Connecting").await;

    let answered = |phone: &Phone| phone.heard().iter().find(|heard| heard.what == Hearing::Rings).unwrap().at;
    assert_eq!((answered(&ana), answered(&ben)), (500, 1500));
    let at: Vec<_> =
        simulator.webhook_log().iter().filter(|entry| entry.url.ends_with("/leg")).map(|entry| entry.at).collect();
    assert!(at[0].abs_diff(at[1]) <= 20, "{at:?}");
    assert_eq!(requests.to("/key").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_engaged_telephone_is_busy_or_has_call_waiting() {
    for (call_waiting, expected) in [(false, Status::Busy), (true, Status::Ringing)] {
        let switches = Switches { call_waiting, ..Switches::default() };
        let (simulator, _) = simulator(Settings { switches, ..settings() }, gate);
        let ana = ana(&simulator, Character::Manual);

        dial(&simulator, ana.number(), &[]).await;
        ana.until_rings().await;
        ana.answer();
        dial(&simulator, ana.number(), &[]).await;
        sleep(seconds(3)).await;

        assert_eq!(ana.status(), Some(expected));
        let violations: Vec<_> = simulator.violations().into_iter().map(|violation| violation.what).collect();
        assert_eq!(violations, [Wrong::TwoOffers]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_manual_telephone_does_as_it_is_told() {
    let (simulator, requests) = simulator(settings(), gate);
    let ana = ana(&simulator, Character::Manual);
    assert!(!ana.answer() && !ana.press('1') && !ana.hang_up());

    dial(&simulator, ana.number(), &[]).await;
    ana.until_rings().await;
    assert!(ana.let_mailbox_answer() && !ana.decline());
    ana.until_hears("Press a key").await;
    assert!(ana.hang_up());
    ana.until_idle().await;

    dial(&simulator, ana.number(), &[]).await;
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("Press a key").await;
    ana.press('1');
    ana.until_hears("Connecting").await;

    assert_eq!(requests.to("/key")[0].field("Digits"), "1");
    assert_eq!(ana.times_dialled(), 2);
}

/// A whole evening of random people, switches and faults; answers with all that was said and sent.
async fn evening(seed: u64) -> String {
    let mut rng = fastrand::Rng::with_seed(seed);
    let (switches, faults) = (Switches::random(&mut rng), Faults::random(&mut rng));
    let settings = Settings { switches, faults, seed, ..settings() };
    let (simulator, requests) = simulator(settings, |seen| {
        match seen.path() {
        "/voice" | "/voice/fallback" => {
            r#"<Dial action="/after"><Conference maxParticipants="2" endConferenceOnExit="true">room</Conference></Dial>"#
                .into()
        }
        "/after" => "<Say>Goodbye</Say>".into(),
        "/key" => "<Redirect>/voice</Redirect>".into(),
        _ => gate(seen),
    }
    });
    let phones: Vec<Phone> = (1..=6)
        .map(|nth| simulator.add_phone(&format!("Person {nth}"), number(nth), Character::random(&mut rng)))
        .collect();
    for nth in 0..4 {
        simulator.call(&format!("+44163296090{nth}"), line());
        for phone in &phones {
            let from = line().expose();
            let to = phone.number().expose();
            let url = format!("{BASE}/leg");
            let mut fields = vec![("To", to.as_str()), ("From", from.as_str()), ("Url", url.as_str())];
            fields.extend(all_events());
            fields.push(("MachineDetection", "Enable"));
            let creating = api(&simulator, http::Method::POST, "Calls.json", &fields);
            // A request that hangs is given up.
            let _ = timeout(seconds(10), creating).await;
        }
    }
    sleep(seconds(300)).await;
    format!("{}{:?}{:?}", simulator.conversation(), requests.paths(), simulator.violations())
}

#[tokio::test(start_paused = true)]
async fn an_evening_follows_from_its_seed() {
    for seed in 0..8 {
        let first = evening(seed).await;

        assert!(first == evening(seed).await, "seed {seed} differs:\n{first}");
    }
    assert_ne!(evening(1).await, evening(2).await);
}
