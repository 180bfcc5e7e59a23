//! What people hear: no silence for callers, and words for everybody who picked up and does not have the call.

use ringall::simulator::{EndedBy, Hearing, LegRecord, Listening, WhoAnswered};

use super::{
    Broken, Promise,
    case::{Call, Case, Offer, arrived},
};

/// The longest silence that a caller bears.
const LONGEST_SILENCE_MS: u64 = 2000;
/// How fast the carrier speaks.
const CHARACTERS_PER_SECOND: u64 = 14;

pub(super) fn judge(case: &Case<'_>, broken: &mut Vec<Broken>) {
    for call in &case.calls {
        judge_caller(case, call, broken);
        for offer in &call.offers {
            judge_member(case, call, offer, broken);
        }
    }
}

fn judge_caller(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    for (heard, end) in call.leg.spans(case.played.end) {
        let length = end.saturating_sub(listened_until(call.leg, heard.at));
        let what = match heard.what {
            Hearing::Silence if length > LONGEST_SILENCE_MS + under_way(case, call.leg, heard.at, end) => {
                format!("hears nothing for {length} ms")
            }
            Hearing::Music => "hears music".to_owned(),
            Hearing::ErrorMessage => "hears that an application error has occurred".to_owned(),
            Hearing::Silence
            | Hearing::NetworkRinging
            | Hearing::Rings
            | Hearing::Ringback(_)
            | Hearing::Words(_)
            | Hearing::Talking(_)
            | Hearing::Ended(_)
            | Hearing::Recorded => continue,
        };
        if was_refused(case, call.leg, heard.at, end) {
            continue;
        }
        let what = format!("caller {} {what}", call.name());
        broken.push(Broken { promise: Promise::NoSilence, at: heard.at, legs: vec![call.nth], what });
    }
}

/// Until when the silence that begins at this time is none: somebody is listened to.
fn listened_until(leg: &LegRecord, at: u64) -> u64 {
    let spans = leg.listened.iter().filter(|(from, until)| *from <= at + 1 && at <= *until);
    spans.map(|(_, until)| *until).max().unwrap_or(at)
}

/// How long requests that were sent for a leg meanwhile may have been under way.
fn under_way(case: &Case<'_>, leg: &LegRecord, from: u64, until: u64) -> u64 {
    let sent = case.webhooks_of(leg).filter(|webhook| from <= webhook.at && webhook.at <= until);
    sent.count() as u64 * case.plan().net.late
}

/// Whether the carrier asked for something in vain at that time, because the program was away.
fn was_refused(case: &Case<'_>, leg: &LegRecord, from: u64, until: u64) -> bool {
    let in_vain = case.played.webhooks.iter().filter(|webhook| !arrived(webhook));
    let about = in_vain.filter(|webhook| {
        webhook.url.contains(&leg.sid)
            || webhook.form.iter().any(|(name, value)| name == "CallSid" && *value == leg.sid)
            || webhook.url.contains("/ringback/")
    });
    let mut times = about.map(|webhook| webhook.at);
    times.any(|at| at <= until && case.was_away(from.saturating_sub(15_000), until) && case.was_away(at, at + 15_000))
}

fn judge_member(case: &Case<'_>, call: &Call<'_>, offer: &Offer<'_>, broken: &mut Vec<Broken>) {
    let leg = offer.leg;
    let Some((ended, end)) = leg.end() else { return };
    let cut_off = matches!(end.by, EndedBy::Api | EndedBy::Document | EndedBy::Carrier);
    let has_talked = leg.heard.iter().any(|heard| matches!(heard.what, Hearing::Talking(_)));
    if leg.answerer != Some(WhoAnswered::Human) || !cut_off || has_talked {
        return;
    }
    let last = leg.heard.iter().rev().find(|heard| matches!(heard.what, Hearing::Words(_)));
    let told = last.is_some_and(|heard| {
        let Hearing::Words(words) = &heard.what else { return false };
        let takes = u64::try_from(words.chars().count()).unwrap_or(0) * 1000 / CHARACTERS_PER_SECOND;
        words.ends_with("Goodbye.") && heard.at + takes <= ended + 1
    });
    if told || is_excused(case, leg, ended) {
        return;
    }
    let last = last.map_or("nothing".to_owned(), |heard| format!("{:?}", heard.what));
    let what = format!("{} picked up, did not get the call, and is cut off; the last words were: {last}", leg.name);
    broken.push(Broken { promise: Promise::ToldInWords, at: ended, legs: vec![call.nth, offer.nth], what });
}

fn is_excused(case: &Case<'_>, leg: &LegRecord, ended: u64) -> bool {
    let answered = leg.answered_at.unwrap_or(ended);
    // A verdict that is wrong, or one about the telephone's own voice, hangs up on its owner.
    let taken_for_machine =
        leg.listening == Listening::Before && matches!(leg.verdict, Some(verdict) if verdict.starts_with("machine"));
    // Ended because nothing was heard of it for long after its cancel.
    let unseen = case
        .asked_to_end(leg)
        .is_some_and(|asked| asked + 4900 <= ended && !case.answers_truly(leg) && !case.was_shown_up(leg, ended - 1));
    // The carrier heard the telephone's own voice to its end, and says so when the owner has taken over.
    let robot = leg.lines.iter().any(|(_, line)| line.ends_with("is answered by its call screening"));
    let late_verdict = robot && leg.verdict.is_some_and(|verdict| verdict.starts_with("machine"));
    taken_for_machine
        || late_verdict
        || unseen
        || case.struck(leg)
        || case.was_away(answered.saturating_sub(15_000), ended + 1000)
}
