//! How legs are let go: each in the way that fits, again if nothing comes of it, and forgotten when there is no more to
//! do.

use std::time::Duration;

use super::{Ending, Leg, Out, Stage, TALK_SILENCE, TELLING_TAKES};
use crate::{
    call::{
        Effect, Told,
        common::{Common, Turn},
    },
    fact::Fact,
    id::{CallSid, LegId},
    time::Timestamp,
};

/// A canceled leg of which nothing is heard by then is ended in any case.
const CANCEL_TAKES: Duration = Duration::from_secs(5);
/// The end of a conference drops a leg by itself; some time for that before we do it.
const DROP_TAKES: Duration = Duration::from_secs(3);
const COMPLETE_TAKES: Duration = Duration::from_secs(10);
/// More than three minutes, so that an outage of the carrier's API leaves nobody behind in a conference.
const MOST_COMPLETES: u8 = 20;
/// A leg whose create was never answered is waited for so long after it should have stopped ringing; if it shows
/// itself later it is canceled as a stray.
const UNKNOWN_SHOWS_WITHIN: Duration = Duration::from_secs(10);
/// What the roster gives a leg to end that was asked to; a little less, so that nothing is freed that was lent anew.
const FREE_WITHIN: Duration = Duration::from_millis(1_900);

impl Common {
    /// Ends every leg but `keep`: those in the carrier's queue first, before they ring at all.
    pub(in crate::call) fn withdraw_all_but(&mut self, keep: Option<LegId>, why: Told) {
        let queued = |leg: &Leg| matches!(leg.stage, Stage::Queued { .. });
        let mut order: Vec<(bool, LegId)> = self.legs.live.iter().map(|(id, leg)| (!queued(leg), *id)).collect();
        order.sort_unstable();
        for (_, leg) in order {
            if Some(leg) != keep {
                self.withdraw(leg, why);
            }
        }
    }

    /// Ends a leg in the way that fits: one that rings is canceled, one that was picked up is told why.
    pub(in crate::call) fn withdraw(&mut self, id: LegId, why: Told) {
        let Some(leg) = self.legs.live.get(&id) else { return };
        let (name, sid) = (leg.name.clone(), leg.sid.clone());
        match (leg.stage, sid) {
            (Stage::Ending { .. }, _) => return,
            (Stage::Dialling { until }, None) => {
                self.end_by(id, Ending::WhenKnown(why), until.max(self.now) + UNKNOWN_SHOWS_WITHIN);
            }
            (Stage::Screened { .. } | Stage::Winner { .. }, Some(sid)) => {
                self.end_by(id, Ending::Told(why), self.after(TELLING_TAKES));
                self.push(Effect::TellLeg { leg: id, sid, why });
            }
            (Stage::Dialling { .. } | Stage::Queued { .. } | Stage::Ringing { .. }, Some(sid)) => {
                self.cancel(id, sid, why);
            }
            // Only webhooks and answers bring these stages about, and each names the leg.
            (Stage::Queued { .. } | Stage::Ringing { .. } | Stage::Screened { .. } | Stage::Winner { .. }, None) => {
                self.end_by(id, Ending::WhenKnown(why), self.after(UNKNOWN_SHOWS_WITHIN));
            }
        }
        self.note(Fact::Withdrawn(name, why));
    }

    /// Lets a leg go by itself that the end of its conference drops, and ends it if it does not.
    pub(in crate::call) fn let_go(&mut self, leg: LegId) {
        if self.legs.live.get(&leg).is_some_and(|leg| !leg.stage.is_ending()) {
            self.end_by(leg, Ending::Leaving, self.after(DROP_TAKES));
        }
    }

    /// Lets a leg go that its own document tells why.
    pub(in crate::call) fn let_hear(&mut self, leg: LegId) {
        if self.legs.live.get(&leg).is_some_and(|leg| !leg.stage.is_ending()) {
            self.end_by(leg, Ending::Leaving, self.after(TELLING_TAKES));
        }
    }

    /// Ends a leg now, whoever is on it.
    pub(in crate::call) fn complete(&mut self, leg: LegId) {
        self.complete_again(leg, 1);
    }

    pub(super) fn end_by(&mut self, leg: LegId, how: Ending, next_at: Timestamp) {
        if let Some(leg) = self.legs.live.get_mut(&leg) {
            leg.stage = Stage::Ending { how, next_at };
        }
    }

    pub(super) fn cancel(&mut self, leg: LegId, sid: CallSid, why: Told) {
        self.end_by(leg, Ending::Canceled(why), self.after(CANCEL_TAKES));
        self.push(Effect::CancelLeg { leg, sid });
        self.free_soon(leg);
    }

