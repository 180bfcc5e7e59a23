//! Opening hours against a slow reference: it walks through a year minute by minute, with a calendar and offsets of its
//! own, and marks every minute of the wall's clock at which it is open.

use std::{collections::BTreeMap, sync::Arc};

use fastrand::Rng;
use ringall_core::{
    flow::hours::{Day, DayHours, Hours, Schedule, Weekday, Zone},
    time::Timestamp,
};

/// A zone, its offset from UTC in minutes at the beginning of 2026, and from which minute of 2026 on which one holds.
struct Place {
    zone: &'static str,
    offset: i64,
    changes: [(i64, i64); 2],
}

/// What the governments have laid down for 2026: at 01:00 UTC on 29 March and 25 October; at 02:00 of the wall on
/// 8 March and 1 November; and at 02:00 of the wall on 5 April, half an hour back, and on 4 October, half an hour forward.
const PLACES: [Place; 3] = [
    Place { zone: "Europe/London", offset: 0, changes: [(minute(87, 1, 0), 60), (minute(297, 1, 0), 0)] },
    Place { zone: "America/New_York", offset: -300, changes: [(minute(66, 7, 0), -240), (minute(304, 6, 0), -300)] },
    Place { zone: "Australia/Lord_Howe", offset: 660, changes: [(minute(93, 15, 0), 630), (minute(275, 15, 30), 660)] },
];

const MONTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAY: i64 = 24 * 60;
const YEAR: i64 = 365 * DAY;
/// 1 January 2026, a Thursday.
const NEW_YEAR_MILLIS: i64 = 1_767_225_600_000;
const NEW_YEAR_WEEKDAY: i64 = 3;

