use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};

use super::*;

#[test]
fn an_ordinary_week_opens_and_closes_to_the_minute() {
    let hours = hours("Europe/London", &[(Monday, "09:00-12:30 13:30-17:00"), (Saturday, "all day")]);

    for (local, open) in [
        ("2026-06-01 08:59", false),
        ("2026-06-01 09:00", true),
        ("2026-06-01 12:29", true),
        ("2026-06-01 12:30", false),
        ("2026-06-01 13:30", true),
        ("2026-06-01 17:00", false),
        ("2026-06-02 10:00", false),
        ("2026-06-05 23:59", false),
        ("2026-06-06 00:00", true),
        ("2026-06-06 23:59", true),
        ("2026-06-07 00:00", false),
    ] {
        assert_eq!(hours.is_open(moment(&hours, local)), open, "{local}");
    }
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    let hours = hours("Europe/London", &[(Friday, "22:00-06:00"), (Saturday, "10:00-12:00")]);

    for (local, open, why) in [
        ("2026-06-05 05:00", false, "Friday has 22:00-06:00"),
        ("2026-06-05 22:00", true, "Friday has 22:00-06:00"),
        ("2026-06-06 05:59", true, "Friday has 22:00-06:00"),
        ("2026-06-06 06:00", false, "Saturday has 10:00-12:00"),
        ("2026-06-06 10:00", true, "Saturday has 10:00-12:00"),
        ("2026-06-06 23:00", false, "Saturday has 10:00-12:00"),
        ("2026-06-07 01:00", false, "Sunday is closed"),
    ] {
        let verdict = hours.at(moment(&hours, local));
        assert_eq!((verdict.open, &*verdict.why()), (open, why), "{local}");
    }
}

#[test]
fn a_date_goes_before_a_holiday_and_that_before_the_week() {
    let mut schedule = schedule(&Weekday::ALL.map(|weekday| (weekday, "09:00-17:00")));
    schedule.set_exception(Day::of_the_year(12, 25).unwrap(), DayHours::default());
    schedule.set_exception(Day::of_the_year(12, 24).unwrap(), DayHours::default());
    schedule.set_exception(Day::once(2026, 12, 24).unwrap(), day("09:00-12:00"));
    schedule.set_exception(Day::of_the_year(2, 29).unwrap(), DayHours::all_day());
    let hours = with_schedule("Europe/London", schedule);

    for (local, open, why) in [
        ("2025-12-24 10:00", false, "24 December is closed"),
        ("2026-12-24 10:00", true, "24 December 2026 has 09:00-12:00"),
        ("2026-12-24 18:05", false, "24 December 2026 has 09:00-12:00"),
        ("2026-12-25 10:00", false, "25 December is closed"),
        ("2027-12-25 10:00", false, "25 December is closed"),
        ("2026-12-26 10:00", true, "Saturday has 09:00-17:00"),
        ("2028-02-29 03:00", true, "29 February is open all day"),
        ("2028-03-01 03:00", false, "Wednesday has 09:00-17:00"),
    ] {
        let verdict = hours.at(moment(&hours, local));
        assert_eq!((verdict.open, &*verdict.why()), (open, why), "{local}");
    }
}

#[test]
fn a_night_before_a_holiday_lasts_to_its_end_and_the_holidays_own_does_not_begin() {
    let mut schedule = schedule(&Weekday::ALL.map(|weekday| (weekday, "22:00-06:00")));
    schedule.set_exception(Day::of_the_year(12, 25).unwrap(), DayHours::default());
    let hours = with_schedule("America/New_York", schedule);

    for (local, open) in [
        ("2026-12-25 05:59", true),
        ("2026-12-25 06:00", false),
        ("2026-12-25 22:00", false),
        ("2026-12-26 05:59", false),
        ("2026-12-26 22:00", true),
    ] {
        assert_eq!(hours.is_open(moment(&hours, local)), open, "{local}");
    }
}

