//! Words with places in them, as written: `{line.name}`, `{caller.city|unknown}`, `{lookup.company}`. A brace that is
//! meant is written twice.

use std::borrow::Cow;

use ringall_core::flow::{self, Part, Variable};

use super::problem::{did_you_mean, shown};

/// Words that were read, with their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

/// Which places words may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    line: bool,
    caller: bool,
    decline_key: bool,
    /// One that the program fills in where these words are said.
    own: Option<&'static str>,
}

impl Places {
    /// None.
    pub(super) const NONE: Self = Self { line: false, caller: false, decline_key: false, own: None };
    /// The line's name: for whoever is not to hear of the caller, or not yet.
    pub(super) const LINE: Self = Self { line: true, ..Self::NONE };
    /// The line's name, and the digit that declines.
    pub(super) const LINE_AND_KEY: Self = Self { line: true, decline_key: true, ..Self::NONE };
    /// The digit that declines.
    pub(super) const KEY: Self = Self { decline_key: true, ..Self::NONE };
    /// Everything that is known of the call.
    pub(super) const CALL: Self = Self { line: true, caller: true, ..Self::NONE };

    /// These, and one of this name.
    pub(super) const fn and(self, own: &'static str) -> Self {
        Self { own: Some(own), ..self }
    }

    fn has(self, variable: &Variable) -> bool {
        if variable.tells_of_caller() { self.caller } else { self.line }
    }

    /// `; the placeholders here are …`.
    fn told(self) -> String {
        let mut names: Vec<Cow<'_, str>> = Vec::new();
        if self.line && !self.caller {
            names.push(LINE.into());
        }
        if self.caller {
            names.extend(Variable::FIXED.iter().map(|variable| variable.name().into()));
            names.push("lookup.FIELD".into());
        }
        if self.decline_key {
            names.push(DECLINE_KEY.into());
        }
        names.extend(self.own.map(Cow::from));
        let quoted: Vec<_> = names.iter().map(|name| format!("`{{{name}}}`")).collect();
        match quoted.as_slice() {
            [] => "no placeholder can stand here".to_owned(),
            [one] => format!("the only placeholder here is {one}"),
            [others @ .., last] => format!("the placeholders here are {} and {last}", others.join(", ")),
        }
    }

    fn names(self) -> Vec<&'static str> {
        let fixed = Variable::FIXED.iter().filter(|variable| self.has(variable)).map(Variable::name);
        let mut names: Vec<_> = fixed.collect();
        names.extend(self.line.then_some(LINE));
        names.extend(self.decline_key.then_some(DECLINE_KEY));
        names.extend(self.own);
        names
    }
}

impl Template {
    /// These words, which have no places.
    pub(super) fn plain(words: &str) -> Self {
        Self(vec![Part::Text(words.into())])
    }

    /// Reads words; else says what is wrong with them.
    pub(super) fn read(text: &str, places: Places) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let (brace, after) = rest[at..].split_at(1);
            if let Some(after) = after.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let inside = (brace == "{").then(|| after.split_once('}')).flatten();
            let Some((inside, after)) = inside.filter(|(inside, _)| !inside.contains('{')) else {
                return Err("a lonely brace; one that is meant is written twice, as `{{` or `}}`".to_owned());
            };
            if inside == DECLINE_KEY && places.decline_key {
                plain.push_str(DECLINE_PLACE);
            } else if places.own == Some(inside) {
                plain.push('{');
                plain.push_str(inside);
                plain.push('}');
            } else {
                let place = read_place(inside, places)?;
                parts.extend(text_part(&mut plain));
                parts.push(place);
            }
            rest = after;
        }
        plain.push_str(rest);
        parts.extend(text_part(&mut plain));
        Ok(Self(parts))
    }

    /// Whether they can tell anything about the caller.
    pub(super) fn tells_of_caller(&self) -> bool {
        flow::Template::new(self.0.iter().cloned()).tells_of_caller()
    }

    /// The first place for which English is spoken if it is not known.
    pub(super) fn english_place(&self) -> Option<&'static str> {
        let template = flow::Template::new(self.0.iter().cloned());
        template.place_without_words().map(Variable::name)
    }

    /// The words of a line; what is not known before a call stays open.
    pub(super) fn fill(&self, spoken_name: &str) -> flow::Words {
        let mut parts = Vec::new();
        let mut plain = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => plain.push_str(text),
                Part::Place { variable: Variable::LineName, .. } => plain.push_str(spoken_name),
                Part::Place { .. } => {
                    parts.extend(text_part(&mut plain));
                    parts.push(part.clone());
                }
            }
        }
        if parts.is_empty() {
            return flow::Words::Spoken(plain.into());
        }
        parts.extend(text_part(&mut plain));
        flow::Words::Template(flow::Template::new(parts))
    }

    /// The words for every line, whose name stays open.
    pub(super) fn unfilled(&self) -> flow::Words {
        match self.0.as_slice() {
            [Part::Text(text)] => flow::Words::Spoken(text.clone()),
            parts => flow::Words::Template(flow::Template::new(parts.iter().cloned())),
        }
    }
}

