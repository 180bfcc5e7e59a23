//! The carrier: takes orders over REST, and reports. As lean as it can be, because it shares the machine with the
//! program that it measures.

use std::{
    net::SocketAddr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Collected, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use ringall::tasks::Tasks;
use tokio::{net::TcpListener, sync::mpsc};

use super::{
    twiml::Room,
    visit::{Leg, Stage, Visit},
    wire::{Connections, Wire},
};

/// A carrier with its calls.
pub(super) struct Carrier {
    pub(super) wire: Wire,
    pub(super) tasks: Tasks,
    /// Whether the ends of legs are reported to their status callbacks, as the carrier does.
    reports: AtomicBool,
    address: SocketAddr,
    run: u64,
    visits: RwLock<Vec<Arc<Visit>>>,
    rung: AtomicUsize,
    stopped: AtomicUsize,
    strays: AtomicUsize,
    fallbacks: AtomicUsize,
}

type Form = Vec<(String, String)>;

impl Carrier {
    /// Opens the REST interface on a port of its own, for a program that will listen on `port`.
    pub(super) async fn open(port: u16, connections: Connections) -> anyhow::Result<Arc<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let carrier = Arc::new(Self {
            wire: Wire::new(port, connections),
            tasks: Tasks::new(),
            reports: AtomicBool::new(true),
            address: listener.local_addr()?,
            run: fastrand::u64(..),
            visits: RwLock::default(),
            rung: AtomicUsize::new(0),
            stopped: AtomicUsize::new(0),
            strays: AtomicUsize::new(0),
            fallbacks: AtomicUsize::new(0),
        });
        carrier.tasks.spawn("carrier", listen(listener, connections, carrier.clone()));
        Ok(carrier)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the answer to an order must do: that halves the webhooks, and what is measured is not them.
    pub(super) fn lose_reports(&self) {
        self.reports.store(false, Ordering::Relaxed);
    }

    /// Telephones that were made to ring.
    pub(super) fn rung(&self) -> usize {
        self.rung.load(Ordering::Relaxed)
    }

    /// Telephones that were stopped while they rang.
    pub(super) fn stopped(&self) -> usize {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Orders that belong to no call.
    pub(super) fn strays(&self) -> usize {
        self.strays.load(Ordering::Relaxed)
    }

    pub(super) fn count_fallback(&self) {
        self.fallbacks.fetch_add(1, Ordering::Relaxed);
    }

    /// Callers' requests that got no answer at all, and went to the fallback.
    pub(super) fn fallbacks(&self) -> usize {
        self.fallbacks.load(Ordering::Relaxed)
    }

    /// A new call, not yet told of.
    pub(super) fn begin(&self) -> (Arc<Visit>, mpsc::UnboundedReceiver<String>) {
        let mut visits = self.visits.write().unwrap_or_else(PoisonError::into_inner);
        let number = visits.len();
        let (visit, redirects) = Visit::new(self.sid(number, 0), format!("+1666{number:07}"));
        let visit = Arc::new(visit);
        visits.push(visit.clone());
        (visit, redirects)
    }

    /// A leg enters the conference; it reports as the carrier does.
    pub(super) fn enter(self: &Arc<Self>, visit: &Arc<Visit>, sid: &str, room: &Room) {
        let alone = visit.change(|state| {
            if state.left {
                return None;
            }
            state.inside.push(sid.to_owned());
            state.room_events.get_or_insert_with(|| room.events.clone());
            Some(state.inside.len() == 1)
        });
        let Some(alone) = alone else { return };
        let (carrier, visit, sid, wait) = (self.clone(), visit.clone(), sid.to_owned(), room.wait.clone());
        self.tasks.spawn("room", async move {
            if alone {
                // The document is music to the one who waits; only that it comes matters here.
                let _ = carrier.wire.post(&wait, &[("CallSid", &sid), ("CallStatus", "in-progress")]).await;
            }
            if visit.state().inside.len() == 2 && !alone {
                carrier.room_event(&visit, "conference-start", None).await;
            }
            carrier.room_event(&visit, "participant-join", Some(&sid)).await;
        });
    }

    /// The conference is over, because one has left it.
    pub(super) async fn leave(&self, visit: &Visit) {
        let left = visit.change(|state| {
            state.left = true;
            std::mem::take(&mut state.inside)
        });
        for sid in left {
            self.room_event(visit, "participant-leave", Some(&sid)).await;
        }
        self.room_event(visit, "conference-end", None).await;
    }

    async fn room_event(&self, visit: &Visit, event: &str, leg: Option<&str>) {
        let (url, sequence) = {
            let mut state = visit.state();
            state.sequence += 1;
            (state.room_events.clone(), state.sequence.to_string())
        };
        let Some(url) = url else { return };
        let fields = [
            ("ConferenceSid", "CFffffffffffffffffffffffffffffffff"),
            ("FriendlyName", visit.sid.as_str()),
            ("StatusCallbackEvent", event),
            ("SequenceNumber", sequence.as_str()),
            ("CallSid", leg.unwrap_or_default()),
        ];
        let fields = if leg.is_some() { &fields[..] } else { &fields[..4] };
        let _ = self.wire.post(&url, fields).await;
    }

    /// A leg's end, reported unless this carrier loses such reports.
    pub(super) async fn report_end(&self, leg: &Leg, status: &str) {
        if self.reports.load(Ordering::Relaxed) {
            let fields = [("CallSid", leg.sid.as_str()), ("To", leg.to.as_str()), ("CallStatus", status)];
            let _ = self.wire.post(&leg.status_callback, &fields).await;
        }
    }

    fn sid(&self, visit: usize, leg: usize) -> String {
        format!("CA{visit:08x}{leg:08x}{:016x}", self.run)
    }

    /// The call that a name is of, or is of a leg of.
    fn visit_of(&self, sid: &str) -> Option<Arc<Visit>> {
        let number = usize::from_str_radix(sid.get(2..10)?, 16).ok()?;
        let visits = self.visits.read().unwrap_or_else(PoisonError::into_inner);
        visits.get(number).filter(|visit| visit.sid.get(18..) == sid.get(18..)).cloned()
    }

    fn create(&self, form: &Form) -> Option<(StatusCode, String)> {
        let url = value(form, "Url")?;
        let call = url.split("/calls/").nth(1)?.split('/').next()?;
        let visit = self.visit_of(call)?;
        let number = usize::from_str_radix(visit.sid.get(2..10)?, 16).ok()?;
        let sid = visit.change(|state| {
            let sid = self.sid(number, state.legs.len() + 1);
            state.legs.push(Leg {
                sid: sid.clone(),
                to: value(form, "To").unwrap_or_default().to_owned(),
                url: url.to_owned(),
                status_callback: value(form, "StatusCallback").unwrap_or_default().to_owned(),
                stage: Stage::Rings,
            });
            sid
        });
        self.rung.fetch_add(1, Ordering::Relaxed);
        Some((StatusCode::CREATED, resource(&sid, "queued")))
    }

    fn update(self: &Arc<Self>, sid: &str, form: &Form) -> Option<(StatusCode, String)> {
        let visit = self.visit_of(sid)?;
        if visit.sid == sid {
            if let Some(url) = value(form, "Url") {
                visit.redirect(url.to_owned());
            }
            return Some((StatusCode::OK, resource(sid, "in-progress")));
        }
        let wanted = value(form, "Status");
        let (leg, was) = visit.change(|state| {
            let leg = state.leg(sid)?;
            let was = leg.stage;
            leg.stage = match (was, wanted) {
                (Stage::Rings, Some(_)) => Stage::Stopped,
                (Stage::Up, Some("completed")) => Stage::Over,
                (as_before, _) => as_before,
            };
            Some((leg.clone(), was))
        })?;
        let status = match (was, leg.stage) {
            (Stage::Rings, Stage::Stopped) => {
                self.stopped.fetch_add(1, Ordering::Relaxed);
                self.report_soon(leg, "canceled");
                "canceled"
            }
            (Stage::Up, Stage::Over) => {
                self.report_soon(leg, "completed");
                "completed"
            }
            (_, Stage::Stopped) => "canceled",
            (_, Stage::Over) => "completed",
            (_, Stage::Up) => "in-progress",
            (_, Stage::Rings) => "ringing",
        };
        Some((StatusCode::OK, resource(sid, status)))
    }

    fn report_soon(self: &Arc<Self>, leg: Leg, status: &'static str) {
        if self.reports.load(Ordering::Relaxed) {
            let carrier = self.clone();
            self.tasks.spawn("report", async move { carrier.report_end(&leg, status).await });
        }
    }

    async fn answer(self: &Arc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let body = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
        let form: Form = form_urlencoded::parse(&body).into_owned().collect();
        let answer = match path.rsplit('/').next() {
            Some("Calls.json") => self.create(&form),
            Some(file) => self.update(file.trim_end_matches(".json"), &form),
            None => None,
        };
        let (status, json) = answer.unwrap_or_else(|| {
            self.strays.fetch_add(1, Ordering::Relaxed);
            (StatusCode::NOT_FOUND, r#"{"code":20404,"message":"not found","status":404}"#.to_owned())
        });
        let answer = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
        answer.body(Full::new(Bytes::from(json))).expect("a plain answer")
    }
}

fn resource(sid: &str, status: &str) -> String {
    format!(r#"{{"sid":"{sid}","status":"{status}","queue_time":"0","direction":"outbound-api"}}"#)
}

fn value<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

async fn listen(listener: TcpListener, connections: Connections, carrier: Arc<Carrier>) {
    let keep = connections == Connections::Kept;
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let (tasks, carrier) = (carrier.tasks.clone(), carrier.clone());
        tasks.spawn("order", async move {
            let service = service_fn(|request| {
                let carrier = carrier.clone();
                async move { Ok::<_, std::convert::Infallible>(carrier.answer(request).await) }
            });
            // A connection that breaks costs the program an answer, which it must bear.
            let _ = http1::Builder::new().keep_alive(keep).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
