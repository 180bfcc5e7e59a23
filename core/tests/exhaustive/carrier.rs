//! What is true at the carrier: callers, members' legs, conferences, and what its REST API does.

use std::time::Duration;

use ringall_core::{
    call::{
        AfterWords, Answer, Asked, CallerDocument, DialEnd, Dialled, Event, LegDocument, LegEnd, LegNews, Redirected,
        RoomNews, Standing, Told,
    },
    findings::Findings,
    id::{CallSid, LegId},
};

use super::{
    plan::Rule,
    world::{Doing, From, Leg, LegIs, Request, Who, World},
};

/// The caller.
impl World {
    /// The caller's leg has a document.
    pub(crate) fn caller_hears(&mut self, call: usize, document: &CallerDocument) {
        let caller = &mut self.calls[call].caller;
        if caller.doing != Doing::Asks {
            // Another request has overtaken it, or they are gone: the carrier drops it.
            return;
        }
        caller.answered |= !matches!(document, CallerDocument::KeepRinging | CallerDocument::Forward { .. });
        match document {
            CallerDocument::EnterRoom => caller.doing = Doing::GoesIn,
            CallerDocument::KeepRinging => caller.doing = Doing::Fetches(Asked::Now { answered: false }),
            CallerDocument::HearRingback => caller.doing = Doing::OnRingback,
            CallerDocument::Say { then, .. } => {
                caller.heard_words = true;
                caller.doing = Doing::OnWords(*then);
            }
            CallerDocument::HangUp => self.caller_is_gone(call),
            CallerDocument::Choose { visit, .. } => caller.doing = Doing::OnMenu(*visit),
            CallerDocument::Forward { forward, visit, .. } => self.is_dialled(call, *visit, forward.screen),
            CallerDocument::Hold { visit, .. } => caller.doing = Doing::OnHold(*visit),
            CallerDocument::Record { visit, .. } => {
                caller.heard_words = true;
                caller.doing = Doing::Records(*visit);
            }
            CallerDocument::Reject(_) | CallerDocument::HandOver(_) => {
                unreachable!("no flow here refuses anybody or hands them over")
            }
        }
    }

    /// The carrier fetches the caller's next document.
    pub(crate) fn caller_fetches(&mut self, call: usize, asked: Asked) {
        let answered = self.calls[call].caller.answered;
        let asked = if let Asked::Now { .. } = asked { Asked::Now { answered } } else { asked };
        self.caller_asks(call, asked);
    }

    pub(crate) fn words_end(&mut self, call: usize, then: AfterWords) {
        match then {
            AfterWords::Ask(visit) => self.caller_fetches(call, Asked::WordsEnded(visit)),
            AfterWords::HangUp => self.caller_is_gone(call),
        }
    }

    pub(crate) fn caller_is_gone(&mut self, call: usize) {
        self.goes_out(call, Who::Caller);
        self.outside_is_gone(call, DialEnd::NoAnswer);
        self.calls[call].caller.doing = Doing::Gone;
        self.send_word(From::Callback, call, Event::CallerLeft);
        if self.take_waiting(call) > 0 && !self.calls[call].ended {
            self.post(call, Event::CallerConnectionClosed);
        }
    }

    /// The carrier gives up on the caller's request and turns to the fallback.
    pub(crate) fn connection_closes(&mut self, call: usize) {
        self.take_waiting(call);
        self.calls[call].caller.doing = Doing::Fetches(Asked::Now { answered: false });
        self.post(call, Event::CallerConnectionClosed);
    }
}

