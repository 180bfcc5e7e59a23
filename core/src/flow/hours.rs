//! Opening hours: whether it is open at a moment, and why. The clock on the wall decides: what it shows twice, when it is
//! put back, counts both times, and what it skips never comes.

mod range;
mod schedule;
mod zone;

use std::{collections::BTreeSet, sync::Arc};

pub use self::{
    range::{DayHours, NotARange, Overlap, Range},
    schedule::{Day, NoSuchDay, Schedule, Weekday},
    zone::{LocalTime, Moments, NotALocalTime, Zone},
};
use crate::time::Timestamp;

/// A schedule on the walls of a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// The configuration's name, for timelines and messages.
    pub name: Arc<str>,
    /// Whose clocks are meant.
    pub zone: Zone,
    /// When it is open.
    pub schedule: Arc<Schedule>,
}

/// Open or closed, and by what rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is open.
    pub open: bool,
    day: Day,
    hours: DayHours,
}

/// Days in which the next change is looked for, the nearest first. What does not change within a year, and a leap year's
/// day more, is called unchanging.
const LOOK_AHEAD_DAYS: [u16; 3] = [2, 15, 367];

impl Hours {
    /// Whether it is open at this moment.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.at(now).open
    }

    /// Whether it is open at this moment, and why.
    pub fn at(&self, now: Timestamp) -> Verdict {
        let local = self.zone.local(now);
        let minute = local.minute_of_day();
        // A night belongs to the day on which it begins.
        if let Some(evening) = local.day_before() {
            let (day, hours) = self.schedule.on(&evening);
            if hours.reaches_into_next_day(minute) {
                return Verdict { open: true, day, hours: hours.clone() };
            }
        }
        let (day, hours) = self.schedule.on(&local);
        Verdict { open: hours.has(minute), day, hours: hours.clone() }
    }

    /// When it next opens or closes after this moment; `None` if it does neither for a year.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let open = self.is_open(now);
        LOOK_AHEAD_DAYS.iter().find_map(|days| {
            let moments = self.possible_changes(now, *days);
            moments.range(now..).copied().find(|moment| self.is_open(*moment) != open)
        })
    }

    /// Every moment from now on and so many days ahead at which it may open or close: where a range begins or ends, and
    /// where the clocks are changed.
    fn possible_changes(&self, now: Timestamp, days: u16) -> BTreeSet<Timestamp> {
        let mut moments = BTreeSet::new();
        let mut day = self.zone.local(now).day_before();
        // The day before yesterday's night ends yesterday; a day more than asked for, so that no moment is missing before
        // the last one found.
        for _ in 0..days + 2 {
            let Some(midnight) = day else { break };
            for minute in self.schedule.on(&midnight).1.boundaries() {
                match midnight.at_minute(minute).map(|local| self.zone.moments(local)) {
                    Some(Moments::Once(moment)) => moments.extend([moment]),
                    Some(Moments::Twice(first, second)) => moments.extend([first, second]),
                    Some(Moments::Never) | None => {}
                }
            }
            day = midnight.day_after();
        }
        let end = moments.last().copied().unwrap_or(now);
        moments.extend(self.zone.clock_changes(now).take_while(|moment| *moment <= end));
        moments
    }
}

impl Verdict {
    /// What the rule is, such as "24 December has 09:00-12:00".
    pub fn why(&self) -> String {
        let (day, hours) = (&self.day, &self.hours);
        if hours.is_closed() {
            format!("{day} is closed")
        } else if hours.is_all_day() {
            format!("{day} is open all day")
        } else {
            format!("{day} has {hours}")
        }
    }

    /// One word for it.
    pub fn name(&self) -> &'static str {
        if self.open { "open" } else { "closed" }
    }
}

#[cfg(test)]
mod tests;
