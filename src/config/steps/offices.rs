//! The steps that call the offices of the directory.

use std::sync::Arc;

use ringall_core::flow::RingGroup;

use super::{
    OfficeForward, Steps, WrittenStep,
    action::{Action, Lead},
    recording::Recording,
};
use crate::config::{
    problem::{Place, Report},
    reader::Text,
};

impl Steps {
    /// Adds a step that rings an office and goes on with `then`.
    pub(in crate::config) fn add_ring(
        &mut self,
        name: String,
        place: Place,
        group: Arc<RingGroup>,
        then: Option<Text>,
        recording: Recording,
        report: &Report,
    ) {
        let nobody = then.map_or(Lead::Sorry, Lead::To);
        self.add(name, place, Some(Action::Ring { tiers: group.into(), nobody }), recording, report);
    }

    /// Adds a step that dials an office outside and goes on with `then`.
    pub(in crate::config) fn add_forward(
        &mut self,
        name: String,
        place: Place,
        forward: OfficeForward,
        recording: Recording,
        report: &Report,
    ) {
        self.add(name, place, Some(Action::Forward(Box::new(forward.into()))), recording, report);
    }

    /// Adds a step that is wrong, which was reported.
    pub(in crate::config) fn add_nothing(&mut self, name: String, place: Place) {
        self.steps.insert(name, WrittenStep { place, gate: None, action: None, recording: Recording::default() });
    }

    fn add(&mut self, name: String, place: Place, action: Option<Action>, recording: Recording, report: &Report) {
        let step = WrittenStep { place, gate: None, action, recording };
        for lead in step.named_leads() {
            self.check_name(lead, report);
        }
        self.steps.insert(name, step);
    }
}
