//! Usage records.
