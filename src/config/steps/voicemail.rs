//! `voicemail`: a step at which the caller leaves a message, and who is told of it.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc, time::Duration};

use ringall_core::flow::{Flow, Step, StepIndex, Voicemail, is_key};

use super::{
    Steps, Voice,
    action::{Action, Context, Lead, read_lead},
};
use crate::config::{
    notices::{self, NoticeText, Recipient},
    problem::Report,
    prompts::{Prompt, read_prompt},
    reader::{Section, Value},
    recipients,
    reference::keys,
};

keys! {
    pub(in crate::config) BESIDE: "voicemail" at ["steps.*"] beside "voicemail", "Key beside `voicemail` | Default | ";
    /// Who is told: people, groups, or numbers in E.164 form. Each telephone once.
    notify ("whoever answers an office of the [directory](#directory); on other lines nobody, with a warning");
    /// So long a silence ends the message; whole seconds, 2 s to 60 s.
    silence = "5s";
    /// So long a message may be; whole seconds, 5 s to 30 min.
    longest = "3m";
    /// The key that ends it: a digit, `*` or `#`; `"none"` for none.
    finish_key = "#";
    /// What a caller hears who has said nothing, once, before a second beep.
    nothing_heard ("English words");
    /// What is heard afterwards. Who hangs up instead has left their message all the same.
    goodbye ("English words");
    /// Where the call goes then.
    done ("the end");
    /// What people are told of the messages that are left here.
    notice_text ("`text` of `[notices]`");
}

/// A voicemail as written.
#[derive(Debug)]
pub(in crate::config) struct WrittenVoicemail {
    greeting: Prompt,
    nothing_heard: Prompt,
    goodbye: Prompt,
    silence: Duration,
    longest: Duration,
    finish_key: Option<char>,
    done: Lead,
    /// Who is told, where the file names them.
    recipients: Option<Arc<[Recipient]>>,
    /// What they are told, where the step says it.
    notice_text: Option<NoticeText>,
    /// The keys of the file that were left out, in whose place English is spoken.
    pub(super) english: Vec<&'static str>,
}

/// What belongs to each mailbox, by the step's name.
type ByStep<T> = BTreeMap<Arc<str>, T>;

impl WrittenVoicemail {
    pub(super) fn leads(&self) -> Vec<&Lead> {
        vec![&self.done]
    }

    /// The step of this name for a line.
    pub(super) fn step(&self, name: &str, at: &dyn Fn(&Lead) -> Option<StepIndex>, voice: &Voice<'_>) -> Option<Step> {
        Some(Step::Voicemail(Arc::new(Voicemail {
            name: name.into(),
            greeting: self.greeting.fill(voice.line),
            nothing_heard: self.nothing_heard.fill(voice.line),
            goodbye: self.goodbye.fill(voice.line),
            silence: self.silence,
            longest: self.longest,
            finish_key: self.finish_key,
            done: at(&self.done)?,
        })))
    }
}

impl Steps {
    /// Who is told of the messages that are left in these flows, and what, by the step's name. Where a step names nobody
    /// that is whoever answers the line's calls, if it is an office's; what they are told is there where the step says it.
    pub(in crate::config) fn notices_of<'a>(
        &self,
        flows: impl Iterator<Item = &'a Flow>,
        office: Option<&Arc<[Recipient]>>,
        report: &Report,
    ) -> (ByStep<Arc<[Recipient]>>, ByStep<NoticeText>) {
        let (mut everybody, mut texts) = (BTreeMap::new(), BTreeMap::new());
        for name in flows.flat_map(Flow::steps).map(|named| &named.name) {
            let Some(step) = self.steps.get(&**name) else { continue };
            let Some(Action::Voicemail(voicemail)) = &step.action else { continue };
            let recipients = voicemail.recipients.as_ref().or(office);
            if recipients.is_none() {
                report.warning(&step.place, "nobody is told of a message; `notify` takes people and groups");
            }
            everybody.insert(name.clone(), recipients.cloned().unwrap_or_default());
            texts.extend(voicemail.notice_text.clone().map(|text| (name.clone(), text)));
        }
        (everybody, texts)
    }
}

