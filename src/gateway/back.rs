//! The way of an answer back to the client's dialect.

use bytes::Bytes;

use super::flow::{Flow, Path};
use super::recollection::Listener;
use crate::dialects::services;
use crate::dialects::{Client, Dialect, EventWriter, Malformed, ProviderError, Reply, Upstream};
use crate::models::chat::{Block, Content, Family, Response};
use crate::models::usage::Tokens;

/// How an answer gets back to the client's dialect.
pub(super) struct Back {
    pub(super) upstream: Dialect,
    pub(super) choices: u32,
    pub(super) include_usage: bool,
    pub(super) way: Way,
}

/// From the provider's dialect to the client's.
pub(super) enum Way {
    /// They are the same.
    Same,
    /// A conversation, read and written anew.
    Translated(Box<Translation>),
    /// Something else, read and written anew.
    Service(Box<services::Back>, Box<Reply>),
}

/// What an answer needs to be told in another dialect.
pub(super) struct Translation {
    pub(super) upstream: &'static dyn Upstream,
    pub(super) client: &'static dyn Client,
    /// Whose secrets the target verifies.
    pub(super) family: Family,
    pub(super) reply: Reply,
    /// Remembers what the client may not give back.
    pub(super) listener: Option<Listener>,
}

impl Back {
    /// How many answers were asked for.
    pub(super) fn choices(&self) -> u32 {
        self.choices
    }

    /// The way of a stream.
    pub(super) fn flow(&self) -> Flow {
        let path = match &self.way {
            Way::Same | Way::Service(..) => Path::Same {
                hide_usage: !self.include_usage,
            },
            Way::Translated(to) => Path::Translated {
                reader: to.upstream.event_reader(to.family, &to.reply.id),
                writer: to.client.event_writer(to.reply.clone()),
                listener: to.listener.clone(),
            },
        };
        Flow::new(self.upstream, self.choices, path)
    }

    /// What writes a stream that is translated.
    pub(super) fn writer(&self) -> Option<Box<dyn EventWriter>> {
        match &self.way {
            Way::Same | Way::Service(..) => None,
            Way::Translated(to) => Some(to.client.event_writer(to.reply.clone())),
        }
    }

    /// A whole answer, to be told in the client's dialect.
    pub(super) fn whole(&self, body: Bytes) -> Result<Whole, Malformed> {
        let to = match &self.way {
            Way::Same => return Ok(Whole::written(body)),
            Way::Service(back, reply) => {
                let answer = back.answer(&body, reply)?.into();
                return Ok(Whole(Told::Service { body, answer }));
            }
            Way::Translated(to) => to,
        };
        let response = to.upstream.read_response(&body, to.family, &to.reply.id)?;
        if let Some(message) = to.client.unsayable(&response, &to.reply) {
            let said = ProviderError {
                message: message.clone(),
                ..ProviderError::default()
            };
            return Err(Malformed {
                message,
                param: None,
                error: Some(Box::new(said)),
            });
        }
        if let Some(listener) = &to.listener {
            listener.clone().whole(&response);
        }
        Ok(Whole(Told::Response(Box::new(response))))
    }

    /// Where the provider says in it what the client's dialect has no place for.
    pub(super) fn lost(&self, whole: &Whole) -> Vec<String> {
        let (Way::Translated(to), Told::Response(response)) = (&self.way, &whole.0) else {
            return Vec::new();
        };
        let blocks = response.choices.iter().flat_map(|choice| &choice.blocks);
        blocks.filter_map(|block| lost(block, to)).collect()
    }

    /// The answer in the client's dialect. `counted`: the tokens that were counted here, where the
    /// provider did not tell them: the client is told what is recorded.
    pub(super) fn written(&self, whole: Whole, counted: Option<Tokens>) -> Bytes {
        match (whole.0, &self.way) {
            (Told::Service { body, answer }, Way::Service(back, reply)) => {
                let Some(counted) = counted else {
                    return answer;
                };
                let reply = Reply {
                    estimated_input: counted.input,
                    ..(**reply).clone()
                };
                back.answer(&body, &reply).map_or(answer, Bytes::from)
            }
            (Told::Response(mut response), Way::Translated(to)) => {
                response.usage = counted.or(response.usage);
                to.client.write_response(&response, &to.reply).into()
            }
            (Told::Written(body) | Told::Service { answer: body, .. }, _) => body,
            // It was read on the way it is written on.
            (Told::Response(_), _) => Bytes::new(),
        }
    }
}

/// A whole answer on its way to the client.
pub(super) struct Whole(Told);

enum Told {
    /// As it goes.
    Written(Bytes),
    /// As the provider wrote it, and in the client's format.
    Service { body: Bytes, answer: Bytes },
    /// Read.
    Response(Box<Response>),
}

impl Whole {
    /// An answer that goes as it is.
    pub(super) fn written(body: Bytes) -> Self {
        Self(Told::Written(body))
    }
}

/// Where the provider says what the client's dialect has no place for.
fn lost(block: &Block, to: &Translation) -> Option<String> {
    let client = to.client;
    if !client.has_place(&block.content) {
        return Some(block.at.clone());
    }
    match &block.content {
        Content::Text { citations, .. } if !citations.iter().all(|one| client.cites(one)) => {
            Some(to.upstream.supports_at(&block.at))
        }
        _ => None,
    }
}
