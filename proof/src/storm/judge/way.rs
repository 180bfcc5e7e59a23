//! Where a call can have come to: by the keys that were pressed, the time of day, what was answered about the caller, and
//! what a queue may be left for.

use std::collections::BTreeSet;

use super::case::{Call, Case, field};
use crate::storm::{
    desk::Question,
    flow::{Answer, Branch, Forward, Hours, Lookup, Queue, Step, Told},
    stage::{caller_number, outside_number, phone_number},
};

const MINUTE_MS: u64 = 60_000;
/// An answer must have come within this time.
const ANSWER_TAKES_MS: u64 = 2000;
/// The program lets so many wait by itself.
const USUAL_MOST: usize = 20;
/// The digit that declines.
const DECLINE: char = '9';

/// Every step that a call can have come to.
pub(super) fn reached(case: &Case<'_>, call: &Call<'_>) -> BTreeSet<usize> {
    let pressed: BTreeSet<&str> = call.pressed(case).collect();
    // Whom a line does not take comes to none of its steps.
    let (mut reached, mut open) = (BTreeSet::new(), if call.is_blocked() { Vec::new() } else { vec![0] });
    while let Some(at) = open.pop() {
        let Some(step) = call.line.steps.get(at) else {
            reached.insert(at);
            continue;
        };
        if !reached.insert(at) {
            continue;
        }
        match step {
            Step::Ring(_) | Step::Say | Step::Tiers(_) | Step::Language => open.push(at + 1),
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
            Step::Forward(_) | Step::Voicemail(_) => open.extend(step.onwards()),
            Step::Reject => {}
            Step::Queue(queue) => open.extend(left(case, call, queue, &pressed)),
            Step::Lookup(lookup) => open.extend(answered(case, call, *lookup)),
            Step::Branch(Branch { cases, otherwise }) => {
                let tiers: BTreeSet<usize> = found(case, call).filter_map(|(tier, _)| tier).collect();
                open.extend(cases.iter().filter(|(tier, _)| tiers.contains(tier)).map(|(_, to)| *to));
                open.push(*otherwise);
            }
        }
    }
    reached
}

/// The number that a forward dials for this call, if it may dial any.
pub(super) fn forwarded_to(case: &Case<'_>, call: &Call<'_>, forward: &Forward) -> Vec<String> {
    if !forward.found {
        return vec![outside_number(forward.to).expose()];
    }
    let outside = |told| match told {
        Told::Outside(nth) => Some(outside_number(nth).expose()),
        Told::Line(_) | Told::Abroad | Told::Nonsense => None,
    };
    found(case, call).filter_map(|(_, told)| told.and_then(outside)).collect()
}

/// Until when the program may take a caller for being there, at the longest.
fn lived_until(case: &Case<'_>, call: &Call<'_>) -> u64 {
    call.told_at.unwrap_or(case.played.end)
}

/// Whether it was open, and whether it was closed, at some moment of the call. Storms begin with the year, and last no day.
fn looked_at(case: &Case<'_>, call: &Call<'_>, hours: &Hours) -> (bool, bool) {
    let (from, until) = (call.leg.created_at, lived_until(case, call));
    let (opens, closes) = (hours.opens * MINUTE_MS, hours.closes * MINUTE_MS);
    (from < closes && opens <= until, from < opens || closes <= until)
}

/// Where a queue leads whose caller may have left it, each with its reason.
fn left(case: &Case<'_>, call: &Call<'_>, queue: &Queue, pressed: &BTreeSet<&str>) -> Vec<usize> {
    let (from, until) = (call.leg.created_at, lived_until(case, call));
    let mut ways = Vec::new();
    if let Some((key, to)) = queue.leave {
        ways.extend(pressed.iter().any(|keys| keys.starts_with(key)).then_some(to));
    }
    let too_long = from + 1000 * queue.max_wait <= until;
    // Who could ring nobody any more today has waited long enough.
    ways.extend((too_long || case.may_be_spent(call, until)).then_some(queue.too_long));
    let most = if queue.most == 0 { USUAL_MOST } else { queue.most };
    let here = |other: &&Call<'_>| {
        let queues = other.line.steps.iter().any(|step| matches!(step, Step::Queue(its) if its.ring == queue.ring));
        queues
            && other.nth != call.nth
            && other.leg.created_at <= until
            && other.told_at.is_none_or(|told| from <= told)
    };
    ways.extend((case.calls.iter().filter(here).count() >= most).then_some(queue.full));
    ways.extend(nobody_is_left(case, call, queue).then_some(queue.nobody));
    ways
}

