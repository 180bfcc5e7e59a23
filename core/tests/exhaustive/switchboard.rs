//! What the program does around the machines: it feeds them, runs their effects, and answers legs' webhooks.

use std::collections::VecDeque;

use ringall_core::{
    call::{Asked, Call, CallerDocument, Effect, Event, LegDocument, LegNews, Phase, Talk, Told},
    claim::Verdict,
    flow::Order,
    id::{CallSid, LegId, RoundId},
    phone::PhoneNumber,
    roster::{Grant, Queued, RosterEvent},
    screen::{AnsweredBy, Heard, Key, key_pressed},
};

use super::{
    picture::Seen,
    plan::Rule,
    promises::Turn,
    world::{ClaimIs, Doing, LegIs, Request, Round, World},
};

impl World {
    pub(crate) fn arrives(&mut self, call: usize) {
        self.calls[call].owed = 1;
        self.calls[call].caller.doing = Doing::Asks;
        let (machine, effects) = Call::begin(self.now, self.plan.setups[call].clone());
        self.calls[call].machine = Some(machine);
        self.settle(call, effects);
    }

    pub(crate) fn tell(&mut self, call: usize, event: &Event) {
        if self.calls[call].machine.is_none() {
            if let Event::FromLeg { leg, news: LegNews::Rings, .. } = event {
                self.send(Request::Cancel { call, leg: *leg, known: false });
            }
            return;
        }
        let effects = self.advance(call, event);
        self.settle(call, effects);
    }

    fn advance(&mut self, call: usize, event: &Event) -> Vec<Effect> {
        self.say(|| format!("    {} hears {event:?}", self_name(call)));
        let before = self.calls[call].machine.take().expect("a live call");
        let (phase, outcome) = (before.phase(), before.outcome());
        let due = before.deadline().is_some_and(|at| at <= self.now);
        let (after, effects) = before.handle(self.now, event.clone());
        self.found.seen.push(Seen::new(phase, event, after.phase(), &effects));
        self.watch_turn(&Turn { call, before: phase, outcome, due, event, after: &after, effects: &effects });
        self.tell_of_talk(call, &after);
        self.calls[call].machine = Some(after);
        effects
    }

    /// The roster hears of a talk as it begins, or that it was none.
    fn tell_of_talk(&mut self, call: usize, machine: &Call) {
        let talk = machine.talk();
        if talk == self.calls[call].talk {
            return;
        }
        self.calls[call].talk.clone_from(&talk);
        let sid = self.sid(call);
        match talk {
            Some(Talk { phone, wrap_up, queue }) => {
                self.tell_roster(RosterEvent::Talks { call: sid, phone, wrap_up, queue });
            }
            None if machine.phase() == Phase::Over => {}
            None => self.tell_roster(RosterEvent::TalkWasNone(sid)),
        }
    }

    /// Runs effects, and whatever their results bring about.
    fn settle(&mut self, call: usize, mut effects: Vec<Effect>) {
        let mut results = VecDeque::new();
        loop {
            for effect in effects {
                self.say(|| format!("    {} wants {effect:?}", self_name(call)));
                self.run_effect(call, effect, &mut results);
            }
            let Some(event) = results.pop_front() else { break };
            effects = self.advance(call, &event);
        }
        let machine = self.calls[call].machine.as_ref().expect("a live call");
        if machine.is_finished() {
            return self.finish(call);
        }
        let leads_on = machine.deadline().is_some();
        self.check(leads_on, "every state in which somebody waits has a deadline");
    }

    fn finish(&mut self, call: usize) {
        self.watch_finish(call);
        let sid = self.sid(call);
        let line = &mut self.calls[call];
        let asks = line.caller.doing == Doing::Asks;
        (line.machine, line.ended, line.wants) = (None, true, 0);
        self.take_waiting(call);
        self.calls[call].round = None;
        if asks {
            self.caller_hears(call, &CallerDocument::HangUp);
        }
        self.forget_words(call);
        for leg in 0..self.legs.len() {
            if self.legs[leg].call == call && self.legs[leg].is == LegIs::DialEnded {
                self.leg_hears_document(call, self.legs[leg].id, LegDocument::HangUp);
            }
        }
        self.tell_roster(RosterEvent::CallOver(sid));
    }

