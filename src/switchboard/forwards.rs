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

    /// What a report tells of the present forward. Visits are named anew after a restart: the late end of a leg that the
    /// program before had dialled under the same name is not that of the present one, and a report that its end has
    /// overtaken is not a new beginning. If an end was taken for that of the present leg before this had shown itself, it
    /// is known now for that of an earlier one.
    pub(super) fn sort(&mut self, leg: Option<&CallSid>, news: ForwardNews) -> Vec<ForwardNews> {
        if let ForwardNews::Ended(_) = news {
            if self.leg.is_some() && self.leg.as_ref() != leg {
                return Vec::new();
            }
            self.ended = leg.cloned();
            return vec![news];
        }
        let begins = matches!(news, ForwardNews::Dialled | ForwardNews::Rings);
        if begins && leg.is_some() && self.ended.as_ref() == leg {
            return Vec::new();
        }
        self.leg = leg.cloned();
        let another_ended = leg.is_some() && self.ended.take().is_some_and(|ended| Some(&ended) != leg);
        another_ended.then_some(ForwardNews::EndedBefore).into_iter().chain([news]).collect()
    }
}
