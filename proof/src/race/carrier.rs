//! The carrier's REST side, as lean as can be: it finds the call that a request is for and hands it on.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tokio::net::TcpListener;

use super::{
    record::Who,
    stage::Stage,
    wire::{Wire, now},
};

/// All calls of a run, found by the first half of their names.
#[derive(Debug, Default)]
pub(super) struct Carrier {
    stages: Mutex<HashMap<String, Weak<Stage>>>,
    telephones: Arc<Telephones>,
}

/// Which telephones the program keeps engaged, whatever the call.
#[derive(Debug, Default)]
pub(super) struct Telephones(Mutex<HashMap<String, Vec<Engaged>>>);

#[derive(Debug)]
struct Engaged {
    leg: String,
    end_asked: Option<Instant>,
}

/// A telephone counts as free so long after the program asked for its leg's end, and a little less for our own delay.
const END_TAKES: Duration = Duration::from_millis(1_900);

impl Carrier {
    /// Serves the REST interface on a port of this machine.
    pub(super) async fn start() -> std::io::Result<(Arc<Self>, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let carrier = Arc::new(Self::default());
        let router = Router::new().fallback(rest).with_state(carrier.clone());
        let serving = async move {
            // It ends with the runtime.
            let _ = axum::serve(listener, router).await;
        };
        tokio::runtime::Handle::current().spawn(serving);
        Ok((carrier, address))
    }

    /// A call of this number that has not begun, over `wire`.
    pub(super) fn stage(&self, number: u64, line: String, caller: String, wire: Arc<Wire>) -> Arc<Stage> {
        let key = format!("CA{number:016x}");
        let stage =
            Stage::new(format!("{key}{:016x}", 0), line, caller, wire, self.telephones.clone(), number ^ 0x5eed);
        self.stages().insert(key, Arc::downgrade(&stage));
        stage
    }

    /// Forgets a call. A dial for it is then refused, and shows as a fault of its own.
    pub(super) fn forget(&self, stage: &Stage) {
        self.stages().remove(&stage.sid[..18]);
    }

    fn find(&self, sid: &str) -> Option<(Arc<Stage>, Who)> {
        let stage = self.stages().get(sid.get(..18)?)?.upgrade()?;
        let leg = u32::from_str_radix(sid.get(18..)?, 16).ok()?;
        Some((stage, if leg == 0 { Who::Caller } else { Who::Leg(leg) }))
    }

    fn stages(&self) -> MutexGuard<'_, HashMap<String, Weak<Stage>>> {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, method: &Method, uri: &Uri, body: &[u8]) -> Option<Response> {
        let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        let path: Vec<_> = uri.path().trim_end_matches(".json").split('/').skip(4).collect();
        match (method, path.as_slice()) {
            (&Method::POST, ["Calls"]) => {
                let call = form.get("Url")?.split("/calls/").nth(1)?.split('/').next()?;
                let sid = self.find(call)?.0.dial(&form)?;
                let created = format!(r#"{{"sid":"{sid}","status":"queued","queue_time":"0"}}"#);
                Some(json(StatusCode::CREATED, created))
            }
            (&Method::POST, ["Calls", sid]) => {
                let (stage, who) = self.find(sid)?;
                let changed =
                    stage.change(who, form.get("Status").map(String::as_str), form.get("Url").map(String::as_str));
                Some(match changed {
                    Some(status) => call(sid, status),
                    None => json(StatusCode::BAD_REQUEST, r#"{"code":21220,"message":"not in state"}"#.to_owned()),
                })
            }
            (&Method::GET, ["Calls", sid]) => {
                let (stage, who) = self.find(sid)?;
                Some(call(sid, stage.standing(who)))
            }
            (&Method::GET, ["Conferences"]) => {
                let name = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("FriendlyName="))?;
                let (stage, _) = self.find(name)?;
                let rooms = if stage.people_in_room().is_empty() {
                    String::new()
                } else {
                    format!(r#"{{"sid":"CF{}"}}"#, &name[2..])
                };
                Some(json(StatusCode::OK, format!(r#"{{"conferences":[{rooms}]}}"#)))
            }
            (&Method::GET, ["Conferences", room, "Participants"]) => {
                let (stage, _) = self.find(&format!("CA{}", room.get(2..)?))?;
                let people: Vec<_> =
                    stage.people_in_room().iter().map(|sid| format!(r#"{{"call_sid":"{sid}"}}"#)).collect();
                Some(json(StatusCode::OK, format!(r#"{{"participants":[{}]}}"#, people.join(","))))
            }
            _ => None,
        }
    }
}

impl Stage {
    fn people_in_room(&self) -> Vec<String> {
        let people = self.state().room.people().to_vec();
        people.into_iter().filter_map(|who| self.sid_of(who)).collect()
    }
}

impl Telephones {
    /// The number of somebody's telephone.
    pub(super) fn number(person: usize) -> String {
        format!("+4477{person:08}")
    }

    /// Whose telephone this is.
    pub(super) fn person(number: &str) -> Option<usize> {
        number.strip_prefix("+4477")?.parse().ok()
    }

    /// Rings a telephone; false if the program keeps it engaged already.
    pub(super) fn engage(&self, number: &str, leg: &str) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let engaged = all.entry(number.to_owned()).or_default();
        let now = now();
        let free = engaged
            .iter()
            .all(|engaged| engaged.end_asked.is_some_and(|asked| now.saturating_duration_since(asked) >= END_TAKES));
        engaged.push(Engaged { leg: leg.to_owned(), end_asked: None });
        free
    }

    pub(super) fn end_asked(&self, number: &str, leg: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let engaged = all.get_mut(number).and_then(|engaged| engaged.iter_mut().find(|engaged| engaged.leg == leg));
        if let Some(engaged) = engaged {
            engaged.end_asked.get_or_insert(now());
        }
    }

    pub(super) fn free(&self, number: &str, leg: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engaged) = all.get_mut(number) {
            engaged.retain(|engaged| engaged.leg != leg);
        }
    }
}

async fn rest(State(carrier): State<Arc<Carrier>>, method: Method, uri: Uri, body: Bytes) -> Response {
    let answer = carrier.answer(&method, &uri, &body);
    answer.unwrap_or_else(|| json(StatusCode::NOT_FOUND, r#"{"code":20404,"message":"not found"}"#.to_owned()))
}

fn call(sid: &str, status: &str) -> Response {
    json(StatusCode::OK, format!(r#"{{"sid":"{sid}","status":"{status}"}}"#))
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
