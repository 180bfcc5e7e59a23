//! What can happen at one step of a call's way, and every exit that leads on from there.

use std::sync::Arc;

use super::{Forward, RingGroup, StepIndex, Words};

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
    /// Hand the caller on to an outside number.
    Forward(Arc<Forward>),
}

/// How a step is left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Nobody took the call.
    Nobody,
    /// The words are over.
    Next,
    /// The number is engaged, or the call was refused there.
    Busy,
    /// Nobody picked up, or nobody took it.
    NoAnswer,
    /// The number cannot be reached.
    Failed,
    /// The dialling was called off.
    Canceled,
    /// They have talked.
    Done,
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
            Self::Forward(forward) => forward.exits(),
        }
    }

    /// The groups that this step can ring.
    pub fn groups(&self) -> &[Arc<RingGroup>] {
        match self {
            Self::Ring { group, .. } => std::slice::from_ref(group),
            Self::Say { .. } | Self::HangUp | Self::Forward(_) => &[],
        }
    }
}

impl Exit {
    /// What has to happen for it.
    pub fn leaves(&self) -> Leaves {
        match self {
            Self::Nobody | Self::Busy | Self::NoAnswer | Self::Done => Leaves::AfterRinging,
            // What fails or is called off does so at once, and would again.
            Self::Next | Self::Failed | Self::Canceled => Leaves::ByItself,
        }
    }

    /// As the configuration calls it.
    pub fn name(&self) -> &str {
        match self {
            Self::Nobody => "nobody",
            Self::Next => "next",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Done => "done",
        }
    }
}
