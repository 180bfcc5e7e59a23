//! `[steps]`: what lines can do one after the other. A line's flow is every step that can be reached from where it
//! starts; a step that does not say where it leads is given the end that suits it.

mod action;
mod forward;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use ringall_core::{
    flow::{Flow, FlowError, NamedStep, Step, StepIndex, Words},
    phone::PhoneNumber,
};

use self::action::{Action, Lead};
pub(super) use self::action::{Context, find_group};
use super::{
    problem::{Place, Report, did_you_mean, shown},
    reader::{Section, Text, Value},
};

/// The steps of the file, and which of them some line reaches.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "the steps are what it holds")]
pub(super) struct Steps {
    steps: BTreeMap<String, WrittenStep>,
    reached: RefCell<BTreeSet<String>>,
    /// Forwards of which a hint was given already.
    hinted: RefCell<BTreeSet<String>>,
}

/// What the steps of a line are spoken with.
pub(super) struct Voice<'a> {
    pub(super) line: &'a str,
    pub(super) nobody: &'a Words,
}

#[derive(Debug)]
struct WrittenStep {
    place: Place,
    /// `None` after a problem.
    action: Option<Action>,
}

/// What the program adds behind the steps of the file. The names cannot be those of steps in the file.
const SORRY: &str = "(nobody)";
const END: &str = "(end)";

/// Reads `[steps]`.
pub(super) fn read(section: Section<'_>, context: &Context<'_>) -> Steps {
    let read_one = |(name, value): (String, Value<'_>)| {
        let place = value.place.clone();
        let action = value.section().and_then(|section| action::read(section, context));
        (name, WrittenStep { place, action })
    };
    let steps: BTreeMap<_, _> = section.into_named().into_iter().map(read_one).collect();
    let steps = Steps { steps, reached: RefCell::default(), hinted: RefCell::default() };
    for name in steps.steps.values().flat_map(WrittenStep::named_leads) {
        steps.check_name(name, context.report);
    }
    steps.report_silent_ends(context.report);
    steps
}

impl Steps {
    /// Whether a step has this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.steps.contains_key(name)
    }

    /// The flow that begins at `start`; `None` after a problem.
    pub(super) fn flow(&self, start: &Text, voice: &Voice<'_>, report: &Report) -> Option<Flow> {
        if !self.check_name(start, report) {
            return None;
        }
        self.hint_at_words_before_forward(&start.text, report);
        let reached = self.reachable(&start.text);
        let leads = || reached.iter().flat_map(|(_, step)| &step.action).flat_map(Action::leads);
        let says_sorry = leads().any(|lead| matches!(lead, Lead::Sorry));
        let ends = says_sorry || leads().any(|lead| matches!(lead, Lead::End));
        let sorry = StepIndex(reached.len());
        let end = StepIndex(reached.len() + usize::from(says_sorry));
        let index_of = |lead: &Lead| match lead {
            Lead::To(name) => reached.iter().position(|(step, _)| *step == name.text).map(StepIndex),
            Lead::Sorry => Some(sorry),
            Lead::End => Some(end),
        };
        let mut steps = Vec::new();
        for (name, step) in &reached {
            let step = step.action.as_ref()?.step(&index_of, voice)?;
            steps.push(NamedStep { name: (*name).into(), step });
        }
        let words_and_end = Step::Say { words: voice.nobody.clone(), next: end };
        steps.extend(says_sorry.then(|| NamedStep { name: SORRY.into(), step: words_and_end }));
        steps.extend(ends.then(|| NamedStep { name: END.into(), step: Step::HangUp }));
        Flow::new(steps, StepIndex(0)).map_err(|error| self.report_flow(&error, report)).ok()
    }

    /// Warns of the steps that no line's flow has reached.
    pub(super) fn report_unreached(&self, report: &Report) {
        let reached = self.reached.borrow();
        for (_, step) in self.steps.iter().filter(|(name, _)| !reached.contains(*name)) {
            report.warning(&step.place, "no line leads to this step");
        }
    }

    /// A line among the numbers that callers are handed on to would call itself.
    pub(super) fn check_loops(&self, is_line: impl Fn(PhoneNumber) -> bool, report: &Report) {
        for action in self.steps.values().filter_map(|step| step.action.as_ref()) {
            if let Action::Forward(forward) = action
                && forward.to.is_some_and(&is_line)
            {
                report.problem(&forward.place, "one of the lines, which would call itself");
            }
        }
    }

    /// Hints at a forward that costs the caller more than it could: only as the first step it rings unbilled.
    fn hint_at_words_before_forward(&self, start: &str, report: &Report) {
        let mut at = self.steps.get_key_value(start);
        let mut seen = BTreeSet::new();
        while let Some((name, step)) = at.filter(|(name, _)| seen.insert(*name)) {
            match &step.action {
                Some(Action::Say { next: Lead::To(next), .. }) => at = self.steps.get_key_value(&next.text),
                Some(Action::Forward(_)) if name != start && self.hinted.borrow_mut().insert(name.clone()) => {
                    let hint = "hint: without words before it, the caller would not be charged while this number rings";
                    return report.warning(&step.place, hint);
                }
                Some(_) | None => return,
            }
        }
    }

    /// The steps that a call from `start` on can come to, each once, each after one that leads there.
    fn reachable(&self, start: &str) -> Vec<(&str, &WrittenStep)> {
        let mut found: Vec<(&str, &WrittenStep)> = Vec::new();
        let mut open = vec![start];
        while let Some((name, step)) = open.pop().and_then(|name| self.steps.get_key_value(name)) {
            if found.iter().any(|(seen, _)| seen == name) {
                continue;
            }
            self.reached.borrow_mut().insert(name.clone());
            found.push((name, step));
            let mut leads: Vec<_> = step.named_leads().map(|lead| lead.text.as_str()).collect();
            leads.retain(|lead| self.has(lead));
            open.extend(leads.into_iter().rev());
        }
        found
    }

    fn check_name(&self, name: &Text, report: &Report) -> bool {
        let known = self.has(&name.text);
        if !known {
            let nearest = did_you_mean(&name.text, self.steps.keys().map(String::as_str));
            report.problem(&name.place, format!("no step is named `{}`{nearest}", shown(&name.text)));
        }
        known
    }

    /// Warns of callers who are cut off without a word after nobody took their call.
    fn report_silent_ends(&self, report: &Report) {
        for action in self.steps.values().filter_map(|step| step.action.as_ref()) {
            for lead in action.unserved_leads() {
                let Lead::To(to) = lead else { continue };
                let next = self.steps.get(&to.text).and_then(|next| next.action.as_ref());
                if matches!(next, Some(Action::HangUp)) {
                    report.warning(&to.place, "the caller is cut off here without a word");
                }
            }
        }
    }

    fn report_flow(&self, error: &FlowError, report: &Report) {
        // A step that leads nowhere was reported where its leading was read.
        let FlowError::Circle { at: name } = error else { return };
        if let Some(step) = self.steps.get(&**name) {
            report.problem(&step.place, "steps lead to steps in a circle, which never rings anybody and never ends");
        }
    }
}

impl WrittenStep {
    /// The names of steps that this one leads to.
    fn named_leads(&self) -> impl Iterator<Item = &Text> {
        let leads = self.action.iter().flat_map(Action::leads);
        leads.filter_map(|lead| match lead {
            Lead::To(name) => Some(name),
            Lead::Sorry | Lead::End => None,
        })
    }
}
