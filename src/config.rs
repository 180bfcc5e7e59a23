//! The configuration, checked: every name leads somewhere and every value is in its range. The file as written is read
//! in the parts below, which report all problems at once; nothing of it is seen outside.

mod blocks;
mod carrier;
mod directory;
mod groups;
mod hours;
mod languages;
mod lines;
mod lookups;
mod notices;
mod people;
mod problem;
mod prompts;
mod reader;
mod recipients;
mod reference;
mod server;
mod sounds;
mod steps;
mod template;
mod words;

use std::{
    cell::RefCell, collections::BTreeMap, fs, io, net::SocketAddr, num::NonZeroUsize, path::Path, path::PathBuf,
    sync::Arc, time::Duration,
};

use ringall_core::{
    call::{Known, Origin, Ringback, Variables},
    flow::{self, Callback, Flow, Language, RingGroup, Show, hours::Zone},
    phone::{CallerId, PhoneNumber},
};
use url::Url;

pub use self::{
    blocks::BlockList,
    languages::{Voices, voice_for},
    lookups::LookupConfig,
    notices::{NoticeConfig, NoticeText, OverLimitText, Recipient, Told},
    people::Person,
    problem::{Problem, Problems, Severity},
    sounds::{Sound, SoundFiles},
    steps::GOODBYE as GOODBYE_WORDS,
    words::Words,
};
use self::{problem::Report, reader::Section, sounds::Sounds};
use crate::{carrier::DetectionTuning, secret::Secret};

/// Everything that the program is told before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the carrier reaches this program.
    pub public_url: PublicUrl,
    /// Where this program listens.
    pub listen: SocketAddr,
    /// How long a shutdown waits at the longest for what rings or is being joined.
    pub drain_for: Duration,
    /// The carrier's account.
    pub carrier: CarrierConfig,
    /// The numbers that people dial.
    pub lines: BTreeMap<PhoneNumber, Arc<Line>>,
    /// What is said to a caller of a number that is no line.
    pub unknown_number_words: flow::Words,
    /// What is said when this program fails before it knows the line.
    pub failure_words: flow::Words,
    /// Who says it in each language.
    pub voices: Voices,
    /// Everybody who can be rung, by the file's name for them.
    pub people: BTreeMap<String, Person>,
    /// Every ring group by its name, also those that no line rings.
    pub groups: BTreeMap<String, Arc<RingGroup>>,
    /// The sound files beside the configuration that it names.
    pub sounds: SoundFiles,
    /// The user's own addresses that are asked who a caller is.
    pub lookups: BTreeMap<String, LookupConfig>,
    /// The file for what must last. Nothing is stored yet.
    pub store_path: PathBuf,
    /// How people are told of messages.
    pub notices: NoticeConfig,
}

/// Where the carrier reaches this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicUrl {
    /// Under this address; its path ends without a slash, except that of a bare host.
    Url(Url),
    /// Under whatever address the ngrok agent on this machine has got; see [`crate::ngrok`].
    Ngrok,
}

impl Line {
    /// What the words of a call from there can tell.
    pub fn known(&self, origin: Origin) -> Known {
        Known { line_name: self.spoken_name.clone(), language: self.language.clone(), origin }
    }

    /// Words for somebody of whose call nothing is known.
    pub fn said(&self, words: &flow::Words) -> flow::Words {
        Variables::new(CallerId::Withheld, self.known(Origin::default())).for_member(words)
    }

    /// The carrier's name of the voice for a language other than the line's; the carrier chooses if absent.
    pub fn voice_for(&self, language: &Language) -> Option<&str> {
        voice_for(language, &self.voices)
    }
}

