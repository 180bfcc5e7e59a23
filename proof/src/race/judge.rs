//! Whether what happened in a round may happen: judged from outside, from its record alone.

mod caller;
mod legs;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    record::{Asked, Ended, Entry, What, Who},
    twiml::{Document, Words},
};

/// What is known of a round once its record has been read from the beginning to the end.
#[derive(Debug, Default)]
struct Story {
    people: usize,
    legs: BTreeMap<u32, LegStory>,
    caller: CallerStory,
    talks: Vec<(u64, u32)>,
    stop_asked: Option<u64>,
    violations: Vec<String>,
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing that may have happened, in any company")]
struct LegStory {
    person: usize,
    round: u32,
    dialled: u64,
    picked_up: bool,
    accepted: Option<u64>,
    accepted_again: bool,
    declined: bool,
    is_machine: bool,
    heard: Vec<(u64, Asked, Document)>,
    ended: Option<(u64, Ended)>,
}

#[derive(Debug, Default)]
struct CallerStory {
    heard: Vec<(u64, Document)>,
    ended: Option<(u64, Ended)>,
}

/// Everybody who does not have the call is off the line so soon after it was decided.
const BOUND: u64 = 10_000_000;
/// A dial that was on its way when the call ended arrives within this time.
const ON_ITS_WAY: u64 = 500_000;

/// Everything that is wrong with a record; empty if nothing is.
pub(super) fn judge(entries: &[Entry]) -> Vec<String> {
    let mut story = Story::read(entries);
    story.one_winner_a_round();
    story.everybody_who_accepted_knows();
    story.judge_legs();
    story.judge_caller();
    story.hand_backs_ring_everybody();
    story.nothing_is_dialled_after_the_end();
    story.violations
}

impl Story {
    fn read(entries: &[Entry]) -> Self {
        let mut story = Self::default();
        for Entry { at, what } in entries {
            story.take_in(*at, what);
        }
        story
    }

    fn take_in(&mut self, at: u64, what: &What) {
        match what {
            What::Called { people } => self.people = *people,
            What::Dialled { leg, round, person } => {
                let story = LegStory { person: *person, round: *round, dialled: at, ..LegStory::default() };
                if self.legs.insert(*leg, story).is_some() {
                    self.wrong(format!("leg {leg} was dialled twice"));
                }
            }
            What::RungTwice { leg } => self.wrong(format!("leg {leg} rings somebody whom another leg of ours engages")),
            What::PickedUp(leg) => self.leg(*leg, |leg| leg.picked_up = true),
            // Whichever of the two comes first counts.
            What::Accepts(leg) => self.leg(*leg, |leg| leg.accepted = leg.accepted.or(Some(at))),
            What::AcceptsAgain(leg) => self.leg(*leg, |leg| {
                leg.accepted = leg.accepted.or(Some(at));
                leg.accepted_again = true;
            }),
            What::Declines(leg) => self.leg(*leg, |leg| leg.declined = true),
            What::IsMachine(leg) => self.leg(*leg, |leg| leg.is_machine = true),
            What::Hears(Who::Leg(leg), asked, document) => {
                self.leg(*leg, |leg| leg.heard.push((at, *asked, document.clone())));
            }
            What::Hears(Who::Caller, Asked::Wait, document) => {
                if !matches!(document, Document::Tone | Document::Nothing) {
                    self.wrong(format!("the caller, alone in the conference, was given {document}"));
                }
            }
            What::Hears(Who::Caller, _, document) => self.caller.heard.push((at, document.clone())),
            What::Ended(Who::Leg(leg), how) => self.leg(*leg, |leg| leg.ended = leg.ended.or(Some((at, *how)))),
            What::Ended(Who::Caller, how) => self.caller.ended = self.caller.ended.or(Some((at, *how))),
            What::TurnedAway(who) => self.wrong(format!("{who} found the conference full")),
            What::TalkBegins(leg) => self.talks.push((at, *leg)),
            What::StopAsked => self.stop_asked = Some(at),
            What::Fault(what) => self.wrong(what.clone()),
            What::LeftOver(who) => self.wrong(format!("{who} was left on the line")),
            What::CancelAsked(..)
            | What::CompleteAsked(_)
            | What::Redirected(_)
            | What::Enters(_)
            | What::Leaves(_)
            | What::RequestCut
            | What::AsksAgain
            | What::Stopped => {}
        }
    }

