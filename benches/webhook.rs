//! What a webhook costs in process: signature, form, switchboard and TwiML, without sockets.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::{Json, Router, body::Body, routing::post};
use criterion::{Criterion, criterion_group, criterion_main};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use ringall::{
    carrier::{
        transport,
        twilio::signature::{SIGNATURE_HEADER, SignedBody, sign},
    },
    clock::Clock,
    config::{Config, Strictness},
    secret::Secret,
    service::Service,
};
use serde_json::json;
use tower::ServiceExt;

const CONFIG: &str = r#"
public_url = "https://hotline.example.org"
[carrier]
provider = "twilio"
account_sid = "AC00000000000000000000000000000000"
auth_token = "token"
[people]
ana = { name = "Ana", phone = "+447700900001" }
ben = { name = "Ben", phone = "+447700900002" }
carla = { name = "Carla", phone = "+447700900003" }
dev = { name = "Dev", phone = "+447700900004" }
eva = { name = "Eva", phone = "+447700900005" }
[groups.organisers]
members = ["ana", "ben", "carla", "dev", "eva"]
ring_busy = true
[lines."+441632960000"]
name = "Hotline"
max_calls = 0
max_calls_per_caller = 0
max_dials_per_day = 0
ring = "organisers"
"#;
const BASE: &str = "https://hotline.example.org";

fn webhooks(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (config, _) = Config::parse(CONFIG, Strictness::Serve).expect("a good configuration");
    let service = runtime.block_on(async {
        let http = transport::in_process(carrier());
        Service::new(&config, &BASE.parse().expect("a URL"), http, Clock::system()).expect("a good account")
    });
    let router = service.router();

    c.bench_function("a status callback that changes nothing", |b| {
        let fields =
            [("CallSid", "CAffffffffffffffffffffffffffffffff".to_owned()), ("CallStatus", "ringing".to_owned())];
        b.iter(|| runtime.block_on(send(&router, "/voice/status", &fields)));
    });
    c.bench_function("an unsigned request", |b| {
        b.iter(|| {
            let request = Request::post("/voice").header(header::CONTENT_TYPE, FORM).body(Body::from("CallSid=CA1"));
            let response = runtime.block_on(router.clone().oneshot(request.expect("a request"))).expect("an answer");
            assert_eq!(response.status(), StatusCode::FORBIDDEN);
        });
    });
    c.bench_function("a whole call: five phones, two accept, the caller leaves", |b| {
        b.iter(|| runtime.block_on(call(&router)));
    });
}

const FORM: &str = "application/x-www-form-urlencoded";

/// A carrier that takes every order.
fn carrier() -> Router {
    static LEGS: AtomicU64 = AtomicU64::new(1);
    let create = || async {
        let sid = format!("CA{:032x}", LEGS.fetch_add(1, Ordering::Relaxed));
        (StatusCode::CREATED, Json(json!({ "sid": sid, "status": "queued", "queue_time": "0" })))
    };
    let update = || async { Json(json!({ "status": "canceled" })) };
    Router::new()
        .route("/2010-04-01/Accounts/{account}/Calls.json", post(create))
        .route("/2010-04-01/Accounts/{account}/Calls/{call}", post(update))
}

async fn call(router: &Router) {
    static CALLS: AtomicU64 = AtomicU64::new(1);
    let sid = format!("CA{:032x}", u128::from(CALLS.fetch_add(1, Ordering::Relaxed)) << 64);
    let fields = |status: &str| {
        vec![
            ("CallSid", sid.clone()),
            ("From", "+441632960999".to_owned()),
            ("To", "+441632960000".to_owned()),
            ("CallStatus", status.to_owned()),
        ]
    };
    let (ringing, over) = (fields("ringing"), fields("completed"));
    let caller = send(router, "/voice", &ringing);
    let members = async {
        // Let the dials go out first, as they do.
        tokio::task::yield_now().await;
        let mut joined = 0;
        for leg in 1..=2 {
            let path = format!("/voice/calls/{sid}/rounds/1/legs/{leg}");
            let fields = [
                ("CallSid", format!("CA{leg:032x}")),
                ("CallStatus", "in-progress".to_owned()),
                ("AnsweredBy", "human".to_owned()),
            ];
            joined += usize::from(send(router, &path, &fields).await.contains("<Conference"));
        }
        assert_eq!(joined, 1);
    };
    let (document, ()) = tokio::join!(caller, members);
    assert!(document.contains("<Conference"));
    send(router, "/voice/status", &over).await;
}

async fn send(router: &Router, path: &str, fields: &[(&str, String)]) -> String {
    let account = ("AccountSid", "AC00000000000000000000000000000000".to_owned());
    let fields: Vec<_> =
        fields.iter().cloned().chain([account]).map(|(name, value)| (name.into(), value.into())).collect();
    let signature = sign(&Secret::new("token"), &format!("{BASE}{path}"), SignedBody::Form(&fields));
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, FORM)
        .header(SIGNATURE_HEADER, signature)
        .body(Body::from(body))
        .expect("a request");
    let response: Response<Body> = router.clone().oneshot(request).await.expect("an answer");
    assert!(response.status().is_success(), "{}", response.status());
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8_lossy(&body).into_owned()
}

criterion_group!(benches, webhooks);
criterion_main!(benches);
