//! Who is calling, and what they may do.

use std::net::IpAddr;
use std::sync::Arc;

use super::api_key::Rules;
use super::clock::Timestamp;
use super::team::Team;
use super::user::{Role, User};

/// An authenticated caller. Shared by all calls of one credential, so it is cheap to clone behind an [`Arc`].
#[derive(Debug, Clone)]
pub struct Principal {
    /// `usr_…`
    pub user_id: Arc<str>,
    /// `acc_…`: who pays.
    pub account_id: Arc<str>,
    /// The user's address, for answers about themselves.
    pub email: Arc<str>,
    /// The user's role; a key never has more rights than its owner.
    pub role: Role,
    /// What the user may use with whatever credential.
    pub rules: Arc<Rules>,
    /// The team the call is made for.
    pub team: Option<Arc<TeamGrant>>,
    /// The key the call came with; `None` for a signed-in user.
    pub key: Option<Arc<KeyGrant>>,
}

/// What a name stands for to a caller.
#[derive(Debug, Clone, Copy)]
pub struct Routed<'a> {
    /// The model.
    pub to: &'a str,
    /// Whose route it is.
    pub rules: &'a Rules,
}

/// What the key of a caller allows.
#[derive(Debug, Clone)]
pub struct KeyGrant {
    /// `key_…`
    pub id: Arc<str>,
    /// What its owner calls it.
    pub name: String,
    /// Models, limits and addresses.
    pub rules: Rules,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// What the team of a caller allows.
#[derive(Debug, Clone)]
pub struct TeamGrant {
    /// `team_…`
    pub id: Arc<str>,
    /// What it is called.
    pub name: Arc<str>,
    /// Models and limits.
    pub rules: Rules,
}

impl From<Team> for TeamGrant {
    fn from(team: Team) -> Self {
        Self {
            id: team.id.into(),
            name: team.name.into(),
            rules: team.rules,
        }
    }
}

impl Principal {
    /// A caller whom nothing is said of.
    pub fn anybody() -> Self {
        Self {
            user_id: "".into(),
            account_id: "".into(),
            email: "".into(),
            role: Role::Member,
            rules: Arc::default(),
            team: None,
            key: None,
        }
    }

    /// A signed-in user, or one who would be.
    pub fn of_user(user: User) -> Self {
        Self {
            user_id: user.id.into(),
            account_id: user.account_id.into(),
            email: user.email.into(),
            role: user.role,
            rules: Arc::new(user.rules),
            team: None,
            key: None,
        }
    }

    /// Whether the caller may use a model under one of its names.
    pub fn may_use(&self, names: &[&str]) -> bool {
        self.all_rules()
            .all(|rules| names.iter().any(|name| rules.allow(name)))
    }

    /// Which model a name stands for that the caller asks for: by the key's routes, the user's or
    /// the team's, whoever has one first.
    pub fn route(&self, name: &str) -> Option<Routed<'_>> {
        self.all_rules().find_map(|rules| {
            let to = rules.route(name)?;
            Some(Routed { to, rules })
        })
    }

    /// Whether the caller may use what a name was routed to: those who route it may allow the name
    /// instead, but nobody else's rules are got around so.
    pub fn may_follow(&self, routed: Routed<'_>, name: &str, names: &[&str]) -> bool {
        self.all_rules().all(|rules| {
            names.iter().any(|name| rules.allow(name))
                || (std::ptr::eq(rules, routed.rules) && rules.allow(name))
        })
    }

    /// Whether the caller may call from an address.
    pub fn may_call_from(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.all_rules().all(|rules| {
            let allowed = &rules.allowed_ips;
            allowed.is_empty() || allowed.iter().any(|net| net.contains(&address))
        })
    }

    /// The rules that hold for the caller: the key's, the user's, the team's.
    pub fn all_rules(&self) -> impl Iterator<Item = &Rules> {
        let key = self.key.iter().map(|key| &key.rules);
        let team = self.team.iter().map(|team| &team.rules);
        key.chain([&*self.rules]).chain(team)
    }
}
