//! Asking the database who holds a credential.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::{Duration, Instant};

use super::cache::Entry;
use super::{Denied, FRESH, Inner};
use crate::auth::api_key::{Digest, hex, is_well_formed};
use crate::auth::jwt;
use crate::models::api_key;
use crate::models::principal::Principal;
use crate::models::user;
use crate::store::{Error, Grant, SessionGrant, within};

/// How long a caller waits for a turn to ask.
const TURN: Duration = Duration::from_secs(1);

/// How long the database may take to answer.
const ANSWER: Duration = Duration::from_secs(2);

impl Inner {
    /// Asks for a credential that is not known, or no longer fresh.
    pub(super) async fn ask(
        &self,
        secret: &str,
        digest: Digest,
        known: Option<Arc<Entry>>,
    ) -> Result<Arc<Principal>, Denied> {
        let is_key = is_well_formed(secret);
        if !is_key && !jwt::looks_like_one(secret) {
            return Err(Denied::Unknown);
        }
        if known.is_none() && self.news_is_fresh() && self.cache.is_miss(&digest) {
            self.counted.0.increment(1);
            return Err(Denied::Unknown);
        }
        let Ok(Ok(_turn)) = tokio::time::timeout(TURN, self.lookups.acquire()).await else {
            return self.fall_back(known);
        };
        // Whoever had the turn before may have asked for the same.
        if let Some(entry) = self.cache.get(&digest)
            && self.clock.instant() - entry.read_at <= FRESH
        {
            return self.verdict(&entry);
        }
        self.counted.1.increment(1);
        let mark = self.cache.mark();
        let asked = self.clock.instant();
        let answer = if is_key {
            within(ANSWER, self.ask_for_key(&digest, asked)).await
        } else {
            within(ANSWER, Box::pin(self.ask_for_session(secret, asked))).await
        };
        match answer {
            Ok(Some(entry)) => {
                let entry = Arc::new(entry);
                self.cache.keep(digest, &entry, mark);
                self.verdict(&entry)
            }
            Ok(None) => {
                self.cache.keep_miss(digest, mark);
                Err(Denied::Unknown)
            }
            Err(error) => {
                if !error.is_unavailable() {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "a credential could not be looked up"
                    );
                }
                self.fall_back(known)
            }
        }
    }

    /// With the database away: what is known goes on for the grace.
    fn fall_back(&self, known: Option<Arc<Entry>>) -> Result<Arc<Principal>, Denied> {
        let entry = known.ok_or(Denied::Unavailable)?;
        let now = self.clock.instant();
        let age = now - entry.read_at;
        let age = self.news.age(now).map_or(age, |news| news.min(age));
        if age <= self.grace {
            self.verdict(&entry)
        } else {
            Err(Denied::Unavailable)
        }
    }

    fn news_is_fresh(&self) -> bool {
        let age = self.news.age(self.clock.instant());
        age.is_some_and(|age| age <= FRESH)
    }

    async fn ask_for_key(&self, digest: &Digest, asked: Instant) -> Result<Option<Entry>, Error> {
        let grant = self.store.grant(&hex(digest)).await?;
        Ok(grant.map(|grant| of_key(grant, asked)))
    }

    async fn ask_for_session(&self, token: &str, asked: Instant) -> Result<Option<Entry>, Error> {
        let Some(claims) = self.signer.read(token).await? else {
            return Ok(None);
        };
        let now = self.store.now(&self.clock).timestamp();
        if claims.exp <= now {
            return Ok(Some(refused(
                Denied::Expired,
                (&claims.sub, &claims.sid),
                asked,
            )));
        }
        let session = self.store.session(&claims.sid).await?;
        Ok(Some(match session {
            Some(session) if session.user_id == claims.sub => of_session(session, &claims, asked),
            _ => refused(Denied::Revoked, (&claims.sub, &claims.sid), asked),
        }))
    }
}

fn of_key(grant: Grant, asked: Instant) -> Entry {
    let key = &grant.key;
    let user: Arc<str> = Arc::from(&*key.user_id);
    let subject: Arc<str> = Arc::from(&*key.id);
    let team_id = grant.team.as_ref().map(|team| Arc::from(&*team.id));
    let marked = key.last_used_at.map_or(0, |at| at.timestamp_micros());
    let ends = [key.expires_at, grant.valid_until]
        .into_iter()
        .flatten()
        .min();
    let verdict = if key.status == api_key::Status::Revoked {
        Err(Denied::Revoked)
    } else if grant.owner != user::Status::Active {
        Err(Denied::Disabled)
    } else {
        Ok(Arc::new(grant.principal()))
    };
    Entry {
        verdict,
        expires_at: ends.map_or(i64::MAX, |ends| ends.timestamp_micros()),
        read_at: asked,
        user,
        subject,
        team: team_id,
        marked: AtomicI64::new(marked),
    }
}

fn of_session(session: SessionGrant, claims: &jwt::Claims, asked: Instant) -> Entry {
    let user: Arc<str> = session.user_id.into();
    let subject: Arc<str> = claims.sid.as_str().into();
    let team_id = session.team.as_ref().map(|team| Arc::from(&*team.id));
    let verdict = if session.status != user::Status::Active {
        Err(Denied::Disabled)
    } else if session.outdated {
        Err(Denied::Revoked)
    } else {
        Ok(Arc::new(Principal {
            user_id: Arc::clone(&user),
            account_id: session.account_id.into(),
            email: session.email.into(),
            role: session.role,
            rules: Arc::new(session.rules),
            team: session.team.map(|team| Arc::new(team.into())),
            key: None,
        }))
    };
    let ends = session.expires_at.timestamp().min(claims.exp);
    Entry {
        verdict,
        expires_at: ends.saturating_mul(1_000_000),
        read_at: asked,
        user,
        subject,
        team: team_id,
        marked: AtomicI64::new(0),
    }
}

fn refused(denied: Denied, (user, subject): (&str, &str), asked: Instant) -> Entry {
    Entry {
        verdict: Err(denied),
        expires_at: i64::MAX,
        read_at: asked,
        user: user.into(),
        subject: subject.into(),
        team: None,
        marked: AtomicI64::new(0),
    }
}
