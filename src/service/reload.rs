//! Another configuration while the program runs: what holds at once, and what only after a restart.

use std::{net::SocketAddr, path::PathBuf};

use tracing::warn;
use url::Url;

use super::Service;
use crate::{
    carrier::twilio::Validator,
    config::{Config, PublicUrl, SoundFiles},
    web::Said,
};

/// What the program has begun with and cannot change.
pub(super) struct Fixed {
    configured_url: PublicUrl,
    /// The address that signatures are checked against.
    public_url: Url,
    listen: SocketAddr,
    store_path: PathBuf,
    account_sid: String,
    api_base: Url,
    calls_per_second: Option<f64>,
    concurrent_requests: usize,
}

impl Fixed {
    pub(super) fn new(config: &Config, public_url: &Url) -> Self {
        let carrier = &config.carrier;
        Self {
            configured_url: config.public_url.clone(),
            public_url: public_url.clone(),
            listen: config.listen,
            store_path: config.store_path.clone(),
            account_sid: carrier.account_sid.clone(),
            api_base: carrier.api_base.clone(),
            calls_per_second: carrier.calls_per_second,
            concurrent_requests: carrier.concurrent_requests,
        }
    }

    /// The keys of the file that say something else than what the program has begun with.
    fn changed(&self, config: &Config) -> Vec<&'static str> {
        let carrier = &config.carrier;
        let keys = [
            ("public_url", self.configured_url != config.public_url),
            ("server.listen", self.listen != config.listen),
            ("store.path", self.store_path != config.store_path),
            ("carrier.account_sid", self.is_other_account(config)),
            ("carrier.api_base", self.api_base != carrier.api_base),
            ("carrier.calls_per_second", self.calls_per_second != carrier.calls_per_second),
            ("carrier.concurrent_requests", self.concurrent_requests != carrier.concurrent_requests),
        ];
        keys.into_iter().filter_map(|(key, changed)| changed.then_some(key)).collect()
    }

    fn is_other_account(&self, config: &Config) -> bool {
        self.account_sid != config.carrier.account_sid
    }
}

impl Service {
    /// From now on this configuration holds. Calls that are live keep the way that they began with. Whatever cannot
    /// change while the program runs stays as it was, and its keys are logged and returned.
    pub fn reload(&self, config: &Config) -> Vec<&'static str> {
        let later = self.fixed.changed(config);
        for key in &later {
            warn!("configuration: {key}: takes effect after a restart");
        }
        // The secrets of another account would lock out the one that is served.
        if !self.fixed.is_other_account(config) {
            self.app.gate.reload(Validator::new(&self.fixed.public_url, &config.carrier.auth_tokens));
            self.carrier.log_in_with(&config.carrier.rest_user, &config.carrier.rest_secret);
            self.links.reload(&config.carrier.auth_tokens);
        }
        self.app.current.replace(Said {
            sounds: self.sounds_after(config),
            unknown_number_words: config.unknown_number_words.clone(),
            failure_words: config.failure_words.clone(),
            voices: config.voices.clone(),
        });
        self.switchboard.reload(config.lines.clone(), config.carrier.reply_budget);
        self.switchboard.reload_lookups(&config.lookups);
        self.app.notices.reload(config.notices.clone());
        self.presence.apply(config, &self.switchboard);
        self.health.configuration_loaded();
        later
    }

    /// A configuration was refused; what ran before runs on.
    pub fn refused_to_reload(&self) {
        self.health.configuration_refused();
    }

    /// The new sounds, and while calls are live also those that only calls from before play.
    fn sounds_after(&self, config: &Config) -> SoundFiles {
        let mut sounds = config.sounds.clone();
        if self.switchboard.live_calls() > 0 {
            for (name, sound) in &self.app.current.get().sounds {
                sounds.entry(name.clone()).or_insert_with(|| sound.clone());
            }
        }
        sounds
    }
}
