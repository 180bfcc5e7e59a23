//! Whom a round rings: the tiers that have begun, how each person's turn stands, and when the next tier begins.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{BETWEEN_PASSES, ROSTER_ANSWERS};
use crate::{
    call::{Effect, Told, common::Common},
    fact::Fact,
    flow::{RingGroup, Tier, Tiers},
    id::{LegId, RoundId},
    phone::PhoneNumber,
    time::Timestamp,
};

/// The tiers of a round, and everybody whom those that have begun ring.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Rota {
    round: RoundId,
    tiers: Tiers,
    /// When the step began, which tells when further tiers begin.
    began: Option<Timestamp>,
    begun: Vec<Begun>,
    people: BTreeMap<PhoneNumber, Person>,
    /// How often the roster was asked and has not answered, as long as that keeps a tier from beginning.
    unanswered: u8,
}

/// How far a ring step has come when somebody takes the call, in case they are lost again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::call) struct Unfinished {
    tiers: Tiers,
    began: Option<Timestamp>,
    /// When each tier that has begun stops ringing; nothing for one that has stopped.
    ends: Vec<Option<Timestamp>>,
}

/// A tier that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Begun {
    pass: u32,
    next_pass_at: Option<Timestamp>,
    /// Nobody has been offered the call yet, and by then somebody must have been.
    wait_until: Timestamp,
    /// Counted from the first offer.
    ring_until: Option<Timestamp>,
    /// No new ring; only who had picked up before may still accept.
    stopped: bool,
}

/// Somebody whom at least one tier rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Person {
    /// The last tier to begin that has them: its passes ring them, and its end ends their ringing.
    tier: usize,
    turn: Try,
}

/// How one member's turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Try {
    /// The roster was asked.
    Wanted,
    /// A leg of theirs rings or is being screened, by the rules of the tier that dialled it.
    Offered { leg: LegId, by: usize },
    /// Did not answer; may be rung in the next pass, or by a later tier.
    Rests,
    /// Not again in this round.
    Out,
}

impl Begun {
    fn new(now: Timestamp, group: &RingGroup) -> Self {
        let wait_until = now + group.wait_for.max(ROSTER_ANSWERS);
        Self { pass: 1, next_pass_at: None, wait_until, ring_until: None, stopped: false }
    }

    fn ends_at(&self) -> Timestamp {
        self.ring_until.unwrap_or(self.wait_until)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at() <= now
    }
}

impl Rota {
    /// The tiers of a step that begins now; none has begun yet.
    pub(super) fn new(round: RoundId, now: Timestamp, tiers: Tiers) -> Self {
        Self { round, tiers, began: Some(now), begun: Vec::new(), people: BTreeMap::new(), unanswered: 0 }
    }

    /// The tiers that rang when the call was taken ring again, to their own ends but `least` from now at the least.
    pub(super) fn again(common: &mut Common, round: RoundId, from: &Unfinished, least: Duration) -> Self {
        let least = common.after(least);
        let begun = |end: &Option<Timestamp>| {
            let until = end.unwrap_or(common.now).max(least);
            let (stopped, ring_until) = (end.is_none(), Some(until));
            Begun { pass: 1, next_pass_at: None, wait_until: until, ring_until, stopped }
        };
        let begun: Vec<_> = from.ends.iter().map(begun).collect();
        let (tiers, people) = (from.tiers.clone(), BTreeMap::new());
        let mut rota = Self { round, tiers, began: from.began, begun, people, unanswered: 0 };
        for tier in rota.ringing() {
            rota.take_in(common, tier);
        }
        rota
    }

    /// What is to be known of the step if the winner is lost before both are joined: the winner's tier rings again too.
    pub(super) fn unfinished(&self, now: Timestamp, winner: Option<PhoneNumber>) -> Unfinished {
        let winners = winner.and_then(|phone| self.people.get(&phone)).map(|person| person.tier);
        let all_stopped = self.begun.iter().all(|tier| tier.stopped);
        let last = self.begun.len().saturating_sub(1);
        let end = |(index, tier): (usize, &Begun)| {
            let group = &self.tiers.get(index)?.group;
            let rings = !tier.stopped || winners == Some(index) || (all_stopped && index == last);
            rings.then(|| tier.ring_until.unwrap_or(now + group.ring_for))
        };
        let ends = self.begun.iter().enumerate().map(end).collect();
        Unfinished { tiers: self.tiers.clone(), began: self.began, ends }
    }

    pub(super) fn tiers(&self) -> &Tiers {
        &self.tiers
    }

    /// The group that a leg was dialled for.
    pub(super) fn group_of(&self, wanted: LegId) -> Option<&Arc<RingGroup>> {
        let by = self.people.values().find_map(|person| match person.turn {
            Try::Offered { leg, by } if leg == wanted => Some(by),
            Try::Offered { .. } | Try::Wanted | Try::Rests | Try::Out => None,
        })?;
        self.tiers.get(by).map(|tier| &tier.group)
    }

