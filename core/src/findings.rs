//! What a lookup has told about a caller. It is theirs, not ours: nothing of it ever prints.

use std::{collections::BTreeMap, fmt, ops::Deref, sync::Arc};

/// Fields by their names, as the user's own address has answered. Prints as how many there are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Findings(BTreeMap<Arc<str>, Arc<str>>);

/// So many fields are kept at the most: a call may come to lookups again and again.
pub const MOST_FIELDS: usize = 64;

impl Findings {
    /// Takes in what a further lookup has found; of two values of one name the newer one counts. If all together are too
    /// many, older ones give way.
    pub fn learn(&mut self, mut newer: Self) {
        for (name, value) in std::mem::take(&mut self.0) {
            if newer.0.len() < MOST_FIELDS {
                newer.0.entry(name).or_insert(value);
            }
        }
        *self = newer;
    }
}

impl Deref for Findings {
    type Target = BTreeMap<Arc<str>, Arc<str>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<Name: Into<Arc<str>>, Value: Into<Arc<str>>> FromIterator<(Name, Value)> for Findings {
    fn from_iter<Fields: IntoIterator<Item = (Name, Value)>>(fields: Fields) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} fields", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_found_prints() {
        let found = Findings::from_iter([("name", "Mr Jones"), ("tier", "gold")]);

        assert_eq!(format!("{found:?}"), "2 fields");
    }

    #[test]
    fn the_newer_of_two_values_counts_and_others_stay() {
        let mut found = Findings::from_iter([("name", "Jones"), ("tier", "gold")]);

        found.learn(Findings::from_iter([("tier", "silver")]));

        assert_eq!(found, Findings::from_iter([("name", "Jones"), ("tier", "silver")]));
    }

    #[test]
    fn a_call_that_is_looked_up_for_ever_does_not_learn_for_ever() {
        let mut found = Findings::default();

        for round in 0..1_000 {
            found.learn(Findings::from_iter([(format!("field {round}"), "1"), ("latest".to_owned(), "1")]));
            assert!(found.contains_key("latest") && found.contains_key(&*format!("field {round}")));
        }

        assert_eq!(found.len(), MOST_FIELDS);
    }
}
