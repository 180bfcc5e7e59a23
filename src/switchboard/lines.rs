//! The lines as the configuration has them now, and those that it had before.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use ringall_core::phone::PhoneNumber;

use crate::config::Line;

/// What a call that comes in is set up with.
pub(super) struct Lines {
    pub(super) by_number: BTreeMap<PhoneNumber, Arc<Line>>,
    pub(super) reply_budget: Duration,
    /// Lines that the configuration has no longer: a phone that was dialled for one may still ask what became of it.
    former: BTreeMap<PhoneNumber, Arc<Line>>,
}

impl Lines {
    pub(super) fn new(by_number: BTreeMap<PhoneNumber, Arc<Line>>, reply_budget: Duration) -> Self {
        Self { by_number, reply_budget, former: BTreeMap::new() }
    }

    /// These lines, after those of `before`.
    pub(super) fn after(mut self, before: &Self) -> Self {
        let vanished = |number: &PhoneNumber| !self.by_number.contains_key(number);
        let former = before.former.iter().chain(&before.by_number).filter(|(number, _)| vanished(number));
        self.former = former.map(|(number, line)| (*number, line.clone())).collect();
        self
    }

    /// The line of this number, also one that there was.
    pub(super) fn known(&self, number: PhoneNumber) -> Option<Arc<Line>> {
        self.by_number.get(&number).or_else(|| self.former.get(&number)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Strictness};

    #[test]
    fn phone_of_a_line_that_vanished_is_told_in_its_words_until_the_line_is_back() {
        let [first, second] = ["+441632960001", "+441632960002"].map(|number| number.parse().unwrap());
        let [both, one] = [lines(&["One", "Two"]), lines(&["One, renamed"])];

        let later = lines(&[]).after(&one.after(&both));
        let name = |lines: &Lines, number| lines.known(number).map(|line| line.name.to_string());

        assert_eq!(name(&later, first).as_deref(), Some("One, renamed"), "as it was last");
        assert_eq!(name(&later, second).as_deref(), Some("Two"));
        assert!(later.by_number.is_empty(), "no call comes in on it");
        let back = lines(&["One", "Two, renamed"]).after(&later);
        assert_eq!(name(&back, second).as_deref(), Some("Two, renamed"));
    }

    /// Lines with these names, whose numbers end in 1 and so on.
    fn lines(names: &[&str]) -> Lines {
        let line = |(nth, name): (usize, &&str)| {
            format!("[lines.\"+44163296000{}\"]\nname = \"{name}\"\nring = \"all\"\n", nth + 1)
        };
        let text: String = names.iter().enumerate().map(line).collect();
        let config = Config::parse(&format!("{CONFIG}{text}"), Strictness::Serve).map(|(config, _)| config.lines);
        Lines::new(if names.is_empty() { BTreeMap::new() } else { config.unwrap() }, Duration::from_secs(12))
    }

    const CONFIG: &str = r#"
        public_url = "https://hotline.example.org"
        carrier = { account_sid = "AC00000000000000000000000000000000", auth_token = "hush" }
        people.ana = { name = "Ana", phone = "+447700900001" }
        groups.all = { members = ["ana"] }
    "#;
}
