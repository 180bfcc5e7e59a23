//! Plays one round by its plan, before the real program.

mod race;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use self::race::Race;
use super::{
    plan::{CallerDoes, InstantOf, Plan},
    program::SHORT_RING,
    record::{Ended, What, Who},
    stage::Stage,
    twiml::{Document, Words},
    wire::now,
};

/// All telephones ring within this time, on a busy machine too.
const SET_UP: Duration = Duration::from_secs(15);
/// By then everybody who does not have the call is off the line.
const SETTLES: Duration = Duration::from_secs(15);
/// Plays a round over `stage`, and over `second` if its plan wants a second caller. `reply_budget` is the program's.
pub(super) async fn play(
    plan: &Plan,
    stage: &Arc<Stage>,
    second: Option<&Arc<Stage>>,
    reply_budget: Duration,
    stopper: Option<std::process::ChildStdin>,
) {
    let called = now();
    stage.call(plan.kind.people());
    if !all_ring(stage, 1, plan.kind.people()).await {
        return end(stage).await;
    }
    if let Some(second) = second {
        second.call(plan.kind.people());
        sleep(Duration::from_millis(4)).await;
    }
    let at = match plan.instant {
        InstantOf::AllRing | InstantOf::Shutdown => None,
        InstantOf::ReplyBudget(offset) => Some(moment(called + reply_budget, offset)),
        InstantOf::Deadline(offset) => Some(moment(called + SHORT_RING, offset)),
    };
    stage.next_winner_drops(plan.drops);
    let race = Race {
        stage,
        round: 1,
        cast: &plan.cast,
        screen: plan.kind.screen,
        mode: plan.mode,
        caller: plan.caller,
        stopper,
        held: None,
        at,
        dice: fastrand::Rng::with_seed(plan.seed ^ 1),
    };
    race.run().await;
    match second {
        None => finish(plan, stage).await,
        Some(second) => {
            tokio::join!(finish(plan, stage), second_call(plan, stage, second));
        }
    }
}

/// Plays on until everybody is off the line: through a hand-back, and through the talk.
async fn finish(plan: &Plan, stage: &Arc<Stage>) {
    let stops = plan.instant == InstantOf::Shutdown;
    stage.next_winner_drops(None);
    if stage.winner_lost() && !stops && stage.on_the_line().contains(&Who::Caller) {
        let declined = declined(stage);
        if all_ring(stage, 2, plan.kind.people() - declined.len()).await {
            let mut dice = fastrand::Rng::with_seed(plan.seed ^ 2);
            let cast = Plan::later_cast(&mut dice, plan.kind.people(), plan.kind.screen);
            let (screen, mode, caller) = (plan.kind.screen, plan.mode, CallerDoes::Waits);
            let race =
                Race { stage, round: 2, cast: &cast, screen, mode, caller, stopper: None, held: None, at: None, dice };
            race.run().await;
        }
    }
    settle(stage).await;
    if stops {
        return;
    }
    if let Some(leg) = stage.talk() {
        // After a hand-back a start that overtakes its join is not believed for ten seconds, and a winner who hangs up
        // meanwhile gives the call back once more.
        let by_caller = plan.seed.is_multiple_of(2) || stage.winner_lost();
        let who = if by_caller { Who::Caller } else { Who::Leg(leg) };
        reported(stage).await;
        stage.hang_up(who, Ended::ByOwner);
    }
    end(stage).await;
}

/// The second caller's race: for everybody whom the first call does not keep.
async fn second_call(plan: &Plan, first: &Arc<Stage>, second: &Arc<Stage>) {
    let free = || plan.kind.people() - usize::from(first.talk().is_some());
    let rings = second.until(SET_UP, |second| second.legs().len() >= free()).await;
    if rings {
        let mut dice = fastrand::Rng::with_seed(plan.seed ^ 3);
        let cast = Plan::later_cast(&mut dice, plan.kind.people(), plan.kind.screen);
        let (screen, mode, caller) = (plan.kind.screen, plan.mode, CallerDoes::Waits);
        let race = Race {
            stage: second,
            round: 1,
            cast: &cast,
            screen,
            mode,
            caller,
            stopper: None,
            held: None,
            at: None,
            dice,
        };
        race.run().await;
    } else {
        second.fault(format!("only {} telephones ring for the second caller", second.legs().len()));
    }
    settle(second).await;
    if second.talk().is_some() {
        reported(second).await;
        second.hang_up(Who::Caller, Ended::ByOwner);
    }
    end(second).await;
}

async fn all_ring(stage: &Arc<Stage>, round: u32, people: usize) -> bool {
    let count = |stage: &Stage| stage.legs().values().filter(|leg| leg.round == round).count();
    let rings = stage.until(SET_UP, |stage| count(stage) >= people).await;
    if !rings {
        stage.fault(format!("only {} of {people} telephones ring in round {round}", count(stage)));
    }
    rings
}

/// Waits until nobody is on the line but two who talk.
async fn settle(stage: &Arc<Stage>) {
    let settled = |stage: &Stage| {
        let left = stage.on_the_line();
        left.is_empty() || stage.talk().is_some_and(|leg| left == [Who::Caller, Who::Leg(leg)])
    };
    stage.until(SETTLES, settled).await;
}

/// Waits until all reports so far are answered.
async fn reported(stage: &Arc<Stage>) {
    for _ in 0..2_000 {
        if stage.tasks.is_empty() {
            return;
        }
        sleep(Duration::from_millis(2)).await;
    }
}

/// Waits until everybody is off the line, and notes who is not.
async fn end(stage: &Arc<Stage>) {
    stage.until(SETTLES, |stage| stage.on_the_line().is_empty()).await;
    let left = stage.on_the_line();
    for who in &left {
        stage.record.note(What::LeftOver(*who));
    }
    // Whoever is left must not disturb the next round.
    for who in left {
        stage.hang_up(who, Ended::ByOwner);
    }
    reported(stage).await;
}

/// Legs whose owners were thanked for declining.
fn declined(stage: &Stage) -> BTreeSet<u32> {
    let entries = stage.record.entries();
    let declined = entries.iter().filter_map(|entry| {
        if let What::Hears(Who::Leg(leg), _, Document::Words(Words::Declined)) = &entry.what {
            Some(*leg)
        } else {
            None
        }
    });
    declined.collect()
}

fn moment(at: Instant, offset: i64) -> Instant {
    let distance = Duration::from_micros(offset.unsigned_abs());
    if offset < 0 { at.checked_sub(distance).unwrap_or(at) } else { at + distance }
}
