//! Ringall.
fn main() {}
