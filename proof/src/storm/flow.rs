//! The steps of a line as a plan has them, and where each leads.
//!
//! Where a step leads is a place in the line's steps; the place behind the last one says that nobody is here. But for keys
//! every step leads onwards, so that no flow runs in a circle by itself.

mod served;

use serde::{Deserialize, Serialize};

pub use self::served::{Answer, Branch, Lookup, Queue, Told, Voicemail};
use super::plan::is_usual;

/// One step of a line. Those that do not say where they lead go on with the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Rings this group.
    Ring(usize),
    /// Says something.
    Say,
    /// Rings groups that join in one after another.
    Tiers(Vec<Tier>),
    /// Lets the caller choose.
    Menu(Menu),
    /// Goes on with the next step while it is open.
    Hours(Hours),
    /// Hands the caller on to an outside number.
    Forward(Forward),
    /// Refuses the call.
    Reject,
    /// Lets the caller wait until somebody of a group is free.
    Queue(Queue),
    /// Takes a message.
    Voicemail(Voicemail),
    /// Asks who calls.
    Lookup(Lookup),
    /// Goes by what was found.
    Branch(Branch),
    /// From here on the caller hears the other language.
    Language,
}

/// A group's part in a step with tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Which group.
    pub ring: usize,
    /// When it begins at the latest, in seconds after the first.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub after: u64,
    /// The tiers before it stop.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub alone: bool,
}

/// A choice by keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    /// Where each choice leads; also back.
    pub keys: Vec<(String, usize)>,
    /// How often it is asked again.
    pub repeats: u64,
    /// For how many seconds a key is waited for.
    pub pause: u64,
    /// Where it goes without a key.
    pub no_input: usize,
    /// Where it goes after wrong ones.
    pub wrong_key: usize,
}

/// When it is open, every day, in minutes of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The first minute.
    pub opens: u64,
    /// The first minute after.
    pub closes: u64,
    /// Where it goes while it is closed.
    pub closed: usize,
}

/// An outside number, and where each outcome leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the configuration, not a state")]
pub struct Forward {
    /// Which of the plan's outside numbers.
    pub to: usize,
    /// Not that one, but the one that was found.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub found: bool,
    /// For how many seconds it rings.
    pub ring_for: u64,
    /// Only a key takes the call.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub key: bool,
    /// Whoever picks up hears something first.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub whisper: bool,
    /// The caller's number is shown.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub show_caller: bool,
    /// Where it goes if the number is engaged.
    pub busy: usize,
    /// Where it goes if nobody takes it.
    pub no_answer: usize,
    /// Where it goes if it cannot be reached.
    pub failed: usize,
    /// Where it goes if the dialling is called off.
    pub canceled: usize,
    /// Where it goes after a talk, if that is not the end.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub done: Option<usize>,
}

/// What a caller presses when they are asked for a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Press {
    /// The keys, perhaps none.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub keys: String,
    /// How long they listen before, in milliseconds.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub thinks: u64,
}

impl Step {
    /// The groups that it may ring.
    pub fn groups(&self) -> Vec<usize> {
        match self {
            Self::Ring(group) => vec![*group],
            Self::Tiers(tiers) => tiers.iter().map(|tier| tier.ring).collect(),
            Self::Queue(queue) => vec![queue.ring],
            Self::Say
            | Self::Menu(_)
            | Self::Hours(_)
            | Self::Forward(_)
            | Self::Reject
            | Self::Voicemail(_)
            | Self::Lookup(_)
            | Self::Branch(_)
            | Self::Language => Vec::new(),
        }
    }

    /// The groups that it names.
    pub fn groups_mut(&mut self) -> Vec<&mut usize> {
        match self {
            Self::Ring(group) => vec![group],
            Self::Tiers(tiers) => tiers.iter_mut().map(|tier| &mut tier.ring).collect(),
            Self::Queue(queue) => vec![&mut queue.ring],
            Self::Say
            | Self::Menu(_)
            | Self::Hours(_)
            | Self::Forward(_)
            | Self::Reject
            | Self::Voicemail(_)
            | Self::Lookup(_)
            | Self::Branch(_)
            | Self::Language => Vec::new(),
        }
    }

    /// Every place that it names.
    pub fn leads(&mut self) -> Vec<&mut usize> {
        match self {
            Self::Menu(menu) => {
                let keys = menu.keys.iter_mut().map(|(_, to)| to);
                keys.chain([&mut menu.no_input, &mut menu.wrong_key]).collect()
            }
            Self::Hours(hours) => vec![&mut hours.closed],
            Self::Forward(it) => {
                let ends = [&mut it.busy, &mut it.no_answer, &mut it.failed, &mut it.canceled];
                ends.into_iter().chain(&mut it.done).collect()
            }
            Self::Queue(it) => {
                let ends = [&mut it.too_long, &mut it.full, &mut it.nobody];
                ends.into_iter().chain(it.leave.iter_mut().map(|(_, to)| to)).collect()
            }
            Self::Voicemail(voicemail) => voicemail.done.iter_mut().collect(),
            Self::Lookup(it) => vec![&mut it.found, &mut it.not_found, &mut it.failed],
            Self::Branch(it) => it.cases.iter_mut().map(|(_, to)| to).chain([&mut it.otherwise]).collect(),
            Self::Ring(_) | Self::Say | Self::Tiers(_) | Self::Reject | Self::Language => Vec::new(),
        }
    }

    /// The places to which it leads without a key of the caller, if it does not go on with the next step.
    pub fn onwards(&self) -> Vec<usize> {
        match self {
            Self::Menu(menu) => vec![menu.no_input, menu.wrong_key],
            Self::Hours(hours) => vec![hours.closed],
            Self::Forward(it) => [it.busy, it.no_answer, it.failed, it.canceled].into_iter().chain(it.done).collect(),
            Self::Queue(it) => vec![it.too_long, it.full, it.nobody],
            Self::Voicemail(it) => it.done.into_iter().collect(),
            Self::Lookup(it) => vec![it.found, it.not_found, it.failed],
            Self::Branch(it) => it.cases.iter().map(|(_, to)| *to).chain([it.otherwise]).collect(),
            Self::Ring(_) | Self::Say | Self::Tiers(_) | Self::Reject | Self::Language => Vec::new(),
        }
    }

    /// Whether every place that the step at `at` names is there, and none leads back by itself.
    pub fn is_sound(&self, at: usize, steps: usize) -> bool {
        let places = self.onwards().into_iter().all(|to| at < to && to <= steps);
        places
            && match self {
                Self::Menu(menu) => !menu.keys.is_empty() && menu.keys.iter().all(|(_, to)| *to <= steps),
                Self::Tiers(tiers) => !tiers.is_empty(),
                Self::Queue(queue) => queue.leave.is_none_or(|(_, to)| to <= steps),
                Self::Branch(branch) => !branch.cases.is_empty(),
                Self::Ring(_)
                | Self::Say
                | Self::Hours(_)
                | Self::Forward(_)
                | Self::Reject
                | Self::Voicemail(_)
                | Self::Lookup(_)
                | Self::Language => true,
            }
    }
}

/// Takes a step out; what led to it leads to the one behind it.
pub fn remove_step(steps: &mut Vec<Step>, nth: usize) {
    steps.remove(nth);
    for lead in steps.iter_mut().flat_map(Step::leads) {
        if *lead > nth {
            *lead -= 1;
        }
    }
}
