//! The user's own server, which is asked who calls: it notes each question, and answers as the conversation says.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
    routing::post,
};
use futures_util::{StreamExt as _, stream};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, StatusCode};
use ringall::{
    carrier::transport::{self, HttpService, TransportError},
    lookups::{LARGEST_ANSWER, SIGNATURE_HEADER, TIMESTAMP_HEADER},
};
use sha2::Sha256;
use tokio::time::sleep;
use tower::{ServiceExt as _, service_fn, util::BoxCloneSyncService};

use super::millis;

/// What questions are signed with.
pub(crate) const SECRET: &str = "the-lookup-secret-that-must-not-be-logged";
/// In an answer, and nowhere else.
pub(crate) const PRIVATE: &str = "Mr Jones of Acacia Avenue";

/// A server; a copy is the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crm(Arc<Mutex<Desk>>);

#[derive(Debug, Default)]
struct Desk {
    manner: Manner,
    asked: Vec<Asked>,
}

/// A question as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// How it answers.
#[derive(Debug, Clone, Default)]
pub(crate) enum Manner {
    /// Nobody listens.
    #[default]
    Down,
    /// With this JSON.
    Says(&'static str),
    /// With this JSON, after so many milliseconds.
    SaysAfter(u64, &'static str),
    /// With this status, type and body.
    Answers(u16, &'static str, String),
    /// Never.
    Hangs,
    /// With a redirect to itself.
    Redirects,
    /// Byte by byte, for ever.
    Trickles,
}

impl Crm {
    /// From now on it answers like this.
    pub(crate) fn will(&self, manner: Manner) {
        self.desk(|desk| desk.manner = manner);
    }

    /// What it was asked, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.desk(|desk| desk.asked.clone())
    }

    /// The way to it.
    pub(crate) fn http(&self) -> HttpService {
        let crm = self.clone();
        let router = Router::new()
            .route("/who", post(answer).get(answer))
            .route("/elsewhere", post(answer).get(answer))
            .with_state(crm.clone());
        let served = transport::in_process_within(router, LARGEST_ANSWER);
        BoxCloneSyncService::new(service_fn(move |request: Request<Bytes>| {
            let (served, down) = (served.clone(), crm.desk(|desk| matches!(desk.manner, Manner::Down)));
            async move {
                if down {
                    return Err(TransportError::NotConnected("connection refused".to_owned()));
                }
                served.oneshot(request).await
            }
        }))
    }

    fn desk<T>(&self, look: impl FnOnce(&mut Desk) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Asked {
    /// Whether it is signed as the documentation says.
    pub(crate) fn is_signed(&self) -> bool {
        let header = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length is a key");
        mac.update(format!("{}.{}", header(TIMESTAMP_HEADER), self.body).as_bytes());
        let expected: Vec<_> = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        header(SIGNATURE_HEADER) == expected.concat()
    }

    /// A field of the question.
    pub(crate) fn field(&self, name: &str) -> serde_json::Value {
        let question: serde_json::Value = serde_json::from_str(&self.body).expect("JSON");
        question.get(name).expect("every field is always there").clone()
    }
}

async fn answer(State(crm): State<Crm>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let manner = crm.desk(|desk| {
        desk.asked.push(Asked { path: uri.path().to_owned(), headers, body });
        desk.manner.clone()
    });
    match manner {
        Manner::Says(json) => with(200, "application/json", Body::from(json)),
        Manner::SaysAfter(time, json) => {
            sleep(millis(time)).await;
            with(200, "application/json", Body::from(json))
        }
        Manner::Answers(status, kind, body) => with(status, kind, Body::from(body)),
        Manner::Hangs | Manner::Down => std::future::pending().await,
        Manner::Redirects => {
            let response = Response::builder().status(StatusCode::TEMPORARY_REDIRECT).header("location", "/elsewhere");
            response.body(Body::empty()).expect("a response")
        }
        Manner::Trickles => {
            let bytes = stream::repeat(()).then(|()| async {
                sleep(millis(300)).await;
                Ok::<_, Infallible>(Bytes::from_static(b" "))
            });
            with(200, "application/json", Body::from_stream(bytes))
        }
    }
}

fn with(status: u16, kind: &str, body: Body) -> Response {
    Response::builder().status(status).header("content-type", kind).body(body).expect("a response")
}