    fn run_effect(&mut self, call: usize, effect: Effect, results: &mut VecDeque<Event>) {
        let sid = self.sid(call);
        match effect {
            Effect::Reply(document) => self.reply(call, &document, results),
            Effect::RedirectCaller => self.send(Request::RedirectCaller(call)),
            Effect::LookUpCaller => self.send(Request::LookUpCaller(call)),
            Effect::EndCaller => self.send(Request::EndCaller(call)),
            Effect::OpenRound(id) => {
                let decided = self.calls[call].round.as_ref().is_none_or(|old| old.claim != ClaimIs::Free);
                self.check(decided, "a round that anybody can still win is not left");
                let held = self.take_waiting(call);
                self.calls[call].round = Some(Round { id, claim: ClaimIs::Free, held, woken: false, joined: None });
            }
            Effect::CloseClaim(round, why) => {
                let present = self.calls[call].round.as_mut().filter(|present| present.id == round);
                let closed = present.map_or(Ok(()), |present| {
                    let closed = present.claim.claim().close(why);
                    if present.claim == ClaimIs::Free {
                        present.claim = ClaimIs::Closed(why);
                    }
                    closed
                });
                results.push_back(match closed {
                    Ok(()) => Event::ClaimClosed { round },
                    Err(leg) => Event::ClaimHeldBy { round, leg },
                });
            }
            Effect::Seek { round, phones, ring_busy } => self.seek(call, round, phones, ring_busy),
            Effect::StopSeeking => {
                self.calls[call].wants = 0;
                self.tell_roster(RosterEvent::StoppedSeeking(sid));
            }
            Effect::FreePhone(phone) => self.tell_roster(RosterEvent::Freed(sid, phone)),
            Effect::FreePhoneSoon(phone) => self.tell_roster(RosterEvent::EndAsked(sid, phone)),
            Effect::KeepPhone(phone) => self.tell_roster(RosterEvent::StillEngaged(sid, phone)),
            Effect::Dial { leg, round, phone, .. } => {
                let request = Request::Create { call, leg, round, person: self.person(phone) };
                self.watch_dial(call, phone);
                if self.plan.acts.slow_dials { self.send(request) } else { self.carry_out(request) }
            }
            Effect::CancelLeg { leg, .. } => {
                self.mark_end(call, leg);
                self.send(Request::Cancel { call, leg, known: true });
            }
            Effect::CompleteLeg { leg, .. } => {
                self.mark_end(call, leg);
                self.send(Request::Complete(call, leg));
            }
            Effect::TellLeg { leg, why, .. } => {
                if let Some(at) = self.leg(call, leg) {
                    self.legs[at].sent_away = true;
                }
                self.send(Request::Tell(call, leg, why));
            }
            Effect::CancelStray(sid) => {
                if let Some((call, leg)) = self.plan.leg_of(&sid) {
                    self.mark_end(call, leg);
                    self.send(Request::Cancel { call, leg, known: false });
                }
            }
            Effect::LookUpLeg { leg, .. } => self.send(Request::LookUpLeg(call, leg)),
            Effect::ReplyLeg { leg, document } => self.answer_leg(call, leg, document),
            Effect::LookUpRoom(look) => self.send(Request::LookUpRoom(call, look)),
            // No flow of these walks has a lookup, and nobody is remembered.
            Effect::Note(_) | Effect::Ignore(_) | Effect::RememberTalk(_) | Effect::RecordCaller => {}
            Effect::Inquire { inquiry, .. } => self.send(Request::Inquire(call, inquiry)),
            Effect::WaitInQueue { .. } => self.wait_in_queue(call, effect),
            Effect::AskPlace => results.push_back(Event::PlaceTold(self.roster.place(&sid))),
        }
    }

    /// Each request of a leg gets its own answer, and the carrier drops that to one which a redirect or a later request
    /// has overtaken (carrier contract §5).
    fn answer_leg(&mut self, call: usize, id: LegId, document: LegDocument) {
        let is_request = |event: &Event| matches!(event, Event::FromLeg { leg, news: LegNews::DialEnded | LegNews::NotLetIn, .. } if *leg == id);
        if !self.calls[call].inbox.iter().any(is_request) {
            self.leg_hears_document(call, id, document);
        }
    }

    fn mark_end(&mut self, call: usize, leg: LegId) {
        let now = self.now;
        if let Some(at) = self.leg(call, leg) {
            self.legs[at].end_asked.get_or_insert(now);
        }
    }

    pub(crate) fn sid(&self, call: usize) -> CallSid {
        self.plan.setups[call].sid.clone()
    }

