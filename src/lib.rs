//! Ringall: one number; everybody's phone rings; the first human to answer has the call.

pub mod carrier;
pub mod cli;
pub mod config;
pub mod ngrok;
pub mod secret;
