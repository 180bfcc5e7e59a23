//! `[groups]`: who rings together, for how long, and what counts as a human.

mod members;

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc, time::Duration};

use ringall_core::{
    flow::{
        Order, RingGroup, {Callback, Words},
    },
    phone::PhoneNumber,
    screen::Screen,
};

use self::members::{Everybody, Members};
use super::{
    people::{People, RING_TIMES},
    problem::{Place, Report},
    prompts::{Prompt, read_prompt},
    reader::{Section, Value},
    reference::keys,
    sounds::Sounds,
    steps::SHOWS,
};
use crate::carrier::DetectionTuning;

keys! {
    pub(super) GROUP: "groups" at ["groups.*"], "Key in `[groups.NAME]` | Default | ";
    /// People, groups, numbers or `"*"`, in the order in which they are dialled.
    members ("required");
    /// How long the group rings, from the first phone on; `5s` to `10m`.
    ring_for = "30s";
    /// How long one phone rings; `5s` to `10m`.
    phone_for ("as `ring_for`");
    /// How long a caller waits, hearing ringing, while everybody is busy with other calls; `0s` to `1h`.
    wait_for ("as `ring_for`");
    /// How often the group is tried within `ring_for`; 1 to 10. Choose `phone_for` so that the passes have room. A repeat
    /// within three minutes gets through many phones' quiet mode.
    passes = 1;
    /// What makes a human, see below.
    screen = "amd";
    /// The digit that declines where a key is asked for. Any other digit accepts.
    decline_key = "9";
    /// Ring people also while another call rings or talks to them.
    ring_busy = false;
    /// What whoever has accepted hears before the caller, at most 250 characters or a short [sound](#sounds): behind the key,
    /// or the verdict, so it may [tell of the caller](#placeholders). The caller hears ringing meanwhile.
    whisper ("none");
    /// Which number the telephones are shown: `"line"`, or `"caller"`, see [below](#showing-who-calls).
    show = "line";
    /// Whether whoever has just talked to a caller is rung first when they call again, and for how long alone: `true`
    /// (`15s`), a time of `5s` to `10m`, or `false`; see [below](#calling-again).
    callback_to_same ("the line's");
    /// Who is dialled first where not all are dialled at once: in a [queue](#queues), and where the carrier starts calls
    /// slowly. `"longest-idle"`: whose last talk ended longest ago; who has not talked since the program started goes
    /// before all others, in the order of `members`.
    order = "as-written";
    /// How the carrier listens for a machine, see below.
    detection ();
}

keys! {
    pub(super) DETECTION: "detection" at ["groups.*.detection"], "Key in `[groups.NAME.detection]` | Default | ";
    /// How long it listens at the longest: whole seconds, `3s` to `59s`.
    timeout = "6s";
    /// From which length on what is said is a machine's; `1000ms` to `6000ms`.
    speech_threshold ("the carrier's");
    /// How much silence ends what is said; `500ms` to `5000ms`.
    speech_end_threshold ("the carrier's");
    /// How much silence at the beginning is taken for a human; `2000ms` to `10000ms`.
    silence_timeout ("the carrier's");
}

/// A ring group, and how the carrier listens for a machine on its legs.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) ring: Arc<RingGroup>,
    pub(super) detection: DetectionTuning,
    /// Members that are given by their number, and where.
    pub(super) numbers: Vec<(Place, PhoneNumber)>,
}

/// A group as written: who its members are is known when all groups are read.
struct Written {
    place: Place,
    members: Option<Members>,
    ring: RingGroup,
    detection: DetectionTuning,
    phone_for: Duration,
}

/// Every group by its name; `None` for one that is there but wrong.
pub(super) type Groups = BTreeMap<String, Option<Group>>;

/// Reads `[groups]`.
pub(super) fn read(groups: Section<'_>, people: &People, sounds: &Sounds, report: &Report) -> Groups {
    let read_one = |(name, value): (String, Value<'_>)| {
        let group = value.section().map(|section| read_group(&name, section, sounds, report));
        (name, group)
    };
    let written: BTreeMap<_, _> = groups.into_named().into_iter().map(read_one).collect();
    let lists = written.iter().filter_map(|(name, group)| Some((name.as_str(), group.as_ref()?.members.as_ref()?)));
    let names = written.keys().map(String::as_str).collect();
    let everybody = Everybody { people, names, lists: lists.collect(), report };
    written
        .iter()
        .map(|(name, group)| (name.clone(), group.as_ref().and_then(|it| finish(name, it, &everybody))))
        .collect()
}

