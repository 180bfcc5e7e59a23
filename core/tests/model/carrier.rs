//! The model's carrier: callers, members' phones, conferences and REST requests as they truly are.

use ringall_core::{
    call::{
        AfterWords, Asked, CallerDocument, Dialled, Event, LegDocument, LegEnd, LegNews, Redirected, RoomNews, Standing,
    },
    flow::Keys,
    id::{CallSid, LegId, RoundId},
    screen::{AnsweredBy, Screen},
};

use super::{
    plan::Character,
    switchboard::LegReply,
    world::{CallerAct, CallerDoes, Happening, LegAct, LegIs, ModelLeg, Request, Who, World},
};

/// The way of a request through the network.
const HOP_MS: u64 = 50;
const VERDICT_MS: u64 = 4_000;
const WORDS_MS: u64 = 3_000;
/// A piece of ringing, and the pause behind it.
const HOLD_MS: u64 = 31_000;
const GATHER_MS: u64 = 5_000;
/// The carrier gives up on a request then (carrier contract §1.4).
const REQUEST_LASTS_MS: u64 = 15_000;
/// The caller's own exchange lets an unanswered call ring so long.
const NETWORK_RINGS_MS: u64 = 120_000;

/// The caller.
impl World {
    pub(crate) fn arrives(&mut self, call: usize) {
        self.calls[call].waits_since = Some(self.now);
        self.after(NETWORK_RINGS_MS, Happening::CallerHangsUp(call));
        self.caller_fetches(call, Asked::Now { answered: false });
    }

    fn caller_fetches(&mut self, call: usize, asked: Asked) {
        let answered = self.calls[call].caller.answered;
        let asked = if let Asked::Now { .. } = asked { Asked::Now { answered } } else { asked };
        let again = if self.happens(self.trouble().repeats_requests) { 2 } else { 1 };
        for _ in 0..again {
            let request = self.open_request(call);
            self.say(|| format!("{} asks {asked:?} ({request})", self.calls[call].sid));
            self.caller_asks(call, asked, request);
        }
    }

    fn open_request(&mut self, call: usize) -> u32 {
        let caller = &mut self.calls[call].caller;
        caller.next_request += 1;
        let request = caller.next_request;
        caller.open.push(request);
        self.caller_does(call, CallerDoes::Asks(request));
        self.after(REQUEST_LASTS_MS, Happening::RequestCloses(call, request));
        if self.happens(self.trouble().closes_requests) {
            let after = self.rng.u64(1..REQUEST_LASTS_MS);
            self.after(after, Happening::RequestCloses(call, request));
        }
        request
    }

    fn caller_does(&mut self, call: usize, doing: CallerDoes) {
        self.calls[call].caller.epoch += 1;
        self.calls[call].caller.doing = doing;
        self.watch_silence(call);
    }

    fn caller_will(&mut self, call: usize, after: u64, act: CallerAct) {
        let epoch = self.calls[call].caller.epoch;
        self.after(after, Happening::Caller(call, epoch, act));
    }

    pub(crate) fn caller_acts(&mut self, call: usize, act: CallerAct) {
        match act {
            CallerAct::Asks(asked) => self.caller_fetches(call, asked),
            CallerAct::GoesIn => self.goes_in(call, Who::Caller),
            CallerAct::WordsEnd(AfterWords::Ask(visit)) => self.caller_fetches(call, Asked::WordsEnded(visit)),
            CallerAct::WordsEnd(AfterWords::HangUp) => self.caller_is_gone(call),
            CallerAct::TalksEnough => {
                self.calls[call].caller.hung_up = true;
                self.caller_is_gone(call);
            }
        }
    }

    pub(crate) fn caller_hangs_up(&mut self, call: usize) {
        let caller = &self.calls[call].caller;
        let network_gave_up = self.plan.calls[call].patience.is_none() && caller.answered;
        if caller.doing == CallerDoes::Gone || caller.talked || network_gave_up || caller.doing == CallerDoes::NotYet {
            return;
        }
        self.calls[call].caller.hung_up = true;
        self.caller_is_gone(call);
    }

