//! `queue`: callers wait until somebody of a group is free for them.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use ringall_core::flow::{Queue, QueueWords, RingGroup, Step, StepIndex, is_key};

use super::{
    Voice,
    action::{Action, Context, Farewell, Lead, find_group, read_lead},
};
use crate::config::{
    prompts::{self, Form, Prompt, read_prompt},
    reader::{Section, Value},
    reference::keys,
    template::Places,
};

/// A queue as written.
#[derive(Debug)]
pub(in crate::config) struct WrittenQueue {
    group: Arc<RingGroup>,
    times: Times,
    max_waiting: usize,
    hold: Option<Prompt>,
    announce_every: Option<Duration>,
    words: WrittenWords,
    leave: Option<(char, Lead)>,
    too_long: Lead,
    full: Lead,
    nobody: Lead,
    /// The keys of the file that were left out, in whose place English is spoken.
    pub(super) english: Vec<&'static str>,
}

#[derive(Debug)]
struct Times {
    offer_for: Duration,
    wrap_up: Duration,
    max_wait: Duration,
}

#[derive(Debug)]
struct WrittenWords {
    next: Prompt,
    place: Prompt,
    minute: Prompt,
    minutes: Prompt,
    leave: Prompt,
}

keys! {
    pub(in crate::config) BESIDE: "queue" at ["steps.*"] beside "queue", "Key beside `queue` | Default | ";
    /// How long one member is rung before the next one is; `5s` to `2m`. Whoever has picked up by then may press a key
    /// in peace.
    offer_for = "20s";
    /// How long a member is left alone after a talk out of this queue, by every line; up to `1h`. Groups with
    /// `ring_busy` ring them all the same.
    wrap_up = "0s";
    /// How long a caller waits at the longest; `10s` to `4h`.
    max_wait = "15m";
    /// How many wait at once at the most; 1 to 1000. They count as calls of their lines, see `max_calls`.
    max_waiting = 20;
    /// What is heard: the line's ringing tone, or a [sound](#sounds) such as `{ play = "music.mp3" }`.
    hold = "ringing";
    /// How often the caller is told their place, `15s` to `10m`, or `"0s"` for never. It is told when a piece of the
    /// sound ends: our ringing comes in pieces of half a minute, a sound of your own is one piece, so let it be short.
    announce_every = "1m";
    /// What is told to who is first in line.
    next_words ("English words");
    /// What is told to everybody else; `{place}` stands for the place.
    place_words ("English words");
    /// What is told about the time that it will take, once that can be known; `{minutes}` stands for the minutes.
    minute_words, minutes_words ("English words");
    /// The key that leaves the queue. Without this key and `gave_up` there is none.
    leave_key ("`\"1\"`, with `gave_up`");
    /// What is told about the key; `{key}` stands for it.
    leave_words ("English words");
    /// Where the call goes by that key.
    gave_up ("words, then the end");
    /// Where the call goes after `max_wait`, or if the line may dial nobody any more today. Who has picked up by then may still take the call.
    too_long ("words, then the end");
    /// Where the call goes if `max_waiting` wait already.
    full ("words, then the end");
    /// Where the call goes if nobody is on duty: all members are away, or have declined this very call. Also when the
    /// last of them goes away or declines while the caller waits.
    nobody ("words, then the end");
}

