//! A whole server over real sockets.

mod calls;
