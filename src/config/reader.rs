//! The file as written: sections, and values that know where they stand. What is asked for and missing, there and not
//! asked for, or of the wrong kind is reported, and reading goes on.

use std::{collections::BTreeSet, fmt::Display, ops::RangeInclusive, time::Duration};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use url::Url;

use super::problem::{Place, Problems, Report, did_you_mean, is_name};

/// A table of the file. What nobody has taken from it by [`Section::finish`] is an unknown key.
pub(super) struct Section<'a> {
    pub(super) place: Place,
    report: &'a Report,
    entries: Vec<(String, Value<'a>)>,
    asked: BTreeSet<&'static str>,
}

/// Something that stands at a key.
#[derive(Clone)]
pub(super) struct Value<'a> {
    pub(super) place: Place,
    pub(super) report: &'a Report,
    written: DeValue<'a>,
}

/// A text of the file, with its place for what turns out later.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) place: Place,
    pub(super) text: String,
}

impl<'a> Section<'a> {
    /// The whole file. A file that is no TOML is one problem, and its words are not repeated: they may be a secret.
    pub(super) fn root(text: &'a str, report: &'a Report) -> Result<Self, Problems> {
        let table = DeTable::parse(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let (line, column) = line_and_column(text, offset);
            Problems::one(format!("line {line}, column {column}"), format!("not TOML: {}", error.message()))
        })?;
        Ok(Self::new(Place { path: String::new(), offset: 0 }, report, table.into_inner()))
    }

    fn new(place: Place, report: &'a Report, table: DeTable<'a>) -> Self {
        let mut entries: Vec<_> = table.into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut section = Self::empty(place, report);
        for (key, value) in entries {
            let place = section.place_of(key.get_ref(), key.span().start);
            section.entries.push((key.into_inner().into_owned(), Value { place, report, written: value.into_inner() }));
        }
        section
    }

    /// An empty table, for one that the file does not have.
    pub(super) fn empty(place: Place, report: &'a Report) -> Self {
        Self { place, report, entries: Vec::new(), asked: BTreeSet::new() }
    }

    /// Numbers are shown by their end, so two keys may look alike: the second is marked as such.
    fn place_of(&self, key: &str, offset: usize) -> Place {
        let mut place = self.place.key(key, offset);
        if !place.path.ends_with('"') {
            return place;
        }
        let alike = self
            .entries
            .iter()
            .filter(|(_, value)| value.place.path.starts_with(place.path.trim_end_matches('"')))
            .count();
        if alike > 0 {
            place.path = format!("{} ({})\"", place.path.trim_end_matches('"'), alike + 1);
        }
        place
    }

    /// The keys that nobody has taken.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(key, _)| key.as_str())
    }

    /// Whether anything stands here that nobody has taken.
    pub(super) fn has_any(&self) -> bool {
        !self.entries.is_empty()
    }

    pub(super) fn problem(&self, text: impl Into<String>) {
        self.report.problem(&self.place, text);
    }

    /// With whatever stands in `defaults` and not here.
    pub(super) fn with_defaults(mut self, defaults: &Self) -> Self {
        for (key, value) in &defaults.entries {
            if !self.has(key) {
                self.entries.push((key.clone(), value.clone()));
            }
        }
        self
    }

    /// Whether anything stands at `key`.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name == key)
    }

    /// What stands at `key`, if anything does. Such a key is declared by [`keys!`](super::reference::keys).
    pub(super) fn take(&mut self, key: &'static str) -> Option<Value<'a>> {
        #[cfg(test)]
        super::reference::note(&self.place.path, key);
        self.find(key)
    }

    /// Reports what stands at a key that cannot stand here, and why it cannot.
    pub(super) fn refuse(&mut self, key: &'static str, why: &str) {
        if let Some(value) = self.find(key) {
            value.problem(why);
        }
    }

    fn find(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.asked.insert(key);
        let index = self.entries.iter().position(|(name, _)| name == key)?;
        Some(self.entries.remove(index).1)
    }

    /// What stands at `key`; `such_as` shows what is missing if nothing does.
    pub(super) fn require(&mut self, key: &'static str, such_as: &str) -> Option<Value<'a>> {
        let value = self.take(key);
        if value.is_none() {
            self.report.problem(&self.place.key(key, self.place.offset), format!("missing; expected {such_as}"));
        }
        value
    }

    /// The table at `key`; an empty one if there is none or it is no table.
    pub(super) fn section(&mut self, key: &'static str) -> Self {
        let place = self.place.key(key, self.place.offset);
        let section = self.take(key).and_then(Value::section);
        section.unwrap_or_else(|| Self::empty(place, self.report))
    }

    /// Everything in a table whose keys are names that the file makes up.
    pub(super) fn into_entries(self) -> Vec<(String, Value<'a>)> {
        self.entries
    }

    /// As [`Section::into_entries`], for keys that others refer to.
    pub(super) fn into_named(self) -> Vec<(String, Value<'a>)> {
        for (key, value) in &self.entries {
            if !is_name(key) {
                self.report.problem(&value.place, "a name has letters, digits, `-` and `_` only");
            }
        }
        self.entries
    }

    /// Reports what is left over.
    pub(super) fn finish(self) {
        for (key, value) in &self.entries {
            let nearest = did_you_mean(key, self.asked.iter().copied());
            self.report.problem(&value.place, format!("unknown key{nearest}"));
        }
    }
}

impl<'a> Value<'a> {
    pub(super) fn problem(&self, text: impl Into<String>) {
        self.report.problem(&self.place, text);
    }

    pub(super) fn is_table(&self) -> bool {
        self.written.is_table()
    }

    pub(super) fn is_list(&self) -> bool {
        self.written.is_array()
    }

    pub(super) fn is_flag(&self) -> bool {
        self.written.is_bool()
    }

    /// The string here, whatever it says, without a word about what stands here instead.
    pub(super) fn raw_text(&self) -> Option<&str> {
        self.written.as_str()
    }

    pub(super) fn section(self) -> Option<Section<'a>> {
        let DeValue::Table(table) = self.written else { return self.wrong("a table") };
        Some(Section::new(self.place, self.report, table))
    }

    pub(super) fn list(self) -> Option<Vec<Self>> {
        let DeValue::Array(array) = self.written else { return self.wrong("a list") };
        let items = array.into_iter().enumerate().map(|(index, item): (usize, Spanned<DeValue<'a>>)| {
            let place = self.place.item(index, item.span().start);
            Self { place, report: self.report, written: item.into_inner() }
        });
        Some(items.collect())
    }

    /// A text that says something.
    pub(super) fn text(self) -> Option<Text> {
        let Some(text) = self.written.as_str() else { return self.wrong("a text in quotes") };
        if text.trim().is_empty() {
            self.problem("empty");
            return None;
        }
        Some(Text { text: text.trim().to_owned(), place: self.place })
    }

    pub(super) fn flag(self) -> Option<bool> {
        self.written.as_bool().or_else(|| self.wrong("`true` or `false`"))
    }

    pub(super) fn whole_number(self, range: RangeInclusive<usize>) -> Option<usize> {
        let number = self.integer().and_then(|number| usize::try_from(number).ok());
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        number.filter(|number| range.contains(number)).or_else(|| self.wrong(&expected))
    }

    /// A number above zero.
    pub(super) fn rate(self) -> Option<f64> {
        let whole = self.integer().and_then(|number| u32::try_from(number).ok()).map(f64::from);
        let number = whole.or_else(|| self.written.as_float()?.as_str().parse().ok());
        number.filter(|rate| rate.is_finite() && *rate > 0.0).or_else(|| self.wrong("a number above 0"))
    }

    pub(super) fn duration(self, range: RangeInclusive<Duration>) -> Option<Duration> {
        let Some(text) = self.written.as_str() else { return self.wrong("a duration such as \"30s\"") };
        let Ok(duration) = humantime::parse_duration(text) else {
            self.problem("expected a duration such as \"30s\" or \"2m\"");
            return None;
        };
        if !range.contains(&duration) {
            let [from, to] = [range.start(), range.end()].map(|end| humantime::format_duration(*end));
            self.problem(format!("expected {from} to {to}, found {}", humantime::format_duration(duration)));
            return None;
        }
        Some(duration)
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(self, choices: &[(&str, T)]) -> Option<T> {
        let text = self.written.as_str();
        if let Some((_, chosen)) = choices.iter().find(|(name, _)| Some(*name) == text) {
            return Some(*chosen);
        }
        let expected = one_of(choices);
        match text {
            Some(text) if choices.len() > 1 => {
                let nearest = did_you_mean(text, choices.iter().map(|(name, _)| *name));
                self.problem(format!("expected {expected}{nearest}"));
                None
            }
            Some(_) => {
                self.problem(format!("expected {expected}"));
                None
            }
            None => self.wrong(&expected),
        }
    }

    /// The address of a server, without a slash at the end of a path (a bare host keeps its `/`).
    pub(super) fn base_url(self) -> Option<Url> {
        let Some(text) = self.written.as_str() else { return self.wrong("an address such as \"https://example.org\"") };
        match read_base_url(text) {
            Ok(url) => Some(url),
            Err(expected) => {
                self.problem(expected);
                None
            }
        }
    }

    /// A text that `read` understands; `expected` says what that is. The text is never repeated.
    pub(super) fn parsed<T>(self, expected: impl Display, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let Some(text) = self.written.as_str() else { return self.wrong(&expected.to_string()) };
        let read = read(text);
        if read.is_none() {
            self.problem(format!("expected {expected}"));
        }
        read
    }

    /// Says what was expected and what stands here; texts are private and are not shown.
    pub(super) fn wrong<T>(&self, expected: &str) -> Option<T> {
        let found = match &self.written {
            DeValue::String(_) => "a text".to_owned(),
            DeValue::Integer(_) => self
                .integer()
                .filter(|number| number.abs() < LARGEST_SHOWN)
                .map_or_else(|| "an integer".to_owned(), |number| format!("the integer {number}")),
            DeValue::Float(_) => "a number with a point".to_owned(),
            DeValue::Boolean(flag) => format!("`{flag}`"),
            DeValue::Datetime(_) => "a date".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.problem(format!("expected {expected}, found {found}"));
        None
    }

    fn integer(&self) -> Option<i64> {
        let integer = self.written.as_integer()?;
        i64::from_str_radix(integer.as_str(), integer.radix()).ok()
    }
}

fn read_base_url(text: &str) -> Result<Url, &'static str> {
    let mut url = Url::parse(text).map_err(|_| "expected an address such as \"https://example.org\"")?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Err("expected an address that begins with `https://`");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("expected an address without `?` and `#`");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("expected an address without a user and a password");
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn one_of<T>(choices: &[(&str, T)]) -> String {
    let names: Vec<_> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    match names.as_slice() {
        [names @ .., last] if !names.is_empty() => format!("{} or {last}", names.join(", ")),
        names => names.concat(),
    }
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Larger integers may be telephone numbers.
const LARGEST_SHOWN: i64 = 1_000_000;
