//! The form of an order to dial (carrier contract §4), and the one odd field of its answer.

use std::time::Duration;

use bytes::Bytes;
use form_urlencoded::Serializer;
use serde_json::Value;

use crate::carrier::{CreateCall, Detection};

/// Writes the order's form.
pub(super) fn form(order: &CreateCall) -> Bytes {
    let mut form = Serializer::new(String::with_capacity(USUAL_BYTES));
    form.append_pair("To", &order.to.expose())
        .append_pair("From", &order.from.expose())
        .append_pair("Url", &order.url)
        .append_pair("Method", "POST")
        .append_pair("FallbackUrl", &order.fallback_url)
        .append_pair("FallbackMethod", "POST")
        .append_pair("StatusCallback", &order.status_callback)
        .append_pair("StatusCallbackMethod", "POST");
    // Twilio takes one joined string too, and then reports nothing at all.
    for event in ["initiated", "ringing", "answered", "completed"] {
        form.append_pair("StatusCallbackEvent", event);
    }
    form.append_pair("Timeout", &seconds(order.timeout, 5, 600));
    if let Some(token) = &order.call_token {
        form.append_pair("CallToken", token.expose());
    }
    if let Some(detection) = &order.detection {
        listen(&mut form, detection);
    }
    form.finish().into()
}

/// Reads a number of milliseconds that may be a string, a number or missing.
pub(super) fn millis(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0)
}

fn listen(form: &mut Serializer<'_, String>, detection: &Detection) {
    match &detection.async_callback {
        // In the background nobody waits, so the verdict may come when the greeting is over: only that one is sure.
        Some(url) => form
            .append_pair("MachineDetection", "DetectMessageEnd")
            .append_pair("AsyncAmd", "true")
            .append_pair("AsyncAmdStatusCallback", url)
            .append_pair("AsyncAmdStatusCallbackMethod", "POST"),
        None => form.append_pair("MachineDetection", "Enable"),
    };
    let tuning = &detection.tuning;
    if let Some(timeout) = tuning.timeout {
        form.append_pair("MachineDetectionTimeout", &seconds(timeout, 3, 59));
    }
    for (name, value, least, most) in [
        ("MachineDetectionSpeechThreshold", tuning.speech_threshold, 1000, 6000),
        ("MachineDetectionSpeechEndThreshold", tuning.speech_end_threshold, 500, 5000),
        ("MachineDetectionSilenceTimeout", tuning.silence_timeout, 2000, 10_000),
    ] {
        if let Some(value) = value {
            form.append_pair(name, &value.as_millis().clamp(least, most).to_string());
        }
    }
}

/// Whole seconds, rounded up, within what the carrier takes.
fn seconds(duration: Duration, least: u64, most: u64) -> String {
    let started = u64::from(duration.subsec_nanos() > 0);
    duration.as_secs().saturating_add(started).clamp(least, most).to_string()
}

const USUAL_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carrier::DetectionTuning;

    #[test]
    fn events_are_repeated_and_never_joined() {
        assert_eq!(
            pairs(&order(None)),
            [
                "To=+447700900001",
                "From=+441632960000",
                "Url=https://x.org/leg?a=1&b=2",
                "Method=POST",
                "FallbackUrl=https://x.org/fallback",
                "FallbackMethod=POST",
                "StatusCallback=https://x.org/status",
                "StatusCallbackMethod=POST",
                "StatusCallbackEvent=initiated",
                "StatusCallbackEvent=ringing",
                "StatusCallbackEvent=answered",
                "StatusCallbackEvent=completed",
                "Timeout=31",
            ]
        );
    }

    #[test]
    fn detection_before_the_document_asks_for_a_quick_verdict() {
        let tuning = DetectionTuning { timeout: Some(Duration::from_secs(6)), ..DetectionTuning::default() };

        let pairs = pairs(&order(Some(Detection { async_callback: None, tuning })));

        assert_eq!(pairs[13..], ["MachineDetection=Enable", "MachineDetectionTimeout=6"]);
    }

    #[test]
    fn detection_in_the_background_waits_for_the_greeting_and_keeps_the_limits() {
        let tuning = DetectionTuning {
            timeout: Some(Duration::from_secs(90)),
            speech_threshold: Some(Duration::from_millis(1)),
            speech_end_threshold: Some(Duration::from_millis(1200)),
            silence_timeout: Some(Duration::from_secs(99)),
        };
        let async_callback = Some("https://x.org/amd".to_owned());

        let pairs = pairs(&order(Some(Detection { async_callback, tuning })));

        assert_eq!(
            pairs[13..],
            [
                "MachineDetection=DetectMessageEnd",
                "AsyncAmd=true",
                "AsyncAmdStatusCallback=https://x.org/amd",
                "AsyncAmdStatusCallbackMethod=POST",
                "MachineDetectionTimeout=59",
                "MachineDetectionSpeechThreshold=1000",
                "MachineDetectionSpeechEndThreshold=1200",
                "MachineDetectionSilenceTimeout=10000",
            ]
        );
    }

    #[test]
    fn a_callers_number_is_shown_with_the_token_as_it_came() {
        let token = "%7B%22parentCallInfoToken%22%3A%22a+b%22%7D";
        let from = "+447700900999".parse().unwrap();

        let pairs = pairs(&CreateCall { from, call_token: Some(token.into()), ..order(None) });

        assert_eq!((pairs[1].as_str(), pairs[13..].concat()), ("From=+447700900999", format!("CallToken={token}")));
    }

    #[test]
    fn the_queue_time_may_be_written_in_any_way() {
        for (value, expected) in [
            (Value::from("1500"), 1500),
            (Value::from(1500), 1500),
            (Value::from(""), 0),
            (Value::from(-1), 0),
            (Value::Null, 0),
        ] {
            assert_eq!(millis(&value), expected, "{value}");
        }
    }

    fn order(detection: Option<Detection>) -> CreateCall {
        CreateCall {
            to: "+447700900001".parse().unwrap(),
            from: "+441632960000".parse().unwrap(),
            url: "https://x.org/leg?a=1&b=2".to_owned(),
            fallback_url: "https://x.org/fallback".to_owned(),
            status_callback: "https://x.org/status".to_owned(),
            timeout: Duration::from_millis(30_001),
            detection,
            call_token: None,
        }
    }

    fn pairs(order: &CreateCall) -> Vec<String> {
        let form = form(order);
        form_urlencoded::parse(&form).map(|(name, value)| format!("{name}={value}")).collect()
    }
}
