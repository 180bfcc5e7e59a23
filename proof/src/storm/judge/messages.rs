//! Messages that callers leave: the greeting before the beep, the thanks behind it, and who is told of them.

use std::collections::BTreeSet;

use ringall::simulator::{EndedBy, Hearing, RecordingRecord, RestEntry, RestFault};

use super::{
    Broken, Promise,
    case::{Call, Case, FAILURE, arrived, field},
};
use crate::storm::{
    file::{NOTHING_HEARD, THANKS, greeting},
    flow::{Step, Voicemail},
    stage::phone_number,
    terms::{LONGEST, SAY_WHY},
};

/// How fast the carrier speaks.
const CHARACTERS_PER_SECOND: u64 = 14;
/// The end of a message is acted upon within this time.
const ENDS_WITHIN_MS: u64 = 2000;
/// Who is to be told is told within this time after a message is known, the carrier's report being late.
const TOLD_WITHIN_MS: u64 = 95_000;

pub(super) fn judge(case: &Case<'_>, broken: &mut Vec<Broken>) {
    for call in &case.calls {
        judge_greeting(case, call, broken);
        judge_thanks(case, call, broken);
    }
    for recording in case.played.recordings.iter().filter(|recording| recording.source == "RecordVerb") {
        judge_told(case, recording, broken);
    }
}

/// Nobody hears a beep who has not heard to the end what it is for.
fn judge_greeting(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let pace = if case.plan().speech.pace == 0 { CHARACTERS_PER_SECOND } else { case.plan().speech.pace };
    for pair in call.leg.heard.windows(2).filter(|pair| pair[1].what == Hearing::Recorded) {
        let greeted = match &pair[0].what {
            Hearing::Words(words) => {
                let takes = u64::try_from(words.chars().count()).unwrap_or(0) * 1000 / pace;
                let known = (0..call.line.steps.len()).any(|at| *words == greeting(at))
                    || words == NOTHING_HEARD
                    || (words == SAY_WHY && call.is_led_to_a_mailbox());
                known && pair[0].at + takes <= pair[1].at + 1
            }
            Hearing::NetworkRinging
            | Hearing::Rings
            | Hearing::Ringback(_)
            | Hearing::Silence
            | Hearing::Music
            | Hearing::Talking(_)
            | Hearing::ErrorMessage
            | Hearing::Ended(_)
            | Hearing::Recorded => false,
        };
        if !greeted {
            let what = format!("caller {} hears a beep after {:?}", call.name(), pair[0].what);
            let at = pair[1].at;
            broken.push(Broken { promise: Promise::MessageTold, at, legs: vec![call.nth], what });
        }
    }
}

/// Nobody is left behind the beep: a message has an end, and who is still there is thanked.
fn judge_thanks(case: &Case<'_>, call: &Call<'_>, broken: &mut Vec<Broken>) {
    let longest = call.line.steps.iter().filter_map(voicemail_of).map(|voicemail| voicemail.longest).max();
    let longest = longest.unwrap_or(0).max(if call.is_blocked() { LONGEST } else { 0 });
    for (heard, until) in call.leg.spans(case.played.end).filter(|(heard, _)| heard.what == Hearing::Recorded) {
        if until > heard.at + 1000 * longest + ENDS_WITHIN_MS {
            let what = format!("caller {} is left behind the beep for {} s", call.name(), (until - heard.at) / 1000);
            broken.push(Broken { promise: Promise::MessageTold, at: heard.at, legs: vec![call.nth], what });
        }
    }
    let Some(last) = call.leg.heard.iter().rposition(|heard| heard.what == Hearing::Recorded) else { return };
    let left = call.leg.end().is_none_or(|(_, end)| matches!(end.by, EndedBy::Person | EndedBy::Network))
        || case.was_away(call.leg.heard[last].at, call.ended_at.unwrap_or(case.played.end));
    let thanked = call.leg.heard[last..].iter().any(|heard| {
        [THANKS, NOTHING_HEARD, FAILURE].iter().any(|words| heard.what.speaks(words))
            || (0..call.line.steps.len()).any(|at| heard.what.speaks(&greeting(at)))
    });
    if !left && !thanked {
        let what = format!("caller {} is not thanked for their message", call.name());
        let at = call.leg.heard[last].at;
        broken.push(Broken { promise: Promise::MessageTold, at, legs: vec![call.nth], what });
    }
}

