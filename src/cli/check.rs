//! `ringall check`: what is wrong with a configuration, or where its lines lead. The report goes to standard output,
//! problems and warnings go to standard error.

mod at;
mod diagram;
mod hearing;
mod outline;

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;

use super::{ConfigFile, WRONG_CONFIGURATION};
use crate::config::{Config, Problems, Severity, Strictness};

/// What to look at, and how it is told.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// Draw where calls go, as a Mermaid flowchart on standard output
    #[arg(long)]
    diagram: bool,
    /// Draw where calls go into this file, as a picture
    #[arg(long, value_name = "FILE", requires = "diagram")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    imagined: at::ImaginedCall,
}

/// Checks a configuration.
pub(super) fn run(args: &CheckArgs) -> ExitCode {
    match Config::load(&args.config.path, Strictness::Check) {
        Ok((config, warnings)) => {
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            tell(&config, args)
        }
        Err(problems) => {
            eprintln!("{problems}\n{}", summary(&problems));
            ExitCode::from(WRONG_CONFIGURATION)
        }
    }
}

fn tell(config: &Config, args: &CheckArgs) -> ExitCode {
    if let Some(path) = &args.svg {
        if let Err(error) = fs::write(path, diagram::svg(config)) {
            eprintln!("ringall: the picture cannot be written to {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
        return ExitCode::SUCCESS;
    }
    let told = if args.diagram {
        Ok(diagram::mermaid(config))
    } else {
        args.imagined.told(config).unwrap_or_else(|| Ok(outline::of(config)))
    };
    let text = match told {
        Ok(text) => text,
        Err(wrong) => {
            eprintln!("{wrong}");
            return ExitCode::from(WRONG_CONFIGURATION);
        }
    };
    // Whoever closed the pipe has read enough.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn summary(problems: &Problems) -> String {
    match problems.iter().filter(|problem| problem.severity() == Severity::Problem).count() {
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    }
}
