//! What the carrier tells of recordings: that a caller's message is over, that a recording is ready, and what became of
//! the text messages about it. None of it needs the call to be known.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    response::Response,
};
use ringall_core::{
    call::{Asked, RecordingEnd},
    flow::Step,
    id::{CallSid, VisitId},
};
use tracing::{debug, error, info, warn};

use super::{
    App,
    caller::{ask, live},
    documents,
    gate::Webhook,
};
use crate::{
    carrier::{
        CallStatus, RecordingSid,
        twilio::{Twiml, form::RecordingStatus},
    },
    config::{GOODBYE_WORDS, Line, Voices},
    notices::{Message, report_unknown_step},
    urls::line_segment,
};

/// The caller's recording is over: they want to know what comes next, or have hung up.
pub(super) async fn recorded(
    State(app): State<Arc<App>>,
    Path((call, visit, step)): Path<(String, String, String)>,
    webhook: Webhook,
) -> Twiml {
    let end = webhook.recording_end();
    let Some(live) = live(&app, &call) else { return forgotten(&app, &webhook, end, &step) };
    expect(&app, live.line(), &webhook, &step);
    let asked = visit.parse::<VisitId>().map_or(Asked::Now { answered: true }, |visit| Asked::Recorded { visit, end });
    let document = ask(&app, &live, asked).await;
    if let RecordingEnd::HungUp { .. } = end {
        app.switchboard.caller_left(live.sid());
    }
    document
}

/// The same in a call that this program does not know, because it was started anew, or the call is over: whoever still
/// listens has left their message, and hears so.
pub(super) fn forgotten(app: &App, webhook: &Webhook, end: RecordingEnd, step: &str) -> Twiml {
    let line = app.switchboard.lines().find(|line| Some(line.number) == webhook.to);
    if let Some(line) = &line {
        expect(app, line, webhook, step);
    }
    if let RecordingEnd::HungUp { .. } = end {
        if let Some(call) = &webhook.call {
            app.switchboard.caller_left(call);
        }
        return documents::hang_up();
    }
    goodbye(app, line.as_deref(), step)
}

/// The carrier's own report tells of the message. If that is lost, this does.
fn expect(app: &App, line: &Arc<Line>, webhook: &Webhook, step: &str) {
    let Some(recording) = webhook.has_recorded() else { return };
    app.notices.expect(Message {
        recording: recording.clone(),
        line: line.clone(),
        step: step.into(),
        call: webhook.call.clone(),
        length: webhook.recording_length,
    });
}

/// The carrier reports a message.
pub(super) async fn message(
    State(app): State<Arc<App>>,
    Path((line, step)): Path<(String, String)>,
    webhook: Webhook,
) -> Response {
    let Some(recording) = webhook.recording.clone() else {
        warn!("a report of a recording names none; it changes nothing");
        return documents::noted();
    };
    match webhook.recording_status {
        Some(RecordingStatus::Completed) if webhook.recording_length != Some(Duration::ZERO) => {}
        Some(RecordingStatus::Completed | RecordingStatus::Absent) => {
            debug!(%recording, "a caller left no message");
            app.notices.nothing_left(&recording);
            return documents::noted();
        }
        Some(RecordingStatus::Other) | None => return documents::noted(),
    }
    let known = app.switchboard.lines().find(|known| line_segment(known.number) == line);
    let known = known.and_then(|line| Some((line.recipients.get_key_value(&*step)?.0.clone(), line)));
    match known {
        Some((step, line)) => app.notices.message_left(Message {
            recording,
            line,
            step,
            call: webhook.call.clone(),
            length: webhook.recording_length,
        }),
        None => report_unknown_step(&recording, &step, webhook.call.as_ref()),
    }
    documents::noted()
}

