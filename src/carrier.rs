//! What Ringall asks of a carrier. [`twilio`] is the one there is; the switchboard knows only this trait.

pub mod transport;
pub mod twilio;

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use ringall_core::{
    id::CallSid,
    phone::{CallerId, PhoneNumber},
};

use crate::secret::Secret;

/// The carrier's REST side. Every method is one request, retried inside only where that cannot ring anybody twice.
pub trait Carrier: Send + Sync + 'static {
    /// Dials one telephone, unless nobody wants it any more by the time the carrier has to be asked again. An error says
    /// whether a leg may exist all the same.
    fn create_call<'a>(
        &'a self,
        order: CreateCall,
        is_wanted: Wanted<'a>,
    ) -> BoxFuture<'a, Result<CreatedCall, CarrierError>>;

    /// Ends a leg; answers with the status that the carrier reports afterwards. A leg that is over already is a
    /// success. The carrier is not asked again once the end is no longer wanted.
    fn end_call<'a>(
        &'a self,
        sid: CallSid,
        how: End,
        is_wanted: Wanted<'a>,
    ) -> BoxFuture<'a, Result<CallStatus, CarrierError>>;

    /// Makes an answered leg fetch its next document from `url`, unless nobody wants that any more by the time the carrier
    /// has to be asked again: a redirect that comes late tears the leg out of where it has got to meanwhile.
    fn redirect_call<'a>(
        &'a self,
        sid: CallSid,
        url: String,
        is_wanted: Wanted<'a>,
    ) -> BoxFuture<'a, Result<(), CarrierError>>;

    /// Asks how a leg stands; `None` if the carrier does not know it.
    fn look_up_call(&self, sid: CallSid) -> BoxFuture<'_, Result<Option<CallStatus>, CarrierError>>;

    /// Asks which legs are in the conference of this name; empty if there is none in progress.
    fn look_up_room(&self, name: String) -> BoxFuture<'_, Result<Vec<CallSid>, CarrierError>>;

    /// Asks which legs are in any conference of this name, also whoever waits alone in one that has not started.
    fn look_up_everybody(&self, name: String) -> BoxFuture<'_, Result<Vec<CallSid>, CarrierError>>;

    /// Sends one text message. An error says whether it may have been taken all the same.
    fn send_message(&self, message: SendMessage) -> BoxFuture<'_, Result<(), CarrierError>>;

    /// Asks who called; `None` if the carrier does not know the leg.
    fn look_up_caller(&self, sid: CallSid) -> BoxFuture<'_, Result<Option<CallerId>, CarrierError>>;

    /// Opens the sound of a recording, or the part of it that `range` asks for in the words of HTTP.
    fn open_recording(
        &self,
        recording: RecordingSid,
        range: Option<String>,
    ) -> BoxFuture<'_, Result<RecordedSound, CarrierError>>;

    /// Records a leg from now on, each side on a channel of its own, and reports the recording to `report_to`.
    fn record_call(&self, sid: CallSid, report_to: String) -> BoxFuture<'_, Result<(), CarrierError>>;
}

/// The carrier's name of a recording.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordingSid(String);

/// A text message (carrier contract §9). What it says never prints: it names the caller, and leads to what they said.
#[derive(Clone, PartialEq, Eq)]
pub struct SendMessage {
    /// Whom to tell.
    pub to: PhoneNumber,
    /// The number to show; one of the account's.
    pub from: PhoneNumber,
    /// What it says.
    pub body: String,
    /// Where its way is reported.
    pub status_callback: String,
}

/// A recording, as the carrier sends it.
pub struct RecordedSound {
    /// `200`, or `206` for a part.
    pub status: http::StatusCode,
    /// Such as `audio/mpeg`.
    pub content_type: String,
    /// How many bytes follow, if the carrier says so.
    pub length: Option<u64>,
    /// Which part it is.
    pub content_range: Option<String>,
    /// The bytes as they come.
    pub bytes: transport::Streamed,
}

impl fmt::Debug for SendMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendMessage").field("to", &self.to).field("from", &self.from).finish_non_exhaustive()
    }
}