/// The conference.
impl World {
    pub(crate) fn goes_in(&mut self, call: usize, who: Who) {
        if self.calls[call].room.len() >= 2 {
            return self.falls_out(call, who, LegNews::NotLetIn);
        }
        match who {
            Who::Caller => self.calls[call].caller.doing = Doing::InRoom,
            Who::Leg(leg) => {
                if let Some(leg) = self.leg(call, leg) {
                    self.legs[leg].is = LegIs::InRoom;
                }
            }
        }
        self.calls[call].room.push(who);
        self.watch_room(call);
        self.send_word(From::Callback, call, Event::Room(RoomNews::Joined(self.sid_of(call, who))));
        if self.calls[call].room.len() == 2 {
            self.send_word(From::Callback, call, Event::Room(RoomNews::Started));
        }
        self.talk_begins(call);
    }

    /// Somebody leaves, which ends the conference for everybody.
    pub(crate) fn goes_out(&mut self, call: usize, who: Who) {
        if !self.calls[call].room.contains(&who) {
            return;
        }
        for other in std::mem::take(&mut self.calls[call].room) {
            self.send_word(From::Callback, call, Event::Room(RoomNews::Left(self.sid_of(call, other))));
            if other != who {
                self.falls_out(call, other, LegNews::DialEnded);
            }
        }
        self.calls[call].caller.talks_since = None;
        self.send_word(From::Callback, call, Event::Room(RoomNews::Ended));
    }

    /// Somebody is out of the room, and goes on with the document after it.
    pub(crate) fn falls_out(&mut self, call: usize, who: Who, news: LegNews) {
        match who {
            Who::Caller => self.calls[call].caller.doing = Doing::Fetches(Asked::DialEnded),
            Who::Leg(id) => {
                let Some(leg) = self.leg(call, id) else { return };
                self.legs[leg].is = LegIs::DialEnded;
                if self.calls[call].ended {
                    return self.leg_hears_document(call, id, LegDocument::HangUp);
                }
                self.leg_news(leg, news);
            }
        }
    }

    fn sid_of(&self, call: usize, who: Who) -> CallSid {
        match who {
            Who::Caller => self.sid(call),
            Who::Leg(leg) => self.plan.leg_sid(call, leg),
        }
    }
}

/// Members' legs.
impl World {
    pub(crate) fn leg_ends(&mut self, leg: usize, end: LegEnd) {
        let (call, id) = (self.legs[leg].call, self.legs[leg].id);
        self.goes_out(call, Who::Leg(id));
        self.legs.remove(leg);
        if self.plan.rule == Rule::LegEndsCall {
            return self.send_word(From::Callback, call, Event::CallerLeft);
        }
        let news = LegNews::Ended(end);
        self.send_word(From::Callback, call, Event::FromLeg { leg: id, sid: self.plan.leg_sid(call, id), news });
    }

    /// The document after a stay in the conference.
    pub(crate) fn leg_hears_document(&mut self, call: usize, id: LegId, document: LegDocument) {
        let Some(leg) = self.leg(call, id).filter(|leg| self.legs[*leg].is == LegIs::DialEnded) else { return };
        match document {
            LegDocument::EnterRoom => self.legs[leg].is = LegIs::GoesIn,
            LegDocument::Tell(_) => self.legs[leg].is = LegIs::HearsWhy,
            LegDocument::HangUp => self.leg_ends(leg, LegEnd::Completed),
        }
    }
}

/// REST.
impl World {
    pub(crate) fn carry_out(&mut self, request: Request) {
        if let Some((call, event)) = self.answer_to(request) {
            self.send_word(From::Answer, call, event);
        }
    }

    /// It is done, but its answer does not come.
    pub(crate) fn carry_out_in_silence(&mut self, request: Request) {
        let _ = self.answer_to(request);
        if request.is_answered() {
            let call = request.call();
            let event = match request {
                Request::Create { leg, .. } => Event::Dialled { leg, result: Dialled::AnswerLost },
                Request::Cancel { .. }
                | Request::Complete(..)
                | Request::Tell(..)
                | Request::LookUpLeg(..)
                | Request::LookUpCaller(_)
                | Request::RedirectCaller(_)
                | Request::EndCaller(_)
                | Request::LookUpRoom(..) => failure_of(request),
                Request::Inquire(..) => return,
            };
            self.send_word(From::Answer, call, event);
        }
        self.excuse(request);
    }

