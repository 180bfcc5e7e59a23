//! Where a conversation is played, and with what: the configuration as its file says it, and the carrier's habits.

use std::{collections::BTreeSet, fmt::Write as _, net::SocketAddr};

use ringall::{
    carrier::transport,
    clock::Clock,
    config::{Config, Strictness},
    simulator::{Allowed, Character, Faults, Method, Plug, ServerLink, Settings, Simulator, Switches},
    web,
};
use ringall_core::{
    flow::hours::{Moments, Zone},
    phone::PhoneNumber,
    time::Timestamp,
};
use tokio::net::TcpListener;
use url::Url;

use super::{
    ACCOUNT, LINE, SECOND_LINE, TOKEN,
    crm::Crm,
    millis, number,
    world::{Program, World},
};

/// Where a conversation is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// In one thread, without sockets, under a clock that jumps from event to event.
    VirtualTime,
    /// Over loopback sockets in real time, on as many threads as the runtime has.
    Sockets,
}

/// What is set up before the curtain rises.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    stage: Stage,
    people: Vec<(String, PhoneNumber, String)>,
    carrier: String,
    group: String,
    line: String,
    has_line: bool,
    more: String,
    top: String,
    sounds: Vec<(&'static str, Vec<u8>)>,
    settings: Settings,
    reports_ends: bool,
    by_get: bool,
    voice_url: &'static str,
    path: &'static str,
    begins: Timestamp,
    token: &'static str,
    account: &'static str,
    crm: Crm,
    whole: Option<String>,
}

/// Where the carrier calls the program when no socket is involved.
pub(crate) const PUBLIC_URL: &str = "https://hotline.example.org";
/// The address of the carrier's API then.
pub(crate) const API_BASE: &str = "https://api.twilio.com";
/// 1 January 2026, the clock of every conversation under virtual time.
const NEW_YEAR: Timestamp = Timestamp::from_millis(1_767_225_600_000);

impl Stage {
    /// A hotline for Ana and Ben, who are asked for a key, at a carrier that does what its documents say and starts
    /// any number of calls at once.
    pub(crate) fn hotline(self) -> Setup {
        let mut settings = Settings { cps: 0.0, ..Settings::new(ACCOUNT, TOKEN) };
        if self == Self::Sockets {
            settings.switches.setup = millis(20);
            settings.switches.detection_delay = millis(200);
        }
        let setup = Setup {
            stage: self,
            people: Vec::new(),
            carrier: String::new(),
            group: "screen = \"key\"".to_owned(),
            line: String::new(),
            has_line: true,
            more: String::new(),
            top: String::new(),
            sounds: Vec::new(),
            settings,
            reports_ends: true,
            by_get: false,
            voice_url: "/voice",
            path: "",
            begins: NEW_YEAR,
            token: TOKEN,
            account: ACCOUNT,
            crm: Crm::default(),
            whole: None,
        };
        setup.people(&["Ana", "Ben"])
    }

    /// What a file of somebody's own says, with our address and the account of the simulated carrier in it.
    pub(crate) fn with_file(self, text: &str) -> Setup {
        Setup { whole: Some(text.to_owned()), people: Vec::new(), ..self.hotline() }
    }
}

impl Setup {
    /// The group's people, instead of Ana and Ben.
    pub(crate) fn people(mut self, names: &[&str]) -> Self {
        let person = |(nth, name): (usize, &&str)| {
            ((*name).to_owned(), number(&format!("+4477009000{:02}", nth + 1)), String::new())
        };
        self.people = names.iter().enumerate().map(person).collect();
        self
    }

    /// More keys of one person, who stands in the list already.
    pub(crate) fn person(mut self, name: &str, keys: &str) -> Self {
        let person = self.people.iter_mut().find(|(known, ..)| known == name).expect("a person of this conversation");
        keys.clone_into(&mut person.2);
        self
    }

    /// The group's keys besides its members, instead of `screen = "key"`.
    pub(crate) fn group(mut self, keys: &str) -> Self {
        keys.clone_into(&mut self.group);
        self
    }

    /// The line's keys besides its name; without `start` it rings the group.
    pub(crate) fn line(mut self, keys: &str) -> Self {
        keys.clone_into(&mut self.line);
        self
    }

    /// No `[lines]`.
    pub(crate) fn without_line(mut self) -> Self {
        self.has_line = false;
        self
    }

    /// More keys of `[carrier]`.
    pub(crate) fn carrier(mut self, keys: &str) -> Self {
        keys.clone_into(&mut self.carrier);
        self
    }

