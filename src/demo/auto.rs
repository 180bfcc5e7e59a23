//! A call that plays by itself: the seed decides who does what, time is virtual, and at the end it is checked that
//! exactly the right people have talked.

mod expectation;
mod plot;
mod verdict;

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use tokio::time::{sleep, timeout};

use self::{
    expectation::Expected,
    plot::{Ends, Plot},
    verdict::Seen,
};
use super::{
    cast::CALLERS,
    stage::{Stage, StageError},
};
use crate::{
    carrier::transport,
    clock::Clock,
    service::Service,
    simulator::{Caller, Phone, ServerLink, Simulator},
};

/// A call that was played.
#[derive(Debug)]
pub struct Played {
    /// Who did what, what happened and what was wrong, to be read below the seed.
    pub text: String,
    /// Everything that should have been otherwise.
    pub wrong: Vec<String>,
}

/// In virtual time. No call of a plot takes half as long.
const LONGEST: Duration = Duration::from_secs(600);
/// Afterwards nothing may ring again.
const SILENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Plays the call that this seed decides. Wants a runtime of one thread with a paused clock.
pub async fn play(seed: u64) -> Result<Played, StageError> {
    let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let stage = Stage::build(address(7000), address(7001))?;
    let plot = Plot::draw(seed, &stage);
    let theatre = Theatre::open(&plot, stage)?;
    let over = timeout(LONGEST, theatre.perform(&plot)).await;
    let mut wrong = match over {
        Ok(caller) => verdict::wrongs(&Expected::of(&plot), &theatre.seen(&caller)),
        Err(_) => vec![theatre.endless()],
    };
    wrong.extend(theatre.simulator.violations().iter().map(|violation| violation.to_string().trim().to_owned()));
    theatre.service.tasks.stop();
    Ok(Played { text: theatre.told(&plot, &wrong), wrong })
}

/// The program and its carrier, in process.
struct Theatre {
    stage: Stage,
    simulator: Simulator,
    service: Service,
}

impl Theatre {
    fn open(plot: &Plot, mut stage: Stage) -> Result<Self, StageError> {
        stage.change_line(plot.screen, plot.ringback);
        let mut settings = stage.settings();
        settings.seed = plot.seed;
        settings.cps = plot.calls_per_second;
        settings.switches = plot.switches.clone();
        settings.faults = plot.faults.clone();
        let clock = Clock::starting_at(ringall_core::time::Timestamp::from_millis(settings.epoch_millis));
        let simulator = Simulator::new(settings, ServerLink::down());
        for role in &plot.roles {
            simulator.add_phone(&role.name, role.phone, role.character.clone());
        }
        let service = stage.service(transport::in_process(simulator.rest()), clock)?;
        simulator.reconnect(ServerLink::in_process(service.router()));
        Ok(Self { stage, simulator, service })
    }

    /// Plays the call, and waits until nothing is left of it.
    async fn perform(&self, plot: &Plot) -> Caller {
        sleep(plot.calls_after).await;
        let caller = self.simulator.call(CALLERS[0].number, self.stage.line.number);
        let patience = async {
            match plot.gives_up_after {
                Some(patience) => sleep(patience).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = caller.until_talks() => self.talk(plot, &caller).await,
            _ = caller.until_ends() => {}
            () = patience => caller.hang_up(),
        }
        self.simulator.until_quiet().await;
        while self.service.switchboard.live_calls() > 0 {
            sleep(LOOK_AGAIN).await;
        }
        sleep(SILENCE).await;
        caller
    }

    async fn talk(&self, plot: &Plot, caller: &Caller) {
        sleep(plot.talks_for).await;
        match plot.ends {
            Ends::Caller => caller.hang_up(),
            Ends::Member => {
                for phone in self.talking_phones(plot) {
                    phone.hang_up();
                }
            }
        }
    }

    fn talking_phones(&self, plot: &Plot) -> Vec<Phone> {
        let world = self.simulator.snapshot();
        let talking = plot.roles.iter().zip(world.phones).filter(|(_, party)| party.state == "talking");
        talking.filter_map(|(role, _)| self.simulator.phone(role.phone)).collect()
    }

    fn seen(&self, caller: &Caller) -> Seen {
        let world = self.simulator.snapshot();
        let nobody = &self.stage.line.words.nobody.to_string();
        Seen {
            caller: world.callers.first().map(|party| party.name.clone()).unwrap_or_default(),
            talks: self.simulator.talks(),
            told_that_nobody_can: caller.heard().iter().any(|heard| heard.what.speaks(nobody)),
            still_ringing: self.simulator.still_ringing(),
            live_legs: self.simulator.live_legs().len(),
        }
    }

    fn endless(&self) -> String {
        format!(
            "the call is not over after {} s: {} legs are up and {} calls are live",
            LONGEST.as_secs(),
            self.simulator.live_legs().len(),
            self.service.switchboard.live_calls()
        )
    }

    fn told(&self, plot: &Plot, wrong: &[String]) -> String {
        let mut text = format!("{plot}\n{}\n", self.simulator.conversation());
        if wrong.is_empty() {
            let _ = writeln!(text, "Right: {}.", Expected::of(plot).in_words(&self.simulator.talks()));
        } else {
            for what in wrong {
                let _ = writeln!(text, "Wrong: {what}");
            }
            let _ = writeln!(text, "Again with: ringall demo --auto --seed {}", plot.seed);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_seeds_play_as_they_should() {
        for seed in 0..20 {
            let played = run(seed);

            assert_eq!(played.wrong, Vec::<String>::new(), "{}", played.text);
        }
    }

    #[test]
    fn the_same_seed_is_the_same_call() {
        for seed in [3, 4, 5] {
            assert_eq!(run(seed).text, run(seed).text);
        }
    }

    fn run(seed: u64) -> Played {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(play(seed)).unwrap()
    }
}
