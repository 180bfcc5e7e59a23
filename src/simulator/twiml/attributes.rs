//! The attributes of a verb: which there are, and reading them as what they mean.

use roxmltree::Node;

use super::{Link, Method, Warning};

pub(super) const GATHER: &[&str] = &[
    "action",
    "method",
    "input",
    "numDigits",
    "timeout",
    "finishOnKey",
    "actionOnEmptyResult",
    "speechTimeout",
    "language",
    "hints",
    "partialResultCallback",
    "partialResultCallbackMethod",
    "profanityFilter",
    "speechModel",
    "enhanced",
    "bargeIn",
];

pub(super) const RECORD: &[&str] = &[
    "action",
    "method",
    "timeout",
    "finishOnKey",
    "maxLength",
    "playBeep",
    "trim",
    "recordingStatusCallback",
    "recordingStatusCallbackMethod",
    "recordingStatusCallbackEvent",
    "transcribe",
    "transcribeCallback",
];

pub(super) const DIAL_RECORD: &[&str] = &[
    "do-not-record",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
];

pub(super) const DIAL: &[&str] = &[
    "action",
    "method",
    "answerOnBridge",
    "callerId",
    "callReason",
    "timeout",
    "timeLimit",
    "record",
    "recordingTrack",
    "trim",
    "recordingStatusCallback",
    "recordingStatusCallbackMethod",
    "recordingStatusCallbackEvent",
    "sequential",
    "ringTone",
    "hangupOnStar",
    "referUrl",
    "referMethod",
];

pub(super) const NUMBER: &[&str] = &[
    "sendDigits",
    "url",
    "method",
    "statusCallback",
    "statusCallbackMethod",
    "statusCallbackEvent",
    "byoc",
    "machineDetection",
    "machineDetectionTimeout",
    "machineDetectionSpeechThreshold",
    "machineDetectionSpeechEndThreshold",
    "machineDetectionSilenceTimeout",
    "amdStatusCallback",
    "amdStatusCallbackMethod",
];

pub(super) const CONFERENCE: &[&str] = &[
    "muted",
    "beep",
    "startConferenceOnEnter",
    "endConferenceOnExit",
    "participantLabel",
    "jitterBufferSize",
    "waitUrl",
    "waitMethod",
    "maxParticipants",
    "record",
    "trim",
    "region",
    "coach",
    "statusCallback",
    "statusCallbackMethod",
    "statusCallbackEvent",
    "eventCallbackUrl",
    "recordingStatusCallback",
    "recordingStatusCallbackMethod",
    "recordingStatusCallbackEvent",
];

/// One verb's attributes; whatever cannot be read is a warning and counts as absent.
pub(super) struct Attributes<'a> {
    node: Node<'a, 'a>,
    warnings: &'a mut Vec<Warning>,
}

impl<'a> Attributes<'a> {
    pub(super) fn of(node: Node<'a, 'a>, known: &[&str], warnings: &'a mut Vec<Warning>) -> Self {
        let mut attributes = Self { node, warnings };
        for attribute in node.attributes() {
            if !known.contains(&attribute.name()) {
                attributes.warn(12200, &format!("`{}` is not allowed", attribute.name()));
            }
        }
        attributes
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.node.attribute(name).map(str::trim)
    }

    pub(super) fn optional_number(&mut self, name: &str) -> Option<u32> {
        let text = self.text(name)?;
        let number = text.parse().ok();
        if number.is_none() {
            self.warn(12200, &format!("`{name}` is `{text}`, expected a number"));
        }
        number
    }

    pub(super) fn number(&mut self, name: &str, default: u32) -> u32 {
        self.optional_number(name).unwrap_or(default)
    }

    pub(super) fn at_least_one(&mut self, name: &str, default: u32) -> u32 {
        let number = self.number(name, default);
        if number == 0 {
            self.warn(12200, &format!("`{name}` is 0, expected at least 1"));
            return default;
        }
        number
    }

    pub(super) fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.text(name) {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(text) => {
                self.warn(12200, &format!("`{name}` is `{text}`, expected `true` or `false`"));
                default
            }
        }
    }

    /// The attribute's value, or the first of the allowed ones.
    pub(super) fn one_of(&mut self, name: &str, allowed: &[&'static str]) -> &'static str {
        let Some(text) = self.text(name) else { return allowed[0] };
        if let Some(value) = allowed.iter().copied().find(|value| *value == text) {
            return value;
        }
        self.warn(12200, &format!("`{name}` is `{text}`, expected one of {allowed:?}"));
        allowed[0]
    }

    pub(super) fn method(&mut self, name: &str) -> Method {
        Method::read(self.one_of(name, &["POST", "GET"])).unwrap_or_default()
    }

    /// An address that is there and not empty, with its method.
    pub(super) fn link(&mut self, url: &str, method: &str) -> Option<Link> {
        let url = self.text(url).filter(|url| !url.is_empty())?.to_owned();
        Some(Link { url, method: self.method(method) })
    }

    pub(super) fn words(&self, name: &str) -> Vec<String> {
        self.text(name).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }

    pub(super) fn warn(&mut self, code: u32, message: &str) {
        let verb = self.node.tag_name().name();
        self.warnings.push(Warning { code, message: format!("<{verb}>: {message}") });
    }
}
