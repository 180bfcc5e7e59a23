//! Hundreds of slow clients beside fifty calls: the calls go on as they are, the slow are let go, memory stays bounded.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{
    Options, Report, Stage,
    abuse::{Slow, slow_clients},
    hold::mebibytes,
    steady,
    times::milliseconds,
};

const CALLS_AT_ONCE: usize = 50;
/// Each kind, and how long it may hold a connection at the most.
const KINDS: [(Slow, u64); 6] = [
    (Slow::Silent, 17),
    (Slow::Head, 17),
    (Slow::Body, 17),
    (Slow::Stays, 17),
    (Slow::NeverReads, 40),
    (Slow::ReadsSlowly, 40),
];

pub(super) async fn play(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let each = options.calls.unwrap_or(options.either(500, 50));
    // Whoever is let go at all is let go within 35 seconds; the small form does not wait for the slowest.
    let lasting = Duration::from_secs(options.either(45, 18));
    let kinds = if options.small { &KINDS[..4] } else { &KINDS[..] };
    let mut stage = Stage::open(options).await?;
    steady::calls(&stage.carrier, CALLS_AT_ONCE, Duration::from_secs(1)).await;
    let without = steady::calls(&stage.carrier, CALLS_AT_ONCE, Duration::from_secs(options.either(5, 2))).await;
    let before = stage.program.reading();

    let mut clients = JoinSet::new();
    for &(kind, within) in kinds {
        let at = stage.program.address();
        clients.spawn(async move { (kind, within, slow_clients(at, kind, each, lasting).await) });
    }
    let with = steady::calls(&stage.carrier, CALLS_AT_ONCE, Duration::from_secs(8)).await;
    let during = stage.program.reading();
    let open = stage.program.open_files();
    // What is left of the time they wait alone.
    let held = clients.join_all().await;

    without.judge(report, "without slow clients");
    with.judge(report, "beside slow clients");
    report.note("slow clients", format!("{each} of each of {} kinds; {open} descriptors open", kinds.len()));
    for (kind, within, held) in held {
        let let_go = held.times.count();
        report.must(&format!("{kind:?}: let go"), each, let_go, let_go == each);
        report.must(
            &format!("{kind:?}: still connected at the end, and refused"),
            "0, 0",
            format!("{}, {}", held.still, held.refused),
            held.still + held.refused == 0,
        );
        let longest = held.times.longest();
        let seen = format!("{:.1} s", longest.as_secs_f64());
        report.should(
            &format!("{kind:?}: held a connection for"),
            format!("at most {within} s"),
            seen,
            longest.as_secs() < within,
        );
    }
    let grown = during.memory.saturating_sub(before.memory);
    let seen = format!("{} → {}", mebibytes(before.memory), mebibytes(during.memory));
    report.should("memory beside slow clients", "at most 100 MiB more", seen, grown < 100 * 1024);
    let (usual, slow) = (without.until_bridged.median(), with.until_bridged.median());
    report.note("accept → caller bridged, without", &without.until_bridged);
    report.note("accept → caller bridged, with", &with.until_bridged);
    let seen = format!("{} to {}", milliseconds(slow), milliseconds(usual));
    report.should("its median, with to without", "at most twice", seen, slow <= usual * 2);
    stage.judge_the_end(report).await
}
