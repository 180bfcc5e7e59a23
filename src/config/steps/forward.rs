//! `forward`: a step that hands the caller on to one outside number.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use ringall_core::{
    flow::{DECLINE_KEY, Forward, ForwardScreen, Show, Step, StepIndex},
    phone::PhoneNumber,
};

use super::{
    Voice,
    action::{Action, Context, Lead, read_lead},
    lookup::{WrittenNumber, field_of, read_number},
};
use crate::config::{
    groups::read_decline_key,
    problem::Place,
    prompts::{Prompt, read_prompt},
    reader::{Section, Text, Value},
    reference::keys,
};

keys! {
    pub(in crate::config) BESIDE: "forward" at ["steps.*"] beside "forward", "Key beside `forward` | Default | ";
    /// How long it rings, 10 s to 10 min.
    ring_for = "30s";
    /// What whoever picks up hears before the caller. With `screen = "key"` the line's `take_or_decline` follows; if it
    /// [tells of the caller](#placeholders) it is heard behind the key, and the line's `whisper` before.
    whisper ("none; with `screen = \"key\"` the line's `whisper`");
    /// `"key"`: only a key takes the call, so that a mailbox never has it. `"none"`: whatever picks up has it.
    screen = "none";
    /// The digit that declines, with `screen = "key"`.
    decline_key = "9";
    /// Which number the telephone is shown: `"line"` or `"caller"`. A withheld number is never shown; a number that the
    /// network refuses is replaced by the line's, once.
    show = "line";
    /// Where the call goes if the number is engaged, or the call is declined.
    busy ("the line's `nobody` words");
    /// Where it goes if nobody picks up, or nobody presses a key.
    no_answer ("the line's `nobody` words");
    /// Where it goes if the number cannot be reached.
    failed ("the line's `nobody` words");
    /// Where it goes if the dialling was called off.
    canceled ("the line's `nobody` words");
    /// Where it goes after a talk.
    done ("the end");
    /// `true`: the talk is recorded, see [Recorded talks](#recorded-talks).
    record = false;
    /// With `record`: `false` if callers have heard before that talks are recorded.
    recording_notice = true;
    /// With `forward = "{lookup.FIELD}"`: what the number may begin with, such as `["44", "1"]`.
    countries ("required there");
}

/// A forward as written, with where each of its exits leads.
#[derive(Debug)]
pub(in crate::config) struct ForwardAction {
    /// Where the number stands.
    pub(super) place: Place,
    /// `None` after a problem.
    to: Option<To>,
    ring_for: Duration,
    whisper: Option<Prompt>,
    screen: ForwardScreen,
    decline_key: char,
    show: Show,
    busy: Lead,
    no_answer: Lead,
    failed: Lead,
    canceled: Lead,
    done: Lead,
}

/// Whom to dial, as written.
#[derive(Debug)]
enum To {
    Number(PhoneNumber),
    Found(WrittenNumber),
}

/// An outside number that answers for an office.
pub(in crate::config) struct OfficeForward {
    pub(in crate::config) to: PhoneNumber,
    /// Where the number stands.
    pub(in crate::config) place: Place,
    pub(in crate::config) ring_for: Duration,
    pub(in crate::config) whisper: Option<Prompt>,
    pub(in crate::config) screen: ForwardScreen,
    pub(in crate::config) decline_key: char,
    pub(in crate::config) show: Show,
    /// The step for a caller who has talked to nobody.
    pub(in crate::config) then: Option<Text>,
}

impl From<OfficeForward> for ForwardAction {
    fn from(office: OfficeForward) -> Self {
        let OfficeForward { to, place, ring_for, whisper, screen, decline_key, show, then } = office;
        let missed = || then.clone().map_or(Lead::Sorry, Lead::To);
        Self {
            place,
            to: Some(To::Number(to)),
            ring_for,
            whisper,
            screen,
            decline_key,
            show,
            busy: missed(),
            no_answer: missed(),
            failed: missed(),
            canceled: missed(),
            done: Lead::End,
        }
    }
}

impl ForwardAction {
    /// The outside number, if it stands in the file.
    pub(super) fn number(&self) -> Option<PhoneNumber> {
        match &self.to {
            Some(To::Number(number)) => Some(*number),
            Some(To::Found(_)) | None => None,
        }
    }

    /// Every exit, in the order in which the step tells them.
    pub(super) fn leads(&self) -> Vec<&Lead> {
        let mut leads = self.missed_leads();
        leads.push(&self.done);
        leads
    }

