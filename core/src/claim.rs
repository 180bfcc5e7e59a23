//! The first to accept wins: the only place where two threads meet over a call, and the only atomic of the core.
//!
//! A [`Claim`] changes once and is never reset. A [`Race`] puts beside it the reply the caller is waiting for, so that
//! an accept wakes the caller without asking the call's task. Both are checked by loom (`tests/loom.rs`).

#[cfg(loom)]
use loom::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};
#[cfg(not(loom))]
use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use crate::id::LegId;

/// Who has the call of one round: nobody yet, one leg, or nobody ever because the round is closed.
#[derive(Debug)]
pub struct Claim(AtomicU32);

/// What a leg that accepts is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The leg has the call, since this very moment.
    Won,
    /// The leg has had the call already: the carrier repeats a webhook.
    AlreadyYours,
    /// Somebody else has the call.
    Lost,
    /// Nobody can have the call any more.
    Closed(Closed),
}

/// Why a round was closed, which decides the words that a late leg hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Closed {
    /// The caller has hung up.
    CallerLeft,
    /// The call has gone on to its next step.
    MovedOn,
}

const FREE: u32 = 0;
const CLOSED_CALLER_LEFT: u32 = u32::MAX;
const CLOSED_MOVED_ON: u32 = u32::MAX - 1;

impl Claim {
    /// A claim that nobody has taken.
    pub fn new() -> Self {
        Self(AtomicU32::new(FREE))
    }

    /// Takes the claim for `leg` if it is free; the one atomic decision of a round.
    pub fn try_take(&self, leg: LegId) -> Verdict {
        let me = leg.word();
        // Acquire on failure, so that a loser also sees what the winner wrote before claiming.
        match self.0.compare_exchange(FREE, me, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Verdict::Won,
            Err(holder) => verdict_of(holder, me),
        }
    }

    /// What `leg` would be told, without taking anything; `None` while the claim is free.
    pub fn peek(&self, leg: LegId) -> Option<Verdict> {
        match self.0.load(Ordering::Acquire) {
            FREE => None,
            holder => Some(verdict_of(holder, leg.word())),
        }
    }

    /// Closes the claim unless a leg holds it: `Err` names that leg. Closing again keeps the first reason.
    pub fn close(&self, why: Closed) -> Result<(), LegId> {
        let word = match why {
            Closed::CallerLeft => CLOSED_CALLER_LEFT,
            Closed::MovedOn => CLOSED_MOVED_ON,
        };
        match self.0.compare_exchange(FREE, word, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) | Err(CLOSED_CALLER_LEFT | CLOSED_MOVED_ON) => Ok(()),
            Err(holder) => LegId::from_word(holder).map_or(Ok(()), Err),
        }
    }

    /// The leg that has the call.
    pub fn holder(&self) -> Option<LegId> {
        match self.0.load(Ordering::Acquire) {
            CLOSED_CALLER_LEFT | CLOSED_MOVED_ON => None,
            word => LegId::from_word(word),
        }
    }
}

impl Default for Claim {
    fn default() -> Self {
        Self::new()
    }
}

fn verdict_of(holder: u32, me: u32) -> Verdict {
    match holder {
        CLOSED_CALLER_LEFT => Verdict::Closed(Closed::CallerLeft),
        CLOSED_MOVED_ON => Verdict::Closed(Closed::MovedOn),
        _ if holder == me => Verdict::AlreadyYours,
        _ => Verdict::Lost,
    }
}

/// One round's claim, and the replies `R` that the caller's requests wait for meanwhile.
///
/// Whoever takes a reply out answers it; the lock makes that exactly one of the accept, the budget's end and the
/// call's task. The lock is held for a few instructions and never across a wait.
#[derive(Debug)]
pub struct Race<R> {
    claim: Claim,
    waiting: Mutex<Vec<R>>,
}

impl<R> Race<R> {
    /// A round that has just begun, with the replies that its call already owes.
    pub fn new(waiting: Vec<R>) -> Self {
        Self { claim: Claim::new(), waiting: Mutex::new(waiting) }
    }

    /// The claim itself.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Tries to take the call for `leg`; the winner gets the waiting replies, to bring the caller in at once.
    pub fn accept(&self, leg: LegId) -> (Verdict, Vec<R>) {
        let verdict = self.claim.try_take(leg);
        let woken = if verdict == Verdict::Won { self.take_waiting() } else { Vec::new() };
        (verdict, woken)
    }

