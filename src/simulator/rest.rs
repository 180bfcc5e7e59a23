//! The REST API at the wire: who may ask, what goes wrong on the way, and which resource is meant. Each resource's own
//! rules are below.

mod change;
mod create;
mod media;
mod resources;
mod serve;

use std::{collections::VecDeque, io, time::Duration};

use axum::{
    Router,
    body::{self, Body},
    extract::{Request, State},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Method, StatusCode, header};
use ringall_core::phone::PhoneNumber;
use serde_json::Value;
use tokio::time::sleep;

pub use self::serve::serve;
use super::{
    Simulator,
    error::ApiError,
    faults::{self, RestFault},
    form::{self, Form},
    recordings,
    records::RestEntry,
    world::World,
};

/// Stands in the extensions of a response that nobody is to see: the connection breaks instead. Its body is an error,
/// for transports that do not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLost;

/// Failures that were asked for.
#[derive(Debug, Default)]
pub(super) struct Planned {
    /// The next requests fail like this, whatever they are.
    pub(super) next: VecDeque<RestFault>,
    /// Creating a call to one of these numbers always fails like this.
    pub(super) numbers: Vec<(PhoneNumber, RestFault)>,
    /// Sending a text message to one of these numbers always fails like this.
    pub(super) messages: Vec<(PhoneNumber, RestFault)>,
    /// Beginning to record a call always fails like this.
    pub(super) recordings: Option<RestFault>,
    /// The next telephone that wants to enter a conference finds it full.
    pub(super) full_room: bool,
}

/// A request that was understood so far.
struct Call<'request> {
    method: &'request Method,
    /// The path below the account, without `.json`.
    path: Vec<&'request str>,
    query: Form,
    form: Form,
}

type Answer = Result<(StatusCode, Value), ApiError>;

const LARGEST_REQUEST: usize = 1024 * 1024;

impl Simulator {
    /// The REST API. A response that carries [`ConnectionLost`] stands for a broken connection.
    pub fn rest(&self) -> Router {
        Router::new().fallback(handle).with_state(self.clone())
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = body::to_bytes(body, LARGEST_REQUEST).await else { return lost() };
        let form = form::decode(&String::from_utf8_lossy(&body));
        let query = form::decode(parts.uri.query().unwrap_or_default());
        let path = match self.look(|world| world.admit(&parts.headers, parts.uri.path()).map(str::to_owned)) {
            Ok(path) => path,
            Err(error) => return answered(&Err(error)),
        };
        let (headers, sound) = (parts.headers.clone(), recordings::is_sound(&path));
        let call = Call { method: &parts.method, path: path.split('/').collect(), query, form };

        let (fault, delay) = self.change(|world| world.mishap(&call));
        if let Some(answer) = before_it_is_carried_out(fault) {
            self.change(|world| world.write_down(&call, fault, delay, None));
            return answer;
        }
        if sound && !matches!(fault, Some(RestFault::AnswerLost | RestFault::Hang)) {
            return self.sound(&call, &headers, delay).await;
        }
        let answer = self.change(|world| {
            let answer = world.carry_out(&call);
            world.write_down(&call, fault, delay, Some(&answer));
            answer
        });
        sleep(delay).await;
        match fault {
            Some(RestFault::AnswerLost) => lost(),
            Some(RestFault::Hang) => std::future::pending().await,
            Some(_) | None => answered(&answer),
        }
    }
}

impl Simulator {
    async fn sound(&self, call: &Call<'_>, headers: &HeaderMap, delay: Duration) -> Response {
        let answer = self.change(|world| {
            let answer = world.sound(&call.path, headers);
            let told = match &answer {
                Ok(response) => Ok((response.status(), Value::Null)),
                Err(error) => Err(error.clone()),
            };
            world.write_down(call, None, delay, Some(&told));
            answer
        });
        sleep(delay).await;
        answer.unwrap_or_else(|error| answered(&Err(error)))
    }
}

