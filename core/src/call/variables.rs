//! What the places in words are filled with in one call, and in which language its caller is spoken to. What a carrier
//! or a lookup says about a caller is untrusted: it is cut, and nothing but what can be spoken is left of it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::CallerDocument;
use crate::{
    flow::{Language, Menu, Part, Template, Variable, Words},
    phone::CallerId,
};

/// What is known when a call begins, for the words in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Known {
    /// How the line's name is spoken.
    pub line_name: Arc<str>,
    /// The line's language: that of members, and of the caller until a step changes it.
    pub language: Language,
    /// Where the caller's number belongs.
    pub origin: Origin,
}

/// Where a number belongs, by the carrier's word (carrier contract §1.1).
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Origin {
    city: Option<Arc<str>>,
    state: Option<Arc<str>>,
    country: Option<Arc<str>>,
}

/// The variables of one call.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Variables {
    caller: CallerId,
    known: Known,
    found: BTreeMap<Arc<str>, Arc<str>>,
    /// What the caller has chosen.
    language: Option<Language>,
}

/// Longer names of places are no names.
const LONGEST_PLACE: usize = 60;
/// A sentence or two.
const LONGEST_FOUND: usize = 200;
/// No lookup needs more fields.
const MOST_FOUND: usize = 64;
/// States and countries may be abbreviated, and stay as they are.
const LONGEST_ABBREVIATION: usize = 3;

const WITHHELD: &str = "a withheld number";
const NO_NUMBER: &str = "an unknown number";
const NO_CITY: &str = "an unknown place";
const NO_STATE: &str = "an unknown region";
const NO_COUNTRY: &str = "an unknown country";

impl Origin {
    /// As the carrier says it; what is empty is not known.
    pub fn read(city: Option<&str>, state: Option<&str>, country: Option<&str>) -> Self {
        let place = |text: Option<&str>| spoken(text?, LONGEST_PLACE).map(|place| not_shouted(&place).into());
        Self { city: place(city), state: place(state), country: place(country) }
    }
}

impl Variables {
    /// The variables of a call that begins.
    pub fn new(caller: CallerId, known: Known) -> Self {
        Self { caller, known, found: BTreeMap::new(), language: None }
    }

    /// A lookup has found this about the caller; from now on words tell it. What an earlier one found is forgotten.
    pub fn set_found(&mut self, found: BTreeMap<Arc<str>, Arc<str>>) {
        let clean = |(field, value): (Arc<str>, Arc<str>)| Some((field, spoken(&value, LONGEST_FOUND)?.into()));
        self.found = found.into_iter().filter_map(clean).take(MOST_FOUND).collect();
    }

    /// What a lookup has found, as far as it can be spoken.
    pub fn found(&self) -> &BTreeMap<Arc<str>, Arc<str>> {
        &self.found
    }

    /// From now on the caller is spoken to in this language.
    pub fn speak(&mut self, language: Language) {
        self.language = Some(language);
    }

    /// What the caller hears now in the place of these words: nothing is left to be filled or chosen.
    #[must_use]
    pub fn for_caller(&self, words: &Words) -> Words {
        self.heard(words, self.language.as_ref().unwrap_or(&self.known.language))
    }

    /// The same for somebody on another telephone, who hears the line's own language.
    #[must_use]
    pub fn for_member(&self, words: &Words) -> Words {
        self.heard(words, &self.known.language)
    }

    /// The one place where whatever a caller hears passes by.
    pub(super) fn fill(&self, document: CallerDocument) -> CallerDocument {
        match document {
            CallerDocument::Say { words, then } => CallerDocument::Say { words: self.for_caller(&words), then },
            CallerDocument::Choose { before, menu, visit } => {
                let before = before.map(|words| self.for_caller(&words));
                CallerDocument::Choose { before, menu: self.menu(menu), visit }
            }
            CallerDocument::Hold { words, sound, visit } => {
                let sound = sound.map(|sound| self.for_caller(&sound));
                CallerDocument::Hold { words: words.map(|words| self.for_caller(&words)), sound, visit }
            }
            CallerDocument::Record { words, voicemail, visit } => {
                CallerDocument::Record { words: self.for_caller(&words), voicemail, visit }
            }
            // What an outside number hears is said to it, when it asks for it.
            CallerDocument::EnterRoom
            | CallerDocument::KeepRinging
            | CallerDocument::HearRingback
            | CallerDocument::HangUp
            | CallerDocument::Reject(_)
            | CallerDocument::HandOver(_)
            | CallerDocument::Forward { .. } => document,
        }
    }

    fn menu(&self, menu: Arc<Menu>) -> Arc<Menu> {
        let prompt = self.for_caller(&menu.prompt);
        if prompt == menu.prompt { menu } else { Arc::new(Menu { prompt, ..Menu::clone(&menu) }) }
    }

