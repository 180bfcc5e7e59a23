//! What can happen next in a state.

use std::time::Duration;

use ringall_core::{
    call::{Asked, Event, ForwardNews, LegNews},
    id::{LegId, VisitId},
    screen::{AnsweredBy, Screen},
};

use super::{
    plan::Rule,
    world::{Doing, From, LegIs, UnderWay, World},
};

/// Longer than a bridge is in doubt: a talk that ends before may look as if it never began.
const SHORTEST_TALK: Duration = Duration::from_secs(15);

/// How many pieces of the sound of a queue are heard to their end.
const MOST_SOUNDS: u32 = 4;

/// Nothing that is under way takes longer: by then a request has failed.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Arrives(usize),
    /// A call's task hears word of the program itself.
    Hears(usize, usize),
    /// What is under way arrives, or is carried out.
    Comes(usize),
    IsLost(usize),
    ComesTwice(usize),
    Fails(usize),
    AnswerIsLost(usize),
    Caller(usize, CallerStep),
    Leg(usize, LegStep),
    Outside(usize, OutsideStep),
    Deadline(usize),
    DeadlineTooEarly(usize),
    RosterDeadline,
    ShutsDown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallerStep {
    Fetches,
    IsAnswered,
    GoesIn,
    IsRefused,
    WordsEnd,
    HangsUp,
    ConnectionCloses,
    PressesKey,
    PressesWrongKey,
    PressesNothing,
    SoundEnds,
    MessageEnds,
    SaysNothing,
    HangsUpAfterMessage,
}

/// What becomes of an outside number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutsideStep {
    PicksUp,
    IsBusy,
    IsUnreachable,
    IsNotAnswered,
    PressesKey,
    Declines,
    PressesNothing,
    HangsUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LegStep {
    PicksUp,
    IsBusy,
    IsUnreachable,
    IsNotAnswered,
    Verdict(AnsweredBy),
    PressesKey,
    Declines,
    PressesNothing,
    FoundMachine,
    HangsUp,
    WordsEnd,
    GoesIn,
    IsRefused,
    /// And the carrier does not say so.
    IsRefusedUntold,
}

/// Who brings a step about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// It comes by itself: time passes, and what is under way arrives.
    Itself,
    /// Somebody does it, or never.
    People,
    /// Somebody who talks ends the talk.
    Talk,
    /// It should not happen, and happens all the same.
    Trouble,
}

impl World {
    /// All that can happen next.
    pub(crate) fn steps(&self) -> Vec<(Step, By)> {
        let mut steps = Vec::new();
        self.steps_under_way(&mut steps);
        for call in 0..self.calls.len() {
            self.steps_of_inbox(call, &mut steps);
            self.steps_of_caller(call, &mut steps);
            self.steps_of_outside(call, &mut steps);
        }
        for leg in 0..self.legs.len() {
            self.steps_of_leg(leg, &mut steps);
        }
        let settled = self.is_still() && !self.in_one_moment;
        self.steps_of_time(settled, &mut steps);
        if self.plan.trouble.shutdown && !self.shut_down {
            steps.push((Step::ShutsDown, By::Trouble));
        }
        if self.troubles == 0 {
            steps.retain(|(_, by)| *by != By::Trouble);
        }
        if self.plan.acts.in_order && !settled {
            let first = steps.iter().position(|(_, by)| *by == By::Itself);
            let mut at = 0..;
            steps.retain(|(_, by)| at.next() == first || *by != By::Itself);
        }
        steps
    }

