//! `forward`: a step that hands the caller on to one outside number.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use ringall_core::{
    flow::{DECLINE_KEY, Forward, ForwardScreen, Show, Step, StepIndex},
    phone::PhoneNumber,
};

use super::{
    Voice,
    action::{Action, Context, Lead, read_lead},
};
use crate::config::{
    groups::read_decline_key,
    problem::Place,
    prompts::{Prompt, read_prompt},
    reader::{Section, Value},
};

/// The keys that may stand beside `forward`.
pub(super) const BESIDE: &[&str] = &[
    "ring_for",
    "whisper",
    "screen",
    "decline_key",
    "show",
    "busy",
    "no_answer",
    "failed",
    "canceled",
    "done",
    "record",
];

/// A forward as written, with where each of its exits leads.
#[derive(Debug)]
pub(in crate::config) struct ForwardAction {
    /// Where the number stands.
    pub(super) place: Place,
    /// `None` after a problem.
    pub(super) to: Option<PhoneNumber>,
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

impl ForwardAction {
    /// Every exit, in the order in which the step tells them.
    pub(super) fn leads(&self) -> Vec<&Lead> {
        let mut leads = self.missed_leads();
        leads.push(&self.done);
        leads
    }

    /// The exits of callers who have talked to nobody.
    pub(super) fn missed_leads(&self) -> Vec<&Lead> {
        vec![&self.busy, &self.no_answer, &self.failed, &self.canceled]
    }

    /// The step for a line; `None` if one of its exits leads to no step, which was reported.
    pub(super) fn step(&self, at: &dyn Fn(&Lead) -> Option<StepIndex>, voice: &Voice<'_>) -> Option<Step> {
        Some(Step::Forward(Arc::new(Forward {
            to: self.to?,
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
        })))
    }
}

/// Reads a step with `forward`.
#[expect(clippy::unnecessary_wraps, reason = "every kind of step is read like this")]
pub(super) fn read<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let place = value.place.clone();
    let to = value.parsed("an E.164 number such as \"+4930123456\"", |text| text.parse().ok());
    let ring_for = section.take("ring_for").and_then(|value| value.duration(RING_TIMES)).unwrap_or(DEFAULT_RING_FOR);
    let whisper = section.take("whisper").and_then(|value| read_prompt(value, context.sounds));
    let screen = section.take("screen").and_then(|value| value.choice(&SCREENS)).unwrap_or_default();
    let decline = section.take("decline_key");
    if let (Some(value), ForwardScreen::None) = (&decline, screen) {
        context.report.warning(&value.place, "nobody is asked for a key without `screen = \"key\"`");
    }
    let decline_key = decline.and_then(read_decline_key).unwrap_or(DECLINE_KEY);
    let show = section.take("show").and_then(|value| value.choice(&SHOWS)).unwrap_or_default();
    let missed = ["busy", "no_answer", "failed", "canceled"].map(|key| read_lead(section, key, Lead::Sorry));
    let [busy, no_answer, failed, canceled] = missed;
    let done = read_lead(section, "done", Lead::End);
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

const SCREENS: [(&str, ForwardScreen); 2] = [("none", ForwardScreen::None), ("key", ForwardScreen::Key)];
const SHOWS: [(&str, Show); 2] = [("line", Show::Line), ("caller", Show::Caller)];
const DEFAULT_RING_FOR: Duration = Duration::from_secs(30);
/// The carrier's own limits, with the five seconds that it always adds (carrier contract §3.2).
const RING_TIMES: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(10 * 60);
