//! What supports an answer: `groundingMetadata` and `citationMetadata`.
//!
//! Google counts bytes within a part, others characters within their text.

use std::collections::HashSet;

use super::fields::Google;
use crate::dialects::json::{Fields, Json};
use crate::models::chat::Citation;

/// One source of one span.
#[derive(Debug)]
pub(super) struct Found {
    /// The part it supports.
    pub(super) part: usize,
    /// From where to where in it, in bytes.
    span: Option<(u64, u64)>,
    url: String,
    title: Option<String>,
    cited: Option<String>,
}

/// The sources of an answer, of which only those at an address are told.
pub(super) fn read(candidate: &Google<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    if let Some(grounding) = candidate.object("groundingMetadata") {
        grounded(&grounding, &mut found);
    }
    let Some(cited) = candidate.object("citationMetadata") else {
        return found;
    };
    let lists = ["citationSources", "citations"];
    for source in lists.into_iter().flat_map(|name| cited.objects(name)) {
        if let Some(url) = source.word("uri") {
            let start = source.count("startIndex").unwrap_or(0);
            found.push(Found {
                part: 0,
                span: source.count("endIndex").map(|end| (start, end)),
                url,
                title: source.word("title"),
                cited: None,
            });
        }
    }
    found
}

fn grounded(grounding: &Google<'_>, found: &mut Vec<Found>) {
    let sources: Vec<Option<(String, Option<String>)>> = grounding
        .objects("groundingChunks")
        .map(|chunk| {
            let source = ["web", "retrievedContext", "maps"]
                .into_iter()
                .find_map(|name| chunk.object(name))?;
            Some((source.word("uri")?, source.word("title")))
        })
        .collect();
    let mut supported = false;
    for support in grounding.objects("groundingSupports") {
        let segment = support.object("segment").unwrap_or_default();
        for index in support.list("groundingChunkIndices") {
            let place = index.count().and_then(|index| usize::try_from(index).ok());
            let Some((url, title)) = place.and_then(|place| sources.get(place)?.clone()) else {
                continue;
            };
            supported = true;
            let start = segment.count("startIndex").unwrap_or(0);
            found.push(Found {
                part: segment
                    .count("partIndex")
                    .and_then(|part| usize::try_from(part).ok())
                    .unwrap_or(0),
                span: segment.count("endIndex").map(|end| (start, end)),
                url,
                title,
                cited: segment.word("text"),
            });
        }
    }
    if !supported {
        found.extend(sources.into_iter().flatten().map(|(url, title)| Found {
            part: 0,
            span: None,
            url,
            title,
            cited: None,
        }));
    }
}

/// Where the characters of a text stand: counted once for all its citations.
#[derive(Debug)]
pub(super) struct Ruler<'a> {
    text: &'a str,
    /// Where every [`STEP`]th character begins.
    marks: Vec<usize>,
}

/// So many characters are counted at most to find one.
const STEP: usize = 256;

impl<'a> Ruler<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let begins = text.char_indices().map(|(at, _)| at);
        Self {
            text,
            marks: begins.step_by(STEP).collect(),
        }
    }

    /// The byte a character begins with, or the end of the text.
    fn byte(&self, character: usize) -> usize {
        let Some(mark) = self.marks.get(character / STEP).copied() else {
            return self.text.len();
        };
        let mut near = self.text[mark..].char_indices();
        near.nth(character % STEP)
            .map_or(self.text.len(), |(at, _)| mark + at)
    }

    /// How many characters are whole before a byte.
    pub(super) fn characters(&self, byte: usize) -> u64 {
        let byte = self.text.floor_char_boundary(byte.min(self.text.len()));
        let before = self.marks.partition_point(|mark| *mark <= byte);
        let before = before.saturating_sub(1);
        let mark = self.marks.get(before).copied().unwrap_or(0);
        (before * STEP + self.text[mark..byte].chars().count()) as u64
    }
}

impl Found {
    /// The citation of a text in which the part begins at a byte.
    pub(super) fn within(self, text: &Ruler<'_>, begins: usize) -> Citation {
        let offset = |bytes: u64| {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            text.characters(begins.saturating_add(bytes))
        };
        Citation::Url {
            url: self.url,
            title: self.title,
            cited: self.cited,
            start: self.span.map(|(start, _)| offset(start)),
            end: self.span.map(|(_, end)| offset(end)),
            raw: None,
        }
    }
}

/// What was searched for, and the addresses and titles of what was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Searched {
    pub(super) queries: Vec<String>,
    pub(super) found: Vec<(String, String)>,
}

impl Searched {
    /// Adds another search.
    pub(super) fn join(&mut self, other: Self) {
        self.queries.extend(other.queries);
        self.found.extend(other.found);
    }

    /// How many bytes it is.
    pub(super) fn length(&self) -> usize {
        let found = self
            .found
            .iter()
            .map(|(url, title)| url.len() + title.len());
        self.queries.iter().map(String::len).sum::<usize>() + found.sum::<usize>()
    }
}

/// The sources of an answer on their way out.
#[derive(Debug, Default)]
pub(super) struct Grounding<'a> {
    pub(super) searched: Searched,
    /// The addresses of the sources that support something.
    cited: HashSet<String>,
    chunks: Vec<Json<'a>>,
    supports: Vec<Json<'a>>,
}

impl<'a> Grounding<'a> {
    /// Adds what supports a text that is a part; `begins`: where in the part, in bytes.
    pub(super) fn add(
        &mut self,
        citation: &Citation,
        part: usize,
        ruler: &Ruler<'_>,
        begins: usize,
    ) {
        let Citation::Url {
            url,
            title,
            start,
            end,
            ..
        } = citation
        else {
            return;
        };
        let byte = |characters: Option<u64>, otherwise: usize| {
            let Some(characters) = characters.and_then(|count| usize::try_from(count).ok()) else {
                return otherwise;
            };
            ruler.byte(characters)
        };
        let text = ruler.text;
        let (from, to) = (byte(*start, 0), byte(*end, text.len()));
        let place = self.chunks.len() as u64;
        self.chunks
            .push(chunk(url, title.as_deref().unwrap_or(url)));
        self.cited.insert(url.clone());
        let mut segment = Fields::new();
        if part > 0 {
            segment.put("partIndex", part as u64);
        }
        let segment = segment
            .with("startIndex", (begins + from) as u64)
            .with("endIndex", (begins + to) as u64)
            .with("text", text.get(from..to).unwrap_or_default().to_owned());
        self.supports.push(
            Fields::new()
                .with("segment", segment)
                .with("groundingChunkIndices", vec![place.into()])
                .into(),
        );
    }

    /// `None` when nothing was cited and nothing searched for.
    pub(super) fn written(mut self) -> Option<Fields<'a>> {
        for (url, title) in &self.searched.found {
            if self.cited.insert(url.clone()) {
                let title = if title.is_empty() { url } else { title };
                self.chunks.push(chunk(url, title));
            }
        }
        let queries: Vec<Json<'a>> = self.searched.queries.into_iter().map(Json::from).collect();
        let mut fields = Fields::new();
        if !queries.is_empty() {
            fields.put("webSearchQueries", queries);
        }
        if !self.chunks.is_empty() {
            fields.put("groundingChunks", self.chunks);
        }
        if !self.supports.is_empty() {
            fields.put("groundingSupports", self.supports);
        }
        (!fields.0.is_empty()).then_some(fields)
    }
}

/// A page that was found.
fn chunk(url: &str, title: &str) -> Json<'static> {
    let source = Fields::new()
        .with("uri", url.to_owned())
        .with("title", title.to_owned());
    Fields::new().with("web", source).into()
}
