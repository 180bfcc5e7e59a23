//! Asks the ngrok agent on this machine under which address the carrier can reach this program.

use std::{future::Future, net::SocketAddr, time::Duration};

use reqwest::redirect;
use serde::Deserialize;
use tracing::warn;
use url::Url;

/// Where the agent answers unless it is told otherwise.
pub const DEFAULT_AGENT: &str = "http://127.0.0.1:4040";

/// Why there is no address, and what to start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NgrokError {
    /// The agent does not answer.
    #[error("no ngrok agent answers at {agent} ({reason}); start one with `ngrok http {port}`")]
    NoAgent {
        /// Where it was looked for.
        agent: String,
        /// Why that failed.
        reason: String,
        /// Where this program listens.
        port: u16,
    },
    /// Something answers that is no ngrok agent.
    #[error("what answers at {agent} is no ngrok agent; start one with `ngrok http {port}`")]
    NotAnAgent {
        /// Where it was looked for.
        agent: String,
        /// Where this program listens.
        port: u16,
    },
    /// The agent has no tunnel over https.
    #[error("the ngrok agent has no https tunnel; start one with `ngrok http {port}`")]
    NoTunnel {
        /// Where this program listens.
        port: u16,
    },
    /// The agent has several tunnels, and none leads here.
    #[error("none of the ngrok agent's {count} https tunnels leads to port {port}; start one with `ngrok http {port}`")]
    NoneLeadsHere {
        /// How many there are.
        count: usize,
        /// Where this program listens.
        port: u16,
    },
}

/// An address of ngrok that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tunnel {
    /// The address, which the carrier can reach.
    pub url: Url,
    /// Whether the agent says that it leads to our port. It may lead there through a proxy all the same.
    pub leads_here: bool,
}

/// The agent's answer is no list of tunnels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NotTunnels;

/// The address under which the agent at `agent` leads to `listen`; `fetch` gets the text at an address, as [`fetch`]
/// does.
pub async fn public_url<F, A>(agent: &str, listen: SocketAddr, fetch: F) -> Result<Url, NgrokError>
where
    F: FnOnce(String) -> A,
    A: Future<Output = Result<String, String>>,
{
    let port = listen.port();
    let answer = fetch(format!("{}/api/tunnels", agent.trim_end_matches('/'))).await;
    let answer = answer.map_err(|reason| NgrokError::NoAgent { agent: agent.to_owned(), reason, port })?;
    let tunnels =
        read_tunnels(&answer).map_err(|NotTunnels| NgrokError::NotAnAgent { agent: agent.to_owned(), port })?;
    let tunnel = choose(&tunnels, port)?;
    if !tunnel.leads_here {
        warn!(port, "the only ngrok tunnel does not lead to our port; it is used all the same");
    }
    Ok(tunnel.url)
}

/// Gets the text at a plain http address on this machine.
pub async fn fetch(address: String) -> Result<String, String> {
    match get(&address).await {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => Err("the answer is too long".to_owned()),
        Err(error) => Err(plainly(&error).to_owned()),
    }
}

/// The text at an address; `None` if it is longer than any list of tunnels.
async fn get(address: &str) -> reqwest::Result<Option<String>> {
    // The client wants to know its TLS although it speaks none here; that another one is chosen already is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .tls_certs_only([])
        .timeout(PATIENCE)
        .build()?;
    let mut response = client.get(address).send().await?.error_for_status()?;
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        answer.extend_from_slice(&chunk);
        if answer.len() > LONGEST_ANSWER {
            return Ok(None);
        }
    }
    Ok(Some(String::from_utf8_lossy(&answer).into_owned()))
}

fn plainly(error: &reqwest::Error) -> &'static str {
    match error {
        error if error.is_timeout() => "no answer in time",
        error if error.is_connect() => "nothing listens there",
        error if error.is_status() => "an error is answered",
        _ => "the answer cannot be read",
    }
}

/// A tunnel as the agent lists it.
#[derive(Debug, Deserialize)]
struct Listed {
    public_url: String,
    #[serde(default)]
    config: ListedConfig,
}

#[derive(Debug, Default, Deserialize)]
struct ListedConfig {
    #[serde(default)]
    addr: String,
}

#[derive(Debug, Deserialize)]
struct List {
    tunnels: Vec<Listed>,
}

fn read_tunnels(answer: &str) -> Result<Vec<Listed>, NotTunnels> {
    serde_json::from_str(answer).map(|list: List| list.tunnels).map_err(|_| NotTunnels)
}

/// The https tunnel that leads to `port`, or else the only one there is.
fn choose(tunnels: &[Listed], port: u16) -> Result<Tunnel, NgrokError> {
    let secure: Vec<_> = tunnels.iter().filter_map(|listed| Some((secure_url(listed)?, listed))).collect();
    if let Some((url, _)) = secure.iter().find(|(_, listed)| port_of(&listed.config.addr) == Some(port)) {
        return Ok(Tunnel { url: url.clone(), leads_here: true });
    }
    match secure.as_slice() {
        [] => Err(NgrokError::NoTunnel { port }),
        [(url, _)] => Ok(Tunnel { url: url.clone(), leads_here: false }),
        several => Err(NgrokError::NoneLeadsHere { count: several.len(), port }),
    }
}

