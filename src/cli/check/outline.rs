//! A configuration told to a person: each line, and where a call to it can lead.

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use ringall_core::{
    flow::{Exit, Flow, Forward, ForwardScreen, RingGroup, Show, Step, StepIndex},
    screen::Screen,
};

use crate::config::{Config, Line};

/// The lines of `config`, each with its way: what follows by itself stands behind an arrow, every choice below.
pub(super) fn of(config: &Config) -> String {
    let lines: Vec<_> = config.lines.values().map(|line| of_line(line)).collect();
    lines.join("\n")
}

fn of_line(line: &Line) -> String {
    let mut text = format!("{}  {}\n", line.number, line.name);
    let mut outline = Outline { flow: &line.flow, seen: BTreeSet::new(), text: &mut text };
    outline.branch(line.flow.start(), "", 1);
    text
}

struct Outline<'a> {
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
            if !self.seen.insert(at) {
                parts.push(format!("again from `{}`", self.name(at)));
                break Vec::new();
            }
            let step = self.flow.step(at);
            parts.push(told(step));
            match step.exits().as_slice() {
                [(Exit::Next, next)] => at = *next,
                exits => break exits.to_vec(),
            }
        };
        let _ = writeln!(self.text, "{:indent$}{prefix}{}", "", parts.join(" → "), indent = 2 * depth);
        for (exit, to) in exits {
            self.branch(to, &format!("{} → ", exit.name()), depth + 1);
        }
    }

    fn name(&self, at: StepIndex) -> &str {
        self.flow.steps().get(at.0).map_or("start", |named| &*named.name)
    }
}

/// One step in a few words.
fn told(step: &Step) -> String {
    match step {
        Step::Ring { group, .. } => ring(group),
        Step::Say { words, .. } => format!("says \"{words}\""),
        Step::HangUp => "hangs up".to_owned(),
        Step::Forward(forward) => forwards(forward),
    }
}

fn ring(group: &RingGroup) -> String {
    let members: Vec<_> = group.members.iter().map(|member| format!("{} {}", member.name, member.phone)).collect();
    let screen = match group.screen {
        Screen::Amd => "amd",
        Screen::Key => "key",
        Screen::AmdAndKey => "amd+key",
        Screen::None => "no screening",
    };
    let passes = if group.passes > 1 { format!(", {} passes", group.passes) } else { String::new() };
    format!("ring {}: {} ({}{passes}, {screen})", group.name, members.join(", "), seconds(group.ring_for))
}

fn forwards(forward: &Forward) -> String {
    let screen = match forward.screen {
        ForwardScreen::None => "no screening",
        ForwardScreen::Key => "key",
    };
    let show = match forward.show {
        Show::Line => "line",
        Show::Caller => "caller",
    };
    format!("forward to {} ({}, {screen}, shows the {show})", forward.to, seconds(forward.ring_for))
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Strictness;

    #[test]
    fn a_line_that_rings_one_group_is_told_in_two_lines() {
        let config = config(
            r#"
            [lines."+441632960001"]
            name = "Hotline"
            nobody = "Sorry."
            ring = "organisers"
            "#,
        );

        insta::assert_snapshot!(of(&config), @r#"
        …01  Hotline
          ring organisers: Ana …01, Ben …02 (30 s, amd)
            nobody → says "Sorry." → hangs up
        "#);
    }

    #[test]
    fn steps_are_told_in_the_order_of_a_call_and_a_circle_is_told_once() {
        let config = config(
            r#"
            [lines."+441632960001"]
            name = "Office"
            start = "hello"
            [steps]
            hello = { say = "Hello from {line}.", next = "first" }
            first = { ring = "organisers", nobody = "patience" }
            patience = { say = "One moment.", next = "second" }
            second = { ring = "ben", nobody = "first" }
            [lines."+441632960002"]
            name = "Closed"
            start = "bye"
            [steps.bye]
            hangup = true
            "#,
        );

        insta::assert_snapshot!(of(&config), @r#"
        …01  Office
          says "Hello from Office." → ring organisers: Ana …01, Ben …02 (30 s, amd)
            nobody → says "One moment." → ring ben: Ben …02 (30 s, 2 passes, amd+key)
              nobody → again from `first`

        …02  Closed
          hangs up
        "#);
    }

    #[test]
    fn an_outside_number_is_told_with_each_of_its_exits() {
        let config = config(
            r#"
            [lines."+441632960001"]
            name = "Night"
            start = "night"
            [lines."+441632960001".words]
            nobody = "Sorry."
            [steps]
            night = { forward = "+441632960999", screen = "key", show = "caller", no_answer = "ben" }
            ben.ring = "ben"
            "#,
        );

        insta::assert_snapshot!(of(&config), @r#"
        …01  Night
          forward to …99 (30 s, key, shows the caller)
            busy → says "Sorry." → hangs up
            no_answer → ring ben: Ben …02 (30 s, 2 passes, amd+key)
              nobody → again from `(nobody)`
            failed → again from `(nobody)`
            canceled → again from `(nobody)`
            done → again from `(end)`
        "#);
    }

    fn config(lines: &str) -> Config {
        let text = format!("{BASE}\n{lines}");
        Config::parse(&text, Strictness::Serve).unwrap_or_else(|problems| panic!("{problems}")).0
    }

    const BASE: &str = r#"
        public_url = "https://hotline.example.org"
        [carrier]
        account_sid = "AC00000000000000000000000000000000"
        auth_token = "hush"
        [people]
        ana = { name = "Ana", phone = "+447700900001" }
        ben = { name = "Ben", phone = "+447700900002" }
        [groups]
        organisers = { members = ["ana", "ben"] }
        ben = { members = ["ben"], passes = 2, screen = "amd+key" }
    "#;
}
