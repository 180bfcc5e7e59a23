//! The name of a call's conference. Whoever accepted under an earlier process may sit in the conference that bears the
//! caller's name, alone, for a caller who will never be sent there: a call that may have had a past meets its winners in a
//! conference of its own, which nobody of that past knows.

use std::fmt;

use ringall_core::{id::CallSid, time::Timestamp};

/// Where the caller of a call meets its winner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    call: CallSid,
    /// When a process that did not know the call took it over, in milliseconds.
    since: Option<u64>,
}

impl Room {
    /// The conference of a call that is known from its first request.
    pub fn of(call: &CallSid) -> Self {
        Self { call: call.clone(), since: None }
    }

    /// The conference of a call that another process may have had before `now`.
    pub fn anew(call: &CallSid, now: Timestamp) -> Self {
        Self { call: call.clone(), since: Some(now.as_millis()) }
    }

    /// The conference of this call that an address names by [`Room::segment`].
    pub fn read(call: &CallSid, segment: &str) -> Option<Self> {
        Some(Self { call: call.clone(), since: Some(segment.parse().ok()?) })
    }

    /// The call.
    pub fn call(&self) -> &CallSid {
        &self.call
    }

    /// What an address says beside the call, if anything: a slash and a number.
    pub fn segment(&self) -> impl fmt::Display {
        self.since.map_or_else(String::new, |since| format!("/{since}"))
    }
}

/// The name at the carrier.
impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.since {
            None => write!(f, "{}", self.call),
            Some(since) => write!(f, "{}-{since}", self.call),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_was_taken_over_has_a_room_that_its_past_does_not_know() {
        let call: CallSid = "CA1".parse().unwrap();
        let (first, anew) = (Room::of(&call), Room::anew(&call, Timestamp::from_millis(7)));

        assert_eq!((first.to_string(), first.segment().to_string()), ("CA1".to_owned(), String::new()));
        assert_eq!((anew.to_string(), anew.segment().to_string()), ("CA1-7".to_owned(), "/7".to_owned()));
        assert_eq!(Room::read(&call, "7"), Some(anew));
        assert_eq!(Room::read(&call, "seven"), None);
    }
}
