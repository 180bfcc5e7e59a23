//! Requests that no honest carrier sends, and honest ones that are odd: nothing happens, or polite words.

use axum::body::Body;
use http::{Request, StatusCode, header};
use ringall::simulator::Hearing;

use crate::support::{
    LINE, Stage, TOKEN, World, conversations,
    forge::{incoming, post},
    millis,
};

conversations! {
    anywhere: [
        whoever_cannot_sign_rings_nobody,
        program_is_not_ready_after_five_wrong_signatures_until_a_right_one,
        what_is_not_a_form_is_turned_away,
        signed_but_odd_webhooks_get_polite_answers,
        call_that_is_over_before_it_came_rings_nobody,
        replayed_webhook_of_a_call_that_is_over_rings_nobody,
    ],
    virtual_time: [
        form_that_trickles_is_let_go_after_a_while,
        carrier_may_ask_by_get,
        fallback_of_a_known_call_goes_on_with_it,
        fallback_of_an_unknown_call_begins_it,
        names_full_of_markup_are_spoken_as_they_are,
        call_through_a_proxy_that_hands_the_path_on_is_taken,
    ],
}

async fn whoever_cannot_sign_rings_nobody(stage: Stage) {
    let world = stage.hotline().open().await;
    let form = |account: &str| {
        let mut form = vec![("AccountSid".to_owned(), account.to_owned())];
        form.extend(incoming("CA1", "+441632960101").map(|(name, value)| (name.to_owned(), value.to_owned())));
        form
    };
    let own = form(crate::support::ACCOUNT);
    let foreign = form("AC00000000000000000000000000000002");

    let unsigned = world.send(post("/voice", "").body(Body::empty()).expect("a request")).await;
    let wrong = world.post_form("/voice", &own, "a-guess").await;
    let other = world.post_form("/voice", &foreign, TOKEN).await;
    let nobodys = world.post_form("/voice", &own[1..].to_vec(), TOKEN).await;

    assert_eq!([unsigned.status, wrong.status, other.status], [StatusCode::FORBIDDEN; 3]);
    assert!(nobodys.says("<Hangup/>"), "signed but odd is answered politely: {nobodys:?}");
    assert_eq!(world.program.service.switchboard.live_calls(), 0);
    assert_eq!(world.phone("Ana").times_dialled(), 0);
    world.finish().await;
}

async fn program_is_not_ready_after_five_wrong_signatures_until_a_right_one(stage: Stage) {
    let world = stage.hotline().open().await;
    for _ in 0..4 {
        world.post_form("/voice", &Vec::new(), "a-guess").await;
    }
    assert_eq!(ready(&world).await, StatusCode::OK);

    world.post_form("/voice", &Vec::new(), "a-guess").await;
    assert_eq!(ready(&world).await, StatusCode::SERVICE_UNAVAILABLE);

    world.post("/voice/status", &[("CallSid", "CA1"), ("CallStatus", "ringing")]).await;
    assert_eq!(ready(&world).await, StatusCode::OK);
    world.finish().await;
}

