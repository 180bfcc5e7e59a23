//! Somebody has the call; caller and winner are on their way into the conference.

use std::{sync::Arc, time::Duration};

use super::{
    Asked, CallerDocument, Effect, Ignored, LegDocument, RoomNews, State, Told,
    bridged::{Bridged, Sure},
    caller::speech,
    common::{Common, Turn},
    over::Over,
    queueing::InLine,
    ringing::{Ringing, Unfinished},
};
use crate::{
    fact::{Fact, Outcome, QueueEnd},
    flow::{RingGroup, StepIndex},
    id::{CallSid, LegId},
    phone::PhoneNumber,
    time::Timestamp,
};

/// The winner is known, the bridge is not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Joining {
    pub(super) leg: LegId,
    pub(super) name: Arc<str>,
    caller_in: bool,
    winner_in: bool,
    /// One of them was in and out again: reports may be of the stay that is over already, late.
    pub(super) apart: bool,
    check_at: Timestamp,
    checks: u8,
    hint: Hint,
    /// How often the winner fell out of the conference and was sent in again.
    entries: u8,
    /// What the caller waited in, to go on with if the winner is lost.
    pub(super) origin: Origin,
}

/// What brought the winner.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// A ring step, as far as it had come, and where the call goes when nobody takes it.
    Ring { step: Unfinished, nobody: StepIndex },
    /// A queue, and the winner's phone.
    Queue(InLine, Option<PhoneNumber>),
}

/// A start that may be an earlier one, late: a look into the room can confirm it, and can tell nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Hint {
    None,
    LookAt(Timestamp),
    Looked,
}

/// Before two who were apart can have said much.
const SOON: Duration = Duration::from_millis(250);
/// By then both are in, or the carrier is asked who is.
const JOINING_TAKES: Duration = Duration::from_secs(10);
/// A whisper that is a recording, or a long one, is waited for no longer than this.
const LONGEST_WHISPER: Duration = Duration::from_secs(30);
const MOST_CHECKS: u8 = 3;
/// A full room may only mean that the one before has not quite left (carrier contract §3.4, 16020).
const MOST_ENTRIES: u8 = 3;

impl Joining {
    pub(super) fn new(common: &Common, origin: Origin, leg: LegId, whisper: Duration) -> Self {
        Self {
            leg,
            name: common.legs.name(leg),
            caller_in: false,
            winner_in: false,
            apart: false,
            check_at: common.after(JOINING_TAKES + whisper),
            checks: 0,
            hint: Hint::None,
            entries: 1,
            origin,
        }
    }

    /// Brings the caller in first, then stops the other phones.
    pub(super) fn begin(self, common: &mut Common) -> State {
        common.forget_look();
        // Also a caller whom it has thrown out before: the accept leads them in without asking.
        common.deliver(CallerDocument::EnterRoom);
        common.withdraw_all_but(Some(self.leg), Told::SomebodyElseHasIt);
        common.push(Effect::StopSeeking);
        State::Joining(self)
    }

