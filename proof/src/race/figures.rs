//! What the rounds came to, and how tight they were: the proof that the races raced.

use std::{collections::BTreeMap, fmt};

use super::{
    plan::{CallerDoes, InstantOf, Plan},
    record::{Asked, Ended, Entry, What, Who},
    twiml::{Document, Words},
};

/// Sums over all rounds.
#[derive(Debug, Default)]
pub struct Figures {
    rounds: u64,
    calls: u64,
    races: u64,
    accepts: u64,
    /// What became of each kind of round.
    outcomes: BTreeMap<(&'static str, &'static str), u64>,
    /// Microseconds between the first and the last accept of a race.
    spreads: Vec<u64>,
    /// Microseconds between an accept and its answer.
    answers: Vec<u64>,
    /// Microseconds between the decision and the last leg's end.
    endings: Vec<u64>,
    /// Accepts within a millisecond of the first one.
    same_millisecond: u64,
    /// The winner's place in the order of sending.
    places: BTreeMap<usize, u64>,
    /// So many of the accepts that were sent first did not win.
    first_lost: u64,
    /// Races with a winner.
    won: u64,
    /// What else happened, and how often.
    events: BTreeMap<&'static str, u64>,
}

impl Figures {
    /// How many rounds there were.
    pub fn rounds(&self) -> u64 {
        self.rounds
    }

    /// Adds a round's call.
    pub(super) fn add(&mut self, plan: &Plan, entries: &[Entry], is_first_call: bool) {
        self.calls += 1;
        if is_first_call {
            self.rounds += 1;
            *self.outcomes.entry((kind(plan), outcome(entries))).or_default() += 1;
        } else {
            *self.outcomes.entry(("second caller of shared people", outcome(entries))).or_default() += 1;
        }
        let rounds: BTreeMap<u32, u32> = entries
            .iter()
            .filter_map(
                |entry| if let What::Dialled { leg, round, .. } = entry.what { Some((leg, round)) } else { None },
            )
            .collect();
        for round in rounds.values().copied().collect::<std::collections::BTreeSet<_>>() {
            self.add_race(entries, |leg| rounds.get(&leg) == Some(&round));
        }
        self.add_ending(entries);
        for name in entries.iter().filter_map(|entry| name(&entry.what)) {
            *self.events.entry(name).or_default() += 1;
        }
    }

    fn add_race(&mut self, entries: &[Entry], takes_part: impl Fn(u32) -> bool) {
        let sent: Vec<(u64, u32)> = entries
            .iter()
            .filter_map(|entry| {
                if let What::Accepts(leg) = entry.what
                    && takes_part(leg)
                {
                    Some((entry.at, leg))
                } else {
                    None
                }
            })
            .collect();
        let (Some((first, first_leg)), Some((last, _))) = (sent.first(), sent.last()) else { return };
        self.races += 1;
        self.accepts += u64::try_from(sent.len()).unwrap_or(0);
        self.spreads.push(last - first);
        self.same_millisecond += u64::try_from(sent.iter().filter(|(at, _)| at - first < 1_000).count()).unwrap_or(0);
        for (at, leg) in &sent {
            let answered = entries.iter().find(|entry| {
                entry.at >= *at && matches!(&entry.what, What::Hears(Who::Leg(heard), Asked::Now, _) if heard == leg)
            });
            self.answers.extend(answered.map(|answer| answer.at - at));
        }
        let winner = entries.iter().find_map(|entry| {
            if let What::Hears(Who::Leg(leg), _, Document::Room { .. }) = &entry.what
                && takes_part(*leg)
            {
                Some(*leg)
            } else {
                None
            }
        });
        if let Some(winner) = winner {
            self.won += 1;
            self.first_lost += u64::from(winner != *first_leg);
            if let Some(place) = sent.iter().position(|(_, leg)| *leg == winner) {
                *self.places.entry(place + 1).or_default() += 1;
            }
        }
    }

    fn add_ending(&mut self, entries: &[Entry]) {
        let decided = entries.iter().find(|entry| {
            matches!(&entry.what, What::Hears(Who::Leg(_), _, Document::Room { .. }) | What::Ended(Who::Caller, _))
        });
        let Some(decided) = decided else { return };
        let talking =
            entries.iter().find_map(|entry| if let What::TalkBegins(leg) = entry.what { Some(leg) } else { None });
        let later = entries.iter().any(|entry| matches!(entry.what, What::Dialled { round: 2, .. }));
        let last = entries.iter().rfind(
            |entry| matches!(entry.what, What::Ended(Who::Leg(leg), how) if Some(leg) != talking && how != Ended::ByOwner),
        );
        if let (Some(last), false) = (last, later) {
            self.endings.push(last.at.saturating_sub(decided.at));
        }
    }
}

