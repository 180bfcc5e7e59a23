//! The user's own address is asked who the caller is. The caller waits for it as for a telephone: nothing is said.

use std::{sync::Arc, time::Duration};

use super::{
    Answer, Asked, Effect, Ignored, State,
    common::{Common, Turn},
    over::Over,
};
use crate::{
    fact::{Fact, LookupOutcome},
    flow::{Branch, Forward, FoundNumber, Lookup, StepIndex},
    id::InquiryId,
    phone::CallerId,
    time::Timestamp,
};

/// The answer is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Inquiring {
    inquiry: InquiryId,
    lookup: Arc<Lookup>,
    /// No answer is awaited any longer then.
    overdue_at: Timestamp,
    /// A caller who hears silence hears ringing from then on.
    rings_at: Option<Timestamp>,
}

/// Whoever asks gives up after two seconds; some time for the word of it.
const INQUIRY_TAKES: Duration = Duration::from_secs(3);
/// Most answers come sooner, and a tone that breaks off at once is worse than a moment of silence. Shorter than any
/// reply budget.
const SILENCE: Duration = Duration::from_millis(800);

impl Inquiring {
    pub(super) fn begin(common: &mut Common, lookup: Arc<Lookup>) -> State {
        if common.setup.caller == CallerId::Withheld && !lookup.asks_withheld {
            return leave(common, &lookup, LookupOutcome::NotFound);
        }
        let inquiry = common.take_inquiry();
        common.push(Effect::Inquire { inquiry, lookup: lookup.name.clone() });
        let silent_since = common.caller.waits_since().filter(|_| common.caller.is_answered());
        if silent_since.is_none() {
            common.ring_if_answered();
        }
        let rings_at = silent_since.map(|since| since + SILENCE);
        State::Inquiring(Self { inquiry, lookup, overdue_at: common.after(INQUIRY_TAKES), rings_at })
    }

    pub(super) fn handle(self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Answered(inquiry, answer) if inquiry == self.inquiry => self.on_answer(common, answer),
            Turn::Asked(asked) => self.on_asked(common, asked),
            Turn::WordsOverdue => {
                common.ring_if_answered();
                State::Inquiring(self)
            }
            Turn::CallerGone => Over::caller_left(common),
            Turn::Granted(_, phones) => {
                common.decline_grant(phones);
                State::Inquiring(self)
            }
            Turn::Clock => self.on_clock(common),
            Turn::ShutDown => Over::apologise(common),
            Turn::Answered(..)
            | Turn::Accepted(_)
            | Turn::ClaimClosed(_)
            | Turn::Out(..)
            | Turn::WinnerDialEnded(_)
            | Turn::Room(_)
            | Turn::RoomSeen(_)
            | Turn::Forward(..)
            | Turn::CallerSeen(_)
            | Turn::Away(..)
            | Turn::Refused(..)
            | Turn::Place(_) => {
                common.ignore(Ignored::TooLate);
                State::Inquiring(self)
            }
        }
    }

    pub(super) fn deadline(&self) -> Timestamp {
        self.rings_at.map_or(self.overdue_at, |rings_at| rings_at.min(self.overdue_at))
    }

    fn on_asked(self, common: &mut Common, asked: Asked) -> State {
        common.ring_or_wait(asked);
        State::Inquiring(Self { rings_at: None, ..self })
    }

    fn on_clock(mut self, common: &mut Common) -> State {
        if self.overdue_at <= common.now {
            return self.on_answer(common, Answer::Failed);
        }
        if self.rings_at.take_if(|at| *at <= common.now).is_some() {
            common.ring_if_answered();
        }
        State::Inquiring(self)
    }

    fn on_answer(self, common: &mut Common, answer: Answer) -> State {
        let outcome = match answer {
            Answer::Found(found) => {
                common.found.learn(found);
                Arc::make_mut(&mut common.variables).set_found((*common.found).clone());
                LookupOutcome::Found
            }
            Answer::NotFound => LookupOutcome::NotFound,
            Answer::Failed => LookupOutcome::Failed,
        };
        leave(common, &self.lookup, outcome)
    }
}

fn leave(common: &mut Common, lookup: &Lookup, outcome: LookupOutcome) -> State {
    common.note(Fact::LookedUp(lookup.name.clone(), outcome));
    let next = match outcome {
        LookupOutcome::Found => lookup.found,
        LookupOutcome::NotFound => lookup.not_found,
        LookupOutcome::Failed => lookup.failed,
    };
    State::enter(common, next)
}

/// Where a call goes by what was found.
pub(super) fn choose(common: &mut Common, branch: &Branch) -> StepIndex {
    let chosen = branch.choose(&common.found);
    common.note(Fact::Branched { field: branch.field.clone(), by_case: chosen.is_some() });
    chosen.unwrap_or(branch.otherwise)
}

/// The forward to the number that was found; without one that may be dialled, where the call goes instead.
pub(super) fn forward_to_found(common: &mut Common, forward: &Forward<FoundNumber>) -> Result<Arc<Forward>, StepIndex> {
    let Some(number) = forward.to.in_findings(&common.found) else {
        common.note(Fact::FoundNoNumber(forward.to.field.clone()));
        return Err(forward.failed);
    };
    Ok(Arc::new(forward.to_number(number)))
}
