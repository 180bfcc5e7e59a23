//! The webhooks of calls that the carrier hands on to an outside number: what it hears, its key, its progress, and what
//! comes after it for the caller.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::Response,
};
use ringall_core::{
    call::{Asked, DialEnd, ForwardNews, Told},
    flow::{DECLINE_KEY, Forward, Words},
    id::{CallSid, VisitId},
    screen::{Key, key_pressed},
};
use tracing::{debug, info, warn};

use super::{
    App,
    caller::{ask, live, receive},
    documents,
    gate::Webhook,
};
use crate::{
    carrier::{
        CallStatus,
        twilio::{Twiml, form::DialStatus},
    },
    switchboard::LiveCall,
};

type ForwardPath = Path<(String, String)>;

/// The Dial is over: the caller wants to know what comes next.
pub(super) async fn forwarded(
    State(app): State<Arc<App>>,
    Path((call, visit)): ForwardPath,
    webhook: Webhook,
) -> Twiml {
    if webhook.status.is_some_and(CallStatus::is_final) {
        // Some carriers ask once more after the caller has hung up; nothing follows for them.
        if let Ok(sid) = call.parse() {
            app.switchboard.caller_left(&sid);
        }
        return documents::hang_up();
    }
    let end = webhook.dial_end();
    let answered = webhook.is_in_progress();
    let asked = match visit.parse::<VisitId>() {
        Ok(visit) => Asked::Forwarded { visit, end, answered },
        Err(_) => Asked::Now { answered },
    };
    match live(&app, &call) {
        Some(live) => ask(&app, &live, asked).await,
        // After a restart we do not know it. Who has talked is not led to a new beginning.
        None if is_talk(end) => documents::hang_up(),
        None => receive(&app, &webhook).await,
    }
}

/// What a fallback was asked for, with what it tells by itself of a forward: the Dial is over, and only its action could
/// not be had.
pub(super) fn overheard(asked: Asked, webhook: &Webhook) -> Asked {
    match asked {
        Asked::Forwarded { visit, .. } => {
            // Whether a fallback repeats what the action would have said, no document tells.
            let end = if webhook.says_dial_status { webhook.dial_end() } else { DialEnd::Unsaid };
            Asked::Forwarded { visit, end, answered: webhook.is_in_progress() }
        }
        Asked::Now { .. } | Asked::WordsEnded(_) | Asked::DialEnded | Asked::Chosen { .. } | Asked::Recorded { .. } => {
            asked
        }
    }
}

/// Whether nothing more is owed to a caller whose call is not known: who has talked is not led to a new beginning.
pub(super) fn has_talked(asked: Asked) -> bool {
    match asked {
        Asked::Forwarded { end, .. } => is_talk(end),
        Asked::Now { .. } | Asked::WordsEnded(_) | Asked::DialEnded | Asked::Chosen { .. } | Asked::Recorded { .. } => {
            false
        }
    }
}

/// An outside number was picked up, and hears something before the caller.
pub(super) async fn whisper(State(app): State<Arc<App>>, path: ForwardPath, webhook: Webhook) -> Twiml {
    let (sid, visit) = match Named::find(&app, path) {
        Ok(named) => {
            named.call.forward_news(named.visit, webhook.call.as_ref(), named.picked_up(&webhook));
            return named.whisper(&app);
        }
        Err(Some(unknown)) => unknown,
        Err(None) => return late(&app, &webhook),
    };
    match app.switchboard.known_line(webhook.from_number) {
        Some(line) if app.switchboard.live(&sid).is_none() => {
            info!(call.id = %sid, "a number that was dialled before this program began is picked up; it is asked for a key");
            documents::unknown_forward_whisper(&sid, visit, &line, &app.urls)
        }
        Some(_) | None => late(&app, &webhook),
    }
}

/// Whoever picked up pressed a key.
pub(super) async fn key(State(app): State<Arc<App>>, path: ForwardPath, webhook: Webhook) -> Twiml {
    let named = match Named::find(&app, path) {
        Ok(named) => named,
        Err(unknown) => return key_of_unknown(&app, &webhook, unknown),
    };
    match key_pressed(&webhook.digits, named.forward.decline_key) {
        // The carrier asks only who picked up first (carrier contract §3.3); should another ask several, one of them has it.
        Key::Accepts if !named.takes(&webhook) => documents::told(Told::SomebodyElseHasIt, named.call.line()),
        Key::Accepts => {
            named.call.forward_news(named.visit, webhook.call.as_ref(), ForwardNews::Accepted);
            documents::taken(&named.forward, named.whisper_words().as_ref(), named.call.line(), &app.urls)
        }
        Key::Declines => {
            named.call.forward_news(named.visit, webhook.call.as_ref(), ForwardNews::Declined);
            documents::told(Told::Declined, named.call.line())
        }
        Key::Nothing => named.whisper(&app),
    }
}

