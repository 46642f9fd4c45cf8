//! Pictures and documents: data URLs, and types found in the bytes.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::json::{Object, Value};
use super::report::Report;
use super::{Unsupported, secrets};
use crate::models::chat::{Block, Cache, Content, Family, Media, Raw, Source, Spelling};

/// An address, or the bytes in it.
pub(super) fn from_url(url: String) -> Source {
    match split(&url) {
        Some((kind, data)) => Source::Inline(Media {
            kind: typed(kind, data),
            data: data.to_owned(),
        }),
        None => address(url),
    }
}

/// An address: anyone's, or one in Google's store.
pub(super) fn address(url: String) -> Source {
    if url.starts_with("gs://") {
        let family = Family::Google;
        return Source::Stored { family, id: url };
    }
    Source::Url(url)
}

/// Bytes in a data URL, or bare base64.
pub(super) fn from_data(data: String) -> Source {
    if data.starts_with("http://") || data.starts_with("https://") {
        return Source::Url(data);
    }
    match split(&data) {
        Some(_) => from_url(data),
        None => Source::Inline(Media {
            kind: typed("", &data),
            data,
        }),
    }
}

/// The text of a document that is nothing else, behind its name.
pub(super) fn text_of<'a>(source: &'a Source, name: Option<&str>) -> Option<Cow<'a, str>> {
    let text = match source {
        Source::Text(text) => Cow::Borrowed(text.as_str()),
        Source::Inline(media)
            if media.kind.starts_with("text/") || media.kind == "application/json" =>
        {
            let bytes = secrets::decode(&media.data)?;
            Cow::Owned(String::from_utf8(bytes).ok()?)
        }
        _ => return None,
    };
    Some(match name {
        Some(name) => Cow::Owned(format!("{name}:\n{text}")),
        None => text,
    })
}

/// Base64 in its standard alphabet, padded, whichever it came in.
pub(super) fn standard(data: String) -> String {
    let whole = data.len().is_multiple_of(4);
    if whole && !data.contains(['-', '_']) {
        return data;
    }
    let mut data = data.replace('-', "+").replace('_', "/");
    while !data.len().is_multiple_of(4) {
        data.push('=');
    }
    data
}

/// Reports what cannot be told of a document that becomes text: what to know of it, and that it
/// be cited.
pub(super) fn unread(block: &Block, report: &mut Report) {
    let Content::File {
        context, citations, ..
    } = &block.content
    else {
        return;
    };
    if *citations {
        report.dropped(format!("{}.citations", block.at));
    }
    if context.is_some() {
        report.dropped(format!("{}.context", block.at));
    }
}

/// Reports the same of a document of which nothing but its bytes can be told, and its name.
pub(super) fn unnamed(block: &Block, report: &mut Report) {
    unread(block, report);
    if matches!(&block.content, Content::File { name: Some(_), .. }) {
        report.hint(format!("{}.title", block.at));
    }
}

/// Reports what of a mark is not told where the mark is. `at`: where it stands.
pub(super) fn marked(cache: &Cache, at: &str, report: &mut Report) {
    for name in &cache.others {
        report.hint(format!("{at}.cache_control.{name}"));
    }
}

/// Reports a mark that has no place.
pub(super) fn unmarked(block: &Block, report: &mut Report) {
    if block.cache.is_some() {
        report.hint(format!("{}.cache_control", block.at));
    }
}

/// Reports what supported a text that was said before.
pub(super) fn unsupported(block: &Block, report: &mut Report) {
    if matches!(&block.content, Content::Text { citations, .. } if !citations.is_empty()) {
        report.dropped(format!("{}.citations", block.at));
    }
}

/// A data URL for bytes.
pub(super) fn to_url(media: &Media) -> String {
    format!("data:{};base64,{}", media.kind, media.data)
}

/// Where a client wrote how closely a picture is to be looked at.
pub(super) fn detail_at(block: &Block, spelling: Spelling) -> String {
    match spelling {
        Spelling::Chat => format!("{}.image_url.detail", block.at),
        Spelling::Responses | Spelling::Own => format!("{}.detail", block.at),
    }
}

/// Nobody else can read what is stored with a provider.
pub(super) fn stored(block: &Block) -> Unsupported {
    Unsupported {
        message: "the file is stored with another provider".into(),
        param: block.at.clone(),
    }
}

/// An address is never fetched here, and the provider fetches none.
pub(super) fn only_bytes(block: &Block) -> Unsupported {
    Unsupported {
        message: "the provider takes pictures and documents as bytes only: send it as a data URL or base64".into(),
        param: block.at.clone(),
    }
}

/// How the names of documents of a type end, where it is known.
pub(super) fn ending(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "application/pdf" => "pdf",
        "text/csv" => "csv",
        "text/html" => "html",
        "text/markdown" => "md",
        "text/plain" => "txt",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        _ => return None,
    })
}

/// A name for a document that has none: servers look at how it ends.
pub(super) fn file_name(media: &Media) -> String {
    format!("document.{}", ending(&media.kind).unwrap_or("pdf"))
}

/// What a picture or sound is, in words, for formats that have no place for it.
pub(super) fn in_words(content: &Content) -> Option<String> {
    let (kind, source) = match content {
        Content::Image { source, .. } => ("picture", Some(source)),
        Content::File { source, .. } => ("document", Some(source)),
        Content::Video(source) => ("film", Some(source)),
        Content::Audio(_) => ("sound", None),
        _ => return None,
    };
    let told = match source {
        Some(Source::Text(text)) => return Some(text.clone()),
        Some(Source::Url(url)) => format!(": {url}"),
        Some(Source::Inline(media)) => format!(": {}", media.kind),
        Some(Source::Stored { id, .. }) => format!(": {id}"),
        Some(Source::Other { .. }) | None => String::new(),
    };
    Some(format!("[{kind}{told}]\n"))
}

