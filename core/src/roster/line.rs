//! Who stands in which queue, and how long it takes.
//!
//! The expected wait is computed from talks that ended in this process: the mean of the last [`MOST_MEASURED`] of the
//! queue, each with the rest after it, times the callers who are to be served up to this one, divided by the people on
//! duty. Callers in other queues who want one of the same people and came before count too. Before
//! [`LEAST_MEASURED`] talks nothing is told.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::{Grant, Queued, Roster, Seeker, Wish};
use crate::{
    flow::{QueuePlace, QueueRefusal},
    id::{CallSid, RoundId},
    phone::PhoneNumber,
    time::Timestamp,
};

/// Every queue in which somebody waits or has waited.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Lines {
    waiting: BTreeMap<CallSid, Waiting>,
    measured: BTreeMap<Arc<str>, VecDeque<Duration>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Waiting {
    queue: Arc<str>,
    since: Timestamp,
    round: RoundId,
    members: Vec<PhoneNumber>,
}

const LEAST_MEASURED: usize = 5;
const MOST_MEASURED: usize = 20;

impl Roster {
    pub(super) fn on_queued(&mut self, queued: Queued) -> Grant {
        let Queued { call, since, round, queue, members, mut first, order, last, most_waiting } = queued;
        self.seekers.remove(&call);
        let is_here = |phone: &PhoneNumber| !self.away.contains(phone);
        let full = most_waiting.is_some_and(|most| !self.lines.has(&call) && self.lines.count(&queue) >= most);
        let refused = if !members.iter().any(is_here) {
            Some(QueueRefusal::NobodyOnDuty)
        } else if full {
            Some(QueueRefusal::Full)
        } else {
            None
        };
        if refused.is_some() {
            self.lines.leave(&call);
            return Grant { refused, ..Grant::of(call, round, Vec::new()) };
        }
        self.lines.stand(call.clone(), queue, since, round, members);
        self.sort(&mut first, order);
        first.extend(last);
        let free = first.iter().copied().find(|phone| self.may_ring(&call, *phone, false));
        if let Some(phone) = free {
            self.lease(phone, call.clone());
        } else {
            let wishes = first.into_iter().map(|phone| Wish { phone, ring_busy: false }).collect();
            self.seekers.insert(call.clone(), Seeker { since, round, wishes, one: true });
        }
        Grant::of(call, round, free.into_iter().collect())
    }
}

impl Lines {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn has(&self, call: &CallSid) -> bool {
        self.waiting.contains_key(call)
    }

    /// How many wait in this queue.
    pub(super) fn count(&self, queue: &str) -> usize {
        self.waiting.values().filter(|waiting| &*waiting.queue == queue).count()
    }

    /// A call waits here from now on, or still.
    pub(super) fn stand(
        &mut self,
        call: CallSid,
        queue: Arc<str>,
        since: Timestamp,
        round: RoundId,
        members: Vec<PhoneNumber>,
    ) {
        self.waiting.insert(call, Waiting { queue, since, round, members });
    }

    pub(super) fn leave(&mut self, call: &CallSid) {
        self.waiting.remove(call);
    }

    /// The calls that wait for nobody who is here.
    pub(super) fn without_anybody(&self, is_here: impl Fn(PhoneNumber) -> bool) -> Vec<(CallSid, RoundId)> {
        let nobody = |waiting: &Waiting| !waiting.members.iter().any(|phone| is_here(*phone));
        let calls = self.waiting.iter().filter(|(_, waiting)| nobody(waiting));
        calls.map(|(call, waiting)| (call.clone(), waiting.round)).collect()
    }

    /// A member has been busy with a call of this queue for so long.
    pub(super) fn measure(&mut self, queue: Arc<str>, busy: Duration) {
        let measured = self.measured.entry(queue).or_default();
        if measured.len() == MOST_MEASURED {
            measured.pop_front();
        }
        measured.push_back(busy);
    }

    pub(super) fn place(&self, call: &CallSid, is_here: impl Fn(PhoneNumber) -> bool) -> Option<QueuePlace> {
        let own = self.waiting.get(call)?;
        let is_before = |(other, waiting): &(&CallSid, &Waiting)| (waiting.since, *other) < (own.since, call);
        let before = || self.waiting.iter().filter(is_before).map(|(_, waiting)| waiting);
        let place = 1 + before().filter(|waiting| waiting.queue == own.queue).count();
        let shares = |waiting: &&Waiting| waiting.members.iter().any(|phone| own.members.contains(phone));
        let to_serve = 1 + before().filter(shares).count();
        let on_duty = own.members.iter().filter(|phone| is_here(**phone)).count();
        Some(QueuePlace { place, wait: self.expected(&own.queue, to_serve, on_duty) })
    }

    fn expected(&self, queue: &str, to_serve: usize, on_duty: usize) -> Option<Duration> {
        let measured = self.measured.get(queue).filter(|measured| measured.len() >= LEAST_MEASURED)?;
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let mean = measured.iter().sum::<Duration>() / count(measured.len());
        mean.saturating_mul(count(to_serve)).checked_div(count(on_duty))
    }
}
