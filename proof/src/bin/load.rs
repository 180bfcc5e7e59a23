//! `load SCENARIO`: what Ringall bears, played from outside; `--help` tells the rest.

use std::process::ExitCode;

use clap::Parser;
use ringall_proof::load::{self, Options};

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    // So many descriptors are needed on this side too.
    rlimit::increase_nofile_limit(u64::MAX)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let held = runtime.block_on(load::run(&options))?;
    runtime.shutdown_background();
    Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
