//! The checked call flow: named steps, and where each leads. A [`Flow`] that exists is sound: every step it names is
//! there, and every path reaches an end or a step that waits for somebody.

mod forward;
mod group;
pub mod hours;
mod language;
mod lookup;
mod menu;
mod queue;
mod step;
mod template;
mod tier;
mod voicemail;
mod words;

use std::{fmt, sync::Arc};

pub use self::{
    forward::{DECLINE_KEY, Forward, ForwardScreen, Show},
    group::{Callback, Member, Order, RingGroup},
    hours::Hours,
    language::{Language, NotALanguage},
    lookup::{Branch, FoundNumber, Lookup},
    menu::{Keys, Menu, is_key},
    queue::{Queue, QueuePlace, QueueRefusal, QueueWords},
    step::{Exit, Leaves, Rejection, Step},
    template::{Part, Template, Variable},
    tier::{Tier, Tiers},
    voicemail::Voicemail,
    words::Words,
};

/// The steps of a line, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    steps: Vec<NamedStep>,
    start: StepIndex,
}

/// A step under the name that the configuration gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedStep {
    /// The configuration's name, for timelines and messages.
    pub name: Arc<str>,
    /// What happens there.
    pub step: Step,
}

/// Where a step stands in its flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepIndex(pub usize);

/// What keeps steps from being a flow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// A step leads to an index that is not there.
    #[error("step `{from}` leads to a step that does not exist")]
    LeadsNowhere {
        /// The step that leads there.
        from: Arc<str>,
    },
    /// The first step is not there.
    #[error("the first step does not exist")]
    NoStart,
    /// Steps lead to each other in a circle in which nothing ever happens: the caller could only hang up.
    #[error("step `{at}` is part of a circle that never rings anybody, asks for nothing and never ends")]
    Circle {
        /// A step of the circle.
        at: Arc<str>,
    },
}

impl Flow {
    /// Checks the steps into a flow that begins at `start`.
    pub fn new(steps: Vec<NamedStep>, start: StepIndex) -> Result<Self, FlowError> {
        if start.0 >= steps.len() {
            return Err(FlowError::NoStart);
        }
        for from in &steps {
            if from.step.exits().iter().any(|(_, to)| to.0 >= steps.len()) {
                return Err(FlowError::LeadsNowhere { from: from.name.clone() });
            }
        }
        for from in 0..steps.len() {
            if circles(&steps, from, &[Leaves::ByItself]) {
                return Err(FlowError::Circle { at: steps[from].name.clone() });
            }
        }
        Ok(Self { steps, start })
    }

    /// The flow that `ring = "GROUP"` stands for: ring the group; if nobody takes it say `sorry`; hang up.
    pub fn ring_then_say(group: Arc<RingGroup>, sorry: Words) -> Self {
        let named = |name: &str, step| NamedStep { name: name.into(), step };
        let steps = vec![
            named("ring", Step::ring(group, StepIndex(1))),
            named("nobody", Step::Say { words: sorry, next: StepIndex(2) }),
            named("end", Step::HangUp),
        ];
        Self { steps, start: StepIndex(0) }
    }

    /// Where a call begins.
    pub fn start(&self) -> StepIndex {
        self.start
    }

    /// The step at `index`; past the end, which [`Flow::new`] rules out, the call ends.
    pub fn step(&self, index: StepIndex) -> &Step {
        self.steps.get(index.0).map_or(&Step::HangUp, |named| &named.step)
    }

    /// All steps in the order of the configuration.
    pub fn steps(&self) -> &[NamedStep] {
        &self.steps
    }

    /// Menus to which a caller who presses no key comes back again and again, with nobody having been rung.
    pub fn keyless_circles(&self) -> impl Iterator<Item = &NamedStep> {
        let circles = |at: usize| circles(&self.steps, at, &[Leaves::ByItself, Leaves::WithoutKey]);
        let menus = self.steps.iter().enumerate().filter(|(_, named)| matches!(named.step, Step::Menu(_)));
        menus.filter(move |(at, _)| circles(*at)).map(|(_, named)| named)
    }

    /// Queues to which a caller comes back again and again whom nobody answers, with no key to leave by and no phones of
    /// another step in between.
    pub fn keyless_queues(&self) -> impl Iterator<Item = &NamedStep> {
        self.steps.iter().enumerate().filter_map(|(at, named)| {
            let Step::Queue(queue) = &named.step else { return None };
            (queue.leave.is_none() && self.is_waited_in_again(at)).then_some(named)
        })
    }

