//! Whom a call may ring at all: the groups and numbers of the steps to which the caller's keys and the time of day lead.

use std::collections::BTreeSet;

use ringall::simulator::{Hearing, Outcome, WebhookEntry};

use super::{
    Broken, Promise,
    case::{Call, Case, NOBODY, field},
    way::{forwarded_to, reached},
};
use crate::storm::{
    file::{Tongue, greeting, said},
    flow::Step,
    stage::phone_number,
};

/// An order that was under way when somebody went.
const UNDER_WAY_MS: u64 = 500;

pub(super) fn judge(case: &Case<'_>, broken: &mut Vec<Broken>) {
    for call in &case.calls {
        judge_words(case, call, broken);
        judge_absent(case, call, broken);
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

/// Nobody is rung who has gone away, but for orders that are under way.
fn judge_absent(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let mishaps = &case.plan().mishaps;
    if mishaps.rest_refused + mishaps.rest_reset + mishaps.rest_hang > 0 || case.plan().concurrent > 0 {
        return;
    }
    for order in &call.orders {
        let to = field(&order.form, "To").unwrap_or_default();
        // Who comes back may be rung in that very moment.
        let here = |at: u64| !case.was_absent(to, at, at);
        if here(order.at.saturating_sub(UNDER_WAY_MS)) || here(order.at + 1) {
            continue;
        }
        let what = format!("somebody who is away is rung for caller {}", call.name());
        broken.push(Broken { promise: Promise::NobodyElse, at: order.at, legs: vec![call.nth], what });
    }
}

/// A caller hears the words of no step to which nothing leads, and none in a language that nobody chose.
fn judge_words(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let (reached, length) = (reached(case, call), case.plan().speech.length);
    let changes = reached.iter().any(|at| call.line.steps.get(*at) == Some(&Step::Language));
    for heard in &call.leg.heard {
        let Hearing::Words(words) = &heard.what else { continue };
        let at = (0..call.line.steps.len()).find(|at| match &call.line.steps[*at] {
            Step::Say => Tongue::ALL.iter().any(|tongue| *words == said(*tongue, *at, length)),
            Step::Voicemail(_) => *words == greeting(*at),
            Step::Ring(_)
            | Step::Tiers(_)
            | Step::Menu(_)
            | Step::Hours(_)
            | Step::Forward(_)
            | Step::Reject
            | Step::Queue(_)
            | Step::Lookup(_)
            | Step::Branch(_)
            | Step::Language => false,
        });
        let at = if words == NOBODY { Some(call.line.steps.len()) } else { at };
        let Some(at) = at else { continue };
        let foreign = *words == said(Tongue::German, at, length) && !changes;
        if !reached.contains(&at) || foreign {
            let what = format!("caller {} hears “{words}”, to which nothing leads", call.name());
            broken.push(Broken { promise: Promise::NowhereElse, at: heard.at, legs: vec![call.nth], what });
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
            numbers.extend(forwarded_to(case, call, forward));
        }
    }
    numbers
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
