//! The promises, checked against what is true after every step and at the end of a case.

use std::time::Duration;

use ringall_core::{
    call::{Call, Effect, Phase},
    fact::{Fact, Outcome},
    flow::{RingGroup, Step},
    id::CallSid,
    phone::PhoneNumber,
    roster::Presence,
    screen::Screen,
};

use super::{
    plan::Character,
    world::{CallerDoes, LegIs, ModelLeg, Who, World},
};

/// Longer silence is not bearable.
const SILENCE: Duration = Duration::from_secs(2);
/// The roster takes a phone for free so long after its leg's end was asked for.
const END_TAKES: Duration = Duration::from_secs(2);
/// Nobody waits longer than this, whatever happens: two groups, their waiting times, screening, hand-backs.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// A call that is decided has seen its last leg out by then, outages and lost callbacks included.
const LONGEST_END: Duration = Duration::from_secs(300);
/// A telephone that nobody wants any more is silent by then, if the carrier can be reached and says what it does.
const LONGEST_RING: Duration = Duration::from_secs(25);
/// A leg's document is given within the carrier's time for a request.
const DOCUMENT: Duration = Duration::from_secs(15);

fn rings(call: &Call) -> bool {
    matches!(call.phase(), Phase::Ringing | Phase::Queueing)
}

impl World {
    /// After every step.
    pub(crate) fn watch(&mut self) {
        for call in 0..self.calls.len() {
            self.watch_silence(call);
            self.watch_waiting(call);
            let members = self.calls[call].room.iter().filter(|who| **who != Who::Caller).count();
            let with_caller = self.calls[call].room.contains(&Who::Caller);
            self.check(members <= 1 || !with_caller, "never two members with one caller");
        }
        for leg in &self.legs {
            let waits = leg.waits_for_document.map_or(Duration::ZERO, |since| self.now.since(since));
            self.check(waits < DOCUMENT, "who falls out of the conference is told what comes next");
            let unwanted = leg.unwanted_since.map_or(Duration::ZERO, |since| self.now.since(since));
            let rings = matches!(leg.state, LegIs::Queued | LegIs::Ringing);
            self.check(
                !rings || unwanted < LONGEST_RING || self.may_ring_on(leg.answer_lost),
                "no phone is left ringing",
            );
        }
    }

    /// A leg of which the carrier never told, or which it did not end when asked, rings until the carrier's own limit.
    fn may_ring_on(&self, answer_lost: bool) -> bool {
        answer_lost || self.trouble().outage.is_some()
    }

    pub(crate) fn watch_silence(&mut self, call: usize) {
        let now = self.now;
        let caller = &mut self.calls[call].caller;
        let silent =
            caller.answered && matches!(caller.doing, CallerDoes::Asks(_) | CallerDoes::GoesIn | CallerDoes::Pauses);
        let since = *caller.silent_since.get_or_insert(now);
        if !silent {
            caller.silent_since = None;
        }
        let silence = now.since(since);
        self.check(!silent || silence <= SILENCE, "the caller never hears silence for more than two seconds");
    }

    fn watch_waiting(&self, call: usize) {
        let it = &self.calls[call];
        if it.caller.doing != CallerDoes::Gone
            && let Some(since) = it.waits_since
        {
            self.check(self.now.since(since) < LONGEST_WAIT, "no caller waits for ever");
        }
        if let Some(since) = it.over_since
            && it.machine.is_some()
        {
            self.check(self.now.since(since) < LONGEST_END, "a call that is decided comes to its end");
        }
    }

    /// One event has been handled.
    pub(crate) fn watch_transition(&mut self, call: usize, before: &Call, after: &Call, effects: &[Effect]) {
        if before.phase() == Phase::Over {
            self.check(after.outcome() == before.outcome(), "what is decided stays decided");
        }
        if after.phase() == Phase::Over && before.phase() != Phase::Over {
            self.calls[call].over_since = Some(self.now);
        }
        let mut handed_back = false;
        for effect in effects {
            let dials = matches!(effect, Effect::Dial { .. });
            self.check(!dials || rings(after), "only a call that rings dials");
            handed_back |= matches!(effect, Effect::Note(Fact::HandedBack(_)));
            if let Effect::Note(Fact::Bridged(name)) = effect {
                self.watch_bridged(call, name);
            }
            if *effect == Effect::Note(Fact::NobodyTookIt) && !handed_back {
                self.watch_nobody(call, before);
            }
        }
        self.watch_unwanted(call, rings(after));
    }

