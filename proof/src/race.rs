//! Many accepts in one instant, over sockets and threads, before the real program in a process of its own.
//!
//! A round is planned from a seed (`plan`), played by `director` over one call at the carrier (`stage`), and judged
//! from its record alone (`judge`). The instant itself is in `release`.

mod carrier;
mod director;
mod figures;
mod judge;
mod plan;
mod program;
mod record;
mod release;
mod room;
mod rounds;
mod shots;
mod stage;
mod twiml;
mod wire;

pub use self::{
    figures::Figures,
    rounds::{Options, Verdict, run},
};
