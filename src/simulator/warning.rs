//! What the carrier would write into its debugger.

/// A warning or error of the carrier that did not become an answer of its API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The carrier's code, such as 12200; zero for what only the simulator notices.
    pub code: u32,
    /// What was wrong.
    pub message: String,
}
