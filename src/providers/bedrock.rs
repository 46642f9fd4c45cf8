//! Amazon Bedrock: Claude in its maker's own format, the models of all others by Converse.

use std::collections::HashSet;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Uri};

use super::address::{Base, segment};
use super::site::Site;
use super::{Outbound, SegmentsBody, headers};
use crate::config::is_region;
use crate::dialects::Dialect;
use crate::dialects::peek::{self, Segments};
use crate::models::operation::Operation;

/// The field in which Bedrock's own clients ask for betas.
const BETA: &str = "anthropic_beta";

/// The fields of Anthropic's messages that stand in Bedrock's addresses, and those that are written
/// here.
const WRITTEN: &[&str] = &["model", "stream", "anthropic_version", BETA];

/// Anthropic's betas that Bedrock knows; it refuses a request with any other.
///
/// See <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html>.
const BETAS: &[&str] = &[
    "compact-2026-01-12",
    "computer-use-2024-10-22",
    "computer-use-2025-01-24",
    "computer-use-2025-11-24",
    "context-1m-2025-08-07",
    "context-management-2025-06-27",
    "dev-full-thinking-2025-05-14",
    "effort-2025-11-24",
    "fine-grained-tool-streaming-2025-05-14",
    "interleaved-thinking-2025-05-14",
    "output-128k-2025-02-19",
    "token-efficient-tools-2025-02-19",
    "tool-examples-2025-10-29",
    "tool-search-tool-2025-10-19",
];

/// Where the operations of Bedrock are.
#[derive(Debug)]
pub(super) struct Bedrock {
    base: Base,
    /// Where the models are listed; only beside Bedrock's own address.
    models: Option<Uri>,
}

impl Bedrock {
    /// Bedrock in a region, unless `base` says where else.
    pub(super) fn new(base: Option<&str>, region: &str) -> Result<Self, String> {
        if !is_region(region) {
            return Err("region must be a region of AWS, such as us-east-1".to_owned());
        }
        let end = if region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        let own = format!("https://bedrock-runtime.{region}.{end}");
        let list = format!("https://bedrock.{region}.{end}/foundation-models");
        let list = list.parse().map_err(|_| "region is no region of AWS")?;
        Ok(Self {
            base: Base::new(base.unwrap_or(&own))?,
            models: base.is_none().then_some(list),
        })
    }
}

/// Whether an id, a profile's id or an ARN names a model of Anthropic's.
fn is_claude(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    name.starts_with("anthropic.") || name.contains(".anthropic.")
}

/// The betas in a body; `None` where the field is no list of words.
fn betas_within(body: &[u8]) -> Option<Vec<String>> {
    let Some(field) = peek::field(body, BETA) else {
        return Some(Vec::new());
    };
    let words: Option<Vec<String>> = serde_json::from_slice(field).ok()?;
    Some(words.unwrap_or_default())
}

impl Site for Bedrock {
    fn speaks(&self, operation: Operation, _: Dialect, model: &str) -> Option<Dialect> {
        match operation {
            Operation::Converse if is_claude(model) => Some(Dialect::Messages),
            Operation::Converse => Some(Dialect::Converse),
            _ => None,
        }
    }

    fn address(&self, call: &Outbound<'_>, headers: &mut HeaderMap) -> Result<Uri, String> {
        if call.stream {
            let frames = HeaderValue::from_static("application/vnd.amazon.eventstream");
            headers.insert(ACCEPT, frames);
        }
        let operation = match (call.dialect, call.stream) {
            (Dialect::Messages, false) => "invoke",
            (Dialect::Messages, true) => "invoke-with-response-stream",
            (_, false) => "converse",
            (_, true) => "converse-stream",
        };
        let model = segment(&call.target.model);
        self.base.join(&format!("/model/{model}/{operation}"))
    }

