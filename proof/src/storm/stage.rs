//! What a plan becomes: a configuration as its file says it, a carrier, and the program before it.

use std::fmt::Write as _;

use axum::Router;
use ringall::{
    carrier::transport,
    clock::Clock,
    config::{Config, Strictness},
    service::Service,
    simulator::{Allowed, Plug, ServerLink, Settings, Simulator},
};
use ringall_core::{phone::PhoneNumber, time::Timestamp};
use url::Url;

use super::{
    flow::{Forward, Hours, Menu, Step, Tier},
    net::Way,
    plan::{Plan, Screen},
    positions::{self, position},
    sabotage::Sabotage,
};

/// The carrier's account.
pub const ACCOUNT: &str = "AC00000000000000000000000000000001";
/// What signs webhooks and opens the REST API.
pub const TOKEN: &str = "the-token-that-must-not-be-logged";
/// What callers hear who are to press a key.
pub const PROMPT: &str = "Press a key now.";
const PUBLIC_URL: &str = "https://hotline.example.org";
/// 1 January 2026, the clock of every storm.
const NEW_YEAR: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// The carrier, and the program as it runs now.
pub struct Stage {
    /// The carrier and everybody at its telephones.
    pub carrier: Simulator,
    /// The program.
    pub service: Service,
    config: Config,
    public_url: Url,
    clock: Clock,
    plug: Plug,
    way: Way,
    sabotage: Sabotage,
}

impl Stage {
    /// Raises the curtain: the program runs, the telephones lie idle.
    pub fn new(plan: &Plan, sabotage: Sabotage) -> Self {
        let text = file(plan);
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
        let service = start(&config, &public_url, &carrier, clock, &plug, sabotage);
        let way = Way::new(&plan.net, plan.dice);
        let stage = Self { carrier, service, config, public_url, clock, plug, way, sabotage };
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
        self.service = start(&self.config, &self.public_url, &self.carrier, self.clock, &self.plug, self.sabotage);
        self.connect();
    }

    fn connect(&self) {
        let http = transport::in_process(self.carrier.rest());
        let router: Router = self.way.router(self.plug.router(self.sabotage.router(self.service.router(), http)));
        self.carrier.reconnect(ServerLink::in_process(router));
    }
}