    /// Marks the legs that ring for nothing from now on.
    fn watch_unwanted(&mut self, call: usize, rings: bool) {
        let now = self.now;
        let present = self.calls[call].round.as_ref().map(|round| round.id);
        for leg in self.legs.iter_mut().filter(|leg| leg.call == call && !leg.won) {
            if !rings || Some(leg.round.id) != present {
                leg.unwanted_since.get_or_insert(now);
            }
        }
    }

    fn watch_bridged(&self, call: usize, name: &str) {
        let holder = self.calls[call].round.as_ref().and_then(|round| round.race.claim().holder());
        let holder = holder.and_then(|id| self.legs.iter().find(|leg| leg.call == call && leg.id == id));
        let holder = holder.expect("a bridge has a winner");
        let member = holder.group.members.iter().find(|member| member.phone == holder.phone).expect("a member");
        self.check(&*member.name == name, "who talks is who has the claim");
    }

    /// Nobody took it: then nobody may be left who still could.
    fn watch_nobody(&self, call: usize, before: &Call) {
        let Some(round) = self.calls[call].round.as_ref().filter(|_| before.phase() == Phase::Ringing) else { return };
        self.check(round.race.claim().holder().is_none(), "nobody took it only if nobody has it");
        for leg in self.legs.iter().filter(|leg| leg.call == call && leg.round.id == round.id) {
            let alive = matches!(leg.state, LegIs::Ringing | LegIs::Up | LegIs::AskedForKey);
            let in_time = self.now.since(leg.dialled_at) < leg.ring_for;
            let given_up = leg.end_asked.is_some() || leg.sent_away || leg.withdrawn;
            self.check(!alive || given_up || !in_time, "a leg's end ends only that leg");
        }
    }

    pub(crate) fn watch_fact(&mut self, call: usize, fact: &Fact) {
        if let Fact::Declined(name) = fact {
            self.calls[call].declined.insert(name.clone());
        }
        if let Fact::Withdrawn(name, _) = fact {
            let is_theirs = |leg: &&mut ModelLeg| {
                let mut members = leg.group.members.iter();
                leg.call == call && members.any(|member| member.phone == leg.phone && member.name == *name)
            };
            if let Some(leg) = self.legs.iter_mut().rev().find(is_theirs) {
                leg.withdrawn = true;
            }
        }
        if let Fact::TierBegan(group) = fact {
            self.watch_tier(call, group);
        }
        if *fact == Fact::NobodyTookIt {
            self.calls[call].rings_since = None;
        }
    }

    /// A further tier begins: its time has come, or nobody is left to ring.
    fn watch_tier(&self, call: usize, group: &str) {
        let machine = self.calls[call].machine.as_ref().expect("a live call");
        let tiers = machine.tiers().expect("a call that rings").later();
        let after = tiers.iter().find(|tier| *tier.group.name == *group).expect("a tier of the step").after;
        let due = self.calls[call].rings_since.is_some_and(|since| self.now >= since + after);
        let round = self.calls[call].round.as_ref().map(|round| round.id);
        let rings = self.legs.iter().any(|leg| {
            let counts = leg.call == call && Some(leg.round.id) == round && leg.end_asked.is_none() && !leg.sent_away;
            counts && matches!(leg.state, LegIs::Ringing) && self.now.since(leg.dialled_at) < leg.ring_for
        });
        self.check(due || !rings || !self.trouble().is_none(), "a tier waits for its time while others ring");
    }

