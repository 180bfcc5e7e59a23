//! The task of one call: owns its machine, feeds it events, runs its effects in order, keeps its deadline.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ringall_core::{
    call::{
        Call, CallSetup, CallerDocument, Dialled, Effect, Event, ForwardNews, LegDocument, LegNews, Phase, Redirected,
        Standing, Talk, Told,
    },
    claim::Closed,
    fact::{Fact, Outcome},
    flow::Order,
    id::{CallSid, InquiryId, LegId, LookId, RoundId, VisitId},
    phone::PhoneNumber,
    roster::{Queued, RosterEvent},
    screen::Screen,
    time::Timestamp,
};
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, debug, error, info, info_span, trace, warn};

use super::{
    Entry, Shared,
    admission::Seat,
    live_call::{LiveCall, Message},
    recent::Ended,
    round::Round,
    shown::create_call,
};
use crate::carrier::{CallStatus, CarrierError, CreateCall, CreatedCall, Detection, End};

/// A call and what it needs to act.
pub(super) struct CallTask {
    shared: Arc<Shared>,
    live: Arc<LiveCall>,
    began: Timestamp,
    /// Legs whose stay in the conference is over and who wait for a document.
    leg_replies: BTreeMap<LegId, oneshot::Sender<LegDocument>>,
    /// Results of effects, handled before anything else that comes in.
    results: VecDeque<Event>,
    /// Given back as soon as the call is decided, not when its last leg is gone.
    seat: Option<Seat>,
    /// The talk that the roster knows of.
    talk: Option<Talk>,
    /// Whose legs the carrier has not reported the end of, the caller's without a number. Each is reported once.
    unreported: BTreeMap<Option<LegId>, Arc<str>>,
    /// Who talks to the caller, or has, if that is to be remembered.
    talked: Option<PhoneNumber>,
    /// What was dialled last that the line's limit allowed: a round's phones, and a forward's number.
    allowed: (Option<RoundId>, Option<VisitId>),
}

/// The target of one trace for each event that a call handles: its state then, and the event's name.
const MACHINE: &str = "ringall::machine";

/// A leg that was picked up this very moment cannot be redirected yet (carrier contract §5, 21220).
const ANSWER_SETTLES: Duration = Duration::from_millis(300);
/// How often a leg is sent to its last words before it is ended without them.
const MOST_TELLS: u8 = 3;

impl CallTask {
    /// Begins a call: its first effects are under way when this returns.
    pub(super) fn begin(
        shared: &Arc<Shared>,
        live: Arc<LiveCall>,
        inbox: mpsc::UnboundedReceiver<Message>,
        setup: Arc<CallSetup>,
        seat: Seat,
    ) {
        let span = info_span!("call", call.id = %live.sid(), line = %live.line().number);
        let began = shared.clock.now();
        let (call, effects) = Call::begin(began, setup);
        let mut task = Self {
            shared: shared.clone(),
            live,
            began,
            leg_replies: BTreeMap::new(),
            results: VecDeque::new(),
            seat: Some(seat),
            talk: None,
            unreported: BTreeMap::from([(None, "the caller".into())]),
            talked: None,
            allowed: (None, None),
        };
        let call = span.in_scope(|| task.settle(call, effects));
        shared.tasks.spawn("call", task.run(call, inbox).instrument(span));
    }

    async fn run(mut self, mut call: Call, mut inbox: mpsc::UnboundedReceiver<Message>) {
        while !call.is_finished() {
            let deadline = call.deadline();
            let message = tokio::select! {
                // In this order, so that a call can be played again from the same seed.
                biased;
                message = inbox.recv() => message,
                () = self.shared.clock.sleep_until(deadline.unwrap_or_default()), if deadline.is_some() => {
                    Some(Message::Event(Event::DeadlineReached))
                }
            };
            // The registry holds a sender, so the inbox outlives the call.
            let Some(message) = message else { return };
            call = self.on_message(call, message);
        }
    }

    fn on_message(&mut self, call: Call, message: Message) -> Call {
        match message {
            Message::Event(event) => self.handle(call, event),
            Message::LegDialEnded { leg, sid, was_in, reply } => {
                self.leg_replies.insert(leg, reply);
                let news = if was_in { LegNews::DialEnded } else { LegNews::NotLetIn };
                self.handle(call, Event::FromLeg { leg, sid, news })
            }
            Message::LegReported(leg, report) => {
                if let Some(name) = self.unreported.remove(&leg) {
                    self.note(Fact::LegReported(name, report));
                }
                call
            }
        }
    }

