//! The caller's webhooks: the four that a user enters at the carrier, and those that our own documents lead to.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
};
use ringall_core::{
    call::{Asked, CallerDocument, RoomNews},
    flow::Keys,
    id::{CallSid, VisitId},
    phone::CallerId,
};
use tracing::{error, info, warn};

use super::{App, documents, forwards, gate::Webhook, recordings};
use crate::{
    carrier::twilio::{Twiml, form::RoomEvent},
    ringback,
    room::Room,
    switchboard::{CallGone, LiveCall, Reception},
};

/// A call comes in.
pub(super) async fn voice(State(app): State<Arc<App>>, webhook: Webhook) -> Twiml {
    begin(&app, &webhook, webhook.is_in_progress()).await
}

/// One of the caller's documents could not be fetched or read: our failure, which must not become the caller's.
pub(super) async fn fallback(State(app): State<Arc<App>>, webhook: Webhook) -> Twiml {
    error!(
        call.id = ?webhook.call, error_code = webhook.error_code,
        "the carrier could not use our answer and turns to the fallback; the call goes on from there"
    );
    let failed = webhook.error_url.as_deref().zip(webhook.call.as_ref());
    let asked = failed.and_then(|(url, call)| app.urls.asked_of(url, call));
    let asked = asked.map(|asked| recordings::overheard(forwards::overheard(asked, &webhook), &webhook));
    match (asked, webhook.call.as_ref().and_then(|call| app.switchboard.live(call))) {
        (Some(asked), Some(call)) => ask(&app, &call, asked).await,
        (Some(asked), None) if forwards::has_talked(asked) => documents::hang_up(),
        (Some(Asked::Recorded { end, .. }), None) => recordings::forgotten(&app, &webhook, end, last_segment(&webhook)),
        _ => receive(&app, &webhook).await,
    }
}

/// The number's own status: what counts is the end of the caller's leg.
pub(super) async fn status(State(app): State<Arc<App>>, webhook: Webhook) -> Response {
    match (&webhook.call, webhook.status) {
        (Some(call), Some(status)) if status.is_final() => {
            if let (Some(live), Some(report)) = (app.switchboard.live(call), webhook.leg_report()) {
                live.leg_reported(None, report);
            }
            app.switchboard.caller_left(call);
        }
        (Some(_), Some(_)) => {}
        _ => warn!("a status callback names no call or no status; it changes nothing"),
    }
    documents::noted()
}

/// A message comes in. Nothing is done with it; an empty answer sends nothing back.
pub(super) async fn sms(_: Webhook) -> Twiml {
    info!("a message to a line came in; messages are not handled");
    Twiml::begin().end()
}

/// A chunk of carrier ringback is over, or we redirected the caller.
pub(super) async fn now(State(app): State<Arc<App>>, Path(call): Path<String>, webhook: Webhook) -> Twiml {
    let answered = webhook.is_in_progress();
    match live(&app, &call) {
        Some(live) => ask(&app, &live, Asked::Now { answered }).await,
        // After a restart we do not know it: it begins anew.
        None => receive(&app, &webhook).await,
    }
}

/// Words are over.
pub(super) async fn after(
    State(app): State<Arc<App>>,
    Path((call, visit)): Path<(String, String)>,
    webhook: Webhook,
) -> Twiml {
    let asked = visit.parse::<VisitId>().map_or(Asked::Now { answered: true }, Asked::WordsEnded);
    match live(&app, &call) {
        Some(live) => ask(&app, &live, asked).await,
        None => receive(&app, &webhook).await,
    }
}

/// Keys were pressed in a menu.
pub(super) async fn chosen(
    State(app): State<Arc<App>>,
    Path((call, visit)): Path<(String, String)>,
    webhook: Webhook,
) -> Twiml {
    let keys = Keys::read(&webhook.digits);
    let chosen = |visit| Asked::Chosen { visit, keys };
    let asked = visit.parse::<VisitId>().map_or(Asked::Now { answered: true }, chosen);
    match live(&app, &call) {
        Some(live) => ask(&app, &live, asked).await,
        // After a restart nobody knows what was asked: it is asked anew.
        None => receive(&app, &webhook).await,
    }
}

/// The caller's stay in the conference is over.
pub(super) async fn dial_ended(State(app): State<Arc<App>>, Path(call): Path<String>, _: Webhook) -> Twiml {
    match live(&app, &call) {
        Some(live) => ask(&app, &live, Asked::DialEnded).await,
        None => documents::hang_up(),
    }
}

/// The caller is alone in the conference. From there only a redirect leads out: a caller of whom we know nothing, because
/// the program was started anew, is led to a new beginning.
pub(super) async fn wait(State(app): State<Arc<App>>, Path(call): Path<String>, webhook: Webhook) -> Twiml {
    waits(&app, call.parse().ok().map(|call| Room::of(&call)), &webhook)
}

