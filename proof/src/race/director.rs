//! Plays one round by its plan, before the real program.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::oneshot, time::sleep};

use super::{
    plan::{CallerDoes, InstantOf, Mode, Plan, Reported, Role},
    program::{SHORT_RING, Screen},
    record::{Asked, Ended, What, Who},
    release::{Shot, Target, release},
    shots::{Aim, Then, prepare},
    stage::Stage,
    twiml::Document,
    wire::now,
};

/// One race of a call: its legs, by person, what each does, and what else happens.
struct Race<'a> {
    stage: &'a Arc<Stage>,
    round: u32,
    cast: &'a [Role],
    screen: Screen,
    mode: Mode,
    caller: CallerDoes,
    /// Stops the program in the instant.
    stopper: Option<std::process::ChildStdin>,
    at: Option<Instant>,
    dice: fastrand::Rng,
}

/// All telephones ring within this time, on a busy machine too.
const SET_UP: Duration = Duration::from_secs(15);
/// By then everybody who does not have the call is off the line.
const SETTLES: Duration = Duration::from_secs(15);
/// Shots that wait for a moment are prepared so long before it.
const PREPARED: Duration = Duration::from_millis(60);

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
    let lost = plan.drops.is_some() && !stage.awaits_drop();
    stage.next_winner_drops(None);
    if lost && !stops && stage.on_the_line().contains(&Who::Caller) {
        let declined = declined(stage);
        if all_ring(stage, 2, plan.kind.people() - declined.len()).await {
            let mut dice = fastrand::Rng::with_seed(plan.seed ^ 2);
            let cast = Plan::later_cast(&mut dice, plan.kind.people(), plan.kind.screen);
            let (screen, mode, caller) = (plan.kind.screen, plan.mode, CallerDoes::Waits);
            let race = Race { stage, round: 2, cast: &cast, screen, mode, caller, stopper: None, at: None, dice };
            race.run().await;
        }
    }
    settle(stage).await;
    if stops {
        return;
    }
    if let Some(leg) = stage.talk() {
        let who = if plan.seed.is_multiple_of(2) { Who::Caller } else { Who::Leg(leg) };
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
        let race = Race { stage: second, round: 1, cast: &cast, screen, mode, caller, stopper: None, at: None, dice };
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

impl Race<'_> {
    async fn run(mut self) {
        let legs: Vec<_> = self.stage.legs().into_iter().filter(|(_, leg)| leg.round == self.round).collect();
        let people = self.cast.len();
        let parts: Vec<_> = legs.iter().map(|(number, leg)| (*number, self.cast[leg.person % people])).collect();
        self.pick_up_before(&parts).await;
        if let Some(at) = self.at {
            sleep(at.saturating_duration_since(now()).saturating_sub(PREPARED)).await;
        }
        let mut aims = self.aims(&parts);
        self.dice.shuffle(&mut aims);
        let mut shots = Vec::with_capacity(aims.len() + 2);
        let mut answers = Vec::with_capacity(aims.len());
        for aim in aims {
            let held = matches!(aim.then, Then::Hears(Who::Caller, _));
            match prepare(self.stage, aim, self.mode.sent_before).await {
                Ok((shot, answer)) => {
                    shots.push(shot);
                    if !held {
                        answers.push(answer);
                    }
                }
                Err(error) => {
                    self.stage.fault(format!("no connection: {error}"));
                }
            }
        }
        self.add_caller_and_stop(&mut shots);
        for shot in &mut shots {
            if shot.wait.is_zero() && self.mode.spread > 0 {
                shot.wait = Duration::from_micros(self.dice.u64(..self.mode.spread));
            }
        }
        self.owners_hang_up(&parts);
        release(shots, self.mode.threads, self.at).await;
        for answer in answers {
            // A reader that fails has noted why.
            let _ = answer.await;
        }
    }

    /// Whoever must have picked up before the instant does; where a key is asked for, the whisper is waited for.
    async fn pick_up_before(&self, parts: &[(u32, Role)]) {
        let mut asked = BTreeSet::new();
        for (leg, role) in parts {
            let by_key = self.screen == Screen::Key;
            let (picks_up, reported) = match role {
                Role::Accepts { reported, .. } => (by_key || *reported == Reported::Before, *reported),
                Role::Hesitates | Role::Declines => (true, Reported::Never),
                Role::Rings | Role::PicksUp | Role::IsMachine | Role::Ends(_) => (false, Reported::Never),
            };
            if !picks_up || !self.stage.pick_up(*leg) {
                continue;
            }
            if reported == Reported::Before
                && let Some((url, form)) = self.stage.progress_request(*leg, "in-progress")
            {
                self.stage.report(url, form);
            }
            if by_key && let Some((url, _)) = self.stage.first_request(*leg, None) {
                asked.insert(*leg);
                self.stage.fetch(Who::Leg(*leg), Asked::Now, url);
            }
        }
        let whispered = |stage: &Stage| asked.iter().all(|leg| stage.key_request(*leg, '1').is_some());
        if !self.stage.until(SET_UP, whispered).await {
            self.stage.fault("somebody was never asked for a key".to_owned());
        }
        if self.screen == Screen::Detection && self.at.is_none() {
            // The reports above are only sent, and the verdict takes its time in reality.
            sleep(Duration::from_millis(1)).await;
        }
    }

    fn aims(&self, parts: &[(u32, Role)]) -> Vec<Aim> {
        let mut aims = Vec::new();
        for (leg, role) in parts {
            let (leg, who) = (*leg, Who::Leg(*leg));
            let mut aim = |what, request: Option<_>, then| {
                aims.extend(request.map(|(url, form)| Aim { what, url, form, then }));
            };
            match role {
                Role::Accepts { twice, reported } => {
                    self.stage.pick_up(leg);
                    let request = || match self.screen {
                        Screen::Key => self.stage.key_request(leg, '1'),
                        Screen::Detection => self.stage.first_request(leg, Some("human")),
                    };
                    aim(Some(What::Accepts(leg)), request(), Then::Hears(who, Asked::Now));
                    if *twice {
                        aim(Some(What::AcceptsAgain(leg)), request(), Then::Hears(who, Asked::Repeat));
                    }
                    if *reported == Reported::Within {
                        aim(None, self.stage.progress_request(leg, "in-progress"), Then::Nothing);
                    }
                }
                Role::PicksUp => {
                    self.stage.pick_up(leg);
                    aim(None, self.stage.first_request(leg, None), Then::Hears(who, Asked::Now));
                }
                Role::Declines => {
                    aim(Some(What::Declines(leg)), self.stage.key_request(leg, '9'), Then::Hears(who, Asked::Now));
                }
                Role::IsMachine => {
                    self.stage.pick_up(leg);
                    let request = self.stage.first_request(leg, Some("machine_start"));
                    aim(Some(What::IsMachine(leg)), request, Then::Hears(who, Asked::Now));
                }
                Role::Ends(status) => aim(None, self.stage.progress_request(leg, status), Then::Nothing),
                Role::Rings | Role::Hesitates => {}
            }
        }
        match self.caller {
            CallerDoes::Leaves { completed, .. } => {
                let (url, form) = self.stage.caller_left_request(if completed { "completed" } else { "canceled" });
                aims.push(Aim { what: None, url, form, then: Then::CallerLeft });
            }
            CallerDoes::AsksAgain { fallback, after: 0 } if self.stage.is_held() => {
                let (url, form) = self.stage.ask_again_request(fallback);
                aims.push(Aim { what: Some(What::AsksAgain), url, form, then: Then::Hears(Who::Caller, Asked::Now) });
            }
            CallerDoes::AsksAgain { .. } | CallerDoes::Waits => {}
        }
        aims
    }

    fn add_caller_and_stop(&mut self, shots: &mut Vec<Shot>) {
        let stage = self.stage.clone();
        let mut noted = |target, what: What| {
            let (sent, moment) = oneshot::channel();
            let (record, shot) = (stage.clone(), Shot { target, wait: Duration::ZERO, sent, is_last_word: false });
            stage.tasks.spawn(async move {
                if let Ok(moment) = moment.await {
                    record.record.note_at(moment, what);
                }
            });
            shots.push(shot);
        };
        if let CallerDoes::AsksAgain { fallback, after } = self.caller
            && let Some(held) = self.stage.held()
        {
            noted(Target::Cut(held), What::RequestCut);
            if after > 0 {
                let stage = self.stage.clone();
                self.stage.tasks.spawn(async move {
                    sleep(Duration::from_millis(after)).await;
                    stage.ask_again(fallback);
                });
            }
        }
        if let Some(stopper) = self.stopper.take() {
            noted(Target::Line(stopper), What::StopAsked);
        }
        if let CallerDoes::Leaves { after, .. } = self.caller
            && let Some(shot) = shots.iter_mut().find(|shot| shot.is_last_word)
        {
            shot.wait = Duration::from_micros(after);
        }
    }

    /// Whoever hangs up in the instant does, an instant before it is reported.
    fn owners_hang_up(&self, parts: &[(u32, Role)]) {
        for (leg, role) in parts {
            if let Role::Ends(_) = role {
                self.stage.hang_up_quietly(Who::Leg(*leg), Ended::ByOwner);
            }
        }
        if let CallerDoes::Leaves { .. } = self.caller {
            self.stage.hang_up_quietly(Who::Caller, Ended::ByOwner);
        }
    }
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
    let declined = entries.iter().filter_map(|entry| match &entry.what {
        What::Hears(Who::Leg(leg), _, Document::Words(super::twiml::Words::Declined)) => Some(*leg),
        _ => None,
    });
    declined.collect()
}

fn moment(at: Instant, offset: i64) -> Instant {
    let distance = Duration::from_micros(offset.unsigned_abs());
    if offset < 0 { at.checked_sub(distance).unwrap_or(at) } else { at + distance }
}
