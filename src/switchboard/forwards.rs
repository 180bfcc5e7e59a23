//! The outside number that the carrier dials for a call: which leg is its, who has taken the call there, and which reports
//! are about it.

use std::sync::Arc;

use ringall_core::{
    call::ForwardNews,
    flow::Forward,
    id::{CallSid, VisitId},
};

/// What webhooks have shown of the present forward, and who took the call of the last one.
#[derive(Debug, Default)]
pub(super) struct Forwards {
    present: Option<(VisitId, Arc<Forward>)>,
    /// The leg that has taken the call there by its key.
    taken: Option<(VisitId, CallSid)>,
    /// The leg of the number, as soon as it has shown itself.
    leg: Option<CallSid>,
    /// The leg whose end was told as that of the number.
    ended: Option<CallSid>,
}

impl Forwards {
    /// This is dialled now, if anything is.
    pub(super) fn show(&mut self, present: Option<(VisitId, &Arc<Forward>)>) {
        let visit = |present: &(VisitId, Arc<Forward>)| present.0;
        if self.present.as_ref().map(visit) != present.map(|(visit, _)| visit) {
            (self.leg, self.ended) = (None, None);
            self.present = present.map(|(visit, forward)| (visit, forward.clone()));
        }
    }

    /// What this visit dials, as long as it is the present one.
    pub(super) fn of(&self, visit: VisitId) -> Option<Arc<Forward>> {
        self.present.as_ref().filter(|(present, _)| *present == visit).map(|(_, forward)| forward.clone())
    }

    /// Takes the call for this leg; `false` if another has it.
    pub(super) fn take(&mut self, visit: VisitId, leg: &CallSid) -> bool {
        let taken = self.taken.take_if(|(taken, _)| *taken == visit);
        let (_, holder) = self.taken.insert(taken.unwrap_or_else(|| (visit, leg.clone())));
        holder == leg
    }

    /// Whether this report is about the present forward. Visits are named anew after a restart: the late end of a leg that
    /// the program before had dialled under the same name is not that of the present one, and a report that its end has
    /// overtaken is not a new beginning.
    pub(super) fn counts(&mut self, leg: Option<&CallSid>, news: ForwardNews) -> bool {
        if let ForwardNews::Ended(_) = news {
            if self.leg.is_some() && self.leg.as_ref() != leg {
                return false;
            }
            self.ended = leg.cloned();
        } else {
            let begins = matches!(news, ForwardNews::Dialled | ForwardNews::Rings);
            if begins && leg.is_some() && self.ended.as_ref() == leg {
                return false;
            }
            self.leg = leg.cloned();
        }
        true
    }
}
