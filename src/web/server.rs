//! Connections. A client that trickles its request, or holds a connection without one, is let go after a while; a
//! webhook that waits for its answer is not.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tracing::{debug, error};

use crate::tasks::Tasks;

/// How long a request's head may take, and how long a connection may idle.
const HEAD_TAKES: Duration = Duration::from_secs(30);
/// After a failed accept, such as at the limit of open files, so that what is open can finish.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Serves connections until the tasks are asked to finish.
pub async fn serve(listener: TcpListener, router: Router, tasks: Tasks) {
    let stopping = tasks.stopping();
    let mut failures = 0_u64;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                failures = 0;
                tasks.spawn("connection", connection(stream, router.clone(), tasks.clone()));
            }
            Err(error) => {
                failures += 1;
                if failures.is_power_of_two() {
                    error!(%error, failures, "no new connection can be taken; existing calls go on. Raise the limit of open files?");
                }
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, tasks: Tasks) {
    // Answers are small and awaited: not one of them waits for another.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TAKES)
        .serve_connection(TokioIo::new(stream), service);
    let stopping = tasks.stopping();
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        debug!(%error, "a connection ended early");
    }
}
