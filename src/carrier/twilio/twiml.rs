//! The documents that tell the carrier what a leg hears next (carrier contract §3). The builder can write nothing that
//! the carrier would refuse: it escapes what comes from outside, keeps to the limits, and a verb behind which nothing
//! would run any more finishes the document.

use std::{
    fmt::{self, Write},
    time::Duration,
};

use bytes::Bytes;

/// A finished document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twiml(String);

/// A document in the making, verb after verb.
#[derive(Debug)]
#[must_use]
pub struct Verbs(String);

/// What is heard while a key is awaited.
#[derive(Debug, Default)]
#[must_use]
pub struct Prompt(String);

/// How words are spoken; what is `None` is left to the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Voice<'a> {
    /// Such as `Polly.Amy`.
    pub voice: Option<&'a str>,
    /// Such as `en-GB`.
    pub language: Option<&'a str>,
}

/// Waits for one key.
#[derive(Debug, Clone, Copy)]
pub struct Gather<'a> {
    /// Where the key is sent; absolute. Without a key the document goes on behind this verb.
    pub action: &'a str,
    /// How long to wait when the prompt is over.
    pub timeout: Duration,
}

/// Waits for a choice of one key or several.
#[derive(Debug, Clone, Copy)]
pub struct GatherChoice<'a> {
    /// Where the keys are sent; absolute. Without any the document goes on behind this verb.
    pub action: &'a str,
    /// How many keys the longest choice has: with so many it is not waited for more.
    pub most_keys: usize,
    /// Whether `#` ends a choice; otherwise it is a key like others.
    pub ends_with_hash: bool,
    /// How long to wait when the prompt is over, and after each key.
    pub timeout: Duration,
}

/// The room in which a caller and a winner meet: two people, no beep, over as soon as one of them leaves.
#[derive(Debug, Clone, Copy)]
pub struct Conference<'a> {
    /// The room's name; no personal data, at most 128 bytes.
    pub name: &'a str,
    /// What a leg hears that is alone there; absolute. Empty is silence.
    pub wait_url: &'a str,
    /// Where start, end, join and leave are reported; absolute. The first leg's counts.
    pub status_callback: &'a str,
    /// What happens to the leg when it is out of the room again; absolute.
    pub action: &'a str,
}

/// Connects the caller with one outside number; the caller stays unanswered until then.
#[derive(Debug, Clone, Copy)]
pub struct Forward<'a> {
    /// The number to dial.
    pub to: &'a str,
    /// Numbers to dial at once with it, ten in all at the most.
    pub also: &'a [String],
    /// The number to show: one of the account's, or the caller's.
    pub show: &'a str,
    /// How long it rings.
    pub ring_for: Duration,
    /// What is heard by whoever picks up, before the caller; absolute. Nothing if absent.
    pub whisper: Option<&'a str>,
    /// Where its progress is reported; absolute.
    pub status_callback: &'a str,
    /// What happens to the caller afterwards; absolute.
    pub action: &'a str,
    /// Where the recording of the talk is reported; absolute. It is not recorded if absent.
    pub recording: Option<&'a str>,
}

/// Records the caller behind a beep.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Where the leg asks what comes next when the recording is over; absolute. Behind mere silence the document may go
    /// on instead.
    pub action: &'a str,
    /// Where the finished recording is reported; absolute.
    pub status_callback: &'a str,
    /// So long a silence ends the recording.
    pub silence: Duration,
    /// So long it may be.
    pub longest: Duration,
    /// The key that ends it; none if absent.
    pub finish_key: Option<char>,
}

/// What the network tells a caller whose call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// The number is not in service.
    Rejected,
    /// The line is engaged.
    Busy,
}

impl Twiml {
    /// The type under which every document is sent (carrier contract §1.3).
    pub const CONTENT_TYPE: &'static str = "text/xml; charset=utf-8";

    /// Begins a document.
    pub fn begin() -> Verbs {
        let mut xml = String::with_capacity(USUAL_BYTES);
        xml.push_str(OPENING);
        Verbs(xml)
    }

    /// The document as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The document as text.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The document as a body.
    pub fn into_bytes(self) -> Bytes {
        self.0.into()
    }
}

impl fmt::Display for Twiml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Verbs {
    /// Speaks.
    pub fn say(mut self, voice: Voice<'_>, words: &str) -> Self {
        say(&mut self.0, voice, words);
        self
    }

    /// Plays a sound once.
    pub fn play(mut self, url: &str) -> Self {
        play(&mut self.0, url, 1);
        self
    }

    /// Plays a sound so many times.
    pub fn play_times(mut self, url: &str, times: u64) -> Self {
        play(&mut self.0, url, times);
        self
    }

    /// Is silent, for a whole second at the least.
    pub fn pause(mut self, length: Duration) -> Self {
        pause(&mut self.0, length);
        self
    }

