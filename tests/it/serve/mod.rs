//! A whole server over real sockets.

mod calls;
mod document;
mod drain;
mod envelopes;
mod people;
mod raw;
