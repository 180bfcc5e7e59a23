//! Which telephones ring: not on for a call that is decided, not anew for one that is over, and no one twice at once.

use ringall::simulator::{Hearing, LegRecord, Purpose, RestEntry};

use super::{
    Broken, Promise,
    case::{Call, Case, Offer, arrived},
    waiting::last_words_at,
};
use crate::storm::plan::Net;

/// A telephone stops ringing within this time after its call is decided.
const STOPS_WITHIN_MS: u64 = 3000;
/// An order that was under way when the call was decided.
const UNDER_WAY_MS: u64 = 1500;
/// The roster takes a telephone for free two seconds after its leg was asked to end.
const FREE_WITHIN_MS: u64 = 1900;
/// A bridge is known by then, even if the carrier never says so.
const KNOWN_WITHIN_MS: u64 = 60_000;
/// Shorter than a word is no talk.
const A_WORD_MS: u64 = 300;

/// A time in which a call needs no more telephones.
struct Decided {
    from: u64,
    /// When it needed some again: the talk was over before it was known to have begun.
    until: u64,
    why: &'static str,
}

pub(super) fn judge(case: &Case<'_>, broken: &mut Vec<Broken>) {
    for call in &case.calls {
        for decided in decisions(case, call) {
            for offer in &call.offers {
                judge_ringing_on(case, call, offer, &decided, broken);
            }
            judge_orders(case, call, &decided, broken);
        }
    }
    judge_twice(case, broken);
}

/// When a call was decided, as far as the program could know.
fn decisions(case: &Case<'_>, call: &Call<'_>) -> Vec<Decided> {
    let mut decided = Vec::new();
    for (heard, until) in call.leg.spans(case.played.end) {
        let talks = matches!(heard.what, Hearing::Talking(_)) && !talks_outside(call, heard.at);
        if talks && until - heard.at >= A_WORD_MS {
            // A talk of a few seconds whose start was never reported looks like one that never began.
            let known = until - heard.at >= KNOWN_WITHIN_MS || !told_little(case);
            let until = if known { u64::MAX } else { until };
            decided.push(Decided { from: heard.at, until, why: "the caller talks" });
        }
    }
    let recorded = call.leg.spans(case.played.end).filter(|(heard, _)| heard.what == Hearing::Recorded);
    decided.extend(recorded.map(|(heard, until)| Decided {
        from: heard.at,
        until,
        why: "the caller leaves a message",
    }));
    let forever = |from, why| Decided { from, until: u64::MAX, why };
    decided.extend(last_words_at(call).map(|at| forever(at, "the caller hears the last words")));
    let told_at = call.told_at.filter(|told| !comes_after_a_restart(case, call, *told));
    decided.extend(told_at.map(|at| forever(at, "the caller is gone")));
    decided
}

/// Whether a call comes in, late, to a program that knows nothing of what its predecessor was told: that it is over.
fn comes_after_a_restart(case: &Case<'_>, call: &Call<'_>, told: u64) -> bool {
    case.webhooks_of(call.leg).any(|webhook| {
        let comes_in = webhook.purpose == Purpose::Voice && arrived(webhook);
        comes_in && webhook.at > told && case.run_at(webhook.at) != case.run_at(told)
    })
}

/// Whether it is an outside number that the caller talks with: after that a call may go on.
fn talks_outside(call: &Call<'_>, at: u64) -> bool {
    let stays = || call.children.iter().flat_map(|(_, child)| &child.stays);
    stays().any(|stay| stay.from <= at && stay.until.is_none_or(|until| at < until))
}

fn judge_ringing_on(case: &Case<'_>, call: &Call<'_>, offer: &Offer<'_>, decided: &Decided, broken: &mut Vec<Broken>) {
    let leg = offer.leg;
    let rings = leg.spans(case.played.end).find(|(heard, _)| heard.what == Hearing::Rings);
    let Some((rung_at, stopped)) = rings.map(|(heard, end)| (heard.at, end)) else { return };
    let since = decided.from.max(rung_at);
    let limit = since + STOPS_WITHIN_MS + case.request_takes(decided.from, stopped);
    if stopped.min(decided.until) <= limit || case.struck(leg) || ran_out(case, leg, decided.from) {
        return;
    }
    let what = format!("{} rings on for {} ms although {}", leg.name, stopped - since, decided.why);
    let legs = vec![call.nth, offer.nth];
    broken.push(Broken { promise: Promise::NoPhoneLeftRinging, at: decided.from, legs, what });
}

