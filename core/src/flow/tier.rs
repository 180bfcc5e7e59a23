//! Groups that join in one after another while one step rings.

use std::{sync::Arc, time::Duration};

use super::RingGroup;

/// A group's part in a ring step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tier {
    /// Whom it rings, and how: times, passes and screening are each tier's own.
    pub group: Arc<RingGroup>,
    /// When it begins at the latest, counted from the beginning of the step. It begins sooner when the tiers before it
    /// have come to nothing.
    pub after: Duration,
    /// Whether the tiers before it ring on to their own ends when it begins; else they stop.
    pub keeps_earlier: bool,
}

/// The tiers of a ring step in the order in which they begin. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tiers {
    in_order: Arc<[Tier]>,
    /// The first is one person alone, before the step as it was written: the others count their time from when it begins.
    begins_alone: bool,
    records: bool,
}

impl Tiers {
    /// `first` rings from the beginning, and `later` tiers join in or take over.
    pub fn new(first: Arc<RingGroup>, later: impl IntoIterator<Item = Tier>) -> Self {
        let first = Tier { group: first, after: Duration::ZERO, keeps_earlier: true };
        Self { in_order: std::iter::once(first).chain(later).collect(), begins_alone: false, records: false }
    }

    /// The same, with the talk recorded.
    #[must_use]
    pub fn recorded(self) -> Self {
        Self { records: true, ..self }
    }

    /// Whether the talk is recorded.
    pub fn is_recorded(&self) -> bool {
        self.records
    }

    /// `alone` rings for this time before the first of these does, and rings on then.
    #[must_use]
    pub fn after_alone(&self, alone: Arc<RingGroup>, time: Duration) -> Self {
        let mut tiers = vec![Tier { group: alone, after: Duration::ZERO, keeps_earlier: true }];
        tiers.extend(self.in_order.iter().cloned());
        tiers[1].after = time;
        Self { in_order: tiers.into(), begins_alone: true, records: self.records }
    }

    /// Whether the times of the later tiers count from the beginning of the second.
    pub fn begins_alone(&self) -> bool {
        self.begins_alone
    }

    /// How many there are; never none.
    pub fn count(&self) -> usize {
        self.in_order.len()
    }

    /// The tier at this place, from 0.
    pub fn get(&self, index: usize) -> Option<&Tier> {
        self.in_order.get(index)
    }

    /// The group that rings from the beginning.
    pub fn first(&self) -> &Arc<RingGroup> {
        &self.in_order[0].group
    }

    /// The tiers that begin after the first.
    pub fn later(&self) -> &[Tier] {
        &self.in_order[1..]
    }

    /// Every group in the order of the tiers.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<RingGroup>> {
        self.in_order.iter().map(|tier| &tier.group)
    }
}

/// A single group is a step of one tier.
impl From<Arc<RingGroup>> for Tiers {
    fn from(group: Arc<RingGroup>) -> Self {
        Self::new(group, [])
    }
}
