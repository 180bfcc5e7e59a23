//! What a URL's fragment says about the connection (carrier contract §1.4). The fragment is neither sent nor signed.

use std::time::Duration;

use super::super::switches::Profile;

/// The limits of one webhook.
#[derive(Debug, PartialEq)]
pub(super) struct Overrides {
    pub(super) connect: Duration,
    pub(super) read: Duration,
    pub(super) total: Duration,
    pub(super) retries: u32,
    pub(super) redirects: usize,
    policy: Vec<String>,
}

/// What an attempt failed of, as far as retrying is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Connect,
    Read,
    Status4xx,
    Status5xx,
    Other,
}

impl Overrides {
    /// Cuts the fragment off the URL and reads it.
    pub(super) fn take(url: &mut String, profile: Profile) -> Self {
        let fragment = url.find('#').map(|at| url.split_off(at)).unwrap_or_default();
        let total = profile.total();
        let mut overrides = Self {
            connect: profile.connect(),
            read: profile.read(),
            total,
            retries: 1,
            redirects: profile.redirects(),
            policy: vec!["ct".to_owned()],
        };
        for (name, value) in fragment.trim_start_matches('#').split('&').filter_map(|pair| pair.split_once('=')) {
            let number = value.parse::<u64>().unwrap_or(u64::MAX);
            match name {
                "ct" if (100..=10_000).contains(&number) => overrides.connect = Duration::from_millis(number),
                "rt" if (100..=15_000).contains(&number) => overrides.read = Duration::from_millis(number),
                "tt" if number <= 15_000 => overrides.total = Duration::from_millis(number).min(total),
                "rc" if number <= 5 => overrides.retries = u32::try_from(number).unwrap_or(0),
                "rp" => overrides.policy = value.split(',').map(str::to_owned).collect(),
                _ => {}
            }
        }
        overrides
    }

    pub(super) fn retries_on(&self, trouble: Trouble) -> bool {
        let word = match trouble {
            Trouble::Connect => "ct",
            Trouble::Read => "rt",
            Trouble::Status4xx => "4xx",
            Trouble::Status5xx => "5xx",
            Trouble::Other => return self.policy.iter().any(|word| word == "all"),
        };
        self.policy.iter().any(|entry| entry == word || entry == "all")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_failed_connection_is_retried_once_by_default() {
        let mut url = "http://host/a?b=c".to_owned();

        let overrides = Overrides::take(&mut url, Profile::Twilio);

        assert_eq!((url.as_str(), overrides.retries), ("http://host/a?b=c", 1));
        assert_eq!((overrides.total, overrides.connect), (Duration::from_secs(15), Duration::from_secs(5)));
        assert!(overrides.retries_on(Trouble::Connect));
        assert!(!overrides.retries_on(Trouble::Read));
        assert!(!overrides.retries_on(Trouble::Status5xx));
    }

    #[test]
    fn a_fragment_overrides_the_limits_and_is_not_sent() {
        let mut url = "http://host/a#rc=3&rt=2000&ct=500&tt=9000&rp=rt,5xx".to_owned();

        let overrides = Overrides::take(&mut url, Profile::Twilio);

        assert_eq!(url, "http://host/a");
        assert_eq!((overrides.retries, overrides.read), (3, Duration::from_secs(2)));
        assert_eq!((overrides.connect, overrides.total), (Duration::from_millis(500), Duration::from_secs(9)));
        assert!(overrides.retries_on(Trouble::Read) && overrides.retries_on(Trouble::Status5xx));
        assert!(!overrides.retries_on(Trouble::Connect));
    }

    #[test]
    fn no_fragment_extends_the_total() {
        let mut url = "http://host/a#tt=15000".to_owned();

        assert_eq!(Overrides::take(&mut url, Profile::Trial).total, Duration::from_secs(5));
    }
}
