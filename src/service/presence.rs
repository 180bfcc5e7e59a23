//! Who is away by the file: at the start, and whenever the file says something else than before.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use ringall_core::{phone::PhoneNumber, roster::Presence};

use crate::{config::Config, switchboard::Switchboard};

/// What the file has said last. Whoever was set away or available in another way since then stays so until their line
/// of the file is changed.
#[derive(Default)]
pub(super) struct ConfiguredPresence(Mutex<BTreeMap<PhoneNumber, Presence>>);

impl ConfiguredPresence {
    /// Tells the switchboard what the file says anew.
    pub(super) fn apply(&self, config: &Config, switchboard: &Switchboard) {
        let people = said_by(config);
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), people.clone());
        for (phone, presence) in people {
            if before.get(&phone).copied().unwrap_or_default() != presence {
                switchboard.set_presence(phone, presence);
            }
        }
    }
}

/// A number under two names is one person, who is away if one of the two is.
fn said_by(config: &Config) -> BTreeMap<PhoneNumber, Presence> {
    let mut people = BTreeMap::new();
    for person in config.people.values() {
        let presence: &mut Presence = people.entry(person.phone).or_default();
        if person.presence == Presence::Away {
            *presence = Presence::Away;
        }
    }
    people
}
