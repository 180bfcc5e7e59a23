//! What people are told about a call: the lines of its timeline.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    call::{Recorded, Told},
    flow::{Language, Rejection, Words},
    phone::PhoneNumber,
};

/// One line of a call's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The call came in.
    Arrived,
    /// Everybody who could be rung is busy with other calls of ours.
    EverybodyBusy,
    /// A phone is being dialled.
    Dialled(Arc<str>),
    /// A phone was picked up.
    PickedUp(Arc<str>),
    /// Somebody took the call.
    Accepted(Arc<str>),
    /// Somebody does not want the call.
    Declined(Arc<str>),
    /// A mailbox or another machine picked up.
    WasMachine(Arc<str>),
    /// A phone was not picked up in time.
    DidNotAnswer(Arc<str>),
    /// Somebody picked up and pressed no key in time.
    DidNotAccept(Arc<str>),
    /// Somebody picked up and hung up before accepting.
    HungUpEarly(Arc<str>),
    /// A phone was engaged, or its owner pushed the call away: the carrier tells both alike.
    WasBusy(Arc<str>),
    /// A phone could not be reached.
    WasUnreachable(Arc<str>),
    /// The carrier did not say whether it dials; the phone may ring all the same.
    DialUncertain(Arc<str>),
    /// A phone stops ringing, or its person is told why.
    Withdrawn(Arc<str>, Told),
    /// The caller goes from waiting unanswered to hearing our ringback.
    RingbackBegan,
    /// Caller and member hear each other.
    Bridged(Arc<str>),
    /// The member was gone before both were joined; the phones ring again.
    HandedBack(Arc<str>),
    /// The phones are tried once more.
    NextPass(u32),
    /// Nobody took the call.
    NobodyTookIt,
    /// The caller hears words.
    Said(Words),
    /// The caller has hung up.
    CallerLeft,
    /// The call is over.
    Over(Outcome),
    /// The clock decided where the call goes.
    LookedAtHours {
        /// The configuration's name of the hours.
        hours: Arc<str>,
        /// What they said.
        open: bool,
        /// By which rule.
        why: Arc<str>,
    },
    /// The caller has chosen by this key.
    Chose(Arc<str>),
    /// The caller has pressed what is no choice. What it was is nobody's business.
    PressedWrongKey,
    /// The caller has pressed no key in time.
    PressedNoKey,
    /// The call is refused.
    Rejected(Rejection),
    /// The caller goes on with somebody else's documents.
    HandedOver,
    /// A further group of the step begins to ring.
    TierBegan(Arc<str>),
    /// An outside number is being dialled.
    ForwardedTo(PhoneNumber),
    /// The outside number was picked up.
    ForwardAnswered(PhoneNumber),
    /// Whoever picked up took the call.
    ForwardAccepted(PhoneNumber),
    /// The outside number could not be dialled with the caller's number, and is dialled again with the line's.
    ForwardShowsLine(PhoneNumber),
    /// What became of the outside number.
    ForwardOver(PhoneNumber, ForwardOutcome),
    /// The caller waits in the queue for this group.
    Queued(Arc<str>),
    /// The caller is out of the queue, and nobody talked to them.
    LeftQueue(QueueEnd),
    /// Somebody is away, and is not rung.
    IsAway(Arc<str>),
    /// The user's own address was asked about the caller. What it has answered is nobody's business.
    LookedUp(Arc<str>, LookupOutcome),
    /// A field of what was found decided where the call goes.
    Branched {
        /// Which field.
        field: Arc<str>,
        /// It has a value for which there is a case.
        by_case: bool,
    },
    /// The field that should have an outside number has none that may be dialled.
    FoundNoNumber(Arc<str>),
    /// The line takes no calls of this caller as it takes others.
    Blocked,
    /// The caller is spoken to in another language.
    LanguageChosen(Language),
    /// What the carrier says at the end of somebody's leg, the caller's included.
    LegReported(Arc<str>, LegReport),
    /// Somebody has talked to the caller just before, and is rung first.
    OfferedFirst(Arc<str>),
    /// No phone is dialled for this call: the line has dialled as many as it may today.
    DialsSpent,
    /// The caller is asked for a message.
    AskedForMessage,
    /// The caller has left a message.
    LeftMessage,
    /// The caller was asked for a message and has said nothing.
    LeftNoMessage,
    /// The carrier has a recording of so long ready.
    RecordingReady(Recorded, Duration),
}

/// The carrier's own account of a leg that is over (carrier contract §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegReport {
    /// Its last status, in the carrier's words.
    pub status: &'static str,
    /// How long it was up.
    pub lasted: Option<Duration>,
    /// How the telephone network ended it, as a code of SIP.
    pub sip_code: Option<u16>,
}

