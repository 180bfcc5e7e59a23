//! What becomes of a state when one thing happens.

use ringall_core::{
    call::{Asked, Call, Event, LegEnd, LegNews, RecordingEnd},
    roster::RosterEvent,
    screen::Screen,
    time::Timestamp,
};

use super::{
    plan::CHOICE,
    steps::{By, CallerStep, LegStep, Step},
    world::{Doing, From, LegIs, UnderWay, Who, World},
};

impl World {
    /// What becomes of everything if this happens.
    pub(crate) fn after(&self, (step, by): (Step, By)) -> Self {
        let mut world = self.clone();
        world.found.broken = None;
        world.found.seen.clear();
        if by == By::Trouble {
            world.troubles -= 1;
        }
        world.take(step);
        world.in_one_moment |= by != By::People;
        world.in_one_moment &= world.is_anybody_busy();
        world
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Arrives(call) => self.arrives(call),
            Step::Hears(call, at) => {
                let event = self.calls[call].inbox.remove(at);
                self.tell(call, &event);
            }
            Step::Comes(at) => match self.under_way.remove(at) {
                UnderWay::Word { call, event, .. } => self.tell(call, &event),
                UnderWay::Request(request) => self.carry_out(request),
            },
            Step::IsLost(at) => {
                if let UnderWay::Word { call, event: Event::FromLeg { leg, .. }, .. } = self.under_way.remove(at)
                    && let Some(leg) = self.leg(call, leg)
                {
                    self.legs[leg].excused = true;
                }
            }
            Step::ComesTwice(at) => {
                if let UnderWay::Word { call, event, .. } = self.under_way[at].clone() {
                    self.tell(call, &event);
                }
            }
            Step::Fails(at) | Step::AnswerIsLost(at) => {
                let UnderWay::Request(request) = self.under_way.remove(at) else { return };
                if let Step::Fails(_) = step { self.refuse(request) } else { self.carry_out_in_silence(request) }
            }
            Step::Caller(call, step) => self.caller_step(call, step),
            Step::Leg(leg, step) => self.leg_step(leg, step),
            Step::Outside(call, step) => self.outside_step(call, step),
            Step::Deadline(call) | Step::DeadlineTooEarly(call) => {
                let due = self.calls[call].machine.as_ref().and_then(Call::deadline);
                self.time_passes(due, step == Step::Deadline(call));
                self.tell(call, &Event::DeadlineReached);
            }
            Step::RosterDeadline => {
                self.time_passes(self.roster.deadline(), true);
                self.tell_roster(RosterEvent::DeadlineReached);
            }
            Step::ShutsDown => {
                self.shut_down = true;
                for call in 0..self.calls.len() {
                    self.tell(call, &Event::ShuttingDown);
                }
            }
        }
    }

    fn time_passes(&mut self, due: Option<Timestamp>, settled: bool) {
        if let Some(due) = due.filter(|due| *due > self.now) {
            if settled && !self.is_anybody_busy() {
                self.watch_stillness();
            }
            self.now = due;
        }
    }

    fn caller_step(&mut self, call: usize, step: CallerStep) {
        match (step, self.calls[call].caller.doing) {
            (CallerStep::Fetches, Doing::Fetches(asked)) => self.caller_fetches(call, asked),
            (CallerStep::IsAnswered, _) => self.calls[call].caller.answered = true,
            (CallerStep::GoesIn, _) => self.goes_in(call, Who::Caller),
            (CallerStep::IsRefused, _) => self.falls_out(call, Who::Caller, LegNews::NotLetIn),
            (CallerStep::WordsEnd, Doing::OnWords(then)) => self.words_end(call, then),
            (CallerStep::HangsUp, _) => {
                self.calls[call].caller.hung_up = true;
                self.caller_is_gone(call);
            }
            (CallerStep::ConnectionCloses, _) => self.connection_closes(call),
            (CallerStep::PressesKey, Doing::OnMenu(visit) | Doing::OnHold(visit)) => {
                self.caller_presses(call, visit, CHOICE);
            }
            (CallerStep::PressesWrongKey, Doing::OnMenu(visit)) => self.caller_presses(call, visit, "7"),
            (CallerStep::MessageEnds, Doing::Records(visit)) => {
                self.caller_fetches(call, Asked::Recorded { visit, end: RecordingEnd::Recorded });
            }
            (CallerStep::HangsUpAfterMessage, Doing::Records(visit)) => {
                let end = RecordingEnd::HungUp { recorded: true };
                self.calls[call].caller.hung_up = true;
                self.caller_fetches(call, Asked::Recorded { visit, end });
                self.caller_is_gone(call);
            }
            (CallerStep::PressesNothing, Doing::OnMenu(visit))
            | (CallerStep::SoundEnds, Doing::OnHold(visit))
            | (CallerStep::SaysNothing, Doing::Records(visit)) => {
                self.caller_fetches(call, Asked::WordsEnded(visit));
            }
            (
                CallerStep::Fetches
                | CallerStep::WordsEnd
                | CallerStep::PressesKey
                | CallerStep::PressesWrongKey
                | CallerStep::PressesNothing
                | CallerStep::SoundEnds
                | CallerStep::MessageEnds
                | CallerStep::SaysNothing
                | CallerStep::HangsUpAfterMessage,
                _,
            ) => {}
        }
    }

    fn leg_step(&mut self, leg: usize, step: LegStep) {
        let (call, id) = (self.legs[leg].call, self.legs[leg].id);
        match step {
            LegStep::PicksUp => {
                self.legs[leg].is = LegIs::Up;
                if self.plan.acts.progress {
                    let sid = self.plan.leg_sid(call, id);
                    self.send_word(From::Callback, call, Event::FromLeg { leg: id, sid, news: LegNews::Answered });
                }
                if self.plan.screen != Screen::Amd {
                    self.leg_asks(leg, None);
                }
            }
            LegStep::IsBusy => self.leg_ends(leg, LegEnd::Busy),
            LegStep::IsUnreachable => self.leg_ends(leg, LegEnd::Failed),
            LegStep::IsNotAnswered => self.leg_ends(leg, LegEnd::NoAnswer),
            LegStep::Verdict(answered_by) => self.leg_asks(leg, Some(answered_by)),
            LegStep::PressesKey => self.leg_presses(leg, "1"),
            LegStep::Declines => self.leg_presses(leg, "9"),
            LegStep::PressesNothing => self.leg_presses(leg, ""),
            LegStep::FoundMachine => self.leg_news(leg, LegNews::FoundMachine),
            LegStep::HangsUp => {
                self.calls[call].caller.parted |= self.legs[leg].won && self.calls[call].caller.talked;
                self.leg_ends(leg, LegEnd::Completed);
            }
            LegStep::WordsEnd => self.leg_ends(leg, LegEnd::Completed),
            LegStep::GoesIn => self.goes_in(call, Who::Leg(id)),
            LegStep::IsRefused => self.falls_out(call, Who::Leg(id), LegNews::NotLetIn),
            LegStep::IsRefusedUntold => self.falls_out(call, Who::Leg(id), LegNews::DialEnded),
        }
    }
}