    fn handle(&mut self, call: Call, event: Event) -> Call {
        let (call, effects) = self.advance(call, event);
        self.settle(call, effects)
    }

    fn advance(&self, call: Call, event: Event) -> (Call, Vec<Effect>) {
        debug!(?event, "event");
        trace!(target: MACHINE, state = call.phase().name(), event = event.name());
        call.handle(self.shared.clock.now(), event)
    }

    /// Runs effects, and whatever their results bring about.
    fn settle(&mut self, mut call: Call, mut effects: Vec<Effect>) -> Call {
        loop {
            self.live.show(&call);
            self.tell_of_talk(&call);
            for effect in effects {
                self.run_effect(&call, effect);
            }
            let Some(event) = self.results.pop_front() else { break };
            (call, effects) = self.advance(call, event);
        }
        if call.phase() == Phase::Over {
            self.seat = None;
            if call.outcome() == Some(Outcome::Talked) {
                // From now on the time counts in which they may call again.
                self.remember_talk();
            }
            self.talked = None;
        }
        call
    }

    fn run_effect(&mut self, call: &Call, effect: Effect) {
        match effect {
            Effect::Reply(document) => self.reply(call, &document),
            Effect::RedirectCaller => self.redirect_caller(),
            Effect::LookUpCaller => self.look_up_caller(),
            Effect::EndCaller => self.end_caller(),
            Effect::OpenRound(round) => {
                if let Some(tiers) = call.tiers() {
                    self.live.open_round(round, tiers);
                }
            }
            Effect::CloseClaim(round, why) => self.close_claim(round, why),
            Effect::Seek { round, phones, ring_busy } => self.shared.people.tell(RosterEvent::Sought {
                call: self.sid(),
                since: call.since(),
                round,
                order: phones.first().map_or(Order::default(), |phone| call.order_for(*phone)),
                phones,
                ring_busy,
            }),
            Effect::StopSeeking => self.shared.people.tell(RosterEvent::StoppedSeeking(self.sid())),
            Effect::FreePhone(phone) => self.shared.people.free(self.sid(), phone),
            Effect::FreePhoneSoon(phone) => self.shared.people.tell(RosterEvent::EndAsked(self.sid(), phone)),
            Effect::KeepPhone(phone) => self.shared.people.tell(RosterEvent::StillEngaged(self.sid(), phone)),
            Effect::Dial { leg, round, phone, ring_for } => self.dial(call, leg, round, phone, ring_for),
            Effect::CancelLeg { leg, sid } => self.end_leg(leg, sid, End::IfUnanswered),
            Effect::CompleteLeg { leg, sid } => self.end_leg(leg, sid, End::AtOnce),
            Effect::TellLeg { leg, sid, why } => self.tell_leg(leg, sid, why),
            Effect::CancelStray(sid) => self.shared.outbound.cancel_stray(sid),
            Effect::LookUpLeg { leg, sid } => self.look_up_leg(leg, sid),
            Effect::ReplyLeg { leg, document } => {
                if let Some(reply) = self.leg_replies.remove(&leg) {
                    let _ = reply.send(document);
                }
            }
            Effect::LookUpRoom(look) => self.look_up_room(look),
            Effect::RecordCaller => self.record_caller(),
            Effect::Note(fact) => self.note(fact),
            Effect::Inquire { inquiry, lookup } => self.inquire(inquiry, lookup),
            Effect::RememberTalk(phone) => {
                self.talked = Some(phone);
                self.remember_talk();
            }
            Effect::Ignore(why) => debug!(?why, "the event means nothing any more"),
            Effect::WaitInQueue { round, queue, members, first, last, is_new } => {
                self.shared.people.tell(RosterEvent::Queued(Queued {
                    call: self.sid(),
                    since: call.since(),
                    round,
                    queue: queue.group.name.clone(),
                    members,
                    first,
                    order: queue.group.order,
                    last,
                    most_waiting: queue.max_waiting.filter(|_| is_new),
                }));
            }
            Effect::AskPlace => self.results.push_back(Event::PlaceTold(self.shared.people.place(self.live.sid()))),
        }
    }

