//! What a call is told: everything that can happen to it, in the past tense.

mod name;

use std::time::Duration;

use crate::{
    findings::Findings,
    flow::{Keys, QueuePlace, QueueRefusal, Words},
    id::{CallSid, InquiryId, LegId, LookId, RoundId, VisitId},
    phone::PhoneNumber,
};

/// Something that has happened to a call. Any event may come late, twice or out of order; those that mean nothing any
/// more become [`Effect::Ignore`](super::Effect::Ignore).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// The caller's leg wants a document; its reply waits until [`Effect::Reply`](super::Effect::Reply).
    CallerAsked(Asked),
    /// The connection of a waiting request was closed by the carrier, which gave up on it or lost its caller.
    CallerConnectionClosed,
    /// The reply that the machine gave had no request to go to: the carrier has given up on it.
    ReplyFoundNobody,
    /// The reply that the machine gave had no request to go to: an accept of which the machine has yet to hear has
    /// answered it, and led the caller into the conference.
    CallerBroughtIn,
    /// The carrier says that the caller's leg is over.
    CallerLeft,
    /// The carrier took our redirect of the caller, or refused it.
    CallerRedirected(Redirected),
    /// The carrier was asked about the caller's leg, or to end it.
    CallerLookedUp(Standing),

    /// The roster lets this call ring these phones now.
    PeopleGranted {
        /// The round that asked.
        round: RoundId,
        /// In the order in which they were asked for.
        phones: Vec<PhoneNumber>,
    },

    /// A create request for a leg has ended.
    Dialled {
        /// The leg it was for.
        leg: LegId,
        /// What became of it.
        result: Dialled,
    },
    /// One of the leg's own webhooks came.
    FromLeg {
        /// Named by the webhook's address.
        leg: LegId,
        /// The carrier's name of it, which may be the first we hear of it.
        sid: CallSid,
        /// What it tells.
        news: LegNews,
    },
    /// The carrier was asked how a leg stands, or answered our request to end it.
    LegLookedUp {
        /// Which leg.
        leg: LegId,
        /// What the carrier said.
        standing: Standing,
    },
    /// The carrier could not send the leg to its last words.
    LegRedirectFailed {
        /// Which leg.
        leg: LegId,
    },

    /// The round's claim is closed: nobody has the call.
    ClaimClosed {
        /// Which round.
        round: RoundId,
    },
    /// The round's claim could not be closed: this leg has the call.
    ClaimHeldBy {
        /// Which round.
        round: RoundId,
        /// The winner.
        leg: LegId,
    },

    /// The carrier reports from the call's conference.
    Room(RoomNews),
    /// The carrier was asked who is in the conference.
    RoomLookedUp {
        /// Which time.
        look: LookId,
        /// Who is; `None` if the carrier could not be asked.
        present: Option<Vec<CallSid>>,
    },

    /// The moment of [`Call::deadline`](super::Call::deadline) has come.
    DeadlineReached,
    /// The program ends soon: calls that wait must be led to an end.
    ShuttingDown,
    /// The outside number that a visit dials tells something.
    FromForward {
        /// Which visit of a forward.
        visit: VisitId,
        /// What it tells.
        news: ForwardNews,
    },
    /// The people of these phones are away: they are not waited for.
    PeopleAway {
        /// The round that asked for them.
        round: RoundId,
        /// Whose.
        phones: Vec<PhoneNumber>,
    },
    /// The caller cannot wait in the queue, or no longer.
    QueueRefused {
        /// The round that asked.
        round: RoundId,
        /// Why.
        why: QueueRefusal,
    },
    /// The roster was asked for the caller's place in the queue; `None` if they have none.
    PlaceTold(Option<QueuePlace>),
    /// The user's own address has answered who the caller is, or cannot.
    InquiryAnswered {
        /// Which question.
        inquiry: InquiryId,
        /// The answer.
        answer: Answer,
    },
    /// The line has dialled as many phones as it may today: no phone is dialled for this call now. The caller hears these
    /// words when the call goes on.
    DialsSpent(Words),
    /// The carrier has a recording of this call ready. It belongs to the call's record and changes nothing about the call.
    RecordingReady {
        /// What was recorded.
        what: Recorded,
        /// How long it is.
        length: Duration,
    },
}

/// What the user's own address says about a caller.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It knows them.
    Found(Findings),
    /// It does not know them.
    NotFound,
    /// No usable answer came in time.
    Failed,
}

