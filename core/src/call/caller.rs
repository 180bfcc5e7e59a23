//! The caller's side: where their leg is, which document it has, and what to do when it does not come back.

mod following;

use std::time::Duration;

use super::{
    AfterWords, Asked, CallerDocument, Effect, Ignored, RecordingEnd,
    common::{Common, Turn},
};
use crate::{fact::Fact, flow::Words, time::Timestamp};

/// Where the caller's leg is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Caller {
    place: Place,
    /// The carrier has answered the leg: it hears what we say, and silence is silence.
    answered: bool,
    redirect: Option<Redirect>,
    /// Look-ups and ends that brought nothing since the leg last showed itself.
    unheard: u8,
    /// How often the leg was sent into the conference.
    entries: u8,
    /// What the leg was told last.
    told: Option<CallerDocument>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// A request of theirs waits for our answer.
    Waiting { since: Timestamp },
    /// They ask again by themselves by then.
    AsksAgain { by: Timestamp },
    /// In the conference, or on the way there.
    InRoom,
    /// Hear our ringback outside the conference.
    OnRingback,
    /// Hear words that are over by then; afterwards they ask again or are hung up.
    OnWords { until: Timestamp },
    /// Were sent to somebody else's documents; until then they may ask once more.
    HandedOver { until: Timestamp },
    /// The carrier dials an outside number for them, or they talk; the call's state watches that.
    OnForward,
    /// Were told to hang up.
    Dismissed { again_at: Timestamp },
    /// Their leg is over.
    Gone,
}

/// A redirect that was sent and whose request has not come yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Redirect {
    due: Timestamp,
    /// At `due`, send it again instead of asking how the leg stands.
    again: bool,
    tries: u8,
}

/// The pause of a chunk of carrier ringback, and slack for the request after it.
const CHUNK_AND_SLACK: Duration = Duration::from_secs(6);
const LOOK_UP_AGAIN: Duration = Duration::from_secs(10);
/// How long a leg that was told to hang up may take.
const DISMISSAL_TAKES: Duration = Duration::from_secs(10);
/// How long a caller who was handed over is still ours if they come back: time for the carrier to try the other address.
const HAND_OVER_SETTLES: Duration = Duration::from_secs(30);
/// Speech is no slower than ten characters a second; then some time to start.
const SPEECH_MILLIS_PER_BYTE: u64 = 100;
/// A sound is taken to last no longer than this: whoever hears it out is not looked for before.
const LONGEST_SOUND_MILLIS: u64 = 5 * 60 * 1000;
/// One piece of our ringing tone, which is half a minute long.
const RINGBACK_LASTS: Duration = Duration::from_secs(30);
const SPEECH_SLACK: Duration = Duration::from_secs(15);
/// How often a leg is sent into the conference again after falling out before anybody talked.
const MOST_ENTRIES: u8 = 4;

impl Caller {
    pub(super) fn new(now: Timestamp, answered: bool) -> Self {
        Self { place: Place::Waiting { since: now }, answered, redirect: None, unheard: 0, entries: 0, told: None }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.place == Place::Gone
    }

    /// Whether the leg is in the conference, as far as it was told.
    pub(super) fn is_in_room(&self) -> bool {
        self.place == Place::InRoom
    }

    /// Since when a request of theirs waits for our answer, if one does.
    pub(super) fn waits_since(&self) -> Option<Timestamp> {
        let Place::Waiting { since } = self.place else { return None };
        Some(since)
    }

    /// Whether the carrier has answered the leg.
    pub(super) fn is_answered(&self) -> bool {
        self.answered
    }

    /// Whether the leg was told to go on with somebody else's documents.
    pub(super) fn was_handed_over(&self) -> bool {
        matches!(self.place, Place::HandedOver { .. })
    }

    /// Whether the carrier dials an outside number for them, and they are not being led elsewhere.
    pub(super) fn is_on_forward(&self) -> bool {
        self.place == Place::OnForward && !self.owes_redirect()
    }

    /// Whether a redirect was sent whose request has not come yet.
    pub(super) fn owes_redirect(&self) -> bool {
        self.redirect.is_some()
    }

