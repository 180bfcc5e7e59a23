//! Creating a call: every field is checked as the carrier checks it (carrier contract §4, §12).

use std::time::Duration;

use http::StatusCode;
use ringall_core::phone::PhoneNumber;
use url::Url;

use super::{
    super::{
        callbacks::call_token,
        error::ApiError,
        form::{self, Form},
        leg::{Detection, Event, Kind, Leg, Order, Status},
        settings::Method,
        webhook::{Purpose, Source},
        world::{NewLeg, World},
    },
    Answer,
};

/// Longest document that may be sent along.
const LONGEST_TWIML: usize = 4000;

const KNOWN: &[&str] = &[
    "To",
    "From",
    "Url",
    "Twiml",
    "ApplicationSid",
    "Method",
    "FallbackUrl",
    "FallbackMethod",
    "StatusCallback",
    "StatusCallbackMethod",
    "StatusCallbackEvent",
    "Timeout",
    "TimeLimit",
    "SendDigits",
    "Record",
    "RecordingChannels",
    "RecordingTrack",
    "RecordingStatusCallback",
    "RecordingStatusCallbackMethod",
    "RecordingStatusCallbackEvent",
    "Trim",
    "CallerId",
    "CallReason",
    "CallToken",
    "Byoc",
    "SipAuthUsername",
    "SipAuthPassword",
    "MachineDetection",
    "MachineDetectionTimeout",
    "MachineDetectionSpeechThreshold",
    "MachineDetectionSpeechEndThreshold",
    "MachineDetectionSilenceTimeout",
    "AsyncAmd",
    "AsyncAmdStatusCallback",
    "AsyncAmdStatusCallbackMethod",
];

impl World {
    pub(super) fn create_call(&mut self, form: &Form) -> Answer {
        for (name, _) in form.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str())) {
            self.warn(0, format!("calls have no parameter `{name}`"));
        }
        let to = form::first(form, "To").filter(|to| !to.is_empty());
        let to = to.ok_or_else(|| ApiError::bad(21201, "No 'To' number is specified"))?;
        let number = dialable(to)?;
        let from = self.caller_id(form)?;
        let order = self.order(form)?;

        let key = self.add_leg(NewLeg {
            kind: Kind::Api,
            from,
            to: to.to_owned(),
            phone: number.filter(|number| self.phones.contains_key(number)),
            order,
            status: Status::Queued,
        });
        let queue_time = self.enqueue(key);
        Ok((StatusCode::CREATED, self.call_resource(key, queue_time)))
    }

    /// The number to show: one of the account's, or the caller's of an inbound call with its token.
    fn caller_id(&self, form: &Form) -> Result<String, ApiError> {
        let from = form::first(form, "From").filter(|from| !from.is_empty());
        let from = from.ok_or_else(|| ApiError::bad(21213, "'From' phone number is required"))?;
        let owned = self.settings.numbers.iter().any(|number| number.number.expose() == from);
        if owned {
            return Ok(from.to_owned());
        }
        if from.parse::<PhoneNumber>().is_err() {
            return Err(ApiError::bad(21212, "Invalid 'From' Phone Number"));
        }
        // The whole token, of a call of theirs that is not over.
        let token = form::first(form, "CallToken").unwrap_or_default();
        let lends = |leg: &Leg| leg.kind == Kind::Inbound && !leg.status.is_final() && call_token(&leg.sid) == token;
        if !self.legs.iter().any(|leg| leg.from == from && lends(leg)) {
            return Err(ApiError::bad(21210, "'From' phone number not verified"));
        }
        match self.settings.switches.refuses_call_token {
            Some(20422) => Err(invalid("CallToken", "…")),
            Some(code) => Err(ApiError::bad(code, "The caller's number cannot be shown")),
            None => Ok(from.to_owned()),
        }
    }

    fn order(&mut self, form: &Form) -> Result<Order, ApiError> {
        let source = source(form)?.ok_or_else(|| ApiError::bad(21205, "Url parameter is required"))?;
        let callback = link(form, "StatusCallback", "StatusCallbackMethod", 21609)?;
        if callback.as_ref().and_then(|(url, _)| host_of(url)).is_some_and(|host| host.contains('_')) {
            return Err(ApiError::bad(21609, "The host of 'StatusCallback' has an underscore"));
        }
        let timeout = number(form, "Timeout", 60, 21208)?;
        Ok(Order {
            source: Some(source),
            fallback: link(form, "FallbackUrl", "FallbackMethod", 21205)?,
            callback,
            events: self.events(form),
            timeout: Duration::from_secs(timeout.min(600)),
            detection: self.detection(form)?,
        })
    }

    /// The subscribed events. One that cannot be read costs all of them.
    fn events(&mut self, form: &Form) -> Vec<Event> {
        let words: Vec<&str> =
            form.iter().filter(|(name, _)| name == "StatusCallbackEvent").map(|(_, value)| value.as_str()).collect();
        if words.is_empty() {
            return vec![Event::Completed];
        }
        let events: Option<Vec<Event>> = words.iter().map(|word| Event::read(word)).collect();
        events.unwrap_or_else(|| {
            self.warn(21626, format!("StatusCallbackEvent is {words:?}; no callbacks will be sent"));
            Vec::new()
        })
    }

    fn detection(&mut self, form: &Form) -> Result<Option<Detection>, ApiError> {
        let waits_for_end = match form::first(form, "MachineDetection") {
            None | Some("") => return Ok(None),
            Some("Enable") => false,
            Some("DetectMessageEnd") => true,
            Some(other) => return Err(invalid("MachineDetection", other)),
        };
        let timeout = in_range(form, "MachineDetectionTimeout", 30, 3..=59)?;
        in_range(form, "MachineDetectionSpeechThreshold", 2400, 1000..=6000)?;
        in_range(form, "MachineDetectionSpeechEndThreshold", 1200, 500..=5000)?;
        in_range(form, "MachineDetectionSilenceTimeout", 5000, 2000..=10_000)?;
        let asynchronous = match form::first(form, "AsyncAmd") {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => return Err(invalid("AsyncAmd", other)),
        };
        let callback = link(form, "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod", 20422)?;
        if asynchronous && callback.is_none() {
            self.warn(21262, "AsyncAmd without AsyncAmdStatusCallback");
        }
        if form::first(form, "SendDigits").is_some() {
            return Ok(None);
        }
        Ok(Some(Detection { waits_for_end, timeout: Duration::from_secs(timeout), asynchronous, callback }))
    }
}

