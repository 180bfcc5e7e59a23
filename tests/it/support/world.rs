//! The world of one conversation: who is in it, what became of them, and that nothing is left at its end.

use std::time::Duration;

use axum::Router;
use ringall::{
    carrier::transport::{self, HttpService},
    clock::Clock,
    config::Config,
    service::Service,
    simulator::{Caller, Phone, Plug, ServerLink, Simulator},
    switchboard::Entry,
};
use ringall_core::{
    fact::{Fact, Outcome},
    phone::PhoneNumber,
};
use tokio::{
    sync::broadcast::Receiver,
    time::{sleep, timeout},
};
use url::Url;

use super::{
    CALLER, LINE, Stage, millis, number, seconds,
    stage::{API_BASE, PUBLIC_URL, Setup},
};

/// One run of the program.
pub(crate) struct Program {
    pub(crate) service: Service,
    plug: Plug,
    clock: Clock,
    lookups: HttpService,
    facts: Receiver<Entry>,
}

/// The carrier, everybody at its telephones, and the program.
pub(crate) struct World {
    pub(crate) carrier: Simulator,
    pub(crate) public_url: Url,
    pub(crate) program: Program,
    stage: Stage,
    seed: u64,
    config: Config,
    phones: Vec<(String, PhoneNumber)>,
    expected_warnings: Vec<u32>,
    told: Vec<Fact>,
    finished: bool,
}

impl Program {
    /// Starts the program; `plug` kills it.
    pub(crate) fn start(
        config: &Config,
        public_url: &Url,
        http: HttpService,
        lookups: HttpService,
        clock: Clock,
        plug: Plug,
    ) -> Self {
        let service = Service::with_lookups(config, public_url, http, lookups.clone(), clock).expect("a good account");
        let facts = service.switchboard.facts();
        Self { service, plug, clock, lookups, facts }
    }

    pub(crate) fn router(&self) -> Router {
        self.plug.router(self.service.router())
    }
}

impl World {
    pub(crate) fn new(
        stage: Stage,
        seed: u64,
        carrier: Simulator,
        config: Config,
        public_url: Url,
        phones: Vec<(String, PhoneNumber)>,
        program: Program,
    ) -> Self {
        let (expected_warnings, told, finished) = (Vec::new(), Vec::new(), false);
        Self { carrier, public_url, program, stage, seed, config, phones, expected_warnings, told, finished }
    }

    /// Where the carrier's API is.
    pub(crate) fn api_base(&self) -> &str {
        self.config.carrier.api_base.as_str()
    }

    /// Somebody calls the line.
    pub(crate) fn call(&self) -> Caller {
        self.call_from(CALLER)
    }

    /// Somebody calls the line and shows this.
    pub(crate) fn call_from(&self, from: &str) -> Caller {
        self.carrier.call(from, number(LINE))
    }

    /// Somebody's telephone.
    pub(crate) fn phone(&self, name: &str) -> Phone {
        let (_, phone) = self.phones.iter().find(|(known, _)| known == name).expect("a person of this conversation");
        self.carrier.phone(*phone).expect("everybody has a telephone")
    }

    /// The numbers of everybody's telephones.
    pub(crate) fn everybody(&self) -> Vec<PhoneNumber> {
        self.phones.iter().map(|(_, phone)| *phone).collect()
    }

    /// Several people's telephones.
    pub(crate) fn phones<const N: usize>(&self, names: [&str; N]) -> [Phone; N] {
        names.map(|name| self.phone(name))
    }

    /// Milliseconds since the curtain rose.
    pub(crate) fn now(&self) -> u64 {
        self.carrier.snapshot().at
    }

    /// Lets time pass.
    pub(crate) async fn after(&self, time: Duration) {
        sleep(time).await;
    }

    /// Lets whatever happens at this moment happen, and everybody hear of it.
    pub(crate) async fn settle(&self) {
        sleep(if self.stage == Stage::VirtualTime { millis(50) } else { millis(500) }).await;
    }

    /// What became of the calls that are over, in the order of their ends.
    pub(crate) fn outcomes(&mut self) -> Vec<Outcome> {
        self.hear_facts();
        let outcome = |fact: &Fact| if let Fact::Over(outcome) = fact { Some(*outcome) } else { None };
        self.told.iter().filter_map(outcome).collect()
    }

    /// How often a fact with these words was told.
    pub(crate) fn times(&mut self, words: &str) -> usize {
        self.hear_facts();
        self.told.iter().filter(|fact| fact.to_string().contains(words)).count()
    }

    /// The facts with these words, in their order.
    pub(crate) fn told_with(&mut self, words: &str) -> Vec<String> {
        self.hear_facts();
        self.told.iter().map(ToString::to_string).filter(|fact| fact.contains(words)).collect()
    }

    /// From now on the carrier finds this in the program's place.
    pub(crate) fn reach(&self, router: Router) {
        self.carrier.reconnect(ServerLink::in_process(router));
    }

