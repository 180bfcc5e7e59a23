//! One webhook: signed, sent, retried, followed and timed as the carrier does it (carrier contract §1.2, §1.4).

mod overrides;

use std::time::Duration;

use bytes::Bytes;
use http::{Request as HttpRequest, Response, StatusCode, header};
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use self::overrides::{Overrides, Trouble};
use super::{
    Simulator, UnderWay,
    form::{self, Form},
    server_link::LinkError,
    settings::Method,
    signing,
};

/// Largest document, in bytes.
pub(super) const LARGEST_TWIML: usize = 64 * 1024;

/// Where a document comes from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// It was sent along over the API.
    Inline(String),
    /// It is requested.
    Url { purpose: Purpose, url: String, method: Method, extra: Form },
}

/// What a webhook is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The first document of a call to one of the account's numbers.
    Voice,
    /// A leg's first document, or one that it was redirected to.
    Document,
    /// What the program does with collected keys, or after a Dial.
    Action,
    /// What a participant hears until the conference starts.
    Wait,
    /// What a callee hears before a Dial bridges.
    Whisper,
    /// The substitute for a document that could not be had.
    Fallback,
    /// The progress of a leg.
    Status,
    /// The progress of a conference.
    Conference,
    /// The verdict of asynchronous detection.
    Detection,
    /// A recording to be played.
    Recording,
    /// That a recording of somebody's voice is ready.
    RecordingReport,
    /// The way of a text message.
    MessageReport,
}

/// One webhook that was sent.
#[derive(Debug, Clone)]
pub struct WebhookEntry {
    /// When, in milliseconds since the simulator's start.
    pub at: u64,
    /// What for.
    pub purpose: Purpose,
    /// `GET` or `POST`.
    pub method: http::Method,
    /// Where to, without the fragment; for a GET with the fields in the query.
    pub url: String,
    /// The fields.
    pub form: Vec<(String, String)>,
    /// The idempotency token, which only a repeated attempt carries.
    pub token: Option<String>,
    /// What came of it; `None` while the answer is awaited.
    pub outcome: Option<Outcome>,
}

/// What came of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An answer of this status.
    Answered(u16),
    /// No answer within the limit.
    TimedOut,
    /// No connection.
    NotConnected,
    /// The connection broke, or the answer was unusable.
    Broken(String),
    /// The carrier closed the connection, because the leg was over.
    Closed,
    /// A fault of the simulator ate it: it was never sent.
    Lost,
}

/// One webhook to be sent.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) purpose: Purpose,
    pub(super) url: String,
    pub(super) method: Method,
    pub(super) form: Form,
    pub(super) largest: usize,
    /// How long the carrier takes to send it.
    pub(super) held_up: Duration,
}

/// A usable answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) content_type: Option<String>,
    pub(super) body: Bytes,
    /// The address that answered, which relative addresses in the document belong to.
    pub(super) url: String,
}

/// Why there is no usable answer, as the carrier's error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FetchError {
    pub(super) code: u32,
    pub(super) message: String,
}

impl Request {
    pub(super) fn new(purpose: Purpose, url: String, method: Method, form: Form) -> Self {
        Self { purpose, url, method, form, largest: LARGEST_TWIML, held_up: Duration::ZERO }
    }
}

impl Simulator {
    /// Sends a webhook, with its retries.
    pub(super) async fn fetch(&self, mut request: Request) -> Result<Reply, FetchError> {
        self.change(|world| world.under_way += 1);
        let _arriving = UnderWay(self);
        if !request.held_up.is_zero() {
            sleep(request.held_up).await;
        }
        let profile = self.look(|world| world.settings.switches.profile);
        let overrides = Overrides::take(&mut request.url, profile);
        let deadline = Instant::now() + overrides.total;
        let mut token = None;
        let mut retries_left = overrides.retries;
        loop {
            match self.attempt(&request, &overrides, deadline, token.as_deref()).await {
                Ok(reply) => return Ok(reply),
                Err((_, trouble)) if retries_left > 0 && overrides.retries_on(trouble) && Instant::now() < deadline => {
                    retries_left -= 1;
                    token.get_or_insert_with(|| self.change(|world| world.new_sid("")));
                }
                Err((error, _)) => return Err(error),
            }
        }
    }

