//! What was to be reached and what was seen, line by line, and whether that is good.

use std::fmt::Display;

use clap::ValueEnum;

use super::Scenario;

/// The lines so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    failed: Vec<String>,
    flagged: Vec<String>,
    scenario: String,
}

impl Report {
    pub(super) fn begin(&mut self, scenario: Scenario) {
        self.scenario = scenario.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        println!("\n== {}", self.scenario);
    }

    /// A claim about calls: it holds or this run has failed.
    pub(super) fn must(&mut self, what: &str, to_reach: impl Display, seen: impl Seen, holds: bool) {
        line(if holds { "ok" } else { "FAILED" }, what, &to_reach, &seen.told());
        if !holds {
            self.failed.push(format!("{}: {what}", self.scenario));
        }
    }

    /// A time or an amount that depends on the machine too.
    pub(super) fn should(&mut self, what: &str, to_reach: impl Display, seen: impl Seen, holds: bool) {
        line(if holds { "ok" } else { "beyond" }, what, &to_reach, &seen.told());
        if !holds {
            self.flagged.push(format!("{}: {what}", self.scenario));
        }
    }

    /// A figure without a claim.
    #[expect(clippy::unused_self, reason = "a line of the report like the others")]
    pub(super) fn note(&self, what: &str, seen: impl Seen) {
        line("", what, &"", &seen.told());
    }

    /// Sums up; true if this run is good.
    pub(super) fn end(&self, strict: bool) -> bool {
        println!();
        for (word, lines) in [("FAILED", &self.failed), ("beyond", &self.flagged)] {
            for line in lines {
                println!("{word}: {line}");
            }
        }
        let held = self.failed.is_empty() && (self.flagged.is_empty() || !strict);
        println!("{} claims about calls failed, {} measures are beyond", self.failed.len(), self.flagged.len());
        held
    }
}

/// One line of the report.
fn line(verdict: &str, what: &str, to_reach: &dyn Display, seen: &str) {
    let to_reach = to_reach.to_string();
    let aim = if to_reach.is_empty() { String::new() } else { format!(" (to reach: {to_reach})") };
    println!("{verdict:>6}  {what}: {seen}{aim}");
}

/// Something that was seen, or could not be.
pub(super) trait Seen {
    /// As it stands in the report.
    fn told(self) -> String;
}

impl<T: Display> Seen for Option<T> {
    fn told(self) -> String {
        self.map_or_else(|| "no answer".to_owned(), |seen| seen.to_string())
    }
}

macro_rules! seen_as_displayed {
    ($($kind:ty),*) => {$(
        impl Seen for $kind {
            fn told(self) -> String {
                self.to_string()
            }
        }
    )*};
}

seen_as_displayed!(&str, String, usize, &super::times::Times);
