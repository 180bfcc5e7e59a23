//! A configuration told to a person: each line, and where a call to it can lead.

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use ringall_core::{
    flow::{
        DECLINE_KEY, Exit, Flow, Forward, ForwardScreen, FoundNumber, Menu, Order, Queue, Rejection, RingGroup, Show,
        Step, StepIndex, Tier, Voicemail, Words,
    },
    phone::PhoneNumber,
    screen::Screen,
};

use super::hearing;
use crate::config::{Config, Line};

/// The lines of `config`, each with its way: what follows by itself stands behind an arrow, every choice below.
pub(super) fn of(config: &Config) -> String {
    let lines: Vec<_> = config.lines.values().map(|line| of_line(line)).collect();
    lines.join("\n")
}

fn of_line(line: &Line) -> String {
    let mut text = format!("{}  {}\n", line.number, line.name);
    let mut outline = Outline { line, flow: &line.flow, seen: BTreeSet::new(), text: &mut text };
    outline.branch(line.flow.start(), "", 1);
    if let Some(blocked) = &line.blocked {
        let mut outline = Outline { line, flow: blocked, seen: BTreeSet::new(), text: &mut text };
        outline.branch(blocked.start(), &format!("blocked ({}) → ", line.block), 1);
    }
    text
}

struct Outline<'a> {
    line: &'a Line,
    flow: &'a Flow,
    seen: BTreeSet<StepIndex>,
    text: &'a mut String,
}

impl Outline<'_> {
    /// Tells what happens from `start` on in one line, and every choice at its end in lines of their own.
    fn branch(&mut self, start: StepIndex, prefix: &str, depth: usize) {
        let mut parts = Vec::new();
        let mut at = start;
        let exits = loop {
            // The end is worth telling each time.
            if !self.seen.insert(at) && *self.flow.step(at) != Step::HangUp {
                parts.push(format!("again from `{}`", self.name(at)));
                break Vec::new();
            }
            let step = self.flow.step(at);
            parts.push(told(step, self.line));
            match step.exits().as_slice() {
                [(Exit::Next, next)] => at = *next,
                exits => break exits.to_vec(),
            }
        };
        let _ = writeln!(self.text, "{:indent$}{prefix}{}", "", parts.join(" → "), indent = 2 * depth);
        if !exits.is_empty() {
            self.tiers(at, depth + 1);
        }
        for (exit, to) in exits {
            self.branch(to, &format!("{} → ", exit.name()), depth + 1);
        }
    }

    /// The groups that join in while the step rings, each in a line of its own.
    fn tiers(&mut self, at: StepIndex, depth: usize) {
        for tier in later_tiers(self.flow.step(at), self.line) {
            let _ = writeln!(self.text, "{:indent$}{tier}", "", indent = 2 * depth);
        }
    }

    fn name(&self, at: StepIndex) -> &str {
        self.flow.steps().get(at.0).map_or("start", |named| &*named.name)
    }
}

/// One step of this line with all that it does.
pub(super) fn told_whole(step: &Step, line: &Line) -> String {
    let parts: Vec<_> = std::iter::once(told(step, line)).chain(later_tiers(step, line)).collect();
    parts.join("; ")
}

/// The groups that join in while a step rings.
fn later_tiers(step: &Step, line: &Line) -> Vec<String> {
    let Step::Ring { tiers, .. } = step else { return Vec::new() };
    let told = |Tier { group, after, keeps_earlier }: &Tier| {
        let how = if *keeps_earlier { "also" } else { "instead" };
        format!("after {} {how} {}", duration(*after), ring(group, line))
    };
    tiers.later().iter().map(told).collect()
}

/// One step in a few words, without the groups that join in later.
fn told(step: &Step, line: &Line) -> String {
    match step {
        Step::Ring { tiers, .. } if tiers.is_recorded() => format!("{}, recorded", ring(tiers.first(), line)),
        Step::Ring { tiers, .. } => ring(tiers.first(), line),
        Step::Say { words, .. } => format!("says \"{words}\""),
        Step::HangUp => "hangs up".to_owned(),
        Step::Hours { hours, .. } => format!("hours {} ({})", hours.name, hours.zone),
        Step::Menu(menu) => of_menu(menu),
        Step::GoTo { .. } => "goes on".to_owned(),
        Step::Reject { reason: Rejection::Busy, .. } => "refuses the call: busy".to_owned(),
        Step::Reject { reason: Rejection::NotInService, .. } => "refuses the call: not in service".to_owned(),
        Step::HandOver { url } => format!("hands the caller over to {}", without_query(url)),
        Step::Forward(forward) => forwards(&forward.to.to_string(), forward, line),
        Step::Queue(queue) => waits(queue, line),
        Step::Lookup(lookup) => format!("asks lookup {} who calls", lookup.name),
        Step::Branch(branch) => format!("goes by the field {}", branch.field),
        Step::ForwardToFound(forward) => {
            let FoundNumber { field, countries, .. } = &forward.to;
            let begins: Vec<_> = countries.iter().map(|digits| format!("+{digits}")).collect();
            forwards(
                &format!("the number in the field {field}, if it begins with {}", begins.join(" or ")),
                forward,
                line,
            )
        }
        Step::Language { language, .. } => format!("speaks {language}"),
        Step::Voicemail(voicemail) => takes_message(voicemail, line),
    }
}

