//! What whoever picks up hears, and presses, before they have the call.

use ringall_core::{
    call::Ringback,
    flow::{Forward, ForwardScreen, RingGroup, Step, Words},
    screen::Screen,
};

use crate::config::Line;

/// A row for each group that a step of this line rings, or for the outside number that it dials.
pub(super) fn before_the_call(step: &Step, line: &Line) -> Vec<String> {
    match step {
        Step::Forward(forward) => vec![at_forward(forward, line)],
        Step::ForwardToFound(forward) => vec![at_forward(forward, line)],
        Step::Ring { .. } | Step::Queue(_) => step.groups().map(|group| at_group(group, step, line)).collect(),
        Step::Say { .. }
        | Step::HangUp
        | Step::Hours { .. }
        | Step::Menu(_)
        | Step::GoTo { .. }
        | Step::Reject { .. }
        | Step::HandOver { .. }
        | Step::Lookup(_)
        | Step::Branch(_)
        | Step::Language { .. }
        | Step::Voicemail(_) => Vec::new(),
    }
}

/// Words for a phone as they are known before a call.
pub(super) fn said(words: &Words, line: &Line) -> String {
    words.to_string().replace("{line.name}", &line.spoken_name)
}

fn at_group(group: &RingGroup, step: &Step, line: &Line) -> String {
    let (name, asked) = (&group.name, line.words.whisper(group.decline_key));
    // Where the carrier itself rings a group it listens for no machine.
    let by_carrier = line.ringback == Ringback::Dial && matches!(step, Step::Ring { .. });
    let taken = match group.screen {
        Screen::None => format!("whatever picks up in {name} has the call"),
        Screen::Amd if !by_carrier => {
            let key = format!("in doubt they hear \"{asked}\", and take it by any digit but {}", group.decline_key);
            format!("whoever in {name} is taken for a human has the call; {key}")
        }
        Screen::Amd | Screen::Key | Screen::AmdAndKey => by_key(&format!("in {name}"), &asked, group.decline_key),
    };
    taken + &then(group.whisper.as_ref(), line)
}

fn at_forward<To>(forward: &Forward<To>, line: &Line) -> String {
    let own = forward.whisper.as_ref();
    let key = forward.decline_key;
    match (forward.screen, own) {
        (ForwardScreen::None, own) => format!("whatever picks up there has the call{}", then(own, line)),
        (ForwardScreen::Key, Some(words)) if !forward.whispers_behind_key() => {
            by_key("there", &format!("{} {}", said(words, line), line.words.take_or_decline(key)), key)
        }
        (ForwardScreen::Key, own) => by_key("there", &line.words.whisper(key), key) + &then(own, line),
    }
}

fn by_key(place: &str, asked: &str, decline_key: char) -> String {
    format!("whoever picks up {place} hears \"{asked}\", and takes the call by any digit but {decline_key}")
}

fn then(whisper: Option<&Words>, line: &Line) -> String {
    whisper.map_or_else(String::new, |words| format!("; before the caller they hear \"{}\"", said(words, line)))
}
