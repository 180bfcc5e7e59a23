//! Sending a request, and sending it again where that cannot ring anybody twice.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use tokio::time::{Instant, sleep, timeout};
use tower::Service;
use tracing::debug;

use super::refusal::{Meaning, Refusal};
use crate::{
    carrier::{
        CarrierError, Wanted,
        transport::{HttpService, Streamed, Streams, TransportError},
    },
    current::Current,
};

/// The account's side of every request.
pub(super) struct Exchange {
    pub(super) http: HttpService,
    pub(super) authorization: Current<HeaderValue>,
}

/// A request that can be sent as often as it takes.
pub(super) struct Prepared {
    pub(super) method: Method,
    pub(super) uri: Uri,
    /// Empty in a GET.
    pub(super) form: Bytes,
}

/// When a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Doing it twice is like doing it once.
    Always,
    /// Doing it twice would ring somebody twice.
    IfCertainlyNotCarriedOut,
}

/// What the carrier said in the end.
pub(super) enum Answer {
    Done(Bytes),
    Refused(Refusal),
}

/// What became of a request whose answer may be long.
pub(super) enum Opened {
    /// The body comes piece by piece.
    Body(Response<Bytes>),
    Refused(Refusal),
}

/// Why an answer is of no use; the next may be.
struct Setback {
    error: CarrierError,
    /// How long the carrier asks to wait.
    retry_after: Option<Duration>,
}

impl Exchange {
    /// Sends the request until there is an answer, no more time, or a danger of doing it twice.
    pub(super) async fn carry_out(&self, request: &Prepared, repeat: Repeat) -> Result<Answer, CarrierError> {
        self.carry_out_while(request, repeat, &|| true).await
    }

    /// The same, but not sent again once nobody wants it any more.
    pub(super) async fn carry_out_while(
        &self,
        request: &Prepared,
        repeat: Repeat,
        is_wanted: Wanted<'_>,
    ) -> Result<Answer, CarrierError> {
        let begun = Instant::now();
        let mut tries = 0;
        loop {
            let setback = match self.try_once(request, repeat).await {
                Ok(answer) => return Ok(answer),
                Err(setback) => setback,
            };
            tries += 1;
            let wait = setback.retry_after.unwrap_or_default() + jitter(tries);
            let in_time = begun.elapsed() + wait <= repeat.budget();
            if tries == MOST_TRIES || !in_time || !repeat.allows_after(&setback.error) {
                return Err(setback.error);
            }
            debug!(tries, wait_ms = wait.as_millis(), error = %setback.error, "the request is sent again");
            sleep(wait).await;
            if !is_wanted() {
                return Err(setback.error);
            }
        }
    }

    /// Sends a request whose answer may be long, once: whoever wants it can ask again.
    pub(super) async fn open(&self, request: &Prepared, range: Option<HeaderValue>) -> Result<Opened, CarrierError> {
        let mut http = self.http.clone();
        let mut written = self.write(request);
        written.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("audio/*"));
        written.extensions_mut().insert(Streams);
        if let Some(range) = range {
            written.headers_mut().insert(header::RANGE, range);
        }
        let sent = async {
            std::future::poll_fn(|context| http.poll_ready(context)).await?;
            http.call(written).await
        };
        let answer = match timeout(Repeat::IfCertainlyNotCarriedOut.patience(), sent).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(Setback::from(error).error),
            Err(_) => return Err(Setback::from(TransportError::TimedOut).error),
        };
        if answer.status().is_success() {
            return Ok(Opened::Body(answer));
        }
        let status = answer.status();
        let reason = timeout(REASON_TAKES, beginning(Streamed::of(answer))).await.unwrap_or_default();
        Ok(Opened::Refused(Refusal::read(status, &reason)))
    }

    async fn try_once(&self, request: &Prepared, repeat: Repeat) -> Result<Answer, Setback> {
        let mut http = self.http.clone();
        let sent = async {
            std::future::poll_fn(|context| http.poll_ready(context)).await?;
            http.call(self.write(request)).await
        };
        match timeout(repeat.patience(), sent).await {
            Ok(Ok(answer)) => sort(&answer),
            Ok(Err(error)) => Err(error.into()),
            // The transport has its own limit; this one holds for any transport, and is shorter where a repeat helps.
            Err(_) => Err(TransportError::TimedOut.into()),
        }
    }

    fn write(&self, request: &Prepared) -> Request<Bytes> {
        let mut http = Request::new(request.form.clone());
        *http.method_mut() = request.method.clone();
        *http.uri_mut() = request.uri.clone();
        let headers = http.headers_mut();
        headers.insert(header::AUTHORIZATION, self.authorization.get().as_ref().clone());
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        if !request.form.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        }
        http
    }
}

