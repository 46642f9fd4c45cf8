//! The `manti` binary: parse, run, exit code.

fn main() {}