    /// The group that wants this person.
    pub(super) fn group_for(&self, phone: PhoneNumber) -> Option<&Arc<RingGroup>> {
        self.tiers.get(self.people.get(&phone)?.tier).map(|tier| &tier.group)
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let ringing = self.begun.iter().filter(|tier| !tier.stopped);
        let own = ringing.flat_map(|tier| [Some(tier.ends_at()), tier.next_pass_at]);
        own.chain([self.next_tier_at()]).flatten().min()
    }

    /// Whether no tier that has begun may still ring anybody.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.begun.iter().all(|tier| tier.is_over(now))
    }

    /// The roster has answered.
    pub(super) fn on_answered(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
    }

    /// Whether the caller waits for people who are busy and has not been offered to anybody.
    pub(super) fn only_waits(&self) -> bool {
        self.next_tier().is_none() && self.begun.iter().all(|tier| tier.ring_until.is_none())
    }

    /// Dials a phone that the roster has granted; `false` if no tier wants it any more.
    pub(super) fn offer(&mut self, common: &mut Common, phone: PhoneNumber) -> bool {
        let Some(Person { tier: by, turn: Try::Wanted }) = self.people.get(&phone).copied() else { return false };
        let (Some(tier), Some(begun)) = (self.tiers.get(by), self.begun.get_mut(by)) else { return false };
        // Whoever keeps the time first has taken the wish from everybody of a tier that does not ring any more.
        debug_assert!(!begun.stopped && !begun.is_over(common.now));
        if common.declined.contains(&phone) {
            // At a telephone that did not count any more.
            self.leave_out(phone);
            return false;
        }
        let ring_until = *begun.ring_until.get_or_insert(common.now + tier.group.ring_for);
        let ring_for = phone_for(&tier.group, phone).min(ring_until.since(common.now));
        let leg = common.dial(self.round, phone, ring_for);
        self.people.insert(phone, Person { tier: by, turn: Try::Offered { leg, by } });
        true
    }

    /// A leg does not count any more; `false` if it did not before.
    pub(super) fn on_out(&mut self, leg: LegId, phone: PhoneNumber, rings_again: bool) -> bool {
        let Some(person) = self.people.get_mut(&phone) else { return false };
        let counts = matches!(person.turn, Try::Offered { leg: offered, .. } if offered == leg);
        if counts {
            person.turn = if rings_again { Try::Rests } else { Try::Out };
        }
        counts
    }

    /// Somebody does not want the call whose leg may not have counted any more; `false` if nobody wanted to ring them.
    pub(super) fn leave_out(&mut self, phone: PhoneNumber) -> bool {
        let waits = |person: &&mut Person| matches!(person.turn, Try::Wanted | Try::Rests);
        self.people.get_mut(&phone).filter(waits).map(|person| person.turn = Try::Out).is_some()
    }

    /// Begins the passes whose time has come.
    pub(super) fn begin_passes(&mut self, common: &mut Common) {
        for index in 0..self.begun.len() {
            let begun = &mut self.begun[index];
            if begun.is_over(common.now) || begun.next_pass_at.is_none_or(|at| at > common.now) {
                continue;
            }
            begun.next_pass_at = None;
            begun.pass += 1;
            common.note(Fact::NextPass(begun.pass));
            for person in self.people.values_mut().filter(|it| it.tier == index && it.turn == Try::Rests) {
                person.turn = Try::Wanted;
            }
            self.seek(common, index);
        }
    }

    /// Stops the tiers whose time is over, and begins those whose time has come.
    pub(super) fn keep_time(&mut self, common: &mut Common) {
        self.stop_what_is_over(common);
        while self.next_tier_at().is_some_and(|at| at <= common.now) {
            self.begin_tier(common);
        }
    }

    /// Keeps the time, and begins further tiers if nobody is left to ring before them; whether anything can still come
    /// of the round.
    pub(super) fn go_on(&mut self, common: &mut Common) -> bool {
        self.keep_time(common);
        self.plan_passes(common);
        // Who is busy with another call is not waited for as long as there is somebody else.
        while self.next_tier().is_some() && self.unanswered == 0 && !self.is_under_way() {
            self.begin_tier(common);
        }
        let last = self.ringing().last().copied();
        let waits = self.people.values().any(|person| person.turn == Try::Wanted && Some(person.tier) == last);
        waits || self.is_under_way() || self.next_tier().is_some()
    }

    /// Begins the next tier: those before it ring on, or stop.
    pub(super) fn begin_tier(&mut self, common: &mut Common) {
        let index = self.begun.len();
        let Some(Tier { group, keeps_earlier, .. }) = self.next_tier().cloned() else { return };
        self.begun.push(Begun::new(common.now, &group));
        if index == 1 && self.tiers.begins_alone() {
            // Now the step begins as it was written, however soon.
            self.began = Some(common.now);
        }
        self.take_in(common, index);
        if index > 0 {
            common.note(Fact::TierBegan(group.name.clone()));
        }
        if self.next_tier().is_none() {
            (self.began, self.unanswered) = (None, 0);
        }
        if !keeps_earlier {
            let earlier: Vec<_> = self.ringing().into_iter().filter(|earlier| *earlier < index).collect();
            self.stop(common, &earlier);
        }
        self.seek(common, index);
    }

    /// Asks the roster for everybody whom the tiers want that ring.
    pub(super) fn seek_all(&mut self, common: &mut Common) {
        for index in self.ringing() {
            self.seek(common, index);
        }
    }

    /// Makes everybody of a tier a person whom it rings. Whose phone rings already counts as rung by it.
    fn take_in(&mut self, common: &Common, index: usize) {
        let Some(group) = self.tiers.get(index).map(|tier| tier.group.clone()) else { return };
        let declined = |phone: PhoneNumber| common.declined.contains(&phone);
        let unjoinable = |phone: PhoneNumber| common.unjoinable.contains(&phone);
        let mut everybody = self.tiers.groups().flat_map(|group| &group.members);
        let others = everybody.any(|member| !declined(member.phone) && !unjoinable(member.phone));
        for phone in group.members.iter().map(|member| member.phone) {
            let turn = match self.people.get(&phone).map(|person| person.turn) {
                Some(turn @ Try::Offered { .. }) => {
                    self.begun[index].ring_until.get_or_insert(common.now + group.ring_for);
                    turn
                }
                Some(Try::Out) => Try::Out,
                Some(Try::Wanted | Try::Rests) | None => {
                    let out = declined(phone) || (others && unjoinable(phone));
                    if out { Try::Out } else { Try::Wanted }
                }
            };
            self.people.insert(phone, Person { tier: index, turn });
        }
    }

    fn seek(&mut self, common: &mut Common, index: usize) {
        let Some(Tier { group, .. }) = self.tiers.get(index) else { return };
        let wanted = Person { tier: index, turn: Try::Wanted };
        let members = group.members.iter().map(|member| member.phone);
        let phones: Vec<_> = members.filter(|phone| self.people.get(phone) == Some(&wanted)).collect();
        if phones.is_empty() {
            return;
        }
        common.push(Effect::Seek { round: self.round, phones, ring_busy: group.ring_busy });
        if self.next_tier().is_some() {
            self.unanswered = self.unanswered.saturating_add(1);
        }
    }

    fn stop_what_is_over(&mut self, common: &mut Common) {
        let over = |index: &usize| self.begun[*index].is_over(common.now);
        let over: Vec<_> = self.ringing().into_iter().filter(over).collect();
        if !over.is_empty() {
            self.stop(common, &over);
            // The roster was told to forget the others' wishes, too.
            self.seek_all(common);
        }
    }

    /// No new ring, and phones that ring stop. Who has picked up may still accept.
    fn stop(&mut self, common: &mut Common, tiers: &[usize]) {
        if tiers.is_empty() {
            return;
        }
        common.push(Effect::StopSeeking);
        let later = if self.next_tier().is_some() { Try::Rests } else { Try::Out };
        for index in tiers {
            (self.begun[*index].stopped, self.begun[*index].next_pass_at) = (true, None);
        }
        for (phone, person) in self.people.iter_mut().filter(|(_, person)| tiers.contains(&person.tier)) {
            match person.turn {
                Try::Wanted | Try::Rests => person.turn = later,
                Try::Offered { leg, .. } if !common.legs.is_screened(leg) => {
                    common.note(Fact::DidNotAnswer(common.name_of(*phone)));
                    common.withdraw(leg, Told::MovedOn);
                    person.turn = later;
                }
                Try::Offered { .. } | Try::Out => {}
            }
        }
    }

    /// Gives tiers in which nobody rings, and somebody did not answer, another pass if there is time for it.
    fn plan_passes(&mut self, common: &Common) {
        let at = common.after(BETWEEN_PASSES);
        for index in self.ringing() {
            let Some(tier) = self.tiers.get(index) else { continue };
            let people = || self.people.values().filter(|person| person.tier == index);
            let rests = people().any(|person| person.turn == Try::Rests);
            let busy = people().any(|person| matches!(person.turn, Try::Wanted | Try::Offered { .. }));
            let begun = &mut self.begun[index];
            let has_time = begun.ring_until.is_some_and(|until| at < until);
            if !rests {
                // They have declined meanwhile, or a later tier rings them.
                begun.next_pass_at = None;
            } else if !busy && begun.pass < tier.group.passes && has_time {
                begun.next_pass_at.get_or_insert(at);
            }
        }
    }

    fn next_tier(&self) -> Option<&Tier> {
        self.tiers.get(self.begun.len())
    }

    fn next_tier_at(&self) -> Option<Timestamp> {
        Some(self.began? + self.next_tier()?.after)
    }

    /// Whether somebody rings, is being screened, or is to be rung again.
    fn is_under_way(&self) -> bool {
        let offered = self.people.values().any(|person| matches!(person.turn, Try::Offered { .. }));
        offered || self.begun.iter().any(|tier| tier.next_pass_at.is_some())
    }

    /// The tiers that have begun and not stopped.
    fn ringing(&self) -> Vec<usize> {
        (0..self.begun.len()).filter(|index| !self.begun[*index].stopped).collect()
    }
}

fn phone_for(group: &RingGroup, phone: PhoneNumber) -> Duration {
    let member = group.members.iter().find(|member| member.phone == phone);
    member.map_or(group.ring_for, |member| member.phone_for)
}
