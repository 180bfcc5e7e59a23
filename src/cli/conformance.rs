//! `ringall conformance`: plays the carrier against a server that is running, and says which promises it keeps.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use ringall_core::phone::PhoneNumber;
use serde_json::json;
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;
use url::Url;

use crate::{
    conformance::{Outcome, Report, Scenario, Suite, Target, all},
    secret::Secret,
    simulator::Method,
    telemetry,
};

/// What is tried, and how.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own, not a state")]
pub(super) struct ConformanceArgs {
    /// Your server's webhook of an incoming call, as it stands in signatures
    #[arg(long, value_name = "URL", required_unless_present = "list")]
    inbound: Option<Url>,
    /// Your server's webhook that hears of the end of an incoming call
    #[arg(long, value_name = "URL", required_unless_present = "list")]
    status: Option<Url>,
    /// Your server's webhook for when the first one fails
    #[arg(long, value_name = "URL")]
    fallback: Option<Url>,
    /// Where your server listens, if not where these addresses say: behind a proxy, or with a public https address
    #[arg(long, value_name = "HOST:PORT")]
    connect_to: Option<SocketAddr>,
    /// Serve the carrier's REST API here; your server's API base must be http:// and this
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7999")]
    listen: SocketAddr,
    /// The account that your server believes in
    #[arg(long, value_name = "AC…", default_value = "AC00000000000000000000000000000000")]
    account_sid: String,
    /// The environment variable that holds the account's auth token
    #[arg(long, value_name = "NAME", default_value = "TWILIO_AUTH_TOKEN")]
    auth_token_env: String,
    /// The file that holds the account's auth token, in place of the environment
    #[arg(long, value_name = "FILE")]
    auth_token_file: Option<PathBuf>,
    /// The number that is called: one for which your server rings people
    #[arg(long, value_name = "+E164", required_unless_present = "list")]
    line: Option<String>,
    /// How the webhook of an incoming call is requested
    #[arg(long, value_enum, default_value_t = Methods::Post)]
    method: Methods,
    /// How long your server lets phones ring for one call at the longest
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = humantime::parse_duration)]
    ring_for: Duration,
    /// How long your server may take for what needs no waiting, such as joining who has accepted
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    answer_within: Duration,
    /// The key that accepts a call, if one is asked for
    #[arg(long, value_name = "KEY", default_value_t = '1')]
    key: char,
    /// Your server rings people who are rung for another call already
    #[arg(long)]
    ring_busy: bool,
    /// Play only the scenario of this name, or those whose names contain this; may be said more than once
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// Leave out the scenario of this name, or those whose names contain this; may be said more than once
    #[arg(long, value_name = "PATTERN")]
    skip: Vec<String>,
    /// Leave out the slow scenarios, which wait for your server's own deadlines
    #[arg(long)]
    quick: bool,
    /// Print what everybody did and heard also where the promise was kept
    #[arg(long, conflicts_with = "json")]
    verbose: bool,
    /// Print an object of one line for each scenario, for other programs
    #[arg(long)]
    json: bool,
    /// Print the scenarios, their promises and what each needs, and play none
    #[arg(long)]
    list: bool,
}

/// How the webhook of an incoming call is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Methods {
    Post,
    Get,
    /// By POST, and in one scenario by GET
    Both,
}

/// The exit code for wrong usage.
const WRONG_USAGE: u8 = 2;

/// Plays the suite; the exit code says whether every promise was kept.
pub(super) fn run(args: &ConformanceArgs) -> anyhow::Result<ExitCode> {
    let usable = chosen(args).and_then(|chosen| Ok((if args.list { None } else { Some(target(args)?) }, chosen)));
    let (target, chosen) = match usable {
        Ok(usable) => usable,
        Err(wrong) => {
            eprintln!("ringall: {wrong:#}");
            return Ok(ExitCode::from(WRONG_USAGE));
        }
    };
    let Some(target) = target else {
        print(&list(&chosen));
        return Ok(ExitCode::SUCCESS);
    };
    let _telemetry = telemetry::start_from(LevelFilter::WARN);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let code = runtime.block_on(play(args, target, &chosen));
    runtime.shutdown_background();
    code
}

