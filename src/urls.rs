//! The addresses that the carrier is given. The four a user enters are in the README; all others are our own and may
//! change with any version.

use std::fmt::Display;

use ringall_core::{
    call::Told,
    id::{CallSid, LegId, RoundId, VisitId},
};
use url::Url;

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

    /// What comes after the caller's stay in the conference.
    pub fn caller_dial_ended(&self, call: &CallSid) -> String {
        self.caller(call, "dial-ended")
    }

    /// What the caller hears who is alone in the conference.
    pub fn caller_wait(&self, call: &CallSid) -> String {
        self.caller(call, "wait")
    }

    /// Where the conference reports.
    pub fn room(&self, call: &CallSid) -> String {
        self.caller(call, "room")
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

    /// What comes after the outside number that a visit has dialled.
    pub fn forwarded(&self, call: &CallSid, visit: VisitId) -> String {
        self.caller(call, format_args!("forwarded/{visit}"))
    }

    /// The visit that [`forwarded`](Self::forwarded) wrote into an address, as a carrier repeats it.
    pub fn forwarded_visit(&self, call: &CallSid, url: &str) -> Option<VisitId> {
        url.strip_prefix(&self.caller(call, "forwarded/"))?.parse().ok()
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

    /// A ringback tone.
    pub fn ringback(&self, file_name: &str) -> String {
        format!("{}/ringback/{file_name}", self.base)
    }

    fn caller(&self, call: &CallSid, rest: impl Display) -> String {
        format!("{}/voice/calls/{call}/{rest}", self.base)
    }
}

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
    fn the_visit_of_a_forward_survives_the_address() {
        let call: CallSid = "CA1".parse().unwrap();
        let urls = Urls::new(&"https://example.org/hotline/".parse().unwrap());
        let visit = VisitId::FIRST.next();

        assert_eq!(urls.forwarded_visit(&call, &urls.forwarded(&call, visit)), Some(visit));
        for other in [urls.caller_now(&call), urls.forwarded(&"CA2".parse().unwrap(), visit), String::new()] {
            assert_eq!(urls.forwarded_visit(&call, &other), None, "{other}");
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
