//! `ringall serve`: takes calls until it is told to stop.

use std::{io, net::SocketAddr, path::Path, process::ExitCode};

use anyhow::Context;
use tokio::{
    net::{TcpListener, TcpSocket},
    signal::unix::{SignalKind, signal},
};
use tracing::{info, warn};
use url::Url;

use super::{WRONG_CONFIGURATION, open_files, reload::Watched};
use crate::{
    carrier::transport,
    clock::Clock,
    config::{Config, PublicUrl, Strictness},
    lookups, ngrok,
    service::Service,
    telemetry, web,
};

/// Loads the configuration and serves; problems of the configuration are told all at once.
pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let watched = Watched::new(path);
    let (config, warnings) = match Config::load(path, Strictness::Serve) {
        Ok(loaded) => loaded,
        Err(problems) => {
            eprintln!("{problems}");
            return Ok(ExitCode::from(WRONG_CONFIGURATION));
        }
    };
    let _telemetry = telemetry::start();
    for warning in warnings {
        warn!("configuration: {warning}");
    }
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(serve(&config, watched))?;
    // Talks go on at the carrier; their tasks are not waited for.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: &Config, mut watched: Watched) -> anyhow::Result<()> {
    let public_url = public_url(config).await?;
    let listener = listen(config.listen)?;
    let connections = open_files::connections_beside(config.carrier.concurrent_requests + lookups::at_once(config));
    let (carrier, lookups) = (transport::over_network()?, lookups::over_network()?);
    let service = Service::with_lookups(config, &public_url, carrier, lookups, Clock::system())?;
    let serving = web::serve_at_most(connections, listener, service.router(), service.tasks.clone());
    service.tasks.spawn("listener", serving);
    info!(listen = %config.listen, connections, "serving {} line(s) for {public_url}", config.lines.len());

    tokio::select! {
        asked = stop_asked() => asked?,
        failed = watched.keep(config, &service) => failed?,
    }
    tokio::select! {
        () = service.drain(watched.drain_for()) => info!("nobody waits any more; good-bye"),
        asked = stop_asked() => { asked?; warn!("asked a second time; stopping at once"); }
    }
    Ok(())
}

async fn public_url(config: &Config) -> anyhow::Result<Url> {
    match &config.public_url {
        PublicUrl::Url(url) => Ok(url.clone()),
        PublicUrl::Ngrok => {
            let url = ngrok::public_url(ngrok::DEFAULT_AGENT, config.listen, ngrok::fetch).await?;
            info!("ngrok calls this program {url}; the number's webhooks are {url}voice and so on");
            Ok(url)
        }
    }
}

/// So many connections may wait to be taken; a burst of calls comes faster than they are. Systems take less if they like.
const WAITING_CONNECTIONS: u32 = 4_096;
/// What the system keeps of answers that a client does not read. By itself it takes megabytes for each, which a thousand
/// such clients turn into gigabytes.
const UNREAD_BYTES: u32 = 128 * 1024;

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let open = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A restarted program must not wait for its predecessor's last connections.
        socket.set_reuseaddr(true)?;
        // Connections inherit it.
        socket.set_send_buffer_size(UNREAD_BYTES)?;
        socket.bind(address)?;
        socket.listen(WAITING_CONNECTIONS)
    };
    open().with_context(|| {
        format!(
            "cannot listen at {address}; does another program, or another `ringall`, listen there? See `server.listen`"
        )
    })
}

/// Waits until the program is asked to stop.
pub(super) async fn stop_asked() -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn client_that_never_reads_its_answer_takes_little_of_the_systems_memory() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let client = TcpSocket::new_v4().unwrap();
        client.set_recv_buffer_size(4 * 1024).unwrap();
        let _client = client.connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();

        let mut taken = 0;
        while let Ok(Ok(())) = tokio::time::timeout(std::time::Duration::from_millis(200), stream.writable()).await {
            taken += stream.try_write(&[0; 8 * 1024]).unwrap_or(0);
            assert!(taken < 1024 * 1024, "{taken} bytes for a client that does not read");
        }

        assert!(taken > 0);
    }
}