    /// Waits for one key; without one the document goes on.
    pub fn gather(mut self, gather: Gather<'_>, prompt: &Prompt) -> Self {
        self.0.push_str("<Gather input=\"dtmf\" numDigits=\"1\" finishOnKey=\"\"");
        number(&mut self.0, "timeout", whole_seconds(gather.timeout));
        attribute(&mut self.0, "action", gather.action);
        self.0.push('>');
        self.0.push_str(&prompt.0);
        self.0.push_str("</Gather>");
        self
    }

    /// Waits for a choice; without one the document goes on.
    pub fn gather_choice(mut self, gather: GatherChoice<'_>, prompt: &Prompt) -> Self {
        self.0.push_str("<Gather input=\"dtmf\"");
        number(&mut self.0, "numDigits", u64::try_from(gather.most_keys).unwrap_or(1).max(1));
        attribute(&mut self.0, "finishOnKey", if gather.ends_with_hash { "#" } else { "" });
        number(&mut self.0, "timeout", whole_seconds(gather.timeout));
        attribute(&mut self.0, "action", gather.action);
        self.0.push('>');
        self.0.push_str(&prompt.0);
        self.0.push_str("</Gather>");
        self
    }

    /// Finishes: brings the leg into a room, and to `action` afterwards.
    pub fn join(mut self, room: Conference<'_>) -> Twiml {
        self.0.push_str("<Dial");
        attribute(&mut self.0, "action", room.action);
        self.0.push_str("><Conference beep=\"false\" startConferenceOnEnter=\"true\" endConferenceOnExit=\"true\"");
        number(&mut self.0, "maxParticipants", 2);
        attribute(&mut self.0, "waitUrl", room.wait_url);
        attribute(&mut self.0, "statusCallback", room.status_callback);
        attribute(&mut self.0, "statusCallbackEvent", "start end join leave");
        self.0.push('>');
        escape(&mut self.0, room.name);
        self.0.push_str("</Conference></Dial>");
        self.end()
    }

    /// Finishes: connects the caller with an outside number, and leads them to `action` afterwards.
    pub fn forward(mut self, forward: Forward<'_>) -> Twiml {
        self.0.push_str("<Dial answerOnBridge=\"true\"");
        attribute(&mut self.0, "action", forward.action);
        let timeout = whole_seconds(forward.ring_for.saturating_sub(DIAL_RINGS_LONGER));
        number(&mut self.0, "timeout", timeout.clamp(SHORTEST_TIMEOUT, LONGEST_TIMEOUT));
        attribute(&mut self.0, "callerId", forward.show);
        if let Some(report) = forward.recording {
            attribute(&mut self.0, "record", "record-from-answer-dual");
            attribute(&mut self.0, "recordingStatusCallback", report);
            attribute(&mut self.0, "recordingStatusCallbackEvent", "completed absent");
        }
        self.0.push('>');
        for to in std::iter::once(forward.to).chain(forward.also.iter().map(String::as_str)) {
            self.0.push_str("<Number");
            if let Some(whisper) = forward.whisper {
                attribute(&mut self.0, "url", whisper);
            }
            attribute(&mut self.0, "statusCallback", forward.status_callback);
            attribute(&mut self.0, "statusCallbackEvent", "initiated ringing answered completed");
            self.0.push('>');
            escape(&mut self.0, to);
            self.0.push_str("</Number>");
        }
        self.0.push_str("</Dial>");
        self.end()
    }

    /// Records the caller; behind silence the document goes on.
    pub fn record(mut self, record: Record<'_>) -> Self {
        self.0.push_str("<Record playBeep=\"true\" trim=\"trim-silence\"");
        attribute(&mut self.0, "action", record.action);
        number(&mut self.0, "timeout", whole_seconds(record.silence));
        number(&mut self.0, "maxLength", whole_seconds(record.longest).min(LONGEST_RECORDING));
        let mut key = [0; 4];
        attribute(&mut self.0, "finishOnKey", record.finish_key.map_or("", |it| it.encode_utf8(&mut key)));
        attribute(&mut self.0, "recordingStatusCallback", record.status_callback);
        attribute(&mut self.0, "recordingStatusCallbackEvent", "completed absent");
        self.0.push_str("/>");
        self
    }

    /// Finishes: the leg fetches its next document; `url` is absolute.
    pub fn redirect(mut self, url: &str) -> Twiml {
        self.0.push_str("<Redirect>");
        escape(&mut self.0, url);
        self.0.push_str("</Redirect>");
        self.end()
    }

    /// Finishes: ends the leg. As the first verb it answers the call and ends it.
    pub fn hang_up(mut self) -> Twiml {
        self.0.push_str("<Hangup/>");
        self.end()
    }

