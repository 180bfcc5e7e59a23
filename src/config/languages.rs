//! Languages: of a line, of a caller from a step on, and who speaks each of them.

use std::{collections::BTreeMap, sync::Arc};

use ringall_core::flow::Language;

use super::reader::{Section, Value};

/// The carrier's names of voices, by language.
pub type Voices = Arc<BTreeMap<Language, String>>;

/// Reads a language such as `en-GB`.
pub(super) fn read_language(value: Value<'_>) -> Option<Language> {
    value.parsed("a language such as \"en-GB\"", |text| text.parse().ok())
}

/// Reads `[voices]`.
pub(super) fn read_voices(section: Section<'_>) -> Voices {
    let read_one = |(key, value): (String, Value<'_>)| {
        let Ok(language) = key.parse::<Language>() else {
            value.problem("not a language such as `en`; each key here is one");
            return None;
        };
        Some((language, value.text()?.text))
    };
    Arc::new(section.into_entries().into_iter().filter_map(read_one).collect())
}

/// Who speaks this language: whoever is named for just it, or for it in any country.
pub fn voice_for<'a>(language: &Language, voices: &'a Voices) -> Option<&'a str> {
    let exact = voices.iter().find(|(own, _)| own.as_str().eq_ignore_ascii_case(language.as_str()));
    let any = || voices.iter().find(|(own, _)| own.is_covered_by(language));
    let same = || voices.iter().find(|(own, _)| language.has_no_country() && own.is_same_tongue(language));
    exact.or_else(any).or_else(same).map(|(_, voice)| voice.as_str())
}
