//! What callers do behind a beep, and who goes away meanwhile.

use serde::{Deserialize, Serialize};

use super::plan::is_usual;

/// What a caller does behind a beep; times in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Says {
    /// How long they think before.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub after: u64,
    /// How long they speak; zero is not at all.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub length: u64,
    /// What they do then.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub then: Then,
}

/// What a caller does who has left a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// Waits for what comes.
    #[default]
    Waits,
    /// Presses the key.
    Presses,
    /// Hangs up.
    HangsUp,
}

/// Somebody is away for a time; times in milliseconds. A program that starts again knows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// Whose telephone.
    pub phone: usize,
    /// From when.
    pub from: u64,
    /// For how long.
    pub lasts: u64,
}