    fn steps_under_way(&self, steps: &mut Vec<(Step, By)>) {
        for (at, it) in self.under_way.iter().enumerate() {
            let repeated = at > 0 && self.under_way[at - 1] == *it;
            let early = matches!(it, UnderWay::Request(request) if self.is_busy(request.call()));
            if repeated || early {
                continue;
            }
            steps.push((Step::Comes(at), By::Itself));
            match it {
                UnderWay::Word { from: From::Callback, .. } if self.plan.trouble.callbacks => {
                    steps.push((Step::IsLost(at), By::Trouble));
                    steps.push((Step::ComesTwice(at), By::Trouble));
                }
                UnderWay::Request(_) if self.plan.trouble.requests => {
                    steps.push((Step::Fails(at), By::Trouble));
                    steps.push((Step::AnswerIsLost(at), By::Trouble));
                }
                UnderWay::Word { .. } | UnderWay::Request(_) => {}
            }
        }
    }

    /// In order, except that a handler may be held up between the claim and its word of it.
    fn steps_of_inbox(&self, call: usize, steps: &mut Vec<(Step, By)>) {
        for (at, event) in self.calls[call].inbox.iter().enumerate() {
            steps.push((Step::Hears(call, at), By::Itself));
            if !matches!(event, Event::FromLeg { news: LegNews::Accepted, .. }) {
                return;
            }
        }
    }

    fn steps_of_caller(&self, call: usize, steps: &mut Vec<(Step, By)>) {
        let (plan, caller) = (self.plan, &self.calls[call].caller);
        let busy = self.is_busy(call);
        let mut add = |step, by| {
            if by != By::Itself || !busy {
                steps.push((Step::Caller(call, step), by));
            }
        };
        match caller.doing {
            Doing::NotYet => return steps.push((Step::Arrives(call), By::People)),
            Doing::Gone => return,
            Doing::Fetches(asked) => {
                add(CallerStep::Fetches, By::Itself);
                if plan.trouble.connections && asked == (Asked::Now { answered: false }) && !caller.answered {
                    add(CallerStep::IsAnswered, By::Trouble);
                }
            }
            Doing::Asks => {
                let line = &self.calls[call];
                let waits = line.owed + line.round.as_ref().map_or(0, |round| round.held) > 0;
                if plan.trouble.connections && waits {
                    add(CallerStep::ConnectionCloses, By::Trouble);
                }
            }
            Doing::GoesIn => {
                add(CallerStep::GoesIn, By::Itself);
                if plan.trouble.room {
                    add(CallerStep::IsRefused, By::Trouble);
                }
            }
            Doing::OnWords(_) => add(CallerStep::WordsEnd, By::Itself),
            Doing::OnMenu(_) => {
                add(CallerStep::PressesNothing, By::Itself);
                add(CallerStep::PressesKey, By::People);
                if plan.acts.wrong_keys {
                    add(CallerStep::PressesWrongKey, By::People);
                }
            }
            Doing::OnHold(visit) => {
                add(CallerStep::PressesKey, By::People);
                // For ever, if it were not for the end of their time in the queue.
                if number_of(visit) < MOST_SOUNDS {
                    add(CallerStep::SoundEnds, By::People);
                }
            }
            Doing::Records(_) => {
                add(CallerStep::MessageEnds, By::Itself);
                add(CallerStep::SaysNothing, By::People);
                add(CallerStep::HangsUpAfterMessage, By::People);
            }
            Doing::InRoom | Doing::OnRingback | Doing::Dials => {}
        }
        if self.talks(call) {
            if self.is_known_to_talk(call) {
                add(CallerStep::HangsUp, By::Talk);
            } else if plan.trouble.delays {
                add(CallerStep::HangsUp, By::Trouble);
            }
        } else if plan.acts.caller_leaves {
            add(CallerStep::HangsUp, By::People);
        }
    }

