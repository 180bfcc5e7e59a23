//! `public_url`, `[server]` and `[store]`: where this program is.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use url::{Host, Url};

use super::{
    PublicUrl,
    problem::{Place, Report, did_you_mean},
    reader::{Section, Value},
    reference::keys,
};

keys! {
    pub(super) FILE: "file" at [""], "Key | Default | ";
    /// Where the carrier reaches Ringall, such as `"https://hotline.example.org"`. Signatures are checked against it, so
    /// it must be what the carrier is told, with the path if your proxy has one. `http://` works with a warning. `"ngrok"`
    /// asks the ngrok agent on this machine; start it with `ngrok http 7000`.
    public_url ("required");
    /// Addresses to which a step may hand callers over, see [goto](#going-on-refusing-ending).
    allowed_urls ("none");
    /// `true`: a way to a [recorded talk](#recorded-talks) on which the caller does not hear so before is a problem.
    require_recording_notice = false;
    /// The sections of the file, each with a table of its own on this page.
    server, carrier, people, groups, hours, lookups, blocklists, steps, words, voices, lines, directory, notices, store ();
}

keys! {
    pub(super) SERVER: "server" at ["server"], "Key in `[server]` | Default | ";
    /// Address and port to listen on. Ringall speaks plain http; put a proxy with TLS in front.
    listen = "127.0.0.1:7000";
    /// How long a shutdown waits at the longest for what rings or is being joined; up to `10m`. Calls in progress live on
    /// at the carrier.
    drain_for = "30s";
}

keys! {
    pub(super) STORE: "store" at ["store"], "Key in `[store]` | Default | ";
    /// Reserved: nothing is stored yet.
    path = "ringall.db";
}

/// Reads `public_url`.
pub(super) fn read_public_url(file: &mut Section<'_>) -> Option<PublicUrl> {
    let value = file.require("public_url", "an address such as \"https://hotline.example.org\", or \"ngrok\"")?;
    match value.raw_text() {
        Some("ngrok") => Some(PublicUrl::Ngrok),
        Some(text) if !text.contains(':') => {
            let nearest = did_you_mean(text, ["ngrok"]);
            value.problem(format!("expected an address that begins with `https://`, or \"ngrok\"{nearest}"));
            None
        }
        _ => read_address(value).map(PublicUrl::Url),
    }
}

fn read_address(value: Value<'_>) -> Option<Url> {
    let place = value.place.clone();
    let report = value.report;
    let url = value.base_url()?;
    if url.scheme() == "http" && !is_loopback(&url) {
        report.warning(&place, "callers' numbers travel unprotected over http; the carrier may insist on https");
    }
    if url.host_str().is_some_and(|host| host.contains('_')) {
        report.warning(&place, "the carrier does not report to a host with an underscore in its name");
    }
    Some(url)
}

/// A carrier elsewhere cannot call this machine by a name that means itself.
pub(super) fn check_reach(public_url: &PublicUrl, api_base: &Url, report: &Report) {
    let PublicUrl::Url(url) = public_url else { return };
    if is_loopback(url) && !is_loopback(api_base) {
        let place = Place { path: "public_url".to_owned(), offset: 0 };
        report.warning(&place, "the carrier cannot reach this machine under this address");
    }
}

/// Reads `[server]`: where to listen, and how long a shutdown may take.
pub(super) fn read(mut server: Section<'_>) -> (SocketAddr, Duration) {
    let listen = server
        .take("listen")
        .and_then(|value| value.parsed("an address and a port such as \"127.0.0.1:7000\"", |text| text.parse().ok()));
    let drain_for = server.take("drain_for").and_then(|value| value.duration(Duration::ZERO..=LONGEST_DRAIN));
    server.finish();

    (listen.unwrap_or(DEFAULT_LISTEN), drain_for.unwrap_or(DEFAULT_DRAIN))
}

/// Reads `[store]`.
pub(super) fn read_store_path(mut store: Section<'_>) -> PathBuf {
    let path = store.take("path").and_then(Value::text);
    store.finish();
    path.map_or_else(|| PathBuf::from(DEFAULT_STORE), |path| PathBuf::from(path.text))
}

/// Whether what is sent to this address stays on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

const DEFAULT_LISTEN: SocketAddr = SocketAddr::V4(std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 7000));
const DEFAULT_DRAIN: Duration = Duration::from_secs(30);
const LONGEST_DRAIN: Duration = Duration::from_secs(10 * 60);
const DEFAULT_STORE: &str = "ringall.db";
