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
        let people = config.people.values().map(|person| (person.phone, person.presence)).collect();
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), people);
        for person in config.people.values() {
            if before.get(&person.phone).copied().unwrap_or_default() != person.presence {
                switchboard.set_presence(person.phone, person.presence);
            }
        }
    }
}
