//! What handlers ask of a request before they look at its body: who calls, and from where.
//!
//! [`Caller`] is anybody with a credential, [`Member`] somebody who may use the admin API,
//! [`Admin`] one with the role for it.

mod address;
mod credential;
mod query;

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use ipnet::IpNet;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

pub(crate) use query::{Cursor, moment, until};

use super::problem::{Problem, of_store};
use crate::auth::policy::{Act, Verdict};
use crate::auth::{Actor, Authenticator, Denied, Origin};
use crate::models::api_key::Rules;
use crate::models::audit::Via;
use crate::models::principal::Principal;
use crate::models::refusal::Situation;
use crate::models::user::Role;

/// Where Google's addresses are, once they are tidied.
const GOOGLE: &str = "/v1beta/";

/// What every request is judged by.
#[derive(Debug)]
pub(crate) struct Entrance {
    pub(crate) authenticator: Authenticator,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) body_limit: usize,
}

/// A request that has come in: put into its extensions by the front, read by everybody.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) id: Arc<str>,
    pub(crate) received: Instant,
    pub(crate) entrance: Arc<Entrance>,
    /// Who calls, once that is known.
    pub(crate) caller: OnceLock<Arc<Principal>>,
}

impl Arrival {
    /// The arrival of a request.
    pub(crate) fn of(request: &Request) -> Result<&Self, Problem> {
        request
            .data::<Arc<Self>>()
            .map(|arrival| &**arrival)
            .ok_or_else(|| Problem::new(Situation::Internal, "The request did not come in."))
    }
}

/// The address a request comes from, as far as it can be believed.
pub(crate) fn client_address(request: &Request, trusted: &[IpNet]) -> IpAddr {
    let peer = request
        .remote_addr()
        .as_socket_addr()
        .map_or(IpAddr::from([0, 0, 0, 0]), std::net::SocketAddr::ip);
    if trusted.is_empty() {
        return peer.to_canonical();
    }
    address::client(peer, request.headers(), trusted)
}

/// How somebody came here who acts by a request.
pub(crate) fn origin(request: &Request, via: Via) -> Result<Origin, Problem> {
    let Arrival { id, entrance, .. } = Arrival::of(request)?;
    Ok(Origin {
        via,
        request_id: Some(Arc::clone(id)),
        address: Some(client_address(request, &entrance.trusted_proxies)),
    })
}

/// Anybody with one valid credential: an API key or the access token of a signed-in user.
#[derive(Debug)]
pub(crate) struct Caller(pub(crate) Arc<Principal>);

/// Somebody who may use the admin and self-service API: a signed-in user, or an admin's API key
/// that is for no team. What they may do there, the policy says.
#[derive(Debug)]
pub(crate) struct Member(pub(crate) Arc<Actor>);

/// An admin.
#[derive(Debug)]
pub(crate) struct Admin;

/// Says in the document that a credential is wanted; the handler looks at it itself.
#[derive(Debug)]
pub(crate) struct Guarded;

impl Guarded {
    #[expect(clippy::unused_async, reason = "the other extractors look somebody up")]
    async fn of(_: &Request) -> Result<Self, Problem> {
        Ok(Self)
    }
}

impl Caller {
    async fn of(request: &Request) -> Result<Self, Problem> {
        let Arrival {
            entrance, caller, ..
        } = Arrival::of(request)?;
        let secret = credential(request)?;
        let principal = entrance
            .authenticator
            .credential(secret)
            .await
            .map_err(denied)?;
        // Asked for twice at most, by the same request: the second time changes nothing.
        let _ = caller.set(Arc::clone(&principal));
        let limited = |rules: &Rules| !rules.allowed_ips.is_empty();
        if principal.all_rules().any(limited) {
            let address = client_address(request, &entrance.trusted_proxies);
            if !principal.may_call_from(address) {
                return Err(Problem::new(
                    Situation::AddressNotAllowed,
                    "This key may not be used from this address.",
                ));
            }
        }
        Ok(Self(principal))
    }
}