    /// Lets a reply wait. If the call is taken already the reply comes back, to be answered at once: the winner may
    /// have looked before this reply was there.
    pub fn hold(&self, reply: R) -> Result<(), Vec<R>> {
        lock(&self.waiting).push(reply);
        if self.claim.holder().is_some() { Err(self.take_waiting()) } else { Ok(()) }
    }

    /// Whether a reply waits for which this holds.
    pub fn is_any_waiting(&self, holds: impl FnMut(&R) -> bool) -> bool {
        lock(&self.waiting).iter().any(holds)
    }

    /// Takes out all replies that wait: at the end of the reply budget, or when the call goes on without a winner.
    pub fn take_waiting(&self) -> Vec<R> {
        std::mem::take(&mut *lock(&self.waiting))
    }

    /// Takes out those for which this holds, and lets the others wait.
    pub fn take_waiting_if(&self, mut holds: impl FnMut(&R) -> bool) -> Vec<R> {
        lock(&self.waiting).extract_if(.., |reply| holds(reply)).collect()
    }
}

#[cfg(not(loom))]
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere cannot leave a half-written list behind: each change is one call.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(loom)]
fn lock<T>(mutex: &Mutex<T>) -> loom::sync::MutexGuard<'_, T> {
    mutex.lock().expect("loom's threads do not panic while they hold this lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(number: u32) -> LegId {
        LegId::from_word(number).unwrap()
    }

    #[test]
    fn the_first_to_accept_has_the_call_and_keeps_it() {
        let claim = Claim::new();

        assert_eq!(claim.peek(leg(1)), None);
        assert_eq!(claim.try_take(leg(1)), Verdict::Won);
        assert_eq!(claim.try_take(leg(1)), Verdict::AlreadyYours);
        assert_eq!(claim.try_take(leg(2)), Verdict::Lost);
        assert_eq!(claim.close(Closed::CallerLeft), Err(leg(1)));
        assert_eq!(claim.holder(), Some(leg(1)));
    }

    #[test]
    fn a_closed_round_says_why_to_whoever_comes_late() {
        let claim = Claim::new();

        assert_eq!(claim.close(Closed::MovedOn), Ok(()));
        assert_eq!(claim.close(Closed::CallerLeft), Ok(()));
        assert_eq!(claim.try_take(leg(1)), Verdict::Closed(Closed::MovedOn));
        assert_eq!(claim.holder(), None);
    }

    #[test]
    fn who_accepts_after_the_caller_left_hears_that_and_not_that_the_call_moved_on() {
        let claim = Claim::default();

        assert_eq!(claim.close(Closed::CallerLeft), Ok(()));
        assert_eq!(claim.try_take(leg(1)), Verdict::Closed(Closed::CallerLeft));
        assert_eq!(claim.peek(leg(1)), Some(Verdict::Closed(Closed::CallerLeft)));
    }

    #[test]
    fn a_waiting_reply_is_found_by_what_it_is_and_not_when_it_was_taken_out() {
        let race = Race::new(vec!["first"]);
        assert!(race.is_any_waiting(|reply| *reply == "first"));
        assert!(!race.is_any_waiting(|reply| *reply == "second"));

        assert!(race.take_waiting_if(|reply| *reply == "second").is_empty());
        assert_eq!(race.hold("third"), Ok(()));
        assert_eq!(race.take_waiting_if(|reply| *reply == "third"), ["third"]);
        assert_eq!(race.take_waiting(), ["first"]);

        assert!(!race.is_any_waiting(|_| true));
    }

    #[test]
    fn the_winner_wakes_every_waiting_reply_once() {
        let race = Race::new(vec!["first"]);
        assert_eq!(race.hold("second"), Ok(()));

        assert_eq!(race.accept(leg(2)), (Verdict::Won, vec!["first", "second"]));
        assert_eq!(race.accept(leg(2)), (Verdict::AlreadyYours, vec![]));
        assert_eq!(race.accept(leg(3)), (Verdict::Lost, vec![]));
        assert_eq!(race.hold("third"), Err(vec!["third"]));
    }
}