/// The program that ordered this leg ended before it could end the leg.
fn ran_out(case: &Case<'_>, leg: &LegRecord, decided: u64) -> bool {
    case.run_at(leg.created_at) != case.run_at(decided + STOPS_WITHIN_MS)
}

fn judge_orders(case: &Case<'_>, call: &Call<'_>, decided: &Decided, broken: &mut Vec<Broken>) {
    let late = decided.from + UNDER_WAY_MS + case.request_takes(decided.from, decided.from + UNDER_WAY_MS);
    let restarted = |order: &RestEntry| case.run_at(order.at) != case.run_at(call.leg.created_at);
    let is_late = |order: &&&RestEntry| order.at > late && order.at < decided.until && !restarted(order);
    if let Some(order) = call.orders.iter().find(is_late) {
        let what = format!("a telephone is ordered {} ms after {}", order.at - decided.from, decided.why);
        let nth = call.offers.iter().find(|offer| Some(&offer.leg.sid) == order.sid.as_ref()).map(|offer| offer.nth);
        let legs = [call.nth].into_iter().chain(nth).collect();
        broken.push(Broken { promise: Promise::NothingAfterTheEnd, at: order.at, legs, what });
    }
}

fn told_little(case: &Case<'_>) -> bool {
    let mishaps = &case.plan().mishaps;
    // On a bad way reports overtake each other, as late ones do.
    mishaps.callback_lost > 0 || mishaps.callback_late > 0 || case.plan().net != Net::default()
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
            if earlier.leg.to != later.leg.to || ended <= dialled || may_ring_twice(case, of, call, earlier, later) {
                continue;
            }
            let (one, two) = (of.name(), call.name());
            let what = format!("{} is dialled for {two} while in an offer of {one}", later.leg.name);
            let legs = vec![of.nth, earlier.nth, call.nth, later.nth];
            broken.push(Broken { promise: Promise::NobodyTwice, at: dialled, legs, what });
        }
    }
}

fn may_ring_twice(case: &Case<'_>, of: &Call<'_>, call: &Call<'_>, earlier: &Offer<'_>, later: &Offer<'_>) -> bool {
    let rings_busy = |call: &Call<'_>| case.groups_that_ring(call, &later.leg.to).iter().any(|group| group.ring_busy);
    // Which of both was lent the telephone first cannot be seen if both were ordered in the same moment, or an order was
    // repeated: also with the line's number because the carrier refuses the caller's.
    let plan = case.plan();
    let slack = if plan.mishaps.rest_refused > 0 || plan.show_caller { 9000 } else { 50 };
    let either = rings_busy(of) && later.leg.created_at.abs_diff(earlier.leg.created_at) <= slack;
    let of_another_run = case.run_at(earlier.leg.created_at) != case.run_at(later.leg.created_at);
    rings_busy(call)
        || either
        || of_another_run
        || case.create_lost(earlier.leg)
        || was_taken_for_free(case, earlier.leg, later.leg)
        || waited_for_its_turn(case, of, earlier.leg, later.leg)
}

/// The way to the carrier is narrow, and the request to end the leg waited behind others.
fn waited_for_its_turn(case: &Case<'_>, of: &Call<'_>, earlier: &LegRecord, later: &LegRecord) -> bool {
    let decided = [of.talks_from, of.told_at, last_words_at(of)].into_iter().flatten().min();
    let decided = decided.is_some_and(|decided| decided + FREE_WITHIN_MS <= later.created_at);
    let takes = case.request_takes(later.created_at, later.created_at);
    let asked = case.asked_to_end(earlier);
    case.plan().concurrent > 0 && (decided || asked.is_some_and(|asked| asked <= later.created_at + takes))
}

/// Its end was asked for two seconds before, and nothing showed that it was picked up in that moment.
fn was_taken_for_free(case: &Case<'_>, earlier: &LegRecord, later: &LegRecord) -> bool {
    let asked = case.asked_to_end(earlier).filter(|asked| asked + FREE_WITHIN_MS <= later.created_at);
    asked.is_some_and(|asked| !case.answers_truly(earlier) && !case.was_shown_up(earlier, asked + FREE_WITHIN_MS))
}
