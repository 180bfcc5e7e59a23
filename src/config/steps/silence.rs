//! What steps do that follow each other in the same moment: callers who would be cut off without a word, after nobody took
//! their call, because it is closed, or before they have heard anything at all; and numbers that are dialled without a pause.

use super::{
    Steps,
    action::{Action, Lead},
};
use crate::config::{problem::Report, reader::Text};

const CUT_OFF: &str = "the caller is cut off here without a word";

impl Steps {
    /// Warns of the steps whose callers got nothing, and end without a word.
    pub(super) fn report_silent_ends(&self, report: &Report) {
        for lead in self.steps.values().flat_map(super::WrittenStep::leads_to_who_got_nothing) {
            if let Lead::To(to) = lead
                && self.ends_silently(to)
            {
                report.warning(&to.place, CUT_OFF);
            }
        }
    }

    /// Warns of a line whose calls can end before anything was heard. Whoever is blocked may be cut off on purpose.
    pub(in crate::config) fn report_silent_start(&self, start: &Text, report: &Report) {
        if self.ends_silently(start) {
            report.warning(&start.place, CUT_OFF);
        }
    }

    /// Warns of outside numbers that are dialled again in the moment in which they say that they are engaged.
    pub(super) fn report_redialling(&self, report: &Report) {
        for (name, step) in &self.steps {
            if let Some(Action::Forward(forward)) = &step.action
                && let Lead::To(to) = forward.busy()
                && self.come_at_once(to).contains(&name.as_str())
            {
                report
                    .warning(&to.place, "an engaged number is dialled again at once, and again, up to a hundred times");
            }
        }
    }

    /// Whether a call that comes here can end before anything is heard. What is closed is told of where it stands.
    fn ends_silently(&self, to: &Text) -> bool {
        let is_end =
            |name: &&str| matches!(self.steps.get(*name).and_then(|step| step.action.as_ref()), Some(Action::HangUp));
        self.come_at_once(to).iter().any(is_end)
    }

    /// The steps to which a call that comes here can come in the same moment, this one first: steps that take no time lead on
    /// at once.
    fn come_at_once<'a>(&'a self, to: &'a Text) -> Vec<&'a str> {
        let (mut open, mut seen) = (vec![to.text.as_str()], Vec::new());
        while let Some(name) = open.pop() {
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let leads = match self.steps.get(name).and_then(|step| step.action.as_ref()) {
                Some(Action::GoTo(next) | Action::Language { next, .. } | Action::Hours { open: next, .. }) => {
                    vec![next]
                }
                Some(Action::Lookup(lookup)) => lookup.leads(),
                Some(Action::Branch(branch)) => branch.leads(),
                Some(
                    Action::Ring { .. }
                    | Action::Say { .. }
                    | Action::HangUp
                    | Action::Menu(_)
                    | Action::Reject(_)
                    | Action::HandOver(_)
                    | Action::Forward(_)
                    | Action::Queue(_)
                    | Action::Voicemail(_),
                )
                | None => Vec::new(),
            };
            open.extend(leads.into_iter().filter_map(|lead| match lead {
                Lead::To(name) => Some(name.text.as_str()),
                Lead::Sorry | Lead::End | Lead::Closed | Lead::Farewell(_) => None,
            }));
        }
        seen
    }
}
