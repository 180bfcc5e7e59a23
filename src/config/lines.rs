//! `[lines]`: the numbers that people dial, and where each leads.

use std::{collections::BTreeMap, num::NonZeroUsize, sync::Arc};

use ringall_core::{
    call::Ringback,
    flow::{Flow, Forward, ForwardScreen, NamedStep, Step, hours::Zone},
    phone::PhoneNumber,
};

use super::{
    Line,
    groups::Groups,
    hours::read_zone,
    people::People,
    problem::{Place, Report, shown},
    reader::{Section, Text, Value},
    steps::{CLOSED, Steps, Voice, find_group},
    words::{GeneralWords, LINE, Words, read_spoken},
};

/// What a line can lead to.
pub(super) struct Names<'a> {
    pub(super) groups: &'a Groups,
    pub(super) steps: &'a Steps,
    /// Whether nobody may be recorded who has not heard so.
    pub(super) requires_recording_notice: bool,
}

/// Where a line leads, as written.
enum Way<'a> {
    Ring(Value<'a>),
    Start(Text),
}

/// Reads `[lines]`; a line that is wrong is left out after a problem.
pub(super) fn read(
    section: Section<'_>,
    names: &Names<'_>,
    general: &GeneralWords,
    report: &Report,
) -> BTreeMap<PhoneNumber, Arc<Line>> {
    let place = section.place.clone();
    let written = section.into_entries();
    if written.is_empty() {
        report.problem(&place, "missing; expected at least one number, as in [lines.\"+4930123456\"]");
    }
    let mut lines = BTreeMap::new();
    for (key, value) in written {
        let Ok(number) = key.parse::<PhoneNumber>() else {
            value.problem("not an E.164 number such as \"+4930123456\", in quotes");
            continue;
        };
        if let Some(line) = value.section().and_then(|section| read_line(number, section, names, general, report)) {
            lines.insert(number, Arc::new(line));
        }
    }
    names.steps.report_unreached(report);
    lines
}

/// A line among the phones that it rings would call itself for ever.
pub(super) fn check_loops(lines: &BTreeMap<PhoneNumber, Arc<Line>>, people: &People, groups: &Groups, report: &Report) {
    for entry in people.values() {
        if entry.person.as_ref().is_some_and(|person| lines.contains_key(&person.phone)) {
            report.problem(&entry.place.key("phone", entry.place.offset), CALLS_ITSELF);
        }
    }
    for (place, number) in groups.values().flatten().flat_map(|group| &group.numbers) {
        if lines.contains_key(number) {
            report.problem(place, CALLS_ITSELF);
        }
    }
}

fn read_line(
    number: PhoneNumber,
    mut section: Section<'_>,
    names: &Names<'_>,
    general: &GeneralWords,
    report: &Report,
) -> Option<Line> {
    let name = section.require("name", "a text in quotes").and_then(|value| read_spoken(value, &[]));
    let spoken_name = section.take("spoken_name").and_then(|value| read_spoken(value, &[])).or_else(|| name.clone());
    let max_calls = read_limit(&mut section, "max_calls", DEFAULT_MAX_CALLS);
    let max_calls_per_caller = read_limit(&mut section, "max_calls_per_caller", DEFAULT_MAX_CALLS_PER_CALLER);
    let ringback = section.take("ringback").and_then(|value| value.choice(&RINGBACKS)).unwrap_or(Ringback::Tone);
    let country = section.take("country").and_then(read_country).unwrap_or_else(|| country_of(number).to_owned());
    let language = section.take("language").and_then(read_language).unwrap_or_else(|| DEFAULT_LANGUAGE.to_owned());
    let voice_name = section.take("voice").and_then(Value::text).map(|voice| voice.text);
    let zone = section.take("zone").map(|zone| read_zone(&zone));
    let spoken = spoken_name.map_or_else(String::new, |name| name.text);
    let nobody = section.take("nobody").and_then(|value| read_spoken(value, &[LINE]));
    let words = section.section("words");
    let words_place = words.place.clone();
    let (words, mut english) = Words::read(words, &spoken, nobody.clone(), general);
    if let Some(hours) = section.take("hours") {
        hours.problem("stands in steps only: use `start`, and a step with both `ring` and `hours`");
    }
    let way = read_way(&mut section, report);
    let place = section.place.clone();
    section.finish();
    report_nobody(nobody.as_ref(), way.as_ref(), names.steps, report);
    let (sorry, closed) = (words.nobody.clone().into(), words.closed.clone().into());
    let recording_notice = words.recording_notice.clone().into();
    // A zone that is wrong is not missing as well.
    let any_zone = zone.clone().map(|zone| zone.unwrap_or_else(Zone::utc));
    let voice = Voice {
        line: &spoken,
        nobody: &sorry,
        closed: &closed,
        busy: &words.busy,
        unknown_number: &general.unknown_number,
        language: &language,
        zone: any_zone.as_ref(),
        place: &place,
        recording_notice: &recording_notice,
        requires_recording_notice: names.requires_recording_notice,
    };
    let flow = way.and_then(|way| read_flow(way, names, &voice, report));
    let steps = flow.as_ref().map(Flow::steps).unwrap_or_default();
    english.retain(|key| can_be_said(key, steps));
    report_english(&language, &english, &words_place, report);
    let flow = flow?;
    let zone = if let Some(zone) = zone { Some(zone?) } else { zone_of(&flow) };

    Some(Line {
        number,
        name: name?.text.into(),
        spoken_name: spoken.into(),
        detection: detection_of(&flow, names.groups),
        zone,
        recipients: names.steps.recipients_of(&flow),
        flow: Arc::new(flow),
        ringback,
        country,
        language,
        voice: voice_name,
        max_calls,
        max_calls_per_caller,
        words,
    })
}

