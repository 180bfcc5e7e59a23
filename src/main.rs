//! The program; everything is in the library, so that tests reach it.

use std::process::ExitCode;

/// Many small, short-lived allocations on several threads: this one gives memory back when calls are over. Its
/// version 2 gives back more of it, and without huge pages what lasts holds 4 KiB of memory and not 2 MiB.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ringall::cli::run()
}
