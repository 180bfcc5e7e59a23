//! `ringall demo`: the program before a simulated carrier, with a page to play with, or playing by itself.

use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
};

use anyhow::Context;
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;

use super::{DemoArgs, serve::stop_asked};
use crate::{
    demo::{Demo, auto},
    telemetry,
};

/// Where the page and the carrier's API are, if these ports are free.
const PAGE_PORT: u16 = 7000;
const API_PORT: u16 = 7001;

/// Plays until it is told to stop, or plays one call.
pub(super) fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    // What happens is on the page, or in the conversation; the log is for what should not.
    let _telemetry = telemetry::start_from(if args.auto { LevelFilter::ERROR } else { LevelFilter::WARN });
    if args.auto {
        return play(args.seed.unwrap_or_else(|| fastrand::u64(..1_000_000)));
    }
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(serve(args.port))?;
    // Nothing outlives the demonstration, so nobody is waited for.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

async fn serve(port: Option<u16>) -> anyhow::Result<()> {
    let page = match port {
        Some(port) => listen(port).await.with_context(|| format!("cannot listen on port {port} of this machine"))?,
        None => listen_near(PAGE_PORT).await?,
    };
    let api = listen_near(API_PORT).await?;
    let address = page.local_addr()?;
    let demo = Demo::new(address, api.local_addr()?)?;
    demo.start(page, api)?;
    // Whoever closed the pipe has read enough.
    let _ = io::stdout().write_all(welcome(address).as_bytes());
    stop_asked().await?;
    Ok(())
}

/// Plays one call in virtual time, which needs no longer than it takes to compute.
fn play(seed: u64) -> anyhow::Result<ExitCode> {
    // Before anything can go wrong: whoever wants to see it again needs this number.
    let _ = writeln!(io::stdout(), "Seed {seed}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let played = runtime.context("cannot start the runtime")?.block_on(auto::play(seed))?;
    let _ = io::stdout().write_all(played.text.as_bytes());
    Ok(if played.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Listens at this port, or at a free one.
async fn listen_near(port: u16) -> anyhow::Result<TcpListener> {
    match listen(port).await {
        Ok(listener) => Ok(listener),
        Err(_) => listen(0).await.context("cannot listen on this machine"),
    }
}

async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

fn welcome(address: SocketAddr) -> String {
    format!(
        "\
Ringall is running with a simulated carrier, two callers and five organisers, all on this machine.

  Open  http://{address}/

  Press Call on a caller's phone: five phones ring. Answer on any of them, and press 1 to take the call.
  The other four stop. Then let the mailboxes answer, or let everybody pick up in the same instant.

  Press Ctrl-C to stop. Nothing is kept.
"
    )
}