    fn complete_again(&mut self, id: LegId, times: u8) {
        let Some(leg) = self.legs.live.get(&id) else { return };
        let Some(sid) = leg.sid.clone().filter(|_| times <= MOST_COMPLETES) else {
            // The carrier was told often enough, or never named the leg.
            return self.presume_gone(id);
        };
        let rings = !leg.stage.is_picked_up();
        self.end_by(id, Ending::Completed(times), self.after(COMPLETE_TAKES));
        self.push(Effect::CompleteLeg { leg: id, sid });
        // Somebody or something is on a leg that was picked up: its phone is engaged until the end is confirmed.
        if rings && times == 1 {
            self.free_soon(id);
        }
    }

    /// Its end was asked for: its phone is free two seconds from now, counted once.
    fn free_soon(&mut self, id: LegId) {
        let free_at = self.after(FREE_WITHIN);
        if let Some(leg) = self.legs.live.get_mut(&id)
            && leg.free_at.is_none()
        {
            leg.free_at = Some(free_at);
            let phone = leg.phone;
            self.push(Effect::FreePhoneSoon(phone));
        }
    }

    /// It was picked up in the moment its end was asked for: its phone is engaged until its end is confirmed.
    pub(super) fn keep_phone(&mut self, id: LegId) {
        let now = self.now;
        if let Some(leg) = self.legs.live.get_mut(&id)
            && leg.free_at.take_if(|free_at| *free_at > now).is_some()
        {
            let phone = leg.phone;
            self.push(Effect::KeepPhone(phone));
        }
    }

    /// Takes a leg for gone, by its final status or for want of any sign.
    pub(super) fn forget(&mut self, leg: LegId) {
        let now = self.now;
        if let Some(leg) = self.legs.live.remove(&leg)
            // Once the roster has freed the phone it may be lent anew, also to this very call.
            && leg.engages(now)
        {
            self.push(Effect::FreePhone(leg.phone));
        }
    }

    pub(super) fn presume_gone(&mut self, id: LegId) {
        if let Some(leg) = self.legs.live.get(&id) {
            self.legs.presumed_gone.insert(id, leg.phone);
            self.forget(id);
        }
    }

    pub(in crate::call) fn on_leg_deadlines(&mut self) -> Vec<Turn> {
        let due: Vec<LegId> =
            self.legs.live.iter().filter(|(_, leg)| leg.stage.due() <= self.now).map(|(id, _)| *id).collect();
        due.into_iter().filter_map(|leg| self.on_leg_due(leg)).collect()
    }

    fn on_leg_due(&mut self, id: LegId) -> Option<Turn> {
        let leg = self.legs.live.get(&id)?;
        let (phone, name, sid) = (leg.phone, leg.name.clone(), leg.sid.clone());
        match leg.stage {
            Stage::Dialling { .. } | Stage::Queued { .. } | Stage::Ringing { .. } => {
                self.note(Fact::DidNotAnswer(name));
                self.withdraw_silently(id, sid);
                Some(Turn::Out(id, phone, Out::NoAnswer))
            }
            Stage::Screened { .. } => {
                self.note(Fact::DidNotAccept(name));
                self.withdraw(id, Told::NotAccepted);
                Some(Turn::Out(id, phone, Out::KeptSilent))
            }
            Stage::Winner { .. } => {
                if let (Some(leg), Some(sid)) = (self.legs.live.get_mut(&id), sid) {
                    leg.stage = Stage::Winner { look_up_at: self.now + TALK_SILENCE };
                    self.push(Effect::LookUpLeg { leg: id, sid });
                }
                None
            }
            Stage::Ending { how: Ending::Canceled(why), .. } => {
                self.tell_in_case(id, why);
                None
            }
            Stage::Ending { how: Ending::WhenKnown(_) | Ending::Told(_) | Ending::Leaving, .. } => {
                self.complete(id);
                None
            }
            Stage::Ending { how: Ending::Completed(times), .. } => {
                self.complete_again(id, times + 1);
                None
            }
        }
    }

    /// A cancel of which nothing came may have met a leg that was picked up this very moment, and whoever did that hears
    /// nothing until detection has a verdict. Only a leg that was picked up can be redirected (carrier contract §5).
    fn tell_in_case(&mut self, id: LegId, why: Told) {
        let Some(sid) = self.legs.sid(id).cloned() else { return self.complete(id) };
        self.end_by(id, Ending::Told(why), self.after(TELLING_TAKES));
        self.push(Effect::TellLeg { leg: id, sid, why });
    }

    fn withdraw_silently(&mut self, id: LegId, sid: Option<CallSid>) {
        match sid {
            Some(sid) => self.cancel(id, sid, Told::NotAccepted),
            // Nobody could be asked to end it yet, so its phone is not free soon.
            None => self.end_by(id, Ending::WhenKnown(Told::NotAccepted), self.after(UNKNOWN_SHOWS_WITHIN)),
        }
    }
}
