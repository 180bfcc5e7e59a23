//! Callers in queues: one telephone at a time for each, the longest waiting first, a rest after each talk, and a way out.
//!
//! When a caller has come into a queue can be seen only if the line begins with it.

use ringall::simulator::{Hearing, LegRecord, Outcome, RestEntry};

use super::{
    Broken, Promise,
    case::{Call, Case, arrived, field},
    company::together,
};
use crate::storm::{
    flow::{Queue, Step},
    plan::Line,
    stage::{LEAVE, phone_number},
};

/// What happens in one moment.
const MOMENT_MS: u64 = 50;
/// Somebody who came so much later came later, however long requests take.
const LATER_MS: u64 = 1000;
/// A talk of that length is known as one, if all is reported.
const A_TALK_MS: u64 = 5000;
/// A talk of that length is known as one, whatever is reported.
const KNOWN_WITHIN_MS: u64 = 60_000;
/// Whoever is let go hears so within this time.
const LET_GO_WITHIN_MS: u64 = 5000;
/// As many callers as this fill no queue that does not say so.
const NEVER_FULL: usize = 20;
/// In what is told about the place.
const PLACE_WORDS: &str = "in line";

pub(super) fn judge(case: &Case<'_>, broken: &mut Vec<Broken>) {
    for call in &case.calls {
        if only_queues_ring(call.line) {
            judge_one_at_a_time(case, call, broken);
            judge_rests(case, call, broken);
        }
        if let Some((queue, since)) = came_into(case, call) {
            judge_key(case, call, queue, since, broken);
            judge_time(case, call, queue, since, broken);
            judge_turn(case, call, queue, since, broken);
        }
    }
}

/// Whether a line rings people by way of queues, and no other way.
fn only_queues_ring(line: &Line) -> bool {
    let queue = |step: &Step| matches!(step, Step::Queue(_));
    line.steps.iter().any(queue) && line.steps.iter().filter(|step| !queue(step)).all(|step| step.groups().is_empty())
}

/// The queue that the call's line begins with, and when the caller came into it.
fn came_into<'a>(case: &Case<'a>, call: &Call<'a>) -> Option<(&'a Queue, u64)> {
    let Some(Step::Queue(queue)) = call.line.steps.first() else { return None };
    // Who finds it full, or nobody on duty, is led on, perhaps without a word.
    let until = call.ended_at.unwrap_or(case.played.end);
    let full = queue.most > 0 || case.calls.len() >= NEVER_FULL;
    if full || members(case, queue).any(|phone| case.was_absent(&phone, call.leg.created_at, until)) {
        return None;
    }
    let first = case.webhooks_of(call.leg).find(|webhook| arrived(webhook))?;
    let away = case.was_away(call.leg.created_at, call.ended_at.unwrap_or(case.played.end));
    // On a bad way the answer may be lost, and with the fallback's the order of callers is another.
    (!away && first.outcome == Some(Outcome::Answered(200))).then_some((queue, first.at))
}

fn judge_one_at_a_time(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    for (nth, earlier) in call.offers.iter().enumerate() {
        for later in &call.offers[nth + 1..] {
            let at = later.leg.created_at;
            let over = earlier.leg.end().is_some_and(|(end, _)| end <= at + MOMENT_MS);
            let picked_up = earlier.leg.answered_at.is_some_and(|answered| answered <= at + MOMENT_MS);
            let slack = MOMENT_MS + case.request_takes(at, at);
            let asked = case.asked_to_end(earlier.leg).is_some_and(|asked| asked <= at + slack);
            let of_another_run = case.run_at(earlier.leg.created_at) != case.run_at(at);
            if over || picked_up || asked || of_another_run || case.struck(earlier.leg) {
                continue;
            }
            let (one, two) = (&earlier.leg.name, &later.leg.name);
            let what = format!("{two} is rung for caller {}, for whom {one} rings", call.name());
            let legs = vec![call.nth, earlier.nth, later.nth];
            broken.push(Broken { promise: Promise::OneAtATime, at, legs, what });
        }
    }
}