    pub(crate) fn refuse(&mut self, request: Request) {
        if request.is_answered() {
            self.send_word(From::Answer, request.call(), failure_of(request));
        }
        self.excuse(request);
    }

    fn excuse(&mut self, request: Request) {
        let (Request::Create { call, leg, .. }
        | Request::Cancel { call, leg, .. }
        | Request::Complete(call, leg)
        | Request::Tell(call, leg, _)
        | Request::LookUpLeg(call, leg)) = request
        else {
            return;
        };
        if let Some(leg) = self.leg(call, leg) {
            self.legs[leg].excused = true;
        }
    }

    /// Carries it out; the answer, if anybody waits for it.
    fn answer_to(&mut self, request: Request) -> Option<(usize, Event)> {
        match request {
            Request::Create { .. } => self.create(request),
            Request::Cancel { call, leg, known } => {
                if let Some(at) = self.leg(call, leg).filter(|at| self.legs[*at].is == LegIs::Ringing) {
                    self.leg_ends(at, LegEnd::NoAnswer);
                }
                known.then(|| (call, self.standing_of(call, leg)))
            }
            Request::Complete(call, leg) => {
                if let Some(at) = self.leg(call, leg) {
                    self.watch_cut(call, Who::Leg(leg));
                    self.leg_ends(at, LegEnd::Completed);
                }
                Some((call, self.standing_of(call, leg)))
            }
            Request::Tell(call, leg, why) => self.redirect_leg(call, leg, why),
            Request::LookUpLeg(call, leg) => Some((call, self.standing_of(call, leg))),
            Request::LookUpCaller(call) => Some((call, self.caller_standing(call))),
            Request::RedirectCaller(call) => Some((call, Event::CallerRedirected(self.redirect_caller(call)))),
            Request::EndCaller(call) => {
                if self.calls[call].caller.doing != Doing::Gone {
                    self.watch_cut(call, Who::Caller);
                    self.caller_is_gone(call);
                }
                Some((call, self.caller_standing(call)))
            }
            Request::Inquire(call, inquiry) => {
                Some((call, Event::InquiryAnswered { inquiry, answer: Answer::Found(Findings::default()) }))
            }
            Request::LookUpRoom(call, look) => {
                // One alone has no conference in progress, and does not show.
                let room = self.calls[call].room.iter().filter(|_| self.calls[call].room.len() > 1);
                let present = room.map(|who| self.sid_of(call, *who)).collect();
                Some((call, Event::RoomLookedUp { look, present: Some(present) }))
            }
        }
    }

    fn create(&mut self, request: Request) -> Option<(usize, Event)> {
        let Request::Create { call, leg, round, person } = request else { return None };
        let present = self.calls[call].round.as_ref().filter(|present| present.id == round);
        if present.is_none_or(|round| round.claim.claim().peek(leg).is_some()) {
            return Some((call, Event::Dialled { leg, result: Dialled::Refused }));
        }
        let (is, won, sent_away, excused) = (LegIs::Ringing, false, false, false);
        self.watch_ring(person);
        self.legs.push(Leg { call, id: leg, round, person, is, won, end_asked: None, sent_away, excused });
        self.legs.sort_unstable_by_key(|leg| (leg.call, leg.id));
        let sid = self.plan.leg_sid(call, leg);
        if self.plan.acts.progress {
            self.send_word(From::Callback, call, Event::FromLeg { leg, sid: sid.clone(), news: LegNews::Rings });
        }
        let queue_time = if self.plan.acts.queue { Duration::from_secs(1) } else { Duration::ZERO };
        Some((call, Event::Dialled { leg, result: Dialled::Accepted { sid, queue_time } }))
    }

