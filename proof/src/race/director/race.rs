//! One race: who does what is prepared, and let go in one instant.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::oneshot, time::sleep};

use super::SET_UP;
use crate::race::{
    plan::{CallerDoes, Mode, Reported, Role},
    program::Screen,
    record::{Asked, Ended, What, Who},
    release::{Shot, Target, release},
    shots::{Aim, Then, prepare},
    stage::Stage,
    wire::now,
};

/// One race of a call: its legs, by person, what each does, and what else happens.
pub(super) struct Race<'a> {
    pub(super) stage: &'a Arc<Stage>,
    pub(super) round: u32,
    pub(super) cast: &'a [Role],
    pub(super) screen: Screen,
    pub(super) mode: Mode,
    pub(super) caller: CallerDoes,
    /// Stops the program in the instant.
    pub(super) stopper: Option<std::process::ChildStdin>,
    /// The caller's request, to be cut.
    pub(super) held: Option<tokio::task::AbortHandle>,
    pub(super) at: Option<Instant>,
    pub(super) dice: fastrand::Rng,
}

/// Shots that wait for a moment are prepared so long before it.
const PREPARED: Duration = Duration::from_millis(60);

impl Race<'_> {
    /// Prepares everything, lets go of it, and waits for the answers.
    pub(super) async fn run(mut self) {
        let legs: Vec<_> = self.stage.legs().into_iter().filter(|(_, leg)| leg.round == self.round).collect();
        let people = self.cast.len();
        let parts: Vec<_> = legs.iter().map(|(number, leg)| (*number, self.cast[leg.person % people])).collect();
        self.pick_up_before(&parts).await;
        if let Some(at) = self.at {
            sleep(at.saturating_duration_since(now()).saturating_sub(PREPARED)).await;
        }
        if let CallerDoes::AsksAgain { .. } = self.caller {
            self.held = self.stage.give_up_held();
        }
        let asks_later = self.held.is_some();
        let mut aims = self.aims(&parts);
        self.dice.shuffle(&mut aims);
        let mut shots = Vec::with_capacity(aims.len() + 2);
        let mut answers = Vec::with_capacity(aims.len());
        for aim in aims {
            let held = matches!(aim.then, Then::Hears(Who::Caller, _));
            match prepare(self.stage, aim, self.mode.sent_before).await {
                Ok((shot, answer)) => {
                    shots.push(shot);
                    if !held {
                        answers.push(answer);
                    }
                }
                Err(error) => {
                    self.stage.fault(format!("no connection: {error}"));
                }
            }
        }
        self.add_caller_and_stop(&mut shots);
        for shot in &mut shots {
            if shot.wait.is_zero() && self.mode.spread > 0 {
                shot.wait = Duration::from_micros(self.dice.u64(..self.mode.spread));
            }
        }
        self.owners_hang_up(&parts);
        release(shots, self.mode.threads, self.at).await;
        if let CallerDoes::AsksAgain { fallback, after: after @ 1.. } = self.caller
            && asks_later
        {
            let stage = self.stage.clone();
            self.stage.tasks.spawn(async move {
                sleep(Duration::from_millis(after)).await;
                stage.ask_again(fallback);
            });
        }
        for answer in answers {
            // A reader that fails has noted why.
            let _ = answer.await;
        }
    }

    /// Whoever must have picked up before the instant does; where a key is asked for, the whisper is waited for.
    async fn pick_up_before(&self, parts: &[(u32, Role)]) {
        let mut asked = BTreeSet::new();
        for (leg, role) in parts {
            let by_key = self.screen == Screen::Key;
            let (picks_up, reported) = match role {
                Role::Accepts { reported, .. } => (by_key || *reported == Reported::Before, *reported),
                Role::Hesitates | Role::Declines => (true, Reported::Never),
                Role::Rings | Role::PicksUp | Role::IsMachine | Role::Ends(_) => (false, Reported::Never),
            };
            if !picks_up || !self.stage.pick_up(*leg) {
                continue;
            }
            if reported == Reported::Before
                && let Some((url, form)) = self.stage.progress_request(*leg, "in-progress")
            {
                self.stage.report(url, form);
            }
            if by_key && let Some((url, _)) = self.stage.first_request(*leg, None) {
                asked.insert(*leg);
                self.stage.fetch(Who::Leg(*leg), Asked::Now, url);
            }
        }
        let whispered = |stage: &Stage| asked.iter().all(|leg| stage.key_request(*leg, '1').is_some());
        if !self.stage.until(SET_UP, whispered).await {
            self.stage.fault("somebody was never asked for a key".to_owned());
        }
        if self.screen == Screen::Detection && self.at.is_none() {
            // The reports above are only sent, and the verdict takes its time in reality.
            sleep(Duration::from_millis(1)).await;
        }
    }

    fn aims(&self, parts: &[(u32, Role)]) -> Vec<Aim> {
        let mut aims = Vec::new();
        for (leg, role) in parts {
            let (leg, who) = (*leg, Who::Leg(*leg));
            let mut aim = |what, request: Option<_>, then| {
                aims.extend(request.map(|(url, form)| Aim { what, url, form, then }));
            };
            match role {
                Role::Accepts { twice, reported } => {
                    self.stage.pick_up(leg);
                    let request = || match self.screen {
                        Screen::Key => self.stage.key_request(leg, '1'),
                        Screen::Detection => self.stage.first_request(leg, Some("human")),
                    };
                    aim(Some(What::Accepts(leg)), request(), Then::Hears(who, Asked::Now));
                    if *twice {
                        aim(Some(What::AcceptsAgain(leg)), request(), Then::Hears(who, Asked::Repeat));
                    }
                    if *reported == Reported::Within {
                        aim(None, self.stage.progress_request(leg, "in-progress"), Then::Nothing);
                    }
                }
                Role::PicksUp => {
                    self.stage.pick_up(leg);
                    aim(None, self.stage.first_request(leg, None), Then::Hears(who, Asked::Now));
                }
                Role::Declines => {
                    aim(Some(What::Declines(leg)), self.stage.key_request(leg, '9'), Then::Hears(who, Asked::Now));
                }
                Role::IsMachine => {
                    self.stage.pick_up(leg);
                    let request = self.stage.first_request(leg, Some("machine_start"));
                    aim(Some(What::IsMachine(leg)), request, Then::Hears(who, Asked::Now));
                }
                Role::Ends(status) => aim(None, self.stage.progress_request(leg, status), Then::Nothing),
                Role::Rings | Role::Hesitates => {}
            }
        }
        match self.caller {
            CallerDoes::Leaves { completed, .. } => {
                let (url, form) = self.stage.caller_left_request(if completed { "completed" } else { "canceled" });
                aims.push(Aim { what: None, url, form, then: Then::CallerLeft });
            }
            CallerDoes::AsksAgain { fallback, after: 0 } if self.held.is_some() => {
                let (url, form) = self.stage.ask_again_request(fallback);
                aims.push(Aim { what: Some(What::AsksAgain), url, form, then: Then::Hears(Who::Caller, Asked::Now) });
            }
            CallerDoes::AsksAgain { .. } | CallerDoes::Waits => {}
        }
        aims
    }

    fn add_caller_and_stop(&mut self, shots: &mut Vec<Shot>) {
        let stage = self.stage.clone();
        let mut noted = |target, what: What| {
            let (sent, moment) = oneshot::channel();
            let (record, shot) = (stage.clone(), Shot { target, wait: Duration::ZERO, sent, is_last_word: false });
            stage.tasks.spawn(async move {
                if let Ok(moment) = moment.await {
                    record.record.note_at(moment, what);
                }
            });
            shots.push(shot);
        };
        if let Some(held) = self.held.take() {
            noted(Target::Cut(held), What::RequestCut);
        }
        if let Some(stopper) = self.stopper.take() {
            noted(Target::Line(stopper), What::StopAsked);
        }
        if let CallerDoes::Leaves { after, .. } = self.caller
            && let Some(shot) = shots.iter_mut().find(|shot| shot.is_last_word)
        {
            shot.wait = Duration::from_micros(after);
        }
    }

    /// Whoever hangs up in the instant does, an instant before it is reported.
    fn owners_hang_up(&self, parts: &[(u32, Role)]) {
        for (leg, role) in parts {
            if let Role::Ends(_) = role {
                self.stage.hang_up_quietly(Who::Leg(*leg), Ended::ByOwner);
            }
        }
        if let CallerDoes::Leaves { .. } = self.caller {
            self.stage.hang_up_quietly(Who::Caller, Ended::ByOwner);
        }
    }
}
