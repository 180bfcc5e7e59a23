//! What webhooks see of a call: the way to its task, and the race that decides who has it.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use ringall_core::{
    call::{
        Asked, Call, CallerDocument, Event, ForwardNews, LegDocument, LegNews, Origin, Phase, RoomNews, Told, Variables,
    },
    claim::Verdict,
    fact::LegReport,
    flow::{Forward, Show, Tiers, Words},
    id::{CallSid, LegId, RoundId, VisitId},
    phone::{CallerId, PhoneNumber},
    screen::{AnsweredBy, Heard, Key, key_pressed},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    conferences::{Conferences, Pair},
    forwards::Forwards,
    pending::{AskId, PendingReply},
    round::Round,
};
use crate::{
    config::Line,
    lookups::{Geography, Question},
    room::Room,
    secret::Secret,
};

/// A call's part that any webhook may touch at any time.
pub struct LiveCall {
    sid: CallSid,
    room: Room,
    caller: CallerId,
    line: Arc<Line>,
    geography: Geography,
    inbox: mpsc::UnboundedSender<Message>,
    /// How often the caller's leg has asked for a document.
    asked: AtomicU64,
    desk: Mutex<Desk>,
}

/// What the carrier tells beside who calls whom, with the request that brings a call.
#[derive(Debug, Clone, Default)]
pub struct Carried {
    /// Where the caller's number belongs.
    pub geography: Geography,
    /// The same, for words.
    pub origin: Origin,
    /// What lends the caller's number to our own calls (carrier contract §1.1, §4).
    pub call_token: Option<Secret>,
}

/// What the request that brought a call waits for.
#[must_use]
pub struct FirstAnswer(oneshot::Receiver<CallerDocument>);

/// Where the caller's leg is, until it asks for its next document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Here(u64);

/// What the call's task and the webhooks hand to each other.
struct Desk {
    phase: Phase,
    /// Nothing is left but a talk, which lives at the carrier.
    only_a_talk: bool,
    forwards: Forwards,
    /// The present round, or the last one: late legs still learn from it who has the call.
    round: Option<Arc<Round>>,
    /// Requests of the caller that wait for the call's task.
    owed: Vec<PendingReply>,
    conferences: Conferences,
    /// What words are filled with.
    variables: Option<Arc<Variables>>,
    /// Lends the caller's number, as long as telephones may be dialled and the carrier has not refused it.
    call_token: Option<Secret>,
}

/// What a call's task is told.
pub(super) enum Message {
    /// An event for the machine.
    Event(Event),
    /// The caller's leg asks for a document, and waits for it.
    Asked(AskId, Asked),
    /// A leg's stay in the conference is over; it waits for its document.
    LegDialEnded { leg: LegId, sid: CallSid, was_in: bool, reply: oneshot::Sender<LegDocument> },
    /// The carrier's account of a leg that is over, for the timeline; `None` is the caller's leg.
    LegReported(Option<LegId>, LegReport),
}

/// What a member's leg hears next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegReply {
    /// It has the call: into the conference.
    Join {
        /// What it hears before; now that it has accepted it may hear of the caller.
        whisper: Option<Words>,
    },
    /// The whisper, and a key is awaited.
    AskForKey {
        /// The digit that declines.
        decline_key: char,
    },
    /// Why it does not have the call.
    Tell(Told),
    /// Nothing: a machine is hung up on.
    HangUp,
}

/// The call's task has ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the call's task has ended")]
pub struct CallGone;

impl LiveCall {
    pub(super) fn new(
        room: Room,
        caller: CallerId,
        line: Arc<Line>,
        carried: Carried,
    ) -> (Self, mpsc::UnboundedReceiver<Message>) {
        let (inbox, receiver) = mpsc::unbounded_channel();
        let Carried { geography, call_token, origin: _ } = carried;
        let call_token = call_token.filter(|_| line.shows_callers() && matches!(caller, CallerId::Number(_)));
        let desk = Desk {
            phase: Phase::Ringing,
            only_a_talk: false,
            forwards: Forwards::default(),
            round: None,
            owed: Vec::new(),
            conferences: Conferences::default(),
            variables: None,
            call_token,
        };
        let sid = room.call().clone();
        (Self { sid, room, caller, line, geography, inbox, asked: AtomicU64::new(0), desk: Mutex::new(desk) }, receiver)
    }

    /// The caller's leg, which names the call.
    pub fn sid(&self) -> &CallSid {
        &self.sid
    }

