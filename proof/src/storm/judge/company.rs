//! Who was in a conference with whom.

use ringall::simulator::{LegKind, LegRecord, Listening, Stay, WhoAnswered};

use crate::storm::{flow::Step, plan::Screen};

use super::{
    Broken, Promise,
    case::{Call, Case},
};

pub(super) fn judge(case: &Case<'_>, broken: &mut Vec<Broken>) {
    let legs = &case.played.legs;
    let stays: Vec<(usize, &LegRecord, Stay)> =
        legs.iter().enumerate().flat_map(|(nth, leg)| leg.stays.iter().map(move |stay| (nth, leg, *stay))).collect();
    for (at, (one, leg, stay)) in stays.iter().enumerate() {
        for (two, other, with) in &stays[at + 1..] {
            let Some(from) = together(case, *stay, *with) else { continue };
            if leg.kind == other.kind {
                let who = if leg.kind == LegKind::Caller { "two callers" } else { "two members" };
                let what = format!("{} and {} are {who} in one conference", leg.name, other.name);
                broken.push(Broken { promise: Promise::OneWinner, at: from, legs: vec![*one, *two], what });
            }
        }
    }
    for call in &case.calls {
        judge_machines(case, call, broken);
    }
}

/// Since when two stays are in one conference at the same time.
pub(super) fn together(case: &Case<'_>, one: Stay, two: Stay) -> Option<u64> {
    let end = |stay: Stay| stay.until.unwrap_or(case.played.end);
    let (from, until) = (one.from.max(two.from), end(one).min(end(two)));
    (one.room == two.room && from < until).then_some(from)
}

fn judge_machines(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    judge_dialled_machines(case, call, broken);
    for offer in &call.offers {
        let leg = offer.leg;
        let taken_for_human = leg.listening == Listening::Before && leg.verdict == Some("human");
        let excused = match leg.answerer {
            None | Some(WhoAnswered::Human) => continue,
            // The carrier erred, or was told to take the telephone's own voice for its owner's.
            Some(WhoAnswered::Machine) => taken_for_human && leg.verdict_errs,
            Some(WhoAnswered::Robot) => taken_for_human,
        };
        let joined = call.leg.stays.iter().flat_map(|with| leg.stays.iter().map(move |stay| (*stay, *with)));
        let joined = joined.filter_map(|(stay, with)| together(case, stay, with)).min();
        if let Some(at) = joined.filter(|_| !excused && !case.anything_accepts(call, &leg.to)) {
            let what = format!("caller {} is joined to {}'s machine", call.name(), leg.name);
            broken.push(Broken { promise: Promise::NeverAMachine, at, legs: vec![call.nth, offer.nth], what });
        }
    }
}

/// A number that the carrier dials on the caller's leg is asked for a key, unless whatever picks up may have the call.
fn judge_dialled_machines(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let anything = call.line.steps.iter().any(|step| match step {
        Step::Forward(forward) => !forward.key,
        Step::Ring(_)
        | Step::Say
        | Step::Tiers(_)
        | Step::Menu(_)
        | Step::Hours(_)
        | Step::Reject
        | Step::Queue(_)
        | Step::Voicemail(_)
        | Step::Lookup(_)
        | Step::Branch(_)
        | Step::Language => false,
    });
    let by_dial = call.line.by_dial && case.groups(call.line).iter().any(|group| group.screen == Screen::None);
    if anything || by_dial {
        return;
    }
    for (nth, leg) in &call.children {
        // If the program cannot be asked in that moment the carrier decides.
        let asked_in_vain = case.webhooks_of(leg).any(|webhook| !super::case::arrived(webhook));
        let machine = matches!(leg.answerer, Some(WhoAnswered::Machine | WhoAnswered::Robot));
        let joined = leg.stays.first().filter(|_| machine && !asked_in_vain);
        if let Some(stay) = joined {
            let what = format!("caller {} is connected with {}'s machine", call.name(), leg.name);
            let legs = vec![call.nth, *nth];
            broken.push(Broken { promise: Promise::NeverAMachine, at: stay.from, legs, what });
        }
    }
}
