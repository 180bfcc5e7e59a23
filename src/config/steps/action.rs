//! What a step does, as written: exactly one of its kinds, each with the keys that belong to it.

use std::sync::Arc;

use ringall_core::flow::{Rejection, Step, StepIndex, Tiers};

use super::{
    Voice,
    endings::{self, AllowedUrls},
    forward::{self, ForwardAction},
    hours,
    menu::{self, WrittenMenu},
    tiers,
    voicemail::{self, WrittenVoicemail},
};
use crate::config::{
    groups::{Group, Groups},
    hours::{AllHours, Opening},
    people::People,
    problem::{Report, did_you_mean, shown},
    prompts::{Prompt, read_prompt},
    reader::{Section, Text, Value},
    sounds::Sounds,
};

/// What a step does, and where each of its exits leads.
#[derive(Debug)]
pub(in crate::config) enum Action {
    Ring { tiers: Tiers, nobody: Lead },
    Say { words: Prompt, next: Lead },
    HangUp,
    Hours { hours: Opening, open: Lead, closed: Lead },
    Menu(WrittenMenu),
    Reject(Rejection),
    GoTo(Lead),
    HandOver(Arc<str>),
    Forward(Box<ForwardAction>),
    Voicemail(Box<WrittenVoicemail>),
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
    /// The line's words for a call that comes while it is closed, then the end.
    Closed,
    /// These words, then the end.
    Farewell(Farewell),
}

/// Words for who would be cut off, because the step does not say where they go. A step of this name is added for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) struct Farewell {
    pub(super) name: &'static str,
    pub(super) words: &'static str,
}

/// What steps may refer to.
pub(in crate::config) struct Context<'a> {
    pub(in crate::config) groups: &'a Groups,
    pub(in crate::config) hours: &'a AllHours,
    pub(in crate::config) report: &'a Report,
    pub(in crate::config) sounds: &'a Sounds,
    pub(in crate::config) allowed_urls: &'a AllowedUrls,
    pub(in crate::config) people: &'a People,
}

/// One kind of step: the key that makes it, the keys that may stand beside it, and who reads them.
struct Kind {
    key: &'static str,
    beside: &'static [&'static str],
    read: for<'a> fn(Value<'a>, &mut Section<'a>, &Context<'_>) -> Option<Action>,
}

const KINDS: [Kind; 9] = [
    Kind { key: "ring", beside: &["tiers", "nobody", "record", "recording_notice"], read: read_ring },
    Kind { key: "say", beside: &["next"], read: read_say },
    Kind { key: "hangup", beside: &[], read: endings::read_hangup },
    Kind { key: HOURS, beside: &["open", "closed"], read: hours::read_step },
    Kind { key: "menu", beside: menu::BESIDE, read: menu::read },
    Kind { key: "reject", beside: &[], read: endings::read_reject },
    Kind { key: "goto", beside: &[], read: endings::read_goto },
    Kind { key: "forward", beside: forward::BESIDE, read: forward::read },
    Kind { key: "voicemail", beside: voicemail::BESIDE, read: voicemail::read },
];

impl Action {
    /// Every exit, in the order in which the step tells them.
    pub(super) fn leads(&self) -> Vec<&Lead> {
        match self {
            Self::Ring { nobody, .. } => vec![nobody],
            Self::Say { next, .. } => vec![next],
            Self::HangUp | Self::Reject(_) | Self::HandOver(_) => Vec::new(),
            Self::Hours { open, closed, .. } => vec![open, closed],
            Self::Menu(menu) => menu.leads(),
            Self::GoTo(lead) => vec![lead],
            Self::Forward(forward) => forward.leads(),
            Self::Voicemail(voicemail) => voicemail.leads(),
        }
    }

    /// The exits that are taken when the caller got nothing of what they wanted.
    pub(super) fn leads_to_who_got_nothing(&self) -> Vec<&Lead> {
        match self {
            Self::Ring { nobody, .. } => vec![nobody],
            Self::Hours { closed, .. } => vec![closed],
            Self::Menu(menu) => menu.misses().into(),
            // Whoever was asked for a message has heard goodbye.
            Self::Say { .. }
            | Self::HangUp
            | Self::Reject(_)
            | Self::GoTo(_)
            | Self::HandOver(_)
            | Self::Voicemail(_) => Vec::new(),
            Self::Forward(forward) => forward.missed_leads(),
        }
    }

    /// The step of this name for a line; `None` if one of its exits leads to no step, which was reported.
    pub(super) fn step(&self, name: &str, at: &dyn Fn(&Lead) -> Option<StepIndex>, voice: &Voice<'_>) -> Option<Step> {
        Some(match self {
            Self::Ring { tiers, nobody } => Step::Ring { tiers: tiers.clone(), nobody: at(nobody)? },
            Self::Say { words, next } => Step::Say { words: words.fill(voice.line), next: at(next)? },
            Self::HangUp => Step::HangUp,
            Self::Hours { hours, open, closed } => {
                let hours = Arc::new(hours.on_line(voice.zone)?);
                Step::Hours { hours, open: at(open)?, closed: at(closed)? }
            }
            Self::Menu(menu) => menu.step(at, voice)?,
            Self::Reject(reason) => Step::Reject { reason: *reason, words: endings::words_for(*reason, voice).into() },
            Self::GoTo(lead) => Step::GoTo { next: at(lead)? },
            Self::HandOver(url) => Step::HandOver { url: url.clone() },
            Self::Forward(forward) => forward.step(at, voice)?,
            Self::Voicemail(voicemail) => voicemail.step(name, at, voice)?,
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

/// Whether hours stand beside something else that the step does.
pub(super) fn is_gated(section: &Section<'_>) -> bool {
    section.has(HOURS) && KINDS.iter().any(|kind| kind.key != HOURS && section.has(kind.key))
}

/// Whether a step can record a talk.
pub(super) fn can_record(section: &Section<'_>) -> bool {
    section.has("ring") || section.has("forward")
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
    Some(Action::Ring { tiers: tiers::read(value, section.take("tiers"), context)?, nobody })
}

fn read_say<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let next = read_lead(section, "next", Lead::End);
    Some(Action::Say { words: read_prompt(value, context.sounds)?, next })
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

/// The kind that may stand beside any other.
const HOURS: &str = "hours";