/// How long the bytes of a block are, as they are written.
pub(super) fn bytes(content: &Content) -> usize {
    match content {
        Content::Image {
            source: Source::Inline(media),
            ..
        }
        | Content::File {
            source: Source::Inline(media),
            ..
        }
        | Content::Video(Source::Inline(media))
        | Content::Audio(media) => media.data.len(),
        _ => 0,
    }
}

/// The picture of an item of responses that says how it was made.
pub(super) fn generated(item: &Raw) -> Option<Media> {
    let fields = Value::parse(item.text()).ok()?.object()?;
    let made = fields.text("type")? == "image_generation_call";
    made.then(|| picture(&fields))?
}

/// The same of its fields.
pub(super) fn picture(item: &Object<'_>) -> Option<Media> {
    let data = item.word("result")?;
    let said = item.word("output_format");
    let said = said.map(|kind| format!("image/{kind}")).unwrap_or_default();
    let kind = typed(&said, &data);
    Some(Media {
        kind: if kind.starts_with("image/") {
            kind
        } else {
            "image/png".to_owned()
        },
        data,
    })
}

/// Pieces of base64 as one, each of which may be padded; `None` where one is no base64.
pub(super) fn base64_joined<'a>(mut pieces: impl Iterator<Item = &'a str>) -> Option<String> {
    let bytes = pieces.try_fold(Vec::new(), |mut bytes, piece| {
        bytes.extend(secrets::decode(piece)?);
        Some(bytes)
    })?;
    Some(STANDARD.encode(bytes))
}

/// The kind of sound that its first bytes show, as chat completions name it; what shows nothing
/// is samples alone.
pub(super) fn heard(data: &str) -> &'static str {
    let head: String = data.chars().take(16).collect();
    match STANDARD.decode(head).unwrap_or_default().as_slice() {
        [b'R', b'I', b'F', b'F', ..] => "wav",
        [b'I', b'D', b'3', ..] | [0xff, 0xf2 | 0xf3 | 0xfa | 0xfb, ..] => "mp3",
        [b'f', b'L', b'a', b'C', ..] => "flac",
        [b'O', b'g', b'g', b'S', ..] => "ogg",
        _ => "pcm",
    }
}

/// The type and the base64 of a data URL.
fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url
        .get(..5)
        .filter(|scheme| scheme.eq_ignore_ascii_case("data:"))
        .map(|_| &url[5..])?;
    let (head, data) = rest.split_once(',')?;
    let kind = head
        .strip_suffix(";base64")
        .or_else(|| head.strip_suffix(";BASE64"))?;
    Some((kind.split(';').next().unwrap_or(""), data))
}

/// What kind of sound the bytes show.
pub(super) fn sound(data: &str) -> Option<&'static str> {
    let head: String = data.chars().take(16).collect();
    let bytes = STANDARD.decode(head).ok()?;
    Some(match bytes.as_slice() {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E'] => "wav",
        [b'I', b'D', b'3', ..] | [0xff, 0xe2..=0xff, ..] => "mp3",
        [b'O', b'g', b'g', b'S', ..] => "ogg",
        [b'f', b'L', b'a', b'C', ..] => "flac",
        _ => return None,
    })
}

/// A type as providers know it: the one that is said, else the one the bytes show.
fn typed(said: &str, data: &str) -> String {
    match said.trim().to_ascii_lowercase().as_str() {
        "" | "application/octet-stream" => sniffed(data)
            .unwrap_or("application/octet-stream")
            .to_owned(),
        "image/jpg" | "image/pjpeg" => "image/jpeg".to_owned(),
        known => known.to_owned(),
    }
}

fn sniffed(data: &str) -> Option<&'static str> {
    let head: String = data.chars().take(16).collect();
    let bytes = STANDARD.decode(head).ok()?;
    Some(match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => "image/webp",
        [b'%', b'P', b'D', b'F', ..] => "application/pdf",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_in_either_alphabet_becomes_standard() {
        for (given, wanted) in [
            ("a+/8", "a+/8"),
            ("a-_8", "a+/8"),
            ("a-_8aQ", "a+/8aQ=="),
            ("a+/8aQ==", "a+/8aQ=="),
            ("", ""),
        ] {
            assert_eq!(standard(given.to_owned()), wanted);
        }
    }

    #[test]
    fn the_type_comes_from_the_address_else_from_the_bytes() {
        let png = "iVBORw0KGgoAAAANSUhEUg==";
        for (url, kind) in [
            (format!("data:image/jpg;base64,{png}"), "image/jpeg"),
            (format!("data:;base64,{png}"), "image/png"),
            (
                format!("DATA:image/webp;charset=x;base64,{png}"),
                "image/webp",
            ),
        ] {
            let Source::Inline(media) = from_url(url.clone()) else {
                panic!("{url}");
            };
            assert_eq!((media.kind.as_str(), media.data.as_str()), (kind, png));
        }
        assert_eq!(
            from_url("https://a/b.png".into()),
            Source::Url("https://a/b.png".into())
        );
        let (family, id) = (Family::Google, "gs://a/b.png".to_owned());
        assert_eq!(from_url(id.clone()), Source::Stored { family, id });
    }
}
