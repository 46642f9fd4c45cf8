//! What a failed attempt means for the next one: one pure table.

use crate::providers::Class;

/// What is tried next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: another attempt would fail the same way.
    Nothing,
    /// Another credential at once, then another target.
    Credential,
    /// Another target, and this one not again.
    Target,
    /// Another target at once, then this one again after a while.
    Again,
    /// A model that can read more.
    LongerWindow,
    /// A model with other rules.
    OtherPolicy,
}

/// What a failure says of the target and of the credential it was asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// Neither: the target is well.
    Nobody,
    /// The target failed.
    Target,
    /// The credential is limited, for as long as was said.
    Limit,
    /// The credential is not taken.
    Credential,
    /// The credential is not taken for this.
    Permission,
    /// Neither was asked.
    Settings,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reaction {
    pub(super) next: Next,
    pub(super) blame: Blame,
    /// Whether the provider had work with it.
    pub(super) load: bool,
}

/// The table.
pub(super) const fn to(class: Class) -> Reaction {
    let (next, blame, load) = match class {
        Class::Request => (Next::Nothing, Blame::Nobody, true),
        Class::ContextWindow => (Next::LongerWindow, Blame::Nobody, true),
        Class::ContentPolicy => (Next::OtherPolicy, Blame::Nobody, true),
        Class::NoModel => (Next::Target, Blame::Nobody, true),
        Class::Credentials => (Next::Credential, Blame::Credential, true),
        Class::Forbidden => (Next::Credential, Blame::Permission, true),
        Class::RateLimited => (Next::Credential, Blame::Limit, true),
        Class::Overloaded | Class::Timeout | Class::Broken => (Next::Again, Blame::Target, true),
        // Nobody had work with a connection that was never made.
        Class::Connect => (Next::Again, Blame::Target, false),
        Class::Misconfigured => (Next::Target, Blame::Settings, false),
    };
    Reaction { next, blame, load }
}
