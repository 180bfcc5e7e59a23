//! Thousands of calls held at once: every telephone rings, nobody answers, all callers leave. What memory is left?

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{
    Options, Report, Stage,
    conversation::{call_in, hang_up},
    program::PHONES,
    visit::Visit,
};

/// The small form holds so many.
const FEW: usize = 1_000;
const MANY: usize = 15_000;
/// So many callers hang up at once.
const LEAVING_AT_ONCE: usize = 200;

pub(super) async fn play(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let calls = options.calls.unwrap_or(options.either(MANY, FEW));
    let mut stage = Stage::open(options).await?;
    // The first calls make what stays for good: threads, connections, tables.
    super::steady::calls(&stage.carrier, 10, Duration::from_secs(1)).await;
    sleep(Duration::from_secs(2)).await;
    stage.carrier.lose_reports();
    // What is left is compared with this after every wave: what stays must not grow.
    let before = stage.program.reading().memory;
    for wave in 1..=options.waves {
        if options.waves > 1 {
            report.note("wave", wave);
        }
        hold(&stage, calls, before, options, report).await;
    }
    stage.judge_the_end(report).await
}

async fn hold(stage: &Stage, calls: usize, before: u64, options: &Options, report: &mut Report) {
    let (carrier, program) = (&stage.carrier, &stage.program);
    let (rung_before, stopped_before) = (carrier.rung(), carrier.stopped());
    let legs = calls * PHONES;
    let processor = program.reading().processor;
    let began = Instant::now();
    let mut held = Vec::with_capacity(calls);
    for nth in 0..calls {
        let (visit, redirects) = carrier.begin();
        held.push((visit.clone(), call_in(carrier, &visit, redirects)));
        if nth % 500 == 499 {
            sleep(Duration::from_millis(20)).await;
        }
    }
    let rung = reach(Duration::from_secs(120), legs, || carrier.rung() - rung_before).await;
    let took = began.elapsed();
    report.must("telephones that ring for held calls", legs, rung, rung == legs);
    report.note("until the last one rings", format!("{:.1} s", took.as_secs_f64()));
    sleep(Duration::from_secs(1)).await;
    let live = program.live_calls().await;
    report.must("calls held at once", calls, live, live == Some(calls));
    let while_held = program.reading();
    let taken = while_held.memory.saturating_sub(before);
    report.note("memory before", mebibytes(before));
    report.note("memory while held", mebibytes(while_held.memory));
    #[expect(clippy::cast_precision_loss, reason = "a few kibibytes a call")]
    report.note("memory for each held call", format!("{:.1} KiB", taken as f64 / calls as f64));

    let began = Instant::now();
    let unanswered = leave(stage, held).await;
    report.must("held requests without an answer", "0", unanswered, unanswered == 0);
    let stopped = reach(Duration::from_secs(60), legs, || carrier.stopped() - stopped_before).await;
    report.must("telephones stopped when the callers had left", legs, stopped, stopped == legs);
    report.note("until the last one is stopped", format!("{:.1} s", began.elapsed().as_secs_f64()));
    let left = program.live_calls_within(Duration::from_secs(30)).await;
    report.must("calls released", "none is left", left, left == Some(0));
    afterwards(stage, options, before, taken, report).await;
    let processor = program.reading().processor.saturating_sub(processor);
    report.note("processor time of this wave", format!("{:.1} s", processor.as_secs_f64()));
}

/// Reads the memory for a while after the last caller has gone.
async fn afterwards(stage: &Stage, options: &Options, before: u64, taken: u64, report: &mut Report) {
    let mut waited = 0;
    let moments: &[u64] = if options.small { &[2] } else { &[2, 10, 30] };
    for &moment in moments {
        sleep(Duration::from_secs(moment - waited)).await;
        waited = moment;
        let now = stage.program.reading().memory;
        let stays = now.saturating_sub(before) * 100 / taken.max(1);
        let seen = format!("{}, which is {stays} % of what the calls took", mebibytes(now));
        let what = format!("memory {moment} s after the last has gone");
        if taken > 100 * 1024 {
            report.should(&what, "within 20 % of what it was", seen, stays <= 20);
        } else {
            // So few calls take so little that the allocator's own portions decide.
            report.note(&what, seen);
        }
    }
}

/// All callers hang up; how many held requests were not answered then.
async fn leave(stage: &Stage, held: Vec<(Arc<Visit>, tokio::task::JoinHandle<impl Send + 'static>)>) -> usize {
    let width = Arc::new(tokio::sync::Semaphore::new(LEAVING_AT_ONCE));
    let mut leaving = JoinSet::new();
    for (visit, caller) in held {
        let (carrier, width) = (stage.carrier.clone(), width.clone());
        leaving.spawn(async move {
            let _turn = width.acquire_owned().await;
            let told = hang_up(&carrier, &visit, "no-answer").await;
            carrier.leave(&visit).await;
            usize::from(told.is_err() || timeout(Duration::from_secs(20), caller).await.is_err())
        });
    }
    leaving.join_all().await.into_iter().sum()
}

/// Waits until `seen` reaches `wanted`, and says how far it came.
async fn reach(limit: Duration, wanted: usize, seen: impl Fn() -> usize) -> usize {
    let deadline = Instant::now() + limit;
    while seen() < wanted && Instant::now() < deadline {
        sleep(Duration::from_millis(20)).await;
    }
    seen()
}

pub(super) fn mebibytes(kib: u64) -> String {
    format!("{} MiB", kib / 1024)
}