/// Reads a queue.
pub(super) fn read<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let place = value.place.clone();
    let group = find_group(value, context.groups, context.report);
    if group.as_ref().is_some_and(|group| group.ring.ring_busy) {
        let text = "a queue waits for who is busy; the `ring_busy` of this group counts for `ring` only";
        context.report.warning(&place, text);
    }
    let times = read_times(section, context);
    let max_waiting = section.take("max_waiting").and_then(|value| value.whole_number(1..=MOST_WAITING));
    let hold = section.take("hold").and_then(|value| read_hold(value, context));
    let announce_every = read_announce_every(section, context);
    let mut english = Vec::new();
    let leave_key = section.take("leave_key").map(|value| read_leave_key(value).unwrap_or(DEFAULT_LEAVE_KEY));
    let has_key = leave_key.is_some() || section.has("gave_up");
    let words = read_words(section, has_key, announce_every.is_some(), &mut english, context);
    let mut exit = |key, farewell| {
        let lead = read_lead(section, key, Lead::Farewell(farewell), context);
        if let Lead::Farewell(_) = lead {
            english.push(key);
        }
        lead
    };
    let leave = has_key.then(|| (leave_key.unwrap_or(DEFAULT_LEAVE_KEY), exit("gave_up", GAVE_UP)));
    let (too_long, full, nobody) = (exit("too_long", TOO_LONG), exit("full", FULL), exit("nobody", NOBODY));

    Some(Action::Queue(Box::new(WrittenQueue {
        group: group?.ring,
        times,
        max_waiting: max_waiting.unwrap_or(DEFAULT_MAX_WAITING),
        hold,
        announce_every,
        words,
        leave,
        too_long,
        full,
        nobody,
        english,
    })))
}

impl WrittenQueue {
    /// Every exit, in the order in which the step tells them.
    pub(super) fn leads(&self) -> Vec<&Lead> {
        self.leave.iter().map(|(_, lead)| lead).chain([&self.too_long, &self.full, &self.nobody]).collect()
    }

    /// The step for a line; `None` if one of its exits leads to no step, which was reported.
    pub(super) fn step(&self, at: &dyn Fn(&Lead) -> Option<StepIndex>, voice: &Voice<'_>) -> Option<Step> {
        let leave = match &self.leave {
            Some((key, lead)) => Some((*key, at(lead)?)),
            None => None,
        };
        Some(Step::Queue(Arc::new(Queue {
            group: self.group.clone(),
            offer_for: self.times.offer_for,
            wrap_up: self.times.wrap_up,
            max_wait: self.times.max_wait,
            max_waiting: Some(self.max_waiting),
            hold: self.hold.as_ref().map(|sound| sound.fill(voice.line)),
            announce_every: self.announce_every,
            words: QueueWords {
                next: self.words.next.fill(voice.line),
                place: self.words.place.fill(voice.line),
                minute: self.words.minute.fill(voice.line),
                minutes: self.words.minutes.fill(voice.line),
                leave: self.words.leave.fill(voice.line),
            },
            leave,
            too_long: at(&self.too_long)?,
            full: at(&self.full)?,
            nobody: at(&self.nobody)?,
        })))
    }
}

fn read_times(section: &mut Section<'_>, context: &Context<'_>) -> Times {
    let offer_for = section.take("offer_for").and_then(|value| value.duration(OFFERS)).unwrap_or(DEFAULT_OFFER_FOR);
    let wrap_up = section.take("wrap_up").and_then(|value| value.duration(WRAP_UPS)).unwrap_or_default();
    let max_wait = section.take("max_wait").and_then(|value| {
        let place = value.place.clone();
        let max_wait = value.duration(WAITS)?;
        if max_wait < offer_for {
            context.report.warning(&place, "shorter than `offer_for`, so that nobody is rung for as long as that");
        }
        Some(max_wait)
    });
    Times { offer_for, wrap_up, max_wait: max_wait.unwrap_or(DEFAULT_MAX_WAIT) }
}

/// The sound; none is ringing.
fn read_hold(value: Value<'_>, context: &Context<'_>) -> Option<Prompt> {
    if value.is_table() {
        return read_prompt(value, context.sounds);
    }
    let ringing = "\"ringing\", or a sound such as { play = \"music.mp3\" }";
    let _: Option<()> = value.parsed(ringing, |text| (text == "ringing").then_some(()));
    None
}

