//! Storms: many lines, people and callers at once before a carrier that does everything badly, under virtual time and
//! from one seed. What was heard and done is judged afterwards; what the program believes is never asked.
//!
//! A storm is an explicit [`Plan`]: drawn from a seed, written down as one line of text, and made smaller while it still
//! breaks the same promise.

pub mod acts;
pub mod callers;
pub mod coverage;
pub mod desk;
pub mod draw;
pub mod file;
pub mod flow;
pub mod flows;
pub mod judge;
pub mod many;
pub mod net;
pub mod plan;
pub mod play;
pub mod positions;
pub mod rare;
pub mod sabotage;
pub mod served;
pub mod shrink;
pub mod stage;
pub mod tell;
pub mod terms;

pub use self::{
    coverage::Coverage,
    judge::{Broken, Promise, judge},
    plan::Plan,
    play::{Played, play},
    sabotage::Sabotage,
};
