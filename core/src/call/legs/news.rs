//! What legs' webhooks and the carrier's answers about them mean.

use std::time::Duration;

use super::{Ending, Leg, Out, Stage, TALK_SILENCE, TELLING_TAKES};
use crate::{
    call::{
        Dialled, Effect, Ignored, LegDocument, LegEnd, LegNews, Standing, Told,
        common::{Common, Turn},
    },
    fact::Fact,
    id::{CallSid, LegId},
};

/// How long a key is awaited.
const KEY_TAKES: Duration = Duration::from_secs(20);
/// Detection takes about four seconds (carrier contract §6); after ten the leg is given up.
const VERDICT_TAKES: Duration = Duration::from_secs(10);
/// A redirect and its second try, generously.
const RECALL_TAKES: Duration = Duration::from_secs(5);

impl Common {
    pub(in crate::call) fn on_dialled(&mut self, id: LegId, result: Dialled) -> Option<Turn> {
        let Some(leg) = self.legs.live.get_mut(&id) else {
            // Forgotten meanwhile; if it exists after all it must not ring on.
            match result {
                Dialled::Accepted { sid, .. } => self.push(Effect::CancelStray(sid)),
                Dialled::Refused | Dialled::AnswerLost => self.ignore(Ignored::UnknownLeg),
            }
            return None;
        };
        let (phone, name, known) = (leg.phone, leg.name.clone(), leg.sid.is_some());
        match (result, leg.stage) {
            (Dialled::Accepted { sid, queue_time }, stage) => {
                if *leg.sid.get_or_insert_with(|| sid.clone()) != sid {
                    // A leg from before a restart came by this address first, and its telephone rings already.
                    self.push(Effect::CancelStray(sid));
                    return None;
                }
                match stage {
                    Stage::Dialling { until } if queue_time.is_zero() => leg.stage = Stage::Ringing { until },
                    Stage::Dialling { until } => leg.stage = Stage::Queued { until: until + queue_time },
                    Stage::Ending { how: Ending::WhenKnown(why), .. } => self.cancel(id, sid, why),
                    Stage::Queued { .. }
                    | Stage::Ringing { .. }
                    | Stage::Screened { .. }
                    | Stage::Winner { .. }
                    | Stage::Ending { .. } => self.ignore(Ignored::Repeated),
                }
                None
            }
            // Its webhooks have shown it already: whatever the answer was, the leg exists.
            (Dialled::Refused | Dialled::AnswerLost, _) if known => {
                self.ignore(Ignored::Repeated);
                None
            }
            (Dialled::Refused, stage) => {
                self.forget(id);
                self.note(Fact::WasUnreachable(name));
                (!stage.is_ending()).then_some(Turn::Out(id, phone, Out::Unreachable))
            }
            (Dialled::AnswerLost, stage) => {
                if stage.is_ending() {
                    self.ignore(Ignored::TooLate);
                } else {
                    self.note(Fact::DialUncertain(name));
                }
                None
            }
        }
    }

    pub(in crate::call) fn on_leg_news(&mut self, id: LegId, sid: CallSid, news: LegNews) -> Option<Turn> {
        let Some(leg) = self.legs.live.get_mut(&id) else { return self.on_unknown_leg(id, sid, news) };
        if *leg.sid.get_or_insert_with(|| sid.clone()) != sid {
            return self.on_namesake(id, sid, news);
        }
        match news {
            LegNews::Rings => self.on_rings(id),
            LegNews::Answered => self.on_answered(id, false),
            LegNews::AskedForKey => self.on_answered(id, true),
            LegNews::Accepted => return self.on_accepted(id),
            LegNews::Declined => return self.on_out_while_up(id, Out::Declined),
            LegNews::WasMachine => return self.on_out_while_up(id, Out::Machine),
            LegNews::FoundMachine => return self.on_found_machine(id),
            LegNews::ToldWhy => return self.on_told_why(id),
            LegNews::DialEnded => return self.on_leg_dial_ended(id, true),
            LegNews::NotLetIn => return self.on_leg_dial_ended(id, false),
            LegNews::Ended(end) => {
                let phone = leg.phone;
                self.legs.over.insert(id, (phone, sid));
                return self.on_leg_ended(id, end);
            }
        }
        None
    }