    /// Tells the roster of a talk as it begins, or that it was none; its end is that of the leg.
    fn tell_of_talk(&mut self, call: &Call) {
        let talk = call.talk();
        if talk == self.talk {
            return;
        }
        match &talk {
            Some(Talk { phone, wrap_up, queue }) => self.shared.people.tell(RosterEvent::Talks {
                call: self.sid(),
                phone: *phone,
                wrap_up: *wrap_up,
                queue: queue.clone(),
            }),
            None if call.phase() == Phase::Over => {}
            None => self.shared.people.tell(RosterEvent::TalkWasNone(self.sid())),
        }
        self.talk = talk;
    }

    fn sid(&self) -> CallSid {
        self.live.sid().clone()
    }

    fn reply(&mut self, call: &Call, document: &CallerDocument) {
        if let CallerDocument::Forward { visit, forward, .. } = document
            && self.live.is_asked()
            && !self.may_forward(*visit, forward.numbers().count())
        {
            // The request goes on waiting, for what the caller hears instead.
            self.results.push_back(Event::DialsSpent(self.live.line().words.over_limit.clone()));
            self.results.push_back(Event::FromForward { visit: *visit, news: ForwardNews::NotAllowed });
            return;
        }
        let mut reached = 0;
        for reply in self.live.take_waiting() {
            reached += usize::from(reply.answer(document.clone()));
        }
        let round = self.live.present_round();
        let woken = round.as_ref().is_some_and(|round| round.woken.load(Ordering::Acquire));
        if reached > 0 || (woken && *document == CallerDocument::EnterRoom) {
            return;
        }
        // The claim tells it before the reply does: an accept takes the claim first, and the waiting reply after it.
        let holder = round.and_then(|round| round.race.claim().holder());
        let unheard = holder.is_some_and(|leg| !call.knows_winner(leg));
        self.results.push_back(if unheard { Event::CallerBroughtIn } else { Event::ReplyFoundNobody });
    }

    fn close_claim(&mut self, round: RoundId, why: Closed) {
        let present = self.live.present_round().filter(|present| present.id == round);
        self.results.push_back(match present.map_or(Ok(()), |present| present.race.claim().close(why)) {
            Ok(()) => Event::ClaimClosed { round },
            Err(leg) => Event::ClaimHeldBy { round, leg },
        });
    }

    fn note(&self, fact: Fact) {
        if fact.is_detail() {
            debug!("{fact}");
        } else {
            info!(waited_ms = self.waited().as_millis(), "{fact}");
        }
        let (call, caller) = (self.sid(), self.live.caller().clone());
        // Nobody may be listening.
        let _ = self.shared.facts.send(Entry { call, caller, began: self.began, at: self.shared.clock.now(), fact });
    }

    fn waited(&self) -> Duration {
        self.shared.clock.now().since(self.began)
    }

    fn dial(&mut self, call: &Call, leg: LegId, round: RoundId, phone: PhoneNumber, ring_for: Duration) {
        let Some(present) = self.live.present_round().filter(|present| present.id == round) else {
            self.results.push_back(Event::Dialled { leg, result: Dialled::Refused });
            return;
        };
        if !self.may_dial(call, round) {
            self.results.push_back(Event::Dialled { leg, result: Dialled::Refused });
            return;
        }
        if let Some(group) = call.group_of(leg) {
            present.expect(leg, group);
        }
        self.unreported.insert(Some(leg), call.name_of(leg));
        let order = self.order(leg, &present, phone, ring_for);
        let show = present.group_of(leg).show;
        let (live, carrier, shared) = (self.live.clone(), self.shared.outbound.carrier(), self.shared.clone());
        self.shared.outbound.dial(async move {
            // The lane may have been long, and the carrier may have to be asked again: nobody is dialled for a round that
            // is decided.
            let is_wanted = || present.race.claim().peek(leg).is_none();
            let result = if is_wanted() {
                dialled(create_call(&*carrier, order, show, &live, &is_wanted).await, leg, &shared)
            } else {
                Dialled::Refused
            };
            live.tell(Event::Dialled { leg, result });
        });
    }

