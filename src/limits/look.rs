//! How limits stand, without taking anything.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::authority::Tallies;
use super::database::Database;
use super::measure::{Kind, Standings};
use super::{Asked, Estimate, Inner, Limits, Line};
use crate::models::principal::Principal;
use crate::store::Store;

impl Limits {
    /// Looks from now on at what a database keeps of limits, for whoever takes nothing and shares
    /// nothing, such as a command.
    pub fn look_at(&self, store: Store) {
        self.0.database.get_or_init(|| Database {
            store,
            replica: "".into(),
            grace: Duration::ZERO,
        });
    }

    /// How the limits of a call stand, the tightest of each measure, without taking anything.
    pub fn standings(&self, asked: &Asked) -> Standings {
        let lines = self.standings_of(asked).into_iter();
        let enforced = lines.filter(|line| !line.observe);
        Standings::tightest(enforced.map(|line| (line.measure, line.standing)))
    }

    /// How every limit stands that holds for a call, and whether it would pass, as far as is known
    /// here; nothing is taken and nobody asked.
    pub fn standings_of(&self, asked: &Asked) -> Vec<Line> {
        let at = Instant::now();
        let now = self.0.time.there(at);
        let mut lines = Vec::new();
        for part in self.0.parts(asked) {
            let mut slices = part.holder.lock();
            for (measure, limit) in part.limits() {
                let standing = slices.of(measure).standing(now, limit);
                lines.push(Line {
                    scope: part.holder.scope.clone(),
                    measure,
                    standing,
                    observe: part.caps.observe,
                    passes: asked.estimate.amount(measure, limit) <= standing.remaining,
                });
            }
        }
        lines
    }

    /// As [`Limits::standings_of`], after a look at what the authority has of limits that nobody used
    /// here lately.
    pub async fn look(&self, asked: &Asked<'_>) -> Vec<Line> {
        let parts = self.0.parts(asked);
        let (at, footing) = self.0.footing();
        let unknown = parts.iter().filter(|part| {
            let mut slices = part.holder.lock();
            part.limits()
                .any(|(measure, _)| !slices.of(measure).is_known(&footing))
        });
        let ids: Vec<&str> = unknown.map(|part| &*part.holder.id).collect();
        if !ids.is_empty() {
            for (id, tallies, replica) in self.0.kept(&ids).await {
                let Some(part) = parts.iter().find(|part| *part.holder.id == *id) else {
                    continue;
                };
                let mut slices = part.holder.lock();
                for (measure, _) in part.limits() {
                    let (window, elsewhere) = tallies.look(measure, &replica);
                    slices
                        .of(measure)
                        .look(window, elsewhere, self.0.time.there(at));
                }
            }
        }
        self.standings_of(asked)
    }

    /// How the limits of the caller's key on everything together stand.
    pub async fn of_key(&self, principal: &Principal) -> Vec<Line> {
        let no_model = "".into();
        let asked = Asked {
            principal,
            requested: "",
            model: &no_model,
            model_caps: None,
            estimate: Estimate {
                input: 0,
                max_output: Some(0),
            },
        };
        let mut lines = self.look(&asked).await;
        lines.retain(|line| line.scope.kind == Kind::Key && line.scope.pattern.is_none());
        lines
    }
}

impl Inner {
    /// What the authority keeps of some meters; nothing where it does not answer.
    async fn kept(&self, ids: &[&str]) -> Vec<(String, Tallies, Arc<str>)> {
        let Some(database) = self.database.get() else {
            return Vec::new();
        };
        let found = match self.redis.get() {
            Some(redis) if self.contact.is_on_redis() => redis.look(ids).await.ok(),
            _ => database.look(ids).await.ok(),
        };
        let replica = &database.replica;
        let with = |(id, tallies)| (id, tallies, Arc::clone(replica));
        found.into_iter().flatten().map(with).collect()
    }
}
