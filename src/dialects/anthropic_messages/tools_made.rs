//! What tools of other providers did, as Anthropic's own blocks tell it.
//!
//! Their ids carry the mark of what is wrapped, so that they are taken out where a client hands
//! them to Anthropic, which has never seen them.

use crate::dialects::json::{Fields, Json, Object};
use crate::dialects::secrets::MARK;
use crate::dialects::steps::{self, Step};
use crate::dialects::{ids, media, server_text};
use crate::models::chat::{Content, Family, Raw};

/// What a block is here, where it is no text, no thought and no call.
#[derive(Debug)]
pub(super) enum Made {
    /// Blocks, each of them whole; none where it has no place.
    Blocks(Vec<Json<'static>>),
    /// Something that has no place, in words.
    Words(String),
}

/// Writes what tools did.
#[derive(Debug)]
pub(super) struct Tools {
    /// What ids are made from.
    answer: String,
    /// How many uses there were.
    uses: usize,
    /// The id of code that has not printed yet.
    open: Option<String>,
    /// Whether it was told of sound.
    sounds: bool,
}

impl Tools {
    /// `answer`: the id of the answer.
    pub(super) fn new(answer: &str) -> Self {
        Self {
            answer: answer.to_owned(),
            uses: 0,
            open: None,
            sounds: false,
        }
    }

    /// What a provider's own tool did.
    pub(super) fn served(&mut self, family: Family, raw: &Raw) -> Made {
        if family == Family::Anthropic {
            return Made::Blocks(vec![Json::Raw(raw.text().to_owned().into())]);
        }
        let mut blocks = Vec::new();
        for step in steps::of(raw).taken {
            match step {
                Step::Search { query, found } => {
                    let id = self.id();
                    let input = Fields::new().with("query", query);
                    blocks.push(used(&id, "web_search", input));
                    blocks.push(result(&id, "web_search_tool_result", pages(found)));
                }
                Step::Code(code) => {
                    let id = self.id();
                    let input = Fields::new().with("code", code);
                    blocks.push(used(&id, "code_execution", input));
                    self.open = Some(id);
                }
                Step::Output(output, failed) => {
                    // A result needs a use before it, also where nobody told the code.
                    let id = self.open.take().unwrap_or_else(|| {
                        let id = self.id();
                        blocks.push(used(&id, "code_execution", Fields::new()));
                        id
                    });
                    let content = printed(output, failed).into();
                    blocks.push(result(&id, "code_execution_tool_result", content));
                }
            }
        }
        Made::Blocks(blocks)
    }

    /// A picture, or sound, which comes in many pieces and is told of once.
    pub(super) fn media(&mut self, content: &Content) -> Made {
        let sound = matches!(content, Content::Audio(_));
        let again = sound && std::mem::replace(&mut self.sounds, true);
        let words = media::in_words(content).filter(|_| !again);
        words.map_or(Made::Blocks(Vec::new()), Made::Words)
    }

    fn id(&mut self) -> String {
        self.uses += 1;
        ids::minted(MARK, &format!("{}/{}", self.answer, self.uses))
    }
}

/// Whether a block tells what another provider's tool did.
pub(super) fn is_ours(fields: &Object<'_>) -> bool {
    let ids = ["id", "tool_use_id"].into_iter();
    let mut ids = ids.filter_map(|name| fields.text(name));
    ids.any(|id| id.starts_with(MARK))
}

/// What such a block says to a model, in words, since its own form is not known any more.
pub(super) fn told_again(raw: &Raw) -> Content {
    Content::text(server_text::of(raw).unwrap_or_default())
}

/// Whether an answer has a place for something.
pub(super) fn has_place(content: &Content) -> bool {
    match content {
        Content::Server { family, raw } => *family == Family::Anthropic || steps::of(raw).whole,
        content => media::in_words(content).is_none(),
    }
}

fn used(id: &str, name: &'static str, input: Fields<'static>) -> Json<'static> {
    Fields::new()
        .with("type", "server_tool_use")
        .with("id", id.to_owned())
        .with("name", name)
        .with("input", input)
        .into()
}

fn result(id: &str, kind: &'static str, content: Json<'static>) -> Json<'static> {
    Fields::new()
        .with("type", kind)
        .with("tool_use_id", id.to_owned())
        .with("content", content)
        .into()
}

fn pages(found: Vec<(String, String)>) -> Json<'static> {
    let pages = found.into_iter().map(|(url, title)| {
        let page = Fields::new()
            .with("type", "web_search_result")
            .with("url", url)
            .with("title", title)
            .with("encrypted_content", "")
            .with("page_age", Json::Null);
        page.into()
    });
    Json::List(pages.collect())
}

fn printed(output: String, failed: bool) -> Fields<'static> {
    let (stdout, stderr) = if failed {
        (String::new(), output)
    } else {
        (output, String::new())
    };
    Fields::new()
        .with("type", "code_execution_result")
        .with("stdout", stdout)
        .with("stderr", stderr)
        .with("return_code", u64::from(failed))
        .with("content", Json::List(Vec::new()))
}