    /// Whether the line may dial one more phone. Where no phone of the round was dialled, or others will be as long as the
    /// caller waits, the call is told why.
    fn may_dial(&mut self, call: &Call, round: RoundId) -> bool {
        let may = self.shared.dial_limit.may_dial(self.live.line(), 1, self.shared.clock.now());
        if may {
            self.allowed.0 = Some(round);
        } else if self.allowed.0 != Some(round) || call.phase() == Phase::Queueing {
            self.results.push_back(Event::DialsSpent(self.live.line().words.over_limit.clone()));
        }
        may
    }

    /// As [`CallTask::may_dial`], once for each visit: its document may be handed out again.
    fn may_forward(&mut self, visit: VisitId, phones: usize) -> bool {
        let may = self.allowed.1 == Some(visit)
            || self.shared.dial_limit.may_dial(self.live.line(), phones, self.shared.clock.now());
        if may {
            self.allowed.1 = Some(visit);
        }
        may
    }

    fn order(&self, leg: LegId, round: &Round, phone: PhoneNumber, ring_for: Duration) -> CreateCall {
        let (urls, sid, line) = (&self.shared.urls, self.live.sid(), self.live.line());
        let group = round.group_of(leg);
        let detection = group.screen.wants_detection().then(|| Detection {
            async_callback: (group.screen == Screen::AmdAndKey).then(|| urls.leg_verdict(sid, round.id, leg)),
            tuning: line.detection.get(&group.name).cloned().unwrap_or_default(),
        });
        CreateCall {
            to: phone,
            from: line.number,
            call_token: None,
            url: urls.leg(sid, round.id, leg),
            fallback_url: urls.leg_fallback(sid, round.id, leg),
            status_callback: urls.leg_status(sid, round.id, leg),
            timeout: ring_for,
            detection,
        }
    }

    fn end_leg(&self, leg: LegId, sid: CallSid, how: End) {
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        let has_the_call =
            move |live: &LiveCall| live.present_round().is_some_and(|round| round.race.claim().holder() == Some(leg));
        let had_it_before = has_the_call(&live);
        self.shared.outbound.urgent(async move {
            // Whoever accepts while the carrier does not listen is not cut off by our asking again.
            let is_wanted = || had_it_before || !has_the_call(&live);
            let standing = match carrier.end_call(sid, how, &is_wanted).await {
                Ok(status) => standing_of(Some(status)),
                Err(error) => {
                    warn!(leg.id = %leg, %error, "a leg cannot be ended now; it is tried again");
                    Standing::Unclear
                }
            };
            live.tell(Event::LegLookedUp { leg, standing });
        });
    }

    fn tell_leg(&self, leg: LegId, sid: CallSid, why: Told) {
        let url = self.shared.urls.leg_told(self.live.sid(), leg, why);
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        self.shared.outbound.urgent(async move {
            // Who presses a key at the last moment has the call, and must not be torn out of it by a repetition.
            let has_it = || {
                let holder = live.present_round().and_then(|round| round.race.claim().holder());
                why == Told::NotAccepted && holder == Some(leg)
            };
            let is_wanted = || !has_it();
            let mut told = carrier.redirect_call(sid.clone(), url.clone(), &is_wanted).await;
            let mut tries = 1;
            // To hear the words from their beginning once more hurts nobody; not to hear them does.
            while let Err(CarrierError::NotInState | CarrierError::AnswerLost(_)) = told
                && tries < MOST_TELLS
                && !has_it()
            {
                tries += 1;
                tokio::time::sleep(ANSWER_SETTLES).await;
                if has_it() {
                    return;
                }
                told = carrier.redirect_call(sid.clone(), url.clone(), &is_wanted).await;
            }
            if let Err(error) = told
                && !has_it()
            {
                debug!(leg.id = %leg, %error, "a leg cannot be told; it is ended");
                live.tell(Event::LegRedirectFailed { leg });
            }
        });
    }

    fn look_up_leg(&self, leg: LegId, sid: CallSid) {
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        self.shared.outbound.urgent(async move {
            let standing = carrier.look_up_call(sid).await.map_or(Standing::Unclear, standing_of);
            live.tell(Event::LegLookedUp { leg, standing });
        });
    }

    fn look_up_caller(&self) {
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        self.shared.outbound.urgent(async move {
            let standing = carrier.look_up_call(live.sid().clone()).await.map_or(Standing::Unclear, standing_of);
            live.tell(Event::CallerLookedUp(standing));
        });
    }

