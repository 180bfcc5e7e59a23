//! Calls one after another, so many at once: what goes on beside an abuse.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::Instant};

use super::{
    carrier::Carrier,
    conversation::{Plan, Tally, converse},
};

/// Keeps `at_once` calls going for so long; two accept in the same instant in each.
pub(super) async fn calls(carrier: &Arc<Carrier>, at_once: usize, lasting: Duration) -> Tally {
    let end = Instant::now() + lasting;
    let mut callers = JoinSet::new();
    for _ in 0..at_once {
        let carrier = carrier.clone();
        callers.spawn(async move {
            let mut tally = Tally::default();
            while Instant::now() < end {
                tally.add(converse(carrier.clone(), usual_plan()).await);
            }
            tally
        });
    }
    let mut all = Tally::default();
    for tally in callers.join_all().await {
        all.add(tally);
    }
    all
}

/// So many calls that begin spread over `within`.
pub(super) async fn spread(carrier: &Arc<Carrier>, plans: Vec<Plan>, within: Duration) -> Tally {
    let (began, count) = (Instant::now(), plans.len().max(1));
    let mut calls = JoinSet::new();
    for (nth, plan) in plans.into_iter().enumerate() {
        let share = u32::try_from(nth).unwrap_or(u32::MAX);
        let at = began + within * share / u32::try_from(count).unwrap_or(u32::MAX);
        if Instant::now() < at {
            tokio::time::sleep_until(at).await;
        }
        calls.spawn(converse(carrier.clone(), plan));
    }
    let mut all = Tally::default();
    for tally in calls.join_all().await {
        all.add(tally);
    }
    all
}

/// Two race, after a moment of ringing.
pub(super) fn usual_plan() -> Plan {
    Plan {
        accepting: 2,
        think: Duration::from_millis(fastrand::u64(20..=400)),
        talk: Duration::from_millis(fastrand::u64(20..=200)),
    }
}