    pub(crate) fn watch_dial(&self, call: usize, phone: PhoneNumber, group: &RingGroup) {
        let live = self.calls[call].machine.is_some();
        self.check(live, "a call that has ended never dials");
        let member = group.members.iter().find(|member| member.phone == phone);
        self.check(member.is_some(), "nobody outside the chosen group is ever rung");
        let declined = member.is_some_and(|member| self.calls[call].declined.contains(&member.name));
        self.check(!declined, "who has declined is not rung again by this call");
        let rests = self.rests.get(&phone).is_some_and(|until| self.now < *until);
        self.check(!rests || group.ring_busy, "who has talked is left alone for as long as the queue says");
        let queues = self.calls[call].machine.as_ref().is_some_and(|it| it.phase() == Phase::Queueing);
        let round = self.calls[call].round.as_ref().map(|round| round.id);
        let reserved = self.legs.iter().any(|leg| {
            let counts = leg.call == call && Some(leg.round.id) == round && leg.end_asked.is_none() && !leg.sent_away;
            let rings = matches!(leg.state, LegIs::Queued | LegIs::Ringing) && !leg.answer_lost && !leg.withdrawn;
            counts && rings && self.now.since(leg.dialled_at) < leg.ring_for
        });
        self.check(!queues || !reserved, "a caller in a queue is offered to one member at a time");
        let twice = self.legs.iter().any(|leg| {
            leg.call == call
                && leg.phone == phone
                && leg.state != LegIs::Over
                && self.still_counts(leg.end_asked)
                && !leg.answer_lost
        });
        self.check(!twice, "a call never has two legs to one phone");
    }

    /// A phone begins to be rung, or takes its place in the carrier's queue.
    pub(crate) fn watch_ring(&self, leg: usize) {
        let it = &self.legs[leg];
        if self.plan.calls[it.call].ring_busy {
            return;
        }
        let others = self.legs.iter().enumerate().filter(|(index, other)| {
            *index != leg && other.phone == it.phone && !matches!(other.state, LegIs::Over | LegIs::Requested)
        });
        for (_, other) in others {
            let counts = self.still_counts(other.end_asked) && self.still_counts(it.end_asked);
            let excused = other.answer_lost || it.answer_lost;
            self.check(!counts || excused, "nobody is rung twice");
        }
    }

    fn still_counts(&self, end_asked: Option<ringall_core::time::Timestamp>) -> bool {
        end_asked.is_none_or(|at| self.now.since(at) < END_TAKES)
    }

    pub(crate) fn watch_grant(&mut self, sid: &CallSid, phones: &[PhoneNumber]) {
        let away = phones.iter().any(|phone| self.roster.presence(*phone) == Presence::Away);
        self.check(!away, "who is away is offered to nobody");
        let Some((since, ..)) = self.seekers.get(sid) else { return };
        let ring_busy = self.plan.calls.iter().any(|call| call.ring_busy);
        let passed_over = self.seekers.iter().any(|(other, (earlier, _, wants))| {
            other != sid && earlier < since && phones.iter().any(|phone| wants.contains(phone))
        });
        self.check(!passed_over || ring_busy, "whoever is free is offered to the caller who has waited longest");
        if let Some((.., wants)) = self.seekers.get_mut(sid) {
            wants.retain(|phone| !phones.contains(phone));
        }
        let queues = self.calls.iter().find(|call| call.sid == *sid).and_then(|call| call.machine.as_ref());
        if !phones.is_empty() && queues.is_some_and(|machine| machine.phase() == Phase::Queueing) {
            self.seekers.remove(sid);
        }
    }

    pub(crate) fn watch_win(&self, leg: usize) {
        let it = &self.legs[leg];
        let others = self.legs.iter().any(|other| other.call == it.call && other.won && other.round.id == it.round.id);
        self.check(!others, "a round has one winner");
        let machine = matches!(it.character, Character::Mailbox { .. });
        let listens = matches!(it.group.screen, Screen::Key | Screen::AmdAndKey);
        self.check(!machine || !listens, "a mailbox never has the call");
    }

    pub(crate) fn watch_bridge(&self, call: usize) {
        let room = &self.calls[call].room;
        for who in room {
            if let Who::Leg(leg) = who {
                self.check(self.legs[*leg].won, "only a winner is in the room");
            }
        }
    }

