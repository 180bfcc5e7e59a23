//! Time zones, and the clocks on their walls. What is known of them is compiled in; nothing is looked up on the machine.

use std::{fmt, str::FromStr};

use jiff::{
    civil,
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};

use super::{Weekday, schedule::month_name};
use crate::time::Timestamp;

/// A time zone of the IANA database.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// What a clock on the wall shows, with its calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime(civil::DateTime);

/// When a clock on the wall shows a certain time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moments {
    /// On an ordinary day.
    Once(Timestamp),
    /// The clocks are put back over it.
    Twice(Timestamp, Timestamp),
    /// The clocks are put forward over it.
    Never,
}

/// A text that is no date with a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date and a time such as \"2026-12-24 18:05\"")]
pub struct NotALocalTime;

impl Zone {
    /// The zone of this name, such as `Europe/London`, however its letters are written.
    pub fn named(name: &str) -> Option<Self> {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        // The database also answers with a zone for what is not known.
        zone.iana_name()?;
        Some(Self(zone))
    }

    /// The zone without any offset.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The names of all zones.
    pub fn names() -> impl Iterator<Item = String> {
        let names: Vec<_> = TimeZoneDatabase::bundled().available().map(|name| name.as_str().to_owned()).collect();
        names.into_iter()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or_default()
    }

    /// What the clocks show at this moment.
    pub fn local(&self, moment: Timestamp) -> LocalTime {
        LocalTime(self.0.to_datetime(to_jiff(moment)))
    }

    /// When the clocks show this time.
    pub fn moments(&self, local: LocalTime) -> Moments {
        let of = |offset: jiff::tz::Offset| offset.to_timestamp(local.0).ok().map(of_jiff);
        match self.0.to_ambiguous_timestamp(local.0).offset() {
            AmbiguousOffset::Unambiguous { offset } => of(offset).map_or(Moments::Never, Moments::Once),
            AmbiguousOffset::Gap { .. } => Moments::Never,
            AmbiguousOffset::Fold { before, after } => match (of(before), of(after)) {
                (Some(first), Some(second)) => Moments::Twice(first, second),
                (first, second) => first.or(second).map_or(Moments::Never, Moments::Once),
            },
        }
    }

    /// The moments after this one at which the clocks are put forward or back.
    pub(super) fn clock_changes(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.0.following(to_jiff(after)).map(|change| of_jiff(change.timestamp()))
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl LocalTime {
    /// In short, such as `2026-12-24 18:05`.
    pub fn short(&self) -> impl fmt::Display {
        self.0.strftime("%Y-%m-%d %H:%M")
    }

    /// Whether both are times of one day.
    pub fn is_same_day(&self, other: &Self) -> bool {
        self.date() == other.date()
    }

    pub(super) fn date(&self) -> civil::Date {
        self.0.date()
    }

    pub(super) fn weekday(&self) -> Weekday {
        let index = usize::try_from(self.0.weekday().to_monday_zero_offset()).unwrap_or(0);
        Weekday::ALL[index % Weekday::ALL.len()]
    }

    pub(super) fn minute_of_day(&self) -> u16 {
        60 * u16::from(self.0.hour().unsigned_abs()) + u16::from(self.0.minute().unsigned_abs())
    }

    /// The midnight with which the day before begins.
    pub(super) fn day_before(&self) -> Option<Self> {
        self.0.date().yesterday().ok().map(|date| Self(date.into()))
    }

    /// The midnight with which the day after begins.
    pub(super) fn day_after(&self) -> Option<Self> {
        self.0.date().tomorrow().ok().map(|date| Self(date.into()))
    }

    /// So many minutes after the midnight with which this day begins, by the wall's clock.
    pub(super) fn at_minute(&self, minute: u16) -> Option<Self> {
        let midnight = civil::DateTime::from(self.0.date());
        midnight.checked_add(jiff::SignedDuration::from_mins(minute.into())).ok().map(Self)
    }
}

impl FromStr for LocalTime {
    type Err = NotALocalTime;

    fn from_str(text: &str) -> Result<Self, NotALocalTime> {
        let text = text.trim().replacen('T', " ", 1);
        civil::DateTime::strptime("%Y-%m-%d %H:%M", text).map(Self).map_err(|_| NotALocalTime)
    }
}

impl fmt::Debug for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// In words, such as "Thursday 24 December 2026, 18:05".
impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, month, year) = (self.0.day(), month_name(self.0.month()), self.0.year());
        let (hour, minute) = (self.0.hour(), self.0.minute());
        write!(f, "{} {day} {month} {year}, {hour:02}:{minute:02}", self.weekday().name())
    }
}

/// What lies beyond the calendar is its last moment.
fn to_jiff(moment: Timestamp) -> jiff::Timestamp {
    let millis = i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX)
}

/// What lies before 1970 is its first moment.
fn of_jiff(moment: jiff::Timestamp) -> Timestamp {
    Timestamp::from_millis(u64::try_from(moment.as_millisecond()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_its_name_and_by_nothing_else() {
        assert_eq!(Zone::named("Europe/London").unwrap().to_string(), "Europe/London");
        assert_eq!(Zone::named("europe/london").unwrap().name(), "Europe/London");
        for unknown in ["", "London", "Europe/Londn", "Etc/Unknown", "../../etc/passwd", "GMT+1", "+01:00"] {
            assert_eq!(Zone::named(unknown), None, "{unknown}");
        }
        assert!(Zone::names().any(|name| name == "Australia/Lord_Howe"));
    }

    #[test]
    fn every_zone_that_is_named_is_there() {
        for name in Zone::names() {
            assert!(Zone::named(&name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_ends_of_time_have_a_time_of_day() {
        let zone = Zone::named("Pacific/Kiritimati").unwrap();

        assert_eq!(zone.local(Timestamp::default()).short().to_string(), "1969-12-31 13:20");
        assert!(zone.local(Timestamp::from_millis(u64::MAX)).short().to_string().starts_with("9999-12-"));
    }

    #[test]
    fn a_moment_is_read_and_told() {
        let local: LocalTime = "2026-12-24 18:05".parse().unwrap();

        assert_eq!(local.to_string(), "Thursday 24 December 2026, 18:05");
        assert_eq!("2026-12-24T18:05".parse(), Ok(local));
        assert_eq!(local.short().to_string(), "2026-12-24 18:05");
        for wrong in ["", "2026-12-24", "18:05", "24.12.2026 18:05", "2026-02-29 18:05", "2026-12-24 25:00", "tomorrow"]
        {
            assert_eq!(wrong.parse::<LocalTime>(), Err(NotALocalTime), "{wrong}");
        }
    }

    #[test]
    fn a_time_is_shown_once_twice_or_never() {
        let zone = Zone::named("Europe/London").unwrap();
        let moments = |text: &str| zone.moments(text.parse().unwrap());
        let at = |text: &str| of_jiff(text.parse().unwrap());

        assert_eq!(moments("2026-03-29 00:30"), Moments::Once(at("2026-03-29T00:30Z")));
        assert_eq!(moments("2026-03-29 01:30"), Moments::Never);
        assert_eq!(moments("2026-10-25 01:30"), Moments::Twice(at("2026-10-25T00:30Z"), at("2026-10-25T01:30Z")));
    }
}
