//! `[hours]`: when it is open, for the steps that ask.

mod days;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ringall_core::flow::hours::{Hours, Schedule, Zone};

use super::{
    problem::{Place, Report, did_you_mean, shown},
    reader::{Section, Value},
    reference::keys,
};

keys! {
    pub(super) HOURS: "hours" at ["hours.*"], "Key in `[hours.NAME]` | Default | ";
    /// Whose clocks are meant: a name of the IANA database, such as `"America/New_York"`. Offsets such as `GMT+1` do not
    /// say when clocks are changed, and are refused.
    zone ("the line's `zone`");
    /// A weekday. Several in a row are written as `mon-fri`; each may be said only once.
    mon, tue, wed, thu, fri, sat, sun = "closed";
    /// Days that are otherwise: once (`"2026-12-24"`) or every year (`"12-25"`). Once goes before every year, and that
    /// before the weekday.
    except ();
}

/// All hours of the file, and which of them some step asks for.
#[derive(Debug)]
pub(super) struct AllHours {
    written: BTreeMap<String, WrittenHours>,
    used: RefCell<BTreeSet<String>>,
}

/// Hours as the file has them: in a zone of their own, or in that of each line which asks.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    name: Arc<str>,
    schedule: Arc<Schedule>,
    zone: Option<Zone>,
}

#[derive(Debug)]
struct WrittenHours {
    place: Place,
    /// `None` after a problem.
    opening: Option<Opening>,
}

/// Reads `[hours]`.
pub(super) fn read(section: Section<'_>, report: &Report) -> AllHours {
    let read_one = |(name, value): (String, Value<'_>)| {
        let place = value.place.clone();
        let opening = value.section().and_then(|section| read_opening(&name, section, report));
        (name, WrittenHours { place, opening })
    };
    let written = section.into_named().into_iter().map(read_one).collect();
    AllHours { written, used: RefCell::default() }
}

fn read_opening(name: &str, mut section: Section<'_>, report: &Report) -> Option<Opening> {
    let place = section.place.clone();
    let has_zone = section.take("zone").map(|zone| read_zone(&zone));
    let mut schedule = Schedule::default();
    let exceptions = section.take("except").map(|value| days::read_exceptions(value, &mut schedule));
    let week = days::read_week(section, &mut schedule, report);
    if !week || exceptions == Some(false) {
        return None;
    }
    if schedule.never_opens() {
        report.problem(&place, "never open; expected hours on some day, such as `mon-fri = \"09:00-17:00\"`");
        return None;
    }
    let zone = match has_zone {
        Some(zone) => Some(zone?),
        None => None,
    };
    Some(Opening { name: name.into(), schedule: Arc::new(schedule), zone })
}

impl AllHours {
    /// The hours that are named here; `None` also for some that were reported already.
    pub(super) fn find(&self, value: Value<'_>) -> Option<Opening> {
        let report = value.report;
        let name = value.text()?;
        let Some(hours) = self.written.get(&name.text) else {
            let nearest = did_you_mean(&name.text, self.written.keys().map(String::as_str));
            report.problem(&name.place, format!("no hours are named `{}`{nearest}", shown(&name.text)));
            return None;
        };
        self.used.borrow_mut().insert(name.text);
        hours.opening.clone()
    }

    /// Warns of hours that no step has asked for.
    pub(super) fn report_unused(&self, report: &Report) {
        let used = self.used.borrow();
        for (_, hours) in self.written.iter().filter(|(name, _)| !used.contains(*name)) {
            report.warning(&hours.place, "no step asks for these hours");
        }
    }
}

impl Opening {
    /// On the walls of a line's zone, unless they have their own; `None` without any.
    pub(super) fn on_line(&self, zone: Option<&Zone>) -> Option<Hours> {
        let zone = self.zone.as_ref().or(zone)?.clone();
        Some(Hours { name: self.name.clone(), zone, schedule: self.schedule.clone() })
    }

    /// What the file calls them.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// A zone of the IANA database.
pub(super) fn read_zone(value: &Value<'_>) -> Option<Zone> {
    let Some(text) = value.raw_text() else { return value.wrong("a time zone such as \"Europe/London\"") };
    let zone = Zone::named(text.trim());
    if zone.is_none() {
        let nearest = nearest_zone(text.trim());
        let nearest = nearest.map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"));
        value.problem(format!("no time zone of the IANA database, such as \"Europe/London\"{nearest}"));
    }
    zone
}

/// The zone that may be meant: of this city, or written nearly so. Only names of the database are ever shown.
fn nearest_zone(written: &str) -> Option<String> {
    // An offset such as GMT+1 does not say whose clocks are meant.
    let is_offset = written.contains(|sign: char| sign.is_ascii_digit());
    if written.is_empty() || is_offset || written.len() > LONGEST_ZONE {
        return None;
    }
    let written = written.to_lowercase().replace(' ', "_");
    let distance = |name: &str| {
        let name = name.to_lowercase();
        let city = name.rsplit('/').next().unwrap_or(&name);
        let whole = strsim::damerau_levenshtein(&name, &written);
        whole.min(if written.contains('/') { whole } else { strsim::damerau_levenshtein(city, &written) })
    };
    let near = Zone::names().map(|name| (distance(&name), name)).min()?;
    (near.0 <= written.chars().count() / 5).then_some(near.1)
}

/// No zone's name is as long.
const LONGEST_ZONE: usize = 40;
