//! The parts, read until it is known where they go.

use std::collections::BTreeSet;
use std::io;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt};
use multer::{Field, Multipart};

use super::rest::Rest;
use super::source::{Allowance, Source, Wrong};
use super::spool::{MEMORY, Spool};
use super::wrong;
use crate::gateway::{Fault, Upload};
use crate::models::id;
use crate::models::refusal::{Refusal, Situation};
use crate::providers::{Tail, Unsent};

/// The longest name of a model, in bytes.
const LONGEST_MODEL: usize = 512;

/// The most answers of one request.
const MOST_ANSWERS: u32 = 128;

/// The most parts of different names.
const MOST_PARTS: usize = 1000;

/// A parser, and what it may read.
pub(super) struct Parts {
    multipart: Multipart<'static>,
    allowance: Allowance,
    /// What stands between the parts as they are passed on.
    pub(super) boundary: String,
}

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Form {
    model: Option<String>,
    stream: bool,
    n: Option<u32>,
    end_user: Option<String>,
    /// The names of the parts so far.
    names: BTreeSet<String>,
    files: usize,
    /// Bytes of texts so far.
    texts: usize,
}

/// Reads the parts until a model is named and a file is to come; `file`: the part that must be one.
pub(super) async fn read(source: Source, boundary: &str, file: &str) -> Result<Upload, Refusal> {
    let small = source.announced.is_some_and(|length| length <= MEMORY);
    let mut parts = Parts::new(source, boundary);
    let mut form = Form::default();
    let mut spool = Spool::default();
    let live = loop {
        let Some(mut field) = parts.next().await? else {
            break None;
        };
        let is_file = form.meet(&field)?;
        if is_file && form.model.is_some() && !small {
            break Some(field);
        }
        if is_file {
            spool.push(&parts.head(&field)).await.map_err(full)?;
            while let Some(piece) = field.chunk().await.map_err(refusal)? {
                spool.push(&piece).await.map_err(full)?;
            }
        } else {
            let head = parts.head(&field);
            let text = form.text(&mut field).await?;
            if form.take(field.name().unwrap_or_default(), &text)? {
                continue;
            }
            spool.push(&head).await.map_err(full)?;
            spool.push(&text).await.map_err(full)?;
        }
        spool.push(b"\r\n").await.map_err(full)?;
    };
    let model = form.model.take();
    let missing = || wrong("model", "you must name a model: `model` is missing");
    let model = model.ok_or_else(missing)?;
    if form.files == 0 {
        return Err(wrong(
            &form.spelled(file),
            "a file is missing: send it as a part of its own",
        ));
    }
    if live.is_none() {
        spool.push(&parts.end()).await.map_err(full)?;
    }
    let on_disk = spool.on_disk();
    let (kept, disk) = spool.finish().await.map_err(full)?;
    let fault = Fault::default();
    let upload = Upload {
        model,
        stream: form.stream,
        n: form.n.unwrap_or(1),
        end_user: form.end_user.take(),
        boundary: parts.boundary.clone(),
        kept,
        tail: None,
        fault: fault.clone(),
    };
    let disk = disk.map(|disk| disk.map_err(|_| Unsent));
    let tail = match (disk, live) {
        (None, None) => None,
        (Some(disk), None) => Some(Tail::new(disk, Some(on_disk))),
        (disk, Some(field)) => {
            let rest = Rest::new(parts, field, form, fault).pieces();
            let disk = futures_util::stream::iter(disk).flatten();
            Some(Tail::new(disk.chain(rest), None))
        }
    };
    Ok(Upload { tail, ..upload })
}

impl Parts {
    fn new(source: Source, boundary: &str) -> Self {
        Self {
            allowance: source.allowance.clone(),
            multipart: Multipart::new(source.pieces(), boundary),
            boundary: id::mint("part"),
        }
    }

    /// The next part; the one before it must be dropped.
    pub(super) async fn next(&mut self) -> Result<Option<Field<'static>>, Refusal> {
        self.allowance.head();
        let field = self.multipart.next_field().await.map_err(refusal)?;
        self.allowance.content();
        Ok(field)
    }

    /// What stands before a part's content.
    pub(super) fn head(&self, field: &Field<'_>) -> Bytes {
        let mut head = BytesMut::with_capacity(256);
        head.extend_from_slice(format!("--{}\r\n", self.boundary).as_bytes());
        for (name, value) in field.headers() {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        head.freeze()
    }

    /// What stands behind the last part.
    pub(super) fn end(&self) -> Bytes {
        format!("--{}--\r\n", self.boundary).into()
    }
}

