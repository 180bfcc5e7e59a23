//! A program that breaks its promises on purpose, so that each judge is seen to notice.

#![allow(clippy::wildcard_enum_match_arm, reason = "each sabotage does one thing, and all others do not")]

mod served;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::header,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use clap::ValueEnum;
use http::StatusCode;
use http_body_util::BodyExt as _;
use ringall::carrier::transport::HttpService;
use tower::{ServiceExt as _, service_fn, util::BoxCloneSyncService};

use super::stage::{ACCOUNT, TOKEN};

/// What is done wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Sabotage {
    /// Nothing.
    #[default]
    None,
    /// No leg is ever canceled.
    LoseCancels,
    /// No caller and no leg is ever redirected.
    LoseRedirects,
    /// Every telephone is dialled twice.
    DialTwice,
    /// Telephones are dialled eight seconds late.
    DialLate,
    /// No telephone is dialled.
    DialNobody,
    /// Everybody who presses a key joins the conference.
    EverybodyJoins,
    /// A caller in the conference hears nothing.
    SilentWait,
    /// A caller in the conference hears the carrier's music.
    Music,
    /// A caller who asks is hung up on.
    DropCallers,
    /// Who is too late is hung up on without a word.
    TellNobody,
    /// The carrier's first request is not understood, and neither is its second.
    NotFound,
    /// A caller is ended as soon as somebody is in the conference.
    EndTalks,
    /// A winner who is gone is not noticed.
    Deaf,
    /// A handler breaks down.
    Panic,
    /// A queue rings everybody at once.
    RingAll,
    /// Nobody rests after a talk out of a queue.
    NoRest,
    /// A queue lets callers wait longer than it says.
    WaitLonger,
    /// The key that leaves a queue is another one.
    DeafQueues,
    /// For every second call nobody can be rung.
    LastFirst,
    /// Every answer about a caller is taken for the same, and every failure too.
    BelieveLies,
    /// Nobody is told of messages.
    KeepMessages,
    /// Everybody is told of messages.
    TellEverybody,
    /// Nobody hears what the beep is for.
    NoGreeting,
    /// Nobody is thanked for a message.
    NoThanks,
    /// All words are in the other language.
    Foreign,
    /// A caller's requests are answered ten seconds late.
    AnswerLate,
    /// Nobody is known to be away.
    NobodyIsAway,
    /// Whatever picks up is connected without a key, where the carrier dials.
    ConnectAnything,
    /// Nobody is blocked.
    TakeEverybody,
    /// Lines dial as many phones as they like.
    DialOn,
    /// Nobody is told that no phone rings any more today.
    LimitUntold,
    /// Nobody is told that they are recorded.
    NoNotice,
    /// Nothing is recorded.
    RecordNothing,
    /// Nobody knows who talked to a caller before.
    ForgetTalks,
    /// Every telephone is shown the line.
    ShowLine,
}

impl Sabotage {
    /// The program's way to the carrier.
    pub fn transport(self, http: HttpService) -> HttpService {
        let meddles = [
            Self::LoseCancels,
            Self::LoseRedirects,
            Self::DialTwice,
            Self::DialLate,
            Self::DialNobody,
            Self::Deaf,
            Self::LastFirst,
        ];
        if !meddles.contains(&self) {
            return http;
        }
        BoxCloneSyncService::new(service_fn(move |request: http::Request<Bytes>| {
            let http = http.clone();
            async move { self.send(http, request).await }
        }))
    }

