//! Credentials of Google Cloud: a service account, what the machine has, and what is wrong with them.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::vertex::{GEMINI, agreeable, asked, contents};
use super::{CLIENTS, Scene};
use crate::support::command::Place;
use crate::support::process::Process;
use crate::support::recorded::Wire;
use crate::support::spoken::request;
use crate::support::upstream::{Act, Seen, Upstream, json as json_answer};

static KEY: LazyLock<RsaKeyPair> =
    LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

/// The file of a service account whose tokens come from a base address.
pub(super) fn account(base: &str) -> Value {
    let key = AsDer::<Pkcs8V1Der<'static>>::as_der(&*KEY).unwrap();
    let key = STANDARD.encode(key.as_ref());
    json!({
        "type": "service_account",
        "project_id": "models-of-ada",
        "private_key_id": "key-1",
        "private_key": format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n"),
        "client_email": "manti@models-of-ada.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": format!("{base}/token"),
    })
}

/// A token's answer.
pub(super) fn token(value: &str, life: u64) -> Vec<Act> {
    let token = json!({"access_token": value, "expires_in": life, "token_type": "Bearer"});
    json_answer(200, &token.to_string())
}

/// What a form says under a name.
fn field(seen: &Seen, name: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(&seen.body);
    let found = pairs.find(|(field, _)| field == name);
    found
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_service_account_signs_for_tokens_that_are_renewed_before_they_end() {
    let given = AtomicU32::new(0);
    let script = move |seen: &Seen| {
        if seen.target != "/token" {
            return agreeable(seen);
        }
        // Each is good for too short to be let alone, and all but the first take their time.
        let number = given.fetch_add(1, Ordering::Relaxed);
        let mut acts = token(&format!("ya29.t{number}"), 100);
        if number > 0 {
            acts.insert(0, Act::Wait(Duration::from_secs(3)));
        }
        acts
    };
    let scene = Scene::with(script, |base| {
        let account = account(base);
        format!(
            "[providers.vertex]\nbase_url = \"{base}\"\ncredentials = '{account}'\nmodels = [\"*\"]"
        )
    })
    .await;
    let signed = async || {
        assert_eq!(scene.ask(Wire::Chat, GEMINI, false).await.status, 200);
        let seen = scene.upstream.seen();
        let call = seen.iter().rfind(|seen| seen.target != "/token").unwrap();
        call.header("authorization").unwrap().to_owned()
    };
    assert_eq!(signed().await, "Bearer ya29.t0");
    let began = Instant::now();
    assert_eq!(
        signed().await,
        "Bearer ya29.t0",
        "nobody waits for the next"
    );
    assert!(began.elapsed() < Duration::from_secs(3));
    while signed().await == "Bearer ya29.t0" {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "it is never renewed"
        );
    }

    let seen = scene.upstream.seen();
    let asked = seen.iter().find(|seen| seen.target == "/token").unwrap();
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    assert_eq!(field(asked, "grant_type"), grant);
    let statement = field(asked, "assertion");
    let (text, signature) = statement.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, KEY.public_key());
    public.verify(text.as_bytes(), &signature).unwrap();
    let part = |text: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    let (head, claims) = text.split_once('.').unwrap();
    let wanted = json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"});
    assert_eq!(part(head), wanted);
    let claims = part(claims);
    let address = scene.upstream.url().replace("/v1", "/token");
    assert_eq!(claims["aud"], address);
    assert_eq!(claims["iss"], "manti@models-of-ada.iam.gserviceaccount.com");
    assert_eq!(
        claims["scope"],
        "https://www.googleapis.com/auth/cloud-platform"
    );
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(life, 3600);
}

#[tokio::test]
async fn a_person_is_taken_for_who_gcloud_says_it_is() {
    let scene = Scene::with(agreeable, |base| {
        let person = json!({"type": "authorized_user", "client_id": "gcloud", "account": "",
            "client_secret": "d-secret", "refresh_token": "1//refresh",
            "quota_project_id": "quota-of-ada", "universe_domain": "googleapis.com",
            "token_uri": format!("{base}/token")});
        format!(
            "[providers.vertex]\nbase_url = \"{base}\"\nproject = \"models-of-ada\"\n\
             credentials = '{person}'\nmodels = [\"*\"]"
        )
    })
    .await;
    assert_eq!(scene.ask(Wire::Chat, GEMINI, false).await.status, 200);
    let seen = scene.seen();
    assert!(seen.target.contains("/projects/models-of-ada/"));
    assert_eq!(seen.header("authorization"), Some("Bearer ya29.token"));
    assert_eq!(seen.header("x-goog-user-project"), Some("quota-of-ada"));
    let seen = scene.upstream.seen();
    let asked = seen.iter().find(|seen| seen.target == "/token").unwrap();
    for (name, value) in [
        ("grant_type", "refresh_token"),
        ("client_id", "gcloud"),
        ("client_secret", "d-secret"),
        ("refresh_token", "1//refresh"),
    ] {
        assert_eq!(field(asked, name), value);
    }
}

