//! What a simulated carrier is set up with.

use ringall_core::phone::PhoneNumber;

use super::{faults::Faults, switches::Switches};

/// One account at the carrier and how the carrier treats it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The account's name: `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The secret that signs webhooks and opens the REST API.
    pub auth_token: String,
    /// A second pair for the REST API only: the key's SID and its secret. It never signs.
    pub api_key: Option<(String, String)>,
    /// The numbers that the account owns.
    pub numbers: Vec<Number>,
    /// What the carrier's documents leave open.
    pub switches: Switches,
    /// What goes wrong by itself.
    pub faults: Faults,
    /// Everything random follows from this.
    pub seed: u64,
    /// How many calls the API starts per second; zero is no limit.
    pub cps: f64,
    /// How many characters are spoken in a second.
    pub speech: u64,
    /// The wall clock, in milliseconds since 1970, at the simulator's start.
    pub epoch_millis: u64,
    /// What the checker lets pass.
    pub allowed: Allowed,
}

/// One number of the account.
#[derive(Debug, Clone)]
pub struct Number {
    /// The number that people dial.
    pub number: PhoneNumber,
    /// Where a call's first document is.
    pub voice_url: String,
    /// How it is requested.
    pub voice_method: Method,
    /// Where the carrier turns when a document cannot be had.
    pub fallback_url: Option<String>,
    /// Where the end of a call is reported.
    pub status_callback: Option<String>,
}

/// How a webhook is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// The fields go into the query.
    Get,
    /// The fields go into the body.
    #[default]
    Post,
}

/// What the checker does not count as a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed {
    /// One telephone may be in two offers at a time (`ring_busy`).
    pub two_offers: bool,
    /// A caller may be joined to a machine (`screen = "none"`, or a carrier whose verdicts err).
    pub machines: bool,
    /// A leg that a human picked up may end without a word: where faults eat the words.
    pub wordless_ends: bool,
}

impl Settings {
    /// An account without limits, faults or numbers, as the documents describe the carrier.
    pub fn new(account_sid: &str, auth_token: &str) -> Self {
        Self {
            account_sid: account_sid.to_owned(),
            auth_token: auth_token.to_owned(),
            api_key: None,
            numbers: Vec::new(),
            switches: Switches::default(),
            faults: Faults::none(),
            seed: 1,
            cps: 1.0,
            speech: 14,
            epoch_millis: 1_767_225_600_000,
            allowed: Allowed::default(),
        }
    }

    /// Adds a number whose three webhooks lie under `base` at `/voice`, `/voice/fallback` and `/voice/status`.
    #[must_use]
    pub fn with_number(mut self, number: PhoneNumber, base: &str) -> Self {
        self.numbers.push(Number {
            number,
            voice_url: format!("{base}/voice"),
            voice_method: Method::Post,
            fallback_url: Some(format!("{base}/voice/fallback")),
            status_callback: Some(format!("{base}/voice/status")),
        });
        self
    }
}

impl Method {
    /// Reads `GET` or `POST`.
    pub(super) fn read(text: &str) -> Option<Self> {
        match text {
            "GET" => Some(Self::Get),
            "POST" => Some(Self::Post),
            _ => None,
        }
    }

    pub(super) fn as_http(self) -> http::Method {
        match self {
            Self::Get => http::Method::GET,
            Self::Post => http::Method::POST,
        }
    }
}
