//! What is said: the English texts that come with the program, and the file's own in their place.

use std::sync::Arc;

use super::reader::{Section, Text, Value};

/// What a line says, with the line's name filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    whisper: Arc<str>,
    /// To the winner, while both are being joined.
    pub connecting: Arc<str>,
    /// To a member who accepted after somebody else.
    pub somebody_else: Arc<str>,
    /// To a member, when the caller has hung up.
    pub caller_left: Arc<str>,
    /// To a member, when the call has gone on to another step.
    pub moved_on: Arc<str>,
    /// To a member who pressed no key in time.
    pub not_accepted: Arc<str>,
    /// To a member who declined.
    pub declined: Arc<str>,
    /// To a winner who could not be joined with the caller.
    pub could_not_connect: Arc<str>,
    /// To the caller, when nobody took the call.
    pub nobody: Arc<str>,
    /// To the caller, when the line has as many calls as it may.
    pub busy: Arc<str>,
    /// To the caller, when this program fails.
    pub failure: Arc<str>,
    /// To the caller, when it is closed and no step says so.
    pub closed: Arc<str>,
    /// To the caller, before a talk that is recorded.
    pub recording_notice: Arc<str>,
    take_or_decline: Arc<str>,
}

/// What is said where no line is known.
#[derive(Debug)]
pub(super) struct GeneralWords {
    pub(super) unknown_number: Arc<str>,
    pub(super) failure: Arc<str>,
    pub(super) recording_notice: Arc<str>,
}

/// Words with `{line}` still in them.
#[derive(Debug, Clone)]
pub(super) struct Template(String);

impl Words {
    /// What a member hears first where a key is asked for. It names nothing but the line, as a mailbox may listen.
    pub fn whisper(&self, decline_key: char) -> String {
        self.whisper.replace(DECLINE_KEY, &decline_key.to_string())
    }

    /// What an outside number hears behind a whisper of its own, where a key is asked for.
    pub fn take_or_decline(&self, decline_key: char) -> String {
        self.take_or_decline.replace(DECLINE_KEY, &decline_key.to_string())
    }

    /// Reads `[lines.….words]`; also says which words are still the English ones. `nobody` is the line's own `nobody`,
    /// which goes before the table's.
    pub(super) fn read(
        mut section: Section<'_>,
        spoken_name: &str,
        nobody: Option<Text>,
        general: &GeneralWords,
    ) -> (Self, Vec<&'static str>) {
        let mut english = Vec::new();
        let mut word = |key, allowed: &[&str], default: &str| {
            let written = section.take(key).map(|value| read_template(value, allowed));
            if written.is_none() {
                english.push(key);
            }
            let fallback = || Template(default.to_owned());
            written.flatten().unwrap_or_else(fallback).fill(spoken_name)
        };
        let mut words = Self {
            whisper: word("whisper", &[LINE, DECLINE_KEY], WHISPER),
            connecting: word("connecting", &[LINE], CONNECTING),
            somebody_else: word("somebody_else", &[LINE], SOMEBODY_ELSE),
            caller_left: word("caller_left", &[LINE], CALLER_LEFT),
            moved_on: word("moved_on", &[LINE], MOVED_ON),
            not_accepted: word("not_accepted", &[LINE], NOT_ACCEPTED),
            declined: word("declined", &[LINE], DECLINED),
            could_not_connect: word("could_not_connect", &[LINE], COULD_NOT_CONNECT),
            nobody: word("nobody", &[LINE], NOBODY),
            busy: word("busy", &[LINE], BUSY),
            failure: word("failure", &[LINE], &general.failure),
            closed: word("closed", &[LINE], CLOSED),
            recording_notice: word("recording_notice", &[LINE], &general.recording_notice),
            take_or_decline: word("take_or_decline", &[DECLINE_KEY], TAKE_OR_DECLINE),
        };
        section.finish();
        if let Some(nobody) = nobody {
            words.nobody = Template(nobody.text).fill(spoken_name);
            english.retain(|key| *key != "nobody");
        }
        if *general.recording_notice != *RECORDING_NOTICE {
            english.retain(|key| *key != "recording_notice");
        }
        if *general.failure != *FAILURE {
            english.retain(|key| *key != "failure");
        }
        (words, english)
    }
}

