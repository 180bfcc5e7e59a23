//! Menus, and outside numbers that the carrier dials for a caller.

use ringall_core::{
    call::{Asked, DialEnd, Event, ForwardNews},
    flow::{ForwardScreen, Keys},
    id::VisitId,
};

use super::{
    steps::{By, OutsideStep, Step},
    world::{Doing, From, Outside, OutsideIs, World},
};

impl World {
    /// The caller has pressed this in the menu of a visit.
    pub(crate) fn caller_presses(&mut self, call: usize, visit: VisitId, keys: &str) {
        self.caller_fetches(call, Asked::Chosen { visit, keys: Keys::read(keys) });
    }

    /// The carrier begins to dial an outside number for the caller.
    pub(crate) fn is_dialled(&mut self, call: usize, visit: VisitId, screen: ForwardScreen) {
        self.calls[call].caller.doing = Doing::Dials;
        self.calls[call].outside = Some(Outside { visit, screen, is: OutsideIs::Rings });
        if self.plan.acts.progress {
            self.outside_reports(call, visit, ForwardNews::Rings);
        }
    }

    /// What can become of the outside number.
    pub(crate) fn steps_of_outside(&self, call: usize, steps: &mut Vec<(Step, By)>) {
        let Some(outside) = self.calls[call].outside else { return };
        let (acts, busy) = (self.plan.acts, self.is_busy(call));
        let mut add = |step, by| {
            if by != By::Itself || !busy {
                steps.push((Step::Outside(call, step), by));
            }
        };
        match outside.is {
            OutsideIs::Rings => {
                add(OutsideStep::IsNotAnswered, By::Itself);
                add(OutsideStep::PicksUp, By::People);
                if acts.busy {
                    add(OutsideStep::IsBusy, By::People);
                }
                if acts.unreachable {
                    add(OutsideStep::IsUnreachable, By::People);
                }
            }
            OutsideIs::AskedForKey => {
                add(OutsideStep::PressesNothing, By::Itself);
                add(OutsideStep::PressesKey, By::People);
                if acts.declines {
                    add(OutsideStep::Declines, By::People);
                }
                if self.plan.trouble.hang_ups {
                    add(OutsideStep::HangsUp, By::Trouble);
                }
            }
            OutsideIs::Talks if self.is_known_to_talk(call) => add(OutsideStep::HangsUp, By::Talk),
            OutsideIs::Talks if self.plan.trouble.delays => add(OutsideStep::HangsUp, By::Trouble),
            OutsideIs::Talks => {}
        }
    }

    /// Something becomes of the outside number.
    pub(crate) fn outside_step(&mut self, call: usize, step: OutsideStep) {
        let Some(outside) = self.calls[call].outside else { return };
        let visit = outside.visit;
        match (step, outside.screen) {
            (OutsideStep::PicksUp, screen) => {
                self.outside_reports(call, visit, ForwardNews::Answered);
                match screen {
                    ForwardScreen::None => self.outside_talks(call),
                    ForwardScreen::Key => {
                        self.outside_is(call, OutsideIs::AskedForKey);
                        // The request for the whisper tells it too.
                        self.post(call, Event::FromForward { visit, news: ForwardNews::Answered });
                    }
                }
            }
            (OutsideStep::PressesKey, _) => {
                self.post(call, Event::FromForward { visit, news: ForwardNews::Accepted });
                self.outside_talks(call);
            }
            (OutsideStep::Declines, _) => {
                self.post(call, Event::FromForward { visit, news: ForwardNews::Declined });
                self.dial_ends(call, DialEnd::NoAnswer);
            }
            (OutsideStep::IsBusy, _) => self.dial_ends(call, DialEnd::Busy),
            (OutsideStep::IsUnreachable, _) => self.dial_ends(call, DialEnd::Failed),
            (OutsideStep::IsNotAnswered | OutsideStep::PressesNothing, _) => self.dial_ends(call, DialEnd::NoAnswer),
            (OutsideStep::HangsUp, _) => {
                let talked = self.talks_outside(call);
                self.calls[call].caller.parted |= talked;
                let end = if talked { DialEnd::Completed { bridged: Some(true) } } else { DialEnd::NoAnswer };
                self.dial_ends(call, end);
            }
        }
    }

    fn outside_talks(&mut self, call: usize) {
        self.outside_is(call, OutsideIs::Talks);
        self.calls[call].caller.answered = true;
        self.talk_begins(call);
    }

    fn outside_is(&mut self, call: usize, is: OutsideIs) {
        if let Some(outside) = &mut self.calls[call].outside {
            outside.is = is;
        }
    }

    /// The outside leg is over, and its caller asks what comes next.
    pub(crate) fn dial_ends(&mut self, call: usize, end: DialEnd) {
        let Some(outside) = self.calls[call].outside else { return };
        self.outside_is_gone(call, end);
        let answered = self.calls[call].caller.answered;
        self.calls[call].caller.doing = Doing::Fetches(Asked::Forwarded { visit: outside.visit, end, answered });
    }

    /// The outside leg is over; nothing if there is none.
    pub(crate) fn outside_is_gone(&mut self, call: usize, end: DialEnd) {
        let Some(outside) = self.calls[call].outside.take() else { return };
        self.calls[call].caller.talks_since = None;
        self.outside_reports(call, outside.visit, ForwardNews::Ended(end));
    }

    fn outside_reports(&mut self, call: usize, visit: VisitId, news: ForwardNews) {
        self.send_word(From::Callback, call, Event::FromForward { visit, news });
    }
}
