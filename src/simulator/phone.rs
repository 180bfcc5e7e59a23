//! Telephones: who has which, and what the hand at a telephone does.

use std::time::Duration;

use ringall_core::phone::PhoneNumber;

use super::{
    Simulator,
    character::Character,
    hearing::{EndedBy, Heard, Hearing},
    leg::{Answerer, Leg, LegKey, Status},
    world::World,
};

/// A telephone as the carrier's network knows it.
#[derive(Debug)]
pub(super) struct PhoneState {
    pub(super) name: String,
    pub(super) character: Character,
    /// Its place in the order in which telephones were added.
    pub(super) order: usize,
}

/// A hand at a telephone. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Phone {
    simulator: Simulator,
    number: PhoneNumber,
}

/// How long the greeting of a mailbox takes to which a person sends a call.
const GREETING: Duration = Duration::from_secs(6);

impl Phone {
    pub(super) fn new(simulator: Simulator, number: PhoneNumber) -> Self {
        Self { simulator, number }
    }

    pub(super) fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    /// The telephone's number.
    pub fn number(&self) -> PhoneNumber {
        self.number
    }

    /// Whose telephone it is.
    pub fn name(&self) -> String {
        self.simulator.look(|world| world.phones[&self.number].name.clone())
    }

    /// Picks up, if it rings.
    pub fn answer(&self) -> bool {
        self.on_ringing(|world, key| world.answer(key, Answerer::Human))
    }

    /// Pushes a ringing call away; the network says busy.
    pub fn decline(&self) -> bool {
        self.on_ringing(|world, key| {
            world.note(key, "is declined");
            world.end(key, Status::Busy, EndedBy::Person);
            true
        })
    }

    /// Lets the mailbox take a ringing call.
    pub fn let_mailbox_answer(&self) -> bool {
        self.on_ringing(|world, key| world.answer(key, Answerer::Machine { greeting: GREETING }))
    }

    /// Lets its own call screening answer a ringing call.
    pub fn let_robot_answer(&self) -> bool {
        self.on_ringing(|world, key| world.answer(key, Answerer::Robot))
    }

    /// Lets a fax machine take a ringing call.
    pub fn let_fax_answer(&self) -> bool {
        self.on_ringing(|world, key| world.answer(key, Answerer::Fax))
    }

    /// Presses a key during a call.
    pub fn press(&self, digit: char) -> bool {
        self.on_answered(|world, key| world.press(key, digit))
    }

    /// Hangs up during a call.
    pub fn hang_up(&self) -> bool {
        self.on_answered(|world, key| world.hang_up(key, EndedBy::Person))
    }

    /// Whether it rings now.
    pub fn rings(&self) -> bool {
        self.simulator.look(|world| world.leg_of_phone(self.number, Leg::rings).is_some())
    }

    /// Whether a key is waited for.
    pub fn is_asked_for_key(&self) -> bool {
        self.simulator.look(|world| {
            let key = world.leg_of_phone(self.number, Leg::is_answered);
            let gathering = key.and_then(|key| world.leg(key).gathering.as_ref());
            gathering.is_some_and(|gathering| !gathering.finished)
        })
    }

    /// Whether the program lets the carrier listen for a machine in its latest call.
    pub fn is_listened_to(&self) -> bool {
        self.simulator.look(|world| {
            let key = world.leg_of_phone(self.number, |_| true);
            key.is_some_and(|key| world.leg(key).order.detection.is_some())
        })
    }

    /// What is heard at it now; `None` if it lies idle.
    pub fn hears(&self) -> Option<Hearing> {
        self.simulator.look(|world| {
            let key = world.leg_of_phone(self.number, Leg::engages)?;
            world.leg(key).hearing.now().cloned()
        })
    }

    /// Everything heard in its latest call.
    pub fn heard(&self) -> Vec<Heard> {
        self.simulator.look(|world| {
            let key = world.leg_of_phone(self.number, |leg| !leg.hearing.entries().is_empty());
            key.map_or_else(Vec::new, |key| world.leg(key).hearing.entries().to_vec())
        })
    }

    /// The sid of its latest leg.
    pub fn sid(&self) -> Option<String> {
        self.simulator.look(|world| {
            let key = world.leg_of_phone(self.number, |_| true)?;
            Some(world.leg(key).sid.clone())
        })
    }

