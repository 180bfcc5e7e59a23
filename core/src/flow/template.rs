//! Words with places in them that are filled when they are heard.

use std::{fmt, sync::Arc};

/// Text and places, in their order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Template(Arc<[Part]>);

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Text that means itself.
    Text(Arc<str>),
    /// A place to be filled.
    Place {
        /// With what.
        variable: Variable,
        /// What is said if that is not known; the variable's own way of saying so if absent.
        otherwise: Option<Arc<str>>,
    },
}

/// What a place can be filled with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variable {
    /// The spoken name of the line that was called.
    LineName,
    /// The caller's number, digit by digit.
    CallerNumber,
    /// Where the carrier thinks the caller's number belongs.
    CallerCity,
    /// The state or county of that place.
    CallerState,
    /// The country of that place.
    CallerCountry,
    /// A field of what a lookup has found.
    Found(Arc<str>),
}

impl Template {
    /// These pieces in their order.
    pub fn new(parts: impl IntoIterator<Item = Part>) -> Self {
        Self(parts.into_iter().collect())
    }

    /// The pieces.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Whether any place is filled with what only somebody who has accepted may hear.
    pub fn tells_of_caller(&self) -> bool {
        self.0.iter().any(|part| match part {
            Part::Text(_) => false,
            Part::Place { variable, .. } => variable.tells_of_caller(),
        })
    }

    /// The first place for whose not being known the program has words, in English, and these words none of their own.
    pub fn place_without_words(&self) -> Option<&Variable> {
        self.0.iter().find_map(|part| match part {
            Part::Place { variable, otherwise: None } if variable.has_words_for_unknown() => Some(variable),
            Part::Place { .. } | Part::Text(_) => None,
        })
    }
}

impl Variable {
    fn has_words_for_unknown(&self) -> bool {
        match self {
            Self::CallerNumber | Self::CallerCity | Self::CallerState | Self::CallerCountry => true,
            Self::LineName | Self::Found(_) => false,
        }
    }

    /// Every variable but the fields of a lookup, which users name.
    pub const FIXED: [Self; 5] =
        [Self::LineName, Self::CallerNumber, Self::CallerCity, Self::CallerState, Self::CallerCountry];

    /// Whether it tells anything about the caller.
    pub fn tells_of_caller(&self) -> bool {
        match self {
            Self::LineName => false,
            Self::CallerNumber | Self::CallerCity | Self::CallerState | Self::CallerCountry | Self::Found(_) => true,
        }
    }

    /// As a configuration writes it, without its braces; of a lookup's field only what stands before it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::LineName => "line.name",
            Self::CallerNumber => "caller.number",
            Self::CallerCity => "caller.city",
            Self::CallerState => "caller.state",
            Self::CallerCountry => "caller.country",
            Self::Found(_) => "lookup.",
        }
    }
}

/// As it was written: what the places are filled with is private.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.iter() {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Place { variable: Variable::Found(field), .. } => write!(f, "{{lookup.{field}}}")?,
                Part::Place { variable, .. } => write!(f, "{{{}}}", variable.name())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_name_tells_nothing_of_the_caller() {
        let telling: Vec<_> = every().into_iter().filter(|variable| !variable.tells_of_caller()).collect();
        assert_eq!(telling, [Variable::LineName]);

        for variable in every() {
            let told = variable.tells_of_caller();
            let words = template([text("A call for "), place(variable, None)]);
            assert_eq!(words.tells_of_caller(), told, "{words}");
        }
        assert!(!template([text("{caller.number}")]).tells_of_caller());
    }

    #[test]
    fn a_place_of_the_carriers_without_words_of_its_own_is_found() {
        let words = template([
            place(Variable::LineName, None),
            place(Variable::Found("company".into()), None),
            place(Variable::CallerNumber, Some("a hidden number")),
            place(Variable::CallerCity, None),
            place(Variable::CallerState, None),
        ]);

        assert_eq!(words.place_without_words(), Some(&Variable::CallerCity));
        assert_eq!(template([text("Hello"), place(Variable::LineName, None)]).place_without_words(), None);
    }

    fn every() -> Vec<Variable> {
        Variable::FIXED.into_iter().chain([Variable::Found("company".into())]).collect()
    }

    fn template<const N: usize>(parts: [Part; N]) -> Template {
        Template::new(parts)
    }

    fn text(text: &str) -> Part {
        Part::Text(text.into())
    }

    fn place(variable: Variable, otherwise: Option<&str>) -> Part {
        Part::Place { variable, otherwise: otherwise.map(Arc::from) }
    }
}