    /// Whether whoever has waited too long in this queue comes back to it, by themselves or by way of others of its kind.
    fn is_waited_in_again(&self, queue: usize) -> bool {
        let waits_on = |at: usize| {
            let step = &self.steps[at].step;
            let keyless = matches!(step, Step::Queue(queue) if queue.leave.is_none());
            let leads_on = move |exit: &Exit| {
                if keyless { *exit == Exit::TooLong } else { exit.leaves() == Leaves::ByItself }
            };
            step.exits().into_iter().filter(move |(exit, _)| leads_on(exit)).map(|(_, to)| to.0)
        };
        let mut seen = vec![false; self.steps.len()];
        let mut open: Vec<usize> = waits_on(queue).collect();
        while let Some(at) = open.pop() {
            if at == queue {
                return true;
            }
            if !std::mem::replace(&mut seen[at], true) {
                open.extend(waits_on(at));
            }
        }
        false
    }

    /// Steps that refuse a call, but to which a call can come that was answered on the way.
    pub fn late_rejections(&self) -> impl Iterator<Item = &NamedStep> {
        let mut behind = vec![false; self.steps.len()];
        let leads = |at: usize| self.steps[at].step.exits().into_iter().map(|(_, to)| to.0);
        let mut open: Vec<usize> =
            (0..self.steps.len()).filter(|at| self.steps[*at].step.answers()).flat_map(leads).collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut behind[at], true) {
                open.extend(leads(at));
            }
        }
        let rejections = self.steps.iter().zip(behind).filter(|(_, behind)| *behind).map(|(named, _)| named);
        rejections.filter(|named| matches!(named.step, Step::Reject { .. }))
    }

    /// Steps that go by what a lookup has found, and to which no call comes after one has found anything.
    pub fn never_looked_up(&self) -> impl Iterator<Item = &NamedStep> {
        let leads = |at: usize| self.steps[at].step.exits().into_iter();
        let found = |at: usize| leads(at).filter(|(exit, _)| *exit == Exit::Found).map(|(_, to)| to.0);
        let mut behind = vec![false; self.steps.len()];
        let mut open: Vec<usize> = (0..self.steps.len()).flat_map(found).collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut behind[at], true) {
                open.extend(leads(at).map(|(_, to)| to.0));
            }
        }
        let asks = |named: &NamedStep| matches!(named.step, Step::Branch(_) | Step::ForwardToFound(_));
        self.steps.iter().zip(behind).filter(move |(named, behind)| !behind && asks(named)).map(|(named, _)| named)
    }

    /// What a caller can come to in a language in which it is not given: the step, the language, and the keys of the words.
    pub fn missing_words(&self, usual: &Language) -> Vec<(&NamedStep, Language, Vec<&'static str>)> {
        let mut seen: Vec<(usize, Language)> = Vec::new();
        let mut open = vec![(self.start.0, usual.clone())];
        let mut missing = Vec::new();
        while let Some((at, language)) = open.pop() {
            let Some(named) = self.steps.get(at).filter(|_| !seen.contains(&(at, language.clone()))) else { continue };
            seen.push((at, language.clone()));
            let words = named.step.words().into_iter().filter(|(_, words)| !words.are_in(&language, usual));
            let keys: Vec<_> = words.map(|(key, _)| key).collect();
            if !keys.is_empty() {
                missing.push((named, language.clone(), keys));
            }
            let next = if let Step::Language { language, .. } = &named.step { language.clone() } else { language };
            open.extend(named.step.exits().into_iter().map(|(_, to)| (to.0, next.clone())));
        }
        missing
    }

    /// Every group that this flow can ring.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<RingGroup>> {
        self.steps.iter().flat_map(|named| named.step.groups())
    }
}

