//! The OpenAPI document: what poem-openapi writes, with the wire formats' schemas put in.
//!
//! Requests and answers of model calls belong to OpenAI and Anthropic; their schemas are kept as
//! JSON beside this file and appear here by name, so that handlers can refer to them.

use poem_openapi::registry::{MetaSchema, Registry};
use serde_json::{Map, Value};

/// The schemas of the wire formats.
const SCHEMAS: [&str; 4] = [
    include_str!("gemini/schemas.json"),
    include_str!("openai/schemas.json"),
    include_str!("openai/services.json"),
    include_str!("anthropic/schemas.json"),
];

/// OpenAI's error envelope.
pub(super) const ERROR: &str = "Error";

/// Anthropic's error envelope.
const ANTHROPIC_ERROR: &str = "AnthropicError";

/// Google's error envelope.
const GOOGLE_ERROR: &str = "GoogleError";

/// Makes room for a schema that [`finish`] puts in.
pub(super) fn register(registry: &mut Registry, name: &str) {
    registry.create_schema::<(), _>(name.to_owned(), |_| MetaSchema::new("object"));
}

/// Names a schema of the wire formats as a type, to stand in a handler's signature.
macro_rules! wire_schema {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl poem_openapi::types::Type for $name {
            const IS_REQUIRED: bool = true;

            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_ref() -> poem_openapi::registry::MetaSchemaRef {
                poem_openapi::registry::MetaSchemaRef::Reference(stringify!($name).to_owned())
            }

            fn register(registry: &mut poem_openapi::registry::Registry) {
                $crate::api::document::register(registry, stringify!($name));
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }
    )*};
}
pub(super) use wire_schema;

/// Puts the wire formats' schemas into a document and mends what its writer cannot say.
pub(super) fn finish(spec: &str) -> String {
    let mut document: Value = serde_json::from_str(spec).unwrap_or_default();
    document["openapi"] = "3.0.3".into();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        for text in SCHEMAS {
            let more: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
            schemas.extend(more);
        }
    }
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, operations) in paths.iter_mut() {
            if path.starts_with("/v1/messages") {
                rename(operations, ERROR, ANTHROPIC_ERROR);
            }
            if path.starts_with(GOOGLE) {
                rename(operations, ERROR, GOOGLE_ERROR);
            }
        }
        *paths = std::mem::take(paths)
            .into_iter()
            .flat_map(|(path, operations)| as_google_writes(path, operations))
            .collect();
    }
    document.to_string()
}

/// Where Google's addresses are.
const GOOGLE: &str = "/v1beta/";

/// An address as clients write it: Google's have their verb behind a colon, and under `/v1` too.
fn as_google_writes(path: String, operations: Value) -> Vec<(String, Value)> {
    let verb = path
        .strip_prefix(GOOGLE)
        .and_then(|rest| rest.split_once("{model}/"));
    let Some((start, verb)) = verb else {
        return vec![(path, operations)];
    };
    let mut twin = operations.clone();
    let twins = twin.as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in twins {
        if let Some(id) = operation["operationId"].as_str() {
            operation["operationId"] = format!("{id}_v1").into();
        }
    }
    vec![
        (format!("{GOOGLE}{start}{{model}}:{verb}"), operations),
        (format!("/v1/{start}{{model}}:{verb}"), twin),
    ]
}

fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::Object(members) => {
            if members.get("$ref").and_then(Value::as_str)
                == Some(format!("#/components/schemas/{from}").as_str())
            {
                members.insert(
                    "$ref".to_owned(),
                    format!("#/components/schemas/{to}").into(),
                );
            }
            members
                .values_mut()
                .for_each(|value| rename(value, from, to));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| rename(value, from, to)),
        _ => {}
    }
}
