//! `[lines]`: the numbers that people dial, and where each leads.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::Arc,
};

use ringall_core::{
    call::Ringback,
    flow::{self, Flow, ForwardScreen, Language, NamedStep, Rejection, Step, StepIndex, hours::Zone},
    phone::PhoneNumber,
};

use super::{
    BlockList, Line,
    blocks::SharedLists,
    directory::{DirectoryLine, Office},
    groups::{Groups, default_detection, read_callback},
    hours::read_zone,
    languages::{Voices, read_language, voice_for},
    people::People,
    problem::{Place, Report, shown},
    prompts::{self, Form, Prompt},
    reader::{Section, Text, Value},
    reference::keys,
    steps::{CLOSED, DIALS_NOBODY, Steps, Voice, find_group},
    template::Places,
    words::{GeneralWords, Words, read_spoken},
};

keys! {
    pub(super) LINE_KEYS: "lines" at ["lines.*"], "Key in `[lines.\"NUMBER\"]` | Default | ";
    /// What the line is called.
    name ("required");
    /// How that is spoken.
    spoken_name ("as `name`");
    /// A group; or the step where a call begins.
    ring, start ("one is required") as "`ring` or `start`";
    /// What the caller hears if nobody takes the call. Beside `ring` only.
    nobody ("English words");
    /// Calls at once; 0 is no limit. Whoever is too many hears `busy`.
    max_calls = 20;
    /// Calls at once from one number; 0 is no limit. Callers who withhold their number cannot be told apart and share one
    /// count: for a line where that is usual, raise it or write 0.
    max_calls_per_caller = 2;
    /// A limit against cost: how many phones are dialled for this line in a day, forwards and repeated passes included; 0 is
    /// no limit. The day begins at midnight in the line's `zone`, or in UTC. Whoever calls beyond it hears `over_limit`, no
    /// phone rings, and the call goes on as if nobody had taken it. The log has an error, once a day, and people can be told
    /// by a text message: `over_limit` in [`[notices]`](#voicemail).
    max_dials_per_day = 0;
    /// How the ringing goes on when nobody has accepted within the reply budget. `"tone"` answers the call and plays our
    /// own ringing tone: works everywhere. `"carrier"` leaves the call unanswered and unbilled, with the network's own
    /// ringing, where the carrier can do that. `"dial"` lets the carrier itself ring the group, see
    /// [below](#the-carriers-own-ring).
    ringback = "tone";
    /// Whose ringing tone is played: two letters such as `"GB"`. Known from numbers in Australia, France, Germany, Japan,
    /// North America and the United Kingdom.
    country ("from the number");
    /// The language of all that is said, unless a step [changes it](#languages). Without a country, such as `"de"`, the
    /// carrier hears the usual one.
    language = "en-US";
    /// The carrier's name of a voice for that language.
    voice ("from `[voices]`, or the carrier's");
    /// For all groups that do not say otherwise: `true`, or for how long, see [Calling again](#calling-again).
    callback_to_same = false;
    /// Whose calls are not taken as others are, and the step where they go instead, see [below](#blocked-callers).
    block, blocked ("nobody");
    /// The line's time zone, such as `"Europe/London"`, for opening hours that do not say their own.
    zone ();
    /// What is said on this line, see [Words](#words).
    words ();
}

/// What a line can lead to.
pub(super) struct Names<'a> {
    pub(super) groups: &'a Groups,
    pub(super) steps: &'a Steps,
    pub(super) blocks: &'a SharedLists,
    /// The numbers of all lines; known when they are read.
    pub(super) lines: Arc<BTreeSet<PhoneNumber>>,
    pub(super) voices: &'a Voices,
    /// Whether nobody may be recorded who has not heard so.
    pub(super) requires_recording_notice: bool,
    /// Whether the carrier's account is a trial.
    pub(super) is_trial: bool,
}

/// Where a line leads, as written.
enum Way<'a> {
    Ring(Value<'a>),
    Start(Text),
}

