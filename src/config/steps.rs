//! `[steps]`: what lines can do one after the other. A line's flow is every step that can be reached from where it
//! starts; a step that does not say where it leads is given the end that suits it.

mod action;
mod endings;
mod forward;
mod hours;
mod language;
mod lookup;
mod menu;
mod offices;
mod queue;
mod recording;
mod silence;
mod tiers;
mod trial;
mod voicemail;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ringall_core::{
    flow::{Flow, FlowError, Language, NamedStep, Step, StepIndex, Words, hours::Zone},
    phone::PhoneNumber,
};

pub use self::voicemail::GOODBYE;
use self::{
    action::{Action, Farewell, Lead},
    hours::Gate,
};
#[cfg(test)]
pub(super) use self::{
    action::{BESIDE_LANGUAGE, BESIDE_RING, BESIDE_SAY, STEP_KINDS, kinds_and_keys},
    forward::BESIDE as BESIDE_FORWARD,
    hours::BESIDE as BESIDE_HOURS,
    lookup::{BESIDE_BRANCH, BESIDE_LOOKUP},
    menu::BESIDE as BESIDE_MENU,
    queue::BESIDE as BESIDE_QUEUE,
    tiers::TIER,
    voicemail::BESIDE as BESIDE_VOICEMAIL,
};
pub(super) use self::{
    action::{Context, find_group},
    endings::read_allowed,
    forward::{OfficeForward, SHOWS, TELLS_OF_CALLER},
    recording::Recording,
    trial::DIALS_NOBODY,
};
use super::{
    hours::Opening,
    lines::is_english,
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
    pub(super) closed: &'a Words,
    pub(super) busy: &'a Words,
    pub(super) unknown_number: &'a Words,
    pub(super) language: &'a Language,
    pub(super) zone: Option<&'a Zone>,
    /// Where the line stands in the file.
    pub(super) place: &'a Place,
    /// The numbers of all lines.
    pub(super) lines: &'a Arc<BTreeSet<PhoneNumber>>,
    /// What is heard before a talk that is recorded.
    pub(super) recording_notice: &'a Words,
    /// Whether nobody may be recorded who has not heard that.
    pub(super) requires_recording_notice: bool,
    /// Whether the carrier's account is a trial, which cannot do everything.
    pub(super) is_trial: bool,
}

#[derive(Debug)]
struct WrittenStep {
    place: Place,
    /// What is looked at first.
    gate: Option<Gate>,
    /// `None` after a problem.
    action: Option<Action>,
    recording: Recording,
}

/// What the program adds behind the steps of the file. The names cannot be those of steps in the file.
const SORRY: &str = "(nobody)";
pub(super) const CLOSED: &str = "(closed)";
const END: &str = "(end)";

