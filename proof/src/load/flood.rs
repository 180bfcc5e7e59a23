//! Ten thousand unsigned requests a second beside fifty calls at once: without, with, without, with, so that the hour of
//! the machine falls on both alike.

use std::time::Duration;

use super::{
    Options, Report, Stage,
    abuse::flood,
    conversation::Tally,
    steady,
    times::{Times, milliseconds},
};

const CALLS_AT_ONCE: usize = 50;
/// Lines that the log may spend on refusals, for each minute that begins.
const LINES_A_MINUTE: usize = 8;

pub(super) async fn play(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let rounds = options.rounds.unwrap_or(options.either(5, 1));
    let lasting = options.either(Duration::from_secs(6), Duration::from_secs(2));
    let mut stage = Stage::open(options).await?;
    steady::calls(&stage.carrier, CALLS_AT_ONCE, Duration::from_secs(1)).await;
    let (mut without, mut with) = (Tally::default(), Tally::default());
    let (mut medians_without, mut medians_with, mut rates) = (Times::default(), Times::default(), Vec::new());
    let mut always_ready = true;
    let (mut refused, mut otherwise, mut broken) = (0, 0, 0);
    for _ in 0..rounds {
        let quiet = steady::calls(&stage.carrier, CALLS_AT_ONCE, lasting).await;
        medians_without.add(quiet.until_bridged.median());
        without.add(quiet);
        let flooding = flood(stage.program.address(), options.rate);
        let loud = steady::calls(&stage.carrier, CALLS_AT_ONCE, lasting).await;
        always_ready &= stage.program.is_ready().await;
        rates.push(flooding.rate());
        refused += flooding.flood.refused();
        otherwise += flooding.flood.otherwise();
        broken += flooding.flood.broken();
        drop(flooding);
        medians_with.add(loud.until_bridged.median());
        with.add(loud);
    }
    let quiet = steady::calls(&stage.carrier, CALLS_AT_ONCE, lasting).await;
    medians_without.add(quiet.until_bridged.median());
    without.add(quiet);

    rates.sort_unstable();
    report.note("unsigned requests a second, reached", format!("{rates:?} of {}", options.rate));
    without.judge(report, "without the flood");
    with.judge(report, "beside the flood");
    report.must("unsigned requests answered with anything but a refusal", "0", otherwise, otherwise == 0);
    report.note("unsigned requests refused", refused);
    report.must("the program stays ready for calls", "yes", if always_ready { "yes" } else { "no" }, always_ready);
    let lines = stage.program.log().lines().filter(|line| line.contains("turned away")).count();
    let minutes = (rounds * 2 + 1) * usize::try_from(lasting.as_secs()).unwrap_or(1) / 60 + 1;
    let fits = (1..=LINES_A_MINUTE * minutes).contains(&lines);
    report.must("log lines about refusals", format!("some, at most {}", LINES_A_MINUTE * minutes), lines, fits);
    report.note("connections of the flood that broke", broken);
    report.note("accept → caller bridged, without", &without.until_bridged);
    report.note("accept → caller bridged, with", &with.until_bridged);
    let (usual, loud) = (medians_without.median(), medians_with.median());
    report.should(
        "median of the rounds' medians, with to without",
        "at most 2",
        format!("{:.2} ({} to {})", loud.as_secs_f64() / usual.as_secs_f64(), milliseconds(loud), milliseconds(usual)),
        loud <= usual * 2,
    );
    report
        .note("calls a round, without and with", format!("{}, {}", without.calls / (rounds + 1), with.calls / rounds));
    stage.judge_the_end(report).await
}