fn start(
    config: &Config,
    public_url: &Url,
    carrier: &Simulator,
    clock: Clock,
    plug: &Plug,
    sabotage: Sabotage,
) -> Service {
    let http = plug.transport(sabotage.transport(transport::in_process(carrier.rest())));
    Service::new(config, public_url, http, clock).expect("a good account")
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

/// The configuration as its file says it.
fn file(plan: &Plan) -> String {
    let mut file =
        format!("public_url = \"{PUBLIC_URL}\"\n[carrier]\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"{TOKEN}\"\n");
    match position(plan, "profile") {
        1 => file.push_str("trial = true\n"),
        2 => file.push_str("reply_budget = \"3s\"\n"),
        _ => {}
    }
    if plan.concurrent > 0 {
        let _ = writeln!(file, "concurrent_requests = {}", plan.concurrent);
    }
    for (nth, person) in plan.people.iter().enumerate() {
        let (name, phone) = (name_of(person.phone), phone_number(person.phone).expose());
        // The second name of somebody is another one.
        let alias = plan.people[..nth].iter().filter(|other| other.phone == person.phone).count();
        let alias = "*".repeat(alias);
        let _ = writeln!(file, "[people.p{nth}]\nname = \"{name}{alias}\"\nphone = \"{phone}\"");
    }
    for (nth, group) in plan.groups.iter().enumerate() {
        let members: Vec<_> = group.members.iter().map(|member| format!("\"p{member}\"")).collect();
        let _ = writeln!(
            file,
            "[groups.g{nth}]\nmembers = [{}]\nscreen = \"{}\"\nring_for = \"{}s\"\nphone_for = \"{}s\"\n\
             wait_for = \"{}s\"\npasses = {}\nring_busy = {}",
            members.join(", "),
            group.screen.word(),
            group.ring_for,
            group.phone_for,
            group.wait_for,
            group.passes,
            group.ring_busy,
        );
    }
    for (nth, line) in plan.lines.iter().enumerate() {
        let ringback = if line.by_carrier { "carrier" } else { "tone" };
        let _ = writeln!(
            file,
            "[lines.\"{}\"]\nname = \"Hotline {nth}\"\nmax_calls = {}\nmax_calls_per_caller = {}\nmax_dials_per_day = 0\n\
             ringback = \"{ringback}\"\nstart = \"l{nth}s0\"",
            line_number(nth).expose(),
            line.most,
            line.most_of_one,
        );
        for (at, step) in line.steps.iter().enumerate() {
            let _ = writeln!(file, "[steps.l{nth}s{at}]\n{}", step_of_file(plan, nth, at, step));
        }
        let _ = writeln!(file, "[steps.l{nth}s{}]\nsay = \"Sorry, nobody is here.\"", line.steps.len());
    }
    hours_of_file(plan, &mut file);
    file
}

fn step_of_file(plan: &Plan, line: usize, at: usize, step: &Step) -> String {
    let to = |to: usize| format!("\"l{line}s{to}\"");
    let next = to(at + 1);
    match step {
        Step::Ring(group) => format!("ring = \"g{group}\"\nnobody = {next}"),
        Step::Say => format!("say = \"{}\"\nnext = {next}", words(plan.speech.length)),
        Step::Tiers(tiers) => {
            let later = tiers.iter().skip(1).map(|Tier { ring, after, alone }| {
                format!("{{ ring = \"g{ring}\", after = \"{after}s\", keep = {} }}", !alone)
            });
            let later: Vec<_> = later.collect();
            format!("ring = \"g{}\"\ntiers = [{}]\nnobody = {next}", tiers[0].ring, later.join(", "))
        }
        Step::Menu(Menu { keys, repeats, pause, no_input, wrong_key }) => {
            let keys: Vec<_> = keys.iter().map(|(keys, lead)| format!("\"{keys}\" = {}", to(*lead))).collect();
            let (keys, no_input, wrong_key) = (keys.join(", "), to(*no_input), to(*wrong_key));
            format!(
                "menu = \"{PROMPT}\"\nkeys = {{ {keys} }}\nrepeats = {repeats}\npause = \"{pause}s\"\n\
                 no_input = {no_input}\nwrong_key = {wrong_key}"
            )
        }
        Step::Hours(Hours { closed, .. }) => {
            format!("hours = \"l{line}s{at}\"\nopen = {next}\nclosed = {}", to(*closed))
        }
        Step::Forward(Forward {
            to: number,
            ring_for,
            key,
            whisper,
            show_caller,
            busy,
            no_answer,
            failed,
            canceled,
            done,
        }) => {
            let mut text = format!("forward = \"{}\"\nring_for = \"{ring_for}s\"", outside_number(*number).expose());
            let mut add = |when: bool, what: &str| {
                if when {
                    text.push('\n');
                    text.push_str(what);
                }
            };
            add(*key, "screen = \"key\"");
            add(*whisper, "whisper = \"A call for {line}.\"");
            add(*show_caller, "show = \"caller\"");
            let exits = [("busy", busy), ("no_answer", no_answer), ("failed", failed), ("canceled", canceled)];
            for (exit, lead) in exits.into_iter().chain(done.as_ref().map(|done| ("done", done))) {
                add(true, &format!("{exit} = {}", to(*lead)));
            }
            text
        }
        Step::Reject => "reject = \"busy\"".to_owned(),
    }
}

fn hours_of_file(plan: &Plan, file: &mut String) {
    for (nth, line) in plan.lines.iter().enumerate() {
        for (at, step) in line.steps.iter().enumerate() {
            if let Step::Hours(Hours { opens, closes, .. }) = step {
                let _ = writeln!(
                    file,
                    "[hours.l{nth}s{at}]\nzone = \"Europe/London\"\nmon-sun = \"00:{opens:02}-00:{closes:02}\""
                );
            }
        }
    }
}

/// Words of this length, or the usual ones.
fn words(length: usize) -> String {
    const WORDS: &str = "One moment, please.";
    let length = if length == 0 { WORDS.len() } else { length };
    WORDS.chars().chain(" ".chars()).cycle().take(length.max(1) - 1).chain(".".chars()).collect()
}

impl Screen {
    /// Every way to tell a human from a mailbox.
    pub const ALL: [Self; 4] = [Self::Amd, Self::Key, Self::AmdAndKey, Self::None];
}