    async fn send(
        self,
        http: HttpService,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, ringall::carrier::transport::TransportError> {
        let form = String::from_utf8_lossy(request.body()).into_owned();
        let (cancels, redirects) = (form.contains("Status="), form.starts_with("Url="));
        let dials = request.uri().path().ends_with("/Calls.json") && !form.is_empty();
        if (self == Self::LoseCancels && cancels) || (self == Self::LoseRedirects && redirects) {
            return Ok(http::Response::new(Bytes::from_static(b"{\"sid\":\"CA1\",\"status\":\"in-progress\"}")));
        }
        if (self == Self::Deaf && form.is_empty()) || (self == Self::DialNobody && dials) {
            let mut response = http::Response::new(Bytes::from_static(b"{}"));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            return Ok(response);
        }
        if let Some(refusal) = self.refusal(&form).filter(|_| dials) {
            return Ok(refusal);
        }
        if self == Self::DialTwice && dials {
            let _ = http.clone().oneshot(request.clone()).await;
        }
        if self == Self::DialLate && dials {
            tokio::time::sleep(std::time::Duration::from_secs(8)).await;
        }
        http.oneshot(request).await
    }

    /// The carrier's way to the program.
    pub fn router(self, router: Router, http: HttpService) -> Router {
        if self == Self::None {
            return router;
        }
        router.layer(from_fn(move |request: Request, next: Next| self.answer(request, next, http.clone())))
    }

    async fn answer(self, request: Request, next: Next, http: HttpService) -> Response {
        let path = request.uri().path().to_owned();
        let is_leg = path.contains("/legs/");
        match self {
            Self::EverybodyJoins if path.ends_with("/key") => {
                let call = path.split('/').nth(3).unwrap_or_default().to_owned();
                drop(next.run(request).await);
                return document(&format!(
                    "<Dial><Conference waitUrl=\"\" maxParticipants=\"9\">{call}</Conference></Dial>"
                ));
            }
            Self::SilentWait if path.ends_with("/wait") && !is_leg => return document("<Pause length=\"60\"/>"),
            Self::DropCallers if path == "/voice" || path.ends_with("/now") => {
                drop(next.run(request).await);
                return document("<Hangup/>");
            }
            Self::TellNobody if path.contains("/told/") || path.ends_with("/key") => {
                drop(next.run(request).await);
                return document("<Hangup/>");
            }
            Self::NotFound if path == "/voice" || path == "/voice/fallback" => {
                return StatusCode::NOT_FOUND.into_response();
            }
            Self::Deaf if (path.ends_with("/status") || path.ends_with("/dial-ended")) && is_leg => {
                return document("<Hangup/>");
            }
            Self::Panic if path.ends_with("/key") => panic!("as asked"),
            Self::AnswerLate if path == "/voice" => tokio::time::sleep(std::time::Duration::from_secs(10)).await,
            Self::ConnectAnything if path.contains("/forwards/") && !path.ends_with("/status") => {
                drop(next.run(request).await);
                return document("");
            }
            _ => {}
        }
        let response = next.run(request).await;
        match self {
            Self::EverybodyJoins => rewritten(response, "maxParticipants=\"2\"", "maxParticipants=\"9\"").await,
            Self::Music => rewritten(response, " waitUrl=", " data-was=").await,
            Self::EndTalks if path.ends_with("/room") => {
                let _ = http.oneshot(end_of(path.split('/').nth(3).unwrap_or_default())).await;
                response
            }
            _ => {
                let mut response = response;
                for (from, to) in self.other_words() {
                    response = rewritten(response, &from, &to).await;
                }
                response
            }
        }
    }
}

/// The request that ends a leg.
fn end_of(sid: &str) -> http::Request<Bytes> {
    let mut request = http::Request::new(Bytes::from_static(b"Status=completed"));
    *request.method_mut() = http::Method::POST;
    let uri = format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}.json");
    *request.uri_mut() = uri.parse().expect("an address");
    let secret = STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
    let secret = format!("Basic {secret}").parse().expect("plain ASCII");
    request.headers_mut().insert(header::AUTHORIZATION, secret);
    request
}

fn document(verbs: &str) -> Response {
    let body = format!("<?xml version=\"1.0\"?><Response>{verbs}</Response>");
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

async fn rewritten(response: Response, from: &str, to: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let bytes = body.to_bytes();
    parts.headers.remove(header::CONTENT_LENGTH);
    match std::str::from_utf8(&bytes) {
        Ok(text) => Response::from_parts(parts, Body::from(text.replace(from, to))),
        Err(_) => Response::from_parts(parts, Body::from(bytes)),
    }
}
