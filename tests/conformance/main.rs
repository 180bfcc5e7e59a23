//! The conformance suite, run as its users run it: `ringall conformance` in a process of its own against a server in
//! another. Ringall itself keeps every promise; servers that do not are caught at it.

mod process;
mod ringall_itself;
mod usage;
mod wrong_servers;
