//! What every state of a call shares: its setup, both sides of it, and the effects of the present event.

use std::{
    collections::BTreeSet,
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use super::{
    Answer, Asked, CallSetup, Effect, Event, ForwardNews, Ignored, RoomNews, Standing, Variables,
    caller::Caller,
    legs::{Legs, Out},
    spent::Spent,
};
use crate::{
    fact::{Fact, Outcome},
    findings::Findings,
    flow::{QueuePlace, QueueRefusal},
    id::{CallSid, InquiryId, LegId, LookId, RoundId, VisitId},
    phone::PhoneNumber,
    time::Timestamp,
};

/// The part of a call that outlives its states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) setup: Arc<CallSetup>,
    /// The moment of the present event; never runs backwards.
    pub(super) now: Timestamp,
    /// When the caller began to wait, which is the call's place in the roster's line.
    pub(super) since: Timestamp,
    pub(super) caller: Caller,
    pub(super) legs: Legs,
    /// Who pressed the decline key: not rung again by this call.
    pub(super) declined: BTreeSet<PhoneNumber>,
    /// Whose leg the conference refused again and again: rung again only if there is nobody else.
    pub(super) unjoinable: BTreeSet<PhoneNumber>,
    /// What the call has come to so far, if it were to end now.
    pub(super) outcome: Outcome,
    next_round: RoundId,
    next_visit: VisitId,
    visits: u32,
    next_look: LookId,
    /// The look into the conference whose answer counts.
    awaited_look: Option<LookId>,
    /// Whether the talk is to be recorded, once.
    pub(super) records_talk: bool,
    /// How often a winner was lost before the bridge.
    pub(super) hand_backs: u8,
    /// What lookups have told about the caller.
    pub(super) found: Findings,
    next_inquiry: InquiryId,
    /// What words are filled with.
    pub(super) variables: Arc<Variables>,
    /// Whoever talked to the caller before has been rung first.
    pub(super) was_returned: bool,
    /// What the caller is to hear because nobody may be dialled.
    pub(super) spent: Spent,
    /// What was to be dialled last was one phone too many for the line today.
    pub(super) is_beyond_limit: bool,
    pub(super) effects: Vec<Effect>,
}

/// The moment of the last event tells no two calls apart, for the next event brings its own; the effects of the last one
/// are handed out.
impl Hash for Common {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            setup,
            now: _,
            since,
            caller,
            legs,
            declined,
            unjoinable,
            outcome,
            next_round,
            next_visit,
            visits,
            next_look,
            awaited_look,
            records_talk,
            hand_backs,
            found,
            next_inquiry,
            variables,
            was_returned,
            spent,
            is_beyond_limit,
            effects: _,
        } = self;
        (setup, since, caller, legs, declined, unjoinable).hash(state);
        (outcome, next_round, next_visit, visits, next_look, awaited_look, records_talk, hand_backs, variables)
            .hash(state);
        (found, next_inquiry, was_returned, spent, is_beyond_limit).hash(state);
    }
}

/// What an event means to the state that a call is in, after both sides of the call have taken note of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// The caller's request waits for a document.
    Asked(Asked),
    /// The caller has not moved on although the words must be over.
    WordsOverdue,
    /// The caller's leg is over.
    CallerGone,
    /// The roster lets us ring these phones.
    Granted(RoundId, Vec<PhoneNumber>),
    /// The claim says that this leg has the call.
    Accepted(LegId),
    /// The claim says that nobody has the call.
    ClaimClosed(RoundId),
    /// A leg does not count any more.
    Out(LegId, PhoneNumber, Out),
    /// The winner's leg left the conference and asks what comes next.
    WinnerDialEnded(LegId),
    /// A report from the conference.
    Room(RoomNews),
    /// Who is in the conference.
    RoomSeen(Option<Vec<CallSid>>),
    /// Time has passed; the state looks at its own deadline.
    Clock,
    /// The program ends.
    ShutDown,
    /// The outside number that this visit dials tells something.
    Forward(VisitId, ForwardNews),
    /// The carrier was asked about a caller for whom it dials an outside number.
    CallerSeen(Standing),
    /// These people are away.
    Away(RoundId, Vec<PhoneNumber>),
    /// The caller cannot wait in the queue.
    Refused(RoundId, QueueRefusal),
    /// Where the caller stands in the queue.
    Place(Option<QueuePlace>),
    /// The user's own address has answered, or cannot.
    Answered(InquiryId, Answer),
}

/// Who is rung again and again and never reaches the caller is not rung for ever.
const MOST_EXTENSIONS: u8 = 4;
/// A flow that runs in a circle through its rings ends after so many steps.
const MOST_VISITS: u32 = 100;

impl Common {
    pub(super) fn new(setup: Arc<CallSetup>, now: Timestamp) -> Self {
        Self {
            now,
            since: now,
            caller: Caller::new(now, setup.is_answered),
            variables: Arc::new(Variables::new(setup.caller.clone(), setup.known.clone())),
            setup,
            legs: Legs::default(),
            declined: BTreeSet::new(),
            unjoinable: BTreeSet::new(),
            outcome: Outcome::FlowEnded,
            next_round: RoundId::FIRST,
            next_visit: VisitId::FIRST,
            visits: 0,
            next_look: LookId::FIRST,
            awaited_look: None,
            records_talk: false,
            hand_backs: 0,
            found: Findings::default(),
            next_inquiry: InquiryId::FIRST,
            was_returned: false,
            spent: Spent::No,
            is_beyond_limit: false,
            effects: Vec::new(),
        }
    }

