//! Loud, but once: what is wrong with the account or the configuration is said when it appears, not at every call.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ringall_core::time::Timestamp;
use tracing::error;

/// What was complained about, and when.
#[derive(Default)]
pub(super) struct Complaints(Mutex<HashMap<u32, Timestamp>>);

/// Said again after an hour, if it still happens.
const REPEATED_AFTER: std::time::Duration = std::time::Duration::from_secs(3600);

impl Complaints {
    /// Logs that the carrier refuses everything for this reason, unless that was said lately. True if it was logged.
    pub(super) fn about(&self, now: Timestamp, code: u32, message: &str) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = said.get(&code).is_none_or(|at| now.since(*at) >= REPEATED_AFTER);
        if fresh {
            said.insert(code, now);
            error!(
                code,
                "the carrier refuses the account or the configuration: {message}; no phone will ring until this is \
                 mended (carrier's error {code})"
            );
        }
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_token_is_said_once_an_hour() {
        let complaints = Complaints::default();
        let at = Timestamp::from_millis(0);

        assert!(complaints.about(at, 20003, "Authenticate"));
        assert!(!complaints.about(at + REPEATED_AFTER / 2, 20003, "Authenticate"));
        assert!(complaints.about(at + REPEATED_AFTER / 2, 21210, "not owned"));
        assert!(complaints.about(at + REPEATED_AFTER, 20003, "Authenticate"));
    }
}
