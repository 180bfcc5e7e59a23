//! What is wrong with a configuration, and where. Nothing here repeats a secret or a whole telephone number.

use std::{cell::RefCell, collections::HashSet, fmt};

use super::Strictness;

/// One thing to mend, or to think about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Problem {
    path: String,
    text: String,
    severity: Severity,
    /// Where it stands in the file, so that problems come in the order of the file.
    offset: usize,
}

/// Whether the program can start in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The configuration cannot be used.
    Problem,
    /// It can be used, but perhaps not as was meant.
    Warning,
}

/// What keeps a configuration from being used, and the warnings beside it, in the order of the file; prints as one line
/// each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problem {
    /// The keys that lead to the place, such as `groups.night.members[1]`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What was expected there.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the program can start in spite of it.
    pub fn severity(&self) -> Severity {
        self.severity
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.text)
    }
}

impl Problems {
    /// A single problem that is not at a key, such as a file that cannot be read.
    pub(super) fn one(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self(vec![Problem { path: path.into(), text: text.into(), severity: Severity::Problem, offset: 0 }])
    }

    /// Each of them, warnings too, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let kind = if problem.severity == Severity::Warning { "warning: " } else { "" };
            write!(f, "{kind}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A place in the file: the keys that lead there, fit to be shown, and how far down it stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) offset: usize,
}

impl Place {
    /// The place of `key` inside this one.
    pub(super) fn key(&self, key: &str, offset: usize) -> Self {
        let key = if is_name(key) && !is_number_like(key) { key.to_owned() } else { format!("\"{}\"", shown(key)) };
        let path = if self.path.is_empty() { key } else { format!("{}.{key}", self.path) };
        Self { path, offset }
    }

    /// The place of the list's item number `index`, from 0.
    pub(super) fn item(&self, index: usize, offset: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), offset }
    }
}

/// Collects what is found while the file is read, so that reading goes on after a problem.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) strictness: Strictness,
    found: RefCell<Vec<Problem>>,
}

impl Report {
    pub(super) fn new(strictness: Strictness) -> Self {
        Self { strictness, found: RefCell::default() }
    }

    pub(super) fn problem(&self, at: &Place, text: impl Into<String>) {
        self.add(at, text.into(), Severity::Problem);
    }

    pub(super) fn warning(&self, at: &Place, text: impl Into<String>) {
        self.add(at, text.into(), Severity::Warning);
    }

    /// The warnings if that is all there is, else the problems.
    pub(super) fn close(self) -> Result<Vec<Problem>, Problems> {
        let mut found = self.found.into_inner();
        // Once each: a step that several lines lead to is wrong once.
        let mut seen = HashSet::new();
        found.retain(|problem| seen.insert(problem.clone()));
        found.sort_by_key(|problem| problem.offset);
        let usable = found.iter().all(|problem| problem.severity == Severity::Warning);
        if usable { Ok(found) } else { Err(Problems(found)) }
    }

    fn add(&self, at: &Place, text: String, severity: Severity) {
        let problem = Problem { path: at.path.clone(), text, severity, offset: at.offset };
        self.found.borrow_mut().push(problem);
    }
}

/// Whether `text` can be the name of a person, a group or a step.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-' || sign == '_')
}

/// What may be shown of a name that somebody wrote: it may be a telephone number at the wrong place, or worse.
pub(super) fn shown(text: &str) -> String {
    if is_number_like(text) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_token = text.chars().any(char::is_alphabetic);
        return if is_token { "…".to_owned() } else { format!("…{}", &digits[digits.len() - 2..]) };
    }
    let plain = text.chars().count() <= LONGEST_SHOWN && text.chars().all(is_plain);
    if plain { text.to_owned() } else { "…".to_owned() }
}

/// `; did you mean …?` if one of `names` is near enough to what was written, else nothing.
pub(super) fn did_you_mean<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    // What is not shown is not compared either: that takes as long as both are long, multiplied.
    let is_short = |text: &str| text.len() <= 4 * LONGEST_SHOWN;
    let near = names
        .into_iter()
        .filter(|name| is_short(name) && is_short(written))
        .map(|name| (strsim::damerau_levenshtein(&written.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, name)| is_near(*distance, name.chars().count()))
        .min();
    near.map_or_else(String::new, |(_, name)| format!("; did you mean `{}`?", shown(name)))
}

fn is_near(distance: usize, length: usize) -> bool {
    distance < length && distance <= (length / 3).max(1)
}

fn is_number_like(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).count() >= FEWEST_DIGITS_OF_A_NUMBER
}

fn is_plain(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_' | '.' | '+')
}

/// From here on digits may be somebody's telephone number.
const FEWEST_DIGITS_OF_A_NUMBER: usize = 7;
/// Names are short; what is longer may be a key that was pasted into the wrong line.
const LONGEST_SHOWN: usize = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_number_or_a_key_is_not_shown() {
        assert_eq!(shown("orgnisers"), "orgnisers");
        assert_eq!(shown("+44 7700 900001"), "…01");
        assert_eq!(shown("447700900001"), "…01");
        assert_eq!(shown("0f8e7d6c5b4a39281706f5e4d3c2b1a0"), "…");
        assert_eq!(shown(&"a".repeat(32)), "…");
        assert_eq!(shown("a\u{7}b"), "…");
    }

    #[test]
    fn only_a_near_name_is_proposed() {
        assert_eq!(did_you_mean("phnoe", ["name", "phone"]), "; did you mean `phone`?");
        assert_eq!(did_you_mean("bne", ["ana", "ben"]), "; did you mean `ben`?");
        assert_eq!(did_you_mean("colour", ["name", "phone"]), "");
        let (written, name) = ("a".repeat(1_000_000), "a".repeat(1_000_001));
        assert_eq!(did_you_mean(&written, [&*name]), "");
    }
}
