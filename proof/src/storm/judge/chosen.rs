//! Whom a call may ring at all: the groups and numbers of the steps to which the caller's keys and the time of day lead.

use std::collections::BTreeSet;

use ringall::simulator::{Outcome, WebhookEntry};

use super::{
    Broken, Promise,
    case::{Call, Case, field},
};
use crate::storm::{
    flow::{Hours, Step},
    stage::{outside_number, phone_number},
};

const MINUTE_MS: u64 = 60_000;

pub(super) fn judge(case: &Case<'_>, broken: &mut Vec<Broken>) {
    for call in &case.calls {
        let numbers = numbers(case, call);
        let offers = call.offers.iter().map(|offer| (offer.nth, offer.leg));
        for (nth, leg) in offers.chain(call.children.iter().copied()) {
            if !numbers.contains(&leg.to) {
                let what = format!("{} is rung for caller {}, whom nothing leads there", leg.name, call.name());
                let legs = vec![call.nth, nth];
                broken.push(Broken { promise: Promise::NobodyElse, at: leg.created_at, legs, what });
            }
        }
    }
}

/// Every number that this call may ring.
fn numbers(case: &Case<'_>, call: &Call<'_>) -> BTreeSet<String> {
    let plan = case.plan();
    let mut numbers = BTreeSet::new();
    for step in reached(case, call).into_iter().filter_map(|at| call.line.steps.get(at)) {
        let members = step.groups().into_iter().flat_map(|group| &plan.groups[group].members);
        numbers.extend(members.map(|member| phone_number(plan.people[*member].phone).expose()));
        if let Step::Forward(forward) = step {
            numbers.insert(outside_number(forward.to).expose());
        }
    }
    numbers
}

/// Every step that this call can have come to.
fn reached(case: &Case<'_>, call: &Call<'_>) -> BTreeSet<usize> {
    let pressed: BTreeSet<&str> = call.pressed(case).collect();
    let (mut reached, mut open) = (BTreeSet::new(), vec![0]);
    while let Some(at) = open.pop() {
        let Some(step) = call.line.steps.get(at).filter(|_| reached.insert(at)) else { continue };
        match step {
            Step::Ring(_) | Step::Say | Step::Tiers(_) => open.push(at + 1),
            Step::Menu(menu) => {
                let chosen = menu.keys.iter().filter(|(keys, _)| pressed.contains(keys.as_str()));
                open.extend(chosen.map(|(_, to)| *to));
                open.extend([menu.no_input, menu.wrong_key]);
            }
            Step::Hours(hours) => {
                let (open_then, closed_then) = looked_at(case, call, hours);
                open.extend(open_then.then_some(at + 1));
                open.extend(closed_then.then_some(hours.closed));
            }
            Step::Forward(_) => open.extend(step.onwards()),
            Step::Reject => {}
        }
    }
    reached
}

/// Whether it was open, and whether it was closed, at some moment of the call. Storms begin with the year, and last no day.
fn looked_at(case: &Case<'_>, call: &Call<'_>, hours: &Hours) -> (bool, bool) {
    let (from, until) = (call.leg.created_at, call.ended_at.unwrap_or(case.played.end));
    let (opens, closes) = (hours.opens * MINUTE_MS, hours.closes * MINUTE_MS);
    (from < closes && opens <= until, from < opens || closes <= until)
}

impl Call<'_> {
    /// What the caller has pressed in menus, as the program was told: also by a request whose answer was lost, after
    /// which the fallback gets what the key leads to.
    pub(super) fn pressed<'a>(&self, case: &Case<'a>) -> impl Iterator<Item = &'a str> {
        let told = case.webhooks_of(self.leg).filter(|webhook| webhook.url.contains("/chosen/") && came(webhook));
        told.filter_map(|webhook| field(&webhook.form, "Digits")).filter(|digits| !digits.is_empty())
    }
}

/// Whether a webhook can have come to the program, with or without an answer.
fn came(webhook: &WebhookEntry) -> bool {
    match webhook.outcome {
        Some(Outcome::Answered(_) | Outcome::TimedOut | Outcome::Broken(_) | Outcome::Closed) | None => true,
        Some(Outcome::NotConnected | Outcome::Lost) => false,
    }
}
