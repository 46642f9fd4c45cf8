//! Pictures and sound of an answer: `images` as `OpenRouter` tells them, `audio` as OpenAI does.
//!
//! See <https://openrouter.ai/docs/features/multimodal/image-generation> and
//! <https://platform.openai.com/docs/guides/audio>.

use crate::dialects::json::{Fields, Json, Object};
use crate::dialects::{Reply, media, secrets};
use crate::models::chat::{Block, Content, Media, Source};

/// The pictures of a message that stands at `at`.
pub(super) fn images(message: &Object<'_>, at: &str) -> Vec<Block> {
    let pictures = message.list("images").into_iter().enumerate();
    pictures
        .filter_map(|(place, item)| {
            let content = image(&item.object()?)?;
            Some(Block::new(content, format!("{at}.images[{place}]")))
        })
        .collect()
}

/// A picture, in an object that says so.
pub(super) fn image(part: &Object<'_>) -> Option<Content> {
    let value = part.get("image_url")?;
    let url = match value.object() {
        Some(inner) => inner.word("url")?,
        None => value.text()?.into_owned(),
    };
    Some(Content::Image {
        source: media::from_url(url),
        detail: None,
    })
}

/// What is said in sound: its words, and itself.
#[derive(Debug, Default)]
pub(super) struct Sound {
    pub(super) transcript: Option<String>,
    pub(super) sound: Option<Content>,
}

/// The sound of a message, or a piece of it.
pub(super) fn sound(message: &Object<'_>) -> Sound {
    let fields = message.object("audio").unwrap_or_default();
    let sound = |data: String| {
        Content::Audio(Media {
            kind: media::heard(&data).to_owned(),
            data,
        })
    };
    Sound {
        transcript: fields.word("transcript"),
        sound: fields.word("data").map(sound),
    }
}

/// Whether an answer has a place for something.
pub(super) fn has_place(content: &Content) -> bool {
    match content {
        Content::Image { source, .. } => address(source).is_some(),
        Content::Audio(sound) => secrets::decode(&sound.data).is_some(),
        Content::File { .. } | Content::Video(_) | Content::Server { .. } => false,
        _ => true,
    }
}

/// What has no place in an answer, in words. What a provider's own tools did is no part of what is
/// said.
pub(super) fn otherwise(content: &Content) -> Option<String> {
    if has_place(content) {
        return None;
    }
    media::in_words(content)
}

fn address(source: &Source) -> Option<String> {
    match source {
        Source::Inline(media) => Some(media::to_url(media)),
        Source::Url(url) => Some(url.clone()),
        Source::Stored { .. } | Source::Text(_) | Source::Other { .. } => None,
    }
}

/// A picture of an answer, by its place among them.
pub(super) fn picture(content: &Content, place: u64) -> Option<Json<'static>> {
    let Content::Image { source, .. } = content else {
        return None;
    };
    let inner = Fields::new().with("url", address(source)?);
    let picture = Fields::new()
        .with("type", "image_url")
        .with("image_url", inner)
        .with("index", place);
    Some(picture.into())
}

/// The pictures and the sound of an answer on their way.
#[derive(Default)]
pub(super) struct Attached<'a> {
    pictures: Vec<Json<'static>>,
    sounds: Vec<&'a str>,
}

impl<'a> Attached<'a> {
    /// Adds a block; what has no place comes back in words.
    pub(super) fn add(&mut self, content: &'a Content) -> Option<String> {
        if let Content::Audio(sound) = content
            && has_place(content)
        {
            self.sounds.push(&sound.data);
            return None;
        }
        let place = self.pictures.len() as u64;
        self.pictures.extend(picture(content, place));
        otherwise(content)
    }

    /// Whether there is sound, beside which no words need be.
    pub(super) fn sounds(&self) -> bool {
        !self.sounds.is_empty()
    }

    /// Puts them into a message.
    pub(super) fn put(self, message: &mut Fields<'_>, reply: &Reply, created: i64) {
        if !self.pictures.is_empty() {
            message.put("images", self.pictures);
        }
        let sounds = self.sounds.iter().copied();
        if !self.sounds.is_empty()
            && let Some(data) = media::base64_joined(sounds)
        {
            let sound = Fields::new()
                .with("id", id(reply))
                .with("data", data)
                // Nothing of it is kept here.
                .with("expires_at", created)
                .with("transcript", "");
            message.put("audio", sound);
        }
    }
}

/// What the sound of an answer is known by.
pub(super) fn id(reply: &Reply) -> String {
    format!("audio_{}", reply.id)
}
