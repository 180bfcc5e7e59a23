//! What a step does, as written: exactly one of its kinds, each with the keys that belong to it.

use std::{cell::RefCell, sync::Arc};

use ringall_core::flow::{Language, Rejection, Step, StepIndex, Tiers};

use super::{
    Voice,
    endings::{self, AllowedUrls},
    forward::{self, ForwardAction},
    hours, language,
    lookup::{self, BranchAction, LookupAction},
    menu::{self, WrittenMenu},
    queue::{self, WrittenQueue},
    tiers,
    voicemail::{self, WrittenVoicemail},
};
use crate::config::{
    groups::{Group, Groups},
    hours::{AllHours, Opening},
    lookups::AllLookups,
    people::People,
    problem::{Report, did_you_mean, shown},
    prompts::{Prompt, read_prompt},
    reader::{Section, Text, Value},
    reference::keys,
    sounds::Sounds,
};

keys! {
    pub(in crate::config) STEP_KINDS: "steps" at ["steps.*"], "A step with | does | then";
    /// rings the group until a human accepts; `tiers` name groups that join in | goes to `nobody`, if nobody does
    ring as "`ring = \"GROUP\"`";
    /// says this to the caller | goes to `next`
    say as "`say = \"words\"`";
    /// looks whether it is open now, which takes no time | goes to `open`, or to `closed`
    hours as "`hours = \"NAME\"`";
    /// lets the caller choose by keys, see [Menus](#menus) | goes where the key leads, or to `no_input` or `wrong_key`
    menu as "`menu = \"words\"`";
    /// connects the caller with an outside number in E.164 form, which is none of the lines | see [below](#outside-numbers)
    forward as "`forward = \"NUMBER\"`";
    /// lets the caller wait until somebody of the group is free for them | see [Queues](#queues)
    queue as "`queue = \"GROUP\"`";
    /// asks an address of your own who calls, see [below](#asking-who-calls) | goes to `found`, `not_found` or `failed`
    lookup as "`lookup = \"NAME\"`";
    /// nothing | goes by a field of what was found
    branch as "`branch = \"FIELD\"`";
    /// lets the caller leave a message, see [Voicemail](#voicemail) | goes to `done`; without it, ends the call
    voicemail as "`voicemail = true`, `voicemail = \"greeting\"`";
    /// nothing; from here on the caller hears [this language](#languages) | goes to `next`
    language as "`language = \"de\"`";
    /// nothing | goes there at once
    goto as "`goto = \"STEP\"`";
    /// hands the caller over to documents of your own | the call is over for Ringall
    goto as "`goto = \"https://…\"`";
    /// refuses the call, unanswered and free of charge
    reject as "`reject = \"busy\"`, `reject = \"not in service\"`";
    /// ends the call, after these words
    hangup as "`hangup = true`, `hangup = \"words\"`";
}

keys! {
    pub(in crate::config) BESIDE_RING: "ring" at ["steps.*"] beside "ring", "Key beside `ring` | Default | ";
    /// The step that follows if nobody takes the call.
    nobody ("the line's `nobody` words, then the end");
    /// Groups that join in, or take over, see [Tiers](#tiers).
    tiers ("none");
    /// `true`: the talk is recorded, see [Recorded talks](#recorded-talks).
    record = false;
    /// With `record`: `false` if callers have heard before that talks are recorded.
    recording_notice = true;
}

keys! {
    pub(in crate::config) BESIDE_SAY: "say" at ["steps.*"] beside "say", "Key beside `say` | Default | ";
    /// The step that follows.
    next ("the end");
    /// `true`: these words say that talks are [recorded](#recorded-talks).
    recording_notice = false;
}

keys! {
    pub(in crate::config) BESIDE_LANGUAGE: "language" at ["steps.*"] beside "language", "Key beside `language` | Default | ";
    /// The step that follows.
    next ("required");
}

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
    Queue(Box<WrittenQueue>),
    Lookup(LookupAction),
    Branch(BranchAction),
    Language { language: Language, next: Lead },
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
    pub(in crate::config) lookups: &'a AllLookups,
    pub(in crate::config) people: &'a People,
    /// Where steps lead, also those that are wrong themselves.
    pub(in crate::config) leads: RefCell<Vec<Text>>,
}

impl Context<'_> {
    /// An exit that leads to the step of this name, which must be there.
    pub(super) fn lead(&self, to: Text) -> Lead {
        self.leads.borrow_mut().push(to.clone());
        Lead::To(to)
    }
}

/// One kind of step: the key that makes it, the keys that may stand beside it, and who reads them.
struct Kind {
    key: &'static str,
    beside: &'static [&'static str],
    read: for<'a> fn(Value<'a>, &mut Section<'a>, &Context<'_>) -> Option<Action>,
}

