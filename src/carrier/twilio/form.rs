//! What the carrier sends in its webhooks: an encoded form, in the body of a POST or the query of a GET (carrier
//! contract §1.1, §1.2, §3.2, §3.4, §4.2). Any field may be missing or odd; what it means is decided elsewhere.

use std::{borrow::Cow, fmt, time::Duration};

use ringall_core::{
    call::Origin,
    id::CallSid,
    phone::{CallerId, PhoneNumber},
    screen::AnsweredBy,
};

use crate::carrier::{CallStatus, RecordingSid};

/// A decoded name and its decoded value.
pub type Field<'a> = (Cow<'a, str>, Cow<'a, str>);

/// A webhook's form: every field as it came, in its order, and typed views of those that count.
pub struct WebhookForm<'a> {
    fields: Vec<Field<'a>>,
}

/// The form is longer than any that a carrier sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a form of more than {} fields", WebhookForm::MOST_FIELDS)]
pub struct TooManyFields;

/// Who began a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Somebody dialled one of our numbers.
    Inbound,
    /// Our order to dial began it.
    OutboundApi,
    /// A Dial in one of our documents began it.
    OutboundDial,
}

/// How a Dial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialStatus {
    /// The other side was reached and the talk is over.
    Completed,
    /// The same for a conference.
    Answered,
    /// The other side was engaged.
    Busy,
    /// The other side did not pick up.
    NoAnswer,
    /// The other side could not be reached.
    Failed,
    /// The dialling was called off.
    Canceled,
}

/// Where a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingStatus {
    /// It can be heard.
    Completed,
    /// Nothing was said; there is none.
    Absent,
    /// Something that was not asked for, such as its beginning.
    Other,
}

/// What happened in a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomEvent {
    /// Two are in the room and hear each other.
    Start,
    /// The room is gone.
    End,
    /// A leg came in.
    Join,
    /// A leg went out.
    Leave,
    /// Something that was not asked for, such as a mute.
    Other,
}

impl<'a> WebhookForm<'a> {
    /// The most fields that are read; a carrier sends about forty.
    pub const MOST_FIELDS: usize = 500;

    /// Reads a form's body, or the query of a GET without its `?`.
    pub fn parse(encoded: &'a [u8]) -> Result<Self, TooManyFields> {
        let mut fields = Vec::with_capacity(USUAL_FIELDS);
        for field in form_urlencoded::parse(encoded) {
            if fields.len() == Self::MOST_FIELDS {
                return Err(TooManyFields);
            }
            fields.push(field);
        }
        Ok(Self { fields })
    }

    /// Every field, repeated and unknown ones too, for the signature.
    pub fn fields(&self) -> &[Field<'a>] {
        &self.fields
    }

    /// The first value under this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }

    /// The leg that this is about.
    pub fn call_sid(&self) -> Option<CallSid> {
        self.text("CallSid")?.parse().ok()
    }

    /// The leg whose Dial began this one.
    pub fn parent_call_sid(&self) -> Option<CallSid> {
        self.text("ParentCallSid")?.parse().ok()
    }

    /// The account that this is about.
    pub fn account_sid(&self) -> Option<&str> {
        self.text("AccountSid")
    }

    /// Who calls.
    pub fn from(&self) -> Option<CallerId> {
        self.text("From").map(CallerId::read)
    }

    /// Where the caller's number belongs.
    pub fn origin(&self) -> Origin {
        Origin::read(self.text("FromCity"), self.text("FromState"), self.text("FromCountry"))
    }

    /// How long the leg was up, at its end.
    pub fn call_duration(&self) -> Option<Duration> {
        self.text("CallDuration")?.parse().ok().map(Duration::from_secs)
    }

    /// How the telephone network ended the leg, as a code of SIP.
    pub fn sip_code(&self) -> Option<u16> {
        self.text("SipResponseCode")?.parse().ok()
    }

    /// Which number was dialled; `None` also for SIP and client addresses.
    pub fn to(&self) -> Option<PhoneNumber> {
        self.text("To")?.parse().ok()
    }

    /// Where the leg stands.
    pub fn call_status(&self) -> Option<CallStatus> {
        read_call_status(self.text("CallStatus")?)
    }

    /// Who began the call.
    pub fn direction(&self) -> Option<Direction> {
        match self.text("Direction")? {
            "inbound" => Some(Direction::Inbound),
            "outbound-api" => Some(Direction::OutboundApi),
            "outbound-dial" => Some(Direction::OutboundDial),
            _ => None,
        }
    }

    /// The verdict of the carrier's listening; `None` if it did not listen.
    pub fn answered_by(&self) -> Option<AnsweredBy> {
        self.text("AnsweredBy").filter(|text| !text.is_empty()).map(AnsweredBy::read)
    }