    /// The status of its latest leg.
    pub fn status(&self) -> Option<Status> {
        self.simulator.look(|world| {
            let key = world.leg_of_phone(self.number, |_| true)?;
            Some(world.leg(key).status)
        })
    }

    /// How many legs to it have been dialled so far.
    pub fn times_dialled(&self) -> usize {
        self.simulator.look(|world| {
            world.legs.iter().filter(|leg| leg.phone == Some(self.number) && leg.dialing_at.is_some()).count()
        })
    }

    /// Waits until it rings.
    pub async fn until_rings(&self) {
        let what = format!("{} to ring", self.name());
        self.simulator.await_world(&what, |world| world.leg_of_phone(self.number, Leg::rings)).await;
    }

    /// Waits until it rings no longer and is in no call.
    pub async fn until_idle(&self) {
        let what = format!("{} to lie idle", self.name());
        self.simulator
            .await_world(&what, |world| world.leg_of_phone(self.number, Leg::engages).is_none().then_some(()))
            .await;
    }

    /// Waits until its latest call has heard these words, after what was waited for before.
    pub async fn until_hears(&self, words: &str) {
        let what = format!("{} to hear “{words}”", self.name());
        self.until_heard(&what, |what| what.speaks(words)).await;
    }

    /// Waits until a recording is heard whose address contains this.
    pub async fn until_hears_recording(&self, part: &str) {
        let is_it = |what: &Hearing| matches!(what, Hearing::Ringback(url) if url.contains(part));
        self.until_heard(&format!("{} to hear {part}", self.name()), is_it).await;
    }

    /// Waits until it talks with somebody.
    pub async fn until_talks(&self) {
        let what = format!("{} to talk", self.name());
        self.until_heard(&what, |what| matches!(what, Hearing::Talking(_))).await;
    }

    /// Waits until its latest call is over and answers with the carrier's last word.
    pub async fn until_ends(&self) -> Status {
        let what = format!("{}'s call to end", self.name());
        self.simulator
            .await_world(&what, |world| {
                let status = world.leg(world.leg_of_phone(self.number, |_| true)?).status;
                status.is_final().then_some(status)
            })
            .await
    }

    async fn until_heard(&self, what: &str, is_it: impl Fn(&Hearing) -> bool) {
        let key = self
            .simulator
            .await_world(what, |world| {
                let key = world.leg_of_phone(self.number, Leg::engages).or(world.leg_of_phone(self.number, |_| true))?;
                world.has_heard(key, &is_it).then_some(key)
            })
            .await;
        self.simulator.change(|world| world.read_on(key, &is_it));
    }

    fn on_ringing(&self, act: impl FnOnce(&mut World, LegKey) -> bool) -> bool {
        self.simulator.change(|world| world.leg_of_phone(self.number, Leg::rings).is_some_and(|key| act(world, key)))
    }

    fn on_answered(&self, act: impl FnOnce(&mut World, LegKey)) -> bool {
        self.simulator.change(|world| {
            let Some(key) = world.leg_of_phone(self.number, Leg::is_answered) else { return false };
            act(world, key);
            true
        })
    }
}

impl World {
    /// The latest leg to a telephone that is so.
    pub(super) fn leg_of_phone(&self, number: PhoneNumber, is_so: impl Fn(&Leg) -> bool) -> Option<LegKey> {
        self.legs.iter().rev().find(|leg| leg.phone == Some(number) && is_so(leg)).map(|leg| leg.key)
    }

    /// Whether a leg has heard something since it was last asked.
    pub(super) fn has_heard(&self, key: LegKey, is_it: impl Fn(&Hearing) -> bool) -> bool {
        let leg = self.leg(key);
        leg.hearing.entries().iter().skip(leg.read_up_to).any(|heard| is_it(&heard.what))
    }

    /// Remembers up to where a leg's timeline was asked about.
    pub(super) fn read_on(&mut self, key: LegKey, is_it: impl Fn(&Hearing) -> bool) {
        let leg = self.leg_mut(key);
        let unread = leg.hearing.entries().iter().skip(leg.read_up_to);
        leg.read_up_to += unread.take_while(|heard| !is_it(&heard.what)).count();
    }
}
