//! One configuration's models, resolved once.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt as _};

use super::healths::Healths;
use super::prices::{Book, Card, Entry};
use super::pricing::{Pricing, Terms};
use super::site::Site;
use super::{Candidate, Listed, Offer, Route, abilities};
use crate::config::{self, Config, Fallbacks, Kind, Strategy, UnknownPrice};
use crate::models::refusal::{Refusal, Situation};
use crate::providers::{Providers, Target};

/// Longer names are nobody's.
const LONGEST_NAME: usize = 256;

/// A name that is listed.
pub(super) struct Found {
    pub(super) listed: Listed,
    pub(super) known_as: Arc<str>,
    pub(super) alias: bool,
    pub(super) route: Result<Arc<Route>, Refusal>,
}

/// One who serves a name, and its name there.
struct Server<'a> {
    site: &'a Site,
    model: &'a str,
    /// Whether the name is one of those that are known beforehand.
    listed: bool,
}

pub(super) struct Snapshot {
    pub(super) book: Arc<Book>,
    pub(super) block_unpriced: bool,
    /// Every name that is listed, in order.
    pub(super) offers: Vec<Found>,
    /// Every name that is known beforehand.
    names: HashMap<Box<str>, Result<Arc<Route>, Refusal>>,
    sites: BTreeMap<String, Site>,
    models: BTreeMap<String, config::Model>,
    healths: Arc<Healths>,
}

impl Snapshot {
    pub(super) fn new(
        config: &Config,
        providers: &Providers,
        book: Arc<Book>,
        healths: &Arc<Healths>,
    ) -> Self {
        let sites = providers
            .iter()
            .map(|(name, provider)| (name.clone(), Site::new(config, name, provider)));
        let mut snapshot = Self {
            sites: sites.collect(),
            book,
            block_unpriced: config.billing.unknown_price == UnknownPrice::Block,
            offers: Vec::new(),
            names: HashMap::new(),
            models: config.models.clone(),
            healths: Arc::clone(healths),
        };
        snapshot.declare();
        snapshot.enlist();
        snapshot
            .offers
            .sort_by(|a, b| a.listed.id.cmp(&b.listed.id));
        snapshot
    }

