//! Ringall.

use std::process::ExitCode;

fn main() -> ExitCode {
    ringall::cli::run()
}
