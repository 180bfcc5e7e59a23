//! The fields of webhooks about a leg, and the callbacks that report its progress: numbered truly, delivered badly
//! (carrier contract §1.1, §4.2).

use std::time::Duration;

use super::{
    faults,
    form::{Form, push},
    leg::{Event, Kind, LegKey, Status},
    settings::Method,
    webhook::{Outcome, Purpose, Request, WebhookEntry},
    world::{self, Errand, World},
};

/// How far apart the answer's callback and its document's request are, in an order left to chance.
pub(super) const ANSWER_RACE: Duration = Duration::from_millis(20);

const GEOGRAPHY: [&str; 4] = ["City", "State", "Zip", "Country"];

impl World {
    /// The fields that every webhook about a leg carries.
    pub(super) fn leg_form(&self, key: LegKey) -> Form {
        let leg = self.leg(key);
        let mut form = Form::new();
        push(&mut form, "CallSid", &leg.sid);
        push(&mut form, "AccountSid", &self.settings.account_sid);
        push(&mut form, "ApiVersion", "2010-04-01");
        push(&mut form, "CallStatus", leg.status.as_str());
        push(&mut form, "Direction", leg.direction());
        for (name, value) in [("From", &leg.from), ("To", &leg.to), ("Caller", &leg.from), ("Called", &leg.to)] {
            push(&mut form, name, value);
        }
        for (role, number) in [("From", &leg.from), ("To", &leg.to), ("Caller", &leg.from), ("Called", &leg.to)] {
            let place = self.places.get(number).cloned().unwrap_or_default();
            for (part, name) in GEOGRAPHY.iter().zip([place.city, place.state, place.zip, place.country]) {
                push(&mut form, &format!("{role}{part}"), name);
            }
        }
        match leg.kind {
            Kind::Inbound => {
                push(&mut form, "CallToken", call_token(&leg.sid));
                if leg.to.starts_with("+1") {
                    push(&mut form, "StirVerstat", "TN-Validation-Passed-A");
                }
            }
            Kind::Api => {}
            Kind::Child(parent) => push(&mut form, "ParentCallSid", &self.leg(parent).sid),
        }
        if let Some(answered_by) = leg.answered_by {
            push(&mut form, "AnsweredBy", answered_by);
        }
        form
    }

    /// Reports an event of a leg, if anybody subscribed to it.
    pub(super) fn fire(&mut self, key: LegKey, event: Event) {
        let Some((url, method)) = self.subscriber(key, event) else { return };
        let mut form = self.leg_form(key);
        self.push_progress(key, &mut form);
        let mut request = Request::new(Purpose::Status, url, method, form);
        if event == Event::Answered && self.leg_mut(key).rng.bool() {
            request.held_up = ANSWER_RACE;
        }
        self.send_callback(request);
    }

    /// Sends a callback through the faults.
    pub(super) fn send_callback(&mut self, request: Request) {
        let faults = self.settings.faults.clone();
        if faults::strikes(&mut self.rng, faults.callback_lost) {
            self.webhooks.push(WebhookEntry {
                at: self.millis(),
                purpose: request.purpose,
                method: request.method.as_http(),
                url: request.url,
                form: request.form,
                token: None,
                outcome: Some(Outcome::Lost),
            });
            return;
        }
        let copies = 1 + usize::from(faults::strikes(&mut self.rng, faults.callback_twice));
        for _ in 0..copies {
            let mut request = request.clone();
            if faults::strikes(&mut self.rng, faults.callback_late) {
                request.held_up += faults::delay(&mut self.rng, faults.callback_delay);
            }
            self.errands.push(Errand::Deliver(request));
        }
    }

    fn subscriber(&self, key: LegKey, event: Event) -> Option<(String, Method)> {
        let leg = self.leg(key);
        match leg.kind {
            Kind::Inbound if event == Event::Completed => {
                let number = self.settings.numbers.iter().find(|number| number.number.expose() == leg.to)?;
                number.status_callback.clone().map(|url| (url, Method::Post))
            }
            Kind::Inbound => None,
            Kind::Api | Kind::Child(_) => leg.order.callback.clone().filter(|_| leg.order.events.contains(&event)),
        }
    }

    fn push_progress(&mut self, key: LegKey, form: &mut Form) {
        push(form, "Timestamp", self.date_at(self.now));
        push(form, "CallbackSource", "call-progress-events");
        let leg = self.leg_mut(key);
        push(form, "SequenceNumber", leg.sequence.to_string());
        leg.sequence += 1;
        if self.leg(key).status.is_final() {
            let seconds = self.call_duration(key);
            push(form, "CallDuration", seconds.to_string());
            push(form, "Duration", seconds.div_ceil(60).to_string());
            push(form, "SipResponseCode", sip_code(self.leg(key).status));
        }
    }

    /// Whole seconds from a leg's answer to now, or to its end.
    pub(super) fn call_duration(&self, key: LegKey) -> u64 {
        let leg = self.leg(key);
        let end = if leg.is_live() { self.now } else { leg.history.last().map_or(self.now, |(at, _)| *at) };
        leg.answered_at.map_or(0, |answer| world::whole_millis(end.saturating_duration_since(answer)).div_ceil(1000))
    }
}

impl super::leg::Leg {
    pub(super) fn direction(&self) -> &'static str {
        match self.kind {
            Kind::Inbound => "inbound",
            Kind::Api => "outbound-api",
            Kind::Child(_) => "outbound-dial",
        }
    }
}

/// What lends a caller's number (carrier contract §1.1).
pub(super) fn call_token(sid: &str) -> String {
    format!("%7B%22parentCallInfoToken%22%3A%22{sid}%22%2C%22identityHeaderTokens%22%3A%5B%5D%7D")
}

fn sip_code(status: Status) -> &'static str {
    match status {
        Status::Busy => "486",
        Status::NoAnswer | Status::Canceled => "487",
        Status::Failed => "480",
        Status::Queued | Status::Initiated | Status::Ringing | Status::InProgress | Status::Completed => "200",
    }
}
