//! AWS: each request is signed as a whole, with a key that is never sent.
//!
//! See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_lc_rs::digest::{Context, SHA256};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{HeaderName, HeaderValue, Request};

use super::{Chain, Fetched, Tokens};
use crate::config::Secret;
use crate::models::clock::{Clock, Timestamp};
use crate::providers::SegmentsBody;

/// What Bedrock calls itself in signatures.
const SERVICE: &str = "bedrock";

/// What is said of a request that cannot be signed, which holds nothing of the key.
const UNSIGNABLE: &str = "the request cannot be signed for AWS: check region and base_url";

/// What signs requests to a region.
#[derive(Debug)]
pub(in crate::providers) enum Signer {
    /// A key that does not change.
    Fixed(Stamp),
    /// Keys that are good for a while.
    Found {
        /// Where they go.
        region: Arc<str>,
        /// Where they come from.
        keys: Tokens<Credentials>,
    },
}

/// A key of AWS, and where its requests go.
#[derive(Clone)]
pub(in crate::providers) struct Stamp {
    region: Arc<str>,
    credentials: Credentials,
    clock: Clock,
}

/// A key as it is configured.
pub(in crate::providers) fn key(
    access_key_id: &str,
    secret_access_key: &Secret,
    session_token: Option<&Secret>,
) -> Credentials {
    let token = session_token.map(|token| token.expose().trim().to_owned());
    let secret = secret_access_key.expose().trim();
    Credentials::new(access_key_id.trim(), secret, token, None, "manti")
}

impl Signer {
    /// Signs with a key that does not change.
    pub(in crate::providers) fn fixed(region: &str, credentials: Credentials) -> Self {
        Self::Fixed(Stamp::new(region.into(), credentials))
    }

    /// Signs with what is found.
    pub(in crate::providers) fn found(chain: Chain) -> Self {
        Self::Found {
            region: chain.region.as_str().into(),
            keys: Tokens::new(Box::new(chain)),
        }
    }

    /// The key of the next request, or what fetches it.
    pub(super) fn ready(&self) -> Result<Stamp, Fetched<Stamp>> {
        match self {
            Self::Fixed(stamp) => Ok(stamp.clone()),
            Self::Found { region, keys } => {
                let region = Arc::clone(region);
                match keys.ready() {
                    Ok(key) => Ok(Stamp::new(region, key)),
                    Err(key) => Err(Box::pin(async { Ok(Stamp::new(region, key.await?)) })),
                }
            }
        }
    }
}

impl Stamp {
    fn new(region: Arc<str>, credentials: Credentials) -> Self {
        Self {
            region,
            credentials,
            clock: Clock::system(),
        }
    }

    /// Signs a request; the error says what is wrong and nothing of the key.
    pub(super) fn sign(&self, request: &mut Request<SegmentsBody>) -> Result<(), String> {
        let now = self.clock.now();
        signed(request, &self.credentials, &self.region, SERVICE, now)
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stamp")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

fn signed(
    request: &mut Request<SegmentsBody>,
    credentials: &Credentials,
    region: &str,
    service: &str,
    now: Timestamp,
) -> Result<(), String> {
    let unsignable = || UNSIGNABLE.to_owned();
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::from(now))
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| unsignable())?
        .into();
    // Whoever passes the request on may change its other headers.
    let kind = request.headers().get(http::header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    let uri = request.uri().to_string();
    let whole = SignableRequest::new(
        request.method().as_str(),
        uri,
        kind.map(|kind| ("content-type", kind)).into_iter(),
        SignableBody::Precomputed(digest(request.body())),
    );
    let output = whole.and_then(|whole| sign(whole, &params));
    let (instructions, _) = output.map_err(|_| unsignable())?.into_parts();
    let (headers, _) = instructions.into_parts();
    for header in headers {
        let mut value = HeaderValue::from_str(header.value()).map_err(|_| unsignable())?;
        value.set_sensitive(true);
        request
            .headers_mut()
            .insert(HeaderName::from_static(header.name()), value);
    }
    Ok(())
}

/// The digest of a body in pieces, as AWS spells it.
fn digest(body: &SegmentsBody) -> String {
    let mut context = Context::new(&SHA256);
    for piece in body.pieces() {
        context.update(piece);
    }
    hex(context.finish().as_ref())
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use bytes::Bytes;
    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::dialects::peek::Segments;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn request(uri: &str, body: &'static [&'static str]) -> Request<SegmentsBody> {
        let pieces: Segments = body
            .iter()
            .map(|piece| Bytes::from_static(piece.as_bytes()))
            .collect();
        let mut request = Request::new(SegmentsBody::from(pieces));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = uri.parse().unwrap();
        request
    }

