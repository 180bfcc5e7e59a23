//! The model's switchboard: feeds the machines, runs their effects, and answers webhooks as the program does.

use std::{cell::Cell, rc::Rc, time::Duration};

use ringall_core::{
    call::{Asked, Call, CallerDocument, Dialled, Effect, Event, LegDocument, LegNews, Phase, Talk, Told},
    claim::{Race, Verdict},
    fact::Fact,
    flow::Order,
    id::{CallSid, LegId, RoundId},
    phone::PhoneNumber,
    roster::{Grant, Queued, RosterEvent},
    screen::{AnsweredBy, Heard, Key, key_pressed},
    time::Timestamp,
};

use super::{
    plan::draw_character,
    world::{Happening, LegIs, ModelLeg, ModelRound, Request, World},
};

/// What a leg's webhook is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LegReply {
    Join,
    AskForKey,
    Tell(Told),
    HangUp,
}

/// Noise brings noise; it must not keep a case alive.
const MOST_EVENTS_WITH_NOISE: usize = 300;

impl World {
    /// The first webhook of a call.
    pub(crate) fn begin(&mut self, call: usize) {
        let setup = self.plan.calls[self.calls[call].plan].setup.clone();
        let (machine, effects) = Call::begin(self.now, setup);
        self.calls[call].machine = Some(machine);
        self.reached.calls += 1;
        self.settle(call, effects);
    }

    pub(crate) fn tell(&mut self, call: usize, event: Event) {
        if self.calls[call].machine.is_none() {
            return self.tell_nobody(&event);
        }
        self.say(|| format!("{} <- {event:?}", self.calls[call].sid));
        let effects = self.advance(call, event);
        self.settle(call, effects);
    }

    fn advance(&mut self, call: usize, event: Event) -> Vec<Effect> {
        self.reached.events += 1;
        let now = self.now;
        self.calls[call].heard.push((now, event.clone()));
        let machine = self.calls[call].machine.take().expect("a live call");
        let before = machine.clone();
        let told = event.clone();
        let (machine, effects) = machine.handle(now, event);
        self.check(!effects.is_empty() || told != Event::DeadlineReached, "a deadline always does something");
        self.watch_transition(call, &before, &machine, &effects);
        self.tell_of_talk(call, &machine);
        self.calls[call].machine = Some(machine);
        effects
    }

    /// The roster hears of a talk as it begins, or that it was none.
    fn tell_of_talk(&mut self, call: usize, machine: &Call) {
        let talk = machine.talk();
        if talk == self.calls[call].talk {
            return;
        }
        let sid = self.calls[call].sid.clone();
        match &talk {
            Some(Talk { phone, wrap_up, queue }) => {
                self.reached.talks_from_queues += u64::from(queue.is_some());
                let (phone, wrap_up, queue) = (*phone, *wrap_up, queue.clone());
                self.tell_roster(RosterEvent::Talks { call: sid, phone, wrap_up, queue });
            }
            None if machine.phase() == Phase::Over => {
                if let Some(Talk { phone, wrap_up, .. }) = &self.calls[call].talk {
                    self.rests.insert(*phone, self.now + *wrap_up);
                }
            }
            None => self.tell_roster(RosterEvent::TalkWasNone(sid)),
        }
        self.calls[call].talk = talk;
    }

    /// Runs effects, and whatever their results bring about.
    fn settle(&mut self, call: usize, mut effects: Vec<Effect>) {
        let mut results = Vec::new();
        loop {
            for effect in effects {
                self.calls[call].wanted.push(effect.clone());
                self.say(|| format!("{} -> {effect:?}", self.calls[call].sid));
                self.run_effect(call, effect, &mut results);
            }
            if results.is_empty() {
                break;
            }
            let event = results.remove(0);
            self.say(|| format!("{} <- {event:?}", self.calls[call].sid));
            effects = self.advance(call, event);
        }
        self.after_step(call);
        if self.happens(self.trouble().noise) && self.calls[call].heard.len() < MOST_EVENTS_WITH_NOISE {
            let after = self.rng.u64(0..2_000);
            self.after(after, Happening::Noise(call));
        }
    }

