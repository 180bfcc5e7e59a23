//! `[notices]`: the text messages that tell people of what callers have left, and of lines that may dial nobody any more.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use ringall_core::phone::PhoneNumber;

use super::{
    groups::Groups,
    people::People,
    reader::{Section, Text, Value},
    recipients,
    reference::keys,
};

keys! {
    pub(super) NOTICES: "notices" at ["notices"], "Key in `[notices]` | Default | ";
    /// The number that text messages come from: one of the account's that can send them.
    from ("the line that was called");
    /// What they say. `{caller}` is the whole number, to be called back; of a SIP or client address it is the name before
    /// the `@`, if that is a plain one. A step can have its own `notice_text`.
    text = "{line}: a message from {caller}, {length}. Listen: {link}";
    /// How long a link leads to its message, 5 min to 30 days.
    links_last = "7d";
    /// Who is told when a line has dialled as many phones as it may in a day (`max_dials_per_day`): people, groups, or
    /// numbers in E.164 form, once for each line and day.
    over_limit ("nobody");
    /// What they are told. `{limit}` is how many phones, `{zone}` whose midnight ends the day.
    over_limit_text = "{line} has dialled {limit} phones today, as many as it may. Until midnight ({zone}) callers are told so and no phone rings. Is somebody running up costs?";
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
    /// Who is told of a line that has dialled as many phones as it may in a day.
    pub over_limit: Arc<[Recipient]>,
    /// What they are told.
    pub over_limit_text: OverLimitText,
}

/// What a notice of a message says, with placeholders in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeText(String);

/// What a notice of a line that may dial no more phones says, with placeholders in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverLimitText(String);

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
        let values = [(LINE, told.line), (CALLER, told.caller), (LENGTH, told.length), (LINK, told.link)];
        filled_or_usual(&self.0, DEFAULT_TEXT, &values)
    }
}

impl OverLimitText {
    /// The text of one notice, cut as [`NoticeText::fill`] does.
    pub fn fill(&self, line: &str, limit: usize, zone: &str) -> String {
        let values = [(LINE, line), (LIMIT, &*limit.to_string()), (ZONE, zone)];
        filled_or_usual(&self.0, DEFAULT_OVER_LIMIT_TEXT, &values)
    }
}

fn filled_or_usual(template: &str, usual: &str, values: &[(&str, &str)]) -> String {
    let text = filled(template, values);
    if text.chars().count() > LONGEST_MESSAGE { filled(usual, values) } else { text }
}

fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = values.iter().find(|(name, _)| rest.starts_with(name));
        let (name, value) = found.copied().unwrap_or(("{", "{"));
        // What callers call themselves is cut short; the link never is.
        text.extend(value.chars().take(if name == LINK { usize::MAX } else { LONGEST_VALUE }));
        rest = &rest[name.len()..];
    }
    text.push_str(rest);
    text
}

/// Who can be told, and of what.
pub(super) struct Names<'a> {
    pub(super) people: &'a People,
    pub(super) groups: &'a Groups,
    /// Whether any line may dial a limited number of phones only.
    pub(super) is_limited: bool,
    /// Whether the carrier's account is a trial.
    pub(super) is_trial: bool,
}

/// Reads `[notices]`.
pub(super) fn read(mut section: Section<'_>, names: &Names<'_>) -> NoticeConfig {
    let usual = NoticeConfig::default();
    let from = section.take("from").and_then(|value| {
        value.parsed("an E.164 number such as \"+4930123456\", one of the account's", |text| text.parse().ok())
    });
    let text = section.take("text").and_then(read_text);
    let links_last = section.take("links_last").and_then(|value| value.duration(LINKS_LAST));
    let over_limit = section.take("over_limit").and_then(|list| {
        if names.is_trial {
            list.report.warning(&list.place, "a trial account sends text messages to verified numbers only");
        }
        if !names.is_limited {
            list.report.warning(&list.place, "no line has `max_dials_per_day`, so that nobody is ever told");
        }
        recipients::read(list, names.people, names.groups)
    });
    let over_limit_text =
        section.take("over_limit_text").and_then(|value| read_filled(value, &[LINE, LIMIT, ZONE])).map(|it| it.text);
    section.finish();
    NoticeConfig {
        from,
        text: text.unwrap_or(usual.text),
        links_last: links_last.unwrap_or(usual.links_last),
        over_limit: over_limit.unwrap_or(usual.over_limit),
        over_limit_text: over_limit_text.map_or(usual.over_limit_text, OverLimitText),
    }
}

/// What a notice of a message says.
pub(super) fn read_text(value: Value<'_>) -> Option<NoticeText> {
    let report = value.report;
    let text = read_filled(value, &[LINE, CALLER, LENGTH, LINK])?;
    if !text.text.contains(LINK) {
        report.warning(&text.place, "without `{link}` nobody can hear the message but in the carrier's console");
    }
    Some(NoticeText(text.text))
}

/// A text for a text message, with no placeholders but these.
fn read_filled(value: Value<'_>, placeholders: &[&str]) -> Option<Text> {
    let report = value.report;
    let text = value.text()?;
    if text.text.chars().count() > LONGEST_TEXT {
        report.problem(&text.place, format!("too long for a text message; expected at most {LONGEST_TEXT} characters"));
        return None;
    }
    let rest = placeholders.iter().fold(text.text.clone(), |rest, placeholder| rest.replace(placeholder, ""));
    if rest.contains(['{', '}']) {
        let (last, others) = placeholders.split_last().expect("there are some");
        let others: Vec<_> = others.iter().map(|name| format!("`{name}`")).collect();
        let places = format!("the placeholders here are {} and `{last}`", others.join(", "));
        report.problem(&text.place, format!("unknown placeholder or lonely brace; {places}"));
        return None;
    }
    Some(text)
}

impl Default for NoticeConfig {
    fn default() -> Self {
        Self {
            from: None,
            text: NoticeText(DEFAULT_TEXT.to_owned()),
            links_last: DEFAULT_LINKS_LAST,
            over_limit: Arc::default(),
            over_limit_text: OverLimitText(DEFAULT_OVER_LIMIT_TEXT.to_owned()),
        }
    }
}

const LINE: &str = "{line}";
const CALLER: &str = "{caller}";
const LENGTH: &str = "{length}";
const LINK: &str = "{link}";
const LIMIT: &str = "{limit}";
const ZONE: &str = "{zone}";
const DEFAULT_TEXT: &str = "{line}: a message from {caller}, {length}. Listen: {link}";
const DEFAULT_OVER_LIMIT_TEXT: &str = "{line} has dialled {limit} phones today, as many as it may. Until midnight ({zone}) \
    callers are told so and no phone rings. Is somebody running up costs?";
/// With a link and everything else in it, it stays below what the carrier takes (carrier contract §9).
const LONGEST_TEXT: usize = 600;
const LONGEST_VALUE: usize = 100;
/// What the carrier takes (carrier contract §9).
const LONGEST_MESSAGE: usize = 1600;
const DEFAULT_LINKS_LAST: Duration = Duration::from_secs(7 * DAY);
const LINKS_LAST: RangeInclusive<Duration> = Duration::from_secs(5 * 60)..=Duration::from_secs(30 * DAY);
const DAY: u64 = 24 * 60 * 60;
