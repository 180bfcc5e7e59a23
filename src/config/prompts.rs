//! What a caller hears at a step: words, or a recorded sound.

use ringall_core::flow::Words;
use url::Url;

use super::{
    reader::{Text, Value},
    reference::keys,
    sounds::{Sounds, is_file_name},
    words::{LINE, Template, read_template},
};

keys! {
    pub(super) SOUND: "sound" at ["steps.*.*"], "In place of words | What is heard";
    /// This recording: a file beside the configuration file, or an address.
    play as "`{ play = \"welcome.wav\" }`";
}

/// Words with `{line}` still in them, or a sound.
#[derive(Debug, Clone)]
pub(super) enum Prompt {
    Spoken(Template),
    Sound(Words),
}

impl Prompt {
    /// These words.
    pub(super) fn spoken(words: &str) -> Self {
        Self::Spoken(Template::of(words))
    }

    /// What is heard, with the line's name in it.
    pub(super) fn fill(&self, spoken_name: &str) -> Words {
        match self {
            Self::Spoken(template) => template.fill(spoken_name).into(),
            Self::Sound(sound) => sound.clone(),
        }
    }
}

/// Reads words, or `{ play = "…" }`.
pub(super) fn read_prompt(value: Value<'_>, sounds: &Sounds) -> Option<Prompt> {
    if !value.is_table() {
        return read_template(value, &[LINE]).map(Prompt::Spoken);
    }
    let mut section = value.section()?;
    let play = section.require("play", "the address of a sound, or the name of a file beside the configuration");
    section.finish();
    read_sound(play?, sounds).map(Prompt::Sound)
}

fn read_sound(value: Value<'_>, sounds: &Sounds) -> Option<Words> {
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
