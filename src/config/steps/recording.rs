//! `record` and `recording_notice`: which talks are recorded, and that whoever is recorded has heard so before.

use std::{collections::BTreeSet, sync::Arc};

use ringall_core::flow::{Forward, Step};

use super::{
    Steps, Voice, WrittenStep,
    action::{self, Lead},
};
use crate::config::{
    problem::Report,
    reader::{Section, Value},
};

/// What a step has to do with recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::config) struct Recording {
    /// Its talks are recorded.
    records: bool,
    /// Whoever goes through it has heard that talks are recorded.
    gives_notice: bool,
}

impl Recording {
    /// Reads the keys of a step that has them, before the rest of it is read.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        if !action::can_record(section) {
            let says = section.has("say") && section.take("recording_notice").and_then(Value::flag).unwrap_or_default();
            return Self { records: false, gives_notice: says };
        }
        Self::read_talks(section)
    }

    /// Reads the keys where talks can be recorded.
    pub(in crate::config) fn read_talks(section: &mut Section<'_>) -> Self {
        let records = section.take("record").and_then(Value::flag).unwrap_or_default();
        let notice = section.take("recording_notice");
        // What stands in the defaults of a directory is for those of its offices that record.
        let is_own = |value: &Value<'_>| value.place.path.starts_with(&section.place.path);
        if let (Some(value), false) = (notice.as_ref().filter(|value| is_own(value)), records) {
            value.report.warning(&value.place, "nothing is recorded here without `record = true`");
        }
        let gives_notice = records && notice.and_then(Value::flag).unwrap_or(true);
        Self { records, gives_notice }
    }

    /// Whether words of their own come before the step.
    pub(super) fn speaks_first(self) -> bool {
        self.records && self.gives_notice
    }

    /// The step, recorded if that is wanted.
    pub(super) fn applied_to(self, step: Step) -> Step {
        match step {
            Step::Ring { tiers, nobody } if self.records => Step::Ring { tiers: tiers.recorded(), nobody },
            Step::Forward(forward) if self.records => {
                Step::Forward(Arc::new(Forward { records: true, ..Forward::clone(&forward) }))
            }
            Step::ForwardToFound(forward) if self.records => {
                Step::ForwardToFound(Arc::new(Forward { records: true, ..Forward::clone(&forward) }))
            }
            Step::Ring { .. }
            | Step::Say { .. }
            | Step::HangUp
            | Step::Hours { .. }
            | Step::Menu(_)
            | Step::GoTo { .. }
            | Step::Reject { .. }
            | Step::HandOver { .. }
            | Step::Forward(_)
            | Step::Queue(_)
            | Step::Lookup(_)
            | Step::Branch(_)
            | Step::ForwardToFound(_)
            | Step::Language { .. }
            | Step::Voicemail(_) => step,
        }
    }
}

impl Steps {
    /// Reports the steps that record somebody who has come there without hearing so, where that is required.
    pub(super) fn report_missing_notices(&self, start: &str, voice: &Voice<'_>, report: &Report) {
        if !voice.requires_recording_notice {
            return;
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![start];
        while let Some((name, step)) = open.pop().and_then(|name| self.steps.get_key_value(name)) {
            // Behind a notice everybody has heard it.
            if !seen.insert(name) || step.recording.gives_notice {
                if step.gate.is_some() {
                    open.extend(gate_lead(step));
                }
                continue;
            }
            if step.recording.records {
                let wants = "`require_recording_notice` wants that everybody hears so before";
                report.problem(&step.place, format!("records talks of callers who were not told; {wants}"));
            }
            open.extend(step.named_leads().map(|lead| lead.text.as_str()));
        }
    }
}

/// Who is turned away by the hours of a step does not come to what it says.
fn gate_lead(step: &WrittenStep) -> Option<&str> {
    let Lead::To(closed) = &step.gate.as_ref()?.closed else { return None };
    Some(&closed.text)
}
