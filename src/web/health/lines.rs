//! What time it is on a line, and whether it is open there.

use std::collections::BTreeSet;

use ringall_core::{
    flow::{
        Exit, Flow, Step,
        hours::{Hours, Zone},
    },
    time::Timestamp,
};

use crate::config::Line;

/// One row about a line; `None` for one whose local time nothing depends on.
pub(super) fn told(line: &Line, now: Timestamp) -> Option<String> {
    let zone = line.zone.as_ref()?;
    // The name may have been written over several lines.
    let name: Vec<_> = line.name.split_whitespace().collect();
    let mut row = format!("{} {}: {} in {zone}", line.number, name.join(" "), zone.local(now).short());
    if let Some(hours) = decisive(&line.flow) {
        row = format!("{row}, {}", hours.at(now).name());
    }
    for hours in all(&line.flow) {
        let state = hours.at(now).name();
        row = format!("{row}; hours {} {state}{}", hours.name, until(hours, zone, now));
    }
    Some(row + "\n")
}

/// The hours that every call comes to before anything else but words.
fn decisive(flow: &Flow) -> Option<&Hours> {
    let mut at = flow.start();
    // A sound flow has no circle of words.
    loop {
        let step = flow.step(at);
        if let Step::Hours { hours, .. } = step {
            return Some(hours);
        }
        let [(Exit::Next, next)] = step.exits()[..] else { return None };
        at = next;
    }
}

/// Each of the flow's hours once.
fn all(flow: &Flow) -> impl Iterator<Item = &Hours> {
    let mut seen = BTreeSet::new();
    let hours = flow.steps().iter().filter_map(|named| {
        let Step::Hours { hours, .. } = &named.step else { return None };
        Some(&**hours)
    });
    hours.filter(move |hours| seen.insert(hours.name.clone()))
}

fn until(hours: &Hours, zone: &Zone, now: Timestamp) -> String {
    let change = hours.next_change(now);
    change.map_or_else(String::new, |change| format!(" until {}", zone.local(change).short()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Strictness};

    #[test]
    fn a_line_with_hours_is_told_with_its_local_time_and_one_without_is_not() {
        let (config, _) = Config::parse(CONFIG, Strictness::Serve).unwrap();
        // 18:05 on 24 December 2026 in London.
        let now = Timestamp::from_millis(1_798_135_500_000);

        let rows: String = config.lines.values().filter_map(|line| told(line, now)).collect();

        insta::assert_snapshot!(rows, @"
        …01 Office: 2026-12-24 18:05 in Europe/London, closed; hours office closed until 2026-12-28 09:00; hours night open until 2026-12-25 04:00
        …02 Night: 2026-12-24 13:05 in America/New_York, open; hours night open until 2026-12-24 23:00
        …04 Clock: 2026-12-24 23:50 in Asia/Kathmandu
        …05 Later: 2026-12-24 18:05 in Europe/London; hours night open until 2026-12-25 04:00
        ");
    }

    const CONFIG: &str = r#"
        public_url = "https://hotline.example.org"
        [carrier]
        account_sid = "AC00000000000000000000000000000000"
        auth_token = "hush"
        [people]
        ana = { name = "Ana", phone = "+447700900001" }
        [groups]
        organisers = { members = ["ana"] }
        [hours]
        office = { mon-fri = "09:00-17:00", except = { "2026-12-24" = "09:00-12:00", "12-25" = "closed" } }
        night = { zone = "America/New_York", mon-sun = "10:00-23:00" }
        [lines]
        "+441632960001" = { name = "Office", start = "hello", zone = "Europe/London" }
        "+441632960002" = { name = "Night", start = "night" }
        "+441632960003" = { name = "Always", ring = "organisers" }
        "+441632960004" = { name = "Clock", ring = "organisers", zone = "Asia/Kathmandu" }
        "+441632960005" = { name = "Later", start = "first", zone = "Europe/London" }
        [steps]
        hello = { say = "Hello.", next = "day" }
        day = { hours = "office", open = "night" }
        night = { ring = "organisers", hours = "night" }
        first = { ring = "organisers", nobody = "night" }
    "#;
}
