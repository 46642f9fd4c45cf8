//! The meter's view of answers that are no conversations.

use super::Service;
use crate::dialects::meter::{Mark, Meter, Plain, Reads, says_something};
use crate::dialects::scan::{self, Scan};
use crate::dialects::sse::Event;
use crate::dialects::usage::{self, Kind};

/// What an object says.
#[derive(Debug, Default)]
struct Object {
    /// What an answer of this format cannot be without.
    answer: bool,
    error: bool,
    /// How many images it holds.
    images: u64,
    /// Seconds of a recording, where they stand beside the text.
    duration: Vec<u8>,
    /// `image_generation.completed`, …
    kind: Option<String>,
}

impl Reads for Service {
    fn selects(&self, _: &[u8]) -> bool {
        // A handful of events, each of which may be the last.
        true
    }

    fn event(&self, meter: &mut Meter, event: &Event<'_>) -> Mark {
        let data = event.data.trim_ascii();
        if data == b"[DONE]" {
            return Mark {
                end: true,
                ..Mark::default()
            };
        }
        let Some(object) = self.read(meter, data) else {
            return Mark::broken();
        };
        let kind = object.kind.as_deref().or(event.name).unwrap_or_default();
        let error = object.error || kind == "error";
        let last = matches!(kind.rsplit('.').next(), Some("completed" | "done"));
        let content = !error && !meter.has_content();
        if last && !error {
            meter.finishes_another();
            if *self == Self::Images {
                self.images(meter, meter.finished_count());
            }
        }
        let all = last && !error && meter.enough();
        Mark {
            finish: all,
            end: all,
            usage_only: false,
            error,
            content,
            alive: false,
        }
    }

    fn plain(&self, meter: &mut Meter, body: &[u8]) -> Option<Plain> {
        let object = self.read(meter, body)?;
        if object.error {
            return Some(Plain::Error);
        }
        if !object.answer {
            return Some(Plain::Unreadable);
        }
        match self {
            Self::Images => self.images(meter, object.images),
            Self::Transcriptions if !object.duration.is_empty() && meter.reading().is_none() => {
                let seconds = |found: &mut usage::Found| {
                    found.set_rounded_up(Kind::Seconds, &object.duration);
                };
                meter.takes(usage::of(self.dialect(), seconds), true);
            }
            _ => {}
        }
        Some(Plain::Answer)
    }

    fn text(&self, _: &[u8], _: &mut String) {}
}

impl Service {
    /// The field that an answer cannot be without.
    fn field(self) -> &'static [u8] {
        match self {
            Self::Embeddings
            | Self::VoyageEmbeddings
            | Self::JinaEmbeddings
            | Self::VoyageRerank
            | Self::Images => b"data",
            Self::CohereEmbeddings | Self::GeminiEmbeddings | Self::OllamaEmbeddings => {
                b"embeddings"
            }
            Self::GeminiEmbedding => b"embedding",
            Self::VertexEmbeddings => b"predictions",
            Self::Rerank | Self::CohereRerank | Self::Moderations => b"results",
            Self::Speech => b"audio",
            Self::Transcriptions => b"text",
        }
    }

    /// Counts images where no tokens are told.
    fn images(self, meter: &mut Meter, count: u64) {
        let told = meter
            .reading()
            .is_some_and(|reading| reading.tokens.total() > 0);
        if !told {
            let images = |found: &mut usage::Found| found.count(Kind::Images, count);
            meter.takes(usage::of(self.dialect(), images), true);
        }
    }

    /// Adds up what each of Vertex's vectors was made of.
    fn predictions(self, meter: &mut Meter, value: &[u8]) {
        let tokens = scan::Items::of(value).filter_map(|item| {
            let embeddings = scan::field(item, "embeddings")?;
            scan::field(scan::field(embeddings, "statistics")?, "token_count")
        });
        let mut tokens = tokens.peekable();
        if tokens.peek().is_some() {
            let input = |found: &mut usage::Found| {
                tokens.for_each(|count| found.add(Kind::Input, count));
            };
            meter.takes(usage::of(self.dialect(), input), true);
        }
    }

    /// Reads an object in one pass; `None` when it is not JSON.
    fn read(self, meter: &mut Meter, data: &[u8]) -> Option<Object> {
        let mut object = Object::default();
        let mut scan = Scan::new(data);
        if scan.peek() != Ok(b'{') {
            return None;
        }
        let fields = scan.object(0, |scan, name| {
            let usage = matches!(name, b"usage" | b"meta" | b"usageMetadata");
            if usage && scan.peek()? == b'{' {
                meter.takes(usage::read_from(self.dialect(), scan, 1)?, true);
                return Ok(());
            }
            let value = scan.take(1)?;
            object.answer |= name == self.field() && !scan::is_null(value);
            match name {
                b"model" => meter.named(value),
                b"error" => object.error |= says_something(value),
                b"object" => object.error |= value == b"\"error\"",
                b"type" => object.kind = scan::text(value).map(std::borrow::Cow::into_owned),
                b"data" => object.images = scan::Items::of(value).count() as u64,
                b"duration" => object.duration = value.to_vec(),
                b"predictions" => self.predictions(meter, value),
                b"prompt_eval_count" => {
                    let input = |found: &mut usage::Found| found.set(Kind::Input, value);
                    meter.takes(usage::of(self.dialect(), input), true);
                }
                _ => {}
            }
            Ok(())
        });
        fields.and_then(|()| scan.end()).ok()?;
        Some(object)
    }
}
