//! `ringall check`: what is wrong with a configuration, or where its lines lead. The report goes to standard output,
//! problems and warnings go to standard error.

mod at;
mod outline;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Args;

use super::{ConfigFile, WRONG_CONFIGURATION};
use crate::config::{Config, Problems, Severity, Strictness};

/// What is looked at.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    imagined: at::ImaginedCall,
}

/// Checks the file.
pub(super) fn run(args: &CheckArgs) -> ExitCode {
    match Config::load(&args.config.path, Strictness::Check) {
        Ok((config, warnings)) => {
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            let told = args.imagined.told(&config).unwrap_or_else(|| Ok(outline::of(&config)));
            match told {
                Ok(told) => {
                    // Whoever closed the pipe has read enough.
                    let _ = io::stdout().write_all(told.as_bytes());
                    ExitCode::SUCCESS
                }
                Err(wrong) => {
                    eprintln!("{wrong}");
                    ExitCode::from(WRONG_CONFIGURATION)
                }
            }
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
