//! Names of calls, rounds, legs and visits. Every id is its own type; the machine's own are counters, so that folding
//! the same events gives the same ids.

use std::{fmt, num::NonZeroU32, str::FromStr, sync::Arc};

/// The carrier's name for one leg. The caller's leg also names the call, its conference and its webhooks.
///
/// Letters, digits and `-`, at most 64: Twilio writes `CA` and 32 hexadecimal digits, other clouds write UUIDs
/// (carrier contract §1.1, §13). Nothing else is let in, so a sid can stand in a URL or a log as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallSid(Arc<str>);

impl CallSid {
    const LONGEST: usize = 64;

    /// The sid as the carrier wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that cannot be a carrier's name of a leg.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a call sid: expected 1 to 64 letters, digits or `-`")]
pub struct NotACallSid;

impl FromStr for CallSid {
    type Err = NotACallSid;

    fn from_str(text: &str) -> Result<Self, NotACallSid> {
        let fits = (1..=Self::LONGEST).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if fits && plain { Ok(Self(text.into())) } else { Err(NotACallSid) }
    }
}

impl fmt::Display for CallSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CallSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident($inner:ty), first $first:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($inner);

        impl $name {
            /// The first of a call.
            pub const FIRST: Self = Self($first);

            /// The one after this.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

counter! {
    /// One outbound leg of a call, counted through all its rounds. Never zero, so that a claim can hold it in one word.
    LegId(NonZeroU32), first NonZeroU32::MIN
}

counter! {
    /// One claim's lifetime: from the first offer until somebody has the call or the round is closed.
    RoundId(u32), first 1
}

counter! {
    /// One entry into a step of the flow; a step that is entered twice has two visits, so an old document's last
    /// redirect cannot advance the flow again.
    VisitId(u32), first 1
}

counter! {
    /// One look into the call's conference; answers to all but the latest tell of a room that has changed since.
    LookId(u32), first 1
}

counter! {
    /// One question of a call to the user's own address; only the answer to the latest counts.
    InquiryId(u32), first 1
}

impl LegId {
    /// The word a claim stores for this leg.
    pub(crate) fn word(self) -> u32 {
        self.0.get()
    }

    /// The leg that a claim's word stands for; `None` for zero.
    pub(crate) fn from_word(word: u32) -> Option<Self> {
        NonZeroU32::new(word).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_is_letters_digits_and_dashes() {
        assert!("CA0123456789abcdef0123456789abcdef".parse::<CallSid>().is_ok());
        assert!("5f1c2f3e-aaaa-bbbb-cccc-0123456789ab".parse::<CallSid>().is_ok());
        for wrong in ["", "CA/../x", "CA<b>", "CA 1", &"a".repeat(65)] {
            assert_eq!(wrong.parse::<CallSid>(), Err(NotACallSid), "{wrong}");
        }
    }

    #[test]
    fn a_sid_prints_as_the_carrier_wrote_it() {
        let sid: CallSid = "CA01-ab".parse().unwrap();

        assert_eq!(
            (sid.as_str(), sid.to_string(), format!("{sid:?}")),
            ("CA01-ab", "CA01-ab".into(), "CA01-ab".into())
        );
        assert_eq!(format!("{:?} {:?}", LegId::FIRST, RoundId::FIRST.next()), "LegId(1) RoundId(2)");
    }

    #[test]
    fn leg_zero_does_not_exist() {
        assert!("0".parse::<LegId>().is_err());
        assert_eq!("7".parse::<LegId>().unwrap().next().to_string(), "8");
    }
}
