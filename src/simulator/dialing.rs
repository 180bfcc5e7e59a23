//! An outbound leg from its start to its first document: what the network does, and what listens when it is picked up
//! (carrier contract §4.1, §6).

use std::time::Duration;

use tokio::time::sleep;

use super::{
    Simulator,
    callbacks::ANSWER_RACE,
    character::Character,
    faults,
    form::{Form, push},
    hearing::{EndedBy, Hearing},
    leg::{Answerer, Detection, Leg, LegKey, Status},
    switches::RobotVerdict,
    webhook::{Purpose, Request},
    world::{self, Errand, World},
};

/// What a leg may ring longer than it was asked to.
const EXTRA_RING: Duration = Duration::from_secs(5);
/// A mailbox's beep, after its greeting.
const BEEP: Duration = Duration::from_secs(1);
/// A telephone's own call screening says its sentence.
const ROBOT_SENTENCE: Duration = Duration::from_secs(5);

impl World {
    /// Reaches the far end: it alerts, or the network gives up.
    pub(super) fn reach(&mut self, key: LegKey) {
        if !self.leg(key).is_live() {
            return;
        }
        let phone = self.leg(key).phone.and_then(|number| self.phones.get(&number).map(|phone| (number, phone)));
        let Some((number, phone)) = phone else {
            if !self.reach_own_number(key) {
                self.end(key, Status::Failed, EndedBy::Network);
            }
            return;
        };
        let character = phone.character.clone();
        let engaged = self.legs.iter().any(|leg| leg.phone == Some(number) && leg.engages());
        if character == Character::Busy || (engaged && !self.settings.switches.call_waiting) {
            return self.end(key, Status::Busy, EndedBy::Network);
        }
        if character == Character::Off {
            return self.end(key, Status::Failed, EndedBy::Network);
        }

        self.leg_mut(key).alerts = true;
        self.hear(key, Hearing::Rings);
        let says_so = self.settings.switches.ringing_state.decide(&mut self.leg_mut(key).rng);
        if says_so {
            self.set_status(key, Status::Ringing);
        }
        self.errands.push(Errand::Behave(key));
    }

    /// Detection's verdict on what picked up, and when it comes.
    fn verdict(&mut self, key: LegKey, detection: &Detection) -> (&'static str, Duration) {
        let switches = self.settings.switches.clone();
        let wrong_verdict = self.settings.faults.wrong_verdict;
        let leg = self.leg_mut(key);
        let jitter = faults::delay(&mut leg.rng, switches.detection_jitter * 2);
        let listening = (switches.detection_delay + jitter).saturating_sub(switches.detection_jitter);
        let errs = faults::strikes(&mut leg.rng, wrong_verdict);
        let (verdict, after) = right_verdict(leg, detection, listening, switches.robot_verdict);
        leg.verdict_errs = errs;
        let (verdict, after) = match (errs, verdict) {
            (false, verdict) => (verdict, after),
            (true, "human") => (if leg.rng.bool() { "machine_start" } else { "unknown" }, listening),
            (true, _) => (if leg.rng.bool() { "human" } else { "unknown" }, listening),
        };
        if after > detection.timeout { ("unknown", detection.timeout) } else { (verdict, after) }
    }
}

impl Simulator {
    /// Dials a leg that has its turn, and runs its documents if it is picked up.
    pub(super) async fn dial_out(self, key: LegKey) {
        if !self.ring(key, self.look(|world| world.leg(key).order.timeout)).await {
            return;
        }
        let (source, detection, callback_first) = self.change(|world| {
            let leg = world.leg_mut(key);
            (leg.order.source.clone(), leg.order.detection.clone(), leg.rng.bool())
        });
        let Some(source) = source else { return };
        match detection.filter(|detection| !detection.asynchronous) {
            Some(detection) => {
                let (verdict, after) = self.change(|world| world.verdict(key, &detection));
                if self.is_over_within(key, after).await {
                    return;
                }
                self.change(|world| world.leg_mut(key).answered_by = Some(verdict));
            }
            None if callback_first && self.is_over_within(key, ANSWER_RACE).await => return,
            None => {}
        }
        self.converse(key, source).await;
    }

    /// Rings a telephone; answers whether it was picked up.
    pub(super) async fn ring(&self, key: LegKey, timeout: Duration) -> bool {
        let (setup, extra) = self.change(|world| {
            let switches = world.settings.switches.clone();
            (switches.setup, switches.extra_ring.decide(&mut world.leg_mut(key).rng))
        });
        if self.is_over_within(key, setup).await {
            return false;
        }
        self.change(|world| world.reach(key));
        let picked_up = self.until_leg(key, |world| {
            let leg = world.leg(key);
            (leg.is_answered() || !leg.is_live()).then_some(leg.is_answered())
        });
        let limit = timeout + if extra { EXTRA_RING } else { Duration::ZERO };
        tokio::select! {
            biased;
            picked_up = picked_up => picked_up,
            () = sleep(limit) => {
                self.change(|world| world.end(key, Status::NoAnswer, EndedBy::Network));
                false
            }
        }
    }

    /// Reports the verdict of asynchronous detection, if the leg lives so long.
    pub(super) async fn detect(self, key: LegKey) {
        let Some(detection) = self.look(|world| world.leg(key).order.detection.clone()) else { return };
        let (verdict, after) = self.change(|world| world.verdict(key, &detection));
        if self.is_over_within(key, after).await {
            return;
        }
        self.change(|world| {
            world.leg_mut(key).answered_by = Some(verdict);
            let Some((url, method)) = detection.callback else { return };
            let mut form = Form::new();
            push(&mut form, "CallSid", &world.leg(key).sid);
            push(&mut form, "AccountSid", &world.settings.account_sid);
            push(&mut form, "AnsweredBy", verdict);
            push(&mut form, "MachineDetectionDuration", world::whole_millis(after).to_string());
            world.send_callback(Request::new(Purpose::Detection, url, method, form));
        });
    }

    /// Waits; answers whether the leg was over before.
    pub(super) async fn is_over_within(&self, key: LegKey, time: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.until_over(key) => true,
            () = sleep(time) => false,
        }
    }
}

fn right_verdict(
    leg: &Leg,
    detection: &Detection,
    listening: Duration,
    robot: RobotVerdict,
) -> (&'static str, Duration) {
    let machine_end = |speech: Duration| ("machine_end_beep", listening.max(speech + BEEP));
    match leg.answerer {
        None | Some(Answerer::Human) => ("human", listening),
        Some(Answerer::Machine { greeting }) if detection.waits_for_end => machine_end(greeting),
        Some(Answerer::Machine { .. }) => ("machine_start", listening),
        Some(Answerer::Fax) => ("fax", listening),
        Some(Answerer::Robot) => match robot {
            RobotVerdict::Human => ("human", listening),
            RobotVerdict::Unknown => ("unknown", listening),
            RobotVerdict::Machine if detection.waits_for_end => machine_end(ROBOT_SENTENCE),
            RobotVerdict::Machine => ("machine_start", listening),
        },
    }
}
