//! Storms of calls under virtual time: `storm --calls N --seed S`. What is broken is shown as the shortest history found,
//! with the command that plays exactly that again.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
    time::Instant,
};

use clap::Parser;
use ringall_proof::storm::{
    Broken, Coverage, Plan, Promise, Sabotage, coverage, draw, judge,
    many::{Bad, Many, Sum},
    play, shrink, tell,
};

/// The program's own allocator: a storm is a hundred thousand small things that are forgotten together.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Plays storms of random calls and judges them by what was heard and done.
#[derive(Parser)]
struct Arguments {
    /// How many calls to make.
    #[arg(long, default_value_t = 20_000)]
    calls: u64,
    /// The first storm's seed; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many threads; each core one if not said.
    #[arg(long)]
    jobs: Option<usize>,
    /// Judge only these promises.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Promise>,
    /// Play the one storm of the seed and show everything.
    #[arg(long)]
    one: bool,
    /// Play this plan and show everything.
    #[arg(long)]
    plan: Option<String>,
    /// Write the transcript of the one storm, byte by byte, to standard output.
    #[arg(long)]
    transcript: bool,
    /// Do this wrong on purpose.
    #[arg(long, value_enum, default_value_t)]
    sabotage: Sabotage,
    /// How many plays a smaller history may cost.
    #[arg(long, default_value_t = 600)]
    shrink: u32,
    /// Stop after so many storms that went badly.
    #[arg(long, default_value_t = 20)]
    most_bad: usize,
    /// Show the coverage and the switches.
    #[arg(long)]
    report: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(plan) = &arguments.plan {
        return match plan.parse() {
            Ok(plan) => one(&plan, &arguments),
            Err(error) => {
                eprintln!("not a plan: {error}");
                ExitCode::from(2)
            }
        };
    }
    if arguments.one || arguments.transcript {
        return one(&draw::plan(arguments.seed), &arguments);
    }
    many(&arguments)
}

fn one(plan: &Plan, arguments: &Arguments) -> ExitCode {
    if std::env::var_os("RUST_LOG").is_some() {
        let log = tracing_subscriber::fmt().with_writer(std::io::stderr).without_time();
        log.with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    }
    let played = play(plan, arguments.sabotage);
    if arguments.transcript {
        print!("{}", played.transcript());
        return ExitCode::SUCCESS;
    }
    println!("{plan}\n");
    let broken = judge(&played);
    for broken in &broken {
        println!("{broken}\n{}", tell::timeline(&played, broken));
    }
    println!("{} legs, {} webhooks, {} REST requests", played.legs.len(), played.webhooks.len(), played.rest.len());
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn many(arguments: &Arguments) -> ExitCode {
    coverage::begin();
    let many = Many {
        seed: arguments.seed,
        calls: arguments.calls,
        jobs: arguments.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
        only: arguments.only.clone(),
        sabotage: arguments.sabotage,
        most_bad: arguments.most_bad,
    };
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is measured")]
    let begun = Instant::now();
    let sum = many.play();
    let seconds = begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "nobody makes that many calls")]
    let pace = sum.calls as f64 / seconds;
    println!(
        "{} calls in {} storms from seed {} on {} threads: {seconds:.1} s, {pace:.0} calls/s",
        sum.calls, sum.storms, many.seed, many.jobs
    );
    let coverage = Coverage::so_far();
    println!("{}", coverage.report());
    if arguments.report {
        println!("storms by the carrier's switches:\n{}", sum.positions.table());
    }
    for never in sum.positions.never() {
        println!("no storm had {never}");
    }
    let surprises = coverage.surprises();
    for surprise in &surprises {
        println!("said to be unreachable: {surprise}");
    }
    show(&sum, arguments);
    if sum.bad.is_empty() && surprises.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Shows each kind of broken promise once, as small as it can be had.
fn show(sum: &Sum, arguments: &Arguments) {
    let mut kinds: BTreeMap<Promise, (&Bad, usize, BTreeSet<u64>)> = BTreeMap::new();
    for bad in &sum.bad {
        for broken in &bad.broken {
            let smaller = |known: &Bad| bad.plan.callers.len() < known.plan.callers.len();
            let entry = kinds.entry(broken.promise).or_insert((bad, 0, BTreeSet::new()));
            entry.1 += 1;
            entry.2.insert(bad.seed);
            if smaller(entry.0) {
                entry.0 = bad;
            }
        }
    }
    for (promise, (bad, count, seeds)) in kinds {
        println!("\nBROKEN: {promise:?}, {count} times, by the seeds {seeds:?}; shown: seed {}", bad.seed);
        let plan = shrink::shrink(&bad.plan, promise, arguments.sabotage, arguments.shrink);
        let played = play(&plan, arguments.sabotage);
        let broken: Vec<Broken> = judge(&played).into_iter().filter(|broken| broken.promise == promise).collect();
        if let Some(broken) = broken.first() {
            println!("{broken}\n{}", tell::timeline(&played, broken));
        }
        println!("again: cargo run --release -p ringall-proof --bin storm -- --plan '{plan}'");
    }
}