    fn after_step(&mut self, call: usize) {
        let Some(machine) = &self.calls[call].machine else { return };
        if machine.is_finished() {
            return self.finish(call);
        }
        let deadline = machine.deadline();
        self.check(deadline.is_some(), "every state has a deadline");
        let late = self.rng.u64(0..=self.trouble().timers_late_ms);
        if self.calls[call].timer != deadline
            && let Some(at) = deadline
        {
            self.calls[call].timer = deadline;
            let due = at.max(self.now) + Duration::from_millis(late);
            self.at(due, Happening::TimerDue(call, at));
        }
    }

    pub(crate) fn timer_due(&mut self, call: usize, at: Timestamp) {
        if self.calls[call].timer != Some(at) {
            return;
        }
        self.calls[call].timer = None;
        let now = self.now;
        if self.calls[call].machine.as_ref().is_some_and(|machine| machine.deadline().is_some_and(|due| due <= now)) {
            let last = self.calls[call].heard.last().is_some_and(|(heard, _)| *heard == now);
            let restarts = if last { self.calls[call].restarts_of_timer + 1 } else { 0 };
            self.calls[call].restarts_of_timer = restarts;
            self.check(restarts < 100, "a deadline that was met does not come again at once");
            self.tell(call, Event::DeadlineReached);
        } else {
            self.after_step(call);
        }
    }

    fn finish(&mut self, call: usize) {
        self.say(|| format!("{} is finished", self.calls[call].sid));
        self.watch_finish(call);
        let sid = self.calls[call].sid.clone();
        self.calls[call].machine = None;
        self.calls[call].ended = true;
        for request in self.take_waiting(call) {
            self.answer(call, request, &CallerDocument::HangUp);
        }
        self.seekers.remove(&sid);
        self.tell_roster(RosterEvent::CallOver(sid));
    }

    /// An event for a call that has ended: only its stray legs matter.
    fn tell_nobody(&mut self, event: &Event) {
        let (Event::FromLeg { sid, news: LegNews::Rings, .. }
        | Event::Dialled { result: Dialled::Accepted { sid, .. }, .. }) = event
        else {
            return;
        };
        if let Some(leg) = self.legs.iter().position(|leg| leg.sid == *sid) {
            self.reached.strays += 1;
            self.send(Request::Cancel(leg, false));
        }
    }

    fn run_effect(&mut self, call: usize, effect: Effect, results: &mut Vec<Event>) {
        let sid = self.calls[call].sid.clone();
        match effect {
            Effect::Reply(document) => self.reply(call, &document, results),
            Effect::RedirectCaller => self.send(Request::RedirectCaller(call)),
            Effect::LookUpCaller => self.send(Request::LookUpCaller(call)),
            Effect::EndCaller => self.send(Request::EndCaller(call)),
            Effect::OpenRound(round) => self.open_round(call, round),
            Effect::CloseClaim(round, why) => {
                let present = self.calls[call].round.as_ref().filter(|present| present.id == round);
                results.push(match present.map_or(Ok(()), |present| present.race.claim().close(why)) {
                    Ok(()) => Event::ClaimClosed { round },
                    Err(leg) => Event::ClaimHeldBy { round, leg },
                });
            }
            Effect::Seek { round, phones, ring_busy } => self.seek_together(call, round, phones, ring_busy),
            Effect::StopSeeking => {
                self.seekers.remove(&sid);
                self.tell_roster(RosterEvent::StoppedSeeking(sid));
            }
            Effect::FreePhone(phone) => self.tell_roster(RosterEvent::Freed(sid, phone)),
            Effect::FreePhoneSoon(phone) => self.tell_roster(RosterEvent::EndAsked(sid, phone)),
            Effect::KeepPhone(phone) => self.tell_roster(RosterEvent::StillEngaged(sid, phone)),
            Effect::Dial { leg, round, phone, ring_for } => {
                let round = self.calls[call].round.clone().filter(|present| present.id == round);
                let round = round.expect("only the present round dials");
                self.dial(call, leg, round, phone, ring_for);
            }
            Effect::CancelLeg { leg, .. } => {
                let leg = self.leg_of(call, leg);
                self.legs[leg].end_asked.get_or_insert(self.now);
                self.send(Request::Cancel(leg, true));
            }
            Effect::CompleteLeg { leg, .. } => {
                let leg = self.leg_of(call, leg);
                self.legs[leg].end_asked.get_or_insert(self.now);
                self.send(Request::Complete(leg));
            }
            Effect::TellLeg { leg, .. } => {
                let leg = self.leg_of(call, leg);
                self.legs[leg].sent_away = true;
                self.send(Request::Tell(leg));
            }
            Effect::CancelStray(sid) => {
                self.reached.strays += 1;
                if let Some(leg) = self.legs.iter().position(|leg| leg.sid == sid) {
                    self.legs[leg].end_asked.get_or_insert(self.now);
                    self.send(Request::Cancel(leg, false));
                }
            }
            Effect::LookUpLeg { leg, .. } => self.send(Request::LookUpLeg(self.leg_of(call, leg))),
            Effect::ReplyLeg { leg, document } => {
                if let Some(leg) = self.legs.iter().position(|it| it.call == call && it.id == leg) {
                    self.answer_leg(leg, document);
                }
            }
            Effect::LookUpRoom(look) => self.send(Request::LookUpRoom(call, look)),
            Effect::Note(fact) => {
                self.watch_fact(call, &fact);
                self.count(&fact);
            }
            // No flow of this model has a lookup, and nobody is remembered.
            Effect::Ignore(_) | Effect::Inquire { .. } | Effect::RememberTalk(_) | Effect::RecordCaller => {}
            Effect::WaitInQueue { .. } => self.wait_in_queue(call, effect),
            Effect::AskPlace => {
                let place = self.roster.place(&sid);
                self.reached.places += u64::from(place.is_some());
                results.push(Event::PlaceTold(place));
            }
        }
    }