/// What is counted beside the races.
fn name(what: &What) -> Option<&'static str> {
    Some(match what {
        What::AcceptsAgain(_) => "accepts came twice",
        What::Declines(_) => "declined",
        What::IsMachine(_) => "were machines",
        What::Ended(Who::Leg(_), Ended::ByOwner) => "hung up by themselves",
        What::Ended(Who::Leg(_), Ended::Canceled) => "canceled while ringing",
        What::CancelAsked(_, false) => "cancels came after the pick-up",
        What::Redirected(Who::Leg(_)) => "redirected to words",
        What::RequestCut => "requests cut",
        What::Hears(Who::Leg(_), _, Document::Words(Words::SomebodyElse)) => "told: somebody else",
        What::Hears(Who::Leg(_), _, Document::Words(Words::CallerLeft)) => "told: caller left",
        What::Hears(Who::Leg(_), _, Document::Words(Words::MovedOn)) => "told: moved on",
        What::Hears(Who::Leg(_), _, Document::Room { .. }) => "sent into the conference",
        What::Called { .. }
        | What::Dialled { .. }
        | What::RungTwice { .. }
        | What::PickedUp(_)
        | What::Accepts(_)
        | What::Hears(..)
        | What::CancelAsked(_, true)
        | What::CompleteAsked(_)
        | What::Redirected(Who::Caller)
        | What::Ended(..)
        | What::Enters(_)
        | What::TurnedAway(_)
        | What::TalkBegins(_)
        | What::Leaves(_)
        | What::AsksAgain
        | What::StopAsked
        | What::Stopped
        | What::Fault(_)
        | What::LeftOver(_) => return None,
    })
}

fn kind(plan: &Plan) -> &'static str {
    match (plan.instant, plan.caller, plan.drops) {
        (InstantOf::Shutdown, ..) => "the program is stopped",
        (InstantOf::Deadline(_), ..) => "the ringing time ends",
        (InstantOf::ReplyBudget(_), ..) => "the reply budget ends",
        (_, CallerDoes::Leaves { .. }, _) => "the caller leaves",
        (_, CallerDoes::AsksAgain { .. }, _) => "the request is cut, and asked again",
        (_, CallerDoes::Waits, Some(_)) => "the winner is lost before the talk",
        (_, CallerDoes::Waits, None) if plan.shared => "two callers share the people",
        (_, CallerDoes::Waits, None) => "only accepts",
    }
}

fn outcome(entries: &[Entry]) -> &'static str {
    let any = |holds: fn(&What) -> bool| entries.iter().any(|entry| holds(&entry.what));
    let lost = any(|what| matches!(what, What::Dialled { round: 2, .. }));
    let talked = any(|what| matches!(what, What::TalkBegins(_)));
    let won = any(|what| matches!(what, What::Hears(Who::Leg(_), _, Document::Room { .. })));
    let told = |words: Words| {
        entries
            .iter()
            .any(|entry| matches!(&entry.what, What::Hears(Who::Caller, _, Document::Words(heard)) if *heard == words))
    };
    match (talked, won) {
        (true, _) if lost => "handed back, then joined",
        (true, _) => "joined",
        (false, true) if told(Words::Failure) => "taken, and the caller told of our failure",
        (false, true) => "taken, but the caller was gone",
        (false, false) if told(Words::Nobody) => "nobody was in time, the caller told",
        (false, false) if told(Words::Failure) => "nobody was in time, the caller told of our failure",
        (false, false) => "the caller was gone before any accept",
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} rounds, {} calls, {} races, {} accepts; {} of the accepts within 1 ms of the first of their race",
            self.rounds, self.calls, self.races, self.accepts, self.same_millisecond
        )?;
        writeln!(f, "first to last accept sent:      {}", quantiles(&self.spreads))?;
        writeln!(f, "accept to its answer:           {}", quantiles(&self.answers))?;
        writeln!(f, "decided to last other leg over: {}", quantiles(&self.endings))?;
        writeln!(f, "the first that was sent lost:   {} of {} races", self.first_lost, self.won)?;
        write!(f, "the winner's place in the order of sending:")?;
        let far: u64 = self.places.range(9..).map(|(_, count)| count).sum();
        for (place, count) in self.places.range(..9) {
            write!(f, "  {place}: {count}")?;
        }
        writeln!(f, "  later: {far}")?;
        let events: Vec<_> = self.events.iter().map(|(name, count)| format!("{name} {count}")).collect();
        writeln!(f, "legs: {}", events.join(", "))?;
        for ((kind, outcome), count) in &self.outcomes {
            writeln!(f, "{count:>7}  {kind}: {outcome}")?;
        }
        Ok(())
    }
}

fn quantiles(values: &[u64]) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let at = |share: usize| sorted.get((sorted.len().saturating_sub(1)) * share / 1_000).copied().unwrap_or(0);
    format!("median {} µs, 90 % {} µs, 99 % {} µs, most {} µs", at(500), at(900), at(990), at(1_000))
}
