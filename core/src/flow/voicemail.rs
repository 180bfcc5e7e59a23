//! A step at which the caller leaves a message.

use std::{sync::Arc, time::Duration};

use super::{StepIndex, Words};

/// What the caller hears, how long they may speak, and where the call goes afterwards. Who is told of the message is not
/// the call's business: messages outlive calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Voicemail {
    /// The configuration's name of the step, which stands in the addresses that a recording is reported to.
    pub name: Arc<str>,
    /// What is heard before the beep.
    pub greeting: Words,
    /// What a caller hears who has said nothing, before the second beep.
    pub nothing_heard: Words,
    /// What is heard when the recording is over.
    pub goodbye: Words,
    /// So long a silence ends the recording.
    pub silence: Duration,
    /// So long a message may be.
    pub longest: Duration,
    /// The key that ends the recording; no key does if absent.
    pub finish_key: Option<char>,
    /// Where the call goes afterwards.
    pub done: StepIndex,
}
