//! What conversations are played with: the stage, the world on it, and forged webhooks.

pub(crate) mod conversation;
pub(crate) mod crm;
pub(crate) mod forge;
pub(crate) mod stage;
pub(crate) mod world;

use std::time::Duration;

use ringall_core::phone::PhoneNumber;

pub(crate) use self::{
    conversation::{Conversation, conversations},
    stage::Stage,
    world::World,
};

/// The line that people call.
pub(crate) const LINE: &str = "+441632960000";
/// A second number of the account; a line only where a conversation configures one.
pub(crate) const SECOND_LINE: &str = "+441632960001";
/// Who calls, unless a conversation says otherwise.
pub(crate) const CALLER: &str = "+441632960999";
/// The carrier's account.
pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000001";
/// What signs webhooks and opens the REST API.
pub(crate) const TOKEN: &str = "the-token-that-must-not-be-logged";

pub(crate) fn number(text: &str) -> PhoneNumber {
    text.parse().expect("tests write whole numbers")
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
