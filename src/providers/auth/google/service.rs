//! A service account: its key signs a statement, which is exchanged for a token.
//!
//! See <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::{File, SCOPE};
use crate::models::clock::Clock;

/// How long a statement holds, in seconds: the most that Google takes.
const LIFE: i64 = 3600;

/// What is exchanged.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A service account.
pub(super) struct Service {
    email: String,
    key_id: Option<String>,
    address: String,
    key: RsaKeyPair,
    clock: Clock,
}

impl Service {
    /// Reads its file. `base` is where the provider is.
    pub(super) fn read(file: &File, base: Option<&str>) -> Result<Self, String> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(file.text("private_key")?.as_bytes()).ok();
        let key = key.and_then(|key| RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).ok());
        Ok(Self {
            email: file.text("client_email")?.to_owned(),
            key_id: file.maybe("private_key_id").map(str::to_owned),
            address: file.token_uri(None, base)?,
            key: key.ok_or(
                "private_key of the credentials is no RSA key in PEM: get the file anew, and keep \
                 the \\n in it",
            )?,
            clock: Clock::system(),
        })
    }

    /// Where its tokens come from.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// What a token is asked for with.
    pub(super) fn form(&self) -> Result<[(&'static str, String); 2], String> {
        Ok([
            ("grant_type", GRANT.to_owned()),
            ("assertion", self.statement()?),
        ])
    }

    /// A signed statement of who asks for what, as a JSON Web Token.
    fn statement(&self) -> Result<String, String> {
        let now = self.clock.now().timestamp();
        let mut head = json!({ "alg": "RS256", "typ": "JWT" });
        if let Some(id) = &self.key_id {
            head["kid"] = id.as_str().into();
        }
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.address,
            "iat": now,
            "exp": now + LIFE,
        });
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encoded(&head), encoded(&claims));
        let mut signature = vec![0; self.key.public_key().modulus_len()];
        let random = SystemRandom::new();
        self.key
            .sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
            .map_err(|_| "private_key of the credentials cannot sign: get the file anew")?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
