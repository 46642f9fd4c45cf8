//! Which prices hold for a route. The arithmetic is `billing::price`'s.

use std::sync::{Arc, LazyLock};

use super::prices::{Book, Card, Entry};

/// How usage records name prices that are configured.
static CONFIG: LazyLock<Arc<str>> = LazyLock::new(|| "config".into());

/// The prices of a route: what is configured for its model, else the book's, else what is
/// configured for its provider. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pricing(Arc<Terms>);

/// What a [`Pricing`] is made of.
#[derive(Debug)]
pub(super) struct Terms {
    /// `[models].price`: overrides everything.
    pub(super) set: Option<Card>,
    /// The book, where the provider's list prices are in it.
    pub(super) book: Option<(Arc<Book>, &'static str)>,
    /// The book's entry of the target's model.
    pub(super) listed: Option<Arc<Entry>>,
    /// `[providers.X].price`: for what nothing else prices.
    pub(super) fallback: Option<Card>,
    /// Whether the provider's answers may state their cost.
    pub(super) states_cost: bool,
}

/// A price card and where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Applied<'a> {
    /// The prices.
    pub card: &'a Card,
    /// `config`, or the book and its date.
    pub source: &'a Arc<str>,
    /// Whether the operator has set them, so that nothing overrides them.
    pub set: bool,
}

impl From<Terms> for Pricing {
    fn from(terms: Terms) -> Self {
        Self(Arc::new(terms))
    }
}

impl Pricing {
    /// Prices that are configured.
    pub fn set(card: Card) -> Self {
        Self::from(Terms {
            set: Some(card),
            book: None,
            listed: None,
            fallback: None,
            states_cost: false,
        })
    }

    /// The book's prices of a model, if it has any.
    pub fn listed(book: &Arc<Book>, origin: &'static str, model: &str) -> Self {
        Self::from(Terms {
            set: None,
            listed: book.find(origin, model).cloned(),
            book: Some((Arc::clone(book), origin)),
            fallback: None,
            states_cost: false,
        })
    }

    /// The card for a call that a model answered: by that model's name where the book knows it,
    /// else by the one that was asked.
    pub fn card(&self, answered: Option<&str>) -> Option<Applied<'_>> {
        let terms = &*self.0;
        if let Some(card) = &terms.set {
            return Some(Applied {
                card,
                source: &CONFIG,
                set: true,
            });
        }
        if let Some((book, origin)) = &terms.book {
            let entry = answered
                .and_then(|model| book.find(origin, model))
                .or(terms.listed.as_ref());
            if let Some(entry) = entry {
                return Some(Applied {
                    card: &entry.card,
                    source: book.source(),
                    set: false,
                });
            }
        }
        let card = terms.fallback.as_ref()?;
        Some(Applied {
            card,
            source: &CONFIG,
            set: true,
        })
    }

    /// Whether a call has a price before it is made.
    pub fn is_known(&self) -> bool {
        self.card(None).is_some()
    }

    /// Whether the provider's own statement of a call's cost counts.
    pub fn states_cost(&self) -> bool {
        self.0.states_cost
    }
}
