//! Steps at which a caller waits in line, leaves a message, or is asked about.

use serde::{Deserialize, Serialize};

use super::is_usual;

/// A line of callers who wait for somebody of a group; times in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Which group.
    pub ring: usize,
    /// For how long one member is rung.
    pub offer_for: u64,
    /// How long a member is left alone after a talk.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub wrap_up: u64,
    /// How long a caller waits.
    pub max_wait: u64,
    /// How many wait at once; zero is as many as the program lets.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub most: usize,
    /// How often the place is told; zero is never.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub announce: u64,
    /// The key that leaves, and where it leads; also back.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub leave: Option<(char, usize)>,
    /// Where it goes after that time.
    pub too_long: usize,
    /// Where it goes if too many wait.
    pub full: usize,
    /// Where it goes if nobody is on duty.
    pub nobody: usize,
}

/// A mailbox; times in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voicemail {
    /// Who is told of a message, by their place in the plan.
    pub notify: Vec<usize>,
    /// So long a silence ends it.
    pub silence: u64,
    /// So long it may be.
    pub longest: u64,
    /// No key ends it.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub keyless: bool,
    /// Where it goes afterwards, if that is not the end.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub done: Option<usize>,
}

/// A question about the caller, and where each answer leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// Nothing is remembered, and withheld numbers are asked about too.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub always: bool,
    /// Where it goes if the caller is known.
    pub found: usize,
    /// Where it goes if not.
    pub not_found: usize,
    /// Where it goes without a usable answer.
    pub failed: usize,
}

/// Where the tier leads that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// Where each of these tiers leads.
    pub cases: Vec<(usize, usize)>,
    /// Where all others lead, and none.
    pub otherwise: usize,
}

/// What the server says that is asked who a caller is, or does instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The caller is known.
    Knows {
        /// Their tier.
        #[serde(default, skip_serializing_if = "is_usual")]
        tier: Option<usize>,
        /// The number that they are to be connected with.
        #[serde(default, skip_serializing_if = "is_usual")]
        phone: Option<Told>,
        /// So many milliseconds after the question.
        #[serde(default, skip_serializing_if = "is_usual")]
        after: u64,
    },
    /// The caller is not known.
    Unknown {
        /// In which of the ways to say so.
        #[serde(default, skip_serializing_if = "is_usual")]
        how: usize,
        /// So many milliseconds after the question.
        #[serde(default, skip_serializing_if = "is_usual")]
        after: u64,
    },
    /// Something that is no answer, one of several.
    Nonsense(usize),
    /// Nobody listens.
    Down,
    /// The connection breaks.
    Breaks,
    /// Nothing ever comes.
    Hangs,
    /// Byte by byte, for ever.
    Trickles,
}

/// A number in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// One of the plan's outside numbers.
    Outside(usize),
    /// One of the lines, which must not be dialled.
    Line(usize),
    /// Of a country that must not be dialled.
    Abroad,
    /// No number.
    Nonsense,
}