    fn caller_is_gone(&mut self, call: usize) {
        self.say(|| format!("{} is gone", self.calls[call].sid));
        self.goes_out(call, Who::Caller);
        self.caller_does(call, CallerDoes::Gone);
        self.calls[call].caller.gone_at = Some(self.now);
        self.call_back(call, &Event::CallerLeft);
        for request in std::mem::take(&mut self.calls[call].caller.open) {
            self.connection_closed(call, request);
        }
    }

    fn connection_closed(&mut self, call: usize, request: u32) {
        let held = self.calls[call].owed.contains(&request) || self.calls[call].round.is_some();
        if held && self.calls[call].machine.is_some() {
            self.after(HOP_MS, Happening::Tell(call, Event::CallerConnectionClosed));
        }
    }

    /// The carrier gives up on a request: for the fallback, or because it has lost the caller without telling.
    pub(crate) fn request_closes(&mut self, call: usize, request: u32) {
        let open = &mut self.calls[call].caller.open;
        let Some(at) = open.iter().position(|it| *it == request) else { return };
        open.remove(at);
        let wanted = self.calls[call].caller.doing == CallerDoes::Asks(request);
        self.say(|| format!("{} request {request} closes", self.calls[call].sid));
        self.connection_closed(call, request);
        if wanted {
            self.check(!self.trouble().is_none(), "every request of the caller is answered in time");
            self.caller_will(call, HOP_MS, CallerAct::Asks(Asked::Now { answered: false }));
        }
    }

    /// Gives a document to a request; false if its connection is gone.
    pub(crate) fn answer(&mut self, call: usize, request: u32, document: &CallerDocument) -> bool {
        let open = &mut self.calls[call].caller.open;
        let Some(at) = open.iter().position(|it| *it == request) else { return false };
        open.remove(at);
        if self.calls[call].caller.doing != CallerDoes::Asks(request) {
            // Another document has overtaken it: the carrier drops this one.
            return true;
        }
        self.say(|| format!("{} hears {document:?}", self.calls[call].sid));
        self.calls[call].caller.answered |= *document != CallerDocument::KeepRinging;
        match document {
            CallerDocument::EnterRoom => {
                self.caller_does(call, CallerDoes::GoesIn);
                self.caller_will(call, HOP_MS, CallerAct::GoesIn);
            }
            CallerDocument::KeepRinging => {
                self.caller_does(call, CallerDoes::Pauses);
                self.caller_will(call, 1_000, CallerAct::Asks(Asked::Now { answered: false }));
                self.calls[call].caller.answered |= self.plan.trouble.answers_at_redirect;
            }
            CallerDocument::HearRingback => self.caller_does(call, CallerDoes::OnRingback),
            CallerDocument::Say { then, .. } => {
                self.calls[call].caller.heard_words = true;
                self.caller_does(call, CallerDoes::OnWords);
                self.caller_will(call, WORDS_MS, CallerAct::WordsEnd(*then));
            }
            CallerDocument::HangUp => self.caller_is_gone(call),
            CallerDocument::Choose { .. }
            | CallerDocument::Reject(_)
            | CallerDocument::HandOver(_)
            | CallerDocument::Forward { .. }
            | CallerDocument::Record { .. } => {
                unreachable!("the flows here ring, say and queue")
            }
            CallerDocument::Hold { visit, .. } => {
                self.caller_does(call, CallerDoes::OnHold);
                let visit = *visit;
                if self.happens(0.15) {
                    let key = if self.rng.bool() { "1" } else { "5" };
                    let after = self.rng.u64(0..HOLD_MS);
                    self.caller_will(call, after, CallerAct::Asks(Asked::Chosen { visit, keys: Keys::read(key) }));
                }
                self.caller_will(call, HOLD_MS, CallerAct::WordsEnd(AfterWords::Ask(visit)));
            }
        }
        true
    }
}