impl RecordingSid {
    /// Reads a name that can stand in an address as it is.
    pub fn read(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (plain && (1..=LONGEST_SID).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// The name at the end of a recording's address.
    pub fn of_url(url: &str) -> Option<Self> {
        let name = url.split(['?', '#']).next()?.rsplit('/').next()?;
        Self::read(name.split('.').next()?)
    }

    /// The name as the carrier writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordingSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const LONGEST_SID: usize = 64;

/// Whether a request is still worth repeating.
pub type Wanted<'a> = &'a (dyn Fn() -> bool + Send + Sync);

/// An order to dial one telephone (carrier contract §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateCall {
    /// Whom to ring.
    pub to: PhoneNumber,
    /// The number to show: one of the account's, or a caller's with the token that lends it.
    pub from: PhoneNumber,
    /// What the carrier gave with the caller's call, if `from` is theirs.
    pub call_token: Option<Secret>,
    /// Where the leg's first document is, once it is picked up.
    pub url: String,
    /// Where the carrier turns when `url` fails.
    pub fallback_url: String,
    /// Where the leg's progress is reported: initiated, ringing, answered and its end.
    pub status_callback: String,
    /// The carrier's own limit of ringing, a backstop behind ours; sent as whole seconds, 5 to 600.
    pub timeout: Duration,
    /// Whether and how the carrier listens for a machine.
    pub detection: Option<Detection>,
}

/// Answering-machine detection for one leg (carrier contract §4, §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// Present: the document comes at once and the verdict goes to this address later. Absent: the verdict comes with
    /// the document's request.
    pub async_callback: Option<String>,
    /// The carrier's knobs.
    pub tuning: DetectionTuning,
}

/// The knobs of the detection; what is `None` is left to the carrier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DetectionTuning {
    /// How long the carrier listens at the longest: 3 to 59 s.
    pub timeout: Option<Duration>,
    /// Longest utterance taken for a human greeting: 1000 to 6000 ms.
    pub speech_threshold: Option<Duration>,
    /// Silence that ends an utterance: 500 to 5000 ms.
    pub speech_end_threshold: Option<Duration>,
    /// Initial silence after which the verdict is `unknown`: 2000 to 10000 ms.
    pub silence_timeout: Option<Duration>,
}

/// The carrier has taken an order to dial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedCall {
    /// The new leg.
    pub sid: CallSid,
    /// The carrier's estimate of how long the leg waits for its turn (`queue_time`); zero if it says nothing.
    pub queue_time: Duration,
}

/// How to end a leg (carrier contract §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Only if nobody has picked up yet; a leg that was picked up in that very moment stays up.
    IfUnanswered,
    /// In any case.
    AtOnce,
}

/// Where a leg stands (carrier contract §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallStatus {
    /// Waits for its turn at the carrier.
    Queued,
    /// Is being dialled; seen in callbacks only.
    Initiated,
    /// The far end alerts.
    Ringing,
    /// Picked up, or a caller's leg that was answered.
    InProgress,
    /// Was picked up and is over.
    Completed,
    /// The far end was engaged, or refused.
    Busy,
    /// Nobody picked up in time.
    NoAnswer,
    /// Could not be reached.
    Failed,
    /// Ended before anybody picked up: by us, or by a caller who gave up.
    Canceled,
}

impl CallStatus {
    /// The carrier's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Whether the leg is over for good.
    pub fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Initiated | Self::Ringing | Self::InProgress => false,
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled => true,
        }
    }
}

/// What went wrong with a request, by what can be done about it (carrier contract §12).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarrierError {
    /// This number cannot be rung; others can. `code` is the carrier's.
    #[error("the carrier refuses this number (code {code}): {message}")]
    BadNumber {
        /// The carrier's error code, such as 21211.
        code: u32,
        /// The carrier's words, without numbers of telephones.
        message: String,
    },
    /// The configuration or the account is wrong; nothing will work until somebody mends it.
    #[error("the carrier refuses the account or the configuration (code {code}): {message}")]
    Configuration {
        /// The carrier's error code, such as 20003.
        code: u32,
        /// The carrier's words, without numbers of telephones.
        message: String,
    },
    /// The leg is not in a state for this (21220): it is over, or was picked up this very moment.
    #[error("the leg is not in a state for this change")]
    NotInState,
    /// The carrier does not know the leg (404).
    #[error("the carrier does not know this leg")]
    Unknown,
    /// The carrier is overloaded, down or out of reach, and the request has certainly not been carried out.
    #[error("the carrier cannot take the request now: {0}")]
    Unavailable(String),
    /// The request was sent and no answer came: it may or may not have been carried out.
    #[error("no answer from the carrier; the request may have been carried out: {0}")]
    AnswerLost(String),
    /// The carrier refused for a reason that this program does not know.
    #[error("the carrier refuses the request (status {status}, code {code}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The carrier's error code, 0 if it gave none.
        code: u32,
        /// The carrier's words, without numbers of telephones.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_message_prints_neither_who_called_nor_the_link_to_what_they_said() {
        let message = SendMessage {
            to: "+447700900001".parse().unwrap(),
            from: "+441632960000".parse().unwrap(),
            body: "+447700900007 left a message: https://hotline.example.org/recordings/AbC".to_owned(),
            status_callback: "https://hotline.example.org/sms/notices/RE1".to_owned(),
        };

        let printed = format!("{message:?}");

        assert!(!printed.contains("7700900") && !printed.contains("AbC"), "{printed}");
    }
}