/// Reads a step with `voicemail`.
pub(super) fn read<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let mut english = Vec::new();
    let greeting = read_greeting(value, context, &mut english);
    let mut words = |key, default| {
        let written = section.take(key);
        if written.is_none() {
            english.push(key);
        }
        written.and_then(|value| read_prompt(value, context.sounds)).unwrap_or_else(|| Prompt::spoken(default))
    };
    let nothing_heard = words("nothing_heard", NOTHING_HEARD);
    let goodbye = words("goodbye", GOODBYE);
    let silence = section.take("silence").and_then(|value| read_seconds(value, SILENCES)).unwrap_or(DEFAULT_SILENCE);
    let longest = section.take("longest").and_then(|value| read_seconds(value, LENGTHS)).unwrap_or(DEFAULT_LONGEST);
    let finish_key = section.take("finish_key").map_or(Some(DEFAULT_FINISH_KEY), read_finish_key);
    let done = read_lead(section, "done", Lead::End, context);
    let recipients =
        section.take("notify").map(|list| recipients::read(list, context.people, context.groups).unwrap_or_default());
    let notice_text = section.take("notice_text").and_then(notices::read_text);

    Some(Action::Voicemail(Box::new(WrittenVoicemail {
        greeting: greeting?,
        nothing_heard,
        goodbye,
        silence,
        longest,
        finish_key,
        done,
        recipients,
        notice_text,
        english,
    })))
}

/// The greeting, or `true` for the one that comes with the program.
fn read_greeting(value: Value<'_>, context: &Context<'_>, english: &mut Vec<&'static str>) -> Option<Prompt> {
    if value.is_table() || value.raw_text().is_some() {
        return read_prompt(value, context.sounds);
    }
    let place = value.place.clone();
    if value.is_flag() && value.flag()? {
        english.push("voicemail");
        return Some(Prompt::spoken(GREETING));
    }
    context.report.problem(&place, "expected the greeting, or `true` for the usual one");
    None
}

fn read_seconds(value: Value<'_>, range: RangeInclusive<Duration>) -> Option<Duration> {
    let (place, report) = (value.place.clone(), value.report);
    let duration = value.duration(range)?;
    if duration.subsec_nanos() != 0 {
        report.problem(&place, "expected whole seconds");
        return None;
    }
    Some(duration)
}

/// The key; none where none is wanted, or after a problem.
fn read_finish_key(value: Value<'_>) -> Option<char> {
    let key = value.parsed("one of the digits 0 to 9, `*` and `#`, or \"none\"", |text| {
        let mut keys = text.chars();
        match (text, keys.next(), keys.next()) {
            ("none", ..) => Some(None),
            (_, Some(key), None) if is_key(key) => Some(Some(key)),
            _ => None,
        }
    });
    key.flatten()
}

/// What a caller hears when a message of theirs has come to a program that knows nothing of the call, nor its step.
pub const GOODBYE: &str = "Thank you. Goodbye.";
const GREETING: &str = "You have reached {line}. Nobody can take your call right now. Please leave a message after the \
                        beep, and hang up when you are done.";
const NOTHING_HEARD: &str = "Nothing was heard. Please speak after the beep.";
const DEFAULT_SILENCE: Duration = Duration::from_secs(5);
const DEFAULT_LONGEST: Duration = Duration::from_secs(3 * 60);
const DEFAULT_FINISH_KEY: char = '#';
const SILENCES: RangeInclusive<Duration> = Duration::from_secs(2)..=Duration::from_secs(60);
/// What is longer than this is not listened to, and is more than a page is sent in one piece.
const LENGTHS: RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(30 * 60);
