//! The REST API: who may ask, what it refuses, and how it breaks.

use http::{Method as HttpMethod, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::{super::*, harness::*};

fn nothing(_: &Seen) -> Answer {
    Answer::status(204)
}

async fn create(simulator: &Simulator, changes: &[(&str, &str)]) -> (u16, u64) {
    let mut fields = vec![("To", "+447700900001"), ("From", "+441632960000"), ("Url", "http://hotline.test/leg")];
    fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    fields.extend(changes.iter().filter(|(_, value)| *value != "absent"));
    let (status, body) = api(simulator, HttpMethod::POST, "Calls.json", &fields).await;
    (status, body["code"].as_u64().unwrap_or(0))
}

#[tokio::test(start_paused = true)]
async fn bad_fields_are_refused_with_the_carriers_codes() {
    let (simulator, _) = simulator(settings(), nothing);
    let cases: [(&[(&str, &str)], u64); 14] = [
        (&[("To", "absent")], 21201),
        (&[("To", "12345")], 21211),
        (&[("From", "absent")], 21213),
        (&[("From", "12345")], 21212),
        (&[("From", "+447700900099")], 21210),
        (&[("Url", "absent")], 21205),
        (&[("Url", "/relative")], 21205),
        (&[("Method", "PUT")], 21209),
        (&[("Timeout", "soon")], 21208),
        (&[("StatusCallback", "http://my_host/")], 21609),
        (&[("MachineDetection", "Yes")], 20422),
        (&[("MachineDetection", "Enable"), ("MachineDetectionTimeout", "2")], 20422),
        (&[("MachineDetection", "Enable"), ("AsyncAmd", "1")], 20422),
        (&[("Url", "absent"), ("Twiml", &"x".repeat(4001))], 20422),
    ];
    for (changes, code) in cases {
        assert_eq!(create(&simulator, changes).await, (400, code), "{changes:?}");
    }
    assert_eq!(create(&simulator, &[("Url", "absent"), ("Twiml", "<Response/>")]).await, (201, 0));
}

#[tokio::test(start_paused = true)]
async fn a_callers_number_is_lent_with_its_token_only() {
    let (simulator, requests) = simulator(settings(), |_| r#"<Pause length="30"/>"#.into());
    simulator.call("+441632960999", line());
    sleep(seconds(1)).await;
    let token = requests.to("/voice")[0].field("CallToken").to_owned();

    assert_eq!(create(&simulator, &[("From", "+441632960999")]).await, (400, 21210));
    assert_eq!(create(&simulator, &[("From", "+441632960999"), ("CallToken", &token)]).await, (201, 0));
    let changed = token.replace("%22", "\"");
    for token in ["", &token[1..], &changed, &token.to_lowercase()] {
        assert_eq!(create(&simulator, &[("From", "+441632960999"), ("CallToken", token)]).await, (400, 21210));
    }
    assert_eq!(
        create(&simulator, &[("From", "+441632960998"), ("CallToken", &token)]).await,
        (400, 21210),
        "not theirs"
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_has_gone_lends_nothing() {
    let (simulator, requests) = simulator(settings(), |_| r#"<Pause length="30"/>"#.into());
    let caller = simulator.call("+441632960999", line());
    sleep(seconds(1)).await;
    let token = requests.to("/voice")[0].field("CallToken").to_owned();
    caller.hang_up();
    sleep(seconds(1)).await;

    assert_eq!(create(&simulator, &[("From", "+441632960999"), ("CallToken", &token)]).await, (400, 21210));
}

#[tokio::test(start_paused = true)]
async fn a_network_may_refuse_a_number_in_spite_of_its_token() {
    for code in [21210, 21212, 20422] {
        let mut settings = settings();
        settings.switches.refuses_call_token = Some(code);
        let (simulator, requests) = simulator(settings, |_| r#"<Pause length="30"/>"#.into());
        simulator.call("+441632960999", line());
        sleep(seconds(1)).await;
        let token = requests.to("/voice")[0].field("CallToken").to_owned();

        assert_eq!(
            create(&simulator, &[("From", "+441632960999"), ("CallToken", &token)]).await,
            (400, u64::from(code))
        );
        assert_eq!(create(&simulator, &[]).await, (201, 0), "the account's own number needs none");
    }
}

#[tokio::test(start_paused = true)]
async fn odd_fields_are_warned_of() {
    let (simulator, _) = simulator(settings(), nothing);

    create(&simulator, &[("MachineDetection", "Enable"), ("AsyncAmd", "true")]).await;
    create(&simulator, &[("StatusCallbackEvents", "completed")]).await;

    assert_eq!(warning_codes(&simulator), [21262, 0]);
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_accounts_and_suffixes_are_refused() {
    let (simulator, _) = simulator(settings(), nothing);
    let ask = async |path: &str, credentials: &str| {
        let request = http::Request::get(path)
            .header(header::AUTHORIZATION, credentials)
            .body(axum::body::Body::empty())
            .unwrap();
        let response = simulator.rest().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice::<serde_json::Value>(&body).unwrap()["code"].as_u64())
    };
    // AC00000000000000000000000000000001:secret
    let good = "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTpzZWNyZXQ=";
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls");

    assert_eq!(ask(&format!("{path}.json"), good).await, (StatusCode::OK, None));
    assert_eq!(ask(&format!("{path}.json"), "Basic eDp5").await, (StatusCode::UNAUTHORIZED, Some(20003)));
    assert_eq!(ask(&format!("{path}.json"), "").await, (StatusCode::UNAUTHORIZED, Some(20003)));
    assert_eq!(ask(&path, good).await, (StatusCode::NOT_FOUND, Some(20404)));
    assert_eq!(ask(&format!("{path}/CA0.json"), good).await, (StatusCode::NOT_FOUND, Some(20404)));
    let other = path.replace('1', "2");
    assert_eq!(ask(&format!("{other}.json"), good).await, (StatusCode::NOT_FOUND, Some(20404)));
}

#[tokio::test(start_paused = true)]
async fn errors_come_on_demand() {
    let (simulator, _) = simulator(settings(), nothing);
    for (fault, expected) in [
        (RestFault::Unauthorized, (401, 20003)),
        (RestFault::TooManyRequests, (429, 20429)),
        (RestFault::BadNumber, (400, 21211)),
        (RestFault::CountryNotEnabled, (400, 21215)),
        (RestFault::QueueFull, (400, 22005)),
        (RestFault::Server(503), (503, 20500)),
    ] {
        simulator.fail_next_rest(fault);
        assert_eq!(create(&simulator, &[]).await, expected);
    }
    assert_eq!(simulator.live_legs(), [""; 0]);
    assert_eq!(create(&simulator, &[]).await, (201, 0));

    simulator.fail_dialling(number(1), RestFault::CountryNotEnabled);
    assert_eq!(create(&simulator, &[]).await, (400, 21215));
    assert_eq!(create(&simulator, &[]).await, (400, 21215));
    assert_eq!(create(&simulator, &[("To", "+447700900002")]).await, (201, 0));
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_may_hide_a_created_call() {
    for (fault, legs) in [(RestFault::Reset, 0), (RestFault::AnswerLost, 1)] {
        let (simulator, _) = simulator(settings(), nothing);
        simulator.fail_next_rest(fault);
        let (_, body) = api(
            &simulator,
            HttpMethod::POST,
            "Calls.json",
            &[("To", "+447700900001"), ("From", "+441632960000"), ("Url", "http://hotline.test/leg")],
        )
        .await;

        assert_eq!((body, simulator.live_legs().len()), (serde_json::Value::Null, legs));
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_request_is_carried_out_and_never_answered() {
    let (simulator, _) = simulator(settings(), nothing);
    simulator.fail_next_rest(RestFault::Hang);

    let created = timeout(seconds(60), create(&simulator, &[])).await;

    assert!(created.is_err());
    assert_eq!(api(&simulator, HttpMethod::GET, "Calls.json", &[]).await.1["calls"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn over_http_a_broken_connection_has_no_answer() {
    let (simulator, _) = simulator(settings(), nothing);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = simulator.clone();
    let server = simulator.shared.tasks.spawn(async move { serving.serve_rest(listener).await });
    let ask = async || {
        let link = ServerLink::over_http_to(address);
        let request = http::Request::get(format!("http://{address}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"))
            .header(header::HOST, address.to_string())
            .header(header::AUTHORIZATION, "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTpzZWNyZXQ=")
            .body(bytes::Bytes::new())
            .unwrap();
        link.send(request, seconds(5), 10_000).await.map(|response| response.status().as_u16()).ok()
    };

    assert_eq!(ask().await, Some(200));
    simulator.fail_next_rest(RestFault::Reset);
    assert_eq!(ask().await, None);
    server.abort();
}

#[tokio::test(start_paused = true)]
async fn random_refusals_follow_from_the_seed() {
    let faults = Faults { rest_refused: 0.5, rest_answer_lost: 0.1, ..Faults::none() };
    let answers = async |seed| {
        let (simulator, _) = simulator(Settings { faults: faults.clone(), seed, ..settings() }, nothing);
        let mut answers = Vec::new();
        for _ in 0..20 {
            answers.push(create(&simulator, &[]).await);
        }
        answers
    };

    let first = answers(1).await;

    assert_eq!(first, answers(1).await);
    assert_ne!(first, answers(2).await);
    assert!(first.iter().any(|(status, _)| *status == 429 || *status >= 500));
}

#[tokio::test(start_paused = true)]
async fn calls_are_listed_by_number_and_status() {
    let (simulator, _) = simulator(Settings { cps: 0.0, ..settings() }, |_| r#"<Pause length="30"/>"#.into());
    let ana = ana(&simulator, Character::human(seconds(1)));
    ben(&simulator, Character::Busy);
    let first = dial(&simulator, ana.number(), &[]).await;
    dial(&simulator, number(2), &[]).await;
    sleep(seconds(3)).await;

    let list = async |filter: &[(&str, &str)]| {
        let (_, body) = api(&simulator, HttpMethod::GET, "Calls.json", filter).await;
        let calls = body["calls"].as_array().unwrap().clone();
        calls.into_iter().map(|call| call["sid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(list(&[]).await.len(), 2);
    let first = [first];
    assert_eq!(list(&[("To", &ana.number().expose())]).await, first);
    assert_eq!(list(&[("Status", "in-progress")]).await, first);
    assert_eq!(list(&[("Status", "busy"), ("From", "+441632960000")]).await.len(), 1);
}
