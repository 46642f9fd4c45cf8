//! `[providers.NAME]`: what belongs together is checked together.

use std::collections::BTreeMap;

use super::read::{self, Merged, Reader, document, secret, word};
use super::schema;
use super::settings::{Cloud, Provider, Speaks, UpstreamOverrides};
use super::{Kind, address, names, variables};
use crate::models::preset::{Key, More, Preset};

/// The built-in provider's name.
const DEMO: &str = "demo";

/// Reads the providers. Without any, there is `demo`.
pub(super) fn providers(merged: &mut Merged<'_>) -> BTreeMap<String, Provider> {
    let mut providers = BTreeMap::new();
    for (name, table) in merged.named("providers") {
        let path = format!("providers.{}", names::quoted(&name));
        let reader = merged.table(path, table, schema::PROVIDER);
        if let Some(provider) = provider(&name, reader) {
            providers.insert(name, provider);
        }
    }
    if providers.is_empty() && merged.complaints.errors.is_empty() {
        providers.insert(DEMO.to_owned(), demo());
    }
    providers
}

/// The built-in provider.
fn demo() -> Provider {
    Provider {
        kind: Kind::Demo,
        base_url: None,
        api_keys: Vec::new(),
        models: Vec::new(),
        dialect: None,
        price: None,
        cloud: Cloud::default(),
        upstream: UpstreamOverrides::default(),
    }
}

fn provider(name: &str, mut reader: Reader<'_>) -> Option<Provider> {
    let kind = kind(name, &mut reader)?;
    let base_url = reader
        .get("base_url", address::base)
        .map(|url| tidy(kind, url.as_str()));
    let provider = Provider {
        kind,
        base_url,
        api_keys: reader.list("api_keys", secret),
        models: reader.list("models", read::name),
        dialect: reader.get("dialect", word::<Speaks>),
        price: reader.price(),
        cloud: cloud(&mut reader),
        upstream: reader.overrides(),
    };
    check(name, &provider, &mut reader);
    Some(provider)
}

/// What a provider is: as it says, or as its name says.
fn kind(name: &str, reader: &mut Reader<'_>) -> Option<Kind> {
    let kind = if reader.table.contains_key("kind") {
        reader.get("kind", str::parse::<Kind>)?
    } else if let Ok(kind) = name.parse::<Kind>() {
        kind
    } else if !reader.complained("kind") {
        let message = format!(
            "is missing; set it, or {}, to one of: manti provider kinds",
            variables::provider_name(name, "kind")
        );
        reader.complain("kind", message);
        return None;
    } else {
        return None;
    };
    if name == DEMO && kind != Kind::Demo {
        reader.complain("kind", "must be demo for the provider of that name");
    }
    Some(kind)
}

fn cloud(reader: &mut Reader<'_>) -> Cloud {
    let mut label = |key| {
        let shape = schema::find(schema::PROVIDER, key).map(|key| key.shape);
        let check = |text: &str| shape.map_or(Ok(()), |shape| shape.check(text));
        reader.get(key, |text| check(text).map(|()| text.to_owned()))
    };
    Cloud {
        api_version: label("api_version"),
        tenant_id: label("tenant_id"),
        client_id: label("client_id"),
        region: label("region"),
        access_key_id: label("access_key_id"),
        profile: label("profile"),
        role_arn: label("role_arn"),
        project: label("project"),
        location: label("location"),
        client_secret: reader.get("client_secret", secret),
        secret_access_key: reader.get("secret_access_key", secret),
        session_token: reader.get("session_token", secret),
        credentials: reader.get("credentials", document),
        authority: reader
            .get("authority", address::base)
            .map(|url| url.as_str().trim_end_matches('/').to_owned()),
    }
}

/// The settings that one kind alone knows.
const OWN: &[(Kind, &[&str])] = &[
    (
        Kind::AzureOpenAi,
        &[
            "api_version",
            "tenant_id",
            "client_id",
            "client_secret",
            "authority",
        ],
    ),
    (
        Kind::Bedrock,
        &[
            "region",
            "access_key_id",
            "secret_access_key",
            "session_token",
            "profile",
            "role_arn",
        ],
    ),
    (Kind::Vertex, &["project", "location", "credentials"]),
];

