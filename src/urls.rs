//! The addresses that the carrier is given. The four a user enters are in the README; all others are our own and may
//! change with any version.

use std::fmt::{Display, Write as _};

use ringall_core::{
    call::{Asked, DialEnd, RecordingEnd, Told},
    id::{CallSid, LegId, RoundId, VisitId},
    phone::PhoneNumber,
};
use sha2::{Digest, Sha256};
use url::Url;

use crate::room::Room;

/// Makes absolute addresses under the public address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// Without a slash at the end.
    base: String,
    /// The public address's path; often empty.
    prefix: String,
}

impl Urls {
    /// Addresses under `public_url`, whose path is kept as a prefix.
    pub fn new(public_url: &Url) -> Self {
        let without_slash = |text: &str| text.trim_end_matches('/').to_owned();
        Self { base: without_slash(public_url.as_str()), prefix: without_slash(public_url.path()) }
    }

    /// The path under which everything lies, without a slash at the end; often empty.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What the caller's leg should hear now.
    pub fn caller_now(&self, call: &CallSid) -> String {
        self.caller(call, "now")
    }

    /// What comes after the words of a visit.
    pub fn caller_after(&self, call: &CallSid, visit: VisitId) -> String {
        self.caller(call, format_args!("after/{visit}"))
    }

    /// Where the keys are sent that are pressed in the menu of a visit.
    pub fn caller_chosen(&self, call: &CallSid, visit: VisitId) -> String {
        self.caller(call, format_args!("chosen/{visit}"))
    }

    /// What comes after the caller's stay in the conference.
    pub fn caller_dial_ended(&self, call: &CallSid) -> String {
        self.caller(call, "dial-ended")
    }

    /// What the caller's leg asked for at this address of ours, if a fallback has to answer for it: only addresses whose
    /// question differs from that of [`Urls::caller_now`] count. Keys that were sent to [`Urls::caller_chosen`] are lost with
    /// the request that brought them, so that nothing is left to ask but what should be heard now: the menu once more.
    pub fn asked_of(&self, url: &str, call: &CallSid) -> Option<Asked> {
        let path = url.strip_prefix(&self.caller(call, ""))?;
        if path == "dial-ended" {
            return Some(Asked::DialEnded);
        }
        if let Some(visit) = path.strip_prefix("forwarded/") {
            let forwarded = |visit| Asked::Forwarded { visit, end: DialEnd::Unsaid, answered: false };
            return visit.parse().ok().map(forwarded);
        }
        if let Some(rest) = path.strip_prefix("recorded/") {
            let recorded = |visit| Asked::Recorded { visit, end: RecordingEnd::Unsaid };
            return rest.split('/').next()?.parse().ok().map(recorded);
        }
        path.strip_prefix("after/")?.parse().ok().map(Asked::WordsEnded)
    }

    /// What the caller hears who is alone in the conference.
    pub fn caller_wait(&self, room: &Room) -> String {
        self.caller(room.call(), format_args!("wait{}", room.segment()))
    }

    /// Where the conference reports.
    pub fn room(&self, room: &Room) -> String {
        self.caller(room.call(), format_args!("room{}", room.segment()))
    }

    /// A leg's first document.
    pub fn leg(&self, call: &CallSid, round: RoundId, leg: LegId) -> String {
        self.caller(call, format_args!("rounds/{round}/legs/{leg}"))
    }

    /// Where a leg's key is sent.
    pub fn leg_key(&self, call: &CallSid, round: RoundId, leg: LegId) -> String {
        self.caller(call, format_args!("rounds/{round}/legs/{leg}/key"))
    }

    /// Where a leg's progress is reported.
    pub fn leg_status(&self, call: &CallSid, round: RoundId, leg: LegId) -> String {
        self.caller(call, format_args!("rounds/{round}/legs/{leg}/status"))
    }

    /// Where the carrier turns when a leg's document fails.
    pub fn leg_fallback(&self, call: &CallSid, round: RoundId, leg: LegId) -> String {
        self.caller(call, format_args!("rounds/{round}/legs/{leg}/fallback"))
    }

    /// Where a late verdict about a leg is sent.
    pub fn leg_verdict(&self, call: &CallSid, round: RoundId, leg: LegId) -> String {
        self.caller(call, format_args!("rounds/{round}/legs/{leg}/verdict"))
    }

    /// What comes after a leg's stay in the conference.
    pub fn leg_dial_ended(&self, call: &CallSid, round: RoundId, leg: LegId) -> String {
        self.caller(call, format_args!("rounds/{round}/legs/{leg}/dial-ended"))
    }

    /// What a winner hears who is alone in the conference.
    pub fn leg_wait(&self, call: &CallSid, round: RoundId, leg: LegId) -> String {
        self.caller(call, format_args!("rounds/{round}/legs/{leg}/wait"))
    }

    /// The words for a leg that was picked up and does not get the call.
    pub fn leg_told(&self, call: &CallSid, leg: LegId, why: Told) -> String {
        self.caller(call, format_args!("legs/{leg}/told/{}", told_segment(why)))
    }

    /// The words for a leg of an earlier process, which waits for a caller who will not come.
    pub fn stranger_told(&self, call: &CallSid) -> String {
        self.caller(call, format_args!("legs/earlier/told/{}", told_segment(Told::CouldNotConnect)))
    }

    /// What comes after the outside number that a visit has dialled.
    pub fn forwarded(&self, call: &CallSid, visit: VisitId) -> String {
        self.caller(call, format_args!("forwarded/{visit}"))
    }

    /// What an outside number hears before the caller.
    pub fn forward_whisper(&self, call: &CallSid, visit: VisitId) -> String {
        self.caller(call, format_args!("forwards/{visit}"))
    }

