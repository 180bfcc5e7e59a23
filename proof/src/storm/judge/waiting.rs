//! How long a caller waits, and whether anybody is rung meanwhile.

use ringall::simulator::Hearing;

use super::{
    Broken, Promise,
    case::{Call, Case, NOBODY},
};
use crate::storm::flow::Step;

/// What a round takes besides its own times: screening to its end, and a moment for everything else.
const ROUND_MORE_MS: u64 = 20_000 + 10_000 + 5000;
/// What a winner who is lost costs: looking for them, fifteen seconds of ringing, and screening once more.
const HAND_BACK_MS: u64 = 90_000;
/// Words between steps.
const SAY_MS: u64 = 5000;
/// What a request about the caller costs that goes wrong.
const FAULT_MS: u64 = 15_000;
/// For everything else: the first webhook, redirects, look-ups.
const SLACK_MS: u64 = 30_000;
/// After a restart, the wait document asks again within a minute.
const RESTART_MS: u64 = 90_000;
/// A choice has so many keys at the most.
const LONGEST_CHOICE: u64 = 3;
/// Ringing again for fifteen seconds, the carrier's five, and the words to a machine.
const MACHINE_MS: u64 = 15_000 + 5000 + 30_000;
/// What an answer leads to is heard within this time.
const ANSWERED_WITHIN_MS: u64 = 5000;
/// An answer about the caller is not awaited for longer.
const LOOKUP_MS: u64 = 4000;
/// What the carrier rings longer, a whisper, the time for a key, and looking whether it goes on.
const FORWARD_MORE_MS: u64 = 5000 + 60_000 + 60_000;
/// Somebody who is free is rung within this time.
const RUNG_WITHIN_MS: u64 = 10_000;

pub(super) fn judge(case: &Case<'_>, broken: &mut Vec<Broken>) {
    for call in &case.calls {
        judge_wait(case, call, broken);
        judge_ringing(case, call, broken);
        judge_answer(case, call, broken);
    }
}

fn judge_wait(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let mut waited = 0;
    for (heard, end) in call.leg.spans(case.played.end) {
        match heard.what {
            Hearing::NetworkRinging | Hearing::Ringback(_) | Hearing::Silence | Hearing::Rings => {
                waited += end.saturating_sub(heard.at);
            }
            Hearing::Words(_)
            | Hearing::Music
            | Hearing::Talking(_)
            | Hearing::ErrorMessage
            | Hearing::Ended(_)
            | Hearing::Recorded => {}
        }
    }
    let limit = longest_wait(case, call);
    if waited > limit && !case.lost_in_room(call.leg) {
        let what = format!("caller {} waits for {} s; {} s is the most", call.name(), waited / 1000, limit / 1000);
        broken.push(Broken {
            promise: Promise::NoEndlessWait,
            at: call.leg.created_at + limit,
            legs: vec![call.nth],
            what,
        });
    }
}

/// The longest that a caller may have to wait, by the line's configuration and by what went wrong for this very call.
fn longest_wait(case: &Case<'_>, call: &Call<'_>) -> u64 {
    let groups = case.groups(call.line);
    let rings: u64 = groups.iter().map(|group| 1000 * (group.wait_for.max(1) + group.ring_for) + ROUND_MORE_MS).sum();
    let others: u64 = call.line.steps.iter().map(longest_of_others).sum();
    // Each machine that picks up first stops the others, and they ring once more.
    let machines = if call.line.by_dial { groups.iter().map(|group| group.members.len() as u64).sum() } else { 0 };
    // Whoever talked to the caller before is rung alone, once.
    let others = others + machines * MACHINE_MS + 1000 * call.line.terms.back_for;
    // Keys lead back too.
    let times = 1 + call.pressed(case).count() as u64;
    let winners = call.offers.iter().filter(|offer| was_told_to_join(case, offer.leg)).count() as u64;
    let faults = case.requests_of(call.leg).filter(|request| request.fault.is_some()).count() as u64;
    let ended = call.ended_at.unwrap_or(case.played.end);
    let restarts = case.away().iter().filter(|away| away.from <= ended && call.leg.created_at <= away.until);
    let once = (rings + others) * times;
    let restarted: u64 = restarts.map(|away| once + RESTART_MS + away.until - away.from).sum();
    let mishaps = &case.plan().mishaps;
    once + restarted
        + winners * HAND_BACK_MS
        + faults * FAULT_MS
        + 3 * mishaps.callback_delay
        + mishaps.voice_delay
        + case.request_takes(call.leg.created_at, ended)
        + SLACK_MS
}

/// What a step takes that rings no group.
fn longest_of_others(step: &Step) -> u64 {
    match step {
        Step::Ring(_) | Step::Hours(_) | Step::Reject | Step::Branch(_) | Step::Language => 0,
        // Who has picked up by then may still take the call: their group's times count besides.
        Step::Queue(queue) => 1000 * (queue.max_wait + queue.offer_for),
        Step::Lookup(_) => LOOKUP_MS,
        // The tiers begin one after the other.
        Step::Tiers(tiers) => 1000 * tiers.iter().map(|tier| tier.after).max().unwrap_or(0),
        // Before a greeting and behind a message it is no more than between words.
        Step::Say | Step::Voicemail(_) => SAY_MS,
        Step::Menu(menu) => (1 + menu.repeats) * 1000 * (menu.pause * LONGEST_CHOICE + 5),
        // Perhaps twice, once with each number to show.
        Step::Forward(forward) => 2 * (1000 * forward.ring_for + FORWARD_MORE_MS),
    }
}

