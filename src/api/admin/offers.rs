//! Providers and models as they are declared: admins see all, and change those of the database.

use poem_openapi::param::{Path, Query};
use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::{ToJSON, Type};
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use crate::api::extract::{Cursor, Member};
use crate::api::payload::{Answer, Created, Fields, Input, Write};
use crate::api::problem::Problem;
use crate::api::routes::Tag;
use crate::config::{self, Offer};
use crate::models::page::Request;
use crate::offers::{Offered, Offers};
use crate::providers::Probed;

/// `/api/v1/providers`
#[derive(Clone)]
pub(in crate::api) struct ProviderOffers {
    pub(in crate::api) offers: Offers,
}

/// `/api/v1/models`
#[derive(Clone)]
pub(in crate::api) struct ModelOffers {
    pub(in crate::api) offers: Offers,
}

#[OpenApi(prefix_path = "/api/v1/providers", tag = "Tag::Operations")]
impl ProviderOffers {
    /// List the providers
    ///
    /// Those of the settings file and the environment, which cannot be changed here, and those of
    /// the database. Credentials are only counted.
    #[oai(path = "/", method = "get", operation_id = "providers_list")]
    async fn list(
        &self,
        member: Member,
        /// At most so many, 1 to 1000; 100 unless said.
        limit: Query<Option<String>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Answer<OfferPage>, Problem> {
        let request = Cursor::page(limit.0.as_deref(), cursor.0)?;
        let all = self.offers.list(&member.0, Offer::Provider).await?;
        Ok(Answer(page(all, &request)))
    }

    /// Add a provider
    ///
    /// `name`, and what the file takes under `[providers.NAME]`: `kind`, `base_url`, `api_keys`,
    /// `models`, … Every process serves it within a second or two.
    #[oai(path = "/", method = "post", operation_id = "providers_create")]
    async fn create(
        &self,
        member: Member,
        input: Input<NewProvider>,
    ) -> Result<Created<Value>, Problem> {
        let NewProvider { name, fields } = input.0;
        let offers = &self.offers;
        let made = offers.create(&member.0, Offer::Provider, &name, fields);
        Ok(Created(view(made.await?)))
    }

    /// Show a provider
    #[oai(path = "/:name", method = "get", operation_id = "providers_show")]
    async fn show(
        &self,
        member: Member,
        /// The provider's name.
        name: Path<String>,
    ) -> Result<Answer<Value>, Problem> {
        let found = self.offers.show(&member.0, Offer::Provider, &name.0);
        Ok(Answer(view(found.await?)))
    }

    /// Change a provider of the database
    ///
    /// Null takes a field away. Another address wants the credentials again.
    #[oai(path = "/:name", method = "patch", operation_id = "providers_update")]
    async fn update(
        &self,
        member: Member,
        /// The provider's name.
        name: Path<String>,
        input: Input<ProviderChange>,
    ) -> Result<Answer<Value>, Problem> {
        let offers = &self.offers;
        let changed = offers.update(&member.0, Offer::Provider, &name.0, input.0.0);
        Ok(Answer(view(changed.await?)))
    }

    /// Remove a provider of the database
    #[oai(path = "/:name", method = "delete", operation_id = "providers_delete")]
    async fn delete(
        &self,
        member: Member,
        /// The provider's name.
        name: Path<String>,
    ) -> Result<Answer<Value>, Problem> {
        let removed = self.offers.remove(&member.0, Offer::Provider, &name.0);
        Ok(Answer(view(removed.await?)))
    }

    /// Test a provider
    ///
    /// Asks it whether its address and each of its credentials are good; costs nothing.
    #[oai(path = "/:name/test", method = "post", operation_id = "providers_test")]
    async fn test(
        &self,
        member: Member,
        /// The provider's name.
        name: Path<String>,
    ) -> Result<Answer<Tested>, Problem> {
        let probed = self.offers.test(&member.0, &name.0).await?;
        Ok(Answer(Tested::of(name.0, &probed)))
    }
}

/// A test as API and commands spell it.
pub fn tested(provider: &str, probed: &[Probed]) -> Value {
    Tested::of(provider.to_owned(), probed)
        .to_json()
        .unwrap_or_default()
}

#[OpenApi(prefix_path = "/api/v1/models", tag = "Tag::Operations")]
impl ModelOffers {
    /// List the models that are declared
    ///
    /// Those of the settings file, which cannot be changed here, and those of the database.
    #[oai(path = "/", method = "get", operation_id = "declared_models_list")]
    async fn list(
        &self,
        member: Member,
        /// At most so many, 1 to 1000; 100 unless said.
        limit: Query<Option<String>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Answer<OfferPage>, Problem> {
        let request = Cursor::page(limit.0.as_deref(), cursor.0)?;
        let all = self.offers.list(&member.0, Offer::Model).await?;
        Ok(Answer(page(all, &request)))
    }

    /// Declare a model
    ///
    /// `name`, and what the file takes under `[models."NAME"]`: `targets`, `aliases`, `price`, …
    #[oai(path = "/", method = "post", operation_id = "declared_models_create")]
    async fn create(
        &self,
        member: Member,
        input: Input<NewModel>,
    ) -> Result<Created<Value>, Problem> {
        let NewModel { name, fields } = input.0;
        let offers = &self.offers;
        let made = offers.create(&member.0, Offer::Model, &name, fields);
        Ok(Created(view(made.await?)))
    }

    /// Show a declared model
    #[oai(path = "/:name", method = "get", operation_id = "declared_models_show")]
    async fn show(
        &self,
        member: Member,
        /// The model's name.
        name: Path<String>,
    ) -> Result<Answer<Value>, Problem> {
        let found = self.offers.show(&member.0, Offer::Model, &name.0);
        Ok(Answer(view(found.await?)))
    }

    /// Change a model of the database
    ///
    /// Null takes a field away.
    #[oai(
        path = "/:name",
        method = "patch",
        operation_id = "declared_models_update"
    )]
    async fn update(
        &self,
        member: Member,
        /// The model's name.
        name: Path<String>,
        input: Input<ModelChange>,
    ) -> Result<Answer<Value>, Problem> {
        let offers = &self.offers;
        let changed = offers.update(&member.0, Offer::Model, &name.0, input.0.0);
        Ok(Answer(view(changed.await?)))
    }