fn text_part(plain: &mut String) -> Option<Part> {
    (!plain.is_empty()).then(|| Part::Text(std::mem::take(plain).into()))
}

fn read_place(inside: &str, places: Places) -> Result<Part, String> {
    let (name, otherwise) = match inside.split_once('|') {
        Some((name, otherwise)) => (name.trim(), Some(otherwise.trim().into())),
        None => (inside.trim(), None),
    };
    let variable = match name.strip_prefix("lookup.") {
        Some(field) if is_field(field) => Some(Variable::Found(field.into())),
        Some(_) => return Err("expected the name of a field, as in `{lookup.company}`".to_owned()),
        None if name == LINE => Some(Variable::LineName),
        None => Variable::FIXED.into_iter().find(|variable| variable.name() == name),
    };
    match variable {
        Some(variable) if places.has(&variable) => Ok(Part::Place { variable, otherwise }),
        Some(_) if places == Places::NONE => Err(places.told()),
        Some(_) => Err(format!("`{{{name}}}` cannot stand here; {}", places.told())),
        None => {
            let nearest = did_you_mean(name, places.names());
            let told = if nearest.is_empty() { format!("; {}", places.told()) } else { nearest };
            Err(format!("unknown placeholder `{{{}}}`{told}", shown(name)))
        }
    }
}

fn is_field(field: &str) -> bool {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    (1..=LONGEST_FIELD).contains(&field.len()) && field.chars().all(plain)
}

/// Short for `line.name`.
const LINE: &str = "line";
const DECLINE_KEY: &str = "decline_key";
/// Stays in the words: which digit it is, is each group's own matter.
pub(super) const DECLINE_PLACE: &str = "{decline_key}";
const LONGEST_FIELD: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_with_their_own_words_for_what_is_not_known() {
        let words = read("{line} | {line.name}: {caller.city|far away} {lookup.vip.level}");

        let place = |variable, otherwise: Option<&str>| Part::Place { variable, otherwise: otherwise.map(Into::into) };
        let text = |text: &str| Part::Text(text.into());
        let expected = [
            text("Office | Office: "),
            place(Variable::CallerCity, Some("far away")),
            text(" "),
            place(Variable::Found("vip.level".into()), None),
        ];
        assert_eq!(words.fill("Office"), flow::Words::Template(flow::Template::new(expected)));
        assert!(words.tells_of_caller() && !read("{line}").tells_of_caller());
    }

    #[test]
    fn braces_that_are_meant_are_written_twice() {
        assert_eq!(read("{{line}} is {line}, {{{line}}}").fill("A"), "{line} is A, {A}".into());
    }

    #[test]
    fn names_of_lines_are_not_read_again() {
        assert_eq!(read("Call for {line}.").fill("{caller.number}"), "Call for {caller.number}.".into());
    }

    #[test]
    fn what_cannot_be_filled_is_refused() {
        for wrong in
            ["{", "}", "a { b", "{line", "{line{line}}", "line}", "{}", "{ }", "{caller}", "{lookup.}", "{lookup.a b}"]
        {
            assert!(Template::read(wrong, Places::CALL).is_err(), "{wrong}");
        }
        assert!(Template::read("{caller.city}", Places::LINE).is_err());
        assert!(Template::read("{decline_key}", Places::CALL).is_err());
    }

    fn read(text: &str) -> Template {
        Template::read(text, Places::CALL).unwrap()
    }
}
