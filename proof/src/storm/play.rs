//! Plays a plan, and keeps what was heard and done.

use std::{
    cell::RefCell,
    fmt::Write as _,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

use futures_util::future::join_all;
use ringall::simulator::{
    LegRecord, RecordingRecord, RestEntry, ServerLink, Simulator, Violation, Warning, WebhookEntry,
};
use ringall_core::roster::Presence;
use tokio::{
    runtime::Builder,
    time::{sleep, timeout},
};

use super::{
    callers,
    desk::Question,
    plan::{Absence, Plan, Stop, millis},
    sabotage::Sabotage,
    stage::{Stage, phone_number},
};

/// What is left of a storm.
#[derive(Debug, Clone)]
pub struct Played {
    /// What was played.
    pub plan: Plan,
    /// Every leg.
    pub legs: Vec<LegRecord>,
    /// Every REST request.
    pub rest: Vec<RestEntry>,
    /// Every webhook.
    pub webhooks: Vec<WebhookEntry>,
    /// What the carrier's own checker saw.
    pub violations: Vec<Violation>,
    /// What the carrier's debugger shows.
    pub warnings: Vec<Warning>,
    /// What the carrier has recorded.
    pub recordings: Vec<RecordingRecord>,
    /// What was asked about callers.
    pub asked: Vec<Question>,
    /// When the program was away: from its end to its new beginning.
    pub away: Vec<Away>,
    /// Who was away, as the program was told.
    pub absent: Vec<Absent>,
    /// When it was over.
    pub end: u64,
    /// What did not come to rest.
    pub unrest: Option<String>,
    /// What broke down in the program.
    pub panics: Vec<String>,
}

/// A time without a program, in milliseconds since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    /// When it was asked to end; the same as `from` if it was killed.
    pub asked: u64,
    /// When it was gone.
    pub from: u64,
    /// When another one began.
    pub until: u64,
}

/// A time in which the program takes somebody for away, in milliseconds since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absent {
    /// Whose telephone.
    pub phone: usize,
    /// From when.
    pub from: u64,
    /// Until when.
    pub until: u64,
}

/// Everything is at rest so long after the last caller is gone, at the latest.
const RESTS_WITHIN_MS: u64 = 2_400_000;
/// Nobody calls, waits and talks so long.
const CALLS_END_WITHIN_MS: u64 = 3_600_000;
/// Late callbacks find nobody to wake.
const SILENCE_MS: u64 = 60_000;
/// Nobody is told of a message any more after so long.
const NOTICES_TAKE_MS: u64 = 4_000_000;
const LOOK_EVERY_MS: u64 = 1000;

thread_local! {
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Plays a plan on this thread, under virtual time.
pub fn play(plan: &Plan, sabotage: Sabotage) -> Played {
    listen_for_panics();
    PANICS.take();
    // What the program itself draws follows from the plan too.
    fastrand::seed(plan.dice);
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
    let played = panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(storm(plan, sabotage))));
    let mut played = played.unwrap_or_else(|_| nothing_of(plan));
    drop(runtime);
    played.panics = PANICS.take();
    played
}

async fn storm(plan: &Plan, sabotage: Sabotage) -> Played {
    let mut stage = Stage::new(plan, sabotage);
    let carrier = stage.carrier.clone();
    let calling = join_all(plan.callers.iter().map(|caller| callers::act(&carrier, caller)));
    let happening = happen(&mut stage, &carrier, plan);
    let ((), (away, absent)) = tokio::join!(
        async {
            // Who is still there after that is left, and is found below.
            let _ = timeout(millis(CALLS_END_WITHIN_MS), calling).await;
        },
        happening
    );
    let unrest = come_to_rest(&stage).await;
    let at_rest = carrier.now_ms();
    if unrest.is_none() {
        // Whoever is to be told of a message is tried for most of an hour.
        let recorded = !carrier.recordings().is_empty();
        sleep(millis(if recorded { NOTICES_TAKE_MS } else { SILENCE_MS })).await;
    }
    let woke_up = unrest.is_none().then(|| rest(&stage)).flatten().map(|what| format!("something woke up: {what}"));
    stage.service.tasks.stop();
    // The carrier knows the program and the program the carrier: without this neither would ever be dropped.
    carrier.reconnect(ServerLink::down());
    Played {
        plan: plan.clone(),
        legs: carrier.records(),
        rest: carrier.rest_log(),
        webhooks: carrier.webhook_log(),
        violations: carrier.violations(),
        warnings: carrier.warnings(),
        recordings: carrier.recordings(),
        asked: stage.desk.asked(),
        away,
        absent,
        end: at_rest,
        unrest: unrest.or(woke_up),
        panics: Vec::new(),
    }
}