/// The conference.
impl World {
    fn goes_in(&mut self, call: usize, who: Who) {
        let full = self.calls[call].room.len() >= 2;
        if full || self.happens(self.trouble().room_refuses) {
            self.say(|| format!("{} {who:?} is refused by the room", self.calls[call].sid));
            let says_so = self.rng.bool();
            return self.falls_out(call, who, if says_so { LegNews::NotLetIn } else { LegNews::DialEnded });
        }
        match who {
            Who::Caller => {
                self.caller_does(call, CallerDoes::InRoom);
                self.calls[call].caller.was_in_room = true;
            }
            Who::Leg(leg) => {
                self.leg_is(leg, LegIs::InRoom);
                self.legs[leg].was_in_room = true;
            }
        }
        self.calls[call].room.push(who);
        self.room_news(call, who, RoomNews::Joined);
        if self.calls[call].room.len() == 2 {
            self.room_starts(call);
        }
    }

    fn room_starts(&mut self, call: usize) {
        self.calls[call].room_started = true;
        self.call_back(call, &Event::Room(RoomNews::Started));
        self.watch_bridge(call);
        let room = self.calls[call].room.clone();
        if room.contains(&Who::Caller) {
            self.calls[call].caller.talked = true;
            self.calls[call].waits_since = None;
            let talk = if self.happens(0.1) { self.rng.u64(0..900_000) } else { self.rng.u64(0..20_000) };
            if self.rng.bool() {
                self.caller_will(call, talk, CallerAct::TalksEnough);
            } else if let Some(Who::Leg(leg)) = room.into_iter().find(|who| *who != Who::Caller) {
                self.leg_will(leg, talk, LegAct::HangsUp);
            }
        }
    }

    /// Somebody leaves, which ends the conference for everybody.
    pub(crate) fn goes_out(&mut self, call: usize, who: Who) {
        let room = &mut self.calls[call].room;
        let Some(at) = room.iter().position(|it| *it == who) else { return };
        room.remove(at);
        let others = std::mem::take(room);
        self.calls[call].room_started = false;
        self.room_news(call, who, RoomNews::Left);
        for other in others {
            self.room_news(call, other, RoomNews::Left);
            self.falls_out(call, other, LegNews::DialEnded);
        }
        self.call_back(call, &Event::Room(RoomNews::Ended));
    }

    fn room_news(&mut self, call: usize, who: Who, news: fn(CallSid) -> RoomNews) {
        let sid = match who {
            Who::Caller => self.calls[call].sid.clone(),
            Who::Leg(leg) => self.legs[leg].sid.clone(),
        };
        self.call_back(call, &Event::Room(news(sid)));
    }

    /// Somebody is out of the room, and goes on with the document after it.
    fn falls_out(&mut self, call: usize, who: Who, news: LegNews) {
        match who {
            Who::Caller => {
                self.caller_does(call, CallerDoes::GoesIn);
                self.caller_will(call, HOP_MS, CallerAct::Asks(Asked::DialEnded));
            }
            Who::Leg(leg) if self.trouble().refused_is_dropped && self.calls[call].room.len() >= 2 => {
                self.leg_ends(leg, LegEnd::Completed);
            }
            Who::Leg(leg) => {
                self.leg_is(leg, LegIs::DialEnded);
                self.leg_will(leg, HOP_MS, LegAct::DialEnds(news));
            }
        }
    }
}

/// The members' phones.
impl World {
    fn leg_is(&mut self, leg: usize, state: LegIs) {
        self.legs[leg].epoch += 1;
        self.legs[leg].state = state;
    }

    fn leg_will(&mut self, leg: usize, after: u64, act: LegAct) {
        let epoch = self.legs[leg].epoch;
        self.after(after, Happening::Leg(leg, epoch, act));
    }

