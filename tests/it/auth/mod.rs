//! People, keys and sessions: the same on both engines.

mod accounts;
mod audit;
mod authenticate;
mod outage;
mod sessions;
mod teams;

pub(crate) use accounts::dump;

use std::sync::Arc;
use std::time::Duration;

use manti::auth::actor::{Actor, Credential, Origin, Person, Who};
use manti::auth::{Accounts, Authenticator, NewKey, NewUser, Passwords, Sessions, Signer, Tokens};
use manti::config::Secret;
use manti::models::api_key::{ApiKey, Rules};
use manti::models::audit::Via;
use manti::models::clock::Clock;
use manti::models::user::{Role, User};
use manti::store::Store;

use crate::support::engines::Engine;

const PASSWORD: &str = "correct horse battery staple";
const JWT_SECRET: &str = "q8zv0y3kX1mJ7sW5tR9bN2cL4dF6gH0p";
const HERE: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

/// One process: all that knows people and keys, with a clock that the test moves.
struct Process {
    store: Store,
    clock: Clock,
    accounts: Accounts,
    sessions: Sessions,
    authenticator: Authenticator,
}

impl Process {
    fn on(engine: &Engine) -> Self {
        Self::with(
            engine,
            engine.store.clone(),
            Clock::manual(Clock::system().now()),
        )
    }

    fn with(engine: &Engine, store: Store, clock: Clock) -> Self {
        let secret = Secret::new(JWT_SECRET);
        let signer = Signer::new(Some(&secret), &store, engine.data_dir()).unwrap();
        let passwords = Passwords::new();
        Self {
            accounts: Accounts::new(store.clone(), clock.clone(), passwords.clone()),
            sessions: Sessions::new(store.clone(), clock.clone(), passwords, signer.clone()),
            authenticator: Authenticator::new(
                store.clone(),
                clock.clone(),
                signer,
                Duration::from_mins(10),
            ),
            store,
            clock,
        }
    }

    /// People and keys as a signed-in user sees them.
    async fn seen_by(&self, user: &User) -> Accounts {
        let person = Person {
            id: user.id.as_str().into(),
            email: user.email.as_str().into(),
            role: user.role,
            teams: self.store.memberships(&user.id).await.unwrap(),
            with: Credential::Session,
        };
        let actor = Actor {
            who: Who::User(person),
            origin: Origin::of(Via::Api),
        };
        self.accounts.clone().door().by(&Arc::new(actor))
    }

    async fn user(&self, email: &str) -> User {
        self.user_of(email, Role::Member).await
    }

    async fn user_of(&self, email: &str, role: Role) -> User {
        let new = NewUser {
            email: email.to_owned(),
            name: "Ada".to_owned(),
            role,
            password: Some(Secret::new(PASSWORD)),
            rules: Rules::default(),
        };
        self.accounts.create_user(new).await.unwrap()
    }

    async fn key(&self, user: &User) -> (ApiKey, String) {
        self.accounts.create_key(new_key(user)).await.unwrap()
    }

    async fn login(&self, user: &User) -> Tokens {
        self.sessions
            .login(&user.email, PASSWORD, HERE)
            .await
            .unwrap()
    }
}

fn new_key(user: &User) -> NewKey {
    NewKey {
        user: user.id.clone(),
        name: "laptop".to_owned(),
        team: None,
        rules: Rules::default(),
        expires_at: None,
    }
}
