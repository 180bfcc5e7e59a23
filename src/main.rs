//! The program; everything is in the library, so that tests reach it.

use std::process::ExitCode;

/// Many small, short-lived allocations on several threads: this one gives memory back when calls are over.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ringall::cli::run()
}
