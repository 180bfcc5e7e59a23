//! `[notices]`: the text messages that tell people of what callers have left.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use ringall_core::phone::PhoneNumber;

use super::{
    reader::{Section, Value},
    reference::keys,
};

keys! {
    pub(super) NOTICES: "notices" at ["notices"], "Key in `[notices]` | Default | ";
    /// The number that text messages come from: one of the account's that can send them.
    from ("the line that was called");
    /// What they say. `{caller}` is the whole number, to be called back; of a SIP or client address it is the name before
    /// the `@`, if that is a plain one.
    text = "{line}: a message from {caller}, {length}. Listen: {link}";
    /// How long a link leads to its message, 5 min to 30 days.
    links_last = "7d";
}

/// Somebody who is told by a text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// What colleagues call them.
    pub name: Arc<str>,
    /// Their telephone.
    pub phone: PhoneNumber,
}

/// How people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeConfig {
    /// The number that notices come from; the line's own if absent.
    pub from: Option<PhoneNumber>,
    /// What a notice says.
    pub text: NoticeText,
    /// How long the link in a notice leads to the message.
    pub links_last: Duration,
}

/// What a notice says, with placeholders in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeText(String);

/// What stands in the place of the placeholders.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The line's name.
    pub line: &'a str,
    /// Who called; whole, for they want to be called back.
    pub caller: &'a str,
    /// How long the message is.
    pub length: &'a str,
    /// Where it can be heard.
    pub link: &'a str,
}

impl NoticeText {
    /// The text of one notice. The link is whole in any case; whatever else is too long is cut, and a text that the carrier
    /// would refuse, because it says the same again and again, gives way to the usual one.
    pub fn fill(&self, told: Told<'_>) -> String {
        let text = filled(&self.0, told);
        if text.chars().count() > LONGEST_MESSAGE { filled(DEFAULT_TEXT, told) } else { text }
    }
}

fn filled(template: &str, told: Told<'_>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let placeholders = [(LINE, told.line), (CALLER, told.caller), (LENGTH, told.length), (LINK, told.link)];
        let found = placeholders.iter().find(|(name, _)| rest.starts_with(name));
        let (name, value) = found.copied().unwrap_or(("{", "{"));
        // What callers call themselves is cut short; the link never is.
        text.extend(value.chars().take(if name == LINK { usize::MAX } else { LONGEST_VALUE }));
        rest = &rest[name.len()..];
    }
    text.push_str(rest);
    text
}

/// Reads `[notices]`.
pub(super) fn read(mut section: Section<'_>) -> NoticeConfig {
    let from = section.take("from").and_then(|value| {
        value.parsed("an E.164 number such as \"+4930123456\", one of the account's", |text| text.parse().ok())
    });
    let text = section.take("text").and_then(read_text).unwrap_or_else(|| NoticeText(DEFAULT_TEXT.to_owned()));
    let links_last = section.take("links_last").and_then(|value| value.duration(LINKS_LAST));
    section.finish();
    NoticeConfig { from, text, links_last: links_last.unwrap_or(DEFAULT_LINKS_LAST) }
}

fn read_text(value: Value<'_>) -> Option<NoticeText> {
    let report = value.report;
    let text = value.text()?;
    if text.text.chars().count() > LONGEST_TEXT {
        report.problem(&text.place, format!("too long for a text message; expected at most {LONGEST_TEXT} characters"));
        return None;
    }
    let rest = PLACEHOLDERS.iter().fold(text.text.clone(), |rest, placeholder| rest.replace(placeholder, ""));
    if rest.contains(['{', '}']) {
        let places = "the placeholders here are `{line}`, `{caller}`, `{length}` and `{link}`";
        report.problem(&text.place, format!("unknown placeholder or lonely brace; {places}"));
        return None;
    }
    if !text.text.contains(LINK) {
        report.warning(&text.place, "without `{link}` nobody can hear the message but in the carrier's console");
    }
    Some(NoticeText(text.text))
}

impl Default for NoticeConfig {
    fn default() -> Self {
        Self { from: None, text: NoticeText(DEFAULT_TEXT.to_owned()), links_last: DEFAULT_LINKS_LAST }
    }
}

const LINE: &str = "{line}";
const CALLER: &str = "{caller}";
const LENGTH: &str = "{length}";
const LINK: &str = "{link}";
const PLACEHOLDERS: [&str; 4] = [LINE, CALLER, LENGTH, LINK];
const DEFAULT_TEXT: &str = "{line}: a message from {caller}, {length}. Listen: {link}";
/// With a link and everything else in it, it stays below what the carrier takes (carrier contract §9).
const LONGEST_TEXT: usize = 600;
const LONGEST_VALUE: usize = 100;
/// What the carrier takes (carrier contract §9).
const LONGEST_MESSAGE: usize = 1600;
const DEFAULT_LINKS_LAST: Duration = Duration::from_secs(7 * DAY);
const LINKS_LAST: RangeInclusive<Duration> = Duration::from_secs(5 * 60)..=Duration::from_secs(30 * DAY);
const DAY: u64 = 24 * 60 * 60;
