//! The program put together from its parts: the same for `serve`, `demo` and the tests, which differ in the
//! configuration, the clock and the way to the carrier.

use std::{sync::Arc, time::Duration};

use tracing::{info, warn};
use url::Url;

use crate::{
    carrier::{
        Carrier,
        transport::HttpService,
        twilio::{TwilioAccount, TwilioClient, Validator, client::BadAccount},
    },
    clock::Clock,
    config::Config,
    links::Links,
    notices::{self, Notices},
    switchboard::Switchboard,
    tasks::Tasks,
    urls::Urls,
    web::{App, Gate, Health, Listening, router},
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
}

/// Legs that are being ended when the program wants to stop get so long.
const LEGS_SETTLE: Duration = Duration::from_secs(5);
/// Callers who are led to an end because the program stops must still fetch their words.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// Nothing tells of the last waiting call; looking ten times a second costs nothing at the end of a program.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Service {
    /// Puts the program together. `http` is the way to the carrier.
    pub fn new(config: &Config, public_url: &Url, http: HttpService, clock: Clock) -> Result<Self, BadAccount> {
        let account = TwilioAccount {
            api_base: config.carrier.api_base.clone(),
            account_sid: config.carrier.account_sid.clone(),
            user: config.carrier.rest_user.clone(),
            secret: config.carrier.rest_secret.clone(),
        };
        let (tasks, urls, health) = (Tasks::new(), Urls::new(public_url), Arc::new(Health::new(clock)));
        let carrier: Arc<dyn Carrier> = Arc::new(TwilioClient::new(&account, http)?);
        let (urls_too, carrier_too) = (urls.clone(), carrier.clone());
        let switchboard =
            Switchboard::new(config.lines.clone(), &config.carrier, urls_too, carrier_too, clock, tasks.clone());
        let links = Arc::new(Links::new(&config.carrier.auth_tokens));
        let notices = Notices::new(notices::Parts {
            config: config.notices.clone(),
            carrier: carrier.clone(),
            switchboard: switchboard.clone(),
            urls: urls.clone(),
            links: links.clone(),
            clock,
            tasks: tasks.clone(),
        });
        let validator = Validator::new(public_url, &config.carrier.auth_tokens);
        let app = Arc::new(App {
            switchboard: switchboard.clone(),
            urls,
            gate: Gate::new(validator, config.carrier.account_sid.clone(), health.clone(), clock),
            health: health.clone(),
            sounds: config.sounds.clone(),
            unknown_number_words: config.unknown_number_words.clone(),
            failure_words: config.failure_words.clone(),
            notices,
            listening: Listening::new(links, carrier, clock),
        });
        Ok(Self { switchboard, health, tasks, app })
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
