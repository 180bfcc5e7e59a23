//! The carrier dials one outside number for the caller: by a Dial on the caller's own leg, whose action says how it ended.

use std::{sync::Arc, time::Duration};

use super::{
    Asked, CallerDocument, DialEnd, Effect, ForwardNews, Ignored, Standing, State,
    common::{Common, Turn},
    over::Over,
};
use crate::{
    fact::{Fact, ForwardOutcome, Outcome},
    flow::{Forward, ForwardScreen, Show, StepIndex, Tiers},
    id::VisitId,
    phone::{CallerId, PhoneNumber},
    time::Timestamp,
};

/// A number is being dialled, rings, is being screened, or talks with the caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Forwarding {
    pub(super) visit: VisitId,
    pub(super) forward: Arc<Forward>,
    /// The number that is shown, where it is the caller's.
    show: Option<PhoneNumber>,
    /// How often the caller's leg has had the document.
    handed_out: u8,
    seen: Seen,
    /// Whoever picked up pressed the key that takes the call, or the one that does not.
    key: Option<Key>,
    /// The dialled leg is over; the Dial's action must follow.
    ended: Option<DialEnd>,
    /// Of several numbers, the one that was picked up.
    who: Option<PhoneNumber>,
    /// When the phones of a group have rung for as long as they should.
    ring_until: Timestamp,
    look_at: Timestamp,
    /// Looks after which the caller was still unanswered, although it must be over.
    looks: u8,
}

/// What was heard of the dialled leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Seen {
    Nothing,
    Dialled,
    Rings,
    Answered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Accepted,
    Declined,
}

/// What setting up the dialled leg may take, and what the carrier may ring longer than asked (carrier contract §3.2).
const SLACK: Duration = Duration::from_secs(20);
/// A whisper, and the time for a key.
const WHISPER_TAKES: Duration = Duration::from_secs(60);
/// The Dial's action comes within a second of its leg's end.
const ACTION_TAKES: Duration = Duration::from_secs(10);
/// How long a talk may be silent towards us before we ask.
const TALK_SILENCE: Duration = Duration::from_secs(600);
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// What the others of a group get at the least after one who did not take the call.
const LEAST_FOR_THE_REST: Duration = Duration::from_secs(15);
/// A caller who is unanswered for so many looks after the end of the ringing is led on.
const MOST_LOOKS: u8 = 3;
/// The document is given again to a leg that never dialled; not for ever.
const MOST_DOCUMENTS: u8 = 4;

impl Forwarding {
    pub(super) fn begin(common: &mut Common, visit: VisitId, forward: Arc<Forward>) -> State {
        common.note(Fact::ForwardedTo(forward.to));
        Self::dial_shown(common, visit, forward)
    }

    /// Lets the carrier ring a whole group at once.
    pub(super) fn ring(common: &mut Common, visit: VisitId, tiers: &Tiers, nobody: StepIndex) -> State {
        let Some(forward) = Forward::to_group(tiers.first(), nobody) else {
            common.outcome = Outcome::NobodyTookIt;
            return State::enter(common, nobody);
        };
        Self::ring_numbers(common, visit, Forward { records: tiers.is_recorded(), ..forward })
    }

    fn ring_numbers(common: &mut Common, visit: VisitId, forward: Forward) -> State {
        for number in forward.numbers() {
            common.note(Fact::Dialled(common.name_of(number)));
        }
        Self::dial_shown(common, visit, Arc::new(forward))
    }

    fn dial_shown(common: &mut Common, visit: VisitId, forward: Arc<Forward>) -> State {
        let show = match (forward.show, &common.setup.caller) {
            (Show::Caller, CallerId::Number(number)) => Some(*number),
            // Nobody can be shown a number that is withheld, or an address that is none.
            (Show::Caller, CallerId::Withheld | CallerId::Other(_)) | (Show::Line, _) => None,
        };
        Self::dial(common, visit, forward, show)
    }

    fn dial(common: &mut Common, visit: VisitId, forward: Arc<Forward>, show: Option<PhoneNumber>) -> State {
        let look_at = common.after(ringing_takes(&forward));
        let ring_until = common.after(forward.ring_for);
        let (handed_out, looks) = (1, 0);
        let (seen, key, ended, who) = (Seen::Nothing, None, None, None);
        let forwarding = Self { visit, forward, show, handed_out, seen, key, ended, who, ring_until, look_at, looks };
        common.deliver(forwarding.document());
        State::Forwarding(forwarding)
    }

