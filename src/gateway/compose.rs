//! The request for a candidate: spliced in the same dialect, translated to another.

use std::sync::Arc;

use bytes::Bytes;

use super::back::{Back, Translation, Way};
use super::call::Call;
use super::recollection::Recollection;
use crate::catalog::Candidate;
use crate::dialects::openai_completions;
use crate::dialects::peek::{self, Fit, Head, Segments};
use crate::dialects::services::{self, Service, Untranslatable};
use crate::dialects::{Client, Dialect, Malformed, Memory, Reply, Unsupported, Upstream, Written};
use crate::models::chat::Request;
use crate::models::operation::Operation;
use crate::models::refusal::{Refusal, Situation};

/// What goes to the provider, and what its answer must be turned into.
pub(super) struct Composed {
    /// The dialect the provider is spoken to in.
    pub(super) upstream: Dialect,
    /// The body.
    pub(super) body: Segments,
    /// What the provider cannot be told, by the client's own paths.
    pub(super) dropped: Vec<String>,
    /// What was moved into its range.
    pub(super) clamped: Vec<String>,
    /// How the answer gets back to the client's dialect.
    pub(super) back: Back,
}

impl Composed {
    /// What is to be written for whoever is asked.
    pub(super) fn unwritten(client: Dialect) -> Self {
        Self {
            upstream: client,
            body: Segments::new(),
            dropped: Vec::new(),
            clamped: Vec::new(),
            back: Back {
                upstream: client,
                choices: 1,
                include_usage: false,
                way: Way::Same,
            },
        }
    }
}

/// Composes requests.
pub(super) struct Composer<'a> {
    /// What was thought in earlier answers.
    pub(super) recollection: &'a Recollection,
    /// When, in seconds since 1970.
    pub(super) created: i64,
    /// The name the client asked for.
    pub(super) requested: &'a str,
    /// Whether what the target cannot be told is refused.
    pub(super) strict: bool,
}

/// A request that is written, and the way of its answer.
struct Draft {
    body: Segments,
    dropped: Vec<String>,
    clamped: Vec<String>,
    way: Way,
}

