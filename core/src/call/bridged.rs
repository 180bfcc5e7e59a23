//! Caller and winner talk.

use std::time::Duration;

use super::{
    Asked, CallerDocument, Effect, Ignored, LegDocument, RoomNews, State, Talk, Told,
    common::{Common, Turn},
    joining::{Joining, Origin},
    over::Over,
};
use crate::{
    fact::{Fact, Outcome},
    id::{CallSid, LegId},
    time::Timestamp,
};

/// The bridge stands; its end, or the caller's, ends the call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Bridged {
    leg: LegId,
    check_at: Timestamp,
    /// What to ask the carrier at `check_at`.
    check: Check,
    /// The bridge is known only from both joins. If the winner is gone before then, they were gone when the caller came
    /// in: reports overtake each other.
    doubted_until: Option<Timestamp>,
    /// What the call was before, and goes back to if this is no bridge after all.
    joining: Joining,
    outcome: Outcome,
}

/// How sure it is that both hear each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sure {
    /// The carrier has said so.
    Confirmed,
    /// Both have been reported in, one after the other.
    BothJoined,
    /// Nobody could say; both were told to go in.
    Assumed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Check {
    /// Nothing was heard for long: is the caller still there?
    Caller,
    /// A report sounded like the end, or the bridge was never confirmed: who is in the room?
    Room,
    /// They were apart before, so that only the room tells whether they talk now. Who is missing may be on the way in.
    RoomSoon,
}

/// How long a talk may be silent towards us before we ask.
const TALK_SILENCE: Duration = Duration::from_secs(600);
/// A bridge that nobody has confirmed is looked at sooner.
const UNCONFIRMED: Duration = Duration::from_secs(30);
/// A report of somebody's leaving may be late or from an older round; the leg's own end follows if it is true.
const REPORT_SETTLES: Duration = Duration::from_secs(3);
/// Before two who were apart can have said much.
const SOON: Duration = Duration::from_millis(250);

/// A report of the winner's leaving that a join has overtaken comes within this time.
const DOUBT_LASTS: Duration = Duration::from_secs(15);

impl Bridged {
    pub(super) fn begin(common: &mut Common, joining: Joining, sure: Sure) -> State {
        let leg = joining.leg;
        let outcome = std::mem::replace(&mut common.outcome, Outcome::Talked);
        common.note(Fact::Bridged(joining.name.clone()));
        if common.setup.returning.is_wanted
            && let Some(phone) = common.legs.phone(leg)
        {
            common.push(Effect::RememberTalk(phone));
        }
        common.record_talk();
        let (check, wait) = match sure {
            Sure::Confirmed => (Check::Caller, TALK_SILENCE),
            Sure::BothJoined if joining.apart => (Check::RoomSoon, SOON),
            Sure::BothJoined => (Check::Room, REPORT_SETTLES),
            Sure::Assumed => (Check::Room, UNCONFIRMED),
        };
        let doubted_until = (sure == Sure::BothJoined).then(|| common.after(DOUBT_LASTS));
        let check_at = common.after(wait);
        common.forget_look();
        State::Bridged(Self { leg, check_at, check, doubted_until, joining, outcome })
    }