    /// Where its caller meets its winner.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// Who calls.
    pub fn caller(&self) -> &CallerId {
        &self.caller
    }

    /// The line that was called.
    pub fn line(&self) -> &Arc<Line> {
        &self.line
    }

    /// The caller's number, and what lends it, for a telephone of a group that is shown callers; otherwise it is shown
    /// the line's.
    pub(super) fn shown_caller(&self, show: Show) -> Option<(PhoneNumber, Secret)> {
        match (show, &self.caller) {
            (Show::Caller, CallerId::Number(number)) => Some((*number, self.desk().call_token.clone()?)),
            (Show::Caller, CallerId::Withheld | CallerId::Other(_)) | (Show::Line, _) => None,
        }
    }

    /// The carrier does not lend the caller's number; whether this was news.
    pub(super) fn show_line_from_now_on(&self) -> bool {
        self.desk().call_token.take().is_some()
    }

    /// What is asked about its caller.
    pub(super) fn question(&self) -> Question {
        Question {
            call: self.sid.clone(),
            line: self.line.number,
            line_name: self.line.name.clone(),
            caller: self.caller.clone(),
            geography: self.geography.clone(),
        }
    }

    /// Whether somebody waits: anything but a talk, and what comes after it.
    pub fn is_waiting(&self) -> bool {
        let desk = self.desk();
        match desk.phase {
            Phase::Ringing
            | Phase::Joining
            | Phase::Speaking
            | Phase::Choosing
            | Phase::Queueing
            | Phase::Inquiring
            | Phase::Recording => true,
            Phase::Bridged | Phase::Over => false,
            Phase::Forwarding => !desk.only_a_talk,
        }
    }

    /// Whether caller and winner talk, and nobody else's telephone is still being stopped.
    pub fn is_only_a_talk(&self) -> bool {
        self.desk().only_a_talk
    }

    /// Asks what the caller's leg is to hear, and waits for it as long as it takes. Dropping the future tells the call
    /// that the connection is gone.
    pub async fn ask(&self, asked: Asked) -> Result<CallerDocument, CallGone> {
        let nth = AskId(self.asked.fetch_add(1, Ordering::AcqRel) + 1);
        let (reply, answer) = PendingReply::new(nth);
        self.hold(asked, reply);
        let _ = self.inbox.send(Message::Asked(nth, asked));
        self.wait_for(answer).await
    }

    /// Waits for the answer to the request that brought the call, as [`LiveCall::ask`] does for later ones.
    pub async fn first_answer(&self, answer: FirstAnswer) -> Result<CallerDocument, CallGone> {
        self.wait_for(answer.0).await
    }

    /// Puts the request that brings the call where its first effects find it.
    pub(super) fn expect_first_answer(&self) -> FirstAnswer {
        let (reply, answer) = PendingReply::new(AskId::FIRST);
        self.desk().owed.push(reply);
        FirstAnswer(answer)
    }

    async fn wait_for(&self, answer: oneshot::Receiver<CallerDocument>) -> Result<CallerDocument, CallGone> {
        let mut waiting = Waiting { call: self, answered: false };
        let document = answer.await;
        waiting.answered = true;
        document.map_err(|_| CallGone)
    }

    /// Where the caller's leg is now.
    pub(super) fn here(&self) -> Here {
        Here(self.asked.load(Ordering::Acquire))
    }

    /// A leg was picked up and wants its first document.
    pub fn leg_answered(&self, round: RoundId, leg: LegId, sid: &CallSid, answered_by: Option<AnsweredBy>) -> LegReply {
        let Some(round) = self.round(round) else { return self.too_late(leg, sid) };
        let group = round.group_of(leg);
        match group.screen.on_answer(answered_by) {
            Heard::Accepted => self.accept(&round, leg, sid),
            Heard::NotHuman => {
                self.leg_news(leg, sid, LegNews::WasMachine);
                LegReply::HangUp
            }
            Heard::KeyWanted => match round.race.claim().peek(leg) {
                Some(verdict) => self.reply_to(&round, verdict, leg, sid),
                None => {
                    self.leg_news(leg, sid, LegNews::AskedForKey);
                    LegReply::AskForKey { decline_key: group.decline_key }
                }
            },
        }
    }

