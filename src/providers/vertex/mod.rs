//! Google's Vertex AI: Gemini in Google's own format, Claude in its maker's, and open models in
//! OpenAI's.
//!
//! [`model::Model`] says what a name stands for; where that is and what it wants is here.

mod model;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use self::model::Model;
use super::address::{Base, segment};
use super::gemini::{self, ONE_VECTOR};
use super::site::Site;
use super::{Outbound, SegmentsBody, headers};
use crate::dialects::Dialect;
use crate::dialects::peek::{self, Segments};
use crate::models::operation::Operation;

/// Where models run when nobody says.
pub(super) const GLOBAL: &str = "global";

/// What Anthropic's messages are at Vertex.
const VERSION: &str = r#""anthropic_version":"vertex-2023-10-16""#;

/// The fields of Anthropic's messages that stand elsewhere: in the address, or before the others.
const ELSEWHERE: &[&str] = &["model", "anthropic_version"];

/// The fields of a request that Vertex does not know where it counts the tokens of one.
const UNCOUNTED: &[&str] = &[
    "model",
    "safetySettings",
    "safety_settings",
    "toolConfig",
    "tool_config",
    "cachedContent",
    "cached_content",
    "serviceTier",
    "service_tier",
];

/// How Google's own API has the tier among a request's fields.
const TIER: &[&str] = &["serviceTier", "service_tier"];

/// How Vertex has it among the headers.
///
/// See <https://cloud.google.com/vertex-ai/generative-ai/docs/flex-paygo>.
const SHARED: HeaderName = HeaderName::from_static("x-vertex-ai-llm-shared-request-type");

/// The header of who pays, where that is not the project that is called.
const CHARGED: HeaderName = HeaderName::from_static("x-goog-user-project");

/// Anthropic's betas that Vertex knows; it refuses a request with any other.
///
/// Nobody publishes a list. These are the ones of
/// <https://github.com/BerriAI/litellm/blob/main/litellm/anthropic_beta_headers_config.json>, read
/// 2026-11-22, and the one that Claude Code sends there.
const BETAS: &[&str] = &[
    "claude-code-20250219",
    "compact-2026-01-12",
    "compact-2026-09-04",
    "computer-use-2025-01-24",
    "computer-use-2025-11-24",
    "context-1m-2025-08-07",
    "context-management-2025-06-27",
    "dangerous-tool-use-2026-09-03",
    "interleaved-thinking-2025-05-14",
    "per-turn-control-2026-07-01",
    "thinking-binding-controls-2026-08-01",
    "thinking-display-updates-2026-08-18",
    "tool-search-tool-2025-10-19",
    "web-search-2025-03-05",
];

/// And those that it knows where it counts tokens, as Claude Code has them.
const COUNTED_BETAS: &[&str] = &[
    "claude-code-20250219",
    "context-management-2025-06-27",
    "interleaved-thinking-2025-05-14",
];

/// Where the operations of Vertex are.
#[derive(Debug)]
pub(super) struct Vertex {
    base: Base,
    /// `projects/PROJECT/locations/LOCATION/`; nothing for a key that says all that.
    scope: String,
    /// Who pays, where that is not the project.
    charged: Option<HeaderValue>,
}

impl Vertex {
    /// Vertex for a project at a location, unless `base` says where else. A key needs no project.
    pub(super) fn new(
        base: Option<&str>,
        project: Option<&str>,
        location: &str,
    ) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !location.bytes().all(plain) {
            return Err("location must be such as global, us-central1 or eu".to_owned());
        }
        let own = match location {
            GLOBAL => "https://aiplatform.googleapis.com".to_owned(),
            "us" | "eu" => format!("https://aiplatform.{location}.rep.googleapis.com"),
            _ => format!("https://{location}-aiplatform.googleapis.com"),
        };
        let base = Base::new(base.unwrap_or(&own))?
            .without("/v1beta1")
            .without_version();
        let scope = project.map(|project| {
            let (project, location) = (segment(project), segment(location));
            format!("projects/{project}/locations/{location}/")
        });
        let vertex = Self {
            base,
            scope: scope.unwrap_or_default(),
            charged: None,
        };
        vertex.join("v1", "publishers")?;
        Ok(vertex)
    }

    /// The same for somebody else's money and quota.
    pub(super) fn charged(self, project: Option<HeaderValue>) -> Self {
        Self {
            charged: project,
            ..self
        }
    }

    /// Says who pays.
    fn charge(&self, headers: &mut HeaderMap) {
        if let Some(project) = &self.charged {
            headers.insert(CHARGED, project.clone());
        }
    }

    fn join(&self, version: &str, path: &str) -> Result<Uri, String> {
        self.base.join(&format!("/{version}/{}{path}", self.scope))
    }
}