#[test]
fn every_minute_of_a_year_is_as_the_slow_reference_says() {
    let seed: u64 = std::env::var("RINGALL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_224);
    println!("seed {seed}; another with RINGALL_SEED");
    let rng = &mut Rng::with_seed(seed);
    for place in &PLACES {
        for _ in 0..3 {
            let plan = Plan::draw(rng);
            compare(place, &plan);
        }
    }
}

fn compare(place: &Place, plan: &Plan) {
    let zone = Zone::named(place.zone).expect("a zone of the database");
    let hours = Hours { name: "drawn".into(), zone, schedule: Arc::new(plan.schedule()) };
    let wall = plan.wall();
    // Two days at either end are for what reaches over the year.
    let minutes = 2 * DAY..YEAR - 2 * DAY;
    let is_open = |minute: i64| wall[index(minute + place.offset_at(minute))];
    let (mut next, mut after) = (None, None);
    for minute in minutes.rev() {
        let (now, expected) = (moment(minute), is_open(minute));
        if after.is_some_and(|after| after != expected) {
            next = Some(moment(minute + 1));
        }
        after = Some(expected);
        assert_eq!(hours.is_open(now), expected, "{} at {}: {plan:?}", place.zone, hours.zone.local(now));
        // The search is slow where nothing is optimised: often near a change of the clocks, else twice a day.
        let near = place.changes.iter().any(|(change, _)| change.abs_diff(minute) < 300);
        if next.is_some() && (minute % 719 == 0 || near && minute % 7 == 0) {
            assert_eq!(hours.next_change(now), next, "{} after {}: {plan:?}", place.zone, hours.zone.local(now));
        }
    }
}

impl Place {
    fn offset_at(&self, minute: i64) -> i64 {
        let changed = self.changes.iter().rev().find(|(change, _)| *change <= minute);
        changed.map_or(self.offset, |(_, offset)| *offset)
    }
}

/// Ranges of minutes of a day, as drawn; the end may lie on the next day.
type Ranges = Vec<(i64, i64)>;

/// A schedule in plain numbers.
#[derive(Debug)]
struct Plan {
    week: [Ranges; 7],
    /// By the day of the year, from 0.
    once: BTreeMap<i64, Ranges>,
    yearly: BTreeMap<i64, Ranges>,
}

impl Plan {
    fn draw(rng: &mut Rng) -> Self {
        let mut days = || (0..rng.usize(0..12)).map(|_| (rng.i64(0..365), ranges(rng))).collect();
        let (once, yearly) = (days(), days());
        let mut plan = Self { week: std::array::from_fn(|_| ranges(rng)), once, yearly };
        // Every day with a change, and the days beside it, are worth a range of their own.
        for day in [65, 66, 86, 87, 93, 94, 275, 276, 296, 297, 303, 304] {
            if rng.bool() {
                plan.once.insert(day, ranges(rng));
            }
        }
        plan
    }

    fn schedule(&self) -> Schedule {
        let mut schedule = Schedule::default();
        for (weekday, ranges) in Weekday::ALL.into_iter().zip(&self.week) {
            schedule.set_weekday(weekday, day_hours(ranges));
        }
        for (day, ranges) in &self.once {
            let (month, day) = month_and_day(*day);
            schedule.set_exception(Day::once(2026, month, day).expect("a day"), day_hours(ranges));
        }
        for (day, ranges) in &self.yearly {
            let (month, day) = month_and_day(*day);
            schedule.set_exception(Day::of_the_year(month, day).expect("a day"), day_hours(ranges));
        }
        schedule
    }

    /// Every minute of the year on the wall, and whether it is open.
    fn wall(&self) -> Vec<bool> {
        let mut open = vec![false; index(YEAR + DAY)];
        for day in 0..365 {
            let weekday = index((day + NEW_YEAR_WEEKDAY) % 7);
            let ranges = self.once.get(&day).or(self.yearly.get(&day)).unwrap_or(&self.week[weekday]);
            for (from, to) in ranges {
                open[index(day * DAY + from)..index(day * DAY + to)].fill(true);
            }
        }
        open
    }
}

/// None, some, one over midnight, or the whole day; often near the small hours, when clocks are changed.
fn ranges(rng: &mut Rng) -> Ranges {
    match rng.u8(..10) {
        0 => return Vec::new(),
        1 => return vec![(0, DAY)],
        _ => {}
    }
    let mut ends: Vec<i64> = Vec::new();
    for _ in 0..2 * rng.usize(1..=3) {
        let minute = if rng.bool() { rng.i64(0..240) } else { rng.i64(0..DAY) };
        ends.push(if rng.bool() { minute / 15 * 15 } else { minute });
    }
    ends.sort_unstable();
    ends.dedup();
    let mut ranges: Ranges = ends.chunks_exact(2).map(|ends| (ends[0], ends[1])).collect();
    if let (true, Some(last)) = (rng.u8(..3) == 0, ranges.last_mut()) {
        last.1 = DAY + rng.i64(0..last.0.clamp(1, 300));
    }
    ranges
}

fn day_hours(ranges: &Ranges) -> DayHours {
    let time = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    let range = |(from, to): &(i64, i64)| match *to {
        to if *from == 0 && to == DAY => "00:00-24:00".to_owned(),
        to => format!("{}-{}", time(*from), time(to % DAY)),
    };
    let ranges: Vec<_> = ranges.iter().map(|ends| range(ends).parse().expect("a range")).collect();
    DayHours::new(ranges).expect("no overlap was drawn")
}

fn month_and_day(mut day: i64) -> (i8, i8) {
    let mut month = 0;
    while day >= MONTHS[month] {
        day -= MONTHS[month];
        month += 1;
    }
    (i8::try_from(month + 1).expect("a month"), i8::try_from(day + 1).expect("a day"))
}

/// The minute of 2026, in UTC.
const fn minute(day: i64, hour: i64, minute: i64) -> i64 {
    day * DAY + hour * 60 + minute
}

fn moment(minute: i64) -> Timestamp {
    let millis = NEW_YEAR_MILLIS + minute * 60_000;
    Timestamp::from_millis(u64::try_from(millis).expect("after 1970"))
}

fn index(minute: i64) -> usize {
    usize::try_from(minute).expect("within the year")
}
