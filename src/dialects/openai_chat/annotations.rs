//! Citations in chat completions: annotations with offsets in the joined text.

use crate::dialects::json::{Fields, Json, Object, Value};
use crate::models::chat::{Block, Citation, Content};

/// The citations of a message go to its first text.
pub(super) fn read(message: &Object<'_>, blocks: &mut [Block]) {
    let found = message.list("annotations");
    attach(found.into_iter().filter_map(one).collect(), blocks);
}

/// One annotation.
pub(super) fn one(value: Value<'_>) -> Option<Citation> {
    let fields = value.object()?;
    let inner = fields.object("url_citation")?;
    let offset = |name: &str| inner.get(name).and_then(Value::count);
    Some(Citation::Url {
        url: inner.word("url")?,
        title: inner.word("title"),
        cited: inner.word("content"),
        start: offset("start_index"),
        end: offset("end_index"),
        raw: None,
    })
}

/// Sources beside the answer (Perplexity), of which no offsets are known.
pub(super) fn found(root: &Object<'_>, blocks: &mut [Block]) {
    attach(beside(root), blocks);
}

/// The same of an answer, or a piece of one.
pub(super) fn beside(root: &Object<'_>) -> Vec<Citation> {
    let mut citations: Vec<Citation> = root
        .list("search_results")
        .into_iter()
        .filter_map(Value::object)
        .filter_map(|found| Some(bare(found.word("url")?, found.word("title"))))
        .collect();
    if citations.is_empty() {
        citations = root
            .list("citations")
            .into_iter()
            .filter_map(Value::text)
            .map(|url| bare(url.into_owned(), None))
            .collect();
    }
    citations
}

fn bare(url: String, title: Option<String>) -> Citation {
    Citation::Url {
        url,
        title,
        cited: None,
        start: None,
        end: None,
        raw: None,
    }
}

fn attach(citations: Vec<Citation>, blocks: &mut [Block]) {
    let text = blocks
        .iter_mut()
        .find_map(|block| match &mut block.content {
            Content::Text { citations, .. } => Some(citations),
            _ => None,
        });
    if let Some(known) = text {
        known.extend(citations);
    }
}

/// An annotation for a span of the joined text, in characters; `None` for what has no address.
pub(super) fn write(citation: &Citation, start: u64, end: u64) -> Option<Json<'_>> {
    let Citation::Url {
        url,
        title,
        start: own_start,
        end: own_end,
        ..
    } = citation
    else {
        return None;
    };
    let inner = Fields::new()
        .with(
            "start_index",
            own_start.map_or(start, |own| start.saturating_add(own)),
        )
        .with(
            "end_index",
            own_end.map_or(end, |own| start.saturating_add(own)),
        )
        .with("url", url)
        .with("title", title.as_deref().unwrap_or(url));
    Some(
        Fields::new()
            .with("type", "url_citation")
            .with("url_citation", inner)
            .into(),
    )
}
