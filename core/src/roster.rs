//! Who is free, and who is offered to whom: nobody is rung twice, and the caller who has waited longest comes first
//! (promise 7).
//!
//! The roster is a machine beside the calls, pure like them. It knows people by their telephone: the same number under
//! two names is one person. A call asks for phones and gets those that are free at once, the others when they become
//! free. A phone is leased to a call from the grant until its leg's end is confirmed, or two seconds after that end
//! was asked for; after a talk out of a queue its person rests for a while. Who is away is offered to nobody.
//!
//! A call in a queue is one that asks for one phone at a time; who stands where in which queue is kept in `line`.

mod line;
mod presence;
#[cfg(test)]
mod queue_tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use self::line::Lines;
use crate::{
    flow::{Order, QueuePlace, QueueRefusal},
    id::{CallSid, RoundId},
    phone::PhoneNumber,
    time::Timestamp,
};

/// Leases, and who waits for whom. Rebuilt from the open calls after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Roster {
    leases: BTreeMap<PhoneNumber, BTreeMap<CallSid, Lease>>,
    seekers: BTreeMap<CallSid, Seeker>,
    /// Leases that end by themselves, so that the next deadline is at hand.
    ending: BTreeSet<(Timestamp, PhoneNumber, CallSid)>,
    /// Who is left alone after a talk, and until when.
    resting: BTreeMap<PhoneNumber, Timestamp>,
    away: BTreeSet<PhoneNumber>,
    /// When each person's last talk ended.
    talked_at: BTreeMap<PhoneNumber, Timestamp>,
    lines: Lines,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Lease {
    /// Free from then on, even if the carrier never confirms the end.
    until: Option<Timestamp>,
    talk: Option<LeasedTalk>,
}

/// The caller and the person with this phone talk.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct LeasedTalk {
    since: Timestamp,
    wrap_up: Duration,
    queue: Option<Arc<str>>,
    /// They accepted after their phone was taken for free: it is engaged again for the sake of the talk.
    is_late: bool,
}

/// A call that waits for people.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Seeker {
    since: Timestamp,
    round: RoundId,
    wishes: Vec<Wish>,
    /// The call is in a queue, and rings one phone at a time.
    one: bool,
}

/// A phone that a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Wish {
    phone: PhoneNumber,
    ring_busy: bool,
}

/// What the roster is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RosterEvent {
    /// A call wants these phones, besides those that it has waited for in the same round; it is answered at once, if
    /// need be with an empty grant.
    Sought {
        /// The call.
        call: CallSid,
        /// When its caller began to wait.
        since: Timestamp,
        /// The round that wants them.
        round: RoundId,
        /// In the order in which they are to be dialled.
        phones: Vec<PhoneNumber>,
        /// Also those that another call rings or talks to.
        ring_busy: bool,
        /// Who of those that are free comes first.
        order: Order,
    },
    /// A call wants no more phones, and is in no queue.
    StoppedSeeking(CallSid),
    /// A call asked the carrier to end its leg to this phone.
    EndAsked(CallSid, PhoneNumber),
    /// A call's leg to this phone was picked up although its end was asked for: it is engaged until its end.
    StillEngaged(CallSid, PhoneNumber),
    /// A call's leg to this phone is over.
    Freed(CallSid, PhoneNumber),
    /// A call is gone with all its legs.
    CallOver(CallSid),
    /// The moment of [`Roster::deadline`] has come.
    DeadlineReached,
    /// A call waits in a queue, for one phone at a time. It is answered at once, if need be with an empty grant.
    Queued(Queued),
    /// A call's caller and the person with this phone talk.
    Talks {
        /// The call.
        call: CallSid,
        /// Whose phone.
        phone: PhoneNumber,
        /// How long they rest afterwards.
        wrap_up: Duration,
        /// The queue that the caller came from.
        queue: Option<Arc<str>>,
    },
    /// What was taken for a talk was none.
    TalkWasNone(CallSid),
    /// Somebody comes to work, or goes away.
    PresenceSet(PhoneNumber, Presence),
}

