//! `ringall check`: what is wrong with a configuration, or where its lines lead. The report goes to standard output,
//! problems and warnings go to standard error.

mod outline;

use std::{
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use super::WRONG_CONFIGURATION;
use crate::config::{Config, Problems, Severity, Strictness};

/// Checks the file at `path`.
pub(super) fn run(path: &Path) -> ExitCode {
    match Config::load(path, Strictness::Check) {
        Ok((config, warnings)) => {
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            // Whoever closed the pipe has read enough.
            let _ = io::stdout().write_all(outline::of(&config).as_bytes());
            ExitCode::SUCCESS
        }
        Err(problems) => {
            eprintln!("{problems}\n{}", summary(&problems));
            ExitCode::from(WRONG_CONFIGURATION)
        }
    }
}

fn summary(problems: &Problems) -> String {
    match problems.iter().filter(|problem| problem.severity() == Severity::Problem).count() {
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    }
}
