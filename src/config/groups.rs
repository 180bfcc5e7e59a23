//! `[groups]`: who rings together, for how long, and what counts as a human.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc, time::Duration};

use ringall_core::{
    flow::{Member, RingGroup},
    screen::Screen,
};

use super::{
    people::{People, Person, RING_TIMES},
    problem::{Report, did_you_mean, shown},
    reader::{Section, Text, Value},
};
use crate::carrier::DetectionTuning;

/// A ring group, and how the carrier listens for a machine on its legs.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) ring: Arc<RingGroup>,
    pub(super) detection: DetectionTuning,
}

/// Every group by its name; `None` for one that is there but wrong.
pub(super) type Groups = BTreeMap<String, Option<Group>>;

/// Reads `[groups]`.
pub(super) fn read(groups: Section<'_>, people: &People, report: &Report) -> Groups {
    let read_one = |(name, value): (String, Value<'_>)| {
        let group = value.section().and_then(|section| read_group(&name, section, people, report));
        (name, group)
    };
    groups.into_named().into_iter().map(read_one).collect()
}

fn read_group(name: &str, mut section: Section<'_>, people: &People, report: &Report) -> Option<Group> {
    let members = section.require("members", "a list of people").and_then(|value| read_members(value, people, report));
    let ring_for = section.take("ring_for").and_then(|value| value.duration(RING_TIMES)).unwrap_or(DEFAULT_RING_FOR);
    let phone_for = read_phone_for(&mut section, ring_for, report);
    let wait_for = section.take("wait_for").and_then(|value| value.duration(WAIT_TIMES)).unwrap_or(ring_for);
    let passes = read_passes(&mut section, phone_for < ring_for, report);
    let screen = read_screen(&mut section, report);
    let decline_key = section.take("decline_key").and_then(read_decline_key).unwrap_or(DEFAULT_DECLINE_KEY);
    let ring_busy = section.take("ring_busy").and_then(Value::flag).unwrap_or_default();
    let detection = read_detection(&mut section, screen, report);
    section.finish();

    let members = members?.iter().map(|person| member(person, phone_for)).collect();
    let name = name.into();
    let ring = RingGroup { name, members, ring_for, wait_for, passes, screen, decline_key, ring_busy };
    Some(Group { ring: Arc::new(ring), detection })
}

fn member(person: &Person, phone_for: Duration) -> Member {
    let phone_for = person.phone_for.unwrap_or(phone_for);
    Member { name: person.name.clone(), phone: person.phone, phone_for }
}

/// The people of a list; one who is there but wrong was reported already and is left out.
fn read_members<'p>(value: Value<'_>, people: &'p People, report: &Report) -> Option<Vec<&'p Person>> {
    let place = value.place.clone();
    let ids = value.list()?;
    if ids.is_empty() {
        report.problem(&place, "empty; a group needs somebody to ring");
        return None;
    }
    let mut members: Vec<(String, &Person)> = Vec::new();
    for id in ids.into_iter().filter_map(Value::text) {
        let Some(entry) = people.get(&id.text) else {
            report_nobody(&id, people, report);
            continue;
        };
        let Some(person) = &entry.person else { continue };
        match members.iter().find(|(_, other)| other.phone == person.phone) {
            Some((first, _)) => report.warning(&id.place, twice(&id.text, first, person)),
            None => members.push((id.text, person)),
        }
    }
    Some(members.into_iter().map(|(_, person)| person).collect())
}

fn report_nobody(id: &Text, people: &People, report: &Report) {
    let nearest = did_you_mean(&id.text, people.keys().map(String::as_str));
    report.problem(&id.place, format!("nobody is named `{}`{nearest}", shown(&id.text)));
}

fn twice(id: &str, first: &str, person: &Person) -> String {
    if id == first {
        return format!("`{}` is in this list already and is rung once", shown(id));
    }
    format!("`{}` has the same number as `{}` ({}), which is rung once", shown(id), shown(first), person.phone)
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

fn default_detection() -> DetectionTuning {
    DetectionTuning { timeout: Some(DEFAULT_DETECTION), ..DetectionTuning::default() }
}

fn milliseconds(from: u64, to: u64) -> RangeInclusive<Duration> {
    Duration::from_millis(from)..=Duration::from_millis(to)
}

/// The screens under the names that the file uses.
pub(super) const SCREENS: [(&str, Screen); 4] =
    [("amd", Screen::Amd), ("key", Screen::Key), ("amd+key", Screen::AmdAndKey), ("none", Screen::None)];
const DEFAULT_RING_FOR: Duration = Duration::from_secs(30);
const DEFAULT_DECLINE_KEY: char = '9';
const DEFAULT_DETECTION: Duration = Duration::from_secs(6);
const WAIT_TIMES: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(60 * 60);