    /// Where the call goes if the number is engaged.
    pub(super) fn busy(&self) -> &Lead {
        &self.busy
    }

    /// The exits of callers who have talked to nobody.
    pub(super) fn missed_leads(&self) -> Vec<&Lead> {
        vec![&self.busy, &self.no_answer, &self.failed, &self.canceled]
    }

    /// The step for a line; `None` if one of its exits leads to no step, which was reported.
    pub(super) fn step(&self, at: &dyn Fn(&Lead) -> Option<StepIndex>, voice: &Voice<'_>) -> Option<Step> {
        let forward = Forward {
            to: (),
            also: Vec::new(),
            ring_for: self.ring_for,
            show: self.show,
            whisper: self.whisper.as_ref().map(|words| words.fill(voice.line)),
            screen: self.screen,
            decline_key: self.decline_key,
            busy: at(&self.busy)?,
            no_answer: at(&self.no_answer)?,
            failed: at(&self.failed)?,
            canceled: at(&self.canceled)?,
            done: at(&self.done)?,
            // What a step records is known beside it.
            records: false,
        };
        Some(match self.to.as_ref()? {
            To::Number(number) => Step::Forward(Arc::new(forward.to_number(*number))),
            To::Found(found) => Step::ForwardToFound(Arc::new(forward.to_number(found.on_line(voice)))),
        })
    }
}

/// Reads a step with `forward`.
#[expect(clippy::unnecessary_wraps, reason = "every kind of step is read like this")]
pub(super) fn read<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let place = value.place.clone();
    let to = read_to(value, section, context);
    let ring_for = section.take("ring_for").and_then(|value| value.duration(RING_TIMES)).unwrap_or(DEFAULT_RING_FOR);
    let whisper = section.take("whisper").map(|value| (value.place.clone(), read_prompt(value, context.sounds)));
    let tells = |prompt: &Option<Prompt>| prompt.as_ref().is_some_and(Prompt::tells_of_caller);
    let whisper_at = whisper.as_ref().map(|(place, prompt)| (place.clone(), tells(prompt)));
    let whisper = whisper.and_then(|(_, prompt)| prompt);
    let screen = section.take("screen").and_then(|value| value.choice(&SCREENS)).unwrap_or_default();
    if let (Some((place, true)), ForwardScreen::None) = (&whisper_at, screen) {
        context.report.problem(place, TELLS_OF_CALLER);
    }
    let decline = section.take("decline_key");
    if let (Some(value), ForwardScreen::None) = (&decline, screen) {
        context.report.warning(&value.place, "nobody is asked for a key without `screen = \"key\"`");
    }
    let decline_key = decline.and_then(read_decline_key).unwrap_or(DECLINE_KEY);
    let show = section.take("show").and_then(|value| value.choice(&SHOWS)).unwrap_or_default();
    let missed = ["busy", "no_answer", "failed", "canceled"].map(|key| read_lead(section, key, Lead::Sorry, context));
    let [busy, no_answer, failed, canceled] = missed;
    let done = read_lead(section, "done", Lead::End, context);
    let forward = ForwardAction {
        place,
        to,
        ring_for,
        whisper,
        screen,
        decline_key,
        show,
        busy,
        no_answer,
        failed,
        canceled,
        done,
    };
    Some(Action::Forward(Box::new(forward)))
}

fn read_to<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<To> {
    if let Some(field) = value.raw_text().and_then(field_of) {
        return read_number(field, section).map(To::Found);
    }
    if let Some(countries) = section.take("countries") {
        context
            .report
            .problem(&countries.place, "stands beside a number that a lookup gives: `forward = \"{lookup.FIELD}\"`");
    }
    let number =
        value.parsed("an E.164 number such as \"+4930123456\", or \"{lookup.FIELD}\"", |text| text.parse().ok());
    number.map(To::Number)
}

pub(in crate::config) const TELLS_OF_CALLER: &str =
    "tells of the caller to whatever picks up; that needs `screen = \"key\"`";
const SCREENS: [(&str, ForwardScreen); 2] = [("none", ForwardScreen::None), ("key", ForwardScreen::Key)];
/// What telephones can be shown.
pub(in crate::config) const SHOWS: [(&str, Show); 2] = [("line", Show::Line), ("caller", Show::Caller)];
const DEFAULT_RING_FOR: Duration = Duration::from_secs(30);
/// The carrier's own limits, with the five seconds that it always adds (carrier contract §3.2).
const RING_TIMES: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(10 * 60);
