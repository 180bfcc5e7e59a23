//! Steps that ask the user's own address who a caller is, and what follows from the answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Exit, StepIndex};
use crate::{findings::Findings, phone::PhoneNumber};

/// Whom to ask about the caller, and where the call goes then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lookup {
    /// The configuration's name of the address.
    pub name: Arc<str>,
    /// Also ask about callers who withhold their number; else nothing is known of them.
    pub asks_withheld: bool,
    /// Where the call goes when the caller is known.
    pub found: StepIndex,
    /// Where it goes when they are not.
    pub not_found: StepIndex,
    /// Where it goes when no usable answer has come in time.
    pub failed: StepIndex,
}

impl Lookup {
    /// Every way that leads on, in the order in which they are told.
    pub fn exits(&self) -> Vec<(Exit, StepIndex)> {
        vec![(Exit::Found, self.found), (Exit::NotFound, self.not_found), (Exit::Failed, self.failed)]
    }
}

/// Where a call goes by what was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Branch {
    /// Which field decides.
    pub field: Arc<str>,
    /// Where each value leads; as [`Branch::case`] writes them.
    pub cases: BTreeMap<Arc<str>, StepIndex>,
    /// Where every other value leads, and none.
    pub otherwise: StepIndex,
}

impl Branch {
    /// A value as it is compared: capitals and blanks around it make no difference.
    pub fn case(value: &str) -> Arc<str> {
        value.trim().to_lowercase().into()
    }

    /// Where a call goes of which this was found; `None` if no case has the value.
    pub fn choose(&self, found: &Findings) -> Option<StepIndex> {
        self.cases.get(&Self::case(found.get(&self.field)?)).copied()
    }

    /// Every way that leads on, in the order in which they are told.
    pub fn exits(&self) -> Vec<(Exit, StepIndex)> {
        let cases = self.cases.iter().map(|(value, to)| (Exit::Case(value.clone()), *to));
        cases.chain([(Exit::Otherwise, self.otherwise)]).collect()
    }
}

/// An outside number that a lookup gives. An address that tells what it should not must not make us dial anywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoundNumber {
    /// Which field has it.
    pub field: Arc<str>,
    /// What it has to begin with: digits of countries, such as `44`.
    pub countries: Arc<[Arc<str>]>,
    /// Our own lines, which would call themselves.
    pub lines: Arc<BTreeSet<PhoneNumber>>,
}

impl FoundNumber {
    /// The number, if there is one that may be dialled.
    pub fn in_findings(&self, found: &Findings) -> Option<PhoneNumber> {
        let number: PhoneNumber = found.get(&self.field)?.trim().parse().ok()?;
        let allowed = self.countries.iter().any(|digits| number.begins_with(digits));
        (allowed && !self.lines.contains(&number)).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_chosen_whatever_its_capitals() {
        let branch = Branch {
            field: "tier".into(),
            cases: [(Branch::case("Gold"), StepIndex(1)), (Branch::case("true"), StepIndex(2))].into(),
            otherwise: StepIndex(3),
        };
        let choose = |value: &str| branch.choose(&Findings::from_iter([("tier", value)]));

        assert_eq!(
            [choose("gold"), choose(" GOLD "), choose("true")].map(|at| at.map(|at| at.0)),
            [Some(1), Some(1), Some(2)]
        );
        assert_eq!((choose("silver"), choose(""), branch.choose(&Findings::default())), (None, None, None));
        let exits: Vec<_> = branch.exits().into_iter().map(|(exit, to)| (exit.name().to_owned(), to.0)).collect();
        assert_eq!(exits, [("gold".to_owned(), 1), ("true".to_owned(), 2), ("otherwise".to_owned(), 3)]);
    }

    #[test]
    fn only_a_whole_number_of_an_allowed_country_is_dialled() {
        let line: PhoneNumber = "+441632960000".parse().unwrap();
        let (countries, lines) = (["44".into(), "1".into()].into(), Arc::new(BTreeSet::from([line])));
        let to = FoundNumber { field: "phone".into(), countries, lines };
        let number = |text: &str| to.in_findings(&Findings::from_iter([("phone", text)])).map(PhoneNumber::expose);

        assert_eq!(number("+441632960777"), Some("+441632960777".to_owned()));
        assert_eq!(number(" +14155550100 "), Some("+14155550100".to_owned()));
        for refused in ["+4930123456", "01632 960777", "+441632960000", "sip:a@b.org", "", "+44 1632 960777", "+44"] {
            assert_eq!(number(refused), None, "{refused}");
        }
        assert_eq!(to.in_findings(&Findings::default()), None);
    }
}
