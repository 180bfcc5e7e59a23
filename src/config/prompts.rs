//! What a caller hears at a step: words, or a recorded sound; once, or in several languages.

use std::{collections::BTreeMap, sync::Arc};

use ringall_core::flow::{Language, Words};
use url::Url;

use super::{
    lines::is_english,
    reader::{Section, Text, Value},
    reference::keys,
    sounds::{Sounds, is_file_name},
    template::{Places, Template},
    words::read_template,
};

keys! {
    pub(super) SOUND: "sound" at ["steps.*.*", "groups.*.whisper", "directory.*.whisper"], "In place of words | What is heard";
    /// This recording: a file beside the configuration file, or an address.
    play as "`{ play = \"welcome.wav\" }`";
}

/// Words with places still in them, or a sound.
#[derive(Debug, Clone)]
pub(super) enum Prompt {
    Spoken(Template),
    Sound(Words),
    Several(BTreeMap<Language, Prompt>),
}

/// How a prompt may be given.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    pub(super) places: Places,
    /// Without them only words can be given.
    pub(super) sounds: Option<&'a Sounds>,
}

impl Prompt {
    /// These words of the program's own, in which the line's name may have a place.
    pub(super) fn spoken(words: &str) -> Self {
        Self::Spoken(Template::read(words, Places::LINE).unwrap_or_else(|_| Template::plain(words)))
    }

    /// What is heard on a line of this name.
    pub(super) fn fill(&self, spoken_name: &str) -> Words {
        self.made(&|template| template.fill(spoken_name))
    }

    /// What is heard on any line.
    pub(super) fn unfilled(&self) -> Words {
        self.made(&Template::unfilled)
    }

    fn made(&self, of_template: &dyn Fn(&Template) -> Words) -> Words {
        match self {
            Self::Spoken(template) => of_template(template),
            Self::Sound(sound) => sound.clone(),
            Self::Several(several) => {
                let made = several.iter().map(|(language, prompt)| (language.clone(), prompt.made(of_template)));
                Words::Several(Arc::new(made.collect()))
            }
        }
    }

    /// Whether its words are longer than so many characters, whatever is filled in.
    pub(super) fn is_longer_than(&self, most: usize) -> bool {
        match self {
            Self::Spoken(template) => template.unfilled().to_string().chars().count() > most,
            Self::Sound(_) => false,
            Self::Several(several) => several.values().any(|prompt| prompt.is_longer_than(most)),
        }
    }

    /// Whether it can tell anything about the caller.
    pub(super) fn tells_of_caller(&self) -> bool {
        match self {
            Self::Spoken(template) => template.tells_of_caller(),
            Self::Sound(_) => false,
            Self::Several(several) => several.values().any(Self::tells_of_caller),
        }
    }
}

/// Reads words, `{ play = "…" }`, or either for each language: `{ en = "…", de = "…" }`.
pub(super) fn read_prompt(value: Value<'_>, sounds: &Sounds) -> Option<Prompt> {
    read(value, Form { places: Places::CALL, sounds: Some(sounds) })
}

/// As [`read_prompt`], in one of the forms that are allowed here.
pub(super) fn read(value: Value<'_>, form: Form<'_>) -> Option<Prompt> {
    if !value.is_table() {
        return read_once(value, form);
    }
    let section = value.section()?;
    if form.sounds.is_none() || section.keys().any(|key| key.parse::<Language>().is_ok()) {
        return read_several(section, form);
    }
    read_sound(section, form)
}

fn read_once(value: Value<'_>, form: Form<'_>) -> Option<Prompt> {
    if value.is_table() {
        return read_sound(value.section()?, form);
    }
    read_template(value, form.places).map(Prompt::Spoken)
}

fn read_several(section: Section<'_>, form: Form<'_>) -> Option<Prompt> {
    let mut several = BTreeMap::new();
    let mut wrong = !section.has_any();
    if wrong {
        section.problem("empty; expected words, or words for each language such as { en = \"…\", de = \"…\" }");
    }
    for (key, value) in section.into_entries() {
        let Ok(language) = key.parse::<Language>() else {
            let is_sound = key == "play" && form.sounds.is_none();
            value.problem(if is_sound { NO_SOUND } else { "not a language such as `en`; each key here is one" });
            wrong = true;
            continue;
        };
        let (place, report) = (value.place.clone(), value.report);
        let prompt = read_once(value, form);
        if let Some(Prompt::Spoken(template)) = &prompt
            && let (false, Some(name)) = (is_english(&language), template.english_place())
        {
            report.warning(&place, english_if_unknown(name));
        }
        match prompt {
            Some(prompt) => drop(several.insert(language, prompt)),
            None => wrong = true,
        }
    }
    (!wrong).then_some(Prompt::Several(several))
}

/// What is to be said of such a place among words that are not English.
pub(super) fn english_if_unknown(name: &str) -> String {
    format!("if `{name}` is not known that is said in English; expected other words for it, as in `{{{name}|…}}`")
}

fn read_sound(mut section: Section<'_>, form: Form<'_>) -> Option<Prompt> {
    let Some(sounds) = form.sounds else {
        section.problem(NO_SOUND);
        return None;
    };
    let play = section.require("play", "the address of a sound, or the name of a file beside the configuration");
    section.finish();
    sound_of(play?, sounds).map(Prompt::Sound)
}

fn sound_of(value: Value<'_>, sounds: &Sounds) -> Option<Words> {
    let report = value.report;
    let text = value.text()?;
    if text.text.contains("://") {
        let sound = sound_at(&text);
        if sound.is_none() {
            report.problem(&text.place, "expected an address such as \"https://example.org/welcome.mp3\"");
        }
        return sound;
    }
    if !is_file_name(&text.text) {
        Sounds::report_path(&text.place, report);
        return None;
    }
    sounds.has(&text, report).then(|| Words::Sound { url: text.text.as_str().into(), name: text.text.into() })
}

fn sound_at(text: &Text) -> Option<Words> {
    let url = Url::parse(&text.text).ok()?;
    let is_plain = matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    let host = url.host_str().filter(|host| is_plain && !host.is_empty())?;
    // Without the query, which may hold a secret.
    let name = url.path().rsplit('/').find(|segment| !segment.is_empty()).unwrap_or(host);
    Some(Words::Sound { name: name.into(), url: url.as_str().into() })
}

const NO_SOUND: &str = "expected words; a sound cannot stand here";
