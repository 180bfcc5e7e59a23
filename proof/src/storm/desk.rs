//! The server that is asked who calls: it answers as the plan says, one answer after the other, and notes each question.

use std::{
    convert::Infallible,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, body::Body, extract::State, response::Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::Request;
use ringall::{
    carrier::transport::{self, HttpService, TransportError},
    lookups::LARGEST_ANSWER,
    simulator::Simulator,
};
use ringall_core::phone::PhoneNumber;
use serde_json::{Value, json};
use tokio::time::sleep;
use tower::{ServiceExt as _, service_fn, util::BoxCloneSyncService};

use super::{
    flow::{Answer, Told},
    plan::{Plan, millis},
    stage::{line_number, outside_number},
};

/// The server; a copy is the same one.
#[derive(Clone)]
pub struct Desk {
    carrier: Simulator,
    answers: Arc<[Answer]>,
    asked: Arc<Mutex<Vec<Question>>>,
}

/// A question, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// When.
    pub at: u64,
    /// About which call.
    pub call: String,
    /// The line that was called.
    pub line: String,
    /// Who calls, unless that is withheld.
    pub caller: Option<String>,
    /// Nothing is remembered of it.
    pub always: bool,
    /// The answer, sooner or later.
    pub answer: Answer,
}

/// A number of a country that no configuration allows.
const ABROAD: &str = "+4930123456";
/// Between two bytes that come one by one.
const TRICKLE_MS: u64 = 300;
/// How many kinds of nonsense there are.
pub const NONSENSE: usize = 8;
/// How many ways to say that a caller is not known.
pub const UNKNOWN: usize = 3;

impl Desk {
    /// A desk for a plan.
    pub fn new(plan: &Plan, carrier: &Simulator) -> Self {
        Self { carrier: carrier.clone(), answers: plan.answers.clone().into(), asked: Arc::default() }
    }

    /// What was asked, in order.
    pub fn asked(&self) -> Vec<Question> {
        self.notes(|notes| notes.clone())
    }

    /// The way to it.
    pub fn http(&self) -> HttpService {
        let desk = self.clone();
        BoxCloneSyncService::new(service_fn(move |request: Request<Bytes>| {
            let desk = desk.clone();
            async move {
                let answer = desk.take(&request);
                match answer {
                    Answer::Down => return Err(TransportError::NotConnected("connection refused".to_owned())),
                    Answer::Breaks => return Err(TransportError::Broken("connection reset".to_owned())),
                    Answer::Hangs => return pending().await,
                    Answer::Knows { .. } | Answer::Unknown { .. } | Answer::Nonsense(_) | Answer::Trickles => {}
                }
                let router = Router::new().fallback(respond).with_state(answer);
                transport::in_process_within(router, LARGEST_ANSWER).oneshot(request).await
            }
        }))
    }

    /// Notes a question; answers with what to do about it.
    fn take(&self, request: &Request<Bytes>) -> Answer {
        let question: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let always = request.uri().path() == "/always";
        let text = |name: &str| question.get(name).and_then(Value::as_str).map(str::to_owned);
        let at = self.carrier.now_ms();
        self.notes(|notes| {
            let nth = notes.len().checked_rem(self.answers.len());
            let answer = nth.map_or(Answer::Down, |nth| self.answers[nth].clone());
            notes.push(Question {
                at,
                call: text("call").unwrap_or_default(),
                line: text("line").unwrap_or_default(),
                caller: text("caller"),
                always,
                answer: answer.clone(),
            });
            answer
        })
    }

    fn notes<T>(&self, look: impl FnOnce(&mut Vec<Question>) -> T) -> T {
        look(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The value of a tier in an answer, and in a configuration.
pub fn tier_name(tier: usize) -> String {
    format!("tier {tier}")
}

impl Told {
    /// As the answer has it.
    pub fn text(self) -> String {
        match self {
            Self::Outside(nth) => PhoneNumber::expose(outside_number(nth)),
            Self::Line(nth) => PhoneNumber::expose(line_number(nth)),
            Self::Abroad => ABROAD.to_owned(),
            Self::Nonsense => "ask at the desk".to_owned(),
        }
    }
}

async fn respond(State(answer): State<Answer>) -> Response {
    match answer {
        Answer::Knows { tier, phone, after } => {
            sleep(millis(after)).await;
            let mut fields = json!({ "found": true });
            if let Some(tier) = tier {
                // Capitals and blanks make no difference.
                fields["tier"] = tier_name(tier).to_uppercase().into();
            }
            if let Some(phone) = phone {
                fields["phone"] = phone.text().into();
            }
            says(200, JSON, Body::from(fields.to_string()))
        }
        Answer::Unknown { how, after } => {
            sleep(millis(after)).await;
            match how % UNKNOWN {
                0 => says(404, "text/html", Body::from("<h1>Not here</h1>")),
                1 => says(200, JSON, Body::from("{}")),
                _ => says(200, JSON, Body::from("{\"found\":false,\"tier\":\"tier 0\"}")),
            }
        }
        Answer::Nonsense(which) => nonsense(which),
        Answer::Trickles => {
            let bytes = stream::repeat(()).then(|()| async {
                sleep(millis(TRICKLE_MS)).await;
                Ok::<_, Infallible>(Bytes::from_static(b" "))
            });
            says(200, JSON, Body::from_stream(bytes))
        }
        // These are no answers, and do not come here.
        Answer::Down | Answer::Breaks | Answer::Hangs => pending().await,
    }
}

fn nonsense(which: usize) -> Response {
    let known = "{\"tier\":\"tier 0\"}";
    let large = || format!("{{\"tier\":\"{}\"}}", "x".repeat(LARGEST_ANSWER));
    match which % NONSENSE {
        0 => says(200, "text/html", Body::from(known)),
        1 => says(200, JSON, Body::from("{\"tier\":")),
        2 => says(200, JSON, Body::from("[]")),
        3 => says(200, JSON, Body::from("{\"tier\":[\"tier 0\"]}")),
        4 => says(500, JSON, Body::from(known)),
        5 => says(307, JSON, Body::from(known)),
        6 => says(204, JSON, Body::empty()),
        _ => says(200, JSON, Body::from(large())),
    }
}

fn says(status: u16, kind: &str, body: Body) -> Response {
    let response = Response::builder().status(status).header("content-type", kind).header("location", "/elsewhere");
    response.body(body).expect("a response")
}

const JSON: &str = "application/json";