    /// A leg is over: whoever picked up and does not have the call was told, unless they left by themselves.
    pub(crate) fn watch_leg_end(&self, leg: usize) {
        let it = &self.legs[leg];
        let human = matches!(it.character, Character::Human { .. });
        let listens = matches!(it.state, LegIs::AskedForKey | LegIs::DialEnded);
        let owed = self.trouble().is_none() && human && listens && !it.won && !it.left_by_itself;
        self.check(!owed || it.told, "whoever picks up and does not get the call is told so");
    }

    /// The carrier ends a leg at once because we say so.
    pub(crate) fn watch_complete(&self, leg: usize) {
        let it = &self.legs[leg];
        let talks = it.state == LegIs::InRoom && self.calls[it.call].room.contains(&Who::Caller);
        self.check(!talks || !self.trouble().is_none(), "nobody who talks is cut off");
    }

    /// The machine says that the call is finished.
    pub(crate) fn watch_finish(&self, call: usize) {
        let it = &self.calls[call];
        let machine = it.machine.as_ref().expect("a call that has just finished");
        let outage = self.trouble().outage.is_some();
        self.check(it.caller.doing == CallerDoes::Gone || outage, "a call ends when its caller is gone");
        for leg in self.legs.iter().filter(|leg| leg.call == call) {
            let over = matches!(leg.state, LegIs::Over | LegIs::HearsWhy | LegIs::Requested);
            self.check(over || leg.answer_lost || leg.end_asked.is_some() || outage, "no leg outlives its call");
        }
        self.watch_words(call, machine);
        self.watch_fold(call, machine);
    }

    /// Whoever stayed on the line has talked, or was told.
    fn watch_words(&self, call: usize, machine: &Call) {
        let caller = &self.calls[call].caller;
        let outage = self.trouble().outage.is_some();
        let flow = &self.plan.calls[self.calls[call].plan].setup.flow;
        let speaks = flow.steps().iter().any(|named| matches!(named.step, Step::Say { .. }));
        let led_on = caller.talked || caller.heard_words || caller.hung_up || !speaks;
        self.check(led_on || outage, "no caller is ever left without words");
        let talked = machine.outcome() == Some(Outcome::Talked);
        // Who enters just after the other has left looks bridged, if the report of the leaving comes last.
        let holder = self.calls[call].round.as_ref().and_then(|round| round.race.claim().holder());
        let missed = self.legs.iter().any(|leg| leg.call == call && Some(leg.id) == holder && leg.was_in_room);
        let seems = caller.talked || (caller.was_in_room && missed);
        self.check(!talked || seems || outage, "a call in which nobody talked is not over as if they had");
        if self.trouble().is_none() && !caller.talked && !caller.hung_up {
            let lost = self.legs.iter().any(|leg| leg.call == call && leg.won && !leg.left_by_itself && !leg.told);
            self.check(!lost, "who takes the call talks to its caller");
        }
    }

    /// The same events give the same state and the same effects.
    fn watch_fold(&self, call: usize, machine: &Call) {
        let it = &self.calls[call];
        let setup = self.plan.calls[it.plan].setup.clone();
        let (mut again, mut effects) = Call::begin(self.plan.calls[it.plan].arrives_at, setup);
        for (at, event) in &it.heard {
            let (next, more) = again.handle(*at, event.clone());
            again = next;
            effects.extend(more);
        }
        self.check(again == *machine, "the same events give the same state");
        self.check(effects == it.wanted, "the same events give the same effects");
    }

    /// Nothing is left to happen.
    pub(crate) fn watch_end(&self) {
        for call in &self.calls {
            let done = call.ended || call.caller.doing == CallerDoes::NotYet;
            self.check(done, "every call is finished in the end");
            let outage = self.trouble().outage.is_some();
            self.check(call.caller.doing == CallerDoes::Gone || outage || !call.ended, "no caller is left on the line");
        }
        for leg in &self.legs {
            self.say(|| format!("{} is {:?} in the end", leg.sid, leg.state));
            self.check(leg.state == LegIs::Over, "every leg is over in the end");
        }
        self.check(self.roster.is_idle(), "everybody is free in the end");
    }
}