    /// Somebody pressed a key, or `digits` is empty.
    pub fn leg_key(&self, round: RoundId, leg: LegId, sid: &CallSid, digits: &str) -> LegReply {
        let Some(round) = self.round(round) else { return self.too_late(leg, sid) };
        let decline_key = round.group_of(leg).decline_key;
        match key_pressed(digits, decline_key) {
            Key::Accepts => self.accept(&round, leg, sid),
            Key::Declines => {
                self.leg_news(leg, sid, LegNews::Declined);
                LegReply::Tell(Told::Declined)
            }
            Key::Nothing => match round.race.claim().peek(leg) {
                Some(verdict) => self.reply_to(&round, verdict, leg, sid),
                None => LegReply::AskForKey { decline_key },
            },
        }
    }

    /// The carrier's late verdict about a leg that is being asked for a key.
    pub fn leg_verdict(&self, round: RoundId, leg: LegId, sid: &CallSid, answered_by: AnsweredBy) {
        let Some(round) = self.round(round) else { return };
        if round.group_of(leg).screen.drops_on_late_verdict(answered_by) {
            self.leg_news(leg, sid, LegNews::FoundMachine);
        }
    }

    /// A leg's stay in the conference is over, or it was not let in.
    pub async fn leg_dial_ended(&self, leg: LegId, sid: CallSid, was_in: bool) -> LegDocument {
        let (reply, answer) = oneshot::channel();
        let _ = self.inbox.send(Message::LegDialEnded { leg, sid, was_in, reply });
        answer.await.unwrap_or(LegDocument::HangUp)
    }

    /// A leg was sent to its last words, and asks for them. If it has pressed a key on the way there it has the call all
    /// the same: then this is the round it won.
    pub fn leg_told(&self, leg: LegId, sid: &CallSid, why: Told) -> Option<(RoundId, LegReply)> {
        let round = self.present_round().filter(|round| round.race.claim().holder() == Some(leg));
        if why == Told::NotAccepted
            && let Some(round) = round
        {
            return Some((round.id, self.join(&round, leg)));
        }
        self.leg_news(leg, sid, LegNews::ToldWhy);
        None
    }

    /// A leg's webhook tells something.
    pub fn leg_news(&self, leg: LegId, sid: &CallSid, news: LegNews) {
        self.tell(Event::FromLeg { leg, sid: sid.clone(), news });
    }

    /// The carrier gives its account of a leg that is over: for the call's record, not for its machine.
    pub fn leg_reported(&self, leg: Option<LegId>, report: LegReport) {
        let _ = self.inbox.send(Message::LegReported(leg, report));
    }

    /// The outside number that this visit dials, as long as it is the present one.
    pub fn forward(&self, visit: VisitId) -> Option<Arc<Forward>> {
        self.desk().forwards.of(visit)
    }

    /// These words for somebody else than the caller, filled with what is known at this moment.
    pub fn for_member(&self, words: &Words) -> Words {
        let variables = self.desk().variables.clone();
        variables.map_or_else(|| self.line.said(words), |variables| variables.for_member(words))
    }

    /// Takes the call of a forward for this leg; `false` if another has it.
    pub fn take_forward(&self, visit: VisitId, leg: &CallSid) -> bool {
        self.desk().forwards.take(visit, leg)
    }

    /// An outside number's webhook tells something.
    pub fn forward_news(&self, visit: VisitId, leg: Option<&CallSid>, news: ForwardNews) {
        let told = self.desk().forwards.sort(leg, news);
        for news in told {
            self.tell(Event::FromForward { visit, news });
        }
    }

    /// A conference of this call reports.
    pub fn room_news(&self, conference: &str, news: RoomNews) {
        let mut desk = self.desk();
        let round = desk.round.clone();
        let winner = round.as_ref().and_then(|round| round.winner.get());
        let told = desk.conferences.sort(conference, news, Pair { caller: &self.sid, winner });
        drop(desk);
        for news in told {
            self.tell(Event::Room(news));
        }
    }

    pub(super) fn tell(&self, event: Event) {
        // A task that has ended has nothing more to learn.
        let _ = self.inbox.send(Message::Event(event));
    }

    /// The whole of "the first to accept wins": the claim, the caller's waiting request, and word to the call's task.
    fn accept(&self, round: &Round, leg: LegId, sid: &CallSid) -> LegReply {
        let (verdict, woken) = round.race.accept(leg);
        if verdict == Verdict::Won {
            let _ = round.winner.set(sid.clone());
            wake(round, woken);
            self.leg_news(leg, sid, LegNews::Accepted);
        }
        self.reply_to(round, verdict, leg, sid)
    }

