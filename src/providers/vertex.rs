//! Google's Vertex AI: Gemini in Google's own format, Claude in its maker's.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::address::{Base, segment};
use super::site::Site;
use super::{Outbound, SegmentsBody, gemini, headers};
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
/// See <https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai>.
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

/// And those that it knows where it counts tokens.
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
    /// Whether the tokens of Claude are counted at the location.
    counts_claude: bool,
    /// Who pays, where that is not the project.
    charged: Option<HeaderValue>,
}

/// A model, by the name that Vertex has for it.
#[derive(Debug, PartialEq, Eq)]
enum Model<'a> {
    /// One of Google's.
    Gemini(&'a str),
    /// One of Google's that somebody tuned: the endpoint where it runs.
    Tuned(&'a str),
    /// One of Anthropic's.
    Claude(&'a str),
}

impl<'a> Model<'a> {
    /// Whose model a name is; `None` for those of other makers.
    fn of(name: &'a str) -> Option<Self> {
        if let Some(rest) = name.strip_prefix("publishers/") {
            return match rest.split_once("/models/")? {
                ("google", model) => Some(Self::Gemini(model)),
                ("anthropic", model) => Some(Self::Claude(model)),
                _ => None,
            };
        }
        if let Some(endpoint) = name.strip_prefix("endpoints/") {
            return Some(Self::Tuned(endpoint));
        }
        if name.starts_with("claude-") {
            return Some(Self::Claude(name));
        }
        name.starts_with("gemini-").then_some(Self::Gemini(name))
    }

    /// In which dialect it is spoken to.
    const fn dialect(&self) -> Dialect {
        match self {
            Self::Gemini(_) | Self::Tuned(_) => Dialect::Gemini,
            Self::Claude(_) => Dialect::Messages,
        }
    }
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
            // Neither globally nor in the regions of many regions.
            counts_claude: location.contains('-'),
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
        let spoken = model.dialect();
        let served = match (&model, operation) {
            // A key without a project is good for Google's own models alone.
            (Model::Tuned(_) | Model::Claude(_), _) if self.scope.is_empty() => false,
            (_, Operation::Converse) => true,
            (Model::Claude(_), Operation::CountTokens) => client == spoken && self.counts_claude,
            (_, Operation::CountTokens) => client == spoken,
            _ => false,
        };
        served.then_some(spoken)
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
            None => Err("the model is neither Google's nor Anthropic's".to_owned()),
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

    #[test]
    fn a_model_is_known_by_its_name_its_publisher_and_its_endpoint() {
        for (name, model) in [
            ("gemini-2.5-pro", Model::Gemini("gemini-2.5-pro")),
            ("publishers/google/models/g-1", Model::Gemini("g-1")),
            ("endpoints/123", Model::Tuned("123")),
            (
                "claude-opus-4-1@20250805",
                Model::Claude("claude-opus-4-1@20250805"),
            ),
            ("publishers/anthropic/models/c", Model::Claude("c")),
        ] {
            assert_eq!(Model::of(name), Some(model), "{name}");
        }
        for other in [
            "llama-3.3-70b-instruct-maas",
            "publishers/meta/models/llama",
            "publishers/google",
            "notclaude-1",
            "",
        ] {
            assert_eq!(Model::of(other), None, "{other}");
        }
    }

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
    fn tokens_are_counted_where_they_are_counted() {
        let counts = |location, model, client| {
            let vertex = Vertex::new(None, Some("p"), location).unwrap();
            vertex.speaks(Operation::CountTokens, client, model)
        };
        let (claude, gemini) = ("claude-sonnet-4-5@20250929", "gemini-2.5-pro");
        let messages = Some(Dialect::Messages);
        assert_eq!(counts("us-east5", claude, Dialect::Messages), messages);
        assert_eq!(counts("global", claude, Dialect::Messages), None);
        assert_eq!(counts("eu", claude, Dialect::Messages), None);
        assert_eq!(counts("us-east5", claude, Dialect::Gemini), None);
        let google = Some(Dialect::Gemini);
        assert_eq!(counts("global", gemini, Dialect::Gemini), google);
        assert_eq!(counts("global", gemini, Dialect::Messages), None);
    }

    #[test]
    fn a_key_alone_is_good_for_googles_models_alone() {
        let express = Vertex::new(None, None, GLOBAL).unwrap();
        let speaks = |model| express.speaks(Operation::Converse, Dialect::Chat, model);
        assert_eq!(speaks("gemini-2.5-pro"), Some(Dialect::Gemini));
        assert_eq!(speaks("claude-opus-5"), None);
        assert_eq!(speaks("endpoints/1"), None);
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
