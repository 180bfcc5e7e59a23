//! A program's mains plug: once pulled, nothing that it still does reaches the carrier, and its connections break, as if
//! the process had been killed.

use std::{future::pending, io};

use axum::{
    Router,
    body::Body,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;
use tokio_util::sync::CancellationToken;
use tower::{ServiceExt as _, service_fn, util::BoxCloneSyncService};

use crate::carrier::transport::HttpService;

/// Copies are the same plug.
#[derive(Debug, Clone, Default)]
pub struct Plug(CancellationToken);

impl Plug {
    /// Kills the program behind it.
    pub fn pull(&self) {
        self.0.cancel();
    }

    /// The program's way to the carrier.
    pub fn transport(&self, http: HttpService) -> HttpService {
        let plug = self.0.clone();
        BoxCloneSyncService::new(service_fn(move |request: http::Request<Bytes>| {
            let (plug, http) = (plug.clone(), http.clone());
            async move {
                tokio::select! {
                    biased;
                    () = plug.cancelled() => pending().await,
                    answer = http.oneshot(request) => answer,
                }
            }
        }))
    }

    /// The carrier's way to the program.
    pub fn router(&self, router: Router) -> Router {
        let plug = self.0.clone();
        router.layer(from_fn(move |request: Request, next: Next| {
            let plug = plug.clone();
            async move {
                tokio::select! {
                    biased;
                    () = plug.cancelled() => broken(),
                    response = next.run(request) => response,
                }
            }
        }))
    }
}

fn broken() -> Response {
    let reset = stream::iter([Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset))]);
    Response::new(Body::from_stream(reset))
}