fn finish(name: &str, written: &Written, everybody: &Everybody<'_>) -> Option<Group> {
    let members = everybody.members_of(name, written.phone_for)?;
    if everybody.are_all_away(&members) {
        everybody.report.warning(&written.place, "everybody in it is away; nobody is rung until somebody comes back");
    }
    let numbers = written.members.iter().flat_map(Members::numbers).collect();
    let ring = RingGroup { members, ..written.ring.clone() };
    Some(Group { ring: Arc::new(ring), detection: written.detection.clone(), numbers })
}

fn read_group(name: &str, mut section: Section<'_>, sounds: &Sounds, report: &Report) -> Written {
    let place = section.place.clone();
    let members = section.require("members", "a list of people").and_then(|value| Members::read(value, report));
    let ring_for = section.take("ring_for").and_then(|value| value.duration(RING_TIMES)).unwrap_or(DEFAULT_RING_FOR);
    let phone_for = read_phone_for(&mut section, ring_for, report);
    let wait_for = section.take("wait_for").and_then(|value| value.duration(WAIT_TIMES)).unwrap_or(ring_for);
    let passes = read_passes(&mut section, phone_for < ring_for, report);
    let screen = read_screen(&mut section, report);
    let decline_key = section.take("decline_key").and_then(read_decline_key).unwrap_or(DEFAULT_DECLINE_KEY);
    let ring_busy = section.take("ring_busy").and_then(Value::flag).unwrap_or_default();
    let order = section.take("order").and_then(|value| value.choice(&ORDERS)).unwrap_or_default();
    let show = section.take("show").and_then(|value| value.choice(&SHOWS)).unwrap_or_default();
    let callback_to_same = section.take("callback_to_same").and_then(read_callback).unwrap_or_default();
    let detection = read_detection(&mut section, screen, report);
    let whisper = read_own_whisper(&mut section, screen, sounds, report);
    section.finish();

    let (name, no_members) = (name.into(), Vec::new());
    let ring = RingGroup {
        name,
        members: no_members,
        ring_for,
        wait_for,
        passes,
        screen,
        decline_key,
        ring_busy,
        order,
        whisper,
        show,
        callback_to_same,
    };
    Written { place, members, ring, detection, phone_for }
}

fn read_phone_for(section: &mut Section<'_>, ring_for: Duration, report: &Report) -> Duration {
    let Some(value) = section.take("phone_for") else { return ring_for };
    let place = value.place.clone();
    let phone_for = value.duration(RING_TIMES).unwrap_or(ring_for);
    if phone_for > ring_for {
        report.warning(&place, "longer than `ring_for`, at whose end all phones stop");
    }
    phone_for
}

fn read_passes(section: &mut Section<'_>, has_room: bool, report: &Report) -> u32 {
    let Some(value) = section.take("passes") else { return 1 };
    let place = value.place.clone();
    let passes = value.whole_number(1..=10).and_then(|passes| u32::try_from(passes).ok()).unwrap_or(1);
    if passes > 1 && !has_room {
        report.warning(&place, "the first pass may take all of `ring_for`; a shorter `phone_for` leaves room for more");
    }
    passes
}

fn read_screen(section: &mut Section<'_>, report: &Report) -> Screen {
    let Some(value) = section.take("screen") else { return Screen::default() };
    let place = value.place.clone();
    let screen = value.choice(&SCREENS).unwrap_or_default();
    if screen == Screen::None {
        report.warning(&place, "whatever picks up has the call, also a mailbox");
    }
    screen
}

/// What is heard behind the key, or the verdict.
pub(super) fn read_whisper(value: Value<'_>, sounds: &Sounds) -> Option<Prompt> {
    let (place, report) = (value.place.clone(), value.report);
    let prompt = read_prompt(value, sounds)?;
    if prompt.is_longer_than(LONGEST_WHISPER) {
        let text = format!("too long while the caller waits; expected at most {LONGEST_WHISPER} characters");
        report.problem(&place, text);
    }
    Some(prompt)
}

