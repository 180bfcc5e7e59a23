//! Many storms on all cores: each on one thread with its own runtime, one seed after another.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::{
    draw,
    judge::{Broken, Promise, judge},
    plan::Plan,
    play::play,
    positions::Positions,
    sabotage::Sabotage,
};

/// How many storms, and of which kind.
#[derive(Debug, Clone)]
pub struct Many {
    /// The seed of the first; the next have the next.
    pub seed: u64,
    /// They end when so many calls were made.
    pub calls: u64,
    /// On so many threads.
    pub jobs: usize,
    /// Only these promises are judged; none named is all.
    pub only: Vec<Promise>,
    /// What is done wrong on purpose.
    pub sabotage: Sabotage,
    /// They end when so many have gone badly.
    pub most_bad: usize,
}

/// What came of them.
#[derive(Debug, Default)]
pub struct Sum {
    /// Storms played.
    pub storms: u64,
    /// Calls made.
    pub calls: u64,
    /// Which positions the switches stood in.
    pub positions: Positions,
    /// What went badly: the seed, the plan, and what was broken first.
    pub bad: Vec<Bad>,
}

/// A storm that went badly.
#[derive(Debug, Clone)]
pub struct Bad {
    /// Its seed.
    pub seed: u64,
    /// Its plan.
    pub plan: Plan,
    /// What was broken.
    pub broken: Vec<Broken>,
}

impl Many {
    /// Plays them all. Which storms are played follows from the seed alone, not from the number of threads.
    pub fn play(&self) -> Sum {
        let (next, begun) = (AtomicU64::new(0), Mutex::new(0_u64));
        let sum = Mutex::new(Sum::default());
        thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| self.work(&next, &begun, &sum));
            }
        });
        let mut sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
        sum.bad.sort_by_key(|bad| bad.seed);
        sum
    }

    fn work(&self, next: &AtomicU64, begun: &Mutex<u64>, sum: &Mutex<Sum>) {
        let mut mine = Sum::default();
        loop {
            let plan = {
                // Taken and counted together, so that the last storm is always the same one.
                let mut begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
                if *begun >= self.calls {
                    break;
                }
                let seed = self.seed + next.fetch_add(1, Ordering::Relaxed);
                let plan = draw::plan(seed);
                *begun += plan.callers.len() as u64;
                (seed, plan)
            };
            self.one(plan.0, plan.1, &mut mine);
            if !mine.bad.is_empty() {
                let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                sum.bad.append(&mut mine.bad);
                if sum.bad.len() >= self.most_bad {
                    break;
                }
            }
        }
        let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
        sum.storms += mine.storms;
        sum.calls += mine.calls;
        sum.positions.add(&mine.positions);
    }

    fn one(&self, seed: u64, plan: Plan, sum: &mut Sum) {
        let played = play(&plan, self.sabotage);
        let mut broken = judge(&played);
        broken.retain(|broken| self.only.is_empty() || self.only.contains(&broken.promise));
        sum.storms += 1;
        sum.calls += played.calls();
        sum.positions.count(&plan);
        if !broken.is_empty() {
            sum.bad.push(Bad { seed, plan, broken });
        }
    }
}