/// A call in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The call.
    pub call: CallSid,
    /// When its caller came into the queue.
    pub since: Timestamp,
    /// The round that wants a phone.
    pub round: RoundId,
    /// Queues of the same name are one.
    pub queue: Arc<str>,
    /// Everybody who may yet take the call.
    pub members: Vec<PhoneNumber>,
    /// Whom to ring now if they are free.
    pub first: Vec<PhoneNumber>,
    /// Who of them comes first.
    pub order: Order,
    /// Whom to ring if nobody else is free, in this order.
    pub last: Vec<PhoneNumber>,
    /// How many may wait, if the call comes in only now.
    pub most_waiting: Option<usize>,
}

/// Whether somebody can be rung at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Presence {
    /// As long as they do not talk, ring or rest.
    #[default]
    Available,
    /// Not at all.
    Away,
}

/// Phones that a call may ring now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The call that asked.
    pub call: CallSid,
    /// The round that it asked for.
    pub round: RoundId,
    /// In the order in which they are to be dialled; empty if it asked and nobody is free.
    pub phones: Vec<PhoneNumber>,
    /// Phones that it asked for and whose people are away.
    pub away: Vec<PhoneNumber>,
    /// It cannot wait in the queue.
    pub refused: Option<QueueRefusal>,
}

/// How long after our request to end it a leg may still ring.
const END_TAKES: Duration = Duration::from_secs(2);

impl Roster {
    /// Advances the roster by one event; the grants are for the calls to hear.
    #[must_use]
    pub fn handle(mut self, now: Timestamp, event: RosterEvent) -> (Self, Vec<Grant>) {
        let grants = match event {
            RosterEvent::Sought { call, since, round, mut phones, ring_busy, order } => {
                self.sort(&mut phones, order);
                self.on_sought(call, &phones, ring_busy, Seeker { since, round, wishes: Vec::new(), one: false })
            }
            RosterEvent::StoppedSeeking(call) => {
                self.seekers.remove(&call);
                self.lines.leave(&call);
                Vec::new()
            }
            RosterEvent::EndAsked(call, phone) => {
                self.on_end_asked(now, call, phone);
                Vec::new()
            }
            RosterEvent::StillEngaged(call, phone) => {
                self.on_still_engaged(call, phone);
                Vec::new()
            }
            RosterEvent::Freed(call, phone) => {
                self.end_lease(now, phone, &call);
                self.offer([phone])
            }
            RosterEvent::CallOver(call) => self.on_call_over(now, &call),
            RosterEvent::DeadlineReached => self.on_deadline(now),
            RosterEvent::Queued(queued) => vec![self.on_queued(queued)],
            RosterEvent::Talks { call, phone, wrap_up, queue } => {
                self.on_talks(call, phone, LeasedTalk { since: now, wrap_up, queue, is_late: false });
                Vec::new()
            }
            RosterEvent::TalkWasNone(call) => self.on_talk_was_none(now, &call),
            RosterEvent::PresenceSet(phone, presence) => self.on_presence(phone, presence),
        };
        (self, grants)
    }

    /// When the next lease or rest ends by itself.
    pub fn deadline(&self) -> Option<Timestamp> {
        let ending = self.ending.first().map(|(at, _, _)| *at);
        ending.into_iter().chain(self.resting.values().copied()).min()
    }

    /// Whether no call rings or talks to this phone, and its person neither rests nor is away.
    pub fn is_free(&self, phone: PhoneNumber) -> bool {
        let engaged = self.leases.contains_key(&phone) || self.resting.contains_key(&phone);
        !engaged && self.presence(phone) == Presence::Available
    }

    /// Whether this person can be rung at all.
    pub fn presence(&self, phone: PhoneNumber) -> Presence {
        if self.away.contains(&phone) { Presence::Away } else { Presence::Available }
    }

    /// Where a call stands in its queue.
    pub fn place(&self, call: &CallSid) -> Option<QueuePlace> {
        self.lines.place(call, |phone| self.presence(phone) == Presence::Available)
    }

    /// Whether nothing is leased and nobody waits.
    pub fn is_idle(&self) -> bool {
        self.leases.is_empty() && self.seekers.is_empty() && self.lines.is_empty()
    }

