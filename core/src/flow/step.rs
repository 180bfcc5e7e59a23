//! What can happen at one step of a call's way, and every exit that leads on from there.

use std::sync::Arc;

use super::{Hours, RingGroup, StepIndex, Words};

/// One step of a call's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Ring a group; the first human who accepts has the call.
    Ring {
        /// Whom to ring, and how.
        group: Arc<RingGroup>,
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
    /// Look at the clock. This takes no time and no caller waits here.
    Hours {
        /// When it is open.
        hours: Arc<Hours>,
        /// Where the call goes while it is open.
        open: StepIndex,
        /// Where the call goes while it is closed.
        closed: StepIndex,
    },
}

/// How a step is left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Nobody took the call.
    Nobody,
    /// The words are over.
    Next,
    /// It is open now.
    Open,
    /// It is closed now.
    Closed,
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
    /// Every way that leads on from this step, in the order in which they are told.
    pub fn exits(&self) -> Vec<(Exit, StepIndex)> {
        match self {
            Self::Ring { nobody, .. } => vec![(Exit::Nobody, *nobody)],
            Self::Say { next, .. } => vec![(Exit::Next, *next)],
            Self::HangUp => Vec::new(),
            Self::Hours { open, closed, .. } => vec![(Exit::Open, *open), (Exit::Closed, *closed)],
        }
    }

    /// The groups that this step can ring.
    pub fn groups(&self) -> &[Arc<RingGroup>] {
        match self {
            Self::Ring { group, .. } => std::slice::from_ref(group),
            Self::Say { .. } | Self::HangUp | Self::Hours { .. } => &[],
        }
    }
}

impl Exit {
    /// What has to happen for it.
    pub fn leaves(&self) -> Leaves {
        match self {
            Self::Nobody => Leaves::AfterRinging,
            Self::Next | Self::Open | Self::Closed => Leaves::ByItself,
        }
    }

    /// As the configuration calls it.
    pub fn name(&self) -> &str {
        match self {
            Self::Nobody => "nobody",
            Self::Next => "next",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}
