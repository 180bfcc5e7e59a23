//! Servers that mean well. A suite that finds nothing wrong with them finds nothing.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{Request, StatusCode, header},
    response::IntoResponse,
    routing::{any, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use ringall::carrier::transport::{HttpService, over_network};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use super::process::{LINE, Places, TOKEN};

const ACCOUNT: &str = "AC00000000000000000000000000000000";
const PHONES: [&str; 2] = ["+447700900001", "+447700900002"];

/// Joins whatever picks up, stops no phone, checks no signature.
#[derive(Clone)]
struct Careless {
    places: Places,
    carrier: HttpService,
}

#[tokio::test(flavor = "multi_thread")]
async fn careless_server_is_caught_at_every_promise_that_it_breaks() {
    let places = Places::free();
    serve(places, careless(places)).await;

    let only = [
        "--only=others-stop-ringing",
        "--only=two-accept-at-once",
        "--only=mailbox-picks-up-first",
        "--only=caller-gives-up",
        "--only=unsigned-webhooks",
        "--only=other-method",
        "--answer-within=1s",
    ];
    let run = tokio::task::spawn_blocking(move || places.conformance(&only)).await.expect("a run");

    assert_eq!(run.code, Some(1), "{run:#?}");
    let wrong =
        ["others-stop-ringing", "two-accept-at-once", "mailbox-picks-up-first", "caller-gives-up", "unsigned-webhooks"];
    assert_eq!(run.names("FAIL "), wrong, "{}", run.out);
    assert_eq!(run.names("skip "), ["other-method"], "{}", run.out);
    for words in [
        "expected within 1s: phone 1",
        "stop ringing",
        "was in a conversation of three",
        "was joined to a machine",
        "an unsigned webhook to http://",
        "phone 1's phone: rings",
        "heard music",
    ] {
        assert!(run.out.contains(words), "{words}\n{}", run.out);
    }
}

/// Serves until the test is over.
pub(crate) async fn serve(places: Places, router: Router) {
    let listener = TcpListener::bind(places.server).await.expect("the port is still free");
    #[expect(clippy::disallowed_methods, reason = "a server that the program under test knows nothing of")]
    tokio::spawn(async move { axum::serve(listener, router).await });
}

fn careless(places: Places) -> Router {
    let state = Arc::new(Careless { places, carrier: over_network().expect("a network") });
    Router::new()
        .route("/voice", post(ring_everybody))
        .route("/leg/{room}", post(join))
        .fallback(any(StatusCode::NO_CONTENT))
        .with_state(state)
}

async fn ring_everybody(State(careless): State<Arc<Careless>>, form: String) -> impl IntoResponse {
    let call = form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == "CallSid");
    let call = call.map_or("nobody".to_owned(), |(_, value)| value.into_owned());
    for phone in PHONES {
        careless.dial(phone, &call).await;
    }
    conference(&call)
}

async fn join(Path(room): Path<String>) -> impl IntoResponse {
    conference(&room)
}

fn conference(room: &str) -> impl IntoResponse + use<> {
    let text = format!("<Response><Dial><Conference>{room}</Conference></Dial></Response>");
    ([(header::CONTENT_TYPE, "text/xml")], text)
}

impl Careless {
    async fn dial(&self, phone: &str, call: &str) {
        let url = format!("http://{}/leg/{call}", self.places.server);
        let fields = [("To", phone), ("From", LINE), ("Url", &url)];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(format!("http://{}/2010-04-01/Accounts/{ACCOUNT}/Calls.json", self.places.rest))
            .header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"))))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .expect("a request");
        // It does not look at the answer.
        let _ = self.carrier.clone().oneshot(request).await;
    }
}
