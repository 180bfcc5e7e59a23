//! What a call wants done: in the imperative, run by the switchboard in order.

use std::{sync::Arc, time::Duration};

use crate::{
    claim::Closed,
    fact::Fact,
    flow::{Forward, Menu, Queue, Rejection, Voicemail, Words},
    id::{CallSid, InquiryId, LegId, LookId, RoundId, VisitId},
    phone::PhoneNumber,
};

/// Something the switchboard must do. Results come back as events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Answer every waiting request of the caller; [`ReplyFoundNobody`](super::Event::ReplyFoundNobody) if none waits.
    Reply(CallerDocument),
    /// Make the caller's leg ask for its document.
    RedirectCaller,
    /// Ask the carrier how the caller's leg stands.
    LookUpCaller,
    /// End the caller's leg.
    EndCaller,

    /// Begin a round: a fresh claim, which legs of older rounds cannot take.
    OpenRound(RoundId),
    /// Close the round's claim, unless a leg has it.
    CloseClaim(RoundId, Closed),

    /// Ask the roster for these phones, in this order, besides those that the round has asked for already.
    Seek {
        /// The round that wants them.
        round: RoundId,
        /// The phones.
        phones: Vec<PhoneNumber>,
        /// Also those that ring or talk with another call.
        ring_busy: bool,
    },
    /// Want no more phones.
    StopSeeking,
    /// The phone's leg is over: it is free for other calls.
    FreePhone(PhoneNumber),
    /// The phone's leg was asked to end: it is free two seconds from now, unless it is freed before.
    FreePhoneSoon(PhoneNumber),
    /// The phone's leg was picked up in the moment it was asked to end: it is engaged until its end after all.
    KeepPhone(PhoneNumber),

    /// Dial a leg.
    Dial {
        /// The new leg.
        leg: LegId,
        /// The round it belongs to.
        round: RoundId,
        /// Whom to ring.
        phone: PhoneNumber,
        /// How long the phone may ring at the longest.
        ring_for: Duration,
    },
    /// End a leg if nobody has picked up; one that was picked up this very moment stays, and is told.
    CancelLeg {
        /// Which leg.
        leg: LegId,
        /// The carrier's name of it.
        sid: CallSid,
    },
    /// End a leg in any case.
    CompleteLeg {
        /// Which leg.
        leg: LegId,
        /// The carrier's name of it.
        sid: CallSid,
    },
    /// Tell a leg that was picked up why it does not have the call; the words end with a hang-up.
    TellLeg {
        /// Which leg.
        leg: LegId,
        /// The carrier's name of it.
        sid: CallSid,
        /// Why.
        why: Told,
    },
    /// End a leg that this call no longer counts on, if nobody has picked up: it showed itself too late.
    CancelStray(CallSid),
    /// Ask the carrier how a leg stands.
    LookUpLeg {
        /// Which leg.
        leg: LegId,
        /// The carrier's name of it.
        sid: CallSid,
    },
    /// Answer the leg whose stay in the conference is over.
    ReplyLeg {
        /// Which leg.
        leg: LegId,
        /// What it hears.
        document: LegDocument,
    },
    /// Ask the carrier who is in the conference.
    LookUpRoom(LookId),
    /// Record the caller's leg from now on. Nothing depends on whether that can be done.
    RecordCaller,

    /// Add to the call's timeline.
    Note(Fact),
    /// Do nothing; the event meant nothing.
    Ignore(Ignored),

    /// Ask the roster for one of these phones at a time, by the caller's place in the queue.
    WaitInQueue {
        /// The round that wants one.
        round: RoundId,
        /// The queue.
        queue: Arc<Queue>,
        /// Everybody of the queue who may yet take the call.
        members: Vec<PhoneNumber>,
        /// Whom to ring now if they are free, in the order of the queue's group.
        first: Vec<PhoneNumber>,
        /// Whom to ring if nobody else is free, in this order.
        last: Vec<PhoneNumber>,
        /// The caller comes in here, and may find it full.
        is_new: bool,
    },
    /// Ask the roster for the caller's place; answered by [`PlaceTold`](super::Event::PlaceTold).
    AskPlace,

    /// Ask the user's own address of this name who the caller is.
    Inquire {
        /// Names the question in its answer.
        inquiry: InquiryId,
        /// The configuration's name of the address.
        lookup: Arc<str>,
    },
    /// Remember who talks to the caller, in case they call again.
    RememberTalk(PhoneNumber),
}

