//! The task of one call: owns its machine, feeds it events, runs its effects in order, keeps its deadline.

mod requests;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ringall_core::{
    call::{Call, CallSetup, CallerDocument, Effect, Event, ForwardNews, LegDocument, LegNews, Phase, Talk},
    claim::Closed,
    fact::{Fact, Outcome},
    flow::Order,
    id::{CallSid, LegId, RoundId, VisitId},
    phone::PhoneNumber,
    roster::{Queued, RosterEvent},
    time::Timestamp,
};
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, debug, info, info_span, trace};

use super::{
    Entry, Shared,
    admission::Seat,
    live_call::{LiveCall, Message},
    pending::AskId,
    recent::Ended,
};
use crate::carrier::End;

/// A call and what it needs to act.
pub(super) struct CallTask {
    shared: Arc<Shared>,
    live: Arc<LiveCall>,
    began: Timestamp,
    /// The caller's requests that the call knows of, until it answers them.
    asked: Vec<AskId>,
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
            asked: vec![AskId::FIRST],
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
            Message::Asked(nth, asked) => {
                self.asked.push(nth);
                self.handle(call, Event::CallerAsked(asked))
            }
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
        // Whose event is still to come is answered to that: else its answer would seem to reach nobody.
        for reply in self.live.take_waiting(|reply| self.asked.contains(&reply.nth())) {
            self.asked.retain(|asked| *asked != reply.nth());
            reached += usize::from(reply.answer(document.clone()));
        }
        let round = self.live.present_round();
        let woken = round.as_ref().is_some_and(|round| round.woken.load(Ordering::Acquire));
        if reached > 0 || (woken && *document == CallerDocument::EnterRoom) || self.live.is_asked() {
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

    fn remember_talk(&self) {
        if let Some(phone) = self.talked {
            self.shared.talks.remember(self.live.line().number, self.live.caller(), phone);
        }
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
        drop(self.live.take_waiting(|_| true));
    }
}
