//! The program put together, in paused time and with a carrier that says yes to everything.

use std::{
    fmt::Write as _,
    future::Future,
    io,
    sync::{
        Arc, Once,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use ringall::{
    carrier::transport::{HttpService, TransportError},
    clock::Clock,
    config::Config,
    lookups,
    service::Service,
};
use ringall_core::time::Timestamp;
use tokio::runtime;
use tower::{service_fn, util::BoxCloneSyncService};
use url::Url;

/// Runs something under a clock that jumps to whatever is waited for.
pub(crate) fn in_paused_time<F: Future>(future: F) -> F::Output {
    let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

/// The program with this configuration, whose lookups are not answered.
pub(crate) fn start(config: &Config, public_url: &Url) -> Service {
    start_with_lookups(config, public_url, lookups::nowhere())
}

/// The program with this configuration. Every log line is written, to nowhere, because writing may fail too.
pub(crate) fn start_with_lookups(config: &Config, public_url: &Url, lookups: HttpService) -> Service {
    static LOGS: Once = Once::new();
    LOGS.call_once(|| {
        let logs = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
        logs.with_writer(io::sink).init();
    });
    let clock = Clock::starting_at(Timestamp::from_millis(1_767_225_600_000));
    let service = Service::with_lookups(config, public_url, carrier(), lookups, clock);
    service.expect("a checked configuration is an account")
}

/// A carrier that takes every order and knows every leg.
fn carrier() -> HttpService {
    let legs = Arc::new(AtomicU32::new(1));
    BoxCloneSyncService::new(service_fn(move |request: Request<Bytes>| {
        let answer = answer(&request, &legs);
        async move { Ok::<_, TransportError>(answer) }
    }))
}

fn answer(request: &Request<Bytes>, legs: &AtomicU32) -> Response<Bytes> {
    let path = request.uri().path();
    let mut body = String::new();
    let (status, written) = if *request.method() == Method::POST && path.ends_with("/Calls.json") {
        let leg = legs.fetch_add(1, Ordering::Relaxed);
        (StatusCode::CREATED, write!(body, r#"{{"sid":"CAleg{leg}","status":"queued"}}"#))
    } else if path.ends_with("/Conferences.json") {
        (StatusCode::OK, write!(body, r#"{{"conferences":[]}}"#))
    } else {
        (StatusCode::OK, write!(body, r#"{{"sid":"CA1","status":"completed"}}"#))
    };
    written.expect("a string takes everything");
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response
}
