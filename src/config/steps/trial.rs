//! What a trial account does badly, or not at all (carrier contract §11).

use ringall_core::flow::{Flow, Step};

use super::Steps;
use crate::config::problem::Report;

impl Steps {
    /// Warns of the steps of a flow that need more than a trial account gives.
    pub(super) fn report_trial(&self, flow: &Flow, report: &Report) {
        for named in flow.steps() {
            if let (Some(step), Some(trouble)) = (self.steps.get(&*named.name), trouble(&named.step)) {
                report.warning(&step.place, trouble);
            }
        }
    }
}

fn trouble(step: &Step) -> Option<&'static str> {
    match step {
        Step::Voicemail(_) => Some(
            "a trial account cannot record, so that nobody can leave a message here; and it sends text messages to verified \
             numbers only",
        ),
        Step::Ring { tiers, .. } if tiers.is_recorded() => {
            Some("a trial account cannot record; talks are not recorded")
        }
        Step::Queue(_) => {
            Some("a trial account ends a call after ten documents in a row: after some five minutes of waiting")
        }
        Step::Forward(_) | Step::ForwardToFound(_) => Some(DIALS_NOBODY),
        Step::Ring { .. }
        | Step::Say { .. }
        | Step::HangUp
        | Step::Hours { .. }
        | Step::Menu(_)
        | Step::GoTo { .. }
        | Step::Reject { .. }
        | Step::HandOver { .. }
        | Step::Lookup(_)
        | Step::Branch(_)
        | Step::Language { .. } => None,
    }
}

/// Where the carrier itself is to dial.
pub(in crate::config) const DIALS_NOBODY: &str =
    "a trial account does not connect callers with numbers that the carrier dials for them";