impl World {
    /// Checks the credentials and the account; answers with the path below it.
    fn admit<'path>(&self, headers: &HeaderMap, path: &'path str) -> Result<&'path str, ApiError> {
        let settings = &self.settings;
        let given = credentials(headers).ok_or_else(ApiError::unauthorized)?;
        let account = (settings.account_sid.clone(), settings.auth_token.clone());
        if given != account && Some(&given) != settings.api_key.as_ref() {
            return Err(ApiError::unauthorized());
        }
        let below = path
            .strip_prefix("/2010-04-01/Accounts/")
            .and_then(|rest| rest.strip_prefix(&settings.account_sid))
            .and_then(|rest| rest.strip_prefix('/'))
            .ok_or_else(|| ApiError::not_found(path))?;
        // Without the suffix the carrier speaks XML, which this one does not.
        match below.strip_suffix(".json") {
            Some(below) => Ok(below),
            None if recordings::is_sound(below) => Ok(below),
            None => Err(ApiError::not_found(path)),
        }
    }

    /// What goes wrong with a request, and how long its answer takes.
    fn mishap(&mut self, call: &Call<'_>) -> (Option<RestFault>, Duration) {
        let faults = self.settings.faults.clone();
        let delay = faults::delay(&mut self.rng, faults.rest_delay);
        let to = form::first(&call.form, "To").and_then(|to| to.parse::<PhoneNumber>().ok());
        let creates = call.method == Method::POST && call.path == ["Calls"];
        if let Some(number) = to.filter(|_| creates) {
            self.welcome(number);
        }
        let for_number = self.planned.numbers.iter().find(|(number, _)| creates && Some(*number) == to);
        let texts = call.method == Method::POST && call.path == ["Messages"];
        let for_text = self.planned.messages.iter().find(|(number, _)| texts && Some(*number) == to);
        let for_number = for_number.or(for_text);
        let records = matches!(call.path[..], ["Calls", _, "Recordings"]) && call.method == Method::POST;
        if let Some(fault) = self.planned.recordings.filter(|_| records) {
            return (Some(fault), delay);
        }
        if let Some(fault) = for_number.map(|(_, fault)| *fault).or_else(|| self.planned.next.pop_front()) {
            return (Some(fault), delay);
        }

        let random = [
            (faults.rest_refused, RestFault::TooManyRequests),
            (faults.rest_reset, RestFault::Reset),
            (faults.rest_answer_lost, RestFault::AnswerLost),
            (faults.rest_hang, RestFault::Hang),
        ];
        let mut struck = None;
        for (rate, fault) in random {
            if faults::strikes(&mut self.rng, rate) {
                struck = struck.or(Some(fault));
            }
        }
        let refusals =
            [RestFault::TooManyRequests, RestFault::Server(500), RestFault::Server(503), RestFault::QueueFull];
        if struck == Some(RestFault::TooManyRequests) {
            struck = Some(refusals[self.rng.usize(..if creates { 4 } else { 3 })]);
        }
        (struck, delay)
    }

    /// Remembers a request and what came of it.
    fn write_down(&mut self, call: &Call<'_>, fault: Option<RestFault>, delay: Duration, answer: Option<&Answer>) {
        let created = answer.and_then(|answer| answer.as_ref().ok()).and_then(|(_, body)| body["sid"].as_str());
        let named = call.path.get(1).filter(|_| call.path[0] == "Calls").copied();
        let (at, delay_ms) = (self.millis(), super::world::whole_millis(delay));
        self.rest.push(RestEntry {
            at,
            method: call.method.clone(),
            path: call.path.join("/"),
            form: call.form.clone(),
            fault,
            sid: named.or(created).map(str::to_owned),
            status: answer.map(|answer| match answer {
                Ok((status, _)) => status.as_u16(),
                Err(error) => error.status.as_u16(),
            }),
            delay_ms,
        });
    }

    fn carry_out(&mut self, call: &Call<'_>) -> Answer {
        match (call.method, call.path.as_slice()) {
            (&Method::POST, ["Calls"]) => self.create_call(&call.form),
            (&Method::GET, ["Calls"]) => Ok((StatusCode::OK, self.list_calls(&call.query))),
            (&Method::POST, ["Calls", sid]) => self.change_call(sid, &call.form),
            (&Method::GET, ["Calls", sid]) => self.show_call(sid),
            (&Method::POST, ["Calls", sid, "Recordings"]) => self.start_recording(sid, &call.form),
            (&Method::GET, ["Calls", sid, "Recordings"]) => self.list_recordings(sid),
            (&Method::GET, ["Recordings", sid]) => self.show_recording(sid),
            (&Method::DELETE, ["Recordings", sid]) => self.delete_recording(sid),
            (&Method::POST, ["Messages"]) => self.send_message(&call.form),
            (&Method::GET, ["Conferences"]) => Ok((StatusCode::OK, self.list_conferences(&call.query))),
            (&Method::GET, ["Conferences", sid, "Participants"]) => self.list_participants(sid),
            _ => Err(ApiError::not_found(&call.path.join("/"))),
        }
    }
}

async fn handle(State(simulator): State<Simulator>, request: Request) -> Response {
    simulator.answer(request).await
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let basic = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(basic).ok()?).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

fn before_it_is_carried_out(fault: Option<RestFault>) -> Option<Response> {
    let error = match fault? {
        RestFault::Unauthorized => ApiError::unauthorized(),
        RestFault::TooManyRequests => ApiError::with(StatusCode::TOO_MANY_REQUESTS, 20429, "Too Many Requests"),
        RestFault::BadNumber => ApiError::bad(21211, "Invalid 'To' Phone Number"),
        RestFault::CountryNotEnabled => ApiError::bad(21215, "Account not authorized to call this country"),
        RestFault::QueueFull => ApiError::bad(22005, "Call queue is full"),
        RestFault::Server(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            ApiError::with(status, 20500, "An internal server error has occurred")
        }
        RestFault::Reset => return Some(lost()),
        RestFault::AnswerLost | RestFault::Hang => return None,
    };
    Some(answered(&Err(error)))
}

fn answered(answer: &Answer) -> Response {
    let (status, body) = match answer {
        Ok((status, body)) => (*status, body.clone()),
        Err(error) => (error.status, error.body()),
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

fn lost() -> Response {
    let broken = stream::iter([Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset))]);
    let mut response = Response::new(Body::from_stream(broken));
    response.extensions_mut().insert(ConnectionLost);
    response
}
