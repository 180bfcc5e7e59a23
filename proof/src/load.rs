//! Load and abuse. The real program runs as a child process, with a configuration of its own; everything around it is
//! played from outside, over sockets: the carrier with its webhooks and its REST interface, phones that are picked up,
//! and clients that mean no good. Nothing here looks into the program: what counts is what was answered, which phones
//! were stopped, and what the kernel says of the process.

mod abuse;
mod burst;
mod carrier;
mod conversation;
mod descriptors;
mod flood;
mod hold;
mod options;
mod program;
mod report;
mod slow;
mod steady;
mod times;
mod twiml;
mod visit;
mod wire;

pub use self::options::{Options, Scenario};
use self::{carrier::Carrier, program::Program, report::Report, wire::Connections};

/// Plays the scenarios; true if every claim about calls held, and with `--strict` every measure too.
pub async fn run(options: &Options) -> anyhow::Result<bool> {
    let mut report = Report::default();
    for scenario in options.scenarios() {
        report.begin(scenario);
        match scenario {
            Scenario::All => {}
            Scenario::Hold => hold::play(options, &mut report).await?,
            Scenario::Burst => burst::play(options, &mut report).await?,
            Scenario::Descriptors => descriptors::play(options, &mut report).await?,
            Scenario::Slow => slow::play(options, &mut report).await?,
            Scenario::Flood => flood::play(options, &mut report).await?,
        }
    }
    Ok(report.end(options.strict))
}

/// A carrier and the program that it calls.
struct Stage {
    carrier: std::sync::Arc<Carrier>,
    program: Program,
}

impl Stage {
    /// Starts both.
    async fn open(options: &Options) -> anyhow::Result<Self> {
        Self::open_with(options, Connections::Kept, None).await
    }

    /// The same; `open_files` is the most descriptors that the program gets.
    async fn open_with(options: &Options, connections: Connections, open_files: Option<usize>) -> anyhow::Result<Self> {
        let port = program::free_port()?;
        let carrier = Carrier::open(port, connections).await?;
        let program = Program::start(options, port, carrier.address(), open_files).await?;
        Ok(Self { carrier, program })
    }

    /// Nothing may be left of any call, and nothing may have been dialled for a call that is not ours.
    async fn judge_the_end(&mut self, report: &mut Report) -> anyhow::Result<()> {
        let live = self.program.live_calls_within(std::time::Duration::from_secs(30)).await;
        report.must("calls left over when all callers had gone", "0", live, live == Some(0));
        report.note("requests of callers that needed the fallback", self.carrier.fallbacks());
        let strays = self.carrier.strays();
        report.must("orders that belong to no call", "0", strays, strays == 0);
        let ended = self.program.stop().await?;
        report.must("the program ends by itself when asked to", "status 0", ended.as_str(), ended == "status 0");
        Ok(())
    }
}
