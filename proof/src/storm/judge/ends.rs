//! How a caller's leg comes to its end, and how talks do.

use ringall::simulator::{EndedBy, Hearing, LegRecord, Purpose, Status, WebhookEntry};

use super::{
    Broken, Promise,
    case::{BUSY, Call, Case, FAILURE, NOBODY, arrived, field},
    company::together,
};
use crate::storm::{
    file::THANKS,
    flow::Step,
    positions::{TRIAL_HOPS, position},
    terms::NOT_TAKEN,
};

/// How fast the carrier speaks.
const CHARACTERS_PER_SECOND: u64 = 14;
/// A caller who is led back after a talk is hung up on within this time.
const ENDS_WITHIN_MS: u64 = 10_000;
/// So often is the carrier asked to lead a caller on before they are given up, over more than two minutes.
const REFUSALS_IN_A_ROW: usize = 8;
/// Both ends of a talk are over within this time.
const SAME_MOMENT_MS: u64 = 100;
/// A winner who is gone before the bridge is missed within this time, and the telephones ring again.
const MISSED_WITHIN_MS: u64 = 60_000;

pub(super) fn judge(case: &Case<'_>, broken: &mut Vec<Broken>) {
    for call in &case.calls {
        judge_end(case, call, broken);
        judge_talk(case, call, broken);
        judge_forwarded_talk(call, broken);
        judge_hand_back(case, call, broken);
    }
}

fn judge_end(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let Some((at, end)) = call.leg.end() else { return };
    let last = call.leg.heard.iter().rev().find(|heard| {
        !matches!(heard.what, Hearing::Silence | Hearing::Ended(_)) // What was heard before the line was dead.
    });
    let what = match (end.by, last.map(|heard| (&heard.what, heard.at))) {
        // How talks end, and that nobody hears of an error, is judged elsewhere.
        (EndedBy::Person, _)
        | (_, Some((Hearing::Talking(_), _)))
        | (EndedBy::Carrier, Some((Hearing::ErrorMessage, _))) => None,
        (EndedBy::Carrier, _) if has_used_up_a_trial(case, call) => None,
        (EndedBy::Network, _) if may_ring_out(case, call, at) => None,
        (EndedBy::Document, Some((Hearing::NetworkRinging, _))) if end.status == Status::Busy && rejects(call) => None,
        (EndedBy::Api, _) if came_in_vain(case, call, at) || could_not_be_led(case, call, at) => None,
        (EndedBy::Document, Some((Hearing::Words(words), since))) => said_to_the_end(case, call, words, since, at),
        (by, last) => Some(format!("is ended by {by:?} after hearing {last:?}")),
    };
    if let Some(what) = what {
        let what = format!("caller {} {what}", call.name());
        broken.push(Broken { promise: Promise::NotCutOff, at, legs: vec![call.nth], what });
    }
}

/// After a talk the caller's leg asks what comes next, which is the end. If the connection of that request breaks the
/// fallback leads them back, and they are hung up on a few seconds later.
fn came_in_vain(case: &Case<'_>, call: &Call<'_>, at: u64) -> bool {
    case.webhooks_of(call.leg).any(|webhook| {
        webhook.purpose == Purpose::Action && !arrived(webhook) && webhook.at <= at && at <= webhook.at + ENDS_WITHIN_MS
    }) && call.talks_from.is_some_and(|from| from < at)
}

/// The carrier has refused to lead the caller on, so often in a row that nothing is left but to end the call.
fn could_not_be_led(case: &Case<'_>, call: &Call<'_>, at: u64) -> bool {
    let led = case.requests_of(call.leg).filter(|request| request.at < at && field(&request.form, "Url").is_some());
    let carried_out: Vec<bool> = led.map(|request| request.status.is_some()).collect();
    carried_out.iter().rev().take_while(|carried_out| !**carried_out).count() >= REFUSALS_IN_A_ROW
}

/// After so many documents a trial account's call is over (carrier contract §11).
fn has_used_up_a_trial(case: &Case<'_>, call: &Call<'_>) -> bool {
    let next = |webhook: &&WebhookEntry| matches!(webhook.purpose, Purpose::Document | Purpose::Action);
    let hops = case.webhooks_of(call.leg).filter(next).count();
    position(case.plan(), "profile") == 1 && hops >= TRIAL_HOPS as usize
}

/// Nobody answers an unanswered caller for ever.
fn may_ring_out(case: &Case<'_>, call: &Call<'_>, at: u64) -> bool {
    let forwards = call.line.steps.iter().any(|step| matches!(step, Step::Forward(_)));
    call.line.by_carrier || call.line.by_dial || forwards || case.was_away(call.leg.created_at, at)
}

fn rejects(call: &Call<'_>) -> bool {
    call.line.steps.contains(&Step::Reject) || call.is_refused()
}

