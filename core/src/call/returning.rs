//! A caller who has just talked to somebody and calls again: that person is rung first, alone, for a while.

use std::{sync::Arc, time::Duration};

use super::common::Common;
use crate::{
    fact::Fact,
    flow::{RingGroup, Tiers},
    phone::PhoneNumber,
};

/// What is known of earlier talks of a caller, and whether that of this call is to be known later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Returning {
    /// Say who talks, in an effect.
    pub is_wanted: bool,
    /// Who has talked to this caller just before.
    pub to: Option<PhoneNumber>,
    /// How long they are rung alone, where their group does not say.
    pub alone_for: Option<Duration>,
}

/// Whom a ring step rings: whoever talked to the caller before the others, once in a call.
pub(super) fn first_to_same(common: &mut Common, tiers: Tiers) -> Tiers {
    let Returning { to: Some(phone), alone_for, .. } = common.setup.returning else { return tiers };
    if common.was_returned || common.declined.contains(&phone) {
        return tiers;
    }
    let time_of = |group: &RingGroup| group.callback_to_same.on_line(alone_for);
    let member_of = |group: &RingGroup| group.members.iter().find(|member| member.phone == phone).cloned();
    let found = tiers.groups().find_map(|group| Some((group.clone(), member_of(group)?, time_of(group)?)));
    let Some((group, member, time)) = found else { return tiers };
    common.was_returned = true;
    common.note(Fact::OfferedFirst(member.name.clone()));
    let members = vec![member];
    // The phone rings on when the others join in. Nobody is waited for, and nobody is disturbed: there are the others.
    let (ring_for, wait_for) = (time + group.ring_for, Duration::ZERO);
    let alone = RingGroup { members, ring_for, wait_for, passes: 1, ring_busy: false, ..RingGroup::clone(&group) };
    tiers.after_alone(Arc::new(alone), time)
}