    fn on_sought(&mut self, call: CallSid, wanted: &[PhoneNumber], ring_busy: bool, mut seeker: Seeker) -> Vec<Grant> {
        let round = seeker.round;
        let (away, here): (Vec<PhoneNumber>, Vec<PhoneNumber>) =
            wanted.iter().partition(|phone| self.away.contains(phone));
        let (phones, waits): (Vec<_>, Vec<_>) =
            here.into_iter().partition(|phone| self.may_ring(&call, *phone, ring_busy));
        for phone in &phones {
            self.lease(*phone, call.clone());
        }
        if let Some(earlier) = self.seekers.remove(&call).filter(|earlier| earlier.round == round) {
            seeker.wishes.extend(earlier.wishes.into_iter().filter(|wish| !wanted.contains(&wish.phone)));
        }
        seeker.wishes.extend(waits.into_iter().map(|phone| Wish { phone, ring_busy }));
        if !seeker.wishes.is_empty() {
            self.seekers.insert(call.clone(), seeker);
        }
        vec![Grant { away, ..Grant::of(call, round, phones) }]
    }

    fn on_end_asked(&mut self, now: Timestamp, call: CallSid, phone: PhoneNumber) {
        let Some(lease) = self.leases.get_mut(&phone).and_then(|leases| leases.get_mut(&call)) else { return };
        if lease.until.is_none() {
            let until = now + END_TAKES;
            lease.until = Some(until);
            self.ending.insert((until, phone, call));
        }
    }

    fn on_still_engaged(&mut self, call: CallSid, phone: PhoneNumber) {
        let Some(lease) = self.leases.get_mut(&phone).and_then(|leases| leases.get_mut(&call)) else { return };
        if let Some(until) = lease.until.take() {
            self.ending.remove(&(until, phone, call));
        }
    }

    fn on_call_over(&mut self, now: Timestamp, call: &CallSid) -> Vec<Grant> {
        self.seekers.remove(call);
        self.lines.leave(call);
        let held: Vec<_> =
            self.leases.iter().filter(|(_, leases)| leases.contains_key(call)).map(|(phone, _)| *phone).collect();
        for phone in &held {
            self.end_lease(now, *phone, call);
        }
        self.offer(held)
    }

    fn on_deadline(&mut self, now: Timestamp) -> Vec<Grant> {
        let mut freed = Vec::new();
        while let Some((at, phone, call)) = self.ending.first().cloned()
            && at <= now
        {
            self.end_lease(now, phone, &call);
            freed.push(phone);
        }
        let rested = self.resting.iter().filter(|(_, until)| **until <= now).map(|(phone, _)| *phone);
        freed.extend(rested.collect::<Vec<_>>());
        self.resting.retain(|_, until| *until > now);
        self.offer(freed)
    }

    /// Offers phones that may have become free to whoever has waited longest.
    fn offer(&mut self, freed: impl IntoIterator<Item = PhoneNumber>) -> Vec<Grant> {
        let mut grants: Vec<Grant> = Vec::new();
        for phone in freed {
            let Some(call) = self.longest_waiting(phone) else { continue };
            let Some(seeker) = self.seekers.get_mut(&call) else { continue };
            seeker.wishes.retain(|wish| wish.phone != phone);
            let round = seeker.round;
            if seeker.wishes.is_empty() || seeker.one {
                self.seekers.remove(&call);
            }
            self.lease(phone, call.clone());
            match grants.iter_mut().find(|grant| grant.call == call) {
                Some(grant) => grant.phones.push(phone),
                None => grants.push(Grant::of(call, round, vec![phone])),
            }
        }
        grants
    }

    fn longest_waiting(&self, phone: PhoneNumber) -> Option<CallSid> {
        self.seekers
            .iter()
            .filter(|(call, seeker)| {
                let mut wishes = seeker.wishes.iter().filter(|wish| wish.phone == phone);
                wishes.any(|wish| self.may_ring(call, phone, wish.ring_busy))
            })
            .min_by_key(|(call, seeker)| (seeker.since, (*call).clone()))
            .map(|(call, _)| call.clone())
    }

    /// A call's own leg keeps its phone engaged in any case: even who rings busy people rings nobody twice at once.
    fn may_ring(&self, call: &CallSid, phone: PhoneNumber, ring_busy: bool) -> bool {
        let rests = self.resting.contains_key(&phone);
        let engaged = self.leases.get(&phone);
        !self.away.contains(&phone)
            && (ring_busy || (!rests && engaged.is_none()))
            && engaged.is_none_or(|leases| !leases.contains_key(call))
    }