    fn body(&self, call: &Outbound<'_>, body: Segments) -> Result<SegmentsBody, String> {
        if call.dialect != Dialect::Messages {
            return Ok(body.into());
        }
        let body: Segments = [Bytes::from(body.concat())].into_iter().collect();
        let within = betas_within(&body[0]).unwrap_or_default();
        let mut betas: Vec<&str> = headers::betas(call.client_headers)
            .chain(within.iter().map(String::as_str))
            .filter(|beta| BETAS.contains(beta))
            .collect();
        let mut seen = HashSet::new();
        betas.retain(|beta| seen.insert(*beta));
        let version = r#""anthropic_version":"bedrock-2023-05-31""#;
        let added = if betas.is_empty() {
            version.to_owned()
        } else {
            format!(r#"{version},"{BETA}":["{}"]"#, betas.join("\",\""))
        };
        let body = peek::reshape(&body, WRITTEN, &added)
            .ok_or("the request is no object, which nobody should have written")?;
        Ok([Bytes::from(body)].into_iter().collect::<Segments>().into())
    }

    fn unheard(&self, dialect: Dialect, client: &HeaderMap) -> Option<&'static str> {
        let unknown = headers::betas(client).any(|beta| !BETAS.contains(&beta));
        (dialect == Dialect::Messages && unknown).then_some("anthropic-beta")
    }

    fn unheard_within(&self, dialect: Dialect, body: &[u8]) -> Option<&'static str> {
        if dialect != Dialect::Messages {
            return None;
        }
        let known = |beta: &String| BETAS.contains(&beta.as_str());
        let heard = betas_within(body).is_some_and(|betas| betas.iter().all(known));
        (!heard).then_some(BETA)
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, _: &mut HeaderMap) -> Option<Uri> {
        self.models.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claude_is_known_by_its_id_its_profile_and_its_arn() {
        let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-6-v1";
        for claude in [
            "anthropic.claude-3-haiku-20240307-v1:0",
            "us.anthropic.claude-opus-4-6-v1",
            "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            arn,
        ] {
            assert!(is_claude(claude), "{claude}");
        }
        for other in [
            "amazon.nova-lite-v1:0",
            "us.meta.llama3-2-1b-instruct-v1:0",
            "notanthropic.claude",
            "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
        ] {
            assert!(!is_claude(other), "{other}");
        }
    }

    #[test]
    fn betas_in_a_body_are_heard_where_they_are_known() {
        let bedrock = Bedrock::new(None, "eu-central-1").unwrap();
        let unheard = |body: &str| bedrock.unheard_within(Dialect::Messages, body.as_bytes());
        for body in [
            "{}",
            r#"{"anthropic_beta":null}"#,
            r#"{"anthropic_beta":["context-1m-2025-08-07"]}"#,
        ] {
            assert_eq!(unheard(body), None, "{body}");
        }
        for body in [
            r#"{"anthropic_beta":["context-1m-2025-08-07","new"]}"#,
            r#"{"anthropic_beta":"new"}"#,
        ] {
            assert_eq!(unheard(body), Some(BETA), "{body}");
        }
    }

    #[test]
    fn bedrock_is_in_a_region_or_where_it_is_said_to_be() {
        let url = |base, region| Bedrock::new(base, region).unwrap().base_url().to_owned();
        assert_eq!(
            url(None, "eu-central-1"),
            "https://bedrock-runtime.eu-central-1.amazonaws.com"
        );
        assert_eq!(
            url(None, "cn-north-1"),
            "https://bedrock-runtime.cn-north-1.amazonaws.com.cn"
        );
        assert_eq!(
            url(Some("http://127.0.0.1:9000"), "eu-central-1"),
            "http://127.0.0.1:9000"
        );
        for wrong in [
            "evil.example/x",
            "evil.example",
            "evil:8443",
            "u@evil",
            "a/../b",
            "US-EAST-1",
            "a b",
            "",
        ] {
            for base in [None, Some("http://127.0.0.1:9000")] {
                let error = Bedrock::new(base, wrong).unwrap_err();
                assert!(error.starts_with("region must be"), "{wrong}: {error}");
            }
        }
    }
}
