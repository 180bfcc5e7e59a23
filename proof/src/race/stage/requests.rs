//! The carrier's webhooks about a call: where each goes, and what it says.

use super::{Leg, Stage};
use crate::race::wire::{ACCOUNT, Form};

impl Stage {
    /// The request with which the caller's leg asks once more.
    pub(in crate::race) fn ask_again_request(&self, fallback: bool) -> (String, Form) {
        let mut form = self.caller_form();
        if fallback {
            form.push(("ErrorCode", "11205".to_owned()));
        }
        (self.wire.url(if fallback { "/voice/fallback" } else { "/voice" }), form)
    }

    /// The webhook that a leg wants its first document with, and what the detection says.
    pub(in crate::race) fn first_request(&self, leg: u32, verdict: Option<&str>) -> Option<(String, Form)> {
        let leg = self.state().legs.get(&leg)?.clone();
        let mut form = self.leg_form(&leg, "in-progress");
        form.extend(verdict.map(|verdict| ("AnsweredBy", verdict.to_owned())));
        Some((leg.url, form))
    }

    /// The webhook of a key; `None` if the leg was not asked for one.
    pub(in crate::race) fn key_request(&self, leg: u32, key: char) -> Option<(String, Form)> {
        let leg = self.state().legs.get(&leg)?.clone();
        let mut form = self.leg_form(&leg, "in-progress");
        form.push(("Digits", key.to_string()));
        Some((leg.key_url?, form))
    }

    /// The webhook of a leg's progress.
    pub(in crate::race) fn progress_request(&self, leg: u32, status: &str) -> Option<(String, Form)> {
        let leg = self.state().legs.get(&leg)?.clone();
        let form = self.leg_form(&leg, status);
        Some((leg.status_url, form))
    }

    /// The webhook that says that the caller has left.
    pub(in crate::race) fn caller_left_request(&self, status: &str) -> (String, Form) {
        let mut form = self.caller_form();
        form.retain(|(name, _)| *name != "CallStatus");
        form.push(("CallStatus", status.to_owned()));
        (self.wire.url("/voice/status"), form)
    }

    pub(super) fn caller_form(&self) -> Form {
        let is_up = self.state().caller.is_up;
        let status = if is_up { "in-progress" } else { "ringing" };
        form(&self.sid, &self.caller, &self.line, status, "inbound")
    }

    pub(super) fn leg_form(&self, leg: &Leg, status: &str) -> Form {
        form(&leg.sid, &self.line, &leg.number, status, "outbound-api")
    }
}

fn form(sid: &str, from: &str, to: &str, status: &str, direction: &str) -> Form {
    vec![
        ("AccountSid", ACCOUNT.to_owned()),
        ("CallSid", sid.to_owned()),
        ("From", from.to_owned()),
        ("To", to.to_owned()),
        ("CallStatus", status.to_owned()),
        ("Direction", direction.to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
    ]
}
