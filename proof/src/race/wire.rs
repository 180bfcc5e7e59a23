//! HTTP as the carrier speaks it to the program: signed forms, written by hand, because a race needs requests of which
//! all but the last byte have been sent already.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use form_urlencoded::Serializer;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use tokio::{io::AsyncWriteExt, net::TcpStream};

/// The account that every webhook names.
pub(super) const ACCOUNT: &str = "AC00000000000000000000000000000000";
/// What signatures are made with.
pub(super) const TOKEN: &str = "race-token";

/// The fields of a form, in order.
pub(super) type Form = Vec<(&'static str, String)>;

/// What the program said to one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// The body, a document or nothing.
    pub(super) body: String,
}

/// Open connections to one program, used again when their answer has come.
#[derive(Debug)]
pub(super) struct Wire {
    address: SocketAddr,
    idle: Mutex<Vec<(TcpStream, Instant)>>,
}

/// The program closes connections that idle for 30 seconds; a request must not meet one that is closing.
const IDLES: Duration = Duration::from_secs(20);
const LARGEST_ANSWER: usize = 256 * 1024;

impl Wire {
    /// A way to the program at `address`.
    pub(super) fn new(address: SocketAddr) -> Arc<Self> {
        Arc::new(Self { address, idle: Mutex::default() })
    }

    /// The address of `path` as the carrier knows it.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A connection that nobody else uses.
    pub(super) async fn connect(&self) -> io::Result<TcpStream> {
        let now = now();
        let kept = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|(_, since)| now.duration_since(*since) < IDLES);
            idle.pop()
        };
        if let Some((stream, _)) = kept {
            return Ok(stream);
        }
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Gives back a connection whose answer has been read.
    pub(super) fn keep(&self, stream: TcpStream) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((stream, now()));
    }

    /// Sends a webhook and reads its answer.
    pub(super) async fn post(&self, url: &str, form: &[(&'static str, String)]) -> io::Result<Answer> {
        let mut stream = self.connect().await?;
        stream.write_all(&request(url, form)).await?;
        let answer = read_answer(&stream).await?;
        self.keep(stream);
        Ok(answer)
    }

    /// Asks without a form or a signature, as a load balancer does.
    pub(super) async fn get(&self, path: &str) -> io::Result<Answer> {
        let mut stream = self.connect().await?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address).as_bytes()).await?;
        let answer = read_answer(&stream).await?;
        self.keep(stream);
        Ok(answer)
    }
}

/// This moment. Only here is the clock read.
#[expect(clippy::disallowed_methods, reason = "races are measured by the real clock, in microseconds")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// A signed webhook, byte by byte. `url` is absolute.
pub(super) fn request(url: &str, form: &[(&'static str, String)]) -> Vec<u8> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut body = Serializer::new(String::with_capacity(256));
    body.extend_pairs(form);
    let body = body.finish();
    let signature = sign(url, form);
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n\
         X-Twilio-Signature: {signature}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn sign(url: &str, form: &[(&'static str, String)]) -> String {
    let mut fields: Vec<_> = form.iter().collect();
    fields.sort_unstable();
    let mut hash = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).expect("HMAC takes keys of any length");
    hash.update(url.as_bytes());
    for (name, value) in fields {
        hash.update(name.as_bytes());
        hash.update(value.as_bytes());
    }
    STANDARD.encode(hash.finalize().into_bytes())
}

/// Reads one whole answer.
pub(super) async fn read_answer(stream: &TcpStream) -> io::Result<Answer> {
    let mut read = Vec::with_capacity(1024);
    loop {
        stream.readable().await?;
        match stream.try_read_buf(&mut read) {
            Ok(0) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer")),
            Ok(_) if read.len() > LARGEST_ANSWER => return Err(io::Error::other("an endless answer")),
            Ok(_) => {
                if let Some(answer) = whole(&read) {
                    return Ok(answer);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

fn whole(read: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(read);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    (body.len() >= length.unwrap_or(0)).then(|| Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"), None);
        assert_eq!(
            whole(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
            Some(Answer { status: 200, body: "ok".to_owned() })
        );
        assert_eq!(whole(b"HTTP/1.1 204 No Content\r\n\r\n"), Some(Answer { status: 204, body: String::new() }));
    }
}