    fn on_unknown_leg(&mut self, id: LegId, sid: CallSid, news: LegNews) -> Option<Turn> {
        match news {
            LegNews::Rings => self.push(Effect::CancelStray(sid)),
            LegNews::DialEnded | LegNews::NotLetIn => {
                self.push(Effect::ReplyLeg { leg: id, document: LegDocument::HangUp });
            }
            // The claim has decided, whatever we took the leg for.
            LegNews::Accepted => return self.on_late_accept(id, sid),
            LegNews::Answered
            | LegNews::AskedForKey
            | LegNews::Declined
            | LegNews::WasMachine
            | LegNews::FoundMachine
            | LegNews::ToldWhy => self.ignore(Ignored::UnknownLeg),
            LegNews::Ended(_) => {
                self.legs.presumed_gone.remove(&id);
                self.ignore(Ignored::UnknownLeg);
            }
        }
        None
    }

    /// Another leg of the carrier comes by this address: one that was dialled before a restart, under the same number.
    fn on_namesake(&mut self, id: LegId, sid: CallSid, news: LegNews) -> Option<Turn> {
        match news {
            LegNews::Accepted => {
                let ours = self.legs.live.get_mut(&id)?.sid.replace(sid);
                self.effects.extend(ours.map(Effect::CancelStray));
                return self.on_accepted(id);
            }
            LegNews::Rings => self.push(Effect::CancelStray(sid)),
            LegNews::DialEnded | LegNews::NotLetIn => {
                self.push(Effect::ReplyLeg { leg: id, document: LegDocument::HangUp });
            }
            LegNews::Answered
            | LegNews::AskedForKey
            | LegNews::Declined
            | LegNews::WasMachine
            | LegNews::FoundMachine
            | LegNews::ToldWhy
            | LegNews::Ended(_) => self.ignore(Ignored::Stranger),
        }
        None
    }

    /// A leg that was taken for gone has the call. If only we took it for gone it is up, and is the winner; if the
    /// carrier has reported its end it accepted and hung up in one breath.
    fn on_late_accept(&mut self, id: LegId, sid: CallSid) -> Option<Turn> {
        if self.legs.winners.contains(&id) {
            self.ignore(Ignored::Repeated);
            return None;
        }
        let ended = self.legs.over.get(&id).filter(|(_, ended)| *ended != sid);
        if let Some(phone) = ended.map(|(phone, _)| *phone) {
            // Not the one that is over: one that was dialled before a restart, under the same number.
            self.legs.presumed_gone.insert(id, phone);
        }
        self.take_back(id, Some(sid));
        self.on_accepted(id)
    }

    /// The claim was to be closed, and a leg has it, perhaps one that was taken for gone.
    pub(in crate::call) fn on_claim_held(&mut self, id: LegId) -> Option<Turn> {
        self.take_back(id, None);
        self.on_accepted(id)
    }

    /// A leg that only we took for gone is up.
    fn take_back(&mut self, id: LegId, sid: Option<CallSid>) {
        if let Some(phone) = self.legs.presumed_gone.remove(&id) {
            let stage = Stage::Winner { look_up_at: self.after(TALK_SILENCE) };
            let name = self.name_of(phone);
            // The roster has freed its phone, and may have lent it anew, also to this very call.
            self.legs.live.insert(id, Leg { free_at: Some(self.now), ..Leg::new(phone, name, sid, stage) });
        }
    }

    fn on_rings(&mut self, id: LegId) {
        let Some(leg) = self.legs.live.get_mut(&id) else { return };
        match (leg.stage, leg.sid.clone()) {
            (Stage::Dialling { until } | Stage::Queued { until }, _) => leg.stage = Stage::Ringing { until },
            (Stage::Ending { how: Ending::WhenKnown(why), .. }, Some(sid)) => self.cancel(id, sid, why),
            (Stage::Ringing { .. } | Stage::Screened { .. } | Stage::Winner { .. } | Stage::Ending { .. }, _) => {
                self.ignore(Ignored::Repeated);
            }
        }
    }