    fn wait_in_queue(&mut self, call: usize, effect: Effect) {
        let Effect::WaitInQueue { round, queue, members, first, last, is_new } = effect else { return };
        let sid = self.calls[call].sid.clone();
        let since = self.calls[call].machine.as_ref().map_or(self.now, Call::since);
        let wants = first.iter().chain(&last).copied().collect();
        self.seekers.insert(sid.clone(), (since, round, wants));
        self.tell_roster(RosterEvent::Queued(Queued {
            call: sid,
            since,
            round,
            queue: queue.group.name.clone(),
            members,
            first,
            order: queue.group.order,
            last,
            most_waiting: queue.max_waiting.filter(|_| is_new),
        }));
    }

    fn seek_together(&mut self, call: usize, round: RoundId, phones: Vec<PhoneNumber>, ring_busy: bool) {
        let sid = self.calls[call].sid.clone();
        let machine = self.calls[call].machine.as_ref();
        let since = machine.map_or(self.now, Call::since);
        let order = machine.zip(phones.first()).map_or(Order::default(), |(it, phone)| it.order_for(*phone));
        self.seek(&sid, since, round, &phones);
        self.tell_roster(RosterEvent::Sought { call: sid, since, round, phones, ring_busy, order });
    }

    /// A further wish in the same round stands beside the earlier ones.
    fn seek(&mut self, sid: &CallSid, since: Timestamp, round: RoundId, phones: &[PhoneNumber]) {
        let (_, present, wants) = self.seekers.entry(sid.clone()).or_insert((since, round, Vec::new()));
        if *present != round {
            (*present, *wants) = (round, Vec::new());
        }
        wants.retain(|phone| !phones.contains(phone));
        wants.extend(phones);
    }

    fn dial(&mut self, call: usize, id: LegId, round: Rc<ModelRound>, phone: PhoneNumber, ring_for: Duration) {
        let group = self.calls[call].machine.as_ref().and_then(|machine| machine.group_of(id));
        let group = group.expect("a leg rings for a group").clone();
        self.watch_dial(call, phone, &group);
        let index = self.legs.len();
        self.legs.push(ModelLeg {
            call,
            id,
            sid: format!("CA{call}-{index}").parse().expect("a sid"),
            round,
            group,
            phone,
            character: draw_character(&mut self.rng),
            ring_for,
            state: LegIs::Requested,
            epoch: 0,
            won: false,
            was_in_room: false,
            answer_lost: false,
            told: false,
            sent_away: false,
            withdrawn: false,
            dialled_at: self.now,
            left_by_itself: false,
            end_asked: None,
            waits_for_document: None,
            unwanted_since: None,
        });
        self.send(Request::Create(index));
    }