    pub(crate) fn leg_acts(&mut self, leg: usize, act: LegAct) {
        match act {
            LegAct::Rings => self.leg_rings(leg),
            LegAct::PicksUp => self.leg_picks_up(leg),
            LegAct::Ends(end) => self.leg_ends(leg, end),
            LegAct::Fetches(answered_by) => {
                let mut reply = self.leg_asks(leg, answered_by);
                if self.happens(self.trouble().repeats_requests) {
                    reply = self.leg_asks(leg, answered_by);
                }
                self.leg_hears(leg, reply);
            }
            LegAct::Presses(key) => {
                let mut reply = self.leg_presses(leg, key);
                if self.happens(self.trouble().repeats_requests) {
                    reply = self.leg_presses(leg, key);
                }
                self.leg_hears(leg, reply);
            }
            LegAct::GoesIn => self.goes_in(self.legs[leg].call, Who::Leg(leg)),
            LegAct::DialEnds(news) => self.leg_dial_ended(leg, news),
            LegAct::WordsEnd => self.leg_ends(leg, LegEnd::Completed),
            LegAct::HangsUp => {
                self.legs[leg].left_by_itself = true;
                self.leg_ends(leg, LegEnd::Completed);
            }
        }
    }

    fn leg_rings(&mut self, leg: usize) {
        self.leg_is(leg, LegIs::Ringing);
        self.watch_ring(leg);
        self.leg_calls_back(leg, LegNews::Rings);
        let slack = if self.rng.bool() { 5_000 } else { 0 };
        let timeout = u64::try_from(self.legs[leg].ring_for.as_millis()).unwrap_or(u64::MAX) + slack;
        let (after, act) = match self.legs[leg].character {
            Character::Human { after, .. }
            | Character::Fickle { after, .. }
            | Character::Declines { after, .. }
            | Character::KeepsSilent { after, .. }
            | Character::Mailbox { after } => (after, LegAct::PicksUp),
            Character::Busy { after } => (after, LegAct::Ends(LegEnd::Busy)),
            Character::Off => (300, LegAct::Ends(LegEnd::Failed)),
            Character::NeverAnswers => (timeout, LegAct::Ends(LegEnd::NoAnswer)),
        };
        if after > timeout {
            return self.leg_will(leg, timeout, LegAct::Ends(LegEnd::NoAnswer));
        }
        self.leg_will(leg, after, act);
    }

    fn leg_picks_up(&mut self, leg: usize) {
        self.leg_is(leg, LegIs::Up);
        self.reached.answered_while_canceled += u64::from(self.legs[leg].end_asked.is_some());
        self.leg_calls_back(leg, LegNews::Answered);
        if let Character::Fickle { stays, .. } | Character::KeepsSilent { stays, .. } = self.legs[leg].character {
            // Whatever the leg does by then: the person hangs up.
            let epoch = self.legs[leg].epoch;
            for later in 0..8 {
                self.after(stays, Happening::Leg(leg, epoch + later, LegAct::HangsUp));
            }
        }
        if self.legs[leg].group.screen == Screen::Amd {
            let verdict = self.verdict(leg);
            self.leg_will(leg, VERDICT_MS, LegAct::Fetches(Some(verdict)));
        } else {
            self.leg_will(leg, HOP_MS, LegAct::Fetches(None));
        }
    }

    fn verdict(&mut self, leg: usize) -> AnsweredBy {
        let machine = matches!(self.legs[leg].character, Character::Mailbox { .. });
        let right = if machine { AnsweredBy::MachineStart } else { AnsweredBy::Human };
        let any = [AnsweredBy::Human, AnsweredBy::MachineStart, AnsweredBy::Fax, AnsweredBy::Unknown];
        if self.happens(0.2) { any[self.rng.usize(0..any.len())] } else { right }
    }

    fn leg_hears(&mut self, leg: usize, reply: LegReply) {
        if self.legs[leg].state == LegIs::Over {
            return;
        }
        self.say(|| format!("{} hears {reply:?}", self.legs[leg].sid));
        match reply {
            LegReply::Join => {
                self.leg_is(leg, LegIs::GoesIn);
                self.leg_will(leg, HOP_MS, LegAct::GoesIn);
            }
            LegReply::AskForKey => {
                let first = self.legs[leg].state != LegIs::AskedForKey;
                self.leg_is(leg, LegIs::AskedForKey);
                let (after, key) = self.key(leg, first);
                self.leg_will(leg, after, LegAct::Presses(key));
            }
            LegReply::Tell(_) => self.leg_hears_why(leg),
            LegReply::HangUp => self.leg_ends(leg, LegEnd::Completed),
        }
    }