impl fmt::Display for StepIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Whether a call can come from `from` back to it with nothing but this having happened on the way.
fn circles(steps: &[NamedStep], from: usize, ways: &[Leaves]) -> bool {
    let by_itself = |at: usize| {
        let exits = steps[at].step.exits().into_iter();
        exits.filter(|(exit, _)| ways.contains(&exit.leaves())).map(|(_, to)| to.0)
    };
    let mut seen = vec![false; steps.len()];
    let mut open: Vec<usize> = by_itself(from).collect();
    while let Some(at) = open.pop() {
        if at == from {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            open.extend(by_itself(at));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::screen::Screen;

    #[test]
    fn a_flow_begins_where_it_is_told_and_ends_where_there_is_nothing_more() {
        let flow = Flow::new(steps([say(1), Step::HangUp]), StepIndex(1)).unwrap();

        assert_eq!(flow.start(), StepIndex(1));
        assert_eq!((flow.step(StepIndex(0)), flow.step(StepIndex(7))), (&say(1), &Step::HangUp));
    }

    #[test]
    fn every_group_that_can_ring_is_named_in_the_order_of_the_steps() {
        let flow = Flow::new(steps([ring("night", 1), say(2), ring("day", 3), Step::HangUp]), StepIndex(0)).unwrap();

        let names: Vec<_> = flow.groups().map(|group| &*group.name).collect();

        assert_eq!(names, ["night", "day"]);
    }

    #[test]
    fn a_step_that_leads_nowhere_is_named() {
        for step in [say(1), ring("day", 1)] {
            let error = Flow::new(steps([step]), StepIndex(0)).unwrap_err();

            assert_eq!(error, FlowError::LeadsNowhere { from: "0".into() });
        }
        assert_eq!(Flow::new(Vec::new(), StepIndex(0)), Err(FlowError::NoStart));
        assert_eq!(Flow::new(steps([Step::HangUp]), StepIndex(1)), Err(FlowError::NoStart));
    }

    #[test]
    fn words_that_lead_to_words_for_ever_are_no_flow_but_a_ring_in_between_makes_them_one() {
        let circle = Flow::new(steps([say(1), say(0)]), StepIndex(0));
        let with_ring = Flow::new(steps([say(1), ring("day", 0)]), StepIndex(0));
        let to_its_end = Flow::new(steps([say(1), say(2), Step::HangUp]), StepIndex(0));

        assert_eq!(circle, Err(FlowError::Circle { at: "0".into() }));
        assert!(with_ring.is_ok() && to_its_end.is_ok());
    }

    #[test]
    fn hours_alone_decide_nothing_about_a_circle() {
        let only_hours = Flow::new(steps([hours(0, 0)]), StepIndex(0));
        let closed_for_ever = Flow::new(steps([say(1), hours(2, 0), Step::HangUp]), StepIndex(0));
        let open_rings = Flow::new(steps([hours(1, 2), ring("day", 0), Step::HangUp]), StepIndex(0));

        assert_eq!(only_hours, Err(FlowError::Circle { at: "0".into() }));
        assert_eq!(closed_for_ever, Err(FlowError::Circle { at: "0".into() }));
        assert!(open_rings.is_ok());
    }

    #[test]
    fn a_step_prints_as_its_place_and_names_its_exits() {
        assert_eq!(StepIndex(3).to_string(), "3");
        assert_eq!(say(2).exits(), [(Exit::Next, StepIndex(2))]);
        assert_eq!(ring("day", 3).exits(), [(Exit::Nobody, StepIndex(3))]);
        assert_eq!(Step::HangUp.exits(), []);
        assert_eq!(hours(1, 2).exits(), [(Exit::Open, StepIndex(1)), (Exit::Closed, StepIndex(2))]);
        assert_eq!((Exit::Open.name(), Exit::Closed.name()), ("open", "closed"));
    }

    fn steps<const N: usize>(steps: [Step; N]) -> Vec<NamedStep> {
        (0..).zip(steps).map(|(at, step)| NamedStep { name: format!("{at}").into(), step }).collect()
    }

    fn say(next: usize) -> Step {
        Step::Say { words: "Hello.".into(), next: StepIndex(next) }
    }

    fn hours(open: usize, closed: usize) -> Step {
        let hours = Hours { name: "office".into(), zone: hours::Zone::utc(), schedule: Arc::default() };
        Step::Hours { hours: Arc::new(hours), open: StepIndex(open), closed: StepIndex(closed) }
    }

    fn ring(name: &str, nobody: usize) -> Step {
        let time = Duration::from_secs(30);
        let group = RingGroup {
            name: name.into(),
            members: Vec::new(),
            ring_for: time,
            wait_for: time,
            passes: 1,
            screen: Screen::Key,
            decline_key: '9',
            ring_busy: false,
            order: Order::default(),
            whisper: None,
            show: Show::Line,
            callback_to_same: Callback::default(),
        };
        Step::ring(Arc::new(group), StepIndex(nobody))
    }
}
