//! Translation between the dialects: golden files, recordings, and input that means no good.

mod answers;
mod bounds;
mod cited;
mod exceptions;
mod gemini;
mod gemini_others;
mod golden;
mod losses;
mod mutations;
mod pictures;
mod pieces;
mod plain;
mod recordings;
mod requests;
mod served;
mod silence;
mod streams;
mod supported;
mod thinking;
mod told;
pub(crate) mod translated;
mod upstream_golden;
mod upstream_mutations;
mod upstream_recordings;
mod upstream_said;