    /// Remove a model of the database
    #[oai(
        path = "/:name",
        method = "delete",
        operation_id = "declared_models_delete"
    )]
    async fn delete(
        &self,
        member: Member,
        /// The model's name.
        name: Path<String>,
    ) -> Result<Answer<Value>, Problem> {
        let removed = self.offers.remove(&member.0, Offer::Model, &name.0);
        Ok(Answer(view(removed.await?)))
    }
}

fn view(offered: Offered) -> Value {
    serde_json::to_value(offered).unwrap_or_default()
}

/// A page of a list that is read whole: there are few, and each is small.
fn page(all: Vec<Offered>, request: &Request) -> OfferPage {
    let after = request.cursor.as_deref().unwrap_or("");
    let mut rest = all.into_iter().filter(|offered| &*offered.name > after);
    let mut data: Vec<Offered> = rest.by_ref().take(request.rows() as usize).collect();
    let last = data.last().map(|offered| offered.name.clone());
    // What shadows a row and the row stand on one page.
    let mut rest = rest.peekable();
    while let Some(twin) = rest.next_if(|next| Some(&next.name) == last.as_ref()) {
        data.push(twin);
    }
    OfferPage {
        next_cursor: last.filter(|_| rest.peek().is_some()),
        data: data.into_iter().map(view).collect(),
    }
}