#[test]
fn clocks_that_are_put_forward_skip_what_lies_in_between() {
    // At 01:00 it is 02:00 in London.
    let london = |ranges| hours("Europe/London", &[(Saturday, "22:00-01:30"), (Sunday, ranges)]);
    changes(
        &london("01:30-05:00"),
        "2026-03-28T12:00Z",
        &[("2026-03-28T22:00Z", true), ("2026-03-29T04:00Z", false), ("2026-04-04T21:00Z", true)],
    );
    changes(&london("04:00-05:00"), "2026-03-28T22:00Z", &[("2026-03-29T01:00Z", false), ("2026-03-29T03:00Z", true)]);
    // Nothing of it is left.
    changes(&london("01:30-01:45"), "2026-03-28T22:00Z", &[("2026-03-29T01:00Z", false), ("2026-04-04T21:00Z", true)]);
    // At 02:00 it is 03:00 in New York, and 02:30 in Lord Howe.
    let york = hours("America/New_York", &[(Sunday, "02:30-03:30")]);
    changes(&york, "2026-03-08T00:00Z", &[("2026-03-08T07:00Z", true), ("2026-03-08T07:30Z", false)]);
    let howe = hours("Australia/Lord_Howe", &[(Sunday, "02:15-02:45 03:00-04:00")]);
    changes(
        &howe,
        "2026-10-03T00:00Z",
        &[
            ("2026-10-03T15:30Z", true),
            ("2026-10-03T15:45Z", false),
            ("2026-10-03T16:00Z", true),
            ("2026-10-03T17:00Z", false),
        ],
    );
}

#[test]
fn clocks_that_are_put_back_show_some_hours_twice() {
    // At 02:00 it is 01:00 again, in London and in New York.
    let london = |ranges| hours("Europe/London", &[(Sunday, ranges)]);
    changes(&london("01:00-02:00"), "2026-10-24T12:00Z", &[("2026-10-25T00:00Z", true), ("2026-10-25T02:00Z", false)]);
    changes(&london("00:00-03:00"), "2026-10-24T12:00Z", &[("2026-10-24T23:00Z", true), ("2026-10-25T03:00Z", false)]);
    changes(
        &london("01:30-02:00"),
        "2026-10-24T12:00Z",
        &[
            ("2026-10-25T00:30Z", true),
            ("2026-10-25T01:00Z", false),
            ("2026-10-25T01:30Z", true),
            ("2026-10-25T02:00Z", false),
        ],
    );
    let york = hours("America/New_York", &[(Saturday, "22:00-01:15")]);
    changes(
        &york,
        "2026-10-31T12:00Z",
        &[
            ("2026-11-01T02:00Z", true),
            ("2026-11-01T05:15Z", false),
            ("2026-11-01T06:00Z", true),
            ("2026-11-01T06:15Z", false),
        ],
    );
    // At 02:00 it is 01:30 again in Lord Howe.
    let howe = hours("Australia/Lord_Howe", &[(Sunday, "01:45-09:00")]);
    changes(
        &howe,
        "2026-04-04T00:00Z",
        &[
            ("2026-04-04T14:45Z", true),
            ("2026-04-04T15:00Z", false),
            ("2026-04-04T15:15Z", true),
            ("2026-04-04T22:30Z", false),
        ],
    );
}

#[test]
fn a_day_of_its_own_length_is_all_day() {
    for (zone, from, to) in [
        ("Europe/London", "2026-03-29T00:00Z", "2026-03-29T23:00Z"),
        ("Europe/London", "2026-10-24T23:00Z", "2026-10-26T00:00Z"),
        // The clocks are changed at midnight: the day has no 00:00, or the evening comes twice.
        ("America/Santiago", "2026-09-06T04:00Z", "2026-09-07T03:00Z"),
        ("Asia/Beirut", "2026-03-28T22:00Z", "2026-03-29T21:00Z"),
    ] {
        changes(&hours(zone, &[(Sunday, "all day")]), from, &[(to, false)]);
    }
    changes(
        &hours("America/Santiago", &[(Saturday, "23:30-24:00")]),
        "2026-04-04T12:00Z",
        &[
            ("2026-04-05T02:30Z", true),
            ("2026-04-05T03:00Z", false),
            ("2026-04-05T03:30Z", true),
            ("2026-04-05T04:00Z", false),
        ],
    );
}