    /// What is pressed next, and when; the first whisper is the one that a person listens to.
    fn key(&mut self, leg: usize, first: bool) -> (u64, Option<char>) {
        match self.legs[leg].character {
            Character::Human { key_after, .. } | Character::Fickle { key_after, .. } if first => (key_after, Some('1')),
            Character::Declines { key_after, .. } if first => (key_after, Some('9')),
            Character::KeepsSilent { .. } => (GATHER_MS, Some('*')),
            Character::Human { .. }
            | Character::Fickle { .. }
            | Character::Declines { .. }
            | Character::Mailbox { .. }
            | Character::Busy { .. }
            | Character::Off
            | Character::NeverAnswers => (GATHER_MS, None),
        }
    }

    fn leg_hears_why(&mut self, leg: usize) {
        self.leg_is(leg, LegIs::HearsWhy);
        self.legs[leg].told = true;
        self.leg_will(leg, WORDS_MS, LegAct::WordsEnd);
    }

    fn leg_ends(&mut self, leg: usize, end: LegEnd) {
        self.say(|| format!("{} ends: {end:?}", self.legs[leg].sid));
        self.watch_leg_end(leg);
        self.leg_is(leg, LegIs::Over);
        self.legs[leg].waits_for_document = None;
        self.goes_out(self.legs[leg].call, Who::Leg(leg));
        self.leg_calls_back(leg, LegNews::Ended(end));
    }

    /// The document after a stay in the conference. Each request gets its own answer, and the carrier drops that to one
    /// which a redirect or a later request has overtaken (carrier contract §5).
    pub(crate) fn answer_leg(&mut self, leg: usize, document: LegDocument) {
        if self.has_asked_again(leg) {
            return;
        }
        if self.legs[leg].waits_for_document.take().is_none() || self.legs[leg].state != LegIs::DialEnded {
            return;
        }
        self.say(|| format!("{} hears {document:?}", self.legs[leg].sid));
        match document {
            LegDocument::EnterRoom => {
                self.leg_is(leg, LegIs::GoesIn);
                self.leg_will(leg, HOP_MS, LegAct::GoesIn);
            }
            LegDocument::Tell(_) => self.leg_hears_why(leg),
            LegDocument::HangUp => self.leg_ends(leg, LegEnd::Completed),
        }
    }

    /// Whether the program has yet to hear of a later request of this leg for what comes after the conference.
    fn has_asked_again(&self, leg: usize) -> bool {
        let ModelLeg { call: of, id, .. } = &self.legs[leg];
        self.queue.values().any(|happening| {
            let Happening::Tell(call, Event::FromLeg { leg, news, .. }) = happening else { return false };
            call == of && leg == id && matches!(news, LegNews::DialEnded | LegNews::NotLetIn)
        })
    }

    fn leg_calls_back(&mut self, leg: usize, news: LegNews) {
        let (call, id, sid) = (self.legs[leg].call, self.legs[leg].id, self.legs[leg].sid.clone());
        self.call_back(call, &Event::FromLeg { leg: id, sid, news });
    }

    /// A callback that may come late, twice, never, or before another.
    fn call_back(&mut self, call: usize, event: &Event) {
        let delay = self.trouble().callback_delay_ms;
        if !self.happens(self.trouble().loses_callbacks) {
            let after = self.rng.u64(0..=delay);
            self.after(after, Happening::Tell(call, event.clone()));
        }
        if self.happens(self.trouble().repeats_callbacks) {
            let after = self.rng.u64(0..=delay + 1_000);
            self.after(after, Happening::Tell(call, event.clone()));
        }
    }
}

