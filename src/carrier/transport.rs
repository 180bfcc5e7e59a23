//! The way to a carrier's REST interface: an HTTP service that tests can swap. What is said over it is the business of
//! [`twilio`](super::twilio); whether a request may be sent again is decided there, from the errors of this module.

use std::{
    error::Error,
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::Router;
use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use rustls::{ClientConfig, RootCertStore};
use tower::{ServiceExt, service_fn, util::BoxCloneSyncService};

/// Sends one request and collects the answer. A clone shares the connections.
pub type HttpService = BoxCloneSyncService<Request<Bytes>, Response<Bytes>, TransportError>;

/// Stands in the extensions of a request whose answer may be long: its body is not collected, and comes as [`Streamed`] in
/// the answer's extensions. A service that does not know it answers as to any request.
#[derive(Debug, Clone, Copy)]
pub struct Streams;

/// A body that comes piece by piece.
pub struct Streamed(BoxStream<'static, Result<Bytes, TransportError>>);

/// Extensions must be copied; the body goes to the first who takes it.
#[derive(Clone)]
struct Kept(Arc<Mutex<Option<Streamed>>>);

/// Why no answer came, by what is known about the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// There was no connection, so the request has certainly not been sent.
    #[error("no connection: {0}")]
    NotConnected(String),
    /// No whole answer came in time; the request may have been carried out.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke or the answer was unreadable; the request may have been carried out.
    #[error("the connection broke: {0}")]
    Broken(String),
}

/// The network cannot be used at all, which no later try mends.
#[derive(Debug, thiserror::Error)]
pub enum NoNetwork {
    /// The TLS library refuses its own defaults.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The HTTP client refuses its settings.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

/// How long a request may take, and how large its answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For the connection.
    pub connect: Duration,
    /// For all of it, up to the last byte of the answer.
    pub total: Duration,
    /// The largest answer, in bytes.
    pub answer_bytes: usize,
}

/// What a carrier gets.
const CARRIERS: Limits =
    Limits { connect: Duration::from_secs(5), total: Duration::from_secs(10), answer_bytes: 1024 * 1024 };

/// The real network, for a carrier.
pub fn over_network() -> Result<HttpService, NoNetwork> {
    over_network_within(CARRIERS)
}

/// The real network. Certificates are checked against roots that the program carries with it, so a container without
/// a certificate store works; no proxy is used and no redirect followed, because both would see the credentials.
pub fn over_network_within(limits: Limits) -> Result<HttpService, NoNetwork> {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls()?)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(limits.connect)
        .timeout(limits.total)
        .pool_idle_timeout(POOL_IDLE)
        .build()?;

    Ok(BoxCloneSyncService::new(service_fn(move |request| send(client.clone(), request, limits.answer_bytes))))
}

/// A carrier in the same process: `router` answers, and no socket is touched.
pub fn in_process(router: Router) -> HttpService {
    in_process_within(router, CARRIERS.answer_bytes)
}

