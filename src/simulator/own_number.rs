//! A call that the program places to a number of its own account: it comes in there, as anybody's would.

use ringall_core::phone::PhoneNumber;

use super::{
    Simulator,
    hearing::EndedBy,
    leg::{Answerer, LegKey, Status},
    world::{Errand, World},
};

impl World {
    /// Lets a leg come in at the number it dials, if the account has that; whether it does.
    pub(super) fn reach_own_number(&mut self, key: LegKey) -> bool {
        let (from, to) = (self.leg(key).from.clone(), self.leg(key).to.parse::<PhoneNumber>());
        let Some(to) = to.ok().filter(|to| self.settings.numbers.iter().any(|number| number.number == *to)) else {
            return false;
        };
        let inbound = self.call_in(&from, to);
        self.leg_mut(key).alerts = true;
        self.set_status(key, Status::Ringing);
        self.errands.push(Errand::Mirror(key, inbound));
        true
    }
}

impl Simulator {
    /// Lets what happens at the line happen to who calls it, and the other way round.
    pub(super) async fn mirror(self, outbound: LegKey, inbound: LegKey) {
        tokio::select! {
            biased;
            () = self.until_over(outbound) => {
                return self.change(|world| world.hang_up(inbound, EndedBy::Person));
            }
            () = self.until_leg(inbound, |world| {
                let leg = world.leg(inbound);
                (leg.is_answered() || !leg.is_live()).then_some(())
            }) => {}
        }
        self.change(|world| {
            if world.leg(inbound).answered_at.is_some() {
                world.answer(outbound, Answerer::Human);
            }
        });
        tokio::select! {
            biased;
            () = self.until_over(outbound) => self.change(|world| world.hang_up(inbound, EndedBy::Person)),
            () = self.until_over(inbound) => self.change(|world| {
                let status = match world.leg(inbound).status {
                    Status::Completed => Status::Completed,
                    Status::Busy => Status::Busy,
                    Status::Queued
                    | Status::Initiated
                    | Status::Ringing
                    | Status::InProgress
                    | Status::NoAnswer
                    | Status::Failed
                    | Status::Canceled => Status::NoAnswer,
                };
                world.end(outbound, status, EndedBy::Network);
            }),
        }
    }
}
