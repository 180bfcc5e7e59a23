//! People who call one of the account's numbers.

use ringall_core::phone::PhoneNumber;
use tokio::time::sleep;

use super::{
    Simulator,
    hearing::{EndedBy, Heard, Hearing},
    leg::{Kind, Leg, LegKey, Order, Status},
    webhook::{Purpose, Source},
    world::{Errand, NewLeg, World},
};

/// Somebody who calls. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Caller {
    simulator: Simulator,
    key: LegKey,
}

/// A moment in the life of somebody's call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A telephone that rings for it is picked up.
    PickedUp,
    /// A member is in the conference, or talks already.
    Joined,
    /// The caller talks.
    Talks,
    /// The caller hears words.
    HearsWords,
}

impl Caller {
    pub(super) fn new(simulator: Simulator, key: LegKey) -> Self {
        Self { simulator, key }
    }

    /// The carrier's name for this leg.
    pub fn sid(&self) -> String {
        self.simulator.look(|world| world.leg(self.key).sid.clone())
    }

    /// Hangs up.
    pub fn hang_up(&self) {
        self.simulator.change(|world| world.hang_up(self.key, EndedBy::Person));
    }

    /// Presses a key.
    pub fn press(&self, digit: char) {
        self.simulator.change(|world| world.press(self.key, digit));
    }

    /// Speaks from now on for so long.
    pub fn speak(&self, length: std::time::Duration) {
        self.simulator.change(|world| {
            let now = world.now;
            world.note(self.key, &format!("speaks for {} s", length.as_secs_f64()));
            world.leg_mut(self.key).voice.push((now, now + length));
        });
    }

    /// Waits for the beep behind which they are recorded.
    pub async fn until_recorded(&self) {
        self.until_heard("the caller to hear the beep", |what| *what == Hearing::Recorded).await;
    }

    /// Where the leg stands.
    pub fn status(&self) -> Status {
        self.simulator.look(|world| world.leg(self.key).status)
    }

    /// What is heard now.
    pub fn hears(&self) -> Hearing {
        self.simulator.look(|world| world.leg(self.key).hearing.now().cloned()).unwrap_or(Hearing::Silence)
    }

    /// Everything heard so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.simulator.look(|world| world.leg(self.key).hearing.entries().to_vec())
    }

    /// Waits until these words were heard, after what was waited for before.
    pub async fn until_hears(&self, words: &str) {
        self.until_heard(&format!("the caller to hear “{words}”"), |what| what.speaks(words)).await;
    }

    /// Waits until these words are heard once more, when they are what was waited for before.
    pub async fn until_hears_again(&self, words: &str) {
        self.simulator.change(|world| world.leg_mut(self.key).read_up_to += 1);
        self.until_hears(words).await;
    }

    /// Waits until a recording is heard whose address contains this.
    pub async fn until_hears_recording(&self, part: &str) {
        let is_it = |what: &Hearing| matches!(what, Hearing::Ringback(url) if url.contains(part));
        self.until_heard(&format!("the caller to hear {part}"), is_it).await;
    }

    /// Waits until the caller talks with somebody.
    pub async fn until_talks(&self) {
        self.until_heard("the caller to talk", |what| matches!(what, Hearing::Talking(_))).await;
    }

    /// Waits until the call is over and answers with the carrier's last word.
    pub async fn until_ends(&self) -> Status {
        self.simulator
            .await_world("the caller's call to end", |world| {
                let status = world.leg(self.key).status;
                status.is_final().then_some(status)
            })
            .await
    }

    /// Waits for a moment of this call; false if the call is over before it comes.
    pub async fn until(&self, moment: Moment) -> bool {
        let sid = self.sid();
        let mut changes = self.simulator.shared.changes.subscribe();
        loop {
            match self.simulator.look(|world| world.has_come(self.key, &sid, moment)) {
                Some(come) => return come,
                // The sender lives as long as this simulator.
                None => drop(changes.changed().await),
            }
        }
    }

    /// Waits until such words have been heard so many times in all; false if the call is over before.
    pub async fn until_hears_times(&self, words: &str, times: usize) -> bool {
        self.until_heard_times(|what| what.speaks(words), times).await
    }

    /// Waits until so many beeps have been heard in all, behind which they are recorded; false if the call is over before.
    pub async fn until_beeps(&self, times: usize) -> bool {
        self.until_heard_times(|what| *what == Hearing::Recorded, times).await
    }

    async fn until_heard_times(&self, is_it: impl Fn(&Hearing) -> bool, times: usize) -> bool {
        let mut changes = self.simulator.shared.changes.subscribe();
        let come = |world: &World| {
            let leg = world.leg(self.key);
            let heard = leg.hearing.entries().iter().filter(|heard| is_it(&heard.what)).count();
            if heard >= times || !leg.is_live() { Some(heard >= times) } else { None }
        };
        loop {
            match self.simulator.look(come) {
                Some(come) => return come,
                None => drop(changes.changed().await),
            }
        }
    }

    async fn until_heard(&self, what: &str, is_it: impl Fn(&Hearing) -> bool) {
        self.simulator.await_world(what, |world| world.has_heard(self.key, &is_it).then_some(())).await;
        self.simulator.change(|world| world.read_on(self.key, &is_it));
    }
}