impl Composer<'_> {
    /// Writes the request for a candidate.
    pub(super) fn compose(
        &self,
        call: &Call,
        head: &Head,
        candidate: &Candidate,
    ) -> Result<Composed, Refusal> {
        let operation = call.endpoint.operation();
        let (target, client) = (&candidate.target, call.dialect());
        let unable = || {
            let message = format!("{} cannot do {}", target.provider_name, call.endpoint);
            let situation = match operation {
                Operation::Compact => Situation::NotFound,
                _ => Situation::UnsupportedParameter,
            };
            Refusal::new(situation, message)
        };
        let upstream = target.speaks(operation, client).ok_or_else(unable)?;
        let draft = match (client, upstream, &call.upload) {
            (_, _, Some(upload)) if upstream == client => Draft {
                body: upload.segments(&target.model),
                dropped: Vec::new(),
                clamped: Vec::new(),
                way: Way::Same,
            },
            (_, _, Some(_)) => return Err(unable()),
            _ if upstream == client => self.spliced(call, head, candidate)?,
            (Dialect::Service(client), Dialect::Service(served), _) => {
                self.served(call, head, candidate, client, served)?
            }
            _ => {
                let reader = client.client().ok_or_else(unable)?;
                let writer = upstream.upstream().ok_or_else(unable)?;
                self.translated(call, head, candidate, reader, writer)?
            }
        };
        Ok(Composed {
            upstream,
            body: draft.body,
            dropped: draft.dropped,
            clamped: draft.clamped,
            back: Back {
                upstream,
                choices: match client {
                    Dialect::Completions => openai_completions::answers(&call.body, head.n),
                    _ => head.n,
                },
                include_usage: head.include_usage,
                way: draft.way,
            },
        })
    }

    /// Anything but a conversation, in another format.
    fn served(
        &self,
        call: &Call,
        head: &Head,
        candidate: &Candidate,
        client: Service,
        served: Service,
    ) -> Result<Draft, Refusal> {
        let translated = services::translate(client, served, &call.body, &candidate.target.model);
        let (mut written, back) = translated.map_err(|error| match error {
            Untranslatable::Malformed(error) => malformed(error),
            Untranslatable::Unsupported(error) => unsupported(error),
        })?;
        let reply = self.reply(call, head, std::mem::take(&mut written.memory));
        let way = Way::Service(Box::new(back), Box::new(reply));
        self.told(call, candidate, written, way)
    }

    /// A conversation, in another dialect.
    fn translated(
        &self,
        call: &Call,
        head: &Head,
        candidate: &Candidate,
        client: &'static dyn Client,
        upstream: &'static dyn Upstream,
    ) -> Result<Draft, Refusal> {
        let whose = || Arc::clone(&call.principal.user_id);
        let mut request = client.read_request(&call.body).map_err(malformed)?;
        // In some formats the address says so, not the body.
        request.stream = head.stream;
        // Clients of chat have no place for proofs, those of responses get them if they ask.
        let forgets = match client.dialect() {
            Dialect::Chat => true,
            Dialect::Responses => !request.reasoning.sealed,
            _ => false,
        };
        if forgets {
            self.recollection.restore(&whose(), &mut request);
        }
        let mut written = written(upstream, &request, call.endpoint.operation(), candidate)?;
        let way = Way::Translated(Box::new(Translation {
            upstream,
            client,
            family: candidate.abilities.family,
            reply: self.reply(call, head, std::mem::take(&mut written.memory)),
            listener: forgets.then(|| self.recollection.listener(whose())),
        }));
        self.told(call, candidate, written, way)
    }

    /// What the answer must know of the request.
    fn reply(&self, call: &Call, head: &Head, memory: Memory) -> Reply {
        Reply {
            model: self.requested.to_string(),
            created: self.created,
            id: call.id.strip_prefix("req_").unwrap_or(&call.id).to_owned(),
            include_usage: head.include_usage,
            estimated_input: head.rough_input,
            ends_in_words: is_claude_code(call),
            memory,
        }
    }

    /// A request in the provider's own dialect.
    fn spliced(&self, call: &Call, head: &Head, candidate: &Candidate) -> Result<Draft, Refusal> {
        let (body, mut dropped) = self.passed_on(call, head, candidate)?;
        let (provider, dialect) = (&candidate.target.provider, call.dialect());
        let unheard: Vec<String> = [
            provider.unheard(dialect, &call.headers),
            provider.unheard_within(dialect, &call.body),
        ]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .collect();
        self.strictly(candidate, &unheard)?;
        dropped.extend(unheard);
        Ok(Draft {
            body,
            dropped,
            clamped: Vec::new(),
            way: Way::Same,
        })
    }

    /// A translated request, unless the client would rather have none than one with losses.
    fn told(
        &self,
        call: &Call,
        candidate: &Candidate,
        written: Written,
        way: Way,
    ) -> Result<Draft, Refusal> {
        let mut dropped = written.dropped;
        // What these ask for is Anthropic's own, and has no place in another dialect.
        if call.dialect() == Dialect::Messages && call.headers.contains_key(BETAS) {
            dropped.push(BETAS.to_owned());
        }
        self.strictly(candidate, &dropped)?;
        dropped.extend(written.hints);
        Ok(Draft {
            body: [Bytes::from(written.body)].into_iter().collect(),
            dropped,
            clamped: written.clamped,
            way,
        })
    }

    /// The body as it came, but for what the target would refuse, and what had to go with that.
    fn passed_on(
        &self,
        call: &Call,
        head: &Head,
        candidate: &Candidate,
    ) -> Result<(Segments, Vec<String>), Refusal> {
        let (target, dialect) = (&candidate.target, call.dialect());
        let (mut body, mut dropped) = match self.fitted(call, candidate)? {
            Some(fit) => (fit.body, [fit.dropped, fit.hints].concat()),
            None => (call.body.clone(), Vec::new()),
        };
        if head.may_hold_wrapped
            && let Some(own) = dialect.wire().own(&body, &candidate.abilities)
        {
            self.strictly(candidate, &own.dropped)?;
            body = own.body.into();
            dropped.extend(own.dropped);
            dropped.extend(own.hints);
        }
        let again = (body.as_ptr() != call.body.as_ptr())
            .then(|| peek::head(&body, dialect))
            .transpose()
            .map_err(malformed)?
            .map(|head| call.addressed(head));
        let head = again.as_ref().unwrap_or(head);
        let asked = head.stream && target.provider.wants_usage_asked();
        let body = peek::rewrite(&body, head, dialect, Some(&target.model), asked);
        Ok((body, dropped))
    }

    /// The body of a chat without the fields that this server of chat completions refuses.
    ///
    /// `n` stays: without it fewer answers would come than were asked for.
    fn fitted(&self, call: &Call, candidate: &Candidate) -> Result<Option<Fit>, Refusal> {
        let (refused, renamed) = (candidate.abilities.leaves_out, candidate.abilities.renames);
        if call.dialect() != Dialect::Chat || (refused.is_empty() && renamed.is_empty()) {
            return Ok(None);
        }
        let refused: Vec<&str> = refused
            .iter()
            .copied()
            .filter(|name| *name != "n")
            .collect();
        let fit = peek::fitted(&call.body, &refused, renamed);
        if let Some(fit) = &fit {
            self.strictly(candidate, &fit.dropped)?;
        }
        Ok(fit)
    }

    /// Refuses a strict call that would lose something.
    fn strictly(&self, candidate: &Candidate, lost: &[String]) -> Result<(), Refusal> {
        let Some(first) = lost.first().filter(|_| self.strict) else {
            return Ok(());
        };
        let message = format!(
            "{} cannot be told {}; leave it out, or do not ask for strict translation",
            candidate.target.provider_name,
            lost.join(", ")
        );
        Err(Refusal::new(Situation::UnsupportedParameter, message).param(first))
    }
}

/// The header in which clients of Anthropic's ask for what is not for everybody yet.
const BETAS: &str = "anthropic-beta";

/// Whether it is Claude Code who asks: what it prints in the end is the last block.
fn is_claude_code(call: &Call) -> bool {
    let betas = call.headers.get_all(BETAS);
    betas
        .into_iter()
        .any(|betas| memchr::memmem::find(betas.as_bytes(), b"claude-code-").is_some())
}

/// A request as its target is asked, or asked to count it.
fn written(
    writer: &dyn Upstream,
    request: &Request,
    operation: Operation,
    candidate: &Candidate,
) -> Result<Written, Refusal> {
    let model = &candidate.target.model;
    let written = writer.write_request(request, &candidate.abilities, model);
    let mut written = written.map_err(unsupported)?;
    if operation == Operation::CountTokens {
        written.body = writer.to_be_counted(written.body, model);
    }
    Ok(written)
}

/// What cannot be said to a provider, as the client is told.
fn unsupported(error: Unsupported) -> Refusal {
    Refusal::new(Situation::UnsupportedParameter, error.message).param(error.param)
}

/// A body that cannot be read, as the client is told.
pub(super) fn malformed(error: Malformed) -> Refusal {
    let situation = if error.param.is_some() {
        Situation::InvalidValue
    } else {
        Situation::InvalidJson
    };
    let mut refusal = Refusal::new(situation, error.message);
    refusal.param = error.param;
    refusal
}