    /// The keys that were pressed.
    pub fn digits(&self) -> Option<&str> {
        self.text("Digits")
    }

    /// How the Dial before this request ended.
    pub fn dial_call_status(&self) -> Option<DialStatus> {
        match self.text("DialCallStatus")? {
            "completed" => Some(DialStatus::Completed),
            "answered" => Some(DialStatus::Answered),
            "busy" => Some(DialStatus::Busy),
            "no-answer" => Some(DialStatus::NoAnswer),
            "failed" => Some(DialStatus::Failed),
            "canceled" => Some(DialStatus::Canceled),
            _ => None,
        }
    }

    /// Whether the caller was ever connected in the Dial before this request; `None` where the carrier does not say.
    pub fn dial_bridged(&self) -> Option<bool> {
        self.text("DialBridged")?.parse().ok()
    }

    /// The name of the event that is reported, as the carrier writes it.
    pub fn status_callback_event(&self) -> Option<&str> {
        self.text("StatusCallbackEvent")
    }

    /// What happened in the conference; `None` where the webhook is not about one.
    pub fn room_event(&self) -> Option<RoomEvent> {
        self.conference_sid()?;
        Some(match self.status_callback_event()? {
            "conference-start" => RoomEvent::Start,
            "conference-end" => RoomEvent::End,
            "participant-join" => RoomEvent::Join,
            "participant-leave" => RoomEvent::Leave,
            _ => RoomEvent::Other,
        })
    }

    /// The carrier's name of the conference.
    pub fn conference_sid(&self) -> Option<&str> {
        self.text("ConferenceSid")
    }

    /// The name that we gave the conference.
    pub fn friendly_name(&self) -> Option<&str> {
        self.text("FriendlyName")
    }

    /// The recording that this is about: by its own name, or by its address where only that is told.
    pub fn recording(&self) -> Option<RecordingSid> {
        let by_name = self.text("RecordingSid").and_then(RecordingSid::read);
        by_name.or_else(|| RecordingSid::of_url(self.text("RecordingUrl")?))
    }

    /// Where the recording stands; `None` where the webhook does not say.
    pub fn recording_status(&self) -> Option<RecordingStatus> {
        Some(match self.text("RecordingStatus")? {
            "completed" => RecordingStatus::Completed,
            "absent" => RecordingStatus::Absent,
            _ => RecordingStatus::Other,
        })
    }

    /// How long the recording is.
    pub fn recording_length(&self) -> Option<Duration> {
        self.text("RecordingDuration")?.parse().ok().map(Duration::from_secs)
    }

    /// The order in which the carrier fired this report among its like; arrival may differ.
    pub fn sequence_number(&self) -> Option<u32> {
        self.text("SequenceNumber")?.parse().ok()
    }

    /// Why the carrier turned to the fallback, or why it failed.
    /// The address whose document failed, in a request to a fallback.
    pub fn error_url(&self) -> Option<&str> {
        self.text("ErrorUrl")
    }

    /// Why the document failed, in a request to a fallback.
    pub fn error_code(&self) -> Option<u32> {
        self.text("ErrorCode")?.parse().ok()
    }
}

/// Only the names: the values are numbers of telephones and worse.
impl fmt::Debug for WebhookForm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fields.iter().map(|(name, _)| name)).finish()
    }
}

/// Reads the carrier's word for where a leg stands, in webhooks and answers alike.
pub(super) fn read_call_status(text: &str) -> Option<CallStatus> {
    match text {
        "queued" => Some(CallStatus::Queued),
        "initiated" => Some(CallStatus::Initiated),
        "ringing" => Some(CallStatus::Ringing),
        // Other clouds have been seen to use the event's name (carrier contract §13).
        "in-progress" | "answered" => Some(CallStatus::InProgress),
        "completed" => Some(CallStatus::Completed),
        "busy" => Some(CallStatus::Busy),
        "no-answer" => Some(CallStatus::NoAnswer),
        "failed" => Some(CallStatus::Failed),
        "canceled" => Some(CallStatus::Canceled),
        _ => None,
    }
}

