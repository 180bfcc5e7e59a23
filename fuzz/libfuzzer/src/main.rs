//! One program for all targets: `RINGALL_FUZZ_TARGET` names the one to run. How to use it is in `fuzz/run`.

#![no_main]

use std::{alloc::System, env, process, sync::LazyLock};

use cap::Cap;
use libfuzzer_sys::fuzz_target;
use ringall_fuzz::{TARGETS, Target};

/// No input of a few kilobytes may cost more memory than this; the program aborts where it would.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, 64 * 1024 * 1024);

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let wanted = env::var("RINGALL_FUZZ_TARGET").unwrap_or_default();
    TARGETS.iter().find(|target| target.name == wanted).unwrap_or_else(|| {
        eprintln!("RINGALL_FUZZ_TARGET is `{wanted}`, expected the name of a target: see `fuzz/run --list`");
        process::exit(2);
    })
});

fuzz_target!(
    init: {
        LazyLock::force(&TARGET);
    },
    |input: &[u8]| (TARGET.run)(input)
);