impl Site for Vertex {
    fn speaks(&self, operation: Operation, client: Dialect, model: &str) -> Option<Dialect> {
        let model = Model::of(model)?;
        let google = matches!(model, Model::Gemini(_) | Model::Embedding(_));
        // A key without a project is good for Google's own models alone.
        if self.scope.is_empty() && !google {
            return None;
        }
        let own = model.dialect();
        match (&model, operation) {
            (Model::Embedding(_), Operation::Embed) => Some(own),
            (Model::Embedding(_), _) => None,
            (_, Operation::Converse) => Some(own),
            (Model::Open { .. }, _) => None,
            (_, Operation::CountTokens) if own == Dialect::Gemini => {
                gemini::counts(client).then_some(own)
            }
            (_, Operation::CountTokens) => (client == own).then_some(own),
            _ => None,
        }
    }

    fn address(&self, call: &Outbound<'_>, headers: &mut HeaderMap) -> Result<Uri, String> {
        self.charge(headers);
        let verb = gemini::verb(call.operation, call.stream);
        match Model::of(&call.target.model) {
            Some(Model::Gemini(model)) => {
                share(call, headers);
                let model = segment(model);
                self.join(
                    "v1beta1",
                    &format!("publishers/google/models/{model}:{verb}"),
                )
            }
            Some(Model::Tuned(endpoint)) => {
                share(call, headers);
                let endpoint = segment(endpoint);
                self.join("v1beta1", &format!("endpoints/{endpoint}:{verb}"))
            }
            Some(Model::Claude(model)) => {
                let counts = call.operation == Operation::CountTokens;
                let known = if counts { COUNTED_BETAS } else { BETAS };
                headers::known_betas(headers, call.client_headers, known);
                let (model, verb) = match (counts, call.stream) {
                    (true, _) => ("count-tokens".into(), "rawPredict"),
                    (_, true) => (segment(model), "streamRawPredict"),
                    (_, false) => (segment(model), "rawPredict"),
                };
                self.join("v1", &format!("publishers/anthropic/models/{model}:{verb}"))
            }
            Some(Model::Embedding(model)) => {
                let verb = if call.dialect == ONE_VECTOR {
                    "embedContent"
                } else {
                    "predict"
                };
                let model = segment(model);
                self.join(
                    "v1beta1",
                    &format!("publishers/google/models/{model}:{verb}"),
                )
            }
            Some(Model::Open { .. }) => self.join("v1", "endpoints/openapi/chat/completions"),
            None => Err("the model is of no maker that is known at Vertex".to_owned()),
        }
    }

