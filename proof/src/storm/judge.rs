//! Judges a storm by what was heard and done: legs, webhooks and REST requests as the carrier saw them. What the program
//! believes of itself is never asked.
//!
//! Where a fault excuses something, it excuses only the leg or the caller that it struck.

mod case;
mod chosen;
mod company;
mod ends;
mod messages;
mod offers;
mod queues;
mod terms;
mod waiting;
mod way;
mod words;

use std::fmt;

use clap::ValueEnum;

pub use self::case::{Call, Case, Offer};
use super::play::Played;

/// What people have to be able to trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Promise {
    /// At most one member is with a caller, and nobody else.
    OneWinner,
    /// Whoever picked up and does not have the call is told so in words.
    ToldInWords,
    /// A machine is never joined to a caller.
    NeverAMachine,
    /// A caller never hears silence, music, or that an application error has occurred.
    NoSilence,
    /// A caller is never cut off by us: they leave, or hear words, or whom they talked to has left.
    NotCutOff,
    /// A caller does not wait longer than their line says.
    NoEndlessWait,
    /// Whoever calls rings somebody who is free.
    SomebodyRings,
    /// No telephone rings on for a call that is taken or over.
    NoPhoneLeftRinging,
    /// Nothing happens for a call after its end.
    NothingAfterTheEnd,
    /// A winner who drops before the bridge gives the call back.
    GivesBack,
    /// Nobody is rung twice at once.
    NobodyTwice,
    /// Everything comes to rest.
    ComesToRest,
    /// Nothing breaks down.
    NoBreakdown,
    /// Nobody outside the groups and numbers that a caller has come to is ever rung.
    NobodyElse,
    /// A caller comes to no step to which nothing leads.
    NowhereElse,
    /// For a caller in a queue one telephone rings at a time.
    OneAtATime,
    /// Who has waited longest in a queue comes first.
    InTurn,
    /// Whoever has talked out of a queue is left alone for as long as it says.
    Rests,
    /// Who presses the key of a queue is let go.
    LetsGo,
    /// Who leaves a message is greeted and thanked, and exactly those are told of it who are to be, each once.
    MessageTold,
    /// A line dials no more phones in a day than it says, and whoever comes after that hears so.
    WithinLimit,
    /// Where talks are recorded each is recorded once, after its caller has heard so; elsewhere none is.
    Recorded,
    /// Whoever has talked to a caller is rung first, alone, when they call again.
    SameFirst,
    /// A telephone shows the caller's number where that is wanted, and the line's elsewhere.
    Shown,
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which one.
    pub promise: Promise,
    /// When, in milliseconds since the beginning.
    pub at: u64,
    /// Whom it concerns, by the legs' places in the order of creation.
    pub legs: Vec<usize>,
    /// What happened.
    pub what: String,
}

/// Everything that was broken, the earliest first.
pub fn judge(played: &Played) -> Vec<Broken> {
    let case = Case::new(played);
    let mut broken = Vec::new();
    for what in &played.panics {
        broken.push(Broken { promise: Promise::NoBreakdown, at: 0, legs: Vec::new(), what: what.clone() });
    }
    if let Some(what) = &played.unrest {
        let legs = (0..played.legs.len()).filter(|leg| played.legs[*leg].end().is_none()).collect();
        broken.push(Broken { promise: Promise::ComesToRest, at: played.end, legs, what: what.clone() });
    }
    chosen::judge(&case, &mut broken);
    company::judge(&case, &mut broken);
    words::judge(&case, &mut broken);
    ends::judge(&case, &mut broken);
    waiting::judge(&case, &mut broken);
    offers::judge(&case, &mut broken);
    queues::judge(&case, &mut broken);
    messages::judge(&case, &mut broken);
    terms::judge(&case, &mut broken);
    broken.sort_by_key(|broken| broken.at);
    broken
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.at / 1000, self.at % 1000);
        write!(f, "{:?} at {seconds}.{millis:03} s: {}", self.promise, self.what)
    }
}