/// The document of a new or changed call; the address wins over a document that is sent along.
pub(super) fn source(form: &Form) -> Result<Option<Source>, ApiError> {
    if let Some((url, method)) = link(form, "Url", "Method", 21205)? {
        return Ok(Some(Source::Url { purpose: Purpose::Document, url, method, extra: Form::new() }));
    }
    match form::first(form, "Twiml") {
        Some(text) if text.chars().count() > LONGEST_TWIML => {
            Err(ApiError::with(StatusCode::BAD_REQUEST, 20422, "Twiml is longer than 4000 characters"))
        }
        Some(text) => Ok(Some(Source::Inline(text.to_owned()))),
        None => Ok(None),
    }
}

/// An absolute address and its method.
pub(super) fn link(form: &Form, url: &str, method: &str, code: u32) -> Result<Option<(String, Method)>, ApiError> {
    let Some(address) = form::first(form, url).filter(|address| !address.is_empty()) else { return Ok(None) };
    let is_web = Url::parse(address).is_ok_and(|parsed| matches!(parsed.scheme(), "http" | "https"));
    if !is_web {
        return Err(ApiError::bad(code, format!("{url} is not a valid URL")));
    }
    let method = match form::first(form, method) {
        None | Some("") => Method::Post,
        Some(word) => Method::read(word).ok_or_else(|| ApiError::bad(21209, format!("Invalid {method}: {word}")))?,
    };
    Ok(Some((address.to_owned(), method)))
}

fn dialable(to: &str) -> Result<Option<PhoneNumber>, ApiError> {
    if to.starts_with("client:") || to.starts_with("sip:") {
        return Ok(None);
    }
    to.parse().map(Some).map_err(|_| ApiError::bad(21211, "Invalid 'To' Phone Number"))
}

fn number(form: &Form, name: &str, default: u64, code: u32) -> Result<u64, ApiError> {
    match form::first(form, name) {
        None | Some("") => Ok(default),
        Some(text) => text.parse().map_err(|_| ApiError::bad(code, format!("Invalid {name}: {text}"))),
    }
}

fn in_range(form: &Form, name: &str, default: u64, range: std::ops::RangeInclusive<u64>) -> Result<u64, ApiError> {
    let value = number(form, name, default, 20422)?;
    if range.contains(&value) { Ok(value) } else { Err(invalid(name, &value.to_string())) }
}

fn invalid(name: &str, value: &str) -> ApiError {
    ApiError::bad(20422, format!("Invalid {name}: {value}"))
}

fn host_of(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}