impl Repeat {
    /// Whether the request may go out again after this.
    fn allows_after(self, error: &CarrierError) -> bool {
        match self {
            Self::Always => true,
            Self::IfCertainlyNotCarriedOut => matches!(error, CarrierError::Unavailable(_)),
        }
    }

    /// How long one try may take.
    fn patience(self) -> Duration {
        match self {
            Self::Always => Duration::from_secs(5),
            Self::IfCertainlyNotCarriedOut => Duration::from_secs(10),
        }
    }

    /// How long after the first try the last may begin.
    fn budget(self) -> Duration {
        match self {
            Self::Always => Duration::from_secs(20),
            Self::IfCertainlyNotCarriedOut => Duration::from_secs(8),
        }
    }
}

impl Answer {
    /// The body of a success.
    pub(super) fn done(self) -> Result<Bytes, CarrierError> {
        match self {
            Self::Done(body) => Ok(body),
            Self::Refused(refusal) => Err(refusal.into_error()),
        }
    }

    /// The same for a request about one leg or room, where 404 means that this one is not known; elsewhere it means
    /// that the account or the address is wrong.
    pub(super) fn done_with_leg(self) -> Result<Bytes, CarrierError> {
        match self {
            Self::Refused(refusal) if refusal.status == StatusCode::NOT_FOUND => Err(CarrierError::Unknown),
            Self::Done(_) | Self::Refused(_) => self.done(),
        }
    }
}

impl From<TransportError> for Setback {
    fn from(error: TransportError) -> Self {
        let words = error.to_string();
        let error = match error {
            TransportError::NotConnected(_) => CarrierError::Unavailable(words),
            TransportError::TimedOut | TransportError::Broken(_) => CarrierError::AnswerLost(words),
        };
        Self { error, retry_after: None }
    }
}

/// The first piece, which holds all that a refusal has to say.
async fn beginning(mut body: Streamed) -> Bytes {
    body.next().await.and_then(Result::ok).unwrap_or_default()
}

/// Tells an answer from "not now".
fn sort(answer: &Response<Bytes>) -> Result<Answer, Setback> {
    if answer.status().is_success() {
        return Ok(Answer::Done(answer.body().clone()));
    }
    let refusal = Refusal::read(answer.status(), answer.body());
    match refusal.meaning() {
        Some(Meaning::TooMany) => {}
        // A server error may come after the deed: the error says so, and an order to dial is not repeated.
        None if refusal.status.is_server_error() => {}
        Some(Meaning::BadNumber | Meaning::Configuration | Meaning::NotInState | Meaning::QueueFull) | None => {
            return Ok(Answer::Refused(refusal));
        }
    }

    Err(Setback { error: refusal.into_error(), retry_after: retry_after(answer) })
}

fn retry_after(answer: &Response<Bytes>) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    // More than a day is as good as never, and adding to it cannot overflow.
    Some(Duration::from_secs(seconds).min(Duration::from_secs(86_400)))
}

/// Anything up to a limit that doubles with every try, so that many callers do not come back together.
fn jitter(tries: u32) -> Duration {
    Duration::from_millis(fastrand::u64(0..=FIRST_WAIT_MS << tries.saturating_sub(1)))
}

const REASON_TAKES: Duration = Duration::from_secs(2);
const MOST_TRIES: u32 = 4;
const FIRST_WAIT_MS: u64 = 500;
const USER_AGENT: &str = concat!("ringall/", env!("CARGO_PKG_VERSION"));