fn read_way<'a>(section: &mut Section<'a>, report: &Report) -> Option<Way<'a>> {
    match (section.take("ring"), section.take("start")) {
        (Some(ring), None) => Some(Way::Ring(ring)),
        (None, Some(start)) => start.text().map(Way::Start),
        (Some(_), Some(_)) | (None, None) => {
            report.problem(&section.place, "expected exactly one of `ring` and `start`");
            None
        }
    }
}

fn read_flow(way: Way<'_>, names: &Names<'_>, voice: &Voice<'_>, report: &Report) -> Option<Flow> {
    match way {
        Way::Ring(group) => {
            let group = find_group(group, names.groups, report)?;
            Some(Flow::ring_then_say(group.ring, voice.nobody.clone()))
        }
        Way::Start(step) => names.steps.flow(&step, voice, report),
    }
}

/// A line's `nobody` are words, a step's is the name of a step.
fn report_nobody(nobody: Option<&Text>, way: Option<&Way<'_>>, steps: &Steps, report: &Report) {
    let Some(nobody) = nobody else { return };
    if let Some(Way::Start(_)) = way {
        report.problem(&nobody.place, "stands beside `ring` only; with `start` each step says where it leads");
    } else if steps.has(&nobody.text) {
        report.warning(&nobody.place, "these words are spoken; to go on with the step of this name, use `start`");
    }
}

fn report_english(language: &str, english: &[&str], place: &Place, report: &Report) {
    if !language.to_ascii_lowercase().starts_with("en") && !english.is_empty() {
        report.warning(
            place,
            format!("still in English, though the language is {}: {}", shown(language), english.join(", ")),
        );
    }
}

fn read_limit(section: &mut Section<'_>, key: &'static str, default: usize) -> Option<NonZeroUsize> {
    let limit = section.take(key).and_then(|value| value.whole_number(0..=100_000));
    NonZeroUsize::new(limit.unwrap_or(default))
}

fn read_country(value: Value<'_>) -> Option<String> {
    value.parsed("the two letters of a country such as \"GB\"", |text| {
        let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        plain.then(|| text.to_ascii_uppercase())
    })
}

fn read_language(value: Value<'_>) -> Option<String> {
    value.parsed("a language such as \"en-GB\"", |text| {
        let mut parts = text.split('-');
        let main = parts.next().filter(|main| (2..=3).contains(&main.len()));
        let plain = main.into_iter().all(|main| main.bytes().all(|byte| byte.is_ascii_alphabetic()))
            && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        (main.is_some() && plain).then(|| text.to_owned())
    })
}

/// Whether these words can be heard in a call of these steps: some belong to what not every flow has.
fn can_be_said(words: &str, steps: &[NamedStep]) -> bool {
    let asks_for_key = |forward: &Forward| forward.screen == ForwardScreen::Key && forward.whisper.is_some();
    match words {
        "closed" => steps.iter().any(|named| &*named.name == CLOSED),
        "recording_notice" => steps.iter().any(|named| is_recorded(&named.step)),
        "take_or_decline" => {
            steps.iter().any(|named| matches!(&named.step, Step::Forward(forward) if asks_for_key(forward)))
        }
        _ => true,
    }
}

fn is_recorded(step: &Step) -> bool {
    let rings = matches!(step, Step::Ring { tiers, .. } if tiers.is_recorded());
    rings || matches!(step, Step::Forward(forward) if forward.records)
}

/// The zone of the first hours that a call can come to.
fn zone_of(flow: &Flow) -> Option<Zone> {
    flow.steps().iter().find_map(|named| match &named.step {
        Step::Hours { hours, .. } => Some(hours.zone.clone()),
        Step::Ring { .. }
        | Step::Say { .. }
        | Step::HangUp
        | Step::Menu(_)
        | Step::GoTo { .. }
        | Step::Reject { .. }
        | Step::HandOver { .. }
        | Step::Forward(_)
        | Step::Voicemail(_) => None,
    })
}

fn country_of(number: PhoneNumber) -> &'static str {
    let known = COUNTRIES.iter().find(|(digits, _)| number.begins_with(digits));
    known.map_or(UNKNOWN_COUNTRY, |(_, country)| country)
}

fn detection_of(flow: &Flow, groups: &Groups) -> BTreeMap<Arc<str>, crate::carrier::DetectionTuning> {
    let known = flow.groups().filter_map(|ring| Some((ring, groups.get(&*ring.name)?.as_ref()?)));
    known.map(|(ring, group)| (ring.name.clone(), group.detection.clone())).collect()
}

const CALLS_ITSELF: &str = "one of the lines, which would call itself";
const RINGBACKS: [(&str, Ringback); 2] = [("tone", Ringback::Tone), ("carrier", Ringback::Carrier)];
const DEFAULT_LANGUAGE: &str = "en-US";
const DEFAULT_MAX_CALLS: usize = 20;
const DEFAULT_MAX_CALLS_PER_CALLER: usize = 2;
/// Countries whose ringing tones are known, by the digits that their numbers begin with. All of North America rings
/// alike.
const COUNTRIES: [(&str, &str); 6] =
    [("44", "GB"), ("1", "US"), ("49", "DE"), ("33", "FR"), ("61", "AU"), ("81", "JP")];
const UNKNOWN_COUNTRY: &str = "ZZ";