async fn play(args: &ConformanceArgs, target: Target, chosen: &[&'static Scenario]) -> anyhow::Result<ExitCode> {
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen at {}; --listen names another place", args.listen))?;
    let rest = listener.local_addr()?;
    let tell = |text: &str| {
        if !args.json {
            print(text);
        }
    };
    tell(&format!("The carrier's REST API is at http://{rest}: your server's API base must lead there.\n"));
    tell(&format!("Calling {} at {} …\n", target.line.expose(), target.inbound));
    let suite = match Suite::begin(target, listener).await {
        Ok(suite) => suite,
        Err(why) => {
            eprintln!("ringall: {why}");
            return Ok(ExitCode::FAILURE);
        }
    };
    tell(&format!("{}. {} scenarios:\n\n", suite.about_the_server(), chosen.len()));

    let (mut held, mut failed, mut skipped, mut took) = (0, 0, 0, Duration::ZERO);
    for scenario in chosen {
        let report = suite.play(scenario).await;
        match report.outcome {
            Outcome::Held { .. } => held += 1,
            Outcome::Broken { .. } => failed += 1,
            Outcome::Skipped(_) => skipped += 1,
        }
        took += report.took;
        print(&told(args, &report));
        if matches!(report.outcome, Outcome::Broken { .. }) && !suite.is_server_there().await {
            let left = chosen.len() - held - failed - skipped;
            eprintln!("ringall: your server listens no more; {left} scenarios are not played");
            break;
        }
    }
    let seconds = took.as_secs_f64();
    if args.json {
        print(&format!("{}\n", json!({ "ok": held, "failed": failed, "skipped": skipped, "seconds": seconds })));
    } else {
        print(&format!("\n{held} ok, {failed} failed, {skipped} skipped ({seconds:.0} s)\n"));
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(args: &ConformanceArgs, report: &Report) -> String {
    if args.json { format!("{}\n", report.json()) } else { report.text(args.verbose) }
}

/// The scenarios that the command line asks for.
fn chosen(args: &ConformanceArgs) -> anyhow::Result<Vec<&'static Scenario>> {
    let named = |patterns: &[String], scenario: &Scenario| patterns.iter().any(|pattern| is_meant(pattern, scenario));
    for pattern in &args.only {
        if !all().iter().any(|scenario| is_meant(pattern, scenario)) {
            bail!("no scenario's name contains `{pattern}`; --list shows them");
        }
    }
    let mut scenarios = all();
    scenarios.retain(|scenario| {
        (args.only.is_empty() || named(&args.only, scenario))
            && !named(&args.skip, scenario)
            && !(args.quick && scenario.needs.patience)
    });
    if scenarios.is_empty() {
        bail!("no scenario is left to be played");
    }
    Ok(scenarios)
}

/// A whole name means one scenario, also where it is the beginning of another's.
fn is_meant(pattern: &str, scenario: &Scenario) -> bool {
    let is_a_name = all().iter().any(|other| other.name == pattern);
    if is_a_name { scenario.name == pattern } else { scenario.name.contains(pattern) }
}

/// The server as the command line describes it.
fn target(args: &ConformanceArgs) -> anyhow::Result<Target> {
    let (Some(inbound), Some(status), Some(line)) = (&args.inbound, &args.status, &args.line) else {
        bail!("--inbound, --status and --line are needed");
    };
    for url in [Some(inbound), Some(status), args.fallback.as_ref()].into_iter().flatten() {
        check_address(url, args.connect_to.is_some())?;
    }
    let line: PhoneNumber =
        line.parse().map_err(|_| anyhow::anyhow!("--line `{line}`: not an E.164 number such as `+4930123456`"))?;
    Ok(Target {
        inbound: inbound.clone(),
        status: status.clone(),
        fallback: args.fallback.clone(),
        connect_to: args.connect_to,
        account_sid: args.account_sid.clone(),
        auth_token: auth_token(args)?,
        line,
        method: if args.method == Methods::Get { Method::Get } else { Method::Post },
        both_methods: args.method == Methods::Both,
        ring_for: args.ring_for,
        react_within: args.answer_within,
        ring_busy: args.ring_busy,
        key: args.key,
    })
}

fn check_address(url: &Url, connects_elsewhere: bool) -> anyhow::Result<()> {
    match url.scheme() {
        "http" => Ok(()),
        "https" if connects_elsewhere => Ok(()),
        "https" => bail!(
            "{url}: this suite speaks plain http. Say where your server listens behind its proxy, with --connect-to \
             HOST:PORT; signatures are made for the https address all the same"
        ),
        _ => bail!("{url}: expected an address that begins with `http://`"),
    }
}

fn auth_token(args: &ConformanceArgs) -> anyhow::Result<Secret> {
    let (token, place) = match &args.auth_token_file {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            (text, file.display().to_string())
        }
        None => {
            let name = &args.auth_token_env;
            let text = std::env::var(name).map_err(|_| {
                anyhow::anyhow!(
                    "the environment variable {name} is not set; it must hold the auth token that your server checks \
                     signatures with (--auth-token-env NAME, --auth-token-file FILE)"
                )
            })?;
            (text, format!("the environment variable {name}"))
        }
    };
    let token = token.trim();
    if token.is_empty() {
        bail!("{place} is empty; it must hold the auth token that your server checks signatures with");
    }
    Ok(Secret::from(token))
}

fn list(scenarios: &[&Scenario]) -> String {
    let line = |scenario: &&Scenario| {
        let needs = scenario.needs.in_words();
        let needs = if needs.is_empty() { String::new() } else { format!(" [{}]", needs.join(", ")) };
        format!("{:34} {}{needs}\n", scenario.name, scenario.promise)
    };
    scenarios.iter().map(line).collect()
}

fn print(text: &str) {
    let mut out = io::stdout();
    // Whoever closed the pipe has read enough.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
