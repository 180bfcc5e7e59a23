//! Requests to the carrier: begun in the order in which calls want them, few at a time, each in a task of its own.
//! Ending and redirecting never wait behind dialling.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use ringall_core::id::CallSid;
use tokio::sync::{Semaphore, mpsc};
use tracing::{Instrument, Span, debug, warn};

use crate::{
    carrier::{Carrier, End},
    config::CarrierConfig,
    tasks::Tasks,
};

/// The two lanes towards the carrier.
pub(super) struct Outbound {
    carrier: Arc<dyn Carrier>,
    dials: Lane,
    urgent: Lane,
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

    /// Ends a leg that no call counts on, unless somebody has picked it up: then it asks and is told.
    pub(super) fn cancel_stray(&self, leg: CallSid) {
        let carrier = self.carrier();
        self.urgent(async move {
            match carrier.end_call(leg.clone(), End::IfUnanswered).await {
                Ok(status) => debug!(leg.sid = %leg, ?status, "a leg that no call counts on is ended"),
                Err(error) => warn!(leg.sid = %leg, %error, "a leg that no call counts on cannot be ended"),
            }
        });
    }
}

impl Lane {
    fn start(name: &'static str, width: usize, pace: Option<Duration>, tasks: &Tasks) -> Self {
        let (sender, jobs) = mpsc::unbounded_channel();
        tasks.spawn(name, run(jobs, Arc::new(Semaphore::new(width.max(1))), pace, tasks.clone()));
        Self(sender)
    }

    fn push(&self, job: impl Future<Output = ()> + Send + 'static) {
        // The span of the call that wants it goes with it.
        let _ = self.0.send(job.instrument(Span::current()).boxed());
    }
}

async fn run(mut jobs: mpsc::UnboundedReceiver<Job>, width: Arc<Semaphore>, pace: Option<Duration>, tasks: Tasks) {
    while let Some(job) = jobs.recv().await {
        // Never closed, so never refused.
        let Ok(permit) = width.clone().acquire_owned().await else { return };
        tasks.spawn("carrier request", async move {
            job.await;
            drop(permit);
        });
        if let Some(pace) = pace {
            tokio::time::sleep(pace).await;
        }
    }
}
