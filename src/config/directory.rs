//! `[directory]`: offices, each a number with a name and somebody who answers it. Each becomes a line whose flow rings
//! them, or dials them outside, and goes on with a step that all share.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use ringall_core::{
    flow::{Callback, DECLINE_KEY, ForwardScreen, Member, Order, RingGroup, Show, Words},
    phone::PhoneNumber,
    screen::Screen,
};

use super::{
    groups::{Groups, SCREENS, TELLS_WHATEVER_PICKS_UP, read_decline_key, read_whisper},
    lines::CALLS_ITSELF,
    notices::Recipient,
    people::{People, Person, RING_TIMES},
    problem::{Place, Report, did_you_mean, shown},
    prompts::Prompt,
    reader::{Section, Text, Value},
    reference::keys,
    sounds::Sounds,
    steps::{OfficeForward, Recording, SHOWS, Steps, TELLS_OF_CALLER},
};

keys! {
    pub(super) OFFICE: "directory" at ["directory.*"], "Key in `[directory]` | Default | ";
    /// What the office is called.
    name ("required");
    /// A person, a group, or an outside number, which is no line of this file. A person's number stands for the person.
    to ("required");
    /// What whoever answers hears before the caller, words or a [sound](#sounds), as a group's or a
    /// [forward's](#outside-numbers).
    whisper ("the group's");
    /// The step for callers who have talked to nobody: nobody accepted, the number was engaged, did not answer or could
    /// not be reached.
    then ("the line's `nobody` words, then the end");
    /// How long it rings.
    ring_for ("the group's, or `\"30s\"`");
    /// As a [group's](#people-and-groups). An outside number cannot be listened to, so it has no `"amd"`, and
    /// `"amd+key"` is `"key"`.
    screen ("the group's; `\"amd\"` for a person, `\"key\"` for an outside number");
    /// The digit that declines.
    decline_key ("the group's, or `\"9\"`");
    /// Which number a person or an outside number is shown, as a [forward's](#outside-numbers).
    show = "line";
    /// `true`: the talk is recorded, see [Recorded talks](#recorded-talks).
    record = false;
    /// With `record`: `false` if callers have heard before that talks are recorded.
    recording_notice = true;
}

/// A line of the directory. What is left of its keys are those of any line.
pub(super) struct DirectoryLine<'a> {
    pub(super) number: PhoneNumber,
    pub(super) section: Section<'a>,
    pub(super) office: Office,
}

/// What a line of the directory has and no other.
pub(super) struct Office {
    /// The step that calls the office.
    pub(super) start: Text,
    /// Who is told of the messages of its callers, where the step that takes them does not say.
    pub(super) told: Arc<[Recipient]>,
}

/// What the directory may refer to.
pub(super) struct Names<'a> {
    pub(super) people: &'a People,
    pub(super) groups: &'a Groups,
    pub(super) sounds: &'a Sounds,
    pub(super) report: &'a Report,
}

/// Who answers.
enum Answers {
    Person(String, Person),
    Group(Arc<RingGroup>),
    Number(Place, PhoneNumber),
}

/// How they are called, as far as the file says.
struct How {
    ring_for: Option<Duration>,
    whisper: Option<(Place, Prompt)>,
    screen: Option<(Place, Screen)>,
    decline_key: Option<char>,
    show: Show,
    recording: Recording,
    then: Option<Text>,
}

