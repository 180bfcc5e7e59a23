//! Caller and winner talk.

use std::time::Duration;

use super::{
    Asked, CallerDocument, Effect, Ignored, LegDocument, RoomNews, State,
    common::{Common, Turn},
    over::Over,
};
use crate::{
    fact::{Fact, Outcome},
    id::{CallSid, LegId},
    time::Timestamp,
};

/// The bridge stands; its end, or the caller's, ends the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bridged {
    leg: LegId,
    check_at: Timestamp,
    /// What to ask the carrier at `check_at`.
    check: Check,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Nothing was heard for long: is the caller still there?
    Caller,
    /// A report sounded like the end, or the bridge was never confirmed: who is in the room?
    Room,
}

/// How long a talk may be silent towards us before we ask.
const TALK_SILENCE: Duration = Duration::from_secs(600);
/// A bridge that nobody has confirmed is looked at sooner.
const UNCONFIRMED: Duration = Duration::from_secs(30);
/// A report of somebody's leaving may be late or from an older round; the leg's own end follows if it is true.
const REPORT_SETTLES: Duration = Duration::from_secs(3);

impl Bridged {
    pub(super) fn begin(common: &mut Common, leg: LegId, confirmed: bool) -> State {
        common.outcome = Outcome::Talked;
        let name = common.legs.name(leg);
        common.note(Fact::Bridged(name));
        let (check, wait) = if confirmed { (Check::Caller, TALK_SILENCE) } else { (Check::Room, UNCONFIRMED) };
        State::Bridged(Self { leg, check_at: common.after(wait), check })
    }

    pub(super) fn handle(self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Asked(asked) => self.on_asked(common, asked),
            Turn::CallerGone => {
                common.note(Fact::CallerLeft);
                self.end(common)
            }
            Turn::Granted(_, phones) => {
                common.decline_grant(phones);
                State::Bridged(self)
            }
            Turn::Out(leg, _, _) if leg == self.leg => self.end(common),
            Turn::WinnerDialEnded(leg) => {
                common.push(Effect::ReplyLeg { leg, document: LegDocument::HangUp });
                self.end(common)
            }
            Turn::Room(news) => self.on_room(common, &news),
            Turn::RoomSeen(present) => self.on_room_seen(common, present),
            Turn::Clock => self.on_clock(common),
            Turn::Out(..) | Turn::Accepted(_) | Turn::ClaimClosed(_) | Turn::WordsOverdue | Turn::ShutDown => {
                common.ignore(Ignored::TooLate);
                State::Bridged(self)
            }
        }
    }

    pub(super) fn deadline(&self) -> Timestamp {
        self.check_at
    }

    fn on_asked(self, common: &mut Common, asked: Asked) -> State {
        match asked {
            // They are out of the room, and they have talked.
            Asked::DialEnded => {
                common.reply(CallerDocument::HangUp);
                self.end(common)
            }
            // The first webhook once more, or a redirect that the accept overtook: the same answer.
            Asked::Now { .. } | Asked::WordsEnded(_) => {
                common.reply(CallerDocument::EnterRoom);
                State::Bridged(self)
            }
        }
    }

    fn on_room(mut self, common: &mut Common, news: &RoomNews) -> State {
        match news {
            RoomNews::Joined(_) | RoomNews::Started => common.ignore(Ignored::Repeated),
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
        common.push(match self.check {
            Check::Caller => Effect::LookUpCaller,
            Check::Room => Effect::LookUpRoom,
        });
        self.check_at = common.after(TALK_SILENCE);
        State::Bridged(self)
    }

    fn on_room_seen(mut self, common: &mut Common, present: Option<Vec<CallSid>>) -> State {
        let Some(present) = present else {
            self.check_at = common.after(UNCONFIRMED);
            return State::Bridged(self);
        };
        let winner_in = common.legs.sid(self.leg).is_some_and(|sid| present.contains(sid));
        if present.contains(&common.setup.sid) && winner_in {
            self.check = Check::Caller;
            self.check_at = common.after(TALK_SILENCE);
            return State::Bridged(self);
        }
        self.end(common)
    }

    fn end(self, common: &mut Common) -> State {
        common.let_go(self.leg);
        Over::begin(common, Outcome::Talked)
    }
}