    fn body(&self, call: &Outbound<'_>, body: Segments) -> Result<SegmentsBody, String> {
        let shaped = match (Model::of(&call.target.model), call.operation) {
            (Some(Model::Claude(model)), Operation::CountTokens) => {
                let model = serde_json::to_string(model).unwrap_or_default();
                let added = format!(r#"{VERSION},"model":{model}"#);
                peek::reshape(&body, ELSEWHERE, &added)
            }
            (Some(Model::Claude(_)), _) => peek::reshape(&body, ELSEWHERE, VERSION),
            (Some(Model::Embedding(_)), _) => peek::reshape(&body, &["model"], ""),
            (Some(Model::Open { maker, name }), _) => {
                let model = serde_json::to_string(&format!("{maker}/{name}")).unwrap_or_default();
                peek::reshape(&body, &["model"], &format!(r#""model":{model}"#))
            }
            (_, Operation::CountTokens) => counted(&body),
            _ if tier(&body).is_some() => peek::reshape(&body, TIER, ""),
            _ => return Ok(body.into()),
        };
        let shaped = shaped.ok_or("the request is no object, which nobody should have written")?;
        Ok([Bytes::from(shaped)]
            .into_iter()
            .collect::<Segments>()
            .into())
    }

    fn unheard(&self, dialect: Dialect, client: &HeaderMap) -> Option<&'static str> {
        let unknown = headers::betas(client).any(|beta| !BETAS.contains(&beta));
        (dialect == Dialect::Messages && unknown).then_some("anthropic-beta")
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, headers: &mut HeaderMap) -> Option<Uri> {
        self.charge(headers);
        // What costs nothing lists Google's models, and takes no key.
        let list = "/v1beta1/publishers/google/models?pageSize=1";
        let keyed = self.scope.is_empty();
        self.base.join(list).ok().filter(|_| !keyed)
    }
}

/// Asks for the tier that a request names.
fn share(call: &Outbound<'_>, headers: &mut HeaderMap) {
    let tier = tier(&call.body).unwrap_or_default();
    for word in ["flex", "priority"] {
        if tier.eq_ignore_ascii_case(word) {
            headers.insert(SHARED, HeaderValue::from_static(word));
        }
    }
}

/// The tier that a request names.
fn tier(body: &Segments) -> Option<String> {
    let body = whole(body);
    // Hardly a request names one, and looking for a part of the name is much quicker.
    memchr::memmem::find(&body, b"ervice")?;
    let value = TIER.iter().find_map(|name| peek::field(&body, name))?;
    Some(serde_json::from_slice(value).unwrap_or_default())
}

/// A request whose tokens are to be counted, which Google's own API wraps.
fn counted(body: &Segments) -> Option<Vec<u8>> {
    let body = whole(body);
    let names = ["generateContentRequest", "generate_content_request"];
    let inner = names.iter().find_map(|name| peek::field(&body, name));
    let inner = inner.map_or_else(|| body.clone(), |inner| body.slice_ref(inner));
    peek::reshape(&[inner].into_iter().collect(), UNCOUNTED, "")
}

/// A body in one piece.
fn whole(body: &Segments) -> Bytes {
    match body.as_slice() {
        [only] => only.clone(),
        several => several.concat().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::Service;

    #[test]
    fn vertex_is_at_a_location_or_where_it_is_said_to_be() {
        let url = |base, location| {
            let vertex = Vertex::new(base, Some("p"), location)?;
            Ok::<_, String>(vertex.base_url().to_owned())
        };
        for (location, address) in [
            ("global", "https://aiplatform.googleapis.com"),
            ("us", "https://aiplatform.us.rep.googleapis.com"),
            ("us-east5", "https://us-east5-aiplatform.googleapis.com"),
        ] {
            assert_eq!(url(None, location).unwrap(), address);
        }
        for base in ["http://h/x/v1", "http://h/x/v1beta1/", "http://h/x"] {
            assert_eq!(url(Some(base), "global").unwrap(), "http://h/x");
        }
        for wrong in ["evil.example/x", "US", "a b"] {
            let error = url(None, wrong).unwrap_err();
            assert!(error.starts_with("location must be"), "{error}");
        }
    }

    #[test]
    fn what_a_model_does_is_spoken_in_its_own_dialect() {
        let vertex = Vertex::new(None, Some("p"), GLOBAL).unwrap();
        let speaks = |operation, client, model| vertex.speaks(operation, client, model);
        let (claude, gemini) = ("claude-sonnet-4-5@20250929", "gemini-2.5-pro");
        let open = "llama-3.3-70b-instruct-maas";
        for (model, dialect) in [
            (claude, Dialect::Messages),
            (gemini, Dialect::Gemini),
            (open, Dialect::Chat),
        ] {
            let converses = speaks(Operation::Converse, Dialect::Responses, model);
            assert_eq!(converses, Some(dialect));
            let counted = speaks(Operation::CountTokens, dialect, model);
            assert_eq!(counted, Some(dialect).filter(|_| model != open));
            assert_eq!(speaks(Operation::Embed, Dialect::Chat, model), None);
        }
        let others = speaks(Operation::CountTokens, Dialect::Messages, gemini);
        assert_eq!(others, Some(Dialect::Gemini));
        let others = speaks(Operation::CountTokens, Dialect::Gemini, claude);
        assert_eq!(others, None, "counted here");
        let several = Dialect::Service(Service::VertexEmbeddings);
        for (model, dialect) in [
            ("text-embedding-005", several),
            ("gemini-embedding-001", several),
            ("gemini-embedding-2", ONE_VECTOR),
        ] {
            let embeds = speaks(Operation::Embed, ONE_VECTOR, model);
            assert_eq!(embeds, Some(dialect), "{model}");
            assert_eq!(speaks(Operation::Converse, Dialect::Gemini, model), None);
        }
    }

    #[test]
    fn a_key_alone_is_good_for_googles_models_alone() {
        let express = Vertex::new(None, None, GLOBAL).unwrap();
        let speaks = |model| express.speaks(Operation::Converse, Dialect::Chat, model);
        assert_eq!(speaks("gemini-2.5-pro"), Some(Dialect::Gemini));
        assert_eq!(speaks("claude-opus-5"), None);
        assert_eq!(speaks("endpoints/1"), None);
        assert_eq!(speaks("meta/llama-4-maas"), None);
        assert_eq!(express.join("v1", "x").unwrap().path(), "/v1/x");
    }

    #[test]
    fn what_is_counted_is_unwrapped() {
        let body = |text: &'static str| [Bytes::from_static(text.as_bytes())].into_iter().collect();
        let shape = |text| String::from_utf8(counted(&body(text)).unwrap()).unwrap();
        let wrapped =
            r#"{"generateContentRequest":{"model":"models/m","contents":[1.0],"toolConfig":{}}}"#;
        assert_eq!(shape(wrapped), r#"{"contents":[1.0]}"#);
        assert_eq!(shape(r#"{"contents":[1.0]}"#), r#"{"contents":[1.0]}"#);
        assert_eq!(counted(&body(r#"{"generateContentRequest":7}"#)), None);
    }
}