/// A page of what is declared.
#[derive(Debug, Object)]
struct OfferPage {
    /// Each with its `name`, what the file would say of it, `origin` (`settings` or `database`),
    /// `shadowed`, `created_at`, `updated_at`, and of providers how many `credentials`.
    data: Vec<Value>,
    /// `cursor` of the next page; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

/// How a provider answers.
#[derive(Debug, Object)]
#[oai(rename = "ProviderTest")]
struct Tested {
    /// The provider's name.
    provider: String,
    /// Whether it answers and takes each of its credentials.
    ok: bool,
    /// The status of its answer, if there was one; of the first that is not good, else of the first.
    #[oai(nullable)]
    http_status: Option<u16>,
    /// How long the slowest answer took.
    latency_ms: u64,
    /// What is wrong first.
    #[oai(nullable)]
    message: Option<String>,
    /// What came of each credential.
    credentials: Vec<TestedCredential>,
}

/// How a provider answers to one of its credentials.
#[derive(Debug, Object)]
#[oai(rename = "ProviderCredentialTest")]
struct TestedCredential {
    /// Its number, from 1, as records and metrics have it.
    credential: u64,
    /// Whether the provider answers and takes it.
    ok: bool,
    /// The status of its answer, if there was one.
    #[oai(nullable)]
    http_status: Option<u16>,
    /// How long it took.
    latency_ms: u64,
    /// What is wrong.
    #[oai(nullable)]
    message: Option<String>,
}

impl From<&Probed> for TestedCredential {
    fn from(probed: &Probed) -> Self {
        let unwell = probed.outcome.as_ref().err();
        Self {
            credential: probed.credential as u64,
            ok: unwell.is_none(),
            http_status: match &probed.outcome {
                Ok(status) => *status,
                Err(unwell) => unwell.status,
            },
            latency_ms: u64::try_from(probed.latency.as_millis()).unwrap_or(u64::MAX),
            message: unwell.map(|unwell| unwell.message.clone()),
        }
    }
}

impl Tested {
    fn of(provider: String, probed: &[Probed]) -> Self {
        let credentials: Vec<TestedCredential> = probed.iter().map(Into::into).collect();
        let bad = credentials.iter().find(|tested| !tested.ok);
        let told = bad.or(credentials.first());
        Self {
            provider,
            ok: bad.is_none(),
            http_status: told.and_then(|tested| tested.http_status),
            latency_ms: credentials
                .iter()
                .map(|tested| tested.latency_ms)
                .max()
                .unwrap_or(0),
            message: bad.and_then(|tested| {
                let message = tested.message.as_deref()?;
                Some(match credentials.len() {
                    1 => message.to_owned(),
                    _ => format!("credential {}: {message}", tested.credential),
                })
            }),
            credentials,
        }
    }
}

/// Bodies that hold what a file would say: their fields are those of the settings' own schema.
macro_rules! offer_bodies {
    ($($(#[$doc:meta])* $new:ident, $change:ident, $schema:literal, $offer:expr;)+) => {$(
        $(#[$doc])*
        struct $new {
            name: String,
            fields: config::Fields,
        }

        impl Write for $new {
            type Schema = Self;

            fn read(fields: &mut Fields) -> Result<Self, Problem> {
                Ok(Self {
                    name: fields.required("name")?,
                    fields: known($offer, fields)?,
                })
            }
        }

        /// What to change of one.
        struct $change(config::Fields);

        impl Write for $change {
            type Schema = Self;

            fn read(fields: &mut Fields) -> Result<Self, Problem> {
                known($offer, fields).map(Self)
            }
        }

        offer_schema!($new, concat!("New", $schema), $offer, &["name"]);
        offer_schema!($change, concat!($schema, "Change"), $offer, &[]);
    )+};
}

/// Describes such a body in the document.
macro_rules! offer_schema {
    ($body:ident, $name:expr, $offer:expr, $more:expr) => {
        impl Type for $body {
            const IS_REQUIRED: bool = true;

            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Reference($name.to_owned())
            }

            fn register(registry: &mut Registry) {
                registry.create_schema::<Self, _>($name.to_owned(), |_| schema($offer, $more));
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }
    };
}

offer_bodies! {
    /// A provider to be added.
    NewProvider, ProviderChange, "Provider", Offer::Provider;
    /// A model to be declared.
    NewModel, ModelChange, "Model", Offer::Model;
}

/// Takes the fields that the settings know.
fn known(offer: Offer, fields: &mut Fields) -> Result<config::Fields, Problem> {
    let mut found = config::Fields::new();
    for name in offer.fields() {
        if let Some(value) = fields.value(name)? {
            found.insert(name.to_owned(), value);
        }
    }
    Ok(found)
}

/// An object with the fields that the settings know, each as the file takes it.
fn schema(offer: Offer, required: &[&'static str]) -> MetaSchema {
    let any = |name| (name, MetaSchemaRef::Inline(Box::new(MetaSchema::ANY)));
    let mut object = MetaSchema::new("object");
    object.description = Some("What the settings file takes, field by field.");
    object.required = required.to_vec();
    object.properties = required
        .iter()
        .copied()
        .chain(offer.fields())
        .map(any)
        .collect();
    object
}