    fn standing_of(&self, call: usize, leg: LegId) -> Event {
        let standing = match self.leg(call, leg).map(|at| self.legs[at].is) {
            None => Standing::Over,
            Some(LegIs::Ringing) => Standing::Unanswered,
            Some(_) => Standing::Up,
        };
        Event::LegLookedUp { leg, standing }
    }

    fn caller_standing(&self, call: usize) -> Event {
        let caller = &self.calls[call].caller;
        Event::CallerLookedUp(match (caller.doing == Doing::Gone, caller.answered) {
            (true, _) => Standing::Over,
            (false, true) => Standing::Up,
            (false, false) => Standing::Unanswered,
        })
    }

    fn redirect_leg(&mut self, call: usize, id: LegId, why: Told) -> Option<(usize, Event)> {
        let up = self.leg(call, id).filter(|leg| self.legs[*leg].is != LegIs::Ringing);
        let Some(leg) = up else { return Some((call, Event::LegRedirectFailed { leg: id })) };
        if self.legs[leg].is == LegIs::InRoom {
            // The action of the Dial is asked first, and its answer is dropped (carrier contract §5).
            if why != Told::NotAccepted {
                self.watch_cut(call, Who::Leg(id));
            }
            self.goes_out(call, Who::Leg(id));
            if !self.calls[call].ended {
                self.leg_news(leg, LegNews::DialEnded);
            }
        }
        self.leg_told(leg, why);
        None
    }

    fn redirect_caller(&mut self, call: usize) -> Redirected {
        let caller = &self.calls[call].caller;
        if caller.doing == Doing::Gone || !caller.answered {
            return Redirected::NotInState;
        }
        if caller.doing == Doing::InRoom {
            // Both are asked, the action of the Dial first (carrier contract §5).
            self.watch_cut(call, Who::Caller);
            self.goes_out(call, Who::Caller);
            self.caller_asks(call, Asked::DialEnded);
        }
        if self.calls[call].caller.doing == Doing::Dials {
            self.watch_cut(call, Who::Caller);
            self.dial_ends(call, DialEnd::Completed { bridged: None });
            if let Doing::Fetches(asked) = self.calls[call].caller.doing {
                self.caller_asks(call, asked);
            }
        }
        if self.calls[call].caller.doing != Doing::Gone {
            self.calls[call].caller.doing = Doing::Fetches(Asked::Now { answered: true });
        }
        Redirected::Done
    }
}

impl Request {
    /// The call that it is made for.
    pub(crate) fn call(self) -> usize {
        match self {
            Self::Create { call, .. }
            | Self::Cancel { call, .. }
            | Self::Complete(call, _)
            | Self::Tell(call, ..)
            | Self::LookUpLeg(call, _)
            | Self::LookUpCaller(call)
            | Self::RedirectCaller(call)
            | Self::EndCaller(call)
            | Self::LookUpRoom(call, _)
            | Self::Inquire(call, _) => call,
        }
    }

    fn is_answered(self) -> bool {
        !matches!(self, Self::Cancel { known: false, .. })
    }
}

fn failure_of(request: Request) -> Event {
    match request {
        Request::Create { leg, .. } => Event::Dialled { leg, result: Dialled::Refused },
        Request::Cancel { leg, .. } | Request::Complete(_, leg) | Request::LookUpLeg(_, leg) => {
            Event::LegLookedUp { leg, standing: Standing::Unclear }
        }
        Request::Tell(_, leg, _) => Event::LegRedirectFailed { leg },
        Request::LookUpCaller(_) | Request::EndCaller(_) => Event::CallerLookedUp(Standing::Unclear),
        Request::RedirectCaller(_) => Event::CallerRedirected(Redirected::Failed),
        Request::LookUpRoom(_, look) => Event::RoomLookedUp { look, present: None },
        Request::Inquire(_, inquiry) => Event::InquiryAnswered { inquiry, answer: Answer::Failed },
    }
}