    fn leg(&mut self, number: u32, change: impl FnOnce(&mut LegStory)) {
        match self.legs.get_mut(&number) {
            Some(leg) => change(leg),
            None => self.wrong(format!("leg {number} was never dialled")),
        }
    }

    fn wrong(&mut self, what: String) {
        self.violations.push(what);
    }

    /// Who was sent into the conference, by round.
    fn winners(&self, round: u32) -> Vec<u32> {
        self.legs.iter().filter(|(_, leg)| leg.round == round && leg.has_won()).map(|(number, _)| *number).collect()
    }

    fn rounds(&self) -> BTreeSet<u32> {
        self.legs.values().map(|leg| leg.round).collect()
    }

    fn one_winner_a_round(&mut self) {
        for round in self.rounds() {
            let winners = self.winners(round);
            if winners.len() > 1 {
                self.wrong(format!("{} legs have the call of round {round}: {winners:?}", winners.len()));
            }
        }
    }

    /// Where somebody accepted there is a winner, or a reason why not that the caller or the clock gave.
    fn everybody_who_accepted_knows(&mut self) {
        for round in self.rounds() {
            let legs = || self.legs.values().filter(|leg| leg.round == round && leg.accepted.is_some());
            let accepted = legs().count();
            let told = legs().flat_map(|leg| leg.heard.iter().map(|(at, ..)| *at)).max().unwrap_or(0);
            let excused = self.caller_left().is_some_and(|left| left <= told)
                || self.stop_asked.is_some()
                || self.caller.was_told(&Words::Nobody)
                || self.rounds().iter().any(|other| *other > round);
            if accepted > 0 && self.winners(round).is_empty() && !excused {
                self.wrong(format!("{accepted} accepted in round {round}, and nobody has the call"));
            }
        }
    }

    /// When the caller hung up by themselves, if they did.
    fn caller_left(&self) -> Option<u64> {
        self.caller.ended.filter(|(_, how)| *how == Ended::ByOwner).map(|(at, _)| at)
    }

    /// A winner who is lost before the talk gives the call back: everybody rings again who has not declined.
    fn hand_backs_ring_everybody(&mut self) {
        for round in self.rounds() {
            let lost = self.winners(round).first().copied().filter(|winner| {
                let leg = &self.legs[winner];
                leg.ended.is_some_and(|(_, how)| how == Ended::ByOwner)
                    && self.talks.iter().all(|(_, leg)| leg != winner)
            });
            let Some(lost) = lost else { continue };
            let lost_at = self.legs[&lost].ended.map_or(0, |(at, _)| at);
            if self.stop_asked.is_some() || self.caller.ended.is_some_and(|(at, _)| at < lost_at + ON_ITS_WAY) {
                continue;
            }
            let declined: BTreeSet<_> =
                self.legs.values().filter(|leg| leg.was_thanked()).map(|leg| leg.person).collect();
            let rung: BTreeSet<_> =
                self.legs.values().filter(|leg| leg.round == round + 1).map(|leg| leg.person).collect();
            let expected = self.people - declined.len();
            if rung.len() != expected || rung.iter().any(|person| declined.contains(person)) {
                self.wrong(format!("leg {lost} gave the call back, and {} of {expected} rang again", rung.len()));
            }
        }
    }

    fn nothing_is_dialled_after_the_end(&mut self) {
        let Some((end, _)) = self.caller.ended else { return };
        let late: Vec<_> =
            self.legs.iter().filter(|(_, leg)| leg.dialled > end + ON_ITS_WAY).map(|(number, _)| *number).collect();
        for leg in late {
            self.wrong(format!("leg {leg} was dialled after the call was over"));
        }
    }
}

impl LegStory {
    fn has_won(&self) -> bool {
        self.heard.iter().any(|(_, _, document)| matches!(document, Document::Room { .. }))
    }

    fn was_thanked(&self) -> bool {
        self.was_told(&Words::Declined)
    }

    fn was_told(&self, words: &Words) -> bool {
        self.heard.iter().any(|(_, _, document)| *document == Document::Words(words.clone()))
    }

    fn hung_up(&self) -> bool {
        self.ended.is_some_and(|(_, how)| how == Ended::ByOwner)
    }
}

impl CallerStory {
    fn was_told(&self, words: &Words) -> bool {
        self.heard.iter().any(|(_, document)| *document == Document::Words(words.clone()))
    }

    fn rooms(&self) -> usize {
        self.heard.iter().filter(|(_, document)| matches!(document, Document::Room { .. })).count()
    }
}
