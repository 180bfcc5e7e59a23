//! Every order in which threads can meet over a claim, and over the replies that wait beside it.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p ringall-core --release --test loom`
#![cfg(loom)]

// Counts what the threads did; it has no part in what is checked, so its own orders are not gone through.
use std::sync::atomic::{AtomicU32, Ordering};

use loom::{sync::Arc, thread};
use ringall_core::{
    claim::{Claim, Closed, Race, Verdict},
    id::LegId,
};

#[test]
fn of_three_who_accept_in_the_same_instant_one_has_the_call() {
    loom::model(|| {
        let claim = Arc::new(Claim::new());
        let others: Vec<_> = [2, 3]
            .map(|number| {
                let claim = claim.clone();
                thread::spawn(move || claim.try_take(leg(number)))
            })
            .into();

        let mut verdicts = vec![claim.try_take(leg(1))];
        verdicts.extend(others.into_iter().map(|other| other.join().unwrap()));

        assert_eq!(verdicts.iter().filter(|verdict| **verdict == Verdict::Won).count(), 1);
        assert_eq!(verdicts.iter().filter(|verdict| **verdict == Verdict::Lost).count(), 2);
        let winner = verdicts.iter().position(|verdict| *verdict == Verdict::Won).unwrap();
        assert_eq!(claim.holder(), Some(leg([1, 2, 3][winner])));
    });
}

#[test]
fn a_repeated_webhook_wins_once() {
    loom::model(|| {
        let claim = Arc::new(Claim::new());
        let repeated = {
            let claim = claim.clone();
            thread::spawn(move || claim.try_take(leg(1)))
        };

        let mut verdicts = [claim.try_take(leg(1)), repeated.join().unwrap()];

        verdicts.sort_by_key(|verdict| *verdict != Verdict::Won);
        assert_eq!(verdicts, [Verdict::Won, Verdict::AlreadyYours]);
    });
}

#[test]
fn a_round_is_either_taken_or_closed_and_both_sides_know_which() {
    loom::model(|| {
        let claim = Arc::new(Claim::new());
        let accept = {
            let claim = claim.clone();
            thread::spawn(move || claim.try_take(leg(1)))
        };

        let closed = claim.close(Closed::CallerLeft);

        match accept.join().unwrap() {
            Verdict::Won => assert_eq!(closed, Err(leg(1))),
            verdict => assert_eq!((verdict, closed), (Verdict::Closed(Closed::CallerLeft), Ok(()))),
        }
    });
}

#[test]
fn a_winner_leaves_no_reply_waiting_and_nobody_answers_one_twice() {
    loom::model(|| {
        let race = Arc::new(Race::new(vec![Reply]));
        let answered = Arc::new(AtomicU32::new(0));
        let accept = {
            let (race, answered) = (race.clone(), answered.clone());
            thread::spawn(move || {
                let (verdict, woken) = race.accept(leg(1));
                assert_eq!(verdict, Verdict::Won);
                answer(woken, &answered);
            })
        };
        let budget = {
            let (race, answered) = (race.clone(), answered.clone());
            thread::spawn(move || answer(race.take_waiting(), &answered))
        };

        if let Err(woken) = race.hold(Reply) {
            answer(woken, &answered);
        }
        accept.join().unwrap();
        budget.join().unwrap();

        assert_eq!(answered.load(Ordering::Acquire), 2, "each reply is answered, and once");
        assert!(race.take_waiting().is_empty(), "none waits when a leg has won");
    });
}

#[test]
fn a_reply_that_comes_while_two_accept_is_answered_by_one_of_them_or_at_once() {
    loom::model(|| {
        let race = Arc::new(Race::new(Vec::new()));
        let answered = Arc::new(AtomicU32::new(0));
        let others: Vec<_> = [1, 2]
            .map(|number| {
                let (race, answered) = (race.clone(), answered.clone());
                thread::spawn(move || answer(race.accept(leg(number)).1, &answered))
            })
            .into();

        if let Err(woken) = race.hold(Reply) {
            answer(woken, &answered);
        }
        for other in others {
            other.join().unwrap();
        }

        assert_eq!(answered.load(Ordering::Acquire), 1);
    });
}

#[test]
fn when_the_call_closes_its_claim_the_reply_goes_to_the_winner_or_stays_for_the_call() {
    loom::model(|| {
        let race = Arc::new(Race::new(vec![Reply]));
        let answered = Arc::new(AtomicU32::new(0));
        let accept = {
            let (race, answered) = (race.clone(), answered.clone());
            thread::spawn(move || {
                let (verdict, woken) = race.accept(leg(1));
                answer(woken, &answered);
                verdict
            })
        };

        let closed = race.claim().close(Closed::MovedOn);
        let mine = if closed.is_ok() { race.take_waiting() } else { Vec::new() };
        let (left, verdict) = (mine.len(), accept.join().unwrap());
        answer(mine, &answered);

        match verdict {
            Verdict::Won => assert_eq!((closed, left), (Err(leg(1)), 0)),
            verdict => assert_eq!((verdict, closed, left), (Verdict::Closed(Closed::MovedOn), Ok(()), 1)),
        }
        assert_eq!(answered.load(Ordering::Acquire), 1);
    });
}