/// As [`in_process`], for answers of so many bytes at the most.
pub fn in_process_within(router: Router, answer_bytes: usize) -> HttpService {
    BoxCloneSyncService::new(service_fn(move |request: Request<Bytes>| {
        let router = router.clone();
        async move {
            let streams = request.extensions().get::<Streams>().is_some();
            let answer = router.oneshot(request.map(axum::body::Body::from)).await;
            let (parts, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
            if streams {
                let pieces =
                    body.into_data_stream().map(|piece| piece.map_err(|it| TransportError::Broken(it.to_string())));
                return Ok(kept(parts, Streamed(pieces.boxed())));
            }
            let body = Limited::new(body, answer_bytes).collect().await;
            let body = body.map_err(|error| TransportError::Broken(error.to_string()))?;
            Ok(Response::from_parts(parts, body.to_bytes()))
        }
    }))
}

fn tls() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;

    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

async fn send(
    client: reqwest::Client,
    request: Request<Bytes>,
    answer_bytes: usize,
) -> Result<Response<Bytes>, TransportError> {
    let streams = request.extensions().get::<Streams>().is_some();
    let mut request =
        reqwest::Request::try_from(request).map_err(|error| TransportError::NotConnected(words(error)))?;
    if streams {
        *request.timeout_mut() = Some(STREAM_TIMEOUT);
    }
    let answer = client.execute(request).await.map_err(sort)?;
    let (parts, body) = Response::<reqwest::Body>::from(answer).into_parts();
    if streams {
        let pieces = body.into_data_stream().map(|piece| piece.map_err(sort));
        return Ok(kept(parts, Streamed(pieces.boxed())));
    }
    let body =
        Limited::new(body, answer_bytes).collect().await.map_err(|error| match error.downcast::<reqwest::Error>() {
            Ok(error) => sort(*error),
            Err(error) => TransportError::Broken(error.to_string()),
        })?;

    Ok(Response::from_parts(parts, body.to_bytes()))
}

fn kept(parts: http::response::Parts, body: Streamed) -> Response<Bytes> {
    let mut answer = Response::from_parts(parts, Bytes::new());
    answer.extensions_mut().insert(Kept(Arc::new(Mutex::new(Some(body)))));
    answer
}

impl Streamed {
    /// The body of an answer, however the service has brought it.
    pub fn of(answer: Response<Bytes>) -> Self {
        let kept = answer.extensions().get::<Kept>();
        let kept = kept.and_then(|Kept(body)| body.lock().unwrap_or_else(PoisonError::into_inner).take());
        kept.unwrap_or_else(|| {
            let whole = Ok(answer.into_body());
            Self(futures_util::stream::iter([whole]).boxed())
        })
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, TransportError>> {
        self.0.next().await
    }
}

fn sort(error: reqwest::Error) -> TransportError {
    // A time-out while connecting is both, and then nothing was sent.
    if error.is_connect() {
        return TransportError::NotConnected(words(error));
    }
    if error.is_timeout() {
        return TransportError::TimedOut;
    }

    TransportError::Broken(words(error))
}

/// The error and its causes in one line, without the address.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(words, ": {error}");
        cause = error.source();
    }
    words
}

/// Whoever listens takes the bytes as slowly as they are heard.
const STREAM_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// Below the minute after which servers usually close, so that a request seldom meets a connection that is closing:
/// an order to dial that is lost like this cannot be sent again.
const POOL_IDLE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::post;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    #[tokio::test]
    async fn an_answer_comes_back_whole() {
        let at = server(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok").await;

        let answer = over_network().unwrap().oneshot(request(at)).await.unwrap();

        assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (201, &b"ok"[..]));
    }

    #[tokio::test]
    async fn a_refused_connection_means_that_nothing_was_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        drop(listener);

        let error = over_network().unwrap().oneshot(request(at)).await.unwrap_err();

        assert!(matches!(error, TransportError::NotConnected(_)), "{error:?}");
    }

    #[tokio::test]
    async fn a_connection_that_closes_without_an_answer_is_broken() {
        let at = server(b"").await;

        let error = over_network().unwrap().oneshot(request(at)).await.unwrap_err();

        assert!(matches!(error, TransportError::Broken(_)), "{error:?}");
        assert!(!error.to_string().contains("127.0.0.1"), "{error}");
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let at = server(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;

        let answer = over_network().unwrap().oneshot(request(at)).await.unwrap();

        assert_eq!(answer.status().as_u16(), 302);
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut() {
        let router = Router::new().route("/", post(|| async { vec![b'x'; CARRIERS.answer_bytes + 1] }));
        let request = Request::post("/").body(Bytes::new()).unwrap();

        let error = in_process(router).oneshot(request).await.unwrap_err();

        assert!(matches!(error, TransportError::Broken(_)), "{error:?}");
    }

    fn request(at: SocketAddr) -> Request<Bytes> {
        Request::post(format!("http://{at}/")).body(Bytes::from_static(b"a=b")).unwrap()
    }

    /// Takes one connection, reads the request and says `answer`.
    async fn server(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let serving = async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = [0; 1024];
            let mut seen = 0;
            while !read[..seen].ends_with(b"a=b") {
                seen += stream.read(&mut read[seen..]).await.unwrap();
            }
            stream.write_all(answer).await.unwrap();
        };
        tokio::runtime::Handle::current().spawn(serving);
        at
    }
}
