//! Too few file descriptors, and clients that take them all and come again when they are let go. Every webhook and every
//! order needs a new connection. The calls that are there go on, also towards the carrier;
//! when the clients have gone, calls are taken as before.

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    Options, Report, Stage,
    abuse::{Slow, stubborn_clients},
    conversation::{Plan, Tally, converse},
    program::Program,
    steady,
    wire::Connections,
};

/// The program gets so many descriptors.
const OPEN_FILES: usize = 256;
const CLIENTS: usize = 600;
const CALLS: usize = 20;

pub(super) async fn play(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let mut stage = Stage::open_with(options, Connections::Fresh, Some(OPEN_FILES)).await?;
    let before = steady::calls(&stage.carrier, 5, Duration::from_secs(1)).await;
    before.judge(report, "before");

    // Calls that are there when the clients come: half are won then, half are given up.
    let mut there = JoinSet::new();
    for nth in 0..CALLS {
        let think = Duration::from_secs(4);
        let plan = Plan { accepting: if nth % 2 == 0 { 2 } else { 0 }, think, talk: Duration::from_secs(1) };
        there.spawn(converse(stage.carrier.clone(), plan));
    }
    sleep(Duration::from_millis(500)).await;
    let lasting = Duration::from_secs(options.either(20, 6));
    let mut clients = JoinSet::new();
    for kind in [Slow::Silent, Slow::Head, Slow::Stays] {
        let at = stage.program.address();
        clients.spawn(stubborn_clients(at, kind, CLIENTS / 3, lasting + Duration::from_secs(2)));
    }
    let watching = watch(&stage.program, lasting);
    // New calls too, while they are there: with room made for them, they are taken.
    let (most_open, new) = tokio::join!(watching, steady::calls(&stage.carrier, 5, lasting));
    let mut old = Tally::default();
    for tally in there.join_all().await {
        old.add(tally);
    }
    clients.join_all().await;

    report.note("clients that hold connections, and descriptors of the program", format!("{CLIENTS}, {OPEN_FILES}"));
    report.must("descriptors used at the most", format!("at most {OPEN_FILES}"), most_open, most_open <= OPEN_FILES);
    old.judge(report, "there before the clients");
    let fates = format!("{} bridged, {} released", old.bridged, old.released);
    report.must(
        "what became of them",
        format!("{0} bridged, {0} released", CALLS / 2),
        fates,
        old.bridged == CALLS / 2 && old.released == CALLS / 2,
    );
    new.judge(report, "taken while the clients are there");
    let taken = new.bridged;
    report.must("calls taken while the clients are there", "some", taken, taken > 0);
    report.note("  call → all telephones ring", &new.until_rung);
    let log = stage.program.log();
    let told = log.lines().filter(|line| line.contains("limit of open files") && line.contains("calls go on")).count();
    report.must("log lines that say what happens, and what to do", "1 or 2", told, (1..=2).contains(&told));
    let out_of_files = log.lines().filter(|line| line.contains("os error 24")).count();
    report.must("log lines of requests without a descriptor", "0", out_of_files, out_of_files == 0);

    // The clients have gone.
    let after = steady::calls(&stage.carrier, CALLS, Duration::from_secs(2)).await;
    after.judge(report, "taken when the clients had gone");
    report.note("calls taken when the clients had gone", after.calls);
    stage.judge_the_end(report).await
}

/// The most descriptors that are open at once.
async fn watch(program: &Program, lasting: Duration) -> usize {
    let end = Instant::now() + lasting;
    let mut most = 0;
    while Instant::now() < end {
        most = most.max(program.open_files());
        sleep(Duration::from_millis(20)).await;
    }
    most
}
