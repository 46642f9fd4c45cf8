//! A conversation in no dialect: what every wire format is read into and written from.
//!
//! A call whose client and provider speak the same dialect never passes through here. Start at
//! [`Request`]; [`crate::models::streaming`] has the same answer in pieces.

mod message;
mod raw;
mod request;
mod response;
mod tool;

pub use message::{
    Block, Cache, Call, CallKind, Content, Family, Media, Role, Secret, Source, Thinking,
    ToolResult, Turn,
};
pub use raw::Raw;
pub use request::{Extra, Format, Paths, Reasoning, Request, Sampling, Spelling};
pub use response::{Choice, Citation, Response, Stop};
pub use tool::{ServerTool, Tool, ToolChoice, ToolKind};