impl Form {
    /// A field's name as the client wrote it: lists may have brackets.
    fn spelled(&self, name: &str) -> String {
        let list = format!("{name}[]");
        if self.names.contains(&list) {
            list
        } else {
            name.to_owned()
        }
    }

    /// Notes a part by its name; tells whether it is a file.
    pub(super) fn meet(&mut self, field: &Field<'_>) -> Result<bool, Refusal> {
        let missing = || wrong("", "a part has no name");
        let name = field.name().filter(|name| !name.is_empty());
        let name = name.ok_or_else(missing)?;
        let is_file = field.file_name().is_some();
        self.files += usize::from(is_file);
        if is_file && name == "model" {
            return Err(wrong(name, "`model` must be a text"));
        }
        if self.names.len() == MOST_PARTS {
            return Err(wrong("", "there are more than a thousand parts"));
        }
        // Lists come as parts of one name, written with brackets; images without them too.
        let list = name.ends_with("[]") || name == "image";
        if !self.names.insert(name.to_owned()) && !list {
            return Err(wrong(name, format!("`{name}` is given twice")));
        }
        Ok(is_file)
    }

    async fn text(&mut self, field: &mut Field<'static>) -> Result<Bytes, Refusal> {
        let mut text = BytesMut::new();
        while let Some(piece) = field.chunk().await.map_err(refusal)? {
            self.texts += piece.len();
            if self.texts > MEMORY {
                let message = "The texts among the parts are longer than 1 MiB.";
                return Err(Refusal::new(Situation::TooLarge, message));
            }
            text.extend_from_slice(&piece);
        }
        Ok(text.freeze())
    }

    /// Takes a text; tells whether it is the model's name, which is not passed on as it is.
    fn take(&mut self, name: &str, text: &[u8]) -> Result<bool, Refusal> {
        let word = || std::str::from_utf8(text).map(str::trim);
        match name {
            "model" => {
                let model = word().ok().filter(|model| {
                    (1..=LONGEST_MODEL).contains(&model.len()) && !model.contains(char::is_control)
                });
                let odd = || wrong("model", "`model` must be the name of a model");
                self.model = Some(model.ok_or_else(odd)?.to_owned());
                return Ok(true);
            }
            "stream" => {
                self.stream = match word() {
                    Ok("true" | "True" | "1") => true,
                    Ok("false" | "False" | "0" | "") => false,
                    _ => return Err(wrong("stream", "`stream` must be a boolean")),
                };
            }
            "n" => {
                let n = word().ok().and_then(|word| word.parse().ok());
                let n = n.filter(|n| (1..=MOST_ANSWERS).contains(n));
                let odd = || wrong("n", "`n` must be between 1 and 128");
                self.n = Some(n.ok_or_else(odd)?);
            }
            "user" => {
                let user = word().ok().filter(|user| {
                    (1..=LONGEST_MODEL).contains(&user.len()) && !user.contains('\0')
                });
                self.end_user = user.map(str::to_owned);
            }
            _ => {}
        }
        Ok(false)
    }
}

/// What is wrong with the parts.
pub(super) fn refusal(error: multer::Error) -> Refusal {
    match error {
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<Wrong>() {
            Ok(wrong) => wrong.0,
            Err(_) => broken(),
        },
        multer::Error::ReadHeaderFailed(_)
        | multer::Error::DecodeHeaderName { .. }
        | multer::Error::DecodeHeaderValue { .. } => wrong("", "a part's head cannot be read"),
        _ => broken(),
    }
}

fn broken() -> Refusal {
    let message = "The body ended early or its parts are malformed.";
    Refusal::new(Situation::InvalidValue, message)
}

fn full(_: io::Error) -> Refusal {
    let message = "There is no room on the gateway's disk for the file; try again soon.";
    Refusal::new(Situation::StorageFull, message)
}
