//! What is known about the server that is tried.

use std::{net::SocketAddr, time::Duration};

use ringall_core::phone::PhoneNumber;
use url::Url;

use crate::{secret::Secret, simulator::Method};

/// The server that is tried, and what its user says about it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The webhook of an incoming call.
    pub inbound: Url,
    /// The webhook that reports the end of an incoming call.
    pub status: Url,
    /// The webhook that stands in for one that failed.
    pub fallback: Option<Url>,
    /// Where the server listens, if that is not what its addresses say.
    pub connect_to: Option<SocketAddr>,
    /// The account that the server believes in.
    pub account_sid: String,
    /// What the account's webhooks are signed with.
    pub auth_token: Secret,
    /// The number that is called.
    pub line: PhoneNumber,
    /// How the incoming call's webhook is requested.
    pub method: Method,
    /// Whether the other method is tried as well.
    pub both_methods: bool,
    /// How long the server lets phones ring for one call at the longest.
    pub ring_for: Duration,
    /// How long the server may take for what needs no waiting.
    pub react_within: Duration,
    /// Whether the server rings people who are rung for another call already.
    pub ring_busy: bool,
    /// The key that accepts a call.
    pub key: char,
}