    fn heard(&self, words: &Words, language: &Language) -> Words {
        match words {
            Words::Spoken(_) | Words::Sound { .. } | Words::SpokenIn { .. } => words.clone(),
            Words::Template(template) => Words::Spoken(self.filled(template)),
            Words::Several(several) => {
                let Some((own, words)) = chosen(several, language, &self.known.language) else { return "".into() };
                let heard = self.heard(words, language);
                let Words::Spoken(words) = &heard else { return heard };
                if own.is_covered_by(&self.known.language) {
                    return heard;
                }
                // Where the words say no country, the caller's language does.
                let spoken = if own.is_covered_by(language) { language } else { own };
                Words::SpokenIn { language: spoken.clone(), words: words.clone() }
            }
        }
    }

    fn filled(&self, template: &Template) -> Arc<str> {
        let mut text = String::new();
        for part in template.parts() {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Place { variable, otherwise } => match (self.value(variable), otherwise) {
                    (Ok(value), _) => text.push_str(&value),
                    (Err(_), Some(otherwise)) => text.push_str(otherwise),
                    (Err(unknown), None) => text.push_str(unknown),
                },
            }
        }
        text.into()
    }

    /// What a variable stands for; or how it is said that this is not known.
    fn value(&self, variable: &Variable) -> Result<Arc<str>, &'static str> {
        let origin = &self.known.origin;
        match variable {
            Variable::LineName => Ok(self.known.line_name.clone()),
            Variable::CallerNumber => match &self.caller {
                CallerId::Number(number) => Ok(digit_by_digit(&number.expose())),
                CallerId::Withheld => Err(WITHHELD),
                CallerId::Other(_) => Err(NO_NUMBER),
            },
            Variable::CallerCity => self.place(origin.city.as_ref()).ok_or(NO_CITY),
            Variable::CallerState => self.place(origin.state.as_ref()).ok_or(NO_STATE),
            Variable::CallerCountry => self.place(origin.country.as_ref()).ok_or(NO_COUNTRY),
            Variable::Found(field) => self.found.get(field).cloned().ok_or(""),
        }
    }

    /// A place that the carrier names although the number is withheld belongs to the digits that stand in its stead.
    fn place(&self, place: Option<&Arc<str>>) -> Option<Arc<str>> {
        match self.caller {
            CallerId::Withheld => None,
            CallerId::Number(_) | CallerId::Other(_) => place.cloned(),
        }
    }
}

/// The words for a language: its own, those of the same tongue, those of the line, or whatever there is.
fn chosen<'a>(
    several: &'a BTreeMap<Language, Words>,
    language: &Language,
    usual: &Language,
) -> Option<(&'a Language, &'a Words)> {
    let find = |suits: &dyn Fn(&Language) -> bool| several.iter().find(|(own, _)| suits(own));
    find(&|own| own.as_str().eq_ignore_ascii_case(language.as_str()))
        .or_else(|| find(&|own| own.is_covered_by(language)))
        .or_else(|| find(&|own| own.is_same_tongue(language)))
        .or_else(|| find(&|own| own.is_covered_by(usual)))
        .or_else(|| find(&|own| own.is_same_tongue(usual)))
        .or_else(|| several.first_key_value())
}

/// What can be spoken of a text that a stranger wrote; `None` if nothing is left.
fn spoken(text: &str, most: usize) -> Option<String> {
    let mut clean = String::new();
    // No more is looked at than can be left: whoever sends mebibytes does not make us read them all.
    for sign in text.chars().take(4 * most) {
        if !is_unspeakable(sign) {
            clean.push(sign);
        } else if !clean.ends_with(' ') {
            clean.push(' ');
        }
    }
    let words: Vec<_> = clean.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(most).collect();
    let cut = cut.trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// Control characters, and those that only say how others are to be written.
fn is_unspeakable(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// Carriers write places in capitals, which voices spell letter by letter.
fn not_shouted(place: &str) -> String {
    if place.chars().count() <= LONGEST_ABBREVIATION || place.chars().any(char::is_lowercase) {
        return place.to_owned();
    }
    let word = |word: &str| {
        let mut signs = word.chars();
        signs.next().into_iter().chain(signs.flat_map(char::to_lowercase)).collect::<String>()
    };
    let words: Vec<_> = place.split(' ').map(word).collect();
    words.join(" ")
}

fn digit_by_digit(number: &str) -> Arc<str> {
    let digits: Vec<_> = number.chars().filter(char::is_ascii_digit).map(String::from).collect();
    digits.join(" ").into()
}

/// Never the values: they are about a person.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self.found.keys().collect();
        f.debug_struct("Variables").field("found", &fields).field("language", &self.language).finish_non_exhaustive()
    }
}

/// Which of them are known.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = (self.city.is_some(), self.state.is_some(), self.country.is_some());
        f.debug_tuple("Origin").field(&known).finish()
    }
}

#[cfg(test)]
mod tests;