    /// More tables of the file.
    pub(crate) fn more(mut self, tables: &str) -> Self {
        tables.clone_into(&mut self.more);
        self
    }

    /// More keys at the top of the file.
    pub(crate) fn top(mut self, keys: &str) -> Self {
        keys.clone_into(&mut self.top);
        self
    }

    /// A file beside the configuration.
    pub(crate) fn sound(mut self, name: &'static str, bytes: &[u8]) -> Self {
        self.sounds.push((name, bytes.to_owned()));
        self
    }

    /// Turns some of the carrier's switches.
    pub(crate) fn switches(mut self, turn: impl FnOnce(&mut Switches)) -> Self {
        turn(&mut self.settings.switches);
        self
    }

    /// What goes wrong at the carrier by itself.
    pub(crate) fn faults(mut self, faults: Faults) -> Self {
        self.settings.faults = faults;
        self
    }

    /// What the checker lets pass.
    pub(crate) fn allow(mut self, allow: impl FnOnce(&mut Allowed)) -> Self {
        allow(&mut self.settings.allowed);
        self
    }

    /// How many calls the carrier starts per second.
    pub(crate) fn cps(mut self, cps: f64) -> Self {
        self.settings.cps = cps;
        self
    }

    /// Everything random at the carrier follows from this.
    pub(crate) fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Nobody has entered the numbers' status callback, so that callers leave unnoticed.
    pub(crate) fn without_status_callback(mut self) -> Self {
        self.reports_ends = false;
        self
    }

    /// The numbers' webhook is asked for by GET.
    pub(crate) fn by_get(mut self) -> Self {
        self.by_get = true;
        self
    }