    /// Lets both sides of the call take note of the event; what is left for the state comes back.
    pub(super) fn observe(&mut self, event: Event) -> Vec<Turn> {
        match event {
            Event::CallerAsked(asked) => self.on_asked(asked),
            Event::CallerConnectionClosed => self.on_connection_closed(),
            Event::ReplyFoundNobody => self.on_reply_found_nobody(),
            Event::CallerBroughtIn => self.on_caller_brought_in(),
            Event::CallerLeft => self.on_caller_left(),
            Event::CallerRedirected(redirected) => self.on_redirected(redirected),
            Event::CallerLookedUp(standing) => self.on_caller_looked_up(standing),
            Event::PeopleGranted { round, phones } => vec![Turn::Granted(round, phones)],
            Event::Dialled { leg, result } => self.on_dialled(leg, result).into_iter().collect(),
            Event::FromLeg { leg, sid, news } => self.on_leg_news(leg, sid, news).into_iter().collect(),
            Event::LegLookedUp { leg, standing } => self.on_leg_looked_up(leg, standing).into_iter().collect(),
            Event::LegRedirectFailed { leg } => self.on_leg_redirect_failed(leg),
            Event::ClaimClosed { round } => vec![Turn::ClaimClosed(round)],
            Event::ClaimHeldBy { leg, .. } => self.on_claim_held(leg).into_iter().collect(),
            Event::Room(news) => vec![Turn::Room(news)],
            Event::RoomLookedUp { look, present } => self.on_room_looked_up(look, present).into_iter().collect(),
            Event::DeadlineReached => self.on_deadline(),
            Event::ShuttingDown => vec![Turn::ShutDown],
            Event::FromForward { visit, news } => vec![Turn::Forward(visit, news)],
            Event::PeopleAway { round, phones } => vec![Turn::Away(round, phones)],
            Event::QueueRefused { round, why } => vec![Turn::Refused(round, why)],
            Event::PlaceTold(place) => vec![Turn::Place(place)],
            Event::InquiryAnswered { inquiry, answer } => vec![Turn::Answered(inquiry, answer)],
            Event::DialsSpent(words) => self.on_dials_spent(words),
            Event::RecordingReady { what, length } => {
                self.note(Fact::RecordingReady(what, length));
                Vec::new()
            }
        }
    }

    fn on_room_looked_up(&mut self, look: LookId, present: Option<Vec<CallSid>>) -> Option<Turn> {
        if self.awaited_look.take_if(|awaited| *awaited == look).is_none() {
            self.ignore(Ignored::TooLate);
            return None;
        }
        Some(Turn::RoomSeen(present))
    }

    fn on_deadline(&mut self) -> Vec<Turn> {
        let mut turns = self.on_caller_deadline();
        turns.extend(self.on_leg_deadlines());
        turns.push(Turn::Clock);
        turns
    }

    /// The next moment at which one of the two sides must do something by itself.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        [self.caller_deadline(), self.legs.deadline()].into_iter().flatten().min()
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn note(&mut self, fact: Fact) {
        self.push(Effect::Note(fact));
    }

    pub(super) fn ignore(&mut self, why: Ignored) {
        self.push(Effect::Ignore(why));
    }

    pub(super) fn after(&self, duration: Duration) -> Timestamp {
        self.now + duration
    }

    pub(super) fn take_round(&mut self) -> RoundId {
        let round = self.next_round;
        self.next_round = round.next();
        round
    }

    /// Asks the carrier who is in the conference; answers to earlier looks do not count any more.
    pub(super) fn look_up_room(&mut self) {
        let look = self.next_look;
        self.next_look = look.next();
        self.awaited_look = Some(look);
        self.push(Effect::LookUpRoom(look));
    }

    /// The conference has changed for us: whatever is still answered tells of how it was before.
    pub(super) fn forget_look(&mut self) {
        self.awaited_look = None;
    }

    pub(super) fn take_inquiry(&mut self) -> InquiryId {
        let inquiry = self.next_inquiry;
        self.next_inquiry = inquiry.next();
        inquiry
    }

    /// Counts a visit of a step; `None` when the call has been through too many.
    pub(super) fn take_visit(&mut self) -> Option<VisitId> {
        self.visits += 1;
        let visit = self.next_visit;
        self.next_visit = visit.next();
        (self.visits <= MOST_VISITS).then_some(visit)
    }

    /// A name for asking once more within a visit, which bounds how often that happens.
    pub(super) fn ask_anew(&mut self) -> VisitId {
        let visit = self.next_visit;
        self.next_visit = visit.next();
        visit
    }

    /// Counts a call that was handed back; whether its phones may ring longer for it than they would have.
    pub(super) fn may_ring_longer(&mut self) -> bool {
        self.hand_backs = self.hand_backs.saturating_add(1);
        self.hand_backs <= MOST_EXTENSIONS
    }

    /// They talk: from here on they are recorded, if that is wanted.
    pub(super) fn record_talk(&mut self) {
        if std::mem::take(&mut self.records_talk) {
            self.push(Effect::RecordCaller);
        }
    }

    /// Hands back phones that the roster granted too late.
    pub(super) fn decline_grant(&mut self, phones: Vec<PhoneNumber>) {
        self.ignore(Ignored::OldRound);
        for phone in phones {
            // If a leg of ours is on this phone, its own end frees it.
            if !self.legs.engage(phone, self.now) {
                self.push(Effect::FreePhone(phone));
            }
        }
    }

    /// To change what words are filled with from now on.
    pub(super) fn variables_mut(&mut self) -> &mut Variables {
        Arc::make_mut(&mut self.variables)
    }

    /// What people call the person with this phone.
    pub(super) fn name_of(&self, phone: PhoneNumber) -> Arc<str> {
        let mut members = self.setup.flow.groups().flat_map(|group| &group.members);
        members.find(|member| member.phone == phone).map_or_else(|| "somebody".into(), |m| m.name.clone())
    }
}
