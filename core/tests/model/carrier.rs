//! The model's carrier: callers, members' phones, conferences and REST requests as they truly are.

mod caller;
mod noise;
mod phones;
mod rest;
mod room;

/// The way of a request through the network.
const HOP_MS: u64 = 50;
const WORDS_MS: u64 = 3_000;
