//! What the carrier and load balancers ask over HTTP: webhooks, ringback tones, health. A handler turns a signed form
//! into a question to the switchboard and its answer into TwiML; nothing here waits for a disk, a network or a lock.

mod audio;
mod caller;
mod documents;
mod forwards;
mod gate;
mod health;
mod legs;
mod listening;
mod recordings;
mod refused;
mod server;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};

pub use self::{
    gate::Gate,
    health::Health,
    listening::Listening,
    server::{MOST_CONNECTIONS, serve, serve_at_most},
};
use ringall_core::flow::Words;

use crate::{
    carrier::twilio::Twiml,
    config::{SoundFiles, Voices},
    current::Current,
    notices::Notices,
    ringback,
    switchboard::Switchboard,
    urls::Urls,
};

/// What every handler may need.
pub struct App {
    /// The live calls.
    pub switchboard: Switchboard,
    /// Our own addresses, for documents.
    pub urls: Urls,
    /// Who is let in.
    pub gate: Gate,
    /// What load balancers are told.
    pub health: Arc<Health>,
    /// What the configuration says now.
    pub current: Current<Said>,
    /// Tells people of messages.
    pub notices: Notices,
    /// Who may hear messages.
    pub listening: Listening,
}

/// What may change when the configuration is loaded anew.
pub struct Said {
    /// The sound files that the carrier may fetch.
    pub sounds: SoundFiles,
    /// For numbers that no line has.
    pub unknown_number_words: Words,
    /// For failures of our own, where no line's words are at hand.
    pub failure_words: Words,
    /// Who says these in each language.
    pub voices: Voices,
}

impl Said {
    /// To a caller of a number that no line has.
    fn unknown_number(&self) -> Twiml {
        documents::plain_words(&self.unknown_number_words, &self.voices)
    }

    /// To whoever is to hear that we have failed, where no line's words are at hand.
    fn failure(&self) -> Twiml {
        documents::plain_words(&self.failure_words, &self.voices)
    }
}

/// No webhook's form comes near this (carrier contract §1.1).
const LARGEST_BODY: usize = 64 * 1024;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// All routes. Where the public address has a path, a proxy may hand it on or take it off.
pub fn router(app: Arc<App>) -> Router {
    let routes = routes();
    let routes = match app.urls.prefix() {
        "" => routes,
        // The path is the user's: it may hold what the router would take for a pattern.
        prefix => Router::new().without_v07_checks().nest(prefix, routes.clone()).merge(routes),
    };
    routes.with_state(app)
}

fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/voice", both(caller::voice))
        .route("/voice/status", both(caller::status))
        .route("/voice/fallback", both(caller::fallback))
        .route("/sms", both(caller::sms))
        .route("/voice/calls/{call}/now", both(caller::now))
        .route("/voice/calls/{call}/after/{visit}", both(caller::after))
        .route("/voice/calls/{call}/chosen/{visit}", both(caller::chosen))
        .route("/voice/calls/{call}/dial-ended", both(caller::dial_ended))
        .route("/voice/calls/{call}/wait", both(caller::wait))
        .route("/voice/calls/{call}/room", both(caller::room))
        .route("/voice/calls/{call}/wait/{room}", both(caller::wait_anew))
        .route("/voice/calls/{call}/room/{room}", both(caller::room_anew))
        .route("/voice/calls/{call}/rounds/{round}/legs/{leg}", both(legs::answered))
        .route("/voice/calls/{call}/rounds/{round}/legs/{leg}/fallback", both(legs::fallback))
        .route("/voice/calls/{call}/rounds/{round}/legs/{leg}/key", both(legs::key))
        .route("/voice/calls/{call}/rounds/{round}/legs/{leg}/status", both(legs::status))
        .route("/voice/calls/{call}/rounds/{round}/legs/{leg}/verdict", both(legs::verdict))
        .route("/voice/calls/{call}/rounds/{round}/legs/{leg}/dial-ended", both(legs::dial_ended))
        .route("/voice/calls/{call}/rounds/{round}/legs/{leg}/wait", both(legs::wait))
        .route("/voice/calls/{call}/legs/{leg}/told/{why}", both(legs::told))
        .route("/voice/calls/{call}/forwarded/{visit}", both(forwards::forwarded))
        .route("/voice/calls/{call}/forwards/{visit}", both(forwards::whisper))
        .route("/voice/calls/{call}/forwards/{visit}/key", both(forwards::key))
        .route("/voice/calls/{call}/forwards/{visit}/status", both(forwards::status))
        .route("/voice/calls/{call}/recorded/{visit}/{step}", both(recordings::recorded))
        .route("/voice/calls/{call}/recording", both(recordings::talk))
        .route("/voice/messages/{line}/{step}", both(recordings::message))
        .route("/sms/notices/{recording}", both(recordings::notice))
        .route("/sms/limits/{line}", both(recordings::limit_notice))
        .route("/recordings/{token}", get(listening::page).post(listening::player))
        .route("/recordings/{token}/sound/{ticket}", get(listening::sound))
        .route("/ringback/{file}", get(tone))
        .route("/audio/{file}", get(audio::audio))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}

/// The carrier asks by GET or by POST, as the number or the verb says (carrier contract §1.2).
fn both<H, T>(handler: H) -> MethodRouter<Arc<App>>
where
    H: axum::handler::Handler<T, Arc<App>>,
    T: 'static,
{
    get(handler.clone()).post(handler)
}

/// A ringback tone. Not signed for and not secret; the carrier may keep it.
async fn tone(Path(file): Path<String>) -> Response {
    let Some(tone) = ringback::tone_of_file(&file) else { return StatusCode::NOT_FOUND.into_response() };
    let cache = format!("public, max-age={}", DAY.as_secs());
    ([(header::CONTENT_TYPE, "audio/wav".to_owned()), (header::CACHE_CONTROL, cache)], tone).into_response()
}