    /// Whether the carrier has such a redirect, as far as we know, so that its request comes by itself.
    fn awaits_redirect(&self) -> bool {
        self.redirect.is_some_and(|redirect| !redirect.again)
    }

    /// Whether they should have asked again by themselves, and have not.
    fn is_overdue(&self) -> bool {
        matches!(self.place, Place::AsksAgain { .. }) && self.unheard > 0 && !self.owes_redirect()
    }

    pub(super) fn may_enter_again(&self) -> bool {
        self.entries < MOST_ENTRIES
    }

    /// Whether this request is about a document that another has replaced: a redirect or a fallback has overtaken it, and
    /// the carrier drops its answer (carrier contract §5).
    fn is_past(&self, asked: Asked) -> bool {
        let visit = match asked {
            Asked::WordsEnded(visit)
            | Asked::Chosen { visit, .. }
            | Asked::Forwarded { visit, .. }
            | Asked::Recorded { visit, end: RecordingEnd::Recorded | RecordingEnd::Nothing | RecordingEnd::Unsaid } => {
                visit
            }
            // Whoever has hung up has, whatever they were told last.
            Asked::Recorded { end: RecordingEnd::HungUp { .. }, .. } | Asked::Now { .. } | Asked::DialEnded => {
                return false;
            }
        };
        self.told.as_ref().is_some_and(|told| told.visit() != Some(visit))
    }
}

impl Common {
    /// Gives the caller a document now: as the answer to a waiting request, or by a redirect.
    pub(super) fn deliver(&mut self, document: CallerDocument) {
        match self.caller.place {
            Place::Waiting { .. } => self.reply(document),
            Place::InRoom if document == CallerDocument::EnterRoom => {}
            // An accept may have answered the request that we wait for, with just that. Else they ask by themselves, and
            // whoever awaits them in the conference looks for them.
            Place::AsksAgain { .. } if document == CallerDocument::EnterRoom => self.caller.place = Place::InRoom,
            // A redirect is under way already, and the request that it brings gets what the state says then. A second one
            // could come after that request, and tear them out of what it was given.
            Place::InRoom | Place::OnRingback | Place::OnWords { .. } | Place::OnForward
                if self.caller.awaits_redirect() => {}
            Place::InRoom | Place::OnRingback | Place::OnWords { .. } | Place::OnForward => self.redirect_caller(),
            // They ask by themselves, and get what the state says then.
            Place::AsksAgain { .. } | Place::HandedOver { .. } | Place::Dismissed { .. } | Place::Gone => {}
        }
    }

    /// Sends the caller into the conference once more, wherever their leg is.
    pub(super) fn bring_in(&mut self) {
        match self.caller.place {
            Place::InRoom | Place::OnRingback | Place::OnWords { .. } if !self.caller.owes_redirect() => {
                self.redirect_caller();
            }
            Place::InRoom
            | Place::OnRingback
            | Place::OnWords { .. }
            | Place::OnForward
            | Place::Waiting { .. }
            | Place::AsksAgain { .. }
            | Place::HandedOver { .. }
            | Place::Dismissed { .. }
            | Place::Gone => {}
        }
    }