/// What must be there, and what would have no effect.
fn check(name: &str, provider: &Provider, reader: &mut Reader<'_>) {
    let missing = |reader: &mut Reader<'_>, key: &str, what: &str| {
        if !reader.complained(key) {
            let variable = variables::provider_name(name, key);
            reader.complain(key, format!("is missing; set it, or {variable}, to {what}"));
        }
    };
    let has_address = reader.table.contains_key("base_url");
    match provider.kind {
        Kind::Demo => {
            for key in ["base_url", "api_keys", "dialect"] {
                if reader.table.contains_key(key) {
                    reader.complain(key, "is not known for the kind demo, which is built in");
                }
            }
        }
        Kind::OpenAiCompatible | Kind::Preset(Preset { base_url: None, .. }) if !has_address => {
            missing(reader, "base_url", "where the provider is");
        }
        Kind::Bedrock => bedrock(provider, reader),
        Kind::Vertex => vertex(provider, reader),
        Kind::AzureOpenAi => azure(name, provider, reader),
        // An address of one's own may be a server that wants no key.
        Kind::OpenAi
        | Kind::Anthropic
        | Kind::Gemini
        | Kind::Cohere
        | Kind::Preset(Preset {
            key: Key::Needed, ..
        }) if !has_address && provider.api_keys.is_empty() => {
            missing(reader, "api_key", "the provider's key");
        }
        Kind::OpenAi
        | Kind::Anthropic
        | Kind::Gemini
        | Kind::Cohere
        | Kind::Ollama
        | Kind::OpenAiCompatible
        | Kind::Preset(_) => {}
    }
    for (kind, keys) in OWN.iter().filter(|(kind, _)| *kind != provider.kind) {
        for key in *keys {
            if reader.table.contains_key(*key) {
                reader.complain(key, format!("is known for the kind {kind} only"));
            }
        }
    }
    if let Some(asked) = provider.dialect {
        let spoken = spoken(provider.kind, has_address);
        if spoken.is_empty() {
            let message = format!(
                "is not known for the kind {}, which has one of its own",
                provider.kind
            );
            reader.complain("dialect", message);
        } else if !spoken.contains(&asked) {
            let words: Vec<&str> = spoken.iter().map(|word| word.as_str()).collect();
            let message = format!(
                "must be {} for the kind {}",
                words.join(" or "),
                provider.kind
            );
            reader.complain("dialect", message);
        }
    }
}

/// The wire formats that a provider can be spoken to in; one with an address of one's own may be
/// anything, and one that has a format of its own none of these.
fn spoken(kind: Kind, has_address: bool) -> Vec<Speaks> {
    match kind {
        Kind::OpenAi | Kind::AzureOpenAi => vec![Speaks::Chat, Speaks::Responses],
        Kind::Anthropic => vec![Speaks::Messages],
        Kind::Gemini => vec![Speaks::Gemini],
        Kind::Bedrock | Kind::Vertex | Kind::Cohere | Kind::Ollama => Vec::new(),
        Kind::Preset(row) if !has_address => {
            let messages = row.messages.map(|_| Speaks::Messages);
            let responses = row.has(More::Responses).then_some(Speaks::Responses);
            let others = messages.into_iter().chain(responses);
            std::iter::once(Speaks::Chat).chain(others).collect()
        }
        Kind::OpenAiCompatible | Kind::Preset(_) | Kind::Demo => {
            vec![
                Speaks::Chat,
                Speaks::Messages,
                Speaks::Responses,
                Speaks::Gemini,
            ]
        }
    }
}