/// Reads `[directory]`, and adds the step that calls each office.
pub(super) fn read<'a>(section: Section<'a>, names: &Names<'_>, steps: &mut Steps) -> Vec<DirectoryLine<'a>> {
    let mut entries = section.into_entries();
    let defaults = entries.iter().position(|(key, _)| key == DEFAULTS).map(|at| entries.remove(at).1);
    let defaults = defaults.and_then(Value::section);
    if let (Some(defaults), true) = (&defaults, entries.is_empty()) {
        defaults.problem(
            "no number stands beside these defaults, as in \"+4930123456\" = { name = \"Office\", to = \"ana\" }",
        );
    }
    let numbers: BTreeSet<PhoneNumber> = entries.iter().filter_map(|(key, _)| key.parse().ok()).collect();
    let mut lines = Vec::new();
    for (nth, (key, value)) in entries.into_iter().enumerate() {
        let Ok(number) = key.parse::<PhoneNumber>() else {
            value.problem(format!("not an E.164 number such as \"+4930123456\", in quotes, nor `{DEFAULTS}`"));
            continue;
        };
        let Some(mut section) = value.section() else { continue };
        let own_place = section.place.clone();
        if let Some(defaults) = &defaults {
            section = section.with_defaults(defaults);
        }
        let name = format!("(office {})", nth + 1);
        let start = Text { place: own_place.clone(), text: name.clone() };
        let answers = section.require("to", "a person, a group, or a number such as \"+4930123456\"");
        let answers = answers.and_then(|value| find(value, names));
        let how = read_how(&mut section, names.sounds);
        if let Some(Answers::Number(place, to)) = &answers
            && numbers.contains(to)
        {
            names.report.problem(place, CALLS_ITSELF);
        }
        let told = answers.as_ref().map(told_of_messages).unwrap_or_default();
        add_step(steps, name, own_place, answers, &how, names.report);
        lines.push(DirectoryLine { number, section, office: Office { start, told } });
    }
    lines
}

fn read_how(section: &mut Section<'_>, sounds: &Sounds) -> How {
    let whisper = section.take("whisper").and_then(|value| Some((value.place.clone(), read_whisper(value, sounds)?)));
    How {
        ring_for: section.take("ring_for").and_then(|value| value.duration(RING_TIMES)),
        whisper,
        screen: section.take("screen").and_then(|value| Some((value.place.clone(), value.choice(&SCREENS)?))),
        decline_key: section.take("decline_key").and_then(read_decline_key),
        show: section.take("show").and_then(|value| value.choice(&SHOWS)).unwrap_or_default(),
        recording: Recording::read_talks(section),
        then: section.take("then").and_then(Value::text),
    }
}

/// Who is meant; `None` also for somebody who is there but wrong, which was reported.
fn find(value: Value<'_>, names: &Names<'_>) -> Option<Answers> {
    let Names { people, groups, report, .. } = names;
    let to = value.text()?;
    if let Some(entry) = people.get(&to.text) {
        let group = groups.get(&to.text).and_then(Option::as_ref);
        let is_alone = |members: &[Member]| {
            members.iter().all(|member| entry.person.as_ref().is_some_and(|person| person.phone == member.phone))
        };
        if group.is_some_and(|group| !is_alone(&group.ring.members)) {
            report.warning(&to.place, "a person and a group have this name; it stands for the person");
        }
        return Some(Answers::Person(to.text, entry.person.clone()?));
    }
    if let Some(group) = groups.get(&to.text) {
        return Some(Answers::Group(group.as_ref()?.ring.clone()));
    }
    if let Ok(number) = to.text.parse::<PhoneNumber>() {
        // Whoever is rung by several lines is rung once at a time, which only works for people.
        let is_number = |(_, person): &(&String, &Person)| person.phone == number;
        let mut known = people.iter().filter_map(|(id, entry)| Some((id, entry.person.as_ref()?)));
        return Some(match known.find(is_number) {
            Some((id, person)) => Answers::Person(id.clone(), person.clone()),
            None => Answers::Number(to.place, number),
        });
    }
    let nearest = did_you_mean(&to.text, people.keys().chain(groups.keys()).map(String::as_str));
    let what = if to.text.starts_with('+') {
        "not an E.164 number such as \"+4930123456\"".to_owned()
    } else {
        format!("no person and no group is named `{}`{nearest}", shown(&to.text))
    };
    report.problem(&to.place, what);
    None
}

/// Whoever answers is told of the messages of callers whom they did not answer.
fn told_of_messages(answers: &Answers) -> Arc<[Recipient]> {
    match answers {
        Answers::Person(_, person) => [Recipient { name: person.name.clone(), phone: person.phone }].into(),
        Answers::Group(group) => {
            let recipient = |member: &Member| Recipient { name: member.name.clone(), phone: member.phone };
            group.members.iter().map(recipient).collect()
        }
        Answers::Number(_, number) => [Recipient { name: number.to_string().into(), phone: *number }].into(),
    }
}