fn read_own_whisper(section: &mut Section<'_>, screen: Screen, sounds: &Sounds, report: &Report) -> Option<Words> {
    let value = section.take("whisper")?;
    let place = value.place.clone();
    let prompt = read_whisper(value, sounds)?;
    if screen == Screen::None && prompt.tells_of_caller() {
        report.problem(&place, TELLS_WHATEVER_PICKS_UP);
    }
    Some(prompt.unfilled())
}

/// `true`, `false`, or how long whoever talked to the caller before is rung alone.
pub(super) fn read_callback(value: Value<'_>) -> Option<Callback> {
    if value.is_flag() {
        return value.flag().map(|flag| if flag { Callback::For(DEFAULT_CALLBACK) } else { Callback::Never });
    }
    if value.raw_text().is_none() {
        return value.wrong("`true`, `false`, or a duration such as \"15s\"");
    }
    value.duration(RING_TIMES).map(Callback::For)
}

pub(super) fn read_decline_key(value: Value<'_>) -> Option<char> {
    value.parsed("one digit in quotes such as \"9\"", |text| {
        let mut signs = text.chars();
        let digit = signs.next().filter(char::is_ascii_digit)?;
        signs.next().is_none().then_some(digit)
    })
}

fn read_detection(section: &mut Section<'_>, screen: Screen, report: &Report) -> DetectionTuning {
    let has_table = section.take("detection").and_then(Value::section);
    if let Some(detection) = &has_table
        && !screen.wants_detection()
    {
        report.warning(&detection.place, "nothing listens for a machine with this `screen`");
    }
    has_table.map_or_else(default_detection, read_tuning)
}

fn read_tuning(mut detection: Section<'_>) -> DetectionTuning {
    let timeout = detection.take("timeout").and_then(read_whole_seconds).unwrap_or(DEFAULT_DETECTION);
    let mut within = |key, range| detection.take(key).and_then(|value| value.duration(range));
    let tuning = DetectionTuning {
        timeout: Some(timeout),
        speech_threshold: within("speech_threshold", milliseconds(1000, 6000)),
        speech_end_threshold: within("speech_end_threshold", milliseconds(500, 5000)),
        silence_timeout: within("silence_timeout", milliseconds(2000, 10_000)),
    };
    detection.finish();
    tuning
}

fn read_whole_seconds(value: Value<'_>) -> Option<Duration> {
    let (place, report) = (value.place.clone(), value.report);
    let timeout = value.duration(milliseconds(3000, 59_000))?;
    if timeout.subsec_nanos() != 0 {
        report.problem(&place, "expected whole seconds");
        return None;
    }
    Some(timeout)
}

/// How the carrier listens unless the file says otherwise.
pub(super) fn default_detection() -> DetectionTuning {
    DetectionTuning { timeout: Some(DEFAULT_DETECTION), ..DetectionTuning::default() }
}

fn milliseconds(from: u64, to: u64) -> RangeInclusive<Duration> {
    Duration::from_millis(from)..=Duration::from_millis(to)
}

/// The screens under the names that the file uses.
pub(super) const SCREENS: [(&str, Screen); 4] =
    [("amd", Screen::Amd), ("key", Screen::Key), ("amd+key", Screen::AmdAndKey), ("none", Screen::None)];
const ORDERS: [(&str, Order); 2] = [("as-written", Order::AsWritten), ("longest-idle", Order::LongestIdle)];
const DEFAULT_RING_FOR: Duration = Duration::from_secs(30);
const DEFAULT_DECLINE_KEY: char = '9';
pub(super) const TELLS_WHATEVER_PICKS_UP: &str =
    "tells of the caller to whatever picks up; that needs another `screen` than \"none\"";
/// Some fifteen seconds of speech.
const LONGEST_WHISPER: usize = 250;
const DEFAULT_CALLBACK: Duration = Duration::from_secs(15);
const DEFAULT_DETECTION: Duration = Duration::from_secs(6);
const WAIT_TIMES: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(60 * 60);
