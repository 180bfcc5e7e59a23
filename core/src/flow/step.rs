//! What can happen at one step of a call's way, and every exit that leads on from there.

use std::sync::Arc;

use super::{Forward, Hours, Menu, RingGroup, StepIndex, Tiers, Voicemail, Words};

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
    /// Look at the clock. This takes no time and no caller waits here.
    Hours {
        /// When it is open.
        hours: Arc<Hours>,
        /// Where the call goes while it is open.
        open: StepIndex,
        /// Where the call goes while it is closed.
        closed: StepIndex,
    },
    /// Let the caller choose by keys.
    Menu(Arc<Menu>),
    /// Only lead on, at once.
    GoTo {
        /// Where the call goes.
        next: StepIndex,
    },
    /// Refuse the call.
    Reject {
        /// What the caller's network is told.
        reason: Rejection,
        /// What a caller hears instead whom the carrier has answered already.
        words: Words,
    },
    /// Hand the caller over to somebody else's documents, for good.
    HandOver {
        /// Where the carrier fetches the first of them; absolute.
        url: Arc<str>,
    },
    /// Hand the caller on to an outside number.
    Forward(Arc<Forward>),
    /// Let the caller leave a message.
    Voicemail(Arc<Voicemail>),
}

/// What the network tells a caller whose call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rejection {
    /// The line is engaged.
    Busy,
    /// The number is not in service.
    NotInService,
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
    /// The caller has pressed this.
    Key(Arc<str>),
    /// The caller has pressed nothing, again and again.
    NoInput,
    /// The caller has pressed what leads nowhere, again and again.
    WrongKey,
    /// The number is engaged, or the call was refused there.
    Busy,
    /// Nobody picked up, or nobody took it.
    NoAnswer,
    /// The number cannot be reached.
    Failed,
    /// The dialling was called off.
    Canceled,
    /// They have talked, or a message was left or not.
    Done,
}

/// What it takes of the caller, or of the world, to leave a step by an exit. It decides which circles are sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leaves {
    /// At once, or when words are over: nothing has happened meanwhile.
    ByItself,
    /// Telephones have rung.
    AfterRinging,
    /// The caller was asked for a key and pressed none.
    WithoutKey,
    /// The caller has pressed a key.
    ByKey,
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
            Self::Say { next, .. } | Self::GoTo { next } => vec![(Exit::Next, *next)],
            Self::HangUp | Self::Reject { .. } | Self::HandOver { .. } => Vec::new(),
            Self::Hours { open, closed, .. } => vec![(Exit::Open, *open), (Exit::Closed, *closed)],
            Self::Menu(menu) => {
                let keys = menu.keys.iter().map(|(keys, to)| (Exit::Key(keys.clone()), *to));
                keys.chain([(Exit::NoInput, menu.no_input), (Exit::WrongKey, menu.wrong_key)]).collect()
            }
            Self::Forward(forward) => forward.exits(),
            Self::Voicemail(voicemail) => vec![(Exit::Done, voicemail.done)],
        }
    }

    /// Whether the carrier answers the caller here, if nothing has before: from then on the call is paid for.
    pub fn answers(&self) -> bool {
        match self {
            Self::Ring { .. } | Self::Say { .. } | Self::Menu(_) | Self::Voicemail(_) => true,
            // Nobody waits there, or the last of a call; what comes after these is not ours; and a forward answers nobody
            // before they talk, whom nobody refuses afterwards.
            Self::HangUp
            | Self::Hours { .. }
            | Self::Reject { .. }
            | Self::HandOver { .. }
            | Self::GoTo { .. }
            | Self::Forward(_) => false,
        }
    }

    /// The groups that this step can ring.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<RingGroup>> {
        let tiers = match self {
            Self::Ring { tiers, .. } => Some(tiers),
            Self::Say { .. }
            | Self::HangUp
            | Self::Hours { .. }
            | Self::Menu(_)
            | Self::GoTo { .. }
            | Self::Reject { .. }
            | Self::HandOver { .. }
            | Self::Forward(_)
            | Self::Voicemail(_) => None,
        };
        tiers.into_iter().flat_map(Tiers::groups)
    }
}

impl Exit {
    /// What has to happen for it.
    pub fn leaves(&self) -> Leaves {
        match self {
            Self::Nobody | Self::Busy | Self::NoAnswer | Self::Done => Leaves::AfterRinging,
            // What fails or is called off does so at once, and would again.
            Self::Next | Self::Open | Self::Closed | Self::Failed | Self::Canceled => Leaves::ByItself,
            Self::Key(_) | Self::WrongKey => Leaves::ByKey,
            Self::NoInput => Leaves::WithoutKey,
        }
    }

    /// As the configuration calls it.
    pub fn name(&self) -> &str {
        match self {
            Self::Nobody => "nobody",
            Self::Next => "next",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Key(keys) => keys,
            Self::NoInput => "no_input",
            Self::WrongKey => "wrong_key",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Done => "done",
        }
    }
}
