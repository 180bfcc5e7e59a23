//! The command line. Exit codes: 0, 1 for a failure, 2 for wrong usage or a wrong configuration; `call` has more.

mod call;
mod check;
mod conformance;
mod demo;
mod open_files;
mod reload;
mod serve;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

/// One phone number; everybody's phone rings; the first human to answer has the call.
#[derive(Debug, Parser)]
#[command(name = "ringall", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take calls
    Serve(ConfigFile),
    /// Take calls from a simulated carrier, without an account or a telephone
    Demo(DemoArgs),
    /// Look at a configuration, and say what is wrong with it or where its lines lead
    Check(check::CheckArgs),
    /// Call a line through the carrier, from another number of the account, and tell what happens
    Call(call::CallArgs),
    /// Play the carrier against a running server, and say which promises to callers and members it keeps
    Conformance(Box<conformance::ConformanceArgs>),
}

/// Where the configuration is.
#[derive(Debug, Args)]
pub struct ConfigFile {
    /// The configuration; `config/ringall.example.toml` shows all of it
    #[arg(long = "config", value_name = "FILE")]
    pub path: PathBuf,
}

/// How the demonstration goes.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Play one call in this terminal, and fail if anything about it is wrong
    #[arg(long)]
    pub auto: bool,
    /// Play the call of this number again; it decides who does what
    #[arg(long, value_name = "N", requires = "auto")]
    pub seed: Option<u64>,
    /// Serve the page on this port of this machine, and fail if it is taken
    #[arg(long, value_name = "N", conflicts_with = "auto")]
    pub port: Option<u16>,
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Check(args) => return check::run(&args),
        Command::Call(args) => call::run(&args),
        Command::Serve(config) => serve::run(&config.path),
        Command::Demo(args) => demo::run(&args),
        Command::Conformance(args) => conformance::run(&args),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("ringall: {error:#}");
    ExitCode::FAILURE
}

/// The exit code for a wrong configuration.
pub(crate) const WRONG_CONFIGURATION: u8 = 2;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_documented_calls_are_understood() {
        for line in [
            "ringall serve --config FILE",
            "ringall check --config FILE",
            "ringall check --config FILE --diagram",
            "ringall check --config FILE --diagram --svg PICTURE",
            "ringall check --config FILE --at 2026-12-24T18:05 --from +441632960999 --to +441632960000",
            "ringall call --config FILE --to +441632960000",
            "ringall call --config FILE --to +441632960000 --from +441632960001",
            "ringall demo",
            "ringall demo --port 7000",
            "ringall demo --auto",
            "ringall demo --auto --seed 7",
            "ringall conformance --list",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        for line in [
            "ringall serve",
            "ringall call --config FILE",
            "ringall call --to +441632960000",
            "ringall check",
            "ringall check --config FILE --svg PICTURE",
            "ringall check --config FILE --to X",
            "ringall demo --config FILE",
            "ringall demo --seed 7",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