/// The carrier's account, and how we deal with it.
#[derive(Debug, Clone)]
pub struct CarrierConfig {
    /// The account that webhooks must name.
    pub account_sid: String,
    /// What signatures are checked against: the present token, then the previous one if there is any.
    pub auth_tokens: Vec<Secret>,
    /// The user of REST requests: the API key, or the account.
    pub rest_user: String,
    /// The password of REST requests.
    pub rest_secret: Secret,
    /// The address of the REST API; its path ends without a slash, except that of a bare host.
    pub api_base: Url,
    /// How long a webhook may be held before it must be answered.
    pub reply_budget: Duration,
    /// How many calls we start in a second at the most; the carrier's own queue paces if absent.
    pub calls_per_second: Option<f64>,
    /// How many REST requests are under way at once at the most.
    pub concurrent_requests: usize,
    /// Whether the account is said to be a trial.
    pub is_trial: bool,
}

/// A number that people dial, and what happens then.
#[derive(Debug, Clone)]
pub struct Line {
    /// The number.
    pub number: PhoneNumber,
    /// What the line is called on pages and in logs.
    pub name: Arc<str>,
    /// What the line is called in speech; the same, unless it reads badly aloud.
    pub spoken_name: Arc<str>,
    /// The way of a call.
    pub flow: Arc<Flow>,
    /// Whose calls go another way.
    pub block: BlockList,
    /// That way, if anybody is blocked.
    pub blocked: Option<Arc<Flow>>,
    /// How ringing goes on after the reply budget.
    pub ringback: Ringback,
    /// Whose ringing tone the caller hears: two capitals of ISO 3166, `ZZ` if unknown.
    pub country: String,
    /// The language of the words, such as `en-GB`, unless they say another.
    pub language: Language,
    /// The carrier's name of the voice for that; the carrier chooses if absent.
    pub voice: Option<String>,
    /// The voices of other languages.
    pub voices: Voices,
    /// How many calls this line takes at once; any number if absent.
    pub max_calls: Option<NonZeroUsize>,
    /// How many calls one caller may have at once; any number if absent.
    pub max_calls_per_caller: Option<NonZeroUsize>,
    /// How long whoever has just talked to a caller is rung alone when they call again; never, if absent.
    pub callback_to_same: Option<Duration>,
    /// How many phones are dialled for this line in a day; any number if absent.
    pub max_dials_per_day: Option<NonZeroUsize>,
    /// What is said.
    pub words: Words,
    /// How the carrier listens for a machine, for each group that the flow can ring.
    pub detection: BTreeMap<Arc<str>, DetectionTuning>,
    /// Whose clocks are meant by the line's local time; unknown unless the line says so or asks for hours that do.
    pub zone: Option<Zone>,
    /// Who is told of the messages that callers leave, by the name of the step.
    pub recipients: BTreeMap<Arc<str>, Arc<[Recipient]>>,
    /// What they are told, by the name of the step, where the step says it.
    pub notice_texts: BTreeMap<Arc<str>, NoticeText>,
}

impl Line {
    /// Whether somebody is rung first who has just talked to a caller.
    pub fn remembers_talks(&self) -> bool {
        self.callback_to_same.is_some() || self.groups().any(|group| matches!(group.callback_to_same, Callback::For(_)))
    }

    /// Whether any group that it can ring is shown who calls.
    pub fn shows_callers(&self) -> bool {
        self.groups().any(|group| group.show == Show::Caller)
    }

    fn groups(&self) -> impl Iterator<Item = &Arc<RingGroup>> {
        std::iter::once(&self.flow).chain(&self.blocked).flat_map(|flow| flow.groups())
    }
}

/// What the configuration is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// To take calls: every secret must be there.
    Serve,
    /// To look at it, perhaps on another machine: a secret that is not there is a warning, and stays empty.
    Check,
}

impl Config {
    /// Reads the file at `path`; what comes beside the configuration are warnings.
    pub fn load(path: &Path, strictness: Strictness) -> Result<(Self, Vec<Problem>), Problems> {
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        Self::parse_beside(path.parent().unwrap_or(Path::new("")), &text, strictness)
    }