/// Azure wants to know where the resource is, and a key or the whole of an application's identity.
fn azure(name: &str, provider: &Provider, reader: &mut Reader<'_>) {
    let base = provider.base_url.as_deref();
    let authority = provider.cloud.authority.as_deref();
    if let Some(Err(why)) = authority.map(|authority| address::token_giver(authority, base)) {
        reader.complain("authority", why);
    }
    if provider.base_url.is_none() && !reader.complained("base_url") {
        let message = format!(
            "is missing; set it, or {}, to the resource's endpoint, such as https://NAME.openai.azure.com",
            variables::provider_name(name, "base_url")
        );
        reader.complain("base_url", message);
    }
    let identity = ["tenant_id", "client_id", "client_secret"];
    let missing = |key: &&&str| !reader.table.contains_key(**key);
    let missing: Vec<&str> = identity.iter().filter(missing).copied().collect();
    let keyed = !provider.api_keys.is_empty() || reader.complained("api_key");
    if missing.len() == identity.len() && !keyed {
        let message = format!(
            "is missing; set it, or {}, to the resource's key, or set tenant_id, client_id and client_secret",
            variables::provider_name(name, "api_key")
        );
        reader.complain("api_key", message);
    } else if let Some(first) = missing.first().filter(|_| missing.len() < identity.len()) {
        reader.complain(
            first,
            "is missing: an application has all three of tenant_id, client_id and client_secret",
        );
    } else if missing.is_empty() && keyed {
        reader.complain(
            "api_key",
            "cannot stand beside tenant_id, client_id and client_secret; keep one of the two",
        );
    }
}

/// AWS takes a key of Bedrock's own, a pair of keys, or finds credentials by itself.
fn bedrock(provider: &Provider, reader: &mut Reader<'_>) {
    let has = |reader: &Reader<'_>, key: &str| reader.table.contains_key(key);
    let pair = ["access_key_id", "secret_access_key"];
    let missing = |key: &&str| !has(reader, key);
    let missing: Vec<&str> = pair.into_iter().filter(missing).collect();
    if missing.len() == 1 {
        reader.complain(
            missing[0],
            "is missing: a key of AWS has both access_key_id and secret_access_key",
        );
    }
    if missing.len() == pair.len() && has(reader, "session_token") {
        reader.complain(
            "session_token",
            "has no effect without access_key_id and secret_access_key",
        );
    }
    let keyed = !provider.api_keys.is_empty() || reader.complained("api_key");
    let others = ["access_key_id", "profile", "role_arn"];
    let other = others.into_iter().find(|key| has(reader, key));
    if let Some(other) = other.filter(|_| keyed) {
        let message = format!("cannot stand beside {other}; keep one of the two");
        reader.complain("api_key", message);
    }
    if missing.is_empty() && has(reader, "profile") {
        reader.complain(
            "profile",
            "cannot stand beside access_key_id; keep one of the two",
        );
    }
}

/// Google Cloud takes a file of credentials, finds credentials by itself, or takes a key, which alone
/// has no project and no location.
fn vertex(provider: &Provider, reader: &mut Reader<'_>) {
    if let Some(Err(why)) = token_uri(provider) {
        reader.complain("credentials", format!("token_uri of the credentials {why}"));
    }
    let has = |reader: &Reader<'_>, key: &str| reader.table.contains_key(key);
    if provider.api_keys.is_empty() && !reader.complained("api_key") {
        return;
    }
    if has(reader, "credentials") {
        reader.complain(
            "api_key",
            "cannot stand beside credentials; keep one of the two",
        );
    } else if has(reader, "location") && !has(reader, "project") {
        reader.complain("location", "has no effect with a key and no project");
    }
}

/// Where Google's credentials say that their tokens come from, if they say it.
fn token_uri(provider: &Provider) -> Option<Result<url::Url, String>> {
    let file = provider.cloud.credentials.as_ref()?.expose();
    let file: serde_json::Value = serde_json::from_str(file).ok()?;
    let address = file.get("token_uri")?.as_str()?;
    Some(address::token_giver(address, provider.base_url.as_deref()))
}

/// A base address as its own client takes it: no slash at the end, no `/v1` too many.
fn tidy(kind: Kind, url: &str) -> String {
    let mut url = url.trim_end_matches('/');
    loop {
        let Some(shorter) = url.strip_suffix("/v1").map(|u| u.trim_end_matches('/')) else {
            return url.to_owned();
        };
        if matches!(kind, Kind::Anthropic | Kind::Gemini | Kind::Vertex) || shorter.ends_with("/v1")
        {
            url = shorter;
        } else {
            return format!("{shorter}/v1");
        }
    }
}