fn voicemail_of(step: &Step) -> Option<&Voicemail> {
    if let Step::Voicemail(voicemail) = step { Some(voicemail) } else { None }
}

/// Exactly those are told of a message who are to be, each once.
fn judge_told(case: &Case<'_>, recording: &RecordingRecord, broken: &mut Vec<Broken>) {
    let Some(call) = case.calls.iter().find(|call| call.leg.sid == recording.call) else { return };
    let Some(voicemail) = step_of(call, recording) else { return };
    let people = &case.plan().people;
    let to_be_told: BTreeSet<String> =
        voicemail.notify.iter().map(|person| phone_number(people[*person].phone).expose()).collect();
    let there_is_one = recording.status == "completed" && recording.seconds > 0;
    let mut add = |at: u64, what: String| {
        broken.push(Broken { promise: Promise::MessageTold, at, legs: vec![call.nth], what });
    };
    let texts = || {
        let texts = case.played.rest.iter().filter(|request| request.path == "Messages");
        texts.filter(|text| field(&text.form, "StatusCallback").is_some_and(|url| url.ends_with(&recording.sid)))
    };
    for text in texts() {
        let to = field(&text.form, "To").unwrap_or_default();
        if !to_be_told.contains(to) || !there_is_one {
            add(text.at, format!("{to} is told of what caller {} has said, and is not to be", call.name()));
        }
    }
    let Some(known) = known_at(case, recording).filter(|_| there_is_one) else { return };
    for to in &to_be_told {
        let to_them: Vec<&RestEntry> = texts().filter(|text| field(&text.form, "To") == Some(to)).collect();
        let told = to_them.iter().filter(|text| text.status.is_some_and(|status| status < 300)).count();
        let uncertain =
            to_them.iter().filter(|text| matches!(text.fault, Some(RestFault::AnswerLost | RestFault::Hang))).count();
        let runs: BTreeSet<usize> = to_them.iter().map(|text| case.run_at(text.at)).collect();
        // What is uncertain is repeated once, and what was told before a restart may be reported again after it.
        if told > runs.len().max(1) + uncertain.min(runs.len()) {
            add(known, format!("{to} is told {told} times of one message of caller {}", call.name()));
        }
        let in_time = to_them.iter().map(|text| text.at).min().is_some_and(|at| at <= told_by(case, known));
        let restarted = case.away().iter().any(|away| known <= away.until && away.asked <= told_by(case, known));
        let failed = to_them.iter().any(|text| text.fault.is_some());
        if !restarted && !(in_time && (told > 0 || failed)) {
            add(known, format!("{to} is not told in time that caller {} has left a message", call.name()));
        }
    }
}

fn told_by(case: &Case<'_>, known: u64) -> u64 {
    let lookup = case.request_takes(known, known + TOLD_WITHIN_MS);
    known + TOLD_WITHIN_MS + 2 * lookup + case.plan().net.late
}

/// When the program was first told that there is this message.
fn known_at(case: &Case<'_>, recording: &RecordingRecord) -> Option<u64> {
    let about = |webhook: &&_| names(webhook, recording);
    case.played.webhooks.iter().filter(about).filter(|webhook| arrived(webhook)).map(|webhook| webhook.at).min()
}

fn names(webhook: &ringall::simulator::WebhookEntry, recording: &RecordingRecord) -> bool {
    field(&webhook.form, "RecordingSid") == Some(recording.sid.as_str())
}

/// The step that took a message.
fn step_of<'a>(call: &Call<'a>, recording: &RecordingRecord) -> Option<&'a Voicemail> {
    let url = recording.reported_to.as_deref()?.split('#').next()?;
    let (_, at) = url.rsplit('/').next()?.rsplit_once('s')?;
    voicemail_of(call.line.steps.get(at.parse::<usize>().ok()?)?)
}