    pub(super) fn handle(self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Asked(Asked::DialEnded) | Turn::CallerGone | Turn::WinnerDialEnded(_)
                if self.is_unsettled(common) =>
            {
                self.join_again(common).handle(common, turn)
            }
            Turn::Asked(asked) => self.on_asked(common, asked),
            Turn::CallerGone => {
                common.note(Fact::CallerLeft);
                if self.doubted_until.is_some() {
                    // Perhaps they never met: whoever picked up hears why there is nobody.
                    common.withdraw(self.leg, Told::CallerLeft);
                }
                self.end(common)
            }
            Turn::Granted(_, phones) => {
                common.decline_grant(phones);
                State::Bridged(self)
            }
            Turn::Out(leg, _, _) if leg == self.leg => self.on_winner_gone(common),
            Turn::WinnerDialEnded(leg) if self.is_interrupted(common) => {
                common.push(Effect::ReplyLeg { leg, document: LegDocument::EnterRoom });
                // It may have been the caller's hanging up that took them out.
                common.push(Effect::LookUpCaller);
                self.join_again(common)
            }
            Turn::WinnerDialEnded(leg) => {
                common.push(Effect::ReplyLeg { leg, document: LegDocument::HangUp });
                self.on_winner_gone(common)
            }
            Turn::Room(news) => self.on_room(common, &news),
            Turn::RoomSeen(present) => self.on_room_seen(common, present),
            Turn::Clock => self.on_clock(common),
            Turn::Out(..)
            | Turn::Accepted(_)
            | Turn::ClaimClosed(_)
            | Turn::WordsOverdue
            | Turn::ShutDown
            | Turn::Forward(..)
            | Turn::CallerSeen(_)
            | Turn::Away(..)
            | Turn::Refused(..)
            | Turn::Place(_)
            | Turn::Answered(..) => {
                common.ignore(Ignored::TooLate);
                State::Bridged(self)
            }
        }
    }

    pub(super) fn deadline(&self) -> Timestamp {
        self.check_at
    }

    /// Whom the caller talks to, unless their leg is over.
    pub(super) fn talk(&self, common: &Common) -> Option<Talk> {
        let phone = common.legs.phone(self.leg)?;
        Some(match &self.joining.origin {
            Origin::Ring { .. } => Talk { phone, wrap_up: Duration::ZERO, queue: None },
            Origin::Queue(line, _) => {
                Talk { phone, wrap_up: line.queue.wrap_up, queue: Some(line.queue.group.name.clone()) }
            }
        })
    }

    fn on_asked(self, common: &mut Common, asked: Asked) -> State {
        match asked {
            Asked::DialEnded if self.is_interrupted(common) => {
                common.reply(CallerDocument::EnterRoom);
                self.join_again(common)
            }
            // They are out of the room, and they have talked.
            Asked::DialEnded => {
                common.reply(CallerDocument::HangUp);
                self.end(common)
            }
            // The first webhook once more, or a redirect that the accept overtook: the same answer.
            Asked::Now { .. }
            | Asked::WordsEnded(_)
            | Asked::Chosen { .. }
            | Asked::Forwarded { .. }
            | Asked::Recorded { .. } => {
                common.reply(CallerDocument::EnterRoom);
                State::Bridged(self)
            }
        }
    }

    fn on_room(mut self, common: &mut Common, news: &RoomNews) -> State {
        match news {
            RoomNews::Joined(_) => common.ignore(Ignored::Repeated),
            RoomNews::Started => {
                // If they were apart, the start may be the one before that: only a look into the room tells.
                if !self.joining.apart && self.doubted_until.take().is_some() {
                    self.look_later(common);
                }
                common.ignore(Ignored::Repeated);
            }
            RoomNews::Left(sid) if *sid != common.setup.sid && common.legs.sid(self.leg) != Some(sid) => {
                common.ignore(Ignored::Stranger);
            }
            RoomNews::Left(_) | RoomNews::Ended => {
                self.check = Check::Room;
                self.check_at = self.check_at.min(common.after(REPORT_SETTLES));
            }
        }
        State::Bridged(self)
    }

    fn on_clock(mut self, common: &mut Common) -> State {
        if self.check_at > common.now {
            return State::Bridged(self);
        }
        match self.check {
            Check::Caller => common.push(Effect::LookUpCaller),
            Check::Room | Check::RoomSoon => common.look_up_room(),
        }
        self.check_at = common.after(TALK_SILENCE);
        State::Bridged(self)
    }

    fn on_room_seen(mut self, common: &mut Common, present: Option<Vec<CallSid>>) -> State {
        let Some(present) = present else {
            self.check_at = common.after(UNCONFIRMED);
            return State::Bridged(self);
        };
        let winner_in = common.legs.sid(self.leg).is_some_and(|sid| present.contains(sid));
        match (present.contains(&common.setup.sid), winner_in) {
            (true, true) => {
                self.doubted_until = None;
                self.look_later(common);
                State::Bridged(self)
            }
            _ if self.check == Check::RoomSoon => {
                (self.check, self.check_at) = (Check::Room, common.after(REPORT_SETTLES));
                State::Bridged(self)
            }
            (true, false) => self.on_winner_gone(common),
            // The carrier may list a fresh conference late (carrier contract §3.4), or both are on their way in again.
            (false, false) if self.is_doubted(common) || self.is_interrupted(common) => {
                // One alone does not show there either, and the other may have left unnoticed.
                common.push(Effect::LookUpCaller);
                self.check_at = common.after(REPORT_SETTLES);
                State::Bridged(self)
            }
            (false, false) if self.doubted_until.is_some() => {
                common.withdraw(self.leg, Told::CouldNotConnect);
                self.give_back(common)
            }
            (false, _) => self.end(common),
        }
    }

    fn look_later(&mut self, common: &Common) {
        self.check = Check::Caller;
        self.check_at = common.after(TALK_SILENCE);
    }

    fn on_winner_gone(self, common: &mut Common) -> State {
        if self.is_doubted(common) { self.give_back(common) } else { self.end(common) }
    }

    fn give_back(self, common: &mut Common) -> State {
        common.let_go(self.leg);
        common.outcome = self.outcome;
        self.joining.hand_back(common)
    }

    fn is_doubted(&self, common: &Common) -> bool {
        self.doubted_until.is_some_and(|until| common.now < until)
    }

    /// One of them was sent into the conference again, and what was reported since may be from before that: whoever is
    /// out now was not out after a talk.
    fn is_unsettled(&self, common: &Common) -> bool {
        self.joining.apart && self.is_doubted(common)
    }

    /// The winner accepted in the moment their time was over: our word of that takes both out of the conference.
    fn is_interrupted(&self, common: &Common) -> bool {
        common.legs.is_recalled(self.leg, common.now)
    }

    fn join_again(self, common: &mut Common) -> State {
        common.outcome = self.outcome;
        State::Joining(self.joining.again(common))
    }

    fn end(self, common: &mut Common) -> State {
        common.let_go(self.leg);
        Over::begin(common, Outcome::Talked)
    }
}
