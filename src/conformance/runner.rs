//! Plays the scenarios one after another and judges what is common to all of them: rest, then silence, and nobody who
//! had to bear what no one should.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;

use super::{
    exchange::Exchange,
    preflight::{self, CannotBegin, Known},
    report::{Outcome, Report, Trouble},
    scenarios::Scenario,
    stage::{House, Stage},
    target::Target,
};
use crate::{
    clock::Clock,
    simulator::{Simulator, serve},
};

/// The carrier that plays, and the server that is tried.
pub struct Suite {
    house: House,
    known: Arc<Known>,
}

/// A scenario takes no longer than this and some times as long as the server's phones ring, whatever happens.
const LONGEST: Duration = Duration::from_secs(90);
/// How long everything may take to come to rest, beside what the server may take for its part.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// How long there must be silence after that.
const SILENCE: Duration = Duration::from_millis(250);

impl Suite {
    /// Serves the carrier's REST API on this listener, and makes the first call.
    pub async fn begin(target: Target, listener: TcpListener) -> Result<Self, CannotBegin> {
        let exchange = Exchange::default();
        let house = House::new(target, exchange.clone(), Clock::system());
        let rest = listener.local_addr().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)));
        let tasks = TaskTracker::new();
        let serving = tasks.clone();
        tasks.spawn(async move {
            // It ends with the program; a listener that breaks shows in the first scenario after it.
            let _: io::Result<()> = serve(listener, exchange.router(), &serving).await;
        });
        let known = Arc::new(preflight::look_around(&house, rest).await?);
        Ok(Self { house, known })
    }

    /// What the first call has shown of the server, in words.
    pub fn about_the_server(&self) -> String {
        let Known { phones, asks_for_key, .. } = *self.known;
        let phones = if phones == 1 { "1 phone rings".to_owned() } else { format!("{phones} phones ring") };
        let asks = if asks_for_key { "who picks up is asked for a key" } else { "nobody is asked for a key" };
        format!("{phones} for a call, {asks}")
    }

    /// Plays one scenario.
    pub async fn play(&self, scenario: &'static Scenario) -> Report {
        let began = self.house.clock.now();
        let outcome = self.outcome(scenario).await;
        Report { scenario, outcome, took: self.house.clock.now().since(began) }
    }

    async fn outcome(&self, scenario: &'static Scenario) -> Outcome {
        if let Some(why) = self.cannot_be_tried(scenario) {
            return Outcome::Skipped(why);
        }
        let stage = Stage::new(&self.house, &self.known);
        let limit = LONGEST + self.house.target.ring_for * 3;
        let played = timeout(limit, (scenario.play)(stage)).await;
        let Some(carrier) = self.house.exchange.on_duty() else {
            return Outcome::Skipped("nothing was played".to_owned());
        };
        let mut why = match played {
            Ok(Ok(())) => Vec::new(),
            Ok(Err(Trouble::Broken(what))) => vec![what],
            Ok(Err(Trouble::Skipped(why))) => {
                self.clear(&carrier).await;
                return Outcome::Skipped(why);
            }
            Err(_) => vec![format!("expected: it takes no longer than {}", humantime::format_duration(limit))],
        };
        if why.is_empty() {
            why.extend(self.no_rest(&carrier).await);
        }
        let conversation = carrier.conversation();
        why.extend(
            carrier
                .violations()
                .iter()
                .map(|violation| format!("nobody should have to bear this: {}", violation.to_string().trim())),
        );
        if why.is_empty() {
            return Outcome::Held { conversation };
        }
        let warnings = carrier.warnings();
        let debugger = |warning: &crate::simulator::Warning| {
            format!("the carrier's debugger shows {}: {}", warning.code, warning.message)
        };
        why.extend(warnings.iter().take(MOST_WARNINGS).map(debugger));
        self.clear(&carrier).await;
        Outcome::Broken { why, conversation }
    }

    /// Waits until everything has come to rest by itself and nothing happens any more; says what does not.
    async fn no_rest(&self, carrier: &Simulator) -> Option<String> {
        if timeout(self.rest(), carrier.until_quiet()).await.is_err() {
            let ringing = carrier.still_ringing();
            let left = if ringing.is_empty() {
                "somebody is still on the line".to_owned()
            } else {
                format!("{} still rings", ringing.join(", "))
            };
            return Some(format!(
                "expected: everything comes to rest by itself within {}; {left}",
                humantime::format_duration(self.rest())
            ));
        }
        let before = carrier.conversation();
        sleep(SILENCE).await;
        (carrier.conversation() != before).then(|| "expected: nothing happens after the end".to_owned())
    }

    /// Ends what is left, so that the next scenario finds everybody free.
    async fn clear(&self, carrier: &Simulator) {
        for _ in 0..2 {
            carrier.end_everything();
            let _ = timeout(self.rest(), carrier.until_quiet()).await;
            // An order that was under way may ring somebody yet.
            sleep(SILENCE).await;
        }
    }

    fn rest(&self) -> Duration {
        LAST_WORDS + self.house.target.react_within * 4
    }

    /// Whether anybody still listens where the server was.
    pub async fn is_server_there(&self) -> bool {
        let target = &self.house.target;
        let connecting = async {
            match target.connect_to {
                Some(address) => TcpStream::connect(address).await,
                None => {
                    let host = target.inbound.host_str().unwrap_or_default().trim_matches(['[', ']']);
                    TcpStream::connect((host, target.inbound.port_or_known_default().unwrap_or(80))).await
                }
            }
        };
        matches!(timeout(target.react_within, connecting).await, Ok(Ok(_)))
    }

    fn cannot_be_tried(&self, scenario: &Scenario) -> Option<String> {
        let (has, needs) = (self.known.phones, scenario.needs.phones);
        if has < needs {
            return Some(format!("needs {needs} phones that ring for a call, and your server rings {has}"));
        }
        (scenario.needs.fallback && self.house.target.fallback.is_none())
            .then(|| "your server's fallback is not known: --fallback URL".to_owned())
    }
}

const MOST_WARNINGS: usize = 5;
