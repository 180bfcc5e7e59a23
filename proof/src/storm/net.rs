//! The way from the carrier to the program: requests that jostle within one moment, that are late, or whose connection
//! breaks while the answer is awaited. What it does follows from the plan's dice.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use fastrand::Rng;
use futures_util::{
    future::{Either, select},
    stream,
};
use tokio::{task::yield_now, time::sleep};

use super::plan::{Net, millis};

/// Copies are the same way.
#[derive(Debug, Clone)]
pub struct Way {
    net: Net,
    rng: Arc<Mutex<Rng>>,
}

/// What happens to one request.
struct Journey {
    turns: u32,
    late: u64,
    breaks: Option<Break>,
}

/// How a connection breaks.
struct Break {
    turns: u32,
    after: u64,
    /// Also if the answer comes in the same moment.
    first: bool,
}

/// Requests of this way take a multiple of this time.
const LATE_STEP_MS: u64 = 100;
/// Connections break a multiple of this time after the sending.
const BREAK_STEP_MS: u64 = 500;

impl Way {
    /// A way that does to requests what the plan says.
    pub fn new(net: &Net, dice: u64) -> Self {
        let rng = Rng::with_seed(dice ^ 0x6e65_7400_0000_0000);
        Self { net: net.clone(), rng: Arc::new(Mutex::new(rng)) }
    }

    /// Lets requests come by this way.
    pub fn router(&self, router: Router) -> Router {
        if self.net == Net::default() {
            return router;
        }
        let way = self.clone();
        router.layer(from_fn(move |request: Request, next: Next| way.clone().carry(request, next)))
    }

    async fn carry(self, request: Request, next: Next) -> Response {
        let Journey { turns, late, breaks } = self.journey(request.uri().path());
        if late > 0 {
            sleep(millis(late)).await;
        }
        take_turns(turns).await;
        let Some(Break { turns, after, first }) = breaks else { return next.run(request).await };
        let answering = Box::pin(next.run(request));
        let breaking = Box::pin(async {
            if after > 0 {
                sleep(millis(after)).await;
            }
            take_turns(turns).await;
        });
        if first {
            match select(breaking, answering).await {
                Either::Left(_) => broken(),
                Either::Right((response, _)) => response,
            }
        } else {
            match select(answering, breaking).await {
                Either::Left((response, _)) => response,
                Either::Right(_) => broken(),
            }
        }
    }

    fn journey(&self, path: &str) -> Journey {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        let Net { jostle, late, breaks, breaks_after } = self.net;
        let mut turns = || rng.u32(..=jostle);
        let (before, within) = (turns(), turns());
        let steps = rng.u64(..=late / LATE_STEP_MS);
        let late = if rng.u32(..4) == 0 { LATE_STEP_MS * steps } else { 0 };
        let after = BREAK_STEP_MS * rng.u64(..=breaks_after / BREAK_STEP_MS);
        let (struck, first) = (rng.u32(..1000) < breaks, rng.bool());
        let breaks = (struck && may_break(path)).then_some(Break { turns: within, after, first });
        Journey { turns: before, late, breaks }
    }
}

/// Only what the caller's leg asks for, and for what there is a fallback.
fn may_break(path: &str) -> bool {
    let asks = ["/now", "/dial-ended"].iter().any(|end| path.ends_with(end))
        || ["/after/", "/chosen/", "/forwarded/"].iter().any(|part| path.contains(part));
    path == "/voice" || (asks && !path.contains("/legs/"))
}

async fn take_turns(turns: u32) {
    for _ in 0..turns {
        yield_now().await;
    }
}

fn broken() -> Response {
    let reset = stream::iter([Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset))]);
    Response::new(Body::from_stream(reset))
}
