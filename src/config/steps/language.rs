//! `language`: from this step on the caller is spoken to in another language.

use std::collections::BTreeMap;

use ringall_core::flow::{Flow, Language, Words};

use super::{
    CLOSED, SORRY, Steps, Voice,
    action::{Action, Context, Lead, read_lead},
    menu::{NO_INPUT, WRONG_KEY},
};
use crate::config::{
    languages::read_language,
    problem::{Report, shown},
    prompts::english_if_unknown,
    reader::{Section, Value},
};

/// Reads a step with `language`.
pub(super) fn read<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let place = section.place.clone();
    let next = read_lead(section, "next", Lead::End, context);
    if let Lead::End = next {
        context
            .report
            .problem(&place.key("next", place.offset), "missing; expected the step that goes on in this language");
    }
    Some(Action::Language { language: read_language(value)?, next })
}

/// Warns of words that a caller can come to in a language in which they are not given.
pub(super) fn report_missing(steps: &Steps, flow: &Flow, voice: &Voice<'_>, report: &Report) {
    let mut of_line: BTreeMap<Language, Vec<&str>> = BTreeMap::new();
    for (named, language, keys) in flow.missing_words(voice.language) {
        match (steps.steps.get(&*named.name), words_of(&named.name)) {
            (Some(step), _) => report.warning(&step.place, not_given(&language, &keys)),
            // Added by the program, with the line's words or its own.
            (None, Some(words)) => of_line.entry(language).or_default().push(words),
            (None, None) => {}
        }
    }
    for (language, mut words) in of_line {
        words.sort_unstable();
        report.warning(&voice.place.key("words", voice.place.offset), not_given(&language, &words));
    }
}

/// Warns of words of a line that is not English in which English would be spoken.
pub(super) fn report_english_places(steps: &Steps, flow: &Flow, report: &Report) {
    for named in flow.steps() {
        let words = named.step.words().into_iter();
        let names = words
            .filter_map(|(_, words)| if let Words::Template(it) = words { it.place_without_words() } else { None });
        let step = steps.steps.get(&*named.name);
        for (name, step) in names.zip(step) {
            report.warning(&step.place, english_if_unknown(name.name()));
        }
    }
}

fn not_given(language: &Language, keys: &[&str]) -> String {
    format!("not given in {}, which callers can hear here: {}", shown(language.as_str()), keys.join(", "))
}

/// The words of a step that the program adds, as the line's words call them.
fn words_of(step: &str) -> Option<&'static str> {
    match step {
        SORRY => Some("nobody"),
        CLOSED => Some("closed"),
        name if name == NO_INPUT.name => Some("the end of a menu without `no_input`"),
        name if name == WRONG_KEY.name => Some("the end of a menu without `wrong_key`"),
        _ => None,
    }
}
