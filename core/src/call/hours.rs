//! The way through opening hours: they decide by the moment at which the call comes to them.

use super::common::Common;
use crate::{
    fact::Fact,
    flow::{Step, StepIndex},
};

/// The first step from `index` on that is no hours; a sound flow has no circle of them.
pub(super) fn look(common: &mut Common, mut index: StepIndex) -> StepIndex {
    let flow = common.setup.flow.clone();
    while let Step::Hours { hours, open, closed } = flow.step(index) {
        let verdict = hours.at(common.now);
        index = if verdict.open { *open } else { *closed };
        let why = verdict.why().into();
        common.note(Fact::LookedAtHours { hours: hours.name.clone(), open: verdict.open, why });
    }
    index
}
