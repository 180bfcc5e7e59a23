//! `menu`: a prompt, where each key leads, and what happens without one.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use ringall_core::flow::{Keys, Menu, Step, StepIndex, is_key};

use super::{
    Voice,
    action::{Action, Context, Farewell, Lead, read_lead},
};
use crate::config::{
    prompts::{Prompt, read_prompt},
    reader::{Section, Value},
    reference::keys,
};

/// A menu as written.
#[derive(Debug)]
pub(in crate::config) struct WrittenMenu {
    prompt: Prompt,
    keys: Vec<(Arc<str>, Lead)>,
    pause: Duration,
    repeats: u8,
    no_input_words: Prompt,
    wrong_key_words: Prompt,
    no_input: Lead,
    wrong_key: Lead,
    /// The keys of the file that were left out, in whose place English is spoken.
    pub(super) english: Vec<&'static str>,
}

keys! {
    pub(in crate::config) BESIDE: "menu" at ["steps.*"] beside "menu", "Key beside `menu` | Default | ";
    /// Where each choice leads. A choice is up to six of `0` to `9`, `*` and `#`; what is not only digits stands in
    /// quotes.
    keys ("required");
    /// How long a key is waited for behind the prompt; `1s` to `20s`, whole seconds.
    pause = "4s";
    /// How often the prompt is said again, for no key and wrong keys together; 0 to 9.
    repeats = 2;
    /// What is said before the prompt when no key was pressed.
    no_input_words ("English words");
    /// What is said before the prompt when a key was pressed that leads nowhere.
    wrong_key_words ("English words");
    /// Where the call goes when the repeats are used up and no key was pressed.
    no_input ("words, then the end");
    /// Where the call goes when the repeats are used up and the last key was a wrong one.
    wrong_key ("words, then the end");
}

/// Reads a menu.
pub(super) fn read<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let prompt = read_prompt(value, context.sounds);
    let keys = section.require("keys", "where each key leads, such as { 1 = \"sales\", 2 = \"support\" }");
    let keys = keys.and_then(|keys| read_keys(keys, context));
    let repeats = section.take("repeats").and_then(|value| value.whole_number(0..=MOST_REPEATS));
    let pause = section.take("pause").and_then(|value| read_pause(value, context));
    let mut english = Vec::new();
    let mut words = |key, default| {
        let written = section.take(key);
        if written.is_none() {
            english.push(key);
        }
        written.and_then(|value| read_prompt(value, context.sounds)).unwrap_or_else(|| Prompt::spoken(default))
    };
    let no_input_words = words("no_input_words", NO_INPUT_WORDS);
    let wrong_key_words = words("wrong_key_words", WRONG_KEY_WORDS);
    let mut exit = |key, farewell| {
        let lead = read_lead(section, key, Lead::Farewell(farewell), context);
        if let Lead::Farewell(_) = lead {
            english.push(key);
        }
        lead
    };
    let no_input = exit("no_input", NO_INPUT);
    let wrong_key = exit("wrong_key", WRONG_KEY);
    let repeats = repeats.and_then(|repeats| u8::try_from(repeats).ok()).unwrap_or(DEFAULT_REPEATS);

    Some(Action::Menu(WrittenMenu {
        prompt: prompt?,
        keys: keys?,
        pause: pause.unwrap_or(DEFAULT_PAUSE),
        repeats,
        no_input_words,
        wrong_key_words,
        no_input,
        wrong_key,
        english,
    }))
}

impl WrittenMenu {
    pub(super) fn leads(&self) -> Vec<&Lead> {
        self.keys.iter().map(|(_, lead)| lead).chain([&self.no_input, &self.wrong_key]).collect()
    }

    /// The exits that callers take who have not chosen anything.
    pub(super) fn misses(&self) -> [&Lead; 2] {
        [&self.no_input, &self.wrong_key]
    }

    pub(super) fn step(&self, at: &dyn Fn(&Lead) -> Option<StepIndex>, voice: &Voice<'_>) -> Option<Step> {
        let keys = self.keys.iter().map(|(keys, lead)| Some((keys.clone(), at(lead)?)));
        Some(Step::Menu(Arc::new(Menu {
            prompt: self.prompt.fill(voice.line),
            keys: keys.collect::<Option<_>>()?,
            pause: self.pause,
            repeats: self.repeats,
            no_input_words: self.no_input_words.fill(voice.line),
            wrong_key_words: self.wrong_key_words.fill(voice.line),
            no_input: at(&self.no_input)?,
            wrong_key: at(&self.wrong_key)?,
        })))
    }
}

fn read_keys(value: Value<'_>, context: &Context<'_>) -> Option<Vec<(Arc<str>, Lead)>> {
    let place = value.place.clone();
    let written = value.section()?.into_entries();
    if written.is_empty() {
        context.report.problem(&place, "empty; a menu needs a key to press");
        return None;
    }
    let mut keys = Vec::new();
    for (key, value) in written {
        if key.is_empty() || key.len() > Keys::LONGEST_CHOICE || !key.chars().all(is_key) {
            value.problem(format!(
                "no key of a telephone; expected up to {} of the digits 0 to 9, `*` and `#`, such as 1, 12 or \"*\"",
                Keys::LONGEST_CHOICE
            ));
        } else if let Some(step) = value.text() {
            keys.push((key.into(), context.lead(step)));
        }
    }
    Some(keys)
}

fn read_pause(value: Value<'_>, context: &Context<'_>) -> Option<Duration> {
    let place = value.place.clone();
    let pause = value.duration(PAUSES)?;
    if pause.subsec_nanos() != 0 {
        context.report.problem(&place, "expected whole seconds");
        return None;
    }
    Some(pause)
}

pub(super) const NO_INPUT: Farewell =
    Farewell { name: "(no input)", words: "No key was pressed. Please call again whenever you like. Goodbye." };
pub(super) const WRONG_KEY: Farewell = Farewell {
    name: "(wrong key)",
    words: "Sorry, there is nothing behind that key. Please call again whenever you like. Goodbye.",
};
const NO_INPUT_WORDS: &str = "No key was pressed.";
const WRONG_KEY_WORDS: &str = "Sorry, there is nothing behind that key.";
const DEFAULT_REPEATS: u8 = 2;
const MOST_REPEATS: usize = 9;
const DEFAULT_PAUSE: Duration = Duration::from_secs(4);
/// Nobody listens to silence for longer.
const PAUSES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(20);
