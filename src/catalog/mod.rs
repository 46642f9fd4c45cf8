//! What can be called: models, what they can be told, and what they cost.

pub mod abilities;

// STUB-BEGIN
use crate::models::{
    money::Money,
    principal::Principal,
    refusal::Refusal,
    usage::{Prices, Tokens},
};
use std::sync::Arc;
/// stub
#[derive(Clone)]
pub struct Route {
    /// x
    pub requested: Arc<str>,
    /// x
    pub target: crate::providers::Target,
    /// x
    pub pricing: Pricing,
    /// x
    pub abilities: crate::models::abilities::Abilities,
    /// x
    pub strict: bool,
}
/// stub
#[derive(Clone, Debug)]
pub struct Pricing;
/// stub
pub struct Priced {
    /// x
    pub cost: Option<Money>,
    /// x
    pub price: Option<Money>,
    /// x
    pub prices: Prices,
    /// x
    pub source: Arc<str>,
    /// x
    pub flags: Vec<&'static str>,
}
impl Pricing {
    /// x
    pub fn price(&self, _m: Option<&str>, _t: &Tokens, _tier: Option<&str>) -> Priced {
        unimplemented!()
    }
}
/// stub
pub struct Catalog;
impl Catalog {
    /// x
    pub fn route(&self, _p: &Principal, _n: &str) -> Result<Route, Refusal> {
        unimplemented!()
    }
}
// STUB-END