    fn on_answered(&mut self, id: LegId, asked: bool) {
        let now = self.now;
        let Some(leg) = self.legs.live.get_mut(&id) else { return };
        let name = leg.name.clone();
        let wait = if asked { KEY_TAKES } else { VERDICT_TAKES };
        match leg.stage {
            Stage::Dialling { .. } | Stage::Queued { .. } | Stage::Ringing { .. } => {
                leg.stage = Stage::Screened { asked, until: now + wait };
                self.note(Fact::PickedUp(name));
            }
            Stage::Screened { asked: false, .. } if asked => leg.stage = Stage::Screened { asked, until: now + wait },
            // Picked up in the moment we let it go, and asked for a key because the call is still to be had.
            Stage::Ending { how: Ending::WhenKnown(_) | Ending::Canceled(_) | Ending::Leaving, .. }
                if asked && !leg.won =>
            {
                leg.stage = Stage::Screened { asked, until: now + wait };
                self.keep_phone(id);
            }
            // Picked up in the moment we let it go: it asks for its document and is told.
            Stage::Ending { how: Ending::WhenKnown(_) | Ending::Canceled(_), .. } => {
                self.keep_phone(id);
                self.end_by(id, Ending::Leaving, self.after(VERDICT_TAKES + TELLING_TAKES));
            }
            Stage::Screened { .. } | Stage::Winner { .. } | Stage::Ending { .. } => self.ignore(Ignored::Repeated),
        }
    }

    /// The claim has said that this leg has the call.
    pub(in crate::call) fn on_accepted(&mut self, id: LegId) -> Option<Turn> {
        let (look_up_at, recalled_until) = (self.after(TALK_SILENCE), self.after(RECALL_TAKES));
        self.legs.winners.insert(id);
        // It may have been asked to end in the very moment it was picked up.
        self.keep_phone(id);
        if let Some(leg) = self.legs.live.get_mut(&id) {
            if std::mem::replace(&mut leg.won, true) {
                self.tell_at_last(id);
                return None;
            }
            let recalled = matches!(leg.stage, Stage::Ending { how: Ending::Told(Told::NotAccepted), .. });
            leg.recalled_until = recalled.then_some(recalled_until);
            leg.stage = Stage::Winner { look_up_at };
            let name = leg.name.clone();
            self.note(Fact::Accepted(name));
        }
        Some(Turn::Accepted(id))
    }

    /// The claim had named the winner before any webhook had: if it was let go meanwhile, it can be told only now.
    fn tell_at_last(&mut self, id: LegId) {
        let Some(Leg { stage: Stage::Ending { how: Ending::WhenKnown(_), .. }, sid: Some(sid), .. }) =
            self.legs.live.get(&id)
        else {
            return self.ignore(Ignored::Repeated);
        };
        let sid = sid.clone();
        let why = if self.caller.is_gone() { Told::CallerLeft } else { Told::MovedOn };
        self.end_by(id, Ending::Leaving, self.after(TELLING_TAKES));
        self.push(Effect::TellLeg { leg: id, sid, why });
    }

    /// The leg is up, and its own document hangs up on it.
    fn on_out_while_up(&mut self, id: LegId, out: Out) -> Option<Turn> {
        let leg = self.legs.live.get(&id)?;
        let (phone, name, stage) = (leg.phone, leg.name.clone(), leg.stage);
        if out == Out::Declined {
            self.declined.insert(phone);
        }
        if matches!(stage, Stage::Winner { .. }) || stage.is_ending() {
            self.ignore(Ignored::TooLate);
            return None;
        }
        self.end_by(id, Ending::Leaving, self.after(TELLING_TAKES));
        self.note(if out == Out::Declined { Fact::Declined(name) } else { Fact::WasMachine(name) });
        Some(Turn::Out(id, phone, out))
    }