/// Why a caller is out of a queue without a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueEnd {
    /// They pressed the key that leaves.
    GaveUp,
    /// They have waited as long as callers may.
    TooLong,
    /// Too many wait already.
    Full,
    /// Nobody is on duty.
    NobodyOnDuty,
}

/// What became of asking the user's own address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LookupOutcome {
    /// The caller is known.
    Found,
    /// The caller is not known.
    NotFound,
    /// No usable answer came in time.
    Failed,
}

/// What became of a call to an outside number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForwardOutcome {
    /// Caller and number talked.
    Talked,
    /// It was engaged, or refused at the telephone.
    Busy,
    /// Whoever picked up pressed the key that declines.
    Declined,
    /// Nobody picked up.
    NoAnswer,
    /// It was picked up, and nobody took the call.
    NotAccepted,
    /// It could not be reached.
    Failed,
    /// The dialling was called off.
    Canceled,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Caller and member talked.
    Talked,
    /// The caller hung up before anybody could talk to them.
    CallerGaveUp,
    /// Nobody took the call.
    NobodyTookIt,
    /// The flow led to its end without ringing anybody.
    FlowEnded,
    /// The program had to end.
    ShutDown,
    /// Nobody took it, and the caller left a message.
    LeftMessage,
}

impl Fact {
    /// Whether this belongs to the fine print of a call: for its timeline, but not for everyday logs.
    pub fn is_detail(&self) -> bool {
        matches!(
            self,
            Self::Dialled(_)
                | Self::Withdrawn(..)
                | Self::RingbackBegan
                | Self::Said(_)
                | Self::IsAway(_)
                | Self::LegReported(..)
        )
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arrived => f.write_str("a call comes in"),
            Self::EverybodyBusy => f.write_str("everybody is busy with other calls; the caller waits"),
            Self::Dialled(name) => write!(f, "{name}'s phone is dialled"),
            Self::PickedUp(name) => write!(f, "{name}'s phone is picked up"),
            Self::Accepted(name) => write!(f, "{name} accepts"),
            Self::Declined(name) => write!(f, "{name} declines"),
            Self::WasMachine(name) => write!(f, "{name}'s mailbox picked up, and is dropped"),
            Self::DidNotAnswer(name) => write!(f, "{name} does not answer"),
            Self::DidNotAccept(name) => write!(f, "{name}'s phone was picked up, but no key was pressed"),
            Self::HungUpEarly(name) => write!(f, "{name} hangs up without accepting"),
            Self::WasBusy(name) => write!(f, "{name}'s phone says busy"),
            Self::WasUnreachable(name) => write!(f, "{name}'s phone cannot be reached"),
            Self::DialUncertain(name) => write!(f, "the carrier does not say whether it dials {name}"),
            Self::Withdrawn(name, why) => write!(f, "{name}'s phone is released: {why}"),
            Self::RingbackBegan => f.write_str("the caller hears our ringback"),
            Self::Bridged(name) => write!(f, "{name} and the caller talk"),
            Self::HandedBack(name) => write!(f, "{name} is gone before both are joined; the phones ring again"),
            Self::NextPass(pass) => write!(f, "the phones are tried again, pass {pass}"),
            Self::NobodyTookIt => f.write_str("nobody took the call"),
            Self::Said(words) => write!(f, "the caller hears: {words}"),
            Self::CallerLeft => f.write_str("the caller has hung up"),
            Self::Over(outcome) => write!(f, "the call is over: {outcome}"),
            Self::LookedAtHours { hours, open, why } => {
                write!(f, "hours {hours}: {}, because {why}", if *open { "open" } else { "closed" })
            }
            Self::Chose(keys) => write!(f, "the caller presses {keys}"),
            Self::PressedWrongKey => f.write_str("the caller presses what is no choice"),
            Self::PressedNoKey => f.write_str("the caller presses no key"),
            Self::Rejected(Rejection::Busy) => f.write_str("the call is refused: busy"),
            Self::Rejected(Rejection::NotInService) => f.write_str("the call is refused: not in service"),
            Self::HandedOver => f.write_str("the caller is handed over to another address"),
            Self::TierBegan(group) => write!(f, "group {group} begins to ring"),
            Self::ForwardedTo(number) => write!(f, "forwarded to {number}"),
            Self::ForwardAnswered(number) => write!(f, "{number} is picked up"),
            Self::ForwardAccepted(number) => write!(f, "{number} accepts"),
            Self::ForwardShowsLine(number) => {
                write!(f, "{number} cannot be dialled with the caller's number; it is dialled again with the line's")
            }
            Self::ForwardOver(number, outcome) => write!(f, "{number}: {outcome}"),
            Self::Queued(group) => write!(f, "the caller waits in the queue for {group}"),
            Self::LeftQueue(end) => write!(f, "the caller is out of the queue: {end}"),
            Self::IsAway(name) => write!(f, "{name} is away"),
            Self::LookedUp(lookup, LookupOutcome::Found) => write!(f, "lookup {lookup}: the caller is known"),
            Self::LookedUp(lookup, LookupOutcome::NotFound) => write!(f, "lookup {lookup}: the caller is not known"),
            Self::LookedUp(lookup, LookupOutcome::Failed) => write!(f, "lookup {lookup}: no usable answer"),
            Self::Branched { field, by_case: true } => write!(f, "goes by a case for {field}"),
            Self::Branched { field, by_case: false } => write!(f, "no case for {field}"),
            Self::OfferedFirst(name) => write!(f, "{name} has talked to the caller before, and is rung first"),
            Self::Blocked => f.write_str("the caller is on the block list"),
            Self::FoundNoNumber(field) => write!(f, "{field} is no number that may be dialled"),
            Self::LanguageChosen(language) => write!(f, "the caller hears {language} from now on"),
            Self::LegReported(name, report) => write!(f, "the carrier reports the end of {name}'s leg: {report}"),
            Self::DialsSpent => f.write_str("nobody is dialled: the line has dialled as many phones as it may today"),
            Self::AskedForMessage => f.write_str("the caller is asked for a message"),
            Self::LeftMessage => f.write_str("the caller has left a message"),
            Self::LeftNoMessage => f.write_str("the caller says nothing"),
            Self::RecordingReady(what, length) => {
                let what = match what {
                    Recorded::Message => "message",
                    Recorded::Talk => "talk",
                };
                write!(f, "the recording of the {what} is ready: {} s", length.as_secs())
            }
        }
    }
}

