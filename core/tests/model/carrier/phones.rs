//! The members' phones.

use ringall_core::{
    call::{Event, LegDocument, LegEnd, LegNews},
    screen::{AnsweredBy, Screen},
};

use super::{HOP_MS, WORDS_MS};
use crate::model::{
    plan::Character,
    switchboard::LegReply,
    world::{Happening, LegAct, LegIs, ModelLeg, Who, World},
};

const GATHER_MS: u64 = 5_000;
const VERDICT_MS: u64 = 4_000;

impl World {
    pub(super) fn leg_is(&mut self, leg: usize, state: LegIs) {
        self.legs[leg].epoch += 1;
        self.legs[leg].state = state;
    }

    pub(super) fn leg_will(&mut self, leg: usize, after: u64, act: LegAct) {
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
    pub(super) fn key(&mut self, leg: usize, first: bool) -> (u64, Option<char>) {
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

    pub(super) fn leg_hears_why(&mut self, leg: usize) {
        self.leg_is(leg, LegIs::HearsWhy);
        self.legs[leg].told = true;
        self.leg_will(leg, WORDS_MS, LegAct::WordsEnd);
    }

    pub(super) fn leg_ends(&mut self, leg: usize, end: LegEnd) {
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
    pub(super) fn call_back(&mut self, call: usize, event: &Event) {
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