    /// Answers the request that has just come.
    pub(super) fn reply(&mut self, document: CallerDocument) {
        let document = self.variables.fill(document);
        self.caller.place = match &document {
            CallerDocument::EnterRoom => Place::InRoom,
            CallerDocument::KeepRinging => Place::AsksAgain { by: self.after(CHUNK_AND_SLACK) },
            CallerDocument::HearRingback => Place::OnRingback,
            CallerDocument::Say { words, then: AfterWords::Ask(_) | AfterWords::HangUp } => {
                Place::OnWords { until: self.after(speech(words)) }
            }
            CallerDocument::Choose { before, menu, visit: _ } => {
                let words = before.as_ref().map_or(Duration::ZERO, speech) + speech(&menu.prompt);
                let keys = u32::try_from(menu.most_keys()).unwrap_or(u32::MAX);
                Place::OnWords { until: self.after(words + menu.pause.saturating_mul(keys)) }
            }
            CallerDocument::HandOver(_) => Place::HandedOver { until: self.after(HAND_OVER_SETTLES) },
            CallerDocument::HangUp | CallerDocument::Reject(_) => {
                Place::Dismissed { again_at: self.after(DISMISSAL_TAKES) }
            }
            CallerDocument::Forward { .. } => Place::OnForward,
            CallerDocument::Hold { words, sound, visit: _ } => {
                let words = words.as_ref().map_or(Duration::ZERO, speech);
                let sound = sound.as_ref().map_or(RINGBACK_LASTS + SPEECH_SLACK, speech);
                Place::OnWords { until: self.after(words + sound) }
            }
            // Whoever speaks is not looked for before the longest message is over.
            CallerDocument::Record { words, voicemail, visit: _ } => {
                Place::OnWords { until: self.after(speech(words) + voicemail.longest + voicemail.silence) }
            }
        };
        if document == CallerDocument::EnterRoom {
            self.caller.entries = self.caller.entries.saturating_add(1);
        }
        // Whoever is connected with an outside number hears their network until then.
        self.caller.answered |= !matches!(
            document,
            CallerDocument::KeepRinging | CallerDocument::Reject(_) | CallerDocument::Forward { .. }
        );
        self.caller.redirect = None;
        self.caller.told = Some(document.clone());
        self.push(Effect::Reply(document));
    }

    /// As [`Common::reply`], to a request that a redirect of ours is about to overtake.
    pub(super) fn reply_meanwhile(&mut self, document: CallerDocument) {
        let redirect = self.caller.redirect;
        self.reply(document);
        self.caller.redirect = redirect;
    }

    /// Lets the request that has just come wait, with everybody's phones still ringing.
    pub(super) fn keep_waiting(&mut self) {
        if !matches!(self.caller.place, Place::Waiting { .. }) {
            self.caller.place = Place::Waiting { since: self.now };
        }
    }

    /// What a caller hears who asks while phones ring: nothing yet, if their network can ring for us.
    pub(super) fn ring_or_wait(&mut self, asked: Asked) {
        let document = match (asked, self.caller.place) {
            // Their stay in the conference failed before anybody came: out of there, but never into silence.
            (Asked::DialEnded, _) => CallerDocument::HearRingback,
            // Who hears our ringback asks because somebody was to have them: perhaps the accept has led them in already.
            (_, Place::InRoom | Place::OnRingback) => self.room_or_ringback(),
            (
                Asked::Now { .. }
                | Asked::WordsEnded(_)
                | Asked::Chosen { .. }
                | Asked::Forwarded { .. }
                | Asked::Recorded { .. },
                _,
            ) => {
                self.keep_waiting();
                return self.ring_if_answered();
            }
        };
        self.reply(document);
    }

    /// Gives an answered caller the ringback that an unanswered one hears from their network.
    pub(super) fn ring_if_answered(&mut self) {
        if self.caller.answered && matches!(self.caller.place, Place::Waiting { .. } | Place::OnWords { .. }) {
            self.note(Fact::RingbackBegan);
            self.deliver(self.room_or_ringback());
        }
    }

    /// Where an answered caller waits ringing: the conference, unless it has thrown the leg out too often already, or
    /// somebody may be in there still who is on their way out, and would be torn out of a talk that nobody meant.
    fn room_or_ringback(&self) -> CallerDocument {
        if self.caller.may_enter_again() && !self.legs.may_linger_in_room() {
            CallerDocument::EnterRoom
        } else {
            CallerDocument::HearRingback
        }
    }

    /// Ends the caller's leg over REST, because it does not come to be told.
    pub(super) fn end_caller(&mut self) {
        if !self.caller.is_gone() {
            self.caller.redirect = None;
            self.caller.place = Place::Dismissed { again_at: self.after(DISMISSAL_TAKES) };
            self.push(Effect::EndCaller);
        }
    }

