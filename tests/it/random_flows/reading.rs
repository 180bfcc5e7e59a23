//! What can happen to a caller in a flow, read once more by somebody who has not seen how the program reads it: every
//! exit by its name, and what it takes of anybody to leave by it.

use std::collections::{BTreeMap, BTreeSet};

use ringall_core::{
    flow::{Flow, Step, StepIndex},
    phone::PhoneNumber,
};

/// What goes by before a step is left by an exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passes {
    /// No time at all.
    Nothing,
    /// Words, or what is as soon over.
    Words,
    /// Somebody was rung, or waited for, or has had time for a key or a message.
    Somebody,
}

/// Whether the flow leads from every step to steps that are there.
pub(super) fn leads_somewhere(flow: &Flow) -> bool {
    let there = |to: StepIndex| to.0 < flow.steps().len();
    there(flow.start()) && flow.steps().iter().all(|named| named.step.exits().iter().all(|(_, to)| there(*to)))
}

/// Steps from which a call goes round and round with nobody having been rung or asked for anything: whatever is left when
/// every step was taken away that leads to none of the others.
pub(super) fn endless(flow: &Flow) -> BTreeSet<usize> {
    let mut left: BTreeMap<usize, Vec<usize>> = flow
        .steps()
        .iter()
        .enumerate()
        .map(|(at, named)| {
            let exits = named.step.exits().into_iter();
            let by_itself = exits.filter(|(exit, _)| passes(&named.step, exit.name()) != Passes::Somebody);
            (at, by_itself.map(|(_, to)| to.0).collect())
        })
        .collect();
    loop {
        let before = left.len();
        let known: BTreeSet<_> = left.keys().copied().collect();
        left.retain(|_, leads| leads.iter().any(|to| known.contains(to)));
        if left.len() == before {
            return left.into_keys().collect();
        }
    }
}

/// The steps, with their exits, that can end a call of somebody who has had nothing of what they called for, without a word
/// after that.
pub(super) fn silent_ends(flow: &Flow) -> Vec<String> {
    let reached = reached(flow);
    let mut silent = Vec::new();
    if ends_at_once(flow, flow.start(), &mut BTreeSet::new()) {
        silent.push("the beginning".to_owned());
    }
    for at in reached {
        let named = &flow.steps()[at];
        for (exit, to) in named.step.exits() {
            if got_nothing(&named.step, exit.name()) && ends_at_once(flow, to, &mut BTreeSet::new()) {
                silent.push(format!("{}.{}", named.name, exit.name()));
            }
        }
    }
    silent
}

/// Every number that a call of this flow can ring.
pub(super) fn numbers(flow: &Flow) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    for at in reached(flow) {
        let step = &flow.steps()[at].step;
        numbers.extend(step.groups().flat_map(|group| &group.members).map(|member| member.phone.expose()));
        match step {
            Step::Forward(forward) => numbers.extend(forward.numbers().map(PhoneNumber::expose)),
            // Of what the server of these tests says, no other number is one of the countries, and no line.
            Step::ForwardToFound(_) => numbers.extend([super::draw::OUTSIDE[0].to_owned()]),
            Step::Ring { .. }
            | Step::Queue(_)
            | Step::Say { .. }
            | Step::HangUp
            | Step::Hours { .. }
            | Step::Menu(_)
            | Step::GoTo { .. }
            | Step::Reject { .. }
            | Step::HandOver { .. }
            | Step::Lookup(_)
            | Step::Branch(_)
            | Step::Language { .. }
            | Step::Voicemail(_) => {}
        }
    }
    numbers
}

fn reached(flow: &Flow) -> BTreeSet<usize> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![flow.start().0]);
    while let Some(at) = open.pop() {
        if reached.insert(at) {
            open.extend(flow.steps()[at].step.exits().into_iter().map(|(_, to)| to.0));
        }
    }
    reached
}

/// Whether a call that comes here can be over without a word.
fn ends_at_once(flow: &Flow, at: StepIndex, seen: &mut BTreeSet<usize>) -> bool {
    let step = &flow.steps()[at.0].step;
    if *step == Step::HangUp {
        return true;
    }
    let exits = step.exits().into_iter();
    let at_once: Vec<_> = exits.filter(|(exit, _)| passes(step, exit.name()) == Passes::Nothing).collect();
    seen.insert(at.0) && at_once.into_iter().any(|(_, to)| ends_at_once(flow, to, seen))
}

fn passes(step: &Step, exit: &str) -> Passes {
    match step {
        Step::GoTo { .. } | Step::Language { .. } | Step::Hours { .. } | Step::Branch(_) | Step::Lookup(_) => {
            Passes::Nothing
        }
        Step::Say { .. } => Passes::Words,
        // A number that cannot be dialled has not rung.
        Step::Forward(_) | Step::ForwardToFound(_) if matches!(exit, "failed" | "canceled") => Passes::Words,
        Step::Queue(_) if matches!(exit, "full" | "nobody") => Passes::Words,
        Step::Ring { .. }
        | Step::Forward(_)
        | Step::ForwardToFound(_)
        | Step::Queue(_)
        | Step::Menu(_)
        | Step::Voicemail(_)
        | Step::HangUp
        | Step::Reject { .. }
        | Step::HandOver { .. } => Passes::Somebody,
    }
}

/// Whether a caller who leaves by this exit got nothing of what they called for.
fn got_nothing(step: &Step, exit: &str) -> bool {
    match step {
        Step::Ring { .. } | Step::Queue(_) => true,
        Step::Menu(_) => matches!(exit, "no_input" | "wrong_key"),
        Step::Forward(_) | Step::ForwardToFound(_) => exit != "done",
        Step::Voicemail(_)
        | Step::Say { .. }
        | Step::HangUp
        | Step::Hours { .. }
        | Step::GoTo { .. }
        | Step::Reject { .. }
        | Step::HandOver { .. }
        | Step::Lookup(_)
        | Step::Branch(_)
        | Step::Language { .. } => false,
    }
}
