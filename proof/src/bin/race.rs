//! `race`: many accepts in one instant before the real program. Exit code 1 if anything was wrong.
//!
//! Started with `serve --config FILE` it is the program under test itself.

use std::process::ExitCode;

use clap::Parser;
use ringall_proof::race::{Options, run};

/// Who accepts first, ten thousand times: over real sockets and threads, before a real `ringall serve`.
#[derive(Debug, Parser)]
#[command(name = "race")]
struct Arguments {
    /// So many rounds
    #[arg(long, default_value_t = 10_000)]
    rounds: u64,
    /// Where the dice begin; shown with every violation
    #[arg(long)]
    seed: Option<u64>,
    /// Play the plan of this round, `--rounds` times (once if not said). Its timing is new each time
    #[arg(long, value_name = "N")]
    round: Option<u64>,
    /// So many calls at once
    #[arg(long, default_value_t = 16)]
    slots: usize,
}

fn main() -> anyhow::Result<ExitCode> {
    if std::env::args().nth(1).is_some_and(|argument| argument == "serve") {
        return Ok(ringall::cli::run());
    }
    let given = std::env::args().any(|argument| argument.starts_with("--rounds"));
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let options = Options {
        executable: std::env::current_exe()?,
        seed,
        first: arguments.round.unwrap_or(0),
        rounds: if arguments.round.is_some() && !given { 1 } else { arguments.rounds },
        slots: arguments.slots.clamp(1, 900),
        same_plan: arguments.round.is_some(),
        tells: true,
    };
    println!("seed {seed}");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let verdict = runtime.block_on(run(options))?;
    print!("{}", verdict.figures);
    println!("took {:.1} s", verdict.took.as_secs_f64());
    for violation in &verdict.violations {
        println!("\nWRONG: {violation}");
    }
    if verdict.violations.is_empty() {
        println!("nothing was wrong");
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nPlay such a round again, with new timing, by: race --seed {seed} --round N --rounds 100");
    Ok(ExitCode::FAILURE)
}