    /// Where the key of an outside number is sent.
    pub fn forward_key(&self, call: &CallSid, visit: VisitId) -> String {
        self.caller(call, format_args!("forwards/{visit}/key"))
    }

    /// Where the progress of an outside number is reported.
    pub fn forward_status(&self, call: &CallSid, visit: VisitId) -> String {
        self.caller(call, format_args!("forwards/{visit}/status"))
    }

    /// What comes after the caller's message. The step's name is for a program that does not know the call.
    pub fn recorded(&self, call: &CallSid, visit: VisitId, step: &str) -> String {
        self.caller(call, format_args!("recorded/{visit}/{step}"))
    }

    /// Where the carrier reports a caller's message. It names the line and the step and not the call, which may be over and
    /// forgotten by then.
    pub fn message_report(&self, line: PhoneNumber, step: &str) -> String {
        format!("{}/voice/messages/{}/{step}{REPEATED}", self.base, line_segment(line))
    }

    /// Where the carrier reports the recording of a talk.
    pub fn talk_report(&self, call: &CallSid) -> String {
        self.caller(call, format_args!("recording{REPEATED}"))
    }

    /// Where the carrier reports what becomes of a notice about this recording.
    pub fn notice_status(&self, recording: &str) -> String {
        format!("{}/sms/notices/{recording}", self.base)
    }

    /// Where the carrier reports what becomes of a notice about this line's limit.
    pub fn limit_notice_status(&self, line: PhoneNumber) -> String {
        format!("{}/sms/limits/{}", self.base, line_segment(line))
    }

    /// The page on which a message can be heard.
    pub fn recording_page(&self, token: &str) -> String {
        format!("{}/recordings/{token}", self.base)
    }

    /// A ringback tone.
    pub fn ringback(&self, file_name: &str) -> String {
        format!("{}/ringback/{file_name}", self.base)
    }

    /// A sound file of the configuration.
    pub fn audio(&self, file_name: &str) -> String {
        format!("{}/audio/{file_name}", self.base)
    }

    fn caller(&self, call: &CallSid, rest: impl Display) -> String {
        format!("{}/voice/calls/{call}/{rest}", self.base)
    }
}

/// A line's name in addresses: they end up in the logs of proxies, where numbers do not belong.
pub fn line_segment(line: PhoneNumber) -> String {
    let hash = Sha256::digest(line.expose());
    hash[..8].iter().fold(String::new(), |mut name, byte| {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// Asks the carrier to repeat a report that it could not bring (carrier contract §1.4); the fragment is not sent.
const REPEATED: &str = "#rc=5&rp=all";

/// The last part of a told-address.
pub fn told_segment(why: Told) -> &'static str {
    match why {
        Told::SomebodyElseHasIt => "somebody-else",
        Told::CallerLeft => "caller-left",
        Told::MovedOn => "moved-on",
        Told::NotAccepted => "not-accepted",
        Told::Declined => "declined",
        Told::CouldNotConnect => "could-not-connect",
    }
}

/// Reads what [`told_segment`] wrote; `MovedOn` for anything else, whose words suit any late leg.
pub fn told_of_segment(segment: &str) -> Told {
    let all = [Told::SomebodyElseHasIt, Told::CallerLeft, Told::NotAccepted, Told::Declined, Told::CouldNotConnect];
    all.into_iter().find(|why| told_segment(*why) == segment).unwrap_or(Told::MovedOn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_under_the_public_address_and_its_prefix() {
        let call: CallSid = "CA1".parse().unwrap();
        let urls = Urls::new(&"https://example.org/hotline/".parse().unwrap());

        assert_eq!(urls.caller_now(&call), "https://example.org/hotline/voice/calls/CA1/now");
        assert_eq!(
            urls.leg(&call, RoundId::FIRST, LegId::FIRST),
            "https://example.org/hotline/voice/calls/CA1/rounds/1/legs/1"
        );
    }

    #[test]
    fn a_fallback_is_told_what_its_failed_address_was_asked_for() {
        let (call, other): (CallSid, CallSid) = ("CA1".parse().unwrap(), "CA2".parse().unwrap());
        let urls = Urls::new(&"https://example.org/hotline/".parse().unwrap());

        assert_eq!(urls.asked_of(&urls.caller_dial_ended(&call), &call), Some(Asked::DialEnded));
        let visit = VisitId::FIRST.next();
        assert_eq!(urls.asked_of(&urls.caller_after(&call, visit), &call), Some(Asked::WordsEnded(visit)));
        let forwarded = Asked::Forwarded { visit, end: DialEnd::Unsaid, answered: false };
        assert_eq!(urls.asked_of(&urls.forwarded(&call, visit), &call), Some(forwarded));
        let recorded = Asked::Recorded { visit, end: RecordingEnd::Unsaid };
        assert_eq!(urls.asked_of(&urls.recorded(&call, visit, "mailbox"), &call), Some(recorded));
        let elsewhere = [
            urls.caller_dial_ended(&other),
            urls.forwarded(&other, visit),
            urls.forward_whisper(&call, visit),
            urls.message_report("+441632960000".parse().unwrap(), "mailbox"),
            "https://example.org/voice".to_owned(),
        ];
        for url in elsewhere.into_iter().chain([urls.caller_now(&call), urls.caller_chosen(&call, visit)]) {
            assert_eq!(urls.asked_of(&url, &call), None, "{url}");
        }
    }

    #[test]
    fn what_a_leg_is_told_survives_the_address() {
        for why in [Told::SomebodyElseHasIt, Told::CallerLeft, Told::MovedOn, Told::NotAccepted, Told::Declined] {
            assert_eq!(told_of_segment(told_segment(why)), why);
        }
        assert_eq!(told_of_segment("<script>"), Told::MovedOn);
    }
}
