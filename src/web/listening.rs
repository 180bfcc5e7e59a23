//! The page behind the link in a notice. It plays nothing before a button is pressed, so that a link preview hears nothing;
//! then the sound comes from the carrier through us, for the carrier's own addresses ask for the account's password.

mod seats;

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::stream;
use ringall_core::{flow::hours::Zone, time::Timestamp};
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use tracing::{debug, error, warn};

use self::seats::{Seat, Seats};
use super::App;
use crate::{
    carrier::{
        Carrier, CarrierError, RecordedSound,
        transport::{Streamed, TransportError},
    },
    clock::Clock,
    links::{BadLink, Link, Links},
    notices::in_words,
    urls::line_segment,
};

/// Who may hear what, and where it comes from.
pub struct Listening {
    links: Arc<Links>,
    carrier: Arc<dyn Carrier>,
    clock: Clock,
    seats: Arc<Seats>,
}

/// Half an hour of sound, the longest that a message can be, is no more than this.
const LARGEST_SOUND: u64 = 64 * 1024 * 1024;
/// Whoever plays a sound reads on when what was read is played, which a browser begins to do with several minutes left.
const PIECE_TAKES: Duration = Duration::from_secs(60);
/// A player that has not come to the end by then can ask for the rest.
const SOUND_TAKES: Duration = Duration::from_secs(15 * 60);

/// The page.
#[derive(Template)]
#[template(path = "recording.html")]
struct Page<'page> {
    style: &'static str,
    title: &'page str,
    words: &'page str,
    message: Option<Told>,
    /// Where the button leads.
    button: Option<String>,
    /// Where the sound is, once the button was pressed.
    sound: Option<String>,
}

/// What the page tells of a message.
struct Told {
    line: String,
    at: String,
    length: String,
}

impl Listening {
    /// Lets in whoever has a link of ours.
    pub fn new(links: Arc<Links>, carrier: Arc<dyn Carrier>, clock: Clock) -> Self {
        Self { links, carrier, clock, seats: Arc::default() }
    }

    fn read(&self, token: &str) -> Result<Link, BadLink> {
        self.links.read(token, self.clock.now())
    }
}

/// What a link leads to: words and a button.
pub(super) async fn page(State(app): State<Arc<App>>, Path(token): Path<String>) -> Response {
    match app.listening.read(&token) {
        Ok(link) => {
            let page = Page {
                button: Some(path_of(&app, &token, "")),
                ..of_message(&app, &link, "Press the button to hear it.")
            };
            written(StatusCode::OK, &page)
        }
        Err(why) => nothing_here(why),
    }
}

/// The button was pressed.
pub(super) async fn player(State(app): State<Arc<App>>, Path(token): Path<String>) -> Response {
    match app.listening.read(&token) {
        Ok(link) => {
            let ticket = app.listening.links.ticket(&token, app.listening.clock.now());
            let sound = path_of(&app, &token, &format!("/sound/{ticket}"));
            let words = "If it does not start by itself, press play. If there is nothing to play, it is not ready yet or was \
                         deleted: try again in a minute.";
            written(StatusCode::OK, &Page { sound: Some(sound), ..of_message(&app, &link, words) })
        }
        Err(why) => nothing_here(why),
    }
}

/// The sound, for whoever has pressed the button.
pub(super) async fn sound(
    State(app): State<Arc<App>>,
    Path((token, ticket)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let listening = &app.listening;
    let link = match listening.read(&token) {
        Ok(link) => link,
        Err(why) => return nothing_here(why),
    };
    if !listening.links.admits(&token, &ticket, listening.clock.now()) {
        return nothing_here(BadLink::Expired);
    }
    let recording = link.recording;
    let Some(listener) = listening.seats.take(&recording) else {
        warn!(%recording, "too many listen to this message, or to messages; one is asked to come back");
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")]).into_response();
    };
    let range = asked_range(&headers);
    match listening.carrier.open_recording(recording.clone(), range.clone()).await {
        Ok(sound) if sound.length.is_some_and(|length| length > LARGEST_SOUND) => {
            error!(%recording, length = sound.length, "a recording is larger than any message; it is not passed on");
            StatusCode::BAD_GATEWAY.into_response()
        }
        Ok(sound) => passed_on(sound, range.as_deref(), listener),
        Err(CarrierError::Unknown) => {
            debug!(%recording, "a recording is asked for that is not ready, or was deleted");
            (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")]).into_response()
        }
        Err(error) => {
            error!(%recording, %error, "a recording cannot be had from the carrier; whoever wants to hear it can try again");
            (StatusCode::BAD_GATEWAY, [(header::CACHE_CONTROL, "no-store")]).into_response()
        }
    }
}

/// The part that a player asks for; odd wishes are answered with the whole.
fn asked_range(headers: &HeaderMap) -> Option<String> {
    let range = headers.get(header::RANGE)?.to_str().ok()?;
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let plain = |text: &str| text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    (plain(from) && plain(to) && !(from.is_empty() && to.is_empty())).then(|| range.to_owned())
}

/// The sound as it comes. A player that asks for a part gets one also where the carrier sends the whole: some play nothing
/// otherwise.
fn passed_on(mut sound: RecordedSound, range: Option<&str>, listener: Seat) -> Response {
    let size = sound.length.filter(|_| sound.status == StatusCode::OK);
    let (mut skip, mut take) = (0, LARGEST_SOUND);
    if let Some((from, until, size)) = range.zip(size).and_then(|(range, size)| cut_out(range, size)) {
        (skip, take) = (from, until - from);
        sound.status = StatusCode::PARTIAL_CONTENT;
        sound.length = Some(take);
        sound.content_range = Some(format!("bytes {from}-{}/{size}", until - 1));
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = sound.status;
    let headers = response.headers_mut();
    let mut set = |name, value: Option<String>| {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, Some(sound.content_type));
    set(header::ACCEPT_RANGES, sound.length.map(|_| "bytes".to_owned()));
    set(header::CONTENT_LENGTH, sound.length.map(|length| length.to_string()));
    set(header::CONTENT_RANGE, sound.content_range);
    set(header::CONTENT_DISPOSITION, Some("inline".to_owned()));
    secure(headers);
    let ends = tokio::time::Instant::now() + SOUND_TAKES;
    *response.body_mut() = pieces(Passing { bytes: sound.bytes, skip, take, ends, _listener: listener });
    response
}

/// The part of a sound of this size, as the first byte, the one behind the last, and the size.
fn cut_out(range: &str, size: u64) -> Option<(u64, u64, u64)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (from, until) = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) => (from, to.saturating_add(1).min(size)),
        (Ok(from), Err(_)) => (from, size),
        (Err(_), Ok(last)) => (size.saturating_sub(last), size),
        (Err(_), Err(_)) => return None,
    };
    (from < until).then_some((from, until, size))
}

