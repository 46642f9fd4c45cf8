//! The parts that are passed on as they come.

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream;
use multer::Field;

use super::parts::{Form, Parts, refusal};
use crate::gateway::Fault;
use crate::models::refusal::Refusal;
use crate::providers::Unsent;

/// The parts from the first that nobody waited for.
pub(super) struct Rest {
    parts: Parts,
    form: Form,
    fault: Fault,
    stage: Stage,
}

enum Stage {
    /// A part whose head is not passed on yet.
    Head(Field<'static>),
    /// A part whose content comes in.
    Content(Field<'static>),
    /// Between two parts.
    Between,
    Over,
}

impl Rest {
    pub(super) fn new(parts: Parts, first: Field<'static>, form: Form, fault: Fault) -> Self {
        Self {
            parts,
            form,
            fault,
            stage: Stage::Head(first),
        }
    }

    /// Its pieces. What is wrong with them is told beside them.
    pub(super) fn pieces(self) -> impl Stream<Item = Result<Bytes, Unsent>> + Send + 'static {
        stream::try_unfold(self, |mut rest| async move {
            match rest.next().await {
                Ok(piece) => Ok(piece.map(|piece| (piece, rest))),
                Err(refusal) => {
                    rest.fault.tell(refusal);
                    Err(Unsent)
                }
            }
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        match std::mem::replace(&mut self.stage, Stage::Between) {
            Stage::Head(field) => {
                let head = self.parts.head(&field);
                self.stage = Stage::Content(field);
                Ok(Some(head))
            }
            Stage::Content(mut field) => {
                let Some(piece) = field.chunk().await.map_err(refusal)? else {
                    return Ok(Some(Bytes::from_static(b"\r\n")));
                };
                self.stage = Stage::Content(field);
                Ok(Some(piece))
            }
            Stage::Between => {
                let Some(field) = self.parts.next().await? else {
                    self.stage = Stage::Over;
                    return Ok(Some(self.parts.end()));
                };
                self.form.meet(&field)?;
                let head = self.parts.head(&field);
                self.stage = Stage::Content(field);
                Ok(Some(head))
            }
            Stage::Over => {
                self.stage = Stage::Over;
                Ok(None)
            }
        }
    }
}
