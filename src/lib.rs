//! Ringall: one number; everybody's phone rings; the first human to answer has the call.
//!
//! Imports point one way: `cli` puts the program together in `service`, which knows `web`, `switchboard` and `carrier`;
//! those know `config` and the core crate, and nothing knows `cli`. `demo` puts the program before a `simulator`,
//! `conformance` any other server; nothing but `cli` knows them.

pub mod carrier;
pub mod cli;
pub mod clock;
pub mod config;
pub mod conformance;
pub mod current;
pub mod demo;
pub mod links;
pub mod lookups;
pub mod ngrok;
pub mod notices;
pub mod ringback;
pub mod room;
pub mod secret;
pub mod service;
pub mod simulator;
pub mod switchboard;
pub mod tasks;
pub mod telemetry;
pub mod urls;
pub mod web;