    pub(super) fn on_asked(&mut self, asked: Asked) -> Vec<Turn> {
        if self.caller.is_gone() {
            // A request that was under way when its caller left: the answer is dropped by the carrier.
            self.push(Effect::Reply(CallerDocument::HangUp));
            return Vec::new();
        }
        self.caller.unheard = 0;
        self.caller.answered |= match asked {
            Asked::Now { answered } | Asked::Forwarded { answered, .. } => answered,
            Asked::WordsEnded(_) | Asked::DialEnded | Asked::Chosen { .. } | Asked::Recorded { .. } => true,
        };
        if self.caller.is_past(asked) {
            self.on_asked_too_late();
            return Vec::new();
        }
        vec![Turn::Asked(asked)]
    }

    /// What is answered is not heard, so it says nothing about where the leg is, and calls no redirect off. Should the
    /// carrier use it all the same, it is what the leg was told last.
    fn on_asked_too_late(&mut self) {
        match (self.caller.place, self.caller.told.clone()) {
            // It is answered together with the request that waits.
            (Place::Waiting { .. }, _) | (_, None) => self.ignore(Ignored::TooLate),
            (_, Some(told)) => self.push(Effect::Reply(told)),
        }
    }

    pub(super) fn on_connection_closed(&mut self) -> Vec<Turn> {
        if let Place::Waiting { .. } = self.caller.place {
            self.await_fallback();
        } else {
            self.ignore(Ignored::TooLate);
        }
        Vec::new()
    }

    fn await_fallback(&mut self) {
        self.caller.place = Place::AsksAgain { by: self.after(LOOK_UP_AGAIN) };
        self.push(Effect::LookUpCaller);
    }

    pub(super) fn on_reply_found_nobody(&mut self) -> Vec<Turn> {
        // What was told them they have not heard: the fallback asks once more about what was before.
        self.caller.told = None;
        match self.caller.place {
            // The carrier has closed the connection and turns to the fallback by itself (carrier contract §1.4). A
            // redirect could come after that, and tear them out of what they have been given meanwhile.
            Place::OnWords { .. }
            | Place::OnRingback
            | Place::OnForward
            | Place::HandedOver { .. }
            | Place::Dismissed { .. } => self.await_fallback(),
            Place::InRoom | Place::AsksAgain { .. } => self.push(Effect::LookUpCaller),
            Place::Waiting { .. } | Place::Gone => self.ignore(Ignored::TooLate),
        }
        Vec::new()
    }

    pub(super) fn on_caller_brought_in(&mut self) -> Vec<Turn> {
        match self.caller.place {
            Place::OnRingback | Place::AsksAgain { .. } | Place::InRoom => {
                self.caller.place = Place::InRoom;
                self.caller.answered = true;
                // The accept may have found a connection that was closed already: then they are not there.
                self.push(Effect::LookUpCaller);
            }
            // What was to be said still is.
            Place::OnWords { .. } | Place::HandedOver { .. } | Place::OnForward | Place::Dismissed { .. } => {
                self.redirect_caller();
            }
            Place::Waiting { .. } | Place::Gone => self.ignore(Ignored::TooLate),
        }
        Vec::new()
    }

    pub(super) fn on_caller_left(&mut self) -> Vec<Turn> {
        if self.caller.is_gone() {
            self.ignore(Ignored::Repeated);
            return Vec::new();
        }
        let asks = matches!(self.caller.place, Place::Waiting { .. });
        self.caller.place = Place::Gone;
        self.caller.redirect = None;
        if asks {
            // The carrier drops the answer, but not the request that waits for it.
            self.push(Effect::Reply(CallerDocument::HangUp));
        }
        vec![Turn::CallerGone]
    }
}

/// How long words take at the most.
pub(super) fn speech(words: &Words) -> Duration {
    let length = match words {
        Words::Spoken(words) | Words::SpokenIn { words, .. } => {
            u64::try_from(words.len()).unwrap_or(u64::MAX).saturating_mul(SPEECH_MILLIS_PER_BYTE)
        }
        // The last two are neither by the time they are heard.
        Words::Sound { .. } | Words::Template(_) | Words::Several(_) => LONGEST_SOUND_MILLIS,
    };
    Duration::from_millis(length) + SPEECH_SLACK
}
