//! Programs that try to break Ringall, and measure what it bears. Each is a binary of its own in `src/bin/`:
//!
//! - `storm`: random people, callers and carriers under virtual time, from one seed, judged by what was heard and done;
//! - `race`: many accepts in one instant, over sockets and threads;
//! - `load`: thousands of calls held, bursts, slow clients, floods, and too few file descriptors.

pub mod load;
pub mod race;
pub mod storm;
