//! The one REST address that the server sees. Behind it each scenario has a carrier of its own; a late request about an
//! earlier scenario's call still reaches that scenario's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{Method, StatusCode};
use tower::ServiceExt as _;

use crate::simulator::Simulator;

/// The carriers so far, and what was asked of them. Copies are the same exchange.
#[derive(Clone, Default)]
pub(super) struct Exchange(Arc<Mutex<Carriers>>);

#[derive(Default)]
struct Carriers {
    carriers: Vec<Simulator>,
    requests: Vec<Asked>,
}

/// One request to the REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) status: StatusCode,
}

/// Calls of scenarios before these are asked about no more.
const REMEMBERED: usize = 8;

impl Exchange {
    /// Puts a carrier on duty.
    pub(super) fn connect(&self, carrier: &Simulator) {
        let mut state = self.state();
        state.carriers.push(carrier.clone());
        let too_many = state.carriers.len().saturating_sub(REMEMBERED);
        state.carriers.drain(..too_many);
    }

    /// Everything that was asked so far.
    pub(super) fn requests(&self) -> Vec<Asked> {
        self.state().requests.clone()
    }

    /// The REST API.
    pub(super) fn router(&self) -> Router {
        Router::new().fallback(hand_on).with_state(self.clone())
    }

    /// The carrier on duty.
    pub(super) fn on_duty(&self) -> Option<Simulator> {
        self.state().carriers.last().cloned()
    }

    fn carrier_of(&self, path: &str) -> Option<Simulator> {
        let names = |carrier: &&Simulator| path.split(['/', '.']).any(|segment| carrier.knows(segment));
        self.state().carriers.iter().find(names).cloned()
    }

    fn state(&self) -> MutexGuard<'_, Carriers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn hand_on(State(exchange): State<Exchange>, request: Request) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let carrier = exchange.carrier_of(&path).or_else(|| exchange.on_duty());
    let response = match carrier {
        Some(carrier) => match carrier.rest().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let status = response.status();
    exchange.state().requests.push(Asked { method, path, status });
    response
}
