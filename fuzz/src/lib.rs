//! Whatever comes from outside, thrown at whatever reads it: nothing may crash, hang, grow without a bound, say a
//! number or a secret, or be understood otherwise than the carrier meant it.
//!
//! Each target is a plain function that panics when a promise is broken. libFuzzer calls it with inputs that it makes up
//! (`fuzz/run`), and `tests/corpus.rs` calls it with those that are kept in `corpus/`. Inputs are plain text wherever
//! that can be, so that a seed can be written, and a find read, by a human.

mod answers;
mod configuration;
mod documents_read;
mod documents_written;
mod durations;
mod forms;
mod ids;
mod links;
mod lookups;
mod ngrok;
mod phones;
mod secrecy;
mod service;
mod signatures;
mod webhooks;

/// Something that reads what strangers write.
pub struct Target {
    /// Its name, and that of its directory in `corpus/`.
    pub name: &'static str,
    /// The longest input worth trying, in KiB: beyond what the program lets in, where it has a limit.
    pub longest_kib: usize,
    /// Reads an input; panics if that breaks a promise.
    pub run: fn(&[u8]),
}

/// All targets, by name.
pub const TARGETS: &[Target] = &[
    Target { name: "answers", longest_kib: 128, run: answers::run },
    Target { name: "configuration", longest_kib: 16, run: configuration::run },
    Target { name: "documents-read", longest_kib: 80, run: documents_read::run },
    Target { name: "documents-written", longest_kib: 16, run: documents_written::run },
    Target { name: "durations", longest_kib: 1, run: durations::run },
    Target { name: "forms", longest_kib: 80, run: forms::run },
    Target { name: "ids", longest_kib: 1, run: ids::run },
    Target { name: "links", longest_kib: 1, run: links::run },
    Target { name: "lookups", longest_kib: 80, run: lookups::run },
    Target { name: "ngrok", longest_kib: 64, run: ngrok::run },
    Target { name: "phones", longest_kib: 1, run: phones::run },
    Target { name: "signatures", longest_kib: 16, run: signatures::run },
    Target { name: "webhooks", longest_kib: 80, run: webhooks::run },
];
