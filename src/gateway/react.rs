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
    /// The model is not there, for this credential at least.
    Model,
    /// Neither was asked.
    Settings,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reaction {
    pub(super) next: Next,
    pub(super) blame: Blame,
    /// Whether another attempt is more work for a provider that has enough.
    pub(super) load: bool,
}

/// The table.
pub(super) const fn to(class: Class) -> Reaction {
    let (next, blame, load) = match class {
        Class::Request => (Next::Nothing, Blame::Nobody, true),
        // Another model does the work, and a refusal at the door is none.
        Class::ContextWindow => (Next::LongerWindow, Blame::Nobody, false),
        Class::ContentPolicy => (Next::OtherPolicy, Blame::Nobody, false),
        Class::NoModel => (Next::Credential, Blame::Model, false),
        Class::Credentials => (Next::Credential, Blame::Credential, false),
        Class::Forbidden => (Next::Credential, Blame::Permission, false),
        Class::RateLimited => (Next::Credential, Blame::Limit, true),
        Class::Overloaded | Class::Timeout | Class::Broken => (Next::Again, Blame::Target, true),
        // Nobody had work with a connection that was never made.
        Class::Connect | Class::NoCredential => (Next::Again, Blame::Target, false),
        Class::Misconfigured => (Next::Target, Blame::Settings, false),
    };
    Reaction { next, blame, load }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_its_row() {
        for (class, next, blame, load) in [
            // 400, 409, 413, 415, 422: it would fail everywhere.
            (Class::Request, Next::Nothing, Blame::Nobody, true),
            (
                Class::ContextWindow,
                Next::LongerWindow,
                Blame::Nobody,
                false,
            ),
            (
                Class::ContentPolicy,
                Next::OtherPolicy,
                Blame::Nobody,
                false,
            ),
            // 404 of a model: a credential may see others.
            (Class::NoModel, Next::Credential, Blame::Model, false),
            // 401, 402, a quota that is used up.
            (
                Class::Credentials,
                Next::Credential,
                Blame::Credential,
                false,
            ),
            (Class::Forbidden, Next::Credential, Blame::Permission, false),
            // 429.
            (Class::RateLimited, Next::Credential, Blame::Limit, true),
            // 408, 500, 502, 503, 504, 529.
            (Class::Overloaded, Next::Again, Blame::Target, true),
            (Class::Timeout, Next::Again, Blame::Target, true),
            // A stream that breaks before its content, an answer that is none.
            (Class::Broken, Next::Again, Blame::Target, true),
            (Class::Connect, Next::Again, Blame::Target, false),
            (Class::Misconfigured, Next::Target, Blame::Settings, false),
        ] {
            let row = Reaction { next, blame, load };
            assert_eq!(to(class), row, "{class:?}");
        }
    }
}