    /// The public address has this path, and the proxy hands it on. Not over sockets.
    pub(crate) fn under(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    /// Somebody has mistyped the numbers' webhook.
    pub(crate) fn broken_voice_url(mut self) -> Self {
        self.voice_url = "/vioce";
        self
    }

    /// What the file says is the account's token. The carrier's stays what it is.
    pub(crate) fn token(mut self, token: &'static str) -> Self {
        self.token = token;
        self
    }

    /// What the file says is the account. The carrier's stays what it is.
    pub(crate) fn account(mut self, account: &'static str) -> Self {
        self.account = account;
        self
    }

    /// The carrier lets this key in, too.
    pub(crate) fn api_key(mut self, key: &str, secret: &str) -> Self {
        self.settings.api_key = Some((key.to_owned(), secret.to_owned()));
        self
    }

    /// The conversation begins at this moment, such as `2026-12-24T18:05Z`. Not over sockets, where the time is real.
    pub(crate) fn begins(mut self, moment: &str) -> Self {
        let utc = Zone::utc();
        let Moments::Once(begins) = utc.moments(moment.trim_end_matches('Z').parse().expect("a moment")) else {
            panic!("UTC has every time once")
        };
        self.begins = begins;
        self.settings.epoch_millis = begins.as_millis();
        self
    }

    /// The configuration, for who wants to look into it.
    pub(crate) fn read(&self) -> Config {
        self.config(PUBLIC_URL, API_BASE)
    }

    /// The user's own server, which lookups ask.
    pub(crate) fn crm(mut self, crm: &Crm) -> Self {
        self.crm = crm.clone();
        self
    }

    /// Raises the curtain: the program runs, the telephones lie idle.
    pub(crate) async fn open(self) -> World {
        match self.stage {
            Stage::VirtualTime => self.in_process(),
            Stage::Sockets => self.over_sockets().await,
        }
    }

    fn in_process(mut self) -> World {
        let base = format!("{PUBLIC_URL}{}", self.path);
        let config = self.config(&base, API_BASE);
        let public_url: Url = base.parse().expect("an address");
        self.own_numbers(&base, &config);
        let carrier = Simulator::new(self.settings.clone(), ServerLink::down());
        let plug = Plug::default();
        let http = plug.transport(transport::in_process(carrier.rest()));
        let program =
            Program::start(&config, &public_url, http, self.crm.http(), Clock::starting_at(self.begins), plug);
        carrier.reconnect(ServerLink::in_process(program.router()));
        self.world(carrier, config, public_url, program)
    }

    async fn over_sockets(mut self) -> World {
        let (rest, rest_at) = listen().await;
        let (webhooks, webhooks_at) = listen().await;
        let (base, api_base) = (format!("http://{webhooks_at}"), format!("http://{rest_at}"));
        let config = self.config(&base, &api_base);
        let public_url: Url = base.parse().expect("an address");
        self.own_numbers(&base, &config);
        let carrier = Simulator::new(self.settings.clone(), ServerLink::over_http());
        let http = transport::over_network().expect("a network");
        let program = Program::start(&config, &public_url, http, self.crm.http(), Clock::system(), Plug::default());
        let tasks = program.service.tasks.clone();
        tasks.spawn("listener", web::serve(webhooks, program.router(), tasks.clone()));
        let (api, stopping) = (carrier.clone(), tasks.stopping());
        tasks.spawn("simulated carrier", async move {
            tokio::select! {
                served = api.serve_rest(rest) => served.expect("the carrier listens"),
                () = stopping.cancelled() => {}
            }
        });
        self.world(carrier, config, public_url, program)
    }

    fn world(mut self, carrier: Simulator, config: Config, public_url: Url, program: Program) -> World {
        if self.whole.is_some() {
            let people = config.people.values();
            self.people = people.map(|person| (person.name.to_string(), person.phone, String::new())).collect();
        }
        for (name, phone, _) in &self.people {
            if carrier.phone(*phone).is_none() {
                carrier.add_phone(name, *phone, Character::Manual);
            }
        }
        let phones = self.people.into_iter().map(|(name, phone, _)| (name, phone)).collect();
        World::new(self.stage, self.settings.seed, carrier, config, public_url, phones, program)
    }

    fn own_numbers(&mut self, base: &str, config: &Config) {
        let lines: BTreeSet<_> =
            [LINE, SECOND_LINE].map(number).into_iter().chain(config.lines.keys().copied()).collect();
        for line in lines {
            self.settings = self.settings.clone().with_number(line, base);
        }
        for number in &mut self.settings.numbers {
            number.voice_url = format!("{base}{}", self.voice_url);
            if !self.reports_ends {
                number.status_callback = None;
            }
            if self.by_get {
                number.voice_method = Method::Get;
            }
        }
    }

    /// The configuration, for a program with this address.
    pub(crate) fn config(&self, public_url: &str, api_base: &str) -> Config {
        let text = self.file(public_url, api_base);
        let beside = tempfile::tempdir().expect("a directory");
        for (name, bytes) in &self.sounds {
            std::fs::write(beside.path().join(name), bytes).expect("a file");
        }
        match Config::parse_beside(beside.path(), &text, Strictness::Serve) {
            Ok((config, _)) => config,
            Err(problems) => panic!("{problems}\nin\n{text}"),
        }
    }

    /// The configuration as its file says it.
    pub(crate) fn file(&self, public_url: &str, api_base: &str) -> String {
        if let Some(whole) = &self.whole {
            return self.at_home(whole, public_url, api_base);
        }
        let mut file = format!(
            "public_url = \"{public_url}\"\n{}\n[carrier]\naccount_sid = \"{}\"\n\
             auth_token = \"{}\"\napi_base = \"{api_base}\"\n{}\n",
            self.top, self.account, self.token, self.carrier,
        );
        for (nth, (name, phone, keys)) in self.people.iter().enumerate() {
            let (name, phone) = (toml::Value::from(name.as_str()), phone.expose());
            let _ = writeln!(file, "[people.p{nth}]\nname = {name}\nphone = \"{phone}\"\n{keys}");
        }
        let members: Vec<_> = (0..self.people.len()).map(|nth| format!("\"p{nth}\"")).collect();
        let _ = writeln!(file, "[groups.organisers]\nmembers = [{}]\n{}", members.join(", "), self.group);
        if !self.has_line {
            file.push_str(&self.more);
            return file;
        }
        let name = if self.line.contains("name =") { "" } else { "name = \"Hotline\"" };
        let way = if self.line.contains("start =") { "" } else { "ring = \"organisers\"" };
        let _ = writeln!(file, "[lines.\"{LINE}\"]\n{name}\n{way}\n{}\n{}", self.line, self.more);
        file
    }
}

impl Setup {
    /// The file with this address in it, and the simulated carrier's account, and no secret that is kept elsewhere.
    fn at_home(&self, text: &str, public_url: &str, api_base: &str) -> String {
        let line = |line: &str| match line.split_once('=').map_or(line, |(key, _)| key).trim() {
            "public_url" => format!("public_url = \"{public_url}\""),
            "account_sid" => format!("account_sid = \"{}\"\napi_base = \"{api_base}\"", self.account),
            "auth_token" => format!("auth_token = \"{}\"", self.token),
            "secret" => format!("secret = \"{}\"", super::crm::SECRET),
            "api_key" | "api_secret" => String::new(),
            _ => line.to_owned(),
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    (listener, address)
}
