//! The REST API over a socket, where a broken connection can really be one.

use axum::{Router, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::{super::Simulator, ConnectionLost};

impl Simulator {
    /// Serves the REST API on a listener for as long as the future lives. A lost connection is closed without an
    /// answer.
    pub async fn serve_rest(&self, listener: TcpListener) -> std::io::Result<()> {
        serve(listener, self.rest(), &self.shared.tasks).await
    }
}

/// Serves one or more carriers' REST API behind one router, as [`Simulator::serve_rest`] does.
pub async fn serve(listener: TcpListener, router: Router, tasks: &TaskTracker) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let router = router.clone();
        let service = service_fn(move |request: http::Request<Incoming>| {
            let router = router.clone();
            async move {
                let response: Response = match router.oneshot(request.map(axum::body::Body::new)).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                };
                let is_lost = response.extensions().get::<ConnectionLost>().is_some();
                if is_lost { Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)) } else { Ok(response) }
            }
        });
        tasks.spawn(async move {
            // An error is the client's hanging up, or a connection that we break on purpose.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