#[test]
fn two_accept_while_the_call_closes_and_all_three_agree_on_what_happened() {
    loom::model(|| {
        let race = Arc::new(Race::new(vec![Reply]));
        let answered = Arc::new(AtomicU32::new(0));
        let accepts: Vec<_> = [1, 2].map(|number| accepting(&race, &answered, number)).into();

        let closed = race.claim().close(Closed::CallerLeft);
        if closed.is_ok() {
            answer(race.take_waiting(), &answered);
        }
        let mut verdicts: Vec<_> = accepts.into_iter().map(|accept| accept.join().unwrap()).collect();

        verdicts.sort_by_key(|verdict| *verdict != Verdict::Won);
        match closed {
            Ok(()) => assert_eq!(verdicts, [Verdict::Closed(Closed::CallerLeft); 2]),
            Err(winner) => {
                assert_eq!(verdicts, [Verdict::Won, Verdict::Lost]);
                assert_eq!(race.claim().holder(), Some(winner));
            }
        }
        assert_eq!(answered.load(Ordering::Acquire), 1, "the caller is answered, and once");
    });
}

#[test]
fn two_accept_while_the_call_closes_and_the_reply_budget_ends_and_the_caller_is_answered_once() {
    loom::model(|| {
        let race = Arc::new(Race::new(vec![Reply]));
        let answered = Arc::new(AtomicU32::new(0));
        let accepts: Vec<_> = [1, 2].map(|number| accepting(&race, &answered, number)).into();
        let budget = {
            let (race, answered) = (race.clone(), answered.clone());
            thread::spawn(move || answer(race.take_waiting(), &answered))
        };

        let closed = race.claim().close(Closed::MovedOn);
        if closed.is_ok() {
            answer(race.take_waiting(), &answered);
        }
        let verdicts: Vec<_> = accepts.into_iter().map(|accept| accept.join().unwrap()).collect();
        budget.join().unwrap();

        let won = verdicts.iter().filter(|verdict| **verdict == Verdict::Won).count();
        assert_eq!(won, usize::from(closed.is_err()));
        assert_eq!(answered.load(Ordering::Acquire), 1);
    });
}

#[test]
fn a_request_that_comes_while_one_accepts_and_the_call_closes_is_answered_or_found_by_the_call() {
    loom::model(|| {
        let race = Arc::new(Race::new(Vec::new()));
        let answered = Arc::new(AtomicU32::new(0));
        let accept = accepting(&race, &answered, 1);
        let request = {
            let (race, answered) = (race.clone(), answered.clone());
            thread::spawn(move || {
                if let Err(woken) = race.hold(Reply) {
                    answer(woken, &answered);
                }
            })
        };

        let closed = race.claim().close(Closed::CallerLeft);
        let verdict = accept.join().unwrap();
        request.join().unwrap();

        // The request's own event comes after it, so that the call looks once more.
        let found = race.take_waiting().len();
        assert_eq!(closed.is_ok(), verdict == Verdict::Closed(Closed::CallerLeft));
        assert_eq!(found, usize::from(closed.is_ok()), "nothing waits behind a winner's back");
        assert_eq!(answered.load(Ordering::Acquire), u32::from(closed.is_err()));
    });
}

#[test]
fn a_reply_goes_on_to_the_next_round_or_to_the_winner_of_this_one_and_never_to_both() {
    loom::model(|| {
        let old = Arc::new(Race::new(vec![Reply]));
        let answered = Arc::new(AtomicU32::new(0));
        let accept = accepting(&old, &answered, 1);

        // The call learns of the winner, who is gone already, before the winner has taken the reply.
        let closed = old.claim().close(Closed::MovedOn);
        let new = Race::new(old.take_waiting());
        let (verdict, woken) = new.accept(leg(2));
        answer(woken, &answered);

        assert_eq!(verdict, Verdict::Won);
        assert_eq!(accept.join().unwrap() == Verdict::Won, closed.is_err());
        assert_eq!(answered.load(Ordering::Acquire), 1);
    });
}

#[test]
fn what_a_leg_is_told_before_it_accepts_stays_true() {
    loom::model(|| {
        let claim = Arc::new(Claim::new());
        let others = {
            let claim = claim.clone();
            thread::spawn(move || (claim.try_take(leg(1)), claim.close(Closed::CallerLeft)))
        };

        let (before, after) = (claim.peek(leg(2)), claim.try_take(leg(2)));

        match before {
            Some(told) => assert_eq!(after, told),
            None => assert!(matches!(after, Verdict::Won | Verdict::Lost)),
        }
        let (first, closed) = others.join().unwrap();
        assert_eq!(first == Verdict::Won, after == Verdict::Lost);
        assert_eq!(closed, Err(claim.holder().unwrap()), "a claim that is held is never closed");
    });
}

/// A leg accepts on a thread of its own, and answers whatever it has woken.
fn accepting(race: &Arc<Race<Reply>>, answered: &Arc<AtomicU32>, number: u32) -> thread::JoinHandle<Verdict> {
    let (race, answered) = (race.clone(), answered.clone());
    thread::spawn(move || {
        let (verdict, woken) = race.accept(leg(number));
        answer(woken, &answered);
        verdict
    })
}

/// A reply that is spent by answering.
#[derive(Debug)]
struct Reply;

fn answer(replies: Vec<Reply>, answered: &AtomicU32) {
    for Reply in replies {
        answered.fetch_add(1, Ordering::AcqRel);
    }
}

fn leg(number: u32) -> LegId {
    number.to_string().parse().unwrap()
}