/// Whoever has talked out of this call's queue is rung by nobody for as long as it says.
fn judge_rests(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let repeats = &case.plan().mishaps;
    if repeats.rest_answer_lost + repeats.rest_hang + repeats.rest_refused + repeats.rest_reset > 0 {
        return;
    }
    for offer in &call.offers {
        let Some((talked_until, wrap_up)) = talk(case, call, offer.leg) else { continue };
        let rests_until = (talked_until + 1000 * wrap_up).saturating_sub(LATER_MS);
        for other in &case.calls {
            let mut orders = other.orders.iter().filter(|order| field(&order.form, "To") == Some(&offer.leg.to));
            let order = orders.find(|order| {
                (talked_until + MOMENT_MS..rests_until).contains(&order.at)
                    && case.run_at(order.at) == case.run_at(offer.leg.created_at)
            });
            let Some(order) = order.filter(|_| !rings_busy(case, other, &offer.leg.to)) else { continue };
            let (name, after) = (&offer.leg.name, order.at - talked_until);
            let what = format!("{name} is rung {after} ms after a talk, and was to rest for {wrap_up} s");
            let legs = vec![call.nth, offer.nth, other.nth];
            broken.push(Broken { promise: Promise::Rests, at: order.at, legs, what });
        }
    }
}

/// Until when this telephone talked with the caller, and how long its owner is to rest then at the least.
fn talk(case: &Case<'_>, call: &Call<'_>, leg: &LegRecord) -> Option<(u64, u64)> {
    let stays = call.leg.stays.iter().flat_map(|with| leg.stays.iter().map(move |stay| (*stay, *with)));
    let talks = stays.filter_map(|(stay, with)| {
        let until = [stay.until, with.until].into_iter().flatten().min()?;
        together(case, stay, with).map(|from| (from, until))
    });
    let (from, until) = talks.max_by_key(|(from, _)| *from)?;
    let known = until - from >= if told_little(case) { KNOWN_WITHIN_MS } else { A_TALK_MS };
    let has = |queue: &&Queue| members(case, queue).any(|phone| phone == leg.to);
    let queues = call.line.steps.iter().filter_map(queue_of).filter(has);
    let wrap_up = queues.map(|queue| queue.wrap_up).min()?;
    (known && wrap_up > 0).then_some((until, wrap_up))
}

fn told_little(case: &Case<'_>) -> bool {
    let plan = case.plan();
    plan.mishaps.callback_lost > 0 || plan.mishaps.callback_late > 0 || plan.net != crate::storm::plan::Net::default()
}

/// Whether a call may ring a telephone whatever its owner does.
fn rings_busy(case: &Case<'_>, call: &Call<'_>, to: &str) -> bool {
    case.groups_that_ring(call, to).iter().any(|group| group.ring_busy)
}

/// Whoever presses the key hears what it leads to, if that says anything.
fn judge_key(case: &Case<'_>, call: &Call<'_>, queue: &Queue, since: u64, broken: &mut Vec<Broken>) {
    let Some((key, to)) = queue.leave.filter(|(_, to)| speaks_at_once(call.line, *to)) else { return };
    let pressed = case.webhooks_of(call.leg).find(|webhook| {
        let keys = field(&webhook.form, "Digits").unwrap_or_default();
        webhook.url.contains("/chosen/") && keys.starts_with(key) && webhook.outcome == Some(Outcome::Answered(200))
    });
    // Later they may be in the next one.
    let here = |at: &u64| *at < since + 1000 * queue.max_wait;
    let Some(at) = pressed.map(|webhook| webhook.at).filter(here) else { return };
    let limit = at + LET_GO_WITHIN_MS + case.plan().net.late + case.request_takes(at, at + LET_GO_WITHIN_MS);
    // Somebody may have accepted in that moment.
    let moved_on = |by: u64| moved_on(call, by) || call.offers.iter().any(|offer| !offer.leg.stays.is_empty());
    if moved_on(limit) || case.struck(call.leg) {
        return;
    }
    let what = format!("caller {} presses {key} to leave the queue, and nothing of step {to} is heard", call.name());
    broken.push(Broken { promise: Promise::LetsGo, at, legs: vec![call.nth], what });
}