fn said_to_the_end(case: &Case<'_>, call: &Call<'_>, words: &str, since: u64, at: u64) -> Option<String> {
    let takes = u64::try_from(words.chars().count()).unwrap_or(0) * 1000 / CHARACTERS_PER_SECOND;
    if since + takes > at + 1 {
        return Some(format!("is ended in the middle of “{words}”"));
    }
    match words {
        NOBODY => None,
        THANKS => (!may_end_with_thanks(case, call, at)).then(|| "is thanked, and nothing more".to_owned()),
        BUSY => (call.line.most == 0 && call.line.most_of_one == 0 && !rejects(call))
            .then(|| "is turned away without need".to_owned()),
        FAILURE => {
            let stopped = |away: &super::super::play::Away| away.asked < away.from && away.asked <= since;
            let told = case.away().iter().any(|away| stopped(away) && since <= away.from + 2000)
                // A document that they got in the last moment.
                || case.was_away(call.leg.created_at, at);
            (!told).then(|| "is told that we failed, and why cannot be seen".to_owned())
        }
        NOT_TAKEN => (!call.is_blocked()).then(|| "is not taken, and nothing says so".to_owned()),
        _ => Some(format!("hears “{words}” and nothing more")),
    }
}

/// A message may be the end of a call; after a restart nothing is known of what comes behind it.
fn may_end_with_thanks(case: &Case<'_>, call: &Call<'_>, at: u64) -> bool {
    call.line.steps.iter().any(|step| matches!(step, Step::Voicemail(voicemail) if voicemail.done.is_none()))
        || call.is_led_to_a_mailbox()
        || case.was_away(call.leg.created_at, at)
}

/// A talk ends when one of both hangs up, and never by us.
fn judge_talk(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    for (with, partner, nth) in talks(case, call) {
        let Some(until) = with else { continue };
        let hung_up = |leg: &LegRecord| {
            leg.end().is_some_and(|(at, end)| {
                matches!(end.by, EndedBy::Person | EndedBy::Network) && at <= until + SAME_MOMENT_MS
            })
        };
        if !hung_up(call.leg) && !hung_up(partner) {
            let what = format!("caller {} and {} talk, and are parted", call.name(), partner.name);
            broken.push(Broken { promise: Promise::NotCutOff, at: until, legs: vec![call.nth, nth], what });
        }
    }
}

/// What an outside number and a caller say to each other ends when one of both hangs up, and never by us.
fn judge_forwarded_talk(call: &Call<'_>, broken: &mut Vec<Broken>) {
    for (nth, child) in &call.children {
        let Some(until) = child.stays.iter().filter_map(|stay| stay.until).max() else { continue };
        let by_person = |leg: &LegRecord| {
            leg.end().is_some_and(|(at, end)| end.by == EndedBy::Person && at <= until + SAME_MOMENT_MS)
        };
        if !by_person(call.leg) && !by_person(child) {
            let what = format!("caller {} and {} talk, and are parted", call.name(), child.name);
            broken.push(Broken { promise: Promise::NotCutOff, at: until, legs: vec![call.nth, *nth], what });
        }
    }
}

/// The caller's talks: until when, with whom.
fn talks<'a>(case: &Case<'a>, call: &Call<'a>) -> Vec<(Option<u64>, &'a LegRecord, usize)> {
    let mut talks = Vec::new();
    for offer in &call.offers {
        for stay in &offer.leg.stays {
            for with in &call.leg.stays {
                if together(case, *stay, *with).is_some() {
                    let until = [stay.until, with.until].into_iter().flatten().min();
                    talks.push((until, offer.leg, offer.nth));
                }
            }
        }
    }
    talks
}

/// Somebody was in the conference before the caller, and left again: then the telephones ring on, or words follow.
fn judge_hand_back(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    for offer in &call.offers {
        let Some(left) = offer.leg.stays.iter().filter_map(|stay| stay.until).max() else { continue };
        let by_person = offer.leg.end().is_some_and(|(_, end)| end.by == EndedBy::Person);
        let waits = call.ended_at.is_none_or(|ended| ended > left + MISSED_WITHIN_MS);
        let talked =
            call.leg.stays.iter().any(|with| offer.leg.stays.iter().any(|stay| together(case, *stay, *with).is_some()));
        if !by_person || !waits || talked || case.was_away(offer.leg.created_at, left + MISSED_WITHIN_MS) {
            continue;
        }
        let limit = left + MISSED_WITHIN_MS + case.request_takes(left, left + MISSED_WITHIN_MS);
        let rung = call.orders.iter().any(|order| order.at >= left && order.at <= limit);
        let led_on = call.leg.heard.iter().any(|heard| {
            matches!(heard.what, Hearing::Words(_) | Hearing::Talking(_))
                && heard.at + 3000 >= left
                && heard.at <= limit
        });
        if !rung && !led_on {
            let what = format!("{} took caller {} and left; nobody is rung again", offer.leg.name, call.name());
            broken.push(Broken { promise: Promise::GivesBack, at: left, legs: vec![call.nth, offer.nth], what });
        }
    }
}
