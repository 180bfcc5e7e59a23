//! All rounds of a run: many calls at once, each in a slot whose people and lines no other has.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{task::JoinSet, time::sleep};
use tokio_util::task::TaskTracker;

use super::{
    carrier::Carrier,
    director,
    figures::Figures,
    judge::judge,
    plan::{InstantOf, Plan},
    program::{Program, Settings},
    record::{What, Who},
    stage::Stage,
};

/// What a run is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The file that runs the races, which is also the program under test.
    pub executable: PathBuf,
    /// Where the dice begin.
    pub seed: u64,
    /// The first round's number.
    pub first: u64,
    /// How many rounds.
    pub rounds: u64,
    /// How many calls at once.
    pub slots: usize,
    /// The same plan in each round: that of the first.
    pub same_plan: bool,
    /// Whether to tell how far it is.
    pub tells: bool,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Sums over all rounds.
    pub figures: Figures,
    /// Whole reports of rounds in which something was wrong.
    pub violations: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// What all slots share.
struct World {
    options: Options,
    carrier: Arc<Carrier>,
    address: SocketAddr,
    /// Holds a caller's request for long.
    patient: Program,
    /// Holds it only for [`SHORT_BUDGET`].
    hasty: Program,
    next: AtomicU64,
    given_up: AtomicBool,
    verdict: Mutex<Verdict>,
    judging: TaskTracker,
}

const LONG_BUDGET: Duration = Duration::from_secs(12);
const SHORT_BUDGET: Duration = Duration::from_secs(1);
/// A round is judged so long after its end, so that what comes too late is seen.
const JUDGED_AFTER: Duration = Duration::from_millis(1_200);
/// A program that was asked to stop does, the words to callers and the ends of legs included.
const STOPS_WITHIN: Duration = Duration::from_secs(20);
/// Nothing is left of a call so long after its end: a phone that was asked to end and never said so is the slowest.
const FORGOTTEN_WITHIN: Duration = Duration::from_secs(15);
/// After so many violations there is no more to learn.
const MOST_VIOLATIONS: usize = 20;

/// Plays all rounds and judges them.
pub async fn run(options: Options) -> anyhow::Result<Verdict> {
    let (carrier, address) = Carrier::start().await?;
    let settings = |reply_budget| Settings {
        first_slot: 0,
        slots: options.slots,
        reply_budget,
        drain_for: Duration::from_secs(30),
    };
    let patient = Program::start(&options.executable, address, settings(LONG_BUDGET)).await?;
    let hasty = Program::start(&options.executable, address, settings(SHORT_BUDGET)).await?;
    let begun = super::wire::now();
    let world = Arc::new(World {
        next: AtomicU64::new(0),
        given_up: AtomicBool::new(false),
        verdict: Mutex::default(),
        judging: TaskTracker::new(),
        options,
        carrier,
        address,
        patient,
        hasty,
    });
    let mut slots = JoinSet::new();
    for slot in 0..world.options.slots {
        slots.spawn(play_on(world.clone(), slot));
    }
    while let Some(played) = slots.join_next().await {
        played?;
    }
    world.judging.close();
    world.judging.wait().await;
    let took = begun.elapsed();
    world.programs_are_idle().await;
    let mut verdict = std::mem::take(&mut *world.verdict.lock().unwrap_or_else(PoisonError::into_inner));
    verdict.took = took;
    Ok(verdict)
}

async fn play_on(world: Arc<World>, slot: usize) {
    loop {
        let index = world.next.fetch_add(1, Ordering::Relaxed);
        if index >= world.options.rounds || world.given_up.load(Ordering::Relaxed) {
            return;
        }
        let number = world.options.first + index;
        let planned = if world.options.same_plan { world.options.first } else { number };
        let plan = Plan::new(world.options.seed, planned);
        // Names of calls are never used twice, also when the same plan is played again.
        world.play(plan, index, slot).await;
    }
}

impl World {
    async fn play(self: &Arc<Self>, plan: Plan, index: u64, slot: usize) {
        match plan.instant {
            InstantOf::Shutdown => self.play_shutdown(plan, index, slot).await,
            InstantOf::ReplyBudget(_) => self.play_over(&self.hasty, SHORT_BUDGET, plan, index, slot).await,
            InstantOf::AllRing | InstantOf::Deadline(_) => {
                self.play_over(&self.patient, LONG_BUDGET, plan, index, slot).await;
            }
        }
    }

    async fn play_over(self: &Arc<Self>, program: &Program, budget: Duration, plan: Plan, index: u64, slot: usize) {
        let stage = self.stage(program, &plan, 2 * index, slot);
        let second = plan.shared.then(|| self.stage(program, &plan, 2 * index + 1, slot));
        director::play(&plan, &stage, second.as_ref(), budget, None).await;
        self.judge(&plan, stage, true);
        if let Some(second) = second {
            self.judge(&plan, second, false);
        }
    }