    pub(super) fn handle(self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Asked(asked) => self.on_asked(common, asked),
            Turn::CallerGone => self.on_caller_gone(common),
            Turn::Forward(visit, news) if visit == self.visit => self.on_news(common, news),
            Turn::CallerSeen(standing) => self.on_caller_seen(common, standing),
            Turn::Clock => self.on_clock(common),
            // It lives at the carrier, and goes on without us; whether they talk already we hear only afterwards.
            Turn::ShutDown if self.talks() || common.caller.is_on_forward() => self.ignore(common, Ignored::TooLate),
            Turn::ShutDown => Over::apologise(common),
            Turn::Granted(_, phones) => {
                common.decline_grant(phones);
                State::Forwarding(self)
            }
            Turn::Forward(..)
            | Turn::WordsOverdue
            | Turn::Accepted(_)
            | Turn::ClaimClosed(_)
            | Turn::Out(..)
            | Turn::WinnerDialEnded(_)
            | Turn::Room(_)
            | Turn::RoomSeen(_)
            | Turn::Away(..)
            | Turn::Refused(..)
            | Turn::Place(_)
            | Turn::Answered(..) => self.ignore(common, Ignored::TooLate),
        }
    }

    pub(super) fn deadline(&self) -> Timestamp {
        self.look_at
    }

    /// Whether caller and number talk, as far as can be told: the carrier does not report the bridge.
    pub(super) fn talks(&self) -> bool {
        self.is_taken() && self.ended.is_none()
    }

    fn is_taken(&self) -> bool {
        match self.forward.screen {
            ForwardScreen::None => self.seen == Seen::Answered,
            ForwardScreen::Key => self.key == Some(Key::Accepted),
        }
    }

    fn on_asked(mut self, common: &mut Common, asked: Asked) -> State {
        match asked {
            Asked::Forwarded { visit, end, .. } if visit == self.visit => {
                common.keep_waiting();
                self.settle(common, end)
            }
            // The room that they are being led out of: the redirect brings the request that dials, once.
            Asked::DialEnded if common.caller.owes_redirect() => {
                common.reply_meanwhile(CallerDocument::HearRingback);
                State::Forwarding(self)
            }
            Asked::Now { .. }
            | Asked::WordsEnded(_)
            | Asked::DialEnded
            | Asked::Chosen { .. }
            | Asked::Forwarded { .. }
            | Asked::Recorded { .. } => {
                if let Some(end) = self.ended.or_else(|| self.is_spent().then_some(DialEnd::Failed)) {
                    common.keep_waiting();
                    return self.settle(common, end);
                }
                // The first request, a redirect, a fallback because our answer got lost; or an old one's repetition.
                self.handed_out = self.handed_out.saturating_add(1);
                self.look_at = self.look_at.max(common.after(ringing_takes(&self.forward)));
                common.reply(self.document());
                State::Forwarding(self)
            }
        }
    }

    fn is_spent(&self) -> bool {
        self.handed_out > MOST_DOCUMENTS
    }

    fn on_news(mut self, common: &mut Common, news: ForwardNews) -> State {
        match news {
            ForwardNews::NotAllowed => return self.on_not_allowed(common),
            ForwardNews::EndedBefore => return self.on_ended_before(common),
            ForwardNews::Dialled
            | ForwardNews::Rings
            | ForwardNews::Answered
            | ForwardNews::Accepted
            | ForwardNews::Declined
            | ForwardNews::Ended(_)
            | ForwardNews::PickedUpBy(_) => {}
        }
        if let ForwardNews::PickedUpBy(number) = news
            && *self.who.get_or_insert(number) != number
        {
            return self.ignore(common, Ignored::Stranger);
        }
        let seen = match news {
            ForwardNews::Dialled => Seen::Dialled,
            ForwardNews::Rings => Seen::Rings,
            ForwardNews::Answered | ForwardNews::Accepted | ForwardNews::Declined | ForwardNews::PickedUpBy(_) => {
                Seen::Answered
            }
            ForwardNews::Ended(_) | ForwardNews::NotAllowed | ForwardNews::EndedBefore => self.seen,
        };
        let known = (self.seen, self.key, self.ended);
        if seen == Seen::Answered && self.seen < seen {
            common.note(self.fact(common, Fact::ForwardAnswered, Fact::PickedUp));
        }
        self.seen = self.seen.max(seen);
        match news {
            ForwardNews::Accepted if self.key.is_none() => {
                common.note(self.fact(common, Fact::ForwardAccepted, Fact::Accepted));
                self.key = Some(Key::Accepted);
            }
            ForwardNews::Declined if self.key.is_none() => self.key = Some(Key::Declined),
            ForwardNews::Ended(end) => self.ended = self.ended.or(Some(end)),
            ForwardNews::Accepted
            | ForwardNews::Declined
            | ForwardNews::Dialled
            | ForwardNews::Rings
            | ForwardNews::Answered
            | ForwardNews::NotAllowed
            | ForwardNews::PickedUpBy(_)
            | ForwardNews::EndedBefore => {}
        }
        if known == (self.seen, self.key, self.ended) {
            return self.ignore(common, Ignored::Repeated);
        }
        self.look_at = if self.ended.is_some() {
            common.after(ACTION_TAKES)
        } else if self.talks() && !(self.forward.speaks_first() && self.key.is_none()) {
            common.after(TALK_SILENCE)
        } else if self.seen == Seen::Answered {
            common.after(WHISPER_TAKES)
        } else {
            self.look_at
        };
        State::Forwarding(self)
    }

    /// The end that was told says nothing of this dialling, which goes on. Whoever tells so knows the legs by their names; a
    /// late report of the leg that has ended is no such word.
    fn on_ended_before(mut self, common: &mut Common) -> State {
        if self.seen != Seen::Nothing || self.ended.take().is_none() {
            return self.ignore(common, Ignored::TooLate);
        }
        self.look_at = common.after(ringing_takes(&self.forward));
        State::Forwarding(self)
    }

    /// Nothing was dialled, and would not be with another number shown.
    fn on_not_allowed(mut self, common: &mut Common) -> State {
        if self.seen != Seen::Nothing || self.ended.is_some() {
            return self.ignore(common, Ignored::TooLate);
        }
        common.keep_waiting();
        self.show = None;
        self.settle(common, DialEnd::Failed)
    }

    fn on_clock(mut self, common: &mut Common) -> State {
        if self.look_at > common.now {
            return State::Forwarding(self);
        }
        self.look_at = common.after(LOOK_AGAIN);
        // Whoever is on the way here is looked after by their own side of the call.
        if common.caller.is_on_forward() {
            common.push(Effect::LookUpCaller);
        }
        State::Forwarding(self)
    }

    /// The caller's leg is still there at a moment at which something else was expected.
    fn on_caller_seen(mut self, common: &mut Common, standing: Standing) -> State {
        match (standing, self.ended) {
            // The action is lost, and its fallback too.
            (Standing::Up, Some(end)) => return self.settle(common, end),
            (Standing::Up, None) => {
                // Nobody rings or is asked for a key for so long: they talk.
                self.look_at = common.after(TALK_SILENCE);
                return State::Forwarding(self);
            }
            (Standing::Unanswered | Standing::Over | Standing::Unclear, _) => {}
        }
        // Whoever is unanswered cannot be fetched (carrier contract §5), and the action may still bring them.
        self.looks = self.looks.saturating_add(1);
        if self.looks > MOST_LOOKS {
            let end = self.ended.unwrap_or(DialEnd::Failed);
            return self.settle(common, end);
        }
        State::Forwarding(self)
    }

    fn on_caller_gone(self, common: &mut Common) -> State {
        common.note(Fact::CallerLeft);
        // Their hanging up ends the other leg, which may be reported first.
        let outcome = if self.is_taken() { Outcome::Talked } else { Outcome::CallerGaveUp };
        Over::begin(common, outcome)
    }

    /// The dialling is over: the call goes on.
    fn settle(self, common: &mut Common, end: DialEnd) -> State {
        let outcome = self.outcome(if end == DialEnd::Unsaid { self.presumed() } else { end });
        if outcome == ForwardOutcome::Failed
            && self.show.is_some()
            && self.seen < Seen::Rings
            && let Some(visit) = common.take_visit()
        {
            // The carrier may have refused the caller's number (carrier contract §12, 32224): it does not say.
            common.note(Fact::ForwardShowsLine(self.forward.to));
            return Self::dial(common, visit, self.forward, None);
        }
        if self.forward.is_to_group() {
            return self.settle_group(common, outcome);
        }
        common.note(Fact::ForwardOver(self.forward.to, outcome));
        common.outcome = if outcome == ForwardOutcome::Talked { Outcome::Talked } else { Outcome::NobodyTookIt };
        State::enter(common, self.forward.exit(outcome))
    }

    /// The others have stopped ringing when somebody, or something, picked up. If that one does not take the call, they
    /// ring again.
    fn settle_group(self, common: &mut Common, outcome: ForwardOutcome) -> State {
        let name = self.who.map(|phone| common.name_of(phone));
        match (outcome, name) {
            (ForwardOutcome::Talked, _) => {
                common.outcome = Outcome::Talked;
                return State::enter(common, self.forward.done);
            }
            (ForwardOutcome::Declined, Some(name)) => common.note(Fact::Declined(name)),
            (ForwardOutcome::NotAccepted, Some(name)) => common.note(Fact::DidNotAccept(name)),
            (
                ForwardOutcome::Declined
                | ForwardOutcome::NotAccepted
                | ForwardOutcome::Busy
                | ForwardOutcome::NoAnswer
                | ForwardOutcome::Failed
                | ForwardOutcome::Canceled,
                _,
            ) => {}
        }
        let rest = self.who.and_then(|phone| self.forward.without(phone));
        if let (Some(rest), Some(visit)) = (rest, common.take_visit()) {
            let ring_for = self.ring_until.since(common.now).max(LEAST_FOR_THE_REST);
            return Self::ring_numbers(common, visit, Forward { ring_for, ..rest });
        }
        common.note(Fact::NobodyTookIt);
        common.outcome = Outcome::NobodyTookIt;
        State::enter(common, self.forward.no_answer)
    }

    /// What is told of who is dialled: of an outside number, or of a member of a group by name.
    fn fact(&self, common: &Common, of_number: fn(PhoneNumber) -> Fact, of_member: fn(Arc<str>) -> Fact) -> Fact {
        if !self.forward.is_to_group() {
            return of_number(self.forward.to);
        }
        of_member(self.who.map_or_else(|| "somebody".into(), |phone| common.name_of(phone)))
    }

    /// How the dialling must have ended, by what was heard of it.
    fn presumed(&self) -> DialEnd {
        let by_itself = if self.is_taken() { DialEnd::Completed { bridged: None } } else { DialEnd::Failed };
        self.ended.unwrap_or(by_itself)
    }

    fn outcome(&self, end: DialEnd) -> ForwardOutcome {
        let missed = match self.key {
            Some(Key::Declined) => ForwardOutcome::Declined,
            Some(Key::Accepted) | None if self.seen == Seen::Answered => ForwardOutcome::NotAccepted,
            Some(Key::Accepted) | None => ForwardOutcome::NoAnswer,
        };
        match end {
            DialEnd::Completed { bridged: Some(true) } => ForwardOutcome::Talked,
            DialEnd::Completed { bridged: Some(false) } => missed,
            // The carrier does not say whether they were connected: then whoever could have been, was.
            DialEnd::Completed { bridged: None } => match self.forward.screen {
                ForwardScreen::None => ForwardOutcome::Talked,
                ForwardScreen::Key if self.key == Some(Key::Accepted) => ForwardOutcome::Talked,
                ForwardScreen::Key => missed,
            },
            // How it ends when whoever picked up does not take it, no document says (carrier contract §3.3): not by what
            // a telephone that was never picked up would have said.
            DialEnd::Busy | DialEnd::NoAnswer | DialEnd::Failed | DialEnd::Canceled | DialEnd::Unsaid
                if self.seen == Seen::Answered =>
            {
                missed
            }
            DialEnd::Busy => ForwardOutcome::Busy,
            DialEnd::NoAnswer => ForwardOutcome::NoAnswer,
            DialEnd::Failed | DialEnd::Unsaid => ForwardOutcome::Failed,
            DialEnd::Canceled => ForwardOutcome::Canceled,
        }
    }

    fn document(&self) -> CallerDocument {
        CallerDocument::Forward { forward: self.forward.clone(), show: self.show, visit: self.visit }
    }

    fn ignore(self, common: &mut Common, why: Ignored) -> State {
        common.ignore(why);
        State::Forwarding(self)
    }
}

/// From the document to the end of all that may happen before a talk.
fn ringing_takes(forward: &Forward) -> Duration {
    forward.ring_for + SLACK + if forward.speaks_first() { WHISPER_TAKES } else { Duration::ZERO }
}