    /// One attempt, following redirects.
    async fn attempt(
        &self,
        request: &Request,
        overrides: &Overrides,
        deadline: Instant,
        token: Option<&str>,
    ) -> Result<Reply, (FetchError, Trouble)> {
        let mut url = request.url.clone();
        let mut method = request.method;
        let mut form = request.form.clone();
        for _ in 0..=overrides.redirects {
            let response = self.exchange(request, &url, method, &form, overrides, deadline, token).await?;
            let status = response.status();
            if !status.is_redirection() {
                return finished(response, url);
            }
            let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
            url = resolve(&url, to).map_err(|error| (error, Trouble::Other))?;
            if matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER) {
                method = Method::Get;
                form.clear();
            }
        }
        Err((error(11215, "too many redirects"), Trouble::Other))
    }

    /// One HTTP request and its answer, written into the log.
    #[expect(clippy::too_many_arguments, reason = "all of them change from redirect to redirect")]
    async fn exchange(
        &self,
        request: &Request,
        url: &str,
        method: Method,
        form: &Form,
        overrides: &Overrides,
        deadline: Instant,
        token: Option<&str>,
    ) -> Result<Response<Bytes>, (FetchError, Trouble)> {
        let (http, sent_url) = self.build(url, method, form, token).map_err(|error| (error, Trouble::Other))?;
        let (entry, server, refused) = self.change(|world| {
            world.webhooks.push(WebhookEntry {
                at: world.millis(),
                purpose: request.purpose,
                method: method.as_http(),
                url: sent_url,
                form: form.clone(),
                token: token.map(str::to_owned),
                outcome: None,
            });
            let refused =
                token.is_none() && super::faults::strikes(&mut world.rng, world.settings.faults.connect_failed);
            (world.webhooks.len() - 1, world.server.clone(), refused)
        });
        let mut open = OpenEntry { simulator: self, entry, outcome: Outcome::Closed };
        let mut settle = |outcome: Outcome| open.outcome = outcome;
        if refused {
            settle(Outcome::NotConnected);
            return Err((error(11205, "could not connect"), Trouble::Connect));
        }

        let until = deadline.min(Instant::now() + overrides.read);
        let mut severed = self.shared.severed.subscribe();
        let answer = tokio::select! {
            biased;
            _ = severed.changed() => Ok(Err(LinkError::Broken("connection reset".to_owned()))),
            answer = timeout_at(until, server.send(http, overrides.connect, request.largest)) => answer,
        };
        match answer {
            Ok(Ok(response)) => {
                settle(Outcome::Answered(response.status().as_u16()));
                Ok(response)
            }
            Ok(Err(LinkError::NotConnected(why))) => {
                settle(Outcome::NotConnected);
                Err((error(11205, why), Trouble::Connect))
            }
            Ok(Err(LinkError::Broken(why))) => {
                settle(Outcome::Broken(why.clone()));
                Err((error(11206, why), Trouble::Other))
            }
            Ok(Err(LinkError::TooLarge)) => {
                settle(Outcome::Broken("the answer is too large".to_owned()));
                Err((error(11750, format!("the answer has more than {} bytes", request.largest)), Trouble::Other))
            }
            Err(_) => {
                settle(Outcome::TimedOut);
                Err((error(11205, "no answer in time"), Trouble::Read))
            }
        }
    }

    fn build(
        &self,
        url: &str,
        method: Method,
        form: &Form,
        token: Option<&str>,
    ) -> Result<(HttpRequest<Bytes>, String), FetchError> {
        let parsed = Url::parse(url).map_err(|why| error(11100, format!("not a URL: {why}")))?;
        let encoded = form::encode(form);
        let (url, body) = match method {
            Method::Get if encoded.is_empty() => (url.to_owned(), String::new()),
            Method::Get => (format!("{url}{}{encoded}", if url.contains('?') { '&' } else { '?' }), String::new()),
            Method::Post => (url.to_owned(), encoded),
        };
        let signature = self.look(|world| {
            let signed = signing::signed_url(&url, world.settings.switches.signs_default_port);
            let fields: &[(String, String)] = if method == Method::Post { form } else { &[] };
            signing::signature(&world.settings.auth_token, &signed, fields)
        });

        let mut builder = HttpRequest::builder()
            .method(method.as_http())
            .uri(signing::signed_url(&url, false))
            .header(header::HOST, parsed.authority().rsplit('@').next().unwrap_or_default())
            .header(header::USER_AGENT, "TwilioProxy/1.1")
            .header(header::ACCEPT, "*/*")
            .header("X-Home-Region", "us1")
            .header("X-Twilio-Signature", signature);
        if method == Method::Post {
            builder = builder
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8")
                .header(header::CONTENT_LENGTH, body.len());
        }
        if let Some(token) = token {
            builder = builder.header("I-Twilio-Idempotency-Token", token);
        }
        if !parsed.username().is_empty() {
            builder = builder.header(header::AUTHORIZATION, basic(&parsed));
        }
        let request = builder.body(Bytes::from(body)).map_err(|why| error(11100, format!("not a URL: {why}")))?;
        Ok((request, url))
    }

    /// Sends a webhook in a task of its own, so that it may outlive its leg. The answer of a leg that is gone is
    /// thrown away; the carrier may close the connection or leave it open.
    pub(super) async fn fetch_apart(&self, request: Request) -> Result<Reply, FetchError> {
        let closes = self.look(|world| world.settings.switches.closes_pending_webhooks);
        let simulator = self.clone();
        let handle = self.shared.tasks.spawn(async move { simulator.fetch(request).await });
        let mut pending = Pending { handle, closes };
        (&mut pending.handle).await.unwrap_or_else(|why| Err(error(11206, format!("the program broke down: {why}"))))
    }
}

