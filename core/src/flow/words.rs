//! What a caller or a member hears: words for the carrier's voice, or a recorded sound.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::{Language, Template};

/// Something to be heard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Words {
    /// Spoken by the carrier.
    Spoken(Arc<str>),
    /// A recorded sound.
    Sound {
        /// Where the carrier fetches it: an absolute address, or the name of a file that we serve.
        url: Arc<str>,
        /// What the file is called, for timelines.
        name: Arc<str>,
    },
    /// Spoken by the carrier in another language than the line's.
    SpokenIn {
        /// That language.
        language: Language,
        /// The words.
        words: Arc<str>,
    },
    /// Words with places in them that are filled in the moment they are heard.
    Template(Template),
    /// The same in several languages; the call's own is heard.
    Several(Arc<BTreeMap<Language, Words>>),
}

impl Words {
    /// Whether they can tell anything about the caller. Such words are for no telephone before it has accepted.
    pub fn tell_of_caller(&self) -> bool {
        match self {
            Self::Spoken(_) | Self::Sound { .. } | Self::SpokenIn { .. } => false,
            Self::Template(template) => template.tells_of_caller(),
            Self::Several(several) => several.values().any(Self::tell_of_caller),
        }
    }

    /// Whether somebody who hears this language hears it here: recordings suit everybody, unless there is one for each
    /// language, and plain words are in the `usual` one.
    pub fn are_in(&self, language: &Language, usual: &Language) -> bool {
        match self {
            Self::Sound { .. } => true,
            Self::Spoken(_) | Self::Template(_) => language.is_same_tongue(usual),
            Self::SpokenIn { language: own, .. } => language.is_same_tongue(own),
            Self::Several(several) => several.keys().any(|own| language.is_same_tongue(own)),
        }
    }
}

impl From<Arc<str>> for Words {
    fn from(words: Arc<str>) -> Self {
        Self::Spoken(words)
    }
}

impl From<&str> for Words {
    fn from(words: &str) -> Self {
        Self::Spoken(words.into())
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spoken(words) | Self::SpokenIn { words, .. } => f.write_str(words),
            Self::Sound { name, .. } => write!(f, "[{name}]"),
            Self::Template(template) => fmt::Display::fmt(template, f),
            Self::Several(several) => {
                for (nth, (language, words)) in several.iter().enumerate() {
                    write!(f, "{}{language}: {words}", if nth > 0 { " / " } else { "" })?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Part, Variable};

    #[test]
    fn words_tell_of_the_caller_if_they_do_in_any_language() {
        let place = |variable| Words::Template(Template::new([Part::Place { variable, otherwise: None }]));
        let (tells, tells_not) = (place(Variable::CallerCity), place(Variable::LineName));
        let several = |german: &Words| {
            let own = |language: &str, words: &Words| (language.parse::<Language>().unwrap(), words.clone());
            Words::Several(Arc::new([own("en", &tells_not), own("de", german)].into()))
        };

        assert!(tells.tell_of_caller() && several(&tells).tell_of_caller());
        let sound = Words::Sound { url: "https://example.org/{caller.city}.mp3".into(), name: "a sound".into() };
        for words in [&tells_not, &several(&tells_not), &"A call from {caller.city}.".into(), &sound] {
            assert!(!words.tell_of_caller(), "{words}");
        }
    }
}