const KINDS: [Kind; 13] = [
    Kind { key: "ring", beside: BESIDE_RING.names, read: read_ring },
    Kind { key: "say", beside: BESIDE_SAY.names, read: read_say },
    Kind { key: "hangup", beside: &[], read: endings::read_hangup },
    Kind { key: HOURS, beside: hours::BESIDE.names, read: hours::read_step },
    Kind { key: "menu", beside: menu::BESIDE.names, read: menu::read },
    Kind { key: "reject", beside: &[], read: endings::read_reject },
    Kind { key: "goto", beside: &[], read: endings::read_goto },
    Kind { key: "forward", beside: forward::BESIDE.names, read: forward::read },
    Kind { key: "queue", beside: queue::BESIDE.names, read: queue::read },
    Kind { key: "lookup", beside: lookup::BESIDE_LOOKUP.names, read: lookup::read_lookup },
    Kind { key: "branch", beside: lookup::BESIDE_BRANCH.names, read: lookup::read_branch },
    Kind { key: "language", beside: BESIDE_LANGUAGE.names, read: language::read },
    Kind { key: "voicemail", beside: voicemail::BESIDE.names, read: voicemail::read },
];

impl Action {
    /// Every exit, in the order in which the step tells them.
    pub(super) fn leads(&self) -> Vec<&Lead> {
        match self {
            Self::Ring { nobody, .. } => vec![nobody],
            Self::Say { next, .. } | Self::Language { next, .. } => vec![next],
            Self::HangUp | Self::Reject(_) | Self::HandOver(_) => Vec::new(),
            Self::Hours { open, closed, .. } => vec![open, closed],
            Self::Menu(menu) => menu.leads(),
            Self::GoTo(lead) => vec![lead],
            Self::Forward(forward) => forward.leads(),
            Self::Queue(queue) => queue.leads(),
            Self::Lookup(lookup) => lookup.leads(),
            Self::Branch(branch) => branch.leads(),
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
            | Self::Voicemail(_)
            | Self::Lookup(_)
            | Self::Branch(_)
            | Self::Language { .. } => Vec::new(),
            Self::Forward(forward) => forward.missed_leads(),
            // Whoever gives up has waited as well.
            Self::Queue(queue) => queue.leads(),
        }
    }

    /// The keys that were left out, in whose place English is spoken.
    pub(super) fn english(&self) -> &[&'static str] {
        match self {
            Self::Menu(menu) => &menu.english,
            Self::Queue(queue) => &queue.english,
            Self::Voicemail(voicemail) => &voicemail.english,
            Self::Ring { .. }
            | Self::Say { .. }
            | Self::HangUp
            | Self::Hours { .. }
            | Self::Reject(_)
            | Self::GoTo(_)
            | Self::HandOver(_)
            | Self::Forward(_)
            | Self::Lookup(_)
            | Self::Branch(_)
            | Self::Language { .. } => &[],
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
            Self::Reject(reason) => Step::Reject { reason: *reason, words: endings::words_for(*reason, voice) },
            Self::GoTo(lead) => Step::GoTo { next: at(lead)? },
            Self::HandOver(url) => Step::HandOver { url: url.clone() },
            Self::Forward(forward) => forward.step(at, voice)?,
            Self::Queue(queue) => queue.step(at, voice)?,
            Self::Lookup(lookup) => lookup.step(at)?,
            Self::Branch(branch) => branch.step(at)?,
            Self::Language { language, next } => Step::Language { language: language.clone(), next: at(next)? },
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
        let keys: Vec<_> = found.iter().map(|(kind, _)| format!("`{}`", kind.key)).collect();
        let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(" and ") };
        context.report.problem(&place, format!("expected exactly one of {}, found {keys}", kinds()));
    }
    let beside: Vec<_> = found.iter().flat_map(|(kind, _)| kind.beside).collect();
    for kind in KINDS {
        for key in kind.beside.iter().filter(|key| !beside.contains(key)) {
            let kinds: Vec<_> = KINDS.iter().filter(|kind| kind.beside.contains(key)).collect();
            let kinds: Vec<_> = kinds.iter().map(|kind| format!("`{}`", kind.key)).collect();
            section.refuse(key, &format!("only a step with {} has `{key}`", kinds.join(" or ")));
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

/// Every kind of step, and the keys that may stand beside its own.
#[cfg(test)]
pub(in crate::config) fn kinds_and_keys() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    KINDS.iter().map(|kind| (kind.key, kind.beside))
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
    let nobody = read_lead(section, "nobody", Lead::Sorry, context);
    Some(Action::Ring { tiers: tiers::read(value, section.take("tiers"), context)?, nobody })
}

fn read_say<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let next = read_lead(section, "next", Lead::End, context);
    Some(Action::Say { words: read_prompt(value, context.sounds)?, next })
}

/// The step that stands at `key`, and where the exit leads if none does.
pub(super) fn read_lead(section: &mut Section<'_>, key: &'static str, otherwise: Lead, context: &Context<'_>) -> Lead {
    section.take(key).and_then(Value::text).map_or(otherwise, |to| context.lead(to))
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
