//! Sending a text message until the carrier has it, or it is certain that it will not take it.

use std::{fmt, time::Duration};

use ringall_core::phone::PhoneNumber;
use tokio::time::sleep;
use tracing::{debug, error, info};

use super::Notices;
use crate::{
    carrier::{CarrierError, RecordingSid, SendMessage},
    config::Recipient,
};

/// A text message to one person.
pub(super) struct Notice {
    pub(super) to: Recipient,
    pub(super) message: SendMessage,
    pub(super) about: About,
}

/// What somebody is told of.
pub(super) enum About {
    /// A message that a caller has left.
    Message(RecordingSid),
    /// This line may dial nobody any more today.
    Limit(PhoneNumber),
}

/// How long is waited before each repetition.
const PAUSES: [Duration; 6] = [
    Duration::from_secs(5),
    Duration::from_secs(20),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(30 * 60),
];
/// So often a message may be on its way that may have been taken before.
const MOST_UNCERTAIN: u8 = 2;

impl Notices {
    pub(super) async fn deliver(self, notice: Notice) {
        let Notice { to, message, about } = &notice;
        let (mut uncertain, stopping) = (0, self.0.parts.tasks.stopping());
        for pause in PAUSES.map(Some).into_iter().chain([None]) {
            let Err(error) = self.0.parts.carrier.send_message(message.clone()).await else {
                info!(%about, "{} is told of {}", to.name, about.what());
                return;
            };
            uncertain += u8::from(matches!(error, CarrierError::AnswerLost(_)));
            let again = match &error {
                CarrierError::Unavailable(_) => true,
                CarrierError::AnswerLost(_) => uncertain < MOST_UNCERTAIN,
                CarrierError::BadNumber { .. }
                | CarrierError::Configuration { .. }
                | CarrierError::NotInState
                | CarrierError::Unknown
                | CarrierError::Refused { .. } => false,
            };
            let Some(pause) = pause.filter(|_| again) else { return report_failure(&notice, &error) };
            debug!(%about, %error, "{} cannot be told of {} now; it is tried again", to.name, about.what());
            tokio::select! {
                () = sleep(pause) => {}
                () = stopping.cancelled() => return report_failure(&notice, &error),
            }
        }
    }
}

impl About {
    fn what(&self) -> &'static str {
        match self {
            Self::Message(_) => "a message",
            Self::Limit(_) => "a line that may dial no more phones today",
        }
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(recording) => recording.fmt(f),
            Self::Limit(line) => line.fmt(f),
        }
    }
}

/// Somebody does not know of a message or a limit: somebody else has to do something.
fn report_failure(notice: &Notice, error: &CarrierError) {
    let Notice { to, message, about } = notice;
    let (phone, from) = (to.phone, message.from);
    match about {
        About::Message(recording) => error!(
            %recording, %phone, %from, %error,
            "{} could not be told of a caller's message: tell them, and listen to the recording in the carrier's console; \
             check that the sender can send text messages to this country", to.name
        ),
        About::Limit(line) => error!(
            %line, %phone, %from, %error,
            "{} could not be told of a line that may dial no more phones today: tell them; check that the sender can send \
             text messages to this country", to.name
        ),
    }
}