/// The carrier reports the recording of a talk: for the call's timeline, and nothing else.
pub(super) async fn talk(State(app): State<Arc<App>>, Path(call): Path<String>, webhook: Webhook) -> Response {
    if let (Some(recording), Ok(call), Some(RecordingStatus::Completed)) =
        (&webhook.recording, call.parse::<CallSid>(), webhook.recording_status)
    {
        app.notices.talk_recorded(recording, &call, webhook.recording_length.unwrap_or_default());
    } else {
        debug!(call.id = call, "a report of a talk's recording tells nothing new");
    }
    documents::noted()
}

/// The carrier reports what became of a notice.
pub(super) async fn notice(Path(recording): Path<String>, webhook: Webhook) -> Response {
    let phone = webhook.to;
    match webhook.message_status.as_deref() {
        Some(status @ ("failed" | "undelivered")) => error!(
            recording = RecordingSid::read(&recording).map(tracing::field::display), phone = ?phone, status, error_code = webhook.error_code,
            "a text message about a caller's message did not arrive: tell that person, and look the error code up in the \
             carrier's documents"
        ),
        status => debug!(status, "a text message about a caller's message is on its way"),
    }
    documents::noted()
}

/// The carrier reports what became of a notice about a line's limit.
pub(super) async fn limit_notice(State(app): State<Arc<App>>, Path(line): Path<String>, webhook: Webhook) -> Response {
    let line = app.switchboard.lines().find(|known| line_segment(known.number) == line);
    let line = line.map(|line| tracing::field::display(line.number));
    match webhook.message_status.as_deref() {
        Some(status @ ("failed" | "undelivered")) => error!(
            line, phone = ?webhook.to, status, error_code = webhook.error_code,
            "a text message about a line that may dial no more phones today did not arrive: tell that person, and look the \
             error code up in the carrier's documents"
        ),
        status => debug!(status, "a text message about a line's limit is on its way"),
    }
    documents::noted()
}

/// What a caller hears behind their message when nothing is known of their call.
fn goodbye(app: &App, line: Option<&Line>, step: &str) -> Twiml {
    info!("a message was left in a call that this program does not know; its caller hears goodbye");
    let Some(line) = line else { return documents::plain_words(&GOODBYE_WORDS.into(), &Voices::default()) };
    let voicemail = line.flow.steps().iter().find_map(|named| {
        let Step::Voicemail(voicemail) = &named.step else { return None };
        (*voicemail.name == *step).then_some(voicemail)
    });
    match voicemail {
        Some(voicemail) => documents::hear_and_hang_up(&voicemail.goodbye, line, &app.urls),
        None => documents::say_and_hang_up(GOODBYE_WORDS, line),
    }
}

/// What a fallback was asked for, with what it tells by itself of a recording.
pub(super) fn overheard(asked: Asked, webhook: &Webhook) -> Asked {
    match asked {
        // Whether a fallback repeats what the action would have said, no document tells.
        Asked::Recorded { visit, .. } if webhook.says_recording => {
            Asked::Recorded { visit, end: webhook.recording_end() }
        }
        Asked::Recorded { .. }
        | Asked::Now { .. }
        | Asked::WordsEnded(_)
        | Asked::DialEnded
        | Asked::Chosen { .. }
        | Asked::Forwarded { .. } => asked,
    }
}

impl Webhook {
    /// How the carrier says that the caller's recording ended.
    fn recording_end(&self) -> RecordingEnd {
        let recorded = self.has_recorded().is_some();
        if self.digits == HANG_UP || self.status.is_some_and(CallStatus::is_final) {
            return RecordingEnd::HungUp { recorded };
        }
        if recorded { RecordingEnd::Recorded } else { RecordingEnd::Nothing }
    }

    /// The recording that is told of, unless it is empty.
    fn has_recorded(&self) -> Option<&RecordingSid> {
        self.recording.as_ref().filter(|_| self.recording_length != Some(Duration::ZERO))
    }
}

/// What stands in place of keys when the caller has hung up (carrier contract §3.1).
const HANG_UP: &str = "hangup";
