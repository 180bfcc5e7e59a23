//! What became of a scenario, and why.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};

use super::scenarios::Scenario;

/// How a scenario ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The server did not keep the promise.
    Broken(String),
    /// This server cannot be tried so.
    Skipped(String),
}

/// How a scenario, or a part of it, went.
pub(super) type Play<T = ()> = Result<T, Trouble>;

/// What became of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The promise was kept.
    Held {
        /// What everybody did and heard.
        conversation: String,
    },
    /// The promise was not kept.
    Broken {
        /// What was expected, or what somebody had to bear.
        why: Vec<String>,
        /// What everybody did and heard.
        conversation: String,
    },
    /// It was not tried, for this reason.
    Skipped(String),
}

/// One scenario with its outcome.
#[derive(Debug, Clone)]
pub struct Report {
    /// Which one.
    pub scenario: &'static Scenario,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

pub(super) fn broken(what: impl Into<String>) -> Trouble {
    Trouble::Broken(what.into())
}

pub(super) fn skipped(why: impl Into<String>) -> Trouble {
    Trouble::Skipped(why.into())
}

impl Report {
    /// For people: one line, and what happened if it should not have, or in any case.
    pub fn text(&self, in_any_case: bool) -> String {
        let Scenario { name, promise, .. } = self.scenario;
        let seconds = self.took.as_secs_f64();
        match &self.outcome {
            Outcome::Held { conversation } => {
                let mut text = format!("ok    {name:NAME_WIDTH$} {promise} ({seconds:.1} s)\n");
                if in_any_case {
                    quote(conversation, &mut text);
                }
                text
            }
            Outcome::Skipped(why) => format!("skip  {name:NAME_WIDTH$} {promise}\n      {why}\n"),
            Outcome::Broken { why, conversation } => {
                let mut text = format!("FAIL  {name:NAME_WIDTH$} {promise} ({seconds:.1} s)\n");
                for reason in why {
                    let _ = writeln!(text, "      {reason}");
                }
                quote(conversation, &mut text);
                text
            }
        }
    }

    /// For programs: an object of one line.
    pub fn json(&self) -> Value {
        let (outcome, why, conversation) = match &self.outcome {
            Outcome::Held { conversation } => ("ok", Vec::new(), conversation.as_str()),
            Outcome::Skipped(why) => ("skipped", vec![why.clone()], ""),
            Outcome::Broken { why, conversation } => ("failed", why.clone(), conversation.as_str()),
        };
        json!({
            "scenario": self.scenario.name,
            "promise": self.scenario.promise,
            "outcome": outcome,
            "why": why,
            "conversation": conversation.lines().collect::<Vec<_>>(),
            "seconds": self.took.as_secs_f64(),
        })
    }
}

fn quote(conversation: &str, text: &mut String) {
    for line in conversation.lines() {
        let _ = writeln!(text, "        {line}");
    }
}

const NAME_WIDTH: usize = 33;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_promise_is_told_with_its_conversation() {
        let scenario = super::super::all().into_iter().find(|scenario| scenario.name == "nobody-answers").unwrap();
        let outcome = Outcome::Broken {
            why: vec!["expected within 5 s: words".to_owned()],
            conversation: "00:00.000  caller …01: calls\n".to_owned(),
        };
        let report = Report { scenario, outcome, took: Duration::from_millis(8240) };

        let text = report.text(false);

        assert!(text.starts_with("FAIL  nobody-answers  "), "{text}");
        assert!(
            text.contains("(8.2 s)\n      expected within 5 s: words\n        00:00.000  caller …01: calls\n"),
            "{text}"
        );
        assert_eq!(report.json()["outcome"], "failed");
    }
}
