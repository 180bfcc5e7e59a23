//! One round of a call, as its webhooks see it: the claim, the replies that wait for it, and by whose rules each leg is
//! screened.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError, atomic::AtomicBool},
};

use ringall_core::{
    claim::Race,
    flow::{RingGroup, Tiers},
    id::{CallSid, LegId, RoundId},
    screen::Screen,
};

use super::pending::PendingReply;

/// One round: its claim, the replies that wait for it, and what its legs are asked.
pub(super) struct Round {
    pub(super) id: RoundId,
    /// By whose rules a leg is screened that another group than `usual` rings.
    groups: Mutex<BTreeMap<LegId, Arc<RingGroup>>>,
    /// By whose rules the others are, also those that were dialled before a restart.
    usual: Arc<RingGroup>,
    pub(super) race: Race<PendingReply>,
    /// An accept has answered the caller already.
    pub(super) woken: AtomicBool,
    /// What the carrier calls the leg that has the call.
    pub(super) winner: OnceLock<CallSid>,
}

impl Round {
    pub(super) fn new(id: RoundId, tiers: &Tiers, waiting: Vec<PendingReply>) -> Self {
        Self {
            id,
            groups: Mutex::default(),
            usual: usual(tiers),
            race: Race::new(waiting),
            woken: AtomicBool::new(false),
            winner: OnceLock::new(),
        }
    }

    /// The group that a leg rings for.
    pub(super) fn group_of(&self, leg: LegId) -> Arc<RingGroup> {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.get(&leg).unwrap_or(&self.usual).clone()
    }

    /// A leg is about to be dialled for this group; none of its webhooks comes before.
    pub(super) fn expect(&self, leg: LegId, group: &Arc<RingGroup>) {
        if !Arc::ptr_eq(group, &self.usual) {
            self.groups.lock().unwrap_or_else(PoisonError::into_inner).insert(leg, group.clone());
        }
    }

    /// Whether another leg has won under the same number: one of them was dialled before a restart.
    pub(super) fn is_won_by_namesake_of(&self, sid: &CallSid) -> bool {
        self.winner.get().is_some_and(|winner| winner != sid)
    }
}

/// The rules for a leg of which nobody knows the group. If the groups of a step differ it is asked for a key, which no
/// mailbox presses.
fn usual(tiers: &Tiers) -> Arc<RingGroup> {
    let first = tiers.first();
    let rules = |group: &RingGroup| (group.screen, group.decline_key);
    if tiers.groups().all(|group| rules(group) == rules(first)) {
        return first.clone();
    }
    Arc::new(RingGroup { screen: Screen::Key, ..RingGroup::clone(first) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringall_core::flow::{Callback, Order, Show, Tier};

    use super::*;

    #[test]
    fn a_leg_is_screened_by_the_group_that_it_was_dialled_for() {
        let (day, night) = (group("day", Screen::Amd), group("night", Screen::None));
        let round = Round::new(RoundId::FIRST, &Tiers::new(day.clone(), [tier(&night)]), Vec::new());
        let (first, second) = (LegId::FIRST, LegId::FIRST.next());

        round.expect(first, &day);
        round.expect(second, &night);

        assert_eq!((round.group_of(first), round.group_of(second)), (day, night));
    }

    #[test]
    fn a_leg_that_nobody_knows_is_asked_for_a_key_where_the_groups_of_the_step_differ() {
        let (day, night) = (group("day", Screen::Amd), group("night", Screen::None));
        let screen_of = |tiers: &Tiers| Round::new(RoundId::FIRST, tiers, Vec::new()).group_of(LegId::FIRST).screen;

        assert_eq!(screen_of(&day.clone().into()), Screen::Amd);
        assert_eq!(screen_of(&Tiers::new(day.clone(), [tier(&day)])), Screen::Amd);
        assert_eq!(screen_of(&Tiers::new(day, [tier(&night)])), Screen::Key);
    }

    fn tier(group: &Arc<RingGroup>) -> Tier {
        Tier { group: group.clone(), after: Duration::from_secs(20), keeps_earlier: true }
    }

    fn group(name: &str, screen: Screen) -> Arc<RingGroup> {
        let time = Duration::from_secs(30);
        Arc::new(RingGroup {
            name: name.into(),
            members: Vec::new(),
            ring_for: time,
            wait_for: time,
            passes: 1,
            screen,
            decline_key: '9',
            ring_busy: false,
            order: Order::default(),
            whisper: None,
            show: Show::Line,
            callback_to_same: Callback::default(),
        })
    }
}
