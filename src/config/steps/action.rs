//! What a step does, as written: exactly one of its kinds, each with the keys that belong to it.

use ringall_core::flow::{Step, StepIndex};

use super::{
    Voice,
    forward::{self, ForwardAction},
};
use crate::config::{
    groups::{Group, Groups},
    problem::{Report, did_you_mean, shown},
    reader::{Section, Text, Value},
    words::{LINE, Template, read_template},
};

/// What a step does, and where each of its exits leads.
#[derive(Debug)]
pub(in crate::config) enum Action {
    Ring { group: Group, nobody: Lead },
    Say { words: Template, next: Lead },
    HangUp,
    Forward(Box<ForwardAction>),
}

/// Where an exit leads.
#[derive(Debug)]
pub(in crate::config) enum Lead {
    /// To the step of this name.
    To(Text),
    /// The line's words for a call that nobody took, then the end.
    Sorry,
    /// The end.
    End,
}

/// What steps may refer to.
pub(in crate::config) struct Context<'a> {
    pub(in crate::config) groups: &'a Groups,
    pub(in crate::config) report: &'a Report,
}

/// One kind of step: the key that makes it, the keys that may stand beside it, and who reads them.
struct Kind {
    key: &'static str,
    beside: &'static [&'static str],
    read: for<'a> fn(Value<'a>, &mut Section<'a>, &Context<'_>) -> Option<Action>,
}

const KINDS: [Kind; 4] = [
    Kind { key: "ring", beside: &["nobody"], read: read_ring },
    Kind { key: "say", beside: &["next"], read: read_say },
    Kind { key: "hangup", beside: &[], read: read_hangup },
    Kind { key: "forward", beside: forward::BESIDE, read: forward::read },
];

impl Action {
    /// Every exit, in the order in which the step tells them.
    pub(super) fn leads(&self) -> Vec<&Lead> {
        match self {
            Self::Ring { nobody, .. } => vec![nobody],
            Self::Say { next, .. } => vec![next],
            Self::HangUp => Vec::new(),
            Self::Forward(forward) => forward.leads(),
        }
    }

    /// The exits of callers whom nobody has served: they should hear something before the end.
    pub(super) fn unserved_leads(&self) -> Vec<&Lead> {
        match self {
            Self::Ring { nobody, .. } => vec![nobody],
            Self::Say { .. } | Self::HangUp => Vec::new(),
            Self::Forward(forward) => forward.missed_leads(),
        }
    }

    /// The step for a line; `None` if one of its exits leads to no step, which was reported.
    pub(super) fn step(&self, at: &dyn Fn(&Lead) -> Option<StepIndex>, voice: &Voice<'_>) -> Option<Step> {
        Some(match self {
            Self::Ring { group, nobody } => Step::Ring { group: group.ring.clone(), nobody: at(nobody)? },
            Self::Say { words, next } => Step::Say { words: words.fill(voice.line).into(), next: at(next)? },
            Self::HangUp => Step::HangUp,
            Self::Forward(forward) => forward.step(at, voice)?,
        })
    }
}

/// Reads one step; `None` after a problem.
pub(super) fn read(mut section: Section<'_>, context: &Context<'_>) -> Option<Action> {
    let place = section.place.clone();
    let mut found: Vec<(&Kind, Value<'_>)> =
        KINDS.iter().filter_map(|kind| Some((kind, section.take(kind.key)?))).collect();
    if found.len() != 1 {
        context.report.problem(&place, format!("expected exactly one of {}", kinds()));
    }
    let beside: Vec<_> = found.iter().flat_map(|(kind, _)| kind.beside).collect();
    for kind in KINDS {
        for key in kind.beside.iter().filter(|key| !beside.contains(key)) {
            if let Some(value) = section.take(key) {
                value.problem(format!("only a step with `{}` has `{key}`", kind.key));
            }
        }
    }
    let one = (found.len() == 1).then(|| found.remove(0));
    let action = one.and_then(|(kind, value)| (kind.read)(value, &mut section, context));
    section.finish();
    action
}

fn kinds() -> String {
    let keys: Vec<_> = KINDS.iter().map(|kind| format!("`{}`", kind.key)).collect();
    match keys.as_slice() {
        [keys @ .., last] if !keys.is_empty() => format!("{} and {last}", keys.join(", ")),
        keys => keys.concat(),
    }
}

fn read_ring<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let nobody = read_lead(section, "nobody", Lead::Sorry);
    Some(Action::Ring { group: find_group(value, context.groups, context.report)?, nobody })
}

fn read_say<'a>(value: Value<'a>, section: &mut Section<'a>, _: &Context<'_>) -> Option<Action> {
    let next = read_lead(section, "next", Lead::End);
    Some(Action::Say { words: read_template(value, &[LINE])?, next })
}

fn read_hangup<'a>(value: Value<'a>, _: &mut Section<'a>, _: &Context<'_>) -> Option<Action> {
    let (report, place) = (value.report, value.place.clone());
    if value.flag()? {
        return Some(Action::HangUp);
    }
    report.problem(&place, "expected `true`");
    None
}

/// The step that stands at `key`, and where the exit leads if none does.
pub(super) fn read_lead(section: &mut Section<'_>, key: &'static str, otherwise: Lead) -> Lead {
    section.take(key).and_then(Value::text).map_or(otherwise, Lead::To)
}

/// The group that is named here; `None` also for one that was reported already.
pub(in crate::config) fn find_group(value: Value<'_>, groups: &Groups, report: &Report) -> Option<Group> {
    let name = value.text()?;
    let Some(group) = groups.get(&name.text) else {
        let nearest = did_you_mean(&name.text, groups.keys().map(String::as_str));
        report.problem(&name.place, format!("no group is named `{}`{nearest}", shown(&name.text)));
        return None;
    };
    group.clone()
}
