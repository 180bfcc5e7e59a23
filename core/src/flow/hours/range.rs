//! The hours of one day: ranges of minutes, which may reach into the next day.

use std::{cmp::Ordering, fmt, str::FromStr};

/// From one minute of the day up to another, which it leaves out; may end on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// Of the day.
    from: u16,
    /// Of the day; what is above [`DAY`] lies on the next one.
    to: u16,
}

/// When it is open on one day, in order; a range over midnight belongs to the day on which it begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayHours(Vec<Range>);

/// A text that is no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARange {
    /// It does not look like one.
    #[error("expected a range such as \"09:00-17:00\"")]
    Malformed,
    /// A time that no clock shows.
    #[error("there is no such time of day; hours go from 00:00 to 24:00")]
    NoSuchTime,
    /// It ends where it begins, which may mean a whole day or nothing.
    #[error("begins and ends at the same time; write \"all day\" or \"closed\"")]
    Empty,
}

/// Two ranges of a day have a time in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} and {1} overlap")]
pub struct Overlap(pub Range, pub Range);

/// Minutes of a day.
const DAY: u16 = 24 * 60;

impl Range {
    fn has(self, minute: u16) -> bool {
        self.from <= minute && minute < self.to
    }
}

impl FromStr for Range {
    type Err = NotARange;

    fn from_str(text: &str) -> Result<Self, NotARange> {
        let (from, to) = text.split_once('-').ok_or(NotARange::Malformed)?;
        let (from, to) = (read_minute(from)?, read_minute(to)?);
        match (from, from.cmp(&to)) {
            (DAY, _) => Err(NotARange::NoSuchTime),
            (_, Ordering::Equal) => Err(NotARange::Empty),
            (_, Ordering::Greater) => Ok(Self { from, to: to + DAY }),
            (_, Ordering::Less) => Ok(Self { from, to }),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = if self.to > DAY { self.to - DAY } else { self.to };
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, to / 60, to % 60)
    }
}

impl DayHours {
    /// From midnight to midnight.
    pub fn all_day() -> Self {
        Self(vec![Range { from: 0, to: DAY }])
    }

    /// Puts the ranges in order; no ranges are a closed day.
    pub fn new(mut ranges: Vec<Range>) -> Result<Self, Overlap> {
        ranges.sort_unstable();
        let mut neighbours = ranges.iter().zip(ranges.iter().skip(1));
        match neighbours.find(|(first, second)| second.from < first.to) {
            Some((first, second)) => Err(Overlap(*first, *second)),
            None => Ok(Self(ranges)),
        }
    }

    /// Whether it never opens.
    pub fn is_closed(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it opens at midnight and never closes.
    pub fn is_all_day(&self) -> bool {
        *self == Self::all_day()
    }

    /// Whether it is open at this minute of the day itself.
    pub(super) fn has(&self, minute: u16) -> bool {
        self.0.iter().any(|range| range.has(minute))
    }

    /// Whether it is still open at this minute of the day after.
    pub(super) fn reaches_into_next_day(&self, minute: u16) -> bool {
        self.has(minute + DAY)
    }

    /// The minutes at which it opens or closes, counted from the midnight with which the day begins.
    pub(super) fn boundaries(&self) -> impl Iterator<Item = u16> {
        self.0.iter().flat_map(|range| [range.from, range.to])
    }
}

impl fmt::Display for DayHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, range) in self.0.iter().enumerate() {
            let before = match nth {
                0 => "",
                nth if nth + 1 == self.0.len() => " and ",
                _ => ", ",
            };
            write!(f, "{before}{range}")?;
        }
        Ok(())
    }
}

/// A time of day as on a digital clock, or `24:00`.
fn read_minute(text: &str) -> Result<u16, NotARange> {
    let (hour, minute) = text.trim().split_once(':').ok_or(NotARange::Malformed)?;
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(hour) || !plain(minute) || !(1..=2).contains(&hour.len()) || minute.len() != 2 {
        return Err(NotARange::Malformed);
    }
    let number = |text: &str| text.parse::<u16>().map_err(|_| NotARange::Malformed);
    let (hour, minute) = (number(hour)?, number(minute)?);
    match (hour, minute) {
        (24, 0) => Ok(DAY),
        (0..24, 0..60) => Ok(60 * hour + minute),
        _ => Err(NotARange::NoSuchTime),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_people_write_it_and_told_alike() {
        for (written, told) in [
            ("09:00-17:00", "09:00-17:00"),
            (" 9:00 - 17:30 ", "09:00-17:30"),
            ("22:00-06:00", "22:00-06:00"),
            ("18:00-24:00", "18:00-24:00"),
            ("18:00-00:00", "18:00-24:00"),
            ("00:00-24:00", "00:00-24:00"),
        ] {
            assert_eq!(written.parse::<Range>().map(|range| range.to_string()), Ok(told.to_owned()), "{written}");
        }
    }

    #[test]
    fn what_is_no_range_is_told_apart_by_what_is_wrong() {
        use NotARange::{Empty, Malformed, NoSuchTime};
        for (written, wrong) in [
            ("", Malformed),
            ("9-17", Malformed),
            ("09:00", Malformed),
            ("09.00-17.00", Malformed),
            ("9am-5pm", Malformed),
            ("09:00-17:00-18:00", Malformed),
            ("09:00–17:00", Malformed),
            ("+9:00-17:00", Malformed),
            ("009:00-17:00", Malformed),
            ("09:0-17:00", Malformed),
            (":00-17:00", Malformed),
            ("09:60-17:00", NoSuchTime),
            ("09:00-25:00", NoSuchTime),
            ("09:00-24:01", NoSuchTime),
            ("24:00-06:00", NoSuchTime),
            ("09:00-09:00", Empty),
            ("00:00-00:00", Empty),
        ] {
            assert_eq!(written.parse::<Range>(), Err(wrong), "{written}");
        }
    }

    #[test]
    fn ranges_may_touch_and_not_overlap_in_whatever_order_they_are_written() {
        let range = |text: &str| text.parse::<Range>().unwrap();
        let day = |texts: &[&str]| DayHours::new(texts.iter().map(|text| range(text)).collect());

        assert_eq!(day(&["12:00-17:00", "09:00-12:00"]).unwrap().to_string(), "09:00-12:00 and 12:00-17:00");
        let three = day(&["09:00-12:00", "13:00-15:00", "16:00-17:00"]).unwrap();
        assert_eq!(three.to_string(), "09:00-12:00, 13:00-15:00 and 16:00-17:00");
        assert_eq!(day(&["01:00-02:00", "05:00-06:00", "22:00-05:00"]).unwrap().0.len(), 3, "05:00 is the next day's");
        let overlap = day(&["12:00-17:00", "09:00-12:01"]).unwrap_err();
        assert_eq!(overlap, Overlap(range("09:00-12:01"), range("12:00-17:00")));
        assert_eq!(overlap.to_string(), "09:00-12:01 and 12:00-17:00 overlap");
        assert!(day(&["22:00-06:00", "23:00-23:30"]).is_err() && day(&["09:00-10:00", "09:00-10:00"]).is_err());
    }
}
