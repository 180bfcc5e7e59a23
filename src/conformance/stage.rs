//! What is set up before a scenario begins: the carrier's habits and faults, and who will be at the telephones.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ringall_core::phone::PhoneNumber;

use super::{exchange::Exchange, preflight::Known, scene::Scene, target::Target};
use crate::{
    clock::Clock,
    simulator::{
        Character, Faults, Hearing, Method, Newcomer, Number, Phone, RestFault, ServerLink, Settings, Simulator,
        Switches,
    },
};

/// What all scenarios share.
#[derive(Clone)]
pub(super) struct House {
    pub(super) target: Arc<Target>,
    pub(super) exchange: Exchange,
    pub(super) clock: Clock,
    /// How many people have called so far; each has a number of their own.
    callers: Arc<AtomicUsize>,
    /// What was said to whoever had a call in the end: so it does not tell anybody that they have not.
    usual_words: Arc<Mutex<BTreeSet<String>>>,
}

/// What is set up before the curtain rises.
pub(super) struct Stage {
    pub(super) house: House,
    pub(super) known: Arc<Known>,
    settings: Settings,
    newcomers: Vec<Newcomer>,
}

/// Detection decides quickly, and the network finds a telephone at once.
const DETECTION: Duration = Duration::from_millis(300);
const SETUP: Duration = Duration::from_millis(50);
/// Three times as fast as people speak.
const SPEECH: u64 = 42;
/// More telephones than any server dials.
const EVERYBODY: usize = 200;
/// Callers' numbers are of those that Ofcom keeps for plays: nobody has them.
const CALLERS: &str = "+441632960";

impl House {
    pub(super) fn new(target: Target, exchange: Exchange, clock: Clock) -> Self {
        // Two runs in a row call from other numbers, in case the server remembers who has called.
        let first = usize::try_from(clock.now().as_millis() % 1000).unwrap_or(0);
        Self {
            target: Arc::new(target),
            exchange,
            clock,
            callers: Arc::new(AtomicUsize::new(first)),
            usual_words: Arc::default(),
        }
    }

    /// Remembers what was said at this phone before it was joined.
    pub(super) fn remember_usual_words(&self, phone: &Phone) {
        let before = phone.heard().into_iter().take_while(|heard| !matches!(heard.what, Hearing::Talking(_)));
        let words = before.filter_map(|heard| if let Hearing::Words(words) = heard.what { Some(words) } else { None });
        self.usual_words().extend(words);
    }

    /// Whether somebody was told the same who had the call in the end.
    pub(super) fn is_usual(&self, words: &str) -> bool {
        self.usual_words().contains(words)
    }

    fn usual_words(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.usual_words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that nobody has called from lately.
    pub(super) fn fresh_caller(&self) -> String {
        loop {
            let nth = self.callers.fetch_add(1, Ordering::Relaxed);
            let number = format!("{CALLERS}{:03}", nth % 1000);
            if number != self.target.line.expose() {
                return number;
            }
        }
    }
}

impl Stage {
    /// The server's account at a carrier that does what its documents say, as fast as it may.
    pub(super) fn new(house: &House, known: &Arc<Known>) -> Self {
        let target = &house.target;
        let settings = Settings {
            cps: 0.0,
            speech: SPEECH,
            epoch_millis: house.clock.now().as_millis(),
            // The server may remember ended calls by their names, so no two runs use the same.
            seed: fastrand::u64(..),
            numbers: vec![number_of(target, target.line)],
            switches: Switches { detection_delay: DETECTION, setup: SETUP, ..Switches::default() },
            ..Settings::new(&target.account_sid, target.auth_token.expose())
        };
        let mut stage = Self { house: house.clone(), known: known.clone(), settings, newcomers: Vec::new() };
        stage.settings.allowed.two_offers = target.ring_busy;
        stage
    }

    /// What goes wrong by itself.
    pub(super) fn faults(mut self, faults: Faults) -> Self {
        self.settings.faults = faults;
        self
    }

    /// Turns some of the carrier's switches.
    pub(super) fn switches(mut self, turn: impl FnOnce(&mut Switches)) -> Self {
        turn(&mut self.settings.switches);
        self
    }

    /// The phones that are dialled first fail to be dialled, each in its way.
    pub(super) fn first_fail(mut self, faults: &[RestFault]) -> Self {
        self.newcomers = faults.iter().map(|fault| Newcomer { fault: Some(*fault), ..Newcomer::manual() }).collect();
        self
    }

    /// No phone can be dialled.
    pub(super) fn all_fail(mut self, fault: RestFault) -> Self {
        self.newcomers = vec![Newcomer { fault: Some(fault), ..Newcomer::manual() }; EVERYBODY];
        self
    }

    /// All phones behave like these in turn.
    pub(super) fn all_are(mut self, characters: &[Character]) -> Self {
        let newcomer = |character: &Character| Newcomer { character: character.clone(), fault: None };
        self.newcomers = characters.iter().map(newcomer).cycle().take(EVERYBODY).collect();
        self
    }

    /// The incoming call's webhook is requested by this method.
    pub(super) fn by(mut self, method: Method) -> Self {
        for number in &mut self.settings.numbers {
            number.voice_method = method;
        }
        self
    }

    /// The incoming call's webhook leads nowhere.
    pub(super) fn broken_voice_url(mut self) -> Self {
        let mut nowhere = self.house.target.inbound.clone();
        nowhere.set_path(&format!("{}-leads-nowhere", nowhere.path()));
        for number in &mut self.settings.numbers {
            number.voice_url = nowhere.to_string();
        }
        self
    }

    /// The account has a second number, which the server has not heard of.
    pub(super) fn second_number(mut self, number: PhoneNumber) -> Self {
        self.settings.numbers.push(number_of(&self.house.target, number));
        self
    }

    /// Raises the curtain.
    pub(super) fn open(self) -> Scene {
        let link = match self.house.target.connect_to {
            Some(address) => ServerLink::over_http_to(address),
            None => ServerLink::over_http(),
        };
        let carrier = Simulator::new(self.settings, link);
        carrier.expect_newcomers(self.newcomers);
        self.house.exchange.connect(&carrier);
        Scene { carrier, house: self.house, known: self.known }
    }
}

fn number_of(target: &Target, number: PhoneNumber) -> Number {
    Number {
        number,
        voice_url: target.inbound.to_string(),
        voice_method: target.method,
        fallback_url: target.fallback.as_ref().map(ToString::to_string),
        status_callback: Some(target.status.to_string()),
    }
}