/// Reads `[steps]`.
pub(super) fn read(section: Section<'_>, context: &Context<'_>) -> Steps {
    let read_one = |(name, value): (String, Value<'_>)| {
        let place = value.place.clone();
        let Some(mut section) = value.section() else {
            return (name, WrittenStep { place, gate: None, action: None, recording: Recording::default() });
        };
        let recording = Recording::read(&mut section);
        let gate = action::is_gated(&section).then(|| hours::read_gate(&mut section, context)).flatten();
        let action = action::read(section, context);
        (name, WrittenStep { place, gate, action, recording })
    };
    let steps: BTreeMap<_, _> = section.into_named().into_iter().map(read_one).collect();
    let steps = Steps { steps, reached: RefCell::default(), hinted: RefCell::default() };
    for name in context.leads.take() {
        steps.check_name(&name, context.report);
    }
    steps.report_silent_ends(context.report);
    steps.report_redialling(context.report);
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
        self.report_missing_notices(&start.text, voice, report);
        let reached = self.reachable(&start.text);
        if !has_zones(&reached, voice, report) {
            return None;
        }
        let leads = || reached.iter().flat_map(|(_, step)| step.leads());
        let farewells = farewells(leads(), voice);
        let ends = !farewells.is_empty() || leads().any(|lead| matches!(lead, Lead::End));
        let (indices, count) = places_of(&reached);
        let end = StepIndex(count + farewells.len());
        let index_of = |lead: &Lead| match lead {
            Lead::To(name) => indices.get(name.text.as_str()).copied(),
            Lead::Sorry | Lead::Closed | Lead::Farewell(_) => {
                let (name, _) = farewell(lead, voice)?;
                farewells.iter().position(|(known, _)| *known == name).map(|at| StepIndex(count + at))
            }
            Lead::End => Some(end),
        };
        let mut steps = Vec::new();
        for (name, written) in &reached {
            if let Some(Gate { hours, closed }) = &written.gate {
                let hours = Arc::new(hours.on_line(voice.zone)?);
                let open = StepIndex(indices.get(name)?.0 + 1);
                let step = Step::Hours { hours, open, closed: index_of(closed)? };
                steps.push(NamedStep { name: (*name).into(), step });
            }
            let step = written.action.as_ref()?.step(name, &index_of, voice)?;
            if written.recording.speaks_first() {
                let next = StepIndex(steps.len() + 1);
                steps.push(NamedStep {
                    name: (*name).into(),
                    step: Step::Say { words: voice.recording_notice.clone(), next },
                });
            }
            steps.push(NamedStep { name: (*name).into(), step: written.recording.applied_to(step) });
        }
        let words_and_end = |words: &Words| Step::Say { words: words.clone(), next: end };
        steps.extend(
            farewells.iter().map(|(name, words)| NamedStep { name: (*name).into(), step: words_and_end(words) }),
        );
        steps.extend(ends.then(|| NamedStep { name: END.into(), step: Step::HangUp }));
        let flow = Flow::new(steps, StepIndex(0)).map_err(|error| self.report_flow(&error, report)).ok()?;
        self.report_doubts(&flow, voice, report);
        Some(flow)
    }

    /// Warns of the steps that no line's flow has reached. Where a step that is wrong leads, nobody knows.
    pub(super) fn report_unreached(&self, report: &Report) {
        if self.steps.values().any(|step| step.action.is_none()) {
            return;
        }
        let reached = self.reached.borrow();
        for (_, step) in self.steps.iter().filter(|(name, _)| !reached.contains(*name)) {
            report.warning(&step.place, "no line leads to this step");
        }
    }

    /// A line among the numbers that callers are handed on to would call itself.
    pub(super) fn check_loops(&self, is_line: impl Fn(PhoneNumber) -> bool, report: &Report) {
        for action in self.steps.values().filter_map(|step| step.action.as_ref()) {
            if let Action::Forward(forward) = action
                && forward.number().is_some_and(&is_line)
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

    /// Warns of what is sound and may not be meant.
    fn report_doubts(&self, flow: &Flow, voice: &Voice<'_>, report: &Report) {
        let place_of = |named: &NamedStep| self.steps.get(&*named.name).map(|step| &step.place);
        for place in flow.keyless_circles().filter_map(place_of) {
            report.warning(place, "a caller who presses no key comes back here again and again");
        }
        for place in flow.keyless_queues().filter_map(place_of) {
            report.warning(
                place,
                "a caller whom nobody answers waits here again and again, with no key to leave by; `gave_up` gives them one",
            );
        }
        for place in flow.late_rejections().filter_map(place_of) {
            endings::report_late_rejection(place, report);
        }
        for place in flow.never_looked_up().filter_map(place_of) {
            report.warning(place, "no lookup comes before this step, so that nothing was ever found here");
        }
        if voice.is_trial {
            self.report_trial(flow, report);
        }
        language::report_missing(self, flow, voice, report);
        if is_english(voice.language) {
            return;
        }
        language::report_english_places(self, flow, report);
        // A gate has the name of the step behind it.
        let speaks = |step: &Step| matches!(step, Step::Menu(_) | Step::Queue(_) | Step::Voicemail(_));
        let speaking = flow.steps().iter().filter(|named| speaks(&named.step));
        for step in speaking.filter_map(|named| self.steps.get(&*named.name)) {
            let english = step.action.as_ref().map(Action::english).unwrap_or_default();
            if !english.is_empty() {
                let (language, keys) = (shown(voice.language.as_str()), english.join(", "));
                report.warning(&step.place, format!("still in English, though the language is {language}: {keys}"));
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
    /// Wherever this step leads, that of its gate last.
    fn leads(&self) -> impl Iterator<Item = &Lead> {
        let gate = self.gate.iter().map(|gate| &gate.closed);
        self.action.iter().flat_map(Action::leads).chain(gate)
    }

    /// The names of steps that this one leads to.
    fn named_leads(&self) -> impl Iterator<Item = &Text> {
        self.leads().filter_map(|lead| match lead {
            Lead::To(name) => Some(name),
            Lead::Sorry | Lead::End | Lead::Closed | Lead::Farewell(_) => None,
        })
    }

    /// Where a caller comes who got nothing of what they wanted, and who should hear so.
    fn leads_to_who_got_nothing(&self) -> impl Iterator<Item = &Lead> {
        let action = self.action.iter().flat_map(Action::leads_to_who_got_nothing);
        action.chain(self.gate.iter().map(|gate| &gate.closed))
    }

    /// The hours that this step looks at.
    fn openings(&self) -> impl Iterator<Item = &Opening> {
        let action = self.action.iter().filter_map(|action| match action {
            Action::Hours { hours, .. } => Some(hours),
            Action::Ring { .. }
            | Action::Say { .. }
            | Action::HangUp
            | Action::Menu(_)
            | Action::Reject(_)
            | Action::GoTo(_)
            | Action::HandOver(_)
            | Action::Forward(_)
            | Action::Queue(_)
            | Action::Lookup(_)
            | Action::Branch(_)
            | Action::Language { .. }
            | Action::Voicemail(_) => None,
        });
        action.chain(self.gate.iter().map(|gate| &gate.hours))
    }
}

/// Where each step is entered, and how many there are: a gate and a notice are
/// steps of their own, before the step whose name they have.
fn places_of<'a>(reached: &[(&'a str, &WrittenStep)]) -> (BTreeMap<&'a str, StepIndex>, usize) {
    let mut count = 0;
    let mut indices = BTreeMap::new();
    for (name, step) in reached {
        indices.insert(*name, StepIndex(count));
        count += 1 + usize::from(step.gate.is_some()) + usize::from(step.recording.speaks_first());
    }
    (indices, count)
}

/// Whether all hours that a line comes to have a zone, their own or the line's.
fn has_zones(reached: &[(&str, &WrittenStep)], voice: &Voice<'_>, report: &Report) -> bool {
    let mut openings = reached.iter().flat_map(|(_, step)| step.openings());
    let homeless = openings.find(|opening| opening.on_line(voice.zone).is_none());
    if let Some(opening) = homeless {
        let place = voice.place.key("zone", voice.place.offset);
        let name = shown(opening.name());
        report
            .problem(&place, format!("missing; the hours `{name}` have none of their own, such as \"Europe/London\""));
    }
    homeless.is_none()
}

/// The words that are said before the end to who got nothing, each under the name of its own step.
fn farewells<'a>(leads: impl Iterator<Item = &'a Lead>, voice: &Voice<'_>) -> Vec<(&'static str, Words)> {
    let mut farewells: Vec<(&'static str, Words)> = Vec::new();
    for lead in leads {
        if let Some(added) = farewell(lead, voice).filter(|(name, _)| farewells.iter().all(|(known, _)| known != name))
        {
            farewells.push(added);
        }
    }
    farewells
}

/// What is said at the end to who goes this way, and the name of the step that says it.
fn farewell(lead: &Lead, voice: &Voice<'_>) -> Option<(&'static str, Words)> {
    match lead {
        Lead::Sorry => Some((SORRY, voice.nobody.clone())),
        Lead::Closed => Some((CLOSED, voice.closed.clone())),
        Lead::Farewell(Farewell { name, words }) => Some((name, (*words).into())),
        Lead::To(_) | Lead::End => None,
    }
}
