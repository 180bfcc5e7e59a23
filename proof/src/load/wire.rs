//! The carrier's way to the program: signed forms over kept connections.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    sync::atomic::{AtomicUsize, Ordering},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use sha1::Sha1;

pub(super) const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(super) const TOKEN: &str = "load";
pub(super) const LINE: &str = "+15550000000";

/// Signs and sends.
pub(super) struct Wire {
    base: String,
    clients: Vec<Client<HttpConnector, Full<Bytes>>>,
    next: AtomicUsize,
    key: Hmac<Sha1>,
}

/// Whether connections are used again, this way and for orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connections {
    /// As the carrier does where it can.
    Kept,
    /// Each request needs a new one.
    Fresh,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Nothing came back; a real carrier would turn to the fallback.
#[derive(Debug)]
pub(super) struct NoAnswer(String);

/// From several addresses, because each has only some 28,000 ports.
const ADDRESSES: u8 = if cfg!(target_os = "linux") { 4 } else { 1 };

impl Wire {
    pub(super) fn new(port: u16, connections: Connections) -> Self {
        let kept = match connections {
            Connections::Kept => 64,
            Connections::Fresh => 0,
        };
        let client = |number: u8| {
            let mut connector = HttpConnector::new();
            if ADDRESSES > 1 {
                connector.set_local_address(Some(IpAddr::V4(Ipv4Addr::new(127, 0, 1, number))));
            }
            connector.set_nodelay(true);
            Client::builder(TokioExecutor::new()).pool_max_idle_per_host(kept).build(connector)
        };
        Self {
            base: format!("http://127.0.0.1:{port}"),
            clients: (1..=ADDRESSES).map(client).collect(),
            next: AtomicUsize::new(0),
            key: Hmac::new_from_slice(TOKEN.as_bytes()).expect("HMAC takes a key of any length"),
        }
    }

    /// One of the program's addresses.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Posts a signed form; the account is added.
    pub(super) async fn post(&self, url: &str, fields: &[(&str, &str)]) -> Result<Answer, NoAnswer> {
        self.send(self.signed(url, fields)?).await
    }

    fn signed(&self, url: &str, fields: &[(&str, &str)]) -> Result<Request<Full<Bytes>>, NoAnswer> {
        let mut sorted: Vec<_> = fields.iter().copied().chain([("AccountSid", ACCOUNT)]).collect();
        sorted.sort_unstable();
        let mut mac = self.key.clone();
        mac.update(url.as_bytes());
        let mut form = form_urlencoded::Serializer::new(String::with_capacity(512));
        for (name, value) in sorted {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
            form.append_pair(name, value);
        }
        Request::post(url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("X-Twilio-Signature", STANDARD.encode(mac.finalize().into_bytes()))
            .body(Full::new(Bytes::from(form.finish())))
            .map_err(|error| NoAnswer(error.to_string()))
    }

    /// Gets what needs no signature.
    pub(super) async fn get(&self, path: &str) -> Result<Answer, NoAnswer> {
        let request =
            Request::get(self.url(path)).body(Full::default()).map_err(|error| NoAnswer(error.to_string()))?;
        self.send(request).await
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
        let client = &self.clients[self.next.fetch_add(1, Ordering::Relaxed) % self.clients.len()];
        let answer = client.request(request).await.map_err(|error| NoAnswer(format!("{error:?}")))?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|error| NoAnswer(error.to_string()))?.to_bytes();
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ports and pointers differ each time; the kind of failure is what is counted.
        let words: String = self.0.chars().filter(|letter| !letter.is_ascii_digit()).take(120).collect();
        write!(f, "no answer: {words}")
    }
}
