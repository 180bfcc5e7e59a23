//! The queue of calls that wait for their turn: first in, first out, so many starts a second (carrier contract §7).

use std::{collections::VecDeque, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{
    Simulator,
    leg::{LegKey, Status},
    world::{self, Errand, World},
};

/// The calls that wait.
#[derive(Debug)]
pub(super) struct DialQueue {
    waiting: VecDeque<LegKey>,
    free_at: Instant,
    running: bool,
}

impl DialQueue {
    pub(super) fn new(now: Instant) -> Self {
        Self { waiting: VecDeque::new(), free_at: now, running: false }
    }
}

impl World {
    /// Puts a leg at the end of the queue and estimates how long it waits, in milliseconds.
    pub(super) fn enqueue(&mut self, key: LegKey) -> u64 {
        let interval = self.start_interval();
        let ahead = self.queue.waiting.iter().filter(|leg| self.leg(**leg).is_live()).count();
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        let estimate = self.queue.free_at.saturating_duration_since(self.now) + interval.saturating_mul(ahead);
        self.queue.waiting.push_back(key);
        if !self.queue.running {
            self.queue.running = true;
            self.errands.push(Errand::RunQueue);
        }
        world::whole_millis(estimate)
    }

    /// Takes the next leg that still waits off the queue.
    fn start_next(&mut self) -> bool {
        while let Some(key) = self.queue.waiting.pop_front() {
            if self.leg(key).status == Status::Queued {
                self.queue.free_at = self.now + self.start_interval();
                let now = self.now;
                self.leg_mut(key).dialing_at = Some(now);
                self.set_status(key, Status::Initiated);
                self.errands.push(Errand::Dial(key));
                return true;
            }
        }
        self.queue.running = false;
        false
    }

    fn start_interval(&self) -> Duration {
        let cps = self.settings.cps;
        if cps > 0.0 { Duration::from_secs_f64(1.0 / cps) } else { Duration::ZERO }
    }
}

impl Simulator {
    /// Starts calls until none waits.
    pub(super) async fn run_queue(self) {
        loop {
            let free_at = self.look(|world| world.queue.free_at);
            sleep_until(free_at).await;
            if !self.change(World::start_next) {
                return;
            }
        }
    }
}
