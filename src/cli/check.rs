//! `ringall check`: what is wrong with a configuration, or where its lines lead. The report goes to standard output,
//! problems and warnings go to standard error.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use ringall_core::{
    flow::{Flow, RingGroup, Step, StepIndex},
    screen::Screen,
};

use super::WRONG_CONFIGURATION;
use crate::config::{Config, Line, Problems, Severity, Strictness};

/// Checks the file at `path`.
pub(super) fn run(path: &Path) -> ExitCode {
    match Config::load(path, Strictness::Check) {
        Ok((config, warnings)) => {
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            // Whoever closed the pipe has read enough.
            let _ = io::stdout().write_all(report(&config).as_bytes());
            ExitCode::SUCCESS
        }
        Err(problems) => {
            eprintln!("{problems}\n{}", summary(&problems));
            ExitCode::from(WRONG_CONFIGURATION)
        }
    }
}

fn summary(problems: &Problems) -> String {
    match problems.iter().filter(|problem| problem.severity() == Severity::Problem).count() {
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    }
}

/// The lines, and where each leads.
fn report(config: &Config) -> String {
    let lines: Vec<_> = config.lines.values().map(|line| describe(line)).collect();
    lines.join("\n")
}

fn describe(line: &Line) -> String {
    let mut text = format!("{}  {}\n", line.number, line.name);
    let mut seen = BTreeSet::new();
    let mut prefix = "";
    let mut next = Some(line.flow.start());
    while let Some(start) = next {
        let (words, group) = stretch(&line.flow, start, &mut seen);
        let _ = writeln!(text, "  {prefix}{words}");
        prefix = "nobody → ";
        next = group;
    }
    text
}

/// What happens from `start` on up to the next ringing or the end, and where the call goes if nobody takes it.
fn stretch(flow: &Flow, start: StepIndex, seen: &mut BTreeSet<StepIndex>) -> (String, Option<StepIndex>) {
    let mut parts = Vec::new();
    let mut at = start;
    loop {
        if !seen.insert(at) {
            let name = flow.steps().get(at.0).map_or("start", |named| &*named.name);
            parts.push(format!("again from `{name}`"));
            return (parts.join(" → "), None);
        }
        match flow.step(at) {
            Step::Ring { group, nobody } => {
                parts.push(ring(group));
                return (parts.join(" → "), Some(*nobody));
            }
            Step::Say { words, next } => {
                parts.push(format!("says \"{words}\""));
                at = *next;
            }
            Step::HangUp => {
                parts.push("hangs up".to_owned());
                return (parts.join(" → "), None);
            }
        }
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

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

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

        insta::assert_snapshot!(report(&config), @r#"
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

        insta::assert_snapshot!(report(&config), @r#"
        …01  Office
          says "Hello from Office." → ring organisers: Ana …01, Ben …02 (30 s, amd)
          nobody → says "One moment." → ring ben: Ben …02 (30 s, 2 passes, amd+key)
          nobody → again from `first`

        …02  Closed
          hangs up
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
