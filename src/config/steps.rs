//! `[steps]`: what lines can do one after the other. A line's flow is the chain of steps from where it starts.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ringall_core::flow::{Flow, FlowError, NamedStep, Step, StepIndex};

use super::{
    groups::{Group, Groups},
    problem::{Place, Report, did_you_mean, shown},
    reader::{Section, Text, Value},
    words::{LINE, Template, read_template},
};

/// The steps of the file, and which of them some line reaches.
#[derive(Debug)]
pub(super) struct Steps {
    steps: BTreeMap<String, WrittenStep>,
    reached: RefCell<BTreeSet<String>>,
}

/// What a chain of steps is spoken with.
pub(super) struct Voice<'a> {
    pub(super) line: &'a str,
    pub(super) nobody: &'a Arc<str>,
}

#[derive(Debug)]
struct WrittenStep {
    place: Place,
    /// `None` after a problem.
    action: Option<Action>,
    leads_to: Option<Text>,
}

#[derive(Debug)]
enum Action {
    Ring(Group),
    Say(Template),
    HangUp,
}

/// Reads `[steps]`.
pub(super) fn read(section: Section<'_>, groups: &Groups, report: &Report) -> Steps {
    let read_one = |(name, value): (String, Value<'_>)| {
        let place = value.place.clone();
        let nothing = WrittenStep { place, action: None, leads_to: None };
        (name, value.section().map_or(nothing, |section| read_step(section, groups, report)))
    };
    let steps: BTreeMap<_, _> = section.into_named().into_iter().map(read_one).collect();
    let steps = Steps { steps, reached: RefCell::default() };
    for leads_to in steps.steps.values().filter_map(|step| step.leads_to.as_ref()) {
        steps.check_name(leads_to, report);
    }
    steps.report_silent_ends(report);
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
        let chain = self.chain(&start.text);
        let mut steps = Vec::new();
        for (index, (name, step)) in chain.iter().enumerate() {
            let known = step.leads_to.as_ref().and_then(|to| chain.iter().position(|(name, _)| *name == to.text));
            // A step that leads nowhere is the last of its chain: what the program adds stands right behind it.
            let next = StepIndex(known.unwrap_or(index + 1));
            steps.push(NamedStep { name: (*name).into(), step: step.action.as_ref()?.step(next, voice) });
        }
        steps.extend(ending(chain.last()?.1, chain.len(), voice));
        Flow::new(steps, StepIndex(0)).map_err(|error| self.report_flow(&error, report)).ok()
    }

    /// Warns of the steps that no line's flow has reached.
    pub(super) fn report_unreached(&self, report: &Report) {
        let reached = self.reached.borrow();
        for (_, step) in self.steps.iter().filter(|(name, _)| !reached.contains(*name)) {
            report.warning(&step.place, "no line leads to this step");
        }
    }

    /// The steps from `start` on, each once, in the order in which a call comes to them.
    fn chain(&self, start: &str) -> Vec<(&str, &WrittenStep)> {
        let mut chain: Vec<(&str, &WrittenStep)> = Vec::new();
        let mut next = self.steps.get_key_value(start);
        while let Some((name, step)) = next {
            if chain.iter().any(|(seen, _)| seen == name) {
                break;
            }
            self.reached.borrow_mut().insert(name.clone());
            chain.push((name, step));
            next = step.leads_to.as_ref().and_then(|to| self.steps.get_key_value(&to.text));
        }
        chain
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
        for step in self.steps.values() {
            let (Some(Action::Ring(_)), Some(to)) = (&step.action, &step.leads_to) else { continue };
            let next = self.steps.get(&to.text).and_then(|next| next.action.as_ref());
            if matches!(next, Some(Action::HangUp)) {
                report.warning(&to.place, "the caller is cut off here without a word");
            }
        }
    }

    fn report_flow(&self, error: &FlowError, report: &Report) {
        // A step that leads nowhere was reported where its leading was read.
        let FlowError::Circle { at: name } = error else { return };
        if let Some(step) = self.steps.get(&**name) {
            report.problem(&step.place, "words lead to words in a circle, which never rings anybody and never ends");
        }
    }
}

impl Action {
    fn step(&self, next: StepIndex, voice: &Voice<'_>) -> Step {
        match self {
            Self::Ring(group) => Step::Ring { group: group.ring.clone(), nobody: next },
            Self::Say(words) => Step::Say { words: words.fill(voice.line), next },
            Self::HangUp => Step::HangUp,
        }
    }
}

fn read_step(mut section: Section<'_>, groups: &Groups, report: &Report) -> WrittenStep {
    let place = section.place.clone();
    let [ring, nobody, say, next, hangup] = ["ring", "nobody", "say", "next", "hangup"].map(|key| section.take(key));
    section.finish();
    let actions = [ring.is_some(), say.is_some(), hangup.is_some()].into_iter().filter(|there| *there).count();
    if actions != 1 {
        report.problem(&place, "expected exactly one of `ring`, `say` and `hangup`");
    }
    if let Some(nobody) = &nobody
        && ring.is_none()
    {
        nobody.problem("only a step with `ring` has `nobody`");
    }
    if let Some(next) = &next
        && say.is_none()
    {
        next.problem("only a step with `say` has `next`");
    }
    let leads_to = if ring.is_some() { nobody } else { next };
    let ring = ring.and_then(|value| find_group(value, groups, report)).map(Action::Ring);
    let say = say.and_then(|value| read_template(value, &[LINE])).map(Action::Say);
    let hangup = hangup.and_then(read_hangup);
    WrittenStep { place, action: ring.or(say).or(hangup), leads_to: leads_to.and_then(Value::text) }
}

fn read_hangup(value: Value<'_>) -> Option<Action> {
    let report = value.report;
    let place = value.place.clone();
    if value.flag()? {
        return Some(Action::HangUp);
    }
    report.problem(&place, "expected `true`");
    None
}

/// The group that is named here; `None` also for one that was reported already.
pub(super) fn find_group(value: Value<'_>, groups: &Groups, report: &Report) -> Option<Group> {
    let name = value.text()?;
    let Some(group) = groups.get(&name.text) else {
        let nearest = did_you_mean(&name.text, groups.keys().map(String::as_str));
        report.problem(&name.place, format!("no group is named `{}`{nearest}", shown(&name.text)));
        return None;
    };
    group.clone()
}

/// What the program adds behind the last step of a chain. The names cannot be those of steps in the file.
fn ending(last: &WrittenStep, length: usize, voice: &Voice<'_>) -> Vec<NamedStep> {
    let named = |name: &str, step| NamedStep { name: name.into(), step };
    let end = named("(end)", Step::HangUp);
    match (&last.action, &last.leads_to) {
        (Some(Action::Ring(_)), None) => {
            let sorry = Step::Say { words: voice.nobody.clone(), next: StepIndex(length + 1) };
            vec![named("(nobody)", sorry), end]
        }
        (Some(Action::Say(_)), None) => vec![end],
        (Some(Action::HangUp) | None, _) | (Some(_), Some(_)) => Vec::new(),
    }
}