impl Template {
    /// These words.
    pub(super) fn of(words: &str) -> Self {
        Self(words.to_owned())
    }

    /// The words with the line's name in them.
    pub(super) fn fill(&self, spoken_name: &str) -> Arc<str> {
        self.0.replace(LINE, spoken_name).into()
    }
}

/// Reads the top-level `[words]`.
pub(super) fn read_general(mut section: Section<'_>) -> GeneralWords {
    let mut word = |key, default: &str| {
        let written = section.take(key).and_then(|value| read_spoken(value, &[]));
        written.map_or_else(|| default.into(), |text| text.text.into())
    };
    let general = GeneralWords {
        unknown_number: word("unknown_number", UNKNOWN_NUMBER),
        failure: word("failure", FAILURE),
        recording_notice: word("recording_notice", RECORDING_NOTICE),
    };
    section.finish();
    general
}

/// Words that may name the line.
pub(super) fn read_template(value: Value<'_>, allowed: &[&str]) -> Option<Template> {
    read_spoken(value, allowed).map(|text| Template(text.text))
}

/// Words that can be spoken, with no placeholders but these.
pub(super) fn read_spoken(value: Value<'_>, allowed: &[&str]) -> Option<Text> {
    let report = value.report;
    let text = value.text()?;
    match complaint(&text.text, allowed) {
        Some(complaint) => {
            report.problem(&text.place, complaint);
            None
        }
        None => Some(text),
    }
}

fn complaint(text: &str, allowed: &[&str]) -> Option<String> {
    if text.chars().count() > LONGEST {
        return Some(format!("too long to be listened to; expected at most {LONGEST} characters"));
    }
    if text.chars().any(|sign| sign.is_control() && !sign.is_whitespace()) {
        return Some("control characters cannot be spoken".to_owned());
    }
    let rest = allowed.iter().fold(text.to_owned(), |rest, placeholder| rest.replace(placeholder, ""));
    if !rest.contains(['{', '}']) {
        return None;
    }
    let places = match allowed {
        [] => "no placeholder can stand here".to_owned(),
        allowed => format!("the placeholders here are {}", quoted(allowed)),
    };
    Some(format!("unknown placeholder or lonely brace; {places}"))
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" and ")
}

/// Stands for the line's spoken name.
pub(super) const LINE: &str = "{line}";
const DECLINE_KEY: &str = "{decline_key}";
/// A minute and a half of speech.
const LONGEST: usize = 1000;

const WHISPER: &str = "Call for {line}. To take the call, press any digit. To decline, press {decline_key}.";
const CONNECTING: &str = "Connecting you now.";
const SOMEBODY_ELSE: &str = "Thank you. Somebody else already has the call. Goodbye.";
const CALLER_LEFT: &str = "The caller has hung up. Goodbye.";
const MOVED_ON: &str = "Thank you. This call no longer needs you. Goodbye.";
const NOT_ACCEPTED: &str = "No key was pressed. Goodbye.";
const DECLINED: &str = "All right. You will not be rung again for this call. Goodbye.";
const COULD_NOT_CONNECT: &str = "Sorry, the caller could not be connected to you. Goodbye.";
const NOBODY: &str = "Sorry, nobody can take your call right now. Please try again later. Goodbye.";
const BUSY: &str = "Sorry, all our lines are busy. Please try again in a few minutes. Goodbye.";
const FAILURE: &str = "Sorry, something went wrong on our side. Please call again. Goodbye.";
const CLOSED: &str = "Sorry, {line} is closed at the moment. Please call again when we are open. Goodbye.";
const TAKE_OR_DECLINE: &str = "To take the call, press any digit. To decline, press {decline_key}.";
const RECORDING_NOTICE: &str = "This call will be recorded.";
const UNKNOWN_NUMBER: &str = "Sorry, nobody can be reached at this number. Goodbye.";
