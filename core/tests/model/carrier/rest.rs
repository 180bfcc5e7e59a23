//! REST requests, and their answers.

use ringall_core::{
    call::{Asked, Dialled, Event, LegEnd, LegNews, Redirected, Standing},
    id::LegId,
};

use crate::model::world::{CallerAct, CallerDoes, Happening, LegAct, LegIs, Request, Who, World};

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