    fn reply_to(&self, round: &Round, verdict: Verdict, leg: LegId, sid: &CallSid) -> LegReply {
        let why = match verdict {
            Verdict::AlreadyYours if round.is_won_by_namesake_of(sid) => Told::SomebodyElseHasIt,
            Verdict::Won | Verdict::AlreadyYours => return self.join(round, leg),
            Verdict::Lost => Told::SomebodyElseHasIt,
            Verdict::Closed(closed) => closed.into(),
        };
        self.leg_news(leg, sid, LegNews::ToldWhy);
        LegReply::Tell(why)
    }

    /// The winner's way to the caller.
    fn join(&self, round: &Round, leg: LegId) -> LegReply {
        let group = round.group_of(leg);
        LegReply::Join { whisper: group.whisper.as_ref().map(|words| self.for_member(words)) }
    }

    /// The leg belongs to a round that is over.
    fn too_late(&self, leg: LegId, sid: &CallSid) -> LegReply {
        self.leg_news(leg, sid, LegNews::ToldWhy);
        LegReply::Tell(Told::MovedOn)
    }

    /// Puts a reply where the winner finds it, if it is one that the winner can answer.
    fn hold(&self, asked: Asked, reply: PendingReply) {
        let mut desk = self.desk();
        let racing = matches!(desk.phase, Phase::Ringing | Phase::Joining) && matches!(asked, Asked::Now { .. });
        match desk.round.clone() {
            // Under the desk's lock, so that a new round cannot begin in between and miss it.
            Some(round) if racing => {
                if let Err(woken) = round.race.hold(reply) {
                    wake(&round, woken);
                }
            }
            Some(_) | None => desk.owed.push(reply),
        }
    }

    fn round(&self, id: RoundId) -> Option<Arc<Round>> {
        self.desk().round.clone().filter(|round| round.id == id)
    }

    pub(super) fn present_round(&self) -> Option<Arc<Round>> {
        self.desk().round.clone()
    }

    /// Begins a round: replies that wait for the old one wait for the new one.
    pub(super) fn open_round(&self, id: RoundId, tiers: &Tiers) {
        let mut desk = self.desk();
        let mut waiting = desk.round.take().map(|old| old.race.take_waiting()).unwrap_or_default();
        waiting.append(&mut desk.owed);
        desk.round = Some(Arc::new(Round::new(id, tiers, waiting)));
    }

    /// What others may know of how the call stands.
    pub(super) fn show(&self, call: &Call) {
        let mut desk = self.desk();
        desk.phase = call.phase();
        desk.only_a_talk = call.is_only_a_talk();
        desk.variables = Some(call.variables().clone());
        if desk.phase == Phase::Over || (desk.phase == Phase::Bridged && desk.only_a_talk) {
            // Nobody more is dialled, or so seldom that the line's number will do. Behind a talk with an outside number the
            // flow may go on.
            desk.call_token = None;
        }
        desk.forwards.show(call.forward());
    }

    /// Whether a request waits whose connection is still there.
    pub(super) fn is_asked(&self) -> bool {
        let desk = self.desk();
        let racing = desk.round.as_ref().is_some_and(|round| round.race.is_any_waiting(PendingReply::is_awaited));
        racing || desk.owed.iter().any(PendingReply::is_awaited)
    }

    /// The requests that wait and for which this holds, wherever they wait.
    pub(super) fn take_waiting(&self, holds: impl Fn(&PendingReply) -> bool) -> Vec<PendingReply> {
        let mut desk = self.desk();
        let mut waiting: Vec<_> = desk.owed.extract_if(.., |reply| holds(reply)).collect();
        if let Some(round) = &desk.round {
            waiting.extend(round.race.take_waiting_if(holds));
        }
        waiting
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings the caller in: the conference is the right answer whoever has won.
fn wake(round: &Round, woken: Vec<PendingReply>) {
    for reply in woken {
        if reply.answer(CallerDocument::EnterRoom) {
            round.woken.store(true, Ordering::Release);
        }
    }
}

/// Tells the call when a request's connection closes before it is answered, unless another one waits: the carrier has
/// asked again, and that one must have its answer in time.
struct Waiting<'a> {
    call: &'a LiveCall,
    answered: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.answered && !self.call.is_asked() {
            self.call.tell(Event::CallerConnectionClosed);
        }
    }
}