/// Whether a leg was on its way into the conference.
fn was_told_to_join(case: &Case<'_>, leg: &ringall::simulator::LegRecord) -> bool {
    !leg.stays.is_empty()
        || leg.heard.iter().any(|heard| heard.what.speaks("Connecting you"))
        || case.webhooks_of(leg).any(|webhook| webhook.url.ends_with("/dial-ended") || webhook.url.ends_with("/wait"))
        || leg.answered_at.is_some()
}

/// Whatever is or is not answered about a caller, they hear what it leads to, if that says anything.
fn judge_answer(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let Some(Step::Lookup(lookup)) = call.line.steps.first() else { return };
    let speaks = |to: usize| {
        let step = call.line.steps.get(to);
        step.is_none_or(|step| matches!(step, Step::Say | Step::Menu(_) | Step::Voicemail(_)))
    };
    if ![lookup.found, lookup.not_found, lookup.failed].into_iter().all(speaks) {
        return;
    }
    let own = case.played.asked.iter().find(|question| question.call == call.leg.sid);
    let Some(from) = own.map(|question| question.at) else { return };
    let until = from + LOOKUP_MS + ANSWERED_WITHIN_MS + 2 * case.plan().net.late;
    let gone = call.ended_at.is_some_and(|ended| ended <= until);
    let heard = call.leg.heard.iter().any(|heard| matches!(heard.what, Hearing::Words(_)) && heard.at <= until);
    let lost = case.webhooks_of(call.leg).any(|webhook| webhook.at <= until && !super::case::arrived(webhook));
    if gone || heard || lost || case.was_away(from, until) {
        return;
    }
    let what = format!("caller {} was asked about, and nothing is heard of it", call.name());
    broken.push(Broken { promise: Promise::NoEndlessWait, at: until, legs: vec![call.nth], what });
}

/// A caller who comes in rings somebody, if anybody is free.
fn judge_ringing(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let group = match call.line.steps.first() {
        Some(Step::Ring(group)) => *group,
        // Who finds it full is led on, perhaps without a word.
        Some(Step::Queue(queue)) if queue.most == 0 => queue.ring,
        Some(
            Step::Queue(_)
            | Step::Say
            | Step::Tiers(_)
            | Step::Menu(_)
            | Step::Hours(_)
            | Step::Forward(_)
            | Step::Reject
            | Step::Voicemail(_)
            | Step::Lookup(_)
            | Step::Branch(_)
            | Step::Language,
        )
        | None => return,
    };
    let Some(group) = case.plan().groups.get(group).filter(|_| !call.is_blocked()) else { return };
    let came_in = case.webhooks_of(call.leg).find(|webhook| super::case::arrived(webhook)).map(|webhook| webhook.at);
    let Some(from) = came_in else { return };
    let until = from + RUNG_WITHIN_MS + case.request_takes(from, from + RUNG_WITHIN_MS);
    let led_on = call.leg.heard.iter().any(|heard| matches!(heard.what, Hearing::Words(_)) && heard.at <= until);
    let gone = call.ended_at.is_some_and(|ended| ended <= until);
    let dialled = call.children.iter().any(|(_, child)| child.created_at <= until);
    let rung = dialled || call.orders.iter().any(|order| order.at <= until);
    if led_on || gone || rung || case.was_away(from, until) || case.may_be_spent(call, until) {
        return;
    }
    let legs = &case.played.legs;
    let rest = longest_rest(case);
    let engaged = |to: &str| {
        legs.iter().filter(|leg| leg.to == to && leg.created_at <= until).any(|leg| {
            // Whose end is not reported is taken to ring for as long as it may.
            let holds = rest + if case.end_was_reported(leg) { 3000 } else { 90_000 };
            leg.end().is_none_or(|(at, _)| at + holds >= from)
        })
    };
    let people = &case.plan().people;
    let free = group
        .members
        .iter()
        .map(|member| people[*member].phone)
        .find(|phone| !engaged(&crate::storm::stage::phone_number(*phone).expose()));
    // What was ordered for another call and refused leaves no leg, and holds its telephone for as long as it is tried.
    let tried = |phone: usize| {
        let to = crate::storm::stage::phone_number(phone).expose();
        case.played.rest.iter().any(|request| {
            // An order whose answer is lost is waited for as long as the telephone may ring.
            let holds = if request.status.is_none() || request.fault.is_some() { 90_000 } else { 0 };
            request.at + holds >= from
                && request.at <= until
                && super::case::field(&request.form, "To") == Some(to.as_str())
        })
    };
    let absent = |phone: usize| {
        case.was_absent(&crate::storm::stage::phone_number(phone).expose(), call.leg.created_at.min(from), until)
    };
    if let Some(phone) = free.filter(|phone| !tried(*phone) && !absent(*phone)) {
        let who = crate::storm::stage::name_of(phone);
        let what = format!("caller {} waits, {who} is free, and nobody is rung", call.name());
        broken.push(Broken { promise: Promise::SomebodyRings, at: until, legs: vec![call.nth], what });
    }
}

/// Whoever has talked out of a queue may rest for so long.
pub(super) fn longest_rest(case: &Case<'_>) -> u64 {
    let steps = case.plan().lines.iter().flat_map(|line| &line.steps);
    let rests = steps.filter_map(|step| if let Step::Queue(queue) = step { Some(queue.wrap_up) } else { None });
    1000 * rests.max().unwrap_or(0)
}

/// When the last words of a call began.
pub(super) fn last_words_at(call: &Call<'_>) -> Option<u64> {
    call.heard_words(NOBODY)
}
