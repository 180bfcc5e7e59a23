//! The model's callers: what they hear, do, and ask for.

use ringall_core::{
    call::{AfterWords, Asked, CallerDocument, Event},
    flow::Keys,
};

use super::{HOP_MS, WORDS_MS};
use crate::model::world::{CallerAct, CallerDoes, Happening, Who, World};

/// The caller's own exchange lets an unanswered call ring so long.
const NETWORK_RINGS_MS: u64 = 120_000;
/// The carrier gives up on a request then (carrier contract §1.4).
const REQUEST_LASTS_MS: u64 = 15_000;
/// A piece of ringing, and the pause behind it.
const HOLD_MS: u64 = 31_000;

impl World {
    pub(crate) fn arrives(&mut self, call: usize) {
        self.calls[call].waits_since = Some(self.now);
        self.after(NETWORK_RINGS_MS, Happening::CallerHangsUp(call));
        self.caller_fetches(call, Asked::Now { answered: false });
    }

    pub(super) fn caller_fetches(&mut self, call: usize, asked: Asked) {
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

    pub(super) fn caller_does(&mut self, call: usize, doing: CallerDoes) {
        self.calls[call].caller.epoch += 1;
        self.calls[call].caller.doing = doing;
        self.watch_silence(call);
    }

    pub(super) fn caller_will(&mut self, call: usize, after: u64, act: CallerAct) {
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

    pub(super) fn caller_is_gone(&mut self, call: usize) {
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
