//! From nothing to two thousand calls within a second. Most are raced for, some have one who accepts, and some callers
//! give up.

use std::time::Duration;

use super::{
    Options, Report, Stage,
    conversation::Plan,
    hold::mebibytes,
    steady::{spread, usual_plan},
};

const WITHIN: Duration = Duration::from_secs(1);

pub(super) async fn play(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let calls = options.calls.unwrap_or(options.either(2_000, 500));
    let mut stage = Stage::open(options).await?;
    for _ in 0..options.rounds.unwrap_or(options.either(3, 1)) {
        let before = stage.program.reading();
        let tally = spread(&stage.carrier, (0..calls).map(plan).collect(), WITHIN).await;
        let after = stage.program.reading();
        tally.judge(report, "in a burst");
        let planned = (0..calls).filter(|nth| plan(*nth).accepting == 0).count();
        let released = tally.released;
        report.must("callers who gave up, all telephones stopped", planned, released, released == planned);
        let bridged = tally.bridged;
        report.must("callers bridged", calls - planned, bridged, bridged == calls - planned);
        report.note("call → all telephones ring", &tally.until_rung);
        report.note("accept → document", &tally.until_told);
        report.note("accept → caller bridged", &tally.until_bridged);
        report.note("accept, or caller gone → the others stopped", &tally.until_stopped);
        let processor = after.processor.saturating_sub(before.processor).as_secs_f64() * 1e3;
        #[expect(clippy::cast_precision_loss, reason = "thousands of calls")]
        report.note("processor time for each call", format!("{:.2} ms", processor / calls as f64));
        report.note("memory before and after", format!("{}, {}", mebibytes(before.memory), mebibytes(after.memory)));
    }
    stage.judge_the_end(report).await
}

/// Of twenty calls, fourteen are raced for, three are taken by the only one who picks up, three are given up.
fn plan(nth: usize) -> Plan {
    let accepting = match nth % 20 {
        0..14 => 2,
        14..17 => 1,
        _ => 0,
    };
    Plan { accepting, ..usual_plan() }
}