    fn end_caller(&self) {
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        self.shared.outbound.urgent(async move {
            let ended = carrier.end_call(live.sid().clone(), End::AtOnce, &|| true).await;
            let standing = ended.map_or(Standing::Unclear, |status| standing_of(Some(status)));
            live.tell(Event::CallerLookedUp(standing));
        });
    }

    fn redirect_caller(&self) {
        let url = self.shared.urls.caller_now(self.live.sid());
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        let here = self.live.here();
        self.shared.outbound.urgent(async move {
            // Whoever has asked meanwhile may be in a talk by the time the carrier listens again.
            let is_wanted = || live.here() == here;
            if !is_wanted() {
                return;
            }
            let redirected = match carrier.redirect_call(live.sid().clone(), url, &is_wanted).await {
                Ok(()) => Redirected::Done,
                Err(CarrierError::NotInState | CarrierError::Unknown) => Redirected::NotInState,
                Err(error) => {
                    warn!(%error, "the caller cannot be redirected now; it is tried again");
                    Redirected::Failed
                }
            };
            live.tell(Event::CallerRedirected(redirected));
        });
    }

    fn remember_talk(&self) {
        if let Some(phone) = self.talked {
            self.shared.talks.remember(self.live.line().number, self.live.caller(), phone);
        }
    }

    fn inquire(&mut self, inquiry: InquiryId, lookup: Arc<str>) {
        let question = self.live.question();
        if let Some(answer) = self.shared.lookups.remembered(&lookup, &question) {
            self.results.push_back(Event::InquiryAnswered { inquiry, answer });
            return;
        }
        let (live, lookups) = (self.live.clone(), self.shared.lookups.clone());
        self.shared.tasks.spawn("lookup", async move {
            let answer = lookups.ask(&lookup, &question).await;
            live.tell(Event::InquiryAnswered { inquiry, answer });
        });
    }

    fn record_caller(&self) {
        let (live, carrier, report_to) =
            (self.live.clone(), self.shared.outbound.carrier(), self.shared.urls.talk_report(self.live.sid()));
        self.shared.outbound.urgent(async move {
            if let Err(error) = carrier.record_call(live.sid().clone(), report_to).await {
                error!(%error, "a talk is not recorded although it should be; it goes on");
            }
        });
    }

    fn look_up_room(&self, look: LookId) {
        let (live, carrier) = (self.live.clone(), self.shared.outbound.carrier());
        self.shared.outbound.urgent(async move {
            let present = carrier.look_up_room(live.sid().to_string()).await.ok();
            live.tell(Event::RoomLookedUp { look, present });
        });
    }
}

impl Drop for CallTask {
    /// Also when the task panics: nobody stays engaged for a call that is no more, and its webhooks are answered.
    fn drop(&mut self) {
        let sid = self.sid();
        self.shared.people.tell(RosterEvent::CallOver(sid.clone()));
        self.shared.tombstones.bury(&sid);
        let caller = self.live.caller().clone();
        self.shared.recent.keep(Ended { call: sid.clone(), caller, began: self.began });
        self.shared.calls.remove(&sid);
        drop(self.live.take_waiting());
    }
}

fn dialled(result: Result<CreatedCall, CarrierError>, leg: LegId, shared: &Shared) -> Dialled {
    match result {
        Ok(created) => Dialled::Accepted { sid: created.sid, queue_time: created.queue_time },
        Err(CarrierError::AnswerLost(why)) => {
            warn!(leg.id = %leg, why, "the carrier's answer to a dial is lost; the phone may ring, and is not dialled twice");
            Dialled::AnswerLost
        }
        Err(CarrierError::Configuration { code, message }) => {
            shared.complain(code, &message);
            Dialled::Refused
        }
        Err(error) => {
            warn!(leg.id = %leg, %error, "a phone cannot be dialled; the others ring on");
            Dialled::Refused
        }
    }
}

/// `None` is a leg that the carrier does not know.
fn standing_of(status: Option<CallStatus>) -> Standing {
    match status {
        None => Standing::Over,
        Some(status) if status.is_final() => Standing::Over,
        Some(CallStatus::InProgress) => Standing::Up,
        Some(_) => Standing::Unanswered,
    }
}

impl Shared {
    fn complain(&self, code: u32, message: &str) {
        self.complaints.about(self.clock.now(), code, message);
    }
}
