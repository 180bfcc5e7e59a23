//! The rules of a Ringall call: pure state machines over events, without async, IO or a clock.
//!
//! [`call`] is the machine of one call, [`roster`] decides which call may ring whom, [`claim`] decides who has a call.
//! The program around this crate turns webhooks into events and runs the effects that come back.

pub mod call;
pub mod claim;
pub mod fact;
pub mod findings;
pub mod flow;
pub mod id;
pub mod phone;
pub mod roster;
pub mod screen;
pub mod time;