fn of_menu(menu: &Menu) -> String {
    let repeats = match menu.repeats {
        0 => "once".to_owned(),
        1 => "again once".to_owned(),
        repeats => format!("again {repeats} times"),
    };
    format!("asks \"{}\" ({repeats}, waits {})", menu.prompt, duration(menu.pause))
}

/// The rest of an address may be a secret.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

fn ring(group: &RingGroup, line: &Line) -> String {
    let members = named(group.members.iter().map(|member| (&*member.name, member.phone)));
    let screen = match group.screen {
        Screen::Amd => "amd",
        Screen::Key => "key",
        Screen::AmdAndKey => "amd+key",
        Screen::None => "no screening",
    };
    let passes = if group.passes > 1 { format!(", {} passes", group.passes) } else { String::new() };
    let order = match group.order {
        Order::AsWritten => "",
        Order::LongestIdle => ", longest idle first",
    };
    let show = if group.show == Show::Caller { ", shows the caller" } else { "" };
    let declines = declines(group.decline_key, group.screen != Screen::None);
    let whispers = whispers(group.whisper.as_ref(), line);
    let ring_for = duration(group.ring_for);
    format!("ring {}: {members} ({ring_for}{passes}, {screen}{declines}{order}{show}{whispers})", group.name)
}

fn waits(queue: &Queue, line: &Line) -> String {
    let Queue { group, offer_for, wrap_up, max_wait, max_waiting, .. } = queue;
    let members = named(group.members.iter().map(|member| (&*member.name, member.phone)));
    let order = match group.order {
        Order::AsWritten => "one after the other",
        Order::LongestIdle => "longest idle first",
    };
    let most = max_waiting.map_or_else(|| "any number of callers".to_owned(), |most| format!("{most} callers at most"));
    let rest = if wrap_up.is_zero() { String::new() } else { format!(", {} rest after a talk", duration(*wrap_up)) };
    format!(
        "wait for {}: {members} ({order}, {} each{rest}{}{}; {most}, {} at most)",
        group.name,
        duration(*offer_for),
        declines(group.decline_key, group.screen != Screen::None),
        whispers(group.whisper.as_ref(), line),
        duration(*max_wait)
    )
}

/// Names and telephones; whoever is given by a number has no other name.
fn named<'a>(people: impl Iterator<Item = (&'a str, PhoneNumber)>) -> String {
    let told = people.map(|(name, phone)| {
        let phone = phone.to_string();
        if name == phone { phone } else { format!("{name} {phone}") }
    });
    told.collect::<Vec<_>>().join(", ")
}

fn forwards<To>(to: &str, forward: &Forward<To>, line: &Line) -> String {
    let screen = match forward.screen {
        ForwardScreen::None => "no screening",
        ForwardScreen::Key => "key",
    };
    let show = match forward.show {
        Show::Line => "line",
        Show::Caller => "caller",
    };
    let recorded = if forward.records { ", recorded" } else { "" };
    let declines = declines(forward.decline_key, forward.screen == ForwardScreen::Key);
    let whispers = whispers(forward.whisper.as_ref(), line);
    let ring_for = duration(forward.ring_for);
    format!("forward to {to} ({ring_for}, {screen}{declines}, shows the {show}{recorded}{whispers})")
}

/// The digit that declines, if it is not the usual one.
fn declines(key: char, asks: bool) -> String {
    if asks && key != DECLINE_KEY { format!(", {key} declines") } else { String::new() }
}

fn whispers(words: Option<&Words>, line: &Line) -> String {
    words.map_or_else(String::new, |words| format!(", whispers \"{}\"", hearing::said(words, line)))
}

fn takes_message(voicemail: &Voicemail, line: &Line) -> String {
    let key = voicemail.finish_key.map_or("no key ends it".to_owned(), |key| format!("{key} ends it"));
    let recipients = line.recipients.get(&voicemail.name).filter(|recipients| !recipients.is_empty());
    let recipients = recipients.map_or_else(
        || "nobody".to_owned(),
        |recipients| named(recipients.iter().map(|recipient| (&*recipient.name, recipient.phone))),
    );
    let (greeting, longest) = (&voicemail.greeting, duration(voicemail.longest));
    format!("takes a message after \"{greeting}\" (at most {longest}, {key}), tells {recipients}")
}

/// A time as people say it.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds >= 120 && seconds.is_multiple_of(60) && duration.subsec_nanos() == 0 {
        return format!("{} min", seconds / 60);
    }
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
pub(super) mod tests;
