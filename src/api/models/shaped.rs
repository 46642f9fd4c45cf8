//! One address that answers each client in the shape it reads.

use std::marker::PhantomData;

use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::{ToJSON, Type};

use crate::api::payload::{Answer, documented};

/// A thing in one of the shapes of `S`.
pub(super) struct Shaped<S> {
    response: Response,
    documents: PhantomData<fn() -> S>,
}

impl<S> Shaped<S> {
    pub(super) fn new(thing: &impl ToJSON) -> Self {
        Self {
            response: Answer(thing).into_response(),
            documents: PhantomData,
        }
    }
}

/// Several shapes of one thing.
pub(super) trait Shapes {
    fn refs() -> Vec<MetaSchemaRef>;
    fn register(registry: &mut Registry);
}

macro_rules! shapes {
    ($($name:ident),+) => {
        impl<$($name: Type),+> Shapes for ($($name,)+) {
            fn refs() -> Vec<MetaSchemaRef> {
                vec![$($name::schema_ref()),+]
            }

            fn register(registry: &mut Registry) {
                $($name::register(registry);)+
            }
        }
    };
}

shapes!(A, B, C);
shapes!(A, B, C, D);

impl<S> IntoResponse for Shaped<S>
where
    S: Send,
{
    fn into_response(self) -> Response {
        self.response
    }
}

impl<S: Shapes + Send> ApiResponse for Shaped<S> {
    fn meta() -> MetaResponses {
        let schema = MetaSchema {
            any_of: S::refs(),
            ..MetaSchema::ANY
        };
        documented(
            200,
            "In the shape of the client's own API.",
            MetaSchemaRef::Inline(Box::new(schema)),
        )
    }

    fn register(registry: &mut Registry) {
        S::register(registry);
    }
}
