//! What holds on which day: a week, and the days that are otherwise.

use std::{collections::BTreeMap, fmt};

use jiff::civil;

use super::{DayHours, LocalTime};

/// When it is open, on the days of the week and on days that are otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    week: BTreeMap<Weekday, DayHours>,
    exceptions: BTreeMap<Day, DayHours>,
    closed: DayHours,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "everybody knows them")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// The day that a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Day {
    /// Every week.
    OfTheWeek(Weekday),
    /// Every year, by month and day.
    OfTheYear(i8, i8),
    /// Once.
    Once(civil::Date),
}

/// No calendar has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the calendar has no such day")]
pub struct NoSuchDay;

impl Schedule {
    /// What holds on this day of every week; without it, it is closed.
    pub fn set_weekday(&mut self, weekday: Weekday, hours: DayHours) {
        self.week.insert(weekday, hours);
    }

    /// What holds on this day instead; once goes before every year, and that before every week. The old one comes back.
    pub fn set_exception(&mut self, day: Day, hours: DayHours) -> Option<DayHours> {
        self.exceptions.insert(day, hours)
    }

    /// Whether no day of it has hours.
    pub fn never_opens(&self) -> bool {
        self.week.values().chain(self.exceptions.values()).all(DayHours::is_closed)
    }

    /// The rule for a day, and its hours.
    pub(super) fn on(&self, local: &LocalTime) -> (Day, &DayHours) {
        let date = local.date();
        let exception = [Day::Once(date), Day::OfTheYear(date.month(), date.day())]
            .into_iter()
            .find_map(|day| Some((day, self.exceptions.get(&day)?)));
        exception.unwrap_or_else(|| {
            let weekday = local.weekday();
            (Day::OfTheWeek(weekday), self.week.get(&weekday).unwrap_or(&self.closed))
        })
    }
}

impl Weekday {
    /// From the first day of the week on.
    pub const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];

    /// In English.
    pub fn name(self) -> &'static str {
        match self {
            Self::Monday => "Monday",
            Self::Tuesday => "Tuesday",
            Self::Wednesday => "Wednesday",
            Self::Thursday => "Thursday",
            Self::Friday => "Friday",
            Self::Saturday => "Saturday",
            Self::Sunday => "Sunday",
        }
    }
}

impl Day {
    /// This day and no other.
    pub fn once(year: i16, month: i8, day: i8) -> Result<Self, NoSuchDay> {
        civil::Date::new(year, month, day).map(Self::Once).map_err(|_| NoSuchDay)
    }

    /// This day of every year that has it.
    pub fn of_the_year(month: i8, day: i8) -> Result<Self, NoSuchDay> {
        civil::Date::new(LEAP_YEAR, month, day).map(|_| Self::OfTheYear(month, day)).map_err(|_| NoSuchDay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfTheWeek(weekday) => f.write_str(weekday.name()),
            Self::OfTheYear(month, day) => write!(f, "{day} {}", month_name(*month)),
            Self::Once(date) => write!(f, "{} {} {}", date.day(), month_name(date.month()), date.year()),
        }
    }
}

/// In English; `month` counts from 1.
pub(super) fn month_name(month: i8) -> &'static str {
    let index = usize::try_from(month - 1).unwrap_or(0);
    MONTHS.get(index).copied().unwrap_or_default()
}

/// One that has every day that any year has.
const LEAP_YEAR: i16 = 2000;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_days() {
        assert_eq!(Day::once(2026, 2, 29), Err(NoSuchDay));
        assert_eq!(Day::once(2026, 13, 1), Err(NoSuchDay));
        assert_eq!(Day::of_the_year(2, 30), Err(NoSuchDay));
        assert_eq!(Day::of_the_year(0, 1), Err(NoSuchDay));
        assert_eq!(Day::of_the_year(2, 29).unwrap().to_string(), "29 February");
        assert_eq!(Day::once(2028, 2, 29).unwrap().to_string(), "29 February 2028");
    }
}