/// Which document the caller's leg wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asked {
    /// What it should hear now: the first request, a chunk of carrier ringback, a redirect, a fallback.
    Now {
        /// The carrier has answered the caller: what comes is heard, and silence is silence.
        answered: bool,
    },
    /// What comes after the words of this visit.
    WordsEnded(VisitId),
    /// What comes after its stay in the conference.
    DialEnded,
    /// What comes after the keys that were pressed in the menu of this visit.
    Chosen {
        /// The one time of asking that the keys answer.
        visit: VisitId,
        /// What was pressed.
        keys: Keys,
    },
    /// What comes after the outside number that a visit has dialled.
    Forwarded {
        /// Which visit of a forward.
        visit: VisitId,
        /// How the dialling ended.
        end: DialEnd,
        /// The carrier has answered the caller.
        answered: bool,
    },
    /// What comes after the recording of this visit.
    Recorded {
        /// The one time of asking that the message answers.
        visit: VisitId,
        /// How it ended.
        end: RecordingEnd,
    },
}

/// How the caller's recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordingEnd {
    /// There is a message, and the caller is still there.
    Recorded,
    /// The caller has said nothing.
    Nothing,
    /// The caller has hung up, as most do after their message.
    HungUp {
        /// Whether there is a message.
        recorded: bool,
    },
    /// It is over, and nobody has said how.
    Unsaid,
}

/// What was recorded of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recorded {
    /// A message of the caller.
    Message,
    /// A talk.
    Talk,
}

/// How the carrier says that its dialling of an outside number ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DialEnd {
    /// It was picked up and is over.
    Completed {
        /// Whether the caller was ever connected, where the carrier says so.
        bridged: Option<bool>,
    },
    /// It was engaged.
    Busy,
    /// It was not picked up.
    NoAnswer,
    /// It could not be reached; or the carrier said nothing that is known.
    Failed,
    /// The dialling was called off.
    Canceled,
    /// It is over, and nobody has said how.
    Unsaid,
}

/// What the webhooks of an outside number tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForwardNews {
    /// It is being dialled.
    Dialled,
    /// It rings.
    Rings,
    /// Somebody or something has picked up.
    Answered,
    /// Whoever picked up took the call by a key.
    Accepted,
    /// Whoever picked up does not want the call.
    Declined,
    /// Its leg is over.
    Ended(DialEnd),
    /// It may not be dialled: the caller's request was given no document, and waits.
    NotAllowed,
    /// Of several that ring, this one has been picked up.
    PickedUpBy(PhoneNumber),
    /// What ended was the leg of an earlier dialling, from before a restart: another one has shown itself.
    EndedBefore,
}

/// What became of a create request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialled {
    /// The carrier dials.
    Accepted {
        /// The carrier's name of the leg.
        sid: CallSid,
        /// How long the leg waits for its turn, by the carrier's estimate.
        queue_time: Duration,
    },
    /// The leg does not exist.
    Refused,
    /// No answer came: the leg may exist, and shows itself by its webhooks if it does.
    AnswerLost,
}

/// What a webhook of a leg tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LegNews {
    /// It is being dialled, or rings.
    Rings,
    /// Somebody or something has picked up.
    Answered,
    /// It was picked up and is now being asked for a key.
    AskedForKey,
    /// A human took the call, and the claim said [`Won`](crate::claim::Verdict::Won).
    Accepted,
    /// A human does not want the call.
    Declined,
    /// A machine or a fax picked up, and is being hung up on.
    WasMachine,
    /// The carrier found a machine while the leg was being asked for a key; nothing ends it but us.
    FoundMachine,
    /// It was told why it does not have the call, and is being hung up on.
    ToldWhy,
    /// Its stay in the conference is over and it wants to know what comes next.
    DialEnded,
    /// The leg is over.
    Ended(LegEnd),
    /// The conference did not let it in, and it wants to know what comes next.
    NotLetIn,
}

/// How a leg ended, by the carrier's last status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LegEnd {
    /// It was up and somebody hung up.
    Completed,
    /// Engaged, or refused at the telephone.
    Busy,
    /// It rang and nobody picked up, or it was canceled while it rang.
    NoAnswer,
    /// It could not be reached.
    Failed,
}

/// How a leg stands, as the carrier answers when asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Queued or ringing.
    Unanswered,
    /// In progress.
    Up,
    /// Over, or unknown to the carrier.
    Over,
    /// The carrier could not be asked.
    Unclear,
}

/// What became of a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Redirected {
    /// The carrier fetches the new document.
    Done,
    /// The leg is not in a state for it: over, or just being answered (carrier contract §5, 21220).
    NotInState,
    /// The carrier could not be asked.
    Failed,
}

/// A report from the conference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoomNews {
    /// A leg has entered.
    Joined(CallSid),
    /// A leg has gone out.
    Left(CallSid),
    /// Two are in, and hear each other.
    Started,
    /// Everybody is out.
    Ended,
}
