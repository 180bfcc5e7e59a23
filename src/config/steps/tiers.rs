//! `tiers` beside `ring`: further groups that join in, or take over, while the step rings.

use std::{ops::RangeInclusive, time::Duration};

use ringall_core::{
    flow::{RingGroup, Tier, Tiers},
    phone::PhoneNumber,
};

use super::{Context, find_group};
use crate::config::{
    problem::{Place, Report},
    reader::{Section, Value},
    reference::keys,
};

keys! {
    pub(in crate::config) TIER: "tiers" at ["steps.*.tiers[]"] beside "ring", "Key of a tier | Default | ";
    /// The group. Its times, passes, screening and decline key hold for the phones that this tier dials.
    ring ("required");
    /// When it begins at the latest, counted from the beginning of the step; `1s` to `1h`, and no sooner than the tier
    /// before it.
    after ("when the tiers before it have had their time");
    /// The phones of the tiers before it ring on to their own ends. With `false` they stop when it begins; whoever has
    /// picked up may still accept.
    keep = true;
}

/// A tier as written, and where.
struct Written {
    tier: Tier,
    ring: Place,
    after: Place,
}

/// Reads what stands beside `ring`; `None` after a problem.
pub(super) fn read(ring: Value<'_>, tiers: Option<Value<'_>>, context: &Context<'_>) -> Option<Tiers> {
    let first = find_group(ring, context.groups, context.report);
    let later = match tiers {
        Some(tiers) => read_later(tiers, first.as_ref().map(|group| &*group.ring), context),
        None => Some(Vec::new()),
    };
    Some(Tiers::new(first?.ring, later?))
}

fn read_later(value: Value<'_>, first: Option<&RingGroup>, context: &Context<'_>) -> Option<Vec<Tier>> {
    let place = value.place.clone();
    let written = value.list()?;
    if written.is_empty() {
        context.report.problem(&place, "empty; leave it out, or name a group that joins in");
        return None;
    }
    let count = written.len();
    let mut before = Before { rings: Vec::new(), after: Duration::ZERO };
    before.rings.extend(first.map(|group| Rings::new(group, Duration::ZERO)));
    let mut tiers = Vec::new();
    for tier in written.into_iter().filter_map(Value::section) {
        let Some(read) = read_tier(tier, &before, context) else { continue };
        before.check(&read, context.report);
        before.add(&read.tier);
        tiers.push(read.tier);
    }
    // One that is missing was reported.
    (tiers.len() == count).then_some(tiers)
}

fn read_tier(mut section: Section<'_>, before: &Before, context: &Context<'_>) -> Option<Written> {
    let ring = section.place.key("ring", section.place.offset);
    let group = section.require("ring", "the name of a group");
    let group = group.and_then(|value| find_group(value, context.groups, context.report));
    let (after, after_at) = match section.take("after") {
        Some(value) => (value.place.clone(), value.duration(AFTER)),
        None => (ring.clone(), Some(before.end())),
    };
    let keeps_earlier = section.take("keep").and_then(Value::flag).unwrap_or(true);
    section.finish();
    Some(Written { tier: Tier { group: group?.ring, after: after_at?, keeps_earlier }, ring, after })
}

/// The tiers that begin before the one that is being read.
struct Before {
    rings: Vec<Rings>,
    /// When the last of them begins.
    after: Duration,
}

/// Who rings, and until when at the latest.
struct Rings {
    phones: Vec<PhoneNumber>,
    until: Duration,
}

impl Rings {
    fn new(group: &RingGroup, after: Duration) -> Self {
        let phones = group.members.iter().map(|member| member.phone).collect();
        Self { phones, until: after + group.ring_for }
    }
}

impl Before {
    /// When all of them have stopped.
    fn end(&self) -> Duration {
        self.rings.iter().map(|rings| rings.until).max().unwrap_or_default().max(self.after)
    }

    fn add(&mut self, tier: &Tier) {
        if !tier.keeps_earlier {
            self.rings.iter_mut().for_each(|rings| rings.until = rings.until.min(tier.after));
        }
        self.rings.push(Rings::new(&tier.group, tier.after));
        self.after = tier.after;
    }

    fn check(&self, written: &Written, report: &Report) {
        let Tier { group, after, keeps_earlier } = &written.tier;
        if *after < self.after {
            report.problem(&written.after, "sooner than the tier before it");
        } else if *after > self.end() {
            let end = humantime::format_duration(self.end());
            report.warning(&written.after, format!("the phones before it have stopped after {end}; it begins then"));
        }
        let ringing = || self.rings.iter().filter(|rings| rings.until > *after).flat_map(|rings| &rings.phones);
        let is_member = |phone: &PhoneNumber| group.members.iter().any(|member| member.phone == *phone);
        let nobody_new = group.members.iter().all(|member| ringing().any(|phone| *phone == member.phone));
        let nobody_stops = *keeps_earlier || ringing().all(is_member);
        if nobody_new && nobody_stops && group.passes == 1 {
            report.warning(&written.ring, "everybody in this group rings already by then");
        }
    }
}

const AFTER: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60 * 60);