#[tokio::test]
async fn credentials_that_are_refused_are_told_in_the_clients_envelope_and_not_shown() {
    let script = |seen: &Seen| {
        if seen.target == "/token" {
            let error =
                json!({"error": "invalid_grant", "error_description": "Invalid JWT of ada"});
            json_answer(400, &error.to_string())
        } else {
            agreeable(seen)
        }
    };
    let scene = Scene::with(script, |base| {
        let account = account(base);
        // Each client is to be told, after many that were.
        format!(
            "[providers.vertex]\nbase_url = \"{base}\"\ncredentials = '{account}'\nmodels = [\"*\"]\n\
             breaker = false"
        )
    })
    .await;
    let said = "Google gives no token (invalid_grant): check credentials";
    for client in CLIENTS {
        let answer = scene.ask(client, GEMINI, false).await;
        let (status, told) = (answer.status, answer.text().await);
        assert_eq!(status, 502, "{told}");
        assert!(told.contains(said) && !told.contains("ada"), "{told}");
    }
    let answer = asked(&scene.client, "generateContent", &contents()).await;
    assert_eq!(answer.status, 502);
    let told = answer.json().await;
    assert_eq!(told["error"]["code"], 502, "{told}");
    let message = told["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains(said), "{told}");
}

/// What `config check` says of a provider's settings.
fn checked(place: &Place, settings: &str) -> String {
    place.write("manti.toml", &format!("[providers.vertex]\n{settings}\n"));
    let ran = place.run(&["config", "check", "-o", "table"]);
    assert!(!ran.stderr.contains("PRIVATE KEY"), "{}", ran.stderr);
    assert_eq!(ran.code == 0, ran.stderr.contains("is valid"), "{ran:?}");
    ran.stderr
}

#[test]
fn what_is_wrong_with_credentials_is_told_before_the_start() {
    let mut place = Place::new();
    let file = |place: &Place, change: &dyn Fn(&mut Value)| {
        let mut account = account("https://oauth2.googleapis.com");
        change(&mut account);
        place.write("account.json", &account.to_string());
        checked(place, "credentials = \"file:account.json\"")
    };
    let told = file(&place, &|_| {});
    assert!(told.contains("is valid"), "{told}");
    for (field, value, said) in [
        (
            "private_key",
            json!("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
            "private_key of the credentials is no RSA key in PEM",
        ),
        (
            "private_key",
            json!(null),
            "credentials hold no private_key",
        ),
        (
            "token_uri",
            json!("nowhere"),
            "token_uri of the credentials must be an address",
        ),
        (
            "type",
            json!("external_account"),
            "external_account (workload identity federation) are not known here",
        ),
        (
            "type",
            json!("gdch_service_account"),
            "must be of the type service_account or authorized_user",
        ),
        (
            "universe_domain",
            json!("apis.example"),
            "universe_domain of the credentials must be googleapis.com",
        ),
        ("type", json!(7), "credentials hold no type"),
        (
            "project_id",
            json!(null),
            "project is missing: set it, or GOOGLE_CLOUD_PROJECT",
        ),
    ] {
        let told = file(&place, &|account| account[field] = value.clone());
        assert!(told.contains(said), "{field}: {told}");
    }
    for (settings, said) in [
        (
            "credentials = \"AIza-not-json\"",
            "must be a file of credentials, such as",
        ),
        (
            "credentials = \"file:nowhere.json\"",
            "which cannot be read",
        ),
        (
            "project = \"p\"\napi_key = \"k\"\ncredentials = '{}'",
            "cannot stand beside credentials",
        ),
        (
            "location = \"eu\"\napi_key = \"k\"",
            "has no effect with a key and no project",
        ),
        (
            "project = \"p\"\nlocation = \"EU\"",
            "location: must be lower-case letters",
        ),
        (
            "project = \"p\"\ndialect = \"gemini\"",
            "is not known for the kind vertex",
        ),
        ("", "project is missing"),
    ] {
        let told = checked(&place, settings);
        assert!(told.contains(said), "{settings}: {told}");
    }
    place.set("GOOGLE_CLOUD_PROJECT", "models-of-grace");
    let told = checked(&place, "location = \"europe-west1\"");
    assert!(told.contains("is valid"), "{told}");
    place.set("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/account.json");
    let told = checked(&place, "");
    assert!(
        told.contains("/nowhere/account.json: cannot be read")
            && told.contains("check GOOGLE_APPLICATION_CREDENTIALS"),
        "{told}"
    );
    let told = checked(&place, "api_key = \"AIza-a-key\"");
    assert!(told.contains("is valid"), "a key needs no more: {told}");
}

#[test]
fn tokens_are_asked_for_where_a_provider_may_be_and_over_tls() {
    let mut place = Place::new();
    for (address, said) in [
        ("http://169.254.169.254/token", "must not be a link-local"),
        ("http://[fd00:ec2::254]/token", "must not be a link-local"),
        (
            "https://metadata.google.internal/token",
            "must not be a link-local or metadata address",
        ),
        ("http://oauth2.example/token", "must begin with https://"),
        ("http://127.0.0.1:9/token", "is valid"),
    ] {
        let mut account = account("https://oauth2.googleapis.com");
        account["token_uri"] = json!(address);
        place.write("account.json", &account.to_string());
        let told = checked(&place, "credentials = \"file:account.json\"");
        assert!(told.contains(said), "{address}: {told}");
        // What is found is no other.
        let file = place.path().join("account.json").display().to_string();
        place.set("GOOGLE_APPLICATION_CREDENTIALS", &file);
        let told = checked(&place, "");
        assert!(told.contains(said), "{address}: {told}");
    }
}

/// Asks a process whose variables are set, and gives back what the provider saw and what is logged.
async fn found(upstream: &Upstream, place: Place) -> (u16, String, String) {
    let base = upstream.url().trim_end_matches("/v1").to_owned();
    let settings = format!(
        "[providers.vertex]\nbase_url = \"{base}\"\nmodels = [\"*\"]\n[log]\nlevel = \"trace\""
    );
    let process = tokio::task::spawn_blocking(move || Process::start_in(place, &settings))
        .await
        .unwrap();
    let answer = process
        .client
        .chat(&request(Wire::Chat, GEMINI, false))
        .await;
    let (status, told) = (answer.status, answer.text().await);
    (status, told, process.log())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_machines_own_credentials_are_found_as_googles_own_tools_find_them() {
    let upstream = Upstream::start(|seen| match seen.target.split('?').next().unwrap() {
        "/token" => token("ya29.of-a-file", 3600),
        "/computeMetadata/v1/instance/service-accounts/default/token" => {
            token("ya29.of-the-machine", 3600)
        }
        _ => agreeable(seen),
    })
    .await;
    let base = upstream.url().trim_end_matches("/v1").to_owned();
    let last = || upstream.seen().pop().unwrap();

    let mut place = Place::new();
    place.write("account.json", &account(&base).to_string());
    let file = place.path().join("account.json").display().to_string();
    place.set("GOOGLE_APPLICATION_CREDENTIALS", &file);
    let (status, told, log) = found(&upstream, place).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(
        last().header("authorization"),
        Some("Bearer ya29.of-a-file")
    );
    assert!(
        last()
            .target
            .starts_with("/v1beta1/projects/models-of-ada/locations/global/")
    );
    assert!(!log.contains("ya29") && !log.contains("PRIVATE"), "{log}");

    let mut place = Place::new();
    place
        .set("GCE_METADATA_HOST", base.trim_start_matches("http://"))
        .set("GOOGLE_CLOUD_PROJECT", "models-of-grace")
        .set("GOOGLE_CLOUD_QUOTA_PROJECT", "quota-of-grace")
        // Nobody reaches the metadata server through another.
        .set("HTTP_PROXY", "http://127.0.0.1:9");
    let (status, told, _) = found(&upstream, place).await;
    assert_eq!(status, 200, "{told}");
    let seen = last();
    let by = seen.header("authorization");
    assert_eq!(by, Some("Bearer ya29.of-the-machine"));
    assert!(seen.target.contains("/projects/models-of-grace/"));
    assert_eq!(seen.header("x-goog-user-project"), Some("quota-of-grace"));
    let seen = upstream.seen();
    let asked = seen
        .iter()
        .rfind(|seen| seen.target.starts_with("/computeMetadata/"));
    let asked = asked.unwrap();
    assert_eq!(asked.header("metadata-flavor"), Some("Google"));
    assert!(asked.target.contains("?scopes=https://www.googleapis.com/"));

    let mut place = Place::new();
    place
        .set("GCE_METADATA_HOST", "127.0.0.1:9")
        .set("GOOGLE_CLOUD_PROJECT", "models-of-grace");
    let (status, told, _) = found(&upstream, place).await;
    assert_eq!(status, 502, "{told}");
    assert!(
        told.contains("the metadata server cannot be reached"),
        "{told}"
    );
    assert!(told.contains("GOOGLE_APPLICATION_CREDENTIALS"), "{told}");
}