fn secure_url(listed: &Listed) -> Option<Url> {
    Url::parse(&listed.public_url).ok().filter(|url| url.scheme() == "https")
}

/// The port of `http://localhost:7000`, `localhost:7000` or `7000`.
fn port_of(addr: &str) -> Option<u16> {
    let address = addr.trim_end_matches('/');
    let last = address.rsplit_once(':').map_or(address, |(_, port)| port);
    match last.parse() {
        Ok(port) => Some(port),
        Err(_) => Url::parse(address).ok()?.port_or_known_default(),
    }
}

/// The agent is on this machine and has nothing to look up.
const PATIENCE: Duration = Duration::from_secs(3);
/// In bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn the_tunnel_to_our_port_is_chosen() {
        let tunnels = read_tunnels(&list(&[
            ("https://web.ngrok.app", "http://localhost:3000"),
            ("http://ours.ngrok.app", "http://localhost:7000"),
            ("https://ours.ngrok.app", "http://localhost:7000"),
        ]));

        let chosen = choose(&tunnels.unwrap(), 7000);

        assert_eq!(chosen, Ok(Tunnel { url: Url::parse("https://ours.ngrok.app").unwrap(), leads_here: true }));
    }

    #[test]
    fn the_only_tunnel_is_used_although_it_leads_elsewhere() {
        let tunnels = read_tunnels(&list(&[("https://web.ngrok.app", "https://proxy.local")])).unwrap();

        assert!(!choose(&tunnels, 7000).unwrap().leads_here);
    }

    #[test]
    fn without_a_fitting_tunnel_the_error_says_what_to_start() {
        let two = list(&[("https://a.ngrok.app", "localhost:3000"), ("https://b.ngrok.app", "3001")]);

        let none = choose(&[], 7000).unwrap_err();
        let several = choose(&read_tunnels(&two).unwrap(), 7000).unwrap_err();

        insta::assert_snapshot!(none, @"the ngrok agent has no https tunnel; start one with `ngrok http 7000`");
        insta::assert_snapshot!(several, @"none of the ngrok agent's 2 https tunnels leads to port 7000; start one with `ngrok http 7000`");
    }

    #[test]
    fn an_address_is_read_in_all_its_forms() {
        for addr in ["http://localhost:7000", "localhost:7000", "7000", "http://[::1]:7000/"] {
            assert_eq!(port_of(addr), Some(7000), "{addr}");
        }
        assert_eq!(port_of("http://localhost"), Some(80));
        assert_eq!(port_of("file:///srv"), None);
    }

    #[tokio::test]
    async fn an_agent_that_is_not_there_or_not_one_is_named() {
        let gone = public_url(DEFAULT_AGENT, listen(), |_| async { Err("nothing listens there".to_owned()) }).await;
        let other = public_url(DEFAULT_AGENT, listen(), |_| async { Ok("<html>".to_owned()) }).await;

        insta::assert_snapshot!(gone.unwrap_err(), @"no ngrok agent answers at http://127.0.0.1:4040 (nothing listens there); start one with `ngrok http 7000`");
        insta::assert_snapshot!(other.unwrap_err(), @"what answers at http://127.0.0.1:4040 is no ngrok agent; start one with `ngrok http 7000`");
    }

    #[tokio::test]
    async fn the_agent_is_asked_over_plain_http() {
        let agent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", agent.local_addr().unwrap());
        let body = list(&[("https://ours.ngrok.app", "http://localhost:7000")]);

        let (found, asked) = tokio::join!(public_url(&address, listen(), fetch), answer_once(agent, body));

        assert_eq!(found.unwrap().as_str(), "https://ours.ngrok.app/");
        assert!(asked.starts_with("GET /api/tunnels HTTP/1.1\r\n"), "{asked}");
    }

    #[tokio::test]
    async fn where_nothing_listens_the_fetch_says_so() {
        let agent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", agent.local_addr().unwrap());
        drop(agent);

        assert_eq!(fetch(address).await, Err("nothing listens there".to_owned()));
    }

    #[tokio::test]
    async fn a_stranger_that_never_stops_talking_is_not_listened_to() {
        let agent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", agent.local_addr().unwrap());
        let talking = async {
            let (mut socket, _) = agent.accept().await.unwrap();
            let _ = socket.read(&mut [0; 1024]).await.unwrap();
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
            let mut told = socket.write_all(head.as_bytes()).await;
            while told.is_ok() {
                told = socket.write_all(&[b' '; 4096]).await;
            }
        };

        let (answer, ()) = tokio::join!(fetch(address), talking);

        assert_eq!(answer, Err("the answer is too long".to_owned()));
    }

    async fn answer_once(agent: TcpListener, body: String) -> String {
        let (mut socket, _) = agent.accept().await.unwrap();
        let mut asked = vec![0; 1024];
        let length = socket.read(&mut asked).await.unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        socket.write_all((head + &body).as_bytes()).await.unwrap();
        String::from_utf8_lossy(&asked[..length]).into_owned()
    }

    fn list(tunnels: &[(&str, &str)]) -> String {
        let tunnels: Vec<_> = tunnels
            .iter()
            .map(|(url, addr)| serde_json::json!({ "name": "n", "public_url": url, "config": { "addr": addr } }))
            .collect();
        serde_json::json!({ "tunnels": tunnels, "uri": "/api/tunnels" }).to_string()
    }

    fn listen() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 7000))
    }
}