    pub(super) fn handle(self, common: &mut Common, turn: Turn) -> State {
        match turn {
            Turn::Asked(asked) => self.on_asked(common, asked),
            Turn::CallerGone => self.on_caller_gone(common),
            Turn::Granted(_, phones) => {
                common.decline_grant(phones);
                State::Joining(self)
            }
            Turn::Out(leg, _, _) if leg == self.leg => self.hand_back(common),
            Turn::WinnerDialEnded(leg) => self.on_winner_dial_ended(common, leg),
            Turn::Room(news) => self.on_room(common, news),
            Turn::RoomSeen(present) => self.on_room_seen(common, present),
            Turn::Clock => self.on_clock(common),
            // A phone that was being withdrawn, or a second word about what is decided.
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
                State::Joining(self)
            }
        }
    }

    pub(super) fn deadline(&self) -> Timestamp {
        match self.hint {
            Hint::LookAt(at) => self.check_at.min(at),
            Hint::None | Hint::Looked => self.check_at,
        }
    }

    fn on_asked(self, common: &mut Common, asked: Asked) -> State {
        // Whatever brought them here, they belong into the room.
        // The end of their conference was the winner's too. Whoever asks otherwise may have been led in by the accept.
        let fell_out = asked == Asked::DialEnded;
        if fell_out && !common.caller.may_enter_again() {
            // The conference throws the caller out again and again: this winner cannot help, perhaps the next can.
            common.reply(CallerDocument::HearRingback);
            common.withdraw(self.leg, Told::CouldNotConnect);
            return self.hand_back(common);
        }
        common.reply(CallerDocument::EnterRoom);
        let apart = self.apart || fell_out;
        let hint = if fell_out { forget_looks(common) } else { self.hint };
        State::Joining(Self { caller_in: false, winner_in: self.winner_in && !apart, apart, hint, ..self })
    }

    fn on_caller_gone(self, common: &mut Common) -> State {
        common.note(Fact::CallerLeft);
        common.withdraw(self.leg, Told::CallerLeft);
        Over::begin(common, Outcome::CallerGaveUp)
    }

    fn on_winner_dial_ended(mut self, common: &mut Common, leg: LegId) -> State {
        self.winner_in = false;
        self.hint = forget_looks(common);
        // Perhaps a conference was over, and the caller gone with it; there was none if it did not let them in.
        self.apart |= common.legs.was_in_room(leg);
        // Our own word that the winner's time is over takes them out and sends them in again, whatever is answered here.
        if !common.legs.is_recalled(self.leg, common.now) {
            self.entries += 1;
        }
        let again = leg == self.leg && self.entries <= MOST_ENTRIES;
        let document = if again { LegDocument::EnterRoom } else { LegDocument::Tell(Told::CouldNotConnect) };
        common.push(Effect::ReplyLeg { leg, document });
        if again {
            // Before they wait in there for somebody who has hung up.
            common.push(Effect::LookUpCaller);
            return State::Joining(self);
        }
        common.unjoinable.extend(common.legs.phone(leg));
        common.let_hear(leg);
        self.hand_back(common)
    }

    fn on_room(mut self, common: &mut Common, news: RoomNews) -> State {
        match news {
            RoomNews::Started if !self.apart && (common.hand_backs == 0 || self.winner_in) => {
                return Bridged::begin(common, self, Sure::Confirmed);
            }
            RoomNews::Joined(sid) if sid == common.setup.sid => self.caller_in = true,
            RoomNews::Left(sid) if sid == common.setup.sid => self.caller_in = false,
            RoomNews::Joined(sid) if self.is_winner(common, &sid) => self.winner_in = true,
            RoomNews::Left(sid) if self.is_winner(common, &sid) => self.winner_in = false,
            RoomNews::Joined(_) | RoomNews::Left(_) => common.ignore(Ignored::Stranger),
            // After a hand-back, or when one of them was out, the start may be an earlier one, late: this one must be seen.
            RoomNews::Started if self.hint == Hint::None => self.hint = Hint::LookAt(common.after(SOON)),
            RoomNews::Started | RoomNews::Ended => common.ignore(Ignored::TooLate),
        }
        if self.caller_in && self.winner_in {
            return Bridged::begin(common, self, Sure::BothJoined);
        }
        State::Joining(self)
    }

    fn on_clock(mut self, common: &mut Common) -> State {
        if matches!(self.hint, Hint::LookAt(at) if at <= common.now) {
            self.hint = Hint::Looked;
            common.look_up_room();
            return State::Joining(self);
        }
        if self.check_at > common.now {
            return State::Joining(self);
        }
        self.checks += 1;
        self.check_at = common.after(JOINING_TAKES);
        // Before anybody else is rung for a caller who has left unnoticed.
        common.push(Effect::LookUpCaller);
        common.look_up_room();
        State::Joining(self)
    }

    fn on_room_seen(mut self, common: &mut Common, present: Option<Vec<CallSid>>) -> State {
        if self.checks == 0 && self.hint == Hint::Looked {
            self.hint = Hint::None;
            let present = present.unwrap_or_default();
            let both_in = present.contains(&common.setup.sid) && present.iter().any(|sid| self.is_winner(common, sid));
            return if both_in { Bridged::begin(common, self, Sure::Confirmed) } else { State::Joining(self) };
        }
        let Some(present) = present else {
            // Nobody can be asked. Both were told to go in, so they talk for all we know: leave them be.
            let given_up = self.checks >= MOST_CHECKS;
            return if given_up { Bridged::begin(common, self, Sure::Assumed) } else { State::Joining(self) };
        };
        let caller_in = present.contains(&common.setup.sid);
        let winner_in = present.iter().any(|sid| self.is_winner(common, sid));
        match (caller_in, winner_in) {
            (true, true) => Bridged::begin(common, self, Sure::Confirmed),
            (false, true) if self.checks < MOST_CHECKS => {
                common.bring_in();
                State::Joining(self)
            }
            (false, true) => {
                common.withdraw(self.leg, Told::CouldNotConnect);
                State::enter(common, self.origin.nobody())
            }
            // One alone in a room does not show there either, so the winner goes without having been missed for sure.
            (_, false) => {
                common.withdraw(self.leg, Told::CouldNotConnect);
                self.hand_back(common)
            }
        }
    }

    /// What was taken for a bridge is none, or none any more: both come again by themselves.
    pub(super) fn again(self, common: &mut Common) -> Self {
        common.forget_look();
        let check_at = common.after(JOINING_TAKES);
        Self { caller_in: false, winner_in: false, apart: true, check_at, ..self }
    }

    pub(super) fn hand_back(self, common: &mut Common) -> State {
        Ringing::hand_back(common, &self)
    }

    fn is_winner(&self, common: &Common, sid: &CallSid) -> bool {
        common.legs.sid(self.leg) == Some(sid)
    }
}

impl Origin {
    /// Where the call goes when this winner was the last hope.
    fn nobody(&self) -> StepIndex {
        match self {
            Self::Ring { nobody, .. } => *nobody,
            Self::Queue(line, _) => line.exit(QueueEnd::TooLong),
        }
    }
}

/// How long the winner hears the whisper of their group, or of one of these if it is not known which is theirs.
pub(super) fn whisper_takes<'a>(common: &Common, groups: impl Iterator<Item = &'a Arc<RingGroup>>) -> Duration {
    let takes = |group: &Arc<RingGroup>| {
        let whisper = group.whisper.as_ref().map(|words| common.variables.for_member(words));
        whisper.map_or(Duration::ZERO, |words| speech(&words).min(LONGEST_WHISPER))
    };
    groups.map(takes).max().unwrap_or_default()
}

/// Somebody fell out of the conference: who was in it before is not in it for that.
fn forget_looks(common: &mut Common) -> Hint {
    common.forget_look();
    Hint::None
}