/// Things that mean nothing.
impl World {
    pub(crate) fn noise(&mut self, call: usize) {
        let stranger: CallSid = "CAstranger".parse().expect("a sid");
        let far: LegId = "4000".parse().expect("a leg");
        let near = LegId::FIRST;
        let round = if self.rng.bool() { RoundId::FIRST } else { "900".parse().expect("a round") };
        let news =
            [LegNews::Answered, LegNews::Declined, LegNews::Ended(LegEnd::Busy), LegNews::Rings, LegNews::ToldWhy];
        let news = news[self.rng.usize(0..news.len())];
        let event = match self.rng.u32(0..9) {
            0 => Event::FromLeg { leg: far, sid: stranger, news },
            1 => Event::ClaimClosed { round: "900".parse().expect("a round") },
            2 => Event::Dialled { leg: far, result: Dialled::AnswerLost },
            3 => Event::Room(RoomNews::Joined(stranger)),
            4 => Event::Room(RoomNews::Left(stranger)),
            5 => Event::DeadlineReached,
            6 => Event::LegLookedUp { leg: if self.rng.bool() { near } else { far }, standing: Standing::Unclear },
            7 => Event::CallerRedirected(Redirected::Done),
            _ => Event::PeopleGranted { round, phones: Vec::new() },
        };
        if self.calls[call].machine.is_some() {
            self.tell(call, event);
        }
    }
}

/// REST.
impl World {
    pub(crate) fn send(&mut self, request: Request) {
        let lag = self.rng.u64(0..=self.trouble().rest_lags_ms);
        self.after(lag, Happening::Rest(request));
    }

    pub(crate) fn rest(&mut self, request: Request) {
        if self.is_out() {
            return self.rest_fails(request);
        }
        match request {
            Request::Create(leg) => self.create(leg),
            Request::Cancel(leg, known) => {
                let unanswered = matches!(self.legs[leg].state, LegIs::Queued | LegIs::Ringing);
                if unanswered {
                    self.leg_ends(leg, LegEnd::NoAnswer);
                }
                if known {
                    self.leg_answer(leg, unanswered);
                }
            }
            Request::Complete(leg) => {
                let lives = self.legs[leg].state != LegIs::Over;
                if lives {
                    self.watch_complete(leg);
                    self.leg_ends(leg, LegEnd::Completed);
                }
                self.leg_answer(leg, lives);
            }
            Request::Tell(leg) => self.redirect_leg(leg),
            Request::LookUpLeg(leg) => self.leg_answer(leg, false),
            Request::LookUpCaller(call) => self.caller_answer(call),
            Request::RedirectCaller(call) => self.redirect_caller(call),
            Request::EndCaller(call) => {
                if self.calls[call].caller.doing != CallerDoes::Gone {
                    self.caller_is_gone(call);
                }
                self.caller_answer(call);
            }
            Request::LookUpRoom(call, look) => {
                self.reached.look_ups += 1;
                let sids = self.calls[call].room.iter().map(|who| match who {
                    Who::Caller => self.calls[call].sid.clone(),
                    Who::Leg(leg) => self.legs[*leg].sid.clone(),
                });
                let sids = sids.collect();
                self.rest_answers(call, Event::RoomLookedUp { look, present: Some(sids) });
            }
        }
    }

    fn rest_answers(&mut self, call: usize, event: Event) {
        let lag = self.rng.u64(0..=self.trouble().rest_lags_ms);
        self.after(lag, Happening::Tell(call, event));
    }

    fn rest_fails(&mut self, request: Request) {
        if let Request::Create(leg) = request {
            self.legs[leg].state = LegIs::Over;
        }
        let leg_event = |leg: usize, event: fn(LegId) -> Event| (self.legs[leg].call, event(self.legs[leg].id));
        let unclear = |leg| Event::LegLookedUp { leg, standing: Standing::Unclear };
        let (call, event) = match request {
            Request::Create(leg) => leg_event(leg, |leg| Event::Dialled { leg, result: Dialled::Refused }),
            Request::Cancel(_, false) => return,
            Request::Cancel(leg, true) | Request::Complete(leg) | Request::LookUpLeg(leg) => leg_event(leg, unclear),
            Request::Tell(leg) => leg_event(leg, |leg| Event::LegRedirectFailed { leg }),
            Request::LookUpCaller(call) | Request::EndCaller(call) => (call, Event::CallerLookedUp(Standing::Unclear)),
            Request::RedirectCaller(call) => (call, Event::CallerRedirected(Redirected::Failed)),
            Request::LookUpRoom(call, look) => (call, Event::RoomLookedUp { look, present: None }),
        };
        self.rest_answers(call, event);
    }

