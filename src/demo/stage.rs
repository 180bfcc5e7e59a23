//! The configuration of the demonstration, and what is built from it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use ringall_core::{
    call::Ringback,
    flow::{Flow, RingGroup},
    screen::Screen,
    time::Timestamp,
};
use url::Url;

use crate::{
    carrier::{
        transport::{HttpService, NoNetwork},
        twilio::client::BadAccount,
    },
    clock::Clock,
    config::{Config, Line, Person, Problems, PublicUrl, Strictness},
    service::Service,
    simulator::{Character, ServerLink, Settings, Simulator, Switches},
};

/// Everything that is there before anybody plays.
pub(super) struct Stage {
    pub(super) config: Config,
    pub(super) line: Arc<Line>,
    /// Everybody who can be rung, with the configuration's name for them.
    pub(super) people: Vec<(String, Person)>,
    public_url: Url,
}

/// Why the demonstration cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The configuration that the program carries with it is wrong.
    #[error("the demo's configuration is wrong:\n{0}")]
    Configuration(Problems),
    /// It has no line.
    #[error("the demo's configuration has no line")]
    NoLine,
    /// An address cannot be written as a URL.
    #[error("not an address")]
    Address(#[from] url::ParseError),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Network(#[from] NoNetwork),
    /// The account's name or secret cannot be sent.
    #[error(transparent)]
    Account(#[from] BadAccount),
}

const CONFIGURATION: &str = include_str!("../../config/demo.toml");
/// A breath between the telephones, so that one sees them being dialled one after another.
const CALLS_PER_SECOND: f64 = 8.0;
const SETUP: Duration = Duration::from_millis(350);

impl Stage {
    /// Reads the configuration, for a program at `page` and a carrier whose API is at `api`.
    pub(super) fn build(page: SocketAddr, api: SocketAddr) -> Result<Self, StageError> {
        let (mut config, _) = Config::parse(CONFIGURATION, Strictness::Serve).map_err(StageError::Configuration)?;
        let public_url = Url::parse(&format!("http://{page}/"))?;
        config.listen = page;
        config.public_url = PublicUrl::Url(public_url.clone());
        config.carrier.api_base = Url::parse(&format!("http://{api}/"))?;
        let line = config.lines.values().next().cloned().ok_or(StageError::NoLine)?;
        let people = config.people.iter().map(|(id, person)| (id.clone(), person.clone())).collect();
        Ok(Self { config, line, people, public_url })
    }

    /// The program. `http` is its way to the carrier.
    pub(super) fn service(&self, http: HttpService, clock: Clock) -> Result<Service, BadAccount> {
        Service::new(&self.config, &self.public_url, http, clock)
    }

    /// Lets the line screen and ring otherwise than the configuration says.
    pub(super) fn change_line(&mut self, screen: Screen, ringback: Ringback) {
        let Some(group) = self.line.flow.groups().next() else { return };
        let group = Arc::new(RingGroup { screen, ..RingGroup::clone(group) });
        let flow = Arc::new(Flow::ring_then_say(group, self.line.words.nobody.clone()));
        self.line = Arc::new(Line { flow, ringback, ..Line::clone(&self.line) });
        self.config.lines.insert(self.line.number, self.line.clone());
    }

    /// A carrier that reaches the program over HTTP, with telephones that wait for a hand.
    pub(super) fn simulator_over_http(&self, now: Timestamp) -> Simulator {
        let mut settings = self.settings();
        settings.seed = now.as_millis();
        settings.epoch_millis = now.as_millis();
        settings.cps = CALLS_PER_SECOND;
        settings.switches = Switches { setup: SETUP, ..Switches::default() };
        let simulator = Simulator::new(settings, ServerLink::over_http());
        for (_, person) in &self.people {
            simulator.add_phone(&person.name, person.phone, Character::Manual);
        }
        simulator
    }

    /// The account at the carrier.
    pub(super) fn settings(&self) -> Settings {
        let carrier = &self.config.carrier;
        let token = carrier.auth_tokens.first().map_or("", |token| token.expose());
        let base = self.public_url.as_str().trim_end_matches('/');
        Settings::new(&carrier.account_sid, token).with_number(self.line.number, base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_rings_five_people_on_one_line_of_this_machine() {
        let stage = Stage::build(([127, 0, 0, 1], 7100).into(), ([127, 0, 0, 1], 7101).into()).unwrap();

        let names: Vec<_> = stage.people.iter().map(|(id, person)| format!("{id} {}", person.name)).collect();
        assert_eq!(names, ["ana Ana", "ben Ben", "carla Carla", "dev Dev", "eva Eva"]);
        assert_eq!(stage.line.flow.groups().map(|group| group.members.len()).collect::<Vec<_>>(), [5]);
        assert_eq!(stage.public_url.as_str(), "http://127.0.0.1:7100/");
        assert_eq!(stage.config.carrier.api_base.as_str(), "http://127.0.0.1:7101/");
    }

    #[test]
    fn the_demos_configuration_raises_no_warning() {
        let (_, warnings) = Config::parse(CONFIGURATION, Strictness::Serve).unwrap();

        assert_eq!(warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    }
}