    async fn play_shutdown(self: &Arc<Self>, plan: Plan, index: u64, slot: usize) {
        // Half of them are led to an end at once, the others may finish what they have begun.
        let drain_for = if plan.seed.is_multiple_of(2) { Duration::ZERO } else { Duration::from_secs(2) };
        let settings = Settings { first_slot: slot, slots: 1, reply_budget: LONG_BUDGET, drain_for };
        let started = Program::start(&self.options.executable, self.address, settings).await;
        let mut program = match started {
            Ok(program) => program,
            Err(error) => return self.report(format!("round {}: {error:#}", plan.number)),
        };
        let stage = self.stage(&program, &plan, 2 * index, slot);
        let stopper = program.stopper();
        let Some((mut stopper, line)) = stopper.ok().and_then(|mut stopper| {
            let line = stopper.stdin.take()?;
            Some((stopper, line))
        }) else {
            return self.report(format!("round {}: no process can be started to stop the program", plan.number));
        };
        director::play(&plan, &stage, None, LONG_BUDGET, Some(line)).await;
        let begun = super::wire::now();
        let ended = loop {
            match program.ended_well() {
                Ok(None) if begun.elapsed() < STOPS_WITHIN => sleep(Duration::from_millis(10)).await,
                Ok(ended) => break ended,
                Err(_) => break None,
            }
        };
        stage.fall_silent();
        stage.record.note(What::Stopped);
        match ended {
            Some(true) => {}
            Some(false) => stage.record.note(What::Fault("the program ended badly".to_owned())),
            None => stage.record.note(What::Fault(format!("the program did not stop within {STOPS_WITHIN:?}"))),
        }
        let talk = stage.talk();
        for who in stage.on_the_line() {
            // Talks live at the carrier and go on.
            if !talk.is_some_and(|leg| who == Who::Caller || who == Who::Leg(leg)) {
                stage.record.note(What::LeftOver(who));
            }
            stage.hang_up(who, super::record::Ended::AfterDocument);
        }
        // It has ended with the line that it read; nothing is lost if not.
        let _ = stopper.wait();
        for alarm in program.alarms() {
            stage.record.note(What::Fault(alarm));
        }
        self.judge(&plan, stage, true);
    }

    fn stage(&self, program: &Program, plan: &Plan, call: u64, slot: usize) -> Arc<Stage> {
        let caller = format!("+4420{:08}", call % 100_000_000);
        self.carrier.stage(call + 1, plan.kind.number(slot), caller, program.wire.clone())
    }

    fn judge(self: &Arc<Self>, plan: &Plan, stage: Arc<Stage>, is_first_call: bool) {
        let (world, plan) = (self.clone(), plan.clone());
        self.judging.spawn(async move {
            sleep(JUDGED_AFTER).await;
            let entries = stage.record.entries();
            world.carrier.forget(&stage);
            let violations = judge(&entries);
            if !violations.is_empty() {
                let lines: Vec<_> = entries.iter().map(ToString::to_string).collect();
                world.report(format!(
                    "seed {}, round {}{}:\n  {}\n{plan:?}\n{}",
                    world.options.seed,
                    plan.number,
                    if is_first_call { "" } else { ", the second caller" },
                    violations.join("\n  "),
                    lines.join("\n"),
                ));
            }
            let mut verdict = world.verdict.lock().unwrap_or_else(PoisonError::into_inner);
            verdict.figures.add(&plan, &entries, is_first_call);
            if is_first_call {
                world.tell_how_far(&verdict.figures);
            }
        });
    }

    fn tell_how_far(&self, figures: &Figures) {
        if self.options.tells && figures.rounds().is_multiple_of(1_000) {
            eprintln!("{} rounds", figures.rounds());
        }
    }

    fn report(&self, violation: String) {
        let mut verdict = self.verdict.lock().unwrap_or_else(PoisonError::into_inner);
        verdict.violations.push(violation);
        if verdict.violations.len() >= MOST_VIOLATIONS {
            self.given_up.store(true, Ordering::Relaxed);
        }
    }

    /// When all is over nothing is left in the programs, and nothing has gone wrong inside them.
    async fn programs_are_idle(&self) {
        for (name, program) in [("patient", &self.patient), ("hasty", &self.hasty)] {
            let begun = super::wire::now();
            let left = loop {
                match program.live_calls().await {
                    Some(0) => break Some(0),
                    left if begun.elapsed() > FORGOTTEN_WITHIN => break left,
                    _ => sleep(Duration::from_millis(100)).await,
                }
            };
            if left != Some(0) {
                self.report(format!("the {name} program still has calls when all are over: {left:?}"));
            }
            for alarm in program.alarms() {
                self.report(format!("the {name} program's log: {alarm}"));
            }
        }
    }
}