    fn count(&mut self, fact: &Fact) {
        self.reached.bridges += u64::from(matches!(fact, Fact::Bridged(_)));
        self.reached.hand_backs += u64::from(matches!(fact, Fact::HandedBack(_)));
        self.reached.tiers += u64::from(matches!(fact, Fact::TierBegan(_)));
        self.reached.queued += u64::from(matches!(fact, Fact::Queued(_)));
        self.reached.out_of_queues += u64::from(matches!(fact, Fact::LeftQueue(_)));
        self.reached.away += u64::from(matches!(fact, Fact::IsAway(_)));
        self.reached.words += u64::from(matches!(fact, Fact::Said(_)));
    }

    fn reply(&mut self, call: usize, document: &CallerDocument, results: &mut Vec<Event>) {
        let mut reached = false;
        for request in self.take_waiting(call) {
            reached |= self.answer(call, request, document);
        }
        let woken = self.calls[call].round.as_ref().is_some_and(|round| round.woken.get());
        let expected = woken && *document == CallerDocument::EnterRoom;
        if !reached && !expected {
            results.push(if self.is_accept_unheard(call) { Event::CallerBroughtIn } else { Event::ReplyFoundNobody });
        }
    }

    /// An accept has the call, and the machine has yet to hear of it.
    fn is_accept_unheard(&self, call: usize) -> bool {
        let line = &self.calls[call];
        let holder = line.round.as_ref().and_then(|round| round.race.claim().holder());
        holder.zip(line.machine.as_ref()).is_some_and(|(leg, machine)| !machine.knows_winner(leg))
    }

    fn take_waiting(&mut self, call: usize) -> Vec<u32> {
        let call = &mut self.calls[call];
        let mut waiting = std::mem::take(&mut call.owed);
        if let Some(round) = &call.round {
            waiting.extend(round.race.take_waiting());
        }
        waiting
    }

    fn open_round(&mut self, call: usize, id: RoundId) {
        let decided = self.calls[call].round.as_ref().is_none_or(|old| old.race.claim().peek(LegId::FIRST).is_some());
        self.check(decided, "a round that anybody can still win is not left");
        let waiting = self.take_waiting(call);
        self.calls[call].rings_since.get_or_insert(self.now);
        let race = Race::new(waiting);
        self.calls[call].round = Some(Rc::new(ModelRound { id, race, woken: Cell::new(false) }));
    }

    pub(crate) fn tell_roster(&mut self, event: RosterEvent) {
        let roster = std::mem::take(&mut self.roster);
        let (roster, grants) = roster.handle(self.now, event);
        self.roster = roster;
        if let Some(at) = self.roster.deadline() {
            self.at(at, Happening::RosterDue);
        }
        for grant in grants {
            self.grant(grant);
        }
    }

    fn grant(&mut self, Grant { call: sid, round, phones, away, refused }: Grant) {
        self.watch_grant(&sid, &phones);
        let call = self.calls.iter().position(|call| call.sid == sid).expect("a call");
        if self.calls[call].machine.is_none() && self.calls[call].ended {
            return self.tell_roster(RosterEvent::CallOver(sid));
        }
        let delay = self.rng.u64(0..=self.trouble().timers_late_ms / 10);
        if refused.is_some() {
            self.seekers.remove(&sid);
        }
        if !away.is_empty() {
            // Who rings at once does not wait for them to come back.
            if let Some((.., wants)) = self.seekers.get_mut(&self.calls[call].sid) {
                wants.retain(|phone| !away.contains(phone));
            }
            self.after(delay, Happening::Tell(call, Event::PeopleAway { round, phones: away }));
        }
        self.after(
            delay,
            Happening::Tell(
                call,
                match refused {
                    Some(why) => Event::QueueRefused { round, why },
                    None => Event::PeopleGranted { round, phones },
                },
            ),
        );
    }

    /// A request of the caller comes in.
    pub(crate) fn caller_asks(&mut self, call: usize, asked: Asked, request: u32) {
        if self.calls[call].machine.is_none() {
            if self.calls[call].ended {
                self.answer(call, request, &CallerDocument::HangUp);
                return;
            }
            // The request that brings the call.
            self.calls[call].owed.push(request);
            return self.begin(call);
        }
        let phase = self.calls[call].machine.as_ref().map(Call::phase);
        let racing = matches!(phase, Some(Phase::Ringing | Phase::Joining)) && matches!(asked, Asked::Now { .. });
        match self.calls[call].round.clone() {
            Some(round) if racing => {
                if let Err(woken) = round.race.hold(request) {
                    self.wake(call, &round, woken);
                }
            }
            Some(_) | None => self.calls[call].owed.push(request),
        }
        self.tell(call, Event::CallerAsked(asked));
    }

