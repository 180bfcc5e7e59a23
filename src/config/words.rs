//! What is said: the English texts that come with the program, and the file's own in their place.

use std::sync::Arc;

use ringall_core::flow;

use super::{
    prompts::{self, Form, Prompt},
    reader::{Section, Text, Value},
    reference::keys,
    template::{DECLINE_PLACE, Places, Template},
};

keys! {
    pub(super) LINE_WORDS: "line-words" at ["lines.*.words"], "Word | To whom, and when";
    /// A phone that is asked for a key. `{decline_key}` stands for the group's digit.
    whisper;
    /// Who has accepted, while being joined with the caller.
    connecting;
    /// Who has accepted, if that fails.
    could_not_connect;
    /// Who accepted later than somebody else.
    somebody_else;
    /// Who picked up when the caller has hung up.
    caller_left;
    /// Who picked up when the call has gone on to another step.
    moved_on;
    /// Who pressed no key in time.
    not_accepted;
    /// Who declined.
    declined;
    /// The caller, if nobody took the call. Can also stand at the line itself.
    nobody;
    /// The caller, if the line has as many calls as it may.
    busy;
    /// The caller, if Ringall fails.
    failure;
    /// The caller, if it is closed and no step says so.
    closed;
    /// An outside number, after a `whisper` of the step's own, where a key is asked for. `{decline_key}` stands for the
    /// step's digit.
    take_or_decline;
    /// The caller, before a [talk that is recorded](#recorded-talks).
    recording_notice;
    /// The caller, if the line has dialled as many phones as it may in a day. Say what to do in an emergency.
    over_limit;
}

keys! {
    pub(super) GENERAL_WORDS: "words" at ["words"], "Key in `[words]` | To whom, and when";
    /// Who calls a number that is no line.
    unknown_number;
    /// The caller, if Ringall fails before the line is known, or on a line without such words of its own.
    failure;
    /// The caller, before a talk that is recorded, on a line without such words of its own.
    recording_notice;
}

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
    pub nobody: flow::Words,
    /// To the caller, when the line has as many calls as it may.
    pub busy: flow::Words,
    /// To the caller, when this program fails.
    pub failure: flow::Words,
    /// To the caller, when it is closed and no step says so.
    pub closed: flow::Words,
    /// To the caller, before a talk that is recorded.
    pub recording_notice: flow::Words,
    take_or_decline: Arc<str>,
    /// To the caller, when nobody may be dialled any more today.
    pub over_limit: flow::Words,
}

/// What is said where no line is known, as far as the file says it.
#[derive(Debug)]
pub(super) struct GeneralWords {
    unknown_number: Option<Prompt>,
    failure: Option<Prompt>,
    recording_notice: Option<Prompt>,
}

impl GeneralWords {
    /// To a caller of a number that is no line.
    pub(super) fn unknown_number(&self) -> flow::Words {
        self.unknown_number.as_ref().map_or_else(|| UNKNOWN_NUMBER.into(), Prompt::unfilled)
    }

    /// To a caller, when this program fails before the line is known.
    pub(super) fn failure(&self) -> flow::Words {
        self.failure.as_ref().map_or_else(|| FAILURE.into(), Prompt::unfilled)
    }
}

impl Words {
    /// What a member hears first where a key is asked for. It names nothing but the line, as a mailbox may listen.
    pub fn whisper(&self, decline_key: char) -> String {
        self.whisper.replace(DECLINE_PLACE, &decline_key.to_string())
    }

    /// What an outside number hears behind a whisper of its own, where a key is asked for.
    pub fn take_or_decline(&self, decline_key: char) -> String {
        self.take_or_decline.replace(DECLINE_PLACE, &decline_key.to_string())
    }