/// What the caller's leg is to do and hear.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CallerDocument {
    /// Enter the call's conference, where the line's ringback plays until the winner is there.
    EnterRoom,
    /// Stay unanswered for a second and ask again, so that the network keeps ringing.
    KeepRinging,
    /// Hear the line's ringback until redirected.
    HearRingback,
    /// Hear words.
    Say {
        /// The words.
        words: Words,
        /// What comes after them.
        then: AfterWords,
    },
    /// Hang up.
    HangUp,
    /// Hear what can be chosen, and press keys; without any, ask what comes after this visit.
    Choose {
        /// What comes before the prompt, if this is not the first time.
        before: Option<Words>,
        /// The prompt and its keys.
        menu: Arc<Menu>,
        /// The one time of asking that the keys will answer.
        visit: VisitId,
    },
    /// Be refused, unanswered.
    Reject(Rejection),
    /// Go on with somebody else's document.
    HandOver(Arc<str>),
    /// Be connected with an outside number by the carrier, and stay unanswered until then.
    Forward {
        /// Whom to dial, and how.
        forward: Arc<Forward>,
        /// The number to show; the line's if absent.
        show: Option<PhoneNumber>,
        /// Names the dialling in its webhooks.
        visit: VisitId,
    },
    /// Hear what a queue plays, and press a key to leave it; ask what comes after this visit when it has been played.
    Hold {
        /// What is said before, if there is something to say.
        words: Option<Words>,
        /// What is played; the line's ringing tone if absent.
        sound: Option<Words>,
        /// Names the document in its webhooks.
        visit: VisitId,
    },
    /// Hear words and a beep, and be recorded; behind silence, ask what comes after this visit.
    Record {
        /// What is heard before the beep.
        words: Words,
        /// How it is recorded.
        voicemail: Arc<Voicemail>,
        /// The one time of asking that the message answers.
        visit: VisitId,
    },
}

impl CallerDocument {
    /// The visit that the leg asks about when it is through with this.
    pub(super) fn visit(&self) -> Option<VisitId> {
        match self {
            Self::Say { then: AfterWords::Ask(visit), .. }
            | Self::Choose { visit, .. }
            | Self::Forward { visit, .. }
            | Self::Hold { visit, .. }
            | Self::Record { visit, .. } => Some(*visit),
            Self::EnterRoom
            | Self::KeepRinging
            | Self::HearRingback
            | Self::Say { then: AfterWords::HangUp, .. }
            | Self::HangUp
            | Self::Reject(_)
            | Self::HandOver(_) => None,
        }
    }
}

/// What a caller's leg does after words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AfterWords {
    /// Ask what comes after this visit.
    Ask(VisitId),
    /// Hang up.
    HangUp,
}

/// What a member's leg hears when its stay in the conference is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegDocument {
    /// Enter the conference once more.
    EnterRoom,
    /// Hear why, then hang up.
    Tell(Told),
    /// Hang up.
    HangUp,
}

/// Why somebody who picked up does not have the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// Somebody else accepted first.
    SomebodyElseHasIt,
    /// The caller has hung up.
    CallerLeft,
    /// The call has gone on to its next step.
    MovedOn,
    /// No key was pressed in time.
    NotAccepted,
    /// They declined, and are thanked.
    Declined,
    /// The two could not be joined.
    CouldNotConnect,
}

impl From<Closed> for Told {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::CallerLeft => Self::CallerLeft,
            Closed::MovedOn => Self::MovedOn,
        }
    }
}

/// Why an event meant nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ignored {
    /// It names a leg that this call does not have, or no longer has.
    UnknownLeg,
    /// It belongs to a round that is over.
    OldRound,
    /// The state had been left when it came.
    TooLate,
    /// It was known already.
    Repeated,
    /// Nothing was due.
    NotDue,
    /// The carrier told about somebody who has no part in this call.
    Stranger,
}