/// The outside number's progress.
pub(super) async fn status(State(app): State<Arc<App>>, path: ForwardPath, webhook: Webhook) -> Response {
    let Some(status) = webhook.status else {
        warn!("a status callback of an outside number without a status; it changes nothing");
        return documents::noted();
    };
    match Named::find(&app, path) {
        // The others' ends say nothing of the one that was picked up: the Dial's action says how it ended.
        Ok(named) if named.forward.is_to_group() && status.is_final() => {}
        Ok(named) if status == CallStatus::InProgress => {
            named.call.forward_news(named.visit, webhook.call.as_ref(), named.picked_up(&webhook));
        }
        Ok(named) => named.call.forward_news(named.visit, webhook.call.as_ref(), news_of(status)),
        Err(_) => debug!("a status callback of an outside number that is not dialled any more"),
    }
    documents::noted()
}

/// A forward that is going on.
struct Named {
    call: Arc<LiveCall>,
    visit: VisitId,
    forward: Arc<Forward>,
}

impl Named {
    /// The forward that a path names; otherwise the names, if they could be some.
    fn find(app: &App, Path((call, visit)): ForwardPath) -> Result<Self, Option<(CallSid, VisitId)>> {
        let (Ok(sid), Ok(visit)) = (call.parse::<CallSid>(), visit.parse::<VisitId>()) else { return Err(None) };
        let Some(call) = app.switchboard.live(&sid) else { return Err(Some((sid, visit))) };
        let Some(forward) = call.forward(visit) else { return Err(Some((sid, visit))) };
        Ok(Self { call, visit, forward })
    }

    /// Somebody or something has picked up; of a group, who.
    fn picked_up(&self, webhook: &Webhook) -> ForwardNews {
        let member = webhook.to.filter(|to| self.forward.is_to_group() && self.forward.numbers().any(|it| it == *to));
        member.map_or(ForwardNews::Answered, ForwardNews::PickedUpBy)
    }

    /// Whether this leg has the call, by its key.
    fn takes(&self, webhook: &Webhook) -> bool {
        webhook.call.as_ref().is_none_or(|leg| self.call.take_forward(self.visit, leg))
    }

    fn whisper(&self, app: &App) -> Twiml {
        let (words, place) = (self.whisper_words(), (self.call.sid(), self.visit));
        documents::forward_whisper(&self.forward, words.as_ref(), place, self.call.line(), &app.urls)
    }

    /// The step's own words, as they are at this moment.
    fn whisper_words(&self) -> Option<Words> {
        self.forward.whisper.as_ref().map(|words| self.call.for_member(words))
    }
}

impl Webhook {
    /// How the carrier says that the Dial ended. What it does not say, or says in unknown words, has failed.
    fn dial_end(&self) -> DialEnd {
        match self.dial_status {
            Some(DialStatus::Completed | DialStatus::Answered) => DialEnd::Completed { bridged: self.dial_bridged },
            Some(DialStatus::Busy) => DialEnd::Busy,
            Some(DialStatus::NoAnswer) => DialEnd::NoAnswer,
            Some(DialStatus::Failed) => DialEnd::Failed,
            Some(DialStatus::Canceled) => DialEnd::Canceled,
            None => {
                warn!(call.id = ?self.call, "the carrier does not say how a forward ended; it counts as failed");
                DialEnd::Failed
            }
        }
    }
}

/// The key of a leg whose call is not known: it may have been dialled before this program began, and asked for it.
fn key_of_unknown(app: &App, webhook: &Webhook, unknown: Option<(CallSid, VisitId)>) -> Twiml {
    let before_us = unknown.is_some_and(|(sid, _)| app.switchboard.live(&sid).is_none());
    match key_pressed(&webhook.digits, DECLINE_KEY) {
        Key::Accepts if before_us => documents::connect(),
        Key::Accepts | Key::Declines | Key::Nothing => late(app, webhook),
    }
}

/// The forward is over, or is none of ours.
fn late(app: &App, webhook: &Webhook) -> Twiml {
    debug!(leg.sid = ?webhook.call, "an outside number asks for a document whose forward is over");
    match app.switchboard.known_line(webhook.from_number) {
        Some(line) => documents::told(Told::MovedOn, &line),
        None => app.current.get().failure(),
    }
}

fn is_talk(end: DialEnd) -> bool {
    match end {
        DialEnd::Completed { bridged } => bridged.unwrap_or(true),
        DialEnd::Busy | DialEnd::NoAnswer | DialEnd::Failed | DialEnd::Canceled | DialEnd::Unsaid => false,
    }
}

fn news_of(status: CallStatus) -> ForwardNews {
    match status {
        CallStatus::Queued | CallStatus::Initiated => ForwardNews::Dialled,
        CallStatus::Ringing => ForwardNews::Rings,
        CallStatus::InProgress => ForwardNews::Answered,
        CallStatus::Completed => ForwardNews::Ended(DialEnd::Completed { bridged: None }),
        CallStatus::Busy => ForwardNews::Ended(DialEnd::Busy),
        CallStatus::NoAnswer => ForwardNews::Ended(DialEnd::NoAnswer),
        CallStatus::Failed => ForwardNews::Ended(DialEnd::Failed),
        CallStatus::Canceled => ForwardNews::Ended(DialEnd::Canceled),
    }
}
