//! The scenarios, each with the promise that it puts to the test.

mod accepting;
mod humans;
mod leaving;
mod strangers;
mod trouble;
mod uncertain;
mod waiting;

use std::{fmt, pin::Pin};

use super::{report::Play, stage::Stage};

/// One scenario.
pub struct Scenario {
    /// Short, for the command line.
    pub name: &'static str,
    /// What people have to be able to trust.
    pub promise: &'static str,
    /// What it cannot do without.
    pub needs: Needs,
    /// Plays it.
    pub(super) play: fn(Stage) -> Playing,
}

/// What a scenario cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// So many phones that ring at once.
    pub phones: usize,
    /// The server's fallback address.
    pub fallback: bool,
    /// Half a minute or more: it waits for the server's own deadlines.
    pub patience: bool,
}

/// A scenario that is being played.
pub(super) type Playing = Pin<Box<dyn Future<Output = Play> + Send>>;

/// One phone, and nothing else.
const ONE_PHONE: Needs = Needs { phones: 1, fallback: false, patience: false };
const TWO_PHONES: Needs = Needs { phones: 2, ..ONE_PHONE };
const FALLBACK: Needs = Needs { fallback: true, ..ONE_PHONE };
const PATIENCE: Needs = Needs { patience: true, ..ONE_PHONE };

/// All scenarios, in the order in which they are played.
pub fn all() -> Vec<&'static Scenario> {
    [
        accepting::SCENARIOS,
        humans::SCENARIOS,
        waiting::SCENARIOS,
        leaving::SCENARIOS,
        trouble::SCENARIOS,
        strangers::SCENARIOS,
        uncertain::SCENARIOS,
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Needs {
    /// In words, for a list; empty if a phone is enough.
    pub fn in_words(self) -> Vec<&'static str> {
        let needs = [(self.phones > 1, "two phones"), (self.fallback, "--fallback"), (self.patience, "slow")];
        needs.into_iter().filter_map(|(is_needed, word)| is_needed.then_some(word)).collect()
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Lists a file's scenarios: the name, the function, what it needs, and the promise.
macro_rules! scenarios {
    ($($name:literal => $play:ident, $needs:expr, $promise:literal;)*) => {
        /// The scenarios of this file.
        pub(super) const SCENARIOS: &[$crate::conformance::scenarios::Scenario] =
            &[$($crate::conformance::scenarios::Scenario {
                name: $name,
                promise: $promise,
                needs: $needs,
                play: |stage| Box::pin($play(stage)),
            }),*];
    };
}

use scenarios;
