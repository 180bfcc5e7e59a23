//! Languages, as they are named in configurations and to carriers.

use std::{fmt, str::FromStr, sync::Arc};

/// A language, perhaps with its country: `de`, or `de-AT`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(Arc<str>);

/// A text that names no language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a language such as `en-GB`")]
pub struct NotALanguage;

impl Language {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without its country.
    pub fn tongue(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// Whether whoever speaks one of them understands the other.
    pub fn is_same_tongue(&self, other: &Self) -> bool {
        self.tongue().eq_ignore_ascii_case(other.tongue())
    }

    /// Whether both are the same, or this one says no country and leaves it to the other.
    pub fn is_covered_by(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0) || (self.has_no_country() && self.is_same_tongue(other))
    }

    /// Whether only the language is said.
    pub fn has_no_country(&self) -> bool {
        !self.0.contains('-')
    }
}

impl Default for Language {
    fn default() -> Self {
        Self("en-US".into())
    }
}

impl FromStr for Language {
    type Err = NotALanguage;

    fn from_str(text: &str) -> Result<Self, NotALanguage> {
        let mut parts = text.split('-');
        let tongue = parts.next().unwrap_or_default();
        let is_tongue = (2..=3).contains(&tongue.len()) && tongue.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_part = |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_alphanumeric());
        if is_tongue && parts.all(is_part) { Ok(Self(text.into())) } else { Err(NotALanguage) }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_told_apart_by_its_tongue_and_its_country() {
        let [de, at, english] = ["de", "de-AT", "EN-gb"].map(|text| text.parse::<Language>().unwrap());

        assert!(de.is_same_tongue(&at) && !de.is_same_tongue(&english));
        assert!(de.is_covered_by(&at) && !at.is_covered_by(&de) && at.is_covered_by(&at));
        assert!(english.is_same_tongue(&Language::default()) && !english.is_covered_by(&Language::default()));
        assert_eq!((english.tongue(), english.as_str(), at.to_string().as_str()), ("EN", "EN-gb", "de-AT"));
    }

    #[test]
    fn what_names_no_language_is_refused() {
        for wrong in ["", "d", "german", "de_DE", "de-", "de-D", "d3", "de-äö"] {
            assert_eq!(wrong.parse::<Language>(), Err(NotALanguage), "{wrong}");
        }
    }
}