/// Reads `[lines]`; a line that is wrong is left out after a problem.
pub(super) fn read(
    (section, offices): (Section<'_>, Vec<DirectoryLine<'_>>),
    names: &Names<'_>,
    general: &GeneralWords,
    report: &Report,
) -> BTreeMap<PhoneNumber, Arc<Line>> {
    let place = section.place.clone();
    let written = section.into_entries();
    if written.is_empty() && offices.is_empty() {
        report.problem(&place, "missing; expected at least one number, as in [lines.\"+4930123456\"]");
    }
    let numbers: Arc<BTreeSet<PhoneNumber>> =
        Arc::new(written.iter().filter_map(|(key, _)| key.parse().ok()).collect());
    let names = &Names { lines: numbers, ..*names };
    let (mut lines, mut numbers) = (BTreeMap::new(), BTreeSet::new());
    for (key, value) in written {
        let Ok(number) = key.parse::<PhoneNumber>() else {
            value.problem("not an E.164 number such as \"+4930123456\", in quotes");
            continue;
        };
        numbers.insert(number);
        if let Some(line) = value.section().and_then(|section| read_line(number, section, None, names, general, report))
        {
            lines.insert(number, Arc::new(line));
        }
    }
    for DirectoryLine { number, section, office } in offices {
        if numbers.contains(&number) {
            section.problem("stands in `[lines]` too; a number is one or the other");
        }
        if let Some(line) = read_line(number, section, Some(office), names, general, report) {
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
    office: Option<Office>,
    names: &Names<'_>,
    general: &GeneralWords,
    report: &Report,
) -> Option<Line> {
    let (name, spoken) = read_names(&mut section);
    let [max_calls, max_calls_per_caller, max_dials_per_day] =
        LIMITS.map(|(key, default)| read_limit(&mut section, key, default));
    let ringback = section.take("ringback").and_then(|value| value.choice(&RINGBACKS)).unwrap_or(Ringback::Tone);
    let country = section.take("country").and_then(read_country).unwrap_or_else(|| country_of(number).to_owned());
    let (language, voice_name) = read_language_and_voice(&mut section, names);
    let zone = section.take("zone").map(|zone| read_zone(&zone));
    let (nobody, nobody_words) = read_nobody(&mut section);
    let words = section.section("words");
    let words_place = words.place.clone();
    let (words, mut english) = Words::read(words, &spoken, nobody_words, general);
    section.refuse("hours", "stands in steps only: use `start`, and a step with both `ring` and `hours`");
    let told = office.as_ref().map(|office| office.told.clone());
    let callback_to_same = section.take("callback_to_same").and_then(read_callback).unwrap_or_default().on_line(None);
    let way = office.map_or_else(|| read_way(&mut section, report), |office| Some(Way::Start(office.start)));
    let (block, blocked) = read_block(&mut section, names, report);
    let place = section.place.clone();
    section.finish();
    report_nobody(nobody.as_ref().filter(|_| told.is_none()), way.as_ref(), names.steps, report);
    // A zone that is wrong is not missing as well.
    let any_zone = zone.clone().map(|zone| zone.unwrap_or_else(Zone::utc));
    let voice = Voice {
        line: &spoken,
        nobody: &words.nobody,
        closed: &words.closed,
        busy: &words.busy,
        unknown_number: &general.unknown_number(),
        language: &language,
        zone: any_zone.as_ref(),
        place: &place,
        lines: &names.lines,
        recording_notice: &words.recording_notice,
        requires_recording_notice: names.requires_recording_notice,
        is_trial: names.is_trial,
    };
    let flow = way.and_then(|way| read_flow(way, names, &voice, report));
    let blocked =
        if block.is_empty() { Some(None) } else { blocked_flow(blocked.as_ref(), names, &voice, report).map(Some) };
    let flows = || flow.iter().chain(blocked.iter().flatten());
    let steps: Vec<_> = flows().flat_map(Flow::steps).cloned().collect();
    let detection = detection_of(flows(), names.groups);
    english.retain(|key| can_be_said(key, &steps) && (*key != "over_limit" || max_dials_per_day.is_some()));
    report_english(&language, &english, &words_place, report);
    let (recipients, notice_texts) = names.steps.notices_of(flows(), told.as_ref(), report);
    let flow = flow?;
    if ringback == Ringback::Dial {
        report_dial(&flow, &place.key("ringback", place.offset), names.is_trial, report);
    }
    let zone = if let Some(zone) = zone { Some(zone?) } else { zone_of(&flow) };

    Some(Line {
        number,
        name: name?.text.into(),
        spoken_name: spoken.into(),
        detection,
        zone,
        recipients,
        flow: Arc::new(flow),
        block,
        blocked: blocked?.map(Arc::new),
        ringback,
        country,
        language,
        voice: voice_name,
        voices: names.voices.clone(),
        max_calls,
        max_calls_per_caller,
        callback_to_same,
        max_dials_per_day,
        words,
        notice_texts,
    })
}

/// What is spoken, and by which voice.
fn read_language_and_voice(section: &mut Section<'_>, names: &Names<'_>) -> (Language, Option<String>) {
    let language = section.take("language").and_then(read_language).unwrap_or_default();
    let voice = section.take("voice").and_then(Value::text).map(|voice| voice.text);
    let voice = voice.or_else(|| voice_for(&language, names.voices).map(str::to_owned));
    (language, voice)
}

/// What the line is called, and how that is spoken.
fn read_names(section: &mut Section<'_>) -> (Option<Text>, String) {
    let name = section.require("name", "a text in quotes").and_then(|value| read_spoken(value, Places::NONE));
    let spoken = section.take("spoken_name").and_then(|value| read_spoken(value, Places::NONE));
    let spoken = spoken.or_else(|| name.clone()).map_or_else(String::new, |name| name.text);
    (name, spoken)
}

/// The line's own `nobody`: where it stands and what it says, and the words.
fn read_nobody(section: &mut Section<'_>) -> (Option<Text>, Option<Prompt>) {
    let Some(value) = section.take("nobody") else { return (None, None) };
    let text = value.raw_text().unwrap_or_default().trim().to_owned();
    let written = Text { place: value.place.clone(), text };
    (Some(written), prompts::read(value, Form { places: Places::CALL, sounds: None }))
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
        Way::Start(step) => {
            names.steps.report_silent_start(&step, report);
            names.steps.flow(&step, voice, report)
        }
    }
}

/// Whose calls go another way, and the step where that begins.
fn read_block(section: &mut Section<'_>, names: &Names<'_>, report: &Report) -> (BlockList, Option<Text>) {
    let block = section.take("block").map(|value| names.blocks.read_block(value));
    let blocked = section.take("blocked").and_then(Value::text);
    if let (None, Some(blocked)) = (&block, &blocked) {
        report.problem(&blocked.place, "stands beside `block` only, which says who is blocked");
    }
    (block.unwrap_or_default(), blocked)
}

/// Where blocked callers go: to this step, or they are refused.
fn blocked_flow(start: Option<&Text>, names: &Names<'_>, voice: &Voice<'_>, report: &Report) -> Option<Flow> {
    if let Some(start) = start {
        return names.steps.flow(start, voice, report);
    }
    let refuse = Step::Reject { reason: Rejection::Busy, words: voice.busy.clone() };
    Flow::new(vec![NamedStep { name: BLOCKED.into(), step: refuse }], StepIndex(0)).ok()
}

/// What the carrier cannot do for us where it rings a group itself.
fn report_dial(flow: &Flow, place: &Place, is_trial: bool, report: &Report) {
    if is_trial {
        report.warning(place, DIALS_NOBODY);
    }
    for named in flow.steps() {
        let Step::Ring { tiers, .. } = &named.step else { continue };
        if tiers.count() > 1 {
            let step = shown(&named.name);
            report.problem(
                place,
                format!("with \"dial\" no tiers can join in, as in step `{step}`; let steps follow each other"),
            );
        }
        let group = tiers.first();
        let (name, members) = (shown(&group.name), group.members.len());
        if members > MOST_DIALLED_AT_ONCE {
            report.problem(
                place,
                format!("with \"dial\" the carrier rings ten phones at the most, and group `{name}` has {members}"),
            );
        }
        if group.screen.wants_detection() {
            let advice = format!("say `screen = \"key\"` in group `{name}`");
            report
                .warning(place, format!("with \"dial\" a key is asked for, and the carrier does not listen; {advice}"));
        }
        if !group.ring_busy {
            let advice = format!("say `ring_busy = true` in group `{name}` if that is meant");
            report.warning(
                place,
                format!("with \"dial\" people ring also while they talk with another caller; {advice}"),
            );
        }
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

fn report_english(language: &Language, english: &[&str], place: &Place, report: &Report) {
    if !is_english(language) && !english.is_empty() {
        report.warning(
            place,
            format!("still in English, though the language is {}: {}", shown(language.as_str()), english.join(", ")),
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

/// Whether whoever speaks it understands the words that come with the program.
pub(super) fn is_english(language: &Language) -> bool {
    language.tongue().eq_ignore_ascii_case("en")
}

/// Whether these words can be heard in a call of these steps: some belong to what not every flow has.
fn can_be_said(words: &str, steps: &[NamedStep]) -> bool {
    // A whisper that tells of the caller follows the key, and the line's own comes before it.
    let asks_for_key = |screen, whisper: &Option<flow::Words>| {
        screen == ForwardScreen::Key && whisper.as_ref().is_some_and(|words| !words.tell_of_caller())
    };
    match words {
        "over_limit" => {
            let dials = |step: &Step| matches!(step, Step::Forward(_) | Step::ForwardToFound(_));
            steps.iter().any(|named| named.step.groups().next().is_some() || dials(&named.step))
        }
        "closed" => steps.iter().any(|named| &*named.name == CLOSED),
        "recording_notice" => steps.iter().any(|named| is_recorded(&named.step)),
        "take_or_decline" => {
            let asks = |step: &Step| {
                matches!(step, Step::Forward(forward) if asks_for_key(forward.screen, &forward.whisper))
                    || matches!(step, Step::ForwardToFound(forward) if asks_for_key(forward.screen, &forward.whisper))
            };
            steps.iter().any(|named| asks(&named.step))
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
        | Step::Queue(_)
        | Step::Lookup(_)
        | Step::Branch(_)
        | Step::ForwardToFound(_)
        | Step::Language { .. }
        | Step::Voicemail(_) => None,
    })
}

fn country_of(number: PhoneNumber) -> &'static str {
    let known = COUNTRIES.iter().find(|(digits, _)| number.begins_with(digits));
    known.map_or(UNKNOWN_COUNTRY, |(_, country)| country)
}

fn detection_of<'a>(
    flows: impl Iterator<Item = &'a Flow>,
    groups: &Groups,
) -> BTreeMap<Arc<str>, crate::carrier::DetectionTuning> {
    let of = |name: &str| groups.get(name)?.as_ref().map(|group| group.detection.clone());
    // Who answers an office alone is in no group of the file.
    let groups = flows.flat_map(Flow::groups);
    groups.map(|ring| (ring.name.clone(), of(&ring.name).unwrap_or_else(default_detection))).collect()
}

/// The name cannot be that of a step in the file.
const BLOCKED: &str = "(blocked)";
pub(super) const CALLS_ITSELF: &str = "one of the lines, which would call itself";
const RINGBACKS: [(&str, Ringback); 3] =
    [("tone", Ringback::Tone), ("carrier", Ringback::Carrier), ("dial", Ringback::Dial)];
/// The carrier dials no more at once (carrier contract §3.3).
const MOST_DIALLED_AT_ONCE: usize = 10;
/// The limits of a line, and where they stand unless the file says otherwise: a limit on dialling that nobody has asked for
/// could cost somebody their call.
const LIMITS: [(&str, usize); 3] = [("max_calls", 20), ("max_calls_per_caller", 2), ("max_dials_per_day", 0)];
/// Countries whose ringing tones are known, by the digits that their numbers begin with. All of North America rings
/// alike.
const COUNTRIES: [(&str, &str); 6] =
    [("44", "GB"), ("1", "US"), ("49", "DE"), ("33", "FR"), ("61", "AU"), ("81", "JP")];
const UNKNOWN_COUNTRY: &str = "ZZ";