    fn create(&mut self, leg: usize) {
        let (call, id, sid) = (self.legs[leg].call, self.legs[leg].id, self.legs[leg].sid.clone());
        let decided = self.legs[leg].round.race.claim().peek(id).is_some();
        if decided || self.happens(self.trouble().refuses_dials) {
            self.legs[leg].state = LegIs::Over;
            return self.rest_answers(call, Event::Dialled { leg: id, result: Dialled::Refused });
        }
        let queue_ms = if self.rng.bool() { 0 } else { self.rng.u64(0..5_000) };
        self.leg_is(leg, LegIs::Queued);
        self.watch_ring(leg);
        self.leg_will(leg, queue_ms + 200, LegAct::Rings);
        if self.happens(self.trouble().loses_dial_answers) {
            self.legs[leg].answer_lost = true;
            self.after(5_000, Happening::Tell(call, Event::Dialled { leg: id, result: Dialled::AnswerLost }));
            return;
        }
        let queue_time = std::time::Duration::from_millis(queue_ms);
        self.rest_answers(call, Event::Dialled { leg: id, result: Dialled::Accepted { sid, queue_time } });
    }

    /// How the leg stands; the carrier's answer to a change may still show the state before it.
    fn leg_answer(&mut self, leg: usize, just_changed: bool) {
        let stale = just_changed && self.rng.bool();
        let standing = match self.legs[leg].state {
            LegIs::Over if stale => Standing::Unanswered,
            LegIs::Over => Standing::Over,
            LegIs::Requested | LegIs::Queued | LegIs::Ringing => Standing::Unanswered,
            LegIs::Up | LegIs::AskedForKey | LegIs::HearsWhy | LegIs::GoesIn | LegIs::InRoom | LegIs::DialEnded => {
                Standing::Up
            }
        };
        let event = Event::LegLookedUp { leg: self.legs[leg].id, standing };
        self.rest_answers(self.legs[leg].call, event);
    }

    fn caller_answer(&mut self, call: usize) {
        let caller = &self.calls[call].caller;
        let standing = match (caller.doing == CallerDoes::Gone, caller.answered) {
            (true, _) => Standing::Over,
            (false, true) => Standing::Up,
            (false, false) => Standing::Unanswered,
        };
        self.rest_answers(call, Event::CallerLookedUp(standing));
    }

    fn redirect_leg(&mut self, leg: usize) {
        let (call, id) = (self.legs[leg].call, self.legs[leg].id);
        match self.legs[leg].state {
            LegIs::Requested | LegIs::Queued | LegIs::Ringing | LegIs::Over => {
                self.rest_answers(call, Event::LegRedirectFailed { leg: id });
            }
            LegIs::Up | LegIs::AskedForKey | LegIs::HearsWhy | LegIs::GoesIn | LegIs::DialEnded => {
                self.leg_hears_why(leg);
                self.leg_news(leg, LegNews::ToldWhy);
            }
            LegIs::InRoom => {
                // The action of the Dial is asked first, and its answer is dropped.
                self.leg_hears_why(leg);
                self.goes_out(call, Who::Leg(leg));
                self.leg_news(leg, LegNews::DialEnded);
                self.leg_news(leg, LegNews::ToldWhy);
            }
        }
    }

    fn redirect_caller(&mut self, call: usize) {
        let (doing, answered) = (self.calls[call].caller.doing, self.calls[call].caller.answered);
        if doing == CallerDoes::Gone || !answered {
            return self.rest_answers(call, Event::CallerRedirected(Redirected::NotInState));
        }
        self.rest_answers(call, Event::CallerRedirected(Redirected::Done));
        let was_in_room = doing == CallerDoes::InRoom;
        if was_in_room {
            // Both are asked, the action of the Dial first (carrier contract §5).
            self.goes_out(call, Who::Caller);
            self.caller_does(call, CallerDoes::GoesIn);
            self.caller_fetches(call, Asked::DialEnded);
        }
        if self.calls[call].caller.doing != CallerDoes::Gone {
            self.caller_will(call, 400, CallerAct::Asks(Asked::Now { answered: true }));
        }
    }
}
