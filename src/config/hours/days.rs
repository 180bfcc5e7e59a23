//! The days of hours: weekdays, alone or from one to another, and dates that are otherwise.

use std::collections::BTreeMap;

use ringall_core::flow::hours::{Day, DayHours, Range, Schedule, Weekday};

use crate::config::{
    problem::{Place, Report, did_you_mean},
    reader::{Section, Value},
};

/// Reads every weekday of `[hours.NAME]`; whether all of it was right.
pub(super) fn read_week(section: Section<'_>, schedule: &mut Schedule, report: &Report) -> bool {
    let mut right = true;
    let mut set: BTreeMap<Weekday, String> = BTreeMap::new();
    for (key, value) in section.into_entries() {
        let Some(weekdays) = read_weekdays(&key) else {
            report.problem(&value.place, unknown_key(&key));
            right = false;
            continue;
        };
        let place = value.place.clone();
        let hours = read_day(value);
        right &= hours.is_some();
        for weekday in weekdays {
            if let Some(before) = set.insert(weekday, key.clone()) {
                report.problem(&place, format!("{} has hours already, by `{before}`", weekday.name()));
                right = false;
                break;
            }
            schedule.set_weekday(weekday, hours.clone().unwrap_or_default());
        }
    }
    right
}

/// Reads `except`; whether all of it was right.
pub(super) fn read_exceptions(value: Value<'_>, schedule: &mut Schedule) -> bool {
    let Some(section) = value.section() else { return false };
    let mut right = true;
    let within = section.place.clone();
    for (key, mut value) in section.into_entries() {
        if looks_like_date(&key) {
            // Eight digits, and yet no telephone number.
            value.place = Place { path: format!("{}.\"{key}\"", within.path), offset: value.place.offset };
        }
        let day = read_date(&key);
        if let Err(expected) = &day {
            value.problem(expected.clone());
        }
        let hours = read_day(value);
        match (day, hours) {
            (Ok(day), Some(hours)) => {
                schedule.set_exception(day, hours);
            }
            _ => right = false,
        }
    }
    right
}

/// The hours of one day: words, a range, or several.
fn read_day(value: Value<'_>) -> Option<DayHours> {
    match value.raw_text() {
        Some(CLOSED) => return Some(DayHours::default()),
        Some(ALL_DAY) => return Some(DayHours::all_day()),
        Some(_) => return read_range(&value).and_then(|range| DayHours::new(vec![range]).ok()),
        None => {}
    }
    if !value.is_list() {
        return value.wrong("\"closed\", \"all day\", a range such as \"09:00-17:00\", or a list of ranges");
    }
    let (report, place) = (value.report, value.place.clone());
    let written = value.list()?;
    if written.is_empty() {
        report.problem(&place, "empty; expected ranges such as \"09:00-17:00\", or \"closed\" in place of the list");
        return None;
    }
    // Each of them is read, so that every mistake is told.
    let ranges: Vec<_> = written.iter().map(read_range).collect();
    let ranges: Option<Vec<_>> = ranges.into_iter().collect();
    match DayHours::new(ranges?) {
        Ok(hours) => Some(hours),
        Err(overlap) => {
            report.problem(&place, overlap.to_string());
            None
        }
    }
}

fn read_range(value: &Value<'_>) -> Option<Range> {
    let Some(text) = value.raw_text() else { return value.wrong("a range such as \"09:00-17:00\"") };
    if matches!(text, CLOSED | ALL_DAY) {
        value.problem(format!("\"{text}\" stands alone, in place of the list"));
        return None;
    }
    match text.parse() {
        Ok(range) => Some(range),
        Err(error) => {
            value.problem(format!("{error}{}", did_you_mean(text, [CLOSED, ALL_DAY])));
            None
        }
    }
}

/// `mon`, or `mon-fri`; a span may go over the end of the week.
fn read_weekdays(key: &str) -> Option<Vec<Weekday>> {
    let find = |name: &str| SHORT.iter().position(|short| *short == name);
    let (first, last) = match key.split_once('-') {
        Some((first, last)) => (find(first)?, find(last)?),
        None => (find(key)?, find(key)?),
    };
    let length = (last + 7 - first) % 7 + 1;
    Some(Weekday::ALL.into_iter().cycle().skip(first).take(length).collect())
}

/// Says what could stand there, and what this may mean: people write `monday` and `Mon-Fri`.
fn unknown_key(key: &str) -> String {
    let expected = "unknown key; expected weekdays such as `mon` or `mon-fri`, `zone` or `except`";
    let lower = key.to_lowercase();
    let short = |part: &str| SHORT.into_iter().find(|short| part.trim().starts_with(short));
    let parts: Option<Vec<_>> = lower.split('-').map(short).collect();
    let meant = MEANT.iter().find(|(written, _)| *written == lower).map(|(_, meant)| (*meant).to_owned());
    match meant.or_else(|| parts.filter(|parts| parts.len() <= 2).map(|parts| parts.join("-"))) {
        Some(meant) => format!("{expected}; did you mean `{meant}`?"),
        None => format!("{expected}{}", did_you_mean(key, SHORT.into_iter().chain(["mon-fri", "zone", "except"]))),
    }
}

/// `2026-12-24`, or `12-24` for every year.
fn read_date(key: &str) -> Result<Day, String> {
    let malformed = || "expected a date such as \"2026-12-24\", or \"12-24\" for every year".to_owned();
    if !looks_like_date(key) {
        return Err(malformed());
    }
    let number = |text: &str| text.parse::<i16>().map_err(|_| malformed());
    let small = |text: &str| text.parse::<i8>().map_err(|_| malformed());
    let day = match key.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => Day::once(number(year)?, small(month)?, small(day)?),
        [month, day] => Day::of_the_year(small(month)?, small(day)?),
        _ => return Err(malformed()),
    };
    day.map_err(|_| format!("the calendar has no such day; {}", malformed()))
}

/// Digits where a date has them.
fn looks_like_date(key: &str) -> bool {
    let lengths: Vec<_> = key.split('-').map(str::len).collect();
    let plain = key.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    plain && matches!(lengths.as_slice(), [4, 2, 2] | [2, 2])
}

const CLOSED: &str = "closed";
const ALL_DAY: &str = "all day";
/// What people write, and what it is called here.
const MEANT: [(&str, &str); 9] = [
    ("holidays", "except"),
    ("holiday", "except"),
    ("exceptions", "except"),
    ("timezone", "zone"),
    ("time_zone", "zone"),
    ("tz", "zone"),
    ("weekdays", "mon-fri"),
    ("weekend", "sat-sun"),
    ("daily", "mon-sun"),
];
/// In the order of [`Weekday::ALL`].
const SHORT: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