#[test]
fn what_never_changes_has_no_next_change() {
    let always = hours("Europe/London", &Weekday::ALL.map(|weekday| (weekday, "all day")));
    let never = hours("Europe/London", &[]);
    let mut once = Schedule::default();
    once.set_exception(Day::once(2026, 12, 24).unwrap(), day("09:00-12:00"));
    let once = with_schedule("Europe/London", once);

    let now = at("2026-06-01T00:00Z");
    assert_eq!((always.is_open(now), always.next_change(now)), (true, None));
    assert_eq!((never.is_open(now), never.next_change(now)), (false, None));
    assert_eq!(once.next_change(now), Some(at("2026-12-24T09:00Z")));
    assert_eq!(once.next_change(at("2026-12-24T12:00Z")), None);
    assert!(never.schedule.never_opens() && !once.schedule.never_opens());
}

#[test]
fn a_change_is_told_a_year_and_two_days_ahead_and_no_further() {
    let opens_once_on = |month, day_of_month| {
        let mut schedule = Schedule::default();
        schedule.set_exception(Day::once(2027, month, day_of_month).unwrap(), day("09:00-12:00"));
        with_schedule("UTC", schedule).next_change(at("2026-06-01T10:00Z"))
    };

    assert_eq!(opens_once_on(6, 3), Some(at("2027-06-03T09:00Z")));
    assert_eq!(opens_once_on(6, 4), None);
}

#[test]
fn whether_it_is_open_is_one_word() {
    let always = hours("UTC", &Weekday::ALL.map(|weekday| (weekday, "all day")));
    let names = [always, hours("UTC", &[])].map(|hours| hours.at(at("2026-06-01T10:00Z")).name());

    assert_eq!(names, ["open", "closed"]);
}

#[test]
fn zones_and_times_print_as_people_write_them() {
    let printed = format!("{:?} {:?}", Zone::named("europe/london").unwrap(), "2026-12-24 18:05".parse::<LocalTime>());

    assert_eq!(printed, "Europe/London Ok(2026-12-24T18:05:00)");
}

#[test]
fn the_ends_of_time_are_open_or_closed() {
    let hours = hours("Pacific/Apia", &[(Thursday, "22:00-06:00"), (Tuesday, "all day"), (Wednesday, "00:00-01:00")]);

    for now in [Timestamp::default(), Timestamp::from_millis(u64::MAX)] {
        let _ = (hours.is_open(now), hours.next_change(now));
    }
}

/// From `start` on it opens and closes at these moments.
#[track_caller]
fn changes(hours: &Hours, start: &str, expected: &[(&str, bool)]) {
    let mut now = at(start);
    for (next, open) in expected {
        let change = hours.next_change(now).map(|moment| (moment, hours.is_open(moment)));
        assert_eq!(change, Some((at(next), *open)), "{next}: {:?}", change.map(|(moment, _)| hours.zone.local(moment)));
        now = at(next);
    }
}

fn hours(zone: &str, week: &[(Weekday, &str)]) -> Hours {
    with_schedule(zone, schedule(week))
}

fn with_schedule(zone: &str, schedule: Schedule) -> Hours {
    Hours { name: "office".into(), zone: Zone::named(zone).unwrap(), schedule: Arc::new(schedule) }
}

fn schedule(week: &[(Weekday, &str)]) -> Schedule {
    let mut schedule = Schedule::default();
    for (weekday, ranges) in week {
        schedule.set_weekday(*weekday, day(ranges));
    }
    schedule
}

fn day(ranges: &str) -> DayHours {
    if ranges == "all day" {
        return DayHours::all_day();
    }
    DayHours::new(ranges.split(' ').map(|range| range.parse().unwrap()).collect()).unwrap()
}

fn at(utc: &str) -> Timestamp {
    let moment: jiff::Timestamp = utc.parse().unwrap();
    Timestamp::from_millis(moment.as_millisecond().try_into().unwrap())
}

fn moment(hours: &Hours, local: &str) -> Timestamp {
    let Moments::Once(moment) = hours.zone.moments(local.parse().unwrap()) else { panic!("{local} is a usual time") };
    moment
}