/// Nobody waits longer than the queue says, unless somebody has picked up for them.
fn judge_time(case: &Case<'_>, call: &Call<'_>, queue: &Queue, since: u64, broken: &mut Vec<Broken>) {
    if !speaks_at_once(call.line, queue.too_long) {
        return;
    }
    let ends = since + 1000 * queue.max_wait;
    let limit = ends + LET_GO_WITHIN_MS + case.plan().net.late + case.request_takes(since, ends + LET_GO_WITHIN_MS);
    let picked_up = call.offers.iter().any(|offer| offer.leg.answered_at.is_some_and(|at| at <= limit));
    let left = |(key, _): (char, usize)| call.pressed(case).any(|keys| keys.starts_with(key));
    if picked_up || queue.leave.is_some_and(left) || moved_on(call, limit) || case.struck(call.leg) {
        return;
    }
    let what = format!("caller {} waits in a queue for longer than {} s", call.name(), queue.max_wait);
    broken.push(Broken { promise: Promise::NoEndlessWait, at: ends, legs: vec![call.nth], what });
}

/// Whether a step says something as soon as a caller comes to it.
fn speaks_at_once(line: &Line, at: usize) -> bool {
    line.steps.get(at).is_none_or(|step| matches!(step, Step::Say | Step::Menu(_) | Step::Voicemail(_)))
}

/// Whether a caller has heard something by then that is not said in the queue, or has gone.
fn moved_on(call: &Call<'_>, by: u64) -> bool {
    let in_queue = |words: &str| words.contains(PLACE_WORDS) || words.contains(LEAVE);
    call.ended_at.is_some_and(|at| at <= by)
        || call.leg.heard.iter().filter(|heard| heard.at <= by).any(|heard| match &heard.what {
            Hearing::Words(words) => !in_queue(words),
            Hearing::Talking(_) => true,
            Hearing::NetworkRinging
            | Hearing::Rings
            | Hearing::Ringback(_)
            | Hearing::Silence
            | Hearing::Music
            | Hearing::ErrorMessage
            | Hearing::Ended(_)
            | Hearing::Recorded => false,
        })
}

/// As long as this caller waits and nobody has been rung for them, nobody of their group is rung for who came later.
fn judge_turn(case: &Case<'_>, call: &Call<'_>, queue: &Queue, since: u64, broken: &mut Vec<Broken>) {
    let mishaps = &case.plan().mishaps;
    let refused = mishaps.rest_refused + mishaps.rest_reset + mishaps.rest_answer_lost + mishaps.rest_hang > 0;
    if refused || case.plan().concurrent > 0 {
        return;
    }
    let ended = call.ended_at.unwrap_or(case.played.end);
    let ends = ended.min(since + 1000 * queue.max_wait).saturating_sub(LATER_MS);
    let first = call.orders.iter().map(|order| order.at).min().unwrap_or(u64::MAX);
    let pressed = case.webhooks_of(call.leg).any(|webhook| field(&webhook.form, "Digits").is_some());
    let late = case.plan().net.late;
    if pressed || moved_on(call, first.min(ends)) {
        return;
    }
    let waits = since + LATER_MS + late..ends.min(first.saturating_sub(MOMENT_MS));
    for other in case.calls.iter().filter(|other| other.leg.created_at > since + LATER_MS + late) {
        let overtakes = |order: &&&RestEntry| {
            let to = field(&order.form, "To").unwrap_or_default();
            waits.contains(&order.at) && members(case, queue).any(|phone| phone == to) && !rings_busy(case, other, to)
        };
        let Some(order) = other.orders.iter().find(overtakes) else { continue };
        let what = format!(
            "somebody is rung for caller {}, although caller {} has waited for {} ms longer, and nobody was rung for them",
            other.name(),
            call.name(),
            other.leg.created_at - since
        );
        broken.push(Broken { promise: Promise::InTurn, at: order.at, legs: vec![call.nth, other.nth], what });
    }
}

/// The telephones of a queue.
fn members(case: &Case<'_>, queue: &Queue) -> impl Iterator<Item = String> {
    let plan = case.plan();
    let group = plan.groups.get(queue.ring);
    let members = group.into_iter().flat_map(|group| &group.members);
    members.map(|member| phone_number(plan.people[*member].phone).expose())
}

fn queue_of(step: &Step) -> Option<&Queue> {
    if let Step::Queue(queue) = step { Some(queue) } else { None }
}