    pub(crate) fn person(&self, phone: PhoneNumber) -> usize {
        self.plan.people.iter().position(|it| *it == phone).expect("somebody of ours")
    }

    fn reply(&mut self, call: usize, document: &CallerDocument, results: &mut VecDeque<Event>) {
        let reached = self.take_waiting(call) > 0;
        if reached {
            self.caller_hears(call, document);
        }
        let woken = self.calls[call].round.as_ref().is_some_and(|round| round.woken);
        let expected = woken && *document == CallerDocument::EnterRoom;
        if !reached && !expected {
            let unheard = self.is_accept_unheard(call);
            results.push_back(if unheard { Event::CallerBroughtIn } else { Event::ReplyFoundNobody });
        }
    }

    /// An accept has the call, and the machine has yet to hear of it.
    fn is_accept_unheard(&self, call: usize) -> bool {
        match (&self.calls[call].round, &self.calls[call].machine) {
            (Some(Round { claim: ClaimIs::Held(leg), .. }), Some(machine)) => !machine.knows_winner(*leg),
            _ => false,
        }
    }

    pub(crate) fn take_waiting(&mut self, call: usize) -> u8 {
        let line = &mut self.calls[call];
        let held = line.round.as_mut().map_or(0, |round| std::mem::take(&mut round.held));
        std::mem::take(&mut line.owed) + held
    }

    /// A request of the caller comes in.
    pub(crate) fn caller_asks(&mut self, call: usize, asked: Asked) {
        self.calls[call].caller.doing = Doing::Asks;
        if self.calls[call].ended {
            return self.caller_hears(call, &CallerDocument::HangUp);
        }
        let racing = matches!(self.phase(call), Some(Phase::Ringing | Phase::Joining));
        let racing = racing && matches!(asked, Asked::Now { .. });
        match &mut self.calls[call].round {
            Some(round) if racing => {
                round.held += 1;
                if let ClaimIs::Held(_) = round.claim {
                    self.wake(call);
                }
            }
            Some(_) | None => self.calls[call].owed += 1,
        }
        self.post(call, Event::CallerAsked(asked));
    }

    /// An accept brings the caller in at once.
    fn wake(&mut self, call: usize) {
        let Some(round) = &mut self.calls[call].round else { return };
        if std::mem::take(&mut round.held) > 0 {
            round.woken = true;
            self.caller_hears(call, &CallerDocument::EnterRoom);
        }
    }

    fn seek(&mut self, call: usize, round: RoundId, phones: Vec<PhoneNumber>, ring_busy: bool) {
        let since = self.calls[call].machine.as_ref().map_or(self.now, Call::since);
        self.calls[call].wants = phones.iter().fold(0, |wants, phone| wants | 1 << self.person(*phone));
        let (call, order) = (self.plan.setups[call].sid.clone(), Order::AsWritten);
        self.tell_roster(RosterEvent::Sought { call, since, round, phones, ring_busy, order });
    }

