//! A limit against cost: how many phones each line has dialled today.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use ringall_core::{
    flow::hours::{LocalTime, Zone},
    phone::PhoneNumber,
    time::Timestamp,
};
use tokio::sync::broadcast;
use tracing::error;

use crate::config::Line;

/// Counts, for every line, the phones that were dialled for it since midnight.
pub(super) struct DialLimit {
    today: Mutex<HashMap<PhoneNumber, Today>>,
    over: broadcast::Sender<OverLimit>,
}

/// A line that may dial nobody any more today.
#[derive(Debug, Clone)]
pub struct OverLimit {
    /// The line.
    pub line: Arc<Line>,
    /// How many phones it may dial in a day.
    pub limit: usize,
    /// The name of the zone whose midnight ends the day.
    pub zone: Arc<str>,
}

/// Each line comes once a day.
const NEWS_KEPT: usize = 1024;

struct Today {
    /// Some moment of the day that is counted.
    day: LocalTime,
    dialled: usize,
    told: bool,
}

impl DialLimit {
    /// Counts phones that are about to be dialled; `false` if the line may not dial so many more today. The first time on
    /// a day is told to whoever runs the program.
    pub(super) fn may_dial(&self, line: &Arc<Line>, phones: usize, now: Timestamp) -> bool {
        let Some(most) = line.max_dials_per_day else { return true };
        let zone = line.zone.clone().unwrap_or_else(Zone::utc);
        let local = zone.local(now);
        let mut lines = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        let today = lines.entry(line.number).or_insert_with(|| Today::new(local));
        if !today.day.is_same_day(&local) {
            *today = Today::new(local);
        }
        if today.dialled + phones <= most.get() {
            today.dialled += phones;
            return true;
        }
        if !std::mem::replace(&mut today.told, true) {
            complain(line, most, &zone);
            let news = OverLimit { line: line.clone(), limit: most.get(), zone: zone.to_string().into() };
            // Nobody may be listening.
            let _ = self.over.send(news);
        }
        false
    }

    /// The lines that reach their limit from now on, each once a day.
    pub(super) fn over(&self) -> broadcast::Receiver<OverLimit> {
        self.over.subscribe()
    }
}

impl Default for DialLimit {
    fn default() -> Self {
        Self { today: Mutex::default(), over: broadcast::channel(NEWS_KEPT).0 }
    }
}

impl Today {
    fn new(day: LocalTime) -> Self {
        Self { day, dialled: 0, told: false }
    }
}

fn complain(line: &Line, most: NonZeroUsize, zone: &Zone) {
    error!(
        line = %line.number,
        max_dials_per_day = most,
        "this line has dialled as many phones as it may in a day; until midnight ({zone}) callers are told so and no phone rings. Is somebody running up costs?"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Strictness};

    #[test]
    fn line_may_dial_again_from_its_own_midnight_on() {
        let (limit, line) = (DialLimit::default(), line("max_dials_per_day = 2\nzone = \"Asia/Tokyo\""));
        // 23:59 on 24 December 2026 in Tokyo, 14:59 in London.
        let before = Timestamp::from_millis(1_798_124_340_000);
        let midnight = Timestamp::from_millis(1_798_124_400_000);

        let allowed = [before, before, before, midnight, midnight, midnight].map(|now| limit.may_dial(&line, 1, now));

        assert_eq!(allowed, [true, true, false, true, true, false]);
    }

    #[test]
    fn line_without_a_zone_counts_by_utc_and_zero_is_no_limit() {
        let (limit, utc, endless) =
            (DialLimit::default(), line("max_dials_per_day = 1"), line("max_dials_per_day = 0"));
        // 23:59:59 on 24 December 2026.
        let before = Timestamp::from_millis(1_798_156_799_000);
        let midnight = Timestamp::from_millis(1_798_156_800_000);

        assert_eq!([before, before, midnight].map(|now| limit.may_dial(&utc, 1, now)), [true, false, true]);
        assert!((0..10_000).all(|_| limit.may_dial(&endless, 1, before)));
    }

    fn line(keys: &str) -> Arc<Line> {
        let text = format!("{CONFIG}{keys}");
        let (config, _) = Config::parse(&text, Strictness::Serve).unwrap_or_else(|problems| panic!("{problems}"));
        config.lines.values().next().unwrap().clone()
    }

    const CONFIG: &str = r#"
        public_url = "https://hotline.example.org"
        carrier = { account_sid = "AC00000000000000000000000000000000", auth_token = "hush" }
        people.ana = { name = "Ana", phone = "+447700900001" }
        groups.all = { members = ["ana"] }
        [lines."+441632960000"]
        name = "Hotline"
        ring = "all"
    "#;
}