/// What happens by itself.
enum Happens<'plan> {
    Stops(&'plan Stop),
    Leaves(usize),
    Returns(usize),
}

/// Lets everything happen that neither callers nor telephones do, one after the other.
async fn happen(stage: &mut Stage, carrier: &Simulator, plan: &Plan) -> (Vec<Away>, Vec<Absent>) {
    let mut all: Vec<(u64, Happens<'_>)> = plan.stops.iter().map(|stop| (stop.at, Happens::Stops(stop))).collect();
    for Absence { phone, from, lasts } in &plan.absences {
        all.push((*from, Happens::Leaves(*phone)));
        all.push((from + lasts, Happens::Returns(*phone)));
    }
    all.sort_by_key(|(at, _)| *at);
    let (mut away, mut absent): (Vec<Away>, Vec<Absent>) = Default::default();
    for (at, what) in all {
        sleep(millis(at.saturating_sub(carrier.now_ms()))).await;
        let now = carrier.now_ms();
        match what {
            Happens::Stops(stop) => {
                let gone = stop_and_start(stage, carrier, stop).await;
                away.push(gone);
                end_absences(&mut absent, None, gone.from);
            }
            Happens::Leaves(phone) => {
                let presence = stage.sabotage.presence();
                stage.service.switchboard.set_presence(phone_number(phone), presence);
                absent.push(Absent { phone, from: now, until: u64::MAX });
            }
            Happens::Returns(phone) => {
                stage.service.switchboard.set_presence(phone_number(phone), Presence::Available);
                end_absences(&mut absent, Some(phone), now);
            }
        }
    }
    (away, absent)
}

fn end_absences(absent: &mut [Absent], of: Option<usize>, at: u64) {
    let open = absent.iter_mut().filter(|absent| absent.until == u64::MAX);
    for absent in open.filter(|absent| of.is_none_or(|phone| absent.phone == phone)) {
        absent.until = at;
    }
}

async fn stop_and_start(stage: &mut Stage, carrier: &Simulator, stop: &Stop) -> Away {
    let now = carrier.now_ms();
    sleep(millis(stop.at.saturating_sub(now))).await;
    let asked = carrier.now_ms();
    if let Some(drains_for) = stop.drains_for {
        stage.service.drain(millis(drains_for)).await;
    }
    stage.kill();
    let from = carrier.now_ms();
    sleep(millis(stop.away)).await;
    stage.start_again();
    Away { asked, from, until: carrier.now_ms() }
}

async fn come_to_rest(stage: &Stage) -> Option<String> {
    let limit = stage.carrier.now_ms() + RESTS_WITHIN_MS;
    loop {
        let unrest = rest(stage)?;
        if stage.carrier.now_ms() > limit {
            return Some(unrest);
        }
        sleep(millis(LOOK_EVERY_MS)).await;
    }
}

/// What still goes on.
fn rest(stage: &Stage) -> Option<String> {
    let calls = stage.service.switchboard.live_calls();
    if calls == 0 && stage.carrier.is_quiet() {
        return None;
    }
    let (ringing, legs) = (stage.carrier.still_ringing(), stage.carrier.live_legs().len());
    Some(format!("{ringing:?} ring, {legs} legs are up, {calls} calls are live in the program"))
}

fn listen_for_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // The program's tasks run on the thread of their storm.
            if tokio::runtime::Handle::try_current().is_ok() {
                PANICS.with_borrow_mut(|panics| panics.push(info.to_string()));
            } else {
                before(info);
            }
        }));
    });
}

fn nothing_of(plan: &Plan) -> Played {
    Played {
        plan: plan.clone(),
        legs: Vec::new(),
        rest: Vec::new(),
        webhooks: Vec::new(),
        violations: Vec::new(),
        warnings: Vec::new(),
        recordings: Vec::new(),
        asked: Vec::new(),
        away: Vec::new(),
        absent: Vec::new(),
        end: 0,
        unrest: None,
        panics: Vec::new(),
    }
}

impl Played {
    /// Everything that was heard and done, byte by byte.
    pub fn transcript(&self) -> String {
        let mut text = String::new();
        for leg in &self.legs {
            let _ = writeln!(text, "{leg:?}");
        }
        for request in &self.rest {
            let _ = writeln!(text, "{request:?}");
        }
        for webhook in &self.webhooks {
            let _ = writeln!(text, "{webhook:?}");
        }
        let _ = writeln!(text, "{:?}\n{:?}\n{:?}", self.recordings, self.asked, self.absent);
        let _ = writeln!(text, "{:?}\n{:?}\n{:?}\n{:?}", self.violations, self.warnings, self.away, self.unrest);
        text
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.plan.callers.len() as u64
    }
}
