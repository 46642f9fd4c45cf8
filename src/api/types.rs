//! Values as the API spells them: moments in RFC 3339 with `Z`, money as decimal strings.

use std::borrow::Cow;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde_json::Value;

use crate::models::clock::Timestamp;
use crate::models::money::Money;

macro_rules! spelled {
    ($(#[$doc:meta])* $name:ident($inner:ty), $format:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name(pub(crate) $inner);

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }

        impl Type for $name {
            const IS_REQUIRED: bool = true;

            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                concat!("string_", $format).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", $format)))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl ParseFromJSON for $name {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                serde_json::from_value(value.unwrap_or_default())
                    .map(Self)
                    .map_err(ParseError::custom)
            }
        }

        impl ToJSON for $name {
            fn to_json(&self) -> Option<Value> {
                serde_json::to_value(self.0).ok()
            }
        }
    };
}

spelled!(
    /// A moment in UTC: `2026-11-21T10:00:00.123456Z`.
    Moment(Timestamp),
    "date-time"
);

spelled!(
    /// US dollars with nine places: `0.002570000`.
    Dollars(Money),
    "decimal"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_spelled_as_the_contract_says() {
        let moment: Timestamp = "2026-11-21T10:00:00.123456+00:00".parse().unwrap();
        assert_eq!(
            Moment(moment).to_json_string(),
            "\"2026-11-21T10:00:00.123456Z\""
        );
        let dollars = Dollars(Money::from_nanos(2_570_000));
        assert_eq!(dollars.to_json_string(), "\"0.002570000\"");
    }
}
