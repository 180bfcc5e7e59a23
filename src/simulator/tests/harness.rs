//! A program under test that answers from a closure, and a client of the REST API.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body, extract::Request, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, Method, header};
use http_body_util::BodyExt as _;
use ringall_core::phone::PhoneNumber;
use serde_json::Value;
use tokio::time::sleep;
use tower::ServiceExt as _;

use super::super::{
    Character, Phone, ServerLink, Settings, Simulator,
    form::{self, Form},
};

pub(super) const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub(super) const TOKEN: &str = "secret";
pub(super) const BASE: &str = "http://hotline.test";

/// What the program under test answers.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) after: Duration,
}

/// A request as the program under test saw it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    pub(super) form: Form,
}

/// What the program under test has seen.
#[derive(Clone, Default)]
pub(super) struct Requests(Arc<Mutex<Vec<Seen>>>);

impl Answer {
    pub(super) fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }

    pub(super) fn status(status: u16) -> Self {
        Self { status, ..Self::from("") }
    }
}

/// A document, without its root element.
impl From<&str> for Answer {
    fn from(verbs: &str) -> Self {
        let body = format!("<Response>{verbs}</Response>").into_bytes();
        Self { status: 200, content_type: "text/xml", body, after: Duration::ZERO }
    }
}

impl From<String> for Answer {
    fn from(verbs: String) -> Self {
        verbs.as_str().into()
    }
}

impl Seen {
    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub(super) fn field(&self, name: &str) -> &str {
        form::first(&self.form, name).unwrap_or_default()
    }
}

impl Requests {
    pub(super) fn all(&self) -> Vec<Seen> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn to(&self, path: &str) -> Vec<Seen> {
        self.all().into_iter().filter(|seen| seen.path() == path).collect()
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.all().iter().map(|seen| seen.path().to_owned()).collect()
    }

    /// The `CallStatus` and `SequenceNumber` of the callbacks to a path, in the order of arrival.
    pub(super) fn statuses(&self, path: &str) -> Vec<(String, String)> {
        let fields = |seen: &Seen| (seen.field("CallStatus").to_owned(), seen.field("SequenceNumber").to_owned());
        self.to(path).iter().map(fields).collect()
    }
}

/// A program that answers each request by its path.
pub(super) fn program(answer: impl Fn(&Seen) -> Answer + Clone + Send + Sync + 'static) -> (ServerLink, Requests) {
    let requests = Requests::default();
    let log = requests.clone();
    let router = Router::new().fallback(move |request: Request| {
        let (answer, log) = (answer.clone(), log.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
            let target = parts.uri.path_and_query().unwrap().to_string();
            let mut form = form::decode(parts.uri.query().unwrap_or_default());
            form.extend(form::decode(&body));
            let seen = Seen { method: parts.method, target, headers: parts.headers, body, form };
            log.0.lock().unwrap().push(seen.clone());
            let answer = answer(&seen);
            sleep(answer.after).await;
            let response = Response::builder().status(answer.status);
            response.header(header::CONTENT_TYPE, answer.content_type).body(Body::from(answer.body)).unwrap()
        }
    });
    (ServerLink::in_process(router), requests)
}

pub(super) fn line() -> PhoneNumber {
    "+441632960000".parse().unwrap()
}

pub(super) fn number(nth: u32) -> PhoneNumber {
    format!("+4477009000{nth:02}").parse().unwrap()
}

pub(super) fn settings() -> Settings {
    Settings::new(ACCOUNT, TOKEN).with_number(line(), BASE)
}

/// A simulator with one line before this program.
pub(super) fn simulator(
    settings: Settings,
    answer: impl Fn(&Seen) -> Answer + Clone + Send + Sync + 'static,
) -> (Simulator, Requests) {
    let (link, requests) = program(answer);
    (Simulator::new(settings, link), requests)
}

pub(super) fn ana(simulator: &Simulator, character: Character) -> Phone {
    simulator.add_phone("Ana", number(1), character)
}

pub(super) fn ben(simulator: &Simulator, character: Character) -> Phone {
    simulator.add_phone("Ben", number(2), character)
}

/// One request of the REST API.
pub(super) async fn api(simulator: &Simulator, method: Method, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    let form: Form = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let encoded = form::encode(&form);
    let uri = format!("/2010-04-01/Accounts/{ACCOUNT}/{path}");
    let (uri, body) = if method == Method::GET { (format!("{uri}?{encoded}"), String::new()) } else { (uri, encoded) };
    let request = http::Request::builder()
        .method(method)
        .uri(uri)
        .header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"))))
        .body(Body::from(body))
        .unwrap();
    let response = simulator.rest().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map(http_body_util::Collected::to_bytes);
    (status, body.map_or(Value::Null, |body| serde_json::from_slice(&body).unwrap()))
}

/// Dials a number with these further fields; answers with the sid.
pub(super) async fn dial(simulator: &Simulator, to: PhoneNumber, fields: &[(&str, &str)]) -> String {
    let (to, from, url) = (to.expose(), line().expose(), format!("{BASE}/leg"));
    let mut all = vec![("To", to.as_str()), ("From", from.as_str()), ("Url", url.as_str())];
    all.extend_from_slice(fields);
    let (status, body) = api(simulator, Method::POST, "Calls.json", &all).await;
    assert_eq!(status, 201, "{body}");
    body["sid"].as_str().unwrap().to_owned()
}

/// The fields that subscribe to every event of a leg.
pub(super) fn all_events() -> Vec<(&'static str, &'static str)> {
    let mut fields = vec![("StatusCallback", "http://hotline.test/leg/status")];
    fields.extend(["initiated", "ringing", "answered", "completed"].map(|event| ("StatusCallbackEvent", event)));
    fields
}

pub(super) async fn change(simulator: &Simulator, sid: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    api(simulator, Method::POST, &format!("Calls/{sid}.json"), fields).await
}

pub(super) async fn show(simulator: &Simulator, sid: &str) -> Value {
    api(simulator, Method::GET, &format!("Calls/{sid}.json"), &[]).await.1
}

pub(super) fn warning_codes(simulator: &Simulator) -> Vec<u32> {
    simulator.warnings().iter().map(|warning| warning.code).collect()
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A WAV file of eight thousand bytes a second.
pub(in super::super) fn wav(millis: u32) -> Vec<u8> {
    let data = millis * 8;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend([7, 0, 1, 0]);
    bytes.extend(8000_u32.to_le_bytes());
    bytes.extend(8000_u32.to_le_bytes());
    bytes.extend([1, 0, 8, 0]);
    bytes.extend(b"data");
    bytes.extend(data.to_le_bytes());
    bytes.resize(bytes.len() + usize::try_from(data).unwrap(), 0);
    bytes
}