    /// Reads `[lines.….words]`; also says which words are still the English ones. `nobody` is the line's own `nobody`,
    /// which goes before the table's.
    pub(super) fn read(
        mut section: Section<'_>,
        spoken_name: &str,
        nobody: Option<Prompt>,
        general: &GeneralWords,
    ) -> (Self, Vec<&'static str>) {
        let mut english = Vec::new();
        let mut read = |key, places, usual: Prompt| {
            let written = section.take(key);
            if written.is_none() {
                english.push(key);
            }
            // Members hear the line's own language, so that theirs are given once.
            let several =
                places == Places::CALL || matches!(key, "busy" | "failure" | "over_limit" | "recording_notice");
            let prompt = written.and_then(|value| {
                let form = Form { places, sounds: None };
                if several { prompts::read(value, form) } else { read_template(value, places).map(Prompt::Spoken) }
            });
            prompt.unwrap_or(usual)
        };
        let usual =
            |places, words: &str| Prompt::Spoken(Template::read(words, places).unwrap_or(Template::plain(words)));
        let or_general = |own: &Option<Prompt>, words| own.clone().unwrap_or_else(|| usual(Places::LINE, words));
        let failure = or_general(&general.failure, FAILURE);
        let recording_notice = or_general(&general.recording_notice, RECORDING_NOTICE);
        let mut to_caller = |key, places, usual: Prompt| read(key, places, usual).fill(spoken_name);
        let nobody_words = to_caller("nobody", Places::CALL, usual(Places::CALL, NOBODY));
        let busy = to_caller("busy", Places::LINE, usual(Places::LINE, BUSY));
        let failure = to_caller("failure", Places::LINE, failure);
        let closed = to_caller("closed", Places::CALL, usual(Places::CALL, CLOSED));
        let recording_notice = to_caller("recording_notice", Places::LINE, recording_notice);
        let over_limit = to_caller("over_limit", Places::LINE, usual(Places::LINE, OVER_LIMIT));
        let mut word =
            |key, places, words: &str| read(key, places, usual(places, words)).fill(spoken_name).to_string().into();
        let mut words = Self {
            whisper: word("whisper", Places::LINE_AND_KEY, WHISPER),
            connecting: word("connecting", Places::LINE, CONNECTING),
            somebody_else: word("somebody_else", Places::LINE, SOMEBODY_ELSE),
            caller_left: word("caller_left", Places::LINE, CALLER_LEFT),
            moved_on: word("moved_on", Places::LINE, MOVED_ON),
            not_accepted: word("not_accepted", Places::LINE, NOT_ACCEPTED),
            declined: word("declined", Places::LINE, DECLINED),
            could_not_connect: word("could_not_connect", Places::LINE, COULD_NOT_CONNECT),
            nobody: nobody_words,
            busy,
            failure,
            closed,
            recording_notice,
            take_or_decline: word("take_or_decline", Places::KEY, TAKE_OR_DECLINE),
            over_limit,
        };
        section.finish();
        if let Some(nobody) = nobody {
            words.nobody = nobody.fill(spoken_name);
            english.retain(|key| *key != "nobody");
        }
        if general.recording_notice.is_some() {
            english.retain(|key| *key != "recording_notice");
        }
        if general.failure.is_some() {
            english.retain(|key| *key != "failure");
        }
        english.sort_by_key(|key| KEYS.iter().position(|known| known == key));
        (words, english)
    }
}

/// Reads the top-level `[words]`.
pub(super) fn read_general(mut section: Section<'_>) -> GeneralWords {
    let form = Form { places: Places::NONE, sounds: None };
    let mut word = |key| section.take(key).and_then(|value| prompts::read(value, form));
    let general = GeneralWords {
        unknown_number: word("unknown_number"),
        failure: word("failure"),
        recording_notice: word("recording_notice"),
    };
    section.finish();
    general
}

/// Words with places.
pub(super) fn read_template(value: Value<'_>, places: Places) -> Option<Template> {
    let report = value.report;
    let text = value.text()?;
    match checked(&text.text, places) {
        Ok(template) => Some(template),
        Err(complaint) => {
            report.problem(&text.place, complaint);
            None
        }
    }
}

/// Words without any.
pub(super) fn read_spoken(value: Value<'_>, places: Places) -> Option<Text> {
    let report = value.report;
    let text = value.text()?;
    match checked(&text.text, places) {
        Ok(template) => Some(Text { text: template.fill("").to_string(), ..text }),
        Err(complaint) => {
            report.problem(&text.place, complaint);
            None
        }
    }
}

fn checked(text: &str, places: Places) -> Result<Template, String> {
    if text.chars().count() > LONGEST {
        return Err(format!("too long to be listened to; expected at most {LONGEST} characters"));
    }
    if text.chars().any(|sign| sign.is_control() && !sign.is_whitespace()) {
        return Err("control characters cannot be spoken".to_owned());
    }
    Template::read(text, places)
}

/// A minute and a half of speech.
const LONGEST: usize = 1000;
/// In the order in which they are told.
const KEYS: [&str; 14] = [
    "whisper",
    "connecting",
    "somebody_else",
    "caller_left",
    "moved_on",
    "not_accepted",
    "declined",
    "could_not_connect",
    "nobody",
    "busy",
    "failure",
    "closed",
    "take_or_decline",
    "over_limit",
];

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
const OVER_LIMIT: &str = "Sorry, no more calls can be put through today. If somebody is in danger, please call your \
    local emergency number.";
const RECORDING_NOTICE: &str = "This call will be recorded.";
const UNKNOWN_NUMBER: &str = "Sorry, nobody can be reached at this number. Goodbye.";
