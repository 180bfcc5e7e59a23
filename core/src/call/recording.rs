//! The caller leaves a message. The carrier keeps it, and tells of it whether or not the call is still known; here is only
//! what the caller hears, and that they are never left behind the beep.

use std::sync::Arc;

use super::{
    Asked, CallerDocument, Ignored, RecordingEnd, State,
    common::{Common, Turn},
    over::Over,
    speaking::Speaking,
};
use crate::{
    fact::{Fact, Outcome},
    flow::{Voicemail, Words},
    id::VisitId,
};

/// The greeting is said, or the caller speaks behind the beep. Each time of asking has a visit of its own, and only the
/// end of the latest one counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Recording {
    voicemail: Arc<Voicemail>,
    visit: VisitId,
    /// They have been told once that nothing was heard.
    asked_again: bool,
    /// How often this visit's document was given.
    handed_out: u8,
}

/// A document whose recording is lost again and again is not given for ever.
const MOST_DOCUMENTS: u8 = 4;

impl Recording {
    pub(super) fn begin(common: &mut Common, visit: VisitId, voicemail: Arc<Voicemail>) -> State {
        common.note(Fact::AskedForMessage);
        Self { voicemail, visit, asked_again: false, handed_out: 1 }.ask(common)
    }

    pub(super) fn handle(self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Asked(asked) => self.on_asked(common, asked),
            // The recording must be over, and the request that tells how has been lost: the carrier's report of the
            // recording, which goes another way, tells whether there is a message.
            Turn::WordsOverdue => self.say_goodbye(common),
            Turn::CallerGone => Over::caller_left(common),
            Turn::Granted(_, phones) => {
                common.decline_grant(phones);
                State::Recording(self)
            }
            // What was said so far is kept by the carrier.
            Turn::ShutDown => Over::apologise(common),
            Turn::Clock => State::Recording(self),
            Turn::Accepted(_)
            | Turn::ClaimClosed(_)
            | Turn::Out(..)
            | Turn::WinnerDialEnded(_)
            | Turn::Room(_)
            | Turn::RoomSeen(_)
            | Turn::Forward(..)
            | Turn::CallerSeen(_)
            | Turn::Away(..)
            | Turn::Refused(..)
            | Turn::Place(_)
            | Turn::Answered(..) => {
                common.ignore(Ignored::TooLate);
                State::Recording(self)
            }
        }
    }

    fn on_asked(mut self, common: &mut Common, asked: Asked) -> State {
        match asked {
            Asked::Recorded { visit, end } if visit == self.visit => self.on_end(common, end),
            // Behind the beep there was only silence: the carrier went on with the document.
            Asked::WordsEnded(visit) if visit == self.visit => self.on_end(common, RecordingEnd::Nothing),
            // Their leg is over, whichever time of asking this was about.
            Asked::Recorded { end: end @ RecordingEnd::HungUp { .. }, .. } => self.on_end(common, end),
            // The room that they are being led out of: the redirect brings the request for the greeting, once.
            Asked::DialEnded if common.caller.owes_redirect() => {
                common.reply_meanwhile(CallerDocument::HearRingback);
                State::Recording(self)
            }
            // The first request, a redirect, a fallback because our answer got lost; or an old one's repetition.
            Asked::Recorded { .. }
            | Asked::WordsEnded(_)
            | Asked::Now { .. }
            | Asked::DialEnded
            | Asked::Chosen { .. }
            | Asked::Forwarded { .. } => {
                self.handed_out = self.handed_out.saturating_add(1);
                if self.handed_out > MOST_DOCUMENTS {
                    common.keep_waiting();
                    return self.say_goodbye(common);
                }
                common.reply(self.document());
                State::Recording(self)
            }
        }
    }

    fn on_end(self, common: &mut Common, end: RecordingEnd) -> State {
        common.keep_waiting();
        match end {
            RecordingEnd::Recorded => {
                common.note(Fact::LeftMessage);
                common.outcome = Outcome::LeftMessage;
                self.say_goodbye(common)
            }
            RecordingEnd::Nothing if !self.asked_again => {
                common.note(Fact::LeftNoMessage);
                let visit = common.ask_anew();
                Self { visit, asked_again: true, handed_out: 1, ..self }.ask(common)
            }
            RecordingEnd::Nothing => {
                common.note(Fact::LeftNoMessage);
                self.say_goodbye(common)
            }
            RecordingEnd::Unsaid => self.say_goodbye(common),
            RecordingEnd::HungUp { recorded } => {
                if !recorded {
                    return Over::caller_left(common);
                }
                common.note(Fact::LeftMessage);
                common.note(Fact::CallerLeft);
                Over::begin(common, Outcome::LeftMessage)
            }
        }
    }

    fn say_goodbye(self, common: &mut Common) -> State {
        let visit = common.ask_anew();
        Speaking::begin(common, visit, self.voicemail.goodbye.clone(), self.voicemail.done)
    }

    fn ask(self, common: &mut Common) -> State {
        common.deliver(self.document());
        State::Recording(self)
    }

    fn words(&self) -> &Words {
        if self.asked_again { &self.voicemail.nothing_heard } else { &self.voicemail.greeting }
    }

    fn document(&self) -> CallerDocument {
        CallerDocument::Record { words: self.words().clone(), voicemail: self.voicemail.clone(), visit: self.visit }
    }
}