/// A sound on its way to somebody.
struct Passing {
    bytes: Streamed,
    /// How many bytes are still left out, and how many go on after that.
    skip: u64,
    take: u64,
    ends: tokio::time::Instant,
    /// Free for others when the last byte is gone.
    _listener: Seat,
}

impl Passing {
    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Option<Result<Bytes, TransportError>> {
        while self.take > 0 {
            if tokio::time::Instant::now() >= self.ends {
                return Some(Err(TransportError::TimedOut));
            }
            let next = timeout(PIECE_TAKES, self.bytes.next()).await.unwrap_or(Some(Err(TransportError::TimedOut)))?;
            let mut piece = match next {
                Ok(piece) => piece,
                Err(error) => return Some(Err(error)),
            };
            let skipped = piece.split_to(piece.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX)));
            self.skip -= u64::try_from(skipped.len()).unwrap_or(self.skip);
            piece.truncate(usize::try_from(self.take).unwrap_or(usize::MAX));
            self.take -= u64::try_from(piece.len()).unwrap_or(self.take);
            if !piece.is_empty() {
                return Some(Ok(piece));
            }
        }
        None
    }
}

/// The bytes as they come, neither too many nor for ever.
fn pieces(passing: Passing) -> Body {
    Body::from_stream(stream::unfold(Some(passing), |passing| async move {
        let mut passing = passing?;
        let next = passing.next().await?;
        let goes_on = next.is_ok();
        Some((next, goes_on.then_some(passing)))
    }))
}

fn of_message(app: &App, named: &Link, words: &'static str) -> Page<'static> {
    let line = app.switchboard.lines().find(|line| line_segment(line.number) == named.line);
    let told = Told {
        line: line
            .as_ref()
            .map_or_else(|| "a line that is not there any more".to_owned(), |line| line.name.to_string()),
        at: moment(named.at, line.as_ref().and_then(|line| line.zone.as_ref())),
        length: in_words(named.length),
    };
    Page { style: STYLE, title: "A message", words, message: Some(told), button: None, sound: None }
}

fn moment(at: Timestamp, zone: Option<&Zone>) -> String {
    let utc = Zone::utc();
    let zone = zone.unwrap_or(&utc);
    format!("{} ({})", zone.local(at), zone.name())
}

fn nothing_here(why: BadLink) -> Response {
    let (status, title, words) = match why {
        BadLink::Invalid => {
            (StatusCode::NOT_FOUND, "Nothing here", "This link leads to no message. Was it copied as a whole?")
        }
        BadLink::Expired => (
            StatusCode::GONE,
            "This link has expired",
            "The message may still lie at the carrier: whoever looks after this line can find it there.",
        ),
    };
    written(status, &Page { style: STYLE, title, words, message: None, button: None, sound: None })
}

fn written(status: StatusCode, page: &Page<'_>) -> Response {
    let Ok(html) = page.render() else {
        error!("the page of a message cannot be written");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    secure(response.headers_mut());
    response
}

/// Whose eyes this is for: nobody's cache, no search engine, no page around it, and nobody learns of the address.
fn secure(headers: &mut HeaderMap) {
    let plain = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive"),
    ];
    for (name, value) in plain {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
}

fn path_of(app: &App, token: &str, rest: &str) -> String {
    format!("{}/recordings/{token}{rest}", app.urls.prefix())
}

const STYLE: &str = include_str!("../../assets/recording.css");

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; media-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});