    /// Kills the program. Until it starts again every connection is refused.
    pub(crate) fn kill(&self) {
        assert_eq!(self.stage, Stage::VirtualTime, "threads cannot be killed");
        self.carrier.reconnect(ServerLink::down());
        self.program.plug.pull();
    }

    /// Starts the program again, with nothing in its memory.
    pub(crate) fn start_again(&mut self) {
        self.hear_facts();
        let plug = Plug::default();
        let http = plug.transport(transport::in_process(self.carrier.rest()));
        self.program = Program::start(
            &self.config,
            &self.public_url,
            http,
            self.program.lookups.clone(),
            self.program.clock,
            plug,
        );
        self.carrier.reconnect(ServerLink::in_process(self.program.router()));
    }

    /// Somebody edits the file, and the program loads it while it runs; answers with what takes effect after a restart.
    pub(crate) fn edit(&mut self, setup: &Setup) -> Vec<&'static str> {
        assert_eq!(self.stage, Stage::VirtualTime, "addresses are those without sockets");
        self.config = setup.config(PUBLIC_URL, API_BASE);
        self.program.service.reload(&self.config)
    }

    /// The carrier's debugger will show this code once more.
    pub(crate) fn expect_warning(&mut self, code: u32) {
        self.expected_warnings.push(code);
    }

    /// The carrier's debugger shows this code and no other, however often.
    pub(crate) fn expect_every_warning(&mut self, code: u32) {
        self.expected_warnings = vec![code; self.carrier.warnings().len()];
    }

    /// Ends the conversation: everything comes to rest by itself, nobody had to bear anything, and then there is
    /// silence.
    pub(crate) async fn finish(mut self) {
        self.come_to_rest().await;
        // The last callbacks are under way when the last leg is over.
        sleep(millis(200)).await;
        self.come_to_rest().await;
        let before = (self.carrier.conversation(), self.carrier.webhook_log().len());
        sleep(if self.stage == Stage::VirtualTime { seconds(60) } else { millis(300) }).await;
        let after = (self.carrier.conversation(), self.carrier.webhook_log().len());
        assert_eq!(before, after, "something happened after the end");

        self.nobody_had_to_bear_anything();
        let warnings = self.carrier.warnings();
        let codes: Vec<_> = warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(codes, self.expected_warnings, "the carrier's debugger shows {warnings:#?}");
        self.finished = true;
    }

    /// Ends a conversation during which the program was away, which the carrier's debugger shows in its own way.
    pub(crate) async fn finish_despite_warnings(mut self) {
        self.come_to_rest().await;
        self.expected_warnings = self.carrier.warnings().iter().map(|warning| warning.code).collect();
        self.finish().await;
    }

    /// Ends a conversation after which the program has stopped and hears of nothing any more.
    pub(crate) async fn finish_stopped(mut self) {
        let limit = if self.stage == Stage::VirtualTime { seconds(60) } else { seconds(20) };
        let carrier = self.carrier.clone();
        let quiet = timeout(limit, carrier.until_quiet()).await;
        assert!(quiet.is_ok(), "somebody was left: {:?}", self.unrest());
        self.nobody_had_to_bear_anything();
        self.finished = true;
    }

    /// Waits until nothing goes on any more.
    pub(crate) async fn come_to_rest(&self) {
        self.rest_within(if self.stage == Stage::VirtualTime { seconds(300) } else { seconds(20) }).await;
    }

    async fn rest_within(&self, limit: Duration) {
        let resting = async {
            while self.unrest().is_some() {
                sleep(millis(100)).await;
            }
        };
        let rests = timeout(limit, resting).await.is_ok();
        assert!(rests, "{limit:?} after the conversation there is no rest: {:?}", self.unrest());
    }

    fn nobody_had_to_bear_anything(&self) {
        let violations: Vec<_> = self.carrier.violations().iter().map(ToString::to_string).collect();
        assert!(violations.is_empty(), "somebody had to bear this:\n{}", violations.join("\n"));
    }

    /// What still goes on.
    fn unrest(&self) -> Option<String> {
        let (ringing, legs) = (self.carrier.still_ringing(), self.carrier.live_legs().len());
        let log = self.carrier.webhook_log();
        let pending: Vec<_> = log.iter().filter(|entry| entry.outcome.is_none()).map(|entry| &entry.url).collect();
        let calls = self.program.service.switchboard.live_calls();
        // Some reports are under way for a while: that a recording is ready, or that a text message has arrived.
        let quiet = self.carrier.is_quiet();
        let rests = ringing.is_empty() && legs == 0 && pending.is_empty() && calls == 0 && quiet;
        (!rests).then(|| {
            format!("{ringing:?} ring, {legs} legs live, {pending:?} are awaited, {calls} calls live, quiet: {quiet}")
        })
    }

    fn hear_facts(&mut self) {
        while let Ok(entry) = self.program.facts.try_recv() {
            self.told.push(entry.fact);
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.program.service.tasks.stop();
        if std::thread::panicking() {
            eprintln!("The conversation (seed {}):\n{}", self.seed, self.carrier.conversation());
        } else {
            assert!(self.finished, "a conversation ends with `finish`");
        }
    }
}