/// The same in the conference of a call that began anew.
pub(super) async fn wait_anew(
    State(app): State<Arc<App>>,
    Path((call, room)): Path<(String, String)>,
    webhook: Webhook,
) -> Twiml {
    waits(&app, call.parse().ok().and_then(|call| Room::read(&call, &room)), &webhook)
}

fn waits(app: &App, room: Option<Room>, webhook: &Webhook) -> Twiml {
    let Some(room) = room else { return Twiml::begin().end() };
    match app.switchboard.live(room.call()) {
        Some(live) => documents::caller_waits(&room, &live.line().country, &app.urls),
        None => {
            app.switchboard.bring_back(room.clone());
            let country = webhook.to.and_then(ringback::country_of).unwrap_or_default();
            documents::caller_waits(&room, country, &app.urls)
        }
    }
}

/// The conference reports.
pub(super) async fn room(State(app): State<Arc<App>>, Path(call): Path<String>, webhook: Webhook) -> Response {
    reports(&app, call.parse().ok().map(|call| Room::of(&call)), webhook)
}

/// The conference of a call that began anew reports.
pub(super) async fn room_anew(
    State(app): State<Arc<App>>,
    Path((call, room)): Path<(String, String)>,
    webhook: Webhook,
) -> Response {
    reports(&app, call.parse().ok().and_then(|call| Room::read(&call, &room)), webhook)
}

fn reports(app: &App, room: Option<Room>, webhook: Webhook) -> Response {
    let live = room.as_ref().and_then(|room| app.switchboard.live(room.call()));
    if let Some((live, room)) = live.zip(room) {
        let call = room.call().clone();
        if room != *live.room() {
            // One of an earlier process: nothing of it is about this process's caller and winner.
            if webhook.room_event == Some(RoomEvent::Join) && webhook.call.as_ref() != Some(&call) {
                app.switchboard.look_for_strangers(room);
            }
            return documents::noted();
        }
        let news = match (webhook.room_event, webhook.call) {
            (Some(RoomEvent::Start), _) => Some(RoomNews::Started),
            (Some(RoomEvent::End), _) => Some(RoomNews::Ended),
            (Some(RoomEvent::Join), Some(leg)) => Some(RoomNews::Joined(leg)),
            (Some(RoomEvent::Leave), Some(leg)) => Some(RoomNews::Left(leg)),
            (Some(RoomEvent::Other), _) => return documents::noted(),
            _ => None,
        };
        match news.zip(webhook.conference) {
            Some((news, conference)) => live.room_news(&conference, news),
            None => warn!(call.id = %call, "a conference callback tells nothing; it changes nothing"),
        }
    }
    documents::noted()
}

/// Finds the call. If another process has had it, it begins anew.
pub(super) async fn receive(app: &App, webhook: &Webhook) -> Twiml {
    begin(app, webhook, true).await
}

/// Finds or begins the call, and waits until there is something to tell the caller.
async fn begin(app: &App, webhook: &Webhook, was_had: bool) -> Twiml {
    let Some(sid) = &webhook.call else {
        warn!("a voice webhook without a usable CallSid; the caller is told that we failed");
        return app.current.get().failure();
    };
    if webhook.status.is_some_and(crate::carrier::CallStatus::is_final) {
        warn!(call.id = %sid, "a voice webhook of a call that is over; it rings nobody");
        return documents::hang_up();
    }
    let from = webhook.from.clone().unwrap_or(CallerId::Withheld);
    let (is_answered, carried) = (webhook.is_in_progress(), webhook.carried.clone());
    match app.switchboard.receive(sid, &from, webhook.to, is_answered, was_had, carried) {
        Reception::Begun(call, answer) => answered(app, &call, call.first_answer(answer).await),
        Reception::Live(call) => ask(app, &call, Asked::Now { answered: webhook.is_in_progress() }).await,
        // Most such webhooks are late ones of legs that are gone; whoever still listens is told.
        Reception::Ended => app.current.get().failure(),
        Reception::UnknownNumber => app.current.get().unknown_number(),
        Reception::TooMany(line) => documents::say_last(&line.words.busy, &line, &app.urls),
    }
}

pub(super) async fn ask(app: &App, call: &LiveCall, asked: Asked) -> Twiml {
    answered(app, call, call.ask(asked).await)
}

fn answered(app: &App, call: &LiveCall, document: Result<CallerDocument, CallGone>) -> Twiml {
    match document {
        Ok(document) => documents::for_caller(&document, call.room(), call.line(), &app.urls),
        Err(gone) => {
            error!(call.id = %call.sid(), "{gone} while the caller waited for an answer; they are told");
            documents::say_last(&call.line().words.failure, call.line(), &app.urls)
        }
    }
}

/// The last part of the address whose document failed.
fn last_segment(webhook: &Webhook) -> &str {
    webhook.error_url.as_deref().and_then(|url| url.rsplit('/').next()).unwrap_or_default()
}

pub(super) fn live(app: &App, call: &str) -> Option<Arc<LiveCall>> {
    app.switchboard.live(&call.parse::<CallSid>().ok()?)
}