impl Member {
    async fn of(request: &Request) -> Result<Self, Problem> {
        let Caller(principal) = Caller::of(request).await?;
        let opens = principal.role == Role::Admin && principal.team.is_none();
        if principal.key.is_some() && !opens {
            return Err(Problem::new(
                Situation::Forbidden,
                "Only an admin's API key, made for no team, opens this address: sign in at \
                 /api/v1/auth/login instead.",
            ));
        }
        let entrance = &Arrival::of(request)?.entrance;
        let origin = origin(request, Via::Api)?;
        let actor = entrance.authenticator.actor(&principal, origin).await;
        Ok(Self(Arc::new(actor.map_err(of_store)?)))
    }

    /// Whether the policy lets them.
    pub(crate) fn permit(&self, act: &Act<'_>, what: &str) -> Result<(), Problem> {
        match self.0.may(act) {
            Verdict::Allowed => Ok(()),
            Verdict::Refused => Err(Problem::new(
                Situation::Forbidden,
                "Only an admin may do this.",
            )),
            Verdict::Hidden => Err(Problem::new(
                Situation::NotFound,
                format!("There is no such {what}."),
            )),
        }
    }

    /// The caller's own id.
    pub(crate) fn id(&self) -> &str {
        self.0.person().map_or("", |person| &person.id)
    }
}

impl Admin {
    /// Lets admins pass.
    pub(crate) async fn of(request: &Request) -> Result<Self, Problem> {
        let member = Member::of(request).await?;
        member.permit(&Act::SeeStatus, "status")?;
        Ok(Self)
    }
}

/// The one credential of a request, wherever it stands.
pub(crate) fn credential(request: &Request) -> Result<&str, Problem> {
    let uri = request.uri();
    let query = uri.query().filter(|_| uri.path().starts_with(GOOGLE));
    credential::only(request.headers(), query)
}

/// Why a credential is not taken, in the client's words.
pub(crate) fn denied(denied: Denied) -> Problem {
    let (situation, message) = match denied {
        Denied::Unknown => (
            Situation::Unauthenticated,
            "This credential is not known here. Check it, or ask an admin for a new key.",
        ),
        Denied::Revoked => (
            Situation::Unauthenticated,
            "This credential was revoked, or its session has ended.",
        ),
        Denied::Expired => (Situation::Unauthenticated, "This credential has expired."),
        Denied::Disabled => (Situation::AccountDisabled, "This user is disabled."),
        Denied::Unavailable => (
            Situation::DatabaseUnavailable,
            "The database is away, and this credential was not used lately: try again.",
        ),
    };
    Problem::new(situation, message)
}

macro_rules! extractor {
    ($($name:ident),*) => {$(
        impl<'a> ApiExtractor<'a> for $name {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                register_schemes(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                vec!["bearer", "x_api_key", "x_goog_api_key"]
            }

            async fn from_request(
                request: &'a Request,
                _: &mut RequestBody,
                _: ExtractParamOptions<()>,
            ) -> poem::Result<Self> {
                Ok(Self::of(request).await?)
            }
        }
    )*};
}

extractor!(Caller, Member, Guarded);

/// The address of a client, for limits on wrong tries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client(pub(crate) IpAddr);

impl<'a> poem::FromRequest<'a> for Client {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let entrance = &Arrival::of(request)?.entrance;
        Ok(Self(client_address(request, &entrance.trusted_proxies)))
    }
}

fn register_schemes(registry: &mut Registry) {
    let scheme = |ty, description| MetaSecurityScheme {
        ty,
        description: Some(description),
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    };
    registry.create_security_scheme(
        "bearer",
        MetaSecurityScheme {
            scheme: Some("bearer"),
            ..scheme(
                "http",
                "An API key (`sk-manti-…`) or a signed-in user's access token.",
            )
        },
    );
    for (id, header) in [
        ("x_api_key", "x-api-key"),
        ("x_goog_api_key", "x-goog-api-key"),
    ] {
        registry.create_security_scheme(
            id,
            MetaSecurityScheme {
                name: Some(header),
                key_in: Some("header"),
                ..scheme("apiKey", "The same, in the header other clients use.")
            },
        );
    }
}
