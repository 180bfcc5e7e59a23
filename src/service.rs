//! The program put together from its parts: the same for `serve`, `demo` and the tests, which differ in the
//! configuration, the clock and the way to the carrier.

mod presence;
mod reload;

use std::{sync::Arc, time::Duration};

use tracing::{info, warn};
use url::Url;

use self::{presence::ConfiguredPresence, reload::Fixed};
use crate::{
    carrier::{
        Carrier,
        transport::HttpService,
        twilio::{TwilioAccount, TwilioClient, Validator, client::BadAccount},
    },
    clock::Clock,
    config::Config,
    current::Current,
    links::Links,
    lookups::{self, Lookups},
    notices::{self, Notices},
    switchboard::Switchboard,
    tasks::Tasks,
    urls::Urls,
    web::{App, Gate, Health, Listening, Said, router},
};

/// A running program, less its listener.
#[derive(Clone)]
pub struct Service {
    /// The live calls.
    pub switchboard: Switchboard,
    /// What load balancers are told.
    pub health: Arc<Health>,
    /// Everything that goes on by itself.
    pub tasks: Tasks,
    app: Arc<App>,
    carrier: Arc<TwilioClient>,
    fixed: Arc<Fixed>,
    presence: Arc<ConfiguredPresence>,
    links: Arc<Links>,
}

/// Legs that are being ended when the program wants to stop get so long.
const LEGS_SETTLE: Duration = Duration::from_secs(5);
/// Callers who are led to an end because the program stops must still fetch their words.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// Nothing tells of the last waiting call; looking ten times a second costs nothing at the end of a program.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Service {
    /// Puts the program together for a configuration without lookups. `http` is the way to the carrier.
    pub fn new(config: &Config, public_url: &Url, http: HttpService, clock: Clock) -> Result<Self, BadAccount> {
        Self::with_lookups(config, public_url, http, lookups::nowhere(), clock)
    }

    /// Puts the program together. `http` is the way to the carrier, `lookups` that to the user's own addresses.
    pub fn with_lookups(
        config: &Config,
        public_url: &Url,
        http: HttpService,
        lookups: HttpService,
        clock: Clock,
    ) -> Result<Self, BadAccount> {
        let account = TwilioAccount {
            api_base: config.carrier.api_base.clone(),
            account_sid: config.carrier.account_sid.clone(),
            user: config.carrier.rest_user.clone(),
            secret: config.carrier.rest_secret.clone(),
        };
        let (tasks, urls, health) = (Tasks::new(), Urls::new(public_url), Arc::new(Health::new(clock)));
        let client = Arc::new(TwilioClient::new(&account, http)?);
        let carrier: Arc<dyn Carrier> = client.clone();
        let (urls_too, carrier_too) = (urls.clone(), carrier.clone());
        let lookups = Lookups::new(config.lookups.clone(), lookups, clock);
        let numbers = config.lines.clone();
        let switchboard =
            Switchboard::new(numbers, &config.carrier, urls_too, carrier_too, lookups, clock, tasks.clone());
        let presence = Arc::new(ConfiguredPresence::default());
        presence.apply(config, &switchboard);
        let links = Arc::new(Links::new(&config.carrier.auth_tokens));
        let parts = notices::Parts {
            carrier: carrier.clone(),
            switchboard: switchboard.clone(),
            urls: urls.clone(),
            links: links.clone(),
            clock,
            tasks: tasks.clone(),
        };
        let validator = Validator::new(public_url, &config.carrier.auth_tokens);
        let app = Arc::new(App {
            switchboard: switchboard.clone(),
            urls,
            gate: Gate::new(validator, config.carrier.account_sid.clone(), health.clone(), clock),
            health: health.clone(),
            current: Current::new(Said {
                sounds: config.sounds.clone(),
                unknown_number_words: config.unknown_number_words.clone(),
                failure_words: config.failure_words.clone(),
                voices: config.voices.clone(),
            }),
            notices: Notices::new(config.notices.clone(), parts),
            listening: Listening::new(links.clone(), carrier, clock),
        });
        let fixed = Arc::new(Fixed::new(config, public_url));
        Ok(Self { switchboard, health, tasks, app, carrier: client, fixed, presence, links })
    }

    /// The routes of this program.
    pub fn router(&self) -> axum::Router {
        router(self.app.clone())
    }

    /// Ends the program without leaving anybody: serves on until nobody waits, at the longest `drain_for`, then tells
    /// who still waits, then stops. Talks need no waiting for; they live at the carrier.
    pub async fn drain(&self, drain_for: Duration) {
        self.health.drain();
        info!(waiting = self.switchboard.waiting_calls(), ?drain_for, "stopping as soon as nobody waits");
        if !self.quiet_within(drain_for).await {
            warn!(
                waiting = self.switchboard.waiting_calls(),
                "still waiting calls; their callers are told and the calls end"
            );
        }
        tokio::select! {
            biased;
            () = self.end_calls() => {}
            () = self.come_to_rest() => {}
        }
        self.tasks.stop();
    }

    /// Tells who waits, and again and again: a winner gives the call back, a step rings after words, a call comes in.
    async fn end_calls(&self) {
        loop {
            self.switchboard.shut_down();
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn come_to_rest(&self) {
        self.quiet_within(LAST_WORDS).await;
        if tokio::time::timeout(LEGS_SETTLE, self.settled()).await.is_err() {
            warn!("some legs' ends are not confirmed; the carrier's own time-out ends them");
        }
    }

    async fn quiet_within(&self, limit: Duration) -> bool {
        let quiet = async {
            while self.switchboard.waiting_calls() > 0 {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(limit, quiet).await.is_ok()
    }

    async fn settled(&self) {
        while self.switchboard.unsettled_calls() > 0 {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
