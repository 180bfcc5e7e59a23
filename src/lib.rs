//! Ringall: one number; everybody's phone rings; the first human to answer has the call.

pub mod carrier;
pub mod simulator;
