//! What can happen at one step of a call's way, and every exit that leads on from there.

use std::sync::Arc;

use super::{RingGroup, StepIndex, Tiers, Words};

/// One step of a call's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ring a group, and further groups as their time comes; the first human who accepts has the call.
    Ring {
        /// Whom to ring, when, and how.
        tiers: Tiers,
        /// Where the call goes when nobody takes it.
        nobody: StepIndex,
    },
    /// Say or play something to the caller.
    Say {
        /// What is heard.
        words: Words,
        /// Where the call goes afterwards.
        next: StepIndex,
    },
    /// End the call.
    HangUp,
}

/// How a step is left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Nobody took the call.
    Nobody,
    /// The words are over.
    Next,
}

/// What it takes of the caller, or of the world, to leave a step by an exit. It decides which circles are sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leaves {
    /// At once, or when words are over: nothing has happened meanwhile.
    ByItself,
    /// Telephones have rung.
    AfterRinging,
}

impl Step {
    /// The step that rings one group.
    pub fn ring(group: Arc<RingGroup>, nobody: StepIndex) -> Self {
        Self::Ring { tiers: group.into(), nobody }
    }

    /// Every way that leads on from this step, in the order in which they are told.
    pub fn exits(&self) -> Vec<(Exit, StepIndex)> {
        match self {
            Self::Ring { nobody, .. } => vec![(Exit::Nobody, *nobody)],
            Self::Say { next, .. } => vec![(Exit::Next, *next)],
            Self::HangUp => Vec::new(),
        }
    }

    /// The groups that this step can ring.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<RingGroup>> {
        let tiers = match self {
            Self::Ring { tiers, .. } => Some(tiers),
            Self::Say { .. } | Self::HangUp => None,
        };
        tiers.into_iter().flat_map(Tiers::groups)
    }
}

impl Exit {
    /// What has to happen for it.
    pub fn leaves(&self) -> Leaves {
        match self {
            Self::Nobody => Leaves::AfterRinging,
            Self::Next => Leaves::ByItself,
        }
    }

    /// As the configuration calls it.
    pub fn name(&self) -> &str {
        match self {
            Self::Nobody => "nobody",
            Self::Next => "next",
        }
    }
}