    fn wait_in_queue(&mut self, call: usize, effect: Effect) {
        let Effect::WaitInQueue { round, queue, members, first, last, is_new } = effect else { return };
        let since = self.calls[call].machine.as_ref().map_or(self.now, Call::since);
        let wants = first.iter().chain(&last).fold(0, |wants, phone| wants | 1 << self.person(*phone));
        self.calls[call].wants = wants;
        self.tell_roster(RosterEvent::Queued(Queued {
            call: self.sid(call),
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

    pub(crate) fn tell_roster(&mut self, event: RosterEvent) {
        let roster = std::mem::take(&mut self.roster);
        let (roster, grants) = roster.handle(self.now, event);
        self.roster = roster;
        for Grant { call: sid, round, phones, refused, .. } in grants {
            let call = self.plan.setups.iter().position(|setup| setup.sid == sid).expect("a call");
            if self.calls[call].ended {
                self.tell_roster(RosterEvent::CallOver(sid));
                continue;
            }
            for phone in &phones {
                self.watch_grant(call, *phone);
                self.calls[call].wants &= !(1 << self.person(*phone));
                if self.plan.rule == Rule::LeasesForgotten {
                    self.tell_roster(RosterEvent::Freed(sid.clone(), *phone));
                }
            }
            match refused {
                Some(why) => self.post(call, Event::QueueRefused { round, why }),
                None => self.post(call, Event::PeopleGranted { round, phones }),
            }
        }
    }
}

/// Legs' webhooks.
impl World {
    /// A leg was picked up and wants its first document.
    pub(crate) fn leg_asks(&mut self, leg: usize, answered_by: Option<AnsweredBy>) {
        if !self.is_of_present_round(leg) {
            return self.leg_is_told(leg);
        }
        match self.plan.screen.on_answer(answered_by) {
            Heard::Accepted => self.accept(leg),
            Heard::NotHuman => {
                self.leg_news(leg, LegNews::WasMachine);
                self.leg_ends(leg, ringall_core::call::LegEnd::Completed);
            }
            Heard::KeyWanted if self.is_decided(leg) => self.leg_learns(leg),
            Heard::KeyWanted => {
                self.leg_news(leg, LegNews::AskedForKey);
                self.legs[leg].is = LegIs::AskedForKey;
            }
        }
    }

    /// Somebody presses a key, or none.
    pub(crate) fn leg_presses(&mut self, leg: usize, digits: &str) {
        if !self.is_of_present_round(leg) {
            return self.leg_is_told(leg);
        }
        match key_pressed(digits, '9') {
            Key::Accepts => self.accept(leg),
            Key::Declines => {
                self.leg_news(leg, LegNews::Declined);
                self.legs[leg].is = LegIs::HearsWhy;
            }
            Key::Nothing if self.is_decided(leg) => self.leg_learns(leg),
            Key::Nothing => {}
        }
    }

    /// A leg that was sent to its last words asks for them.
    pub(crate) fn leg_told(&mut self, leg: usize, why: Told) {
        let id = self.legs[leg].id;
        let line = &self.calls[self.legs[leg].call];
        let has_it = line.round.as_ref().is_some_and(|round| round.claim == ClaimIs::Held(id));
        if !line.ended && has_it && why == Told::NotAccepted {
            self.legs[leg].is = LegIs::GoesIn;
            return;
        }
        self.leg_is_told(leg);
    }

    fn is_of_present_round(&self, leg: usize) -> bool {
        let leg = &self.legs[leg];
        self.calls[leg.call].round.as_ref().is_some_and(|round| round.id == leg.round)
    }

    pub(crate) fn is_decided(&self, leg: usize) -> bool {
        let leg = &self.legs[leg];
        self.calls[leg.call].round.as_ref().is_none_or(|round| round.id != leg.round || round.claim != ClaimIs::Free)
    }

    /// The whole of "the first to accept wins".
    fn accept(&mut self, leg: usize) {
        let (call, id) = (self.legs[leg].call, self.legs[leg].id);
        let round = self.calls[call].round.as_mut().expect("a leg of the present round");
        let mut verdict = round.claim.claim().try_take(id);
        if self.plan.rule == Rule::EverybodyWins {
            verdict = Verdict::Won;
        }
        if verdict == Verdict::Won {
            round.claim = ClaimIs::Held(id);
            self.wake(call);
            self.leg_news(leg, LegNews::Accepted);
        }
        self.leg_hears_verdict(leg, verdict);
    }

    fn leg_learns(&mut self, leg: usize) {
        let (call, id) = (self.legs[leg].call, self.legs[leg].id);
        let round = self.calls[call].round.as_ref().expect("a leg of the present round");
        if let Some(verdict) = round.claim.claim().peek(id) {
            self.leg_hears_verdict(leg, verdict);
        }
    }

    fn leg_hears_verdict(&mut self, leg: usize, verdict: Verdict) {
        match verdict {
            Verdict::Won | Verdict::AlreadyYours => {
                self.watch_join(leg);
                self.legs[leg].won = true;
                self.legs[leg].is = LegIs::GoesIn;
            }
            Verdict::Lost | Verdict::Closed(_) => self.leg_is_told(leg),
        }
    }

    fn leg_is_told(&mut self, leg: usize) {
        self.leg_news(leg, LegNews::ToldWhy);
        self.legs[leg].is = LegIs::HearsWhy;
    }

    /// Word from a webhook's handler: it is never lost, but other webhooks may overtake it.
    pub(crate) fn leg_news(&mut self, leg: usize, news: LegNews) {
        let (call, leg) = (self.legs[leg].call, self.legs[leg].id);
        let sid = self.plan.leg_sid(call, leg);
        self.post(call, Event::FromLeg { leg, sid, news });
    }
}

pub(crate) fn self_name(call: usize) -> &'static str {
    super::plan::name_of(call)
}