    fn lease(&mut self, phone: PhoneNumber, call: CallSid) {
        self.leases.entry(phone).or_default().insert(call, Lease::default());
    }

    fn end_lease(&mut self, now: Timestamp, phone: PhoneNumber, call: &CallSid) {
        let Some(leases) = self.leases.get_mut(&phone) else { return };
        let ended = leases.remove(call);
        if leases.is_empty() {
            self.leases.remove(&phone);
        }
        let Some(Lease { until, talk }) = ended else { return };
        if let Some(until) = until {
            self.ending.remove(&(until, phone, call.clone()));
        }
        if let Some(talk) = talk {
            self.on_talk_over(now, phone, talk);
        }
    }
}

impl Grant {
    /// These phones, and nothing else.
    pub fn of(call: CallSid, round: RoundId, phones: Vec<PhoneNumber>) -> Self {
        Self { call, round, phones, away: Vec::new(), refused: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn who_is_free_is_granted_at_once_in_the_order_of_the_group() {
        let (_, grants) = sought(Roster::default(), "CA1", 0, [ANA, BEN]);

        assert_eq!(grants, [grant("CA1", &[ANA, BEN])]);
    }

    #[test]
    fn nobody_is_rung_by_two_calls_and_the_longest_waiting_caller_is_next() {
        let (roster, _) = sought(Roster::default(), "CA1", 0, [ANA]);
        let (roster, late) = sought(roster, "CA3", 2, [ANA]);
        let (roster, early) = sought(roster, "CA2", 1, [ANA]);
        assert_eq!((late, early), (vec![grant("CA3", &[])], vec![grant("CA2", &[])]));

        let (roster, grants) = roster.handle(T0, RosterEvent::Freed(call("CA1"), phone(ANA)));
        assert_eq!(grants, [grant("CA2", &[ANA])]);

        let (_, grants) = roster.handle(T0, RosterEvent::CallOver(call("CA2")));
        assert_eq!(grants, [grant("CA3", &[ANA])]);
    }

    #[test]
    fn a_phone_is_free_two_seconds_after_its_end_was_asked_for() {
        let (roster, _) = sought(Roster::default(), "CA1", 0, [ANA]);
        let (roster, _) = sought(roster, "CA2", 1, [ANA]);
        let (roster, none) = roster.handle(T0, RosterEvent::EndAsked(call("CA1"), phone(ANA)));
        assert_eq!((none, roster.deadline()), (vec![], Some(T0 + END_TAKES)));

        let (roster, early) = roster.handle(T0 + Duration::from_secs(1), RosterEvent::DeadlineReached);
        assert_eq!(early, []);

        let (roster, grants) = roster.handle(T0 + END_TAKES, RosterEvent::DeadlineReached);
        assert_eq!(grants, [grant("CA2", &[ANA])]);
        assert_eq!(roster.deadline(), None);
    }

    #[test]
    fn a_phone_that_was_picked_up_in_the_moment_of_its_end_is_engaged_until_its_end() {
        let (roster, _) = sought(Roster::default(), "CA1", 0, [ANA]);
        let (roster, _) = sought(roster, "CA2", 1, [ANA]);
        let (roster, _) = roster.handle(T0, RosterEvent::EndAsked(call("CA1"), phone(ANA)));

        let (roster, none) = roster.handle(T0, RosterEvent::StillEngaged(call("CA1"), phone(ANA)));
        assert_eq!((none, roster.deadline()), (vec![], None));

        let (_, grants) = roster.handle(T0, RosterEvent::Freed(call("CA1"), phone(ANA)));
        assert_eq!(grants, [grant("CA2", &[ANA])]);
    }

    #[test]
    fn ring_busy_rings_the_engaged_but_never_twice_for_one_call() {
        let (roster, _) = sought(Roster::default(), "CA1", 0, [ANA]);

        let (roster, grants) = seek(roster, "CA2", 1, &[ANA], true);
        assert_eq!(grants, [grant("CA2", &[ANA])]);

        let (_, again) = seek(roster, "CA2", 1, &[ANA], true);
        assert_eq!(again, [grant("CA2", &[])]);
    }

    #[test]
    fn who_stops_seeking_is_offered_nobody() {
        let (roster, _) = sought(Roster::default(), "CA1", 0, [ANA]);
        let (roster, _) = sought(roster, "CA2", 1, [ANA]);
        let (roster, _) = roster.handle(T0, RosterEvent::StoppedSeeking(call("CA2")));

        let (roster, grants) = roster.handle(T0, RosterEvent::Freed(call("CA1"), phone(ANA)));

        assert_eq!(grants, []);
        assert!(roster.is_idle());
    }

    #[test]
    fn a_further_wish_in_the_same_round_leaves_the_earlier_ones_and_one_in_another_round_does_not() {
        let (roster, _) = sought(Roster::default(), "CA1", 0, [ANA, BEN]);
        let (roster, _) = sought(roster, "CA2", 1, [ANA]);
        let (roster, none) = sought(roster, "CA2", 1, [BEN]);
        assert_eq!(none, [grant("CA2", &[])]);

        let (_, both) = roster.clone().handle(T0, RosterEvent::CallOver(call("CA1")));
        let (since, round) = (T0, RoundId::FIRST.next());
        let again = RosterEvent::Sought {
            call: call("CA2"),
            since,
            round,
            phones: vec![phone(BEN)],
            ring_busy: false,
            order: Order::AsWritten,
        };
        let (_, one) = roster.handle(T0, again).0.handle(T0, RosterEvent::CallOver(call("CA1")));

        assert_eq!(both, [grant("CA2", &[ANA, BEN])]);
        assert_eq!(one, [Grant { round, ..grant("CA2", &[BEN]) }]);
    }

    #[test]
    fn each_wish_keeps_its_own_word_about_ringing_the_busy() {
        let (roster, _) = sought(Roster::default(), "CA1", 0, [ANA, BEN]);
        let (roster, _) = sought(roster, "CA2", 1, [ANA]);
        let (roster, at_once) = seek(roster, "CA2", 1, &[BEN], true);
        assert_eq!(at_once, [grant("CA2", &[BEN])]);

        let (_, then) = roster.handle(T0, RosterEvent::Freed(call("CA1"), phone(ANA)));

        assert_eq!(then, [grant("CA2", &[ANA])]);
    }

    #[test]
    fn a_phone_is_free_until_it_is_granted_and_when_its_end_is_confirmed() {
        assert!(Roster::default().is_free(phone(ANA)) && Roster::default().is_idle());

        let (roster, _) = sought(Roster::default(), "CA1", 0, [ANA]);
        assert!(!roster.is_free(phone(ANA)) && roster.is_free(phone(BEN)) && !roster.is_idle());

        let (roster, _) = roster.handle(T0, RosterEvent::Freed(call("CA1"), phone(ANA)));
        assert!(roster.is_free(phone(ANA)) && roster.is_idle());
    }

    #[test]
    fn one_who_waits_without_a_phone_keeps_the_roster_from_being_idle() {
        let (roster, _) = sought(Roster::default(), "CA1", 0, [ANA]);
        let (roster, _) = sought(roster, "CA2", 1, [ANA]);
        let (roster, _) = roster.handle(T0, RosterEvent::StoppedSeeking(call("CA2")));
        assert!(!roster.is_idle(), "Ana's phone is lent");
    }

    const ANA: &str = "+447700900001";
    const BEN: &str = "+447700900002";

    fn sought<const N: usize>(roster: Roster, name: &str, after: u64, phones: [&str; N]) -> (Roster, Vec<Grant>) {
        seek(roster, name, after, &phones, false)
    }

    fn seek(roster: Roster, name: &str, after: u64, phones: &[&str], ring_busy: bool) -> (Roster, Vec<Grant>) {
        let phones = phones.iter().map(|number| phone(number)).collect();
        let since = T0 + Duration::from_millis(after);
        roster.handle(
            T0,
            RosterEvent::Sought {
                call: call(name),
                since,
                round: RoundId::FIRST,
                phones,
                ring_busy,
                order: Order::AsWritten,
            },
        )
    }

    fn grant(name: &str, phones: &[&str]) -> Grant {
        Grant::of(call(name), RoundId::FIRST, phones.iter().map(|number| phone(number)).collect())
    }

    fn call(name: &str) -> CallSid {
        name.parse().unwrap()
    }

    fn phone(number: &str) -> PhoneNumber {
        number.parse().unwrap()
    }
}
