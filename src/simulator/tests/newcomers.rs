//! Telephones of people who are not known before they are dialled.

use super::{super::*, harness::*};

#[tokio::test(start_paused = true)]
async fn whoever_is_dialled_gets_a_telephone_in_the_order_of_dialling() {
    let (simulator, _) = simulator(Settings { cps: 0.0, ..settings() }, |_| "<Say>Hello</Say>".into());
    let busy = Newcomer { character: Character::Busy, fault: None };
    simulator.expect_newcomers([Newcomer::manual(), busy]);

    for nth in [7, 5, 7, 6] {
        dial(&simulator, number(nth), &[]).await;
    }
    sleep(seconds(1)).await;

    let phones: Vec<_> =
        simulator.newcomers().iter().map(|phone| (phone.name(), phone.number(), phone.rings())).collect();
    let named = |nth, number_of, rings| (format!("phone {nth}"), number(number_of), rings);
    assert_eq!(phones, [named(1, 7, true), named(2, 5, false), named(3, 6, true)]);
}

#[tokio::test(start_paused = true)]
async fn order_to_dial_a_newcomer_may_fail() {
    let (simulator, _) = simulator(settings(), |_| "".into());
    simulator.expect_newcomers([Newcomer { fault: Some(RestFault::BadNumber), ..Newcomer::manual() }]);

    let to = number(3).expose();
    let order = [("To", to.as_str()), ("From", "+441632960000"), ("Url", "http://hotline.test/leg")];
    let (status, body) = api(&simulator, http::Method::POST, "Calls.json", &order).await;

    assert_eq!((status, &body["code"]), (400, &21211.into()));
    assert_eq!(simulator.newcomers().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn dial_verb_rings_newcomers_too() {
    let ring = "<Dial><Number>+447700900001</Number><Number>+447700900002</Number></Dial>";
    let (simulator, _) = simulator(settings(), move |_| ring.into());
    simulator.expect_newcomers([]);

    let caller = simulator.call("+441632960999", line());
    sleep(seconds(2)).await;
    assert!(simulator.newcomers()[1].answer());
    caller.until_talks().await;

    let talkers: Vec<_> = simulator.talks().into_iter().map(|(name, _)| name).collect();
    assert_eq!(talkers, ["…99", "phone 2"]);
}

#[tokio::test(start_paused = true)]
async fn fax_is_known_as_one_and_may_not_be_joined() {
    let room = "<Dial><Conference>room</Conference></Dial>";
    let (simulator, requests) = simulator(settings(), move |_| room.into());
    let ana = ana(&simulator, Character::Manual);

    let caller = simulator.call("+441632960999", line());
    dial(&simulator, ana.number(), &[("MachineDetection", "Enable")]).await;
    ana.until_rings().await;
    assert!(ana.is_listened_to() && ana.let_fax_answer());
    caller.until_talks().await;

    assert_eq!(requests.to("/leg")[0].field("AnsweredBy"), "fax");
    assert!(simulator.violations().iter().any(|violation| violation.what == Wrong::Machine));
}

#[tokio::test(start_paused = true)]
async fn room_that_is_full_for_one_is_free_for_the_next() {
    let (simulator, _) = simulator(settings(), |seen| match seen.path() {
        "/leg" => r#"<Dial action="/leg"><Conference>room</Conference></Dial>"#.into(),
        _ => "<Dial><Conference>room</Conference></Dial>".into(),
    });
    let ana = ana(&simulator, Character::human(seconds(1)));

    let caller = simulator.call("+441632960999", line());
    simulator.refuse_next_participant();
    dial(&simulator, ana.number(), &[]).await;
    caller.until_talks().await;

    assert_eq!(warning_codes(&simulator), [16020]);
}

#[tokio::test(start_paused = true)]
async fn everything_ends_when_the_network_breaks_down() {
    let (simulator, _) = simulator(settings(), |_| "<Dial><Conference>room</Conference></Dial>".into());
    let ana = ana(&simulator, Character::RingsOut);
    let caller = simulator.call("+441632960999", line());
    let sid = dial(&simulator, ana.number(), &[]).await;
    ana.until_rings().await;

    simulator.end_everything();

    assert!(caller.status().is_final() && !ana.rings() && simulator.knows(&sid));
    assert_eq!(simulator.live_legs(), [""; 0]);
}