/// The group of one who answers alone.
fn group_of(id: &str, person: &Person, how: &How) -> RingGroup {
    let ring_for = how.ring_for.unwrap_or(DEFAULT_RING_FOR);
    let phone_for = person.phone_for.unwrap_or(ring_for);
    RingGroup {
        name: id.into(),
        members: vec![Member { name: person.name.clone(), phone: person.phone, phone_for }],
        ring_for,
        wait_for: ring_for,
        passes: 1,
        order: Order::default(),
        screen: how.screen.as_ref().map_or_else(Screen::default, |(_, screen)| *screen),
        decline_key: how.decline_key.unwrap_or(DECLINE_KEY),
        ring_busy: false,
        whisper: how.whisper.as_ref().map(|(_, whisper)| whisper.unfilled()),
        show: how.show,
        callback_to_same: Callback::default(),
    }
}

/// The group, called as the directory says. Times that follow from `ring_for` follow it.
fn changed(group: &RingGroup, how: &How) -> RingGroup {
    let mut changed = group.clone();
    if let Some(ring_for) = how.ring_for {
        let follow = |time: &mut Duration| {
            if *time == group.ring_for {
                *time = ring_for;
            }
        };
        follow(&mut changed.wait_for);
        changed.members.iter_mut().for_each(|member| follow(&mut member.phone_for));
        changed.ring_for = ring_for;
    }
    if let Some((_, screen)) = how.screen {
        changed.screen = screen;
    }
    if let Some(decline_key) = how.decline_key {
        changed.decline_key = decline_key;
    }
    if let Some((_, whisper)) = &how.whisper {
        changed.whisper = Some(whisper.unfilled());
    }
    changed
}

fn add_step(steps: &mut Steps, name: String, place: Place, answers: Option<Answers>, how: &How, report: &Report) {
    match answers {
        Some(Answers::Number(to_place, to)) => add_forward(steps, name, to, how, (place, to_place), report),
        Some(Answers::Person(id, person)) => add_ring(steps, name, place, group_of(&id, &person, how), how, report),
        Some(Answers::Group(group)) => add_ring(steps, name, place, changed(&group, how), how, report),
        // Reported; the line is still read, so that all problems are told at once.
        None => steps.add_nothing(name, place),
    }
}

fn add_ring(steps: &mut Steps, name: String, place: Place, group: RingGroup, how: &How, report: &Report) {
    // A group whose own whisper and screen do not fit is told of where it stands.
    let said_here = how.whisper.as_ref().map(|(at, _)| at).or(how.screen.as_ref().map(|(at, _)| at));
    let tells = group.screen == Screen::None && group.whisper.as_ref().is_some_and(Words::tell_of_caller);
    if let (Some(at), true) = (said_here, tells) {
        report.problem(at, TELLS_WHATEVER_PICKS_UP);
    }
    steps.add_ring(name, place, Arc::new(group), how.then.clone(), how.recording, report);
}

fn add_forward(
    steps: &mut Steps,
    name: String,
    to: PhoneNumber,
    how: &How,
    (place, to_place): (Place, Place),
    report: &Report,
) {
    let screen = match &how.screen {
        // Nobody at the carrier can tell who picks up there, and a mailbox must not have the caller.
        None | Some((_, Screen::Key | Screen::AmdAndKey)) => ForwardScreen::Key,
        Some((_, Screen::None)) => ForwardScreen::None,
        Some((place, Screen::Amd)) => {
            report.problem(
                place,
                "the carrier does not listen who picks up an outside number; expected \"key\", \"amd+key\" or \"none\"",
            );
            ForwardScreen::Key
        }
    };
    if let (Some((whisper, prompt)), ForwardScreen::None) = (&how.whisper, screen)
        && prompt.tells_of_caller()
    {
        report.problem(whisper, TELLS_OF_CALLER);
    }
    let forward = OfficeForward {
        to,
        place: to_place,
        ring_for: how.ring_for.unwrap_or(DEFAULT_RING_FOR),
        whisper: how.whisper.as_ref().map(|(_, whisper)| whisper.clone()),
        screen,
        decline_key: how.decline_key.unwrap_or(DECLINE_KEY),
        show: how.show,
        then: how.then.clone(),
    };
    steps.add_forward(name, place, forward, how.recording, report);
}

const DEFAULTS: &str = "defaults";
const DEFAULT_RING_FOR: Duration = Duration::from_secs(30);