    fn wake(&mut self, call: usize, round: &ModelRound, woken: Vec<u32>) {
        for request in woken {
            if self.answer(call, request, &CallerDocument::EnterRoom) {
                self.reached.woken += 1;
                round.woken.set(true);
            }
        }
    }

    /// A leg was picked up and wants its first document.
    pub(crate) fn leg_asks(&mut self, leg: usize, answered_by: Option<AnsweredBy>) -> LegReply {
        let Some(round) = self.round_of(leg) else { return self.too_late(leg) };
        match self.legs[leg].group.screen.on_answer(answered_by) {
            Heard::Accepted => self.accept(leg, &round),
            Heard::NotHuman => {
                self.leg_news(leg, LegNews::WasMachine);
                LegReply::HangUp
            }
            Heard::KeyWanted => match round.race.claim().peek(self.legs[leg].id) {
                Some(verdict) => self.reply_to(leg, verdict),
                None => {
                    self.leg_news(leg, LegNews::AskedForKey);
                    LegReply::AskForKey
                }
            },
        }
    }

    /// Somebody pressed a key, or nobody did.
    pub(crate) fn leg_presses(&mut self, leg: usize, key: Option<char>) -> LegReply {
        let Some(round) = self.round_of(leg) else { return self.too_late(leg) };
        let digits = key.map(String::from).unwrap_or_default();
        match key_pressed(&digits, self.legs[leg].group.decline_key) {
            Key::Accepts => self.accept(leg, &round),
            Key::Declines => {
                self.leg_news(leg, LegNews::Declined);
                LegReply::Tell(Told::Declined)
            }
            Key::Nothing => match round.race.claim().peek(self.legs[leg].id) {
                Some(verdict) => self.reply_to(leg, verdict),
                None => LegReply::AskForKey,
            },
        }
    }

    fn round_of(&self, leg: usize) -> Option<Rc<ModelRound>> {
        let leg = &self.legs[leg];
        let call = &self.calls[leg.call];
        call.machine.as_ref()?;
        call.round.clone().filter(|round| round.id == leg.round.id)
    }

    fn accept(&mut self, leg: usize, round: &Rc<ModelRound>) -> LegReply {
        let (verdict, woken) = round.race.accept(self.legs[leg].id);
        self.reached.races += u64::from(verdict == Verdict::Lost);
        if verdict == Verdict::Won {
            self.say(|| format!("{} has won", self.legs[leg].sid));
            self.watch_win(leg);
            self.legs[leg].won = true;
            self.wake(self.legs[leg].call, round, woken);
            self.leg_news(leg, LegNews::Accepted);
        }
        self.reply_to(leg, verdict)
    }

    fn reply_to(&mut self, leg: usize, verdict: Verdict) -> LegReply {
        let why = match verdict {
            Verdict::Won | Verdict::AlreadyYours => return LegReply::Join,
            Verdict::Lost => Told::SomebodyElseHasIt,
            Verdict::Closed(closed) => closed.into(),
        };
        self.leg_news(leg, LegNews::ToldWhy);
        LegReply::Tell(why)
    }

    fn too_late(&mut self, leg: usize) -> LegReply {
        self.leg_news(leg, LegNews::ToldWhy);
        LegReply::Tell(Told::MovedOn)
    }

    /// Word from a webhook's handler: it is never lost, but other webhooks may overtake it.
    pub(crate) fn leg_news(&mut self, leg: usize, news: LegNews) {
        let ModelLeg { call, id, sid, .. } = &self.legs[leg];
        let (call, event) = (*call, Event::FromLeg { leg: *id, sid: sid.clone(), news });
        let delay = self.rng.u64(0..=self.trouble().timers_late_ms);
        self.after(delay, Happening::Tell(call, event));
    }

    /// A leg's stay in the conference is over and it waits for what comes next.
    pub(crate) fn leg_dial_ended(&mut self, leg: usize, news: LegNews) {
        self.legs[leg].waits_for_document = Some(self.now);
        if self.calls[self.legs[leg].call].machine.is_none() {
            return self.answer_leg(leg, LegDocument::HangUp);
        }
        self.leg_news(leg, news);
    }

    fn leg_of(&self, call: usize, id: LegId) -> usize {
        self.legs.iter().position(|leg| leg.call == call && leg.id == id).expect("effects name legs that were dialled")
    }
}
