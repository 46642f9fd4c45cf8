//! OpenAI's models at Azure: by deployment and version of the API, or by the address without one.

use http::{HeaderMap, HeaderName, Uri};

use super::address::{Base, segment};
use super::openai::Offer;
use super::site::Site;
use super::{Outbound, openai};
use crate::dialects::{Dialect, Service};
use crate::models::operation::Operation;

/// The header of Azure's keys.
pub(super) const API_KEY: HeaderName = HeaderName::from_static("api-key");

/// What its deployments have beside chat completions.
const OFFER: &Offer = &Offer {
    operations: &[
        Operation::Embed,
        Operation::Imagine,
        Operation::EditImage,
        Operation::Speak,
        Operation::Transcribe,
        Operation::Translate,
    ],
    embeddings: Service::Embeddings,
    rerank: Service::Rerank,
    completes: openai::LEGACY,
};

/// Where the operations of a resource are.
#[derive(Debug)]
pub(super) struct Azure {
    base: Base,
    form: Form,
}

/// How a resource is addressed.
#[derive(Debug)]
enum Form {
    /// `/openai/v1/…`, the deployment as the body's model.
    Unversioned,
    /// `/openai/deployments/NAME/…?api-version=VERSION`
    Deployments {
        /// The version.
        version: String,
    },
}

impl Azure {
    /// `base` is the resource's endpoint, with or without `/openai` or `/openai/v1`.
    pub(super) fn new(base: &str, version: Option<&str>) -> Result<Self, String> {
        let base = Base::new(base)?.without_version().without("/openai");
        let form = match version {
            // The words by which the address without a version calls itself.
            None | Some("v1" | "preview" | "latest") => Form::Unversioned,
            Some(version) => Form::Deployments {
                version: version.to_owned(),
            },
        };
        let site = Self { base, form };
        site.join(openai::path(Operation::Converse, Dialect::Chat), Some("x"))?;
        Ok(site)
    }

    /// An operation's address; `deployment` where one is named in it.
    fn join(&self, path: &str, deployment: Option<&str>) -> Result<Uri, String> {
        match (&self.form, deployment) {
            (Form::Unversioned, _) => self.base.join(&format!("/openai/v1{path}")),
            (Form::Deployments { version }, Some(name)) => {
                let name = segment(name);
                let path = format!("/openai/deployments/{name}{path}?api-version={version}");
                self.base.join(&path)
            }
            (Form::Deployments { version }, None) => self
                .base
                .join(&format!("/openai{path}?api-version={version}")),
        }
    }
}

impl Site for Azure {
    fn speaks(&self, operation: Operation, client: Dialect, model: &str) -> Option<Dialect> {
        openai::speaks(operation, client, model, OFFER)
    }

    fn address(&self, call: &Outbound<'_>, _: &mut HeaderMap) -> Result<Uri, String> {
        let path = openai::path(call.operation, call.dialect);
        self.join(path, Some(&call.target.model))
    }

    fn wants_usage_asked(&self) -> bool {
        true
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, _: &mut HeaderMap) -> Option<Uri> {
        self.join("/models", None).ok()
    }
}