    fn steps_of_leg(&self, leg: usize, steps: &mut Vec<(Step, By)>) {
        let (plan, it) = (self.plan, &self.legs[leg]);
        // People take seconds, word takes less: who acts before word of their last act has come is trouble.
        let prompt = self.is_heard_of(it.call, Some(it.id));
        let people = if prompt { By::People } else { By::Trouble };
        let talk = if self.is_known_to_talk(it.call) { By::Talk } else { By::Trouble };
        let busy = self.is_busy(it.call);
        let mut add = |step, by| {
            if by == By::Itself && busy {
                return;
            }
            if by == By::Trouble && !plan.trouble.delays && !is_a_fault_of_its_own(step) {
                return;
            }
            steps.push((Step::Leg(leg, step), by));
        };
        let mut hangs_up = plan.trouble.hang_ups.then_some(By::Trouble);
        match it.is {
            LegIs::Ringing => {
                hangs_up = None;
                add(LegStep::PicksUp, people);
                if plan.acts.busy {
                    add(LegStep::IsBusy, people);
                }
                if plan.acts.unreachable {
                    add(LegStep::IsUnreachable, people);
                }
                if plan.acts.no_answer {
                    add(LegStep::IsNotAnswered, people);
                }
            }
            LegIs::Up => {
                add(LegStep::Verdict(AnsweredBy::Human), people);
                if plan.acts.machine {
                    add(LegStep::Verdict(AnsweredBy::MachineStart), people);
                }
                if plan.acts.unknown {
                    add(LegStep::Verdict(AnsweredBy::Unknown), people);
                }
            }
            LegIs::AskedForKey => {
                add(LegStep::PressesKey, people);
                if plan.acts.declines {
                    add(LegStep::Declines, people);
                }
                if self.is_decided(leg) {
                    add(LegStep::PressesNothing, people);
                }
                if plan.screen == Screen::AmdAndKey && plan.acts.machine {
                    add(LegStep::FoundMachine, people);
                }
            }
            LegIs::HearsWhy => {
                hangs_up = None;
                add(LegStep::WordsEnd, By::Itself);
            }
            LegIs::GoesIn => {
                add(LegStep::GoesIn, By::Itself);
                if plan.trouble.room {
                    add(LegStep::IsRefused, By::Trouble);
                    add(LegStep::IsRefusedUntold, By::Trouble);
                }
            }
            LegIs::InRoom if self.talks(it.call) => {
                let may = talk == By::Talk || plan.trouble.delays;
                hangs_up = may.then_some(talk);
            }
            LegIs::InRoom | LegIs::DialEnded => {}
        }
        if let Some(by) = hangs_up {
            add(LegStep::HangsUp, by);
        }
    }

    /// Nothing happens at the carrier by itself, and nothing is under way but word of what somebody did this very moment:
    /// it may be the moment of a deadline.
    fn is_still(&self) -> bool {
        let callers_rest = (0..self.calls.len()).all(|call| match self.calls[call].caller.doing {
            Doing::NotYet | Doing::Asks | Doing::InRoom | Doing::OnRingback | Doing::OnHold(_) | Doing::Gone => true,
            Doing::GoesIn => self.is_busy(call),
            // Neither rings nor is asked for a key for ever.
            Doing::Dials => self.is_busy(call) || self.talks(call),
            Doing::Fetches(_) | Doing::OnWords(_) | Doing::OnMenu(_) | Doing::Records(_) => false,
        });
        let legs_rest = self.legs.iter().all(|leg| match leg.is {
            LegIs::GoesIn => self.is_busy(leg.call),
            LegIs::HearsWhy => false,
            LegIs::Ringing | LegIs::Up | LegIs::AskedForKey | LegIs::InRoom | LegIs::DialEnded => true,
        });
        let nothing_else = self.calls.iter().all(|line| line.inbox.iter().all(is_news));
        callers_rest && legs_rest && self.under_way.is_empty() && nothing_else
    }

    /// The program has word for this call's task, which comes before anything that the carrier does next.
    pub(crate) fn is_busy(&self, of: usize) -> bool {
        !self.calls[of].inbox.is_empty()
    }

