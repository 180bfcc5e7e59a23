//! What can be asked for.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Starts Ringall, plays a carrier around it, and says what it bore.
///
/// The exit code is 1 if a claim about calls fails: one lost, won twice, left ringing, or not taken again. Times and
/// memory are only marked, because they depend on the machine; with `--strict` they count too.
#[derive(Debug, Clone, Parser)]
pub struct Options {
    /// What to play.
    pub scenario: Scenario,
    /// A small form of it, for every change: seconds, not minutes.
    #[arg(long)]
    pub small: bool,
    /// Times and memory count too.
    #[arg(long)]
    pub strict: bool,
    /// The program to start; without this the `ringall` beside this one.
    #[arg(long, value_name = "PATH")]
    pub server: Option<PathBuf>,
    /// How many calls, where the scenario has a number of its own.
    #[arg(long, value_name = "N")]
    pub calls: Option<usize>,
    /// How often what is compared is measured.
    #[arg(long, value_name = "N")]
    pub rounds: Option<usize>,
    /// `hold`: how often all calls come and go.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub waves: usize,
    /// `flood`: unsigned requests a second.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub rate: usize,
    /// Leaves the program's log and configuration where they are, and says where.
    #[arg(long)]
    pub keep: bool,
}

/// What can be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// All of them, one after another.
    All,
    /// Thousands of calls held at once, and the memory afterwards.
    Hold,
    /// From nothing to two thousand calls within a second.
    Burst,
    /// Too few file descriptors, and clients that take them all.
    Descriptors,
    /// Clients that trickle, say nothing, or do not read.
    Slow,
    /// Ten thousand unsigned requests a second beside calls.
    Flood,
}

impl Options {
    pub(super) fn scenarios(&self) -> Vec<Scenario> {
        if self.scenario == Scenario::All { Scenario::value_variants()[1..].to_vec() } else { vec![self.scenario] }
    }

    /// `usual`, or `small` where that is asked for.
    pub(super) fn either<T>(&self, usual: T, small: T) -> T {
        if self.small { small } else { usual }
    }
}
