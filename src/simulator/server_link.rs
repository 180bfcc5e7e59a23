//! How the carrier reaches the program under test: over loopback HTTP, or by calling its router.

use std::{fmt, net::SocketAddr, panic::AssertUnwindSafe, time::Duration};

use axum::{Router, body::Body};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};
use tower::ServiceExt as _;

/// The way to the program under test. The requests are the same on every way.
#[derive(Clone)]
pub struct ServerLink(Way);

#[derive(Clone)]
enum Way {
    Http { always_to: Option<SocketAddr> },
    InProcess(Router),
    Down,
}

/// Why no answer came.
#[derive(Debug)]
pub(super) enum LinkError {
    /// Nobody listens; nothing was sent.
    NotConnected(String),
    /// The connection broke, or spoke no HTTP.
    Broken(String),
    /// The answer is larger than the carrier takes.
    TooLarge,
}

impl ServerLink {
    /// Plain HTTP to whatever address stands in the URL.
    pub fn over_http() -> Self {
        Self(Way::Http { always_to: None })
    }

    /// Plain HTTP to this address, whatever stands in the URL: for a program whose public name is not ours to resolve.
    pub fn over_http_to(address: SocketAddr) -> Self {
        Self(Way::Http { always_to: Some(address) })
    }

    /// Calls of the program's router, without a socket, so that a paused clock works.
    pub fn in_process(router: Router) -> Self {
        Self(Way::InProcess(router))
    }

    /// No program at all: every connection is refused.
    pub fn down() -> Self {
        Self(Way::Down)
    }

    /// Sends one request. Dropping the future closes the connection.
    pub(super) async fn send(
        &self,
        request: Request<Bytes>,
        connect_within: Duration,
        largest: usize,
    ) -> Result<Response<Bytes>, LinkError> {
        match &self.0 {
            Way::Down => Err(LinkError::NotConnected("connection refused".to_owned())),
            Way::InProcess(router) => {
                // A handler that panics breaks its connection, as it would over a socket.
                let answering = AssertUnwindSafe(router.clone().oneshot(request.map(Body::from))).catch_unwind();
                match answering.await {
                    Ok(Ok(response)) => read(response, largest).await,
                    Ok(Err(never)) => match never {},
                    Err(_) => Err(LinkError::Broken("the handler panicked".to_owned())),
                }
            }
            Way::Http { always_to } => {
                let stream = connect(request.uri(), *always_to, connect_within).await?;
                let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
                    .await
                    .map_err(|error| LinkError::Broken(error.to_string()))?;
                let exchange = async {
                    let request = in_origin_form(request).map(Full::new);
                    let response =
                        sender.send_request(request).await.map_err(|error| LinkError::Broken(error.to_string()))?;
                    read(response, largest).await
                };
                tokio::pin!(exchange);
                // The connection is driven here and not in a task of its own, so that both end together.
                tokio::select! {
                    biased;
                    answer = &mut exchange => answer,
                    _ = connection => exchange.await,
                }
            }
        }
    }
}

async fn connect(uri: &Uri, always_to: Option<SocketAddr>, within: Duration) -> Result<TcpStream, LinkError> {
    let refused = |why: String| LinkError::NotConnected(why);
    let connecting = async {
        if let Some(address) = always_to {
            return TcpStream::connect(address).await;
        }
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await
    };
    match timeout(within, connecting).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(refused(error.to_string())),
        Err(_) => Err(refused("the connection took too long".to_owned())),
    }
}

fn in_origin_form(mut request: Request<Bytes>) -> Request<Bytes> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    if let Ok(uri) = target.parse() {
        *request.uri_mut() = uri;
    }
    request
}

async fn read<B>(response: Response<B>, largest: usize) -> Result<Response<Bytes>, LinkError>
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (parts, body) = response.into_parts();
    match Limited::new(body, largest).collect().await {
        Ok(body) => Ok(Response::from_parts(parts, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(LinkError::TooLarge),
        Err(error) => Err(LinkError::Broken(error.to_string())),
    }
}

impl fmt::Debug for ServerLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Way::Http { .. } => "over HTTP",
            Way::InProcess(_) => "in process",
            Way::Down => "down",
        })
    }
}