    /// A talk lasts longer than word of its start takes; a shorter one is trouble.
    pub(crate) fn is_known_to_talk(&self, call: usize) -> bool {
        let since = self.calls[call].caller.talks_since;
        since.is_some_and(|since| self.now.since(since) >= SHORTEST_TALK) && self.is_heard_of(call, None)
    }

    pub(crate) fn is_anybody_busy(&self) -> bool {
        (0..self.calls.len()).any(|call| self.is_busy(call))
    }

    /// No word about this leg, or about anything of the call, is under way.
    fn is_heard_of(&self, of: usize, id: Option<LegId>) -> bool {
        let is_other = |event: &Event| match event {
            Event::FromLeg { leg, .. } | Event::Dialled { leg, .. } => id.is_some_and(|id| id != *leg),
            Event::CallerAsked(_)
            | Event::CallerConnectionClosed
            | Event::ReplyFoundNobody
            | Event::CallerBroughtIn
            | Event::CallerLeft
            | Event::CallerRedirected(_)
            | Event::CallerLookedUp(_)
            | Event::PeopleGranted { .. }
            | Event::LegLookedUp { .. }
            | Event::LegRedirectFailed { .. }
            | Event::ClaimClosed { .. }
            | Event::ClaimHeldBy { .. }
            | Event::Room(_)
            | Event::RoomLookedUp { .. }
            | Event::DeadlineReached
            | Event::ShuttingDown
            | Event::FromForward { .. }
            | Event::RecordingReady { .. }
            | Event::InquiryAnswered { .. }
            | Event::PeopleAway { .. }
            | Event::QueueRefused { .. }
            | Event::PlaceTold(_)
            | Event::DialsSpent(_) => id.is_some(),
        };
        let heard = self.calls[of].inbox.iter().all(is_other);
        heard
            && self.under_way.iter().all(|it| match it {
                UnderWay::Word { call, event, .. } => *call != of || is_other(event),
                UnderWay::Request(_) => true,
            })
    }

    fn steps_of_time(&self, settled: bool, steps: &mut Vec<(Step, By)>) {
        if self.plan.rule == Rule::NoTimers {
            return;
        }
        let deadline = |call: usize| self.calls[call].machine.as_ref()?.deadline();
        let calls = 0..self.calls.len();
        let Some(next) = calls.clone().filter_map(deadline).chain(self.roster.deadline()).min() else { return };
        let next = next.max(self.now);
        let by = if settled || next == self.now { By::Itself } else { By::Trouble };
        if by == By::Trouble && (!self.plan.trouble.delays || next.since(self.now) > LONGEST_DELAY) {
            return;
        }
        for call in calls.filter(|call| deadline(*call).is_some_and(|at| at <= next)) {
            let step = if by == By::Itself { Step::Deadline(call) } else { Step::DeadlineTooEarly(call) };
            steps.push((step, by));
        }
        if by == By::Itself && self.roster.deadline().is_some_and(|at| at <= next) {
            steps.push((Step::RosterDeadline, by));
        }
    }
}

/// Trouble that no delay brings about.
fn is_a_fault_of_its_own(step: LegStep) -> bool {
    matches!(step, LegStep::HangsUp | LegStep::IsRefused | LegStep::IsRefusedUntold)
}

fn number_of(visit: VisitId) -> u32 {
    visit.to_string().parse().expect("a number")
}

/// Word of what a person has done this moment.
fn is_news(event: &Event) -> bool {
    if let Event::FromForward { news: ForwardNews::Accepted | ForwardNews::Declined, .. } = event {
        return true;
    }
    let Event::FromLeg { news, .. } = event else { return false };
    match news {
        LegNews::AskedForKey | LegNews::Accepted | LegNews::Declined | LegNews::WasMachine | LegNews::FoundMachine => {
            true
        }
        LegNews::Rings
        | LegNews::Answered
        | LegNews::ToldWhy
        | LegNews::DialEnded
        | LegNews::Ended(_)
        | LegNews::NotLetIn => false,
    }
}