fn read_announce_every(section: &mut Section<'_>, context: &Context<'_>) -> Option<Duration> {
    let Some(value) = section.take("announce_every") else { return Some(DEFAULT_ANNOUNCE_EVERY) };
    let place = value.place.clone();
    let every = value.duration(Duration::ZERO..=MOST_ANNOUNCE_EVERY)?;
    if !every.is_zero() && every < LEAST_ANNOUNCE_EVERY {
        context.report.problem(&place, "expected \"0s\" for never, or 15s to 10m");
    }
    (!every.is_zero()).then_some(every)
}

fn read_leave_key(value: Value<'_>) -> Option<char> {
    value.parsed("one key in quotes such as \"1\" or \"*\"", |text| {
        let mut signs = text.chars();
        let key = signs.next().filter(|sign| is_key(*sign))?;
        signs.next().is_none().then_some(key)
    })
}

fn read_words(
    section: &mut Section<'_>,
    has_key: bool,
    announces: bool,
    english: &mut Vec<&'static str>,
    context: &Context<'_>,
) -> WrittenWords {
    let mut words = |key, default: &str, placeholder: Option<&'static str>, is_heard: bool| {
        let Some(value) = section.take(key) else {
            english.extend(is_heard.then_some(key));
            return Prompt::spoken(default);
        };
        let place = value.place.clone();
        if !is_heard {
            context.report.warning(&place, "nobody hears these words");
        }
        if let (Some(text), Some(needed)) = (value.raw_text(), placeholder)
            && !text.contains(needed)
        {
            context.report.warning(&place, format!("without `{needed}`, the caller does not hear it"));
        }
        let places = placeholder.map_or(Places::CALL, |place| Places::CALL.and(place.trim_matches(['{', '}'])));
        prompts::read(value, Form { places, sounds: None }).unwrap_or_else(|| Prompt::spoken(default))
    };
    WrittenWords {
        next: words("next_words", NEXT, None, announces),
        place: words("place_words", PLACE, Some(QueueWords::PLACE), announces),
        minute: words("minute_words", MINUTE, None, announces),
        minutes: words("minutes_words", MINUTES, Some(QueueWords::MINUTES), announces),
        leave: words("leave_words", LEAVE, Some(QueueWords::KEY), has_key),
    }
}

const GAVE_UP: Farewell =
    Farewell { name: "(gave up)", words: "All right. Please call again whenever you like. Goodbye." };
const TOO_LONG: Farewell = Farewell {
    name: "(waited too long)",
    words: "Sorry that you have waited in vain. Nobody can take your call right now. Please try again later. Goodbye.",
};
const FULL: Farewell = Farewell {
    name: "(queue full)",
    words: "Sorry, too many callers are waiting already. Please try again in a few minutes. Goodbye.",
};
const NOBODY: Farewell = Farewell {
    name: "(nobody on duty)",
    words: "Sorry, nobody is on duty at the moment. Please try again later. Goodbye.",
};
const NEXT: &str = "You are next in line.";
const PLACE: &str = "You are number {place} in line.";
const MINUTE: &str = "It will take about a minute.";
const MINUTES: &str = "It will take about {minutes} minutes.";
const LEAVE: &str = "If you do not want to wait, press {key}.";
const DEFAULT_LEAVE_KEY: char = '1';
const DEFAULT_OFFER_FOR: Duration = Duration::from_secs(20);
const DEFAULT_MAX_WAIT: Duration = Duration::from_secs(15 * 60);
const DEFAULT_MAX_WAITING: usize = 20;
const MOST_WAITING: usize = 1000;
const DEFAULT_ANNOUNCE_EVERY: Duration = Duration::from_secs(60);
const LEAST_ANNOUNCE_EVERY: Duration = Duration::from_secs(15);
const MOST_ANNOUNCE_EVERY: Duration = Duration::from_secs(10 * 60);
const OFFERS: RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(2 * 60);
const WRAP_UPS: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(60 * 60);
const WAITS: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(4 * 60 * 60);