    /// The leg hears its last words; whatever it was meant for, it is on its way out.
    fn on_told_why(&mut self, id: LegId) -> Option<Turn> {
        let leg = self.legs.live.get(&id)?;
        let (phone, stage) = (leg.phone, leg.stage);
        if !matches!(stage, Stage::Ending { how: Ending::Completed(_), .. }) {
            self.keep_phone(id);
        }
        self.end_by(id, Ending::Leaving, self.after(TELLING_TAKES));
        match stage {
            Stage::Ending { .. } => None,
            // It accepted while our word that its time is over was under way.
            Stage::Winner { .. } => Some(Turn::Out(id, phone, Out::HungUp)),
            Stage::Dialling { .. } | Stage::Queued { .. } | Stage::Ringing { .. } | Stage::Screened { .. } => {
                Some(Turn::Out(id, phone, Out::KeptSilent))
            }
        }
    }

    fn on_found_machine(&mut self, id: LegId) -> Option<Turn> {
        let turn = self.on_out_while_up(id, Out::Machine)?;
        self.complete(id);
        Some(turn)
    }

    fn on_leg_dial_ended(&mut self, id: LegId, was_in: bool) -> Option<Turn> {
        let leg = self.legs.live.get_mut(&id)?;
        leg.was_in = was_in;
        let document = match leg.stage {
            Stage::Winner { .. } => return Some(Turn::WinnerDialEnded(id)),
            // Our redirect takes it out of the room, and this request comes first (carrier contract §5): both say why.
            Stage::Ending { how: Ending::Told(why), .. } => LegDocument::Tell(why),
            Stage::Dialling { .. }
            | Stage::Queued { .. }
            | Stage::Ringing { .. }
            | Stage::Screened { .. }
            | Stage::Ending { .. } => LegDocument::HangUp,
        };
        self.push(Effect::ReplyLeg { leg: id, document });
        None
    }

    fn on_leg_ended(&mut self, id: LegId, end: LegEnd) -> Option<Turn> {
        let leg = self.legs.live.get(&id)?;
        let (phone, name, stage) = (leg.phone, leg.name.clone(), leg.stage);
        self.forget(id);
        let out = match (stage, end) {
            (Stage::Ending { .. }, _) => return None,
            (Stage::Screened { .. } | Stage::Winner { .. }, _) | (_, LegEnd::Completed) => Out::HungUp,
            (_, LegEnd::Busy) => Out::Busy,
            (_, LegEnd::NoAnswer) => Out::NoAnswer,
            (_, LegEnd::Failed) => Out::Unreachable,
        };
        if !matches!(stage, Stage::Winner { .. }) {
            self.note(out.fact(name));
        }
        Some(Turn::Out(id, phone, out))
    }

    pub(in crate::call) fn on_leg_looked_up(&mut self, id: LegId, standing: Standing) -> Option<Turn> {
        let Some(leg) = self.legs.live.get(&id) else {
            self.ignore(Ignored::UnknownLeg);
            return None;
        };
        let up = matches!(leg.stage, Stage::Screened { .. } | Stage::Winner { .. });
        let canceled = matches!(leg.stage, Stage::Ending { how: Ending::Canceled(_), .. });
        match standing {
            Standing::Over => {
                // The carrier's word, but not its final status: an answer to a cancel may be wrong about a leg that was
                // picked up this very moment (carrier contract §5, 21220).
                self.legs.presumed_gone.insert(id, leg.phone);
                self.on_leg_ended(id, if up { LegEnd::Completed } else { LegEnd::NoAnswer })
            }
            // The answer to a cancel that came a moment too late, if nothing else tells that somebody has picked up.
            Standing::Up if canceled => {
                self.on_answered(id, false);
                None
            }
            Standing::Unanswered | Standing::Up | Standing::Unclear => {
                self.ignore(Ignored::NotDue);
                None
            }
        }
    }

    pub(in crate::call) fn on_leg_redirect_failed(&mut self, id: LegId) -> Vec<Turn> {
        match self.legs.live.get(&id).map(|leg| leg.stage) {
            Some(Stage::Ending { how: Ending::Told(_), .. }) => self.complete(id),
            Some(_) => self.ignore(Ignored::TooLate),
            None => self.ignore(Ignored::UnknownLeg),
        }
        Vec::new()
    }
}
