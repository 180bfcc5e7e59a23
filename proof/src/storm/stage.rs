//! What a plan becomes: a configuration as its file says it, a carrier, and the program before it.

use axum::Router;
use ringall::{
    carrier::transport::{self, HttpService},
    clock::Clock,
    config::{Config, Strictness},
    service::Service,
    simulator::{Allowed, Plug, ServerLink, Settings, Simulator},
};
use ringall_core::{phone::PhoneNumber, time::Timestamp};
use url::Url;

use super::{
    desk::Desk,
    file::file,
    net::Way,
    plan::{Plan, Screen},
    positions,
    sabotage::Sabotage,
};

/// The carrier's account.
pub const ACCOUNT: &str = "AC00000000000000000000000000000001";
/// What signs webhooks and opens the REST API.
pub const TOKEN: &str = "the-token-that-must-not-be-logged";
/// What callers hear who are to press a key.
pub const PROMPT: &str = "Press a key now.";
/// What callers hear who may press a key to leave a queue.
pub const LEAVE: &str = "Press a key to go.";
/// What both have in common.
pub const PRESS: &str = "Press a key";
/// What the carrier calls.
pub const PUBLIC_URL: &str = "https://hotline.example.org";
/// 1 January 2026, the clock of every storm.
const NEW_YEAR: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// The carrier, and the program as it runs now.
pub struct Stage {
    /// The carrier and everybody at its telephones.
    pub carrier: Simulator,
    /// The program.
    pub service: Service,
    /// Who is asked who calls.
    pub desk: Desk,
    config: Config,
    public_url: Url,
    clock: Clock,
    plug: Plug,
    way: Way,
    /// What is done wrong.
    pub sabotage: Sabotage,
}

impl Stage {
    /// Raises the curtain: the program runs, the telephones lie idle.
    pub fn new(plan: &Plan, sabotage: Sabotage) -> Self {
        let text = file(&sabotage.plan(plan));
        let config = match Config::parse(&text, Strictness::Serve) {
            Ok((config, _)) => config,
            Err(problems) => panic!("{problems}\nin\n{text}"),
        };
        let public_url: Url = PUBLIC_URL.parse().expect("an address");
        let carrier = Simulator::new(settings(plan), ServerLink::down());
        for (phone, does) in plan.phones() {
            carrier.add_phone(&name_of(phone), phone_number(phone), does.character());
        }
        for (nth, does) in plan.outside.iter().enumerate() {
            carrier.add_phone(&format!("Office{nth}"), outside_number(nth), does.character());
        }
        let clock = Clock::starting_at(NEW_YEAR);
        let plug = Plug::default();
        let desk = Desk::new(plan, &carrier);
        let http = transport::in_process(carrier.rest());
        let service = start(&config, &public_url, (http, desk.http()), clock, &plug, sabotage);
        let way = Way::new(&plan.net, plan.dice);
        let stage = Self { carrier, service, desk, config, public_url, clock, plug, way, sabotage };
        stage.connect();
        stage
    }

    /// Kills the program. Until it starts again every connection is refused.
    pub fn kill(&self) {
        self.carrier.reconnect(ServerLink::down());
        self.plug.pull();
        self.service.tasks.stop();
    }

    /// Starts the program again, with nothing in its memory.
    pub fn start_again(&mut self) {
        self.plug = Plug::default();
        let ways = (transport::in_process(self.carrier.rest()), self.desk.http());
        self.service = start(&self.config, &self.public_url, ways, self.clock, &self.plug, self.sabotage);
        self.connect();
    }

    fn connect(&self) {
        let http = transport::in_process(self.carrier.rest());
        let router: Router = self.way.router(self.plug.router(self.sabotage.router(self.service.router(), http)));
        self.carrier.reconnect(ServerLink::in_process(router));
    }
}

/// The program with its ways to the carrier and to the desk.
fn start(
    config: &Config,
    public_url: &Url,
    (carrier, desk): (HttpService, HttpService),
    clock: Clock,
    plug: &Plug,
    sabotage: Sabotage,
) -> Service {
    let http = plug.transport(sabotage.transport(carrier));
    let lookups = plug.transport(sabotage.lookups(desk));
    Service::with_lookups(config, public_url, http, lookups, clock).expect("a good account")
}

/// The number of a line.
pub fn line_number(line: usize) -> PhoneNumber {
    format!("+4416329600{line:02}").parse().expect("a whole number")
}

/// The number of a telephone.
pub fn phone_number(phone: usize) -> PhoneNumber {
    format!("+4477009000{phone:02}").parse().expect("a whole number")
}

/// An outside number.
pub fn outside_number(nth: usize) -> PhoneNumber {
    format!("+4416329607{nth:02}").parse().expect("a whole number")
}

/// What a caller shows; zero shows nothing.
pub fn caller_number(from: usize) -> String {
    if from == 0 { "anonymous".to_owned() } else { format!("+4416329609{from:02}") }
}

/// The name at a telephone.
pub fn name_of(phone: usize) -> String {
    const NAMES: [&str; 12] =
        ["Ana", "Ben", "Carla", "Dan", "Eva", "Finn", "Gita", "Hugo", "Ida", "Jan", "Kim", "Lena"];
    NAMES.get(phone).map_or_else(|| format!("Nobody{phone}"), |name| (*name).to_owned())
}

fn settings(plan: &Plan) -> Settings {
    let mut settings = Settings {
        cps: f64::from(plan.cps),
        seed: plan.dice,
        faults: plan.mishaps.faults(),
        // The judges know better when something is allowed.
        allowed: Allowed { two_offers: true, machines: true, wordless_ends: true },
        ..Settings::new(ACCOUNT, TOKEN)
    };
    for line in 0..plan.lines.len() {
        settings = settings.with_number(line_number(line), PUBLIC_URL);
    }
    positions::turn(plan, &mut settings);
    if plan.speech.pace > 0 {
        settings.speech = plan.speech.pace;
    }
    settings
}

impl Screen {
    /// Every way to tell a human from a mailbox.
    pub const ALL: [Self; 4] = [Self::Amd, Self::Key, Self::AmdAndKey, Self::None];
}