impl fmt::Display for LegReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status)?;
        if let Some(lasted) = self.lasted {
            write!(f, " after {} s", lasted.as_secs())?;
        }
        if let Some(code) = self.sip_code {
            write!(f, ", SIP {code}")?;
        }
        Ok(())
    }
}

impl fmt::Display for QueueEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GaveUp => "they left it by a key",
            Self::TooLong => "they have waited too long",
            Self::Full => "too many wait already",
            Self::NobodyOnDuty => "nobody is on duty",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Talked => "they talked",
            Self::CallerGaveUp => "the caller gave up",
            Self::NobodyTookIt => "nobody took it",
            Self::FlowEnded => "the flow ended",
            Self::ShutDown => "the program ended",
            Self::LeftMessage => "the caller left a message",
        })
    }
}

impl fmt::Display for ForwardOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Talked => "they talked",
            Self::Busy => "says busy",
            Self::Declined => "declines",
            Self::NoAnswer => "does not answer",
            Self::NotAccepted => "was picked up, but nobody took the call",
            Self::Failed => "cannot be reached",
            Self::Canceled => "the dialling was called off",
        })
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SomebodyElseHasIt => "somebody else has the call",
            Self::CallerLeft => "the caller has hung up",
            Self::MovedOn => "the call has moved on",
            Self::NotAccepted => "no key was pressed",
            Self::Declined => "declined",
            Self::CouldNotConnect => "the two could not be joined",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_reads_as_a_sentence_about_somebody() {
        let withdrawn = Fact::Withdrawn("Ana".into(), Told::SomebodyElseHasIt);

        assert_eq!(withdrawn.to_string(), "Ana's phone is released: somebody else has the call");
        assert_eq!(Fact::Over(Outcome::Talked).to_string(), "the call is over: they talked");
        assert_eq!(Fact::Accepted("Ana".into()).to_string(), "Ana accepts");
        let looked = Fact::LookedAtHours { hours: "office".into(), open: false, why: "Sunday is closed".into() };
        assert_eq!(looked.to_string(), "hours office: closed, because Sunday is closed");
    }

    #[test]
    fn the_everyday_log_has_what_people_did_and_leaves_out_what_only_the_program_did() {
        for detail in [
            Fact::Dialled("Ana".into()),
            Fact::Withdrawn("Ana".into(), Told::MovedOn),
            Fact::RingbackBegan,
            Fact::Said("Sorry.".into()),
        ] {
            assert!(detail.is_detail(), "{detail}");
        }
        for news in [Fact::Arrived, Fact::Accepted("Ana".into()), Fact::NobodyTookIt, Fact::Over(Outcome::Talked)] {
            assert!(!news.is_detail(), "{news}");
        }
    }
}