/// Whether every member of a queue has declined this very call, or has been away while it lasted.
fn nobody_is_left(case: &Case<'_>, call: &Call<'_>, queue: &Queue) -> bool {
    let plan = case.plan();
    let legs = || call.offers.iter().map(|offer| offer.leg).chain(call.children.iter().map(|(_, leg)| *leg));
    let mut members = plan.groups[queue.ring].members.iter().map(|member| phone_number(plan.people[*member].phone));
    members.all(|phone| {
        let phone = phone.expose();
        if case.was_absent(&phone, call.leg.created_at, lived_until(case, call)) {
            return true;
        }
        legs().filter(|leg| leg.to == phone).any(|leg| {
            let mut keys = case.webhooks_of(leg).filter_map(|webhook| field(&webhook.form, "Digits"));
            keys.any(|keys| keys.contains(DECLINE))
        })
    })
}

/// Where a question about the caller can have led.
fn answered(case: &Case<'_>, call: &Call<'_>, lookup: Lookup) -> Vec<usize> {
    let (mut ways, withheld) = (Vec::new(), is_withheld(call));
    if withheld && !lookup.always {
        return vec![lookup.not_found];
    }
    for question in asked(case, call).filter(|question| question.always == lookup.always) {
        let own = question.call == call.leg.sid;
        match question.answer {
            Answer::Knows { after, .. } => {
                ways.extend((after <= ANSWER_TAKES_MS).then_some(lookup.found));
                ways.extend((own && after >= ANSWER_TAKES_MS).then_some(lookup.failed));
            }
            Answer::Unknown { after, .. } => {
                ways.extend((after <= ANSWER_TAKES_MS).then_some(lookup.not_found));
                ways.extend((own && after >= ANSWER_TAKES_MS).then_some(lookup.failed));
            }
            Answer::Nonsense(_) | Answer::Down | Answer::Breaks | Answer::Hangs | Answer::Trickles => {
                ways.extend(own.then_some(lookup.failed));
            }
        }
    }
    ways
}

/// What may have been found of this call's caller: tiers and numbers.
fn found(case: &Case<'_>, call: &Call<'_>) -> impl Iterator<Item = (Option<usize>, Option<Told>)> {
    asked(case, call).filter_map(|question| match question.answer {
        Answer::Knows { tier, phone, after } if after <= ANSWER_TAKES_MS => Some((tier, phone)),
        Answer::Knows { .. }
        | Answer::Unknown { .. }
        | Answer::Nonsense(_)
        | Answer::Down
        | Answer::Breaks
        | Answer::Hangs
        | Answer::Trickles => None,
    })
}

/// The questions whose answers this call may know: its own, and those about the same caller of the same line that may
/// be remembered.
pub(super) fn asked<'a>(case: &Case<'a>, call: &Call<'_>) -> impl Iterator<Item = &'a Question> {
    let (sid, caller) = (call.leg.sid.clone(), Some(call.leg.from.clone()).filter(|_| !is_withheld(call)));
    let (line, until) = (call.leg.to.clone(), lived_until(case, call));
    case.played.asked.iter().filter(move |question| {
        let same = !question.always && caller.is_some() && question.caller == caller && question.line == line;
        question.at <= until && (question.call == sid || same)
    })
}

fn is_withheld(call: &Call<'_>) -> bool {
    call.leg.from == caller_number(0)
}
