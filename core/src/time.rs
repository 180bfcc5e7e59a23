//! Moments and keys of the clock. The core never reads a clock: every moment is handed in.

use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

/// A moment of the wall clock in whole milliseconds since the Unix epoch, never running backwards within one process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment `millis` milliseconds after the Unix epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_go_on_and_back_and_stop_at_their_ends() {
        let (one, two) = (Timestamp::from_millis(1_000), Timestamp::from_millis(3_500));
        let long = Duration::from_millis(2_500);

        assert_eq!((one + long, two - long), (two, one));
        assert_eq!((two.since(one), one.since(two)), (long, Duration::ZERO));
        assert_eq!((one - long, one + Duration::MAX), (Timestamp::default(), Timestamp::from_millis(u64::MAX)));
        assert_eq!((two.as_millis(), format!("{two:?}")), (3_500, "3500ms".to_owned()));
    }
}