    /// Who serves a name.
    pub(super) fn resolve(&self, name: &str) -> Result<Arc<Route>, Refusal> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let well_formed = name.len() <= LONGEST_NAME && !name.chars().any(char::is_control);
        if name.is_empty() || !well_formed {
            return Err(not_found(
                "the model's name is empty, too long or has odd characters",
            ));
        }
        match self.undeclared(name) {
            Some(server) => Ok(Arc::new(self.known(name, &server))),
            None => Err(self.nobody(name)),
        }
    }

    /// Refuses a model without a price where calls to such are blocked.
    pub(super) fn may_cost(&self, name: &str, route: &Route) -> Result<(), Refusal> {
        if !self.block_unpriced || route.is_priced() {
            return Ok(());
        }
        let message = format!(
            "the price of the model `{name}` is not known, and calls without a price are blocked"
        );
        Err(Refusal::new(Situation::PriceUnknown, message).param("model"))
    }

    /// How a route's model is listed.
    pub(super) fn listed(&self, route: &Route) -> Listed {
        let entry = self.entry(route);
        let date = entry.and_then(|entry| entry.released);
        let date = date.unwrap_or_else(|| self.book.version());
        let created = date.and_hms_opt(0, 0, 0);
        Listed {
            id: Arc::clone(&route.requested),
            provider: Arc::clone(&route.first().target.provider_name),
            created: created.map_or(0, |midnight| midnight.and_utc().timestamp()),
            display_name: match entry {
                Some(entry) if !self.models.contains_key(&*route.known_as) => {
                    Arc::clone(&entry.name)
                }
                _ => Arc::clone(&route.requested),
            },
            context: entry.and_then(|entry| entry.context),
            max_output: entry.and_then(|entry| entry.max_output),
            purpose: entry.map(|entry| entry.purpose),
        }
    }

    /// What operators are shown of a name.
    pub(super) fn offer(&self, found: &Found) -> Offer {
        let declared = self.models.get(&*found.listed.id);
        Offer {
            listed: found.listed.clone(),
            declared: declared.is_some(),
            aliases: declared
                .map(|model| model.aliases.clone())
                .unwrap_or_default(),
            entry: found
                .route
                .as_ref()
                .ok()
                .and_then(|route| self.entry(route))
                .cloned(),
            route: found.route.clone(),
        }
    }

    fn entry(&self, route: &Route) -> Option<&Arc<Entry>> {
        let target = &route.first().target;
        let site = self.sites.get(&*target.provider_name)?;
        self.book.find(site.origin?, &target.model)
    }

    /// The names under `[models]`, then their aliases.
    fn declare(&mut self) {
        let mut names = HashMap::new();
        let mut offers = Vec::new();
        let own = self.models.iter().map(|(name, model)| (name, name, model));
        let aliases = self
            .models
            .iter()
            .flat_map(|(name, model)| model.aliases.iter().map(move |alias| (alias, name, model)));
        for (requested, name, model) in own.chain(aliases) {
            if names.contains_key(requested.as_str()) {
                continue;
            }
            let route = self.declared(requested, name, model).map(Arc::new);
            names.insert(requested.as_str().into(), route.clone());
            offers.push(self.found(requested, name, route));
        }
        self.names = names;
        self.offers = offers;
    }

    /// The names that providers are configured with or known for.
    fn enlist(&mut self) {
        let mut wanted: BTreeMap<&str, bool> = BTreeMap::new();
        for site in self.sites.values() {
            for name in &site.listed {
                wanted.insert(name, true);
            }
            let Some(origin) = site.knows else { continue };
            let entries = self.book.entries(origin).iter();
            for entry in entries.filter(|entry| site.serves(entry)) {
                *wanted.entry(&entry.id).or_default() |= entry.is_listed;
                for name in &entry.also {
                    wanted.entry(name).or_insert(false);
                }
            }
        }
        let mut names = Vec::new();
        let mut offers = Vec::new();
        for (name, listed) in wanted {
            if self.names.contains_key(name) {
                continue;
            }
            let Some(site) = self.server(name) else {
                continue;
            };
            let server = Server {
                site,
                model: name,
                listed: true,
            };
            let route = Ok(Arc::new(self.known(name, &server)));
            names.push((name.into(), route.clone()));
            if listed {
                offers.push(self.found(name, name, route));
            }
        }
        self.names.extend(names);
        self.offers.extend(offers);
    }

    fn found(&self, requested: &str, name: &str, route: Result<Arc<Route>, Refusal>) -> Found {
        let listed = match &route {
            Ok(route) => self.listed(route),
            Err(_) => Listed {
                id: requested.into(),
                provider: "".into(),
                created: 0,
                display_name: requested.into(),
                context: None,
                max_output: None,
                purpose: None,
            },
        };
        Found {
            listed,
            known_as: name.into(),
            alias: requested != name,
            route,
        }
    }

    /// What a table under `[models]` makes of one of its names.
    fn declared(
        &self,
        requested: &str,
        name: &str,
        model: &config::Model,
    ) -> Result<Route, Refusal> {
        let as_if_unset = || {
            let server = self.undeclared(name).ok_or_else(|| self.nobody(name))?;
            Ok(self.route(requested, name, vec![self.candidate(name, &server)]))
        };
        if model.targets.is_empty() && !model.observe {
            return Ok(Route {
                fallbacks: model.fallbacks.clone(),
                ..as_if_unset()?
            });
        }
        let targets = model.targets.iter();
        let candidates = targets.map(|target| self.targeted(requested, name, model, target));
        let candidates: Vec<Candidate> = candidates.collect::<Result<_, _>>()?;
        let as_it_is = Route {
            strategy: model.strategy,
            affinity: model.affinity,
            fallbacks: model.fallbacks.clone(),
            ..self.route(requested, name, candidates)
        };
        if !model.observe {
            return Ok(as_it_is);
        }
        let followed = as_if_unset()?;
        let as_it_is = if as_it_is.candidates.is_empty() {
            Route {
                candidates: followed.candidates.clone(),
                ..as_it_is
            }
        } else {
            as_it_is
        };
        Ok(Route {
            observed: Some(Arc::new(as_it_is)),
            ..followed
        })
    }

    /// One of the targets of a table under `[models]`.
    fn targeted(
        &self,
        requested: &str,
        name: &str,
        model: &config::Model,
        target: &config::Target,
    ) -> Result<Candidate, Refusal> {
        let site = self.sites.get(&target.provider).ok_or_else(|| {
            let message = format!(
                "the model `{requested}` is served by the provider `{}`, which is not configured",
                target.provider
            );
            Refusal::new(Situation::NoUsableTarget, message)
        })?;
        let server = Server {
            site,
            model: target.model.as_deref().unwrap_or(name),
            listed: true,
        };
        Ok(Candidate {
            weight: target.weight,
            when: target.when.clone(),
            observe: target.observe,
            ..self.candidate_of(Some(model), &server)
        })
    }

    /// Who serves a name that is not under `[models]`.
    fn undeclared<'a>(&'a self, name: &'a str) -> Option<Server<'a>> {
        let of = |site, model, listed| Server {
            site,
            model,
            listed,
        };
        let prefixed = || {
            let (provider, model) = name.split_once('/')?;
            let site = self.sites.get(provider)?;
            (!model.is_empty()).then(|| of(site, model, false))
        };
        let any = || self.sites.values().find(|site| site.takes_any);
        self.server(name)
            .map(|site| of(site, name, true))
            .or_else(prefixed)
            .or_else(|| any().map(|site| of(site, name, false)))
    }

    /// The provider that lists a name or is known for it: the model's own maker first.
    fn server(&self, name: &str) -> Option<&Site> {
        let made = |origin| self.book.find(origin, name).is_some();
        // `openai/gpt-4o` is the provider openai's where there is one, whoever else knows the name.
        let named = name
            .split_once('/')
            .and_then(|(first, _)| self.sites.get(first));
        let others = |site: &Site| named.is_some_and(|named| named.name != site.name);
        let known = |site: &Site| {
            let entry = site.knows.and_then(|origin| self.book.find(origin, name));
            entry.is_some_and(|entry| site.serves(entry))
        };
        let offers = |site: &&Site| site.listed.contains(name) || (known(site) && !others(site));
        // The smallest is the first of those that are alike, and they come in their names' order.
        let sites = self.sites.values().filter(offers);
        sites.min_by_key(|site| !site.makes.is_some_and(made))
    }

    /// Why nobody serves a name.
    fn nobody(&self, name: &str) -> Refusal {
        // Those whose models everybody asks for, besides those that are configured.
        let own = self.sites.values().filter_map(|site| site.origin);
        let mut entries = own
            .chain(["openai", "anthropic"])
            .filter_map(|origin| self.book.find(origin, name));
        match entries.find_map(|entry| entry.retired.as_ref()) {
            Some(retired) => not_found(format!(
                "the model `{name}` was retired on {}; use `{}` instead",
                retired.since, retired.successor
            )),
            None => not_found(format!(
                "the model `{name}` does not exist, or no configured provider serves it"
            )),
        }
    }

    /// A name that one serves, on the usual terms.
    fn known(&self, name: &str, server: &Server<'_>) -> Route {
        let route = self.route(name, name, vec![self.candidate(name, server)]);
        if name == server.model {
            return route;
        }
        // `openai/gpt-4o` is held to what `gpt-4o` is.
        let owner = self.owner(server.site, server.model);
        Route {
            limited_as: server.model.into(),
            limits: owner.map(|model| model.limits).unwrap_or_default(),
            strict: owner.is_some_and(|model| model.strict),
            ..route
        }
    }

    /// The entry of a target's own name, unless that is another provider's model of the same name.
    fn owner(&self, site: &Site, model: &str) -> Option<&config::Model> {
        self.models.get(model).filter(|own| {
            if own.targets.is_empty() {
                let served = self.undeclared(model);
                return served.is_some_and(|server| {
                    *server.site.name == *site.name && server.model == model
                });
            }
            own.targets.iter().any(|target| {
                *target.provider == *site.name && target.model.as_deref().unwrap_or(model) == model
            })
        })
    }

    /// A name and who serves it.
    fn route(&self, requested: &str, name: &str, candidates: Vec<Candidate>) -> Route {
        let declared = self.models.get(name);
        let requested: Arc<str> = requested.into();
        let known_as = if *requested == *name {
            Arc::clone(&requested)
        } else {
            name.into()
        };
        Route {
            requested,
            limited_as: Arc::clone(&known_as),
            known_as,
            candidates: candidates.into_iter().map(Arc::new).collect(),
            strategy: Strategy::default(),
            affinity: false,
            fallbacks: Fallbacks::default(),
            limits: declared.map(|model| model.limits).unwrap_or_default(),
            strict: declared.is_some_and(|model| model.strict),
            observed: None,
        }
    }

    fn candidate(&self, name: &str, server: &Server<'_>) -> Candidate {
        self.candidate_of(self.models.get(name), server)
    }

    fn candidate_of(&self, declared: Option<&config::Model>, server: &Server<'_>) -> Candidate {
        let Server {
            site,
            model,
            listed,
        } = *server;
        let upstream = match declared {
            Some(own) => site.upstream.with(&own.upstream),
            None => site.upstream.clone(),
        };
        let name: Arc<str> = model.into();
        let health = if listed {
            OnceLock::new()
        } else {
            OnceLock::from(self.healths.of_other(&site.provider, &name))
        };
        Candidate {
            target: Target {
                provider: Arc::clone(&site.provider),
                provider_name: Arc::clone(&site.name),
                model: name,
                timeouts: upstream,
            },
            pricing: self.pricing(declared, site, model),
            abilities: abilities::of(site.kind, site.provider.base_url(), model),
            weight: 1,
            when: BTreeMap::new(),
            observe: false,
            health,
            healths: Arc::clone(&self.healths),
        }
    }

    fn pricing(&self, declared: Option<&config::Model>, site: &Site, model: &str) -> Pricing {
        // The target's own entry prices it under every name.
        let targets = self.owner(site, model);
        let set = declared
            .and_then(|own| own.price.as_ref())
            .or_else(|| targets.and_then(|own| own.price.as_ref()));
        Pricing::from(Terms {
            set: set.map(Card::new),
            book: site.origin.map(|origin| (Arc::clone(&self.book), origin)),
            listed: site
                .origin
                .and_then(|origin| self.book.find(origin, model))
                .cloned(),
            fallback: site.price.clone(),
            states_cost: matches!(site.kind, Kind::OpenAiCompatible | Kind::Preset(_)),
        })
    }
}

fn not_found(message: impl Into<String>) -> Refusal {
    Refusal::new(Situation::ModelNotFound, message).param("model")
}
