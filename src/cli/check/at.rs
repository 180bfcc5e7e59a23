//! `ringall check --at`: what would happen to a call at a certain moment, step by step, without calling anybody. Hours
//! are decided; whatever depends on people or keys is told as a choice.

use std::{collections::BTreeSet, fmt::Write as _};

use clap::Args;
use ringall_core::{
    flow::{
        Flow, Leaves, Step, StepIndex,
        hours::{Hours, LocalTime, Moments, Zone},
    },
    phone::{CallerId, PhoneNumber},
    time::Timestamp,
};

use super::{hearing, outline};
use crate::config::{Config, Line};

/// A call that nobody makes.
#[derive(Debug, Args)]
pub(super) struct ImaginedCall {
    /// Tell what would happen to a call at this time of the line's own clocks, such as "2026-12-24 18:05"
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Who would call: a number, or `withheld`
    #[arg(long, value_name = "NUMBER", requires = "at")]
    from: Option<String>,
    /// Which line they would call; can be left out if there is only one
    #[arg(long, value_name = "NUMBER", requires = "at")]
    to: Option<String>,
}

impl ImaginedCall {
    /// What would happen to it, or what is wrong with it; `None` if no call is imagined.
    pub(super) fn told(&self, config: &Config) -> Option<Result<String, String>> {
        let at = self.at.as_deref()?;
        Some(self.try_tell(at, config))
    }

    fn try_tell(&self, at: &str, config: &Config) -> Result<String, String> {
        let line = find_line(self.to.as_deref(), config)?;
        let from = self.from.as_deref().map(read_caller).transpose()?;
        let local: LocalTime = at.parse().map_err(|error| format!("--at: {error}, by the line's own clocks"))?;
        let zone = line.zone.clone();
        let (now, remark) = moment(local, &zone.clone().unwrap_or_else(Zone::utc))?;
        let mut text = local.to_string();
        if let Some(zone) = zone {
            let _ = write!(text, " in {zone}{remark}");
        }
        let caller = from.as_ref().map_or_else(String::new, |from| format!(" from {}", name_of(from)));
        let _ = writeln!(text, ": a call{caller} to {} ({})", line.number, line.name);
        let blocked = line.blocked.as_ref().filter(|_| from.as_ref().is_some_and(|from| line.block.blocks(from)));
        if blocked.is_some() {
            text.push_str("  the caller is on the line's block list\n");
        }
        let flow = blocked.unwrap_or(&line.flow);
        let mut way = Way { line, flow, now, seen: BTreeSet::new(), text: &mut text };
        way.go(flow.start(), 1);
        Ok(text)
    }
}

/// The way of the call through its flow.
struct Way<'a> {
    line: &'a Line,
    flow: &'a Flow,
    now: Timestamp,
    seen: BTreeSet<StepIndex>,
    text: &'a mut String,
}

impl Way<'_> {
    /// Tells each step from `start` on in a row of its own, and what follows each choice further to the right.
    fn go(&mut self, start: StepIndex, depth: usize) {
        let indent = 2 * depth;
        let mut at = start;
        loop {
            let name = self.flow.steps().get(at.0).map_or("end", |named| &*named.name);
            let _ = write!(self.text, "{:indent$}{name}: ", "");
            if !self.seen.insert(at) {
                let _ = writeln!(self.text, "as above");
                return;
            }
            let step = self.flow.step(at);
            let _ = writeln!(self.text, "{}", self.explained(step));
            for row in hearing::before_the_call(step, self.line) {
                let _ = writeln!(self.text, "{:indent$}  {row}", "");
            }
            match self.by_itself(step) {
                Some(next) => at = next,
                None => break,
            }
        }
        for (exit, to) in self.flow.step(at).exits() {
            let _ = writeln!(self.text, "{:indent$}if `{}`:", "", exit.name());
            self.go(to, depth + 1);
        }
    }

    /// Where the call goes at this moment, whatever people do.
    fn by_itself(&self, step: &Step) -> Option<StepIndex> {
        if let Step::Hours { hours, open, closed } = step {
            return Some(if hours.is_open(self.now) { *open } else { *closed });
        }
        match step.exits().as_slice() {
            [(exit, next)] if exit.leaves() == Leaves::ByItself => Some(*next),
            _ => None,
        }
    }

    fn explained(&self, step: &Step) -> String {
        let told = outline::told_whole(step, self.line);
        match step {
            Step::Hours { hours, .. } => format!("{told}: {}", self.decided(hours)),
            Step::Ring { .. } => format!("{told}; the first human who accepts has the call"),
            Step::Say { .. }
            | Step::HangUp
            | Step::Menu(_)
            | Step::GoTo { .. }
            | Step::Reject { .. }
            | Step::HandOver { .. }
            | Step::Forward(_)
            | Step::Queue(_)
            | Step::Lookup(_)
            | Step::Branch(_)
            | Step::ForwardToFound(_)
            | Step::Language { .. }
            | Step::Voicemail(_) => told,
        }
    }

    fn decided(&self, hours: &Hours) -> String {
        let verdict = hours.at(self.now);
        let until = hours.next_change(self.now).map_or_else(
            || "this does not change within a year".to_owned(),
            |change| format!("until {}", hours.zone.local(change)),
        );
        format!("{}, because {}; {until}", verdict.name(), verdict.why())
    }
}

fn find_line<'a>(to: Option<&str>, config: &'a Config) -> Result<&'a Line, String> {
    let lines: Vec<_> = config.lines.values().map(|line| format!("{} ({})", line.number, line.name)).collect();
    let lines = lines.join(", ");
    let Some(to) = to else {
        let mut only = config.lines.values();
        return match (only.next(), only.next()) {
            (Some(line), None) => Ok(line),
            _ => Err(format!("--to: missing; expected the number of one of the lines {lines}")),
        };
    };
    let number: PhoneNumber = to.parse().map_err(|error| format!("--to: {error}"))?;
    let line = config.lines.get(&number);
    line.map(|line| &**line).ok_or_else(|| format!("--to: no line has this number; the lines are {lines}"))
}

/// A caller as the carrier tells them; a number that is mistyped must not pass for a withheld one.
fn read_caller(from: &str) -> Result<CallerId, String> {
    let caller = CallerId::read(from);
    let is_meant = WITHHELD.contains(&from.to_ascii_lowercase().as_str()) || from.parse::<PhoneNumber>().is_ok();
    if caller == CallerId::Withheld && !is_meant {
        return Err("--from: expected an E.164 number such as `+4930123456`, or `withheld`".to_owned());
    }
    Ok(caller)
}

fn name_of(caller: &CallerId) -> String {
    match caller {
        CallerId::Withheld => "a withheld number".to_owned(),
        CallerId::Number(_) | CallerId::Other(_) => caller.to_string(),
    }
}

/// The moment at which the clocks show this, and what there is to say about it.
fn moment(local: LocalTime, zone: &Zone) -> Result<(Timestamp, &'static str), String> {
    match zone.moments(local) {
        Moments::Once(moment) => Ok((moment, "")),
        Moments::Twice(moment, _) => Ok((moment, ", the first of two times that the clocks show this")),
        Moments::Never => Err(format!(
            "--at: no clock shows this time in {zone}: the clocks are put forward over it; expected a time before or after"
        )),
    }
}

/// How somebody may write that a number is withheld.
const WITHHELD: [&str; 4] = ["withheld", "anonymous", "private", "unknown"];

#[cfg(test)]
mod tests;
