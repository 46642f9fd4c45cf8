//! What the environment alone says about people: the secret that signs their tokens, and the
//! first admin.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::Secret;
use super::complaint::Complaints;
use super::environment::Environment;
use super::indirect;
use super::seen::Seen;

/// Parts of secrets that stand in examples and tutorials, without their punctuation.
const SAMPLES: &[&str] = &[
    "changeme",
    "changethis",
    "replaceme",
    "replacethis",
    "replacewith",
    "placeholder",
    "example",
    "sample",
    "yoursecret",
    "yourjwt",
    "yoursuper",
    "your256bit",
    "mysecret",
    "supersecret",
    "verysecret",
    "defaultsecret",
    "astringsecret",
    "notasecret",
    "thisisasecret",
    "insecure",
    "donotuse",
    "password",
];

/// `JWT_SECRET`: at least 32 bytes, and not from an example.
pub(super) fn jwt_secret(environment: &Environment, complaints: &mut Complaints) -> Option<Secret> {
    const NAME: &str = "JWT_SECRET";
    let secret = read(NAME, environment, complaints)?;
    let plain: String = secret
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let kinds = secret
        .bytes()
        .collect::<std::collections::BTreeSet<_>>()
        .len();
    let message = if secret.len() < 32 {
        "is shorter than 32 bytes"
    } else if kinds < 4 || SAMPLES.iter().any(|sample| plain.contains(sample)) {
        "is a sample that others know"
    } else {
        return Some(Secret::new(secret));
    };
    let message = format!("{message}; make one with: openssl rand -base64 48");
    complaints.error(environment.place(NAME), "", message);
    None
}

/// `MANTI_MASTER_KEY`: 32 bytes in base64.
pub(super) fn master_key(environment: &Environment, complaints: &mut Complaints) -> Option<Secret> {
    const NAME: &str = "MANTI_MASTER_KEY";
    let key = read(NAME, environment, complaints)?;
    if BASE64
        .decode(key.trim())
        .is_ok_and(|bytes| bytes.len() == 32)
    {
        return Some(Secret::new(key.trim()));
    }
    let message = "is not 32 bytes in base64; make one with: openssl rand -base64 32";
    complaints.error(environment.place(NAME), "", message);
    None
}

/// `MANTI_ADMIN_EMAIL` and `MANTI_ADMIN_PASSWORD`: both or neither.
pub(super) fn first_admin(
    environment: &Environment,
    complaints: &mut Complaints,
) -> Option<(String, Secret)> {
    const EMAIL: &str = "MANTI_ADMIN_EMAIL";
    const PASSWORD: &str = "MANTI_ADMIN_PASSWORD";
    let email = read(EMAIL, environment, complaints);
    let password = read(PASSWORD, environment, complaints);
    let (set, missing) = match (email, password) {
        (Some(email), Some(password)) => return Some((email, Secret::new(password))),
        (Some(_), None) if environment.get(PASSWORD).is_none() => (EMAIL, PASSWORD),
        (None, Some(_)) if environment.get(EMAIL).is_none() => (PASSWORD, EMAIL),
        _ => return None,
    };
    let message = format!("is set without {missing}; set both or neither");
    complaints.error(environment.place(set), "", message);
    None
}

fn read(name: &str, environment: &Environment, complaints: &mut Complaints) -> Option<String> {
    match indirect::resolve(
        environment.get(name)?,
        environment,
        Path::new(""),
        &mut Seen::default(),
    ) {
        Ok(text) => Some(text),
        Err(message) => {
            complaints.error(environment.place(name), "", message);
            None
        }
    }
}
