use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, response::IntoResponse};
use http::{Request, Response, StatusCode, header};
use tokio::time::Instant;
use tower::{ServiceExt, service_fn, util::BoxCloneSyncService};

use super::*;
use crate::carrier::transport::{TransportError, in_process};

#[tokio::test(start_paused = true)]
async fn an_order_to_dial_is_taken() {
    let carrier = Fake::saying([created()]);

    let call = carrier.client().create_call(order(), &|| true).await;

    assert_eq!(call, Ok(CreatedCall { sid: sid(), queue_time: Duration::from_secs(2) }));
    let requests = carrier.requests();
    assert_eq!(requests[0].line, "POST /2010-04-01/Accounts/AC1/Calls.json");
    assert_eq!(requests[0].authorization, "Basic U0sxOnMzY3JldA==");
    assert!(requests[0].body.starts_with("To=%2B447700900001&From=%2B441632960000&"), "{}", requests[0].body);
    assert_eq!(requests[0].body.matches("StatusCallbackEvent=").count(), 4);
}

#[tokio::test(start_paused = true)]
async fn another_secret_is_used_from_the_next_request_on() {
    let carrier = Fake::saying([created(), created()]);
    let client = carrier.client();

    client.create_call(order(), &|| true).await.unwrap();
    client.log_in_with("AC1", &"n3w".into());
    client.create_call(order(), &|| true).await.unwrap();

    let used: Vec<_> = carrier.requests().into_iter().map(|request| request.authorization).collect();
    assert_eq!(used, ["Basic U0sxOnMzY3JldA==", "Basic QUMxOm4zdw=="]);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_was_not_processed_is_given_again() {
    for setback in [says(429, "{}"), says(503, r#"{"code":20429,"message":"slow down"}"#), not_connected()] {
        let carrier = Fake::saying([setback.clone(), setback, created()]);

        let call = carrier.client().create_call(order(), &|| true).await;

        assert!(call.is_ok(), "{call:?}");
        assert_eq!(carrier.requests().len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_may_have_been_carried_out_is_never_given_again() {
    let setbacks =
        [broken(), Said::Nothing, says(500, "{}"), says(502, "<html>"), says(503, "{}"), says(504, ""), says(201, "{")];
    for setback in setbacks {
        let carrier = Fake::saying([setback.clone(), created()]);

        let call = carrier.client().create_call(order(), &|| true).await;

        assert!(matches!(call, Err(CarrierError::AnswerLost(_))), "{setback:?}: {call:?}");
        assert_eq!(carrier.requests().len(), 1, "{setback:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_is_given_four_times_at_the_most_and_within_its_time() {
    let begun = Instant::now();
    let carrier = Fake::saying(vec![says(429, "{}"); 9]);

    let call = carrier.client().create_call(order(), &|| true).await;

    assert!(matches!(call, Err(CarrierError::Unavailable(_))), "{call:?}");
    assert_eq!(carrier.requests().len(), 4);
    assert!(begun.elapsed() <= Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_order_that_nobody_wants_any_more_is_not_given_again() {
    let carrier = Fake::saying([says(429, "{}"), created()]);

    let call = carrier.client().create_call(order(), &|| false).await;

    assert!(matches!(call, Err(CarrierError::Unavailable(_))), "{call:?}");
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_carrier_says_how_long_to_wait() {
    let begun = Instant::now();
    let carrier = Fake::saying([asks_to_wait("3"), created()]);

    carrier.client().create_call(order(), &|| true).await.unwrap();

    assert!(begun.elapsed() >= Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_is_not_waited_for() {
    for wait in ["60", "18446744073709551615"] {
        let begun = Instant::now();
        let carrier = Fake::saying([asks_to_wait(wait), created()]);

        let call = carrier.client().create_call(order(), &|| true).await;

        assert!(matches!(call, Err(CarrierError::Unavailable(_))), "{call:?}");
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_number_is_told_without_the_number() {
    let carrier =
        Fake::saying([says(400, r#"{"code":21211,"message":"'To' +447700900001 is not valid","status":400}"#)]);

    let error = carrier.client().create_call(order(), &|| true).await.unwrap_err();

    assert_eq!(error, CarrierError::BadNumber { code: 21211, message: "'To' …01 is not valid".to_owned() });
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_account_is_a_matter_of_configuration() {
    let wrong = [
        (401, r#"{"code":20003,"message":"Authenticate"}"#),
        (404, r#"{"code":20404,"message":"Not found"}"#),
        (401, "nonsense"),
    ];
    for (status, body) in wrong {
        let carrier = Fake::saying([says(status, body)]);

        let error = carrier.client().create_call(order(), &|| true).await.unwrap_err();

        assert!(matches!(error, CarrierError::Configuration { .. }), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_refusal_is_told_as_it_is() {
    let carrier = Fake::saying([says(422, r#"{"message":"no"}"#), says(302, "")]);
    let client = carrier.client();

    assert_eq!(
        client.create_call(order(), &|| true).await,
        Err(CarrierError::Refused { status: 422, code: 0, message: "no".to_owned() })
    );
    assert!(matches!(client.create_call(order(), &|| true).await, Err(CarrierError::Refused { status: 302, .. })));
}

#[tokio::test(start_paused = true)]
async fn a_leg_is_ended_as_asked_and_its_status_told() {
    let carrier = Fake::saying([call("canceled"), call("in-progress"), call("completed")]);
    let client = carrier.client();

    assert_eq!(client.end_call(sid(), End::IfUnanswered, &|| true).await, Ok(CallStatus::Canceled));
    assert_eq!(client.end_call(sid(), End::IfUnanswered, &|| true).await, Ok(CallStatus::InProgress));
    assert_eq!(client.end_call(sid(), End::AtOnce, &|| true).await, Ok(CallStatus::Completed));
    let requests: Vec<_> = carrier.requests().into_iter().map(|request| (request.line, request.body)).collect();
    let line = "POST /2010-04-01/Accounts/AC1/Calls/CA0123.json".to_owned();
    assert_eq!(requests[0], (line.clone(), "Status=canceled".to_owned()));
    assert_eq!(requests[2], (line, "Status=completed".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn ending_a_leg_that_is_over_is_a_success() {
    for (status, body) in [(400, r#"{"code":21220}"#), (404, r#"{"code":20404}"#), (404, "")] {
        let carrier = Fake::saying([says(status, body)]);

        assert_eq!(carrier.client().end_call(sid(), End::IfUnanswered, &|| true).await, Ok(CallStatus::Completed));
        assert_eq!(carrier.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn ending_is_tried_again_whatever_went_wrong() {
    for setback in [broken(), Said::Nothing, not_connected(), says(500, "{}"), says(429, "{}")] {
        let carrier = Fake::saying([setback.clone(), setback, call("completed")]);

        assert_eq!(carrier.client().end_call(sid(), End::AtOnce, &|| true).await, Ok(CallStatus::Completed));
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_carrier_is_given_up_in_the_end() {
    let begun = Instant::now();
    let carrier = Fake::saying(vec![Said::Nothing; 9]);

    let error = carrier.client().end_call(sid(), End::AtOnce, &|| true).await.unwrap_err();

    assert_eq!(error, CarrierError::AnswerLost("no answer in time".to_owned()));
    assert!(begun.elapsed() <= Duration::from_secs(25), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_leg_is_sent_to_another_document() {
    let carrier = Fake::saying([call("in-progress"), says(400, r#"{"code":21220}"#), says(404, "{}")]);
    let client = carrier.client();
    let url = || "https://x.org/a?b=1&c=2".to_owned();

    assert_eq!(client.redirect_call(sid(), url(), &|| true).await, Ok(()));
    assert_eq!(client.redirect_call(sid(), url(), &|| true).await, Err(CarrierError::NotInState));
    assert_eq!(client.redirect_call(sid(), url(), &|| true).await, Err(CarrierError::Unknown));
    assert_eq!(carrier.requests()[0].body, "Url=https%3A%2F%2Fx.org%2Fa%3Fb%3D1%26c%3D2&Method=POST");
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_not_torn_out_of_the_talk_by_the_repetition_of_what_led_them_there() {
    for setback in [broken(), Said::Nothing, says(500, "{}"), says(503, "{}")] {
        let carrier = Fake::saying([setback.clone(), call("in-progress")]);

        let redirected = carrier.client().redirect_call(sid(), "https://x.org/".to_owned(), &|| true).await;

        assert!(matches!(redirected, Err(CarrierError::AnswerLost(_))), "{setback:?}: {redirected:?}");
        assert_eq!(carrier.requests().len(), 1, "{setback:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_not_torn_out_of_the_talk_by_a_redirect_that_had_to_wait_for_the_carrier() {
    let carrier = Fake::saying([says(429, "{}"), call("in-progress")]);

    let redirected = carrier.client().redirect_call(sid(), "https://x.org/".to_owned(), &|| false).await;

    assert!(matches!(redirected, Err(CarrierError::Unavailable(_))), "{redirected:?}");
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_leg_is_looked_up() {
    let carrier = Fake::saying([call("ringing"), says(404, "{}"), call("dancing")]);
    let client = carrier.client();

    assert_eq!(client.look_up_call(sid()).await, Ok(Some(CallStatus::Ringing)));
    assert_eq!(client.look_up_call(sid()).await, Ok(None));
    assert!(matches!(client.look_up_call(sid()).await, Err(CarrierError::AnswerLost(_))));
    assert_eq!(carrier.requests()[0].line, "GET /2010-04-01/Accounts/AC1/Calls/CA0123.json");
}

#[tokio::test(start_paused = true)]
async fn who_is_in_a_room_is_looked_up() {
    let carrier = Fake::saying([
        says(200, r#"{"conferences":[{"sid":"CF7","status":"in-progress"}],"page":0}"#),
        says(200, r#"{"participants":[{"call_sid":"CA1"},{"call_sid":"CA2"},{"call_sid":"../"}]}"#),
    ]);

    let legs = carrier.client().look_up_room("CA 1".to_owned()).await.unwrap();

    assert_eq!(legs, ["CA1".parse().unwrap(), "CA2".parse().unwrap()]);
    let lines: Vec<_> = carrier.requests().into_iter().map(|request| request.line).collect();
    assert_eq!(
        lines,
        [
            "GET /2010-04-01/Accounts/AC1/Conferences.json?FriendlyName=CA+1&Status=in-progress",
            "GET /2010-04-01/Accounts/AC1/Conferences/CF7/Participants.json",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn who_waits_alone_in_a_room_that_has_not_started_is_found_too() {
    let carrier = Fake::saying([
        says(200, r#"{"conferences":[{"sid":"CF7","status":"init"}]}"#),
        says(200, r#"{"participants":[{"call_sid":"CA1"}]}"#),
        says(200, r#"{"conferences":[]}"#),
    ]);

    let legs = carrier.client().look_up_everybody("CA7".to_owned()).await.unwrap();

    assert_eq!(legs, ["CA1".parse().unwrap()]);
    let lines: Vec<_> = carrier.requests().into_iter().map(|request| request.line).collect();
    assert_eq!(
        lines,
        [
            "GET /2010-04-01/Accounts/AC1/Conferences.json?FriendlyName=CA7&Status=init",
            "GET /2010-04-01/Accounts/AC1/Conferences/CF7/Participants.json",
            "GET /2010-04-01/Accounts/AC1/Conferences.json?FriendlyName=CA7&Status=in-progress",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_not_lost_to_a_room_whose_name_fits_into_no_address() {
    for sid in ["C".repeat(70_000), String::new()] {
        let carrier = Fake::saying([says(200, &format!(r#"{{"conferences":[{{"sid":"{sid}"}}]}}"#))]);

        let legs = carrier.client().look_up_room("CA1".to_owned()).await;

        assert!(matches!(legs, Err(CarrierError::AnswerLost(_))), "{legs:?}");
        assert_eq!(carrier.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_room_that_is_not_there_is_empty() {
    let carrier = Fake::saying([
        says(200, r#"{"conferences":[]}"#),
        says(200, r#"{"conferences":[{"sid":"CF7"}]}"#),
        says(404, "{}"),
        says(200, r#"{"conferences":[{"sid":"../../x y"}]}"#),
    ]);
    let client = carrier.client();

    assert_eq!(client.look_up_room("CA1".to_owned()).await, Ok(vec![]));
    assert_eq!(client.look_up_room("CA1".to_owned()).await, Ok(vec![]));
    assert!(client.look_up_room("CA1".to_owned()).await.is_err());
}

#[test]
fn another_clouds_path_is_kept_and_credentials_are_not() {
    let account = |api_base: &str| TwilioAccount { api_base: api_base.parse().unwrap(), ..account() };

    let laml = account("https://user:pass@space.example/api/laml/?x=1#y");
    assert_eq!(address(&laml, "Calls").as_deref(), Ok("https://space.example/api/laml/2010-04-01/Accounts/AC1/Calls"));
    assert_eq!(address(&account("mailto:ana@x.org"), "Calls"), Err(BadAccount::ApiBase));
}

#[test]
fn an_account_prints_no_secret() {
    assert!(!format!("{:?}", account()).contains("s3cret"));
}

/// What the carrier does with one request.
#[derive(Debug, Clone)]
enum Said {
    Answer { status: u16, retry_after: Option<&'static str>, body: String },
    Nothing,
    Failure(TransportError),
}

#[derive(Debug, Clone)]
struct Heard {
    line: String,
    authorization: String,
    body: String,
}

/// A carrier that says one thing after the other and remembers what it heard.
#[derive(Clone)]
struct Fake {
    script: Arc<Mutex<VecDeque<Said>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Fake {
    fn saying(script: impl IntoIterator<Item = Said>) -> Self {
        Self { script: Arc::new(Mutex::new(script.into_iter().collect())), heard: Arc::default() }
    }

    fn client(&self) -> TwilioClient {
        let fake = self.clone();
        let http = service_fn(move |request: Request<Bytes>| {
            let said = fake.hear(&request);
            async move {
                let Said::Failure(error) = said else { return in_process(playing(said)).oneshot(request).await };
                Err(error)
            }
        });
        TwilioClient::new(&account(), BoxCloneSyncService::new(http)).unwrap()
    }

    fn hear(&self, request: &Request<Bytes>) -> Said {
        let heard = Heard {
            line: format!("{} {}", request.method(), request.uri().path_and_query().unwrap()),
            authorization: request.headers()[header::AUTHORIZATION].to_str().unwrap().to_owned(),
            body: String::from_utf8(request.body().to_vec()).unwrap(),
        };
        self.heard.lock().unwrap().push(heard);
        self.script.lock().unwrap().pop_front().unwrap()
    }

    fn requests(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

fn playing(said: Said) -> Router {
    Router::new().fallback(move || async move {
        let Said::Answer { status, retry_after, body } = said else { pending().await };
        let mut answer: Response<_> = (StatusCode::from_u16(status).unwrap(), body).into_response();
        if let Some(seconds) = retry_after {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.parse().unwrap());
        }
        answer
    })
}

fn says(status: u16, body: &str) -> Said {
    Said::Answer { status, retry_after: None, body: body.to_owned() }
}

fn asks_to_wait(seconds: &'static str) -> Said {
    Said::Answer { status: 429, retry_after: Some(seconds), body: r#"{"code":20429}"#.to_owned() }
}

fn created() -> Said {
    says(201, r#"{"sid":"CA0123","status":"queued","queue_time":"2000","duration":null}"#)
}

fn call(status: &str) -> Said {
    says(200, &format!(r#"{{"sid":"CA0123","status":"{status}"}}"#))
}

fn broken() -> Said {
    Said::Failure(TransportError::Broken("reset".to_owned()))
}

fn not_connected() -> Said {
    Said::Failure(TransportError::NotConnected("refused".to_owned()))
}

fn account() -> TwilioAccount {
    TwilioAccount {
        api_base: "https://api.twilio.com".parse().unwrap(),
        account_sid: "AC1".to_owned(),
        user: "SK1".to_owned(),
        secret: "s3cret".into(),
    }
}

fn order() -> CreateCall {
    CreateCall {
        to: "+447700900001".parse().unwrap(),
        from: "+441632960000".parse().unwrap(),
        url: "https://x.org/leg".to_owned(),
        fallback_url: "https://x.org/fallback".to_owned(),
        status_callback: "https://x.org/status".to_owned(),
        timeout: Duration::from_secs(30),
        detection: None,
        call_token: None,
    }
}

fn sid() -> CallSid {
    "CA0123".parse().unwrap()
}