async fn what_is_not_a_form_is_turned_away(stage: Stage) {
    let world = stage.hotline().open().await;
    let json = Request::post("/voice")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from("{}"))
        .expect("a request");
    let large = post("/voice", "").header("X-Twilio-Signature", "a-guess");
    let large = large.body(Body::from("x".repeat(64 * 1024 + 1))).expect("a request");

    assert_eq!(world.send(json).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(world.send(large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    world.finish().await;
}

async fn form_that_trickles_is_let_go_after_a_while(stage: Stage) {
    let world = stage.hotline().open().await;
    let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>;
    let stranger = post("/voice", "x=1").body(Body::from_stream(never())).expect("a request");
    let trickle = post("/voice", "x=1")
        .header("X-Twilio-Signature", "a-guess")
        .body(Body::from_stream(never()))
        .expect("a request");

    let began = world.now();
    assert_eq!(world.send(stranger).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.now(), began, "nothing without a signature is waited for");
    assert_eq!(world.send(trickle).await.status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!((world.now() - began) / 1000, 10);
    world.finish().await;
}

async fn signed_but_odd_webhooks_get_polite_answers(stage: Stage) {
    let world = stage.hotline().open().await;
    let caller = world.call();
    world.phone("Ana").until_rings().await;
    let call = caller.sid();
    // The legs have their names by then, which a stranger cannot take from them.
    world.after(millis(500)).await;

    let documents = [
        "/voice".to_owned(),
        "/voice/fallback".to_owned(),
        "/sms".to_owned(),
        "/voice/calls/CA9/now".to_owned(),
        "/voice/calls/CA9/after/1".to_owned(),
        "/voice/calls/CA9/dial-ended".to_owned(),
        "/voice/calls/CA9/wait".to_owned(),
        "/voice/calls/CA9/rounds/1/legs/1".to_owned(),
        "/voice/calls/%00/rounds/-1/legs/99999999999999999999".to_owned(),
        format!("/voice/calls/{call}/rounds/7/legs/1"),
        format!("/voice/calls/{call}/rounds/1/legs/77"),
        format!("/voice/calls/{call}/rounds/x/legs/y/key"),
        format!("/voice/calls/{call}/rounds/1/legs/1/dial-ended"),
        format!("/voice/calls/{call}/legs/1/told/nonsense"),
    ];
    let odd: [&[(&str, &str)]; 4] = [
        &[],
        &[("CallSid", "")],
        &[("CallSid", "not a sid \u{0} <x>"), ("CallStatus", "dancing"), ("From", "<&\">"), ("To", "nobody")],
        &[("CallSid", "CAodd"), ("To", "+1"), ("Digits", "💥"), ("AnsweredBy", "parrot")],
    ];
    for path in &documents {
        for fields in odd {
            let answer = world.post(path, fields).await;
            assert!(answer.says("<Response"), "{path} with {fields:?}: {answer:?}");
        }
    }
    for path in ["/voice/status", "/voice/calls/CA9/room", "/voice/calls/CA9/rounds/1/legs/1/status"] {
        for fields in odd {
            assert_eq!(world.post(path, fields).await.status, StatusCode::NO_CONTENT, "{path}");
        }
    }

    caller.hang_up();
    world.finish().await;
}

async fn call_that_is_over_before_it_came_rings_nobody(stage: Stage) {
    let world = stage.hotline().open().await;

    world.post("/voice/status", &[("CallSid", "CA7"), ("CallStatus", "completed")]).await;
    let late = world.post("/voice", &incoming("CA7", "+441632960101")).await;

    assert!(late.says("<Hangup"), "{late:?}");
    assert_eq!(world.phone("Ana").times_dialled(), 0);
    world.finish().await;
}

async fn replayed_webhook_of_a_call_that_is_over_rings_nobody(stage: Stage) {
    let world = stage.hotline().open().await;
    let caller = world.call();
    world.phone("Ana").until_rings().await;
    caller.hang_up();
    world.come_to_rest().await;

    for entry in world.carrier.webhook_log().iter().filter(|entry| entry.form.iter().any(|(name, _)| name == "CallSid"))
    {
        world.repeat(entry).await;
    }
    world.after(millis(500)).await;

    assert_eq!(world.phone("Ana").times_dialled(), 1);
    world.finish().await;
}

async fn carrier_may_ask_by_get(stage: Stage) {
    let world = stage.hotline().open().await;
    let answer =
        world.get("/voice", &[("CallSid", "CA3"), ("AccountSid", crate::support::ACCOUNT), ("To", "+441")]).await;
    assert!(answer.says("nobody can be reached at this number"), "{answer:?}");
    world.finish().await;

    let world = stage.hotline().by_get().open().await;
    let ana = world.phone("Ana");
    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;
    assert_eq!(world.carrier.webhook_log()[0].method, http::Method::GET);
    caller.hang_up();
    world.finish().await;
}

async fn fallback_of_a_known_call_goes_on_with_it(stage: Stage) {
    let mut world = stage.hotline().open().await;
    let caller = world.call();
    world.phone("Ana").until_rings().await;
    let sid = caller.sid();

    let fields = [("CallSid", sid.as_str()), ("From", "+441632960999"), ("To", LINE), ("CallStatus", "ringing")];
    let answer = world.post("/voice/fallback", &fields).await;

    assert!(answer.says("<Conference"), "{answer:?}");
    assert_eq!(world.times("a call comes in"), 1);
    caller.hang_up();
    world.finish().await;
}

async fn fallback_of_an_unknown_call_begins_it(stage: Stage) {
    let world = stage.hotline().broken_voice_url().open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');
    caller.until_talks().await;

    caller.hang_up();
    let mut world = world;
    world.expect_warning(11200);
    world.finish().await;
}

async fn names_full_of_markup_are_spoken_as_they_are(stage: Stage) {
    let hotline = stage.hotline().people(&["<Ana & \"Ben\"> ☎"]);
    let world = hotline.line("name = \"Help <&> 'us' ☂\"").open().await;
    let ana = world.phone("<Ana & \"Ben\"> ☎");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("Call for Help <&> 'us' ☂. To take").await;
    ana.press('1');
    caller.until_talks().await;
    assert!(matches!(caller.hears(), Hearing::Talking(with) if with.contains("<Ana & \"Ben\"> ☎")));

    caller.hang_up();
    world.finish().await;
}

async fn call_through_a_proxy_that_hands_the_path_on_is_taken(stage: Stage) {
    let world = stage.hotline().under("/hot/line").open().await;
    let ana = world.phone("Ana");

    let caller = world.call();
    ana.until_rings().await;
    ana.answer();
    ana.until_hears("press any digit").await;
    ana.press('1');

    caller.until_talks().await;
    caller.hang_up();
    world.finish().await;
}

async fn ready(world: &World) -> StatusCode {
    world.send(Request::get("/readyz").body(Body::empty()).expect("a request")).await.status
}
