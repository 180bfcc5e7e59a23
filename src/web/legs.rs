//! The webhooks of members' legs: picked up, a key, progress, the end.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
};
use ringall_core::{
    call::{LegDocument, LegEnd, LegNews, Told},
    id::{CallSid, LegId, RoundId},
};
use tracing::{debug, error, warn};

use super::{
    App,
    caller::live,
    documents::{self, LegRef},
    gate::Webhook,
};
use crate::{
    carrier::{
        CallStatus,
        twilio::{Twiml, form::DialStatus},
    },
    switchboard::{LegReply, LiveCall},
    urls::told_of_segment,
};

type LegPath = Path<(String, String, String)>;

/// A leg that one of our addresses names, and that its webhook names too.
struct Named {
    call: Arc<LiveCall>,
    round: RoundId,
    leg: LegId,
    sid: CallSid,
}

/// A leg was picked up and wants its first document.
pub(super) async fn answered(State(app): State<Arc<App>>, path: LegPath, webhook: Webhook) -> Twiml {
    let Some(leg) = find(&app, path, &webhook) else { return late(&app, &webhook) };
    let reply = leg.call.leg_answered(leg.round, leg.leg, &leg.sid, webhook.answered_by);
    leg.document(&reply, &app)
}

/// The leg's document could not be fetched or read. It may have accepted already, so it gets the same answer once more;
/// a key comes along if it was the answer to a key that failed.
pub(super) async fn fallback(State(app): State<Arc<App>>, path: LegPath, webhook: Webhook) -> Twiml {
    error!(
        leg.sid = ?webhook.call, error_code = webhook.error_code,
        "the carrier could not use our answer to a member's phone and turns to the fallback"
    );
    if webhook.digits.is_empty() {
        answered(State(app), path, webhook).await
    } else {
        key(State(app), path, webhook).await
    }
}

/// Somebody pressed a key.
pub(super) async fn key(State(app): State<Arc<App>>, path: LegPath, webhook: Webhook) -> Twiml {
    let Some(leg) = find(&app, path, &webhook) else { return late(&app, &webhook) };
    let reply = leg.call.leg_key(leg.round, leg.leg, &leg.sid, &webhook.digits);
    leg.document(&reply, &app)
}

/// The leg's progress.
pub(super) async fn status(State(app): State<Arc<App>>, path: LegPath, webhook: Webhook) -> Response {
    let Some(news) = webhook.status.map(news_of) else {
        warn!("a status callback of a leg without a status; it changes nothing");
        return documents::noted();
    };
    match (find(&app, path, &webhook), webhook.call.clone()) {
        (Some(leg), _) => {
            if let Some(report) = webhook.leg_report() {
                leg.call.leg_reported(Some(leg.leg), report);
            }
            leg.call.leg_news(leg.leg, &leg.sid, news);
        }
        // Its call is over, or never was ours: it must not ring on.
        (None, Some(sid)) if news == LegNews::Rings => app.switchboard.end_stray(sid),
        (None, _) => debug!("a status callback of a leg whose call is over"),
    }
    documents::noted()
}

/// The carrier's late verdict about who picked up.
pub(super) async fn verdict(State(app): State<Arc<App>>, path: LegPath, webhook: Webhook) -> Response {
    if let (Some(leg), Some(answered_by)) = (find(&app, path, &webhook), webhook.answered_by) {
        leg.call.leg_verdict(leg.round, leg.leg, &leg.sid, answered_by);
    }
    documents::noted()
}

/// A winner's stay in the conference is over.
pub(super) async fn dial_ended(State(app): State<Arc<App>>, path: LegPath, webhook: Webhook) -> Twiml {
    let Some(leg) = find(&app, path, &webhook) else { return documents::hang_up() };
    // After a conference it says `answered` (carrier contract §3.4); what it says of a full one is not documented.
    let was_in = webhook.dial_status != Some(DialStatus::Failed);
    match leg.call.leg_dial_ended(leg.leg, leg.sid.clone(), was_in).await {
        LegDocument::EnterRoom => documents::winner_joins_again(leg.reference(), &app.urls),
        LegDocument::Tell(why) => documents::told(why, leg.call.line()),
        LegDocument::HangUp => documents::hang_up(),
    }
}

/// A winner is in the conference before the caller.
pub(super) async fn wait(State(app): State<Arc<App>>, path: LegPath, webhook: Webhook) -> Twiml {
    match find(&app, path, &webhook) {
        Some(leg) => documents::winner_waits(leg.call.line()),
        None => Twiml::begin().end(),
    }
}

/// A leg that we sent to its last words.
pub(super) async fn told(
    State(app): State<Arc<App>>,
    Path((call, leg, why)): Path<(String, String, String)>,
    webhook: Webhook,
) -> Twiml {
    let why = told_of_segment(&why);
    let Some(call) = live(&app, &call) else { return say(&app, &webhook, why) };
    let (Ok(leg), Some(sid)) = (leg.parse::<LegId>(), webhook.call.clone()) else {
        // A leg of an earlier process: its number may be another leg's by now.
        return documents::told(why, call.line());
    };
    match call.leg_told(leg, &sid, why) {
        Some((round, reply)) => Named { call, round, leg, sid }.document(&reply, &app),
        None => documents::told(why, call.line()),
    }
}

impl Named {
    fn reference(&self) -> LegRef<'_> {
        LegRef { room: self.call.room(), round: self.round, leg: self.leg }
    }

    fn document(&self, reply: &LegReply, app: &App) -> Twiml {
        match reply {
            LegReply::Join { whisper } => {
                documents::winner_joins(self.reference(), whisper.as_ref(), self.call.line(), &app.urls)
            }
            LegReply::AskForKey { decline_key } => {
                documents::whisper(self.reference(), *decline_key, self.call.line(), &app.urls)
            }
            LegReply::Tell(why) => documents::told(*why, self.call.line()),
            LegReply::HangUp => documents::hang_up(),
        }
    }
}

fn find(app: &App, Path((call, round, leg)): LegPath, webhook: &Webhook) -> Option<Named> {
    let (round, leg) = (round.parse().ok()?, leg.parse().ok()?);
    Some(Named { call: live(app, &call)?, round, leg, sid: webhook.call.clone()? })
}

/// The leg's call is over, or it is none of ours.
fn late(app: &App, webhook: &Webhook) -> Twiml {
    debug!(leg.sid = ?webhook.call, "a leg asks for a document whose call is over");
    say(app, webhook, Told::MovedOn)
}

/// Words without a call: in the line's voice if the number shown to the leg is one of ours.
fn say(app: &App, webhook: &Webhook, why: Told) -> Twiml {
    match app.switchboard.known_line(webhook.from_number) {
        Some(line) => documents::told(why, &line),
        None => app.current.get().failure(),
    }
}

fn news_of(status: CallStatus) -> LegNews {
    match status {
        CallStatus::Queued | CallStatus::Initiated | CallStatus::Ringing => LegNews::Rings,
        CallStatus::InProgress => LegNews::Answered,
        CallStatus::Completed => LegNews::Ended(LegEnd::Completed),
        CallStatus::Busy => LegNews::Ended(LegEnd::Busy),
        CallStatus::NoAnswer | CallStatus::Canceled => LegNews::Ended(LegEnd::NoAnswer),
        CallStatus::Failed => LegNews::Ended(LegEnd::Failed),
    }
}