    /// Finishes: refuses the call without answering it, if nothing has answered it before.
    pub fn reject(mut self, reason: RejectReason) -> Twiml {
        self.0.push_str(match reason {
            RejectReason::Rejected => "<Reject reason=\"rejected\"/>",
            RejectReason::Busy => "<Reject reason=\"busy\"/>",
        });
        self.end()
    }

    /// Finishes. A leg for which there is nothing more ends; one that waits in a room goes on in silence.
    pub fn end(mut self) -> Twiml {
        self.0.push_str("</Response>");
        Twiml(self.0)
    }
}

impl Prompt {
    /// A prompt that says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Speaks.
    pub fn say(mut self, voice: Voice<'_>, words: &str) -> Self {
        say(&mut self.0, voice, words);
        self
    }

    /// Plays a sound once.
    pub fn play(mut self, url: &str) -> Self {
        play(&mut self.0, url, 1);
        self
    }

    /// Is silent, for a whole second at the least.
    pub fn pause(mut self, length: Duration) -> Self {
        pause(&mut self.0, length);
        self
    }
}

fn say(xml: &mut String, voice: Voice<'_>, words: &str) {
    let words = speakable(voice, words.trim());
    // A Say without words is an error to the carrier.
    if !words.chars().any(|char| is_legal(char) && !char.is_whitespace()) {
        return;
    }
    xml.push_str("<Say");
    if let Some(voice) = voice.voice {
        attribute(xml, "voice", voice);
    }
    if let Some(language) = voice.language {
        attribute(xml, "language", language);
    }
    xml.push('>');
    escape(xml, words);
    xml.push_str("</Say>");
}

/// As much of `words` as the carrier speaks: two limits hold, one of bytes and one of the words encoded for a URL.
fn speakable<'a>(voice: Voice<'_>, words: &'a str) -> &'a str {
    let polly = voice.voice.is_some_and(|voice| voice.starts_with("Polly."));
    let most = if polly { LONGEST_POLLY_BYTES } else { LONGEST_WORDS_BYTES };
    let mut encoded = 0;
    for (at, char) in words.char_indices() {
        let plain = char.is_ascii_alphanumeric() || matches!(char, ' ' | '-' | '_' | '.' | '~');
        encoded += if plain { 1 } else { 3 * char.len_utf8() };
        if at + char.len_utf8() > most || encoded > LONGEST_WORDS_ENCODED {
            return &words[..at];
        }
    }
    words
}

fn play(xml: &mut String, url: &str, times: u64) {
    xml.push_str("<Play");
    if times != 1 {
        number(xml, "loop", times);
    }
    xml.push('>');
    escape(xml, url);
    xml.push_str("</Play>");
}

fn pause(xml: &mut String, length: Duration) {
    xml.push_str("<Pause");
    number(xml, "length", whole_seconds(length));
    xml.push_str("/>");
}

fn attribute(xml: &mut String, name: &str, value: &str) {
    xml.push(' ');
    xml.push_str(name);
    xml.push_str("=\"");
    escape(xml, value);
    xml.push('"');
}

fn number(xml: &mut String, name: &str, value: u64) {
    // Writing to a string cannot fail.
    let _ = write!(xml, " {name}=\"{value}\"");
}

/// Writes text so that it means itself, in an element and in an attribute alike.
fn escape(xml: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(|char| matches!(char, '&' | '<' | '>' | '"' | '\t' | '\n' | '\r') || !is_legal(char))
    {
        xml.push_str(&rest[..at]);
        let mut chars = rest[at..].chars();
        xml.push_str(match chars.next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('"') => "&quot;",
            Some('\t') => "&#9;",
            Some('\n') => "&#10;",
            Some('\r') => "&#13;",
            Some(_) | None => "",
        });
        rest = chars.as_str();
    }
    xml.push_str(rest);
}

/// Whether XML 1.0 allows the character at all, escaped or not.
fn is_legal(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Rounded up, and at least one.
fn whole_seconds(duration: Duration) -> u64 {
    let started = u64::from(duration.subsec_nanos() > 0);
    duration.as_secs().saturating_add(started).max(1)
}

const OPENING: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>";
const USUAL_BYTES: usize = 512;
/// A Dial rings longer than it is asked to, always (carrier contract §3.2).
const DIAL_RINGS_LONGER: Duration = Duration::from_secs(5);
const SHORTEST_TIMEOUT: u64 = 5;
const LONGEST_TIMEOUT: u64 = 600;
/// The carrier's own limit of a recording, in seconds (carrier contract §3.1).
const LONGEST_RECORDING: u64 = 14_400;
const LONGEST_WORDS_BYTES: usize = 4096;
const LONGEST_POLLY_BYTES: usize = 3000;
const LONGEST_WORDS_ENCODED: usize = 4500;

#[cfg(test)]
mod tests;
