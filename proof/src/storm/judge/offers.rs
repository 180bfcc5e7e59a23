//! Which telephones ring: not on for a call that is decided, not anew for one that is over, and no one twice at once.

use ringall::simulator::{Hearing, LegRecord, RestEntry};

use super::{
    Broken, Promise,
    case::{Call, Case, Offer},
    waiting::last_words_at,
};

/// A telephone stops ringing within this time after its call is decided.
const STOPS_WITHIN_MS: u64 = 3000;
/// An order that was under way when the call was decided.
const UNDER_WAY_MS: u64 = 1500;
/// The roster takes a telephone for free two seconds after its leg was asked to end.
const FREE_WITHIN_MS: u64 = 1900;
/// A bridge is known by then, even if the carrier never says so.
const KNOWN_WITHIN_MS: u64 = 60_000;

pub(super) fn judge(case: &Case<'_>, broken: &mut Vec<Broken>) {
    for call in &case.calls {
        let Some((decided, why)) = decision(call) else { continue };
        for offer in &call.offers {
            judge_ringing_on(case, call, offer, decided, why, broken);
        }
        judge_orders(case, call, decided, why, broken);
    }
    judge_twice(case, broken);
}

/// When a call was decided, as far as the program could know.
fn decision(call: &Call<'_>) -> Option<(u64, &'static str)> {
    let talks = call.talks_from.map(|at| (at, "the caller talks"));
    let words = last_words_at(call).map(|at| (at, "the caller hears the last words"));
    let gone = call.told_at.map(|at| (at, "the caller is gone"));
    [talks, words, gone].into_iter().flatten().min()
}

fn judge_ringing_on(
    case: &Case<'_>,
    call: &Call<'_>,
    offer: &Offer<'_>,
    decided: u64,
    why: &str,
    broken: &mut Vec<Broken>,
) {
    let leg = offer.leg;
    let rings = leg.spans(case.played.end).find(|(heard, _)| heard.what == Hearing::Rings);
    let Some((rung_at, stopped)) = rings.map(|(heard, end)| (heard.at, end)) else { return };
    let limit = decided.max(rung_at) + STOPS_WITHIN_MS + case.request_takes(decided, stopped);
    if stopped <= limit || case.struck(leg) || ran_out(case, leg, decided) {
        return;
    }
    let what = format!("{} rings on for {} ms although {why}", leg.name, stopped - decided.max(rung_at));
    broken.push(Broken { promise: Promise::NoPhoneLeftRinging, at: decided, legs: vec![call.nth, offer.nth], what });
}

/// The program that ordered this leg ended before it could end the leg.
fn ran_out(case: &Case<'_>, leg: &LegRecord, decided: u64) -> bool {
    case.run_at(leg.created_at) != case.run_at(decided + STOPS_WITHIN_MS)
}

fn judge_orders(case: &Case<'_>, call: &Call<'_>, decided: u64, why: &str, broken: &mut Vec<Broken>) {
    // A talk of a few seconds whose start was never reported looks like one that never began.
    let from = if call.talks_from == Some(decided) && told_little(case) { decided + KNOWN_WITHIN_MS } else { decided };
    let late = from + UNDER_WAY_MS + case.request_takes(decided, decided + UNDER_WAY_MS);
    let restarted = |order: &RestEntry| case.run_at(order.at) != case.run_at(call.leg.created_at);
    let order = call.orders.iter().find(|order| order.at > late && !restarted(order));
    if let Some(order) = order {
        let what = format!("a telephone is ordered {} ms after {why}", order.at - decided);
        let nth = call.offers.iter().find(|offer| Some(&offer.leg.sid) == order.sid.as_ref()).map(|offer| offer.nth);
        let legs = [call.nth].into_iter().chain(nth).collect();
        broken.push(Broken { promise: Promise::NothingAfterTheEnd, at: order.at, legs, what });
    }
}

fn told_little(case: &Case<'_>) -> bool {
    let mishaps = &case.plan().mishaps;
    mishaps.callback_lost > 0 || mishaps.callback_late > 0
}

/// Two legs to one telephone at the same time.
fn judge_twice(case: &Case<'_>, broken: &mut Vec<Broken>) {
    let all = || case.calls.iter().flat_map(|call| call.offers.iter().map(move |offer| (call, offer)));
    let mut offers: Vec<(&Call<'_>, &Offer<'_>)> = all().filter(|(_, offer)| offer.leg.dialled_at.is_some()).collect();
    offers.sort_by_key(|(_, offer)| (offer.leg.dialled_at, offer.nth));
    for (nth, (call, later)) in offers.iter().enumerate() {
        let dialled = later.leg.dialled_at.unwrap_or_default();
        for (of, earlier) in &offers[..nth] {
            let ended = earlier.leg.end().map_or(u64::MAX, |(at, _)| at);
            if earlier.leg.to != later.leg.to || ended <= dialled || may_ring_twice(case, call, earlier, later) {
                continue;
            }
            let (one, two) = (of.name(), call.name());
            let what = format!("{} is dialled for {two} while in an offer of {one}", later.leg.name);
            let legs = vec![of.nth, earlier.nth, call.nth, later.nth];
            broken.push(Broken { promise: Promise::NobodyTwice, at: dialled, legs, what });
        }
    }
}

fn may_ring_twice(case: &Case<'_>, call: &Call<'_>, earlier: &Offer<'_>, later: &Offer<'_>) -> bool {
    let rings_busy = case.groups_of(call, &later.leg.to).iter().any(|group| group.ring_busy);
    let of_another_run = case.run_at(earlier.leg.created_at) != case.run_at(later.leg.created_at);
    // Its end was asked for; that the carrier did not carry it out cannot be known.
    let mut ends = case.requests_of(earlier.leg).filter(|request| super::case::field(&request.form, "Status").is_some());
    let asked_to_end = ends.any(|end| end.at + FREE_WITHIN_MS <= later.leg.created_at);
    rings_busy || of_another_run || case.create_lost(earlier.leg) || (asked_to_end && case.struck(earlier.leg))
}