impl World {
    /// Whether a moment of a call has come; false if it cannot come any more.
    fn has_come(&self, key: LegKey, sid: &str, moment: Moment) -> Option<bool> {
        let caller = self.leg(key);
        let heard = |is_it: fn(&Hearing) -> bool| caller.hearing.entries().iter().any(|heard| is_it(&heard.what));
        let offers = || {
            let names_it = |leg: &&Leg| match &leg.order.source {
                Some(Source::Url { url, .. }) => leg.kind == Kind::Api && url.contains(sid),
                Some(Source::Inline(_)) | None => false,
            };
            self.legs.iter().filter(names_it)
        };
        let has_come = match moment {
            Moment::PickedUp => offers().any(|leg| leg.answered_at.is_some()),
            Moment::Joined => offers().any(|leg| !leg.stays.is_empty()),
            Moment::Talks => heard(|what| matches!(what, Hearing::Talking(_))),
            Moment::HearsWords => heard(|what| matches!(what, Hearing::Words(_))),
        };
        if has_come || !caller.is_live() { Some(has_come) } else { None }
    }

    /// Somebody dials a number; what the account does not own cannot be reached.
    pub(super) fn call_in(&mut self, from: &str, to: PhoneNumber) -> LegKey {
        let number = self.settings.numbers.iter().find(|number| number.number == to);
        let source = number.map(|number| Source::Url {
            purpose: Purpose::Voice,
            url: number.voice_url.clone(),
            method: number.voice_method,
            extra: Vec::new(),
        });
        let fallback =
            number.and_then(|number| number.fallback_url.clone()).map(|url| (url, super::settings::Method::Post));
        let reachable = source.is_some();
        let key = self.add_leg(NewLeg {
            kind: Kind::Inbound,
            from: from.to_owned(),
            to: to.expose(),
            phone: None,
            order: Order { source, fallback, ..Order::default() },
            status: Status::Ringing,
        });
        self.leg_mut(key).alerts = true;
        self.note(key, "calls");
        if !reachable {
            self.end(key, Status::Failed, EndedBy::Network);
            return key;
        }
        self.hear(key, Hearing::NetworkRinging);
        self.errands.push(Errand::RunInbound(key));
        key
    }
}

impl Simulator {
    /// Runs a caller's leg; the caller's own network gives up if nobody answers.
    pub(super) async fn run_inbound(self, key: LegKey) {
        let (source, limit) =
            self.look(|world| (world.leg(key).order.source.clone(), world.settings.switches.network_ring_limit));
        let Some(source) = source else { return };
        let rung_out = async {
            sleep(limit).await;
            self.change(|world| {
                if !world.leg(key).is_answered() {
                    world.end(key, Status::NoAnswer, EndedBy::Network);
                }
            });
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = self.converse(key, source) => {}
            () = rung_out => {}
        }
    }
}