    fn noon() -> Timestamp {
        Utc.with_ymd_and_hms(2015, 8, 30, 12, 36, 0).unwrap()
    }

    fn credentials(token: Option<&str>) -> Credentials {
        Credentials::new(
            "AKIDEXAMPLE",
            SECRET,
            token.map(str::to_owned),
            None,
            "test",
        )
    }

    fn header<'a>(request: &'a Request<SegmentsBody>, name: &str) -> &'a str {
        request.headers()[name].to_str().unwrap()
    }

    #[test]
    fn a_signature_is_that_of_the_published_example() {
        // AWS's own suite of signatures, "post-vanilla".
        let mut request = request("https://example.amazonaws.com/", &[]);
        signed(
            &mut request,
            &credentials(None),
            "us-east-1",
            "service",
            noon(),
        )
        .unwrap();
        assert_eq!(header(&request, "x-amz-date"), "20150830T123600Z");
        assert_eq!(
            header(&request, "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
    }

    /// The signature by the steps of the specification, without the library.
    fn by_hand(canonical: &str) -> String {
        let digest = aws_lc_rs::digest::digest(&SHA256, canonical.as_bytes());
        let scope = "20150830/us-east-1/bedrock/aws4_request";
        let text = format!(
            "AWS4-HMAC-SHA256\n20150830T123600Z\n{scope}\n{}",
            hex(digest.as_ref())
        );
        let mut key = format!("AWS4{SECRET}").into_bytes();
        for part in ["20150830", "us-east-1", "bedrock", "aws4_request", &text] {
            let with = hmac::Key::new(hmac::HMAC_SHA256, &key);
            key = hmac::sign(&with, part.as_bytes()).as_ref().to_vec();
        }
        hex(&key)
    }

    #[test]
    fn a_models_name_is_encoded_once_in_the_address_and_twice_in_the_signature() {
        let uri = "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse";
        let mut request = request(uri, &["{\"mess", "ages\":[]}"]);
        let kind = HeaderValue::from_static("application/json");
        request.headers_mut().insert("content-type", kind);
        let token = credentials(Some("TOKEN"));
        signed(&mut request, &token, "us-east-1", "bedrock", noon()).unwrap();
        let body = aws_lc_rs::digest::digest(&SHA256, b"{\"messages\":[]}");
        let canonical = format!(
            "POST\n/model/amazon.nova-lite-v1%253A0/converse\n\n\
             content-type:application/json\n\
             host:bedrock-runtime.us-east-1.amazonaws.com\n\
             x-amz-date:20150830T123600Z\n\
             x-amz-security-token:TOKEN\n\n\
             content-type;host;x-amz-date;x-amz-security-token\n{}",
            hex(body.as_ref())
        );
        let told = header(&request, "authorization");
        assert!(
            told.ends_with(&format!("Signature={}", by_hand(&canonical))),
            "{told}"
        );
        assert_eq!(header(&request, "x-amz-security-token"), "TOKEN");
        assert!(request.headers()["x-amz-security-token"].is_sensitive());
    }

    #[test]
    fn a_key_does_not_print() {
        let token = Secret::new("a-session-token");
        let key = key("AKIDEXAMPLE", &Secret::new(SECRET), Some(&token));
        let signer = Signer::fixed("us-east-1", key);
        let told = format!("{signer:?}");
        assert!(
            !told.contains("wJalr") && !told.contains("a-session"),
            "{told}"
        );
        let mut request = request("https://example.amazonaws.com/", &[]);
        signer.ready().ok().unwrap().sign(&mut request).unwrap();
        let told = format!("{:?}", request.headers());
        assert!(
            !told.contains("AKID") && !told.contains("a-session"),
            "{told}"
        );
    }
}
