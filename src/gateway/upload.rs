//! A body in parts that is passed on while it still comes in.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::dialects::peek::{Head, Segments};
use crate::models::refusal::Refusal;
use crate::providers::Tail;

/// A body in parts: what is known of it, and what is still to come.
#[derive(Debug)]
pub struct Upload {
    /// The model asked for.
    pub model: String,
    /// Whether the answer is to come in pieces, as far as that is known.
    pub stream: bool,
    /// How many answers are asked for, as far as that is known.
    pub n: u32,
    /// The end user the client names.
    pub end_user: Option<String>,
    /// What stands between the parts.
    pub boundary: String,
    /// The parts so far without the model's, written anew.
    pub kept: Bytes,
    /// What follows them.
    pub tail: Option<Tail>,
    /// What turns out to be wrong with what follows.
    pub fault: Fault,
}

/// What turns out to be wrong with a body while it is passed on. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Fault(Arc<OnceLock<Refusal>>);

impl Fault {
    /// Says what is wrong, once.
    pub fn tell(&self, refusal: Refusal) {
        // The first fault is the cause of the others.
        let _ = self.0.set(refusal);
    }

    /// What is wrong.
    pub fn told(&self) -> Option<&Refusal> {
        self.0.get()
    }
}

impl Upload {
    /// What decides where it goes and what it may cost.
    pub(super) fn head(&self) -> Head {
        let mut head = Head::of(self.model.clone(), self.stream, self.end_user.clone());
        head.n = self.n;
        head
    }

    /// Its beginning, with the model in the target's words.
    pub fn segments(&self, model: &str) -> Segments {
        let part = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n",
            self.boundary
        );
        [part.into(), self.kept.clone()].into_iter().collect()
    }

    /// How it calls itself.
    pub(super) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }
}