    /// Reads a configuration from `text`; what comes beside it are warnings. Files that it names lie in the working
    /// directory.
    pub fn parse(text: &str, strictness: Strictness) -> Result<(Self, Vec<Problem>), Problems> {
        Self::parse_beside(Path::new(""), text, strictness)
    }

    /// Reads a configuration from `text` whose files lie in `directory`; what comes beside it are warnings.
    pub fn parse_beside(
        directory: &Path,
        text: &str,
        strictness: Strictness,
    ) -> Result<(Self, Vec<Problem>), Problems> {
        let report = Report::new(strictness);
        let config = Self::read(Section::root(text, &report)?, Sounds::beside(directory), &report);
        let warnings = report.close()?;
        let config = config.expect("a part is missing only where a problem was reported");
        Ok((config, warnings))
    }

    /// Reads the parts in the order in which they refer to each other.
    fn read(mut file: Section<'_>, sounds: Sounds, report: &Report) -> Option<Self> {
        let public_url = server::read_public_url(&mut file);
        let (listen, drain_for) = server::read(file.section("server"));
        let carrier = carrier::read(file.section("carrier"), report);
        let people = people::read(file.section("people"));
        let voices = languages::read_voices(file.section("voices"));
        let groups = groups::read(file.section("groups"), &people, &sounds, report);
        let hours = hours::read(file.section("hours"), report);
        let allowed_urls = steps::read_allowed(&mut file);
        let lookups = lookups::read(file.section("lookups"), report);
        let context = steps::Context {
            groups: &groups,
            hours: &hours,
            report,
            sounds: &sounds,
            allowed_urls: &allowed_urls,
            lookups: &lookups,
            people: &people,
            leads: RefCell::default(),
        };
        let mut steps = steps::read(file.section("steps"), &context);
        let blocks = blocks::read_shared(file.section("blocklists"), report);
        let directory = directory::Names { people: &people, groups: &groups, sounds: &sounds, report };
        let offices = directory::read(file.section("directory"), &directory, &mut steps);
        let general = words::read_general(file.section("words"));
        let notice = file.take("require_recording_notice");
        let is_trial = carrier.as_ref().is_some_and(|carrier| carrier.is_trial);
        let names = lines::Names {
            groups: &groups,
            steps: &steps,
            blocks: &blocks,
            lines: Arc::default(),
            voices: &voices,
            requires_recording_notice: notice.and_then(reader::Value::flag).unwrap_or_default(),
            is_trial,
        };
        let lines = lines::read((file.section("lines"), offices), &names, &general, report);
        let store_path = server::read_store_path(file.section("store"));
        let is_limited = lines.values().any(|line| line.max_dials_per_day.is_some());
        let told = notices::Names { people: &people, groups: &groups, is_limited, is_trial };
        let notices = notices::read(file.section("notices"), &told);
        file.finish();
        hours.report_unused(report);
        lookups.report_unused(report);
        blocks.report_unused(report);
        lines::check_loops(&lines, &people, &groups, report);
        steps.check_loops(|number| lines.contains_key(&number), report);
        if let (Some(public_url), Some(carrier)) = (&public_url, &carrier) {
            server::check_reach(public_url, &carrier.api_base, report);
        }

        Some(Self {
            public_url: public_url?,
            listen,
            drain_for,
            carrier: carrier?,
            lines,
            unknown_number_words: general.unknown_number(),
            failure_words: general.failure(),
            voices,
            people: people.into_iter().filter_map(|(id, entry)| Some((id, entry.person?))).collect(),
            groups: groups.into_iter().filter_map(|(name, group)| Some((name, group?.ring))).collect(),
            sounds: sounds.into_files(),
            lookups: lookups.into_lookups(),
            store_path,
            notices,
        })
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Problems {
    let text = if error.kind() == io::ErrorKind::NotFound {
        "there is no such file; begin with a copy of `config/ringall.example.toml`".to_owned()
    } else {
        format!("cannot be read: {error}")
    };
    Problems::one(path.display().to_string(), text)
}

#[cfg(test)]
mod tests;
