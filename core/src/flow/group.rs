//! Whom a step rings, and how.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use super::Show;
use super::Words;
use crate::{phone::PhoneNumber, screen::Screen};

/// People who ring together, and the times that hold for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingGroup {
    /// The configuration's name of the group.
    pub name: Arc<str>,
    /// As the configuration lists them; no phone stands here twice.
    pub members: Vec<Member>,
    /// How long the group rings, counted from the first offer.
    pub ring_for: Duration,
    /// How long a caller waits, ringing, while everybody is busy with other calls of ours.
    pub wait_for: Duration,
    /// How often the group is tried while `ring_for` lasts; at least 1.
    pub passes: u32,
    /// What it takes for a leg to have accepted.
    pub screen: Screen,
    /// The digit that declines the call when a key is asked for.
    pub decline_key: char,
    /// Ring people also while another call rings or talks to them.
    pub ring_busy: bool,
    /// Who is dialled first, where not all are dialled at once.
    pub order: Order,
    /// What whoever has accepted hears, before they are joined with the caller; it may tell of the caller.
    pub whisper: Option<Words>,
    /// Which number its telephones are shown.
    pub show: Show,
    /// Whether whoever talked to the caller before is rung alone first.
    pub callback_to_same: Callback,
}

/// Who of a group comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Order {
    /// As the configuration lists them.
    #[default]
    AsWritten,
    /// Whose last talk ended longest ago; who has not talked yet goes before all others.
    LongestIdle,
}

/// Whether whoever talked to a caller is rung first, alone, when they call again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Callback {
    /// As the line says.
    #[default]
    AsLine,
    /// Never, whatever the line says.
    Never,
    /// For this time.
    For(Duration),
}

impl Callback {
    /// How long they are rung alone on a line that says this.
    pub fn on_line(self, line: Option<Duration>) -> Option<Duration> {
        match self {
            Self::AsLine => line,
            Self::Never => None,
            Self::For(time) => Some(time),
        }
    }
}

/// A group is told apart by its name; who is in it comes along.
impl Hash for RingGroup {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// A person in a ring group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What colleagues call them; spoken and logged.
    pub name: Arc<str>,
    /// Their telephone, which is also what makes them one person to the roster.
    pub phone: PhoneNumber,
    /// How long their phone rings at the longest.
    pub phone_for: Duration,
}