const USUAL_FIELDS: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbound_call_is_read() {
        let form = WebhookForm::parse(
            b"CallSid=CA0123&AccountSid=AC1&From=%2B441632960001&To=%2B441632960000&CallStatus=ringing&Direction=inbound\
              &FromCity=&Called=%2B441632960000",
        )
        .unwrap();

        assert_eq!(form.call_sid(), Some("CA0123".parse().unwrap()));
        assert_eq!(form.account_sid(), Some("AC1"));
        assert_eq!(form.from(), Some(CallerId::read("+441632960001")));
        assert_eq!(form.to(), Some("+441632960000".parse().unwrap()));
        assert_eq!(form.call_status(), Some(CallStatus::Ringing));
        assert_eq!(form.direction(), Some(Direction::Inbound));
        assert_eq!(form.answered_by(), None);
        assert_eq!(form.text("FromCity"), Some(""));
        assert_eq!(form.fields().len(), 8);
    }

    #[test]
    fn what_happens_to_a_leg_is_read() {
        let form = WebhookForm::parse(
            b"CallStatus=no-answer&AnsweredBy=machine_end_beep&Digits=1&DialCallStatus=answered&SequenceNumber=3\
              &DialBridged=false\
              &CallDuration=12&SipResponseCode=487&ErrorCode=11205&ParentCallSid=CA9&StatusCallbackEvent=participant-join",
        )
        .unwrap();

        assert_eq!(form.call_status(), Some(CallStatus::NoAnswer));
        assert_eq!(form.answered_by(), Some(AnsweredBy::MachineEnd));
        assert_eq!(form.digits(), Some("1"));
        assert_eq!(form.dial_call_status(), Some(DialStatus::Answered));
        assert_eq!(form.dial_bridged(), Some(false));
        assert_eq!(form.sequence_number(), Some(3));
        assert_eq!((form.call_duration(), form.sip_code()), (Some(Duration::from_secs(12)), Some(487)));
        assert_eq!(form.error_code(), Some(11205));
        assert_eq!(form.parent_call_sid(), Some("CA9".parse().unwrap()));
        assert_eq!(form.room_event(), None, "not about a conference");
    }

    #[test]
    fn what_is_told_of_a_recording_is_read() {
        for (body, sid, status, seconds) in [
            (
                &b"RecordingSid=RE01&RecordingStatus=completed&RecordingDuration=42"[..],
                Some("RE01"),
                Some(RecordingStatus::Completed),
                Some(42),
            ),
            (b"RecordingUrl=https%3A%2F%2Fapi.example.org%2FRecordings%2FRE02.wav%3Fa%3D1", Some("RE02"), None, None),
            (
                b"RecordingSid=..%2F..&RecordingStatus=absent&RecordingDuration=-1",
                None,
                Some(RecordingStatus::Absent),
                None,
            ),
            (b"RecordingStatus=in-progress", None, Some(RecordingStatus::Other), None),
            (b"RecordingUrl=", None, None, None),
        ] {
            let form = WebhookForm::parse(body).unwrap();

            assert_eq!(form.recording().as_ref().map(RecordingSid::as_str), sid);
            assert_eq!((form.recording_status(), form.recording_length()), (status, seconds.map(Duration::from_secs)));
        }
    }

    #[test]
    fn what_happens_in_a_room_is_read() {
        for (word, event) in [
            ("conference-start", RoomEvent::Start),
            ("conference-end", RoomEvent::End),
            ("participant-join", RoomEvent::Join),
            ("participant-leave", RoomEvent::Leave),
            ("participant-mute", RoomEvent::Other),
        ] {
            let body = format!("ConferenceSid=CF1&FriendlyName=CA7&StatusCallbackEvent={word}");
            let form = WebhookForm::parse(body.as_bytes()).unwrap();

            assert_eq!((form.room_event(), form.friendly_name()), (Some(event), Some("CA7")), "{word}");
        }
    }

    #[test]
    fn odd_fields_are_absent_and_never_panic() {
        for body in [
            &b""[..],
            b"&&&=&==%",
            b"CallSid=CA%2F..&To=anonymous&CallStatus=dancing&Direction=&SequenceNumber=-1&ErrorCode=x&AnsweredBy=",
            b"CallSid=%FF%FE&To=%00&DialCallStatus=%F0%9F",
        ] {
            let form = WebhookForm::parse(body).unwrap();

            assert_eq!((form.call_sid(), form.to(), form.call_status()), (None, None, None));
            assert_eq!((form.direction(), form.sequence_number(), form.error_code()), (None, None, None));
            assert_eq!((form.dial_call_status(), form.dial_bridged(), form.answered_by()), (None, None, None));
        }
    }

    #[test]
    fn repeated_and_empty_fields_stay_and_the_first_counts() {
        let form = WebhookForm::parse(b"Digits=5&Empty=&Digits=6&Digits=5").unwrap();

        assert_eq!(form.digits(), Some("5"));
        let names: Vec<_> = form.fields().iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(names, ["Digits=5", "Empty=", "Digits=6", "Digits=5"]);
    }

    #[test]
    fn an_endless_form_is_refused() {
        assert!(WebhookForm::parse("a=1&".repeat(500).as_bytes()).is_ok());
        assert_eq!(WebhookForm::parse("a=1&".repeat(501).as_bytes()).unwrap_err(), TooManyFields);
    }

    #[test]
    fn a_form_prints_no_values() {
        let form = WebhookForm::parse(b"From=%2B441632960001").unwrap();

        assert_eq!(format!("{form:?}"), r#"["From"]"#);
    }
}
