//! What can happen at one step of a call's way, and every exit that leads on from there.

use std::sync::Arc;

use super::{
    Branch, Forward, FoundNumber, Hours, Language, Lookup, Menu, Queue, RingGroup, StepIndex, Tiers, Voicemail, Words,
};

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
    /// Let the caller wait until somebody is free for them.
    Queue(Arc<Queue>),
    /// Ask the user's own address who the caller is.
    Lookup(Arc<Lookup>),
    /// Go by what was found. This takes no time and no caller waits here.
    Branch(Arc<Branch>),
    /// Hand the caller on to the outside number that was found.
    ForwardToFound(Arc<Forward<FoundNumber>>),
    /// From here on speak to the caller in this language. This takes no time and no caller waits here.
    Language {
        /// Which.
        language: Language,
        /// Where the call goes.
        next: StepIndex,
    },
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
    /// The caller has left the queue by a key.
    GaveUp,
    /// The caller has waited as long as callers may.
    TooLong,
    /// Too many callers wait already.
    Full,
    /// Nobody is on duty.
    NobodyOnDuty,
    /// The caller is known.
    Found,
    /// The caller is not known.
    NotFound,
    /// What was found is this.
    Case(Arc<str>),
    /// What was found is something else, or nothing was.
    Otherwise,
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
            Self::Say { next, .. } | Self::GoTo { next } | Self::Language { next, .. } => vec![(Exit::Next, *next)],
            Self::HangUp | Self::Reject { .. } | Self::HandOver { .. } => Vec::new(),
            Self::Hours { open, closed, .. } => vec![(Exit::Open, *open), (Exit::Closed, *closed)],
            Self::Menu(menu) => {
                let keys = menu.keys.iter().map(|(keys, to)| (Exit::Key(keys.clone()), *to));
                keys.chain([(Exit::NoInput, menu.no_input), (Exit::WrongKey, menu.wrong_key)]).collect()
            }
            Self::Forward(forward) => forward.exits(),
            Self::Queue(queue) => queue.exits(),
            Self::Lookup(lookup) => lookup.exits(),
            Self::Branch(branch) => branch.exits(),
            Self::ForwardToFound(forward) => forward.exits(),
            Self::Voicemail(voicemail) => vec![(Exit::Done, voicemail.done)],
        }
    }

    /// What a caller hears at this step, by the keys of the configuration that say it. Not what they hear in the place of
    /// a refusal: those words are the line's.
    pub fn words(&self) -> Vec<(&'static str, &Words)> {
        match self {
            Self::Say { words, .. } => vec![("say", words)],
            Self::Queue(queue) => queue.told(),
            Self::Menu(menu) => vec![
                ("menu", &menu.prompt),
                ("no_input_words", &menu.no_input_words),
                ("wrong_key_words", &menu.wrong_key_words),
            ],
            Self::Ring { .. }
            | Self::HangUp
            | Self::Hours { .. }
            | Self::GoTo { .. }
            | Self::Reject { .. }
            | Self::HandOver { .. }
            | Self::Forward(_)
            | Self::Lookup(_)
            | Self::Branch(_)
            | Self::ForwardToFound(_)
            | Self::Language { .. } => Vec::new(),
            Self::Voicemail(voicemail) => vec![
                ("voicemail", &voicemail.greeting),
                ("nothing_heard", &voicemail.nothing_heard),
                ("goodbye", &voicemail.goodbye),
            ],
        }
    }

    /// Whether the carrier answers the caller here, if nothing has before: from then on the call is paid for.
    pub fn answers(&self) -> bool {
        match self {
            Self::Ring { .. } | Self::Say { .. } | Self::Menu(_) | Self::Queue(_) | Self::Voicemail(_) => true,
            // Nobody waits there, or the last of a call; what comes after these is not ours; and a forward answers nobody
            // before they talk, whom nobody refuses afterwards.
            Self::HangUp
            | Self::Hours { .. }
            | Self::Reject { .. }
            | Self::HandOver { .. }
            | Self::GoTo { .. }
            | Self::Forward(_)
            | Self::Lookup(_)
            | Self::Branch(_)
            | Self::ForwardToFound(_)
            | Self::Language { .. } => false,
        }
    }

    /// The groups that this step can ring.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<RingGroup>> {
        let (tiers, queue) = match self {
            Self::Ring { tiers, .. } => (Some(tiers), None),
            Self::Queue(queue) => (None, Some(&queue.group)),
            Self::Say { .. }
            | Self::HangUp
            | Self::Hours { .. }
            | Self::Menu(_)
            | Self::GoTo { .. }
            | Self::Reject { .. }
            | Self::HandOver { .. }
            | Self::Forward(_)
            | Self::Lookup(_)
            | Self::Branch(_)
            | Self::ForwardToFound(_)
            | Self::Language { .. }
            | Self::Voicemail(_) => (None, None),
        };
        tiers.into_iter().flat_map(Tiers::groups).chain(queue)
    }
}

impl Exit {
    /// What has to happen for it.
    pub fn leaves(&self) -> Leaves {
        match self {
            // Whoever has waited too long has waited for minutes, also where nobody was free to be rung.
            Self::Nobody | Self::Busy | Self::NoAnswer | Self::Done | Self::TooLong => Leaves::AfterRinging,
            // What fails or is called off does so at once, and would again.
            Self::Next
            | Self::Open
            | Self::Closed
            | Self::Failed
            | Self::Canceled
            | Self::Full
            | Self::NobodyOnDuty
            | Self::Found
            | Self::NotFound
            | Self::Case(_)
            | Self::Otherwise => Leaves::ByItself,
            Self::Key(_) | Self::WrongKey | Self::GaveUp => Leaves::ByKey,
            Self::NoInput => Leaves::WithoutKey,
        }
    }

    /// As the configuration calls it.
    pub fn name(&self) -> &str {
        match self {
            Self::Nobody | Self::NobodyOnDuty => "nobody",
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
            Self::GaveUp => "gave_up",
            Self::TooLong => "too_long",
            Self::Full => "full",
            Self::Found => "found",
            Self::NotFound => "not_found",
            Self::Case(value) => value,
            Self::Otherwise => "otherwise",
        }
    }
}
