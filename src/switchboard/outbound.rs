//! Requests to the carrier: begun in the order in which calls want them, a bounded number at a time. Ending and
//! redirecting never wait behind dialling.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use ringall_core::id::CallSid;
use tokio::{
    sync::{Semaphore, mpsc},
    time::sleep,
};
use tracing::{Instrument, Span, debug, error, warn};

use crate::{
    carrier::{Carrier, End},
    config::CarrierConfig,
    tasks::Tasks,
};

/// The lanes towards the carrier.
pub(super) struct Outbound {
    carrier: Arc<dyn Carrier>,
    dials: Lane,
    urgent: Lane,
    patient: Lane,
}

/// Jobs in order.
struct Lane(mpsc::UnboundedSender<Job>);

type Job = BoxFuture<'static, ()>;

impl Outbound {
    pub(super) fn start(carrier: Arc<dyn Carrier>, limits: &CarrierConfig, tasks: &Tasks) -> Self {
        let pace = limits.calls_per_second.map(|rate| Duration::from_secs_f64(1.0 / rate));
        // Half each: neither lane can starve the other.
        let width = limits.concurrent_requests.div_ceil(2);
        Self {
            carrier,
            dials: Lane::start("dial lane", width, pace, tasks),
            urgent: Lane::start("urgent lane", width, None, tasks),
            // One beside the others, so that many calls that are taken over at once hold up nobody.
            patient: Lane::start("patient lane", 1, None, tasks),
        }
    }

    pub(super) fn carrier(&self) -> Arc<dyn Carrier> {
        self.carrier.clone()
    }

    /// Dials, when its turn comes.
    pub(super) fn dial(&self, job: impl Future<Output = ()> + Send + 'static) {
        self.dials.push(job);
    }

    /// Ends, redirects or asks.
    pub(super) fn urgent(&self, job: impl Future<Output = ()> + Send + 'static) {
        self.urgent.push(job);
    }

    /// Asks what no caller waits for, one after another.
    pub(super) fn patient(&self, job: impl Future<Output = ()> + Send + 'static) {
        self.patient.push(job);
    }

    /// Ends a leg that no call counts on, unless somebody has picked it up: then it asks and is told.
    pub(super) fn cancel_stray(&self, leg: CallSid) {
        let carrier = self.carrier();
        self.urgent(async move {
            match carrier.end_call(leg.clone(), End::IfUnanswered, &|| true).await {
                Ok(status) => debug!(leg.sid = %leg, ?status, "a leg that no call counts on is ended"),
                Err(error) => warn!(leg.sid = %leg, %error, "a leg that no call counts on cannot be ended"),
            }
        });
    }
}

impl Lane {
    fn start(name: &'static str, width: usize, pace: Option<Duration>, tasks: &Tasks) -> Self {
        let (sender, jobs) = mpsc::unbounded_channel();
        let width = Arc::new(Semaphore::new(width.max(1)));
        tasks.spawn(name, run(jobs, width, pace, tasks.clone()));
        Self(sender)
    }

    fn push(&self, job: impl Future<Output = ()> + Send + 'static) {
        // The span of the call that wants it goes with it.
        let _ = self.0.send(job.instrument(Span::current()).boxed());
    }
}

/// Begins jobs one after another, at most `width` at a time. Each is begun here and carried on in a task of its own: the
/// order of a group is the order in which its phones are dialled, and a runtime that begins tasks as it likes would
/// shuffle it.
async fn run(mut jobs: mpsc::UnboundedReceiver<Job>, width: Arc<Semaphore>, pace: Option<Duration>, tasks: Tasks) {
    while let Some(job) = jobs.recv().await {
        // Never closed, so never refused.
        let Ok(permit) = width.clone().acquire_owned().await else { return };
        let mut job = guarded(job).boxed();
        if job.as_mut().now_or_never().is_none() {
            tasks.spawn("carrier request", async move {
                job.await;
                drop(permit);
            });
        }
        if let Some(pace) = pace {
            sleep(pace).await;
        }
    }
}

/// One job that goes wrong must not take the lane with it.
async fn guarded(job: Job) {
    if AssertUnwindSafe(job).catch_unwind().await.is_err() {
        error!("a request to the carrier has panicked; the call it was for goes on at its next deadline");
    }
}
