//! Bodies: read within bounds, documented, answered.
//!
//! [`Raw`] keeps the bytes of a model call as they came; [`Input`] reads the fields of an
//! administrative write; [`Upload`] passes on a body in parts, [`Either`] is one of both; [`Reply`] and [`Answer`] are what handlers give back.

mod body;
mod either;
mod fields;
mod form;
mod input;
mod raw;
mod reply;
mod upload;

pub(crate) use either::Either;
pub(crate) use fields::Fields;
pub(crate) use form::form;
pub(crate) use input::{Input, Write, small};
pub(crate) use raw::Raw;
pub(crate) use reply::{Answer, Created, Never, Poured, Reply, documented, private};
pub(crate) use upload::{Parted, Upload};