/// An entry of the log whose outcome is written when the exchange is over, or is broken off.
struct OpenEntry<'simulator> {
    simulator: &'simulator Simulator,
    entry: usize,
    outcome: Outcome,
}

impl Drop for OpenEntry<'_> {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, Outcome::Closed);
        self.simulator.change(|world| world.webhooks[self.entry].outcome = Some(outcome));
    }
}

struct Pending {
    handle: tokio::task::JoinHandle<Result<Reply, FetchError>>,
    closes: bool,
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.closes {
            self.handle.abort();
        }
    }
}

/// The address that `link` means in a document from `base`.
pub(super) fn resolve(base: &str, link: &str) -> Result<String, FetchError> {
    if link.starts_with("http://") || link.starts_with("https://") {
        return Ok(link.to_owned());
    }
    let base = Url::parse(base).map_err(|why| error(11100, format!("not a URL: {why}")))?;
    base.join(link).map(String::from).map_err(|why| error(11100, format!("not a URL: {why}")))
}

fn finished(response: Response<Bytes>, url: String) -> Result<Reply, (FetchError, Trouble)> {
    let status = response.status();
    if !status.is_success() {
        let trouble = if status.is_server_error() { Trouble::Status5xx } else { Trouble::Status4xx };
        return Err((error(11200, format!("the answer has status {}", status.as_u16())), trouble));
    }
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Ok(Reply { content_type: content_type.map(str::to_owned), body: response.into_body(), url })
}

fn basic(url: &Url) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let password = url.password().unwrap_or_default();
    format!("Basic {}", STANDARD.encode(format!("{}:{password}", url.username())))
}

pub(super) fn error(code: u32, message: impl Into<String>) -> FetchError {
    FetchError { code, message: message.into() }
}
