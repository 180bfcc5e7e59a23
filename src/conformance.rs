//! A suite that plays the carrier against any server which answers the carrier's webhooks and orders calls over its
//! REST API, and says which promises to callers and members the server keeps.
//!
//! How it is built:
//!
//! - The carrier is [`simulator`](crate::simulator), over real sockets and in real time. Each scenario has one of its
//!   own, so that its timeline, its faults and its account of what went wrong stand alone; the server sees one REST
//!   address for all of them (`exchange`).
//! - Nothing is known about the server but its addresses, its account and its line. Whoever it dials gets a telephone in
//!   that moment; scenarios speak of phones by the order of dialling. Each caller has a number of their own.
//! - How the server screens is found out by one call before the first scenario (`preflight`): a human presses a key if
//!   one is asked for, and is a human for the carrier's detection if that was ordered. The same call finds out why a
//!   server cannot be tried at all, which is then said once.
//! - A scenario is judged by what was heard and done at the carrier: who rang, who talked with whom, who was told what
//!   and when. After each one everything must come to rest by itself, then there must be silence, and nobody may have
//!   had to bear what no one should ([`Simulator::violations`](crate::simulator::Simulator::violations)).
//! - Scenarios run one after another, because the server's people are shared among its calls. People speak three times
//!   as fast as they do, and detection decides at once; everything else takes as long as it takes.

mod exchange;
mod preflight;
mod report;
mod runner;
mod scenarios;
mod scene;
mod stage;
mod target;

pub use self::{
    preflight::CannotBegin,
    report::{Outcome, Report},
    runner::Suite,
    scenarios::{Needs, Scenario, all},
    target::Target,
};
