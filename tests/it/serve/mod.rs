//! A whole server over real sockets.

mod calls;
mod document;
mod drain;
mod edges;
mod envelopes;
mod offers;
mod people;
mod raw;
mod roles;
mod sign_in;
